"""One-time codes: for the new accounts of a roster, for somebody who has forgotten the password, and their log."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import account_queries, exports
from lms.people.account_forms import ResetForm
from lms.people.services import codes as codes_service
from lms.people.views.rosters import XLSX, batch_of, download, units_of
from lms.people.views.slips import slip_of

ROWS_A_PAGE = 50


@never_cache
@login_required
@require_POST
def codes(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The list of new accounts with one-time codes, once; ``again`` makes new codes for those never used."""
    batch = batch_of(request, pk)
    again = request.POST.get("again") == "1"
    issued = codes_service.issue_codes(batch=batch, by=cast(User, request.user), at=clock.now(), again=again)
    if issued is None:
        messages.error(
            request, _("This list was already downloaded. Codes are kept nowhere: make new ones if it is lost.")
        )
        return redirect("people:roster", pk=pk)
    return download(exports.slips_xlsx(issued), f"tai-khoan-moi-{pk}.xlsx", XLSX)


@never_cache
@login_required
def new_code(request: AuthenticatedRequest) -> HttpResponse:
    """For somebody who has forgotten the password: find the person, confirm, and the code stands on the answer to the
    POST and nowhere else.
    """
    units_of(request)
    by = cast(User, request.user)
    if request.method == "POST":
        return _give(request, by)
    if request.GET.get("person"):
        chosen = _chosen(by, request.GET["person"])
        form = ResetForm(initial={"name": chosen.person.username})
        return render(request, "people/new_code.html", {"chosen": chosen, "form": form, "issued": None})
    typed = request.GET.get("q", "")[:100]
    found = account_queries.find_people(typed, within=account_queries.within_import(by))
    return render(request, "people/new_code.html", {"q": typed, "found": found, "issued": None})


def _give(request: AuthenticatedRequest, by: User) -> HttpResponse:
    form = ResetForm(request.POST)
    issued = None
    if form.is_valid():
        issued = codes_service.new_code(named=form.cleaned_data["name"], by=by, reason=form.cleaned_data["reason"])
        if issued is None:
            form.add_error(
                "name",
                _("No officer of your units has this name, or the account has rights over others: "
                  "then ask an administrator."),
            )  # fmt: skip
    context = {"q": request.POST.get("name", "")[:100], "form": form, "issued": issued}
    if issued:
        context["slip"] = slip_of(*issued, by=by)
    return render(request, "people/new_code.html", context)


def _chosen(by: User, written: str) -> account_queries.Found:
    """Somebody in the units of ``by``; 404 for anybody else."""
    person = account_queries.account_with_id(written, within=account_queries.within_import(by))
    if person is None:
        raise Http404
    return account_queries.described([person])[0]


@never_cache
@login_required
@require_safe
def code_log(request: AuthenticatedRequest) -> HttpResponse:
    """Who gave codes to whom, and when, in one's own units."""
    units_of(request)
    page = Paginator(account_queries.code_log(cast(User, request.user)), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "people/slips_log.html", {"page": page, "rows": account_queries.log_rows(page.object_list)})

"""One-time codes: for the new accounts of a roster, for somebody who has forgotten the password, and their log."""

import logging
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.accounts.models import User
from lms.core import clock, text
from lms.core.http import AuthenticatedRequest
from lms.people import account_queries, exports, joining_queries, rendering
from lms.people.account_forms import ResetForm
from lms.people.services import codes as codes_service
from lms.people.views.rosters import XLSX, batch_of, download, units_of
from lms.people.views.slips import SLIPS_AT_ONCE, contact_of, slip_of

logger = logging.getLogger(__name__)
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
def unclaimed(request: AuthenticatedRequest) -> HttpResponse:
    """Accounts never signed in to; a POST gives slips with new codes for those marked, or for all without a code."""
    units_of(request)
    by = cast(User, request.user)
    listed = _unclaimed(by, request)
    if request.method == "POST":
        return _print_unclaimed(request, by, listed)
    page = Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": joining_queries.unclaimed_rows(page.object_list),
        "q": request.GET.get("q", "")[:100],
        "joined": request.GET.get("joined") == "1",
        "number": page.paginator.count,
        "without_code": listed.filter(has_code=False).count(),
        "at_once": SLIPS_AT_ONCE,
    }
    return render(request, "people/unclaimed.html", context)


def _unclaimed(by: User, request: AuthenticatedRequest) -> Any:
    """Filtered by the words of the address: ``q`` (a name), ``joined`` (by a link), ``person`` (an id)."""
    found = joining_queries.unclaimed(by)
    if request.GET.get("joined") == "1":
        found = joining_queries.joined(found)
    if request.GET.get("person", "").isdecimal():
        found = found.filter(pk=int(request.GET["person"][:15]))
    for word in text.fold(request.GET.get("q", "")[:100]).split():
        found = found.filter(name_folded__contains=word)
    return found


def _print_unclaimed(request: AuthenticatedRequest, by: User, listed: Any) -> HttpResponse:
    back = redirect(request.get_full_path())
    if request.POST.get("all"):
        people = list(listed.filter(has_code=False)[:SLIPS_AT_ONCE])
    else:
        marked = [int(pk) for pk in request.POST.getlist("person") if pk.isascii() and pk.isdecimal() and len(pk) < 16]
        people = list(listed.filter(pk__in=marked[:SLIPS_AT_ONCE]))
    drawn = codes_service.draw_unclaimed(people=people)
    if not drawn:
        messages.error(request, _("Mark at least one person who has not signed in yet."))
        return back
    now = clock.now()
    title = _("Account slips · %(day)s") % {"day": f"{clock.day_of(now):%d/%m/%Y}"}
    try:
        pdf = rendering.slips_pdf(
            account_queries.slips(drawn, on=clock.day_of(now)), title=title, contact=contact_of(by)
        )  # fmt: skip
    except rendering.CannotPrintError:
        logger.exception("slips of unclaimed accounts could not be printed")
        messages.error(request, _("The slips could not be printed: a font is missing on the server. No code was "
                                  "issued; tell the administrator."))  # fmt: skip
        return back
    codes_service.keep_unclaimed(codes=drawn, by=by)
    return download(pdf, f"phieu-tai-khoan-{clock.day_of(now):%Y%m%d}.pdf", "application/pdf")


@never_cache
@login_required
@require_safe
def code_log(request: AuthenticatedRequest) -> HttpResponse:
    """Who gave codes to whom, and when, in one's own units."""
    units_of(request)
    page = Paginator(account_queries.code_log(cast(User, request.user)), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "people/slips_log.html", {"page": page, "rows": account_queries.log_rows(page.object_list)})

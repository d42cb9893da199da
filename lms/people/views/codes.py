"""One-time codes: for the new accounts of a roster, and for somebody who has forgotten the password."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import exports
from lms.people.forms import ForgottenForm
from lms.people.services import codes as codes_service
from lms.people.views.rosters import XLSX, batch_of, download, units_of


@never_cache
@login_required
@require_POST
def codes(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The list of new accounts with one-time codes, once; ``again`` makes new codes for those never used."""
    batch = batch_of(request, pk)
    again = request.POST.get("again") == "1"
    issued = codes_service.issue_codes(batch=batch, by=request.user, at=clock.now(), again=again)  # type: ignore[arg-type]
    if issued is None:
        messages.error(
            request, _("This list was already downloaded. Codes are kept nowhere: make new ones if it is lost.")
        )
        return redirect("people:roster", pk=pk)
    return download(exports.slips_xlsx(issued), f"tai-khoan-moi-{pk}.xlsx", XLSX)


@never_cache
@login_required
def new_code(request: AuthenticatedRequest) -> HttpResponse:
    """For somebody who has forgotten the password: the code stands on the answer to the POST and nowhere else."""
    units_of(request)
    form = ForgottenForm(request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        issued = codes_service.new_code(named=form.cleaned_data["name"], by=request.user)  # type: ignore[arg-type]
        if issued is None:
            form.add_error(
                "name",
                _("No officer of your units has this name, or the account has rights over others: "
                  "then ask an administrator."),
            )  # fmt: skip
    return render(request, "people/new_code.html", {"form": form, "issued": issued})

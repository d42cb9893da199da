"""One-time codes: for the new accounts of a roster, for somebody who has forgotten the password, and their log."""

import logging
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.accounts.models import User
from lms.accounts.queries import open_sessions
from lms.core import clock, text
from lms.core.http import AuthenticatedRequest
from lms.people import account_queries, exports, joining_queries, rendering
from lms.people.account_forms import NeededReasonForm, ReasonForm, ResetForm
from lms.people.models import Approval, DrawnReset
from lms.people.services import codes as codes_service
from lms.people.services import resets
from lms.people.services.roster_rights import NotAllowedError
from lms.people.views.rosters import XLSX, batch_of, download, units_of
from lms.people.views.slips import SLIPS_AT_ONCE, contact_of, slip_of
from lms.units.services.errors import RefusedError

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


# --- Managers: two people; sessions of a person -------------------------------------------------------


@never_cache
@login_required
def ask_reset(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    """Ask a second person to let a manager's sign-in be reset."""
    by = cast(User, request.user)
    person = get_object_or_404(User, pk=person_id, is_active=True)
    if not resets.may_ask(by, person):
        raise Http404
    form = NeededReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = resets.ask(person=person, by=by, reason=form.cleaned_data["reason"], at=clock.now())
        messages.success(request, _("Asked. A second person has to confirm it; then you draw the code here."))
        return redirect("people:draw_reset", pk=asked.pk)
    context = {"form": form, "chosen": account_queries.described([person])[0], "days": resets.DRAWN_WITHIN.days}
    return render(request, "people/new_code_ask.html", context)


@never_cache
@login_required
def draw_reset(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What two people have allowed: who asked draws the code, once; the other one reads what became of it."""
    by, now = cast(User, request.user), clock.now()
    seen = Approval.objects.visible_to(by).select_related("subject", "asked_by", "decided_by", "unit")
    asked = get_object_or_404(seen, pk=pk, action=resets.ACTION)
    assert asked.subject is not None  # noqa: S101  for mypy
    context: dict[str, Any] = {"asked": asked, "chosen": account_queries.described([asked.subject])[0]}
    if request.method == "POST":
        try:
            code = resets.draw(approval=asked, by=by, at=now)
        except NotAllowedError as error:
            raise Http404 from error
        except RefusedError as error:
            messages.error(request, _(error.reason) % error.params)
            return redirect("people:draw_reset", pk=asked.pk)
        context |= {"issued": True, "slip": slip_of(User.objects.get(pk=asked.subject.pk), code, by=by)}
    context["is_drawable"] = resets.is_drawable(asked, now)
    context["may_draw"] = asked.asked_by_id == by.pk and context["is_drawable"]
    context["drawn_at"] = DrawnReset.objects.filter(approval=asked).values_list("drawn_at", flat=True).first()
    context["days"] = resets.DRAWN_WITHIN.days
    return render(request, "people/new_code_draw.html", context)


@never_cache
@login_required
def person_sessions(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    """Sign somebody out everywhere: a lost telephone, a shared device left open."""
    by = cast(User, request.user)
    person = get_object_or_404(User, pk=person_id, is_active=True)
    if not codes_service.may_end_sessions(by, person):
        raise Http404
    form = ReasonForm(request.POST or None)
    open_now = open_sessions(person)
    if request.method == "POST" and form.is_valid():
        codes_service.end_sessions(person=person, by=by, at=clock.now(), reason=form.cleaned_data["reason"])
        messages.success(request, _("Signed out everywhere: %(name)s.") % {"name": person.full_name})
        return redirect("people:person_sessions", person_id=person.pk)
    context = {"form": form, "chosen": account_queries.described([person])[0], "sessions": open_now}
    return render(request, "people/new_code_sessions.html", context)

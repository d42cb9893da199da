"""Joining a unit by its link: the public form and its answer, and the manager's links and requests."""

import datetime as dt
import re
import secrets
from contextlib import suppress
from io import BytesIO
from typing import Any, cast

import segno
from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import account_queries
from lms.people import joining_queries as queries
from lms.people.enums import JoinState
from lms.people.joining_forms import POSITIONS, AnswerForm, JoinForm, LinkForm, PostForm
from lms.people.models import JoinLink, JoinRequest
from lms.people.services import joining as service
from lms.people.services.roster_rights import NotAllowedError, may_import
from lms.people.views.rosters import units_of
from lms.people.views.slips import contact_of
from lms.units import queries as units
from lms.units.models import Appointment, Unit
from lms.units.services.appointments import is_open
from lms.units.services.errors import RefusedError

ROWS_A_PAGE = 30
FOUND_AT_MOST = 20
COOKIE = "join"
_SECRET = re.compile(r"[A-Za-z0-9_-]{20,64}")

# --- For everybody ----------------------------------------------------------------------------------


# Codes that lead nowhere: so many from one address within the time are typing errors of a hall, more are guesses.
WRONG_CODES, WRONG_WITHIN = 40, 600


class _TooManyGuessesError(Exception):
    """Whoever sits at this address has to wait; good codes are not told from bad ones meanwhile."""


def _link(request: HttpRequest, code: str) -> JoinLink:
    """404 for a code that nobody has; raises _TooManyGuessesError."""
    address = str(get_adapter().get_client_ip(request)) if request.META.get("REMOTE_ADDR") else ""
    counter = f"join-wrong-codes:{address}"
    if (cache.get(counter) or 0) >= WRONG_CODES:
        raise _TooManyGuessesError
    found = JoinLink.objects.select_related("unit__level").filter(code=code.lower()).first()
    if found is None:
        cache.add(counter, 0, timeout=WRONG_WITHIN)
        with suppress(ValueError):  # it ran out just now
            cache.incr(counter)
        raise Http404
    return found


def _wait(request: HttpRequest) -> HttpResponse:
    return _private(render(request, "people/join_wait.html", {"minutes": WRONG_WITHIN // 60}, status=429))


def _private(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@never_cache
def join(request: HttpRequest, code: str) -> HttpResponse:
    """The form of a unit's link. It answers the same whether or not anybody has an account."""
    try:
        link = _link(request, code)
    except _TooManyGuessesError:
        return _wait(request)
    now = clock.now()
    person = cast(User, request.user) if request.user.is_authenticated else None
    context = _about(link, person)
    if not service.is_taking(link, now):
        return _private(render(request, "people/join_closed.html", context, status=410))
    kind = PostForm if person else JoinForm
    choice = queries.units_of_link(link, clock.day_of(now))
    form = kind(request.POST or None, link_unit=queries.place_of(link.unit, clock.day_of(now)), units=choice)
    secret = request.POST.get("once", "")
    if request.method == "POST" and _SECRET.fullmatch(secret) and form.is_valid():
        if form.cleaned_data.get("website"):
            return _private(render(request, "people/join_status.html", {**context, "state": JoinState.WAITING}))
        if ratelimit.consume(request, action="join", key=link.code):
            return _sent(link, form, secret, person, now)
        form.add_error(None, _("Very many people are sending this form just now. Wait some minutes, then send it "
                               "again: what you typed is still here."))  # fmt: skip
    context |= {
        "form": form,
        "once": secret if _SECRET.fullmatch(secret) else secrets.token_urlsafe(18),
        "positions": POSITIONS,
        "earlier": _earlier(request, link),
    }
    return _private(render(request, "people/join.html", context, status=429 if form.non_field_errors() else 200))


def _about(link: JoinLink, person: User | None) -> dict[str, Any]:
    place = queries.place_of(link.unit, clock.today())
    chain = units.breadcrumb(place, clock.today())
    return {
        "link": link,
        "unit_name": chain[-1].name if chain else str(place),
        "where": ", ".join(step.name for step in reversed(chain[1:-1])),
        "person": person,
    }


def _sent(link: JoinLink, form: PostForm, secret: str, person: User | None, now: dt.datetime) -> HttpResponse:
    try:
        service.ask(link=link, secret=secret, unit=form.chosen_unit, said=form.said, at=now, applicant=person)
    except service.LinkClosedError:
        return redirect("people:join", code=link.code)
    response = redirect("people:join_status", code=link.code, secret=secret)
    # The way back for who has closed the page; the status page names nobody.
    response.set_cookie(
        COOKIE, f"{link.code}.{secret}", max_age=60 * 24 * 3600, path="/join/", httponly=True, samesite="Lax"
    )  # fmt: skip
    return response


def _earlier(request: HttpRequest, link: JoinLink) -> str:
    """The address of the request that this browser has sent by this link, "" for none."""
    code, _dot, secret = request.COOKIES.get(COOKIE, "").partition(".")
    if code != link.code or not _SECRET.fullmatch(secret):
        return ""
    if not JoinRequest.objects.filter(link=link, key=service.key_of(secret)).exists():
        return ""
    return reverse("people:join_status", args=[code, secret])


@never_cache
@require_safe
def join_status(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """What became of a request, for whoever holds its secret address. It names nobody but who decided."""
    try:
        link = _link(request, code)
    except _TooManyGuessesError:
        return _wait(request)
    found = get_object_or_404(
        JoinRequest.objects.select_related("unit", "decided_by"), link=link, key=service.key_of(secret)
    )
    context = {
        **_about(link, None),
        "unit_name": units.name_on(queries.place_of(found.unit, clock.today()), clock.today()) or str(found.unit),
        "asked": found,
        "state": found.state,
        "contact": contact_of(found.decided_by) if found.decided_by else "",
        "address": request.build_absolute_uri(),
        "kept_days": service.KEPT.days,
    }
    return _private(render(request, "people/join_status.html", context))


# --- For managers: links ----------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def joining(request: AuthenticatedRequest) -> HttpResponse:
    """Requests that wait, and the links of one's units."""
    units_of(request)
    by, now = cast(User, request.user), clock.now()
    waiting = Paginator(queries.requests_seen_by(by, JoinState.WAITING), ROWS_A_PAGE).get_page(request.GET.get("page"))
    links = queries.link_rows(queries.links_seen_by(by)[:ROWS_A_PAGE], now)
    rows = queries.request_rows(waiting.object_list, by)
    context = {
        "page": waiting,
        "rows": rows,
        "plain": [row for row in rows if row.is_plain],
        "open_links": [row for row in links if row.is_open],
        "closed_links": [row for row in links if not row.is_open],
    }
    return render(request, "people/joining.html", context)


@never_cache
@login_required
@require_safe
def joining_decided(request: AuthenticatedRequest) -> HttpResponse:
    """Approved and refused requests, the latest first."""
    units_of(request)
    by = cast(User, request.user)
    state = JoinState.REFUSED if request.GET.get("state") == JoinState.REFUSED else JoinState.APPROVED
    page = Paginator(queries.requests_seen_by(by, state), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": queries.request_rows(page.object_list, by), "state": state.value}
    return render(request, "people/joining_decided.html", {**context, "kept_days": service.KEPT.days})


@never_cache
@login_required
@require_safe
def new_link(request: AuthenticatedRequest) -> HttpResponse:
    """For which unit?"""
    tops = units_of(request)
    by = cast(User, request.user)
    typed = request.GET.get("unit", "")[:100]
    hits = []
    if typed and by.is_superuser:
        hits = units.search_units(typed, limit=FOUND_AT_MOST)
    elif typed:
        found = {hit.unit.id: hit for top in tops for hit in units.search_units(typed, within=top, limit=FOUND_AT_MOST)}
        hits = list(found.values())[:FOUND_AT_MOST]
    names = [] if by.is_superuser else list(units.names_on(tops, clock.today()).values())
    return render(request, "people/join_link_unit.html", {"tops": names, "unit_typed": typed, "hits": hits})


@never_cache
@login_required
def new_link_of(request: AuthenticatedRequest, unit_id: int) -> HttpResponse:
    """A link for one unit: until when, for how many, with the units below or not."""
    by, now = cast(User, request.user), clock.now()
    unit = get_object_or_404(Unit.objects.select_related("level"), pk=unit_id)
    if not may_import(by, unit) or not is_open(unit, clock.day_of(now)):
        raise Http404
    below = Unit.objects.open_on(clock.day_of(now)).within(unit).exclude(pk=unit.pk).exists()
    form = LinkForm(request.POST or None, may_reach_below=below and not queries.is_too_large(unit, clock.day_of(now)))
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            made = service.make_link(
                unit=unit, by=by, at=now, expires_at=clock.end_of_day(cleaned["last_day"]), at_most=cleaned["at_most"],
                note=cleaned["note"], with_below=bool(cleaned.get("with_below")),
            )  # fmt: skip
        except RefusedError as error:
            form.add_error(None, _(error.reason) % error.params)
        else:
            return redirect("people:join_link", pk=made.pk)
    name = units.name_on(unit, clock.day_of(now)) or str(unit)
    return render(request, "people/join_link_new.html", {"form": form, "unit": unit, "unit_name": name})


def _own_link(request: AuthenticatedRequest, pk: int) -> JoinLink:
    seen = JoinLink.objects.visible_to(cast(User, request.user))
    return get_object_or_404(seen.select_related("unit", "made_by", "ended_by"), pk=pk)


@never_cache
@login_required
def join_link(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One link: QR, a message to copy, the poster, ending it."""
    link = _own_link(request, pk)
    if request.method == "POST":
        service.end_link(link=link, by=cast(User, request.user), at=clock.now())
        messages.success(request, _("The link is ended: nobody joins by it any more."))
        return redirect("people:join_link", pk=link.pk)
    return render(request, "people/join_link.html", {"row": queries.link_rows([link], clock.now())[0]})


@never_cache
@login_required
@require_safe
def join_poster(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """An A4 sheet for the wall, printed from the page."""
    link = _own_link(request, pk)
    row = queries.link_rows([link], clock.now())[0]
    return render(request, "people/join_poster.html", {"row": row, "contact": contact_of(link.made_by)})


@login_required
@require_safe
def join_qr(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The link as a picture, for the poster, a slide or a message."""
    picture = BytesIO()
    segno.make_qr(queries.join_link(_own_link(request, pk).code), error="m").save(
        picture, kind="svg", scale=8, border=4, svgclass=None, lineclass=None, nl=False
    )
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "private"})


# --- For managers: requests -------------------------------------------------------------------------


@never_cache
@login_required
def join_request(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One request, with the accounts it may mean, and the decision."""
    units_of(request)
    by = cast(User, request.user)
    seen = JoinRequest.objects.visible_to(by).select_related("unit", "link", "applicant", "decided_by", "person")
    asked = get_object_or_404(seen, pk=pk)
    row = queries.request_rows([asked], by)[0]
    given = {"position": asked.position, "page_duty": asked.page_duty}
    form = AnswerForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        answered = _answer(request, form, asked, row, by)
        if answered:
            return answered
    typed = request.GET.get("q", "")[:100]
    within = account_queries.within_import(by)
    context = {
        "row": row,
        "form": form,
        "positions": POSITIONS,
        "duty": dict(form.fields["page_duty"].choices).get(asked.page_duty, ""),  # type: ignore[attr-defined]
        "waits": asked.state == JoinState.WAITING,
        "q": typed,
        "found": account_queries.find_people(typed, within=within) if typed and not asked.applicant_id else [],
    }
    return render(request, "people/join_request.html", context)


def _answer(
    request: AuthenticatedRequest, form: AnswerForm, asked: JoinRequest, row: queries.RequestRow, by: User
) -> HttpResponse | None:
    cleaned, at = form.cleaned_data, clock.now()
    post = {"position": cleaned["position"], "page_duty": cleaned["page_duty"] or Appointment.Duty.NONE}
    try:
        if cleaned["decision"] == AnswerForm.REFUSE:
            done: Any = service.refuse(asked=asked, by=by, at=at, reason=cleaned["reason"])
            told = _("Refused. The applicant reads the reason on the own page.")
        elif cleaned["decision"] == AnswerForm.NEW:
            done = service.approve_new(asked=asked, by=by, at=at, **post)
            told = _("Approved: a new account. Print its slip with the one-time code now.")
        else:
            done = service.approve_onto(asked=asked, person=_chosen(request, asked, row), by=by, at=at, **post)
            told = _("Approved: the appointment is added to the account that exists.")
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as error:
        form.add_error(None, _(error.reason) % error.params)
        return None
    if not done:
        messages.info(request, _("Somebody has decided this request before."))
        return redirect("people:join_request", pk=asked.pk)
    messages.success(request, told)
    if cleaned["decision"] == AnswerForm.NEW:
        return redirect(f"{reverse('people:unclaimed')}?person={done.pk}")
    return redirect("people:joining")


def _chosen(request: AuthenticatedRequest, asked: JoinRequest, row: queries.RequestRow) -> User:
    """The account in the form; the service says whether it may be that one."""
    written = request.POST.get("person", "")
    known = {str(hit.found.person.pk): hit.found.person for hit in row.likely}
    within = account_queries.within_import(cast(User, request.user))
    person = known.get(written) or account_queries.account_with_id(written, within=within)
    if person is None:
        raise Http404
    return person


@never_cache
@login_required
@require_POST
def join_approve(request: AuthenticatedRequest) -> HttpResponse:
    """Several requests at one stroke, each a new account; those that may mean an account that exists are left."""
    units_of(request)
    by, at = cast(User, request.user), clock.now()
    marked = [int(pk) for pk in request.POST.getlist("request") if pk.isascii() and pk.isdecimal() and len(pk) < 16]
    asked = list(queries.requests_seen_by(by, JoinState.WAITING).filter(pk__in=marked[:ROWS_A_PAGE]))
    approved, left = 0, 0
    for row in queries.request_rows(asked, by):
        try:
            done = row.is_plain and service.approve_new(asked=row.request, by=by, at=at)
        except RefusedError:
            done = None
        approved, left = (approved + 1, left) if done else (approved, left + 1)
    if approved:
        words = ngettext(
            "%(number)d request approved. Print the slip now.",
            "%(number)d requests approved. Print the slips now.",
            approved,
        )
        messages.success(request, words % {"number": approved})
    if left:
        words = ngettext(
            "%(number)d request must be looked at by itself.", "%(number)d requests must be looked at one by one.", left
        )
        messages.info(request, words % {"number": left})
    if not approved:
        return redirect("people:joining")
    return redirect(f"{reverse('people:unclaimed')}?joined=1")

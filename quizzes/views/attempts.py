"""The conversation of an attempt: pages and plain forms for everybody, and for the script one small answer in JSON.

Whoever is not the learner gets 404, whatever grants they hold: answering is nobody else's business.
"""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from courses.queries.progress import learner_course
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from quizzes import access, types
from quizzes.models import Attempt, Quiz
from quizzes.queries import attempts as screens
from quizzes.rules import layout
from quizzes.rules import timing as rules
from quizzes.services import attempts, responses
from quizzes.services.attempts import Outcome, Saved

View = Callable[..., HttpResponse]

_DEVICE = "quiz-device"
_MONTH = 30 * 24 * 3600
# Both halves of the name of a flag or a check: "flag-3".
_FLAGS = {"flag": True, "unflag": False}


def _learner_only(view: View) -> View:
    """Signed in. To the script the sign-in page is no answer: it gets 401 and lets the learner sign in beside it."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated and _is_script(request):
            return HttpResponse(status=401)
        return never_cache(login_required(view))(request, *args, **kwargs)

    return wrapped


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "quiz"


def _with_sign_in(view: View) -> View:
    """The page may hold the sign-in page in a frame of its own, for a session that ends while it is open."""
    return cast("View", csp_update({"frame-src": [SELF]})(view))


def _own(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> Attempt:
    """The attempt, handed in if its time has run out meanwhile."""
    found = screens.own_attempt(request.user, attempt_id)  # type: ignore[arg-type]
    if found is None or found.state == Attempt.State.NOT_STARTED:
        raise Http404
    settled = attempts.settle(attempt=found, at=clock.now())
    if settled is found:
        return found
    if settled.state not in screens.RUNNING:
        messages.info(request, _closed_sentence(settled))
    again = screens.own_attempt(request.user, attempt_id)  # type: ignore[arg-type]
    return again or settled


def _closed_sentence(attempt: Attempt) -> str:
    if attempt.state == Attempt.State.ABANDONED:
        return _("Time is up, and the attempt was not handed in: it does not count.")
    return _("Time is up. What you had saved was handed in for you.")


def _address(attempt_id: uuid.UUID, position: int | None = None, *, anchor: bool = False) -> str:
    base = reverse("quizzes:attempt", args=[attempt_id])
    if not position:
        return base
    return f"{base}?{urlencode({'q': position})}{f'#q-{position}' if anchor else ''}"


def _number(text: str | None, default: int) -> int:
    """A number sent by a browser; anything else is ``default``."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else default


# --- One device -----------------------------------------------------------------------------------------------------


def _device(request: HttpRequest) -> str:
    """What the first opening left in this browser, "" for nothing."""
    return request.get_signed_cookie(_DEVICE, default="") or ""


def _is_elsewhere(request: HttpRequest, attempt: Attempt) -> bool:
    return bool(attempt.rules.get("one_device") and attempt.device and _device(request) != attempt.device)


def _elsewhere(request: HttpRequest, address: str) -> HttpResponse:
    messages.warning(
        request,
        _("This attempt was begun on another device and stays there. Go on there, or ask the organisers."),
    )
    return redirect(address or "/learn/")


# --- Begin ----------------------------------------------------------------------------------------------------------


@require_POST
@_learner_only
def start(request: AuthenticatedRequest, activity_id: int) -> HttpResponse:
    quiz = get_object_or_404(Quiz.objects.select_related("activity__course"), activity_id=activity_id)
    device = _device(request) or secrets.token_hex(16)
    asked = access.Asked(
        password=request.POST.get("password", "")[:200],
        ticket=request.POST.get("ticket", "")[:200],
        address=get_adapter().get_client_ip(request),
        device=device,
    )
    try:
        begun = attempts.start(user=request.user, quiz=quiz, at=clock.now(), asked=asked)  # type: ignore[arg-type]
    except attempts.AttemptRefusedError as refusal:
        messages.warning(request, str(refusal))
        return redirect(quiz.activity.url or "/learn/")
    response = redirect(_address(begun.pk, screens.first_open_position(begun)))
    if quiz.one_device:
        response.set_signed_cookie(
            _DEVICE, device, max_age=_MONTH, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    return response


# --- A page of questions --------------------------------------------------------------------------------------------


@_with_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
@_learner_only
def attempt(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        return _save(request, attempt_id)
    found = _own(request, attempt_id)
    if found.state not in screens.RUNNING:
        return redirect("quizzes:result", found.pk)
    if _is_elsewhere(request, found):
        return _elsewhere(request, found.quiz.activity.url)
    position = _number(request.GET.get("q"), 0) or screens.first_open_position(found)
    return _page(request, found, position)


def _page(
    request: AuthenticatedRequest,
    found: Attempt,
    position: int,
    *,
    conflicts: tuple[dict[str, Any], ...] = (),
    status: int = 200,
) -> HttpResponse:
    screen = screens.page_screen(found, position, clock.now())
    if screen is None:
        if not found.questions.filter(position=position).exists():
            raise Http404
        messages.info(request, _("This page cannot be opened: the questions come one after the other."))
        return redirect(_address(found.pk, screens.first_open_position(found)))
    context = {
        "screen": screen,
        "conflicts": conflicts,
        "takes_files": any(_takes_files(question.type_name) for question in screen.questions),
        "now": int(clock.now().timestamp() * 1000),
    }
    return render(request, "quizzes/attempt.html", context, status=status)


def _takes_files(type_name: str) -> bool:
    return hasattr(types.get(type_name), "file_rules")


# --- Save -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Go:
    """Where a button of the form leads. ``position``: of the question that it is about, 0 for none."""

    verb: str
    position: int

    @classmethod
    def of(cls, text: str) -> "_Go":
        verb, _dash, number = text.partition("-")
        return cls(verb, _number(number, 0))


def _save_one(
    request: AuthenticatedRequest, attempt_id: uuid.UUID, position: int, go: _Go, *, is_auto: bool = False
) -> tuple[Saved | None, tuple[str, ...]]:
    """What was sent for one question is kept, files too; the second: what is wrong with files."""
    at, field = clock.now(), screens.field_of(position)
    taken = responses.take_files(
        user=request.user,  # type: ignore[arg-type]
        attempt_id=attempt_id,
        position=position,
        files=request.FILES,
        post=request.POST,
        name=field,
        at=at,
    )
    told: dict[str, Any] = {
        "user": request.user,
        "attempt_id": attempt_id,
        "position": position,
        "post": taken.post,
        "name": field,
        "sequence": _number(request.POST.get(screens.sequence_of(position)), 0),
        "at": at,
        "device": _device(request),
    }
    if go.verb == "check" and go.position == position and not is_auto:
        return attempts.check_answer(**told), taken.problems
    flag = _FLAGS.get(go.verb) if go.position == position else None
    return attempts.save_answer(**told, flag=flag, is_auto=is_auto), taken.problems


def _positions(request: HttpRequest) -> list[int]:
    """Of the questions that the form brings, in order."""
    found = {_number(name[1:], 0) for name in request.POST if name[:1] == "s"}
    return sorted(found - {0})[:100]


def _save(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    position = _number(request.GET.get("q"), 1)
    go = _Go.of(request.POST.get("go", ""))
    conflicts: list[dict[str, Any]] = []
    last: Saved | None = None
    for each in _positions(request):
        saved, problems = _save_one(request, attempt_id, each, go)
        for problem in problems:
            messages.warning(request, problem)
        if saved is None:
            raise Http404
        if saved.outcome in (Outcome.CLOSED, Outcome.LATE) and saved.question.attempt.state not in screens.RUNNING:
            return _too_late(request, saved)
        if saved.outcome == Outcome.LATE:
            return _too_late(request, saved)
        if saved.outcome == Outcome.ELSEWHERE:
            return _elsewhere(request, _own(request, attempt_id).quiz.activity.url)
        if saved.outcome == Outcome.LOCKED:
            messages.info(request, _("This answer can no longer be changed."))
        if _nothing_to_check(saved, go):
            messages.warning(request, _("Choose an answer first, then have it checked."))
        elif saved.outcome in (Outcome.STALE, Outcome.REFUSED):
            conflicts.append(_conflict(saved))
        last = saved
    if conflicts:
        # Nothing was overwritten: show what is saved, what was sent, and let the learner choose.
        found = _own(request, attempt_id)
        return _page(request, found, conflicts[0]["position"], conflicts=tuple(conflicts), status=409)
    if last is None or last.standing == rules.Standing.UP or go.verb in ("next", "summary"):
        # Who saved nothing has not been asked yet whose attempt it is.
        return _go_on(request, _own(request, attempt_id), position, go, last)
    return redirect(_where(attempt_id, position, go))


def _nothing_to_check(saved: Saved, go: _Go) -> bool:
    is_checked = go.verb == "check" and go.position == saved.question.position
    return is_checked and saved.outcome == Outcome.REFUSED and saved.question.answer is None


def _conflict(saved: Saved) -> dict[str, Any]:
    """For _merge.html. ``is_bad``: what was sent cannot have come from our form."""
    row = saved.question
    label = row.display_number or str(row.position)
    if saved.outcome != Outcome.STALE:
        return {"is_bad": True, "position": row.position, "label": label}
    kind, content = types.get(row.version.type), row.version.content
    sequence, known, _at = screens.newest(row)
    return {
        "id": row.attempt_id,
        "position": row.position,
        "label": label,
        "sequence_name": screens.sequence_of(row.position),
        "sequence": sequence + 1,
        "fields": kind.fields(saved.offered, screens.field_of(row.position)),
        "offered": kind.summarise(content, saved.offered),
        "saved": kind.summarise(content, known),
    }


def _go_on(request: AuthenticatedRequest, found: Attempt, position: int, go: _Go, last: Saved | None) -> HttpResponse:
    if found.state not in screens.RUNNING:
        return redirect("quizzes:result", found.pk)
    if last is not None and last.standing == rules.Standing.UP:
        return redirect(_address(found.pk, position))
    if go.verb == "summary":
        return redirect("quizzes:summary", found.pk)
    if go.verb == "next":
        page = found.questions.filter(position=position).values_list("page", flat=True).first() or 0
        is_sequential = found.rules.get("navigation") == layout.SEQUENTIAL
        if not is_sequential or page == found.page_reached:
            attempts.turn_page(attempt=found, page=page + 1)
        following = found.questions.filter(page=page + 1).order_by("position").values_list("position", flat=True)
        return redirect(_address(found.pk, following.first() or position))
    return redirect(_where(found.pk, position, go))


def _where(attempt_id: uuid.UUID, position: int, go: _Go) -> str:
    """After saving: the question whose number the button bears, else the page again, at the question it was about."""
    if go.verb.isdigit():
        return _address(attempt_id, _number(go.verb, position))
    return _address(attempt_id, go.position or position, anchor=bool(go.position))


def _too_late(request: AuthenticatedRequest, saved: Saved) -> HttpResponse:
    if saved.outcome == Outcome.CLOSED:
        messages.info(request, _("This attempt has already been handed in."))
    _own(request, saved.question.attempt_id)
    return redirect("quizzes:result", saved.question.attempt_id)


@require_POST
@_learner_only
def autosave(request: AuthenticatedRequest, attempt_id: uuid.UUID, position: int) -> HttpResponse:
    """One answer that the script sent by itself, at once or out of its journal.

    Always 200 with ``outcome`` when the learner is signed in: ``sequence`` is what the next save has to carry. stale,
    locked: ``saved`` are the fields that stand there; stale: ``html`` is the card that lets the learner choose. closed,
    late: ``url``.
    """
    saved, problems = _save_one(request, attempt_id, position, _Go("", 0), is_auto=True)
    if saved is None:
        raise Http404
    row = saved.question
    sequence, known, saved_at = screens.newest(row)
    answer: dict[str, Any] = {"outcome": saved.outcome.value, "sequence": sequence + 1}
    if saved.outcome in (Outcome.CLOSED, Outcome.LATE):
        answer["url"] = reverse("quizzes:result", args=[attempt_id])
    elif saved.outcome in (Outcome.STALE, Outcome.LOCKED):
        answer["saved"] = types.get(row.version.type).fields(known, screens.field_of(position))
    if saved.outcome == Outcome.STALE:
        answer["html"] = render_to_string("quizzes/_merge.html", {"conflict": _conflict(saved)}, request)
    if saved.outcome in (Outcome.SAVED, Outcome.UNCHANGED):
        answer["time"] = f"{localtime(saved_at):%H:%M}" if saved_at else ""
        answer["cell"] = screens.cell_of(row, page=row.page).kind
        answer["left"] = rules.seconds_left(row.attempt.deadline_at, clock.now())
    if problems:
        answer["problems"] = problems
    return JsonResponse(answer)


@require_GET
@_learner_only
def signed_in(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """Where the sign-in inside an attempt ends: the page around it takes the new token from here.

    Who signed in as somebody else is told so, with 404 like every stranger.
    """
    found = screens.own_attempt(request.user, attempt_id)  # type: ignore[arg-type]
    context = {"is_owner": found is not None, "back": reverse("quizzes:signed-in", args=[attempt_id])}
    return render(request, "quizzes/signed_in.html", context, status=200 if found else 404)


# --- Hand in --------------------------------------------------------------------------------------------------------


@_with_sign_in
@require_GET
@_learner_only
def summary(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    found = _own(request, attempt_id)
    if found.state not in screens.RUNNING:
        return redirect("quizzes:result", found.pk)
    if _is_elsewhere(request, found):
        return _elsewhere(request, found.quiz.activity.url)
    context = {
        "screen": screens.summary_screen(found, clock.now()),
        "now": int(clock.now().timestamp() * 1000),
    }
    return render(request, "quizzes/summary.html", context)


@require_POST
@_learner_only
def submit(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    handed_in = attempts.submit(user=request.user, attempt_id=attempt_id, at=clock.now())  # type: ignore[arg-type]
    if handed_in is None:
        raise Http404
    return redirect("quizzes:result", handed_in.pk)


@require_GET
@_learner_only
def result(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    found = _own(request, attempt_id)
    if found.state in screens.RUNNING:
        return redirect(_address(found.pk))
    screen = screens.result_screen(found, clock.now())
    context = {
        "screen": screen,
        "sentence": attempts.sentence(screen.refusal) if screen.refusal else "",
        "course": learner_course(found.enrolment),
        "now": int(clock.now().timestamp() * 1000),
    }
    return render(request, "quizzes/result.html", context)


@require_GET
@_learner_only
def lesson(request: AuthenticatedRequest, attempt_id: uuid.UUID, activity_id: int) -> HttpResponse:
    """From a result back to the lesson that teaches what went wrong; noted, since the next attempt may wait for it."""
    found = _own(request, attempt_id)
    wanted = screens.is_remedy(found, activity_id)
    if wanted is None:
        raise Http404
    if found.state == Attempt.State.GRADED:
        attempts.note_remedied(attempt=found, lesson=wanted, at=clock.now())
    return redirect(wanted.url or "/learn/")

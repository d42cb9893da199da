"""The conversation of an attempt. One address per question serves pages, plain forms and htmx alike.

Whoever is not the learner gets 404, whatever grants they hold: answering is nobody else's business.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from courses.queries.progress import learner_course
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from quizzes import types
from quizzes.models import Attempt, Quiz
from quizzes.queries import attempts as screens
from quizzes.rules import timing as rules
from quizzes.services import attempts
from quizzes.services.attempts import Outcome, Saved

View = Callable[..., HttpResponse]


def _learner_only(view: View) -> View:
    """Signed in. To htmx the sign-in page is no answer: it gets 401, and the script keeps what was chosen."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated and getattr(request, "htmx", False):
            return HttpResponse(status=401)
        return never_cache(login_required(view))(request, *args, **kwargs)

    return wrapped


def _own(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> Attempt:
    """The attempt, handed in if its time has run out meanwhile."""
    found = screens.own_attempt(request.user, attempt_id)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    settled = attempts.settle(attempt=found, at=clock.now())
    if settled is not found:
        messages.info(request, _("Time is up. What you had saved was handed in for you."))
    return settled


def _address(attempt_id: uuid.UUID, position: int | None = None) -> str:
    base = reverse("quizzes:attempt", args=[attempt_id])
    return f"{base}?{urlencode({'q': position})}" if position else base


def _number(text: str | None, default: int) -> int:
    """A number sent by a browser; anything else is ``default``."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else default


@require_POST
@_learner_only
def start(request: AuthenticatedRequest, activity_id: int) -> HttpResponse:
    quiz = get_object_or_404(Quiz.objects.select_related("activity__course"), activity_id=activity_id)
    try:
        begun = attempts.start(user=request.user, quiz=quiz, at=clock.now())  # type: ignore[arg-type]
    except attempts.AttemptRefusedError as refusal:
        messages.warning(request, str(refusal))
        return redirect(quiz.activity.url or "/learn/")
    return redirect(_address(begun.pk, screens.first_open_position(begun)))


@require_http_methods(["GET", "HEAD", "POST"])
@_learner_only
def attempt(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        return _save(request, attempt_id)
    found = _own(request, attempt_id)
    if found.state != Attempt.State.IN_PROGRESS:
        return redirect("quizzes:result", found.pk)
    position = _number(request.GET.get("q"), 0) or screens.first_open_position(found)
    return _question(request, found, position)


def _question(
    request: AuthenticatedRequest, found: Attempt, position: int, *, refused: Saved | None = None, status: int = 200
) -> HttpResponse:
    """The page of one question, or for htmx its working part; ``refused``: a save to be talked about."""
    screen = screens.question_screen(found, position, clock.now())
    if screen is None:
        raise Http404
    context = {"screen": screen, "conflict": _conflict(refused, screen) if refused else None}
    template = "quizzes/_work.html" if request.htmx else "quizzes/attempt.html"
    return render(request, template, context, status=status)


def _conflict(refused: Saved, screen: screens.QuestionScreen) -> dict[str, Any] | None:
    if refused.outcome != Outcome.STALE:
        return {"is_bad": True}
    version = refused.question.version
    kind = types.get(version.type)
    return {
        "fields": kind.fields(refused.offered, screen.field),
        "offered": kind.summarise(version.content, refused.offered),
        "saved": kind.summarise(version.content, refused.question.answer),
    }


def _save(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    at = clock.now()
    position = _number(request.GET.get("q"), 1)
    go = request.POST.get("go", "")
    saved = attempts.save_answer(
        user=request.user,  # type: ignore[arg-type]
        attempt_id=attempt_id,
        position=position,
        post=request.POST,
        name=screens.FIELD,
        sequence=_number(request.POST.get("sequence"), 0),
        at=at,
        flag={"flag": True, "unflag": False}.get(go),
    )
    if saved is None:
        raise Http404
    if saved.outcome in (Outcome.CLOSED, Outcome.LATE):
        return _too_late(request, saved)
    if saved.outcome in (Outcome.STALE, Outcome.REFUSED):
        return _talk(request, attempt_id, position, saved)
    if request.htmx and not go:
        return _saved_fragment(request, saved)
    if saved.standing == rules.Standing.UP:
        return redirect(_address(attempt_id, position))
    if go == "summary":
        return redirect("quizzes:summary", attempt_id)
    return redirect(_address(attempt_id, _where(go, position)))


def _where(go: str, position: int) -> int:
    if go == "next":
        return position + 1
    if go == "previous":
        return position - 1
    return _number(go, position)


def _saved_fragment(request: AuthenticatedRequest, saved: Saved) -> HttpResponse:
    row = saved.question
    is_complete = types.get(row.version.type).is_complete(row.version.content, row.answer)
    return render(
        request,
        "quizzes/_saved.html",
        {
            "saved_at": row.saved_at,
            "sequence": row.sequence + 1,
            "cell": screens.Cell(row.position, row.answer is not None, is_complete, row.is_flagged, is_current=True),
            "seconds_left": rules.seconds_left(row.attempt.deadline_at, clock.now()),
        },
    )


def _talk(request: AuthenticatedRequest, attempt_id: uuid.UUID, position: int, saved: Saved) -> HttpResponse:
    """Nothing was overwritten: show what is saved, what was sent, and let the learner choose."""
    found = _own(request, attempt_id)
    response = _question(request, found, position, refused=saved, status=200 if request.htmx else 409)
    if request.htmx:
        response["HX-Retarget"] = "#work"
        response["HX-Reswap"] = "outerHTML"
    return response


def _too_late(request: AuthenticatedRequest, saved: Saved) -> HttpResponse:
    if saved.outcome == Outcome.CLOSED:
        messages.info(request, _("This attempt has already been handed in."))
    _own(request, saved.question.attempt_id)
    address = reverse("quizzes:result", args=[saved.question.attempt_id])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@require_GET
@_learner_only
def summary(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    found = _own(request, attempt_id)
    if found.state != Attempt.State.IN_PROGRESS:
        return redirect("quizzes:result", found.pk)
    return render(request, "quizzes/summary.html", {"screen": screens.summary_screen(found, clock.now())})


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
    if found.state == Attempt.State.IN_PROGRESS:
        return redirect(_address(found.pk))
    if found.state != Attempt.State.GRADED:
        raise Http404
    screen = screens.result_screen(found, clock.now())
    context = {
        "screen": screen,
        "sentence": attempts.sentence(screen.refusal) if screen.refusal else "",
        "course": learner_course(found.enrolment),
    }
    return render(request, "quizzes/result.html", context)

"""The desk of those who mark and supervise: its door, and exceptions to the rules of a quiz.

Whoever marks and supervises nowhere finds nothing here; rows of other units are not there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from quizzes.models import Quiz
from quizzes.queries import desk, desk_marking, desk_sessions
from quizzes.queries.regrades import may_regrade
from quizzes.services import overrides
from quizzes.views.desk_forms import OverrideForm

View = Callable[..., HttpResponse]


def viewer(request: AuthenticatedRequest) -> User:
    return cast(User, request.user)


def _only(view: View, may: Callable[[User], bool]) -> View:
    @wraps(view)
    def wrapped(request: AuthenticatedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(viewer(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(login_required(wrapped))  # type: ignore[arg-type]


def for_markers(view: View) -> View:
    return _only(view, desk.may_mark)


def for_supervisors(view: View) -> View:
    return _only(view, desk.may_supervise)


def quiz_or_404(quiz_id: int) -> Quiz:
    found = desk.one_quiz(quiz_id)
    if found is None:
        raise Http404
    return found


def number_of(typed: str | None) -> int:
    """A number sent by a browser; anything else is 0."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def numbers_of(typed: list[str]) -> list[int]:
    return [number for each in typed if (number := number_of(each))]


def pages_of(page: desk.Page, **kept: str) -> dict[str, Any]:
    """What courses/_pages.html shows; ``kept``: the rest of the question."""

    def address(number: int) -> str:
        asked = {key: value for key, value in kept.items() if value}
        return f"?{urlencode({**asked, 'trang': number})}" if 1 <= number <= page.last else ""

    return {"number": page.number, "last": page.last, "previous": address(page.number - 1),
            "next": address(page.number + 1)}  # fmt: skip


@for_supervisors
@require_safe
def home(request: AuthenticatedRequest) -> HttpResponse:
    """What waits: answers, sittings, proposals to void; below it every quiz."""
    person = viewer(request)
    marks = desk.may_mark(person)
    sessions = desk_sessions.session_list(person)
    context = {
        "marks": marks,
        "waiting": desk_marking.waiting_count(person) if marks else 0,
        "open_sessions": [row for row in sessions if row.standing == "open"],
        "planned_sessions": [row for row in sessions if row.standing == "planned"],
        "quizzes": desk.quiz_lines(person),
        "regrades": may_regrade(person),
        "tab": "home",
    }
    return render(request, "quizzes/desk/home.html", context)


# --- Exceptions -----------------------------------------------------------------------------------------------------


@for_supervisors
@require_http_methods(["GET", "HEAD", "POST"])
def exceptions(request: AuthenticatedRequest, quiz_id: int) -> HttpResponse:
    """The list with the form below; a search for a person or a unit keeps all that was typed."""
    quiz, person = quiz_or_404(quiz_id), viewer(request)
    if request.method == "POST":
        form = OverrideForm(request.POST, person=person, quiz=quiz)
        if "find" in request.POST:
            return _exceptions(request, quiz, form.without_complaints())
        if form.is_valid():
            try:
                overrides.make(
                    quiz=quiz,
                    person=form.chosen_person,
                    unit=form.chosen_unit,
                    values=form.values,
                    reason=form.cleaned_data["reason"],
                    expires_on=form.cleaned_data["expires_on"],
                    by=person,
                    at=clock.now(),
                )
            except overrides.OverrideRefusedError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The exception holds from now on."))
                return redirect("quizzes:desk-overrides", quiz.pk)
        return _exceptions(request, quiz, form, status=422)
    return _exceptions(request, quiz, OverrideForm(person=person, quiz=quiz))


def _exceptions(request: AuthenticatedRequest, quiz: Quiz, form: OverrideForm, *, status: int = 200) -> HttpResponse:
    context = {"quiz": quiz, "form": form, "list": desk.exceptions(viewer(request), quiz, clock.now()), "tab": "home",
               "marks": desk.may_mark(viewer(request))}  # fmt: skip
    return render(request, "quizzes/desk/overrides.html", context, status=status)


@for_supervisors
@require_POST
def withdraw_exception(request: AuthenticatedRequest, quiz_id: int, override_id: int) -> HttpResponse:
    quiz = quiz_or_404(quiz_id)
    found = desk.one_exception(viewer(request), quiz, override_id)
    if found is None:
        raise Http404
    if overrides.withdraw(override=found, by=viewer(request), at=clock.now()):
        messages.success(request, _("The exception is withdrawn. What was begun under it is not changed."))
    else:
        messages.info(request, _("This exception had been withdrawn before. Nothing was changed."))
    return redirect("quizzes:desk-overrides", quiz.pk)

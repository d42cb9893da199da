"""Marking a quiz again: ask, look at what it would do, let it be carried out. Who may not mark from the top of the tree
down finds nothing here."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from quizzes import tasks
from quizzes.models import Quiz, QuizAnalysis, Regrade
from quizzes.queries import analysis
from quizzes.queries import regrades as reads
from quizzes.services import regrades
from quizzes.views.regrade_forms import RegradeForm


def _for_regraders(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def wrapped(request: AuthenticatedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not reads.may_regrade(_viewer(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(login_required(wrapped))  # type: ignore[arg-type]


def _viewer(request: AuthenticatedRequest) -> User:
    return cast(User, request.user)


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


@_for_regraders
@require_safe
def regrade_list(request: AuthenticatedRequest) -> HttpResponse:
    context = {"rows": reads.regrade_list(), "quizzes": reads.quizzes_with_results()}
    return render(request, "quizzes/regrades/list.html", context)


@_for_regraders
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: AuthenticatedRequest, quiz_id: int) -> HttpResponse:
    """``?question=`` and ``?attempt=`` fill the form in."""
    quiz = get_object_or_404(Quiz.objects.select_related("activity__course"), pk=quiz_id)
    questions = reads.asked_questions(quiz)
    if request.method != "POST":
        initial = {
            "questions": [_number(each) for each in request.GET.getlist("question")],
            "attempts": "\n".join(request.GET.getlist("attempt")),
        }
        return _ask(request, quiz, RegradeForm(questions=questions, initial=initial))
    form = RegradeForm(request.POST, questions=questions)
    if form.is_valid():
        try:
            with transaction.atomic():
                regrade = regrades.ask(
                    quiz=quiz,
                    by=_viewer(request),
                    reason=form.cleaned_data["reason"],
                    policy=form.cleaned_data["policy"],
                    attempts=form.cleaned_data["attempts"],
                    questions=form.chosen,
                    mapping=form.mapping,
                    at=clock.now(),
                )
                transaction.on_commit(partial(tasks.nudge, tasks.work_out_regrade, regrade.pk))
        except regrades.RegradeRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("quizzes:regrade", regrade.pk)
    return _ask(request, quiz, form, status=422)


def _ask(request: AuthenticatedRequest, quiz: Quiz, form: RegradeForm, *, status: int = 200) -> HttpResponse:
    return render(request, "quizzes/regrades/ask.html", {"quiz": quiz, "form": form}, status=status)


def _one(regrade_id: int) -> Regrade:
    found = reads.one(regrade_id)
    if found is None:
        raise Http404
    return found


@_for_regraders
@require_safe
def regrade(request: AuthenticatedRequest, regrade_id: int) -> HttpResponse:
    """``?trang=``: which part of the answers."""
    found, viewer = _one(regrade_id), _viewer(request)
    page = reads.regrade_page(found, viewer, page=_number(request.GET.get("trang")) or 1)
    needs_another = found.policy == Regrade.Policy.TAKE_AWAY and found.asked_by_id == viewer.pk
    return render(
        request,
        "quizzes/regrades/one.html",
        {
            "page": page,
            "regrade": found,
            "needs_another": needs_another,
            "pages": {
                "number": page.page,
                "last": page.last,
                "previous": f"?trang={page.page - 1}" if page.page > 1 else "",
                "next": f"?trang={page.page + 1}" if page.page < page.last else "",
            },
        },
    )


@_for_regraders
@require_POST
def carry_out(request: AuthenticatedRequest, regrade_id: int) -> HttpResponse:
    found = _one(regrade_id)
    try:
        with transaction.atomic():
            if regrades.confirm(regrade=found, by=_viewer(request), at=clock.now()):
                transaction.on_commit(partial(tasks.nudge, tasks.carry_out_regrade, found.pk))
            else:
                messages.info(request, _("This was decided before. Nothing was changed."))
    except regrades.RegradeRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("quizzes:regrade", found.pk)


@_for_regraders
@require_POST
def drop(request: AuthenticatedRequest, regrade_id: int) -> HttpResponse:
    found = _one(regrade_id)
    if regrades.drop(regrade=found, by=_viewer(request), at=clock.now()):
        messages.success(request, _("Dropped. No mark was changed."))
    else:
        messages.info(request, _("This was decided before. Nothing was changed."))
    return redirect("quizzes:regrade", found.pk)


@_for_regraders
@require_safe
def near_the_mark(request: AuthenticatedRequest, quiz_id: int) -> HttpResponse:
    """Who is within one standard error of the pass mark: chance may have decided."""
    figures = analysis.quiz_figures(quiz_id, QuizAnalysis.Choice.FIRST)
    if figures is None:
        raise Http404
    band = figures.borderline
    rows = (
        reads.near_the_mark(quiz_id, _viewer(request), low=band.low, high=band.high)
        if band.low is not None and band.high is not None
        else []
    )
    return render(request, "quizzes/regrades/near.html", {"figures": figures, "band": band, "rows": rows})

"""Item analysis in the CMS: which quizzes, what their figures say, and what to do about a question.

Whoever may look into the bank may look here. Nothing is worked out inside a request, and no learner is named.
"""

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.core import clock
from quizzes import statistics, tasks
from quizzes.cms_views import charts
from quizzes.models import Question, QuestionVersion, Quiz, QuizAnalysis
from quizzes.queries import analysis as reads
from quizzes.queries.regrades import may_regrade
from quizzes.services import analysis, bank

_LOOKS = ("quizzes.view_question", "quizzes.add_question", "quizzes.change_question")
CHANGES = "quizzes.change_question"


def may_look(user: object) -> bool:
    return any(user.has_perm(name) for name in _LOOKS)  # type: ignore[attr-defined]


def _authors_only(request: HttpRequest, *, to_change: bool = False) -> None:
    if not (request.user.has_perm(CHANGES) if to_change else may_look(request.user)):
        raise PermissionDenied


def overview(request: HttpRequest) -> HttpResponse:
    _authors_only(request)
    return TemplateResponse(
        request,
        "quizzes/cms/analysis.html",
        {
            "header_title": _("Analysis of questions"),
            "header_icon": "history",
            "breadcrumbs_items": _breadcrumbs(),
            "rows": reads.overview(),
            "enough": statistics.ENOUGH,
            "fewest": statistics.FEWEST,
        },
    )


def quiz(request: HttpRequest, quiz_id: int) -> HttpResponse:
    """``?population=`` first (the default), highest, last or all. POST asks for it to be worked out now."""
    _authors_only(request)
    choice = request.POST.get("population") or request.GET.get("population") or QuizAnalysis.Choice.FIRST
    if choice not in QuizAnalysis.Choice.values:
        raise Http404
    if request.method == "POST":
        row = get_object_or_404(Quiz, pk=quiz_id)
        with transaction.atomic():
            analysis.ask(quiz=row, choice=choice, at=clock.now())
            transaction.on_commit(partial(tasks.nudge, tasks.analyse, quiz_id, choice))
        messages.success(request, _("The figures are being worked out. Open this page again in a minute."))
        return redirect(f"{reverse('quizzes_analysis_quiz', args=[quiz_id])}?population={choice}")
    found = reads.quiz_figures(quiz_id, choice)
    if found is None:
        raise Http404
    band = found.borderline
    return TemplateResponse(
        request,
        "quizzes/cms/analysis_quiz.html",
        {
            "header_title": found.title,
            "header_icon": "history",
            "breadcrumbs_items": [*_breadcrumbs(), {"url": "", "label": found.title}],
            "found": found,
            "choices": QuizAnalysis.Choice.choices,
            "choice_label": QuizAnalysis.Choice(choice).label,
            "scatter": charts.scatter(found.items),
            "totals": charts.totals(found.totals, pass_percent=found.pass_percent, low=band.low, high=band.high),
            "to_check": sorted((row for row in found.items if row.stands_out), key=lambda row: row.rank),
            "may_change": request.user.has_perm(CHANGES),
            "may_regrade": may_regrade(request.user),  # type: ignore[arg-type]
            "enough": statistics.ENOUGH,
            "fewest": statistics.FEWEST,
            "ready": QuestionVersion.Status.READY,
        },
    )


@require_POST
def suspend(request: HttpRequest, quiz_id: int, question_id: int) -> HttpResponse:
    """One click: it is drawn no more, from the next attempt on. Who is at it answers it to the end."""
    _authors_only(request, to_change=True)
    question = get_object_or_404(Question, pk=question_id)
    if bank.set_status(questions=[question], status=QuestionVersion.Status.RETIRED):
        messages.success(
            request,
            _("Question %(code)s is suspended: no new attempt asks it. It can be made ready again in the bank.")
            % {"code": question.code},
        )
    return redirect(reverse("quizzes_analysis_quiz", args=[quiz_id]))


def _breadcrumbs() -> list[dict[str, str]]:
    return [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse("quizzes_analysis"), "label": _("Analysis of questions")},
    ]

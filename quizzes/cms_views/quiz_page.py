"""Beside the editor of a quiz: how many questions fit, the quiz played as a learner, the blueprint on paper."""

import datetime as dt
import random

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from lms.core import clock, text
from quizzes.cms_views.analysis import may_look
from quizzes.cms_views.bank import assets, number_of
from quizzes.models import Category, Objective, Question, QuizPage, QuizSlot
from quizzes.queries import preview, quiz_editor
from quizzes.rules.drawing import PoolTooSmallError
from quizzes.services.attempts import sentence


@require_GET
def matches(request: HttpRequest) -> HttpResponse:
    """``{"count", "text"}``: how many ready questions fit the filter in the query string."""
    if not may_look(request.user):
        raise PermissionDenied
    sent = request.GET
    level = sent.get("level", "")
    slot = QuizSlot(
        category=Category.objects.filter(pk=_pk(sent.get("category"))).first(),
        objective=Objective.objects.filter(pk=_pk(sent.get("objective"))).first(),
        question=Question.objects.filter(pk=_pk(sent.get("question"))).first(),
        level=level if level in Question.CognitiveLevel.values else "",
        only_here=bool(sent.get("only_here")),
        tags_all=_words(sent.get("tags_all", "")),
        tags_any=_words(sent.get("tags_any", "")),
    )
    count = quiz_editor.match_count(slot)
    return JsonResponse({"count": count, "text": str(count)})


def _pk(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else 0


def _words(value: str) -> list[str]:
    return [word for part in value.split(",") if (word := text.clean(part))]


def _page(request: HttpRequest, page_id: int) -> QuizPage:
    """The draft of the page, for whoever may edit it."""
    page = get_object_or_404(QuizPage, pk=page_id)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    draft: QuizPage = quiz_editor.draft_of(page)
    return draft


def play(request: HttpRequest, page_id: int) -> HttpResponse:
    """The whole quiz on one page, drawn from ``seed``; POST marks it and keeps nothing.

    ``?at=`` (2026-12-01T08:00, the site's time): as if it were then.
    """
    page = _page(request, page_id)
    sent = request.POST if request.method == "POST" else request.GET
    seed = number_of(sent.get("seed"), random.randint(1, preview.MOST_SEED), preview.MOST_SEED)  # noqa: S311  no secret
    at, is_pretended = _moment(sent.get("at", ""))
    refusal, deadline = preview.on_day(page, at)
    context = {
        "page": page,
        "seed": seed,
        "at": timezone.localtime(at),
        "is_pretended": is_pretended,
        "refusal": sentence(refusal) if refusal else "",
        "deadline": deadline,
        "back_url": reverse("wagtailadmin_pages:edit", args=[page.pk]),
        "next_seed": random.randint(1, preview.MOST_SEED),  # noqa: S311  no secret
    }
    try:
        sitting = preview.sit(page, seed=seed, post=request.POST if request.method == "POST" else None)
    except PoolTooSmallError as error:
        shortage = error.shortage
        context["problem"] = ngettext(
            "This quiz cannot be drawn: it lacks %(by)s question.",
            "This quiz cannot be drawn: it lacks %(by)s questions.",
            shortage.wanted - shortage.found,
        ) % {"by": shortage.wanted - shortage.found}
        return render(request, "quizzes/cms/play_quiz.html", context)
    return render(request, "quizzes/cms/play_quiz.html", {**context, "sitting": sitting, **assets(sitting.kinds)})


def _moment(said: str) -> tuple[dt.datetime, bool]:
    """What was typed as a local time, else now."""
    try:
        found = parse_datetime(said)
    except ValueError:
        found = None
    if found is None:
        return clock.now(), False
    return (timezone.make_aware(found) if timezone.is_naive(found) else found), True


@require_GET
def blueprint(request: HttpRequest, page_id: int) -> HttpResponse:
    """The official table (ma trận đề), to be read and printed."""
    page = _page(request, page_id)
    table = quiz_editor.blueprint_table(quiz_editor.slots_of(page), _("any level"), _("other"))
    context = {"page": page, "table": table, "back_url": reverse("wagtailadmin_pages:edit", args=[page.pk])}
    return render(request, "quizzes/cms/blueprint.html", context)

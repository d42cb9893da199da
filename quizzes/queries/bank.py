"""What can be drawn from the bank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from taggit.models import TaggedItem

from courses.models import Enrolment
from quizzes.models import Attempt, AttemptQuestion, Category, Question, QuestionVersion
from quizzes.models.quiz import Draw
from quizzes.rules import drawing


def pool(category: Category) -> "QuerySet[Question]":
    """The questions that a draw from ``category`` may take: ready, in it or below it."""
    return Question.objects.drawable().filter(category__path__startswith=category.path)


def pool_size(category: Category) -> int:
    return pool(category).count()


@dataclass(frozen=True)
class Candidate:
    """``uses``: how often this learner has been asked it before, in any version; ``last``: in which attempt (number)
    the last time, 0 for never."""

    question_id: int
    version_id: int
    path: str
    objective_id: int | None
    level: str
    tags: frozenset[str]
    uses: int
    last: int


def candidates(slots: Iterable[Draw], enrolment: Enrolment | None) -> list[Candidate]:
    """Everything that ``slots`` (with their categories) can draw or fix. Two queries, a third where tags are asked for.

    ``enrolment`` None: nobody's, as for a preview or for judging a quiz before it is published.
    """
    rows = list(slots)
    wanted = Q(pk__in=[])
    for slot in rows:
        if slot.question_id:
            wanted |= Q(pk=slot.question_id)
        else:
            wanted |= _asked_for(slot)
    found = list(
        Question.objects.filter(wanted)
        .order_by("pk")
        .values_list("pk", "ready_id", "latest_id", "category__path", "objective_id", "level")
    )
    asked = (
        {
            question: (uses, last)
            for question, uses, last in AttemptQuestion.objects.filter(
                attempt__in=Attempt.objects.of_enrolment(enrolment)
            )
            .order_by()
            .values_list("version__question")
            .annotate(uses=Count("pk"), last=Max("attempt__number"))
        }
        if enrolment
        else {}
    )
    tags = _tags_of(found, rows)
    return [
        Candidate(pk, ready or latest, path, objective, level, tags.get(pk, frozenset()), *asked.get(pk, (0, 0)))
        for pk, ready, latest, path, objective, level in found
        if ready or latest
    ]


def _asked_for(slot: Draw) -> Q:
    query = Q(ready__isnull=False)
    if slot.category:
        query &= Q(category=slot.category) if slot.only_here else Q(category__path__startswith=slot.category.path)
    if slot.objective_id:
        query &= Q(objective=slot.objective_id)
    if slot.level:
        query &= Q(level=slot.level)
    return query


def _tags_of(found: Sequence[tuple[Any, ...]], slots: Sequence[Draw]) -> dict[int, frozenset[str]]:
    if not any(slot.tags_all or slot.tags_any for slot in slots):
        return {}
    tags: dict[int, set[str]] = {}
    rows = TaggedItem.objects.filter(
        content_type=ContentType.objects.get_for_model(Question), object_id__in=[row[0] for row in found]
    )
    for pk, name in rows.values_list("object_id", "tag__name"):
        tags.setdefault(pk, set()).add(name)
    return {pk: frozenset(names) for pk, names in tags.items()}


def fits(slot: Draw, row: Candidate, attempt_number: int = 0) -> bool:
    """Whether ``slot`` may take ``row`` in the attempt with this number (0: judged for nobody). No query."""
    if slot.question_id:
        return row.question_id == slot.question_id
    if slot.category:
        within = row.path == slot.category.path if slot.only_here else row.path.startswith(slot.category.path)
        if not within:
            return False
    return (
        (not slot.objective_id or row.objective_id == slot.objective_id)
        and (not slot.level or row.level == slot.level)
        and set(slot.tags_all) <= row.tags
        and (not slot.tags_any or bool(set(slot.tags_any) & row.tags))
        and not (slot.not_in_last and attempt_number and row.last and row.last >= attempt_number - slot.not_in_last)
    )


def places(slots: Iterable[Draw], rows: Sequence[Candidate], attempt_number: int = 0) -> list[drawing.Slot]:
    """The slots as quizzes.rules.drawing wants them, numbered from 1 in their order. No query."""
    return [
        drawing.Slot(
            position,
            slot.count,
            frozenset(row.question_id for row in rows if fits(slot, row, attempt_number)),
        )
        for position, slot in enumerate(slots, start=1)
    ]


def pool_counts() -> Coalesce:
    """For a queryset of categories: how many questions are ready in each and below it."""
    ready = (
        QuestionVersion.objects.filter(ready_of__category__path__startswith=OuterRef("path"))
        .order_by()
        .annotate(all=Value(1))
        .values("all")
        .annotate(size=Count("pk"))
        .values("size")
    )
    return Coalesce(Subquery(ready), 0)

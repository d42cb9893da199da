"""What can be drawn from the bank."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from courses.models import Enrolment
from quizzes.models import Category, Question, QuestionVersion, QuizSlot


def with_latest(questions: "QuerySet[Question]") -> "QuerySet[Question]":
    """``questions`` with ``latest_id``, the id of their newest version; entries without any version are left out."""
    newest = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number").values("pk")[:1]
    return questions.annotate(latest_id=Subquery(newest)).filter(latest_id__isnull=False)


def pool(category: Category) -> "QuerySet[Question]":
    """The questions that a draw from ``category`` may take: ready, in it or below it."""
    return with_latest(Question.objects.filter(status=Question.Status.READY, category__path__startswith=category.path))


def pool_size(category: Category) -> int:
    return pool(category).count()


@dataclass(frozen=True)
class Candidate:
    """``uses``: how often this learner has been asked it before, in any version."""

    question_id: int
    version_id: int
    path: str
    uses: int


def candidates(slots: Iterable[QuizSlot], enrolment: Enrolment) -> list[Candidate]:
    """Everything that ``slots`` (with their categories) can draw or fix. One query, whatever their number."""
    wanted = Q(pk__in=[])
    for slot in slots:
        if slot.category:
            wanted |= Q(category__path__startswith=slot.category.path, status=Question.Status.READY)
        else:
            wanted |= Q(pk=slot.question_id)
    rows = (
        with_latest(Question.objects.filter(wanted))
        .annotate(uses=Count("versions__uses", filter=Q(versions__uses__attempt__enrolment=enrolment)))
        .order_by("pk")
        .values_list("pk", "latest_id", "category__path", "uses")
    )
    return [Candidate(*row) for row in rows]


def pool_counts() -> Coalesce:
    """For a queryset of categories: how many questions are ready in each and below it."""
    ready = (
        QuestionVersion.objects.filter(
            number=1, question__status=Question.Status.READY, question__category__path__startswith=OuterRef("path")
        )
        .order_by()
        .annotate(all=Value(1))
        .values("all")
        .annotate(size=Count("pk"))
        .values("size")
    )
    return Coalesce(Subquery(ready), 0)

"""Regrades as screens show them: what would change, for whom, and who may see a name."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q

from lms.accounts.models import User
from lms.core import clock, text
from lms.units.models import Grant
from lms.units.queries import names_on
from lms.units.scope import granted_units, scope_q
from quizzes.models import Attempt, AttemptQuestion, QuestionVersion, Quiz, Regrade, RegradeLine

PAGE_SIZE = 50
# Names on one page; whoever needs all of them works by unit.
_MOST_NAMED = 200
State, Policy = Regrade.State, Regrade.Policy
# What is shown: another mark, or why there is none. Answers that only move to another version are counted.
CHANGES = ~Q(obstacle="") | Q(before__isnull=True) | ~Q(after=F("before"))


def may_regrade(person: User) -> bool:
    """Marks of a whole country change by it: only who may mark from the top of the tree down. One query."""
    return any(unit.depth == 1 for unit in granted_units(person, Grant.Right.MARK))


@dataclass(frozen=True)
class RegradeRow:
    id: int
    quiz: str
    reason: str
    state: str
    state_label: str
    asked_by: str
    asked_at: dt.datetime
    gained: int
    lost: int


def regrade_list() -> list[RegradeRow]:
    """All of them, the newest first. One query."""
    rows = Regrade.objects.select_related("quiz__activity", "asked_by").order_by("-asked_at", "-pk")
    return [
        RegradeRow(
            row.pk, row.quiz.activity.title, row.reason, row.state, row.get_state_display(),
            row.asked_by.full_name, row.asked_at, row.impact.get("gained", 0), row.impact.get("lost", 0),
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class QuizChoice:
    id: int
    title: str
    course: str
    attempts: int


def quizzes_with_results() -> list[QuizChoice]:
    """Those that somebody has handed in. One query."""
    finished = Q(attempts__is_preview=False, attempts__state__in=(Attempt.State.SUBMITTED, Attempt.State.GRADED))
    rows = (
        Quiz.objects.annotate(count=Count("attempts", filter=finished))
        .filter(count__gt=0)
        .select_related("activity__course")
        .order_by("activity__course__title", "activity__position")
    )
    return [QuizChoice(row.pk, row.activity.title, row.activity.course.title, row.count) for row in rows]


# --- What may be asked for ------------------------------------------------------------------------------


@dataclass(frozen=True)
class VersionChoice:
    id: int
    number: int
    uses: int


@dataclass(frozen=True)
class QuestionChoice:
    """A question that was asked. ``used``: its versions in finished attempts; ``others``: those it may be marked by."""

    id: int
    code: str
    stem: str
    used: tuple[VersionChoice, ...]
    others: tuple[VersionChoice, ...]

    @property
    def uses(self) -> int:
        return sum(version.uses for version in self.used)

    @property
    def newest(self) -> VersionChoice:
        return max((*self.used, *self.others), key=lambda version: version.number)


def asked_questions(quiz: Quiz) -> list[QuestionChoice]:
    """Every question of the finished attempts, by code. Two queries."""
    uses = dict(
        AttemptQuestion.objects.filter(
            attempt__quiz=quiz, attempt__is_preview=False,
            attempt__state__in=(Attempt.State.SUBMITTED, Attempt.State.GRADED),
        )
        .order_by()
        .values_list("version")
        .annotate(count=Count("pk"))
    )  # fmt: skip
    versions: dict[int, list[QuestionVersion]] = {}
    rows = QuestionVersion.objects.filter(question__versions__in=list(uses)).distinct().select_related("question")
    for version in rows.order_by("question__code", "number"):
        versions.setdefault(version.question_id, []).append(version)
    found = []
    for question_id, all_of_it in versions.items():
        choices = [VersionChoice(row.pk, row.number, uses.get(row.pk, 0)) for row in all_of_it]
        found.append(
            QuestionChoice(
                question_id,
                all_of_it[-1].question.code,
                all_of_it[-1].stem,
                tuple(choice for choice in choices if choice.uses),
                tuple(choices),
            )
        )
    return found


# --- One of them ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One answer. ``name`` is "" where the viewer may not mark that person."""

    name: str
    attempt_id: Any
    number: int
    position: int
    code: str
    version: int
    moved_to: int | None
    answer: str
    before: float | None
    after: float | None
    obstacle: str
    is_applied: bool
    is_kept: bool


@dataclass(frozen=True)
class Crossing:
    """Somebody whose pass is gained or lost; the scores in per cent."""

    name: str
    unit: str
    before: float | None
    after: float | None
    passed_after: bool
    is_completed: bool
    completes: bool
    papers: tuple[str, ...]


@dataclass(frozen=True)
class UnitLine:
    name: str
    gained: int
    lost: int
    completes: int
    stays: int


@dataclass(frozen=True)
class RegradePage:
    regrade: Regrade
    title: str
    course: str
    impact: Mapping[str, Any]
    crossings: tuple[Crossing, ...]
    more_crossings: int
    units: tuple[UnitLine, ...]
    papers_due: int
    papers_standing: int
    lines: tuple[Line, ...]
    applied: int
    page: int
    last: int

    @property
    def is_working(self) -> bool:
        return self.regrade.state in (State.WAITING, State.RUNNING)


def one(regrade_id: int) -> Regrade | None:
    rows = Regrade.objects.select_related("quiz__activity__course", "asked_by", "carried_out_by")
    return rows.filter(pk=regrade_id).first()


def regrade_page(regrade: Regrade, viewer: User, *, page: int = 1) -> RegradePage:
    """What a regrade does, with names only of those whom ``viewer`` may mark. The number of queries is constant."""
    impact = regrade.impact or {}
    lines = regrade.lines.filter(CHANGES).order_by(
        "question__attempt__submitted_at", "question__attempt", "question__position"
    )
    total = lines.count()
    last = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), last)
    shown = list(
        lines.select_related("question__attempt__enrolment__user", "question__version__question", "version")[
            (page - 1) * PAGE_SIZE : page * PAGE_SIZE
        ]
    )
    named = set(
        Attempt.objects.markable_by(viewer)
        .filter(pk__in={line.question.attempt_id for line in shown})
        .values_list("pk", flat=True)
    )
    papers: dict[int, list[str]] = {}
    for row in impact.get("lines", ()):
        if row["kind"] == "certificate_stands":
            papers.setdefault(row["enrolment_id"], []).append(row["label"])
    units = {row["unit"] for row in impact.get("units", ()) if row["unit"]}
    names = {pk: unit.name for pk, unit in names_on(units, clock.today()).items()}
    crossings = _crossings(impact, viewer, names, papers)
    return RegradePage(
        regrade=regrade,
        title=regrade.quiz.activity.title,
        course=regrade.quiz.activity.course.title,
        impact=impact,
        crossings=crossings[:_MOST_NAMED],
        more_crossings=len(crossings[_MOST_NAMED:]),
        units=_units(impact, names),
        papers_due=sum(row["kind"] == "certificate_due" for row in impact.get("lines", ())),
        papers_standing=sum(map(len, papers.values())),
        lines=tuple(_line(row, regrade.policy, row.question.attempt_id in named) for row in shown),
        applied=regrade.lines.filter(CHANGES, is_applied=True).count(),
        page=page,
        last=last,
    )


@dataclass(frozen=True)
class Applied:
    raised: int
    lowered: int


def applied_counts(regrade: Regrade) -> Applied:
    """What was changed in the end. One query."""
    found = regrade.lines.filter(is_applied=True).aggregate(
        lowered=Count("pk", filter=Q(after__lt=F("before"))),
        raised=Count("pk", filter=Q(after__gt=F("before")) | Q(before__isnull=True)),
    )
    return Applied(found["raised"], found["lowered"])


def _crossings(
    impact: Mapping[str, Any], viewer: User, units: Mapping[int, str], papers: Mapping[int, Sequence[str]]
) -> tuple[Crossing, ...]:
    """Those within the viewer's scope, never oneself, by name. Two queries."""
    rows = {row["enrolment_id"]: row for row in impact.get("people", ())}
    within = scope_q(viewer, path="enrolments__unit__path", right=Grant.Right.MARK)
    people = (
        User.objects.filter(within, enrolments__in=list(rows))
        .exclude(pk=viewer.pk)
        .values_list("enrolments__pk", "full_name")
    )
    found = [
        Crossing(
            name=name,
            unit=units.get(rows[enrolment]["unit"] or 0, ""),
            before=_percent(rows[enrolment]["score_before"]),
            after=_percent(rows[enrolment]["score_after"]),
            passed_after=rows[enrolment]["passed_after"],
            is_completed=rows[enrolment]["is_completed"],
            completes=rows[enrolment]["completes"],
            papers=tuple(papers.get(enrolment, ())),
        )
        for enrolment, name in people
        if enrolment in rows
    ]
    return tuple(sorted(found, key=lambda row: (row.passed_after, text.name_sort_key(row.name))))


def _percent(kept: str | None) -> float | None:
    return None if kept in (None, "None") else float(100 * Decimal(str(kept)))


def _units(impact: Mapping[str, Any], names: Mapping[int, str]) -> tuple[UnitLine, ...]:
    found = [
        UnitLine(names.get(row["unit"] or 0, ""), row["gained"], row["lost"], row["completes"], row["stays"])
        for row in impact.get("units", ())
    ]
    return tuple(sorted(found, key=lambda row: (-row.lost, -row.gained, text.sort_key(row.name))))


def _line(row: RegradeLine, policy: str, is_named: bool) -> Line:
    question = row.question
    falls = row.before is not None and row.after is not None and row.after < row.before
    moved = row.version_id != question.version_id
    return Line(
        name=question.attempt.enrolment.user.full_name if is_named else "",
        attempt_id=question.attempt_id if is_named else None,
        number=question.attempt.number,
        position=question.position,
        code=question.version.question.code,
        version=question.version.number,
        moved_to=row.version.number if moved else None,
        answer=question.answer_summary if is_named else "",
        before=None if row.before is None else float(row.before),
        after=None if row.after is None else float(row.after),
        obstacle=row.obstacle,
        is_applied=row.is_applied,
        is_kept=falls and policy == Policy.KEEP and not row.obstacle,
    )


# --- Near the pass mark ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Near:
    """``score`` in per cent."""

    name: str
    unit: str
    score: float
    passed: bool


def near_the_mark(quiz_id: int, viewer: User, *, low: float, high: float) -> list[Near]:
    """First marked attempts between ``low`` and ``high`` per cent of people whom ``viewer`` may mark. Two queries."""
    rows = (
        Attempt.objects.markable_by(viewer)
        .filter(quiz=quiz_id, state=Attempt.State.GRADED, score__gte=low / 100, score__lte=high / 100)
        .annotate(person=F("enrolment__user"))
        .order_by("started_at", "number")
        .values_list("person", "enrolment__user__full_name", "enrolment__unit", "score", "passed", "number")
    )
    found = [row for row in rows if row[5] == 1]
    names = names_on({row[2] for row in found if row[2]}, clock.today())
    near = [
        Near(name, names[unit].name if unit in names else "", 100 * float(score or 0), bool(passed))
        for _person, name, unit, score, passed, _number in found
    ]
    return sorted(near, key=lambda row: (row.score, text.name_sort_key(row.name)))

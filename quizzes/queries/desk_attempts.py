"""Attempts of a quiz as those see them who mark there: named, with everything that happened to them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from lms.accounts.models import User
from lms.core import clock, text
from lms.core.numbers import percent
from lms.units.models import Unit
from lms.units.queries import names_on
from lms.units.scope import below, granted_paths
from quizzes import types
from quizzes.models import Attempt, AttemptQuestion, AttemptStep, Quiz
from quizzes.queries.desk import Page, page_of, points

State = Attempt.State
# In the order of the filter.
STATES = (
    State.IN_PROGRESS, State.OVERDUE, State.SUBMITTED, State.GRADED, State.ABANDONED, State.VOIDED, State.NOT_STARTED,
)  # fmt: skip


@dataclass(frozen=True)
class AttemptRow:
    """``percent`` as shown, "" while there is none; ``is_asked_to_void``: proposed, not confirmed."""

    id: uuid.UUID
    name: str
    unit: str
    number: int
    state: str
    state_label: str
    started_at: dt.datetime | None
    submitted_at: dt.datetime | None
    percent: str
    passed: bool | None
    is_asked_to_void: bool


@dataclass(frozen=True)
class AttemptList:
    """``states``: (value, label, how many) of those that occur; ``total`` of all states."""

    rows: tuple[AttemptRow, ...]
    page: Page
    states: tuple[tuple[str, str, int], ...]
    total: int


def attempt_list(person: User, quiz: Quiz, *, state: str, unit: str, name: str, number: int) -> AttemptList:
    """One page, the newest first. ``unit`` and ``name``: parts of names, diacritics ignored; a unit takes what lies
    below it too. The number of queries does not grow with the rows."""
    found = Attempt.objects.markable_by(person).filter(quiz=quiz)
    for word in text.fold(name).split():
        found = found.filter(enrolment__user__name_folded__contains=word)
    folded = text.fold(unit)
    if folded:
        found = found.filter(below(_paths(person, folded), "enrolment__unit__path"))
    counts = dict(found.order_by().values_list("state").annotate(number=Count("pk")))
    total = sum(counts.values())
    page = page_of(counts.get(state, 0) if state else total, number)
    if state:
        found = found.filter(state=state)
    rows = list(
        found.select_related("enrolment__user", "voiding").order_by("-started_at", "enrolment", "-number")[page.rows]
    )
    names = names_on([row.enrolment.unit_id for row in rows if row.enrolment.unit_id], clock.today())
    states = tuple((value.value, str(value.label), counts[value]) for value in STATES if counts.get(value))
    return AttemptList(tuple(_row(row, names) for row in rows), page, states, total)


def _paths(person: User, folded: str) -> list[str]:
    """Units whose name holds ``folded``, where ``person`` marks; of a unit and one below it only the upper."""
    marked = granted_paths(person, "mark")
    found = Unit.objects.filter(
        Q(names__full_folded__contains=folded) | Q(names__short_folded__contains=folded), below(marked, "path")
    )
    paths = sorted(set(found.values_list("path", flat=True)[:500]), key=len)
    kept: list[str] = []
    for path in paths:
        if not any(path.startswith(other) for other in kept):
            kept.append(path)
    return kept[:100]


def _row(row: Attempt, names: dict[int, Any]) -> AttemptRow:
    voiding = getattr(row, "voiding", None)
    unit = names.get(row.enrolment.unit_id or 0)
    return AttemptRow(
        id=row.pk,
        name=row.enrolment.user.get_full_name(),
        unit=unit.name if unit else "",
        number=row.number,
        state=row.state,
        state_label=row.get_state_display(),
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        percent=percent(row.score * 100) if row.score is not None else "",
        passed=row.passed,
        is_asked_to_void=voiding is not None and voiding.confirmed_at is None,
    )


# --- One attempt ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Happened:
    """An event of the attempt. ``by`` "" where the clock or the learner did it."""

    label: str
    at: dt.datetime
    by: str
    reason: str
    decision: str


@dataclass(frozen=True)
class Step:
    label: str
    at: dt.datetime
    by: str
    before: str
    after: str
    comment: str


@dataclass(frozen=True)
class TwoMarks:
    """What two markers gave, each without the other's."""

    first: str
    first_by: str
    second: str
    second_by: str


@dataclass(frozen=True)
class NamedFile:
    id: uuid.UUID
    name: str
    size: int


@dataclass(frozen=True)
class Answered:
    position: int
    label: str
    stem: str
    answer: str
    right: str
    mark: str
    most: str
    waits: bool
    is_right: bool
    is_wrong: bool
    comment: str
    marked_by: str
    marked_at: dt.datetime | None
    saved_at: dt.datetime | None
    steps: tuple[Step, ...]
    two: TwoMarks | None
    files: tuple[NamedFile, ...]


@dataclass(frozen=True)
class VoidingRow:
    reason: str
    decision_number: str
    asked_by: str
    asked_at: dt.datetime
    is_own: bool
    confirmed_by: str
    confirmed_at: dt.datetime | None


@dataclass(frozen=True)
class AttemptPage:
    """``others``: further attempts of the same learner at this quiz. ``can_reopen``, ``can_void``: what may be
    decided by its state; whether this person may confirm is in ``voiding.is_own``."""

    row: AttemptRow
    quiz_id: int
    quiz_title: str
    course: str
    deadline_at: dt.datetime | None
    marking_due_at: dt.datetime | None
    pass_percent: int
    is_late_to_mark: bool
    can_reopen: bool
    can_void: bool
    can_salvage: bool
    voiding: VoidingRow | None
    events: tuple[Happened, ...]
    questions: tuple[Answered, ...]
    others: tuple[AttemptRow, ...]


def held(person: User, attempt_id: uuid.UUID) -> Attempt | None:
    """The attempt, if ``person`` marks there. One query beside the grants."""
    found: Attempt | None = (
        Attempt.objects.markable_by(person)
        .select_related("quiz__activity__course", "enrolment__user", "enrolment__unit", "voiding__asked_by",
                        "voiding__confirmed_by")
        .filter(pk=attempt_id)
        .first()
    )  # fmt: skip
    return found


def attempt_page(person: User, attempt: Attempt, at: dt.datetime) -> AttemptPage:
    """Of an attempt that ``held`` gave. Six queries whatever its length."""
    siblings = list(
        Attempt.objects.markable_by(person)
        .of_enrolment(attempt.enrolment)
        .filter(quiz=attempt.quiz_id)
        .select_related("enrolment__user", "voiding")
        .order_by("number")
    )
    names = names_on([attempt.enrolment.unit_id] if attempt.enrolment.unit_id else [], clock.today())
    questions = list(
        attempt.questions.select_related(
            "version", "marked_by", "first_mark__by", "first_mark__second_by"
        ).prefetch_related("files")
    )
    steps: dict[int, list[AttemptStep]] = {}
    for step in AttemptStep.objects.filter(question__attempt=attempt).select_related("by").order_by("pk"):
        steps.setdefault(step.question_id, []).append(step)
    voiding = getattr(attempt, "voiding", None)
    return AttemptPage(
        row=_row(attempt, names),
        quiz_id=attempt.quiz_id,
        quiz_title=attempt.quiz.activity.title,
        course=attempt.quiz.activity.course.title,
        deadline_at=attempt.deadline_at,
        marking_due_at=attempt.marking_due_at,
        pass_percent=attempt.pass_percent,
        is_late_to_mark=attempt.marking_due_at is not None and attempt.marking_due_at < at,
        can_reopen=attempt.state == State.ABANDONED,
        can_void=attempt.state != State.VOIDED and voiding is None,
        can_salvage=attempt.state in (State.IN_PROGRESS, State.OVERDUE, State.SUBMITTED, State.GRADED, State.ABANDONED),
        voiding=_voiding(voiding, person) if voiding is not None else None,
        events=tuple(_event(event) for event in attempt.events.select_related("by").order_by("at", "pk")),
        questions=tuple(_answered(row, steps.get(row.pk, [])) for row in questions),
        others=tuple(_row(row, names) for row in siblings if row.pk != attempt.pk),
    )


def _voiding(voiding: Any, person: User) -> VoidingRow:
    return VoidingRow(
        reason=voiding.reason,
        decision_number=voiding.decision_number,
        asked_by=voiding.asked_by.get_full_name(),
        asked_at=voiding.asked_at,
        is_own=voiding.asked_by_id == person.pk,
        confirmed_by=voiding.confirmed_by.get_full_name() if voiding.confirmed_by else "",
        confirmed_at=voiding.confirmed_at,
    )


def _event(event: Any) -> Happened:
    return Happened(
        label=event.get_kind_display(),
        at=event.at,
        by=event.by.get_full_name() if event.by else "",
        reason=event.reason,
        decision=str(event.data.get("decision", "")) if isinstance(event.data, dict) else "",
    )


def _answered(row: AttemptQuestion, steps: Sequence[AttemptStep]) -> Answered:
    kind = types.get(row.version.type)
    share = row.fraction
    return Answered(
        position=row.position,
        label=row.display_number or str(row.position),
        stem=row.version.stem,
        answer=row.answer_summary
        or (kind.summarise(row.version.content, row.answer) if row.answer is not None else ""),
        right=row.right_summary,
        mark=points(share * row.max_mark) if share is not None else "",
        most=points(row.max_mark),
        waits=row.needs_marking,
        is_right=share == 1,
        is_wrong=share == 0,
        comment=row.comment,
        marked_by=row.marked_by.get_full_name() if row.marked_by else "",
        marked_at=row.marked_at,
        saved_at=row.saved_at,
        steps=tuple(_step(step, row.max_mark) for step in steps),
        two=_two(row),
        files=tuple(NamedFile(file.pk, file.name, file.size) for file in row.files.all()),
    )


def _step(step: AttemptStep, most: Decimal) -> Step:
    return Step(
        label=step.get_kind_display(),
        at=step.at,
        by=step.by.get_full_name() if step.by else "",
        before=points(step.before * most) if step.before is not None else "",
        after=points(step.fraction * most) if step.fraction is not None else "",
        comment=step.comment,
    )


def _two(row: AttemptQuestion) -> TwoMarks | None:
    """Only once both have marked: this page is open to the second marker too."""
    first = getattr(row, "first_mark", None)
    if first is None or first.second_by is None:
        return None
    return TwoMarks(
        first=percent(first.fraction * 100),
        first_by=first.by.get_full_name(),
        second=percent(first.second_fraction * 100),
        second_by=first.second_by.get_full_name(),
    )

"""What a learner sees of quizzes and attempts: frozen rows for the templates."""

import datetime as dt
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from courses.models import Enrolment
from lms.accounts.models import User
from quizzes import types
from quizzes.models import Attempt, AttemptQuestion, QuestionVersion, Quiz, QuizPage
from quizzes.queries.bank import pool
from quizzes.rules import timing as rules

FIELD = "answer"


@dataclass(frozen=True)
class Head:
    """What stands above every screen of an attempt."""

    id: uuid.UUID
    title: str
    course_title: str
    page_url: str
    number: int
    max_attempts: int
    pass_percent: int
    deadline_at: dt.datetime | None
    seconds_left: int | None
    is_up: bool


@dataclass(frozen=True)
class Cell:
    """One square of the list of questions. ``is_complete`` False with ``is_answered``: begun, something is missing."""

    position: int
    is_answered: bool
    is_complete: bool
    is_flagged: bool
    is_current: bool = False
    stem: str = ""


@dataclass(frozen=True)
class Tally:
    answered: int
    flagged: int
    count: int

    @property
    def left(self) -> int:
        return self.count - self.answered


@dataclass(frozen=True)
class QuestionScreen:
    """``sequence``: what the next save has to carry."""

    head: Head
    position: int
    stem: str
    type_name: str
    template: str
    shown: object
    sequence: int
    saved_at: dt.datetime | None
    is_flagged: bool
    cells: tuple[Cell, ...]
    tally: Tally
    field: str = FIELD

    @property
    def previous(self) -> int | None:
        return self.position - 1 if self.position > 1 else None

    @property
    def following(self) -> int | None:
        return self.position + 1 if self.position < len(self.cells) else None


@dataclass(frozen=True)
class SummaryScreen:
    head: Head
    cells: tuple[Cell, ...]
    tally: Tally

    @property
    def unanswered(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if not cell.is_complete)

    @property
    def flagged(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.is_flagged)


@dataclass(frozen=True)
class Reviewed:
    """``right`` is empty while the key is not shown."""

    position: int
    stem: str
    share: Decimal
    answer: str
    chosen: tuple[types.Explained, ...]
    reason: str
    right: str

    @property
    def is_right(self) -> bool:
        return self.share == 1

    @property
    def is_wrong(self) -> bool:
        return self.share == 0


@dataclass(frozen=True)
class ResultScreen:
    head: Head
    percent: Decimal
    passed: bool
    submitted_at: dt.datetime
    was_timed_out: bool
    questions: tuple[Reviewed, ...]
    shows_right: bool
    attempts_left: int | None
    refusal: rules.Refusal | None
    activity_id: int

    @property
    def right_count(self) -> int:
        return sum(question.is_right for question in self.questions)


@dataclass(frozen=True)
class HistoryRow:
    id: uuid.UUID
    number: int
    started_at: dt.datetime | None
    submitted_at: dt.datetime | None
    percent: Decimal | None
    passed: bool | None


@dataclass(frozen=True)
class QuizPanel:
    """What stands on the page of a quiz. ``refusal`` None and ``can_take``: one may begin, or go on with ``open_id``.

    ``can_take`` False: somebody who takes no part (an author).
    """

    activity_id: int
    count: int
    pass_percent: int
    max_attempts: int
    attempts_left: int | None
    limit_minutes: int
    wait_minutes: int
    history: tuple[HistoryRow, ...]
    open_id: uuid.UUID | None
    open_deadline: dt.datetime | None
    refusal: rules.Refusal | None
    can_take: bool
    has_passed: bool


def own_attempt(user: User, attempt_id: uuid.UUID) -> Attempt | None:
    """With its quiz, activity and course. One query."""
    return (
        Attempt.objects.owned_by(user)
        .select_related("quiz__activity__course", "enrolment__course", "enrolment__completion", "enrolment__bookmark")
        .filter(pk=attempt_id)
        .first()
    )


def _head(attempt: Attempt, at: dt.datetime) -> Head:
    activity = attempt.quiz.activity
    return Head(
        id=attempt.pk,
        title=activity.title,
        course_title=activity.course.title,
        page_url=activity.url,
        number=attempt.number,
        max_attempts=attempt.quiz.max_attempts,
        pass_percent=attempt.pass_percent,
        deadline_at=attempt.deadline_at,
        seconds_left=rules.seconds_left(attempt.deadline_at, at),
        is_up=rules.standing(attempt.deadline_at, at) != rules.Standing.OPEN,
    )


def _cell(row: AttemptQuestion, *, current: int = 0) -> Cell:
    return Cell(
        position=row.position,
        is_answered=row.answer is not None,
        is_complete=types.get(row.version.type).is_complete(row.version.content, row.answer),
        is_flagged=row.is_flagged,
        is_current=row.position == current,
        stem=row.question_summary,
    )


def _tally(cells: Iterable[Cell]) -> Tally:
    rows = list(cells)
    return Tally(sum(cell.is_complete for cell in rows), sum(cell.is_flagged for cell in rows), len(rows))


def question_screen(attempt: Attempt, position: int, at: dt.datetime) -> QuestionScreen | None:
    """One question with the list of all; None if there is no such position. One query."""
    rows = list(attempt.questions.select_related("version"))
    row = next((row for row in rows if row.position == position), None)
    if row is None:
        return None
    cells = tuple(_cell(each, current=position) for each in rows)
    kind = types.get(row.version.type)
    return QuestionScreen(
        head=_head(attempt, at),
        position=position,
        stem=row.version.stem,
        type_name=row.version.type,
        template=kind.TEMPLATE,
        shown=kind.present(row.version.content, row.order, row.answer),
        sequence=row.sequence + 1,
        saved_at=row.saved_at,
        is_flagged=row.is_flagged,
        cells=cells,
        tally=_tally(cells),
    )


def first_open_position(attempt: Attempt) -> int:
    """Where to go on: the first question that is not answered, else the first. One query."""
    return (
        attempt.questions.filter(answer__isnull=True).order_by("position").values_list("position", flat=True).first()
        or 1
    )


def summary_screen(attempt: Attempt, at: dt.datetime) -> SummaryScreen:
    cells = tuple(_cell(row) for row in attempt.questions.select_related("version"))
    return SummaryScreen(_head(attempt, at), cells, _tally(cells))


def result_screen(attempt: Attempt, at: dt.datetime) -> ResultScreen:
    """Of an attempt that was handed in. Two queries."""
    quiz, submitted_at = attempt.quiz, attempt.submitted_at
    if submitted_at is None or attempt.score is None:
        raise ValueError(f"attempt {attempt.pk} was not marked")
    attempts = list(quiz.attempts.filter(enrolment=attempt.enrolment_id))
    left = _attempts_left(quiz, attempts)
    has_passed = any(row.passed for row in attempts)
    shows_right = rules.shows_right_answers(passed=has_passed, attempts_left=left)
    return ResultScreen(
        head=_head(attempt, at),
        percent=attempt.score * 100,
        passed=bool(attempt.passed),
        submitted_at=submitted_at,
        was_timed_out=attempt.deadline_at is not None and submitted_at >= attempt.deadline_at,
        questions=tuple(_reviewed(row, shows_right) for row in attempt.questions.select_related("version")),
        shows_right=shows_right,
        attempts_left=left,
        refusal=refusal_of(quiz, attempts, at),
        activity_id=quiz.activity_id,
    )


def _reviewed(row: AttemptQuestion, shows_right: bool) -> Reviewed:
    kind = types.get(row.version.type)
    return Reviewed(
        position=row.position,
        stem=row.version.stem,
        share=row.fraction or Decimal(0),
        answer=row.answer_summary,
        chosen=tuple(kind.explain(row.version.content, row.answer)),
        reason=row.version.reason,
        right=row.right_summary if shows_right else "",
    )


def _counted(attempts: Iterable[Attempt]) -> list[Attempt]:
    return [row for row in attempts if not row.is_preview and row.state != Attempt.State.VOIDED]


def _attempts_left(quiz: Quiz, attempts: Iterable[Attempt]) -> int | None:
    return max(0, quiz.max_attempts - len(_counted(attempts))) if quiz.max_attempts else None


def refusal_of(quiz: Quiz, attempts: Iterable[Attempt], at: dt.datetime) -> rules.Refusal | None:
    """Why no further attempt may begin now. ``attempts``: all of one enrolment at this quiz. No query."""
    counted = _counted(attempts)
    ended = [row.submitted_at for row in counted if row.submitted_at]
    return rules.may_start(
        used=len(counted),
        most=quiz.max_attempts,
        has_passed=any(row.passed for row in counted),
        last_ended_at=max(ended, default=None),
        wait=dt.timedelta(minutes=quiz.wait_minutes),
        at=at,
    )


def quiz_panel(activity_key: uuid.UUID, enrolment: Enrolment | None, at: dt.datetime) -> QuizPanel | None:
    """For the page of the quiz; None where it was never published. Three queries. ``enrolment`` None: an author."""
    quiz = Quiz.objects.select_related("activity").filter(activity__key=activity_key).first()
    if quiz is None:
        return None
    attempts = list(quiz.attempts.filter(enrolment=enrolment).order_by("number")) if enrolment else []
    running = next((row for row in attempts if row.state == Attempt.State.IN_PROGRESS), None)
    if running and rules.standing(running.deadline_at, at) == rules.Standing.OVER:
        running = None
    return QuizPanel(
        activity_id=quiz.activity_id,
        count=sum(quiz.slots.values_list("count", flat=True)),
        pass_percent=quiz.pass_percent,
        max_attempts=quiz.max_attempts,
        attempts_left=_attempts_left(quiz, attempts),
        limit_minutes=quiz.limit_minutes,
        wait_minutes=quiz.wait_minutes,
        history=tuple(_history(row) for row in attempts if row.state != Attempt.State.IN_PROGRESS),
        open_id=running.pk if running else None,
        open_deadline=running.deadline_at if running else None,
        refusal=None if running else refusal_of(quiz, attempts, at),
        can_take=enrolment is not None,
        has_passed=any(row.passed for row in attempts),
    )


def _history(row: Attempt) -> HistoryRow:
    percent = row.score * 100 if row.score is not None else None
    return HistoryRow(row.pk, row.number, row.started_at, row.submitted_at, percent, row.passed)


@dataclass(frozen=True)
class Sample:
    """A question as a trainer's preview shows it: the parts in the author's order, the key beside it."""

    code: str
    stem: str
    template: str
    shown: Any
    right: str
    reason: str
    field: str
    position: int


def preview_sample(page: QuizPage) -> list[Sample]:
    """For each draw of ``page`` the first questions that it may take. No attempt is made. Two queries a draw."""
    samples: list[Sample] = []
    for draw in page.draws.all():
        if draw.category is None:
            continue
        codes = dict(pool(draw.category).order_by("code").values_list("ready_id", "code")[: draw.count])
        for version in QuestionVersion.objects.filter(pk__in=codes).order_by("question__code"):
            kind = types.get(version.type)
            order = kind.freeze(version.content, random.Random(0), False)  # noqa: S311  no secret
            samples.append(
                Sample(
                    codes[version.pk],
                    version.stem,
                    kind.TEMPLATE,
                    kind.present(version.content, order, None),
                    kind.right_summary(version.content),
                    version.reason,
                    f"sample-{version.pk}",
                    len(samples) + 1,
                )
            )
    return samples

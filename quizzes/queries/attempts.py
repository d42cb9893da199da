"""What a learner sees of quizzes and attempts: frozen rows for the templates.

What may be seen of marks, reasons and keys is decided in one place, ``_Sight``: the review matrix that the attempt was
begun under, and above it decision 0005, by which the key stays out while something can be won by knowing it.
"""

import datetime as dt
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Exists, OuterRef, Subquery, Sum
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from courses.models import Activity, Enrolment
from lms.accounts.models import User
from quizzes import access, behaviours, types
from quizzes.models import (
    Attempt,
    AttemptQuestion,
    AttemptStep,
    Objective,
    QuestionVersion,
    Quiz,
    QuizGoal,
    QuizGrade,
    QuizPage,
    QuizSection,
    QuizSlot,
    Voiding,
)
from quizzes.queries import overrides as exceptions
from quizzes.queries.bank import pool
from quizzes.queries.starting import attempts_left, refusal_of, shares_by_objective
from quizzes.rules import grades, layout, overrides, review, states
from quizzes.rules import timing as rules

State = Attempt.State
# Under way: answers or at least the hand-in are taken.
RUNNING = (State.IN_PROGRESS, State.OVERDUE)


def field_of(position: int) -> str:
    """The name of the form field of a question; its number goes under ``sequence_of``."""
    return f"q{position}"


def sequence_of(position: int) -> str:
    return f"s{position}"


# --- What the templates get ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """What stands above every screen of an attempt. ``key``: of the journal and the salvage file."""

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
    last_moment: dt.datetime | None
    on_time_up: str
    is_sequential: bool
    key: str

    @property
    def hands_in_late(self) -> bool:
        return self.on_time_up == states.OnTimeUp.GRACE

    @property
    def is_lost_unless_handed_in(self) -> bool:
        return self.on_time_up == states.OnTimeUp.ABANDON


@dataclass(frozen=True)
class Cell:
    """One square of the list of questions. ``is_complete`` False with ``is_answered``: begun, something is missing.

    ``is_open`` False: it cannot be visited (any more, or yet).
    """

    position: int
    label: str
    is_answered: bool
    is_complete: bool
    is_flagged: bool
    is_current: bool = False
    is_open: bool = True
    stem: str = ""
    section: int = 1

    @property
    def kind(self) -> str:
        """Words of the style sheet."""
        found = "a" if self.is_complete else "h" if self.is_answered else ""
        return f"{found}{' f' if self.is_flagged else ''}{' c' if self.is_current else ''}".strip()

    @property
    def says(self) -> str:
        """For whoever does not see the colours."""
        state = _("answered") if self.is_complete else _("begun, not complete")
        found = [_("Question %(number)s") % {"number": self.label}, state if self.is_answered else _("not answered")]
        if self.is_flagged:
            found.append(_("flagged"))
        if not self.is_open:
            found.append(_("cannot be opened"))
        return ", ".join(found)


@dataclass(frozen=True)
class Tally:
    answered: int
    flagged: int
    count: int

    @property
    def left(self) -> int:
        return self.count - self.answered


@dataclass(frozen=True)
class Feedback:
    """What a learner is told of an answer. What the review matrix hides is None or empty.

    ``share`` 0…1, None while it is not marked or not shown; ``marks`` and ``most`` in marks of the attempt.
    """

    share: Decimal | None
    marks: Decimal | None
    most: Decimal | None
    chosen: tuple[types.Explained, ...]
    reason: str
    right: str
    comment: str = ""

    @property
    def is_right(self) -> bool:
        return self.share == 1

    @property
    def is_wrong(self) -> bool:
        return self.share == 0


@dataclass(frozen=True)
class Tried:
    """Of a question that was checked while it is answered. ``left``: tries; ``hints``: those given so far."""

    tries: int
    left: int
    is_settled: bool
    hints: tuple[str, ...]
    feedback: Feedback


@dataclass(frozen=True)
class AskedQuestion:
    """A question on a page of an attempt. ``sequence``: what the next save has to carry.

    ``is_open`` False: it waits for the one before it; then nothing of it is here but its number. ``label`` is empty
    where nothing is asked.
    """

    position: int
    label: str
    field: str
    stem: str
    type_name: str
    template: str
    shown: object
    sequence: int
    saved_at: dt.datetime | None
    is_auto: bool
    is_flagged: bool
    is_asked: bool
    is_open: bool
    can_check: bool
    tries_left: int
    max_mark: Decimal | None
    tried: Tried | None

    @property
    def is_settled(self) -> bool:
        return self.tried is not None and self.tried.is_settled


@dataclass(frozen=True)
class PageScreen:
    """One page of an attempt with the list of all questions. ``previous`` and ``following``: positions to go to."""

    head: Head
    page: int
    pages: int
    section_title: str
    section_introduction: str
    questions: tuple[AskedQuestion, ...]
    sections: tuple[tuple[str, tuple[Cell, ...]], ...]
    tally: Tally
    previous: int | None
    following: int | None
    tries: int
    penalty_percent: int
    is_interactive: bool
    scripts: tuple[str, ...]
    styles: tuple[str, ...]

    @property
    def numbers(self) -> str:
        """ "3" or "3–5": the numbers of the questions asked on this page."""
        labels = [question.label for question in self.questions if question.label]
        if not labels:
            return ""
        return labels[0] if len(labels) == 1 else f"{labels[0]}–{labels[-1]}"

    @property
    def saved_at(self) -> dt.datetime | None:
        return max((question.saved_at for question in self.questions if question.saved_at), default=None)

    @property
    def position(self) -> int:
        return self.questions[0].position


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
    """A question of an attempt that is over. ``waits``: a person has to mark it."""

    position: int
    label: str
    stem: str
    is_asked: bool
    has_answer: bool
    waits: bool
    feedback: Feedback


@dataclass(frozen=True)
class Bar:
    """What an attempt came to in one objective. ``goal``: its own pass mark in %, None for none."""

    name: str
    percent: Decimal | None
    goal: int | None
    is_reached: bool
    lesson_title: str
    lesson_url: str


@dataclass(frozen=True)
class HistoryRow:
    """``percent`` None: not marked, or not shown. ``counts``: the grade of the quiz comes from it."""

    id: uuid.UUID
    number: int
    state: str
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    percent: Decimal | None
    passed: bool | None
    counts: bool = False

    @property
    def says(self) -> str:
        """What became of it, in a word; "" where it is marked: then passed or not says it."""
        return {
            State.SUBMITTED: _("waiting to be marked"),
            State.ABANDONED: _("does not count: not handed in in time"),
            State.VOIDED: _("voided"),
            State.OVERDUE: _("time is up, not handed in"),
        }.get(State(self.state), "")


@dataclass(frozen=True)
class Standing:
    """What all attempts together came to. ``percent`` None: not shown."""

    percent: Decimal | None
    passed: bool
    method: str
    is_of_several: bool


@dataclass(frozen=True)
class ResultScreen:
    """An attempt that is over. ``percent`` None: not marked, or not shown. ``questions`` empty: not shown."""

    head: Head
    state: str
    percent: Decimal | None
    passed: bool
    submitted_at: dt.datetime | None
    was_timed_out: bool
    marking_due_at: dt.datetime | None
    waiting: int
    band: str
    bars: tuple[Bar, ...]
    missed_goals: tuple[Bar, ...]
    questions: tuple[Reviewed, ...]
    shows_attempt: bool
    shows_correctness: bool
    withholds_key: bool
    attempts_left: int | None
    refusal: rules.Refusal | None
    remedies: tuple[tuple[str, str], ...]
    asks_for: tuple[str, ...]
    activity_id: int
    history: tuple[HistoryRow, ...]
    standing: Standing | None
    voided_because: str
    voided_by_decision: str

    @property
    def asked(self) -> tuple[Reviewed, ...]:
        return tuple(question for question in self.questions if question.is_asked)

    @property
    def right_count(self) -> int:
        return sum(question.feedback.is_right for question in self.asked)


@dataclass(frozen=True)
class QuizPanel:
    """What stands on the page of a quiz. ``refusal`` None and ``can_take``: one may begin, or go on with ``open_id``.

    ``can_take`` False: somebody who takes no part (an author). ``asks_for``: what has to be typed to begin.
    ``remedies``: (title, address) of the lessons to open first.
    """

    activity_id: int
    count: int
    pass_percent: int
    goals: tuple[tuple[str, int], ...]
    sections: tuple[str, ...]
    max_attempts: int
    attempts_left: int | None
    limit_minutes: int
    wait_minutes: int
    wait_later_minutes: int | None
    opens_at: dt.datetime | None
    closes_at: dt.datetime | None
    grading: str
    grading_label: str
    behaviour: str
    tries: int
    penalty_percent: int
    is_sequential: bool
    on_time_up: str
    grace_minutes: int
    needs_ticket: bool
    is_bound_to_place: bool
    one_device: bool
    has_exception: bool
    asks_for: tuple[str, ...]
    remedies: tuple[tuple[str, str], ...]
    history: tuple[HistoryRow, ...]
    standing: Standing | None
    open_id: uuid.UUID | None
    open_deadline: dt.datetime | None
    is_overdue: bool
    refusal: rules.Refusal | None
    can_take: bool
    has_passed: bool


# --- One attempt ----------------------------------------------------------------------------------------------------


def own_attempt(user: User, attempt_id: uuid.UUID) -> Attempt | None:
    """With its quiz, activity and course. One query."""
    return (
        Attempt.objects.owned_by(user).select_related("quiz__activity__course").filter(pk=attempt_id).order_by().first()
    )


def _clock(attempt: Attempt) -> states.Clock:
    return states.Clock(
        deadline=attempt.deadline_at,
        policy=states.OnTimeUp(attempt.rules.get("on_time_up", states.OnTimeUp.AUTOSUBMIT)),
        grace=dt.timedelta(minutes=int(attempt.rules.get("grace_minutes", 0))),
    )


def _head(attempt: Attempt, at: dt.datetime) -> Head:
    activity = attempt.quiz.activity
    clock = _clock(attempt)
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
        is_up=states.takes_answers(states.State(attempt.state), clock, at) != rules.Standing.OPEN,
        last_moment=clock.last_moment,
        on_time_up=clock.policy.value,
        is_sequential=_is_sequential(attempt),
        key=attempt.key,
    )


def _is_sequential(attempt: Attempt) -> bool:
    return bool(attempt.rules.get("navigation") == layout.SEQUENTIAL)


def newest(row: AttemptQuestion) -> tuple[int, Any, dt.datetime | None]:
    """The highest number that was taken, the answer that goes with it, and when."""
    if row.autosaved_sequence > row.sequence:
        return row.autosaved_sequence, row.autosaved, row.autosaved_at
    return row.sequence, row.answer, row.saved_at


def _open_positions(attempt: Attempt, rows: Iterable[AttemptQuestion]) -> frozenset[int]:
    checks = _checks(attempt)
    return layout.open_positions(
        [
            layout.Placed(
                row.position,
                row.page,
                not types.get(row.version.type).IS_ASKED or (row.is_settled if checks else newest(row)[1] is not None),
                row.requires_previous,
            )
            for row in rows
        ],
        navigation=attempt.rules.get("navigation", layout.FREE),
        page_reached=attempt.page_reached,
    )


def _checks(attempt: Attempt) -> bool:
    return behaviours.get(attempt.rules.get("behaviour", "deferred")).CHECKS


def cell_of(row: AttemptQuestion, *, page: int = 0, opened: frozenset[int] | None = None) -> Cell:
    """``opened``: positions that may be visited; None: all. ``page``: the one that is on the screen."""
    answer = newest(row)[1]
    return Cell(
        position=row.position,
        label=row.display_number or str(row.position),
        is_answered=answer is not None,
        is_complete=answer is not None and types.get(row.version.type).is_complete(row.version.content, answer),
        is_flagged=row.is_flagged,
        is_current=row.page == page,
        is_open=opened is None or row.position in opened,
        stem=row.question_summary,
        section=row.section,
    )


def _tally(cells: Iterable[Cell]) -> Tally:
    rows = list(cells)
    return Tally(sum(cell.is_complete for cell in rows), sum(cell.is_flagged for cell in rows), len(rows))


def _asked_rows(rows: Iterable[AttemptQuestion]) -> list[AttemptQuestion]:
    return [row for row in rows if types.get(row.version.type).IS_ASKED]


def page_screen(attempt: Attempt, position: int, at: dt.datetime) -> PageScreen | None:
    """The page on which ``position`` stands; None if there is none, or it may not be visited.

    Two queries; a third where something on the page was checked, two more where that may show the key.
    """
    rows = list(attempt.questions.select_related("version"))
    wanted = next((row for row in rows if row.position == position), None)
    if wanted is None or (_is_sequential(attempt) and wanted.page != attempt.page_reached):
        return None
    page = wanted.page
    here = [row for row in rows if row.page == page]
    opened = _open_positions(attempt, rows)
    asked = _asked_rows(rows)
    # In any order a page may be visited though a question on it still waits; what waits is said there.
    visible = opened if _is_sequential(attempt) else None
    cells = tuple(cell_of(row, page=page, opened=visible) for row in asked)
    parts = _parts(attempt)
    title, introduction = parts.get(wanted.section, ("", ""))
    is_first_of_part = all(row.page >= page for row in rows if row.section == wanted.section)
    kinds = {row.version.type: types.get(row.version.type) for row in here}
    last_tries = _last_tries(here) if _checks(attempt) else {}
    shown = review.shown(_matrix(attempt), review.Moment.DURING)
    asks_for_key = bool(last_tries) and review.Row.RIGHT_ANSWER in shown
    sight = _Sight(attempt, shown, may_see_key=asks_for_key and _nothing_to_win(attempt, at))
    last = rows[-1].page
    first_on = {row.page: row.position for row in reversed(rows)}
    return PageScreen(
        head=_head(attempt, at),
        page=page,
        pages=last,
        section_title=title,
        section_introduction=introduction if is_first_of_part else "",
        questions=tuple(_asked(row, row.position in opened, sight, last_tries) for row in here),
        sections=_by_part(cells, parts),
        tally=_tally(cells),
        previous=first_on[page - 1] if page > 1 and not _is_sequential(attempt) else None,
        following=first_on[page + 1] if page < last else None,
        tries=int(attempt.rules.get("tries", 1)),
        penalty_percent=int(attempt.rules.get("penalty_percent", 0)),
        is_interactive=attempt.rules.get("behaviour") == "interactive",
        scripts=tuple(f"lms/types/{name}/{file}" for name, kind in sorted(kinds.items()) for file in kind.SCRIPTS),
        styles=tuple(f"lms/types/{name}/{file}" for name, kind in sorted(kinds.items()) for file in kind.STYLES),
    )


def _nothing_to_win(attempt: Attempt, at: dt.datetime) -> bool:
    """No attempt is left after this one. Two queries."""
    quiz, enrolment = attempt.quiz, attempt.enrolment
    held = exceptions.effective(quiz, enrolment, at)
    return rules.shows_right_answers(
        passed=False, attempts_left=attempts_left(held, quiz.attempts.of_enrolment(enrolment))
    )


def _parts(attempt: Attempt) -> dict[int, tuple[str, str]]:
    """Number → title and introduction. One query."""
    rows_of = QuizSection.objects.filter(quiz_id=attempt.quiz_id)
    return {number: (title, text) for number, title, text in rows_of.values_list("number", "title", "introduction")}


def _by_part(cells: Sequence[Cell], parts: Mapping[int, tuple[str, str]]) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    numbers = list(dict.fromkeys(cell.section for cell in cells))
    if len(numbers) < 2:
        return (("", tuple(cells)),)
    return tuple(
        (parts.get(number, ("", ""))[0], tuple(cell for cell in cells if cell.section == number)) for number in numbers
    )


def _last_tries(rows: Iterable[AttemptQuestion]) -> dict[int, AttemptStep]:
    tried = [row.pk for row in rows if row.tries]
    if not tried:
        return {}
    steps = AttemptStep.objects.filter(question__in=tried, kind=AttemptStep.Kind.CHECKED).order_by("pk")
    return {step.question_id: step for step in steps}


def _asked(
    row: AttemptQuestion, is_open: bool, sight: "_Sight", last_tries: Mapping[int, AttemptStep]
) -> AskedQuestion:
    version, kind = row.version, types.get(row.version.type)
    sequence, answer, saved_at = newest(row)
    rules_ = sight.attempt.rules
    tried = _tried(row, sight, last_tries.get(row.pk)) if row.tries else None
    allowed = 1 if rules_.get("behaviour") == "immediate" else int(rules_.get("tries", 1))
    return AskedQuestion(
        position=row.position,
        label=(row.display_number or str(row.position)) if kind.IS_ASKED else "",
        field=field_of(row.position),
        stem=version.stem if is_open else "",
        type_name=version.type,
        template=kind.TEMPLATE,
        shown=kind.present(version.content, row.order, answer) if is_open else None,
        sequence=sequence + 1,
        saved_at=saved_at,
        is_auto=row.autosaved_sequence > row.sequence,
        is_flagged=row.is_flagged,
        is_asked=kind.IS_ASKED,
        is_open=is_open,
        can_check=_checks(sight.attempt) and kind.IS_ASKED and not kind.NEEDS_MARKER and not row.is_settled,
        tries_left=max(0, allowed - row.tries),
        max_mark=row.max_mark if review.Row.MAX_MARKS in sight.shown and kind.IS_ASKED else None,
        tried=tried,
    )


def _tried(row: AttemptQuestion, sight: "_Sight", step: AttemptStep | None) -> Tried:
    """What the last check came to, told of the answer that was checked: it may have been changed since."""
    rules_ = sight.attempt.rules
    is_settled = row.is_settled
    allowed = row.tries if rules_.get("behaviour") == "immediate" else int(rules_.get("tries", 1))
    worth = row.fraction if is_settled else (step.fraction if step else None)
    given = row.tries if not is_settled else 0
    return Tried(
        tries=row.tries,
        left=0 if is_settled else max(0, allowed - row.tries),
        is_settled=is_settled,
        hints=tuple(str(hint) for hint in row.version.hints[:given]),
        feedback=sight.feedback(row, answer=step.answer if step else row.answer, worth=worth, is_over=is_settled),
    )


def first_open_position(attempt: Attempt) -> int:
    """Where to go on: the first question that is not answered, else the first; in a sequential attempt the page that
    was reached. One query."""
    rows = attempt.questions.order_by("position")
    if _is_sequential(attempt):
        found = rows.filter(page=attempt.page_reached)
    else:
        silent = [kind.NAME for kind in types.all_types() if not kind.IS_ASKED]
        found = rows.filter(answer__isnull=True, autosaved__isnull=True).exclude(version__type__in=silent)
    return found.values_list("position", flat=True).first() or 1


def summary_screen(attempt: Attempt, at: dt.datetime) -> SummaryScreen:
    rows = list(attempt.questions.select_related("version"))
    opened = _open_positions(attempt, rows) if _is_sequential(attempt) else None
    cells = tuple(cell_of(row, opened=opened) for row in _asked_rows(rows))
    return SummaryScreen(_head(attempt, at), cells, _tally(cells))


# --- What may be seen -----------------------------------------------------------------------------------------------


def _matrix(attempt: Attempt) -> review.Matrix:
    """As it was when the attempt began; attempts from before there was a matrix have the default."""
    kept = attempt.rules.get("review")
    return review.from_json(kept) if kept is not None else review.DEFAULT


@dataclass(frozen=True)
class _Sight:
    """``shown``: rows of the review matrix at this moment. ``may_see_key``: decision 0005."""

    attempt: Attempt
    shown: frozenset[review.Row]
    may_see_key: bool

    def feedback(self, row: AttemptQuestion, *, answer: Any, worth: Decimal | None, is_over: bool) -> Feedback:
        """``answer`` and ``worth``: of the last check, or at the end. ``is_over``: nothing can be changed any more."""
        shown = self.shown
        kind, version = types.get(row.version.type), row.version
        sees = {each: each in shown for each in review.Row}
        lines: tuple[types.Explained, ...] = ()
        if sees[review.Row.ATTEMPT]:
            lines = tuple(
                types.Explained(
                    line.text,
                    line.is_right if sees[review.Row.CORRECTNESS] and worth is not None else None,
                    line.reason if sees[review.Row.SPECIFIC] else "",
                )
                for line in kind.explain(version.content, answer)
            )
        most = row.max_mark if sees[review.Row.MAX_MARKS] else None
        return Feedback(
            share=worth if sees[review.Row.CORRECTNESS] else None,
            marks=row.max_mark * worth if sees[review.Row.MARKS] and worth is not None else None,
            most=most,
            chosen=lines,
            reason=version.reason if sees[review.Row.GENERAL] and is_over else "",
            right=row.right_summary if sees[review.Row.RIGHT_ANSWER] and self.may_see_key and is_over else "",
            comment=row.comment if sees[review.Row.SPECIFIC] else "",
        )


# --- The result -----------------------------------------------------------------------------------------------------


def result_screen(attempt: Attempt, at: dt.datetime) -> ResultScreen:
    """Of an attempt that is over. Its queries do not depend on the number of questions or attempts."""
    quiz, enrolment = attempt.quiz, attempt.enrolment
    attempts = _attempts_of(quiz, enrolment)
    held = exceptions.effective(quiz, enrolment, at)
    grade = QuizGrade.objects.filter(enrolment=enrolment.united_with_id or enrolment.pk, quiz=quiz).first()
    left = attempts_left(held, attempts)
    ended_at = attempt.submitted_at or attempt.deadline_at or attempt.started_at
    moment = review.moment_of(submitted_at=ended_at, closes_at=held.closes_at, at=at)
    shown = review.shown(_matrix(attempt), moment)
    nothing_to_win = rules.shows_right_answers(passed=bool(grade and grade.passed), attempts_left=left)
    # The last attempt may be under way in another window, with the same questions.
    may_see_key = nothing_to_win and not any(row.state in Attempt.OPEN for row in attempts)
    sight = _Sight(attempt, shown, may_see_key)
    rows = list(attempt.questions.select_related("version"))
    sees_marks = review.Row.MARKS in shown
    is_graded = attempt.state == State.GRADED
    score = Fraction(attempt.score) if attempt.score is not None and is_graded else None
    bars = _bars(attempt, sees_marks) if is_graded and review.Row.OVERALL in shown else ()
    refusal = None if any(row.state in RUNNING for row in attempts) else refusal_of(quiz, held, attempts, at)
    voiding = Voiding.objects.filter(attempt=attempt).first() if attempt.state == State.VOIDED else None
    return ResultScreen(
        head=_head(attempt, at),
        state=attempt.state,
        percent=attempt.score * 100 if score is not None and attempt.score is not None and sees_marks else None,
        passed=bool(attempt.passed) and is_graded,
        submitted_at=attempt.submitted_at,
        was_timed_out=bool(
            attempt.deadline_at and attempt.submitted_at and attempt.submitted_at >= attempt.deadline_at
        ),
        marking_due_at=attempt.marking_due_at,
        waiting=sum(row.needs_marking for row in rows),
        band=_band(quiz, score) if score is not None and review.Row.OVERALL in shown else "",
        bars=bars,
        missed_goals=tuple(bar for bar in bars if bar.goal is not None and not bar.is_reached),
        questions=tuple(_reviewed(row, sight) for row in rows) if review.Row.ATTEMPT in shown else (),
        shows_attempt=review.Row.ATTEMPT in shown,
        shows_correctness=review.Row.CORRECTNESS in shown,
        withholds_key=review.Row.RIGHT_ANSWER in shown and not may_see_key,
        attempts_left=left,
        refusal=refusal,
        remedies=_remedies(refusal, attempts),
        asks_for=access.asked_for(held),
        activity_id=quiz.activity_id,
        history=tuple(_history(row, grade, held, at) for row in attempts if row.state not in Attempt.OPEN),
        standing=_standing(quiz, grade, attempts, held, at),
        voided_because=voiding.reason if voiding else "",
        voided_by_decision=voiding.decision_number if voiding else "",
    )


def _reviewed(row: AttemptQuestion, sight: _Sight) -> Reviewed:
    kind = types.get(row.version.type)
    return Reviewed(
        position=row.position,
        label=(row.display_number or str(row.position)) if kind.IS_ASKED else "",
        stem=row.version.stem,
        is_asked=kind.IS_ASKED,
        has_answer=row.answer is not None,
        waits=row.needs_marking,
        feedback=sight.feedback(row, answer=row.answer, worth=row.fraction, is_over=True),
    )


def _band(quiz: Quiz, score: Fraction) -> str:
    return grades.band(score, list(quiz.bands.values_list("from_percent", "text")))


def _bars(attempt: Attempt, sees_marks: bool) -> tuple[Bar, ...]:
    """By objective, the weakest first. Two queries."""
    shares = shares_by_objective(attempt)
    goals = {int(key): int(percent) for key, percent in attempt.rules.get("goals", {}).items()}
    found = []
    for objective in Objective.objects.filter(pk__in=shares).select_related("lesson"):
        share, goal = shares[objective.pk], goals.get(objective.pk)
        lesson = objective.lesson if objective.lesson and objective.lesson.retired_at is None else None
        found.append(
            (
                share,
                Bar(
                    name=objective.name,
                    percent=_percent(share) if sees_marks else None,
                    goal=goal,
                    is_reached=share >= Fraction(goal or attempt.pass_percent, 100),
                    lesson_title=lesson.title if lesson else "",
                    lesson_url=_lesson_address(attempt, lesson.pk) if lesson else "",
                ),
            )
        )
    return tuple(bar for _share, bar in sorted(found, key=lambda pair: (pair[0], pair[1].name)))


def _percent(share: Fraction) -> Decimal:
    return Decimal(share.numerator) * 100 / Decimal(share.denominator)


def _lesson_address(attempt: Attempt, lesson: int) -> str:
    """By way of the attempt, which notes that the lesson was opened again."""
    return f"/quizzes/attempts/{attempt.pk}/lessons/{lesson}/"


def _remedies(refusal: rules.Refusal | None, attempts: Sequence[Attempt]) -> tuple[tuple[str, str], ...]:
    """(title, address) of the lessons to open first. One query, none where nothing has to be opened."""
    if refusal is None or not refusal.lessons:
        return ()
    last = next(row for row in reversed(attempts) if row.state == State.GRADED)
    titles = dict(Activity.objects.filter(pk__in=refusal.lessons).values_list("pk", "title"))
    return tuple((titles[pk], _lesson_address(last, pk)) for pk in refusal.lessons if pk in titles)


def is_remedy(attempt: Attempt, lesson: int) -> Activity | None:
    """The lesson, if it teaches an objective that ``attempt`` asked about. One query."""
    return Activity.objects.filter(
        pk=lesson, retired_at__isnull=True, objectives__questions__versions__uses__attempt=attempt
    ).first()


# --- Several attempts -----------------------------------------------------------------------------------------------


def _sees_marks(attempt: Attempt, held: overrides.Effective, at: dt.datetime) -> bool:
    moment = review.moment_of(submitted_at=attempt.submitted_at, closes_at=held.closes_at, at=at)
    return review.Row.MARKS in review.shown(_matrix(attempt), moment)


def _history(row: Attempt, grade: QuizGrade | None, held: overrides.Effective, at: dt.datetime) -> HistoryRow:
    is_marked = row.state == State.GRADED and row.score is not None
    percent = row.score * 100 if is_marked and row.score is not None and _sees_marks(row, held, at) else None
    return HistoryRow(
        row.pk,
        row.number,
        row.state,
        row.started_at,
        row.submitted_at or row.deadline_at,
        percent,
        row.passed if is_marked else None,
        counts=grade is not None and grade.attempt_id == row.pk,
    )


def _standing(
    quiz: Quiz, grade: QuizGrade | None, attempts: Sequence[Attempt], held: overrides.Effective, at: dt.datetime
) -> Standing | None:
    if grade is None or grade.score is None:
        return None
    marked = [row for row in attempts if row.state == State.GRADED]
    # An average or a best one tells of the marks of each attempt: it is shown when all of them are.
    percent = grade.score * 100 if all(_sees_marks(row, held, at) for row in marked) else None
    return Standing(percent, grade.passed, str(Quiz.Grading(quiz.grading).label), len(marked) > 1)


def _attempts_of(quiz: Quiz, enrolment: Enrolment) -> list[Attempt]:
    """All that count for the enrolment, in the order in which they began. One query."""
    found = list(quiz.attempts.of_enrolment(enrolment).filter(is_preview=False).order_by("number"))
    begun = sorted((row for row in found if row.started_at), key=lambda row: (row.started_at, row.number))
    return [*begun, *(row for row in found if not row.started_at)]


def quiz_panel(activity_key: uuid.UUID, enrolment: Enrolment | None, at: dt.datetime) -> QuizPanel | None:
    """For the page of the quiz; None where it was never published. ``enrolment`` None: an author.

    Seven queries at most, whatever the number of attempts; three more and one where lessons have to be opened first.
    """
    # How many it asks, and whether it has goals and parts, in one: most quizzes have neither.
    asked = QuizSlot.objects.filter(quiz=OuterRef("pk")).order_by().values("quiz").annotate(all=Sum("count"))
    quiz = (
        Quiz.objects.select_related("activity")
        .filter(activity__key=activity_key)
        .annotate(
            asked=Subquery(asked.values("all")),
            has_goals=Exists(QuizGoal.objects.filter(quiz=OuterRef("pk"))),
            has_sections=Exists(QuizSection.objects.filter(quiz=OuterRef("pk"))),
        )
        .first()
    )
    if quiz is None:
        return None
    attempts = _attempts_of(quiz, enrolment) if enrolment else []
    held = exceptions.effective(quiz, enrolment, at)
    grade = QuizGrade.objects.filter(enrolment=enrolment, quiz=quiz).first() if attempts else None
    running = next((row for row in attempts if _is_running(row, at)), None)
    refusal = None if running or enrolment is None else refusal_of(quiz, held, attempts, at)
    over = [row for row in attempts if row.state not in Attempt.OPEN or (row is not running and row.started_at)]
    minutes = int(Fraction(held.limit_minutes) * held.time_factor)
    return QuizPanel(
        activity_id=quiz.activity_id,
        count=quiz.asked or 0,
        pass_percent=quiz.pass_percent,
        goals=tuple(quiz.goals.order_by("objective__name").values_list("objective__name", "pass_percent"))
        if quiz.has_goals
        else (),
        sections=tuple(title for title in quiz.sections.values_list("title", flat=True) if title)
        if quiz.has_sections
        else (),
        max_attempts=held.max_attempts,
        attempts_left=attempts_left(held, attempts),
        limit_minutes=minutes,
        wait_minutes=quiz.wait_minutes,
        wait_later_minutes=quiz.wait_later_minutes,
        opens_at=held.opens_at,
        closes_at=held.closes_at,
        grading=quiz.grading,
        grading_label=str(Quiz.Grading(quiz.grading).label),
        behaviour=quiz.behaviour,
        tries=quiz.tries,
        penalty_percent=quiz.penalty_percent,
        is_sequential=quiz.navigation == layout.SEQUENTIAL,
        on_time_up=quiz.on_time_up,
        grace_minutes=quiz.grace_minutes,
        needs_ticket=held.needs_ticket,
        is_bound_to_place=bool(held.networks.strip()),
        one_device=quiz.one_device,
        has_exception=held.has_exception,
        asks_for=() if running else access.asked_for(held),
        remedies=_remedies(refusal, attempts),
        history=tuple(_history(row, grade, held, at) for row in over),
        standing=_standing(quiz, grade, attempts, held, at),
        open_id=running.pk if running else None,
        open_deadline=running.deadline_at if running else None,
        is_overdue=bool(running and running.state == State.OVERDUE),
        refusal=refusal,
        can_take=enrolment is not None,
        has_passed=refusal is not None and refusal.why == rules.Hindrance.PASSED,
    )


def _is_running(row: Attempt, at: dt.datetime) -> bool:
    """Under way by the clock, whatever the sweep has not looked at yet."""
    if row.state not in RUNNING:
        return False
    return states.takes_answers(states.State(row.state), _clock(row), at) != rules.Standing.OVER


def when(moment: dt.datetime | None) -> str:
    """ "09:30 23/11/2026"; "" for None."""
    return date_format(localtime(moment), "H:i d/m/Y") if moment else ""


# --- The author's preview -------------------------------------------------------------------------------------------


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

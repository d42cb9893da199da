"""What an attempt is worth: marking at the end, marks of people, marking again. The only writer of grades.

Every change is a GradeChange; the grade of a quiz is their fold. Nothing here looks at how many attempts are left:
whoever was allowed to hand in is marked.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db import transaction
from django.db.models import Q

from courses.enums import EventKind
from courses.models import Enrolment
from courses.services.progress import exempt_lessons, locked, record_activity, withdraw_activity
from lms.accounts.models import User
from quizzes import behaviours, marking, types
from quizzes.models import (
    Attempt,
    AttemptEvent,
    AttemptQuestion,
    AttemptStep,
    GradeChange,
    QuestionVersion,
    Quiz,
    QuizGrade,
)
from quizzes.rules import grades, states
from quizzes.services import analysis

State = Attempt.State


@dataclass(frozen=True)
class NewMark:
    """What an answer is worth from now on. ``version``: it is marked by this version of the question."""

    fraction: Fraction
    comment: str = ""
    version: QuestionVersion | None = None


@dataclass(frozen=True)
class GradeOutcome:
    """What a change of marks came to. ``stays_completed``: the pass is gone, but the course was completed with it."""

    state: str
    score_before: Fraction | None
    score_after: Fraction | None
    passed_before: bool
    passed_after: bool
    stays_completed: bool = False


class NotMarkableError(ValueError):
    """The attempt is still open, abandoned or voided: there is nothing to mark."""


# --- The end of an attempt ----------------------------------------------------------------------------------------


def conclude(attempt: Attempt, *, ended_at: dt.datetime, at: dt.datetime, by: User | None, was_timed_out: bool) -> None:
    """Take the latest of each answer, mark what can be marked, and tell. Inside a transaction that holds the row.

    What a person has to mark waits: the attempt is then SUBMITTED, else GRADED.
    """
    questions = list(attempt.questions.select_for_update(of=("self",)).select_related("version"))
    checked = _last_tries(questions)
    for question in questions:
        _take_autosaved(question)
        _mark_at_end(question, attempt, checked.get(question.pk))
    AttemptQuestion.objects.bulk_update(
        questions,
        ["answer", "sequence", "saved_at", "autosaved", "autosaved_sequence", "autosaved_at", "fraction",
         "needs_marking", "is_settled", "answer_summary"],
    )  # fmt: skip
    attempt.submitted_at = ended_at
    attempt.check_at = None
    waits = any(question.needs_marking for question in questions)
    events = [_event(attempt, "timed_out" if was_timed_out else "submitted", ended_at, by)]
    if waits:
        attempt.state = states.move(states.State(attempt.state), states.State.SUBMITTED).value
        days = int(attempt.rules.get("marking_days", 7))
        attempt.marking_due_at = at + dt.timedelta(days=days)
        attempt.save(update_fields=["state", "submitted_at", "check_at", "marking_due_at"])
    else:
        _grade(attempt, questions)
        attempt.save(update_fields=["state", "submitted_at", "check_at", "score", "passed"])
        events.append(_event(attempt, "graded", ended_at, None))
    AttemptEvent.objects.bulk_create(events)
    if not waits and not attempt.is_preview:
        change = _change(attempt, GradeChange.Kind.GRADED, f"graded:{attempt.pk}", at=ended_at)
        _tell(attempt, change, at=ended_at, source_key=f"attempt:{attempt.pk}")


def _take_autosaved(question: AttemptQuestion) -> None:
    """What the script sent by itself becomes the answer where nothing was saved deliberately after it."""
    if question.autosaved_sequence > question.sequence and not question.is_settled:
        question.answer = question.autosaved
        question.sequence = question.autosaved_sequence
        question.saved_at = question.autosaved_at
    question.autosaved, question.autosaved_sequence, question.autosaved_at = None, 0, None


def _last_tries(questions: Iterable[AttemptQuestion]) -> dict[int, AttemptStep]:
    tried = [question.pk for question in questions if question.tries]
    if not tried:
        return {}
    steps = AttemptStep.objects.filter(question__in=tried, kind=AttemptStep.Kind.CHECKED).order_by("pk")
    return {step.question_id: step for step in steps}


def _mark_at_end(question: AttemptQuestion, attempt: Attempt, last_try: AttemptStep | None) -> None:
    kind = types.get(question.version.type)
    question.answer_summary = kind.summarise(question.version.content, question.answer)
    if question.is_settled and question.fraction is not None:
        return
    question.is_settled = True
    if last_try is not None and last_try.answer == question.answer and last_try.fraction is not None:
        question.fraction = last_try.fraction
        return
    share = kind.mark(question.version.content, question.answer)
    question.needs_marking = share is None
    if share is None:
        question.fraction = None
        return
    behaviour = behaviours.get(attempt.rules.get("behaviour", "deferred"))
    penalty = Fraction(int(attempt.rules.get("penalty_percent", 0)), 100)
    question.fraction = marking.stored(behaviour.at_end(share, tries=question.tries, penalty=penalty))


def _grade(attempt: Attempt, questions: Sequence[AttemptQuestion]) -> None:
    """Set score and passed from the fractions of ``questions``; the state becomes GRADED. Nothing is saved."""
    score = marking.total((_exact(question), question.max_mark) for question in questions)
    attempt.score = marking.stored(score)
    attempt.passed = marking.passes(score, attempt.pass_percent) and _reaches_goals(attempt, questions)
    attempt.state = states.move(states.State(attempt.state), states.State.GRADED).value


def _exact(question: AttemptQuestion) -> Fraction:
    """The share before it was rounded to seven places, as near as the denominators that occur allow."""
    return Fraction(question.fraction or 0).limit_denominator(10_000)


def _reaches_goals(attempt: Attempt, questions: Sequence[AttemptQuestion]) -> bool:
    """Every objective that has a pass mark of its own reaches it; one that was not asked about holds nobody up."""
    goals = {int(key): int(percent) for key, percent in attempt.rules.get("goals", {}).items()}
    if not goals:
        return True
    objective_of = dict(
        QuestionVersion.objects.filter(pk__in=[question.version_id for question in questions]).values_list(
            "pk", "question__objective_id"
        )
    )
    shares = grades.by_objective(
        [
            (objective_of.get(question.version_id), _exact(question), Fraction(question.max_mark))
            for question in questions
        ]
    )
    return all(shares[key] >= Fraction(percent, 100) for key, percent in goals.items() if key in shares)


def _event(
    attempt: Attempt, kind: str, at: dt.datetime, by: User | None, reason: str = "", **data: object
) -> AttemptEvent:
    return AttemptEvent(attempt=attempt, kind=kind, at=at, by=by, reason=reason, data=data)


# --- Grades ---------------------------------------------------------------------------------------------------------


def _change(
    attempt: Attempt, kind: str, source_key: str, *, at: dt.datetime, by: User | None = None, reason: str = ""
) -> GradeChange:
    """The change with this ``source_key``, made if it is new."""
    change, _created = GradeChange.objects.get_or_create(
        source_key=source_key,
        defaults={
            "enrolment_id": attempt.enrolment_id,
            "quiz_id": attempt.quiz_id,
            "attempt": attempt,
            "kind": kind,
            "score": attempt.score if kind not in (GradeChange.Kind.VOIDED, GradeChange.Kind.REOPENED) else None,
            "passed": attempt.passed if kind not in (GradeChange.Kind.VOIDED, GradeChange.Kind.REOPENED) else None,
            "at": at,
            "by": by,
            "reason": reason,
        },
    )
    return change


def results_of(enrolment: Enrolment, quiz: Quiz) -> list[grades.Result]:
    """The attempts that count, in the order in which they began, as their newest change has them. One query.

    Those of a united account as well, where ``enrolment`` is the one that stands for both.
    """
    newest: dict[object, GradeChange] = {}
    order: dict[object, tuple[dt.datetime, int]] = {}
    told = GradeChange.objects.filter(Q(enrolment=enrolment) | Q(enrolment__united_with=enrolment), quiz=quiz)
    for change in told.select_related("attempt").order_by("pk"):
        newest[change.attempt_id] = change
        order[change.attempt_id] = (change.attempt.started_at or change.at, change.attempt.number)
    return [
        grades.Result(key, Fraction(change.score), bool(change.passed))
        for key, change in sorted(newest.items(), key=lambda pair: order[pair[0]])
        if change.score is not None
    ]


def fold(enrolment: Enrolment, quiz: Quiz, at: dt.datetime) -> QuizGrade | None:
    """Make the grade again from its history; None while no attempt ever counted. A second call changes nothing."""
    found = grades.fold(results_of(enrolment, quiz), grades.Grading(quiz.grading), quiz.pass_percent)
    if found is None:
        QuizGrade.objects.filter(enrolment=enrolment, quiz=quiz).update(
            attempt=None, score=None, passed=False, changed_at=at
        )
        return QuizGrade.objects.filter(enrolment=enrolment, quiz=quiz).first()
    values = {"attempt_id": found.attempt, "score": marking.stored(found.score), "passed": found.passed}
    grade, created = QuizGrade.objects.get_or_create(
        enrolment=enrolment, quiz=quiz, defaults={**values, "changed_at": at}
    )
    if not created and any(getattr(grade, field) != value for field, value in values.items()):
        for field, value in values.items():
            setattr(grade, field, value)
        grade.changed_at = at
        grade.save()
    return grade


def _tell(attempt: Attempt, change: GradeChange, *, at: dt.datetime, source_key: str) -> bool:
    """Fold, and let courses know; True when a pass is gone but the course stays completed."""
    quiz = attempt.quiz
    analysis.mark_stale(quiz_id=quiz.pk, at=at)
    # For which enrolment this one counts is known once it is held: its account may just be united with another.
    enrolment, standing = locked(attempt.enrolment_id)
    before = QuizGrade.objects.filter(enrolment=standing, quiz=quiz).values_list("passed", flat=True).first()
    grade = fold(standing, quiz, at)
    if standing.pk != enrolment.pk:
        fold(enrolment, quiz, at)
    passed = bool(grade and grade.passed)
    if before and not passed:
        return not withdraw_activity(
            enrolment=enrolment,
            activity=quiz.activity,
            source_key=f"withdrawn:{change.source_key}",
            at=at,
            rule=f"{change.kind}: {change.reason}"[:60],
            score=grade.score if grade else None,
        )
    if attempt.state == State.GRADED:
        if passed and quiz.exempts:
            exempt_lessons(enrolment=enrolment, activity=quiz.activity, at=at, rule=f"quiz>={attempt.pass_percent}")
        record_activity(
            enrolment=enrolment,
            activity=quiz.activity,
            kind=EventKind.DONE if passed else EventKind.FAILED,
            source_key=source_key,
            at=at,
            rule=f"quiz>={attempt.pass_percent}",
            version=attempt.quiz_version,
            score=attempt.score,
        )
    return False


# --- Marks given and changed afterwards ---------------------------------------------------------------------------


@transaction.atomic
def change_marks(
    *,
    attempt: Attempt,
    marks: Mapping[int, NewMark],
    kind: str,
    by: User | None,
    reason: str,
    at: dt.datetime,
) -> GradeOutcome:
    """Give the answers of ``marks`` (by AttemptQuestion.pk) their new worth; NotMarkableError, KeyError.

    Writes a step for each and, once nothing waits any more, the grade. Told twice with equal marks it writes nothing
    the second time, but for a comment that differs. Attempts that are left, dates and changes of the quiz since do not
    matter. A pass that is lost is withdrawn from the course unless the course was completed.
    """
    attempt = Attempt.objects.select_for_update(of=("self",)).select_related("quiz__activity").get(pk=attempt.pk)
    if attempt.state not in (State.SUBMITTED, State.GRADED):
        raise NotMarkableError(attempt.state)
    questions = list(attempt.questions.select_for_update(of=("self",)).select_related("version"))
    by_pk = {question.pk: question for question in questions}
    before, passed_before = attempt.score, bool(attempt.passed)
    changed = [pk for pk, mark in marks.items() if _give(by_pk[pk], mark, kind, by, at)]
    score_before = Fraction(before) if before is not None else None
    if not changed:
        return GradeOutcome(attempt.state, score_before, score_before, passed_before, passed_before)
    AttemptQuestion.objects.bulk_update(
        [by_pk[pk] for pk in marks],
        ["fraction", "needs_marking", "comment", "marked_by", "marked_at", "version", "right_summary"],
    )
    if any(question.needs_marking for question in questions):
        return GradeOutcome(attempt.state, score_before, score_before, passed_before, passed_before)
    # Also where the whole stays the same: the figures of the questions do not.
    analysis.mark_stale(quiz_id=attempt.quiz_id, at=at)
    was_graded = attempt.state == State.GRADED
    _grade(attempt, questions)
    attempt.marking_due_at = None
    attempt.save(update_fields=["state", "score", "passed", "marking_due_at"])
    AttemptEvent.objects.create(
        attempt=attempt, kind="regraded" if was_graded else "graded", at=at, by=by, reason=reason
    )
    stays = False
    if not attempt.is_preview and not (was_graded and before == attempt.score and passed_before == attempt.passed):
        count = attempt.grade_changes.count()
        key = f"graded:{attempt.pk}" if not was_graded and not count else f"regraded:{attempt.pk}:{count}"
        change = _change(
            attempt, GradeChange.Kind.REGRADED if was_graded else GradeChange.Kind.GRADED, key, at=at, by=by,
            reason=reason,
        )  # fmt: skip
        source_key = f"attempt:{attempt.pk}" if key.startswith("graded") else f"attempt:{attempt.pk}:{count}"
        # A first mark counts from the day of handing in: the course was finished then.
        told_at = attempt.submitted_at if not was_graded and attempt.submitted_at else at
        stays = _tell(attempt, change, at=told_at, source_key=source_key)
    return GradeOutcome(
        attempt.state,
        score_before,
        Fraction(attempt.score) if attempt.score is not None else None,
        passed_before,
        bool(attempt.passed),
        stays,
    )


def _give(question: AttemptQuestion, mark: NewMark, kind: str, by: User | None, at: dt.datetime) -> bool:
    """Set the new worth; False if it is what it was. Writes the step."""
    share = marking.stored(marking.clamp(mark.fraction))
    moved = mark.version is not None and mark.version.pk != question.version_id
    if question.fraction == share and not moved and (not mark.comment or mark.comment == question.comment):
        return False
    AttemptStep.objects.create(
        question=question,
        kind=kind,
        answer=question.answer,
        before=question.fraction,
        fraction=share,
        version=mark.version if moved else None,
        comment=mark.comment,
        by=by,
        at=at,
    )
    question.fraction, question.needs_marking = share, False
    if mark.comment:
        question.comment = mark.comment
    if by is not None and kind == AttemptStep.Kind.MARKED:
        question.marked_by, question.marked_at = by, at
    if moved and mark.version is not None:
        question.version = mark.version
        question.right_summary = types.get(mark.version.type).right_summary(mark.version.content)
    return True


def take_out(*, attempt: Attempt, by: User | None, reason: str, at: dt.datetime) -> bool:
    """A voided attempt counts no more. Inside the caller's transaction, which has set the state; True as in _tell."""
    if attempt.is_preview or not attempt.grade_changes.exists():
        return False
    change = _change(attempt, GradeChange.Kind.VOIDED, f"voided:{attempt.pk}", at=at, by=by, reason=reason)
    return _tell(attempt, change, at=at, source_key="")

"""May an attempt begin now, and if not, why and until when."""

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction

from quizzes.models import Attempt, AttemptEvent, Objective, Quiz
from quizzes.rules import grades, overrides, timing

State = Attempt.State


def counted(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Those that use up an attempt: no previews, nothing voided, nothing only reserved. No query."""
    return [row for row in attempts if not row.is_preview and row.state not in (State.VOIDED, State.NOT_STARTED)]


def attempts_left(held: overrides.Effective, attempts: Iterable[Attempt]) -> int | None:
    """None: no limit."""
    return max(0, held.max_attempts - len(counted(attempts))) if held.max_attempts else None


def refusal_of(
    quiz: Quiz, held: overrides.Effective, attempts: Iterable[Attempt], at: dt.datetime
) -> timing.Refusal | None:
    """Why no further attempt may begin now. ``attempts``: all of one enrolment at this quiz, by number.

    No query, but three where lessons have to be opened again first.
    """
    used = counted(attempts)
    ended = [row.submitted_at or row.deadline_at for row in used if row.submitted_at or row.deadline_at]
    results = [grades.Result(row.pk, Fraction(row.score), bool(row.passed)) for row in used if row.score is not None]
    grade = grades.fold(results, grades.Grading(quiz.grading), quiz.pass_percent)
    return timing.may_start(
        used=len(used),
        most=held.max_attempts,
        has_passed=bool(grade and grade.passed),
        last_ended_at=max((moment for moment in ended if moment), default=None),
        wait=dt.timedelta(minutes=quiz.wait_minutes),
        wait_later=dt.timedelta(minutes=quiz.wait_later_minutes) if quiz.wait_later_minutes is not None else None,
        opens_at=held.opens_at,
        closes_at=held.closes_at,
        lessons_to_open=lessons_to_open(quiz, used) if quiz.needs_remediation else (),
        at=at,
    )


def lessons_to_open(quiz: Quiz, used: list[Attempt]) -> tuple[int, ...]:
    """Activities to open again before the next attempt: the lessons of the objectives that the last one missed.

    Missed: below the objective's own pass mark, else below that of the quiz. Three queries.
    """
    last = next((row for row in reversed(used) if row.state == State.GRADED), None)
    if last is None or last.passed:
        return ()
    shares = shares_by_objective(last)
    goals = {int(key): int(percent) for key, percent in last.rules.get("goals", {}).items()}
    missed = [key for key, share in shares.items() if share < Fraction(goals.get(key, last.pass_percent), 100)]
    lessons = Objective.objects.filter(pk__in=missed, lesson__retired_at__isnull=True, lesson__isnull=False)
    opened = {
        event.data.get("activity")
        for event in AttemptEvent.objects.filter(attempt=last, kind=AttemptEvent.Kind.REMEDIED)
    }
    found = lessons.order_by("lesson__position").values_list("lesson", flat=True)
    return tuple(dict.fromkeys(lesson for lesson in found if lesson not in opened))


def shares_by_objective(attempt: Attempt) -> dict[int, Fraction]:
    """What a marked attempt earned of each objective that it asked about. One query."""
    rows = attempt.questions.values_list("version__question__objective", "fraction", "max_mark")
    return grades.by_objective([(objective, Fraction(share or 0), Fraction(most)) for objective, share, most in rows])

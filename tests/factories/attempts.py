"""Many marked attempts at once, as rows: no engine runs, so a thousand of them cost what one costs."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from courses.models import Course, Enrolment
from lms.accounts.models import User
from lms.units.models import Unit
from quizzes import types
from quizzes.models import Attempt, AttemptEvent, AttemptQuestion, GradeChange, QuestionVersion, Quiz, QuizGrade

__all__ = ["make_enrolments", "make_marked_attempts"]

AT = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)


def make_enrolments(course: Course, count: int, *, unit: Unit | None = None, prefix: str = "lh") -> list[Enrolment]:
    first = User.objects.count()
    people = User.objects.bulk_create(
        User(username=f"{prefix}{first + row}", full_name=f"Học viên {first + row}", password="!")
        for row in range(count)
    )
    return Enrolment.objects.bulk_create(
        Enrolment(user=person, course=course, unit=unit, enrolled_at=AT) for person in people
    )


def make_marked_attempts(
    quiz: Quiz,
    rows: Sequence[Mapping[QuestionVersion, Any]],
    enrolments: Sequence[Enrolment],
    *,
    most: Mapping[QuestionVersion, int] | None = None,
    number: int = 1,
    at: dt.datetime = AT,
    **fields: Any,
) -> list[Attempt]:
    """One attempt for each of ``rows``: {version: answer}, marked by the type; with its events, change and grade.

    A ``Decimal`` in place of an answer is the fraction itself.
    """
    attempts, questions = [], []
    for enrolment, row in zip(enrolments, rows, strict=True):
        attempt = Attempt(
            enrolment=enrolment, quiz=quiz, number=number, state=Attempt.State.GRADED, seed=1,
            pass_percent=quiz.pass_percent, started_at=at, submitted_at=at + dt.timedelta(minutes=5),
        )  # fmt: skip
        earned = whole = Decimal(0)
        for position, (version, answer) in enumerate(row.items(), start=1):
            kind, mark = types.get(version.type), Decimal((most or {}).get(version, 1))
            if isinstance(answer, Decimal):
                fraction, answer = answer, None
            else:
                share = kind.mark(version.content, answer) or 0
                fraction = round(Decimal(share.numerator) / share.denominator, 7)
            earned, whole = earned + fraction * mark, whole + mark
            questions.append(
                AttemptQuestion(
                    attempt=attempt, position=position, version=version, max_mark=mark, answer=answer,
                    sequence=1, fraction=fraction, is_settled=True, question_summary=version.stem,
                    answer_summary=kind.summarise(version.content, answer),
                )
            )  # fmt: skip
        attempt.score = round(earned / whole, 7) if whole else Decimal(0)
        attempt.passed = attempt.score * 100 >= quiz.pass_percent
        for name, value in fields.items():
            setattr(attempt, name, value)
        attempts.append(attempt)
    Attempt.objects.bulk_create(attempts, batch_size=500)
    AttemptQuestion.objects.bulk_create(questions, batch_size=500)
    graded = [attempt for attempt in attempts if attempt.state == Attempt.State.GRADED and not attempt.is_preview]
    AttemptEvent.objects.bulk_create(
        AttemptEvent(attempt=attempt, kind="graded", at=attempt.submitted_at) for attempt in graded
    )
    GradeChange.objects.bulk_create(
        GradeChange(
            enrolment=attempt.enrolment, quiz=quiz, attempt=attempt, kind="graded", score=attempt.score,
            passed=attempt.passed, source_key=f"graded:{attempt.pk}", at=attempt.submitted_at,
        )
        for attempt in graded
    )  # fmt: skip
    QuizGrade.objects.bulk_create(
        [
            QuizGrade(
                enrolment=attempt.enrolment, quiz=quiz, attempt=attempt, score=attempt.score,
                passed=attempt.passed, changed_at=attempt.submitted_at,
            )
            for attempt in graded
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return attempts

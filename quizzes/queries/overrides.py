"""What holds for one learner at one quiz: its settings under the exceptions in force."""

import datetime as dt

from django.db.models import Q

from courses.models import Enrolment
from lms.core import clock
from quizzes.models import Override, Quiz
from quizzes.rules import overrides


def in_force(quiz: Quiz, enrolment: Enrolment, at: dt.datetime) -> list[Override]:
    """The exceptions that reach this learner: one's own, and those of units above the one enrolled from. One query."""
    today = clock.day_of(at)
    path = enrolment.unit.path if enrolment.unit else ""
    rows = Override.objects.filter(
        Q(expires_on__isnull=True) | Q(expires_on__gte=today),
        Q(person=enrolment.user_id) | Q(person__isnull=True),
        quiz=quiz,
        withdrawn_at__isnull=True,
    ).select_related("unit")
    return [row for row in rows if row.person_id or (row.unit and path.startswith(row.unit.path))]


def effective(quiz: Quiz, enrolment: Enrolment | None, at: dt.datetime) -> overrides.Effective:
    """``enrolment`` None: the quiz's own settings, no query."""
    rows = in_force(quiz, enrolment, at) if enrolment else []
    return overrides.effective(
        quiz,
        [
            overrides.Layer(
                is_personal=row.person_id is not None,
                depth=row.unit.depth if row.unit else 0,
                made_at=row.made_at,
                values={field: getattr(row, field) for field in overrides.FIELDS},
            )
            for row in rows
        ],
    )

from dataclasses import dataclass

from courses.models import Course
from courses.queries import progress
from lms.accounts.models import User


@dataclass(frozen=True)
class Training:
    """``current``: the unfinished course to go on with; ``others`` the rest; ``offers``: open courses not taken yet."""

    current: progress.CourseRow | None
    others: list[progress.CourseRow]
    offers: list[Course]


def training_of(user: User) -> Training:
    """The first screen after signing in. Five queries whatever the number of courses."""
    rows = progress.my_training(user)
    taken = {row.course_id for row in rows}
    offers = [
        course
        for course in Course.objects.filter(is_open=True, retired_at__isnull=True).order_by("title")
        if course.pk not in taken
    ]
    unfinished = [row for row in rows if row.completed_at is None]
    current = unfinished[0] if unfinished else (rows[0] if rows else None)
    return Training(current, [row for row in rows if row is not current], offers)

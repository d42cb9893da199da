from dataclasses import dataclass

from courses.models import Course
from courses.queries import progress
from lms.accounts.models import User
from lms.core import clock
from lms.plans.queries import Due, dues_of


@dataclass(frozen=True)
class Owed:
    """A course that is due; ``row`` is where the person stands in it, None for who has not enrolled yet."""

    due: Due
    row: progress.CourseRow | None


@dataclass(frozen=True)
class Training:
    """``due``: what must be done first, None where nothing is owed; ``further``: what else is owed; ``finished``: what
    was owed and is done. ``current``: the course to go on with, the due one if the person is enrolled; None where not,
    or where there is nothing. ``others``: the rest of one's own accord; ``offers``: open courses not taken yet.
    """

    due: Due | None
    current: progress.CourseRow | None
    further: list[Owed]
    finished: list[Due]
    others: list[progress.CourseRow]
    offers: list[Course]


def training_of(user: User) -> Training:
    """The first screen after signing in. Nine queries at most, whatever the number of courses and tasks."""
    rows = progress.my_training(user)
    by_course = {row.course_id: row for row in rows}
    dues = dues_of(user, clock.today())
    owed = [due for due in dues if not due.is_done]
    owed_ids = {due.course_id for due in dues}
    offers = [
        course
        for course in Course.objects.filter(is_open=True, retired_at__isnull=True).order_by("title")
        if course.pk not in by_course and course.pk not in owed_ids
    ]
    if owed:
        current = by_course.get(owed[0].course_id)
    else:
        unfinished = [row for row in rows if row.completed_at is None]
        current = unfinished[0] if unfinished else (rows[0] if rows else None)
    return Training(
        due=owed[0] if owed else None,
        current=current,
        further=[Owed(due, by_course.get(due.course_id)) for due in owed[1:]],
        finished=[due for due in dues if due.is_done],
        others=[row for row in rows if row is not current and row.course_id not in owed_ids],
        offers=offers,
    )

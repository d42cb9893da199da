"""What is asked, about which unit, by whom.

Two honest ways to say where a result belongs: **as it was**, at the unit written on the record on that day (what a
certificate says), and **as it is**, at the unit where the person serves. These reports take the second, at the chosen
day: a person is counted wherever an appointment of that day puts them, with what they had done by the end of that day.
So somebody who moved is counted by the new unit from the day of moving, and by the old one on every day before it.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet

from courses.models import Completion, Course, Enrolment
from lms.accounts.models import User
from lms.core import clock, text
from lms.units import queries as tree
from lms.units.models import Appointment, Succession, Unit
from lms.units.scope import granted_paths, granted_units

OFFICER = Appointment.Duty.OFFICER
_BUSIEST_COURSE = "reports:busiest-course"
_BUSIEST_FOR = 600


@dataclass(frozen=True)
class Question:
    """Officers appointed on ``day`` and what they had done in the course by its end.

    ``duty``: "" for all, "officer" for those in charge of the page. ``positions``: the spellings that count, None for
    all (see ``positions_like``). Both choose people; neither touches the share of units with a trained page officer.
    """

    day: dt.date
    course_id: int | None
    duty: str = ""
    positions: tuple[str, ...] | None = None

    @property
    def end(self) -> dt.datetime:
        return clock.end_of_day(self.day)


@dataclass(frozen=True)
class Neighbour:
    id: int
    name: str


@dataclass(frozen=True)
class Place:
    """A unit that the viewer may see, as it was called on the day. ``crumbs``: its ancestors, an id only where they may
    be opened. ``is_open``: whether it existed that day; if not, ``neighbours`` came before or after it.
    """

    unit: Unit
    name: str
    crumbs: tuple[tuple[int | None, str], ...]
    is_open: bool
    neighbours: tuple[Neighbour, ...]


def granted_places(viewer: User, day: dt.date) -> list[Neighbour]:
    """The tops of what ``viewer`` may see today, named as on ``day``, in Vietnamese order; [] for a stranger."""
    units = granted_units(viewer)
    names = tree.names_on(units, day)
    found = sorted(units, key=lambda unit: names[unit.pk].sort_key if unit.pk in names else "")
    return [Neighbour(unit.pk, _name(names.get(unit.pk), unit.pk)) for unit in found]


def place_in_scope(viewer: User, unit_id: int, day: dt.date) -> Place | None:
    """The unit if it lies in a subtree granted to ``viewer`` today (or went whole into one), else None.

    The right is that of today whatever ``day`` is asked about. A constant number of queries.
    """
    paths = granted_paths(viewer)
    unit = Unit.objects.select_related("level").filter(pk=unit_id).first()
    if unit is None or not unit.path.startswith(tuple(paths)):
        return None
    chain = tree.breadcrumb(unit, day)
    crumbs = tuple((step.id if step.path.startswith(tuple(paths)) else None, step.name) for step in chain[:-1])
    is_open = (unit.opened_on is None or unit.opened_on <= day) and (unit.closed_on is None or day < unit.closed_on)
    return Place(unit, _name(chain[-1] if chain else None, unit.pk), crumbs, is_open, _neighbours(unit, day, paths))


def _name(named: tree.UnitOnDay | None, unit_id: int) -> str:
    return named.name if named else f"#{unit_id}"


def _neighbours(unit: Unit, day: dt.date, paths: list[str]) -> tuple[Neighbour, ...]:
    """Whom a unit that was not open on ``day`` came from, or went to; only those the viewer may see."""
    if unit.opened_on and day < unit.opened_on:
        links = Succession.objects.filter(new=unit).values_list("old_id", "old__path")
    elif unit.closed_on and unit.closed_on <= day:
        links = Succession.objects.filter(old=unit).values_list("new_id", "new__path")
    else:
        return ()
    ids = [pk for pk, path in links if path.startswith(tuple(paths))]
    names = sorted(tree.names_on(ids, day).values(), key=lambda named: named.sort_key)
    return tuple(Neighbour(named.id, named.name) for named in names)


def courses_to_choose() -> list[Course]:
    """Every course, the retired ones too, since a past day is asked about with the course of that day. One query."""
    return list(Course.objects.order_by("retired_at", "-is_open", "title", "pk"))


def default_course_id(courses: list[Course]) -> int | None:
    """The course that most people take among those still offered. No query where there is one course to choose.

    Counting a million enrolments takes longer than the rest of the page, so the answer is kept for ten minutes.
    """
    offered = [course.pk for course in courses if course.retired_at is None] or [course.pk for course in courses]
    if len(offered) < 2:
        return offered[0] if offered else None
    kept: int | None = cache.get(_BUSIEST_COURSE)
    if kept in offered:
        return kept
    counts = dict(Enrolment.objects.filter(course__in=offered).values_list("course").annotate(Count("pk")).order_by())
    busiest = max(offered, key=lambda pk: (counts.get(pk, 0), -offered.index(pk)))
    cache.set(_BUSIEST_COURSE, busiest, _BUSIEST_FOR)
    return busiest


def positions_like(typed: str, unit: Unit, day: dt.date) -> tuple[str, ...] | None:
    """The spellings of positions held in the subtree that day which contain ``typed``, diacritics or not; None if
    nothing was typed. One query: neither database folds Vietnamese, and positions are few where people are many.
    """
    wanted = text.fold(typed)
    if not wanted:
        return None
    held = Appointment.objects.on(day).filter(unit__path__startswith=unit.path)
    spellings = held.order_by().values_list("position", flat=True).distinct()
    return tuple(sorted(spelling for spelling in spellings if wanted in text.fold(spelling)))


def posts(unit: Unit, question: Question, *, own_only: bool = False) -> QuerySet[Appointment]:
    """The appointments of that day which the question counts, in the subtree or (``own_only``) at the unit itself."""
    where = Q(unit__path=unit.path) if own_only else Q(unit__path__startswith=unit.path)
    found = Appointment.objects.on(question.day).filter(where)
    if question.duty:
        found = found.filter(page_duty=question.duty)
    if question.positions is not None:
        found = found.filter(position__in=question.positions)
    return found


def completions(question: Question) -> QuerySet[Completion]:
    """Those of the course by the end of the day."""
    # Few are united: looking them up costs less than joining every completion to its enrolment.
    united = Enrolment.objects.filter(united_with__isnull=False).values("pk")
    of_course = Completion.objects.filter(course_id=question.course_id or 0, completed_at__lt=question.end)
    return of_course.exclude(enrolment__in=united)


def beginnings(question: Question) -> QuerySet[Enrolment]:
    """Enrolments of the course under way by the end of the day: begun, not withdrawn from by then."""
    still_in = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=question.end)
    return Enrolment.objects.standing().filter(still_in, course_id=question.course_id or 0, started_at__lt=question.end)


def completed_enrolments(question: Question) -> QuerySet[Enrolment]:
    """The same evidence as ``completions``, to be asked person by person: a person's enrolment in a course is found by
    its unique key, while SQLite would walk all completions of the course for every person.
    """
    return Enrolment.objects.standing().filter(
        course_id=question.course_id or 0, completion__completed_at__lt=question.end
    )


def holds_invented_people(unit: Unit) -> bool:
    """Whether the demonstration's people serve in the subtree. One query, none on a site without demonstration."""
    if not settings.LMS_DEMO:
        return False
    return Appointment.objects.filter(unit__path__startswith=unit.path, person__is_demo=True).exists()

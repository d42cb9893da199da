"""Whom a task concerns on a day, and how far they are. Counted in SQL, by the same rule as ``rules.match``."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, Window
from django.db.models.functions import Collate, RowNumber, Substr
from django.utils.translation import gettext as _

from courses.enums import State
from courses.models import Enrolment
from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock
from lms.plans import rules
from lms.plans.models import Assignment
from lms.plans.queries.carrying import stand_of
from lms.units import queries as tree
from lms.units.models import Appointment, Unit
from lms.units.scope import below


@dataclass(frozen=True)
class Figures:
    """``people`` = ``done`` + ``under_way`` + ``not_begun``; ``late`` of the ``done`` came after the deadline."""

    people: int = 0
    done: int = 0
    under_way: int = 0
    late: int = 0

    @property
    def not_begun(self) -> int:
        return self.people - self.done - self.under_way

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.people + other.people,
            self.done + other.done,
            self.under_way + other.under_way,
            self.late + other.late,
        )


@dataclass(frozen=True)
class UnitRow:
    """``unit_id`` is None for the unit's own staff and for people at units that have closed."""

    unit_id: int | None
    name: str
    figures: Figures


@dataclass(frozen=True)
class Standing:
    """``rows``: the units right below the one looked at. Whoever serves in several is counted in each, and once in
    ``total``. ``without``: open units of the levels asked for in which the task concerns nobody; ``units`` all of them.
    """

    total: Figures
    rows: tuple[UnitRow, ...]
    units: int
    without: int

    @property
    def overlap(self) -> int:
        return sum(row.figures.people for row in self.rows) - self.total.people


@dataclass(frozen=True)
class PersonLine:
    """pii. ``above``: the units between the person's and the one looked at, nearest first."""

    person_id: int
    name: str
    position: str
    unit_id: int
    unit: str
    above: str
    phone: str
    state: State

    @property
    def phone_shown(self) -> str:
        return phones.display(self.phone)


@dataclass(frozen=True)
class Reach:
    """What a task would do, before it is given: ``people`` in ``units`` (units with somebody whom it concerns),
    ``done`` of them have the course already. Of the other open units of those levels, in ``empty`` nobody is entered,
    in ``unfit`` somebody is, but nobody whom the task concerns. ``positions``: the spellings that count.
    """

    people: int
    units: int
    done: int
    empty: int
    unfit: int
    first: tuple[PersonLine, ...]
    positions: tuple[str, ...]


def aim_of(assignment: Assignment, on: dt.date | None = None) -> rules.Aim:
    """Whom the task is for on that day (default today). One query, none where levels are prefetched; more where the
    unit has closed (see ``stands_on``).
    """
    stand = stand_of(assignment, on or clock.today())
    return rules.Aim(
        stand.unit.path,
        frozenset(level.pk for level in assignment.levels.all()),
        tuple(assignment.positions),
        frozenset(assignment.duties),
        stand.former,
    )


def narrowed(aim: rules.Aim, path: str) -> rules.Aim:
    """The part of it that lies below ``path``, which must lie in its subtree."""
    return aim if path == aim.path else replace(aim, path=path, former=())


def posts_under(aim: rules.Aim, on: dt.date) -> QuerySet[Appointment]:
    """The appointments of that day which fall under ``aim``. One query where positions are asked for (no database folds
    Vietnamese, and spellings are few where people are many), else none.
    """
    found = _whatever_position(aim, on)
    return found.filter(position__in=spellings_of(aim, on)) if aim.positions else found


def _whatever_position(aim: rules.Aim, on: dt.date) -> QuerySet[Appointment]:
    found = Appointment.objects.on(on).filter(below([aim.path, *aim.former]))
    if aim.levels:
        found = found.filter(unit__level__in=aim.levels)
    return found.filter(page_duty__in=aim.duties) if aim.duties else found


def spellings_of(aim: rules.Aim, on: dt.date) -> list[str]:
    """The positions held that day, as they are spelled, which the words asked for fit. One query."""
    held = _whatever_position(aim, on).order_by().values_list("position", flat=True).distinct()
    return sorted(position for position in held if rules.position_fits(position, aim.positions))


def audience(assignment: Assignment, on: dt.date) -> QuerySet[User]:
    """The people whom the task concerns on that day, each once."""
    return User.objects.filter(pk__in=posts_under(aim_of(assignment, on), on).order_by().values("person_id"))


# One statement, every appointment read once. What a person did is found through the unique key of the enrolment (user,
# course), as in the reports' table.
_FIGURES = """
WITH post (person_id, part) AS ({posts}),
standing (part, person_id, done_at, begun) AS (
  SELECT post.part, post.person_id, MIN(completion.completed_at),
    MAX(CASE WHEN enrolment.started_at < %s
      AND (enrolment.withdrawn_at IS NULL OR enrolment.withdrawn_at >= %s) THEN 1 ELSE 0 END)
  FROM post
  LEFT JOIN courses_enrolment enrolment ON enrolment.user_id = post.person_id AND enrolment.course_id = %s
  LEFT JOIN courses_completion completion ON completion.enrolment_id = enrolment.id AND completion.completed_at < %s
  GROUP BY post.part, post.person_id
)
SELECT part, COUNT(*), SUM(CASE WHEN done_at IS NULL THEN 0 ELSE 1 END),
  SUM(CASE WHEN done_at IS NULL THEN begun ELSE 0 END), SUM(CASE WHEN done_at >= %s THEN 1 ELSE 0 END)
FROM standing GROUP BY part
"""


def figures_of(
    aim: rules.Aim, course_id: int, deadline: dt.date | None, on: dt.date, *, width: int = 0
) -> dict[str, Figures]:
    """Path of a unit cut after ``width`` characters → figures of the people there, each once in a part. ``width`` 0:
    all people under the key "". As of the end of the day ``on``. One query, two where positions are asked for.
    """
    part = Substr("unit__path", 1, width) if width else Value("", output_field=CharField())
    counted = posts_under(aim, on).order_by().annotate(part=part).values_list("person_id", "part")
    try:
        compiled, params = counted.query.sql_with_params()
    except EmptyResultSet:  # no position is spelled as asked: nobody
        return {}
    adapted = connection.ops.adapt_datetimefield_value
    end = adapted(clock.end_of_day(on))
    # Without a deadline nothing is late: no completion is later than the end of the day.
    late_from = adapted(clock.end_of_day(deadline)) if deadline else end
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES.replace("{posts}", compiled), [*params, end, end, course_id, end, late_from])
        return {part: Figures(*(int(number or 0) for number in numbers)) for part, *numbers in cursor.fetchall()}


def standing_of(assignment: Assignment, on: dt.date, *, unit: Unit | None = None) -> Standing:
    """Figures of a task as of the end of ``on``, and by the units right below. ``unit``: as its manager sees them, a
    unit in the task's subtree. A constant number of queries.
    """
    top = unit or stand_of(assignment, on).unit
    aim = narrowed(aim_of(assignment, on), top.path)
    total = figures_of(aim, assignment.course_id, assignment.deadline, on).get("", Figures())
    parts = figures_of(aim, assignment.course_id, assignment.deadline, on, width=len(top.path) + Unit.steplen)
    children = tree.children_on(top, on)
    expected = _expected(aim, on)
    with_people = posts_under(aim, on).order_by().values("unit_id")
    units = expected.count()
    return Standing(total, tuple(_rows(top, parts, children)), units, expected.exclude(pk__in=with_people).count())


def _rows(top: Unit, parts: dict[str, Figures], children: list[tree.UnitOnDay]) -> list[UnitRow]:
    left = dict(parts)
    own = left.pop(top.path, None)
    rows = [
        UnitRow(child.id, child.name, figures)
        for child in children
        if (figures := left.pop(child.path, None)) is not None
    ]
    if own and (rows or left):
        rows.insert(0, UnitRow(None, _("The unit's own office"), own))
    if left:
        rows.append(UnitRow(None, _("At units that have closed"), sum(left.values(), Figures())))
    return rows


def _expected(aim: rules.Aim, on: dt.date) -> QuerySet[Unit]:
    """The units open that day at the levels asked for."""
    units = Unit.objects.open_on(on).filter(path__startswith=aim.path)
    return units.filter(level__in=aim.levels) if aim.levels else units


def people_lines(
    aim: rules.Aim, course_id: int, on: dt.date, *, state: State | None = None, offset: int = 0, limit: int = 50
) -> tuple[int, list[PersonLine]]:
    """How many people of that state (any for None), and some of them, by unit in the tree's order, then by given name.
    Somebody with several fitting appointments stands at the primary one. A constant number of queries.
    """
    enrolments = Enrolment.objects.standing().filter(user=OuterRef("person_id"), course_id=course_id)
    found = posts_under(aim, on).annotate(
        is_done=Exists(enrolments.filter(completion__isnull=False)),
        is_begun=Exists(enrolments.filter(started_at__isnull=False, withdrawn_at__isnull=True)),
    )
    if state == State.DONE:
        found = found.filter(is_done=True)
    elif state == State.IN_PROGRESS:
        found = found.filter(is_done=False, is_begun=True)
    elif state == State.NOT_STARTED:
        found = found.filter(is_done=False, is_begun=False)
    count = found.order_by().values("person_id").distinct().count()
    place = Window(
        RowNumber(),
        partition_by=[F("person_id")],
        order_by=[F("is_primary").desc(), F("starts_on").asc(), F("pk").asc()],
    )
    ids = list(
        found.annotate(place=place)
        .filter(place=1)
        .order_by(*_ordering())
        .values_list("pk", flat=True)[offset : offset + limit]
    )
    posts = list(
        Appointment.objects.filter(pk__in=ids)
        .select_related("person", "unit")
        .annotate(
            is_done=Exists(enrolments.filter(completion__isnull=False)),
            is_begun=Exists(enrolments.filter(started_at__isnull=False, withdrawn_at__isnull=True)),
        )
        .order_by(*_ordering())
    )
    chains = tree.breadcrumbs_on([post.unit for post in posts], on)
    return count, [_line(post, chains.get(post.unit.path, []), aim.path) for post in posts]


def _ordering() -> tuple[Any, ...]:
    """Sort keys compare by code point, which a PostgreSQL database with a language does not do by itself."""
    name: Any = F("person__name_sort_key")
    return "unit__path", Collate(name, "C") if connection.vendor == "postgresql" else name, "person_id"


def _line(post: Any, chain: list[tree.UnitOnDay], top: str) -> PersonLine:
    state = State.DONE if post.is_done else State.IN_PROGRESS if post.is_begun else State.NOT_STARTED
    named = chain[-1].name if chain and chain[-1].path == post.unit.path else ""
    above = [step.name for step in reversed(chain) if len(top) < len(step.path) < len(post.unit.path)]
    return PersonLine(
        post.person_id,
        post.person.get_full_name(),
        post.position,
        post.unit_id,
        named,
        ", ".join(above),
        post.person.phone or "",
        state,
    )


def reach(aim: rules.Aim, course_id: int, on: dt.date, *, names: int = 10) -> Reach:
    """What a task would do today; for the step before it is given. A constant number of queries."""
    posts = posts_under(aim, on)
    figures = figures_of(aim, course_id, None, on).get("", Figures())
    fitting = posts.order_by().values("unit_id")
    entered = Appointment.objects.on(on).order_by().values("unit_id")
    units = _expected(aim, on).aggregate(
        entered=Count("pk", filter=Q(pk__in=entered)),
        fit=Count("pk", filter=Q(pk__in=fitting)),
        all=Count("pk"),
    )
    _people, first = people_lines(aim, course_id, on, limit=names)
    return Reach(
        people=figures.people,
        units=fitting.distinct().count(),
        done=figures.done,
        empty=units["all"] - units["entered"],
        unfit=units["entered"] - units["fit"],
        first=tuple(first),
        positions=tuple(spellings_of(aim, on)) if aim.positions else (),
    )

"""Who may do what where, and why somebody sees somebody: what lms.units.scope decides, told with its grounds.

A grant over a unit reaches the unit's subtree, and the subtree of every unit that went whole into one of it, through
any number of mergers. Asked from the other end: what reaches a unit is a grant over it, over a unit above it, or over
what one of these went whole into, or over a unit above that. Tests hold both ends together over random trees, mergers
and grants.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.core import clock
from lms.people import trace_queries
from lms.people.account_queries import Place, places_of
from lms.people.models import Viewing
from lms.people.trace_queries import Line
from lms.units import queries as units
from lms.units.models import Appointment, Grant, Succession, Unit
from lms.units.queries import UnitOnDay
from lms.units.scope import granted_paths

# What leaves the house with the names of people in it.
EXPORTS = ("people.export_roster", "reports.missing", "reports.call_list", "people.data_export")
_AT_MOST = 200


@dataclass(frozen=True)
class Step:
    """On ``on`` the unit ``old`` went whole into ``new``."""

    old: str
    new: str
    on: dt.date | None


@dataclass(frozen=True)
class Ground:
    """One grant that reaches a unit. ``held_over``: the unit of the grant, as it is called today; ``steps``: the
    mergers in between, the earliest first; ``is_above``: the grant is over a unit above. ``last_day`` None: no end.
    """

    person: User
    place: Place
    right: str
    held_over: str
    is_above: bool
    steps: tuple[Step, ...]
    starts_on: dt.date
    last_day: dt.date | None
    given_by: str


# --- What reaches a unit ----------------------------------------------------------------------------


def reaching(unit: Unit) -> dict[int, tuple[Succession, ...]]:
    """Unit id → the mergers through which a grant over that unit reaches ``unit``; () for the unit itself and those
    above. Two queries, and two for each generation of mergers.
    """
    above = _and_above([unit.path])
    found: dict[int, tuple[Succession, ...]] = dict.fromkeys(above.values(), ())
    generation = set(found)
    while generation:
        went = Succession.objects.filter(old__in=generation, share=Succession.Share.WHOLE)
        into = {row.new.path: (*found[row.old_id], row) for row in went.select_related("old", "new").order_by("pk")}
        above = {path: pk for path, pk in _and_above(into).items() if pk not in found}
        # One way is enough to tell: the first unit below it that took something in.
        for path, pk in sorted(above.items()):
            found[pk] = next(steps for new, steps in sorted(into.items()) if new.startswith(path))
        generation = set(above.values())
    return found


def _and_above(paths: Iterable[str]) -> dict[str, int]:
    """Path → id of the units at ``paths`` and of all above them. One query."""
    every = {path[:end] for path in paths for end in range(Unit.steplen, len(path) + 1, Unit.steplen)}
    return dict(Unit.objects.filter(path__in=every).values_list("path", "pk")) if every else {}


def grounds(unit: Unit, *, on: dt.date, people: Iterable[int] | None = None) -> list[Ground]:
    """Every grant of that day that reaches ``unit``, by right, then from the top. ``people``: only theirs.

    Superusers hold every right everywhere and are not among them. The same number of queries however many grants.
    """
    reach = reaching(unit)
    held = Grant.objects.on(on).filter(unit__in=reach, person__is_active=True, person__is_superuser=False)
    if people is not None:
        held = held.filter(person__in=people)
    rows = list(held.select_related("person", "unit", "granted_by").order_by("unit__path", "person__name_sort_key"))
    named = units.names_on(
        {row.unit_id for row in rows}
        | {pk for row in rows for step in reach[row.unit_id] for pk in (step.old_id, step.new_id)},
        on,
    )
    places = places_of({row.person.pk: row.person for row in rows}.values(), on=on)
    order = list(Grant.Right.values)
    rows.sort(key=lambda row: order.index(row.right))
    return [_ground(row, unit, reach[row.unit_id], named, places) for row in rows]


def _ground(
    row: Grant, unit: Unit, went: tuple[Succession, ...], named: dict[int, UnitOnDay], places: dict[int, Place]
) -> Ground:
    def name(pk: int) -> str:
        return named[pk].name if pk in named else f"#{pk}"

    return Ground(
        row.person, places.get(row.person_id, Place()), row.right, name(row.unit_id),
        not went and row.unit_id != unit.pk,
        tuple(Step(name(step.old_id), name(step.new_id), step.old.closed_on) for step in went),
        row.starts_on, row.ends_on - dt.timedelta(days=1) if row.ends_on else None,
        str(row.granted_by) if row.granted_by else "",
    )  # fmt: skip


def superusers() -> list[User]:
    return list(User.objects.filter(is_superuser=True, is_active=True).order_by("name_sort_key", "pk"))


# --- Why somebody sees somebody ---------------------------------------------------------------------


@dataclass(frozen=True)
class PostSeen:
    """One appointment of the person asked about, and by which grants of the viewer it is reached. A past one opens no
    card: only what was learnt while it lasted is reached through it.
    """

    unit: str
    position: str
    starts_on: dt.date
    last_day: dt.date | None
    is_now: bool
    grounds: tuple[Ground, ...]


@dataclass(frozen=True)
class Answer:
    """``sees``: the rights that ``viewer`` has over the person today, in the order of ``Grant.Right``; by
    ``lms.units.scope`` itself, so that what is told is what holds.
    """

    viewer: User
    about: User
    is_oneself: bool
    is_superuser: bool
    sees: tuple[str, ...]
    posts: tuple[PostSeen, ...]


def why(viewer: User, about: User, *, on: dt.date) -> Answer:
    """Whether and by what ``viewer`` sees the records of ``about`` on that day."""
    held = list(
        Appointment.objects.filter(person=about, starts_on__lte=on).select_related("unit").order_by("-starts_on", "pk")
    )
    named = units.names_on({post.unit_id for post in held}, on)
    posts = tuple(
        PostSeen(
            named[post.unit_id].name if post.unit_id in named else f"#{post.unit_id}", post.position, post.starts_on,
            post.ends_on - dt.timedelta(days=1) if post.ends_on else None,
            post.ends_on is None or post.ends_on > on,
            () if viewer.is_superuser else tuple(grounds(post.unit, on=on, people=[viewer.pk])),
        )
        for post in held
    )  # fmt: skip
    now = [post.unit.path for post in held if post.ends_on is None or post.ends_on > on]
    sees = tuple(
        right
        for right in Grant.Right.values
        if any(path.startswith(top) for top in granted_paths(viewer, right, on=on) for path in now)
    )
    return Answer(viewer, about, viewer.pk == about.pk, viewer.is_superuser and viewer.is_active, sees, posts)


# --- Who sees me ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WhoSees:
    """Whoever may see a person's data today, and who is known to have: looked at the site as the person, or taken out a
    list in which the person stood. Plain reading of a page is not kept.
    """

    grounds: tuple[Ground, ...]
    superusers: tuple[User, ...]
    viewings: tuple[Viewing, ...]
    exports: tuple[Line, ...]

    @property
    def people(self) -> list[tuple[Ground, list[str]]]:
        """Each person once for each way in: a ground, and all rights that come by it."""
        found: dict[tuple[Any, ...], tuple[Ground, list[str]]] = {}
        for ground in self.grounds:
            way = (
                ground.person.pk, ground.held_over, ground.steps, ground.starts_on, ground.last_day, ground.given_by
            )  # fmt: skip
            found.setdefault(way, (ground, []))[1].append(ground.right)
        return list(found.values())


def who_sees(person: User, *, on: dt.date) -> WhoSees:
    """The rights that open a person's data: all but "assign", which gives tasks to units. Latest first."""
    held = list(Appointment.objects.filter(person=person, starts_on__lte=on).select_related("unit"))
    now = [post for post in held if post.ends_on is None or post.ends_on > on]
    found: dict[tuple[int, str, str], Ground] = {}
    for post in now:
        for ground in grounds(post.unit, on=on):
            if ground.right != Grant.Right.ASSIGN and ground.person.pk != person.pk:
                found.setdefault((ground.person.pk, ground.right, ground.held_over), ground)
    viewings = Viewing.objects.filter(person=person).select_related("viewer")[:_AT_MOST]
    return WhoSees(tuple(found.values()), tuple(superusers()), tuple(viewings), tuple(_exports(held)))


def _exports(held: list[Appointment]) -> list[Line]:
    """Files taken out of a unit above while the person served there."""
    taken = Q(pk__in=[])
    for post in held:
        above = [post.unit.path[:end] for end in range(Unit.steplen, len(post.unit.path) + 1, Unit.steplen)]
        within = Q(data__path__in=above, timestamp__gte=clock.end_of_day(post.starts_on - dt.timedelta(days=1)))
        if post.ends_on:
            within &= Q(timestamp__lt=clock.end_of_day(post.ends_on - dt.timedelta(days=1)))
        taken |= within
    entries = ModelLogEntry.objects.filter(taken, action__in=EXPORTS).select_related("user")
    return trace_queries.lines(entries.order_by("-timestamp", "-pk")[:_AT_MOST])

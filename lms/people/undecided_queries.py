"""Officers of closed units about whom their own managers decide: the list, by unit, with where they may go."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from lms.accounts.models import User
from lms.core import text
from lms.people.people_queries import may_appoint_somewhere
from lms.units import queries as tree
from lms.units.models import Appointment, Grant, Reorganisation, Succession, UnitName
from lms.units.scope import granted_paths, granted_units, scope_q


def undecided_of(viewer: User) -> QuerySet[Appointment]:
    """Of the units in which ``viewer`` brings people in, and of those that went into one of them, whole or in part: a
    commune made of parts takes its officers in, though the divided one is no longer anybody's below the province.
    """
    into = Succession.objects.filter(scope_q(viewer, path="new__path", right=Grant.Right.IMPORT))
    return tree.undecided(_own(viewer) | Q(unit__in=into.values("old")))


def undecided_of_own(viewer: User) -> QuerySet[Appointment]:
    """Those of ``undecided_of`` whose appointment ``viewer`` may also end: not of what came only in part."""
    return tree.undecided(_own(viewer))


def _own(viewer: User) -> Q:
    return scope_q(viewer, right=Grant.Right.IMPORT)


def number_undecided(viewer: User) -> int:
    """People, not appointments. No query for somebody who brings nobody in."""
    return undecided_of(viewer).values("person").distinct().count() if may_appoint_somewhere(viewer) else 0


def units_with_undecided(viewer: User, typed: str = "") -> QuerySet[Appointment, int]:
    """Ids of the closed units in the tree's order, to be paged. ``typed``: a part of a person's or a unit's name."""
    posts = undecided_of(viewer)
    for word in text.fold(typed).split():
        named = UnitName.objects.filter(full_folded__contains=word).values("unit")
        posts = posts.filter(Q(person__name_folded__contains=word) | Q(unit__in=named))
    return posts.order_by("unit__path").values_list("unit_id", flat=True).distinct()


@dataclass(frozen=True)
class Undecided:
    appointment_id: int
    person_id: int
    person: str
    position: str
    duty: str
    is_primary: bool


@dataclass(frozen=True)
class Waiting:
    """A closed unit and whoever is left in it. ``places``: where ``viewer`` may send them; ``elsewhere``: names of what
    else the unit was divided into, whose own managers decide. ``is_own``: its officers were ``viewer``'s as well.
    """

    unit_id: int
    unit: str
    where: str
    change: Reorganisation
    places: tuple[tree.UnitOnDay, ...]
    elsewhere: tuple[str, ...]
    people: tuple[Undecided, ...]
    is_own: bool


def waiting(viewer: User, unit_ids: Iterable[int]) -> list[Waiting]:
    """A handful of queries, however many people and units of one reorganisation."""
    ids = list(unit_ids)
    left: dict[int, list[Undecided]] = defaultdict(list)
    rows = undecided_of(viewer).filter(unit__in=ids).select_related("person")
    for row in rows.order_by("person__name_sort_key", "person_id", "-is_primary", "pk"):
        duty = str(row.get_page_duty_display()) if row.page_duty else ""
        left[row.unit_id].append(
            Undecided(row.pk, row.person_id, row.person.full_name, row.position, duty, row.is_primary)
        )
    paths = tuple(granted_paths(viewer, Grant.Right.IMPORT))
    return [
        Waiting(
            unit.unit_id,
            unit.name,
            unit.where,
            unit.change,
            tuple(place for place in unit.candidates if place.path.startswith(paths)),
            tuple(place.name for place in unit.candidates if not place.path.startswith(paths)),
            tuple(left[unit.unit_id]),
            unit.path.startswith(paths),
        )
        for unit in tree.closed_units(ids)
        if left[unit.unit_id]
    ]


# So many units are offered for what is typed.
_HITS = 10


def other_places(viewer: User, typed: str) -> list[tree.UnitHit]:
    """Units in which ``viewer`` brings people in that ``typed`` may mean. A search for each granted subtree."""
    found = {}
    for top in granted_units(viewer, Grant.Right.IMPORT) if typed.strip() else []:
        found.update({hit.unit.id: hit for hit in tree.search_units(typed, within=top, limit=_HITS)})
    return list(found.values())[:_HITS]

"""What a manager sees: one declaration, as a filter and as an answer about one object. Deny is the default."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Substr
from django.db.models.lookups import In

from lms.accounts.models import User
from lms.core import clock
from lms.units.models import Appointment, Grant, Succession, Unit, in_force

NOBODY = Q(pk__in=[])


def granted_units(person: User, right: str = Grant.Right.VIEW, *, on: dt.date | None = None) -> list[Unit]:
    """The units at the top of each subtree in which ``person`` holds ``right`` on that day (default today).

    A superuser holds every right over every root. One query.
    """
    if not person.is_authenticated or not person.is_active:
        return []
    if person.is_superuser:
        return list(Unit.get_root_nodes())
    grants = Grant.objects.on(on or clock.today()).filter(person=person, right=right).select_related("unit__level")
    return list({grant.unit_id: grant.unit for grant in grants}.values())


def granted_paths(person: User, right: str = Grant.Right.VIEW, *, on: dt.date | None = None) -> list[str]:
    """Paths of the granted subtrees, and of the units that went whole into a unit of such a subtree: their records stay
    where they were made, and the successor's manager answers for them. Two queries or more, one a generation of
    mergers.

    A commune that came over from another province brings its own past, and nothing else of that province. What went
    there in part is nobody's but of those who held it.
    """
    return with_their_past(unit.path for unit in granted_units(person, right, on=on))


def with_their_past(tops: Iterable[str]) -> list[str]:
    """The subtrees at ``tops`` (paths), and those of every unit that went whole into a unit of them; none lies within
    another. One query a generation of mergers.
    """
    paths = _outermost(tops)
    # Of the whole tree nothing lies outside: nothing to ask.
    generation = [path for path in paths if len(path) > Unit.steplen]
    while generation:
        whole = Succession.objects.filter(below(generation, "new__path"), share=Succession.Share.WHOLE)
        came = whole.values_list("old__path", flat=True)
        generation = _outermost(path for path in came if not path.startswith(tuple(paths)))
        paths = _outermost([*paths, *generation])
    return paths


# So many subtrees are asked for one by one, by the index over paths; SQLite refuses a thousand conditions in a row.
_ONE_BY_ONE = 100


def below(paths: Iterable[str], look_up: str = "unit__path", *, text: Any = None) -> Q:
    """Rows whose path under ``look_up`` lies in one of the subtrees at ``paths``, however many; none for no path.

    ``text``: the same path as an expression, where ``look_up`` leads into JSON.
    """
    tops = sorted(set(paths))
    query = NOBODY
    if len(tops) <= _ONE_BY_ONE:
        for top in tops:
            query |= Q(**{f"{look_up}__startswith": top})
        return query
    by_length: dict[int, list[str]] = {}
    for top in tops:
        by_length.setdefault(len(top), []).append(top)
    for length, same in by_length.items():
        query |= Q(In(Substr(look_up if text is None else text, 1, length), same))
    return query


def _outermost(paths: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for path in sorted(paths):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept


def scope_q(person: User, *, path: str = "unit__path", right: str = Grant.Right.VIEW, on: dt.date | None = None) -> Q:
    """Rows whose unit (its path under the look-up ``path``) lies in a subtree granted to ``person``."""
    return below(granted_paths(person, right, on=on), path)


def people_in_scope(person: User, right: str = Grant.Right.VIEW, *, on: dt.date | None = None) -> Q:
    """Accounts whose current appointment (on that day) lies in a granted subtree: a filter for ``User``."""
    day = on or clock.today()
    within = scope_q(person, path="unit__path", right=right, on=day)
    return Q(pk__in=Appointment.objects.filter(in_force(day)).filter(within).values("person_id"))


def has_any_grant(person: User, right: str = Grant.Right.VIEW) -> bool:
    return bool(granted_units(person, right))


def rights_held(person: User) -> frozenset[str]:
    """The rights that ``person`` holds anywhere today; all of them for a superuser. One query, once a request."""
    held: frozenset[str] | None = getattr(person, "_rights_held", None)
    if held is None:
        if person.is_superuser and person.is_active:
            held = frozenset(Grant.Right.values)
        else:
            held = frozenset(Grant.objects.on(clock.today()).filter(person=person).values_list("right", flat=True))
        person._rights_held = held  # type: ignore[attr-defined]
    return held


def holds_a_grant(person: User) -> bool:
    """Any right over any unit, today: such a person counts as staff at sign-in. One query."""
    return Grant.objects.on(clock.today()).filter(person=person).exists()

"""Figures of one frame told in another: by successions, what they do not say in a declared remainder, never guessed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lms.units.models import Succession, Unit

_CHUNK = 5000


class Untold(StrEnum):
    """Why a figure is in the remainder. Forwards: the unit was divided, or ended without a successor. Backwards: it was
    made of several, or has no predecessor.
    """

    DIVIDED = "divided"
    ENDED = "ended"
    UNITED = "united"
    FOUNDED = "founded"


@dataclass(frozen=True)
class Left:
    """A figure that stays in the remainder: where the way ended, why, and among which units it would be shared."""

    unit_id: int
    number: int
    why: Untold
    among: tuple[int, ...] = ()


@dataclass(frozen=True)
class Rolled:
    """``counts``: unit open on the day → its figure. ``total`` is always that of what was given."""

    counts: dict[int, int]
    left: tuple[Left, ...]

    @property
    def remainder(self) -> dict[Untold, int]:
        found: dict[Untold, int] = defaultdict(int)
        for line in self.left:
            found[line.why] += line.number
        return dict(found)

    @property
    def total(self) -> int:
        return sum(self.counts.values()) + sum(line.number for line in self.left)


def roll_up(counts_by_unit: Mapping[int, int], to_day: dt.date) -> Rolled:
    """``counts_by_unit`` (unit id → figure, of units of any day) told in the tree of ``to_day``.

    A unit that had closed by then goes along whole successions; one that was not open yet goes back to the one unit of
    which it is a part or the heir (made of several, nobody knows which). Ids that are no unit are a KeyError. Two
    queries for each generation.
    """
    counts: dict[int, int] = defaultdict(int)
    left: dict[tuple[int, Untold], Left] = {}
    waiting = dict(counts_by_unit)
    while waiting:
        dates = _dates(waiting)
        closed = [unit for unit in waiting if _is_closed(dates[unit], to_day)]
        early = [unit for unit in waiting if not _is_closed(dates[unit], to_day) and _is_early(dates[unit], to_day)]
        for unit in set(waiting) - set(closed) - set(early):
            counts[unit] += waiting[unit]
        steps = {**_forwards(closed), **_backwards(early)}
        going: dict[int, int] = defaultdict(int)
        for unit, (why, units) in steps.items():
            number = waiting[unit]
            if why is None:
                going[units[0]] += number
            else:
                known = left.get((unit, why))
                left[unit, why] = Left(unit, number + (known.number if known else 0), why, units)
        waiting = dict(going)
    return Rolled(dict(counts), tuple(left[key] for key in sorted(left)))


@dataclass(frozen=True)
class Places:
    """Where a unit of any day may lie in the tree of another. ``why``: why that is not one unit, None where it is.
    ``is_all``: no way ended on the road, so that it lies in one of ``units`` and nowhere else.
    """

    units: frozenset[int]
    why: Untold | None
    is_all: bool


def possible_places(units: Iterable[int], to_day: dt.date) -> dict[int, Places]:
    """Unit id → the units open on ``to_day`` in which it may lie: one where ``roll_up`` tells its figure, several where
    it was divided or made of several. Whoever asks for a district need not know which of its communes it is.

    Ids that are no unit are a KeyError. Two queries for each generation.
    """
    wanted = set(units)
    steps: dict[int, _Step] = {}
    waiting = wanted
    while waiting:
        dates = _dates(waiting)
        closed = [unit for unit in waiting if _is_closed(dates[unit], to_day)]
        early = [unit for unit in waiting if not _is_closed(dates[unit], to_day) and _is_early(dates[unit], to_day)]
        steps |= dict.fromkeys(waiting - set(closed) - set(early), (None, ()))
        steps |= {**_forwards(closed), **_backwards(early)}
        waiting = {on for unit in (*closed, *early) for on in steps[unit][1]} - set(steps)
    found: dict[int, Places] = {}
    return {unit: _places(unit, steps, found) for unit in wanted}


def _places(unit: int, steps: "dict[int, _Step]", found: dict[int, Places]) -> Places:
    if unit not in found:
        why, units = steps[unit]
        if why is None and not units:
            found[unit] = Places(frozenset([unit]), None, is_all=True)
        else:
            parts = [_places(on, steps, found) for on in units]
            found[unit] = Places(
                frozenset().union(*(part.units for part in parts)),
                why or next((part.why for part in parts if part.why), None),
                is_all=bool(parts) and all(part.is_all for part in parts),
            )
    return found[unit]


_Dates = tuple[dt.date | None, dt.date | None]
_Step = tuple[Untold | None, tuple[int, ...]]


def _is_closed(dates: _Dates, day: dt.date) -> bool:
    return dates[1] is not None and dates[1] <= day


def _is_early(dates: _Dates, day: dt.date) -> bool:
    return dates[0] is not None and day < dates[0]


def _chunks(units: Iterable[int]) -> Iterator[list[int]]:
    ids = sorted(units)
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _dates(units: Iterable[int]) -> dict[int, _Dates]:
    return {
        pk: (opened, closed)
        for chunk in _chunks(units)
        for pk, opened, closed in Unit.objects.filter(pk__in=chunk).values_list("pk", "opened_on", "closed_on")
    }


def _forwards(units: list[int]) -> dict[int, _Step]:
    heirs: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for chunk in _chunks(units):
        for old, new, share in Succession.objects.filter(old__in=chunk).values_list("old_id", "new_id", "share"):
            heirs[old].append((new, share))
    found: dict[int, _Step] = {}
    for unit in units:
        wholes = [new for new, share in heirs[unit] if share == Succession.Share.WHOLE]
        among = tuple(sorted(new for new, _share in heirs[unit]))
        why = None if wholes else Untold.DIVIDED if among else Untold.ENDED
        found[unit] = (why, tuple(wholes) or among)
    return found


def _backwards(units: list[int]) -> dict[int, _Step]:
    came: dict[int, list[int]] = defaultdict(list)
    for chunk in _chunks(units):
        for new, old in Succession.objects.filter(new__in=chunk).values_list("new_id", "old_id"):
            came[new].append(old)
    found: dict[int, _Step] = {}
    for unit in units:
        among = tuple(sorted(came[unit]))
        # A part of one unit lies wholly in it: its figures belong there as those of the whole would.
        why = None if len(among) == 1 else Untold.UNITED if among else Untold.FOUNDED
        found[unit] = (why, among)
    return found

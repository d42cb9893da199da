"""People at units that were closed and went on nowhere whole: a person decides where each of them goes on."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from lms.units.models import Appointment, Reorganisation, ReorganisedUnit, Succession, Unit
from lms.units.queries.tree import UnitOnDay, breadcrumbs_on, names_on

Role = ReorganisedUnit.Role


def undecided(within: Q) -> QuerySet[Appointment]:
    """Appointments at divided and dissolved units that last beyond the unit, of all plans whose tree is switched.
    ``within``: a condition on appointments, as ``lms.units.scope.scope_q`` makes it.
    """
    return Appointment.objects.filter(
        within,
        Q(ends_on__isnull=True) | Q(ends_on__gt=F("unit__closed_on")),
        unit__reorganised__role=Role.CLOSED,
        unit__reorganised__people_to__isnull=True,
        unit__reorganised__reorganisation__switched_at__isnull=False,
    )


@dataclass(frozen=True)
class ClosedUnit:
    """``where``: the units above on its last day, nearest first, without the root. ``candidates``: what it was divided
    into, or what stands for the unit above a dissolved one, by name; () where nothing does.
    """

    unit_id: int
    path: str
    name: str
    where: str
    change: Reorganisation
    candidates: tuple[UnitOnDay, ...]


def closed_units(ids: Collection[int]) -> list[ClosedUnit]:
    """Units of ``undecided``, in the tree's order. Two queries for each reorganisation that closed them, and five."""
    rows = list(
        ReorganisedUnit.objects.filter(unit__in=ids, role=Role.CLOSED)
        .select_related("unit", "reorganisation")
        .order_by("unit__path")
    )
    went = _went_into(rows)
    by_change = defaultdict(list)
    for row in rows:
        by_change[row.reorganisation_id].append(row)
    found = {}
    for same in by_change.values():
        change = same[0].reorganisation
        # A unit is called by the name nearest to the day: of a closed one the last.
        day = change.effective_on
        names = names_on({row.unit_id for row in same} | {pk for row in same for pk in went[row.unit_id]}, day)
        chains = breadcrumbs_on([row.unit for row in same], day)
        for row in same:
            above = [step.name for step in reversed(chains[row.unit.path][1:-1])]
            heirs = sorted((names[pk] for pk in went[row.unit_id] if pk in names), key=lambda unit: unit.sort_key)
            found[row.unit_id] = ClosedUnit(
                row.unit_id, row.unit.path, names[row.unit_id].name, ", ".join(above), change, tuple(heirs)
            )
    return [found[row.unit_id] for row in rows]


def _went_into(rows: list[ReorganisedUnit]) -> dict[int, list[int]]:
    """Closed unit → its successors that are still there, or what stands for the nearest unit above it."""
    found: dict[int, list[int]] = {row.unit_id: [] for row in rows}
    # One that has closed since is no place to go: whoever went there now would be left behind again, and not be listed.
    standing = Succession.objects.filter(old__in=found, new__closed_on__isnull=True)
    for old, new in standing.values_list("old_id", "new_id"):
        found[old].append(new)
    step = Unit.steplen
    above = {
        row.unit_id: [row.unit.path[:end] for end in range(len(row.unit.path) - step, 0, -step)]
        for row in rows
        if not found[row.unit_id]
    }
    units = {
        unit.path: unit for unit in Unit.objects.filter(path__in={path for paths in above.values() for path in paths})
    }
    closed = [unit.pk for unit in units.values() if unit.closed_on]
    people_to = dict(
        ReorganisedUnit.objects.filter(unit__in=closed, role=Role.CLOSED).values_list("unit_id", "people_to_id")
    )
    for unit_id, paths in above.items():
        for path in paths:
            unit = units[path]
            stands = people_to.get(unit.pk) if unit.closed_on else unit.pk
            if stands:
                found[unit_id] = [stands]
                break
    return found

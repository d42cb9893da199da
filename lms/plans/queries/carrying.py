"""Where a task stands on a day. A task given to a unit that closed and went on whole in another stands there from that
day on: the row, its deadline, its short link and its log stay one and the same, so nothing is given twice and no past
day changes. A task of a unit that was divided or dissolved stands where it was given, until somebody gives it anew.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.expressions import RawSQL

from lms.plans.models import Assignment
from lms.units.models import Succession, Unit


@dataclass(frozen=True)
class Stand:
    """``unit``: where the task stands that day. ``came``: the units through which it came there, the one to which it
    was given first; () where it has not moved.
    """

    unit: Unit
    came: tuple[Unit, ...] = ()

    @property
    def former(self) -> tuple[str, ...]:
        return tuple(unit.path for unit in self.came)


def stands_on(units: Iterable[Unit], day: dt.date) -> dict[int, Stand]:
    """Unit id → where a task that was given to it stands on ``day``. No query while all are open, else one for each
    generation of successors.
    """
    stands = {unit.pk: Stand(unit) for unit in units}
    moving = {pk: stand for pk, stand in stands.items() if _is_closed(stand.unit, day)}
    while moving:
        heirs = {
            step.old_id: step.new
            for step in Succession.objects.filter(
                old__in={stand.unit.pk for stand in moving.values()}, share=Succession.Share.WHOLE
            ).select_related("new__level")
        }
        moved = {
            pk: Stand(heirs[stand.unit.pk], (*stand.came, stand.unit))
            for pk, stand in moving.items()
            if stand.unit.pk in heirs
        }
        stands.update(moved)
        moving = {pk: stand for pk, stand in moved.items() if _is_closed(stand.unit, day)}
    return stands


def stand_of(task: Assignment, day: dt.date) -> Stand:
    """No query while the unit of the task is open."""
    return stands_on([task.unit], day)[task.unit_id]


def _is_closed(unit: Unit, day: dt.date) -> bool:
    return unit.closed_on is not None and unit.closed_on <= day


# Both databases know the statement. It starts from few rows: those that went whole into the units looked at.
_GONE_INTO = """
WITH RECURSIVE gone (id) AS (
  SELECT succession.old_id FROM units_succession succession JOIN units_unit heir ON heir.id = succession.new_id
  WHERE succession.share = 'whole' AND ({where})
  UNION
  SELECT succession.old_id FROM units_succession succession JOIN gone ON succession.new_id = gone.id
  WHERE succession.share = 'whole'
) SELECT id FROM gone
"""


def given_at(*, exactly: Iterable[str] = (), below: Sequence[str] = (), lookup: str = "unit") -> Q:
    """Rows whose unit has one of the paths ``exactly`` or lies in the subtree of one of ``below``, or went into such a
    unit whole, whenever that was: more than stand there on one day, so ``stands_on`` has the last word.
    """
    paths = sorted(exactly)
    if not paths and not below:
        return Q(pk__in=[])
    where = [f"heir.path IN ({', '.join(['%s'] * len(paths))})"] if paths else []
    where += ["heir.path LIKE %s"] * len(below)
    gone = RawSQL(  # noqa: S611  the words are ours, the paths are parameters
        _GONE_INTO.replace("{where}", " OR ".join(where)), [*paths, *(f"{path}%" for path in below)]
    )
    found = Q(**{f"{lookup}__path__in": paths}) | Q(**{f"{lookup}__in": gone})
    for path in below:
        found |= Q(**{f"{lookup}__path__startswith": path})
    return found

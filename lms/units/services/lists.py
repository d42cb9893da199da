"""Writing the national lists: one history, computed first, then laid down in one short transaction."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit
from lms.units.formats import Source, UnitListFile
from lms.units.models import DivisionType, Level, Succession, Unit, UnitCode, UnitList, UnitName
from lms.units.queries import counts_by_level, tree_on
from lms.units.rules import Boundary, History, Named, Node, tell
from lms.units.services.batches import Batch, Progress, batches, insert, reset_sequences
from lms.units.services.errors import RefusedError

CENTRE_NAME = "Ủy ban Trung ương MTTQ Việt Nam"


@dataclass(frozen=True)
class Difference:
    """A unit that list and tree tell differently about the list's day; ``row`` is None where only the tree has it."""

    file: str
    row: int | None
    code: str
    name: str


@dataclass(frozen=True)
class Loaded:
    """``rows`` written, 0 on a second call; ``differences``: found by a second call, which leaves them alone."""

    rows: int
    differences: tuple[Difference, ...] = ()


@dataclass
class _Plan:
    """Unsaved rows with their keys, in the order of writing."""

    units: list[Unit]
    names: list[UnitName]
    codes: list[UnitCode]
    successions: list[Succession]

    def parts(self) -> list[list[Any]]:
        return [self.units, self.names, self.codes, self.successions]


def rows_of(history: History) -> int:
    """How many rows ``history`` makes, the root and its name included."""
    names = sum(len(node.names) for node in history.nodes)
    return 2 + 2 * len(history.nodes) + names + len(history.successions)


def _plan(history: History, levels: dict[str, Level], types: dict[tuple[str, str], DivisionType]) -> _Plan:
    """The rows that make ``history``, paths included, without a query.

    Keys count from 1: the tree is empty, and so are all four tables.
    """
    root = Unit(pk=1, path=Unit._get_path("", 1, 1), depth=1, numchild=0, level=min(levels.values(), key=_rank))
    plan = _Plan([root], [UnitName(unit=root, full_name=CENTRE_NAME, short_name=CENTRE_NAME)], [], [])
    units: dict[int, Unit] = {}
    for node in history.nodes:
        unit = _unit(len(plan.units) + 1, node, units[id(node.parent)] if node.parent else root, levels[node.level])
        units[id(node)] = unit
        plan.units.append(unit)
        plan.names.extend(_name(unit, types[node.level, named.type], named) for named in node.names)
        plan.codes.append(UnitCode(unit=unit, code=node.code))
    plan.successions.extend(
        Succession(old=units[id(old)], new=units[id(new)], share=share) for old, new, share in history.successions
    )
    for rows in plan.parts():
        for number, row in enumerate(rows, start=1):
            row.pk = number
    return plan


def _rank(level: Level) -> int:
    return level.rank


def _unit(key: int, node: Node, parent: Unit, level: Level) -> Unit:
    parent.numchild += 1
    path = Unit._get_path(parent.path, parent.depth + 1, parent.numchild)
    unit = Unit(pk=key, path=path, depth=parent.depth + 1, numchild=0, level=level)
    _set(unit, "opened", node.opened)
    _set(unit, "closed", node.closed)
    return unit


def _name(unit: Unit, kind: DivisionType, named: Named) -> UnitName:
    name = UnitName(unit=unit, type=kind, full_name=named.full, short_name=named.short)
    _set(name, "starts", named.starts)
    _set(name, "ends", named.ends)
    return name


def _set(row: models.Model, side: str, boundary: Boundary | None) -> None:
    setattr(row, f"{side}_on", boundary.on if boundary else None)
    setattr(row, f"{side}_after", boundary.after if boundary else None)


def is_loaded(source: Source) -> bool:
    """Whether exactly these lists made the tree. Raises ``RefusedError`` where other lists did, or somebody by hand."""
    loaded = dict(UnitList.objects.values_list("as_of", "source_hash"))
    if not loaded:
        if Unit.objects.exists():
            raise RefusedError(
                gettext_noop("the tree already holds units that came from no list; lists fill an empty tree")
            )
        return False
    for entry in source.lists:
        if loaded.get(entry.as_of) != entry.digest:
            reason = gettext_noop("%(file)s is not a list from which the tree was made; units are changed in the tree")
            raise RefusedError(reason, file=entry.name)
    return True


def import_lists(
    *, source: Source, at: dt.datetime, actor: User | None = None, progress: Progress = lambda rows: None
) -> Loaded:
    """Load ``source`` into an empty tree. A second call compares list and tree and writes nothing.

    Everything is computed before the write lock is taken; ``progress`` is told of every batch. Raises ``RefusedError``.
    """
    if is_loaded(source):
        return Loaded(0, tuple(found for entry in source.lists for found in _differences(entry)))
    plan = _plan(tell(source), *_write_levels(source))
    prepared = list(_batches(plan, progress))
    with transaction.atomic():
        if is_loaded(source):  # somebody else was quicker
            return Loaded(0)
        for batch in prepared:
            insert(batch)
            progress(len(batch.values))
        reset_sequences(Unit, UnitName, UnitCode, Succession)
        for entry in source.lists:
            UnitList.objects.create(as_of=entry.as_of, source=entry.name, source_hash=entry.digest, loaded_at=at)
            _check_counts(entry)
        rows = sum(len(batch.values) for batch in prepared)
        audit.record("units.import", Unit.objects.get(depth=1), actor=actor, rows=rows)
    return Loaded(rows)


@transaction.atomic
def _write_levels(source: Source) -> tuple[dict[str, Level], dict[tuple[str, str], DivisionType]]:
    """Levels by key, types by level and word; those that are there already stay as they are."""
    levels = {
        row.key: Level.objects.get_or_create(key=row.key, defaults={"rank": row.rank, "name": row.name})[0]
        for row in source.levels
    }
    types = {
        (row.level, row.name): DivisionType.objects.get_or_create(
            key=row.key, level=levels[row.level], defaults={"name": row.name}
        )[0]
        for row in source.types
    }
    return levels, types


def _batches(plan: _Plan, progress: Progress) -> Iterator[Batch]:
    """The rows as the database takes them."""
    for name in plan.names:
        name.fill_derived()
    for rows in plan.parts():
        for batch in batches(rows):
            yield batch
            progress(len(batch.values))


def _check_counts(entry: UnitListFile) -> None:
    expected = Counter(row.level for row in entry.units.values())
    root = Unit.objects.get(depth=1)
    found = counts_by_level(root, entry.as_of)
    if found != dict(expected):
        raise AssertionError(f"{entry.name}: {found} in the tree, {dict(expected)} in the list")


def _differences(entry: UnitListFile) -> Iterator[Difference]:
    """What the tree, on the list's day, tells differently from the list. One query."""
    tree = tree_on(entry.as_of)
    by_path = {unit.path: (unit.level, unit.code) for unit in tree if unit.code}
    found = {
        (unit.level, unit.code): (unit.name, unit.type, by_path.get(unit.path[: -Unit.steplen]))
        for unit in tree
        if unit.code
    }
    for key, row in entry.units.items():
        if found.pop(key, None) != (row.name, row.type, row.parent):
            yield Difference(entry.name, row.row, row.code, row.name)
    for (_, code), (name, _, _) in found.items():
        yield Difference(entry.name, None, code, name)

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
from lms.units.formats import Key, Source, UnitListFile
from lms.units.models import (
    DivisionType,
    Level,
    Reorganisation,
    ReorganisationStep,
    Succession,
    Unit,
    UnitCode,
    UnitList,
    UnitName,
)
from lms.units.queries import counts_by_level, tree_on
from lms.units.rules import Boundary, Difference, History, Named, Node, difference, tell
from lms.units.services.batches import Batch, Progress, batches, insert, reset_sequences
from lms.units.services.errors import RefusedError

CENTRE_NAME = "Ủy ban Trung ương MTTQ Việt Nam"


@dataclass(frozen=True)
class Deviation:
    """A unit that list and tree tell differently about the list's day; ``row`` is None where only the tree has it."""

    file: str
    row: int | None
    code: str
    name: str


@dataclass(frozen=True)
class Loaded:
    """``rows`` written, 0 on a second call; ``differences``: found by a second call, which leaves them alone."""

    rows: int
    differences: tuple[Deviation, ...] = ()


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
        root = Unit.objects.get(depth=1)
        audit.record("units.import", root, actor=actor, rows=rows, unit=root.pk, path=root.path)
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


def _differences(entry: UnitListFile) -> Iterator[Deviation]:
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
            yield Deviation(entry.name, row.row, row.code, row.name)
    for (_, code), (name, _, _) in found.items():
        yield Deviation(entry.name, None, code, name)


# --- A newer list on a loaded tree -------------------------------------------------------------------


def newer_list(source: Source) -> UnitListFile | None:
    """The list of ``source`` that the tree does not know and that is younger than all it knows; None where there is
    none, or the tree is empty. Raises ``RefusedError`` for a list from between, for a loaded one that was changed
    since, and for two new ones at once.
    """
    loaded = dict(UnitList.objects.values_list("as_of", "source_hash"))
    if not loaded:
        return None
    unknown = [entry for entry in source.lists if loaded.get(entry.as_of) != entry.digest]
    for entry in unknown:
        if entry.as_of <= max(loaded):
            reason = gettext_noop("%(file)s is not a list from which the tree was made; units are changed in the tree")
            raise RefusedError(reason, file=entry.name)
    if len(unknown) > 1:
        reason = gettext_noop("%(file)s and %(other)s are both new: load them one after the other")
        raise RefusedError(reason, file=unknown[0].name, other=unknown[1].name)
    return unknown[0] if unknown else None


def standing_keys() -> set[Key]:
    """(level, code) of the units that are open after the newest list: what the successions of a next one refer to."""
    last = UnitList.objects.aggregate(last=models.Max("as_of"))["last"]
    if last is None:
        return set()
    rows = UnitCode.objects.filter(ends_on__isnull=True, unit__closed_on__isnull=True)
    return set(rows.values_list("unit__level__key", "code"))


def compare(source: Source, entry: UnitListFile) -> Difference:
    """What ``entry`` changes in the tree; nothing is written. Raises ``RefusedError`` where the tree has changes on
    that day or later already.
    """
    if Unit.objects.filter(models.Q(opened_on__gte=entry.as_of) | models.Q(closed_on__gte=entry.as_of)).exists():
        reason = gettext_noop("units open or close on %(day)s or later already: the list comes too late")
        raise RefusedError(reason, day=f"{entry.as_of:%d/%m/%Y}")
    root = Unit.objects.get(depth=1)
    nodes: dict[str, Node] = {}
    tree: dict[Key, Node] = {}
    for unit in tree_on(entry.as_of):
        if unit.path == root.path:
            continue
        parent = nodes.get(unit.path[: -Unit.steplen])
        names = [Named(unit.name, unit.short_name, unit.type)]
        nodes[unit.path] = Node(unit.level, unit.code, parent, names, unit=unit.id)
        if unit.code:
            tree[unit.level, unit.code] = nodes[unit.path]
    ranks = {level.key: level.rank for level in source.levels}
    return difference(tree, entry, ranks, known=_known_until(entry.as_of), root=root.pk)


def _known_until(day: dt.date) -> dt.date:
    """The last day before ``day`` on which the tree was told: by a list or by a document."""
    days = [
        UnitList.objects.aggregate(last=models.Max("as_of"))["last"],
        Unit.objects.filter(opened_on__lt=day).aggregate(last=models.Max("opened_on"))["last"],
        UnitName.objects.filter(starts_on__lt=day).aggregate(last=models.Max("starts_on"))["last"],
    ]
    return max(found for found in days if found)


def draft_list(
    *, source: Source, entry: UnitListFile, found: Difference, at: dt.datetime, by: User | None = None
) -> Reorganisation | None:
    """The plan that makes the tree as ``entry`` says; somebody confirms it like any other. A second call for the same
    list fills the waiting draft anew, or returns the plan as it is where it was confirmed. None where nothing changes:
    then the list is only noted. Raises ``RefusedError`` for a list of that day that is waiting in another version.
    """
    if not found.steps:
        with transaction.atomic():
            UnitList.objects.get_or_create(
                as_of=entry.as_of, defaults={"source": entry.name, "source_hash": entry.digest, "loaded_at": at}
            )
        return None
    types = {key: kind.key for key, kind in _write_levels(source)[1].items()}
    root = Unit.objects.get(depth=1)
    with transaction.atomic():
        plan, made = Reorganisation.objects.exclude(state=Reorganisation.State.CANCELLED).get_or_create(
            source=Reorganisation.Source.LIST,
            list_hash=entry.digest,
            defaults={
                "top": root,
                "document_kind": _LIST_KIND,
                "document_number": entry.name,
                "effective_on": entry.as_of,
                "effective_after": found.boundary.after,
                "made_by": by,
                "made_at": at,
            },
        )
        if plan.state != Reorganisation.State.DRAFT:
            return plan
        plan.steps.all().delete()
        ReorganisationStep.objects.bulk_create(
            (
                ReorganisationStep(
                    reorganisation=plan, order=order, kind=step.kind, units=list(step.units),
                    params=_typed(step.params, types),
                )
                for order, step in enumerate(found.steps, start=1)
            ),
            batch_size=500,
        )  # fmt: skip
        if made:
            audit.record(
                "units.draft_reorganisation", plan, actor=by, unit=root.pk, path=root.path, document=plan.document,
                on=f"{plan.effective_on}",
            )  # fmt: skip
    return plan


# What a list is called where a document is named.
_LIST_KIND = "Danh mục đơn vị hành chính"


def _typed(params: dict[str, Any], types: dict[tuple[str, str], str]) -> dict[str, Any]:
    """``params`` with keys of types for their words."""

    def typed(opening: dict[str, Any]) -> dict[str, Any]:
        key = types.get((str(opening.get("level")), str(opening.get("type"))))
        return {**opening, "type": key} if key else opening

    told = typed(params)
    return {**told, "opening": typed(told["opening"])} if "opening" in told else told

"""How lists of units become one tree over time, and what a newer list changes in a tree. Plain Python.

From one list to the next a unit goes on as itself when its code, its level and its parent go on, and, where
successions are told, nothing else went into it. Otherwise it closes and whatever carries its place opens. Names are
compared letter for letter: without diacritics eight pairs of communes in one province would be one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lms.units.formats import Key, Link, Source, UnitListFile, UnitRow
from lms.units.rules.changes import Kind


@dataclass(frozen=True)
class Boundary:
    """The first day of the new state and, where that day is not known, the last day of the old one."""

    on: dt.date
    after: dt.date | None


@dataclass
class Named:
    full: str
    short: str
    type: str
    starts: Boundary | None = None
    ends: Boundary | None = None


@dataclass(eq=False)
class Node:
    """One unit for its whole life. ``parent`` is None for the units right below the root; ``unit`` is the id of one
    that is in the tree already.
    """

    level: str
    code: str
    parent: "Node | None"
    names: list[Named]
    opened: Boundary | None = None
    closed: Boundary | None = None
    unit: int | None = None


class Gap(StrEnum):
    """What the lists do not say."""

    NO_SUCCESSOR = "no successor"
    NO_PREDECESSOR = "no predecessor"
    OTHER_NAME = "code goes on under another parent and name"
    LEVEL_ENDED = "level ended"


@dataclass(frozen=True)
class Unresolved:
    gap: Gap
    node: Node
    boundary: Boundary
    became: Node | None = None  # who carries the code on, for OTHER_NAME


@dataclass
class History:
    """``nodes``: parents stand before their children. ``successions``: (old, new, share)."""

    nodes: list[Node] = field(default_factory=list)
    successions: list[tuple[Node, Node, str]] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)


def tell(source: Source) -> History:
    """The history that the lists tell. A second call gives the same, in the same order."""
    history = History()
    ranks = {level.key: level.rank for level in source.levels}
    state: dict[Key, Node] = {}
    before: dt.date | None = None
    for entry in source.lists:
        state = _step(history, state, before, entry, ranks)
        before = entry.as_of
    return history


def _step(
    history: History,
    old: dict[Key, Node],
    before: dt.date | None,
    entry: UnitListFile,
    ranks: dict[str, int],
) -> dict[Key, Node]:
    """Carry the state of one list over to the next one; units from the top down, so that parents are there."""
    boundary = None
    if before:
        boundary = Boundary(entry.as_of, None if entry.links is not None else before)
    alone = _alone(entry.links)
    new: dict[Key, Node] = {}
    for row in sorted(entry.units.values(), key=lambda unit: (ranks[unit.level], unit.code)):
        parent = new[row.parent] if row.parent else None
        node = old.get(row.key)
        if node and node.parent is parent and (alone is None or row.key in alone):
            _rename(node, row, boundary)
        else:
            node = Node(row.level, row.code, parent, [Named(row.name, row.short_name, row.type)], opened=boundary)
            history.nodes.append(node)
        new[row.key] = node
    if boundary:
        _close(history, old, new, entry, boundary)
    return new


def _alone(links: tuple[Link, ...] | None) -> set[Key] | None:
    """The new units into which their own old selves went, whole, and nothing else; None if nothing is told."""
    if links is None:
        return None
    sources: dict[Key, list[tuple[Key, str]]] = defaultdict(list)
    for link in links:
        sources[link.new].append((link.old, link.share))
    return {new for new, found in sources.items() if found == [(new, "whole")]}


def _rename(node: Node, row: UnitRow, boundary: Boundary | None) -> None:
    last = node.names[-1]
    if (last.full, last.type) != (row.name, row.type):
        last.ends = boundary
        node.names.append(Named(row.name, row.short_name, row.type, starts=boundary))


def _close(
    history: History, old: dict[Key, Node], new: dict[Key, Node], entry: UnitListFile, boundary: Boundary
) -> None:
    """Close what did not go on, link it to its successors, and say what has none."""
    staying = set(map(id, new.values()))
    closed = {key: node for key, node in old.items() if id(node) not in staying}
    opened = {key: node for key, node in new.items() if node.opened is boundary}
    for node in closed.values():
        node.closed = boundary
    other_name: dict[Key, Node] = {}
    if entry.links is not None:
        told = [
            (closed[link.old], opened[link.new], link.share)
            for link in entry.links
            if link.old in closed and link.new in opened
        ]
    else:
        both = [(key, node, opened[key]) for key, node in closed.items() if key in opened]
        told = [(node, heir, "whole") for _, node, heir in both if node.names[-1].short == heir.names[-1].short]
        other_name = {key: heir for key, node, heir in both if node.names[-1].short != heir.names[-1].short}
    history.successions.extend(told)
    _note_gaps(history, closed, opened, other_name, boundary, {row.level for row in entry.units.values()})


def _note_gaps(
    history: History,
    closed: dict[Key, Node],
    opened: dict[Key, Node],
    other_name: dict[Key, Node],
    boundary: Boundary,
    levels: set[str],
) -> None:
    with_heir = {id(old) for old, _, _ in history.successions}
    with_source = {id(new) for _, new, _ in history.successions}
    for key, node in closed.items():
        if key in other_name:
            history.unresolved.append(Unresolved(Gap.OTHER_NAME, node, boundary, other_name[key]))
        elif node.level not in levels:
            history.unresolved.append(Unresolved(Gap.LEVEL_ENDED, node, boundary))
        elif id(node) not in with_heir:
            history.unresolved.append(Unresolved(Gap.NO_SUCCESSOR, node, boundary))
    for key, node in opened.items():
        if key not in other_name and id(node) not in with_source:
            history.unresolved.append(Unresolved(Gap.NO_PREDECESSOR, node, boundary))


# --- A newer list than the tree ----------------------------------------------------------------------


@dataclass(frozen=True)
class ListStep:
    """A step of the plan, as ``changes.read_step`` takes it, except that types are words."""

    kind: str
    units: tuple[int, ...]
    params: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One line of what a newer list changes. ``before`` and ``after`` are what a person reads: names, a code, the unit
    above; "" where there is nothing.
    """

    what: str  # "opened" | "closed" | "renamed" | "retyped" | "moved" | "recoded"
    level: str
    code: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """``unresolved``: what the list does not say. ``stray``: successions of units that are not in the tree any more."""

    boundary: Boundary
    steps: tuple[ListStep, ...]
    changes: tuple[Change, ...]
    unresolved: tuple[Unresolved, ...]
    stray: tuple[Link, ...]


def difference(
    tree: Mapping[Key, Node], entry: UnitListFile, ranks: Mapping[str, int], *, known: dt.date, root: int
) -> Difference:
    """What ``entry`` changes in ``tree``, as it stands on the list's day. ``known``: the last day on which the tree is
    known; ``root``: the id of the unit above those without a parent.
    """
    history = History()
    new = _step(history, dict(tree), known, entry, dict(ranks))
    boundary = Boundary(entry.as_of, None if entry.links is not None else known)
    recoded = {} if entry.links is not None else _recoded(history, tree, new)
    dropped = {id(node) for node in recoded.values()} | {id(node) for node in recoded}
    sources: dict[int, list[tuple[Node, str]]] = defaultdict(list)
    for old, heir, share in history.successions:
        sources[id(heir)].append((old, share))
    steps: list[ListStep] = []
    changes: list[Change] = []
    refs: dict[int, str] = {}
    for node in history.nodes:
        if id(node) in dropped:
            continue
        refs[id(node)] = f"{len(steps) + 1}/0"
        parent = _ref(node.parent, refs, root)
        step, change = _opened(node, sources[id(node)], parent, root)
        steps.append(step)
        changes.append(change)
    for node in tree.values():
        last = node.names[-1]
        if len(node.names) > 1:
            opening = {"name": last.full, "type": last.type, "level": node.level}
            steps.append(ListStep(Kind.RENAME, (_id(node),), opening))
            what = "renamed" if last.short != node.names[-2].short else "retyped"
            changes.append(Change(what, node.level, node.code, (node.names[-2].full,), (last.full,)))
    for node, heir in recoded.items():
        steps.append(ListStep(Kind.RENAME, (_id(node),), {"code": heir.code}))
        changes.append(Change("recoded", node.level, heir.code, (node.code,), (heir.code,)))
    heirs = defaultdict(list)
    for old, heir, _share in history.successions:
        heirs[id(old)].append(heir.names[-1].full)
    moved = {unit for step in steps if step.kind == Kind.TRANSFER for unit in step.units}
    gone: dict[str, list[int]] = defaultdict(list)
    for node in tree.values():
        if node.closed is None or id(node) in dropped:
            continue
        if id(node) not in heirs:
            gone[node.level].append(_id(node))
        if _id(node) not in moved:
            changes.append(Change("closed", node.level, node.code, (node.names[-1].full,), tuple(heirs[id(node)])))
    steps += [ListStep(Kind.DISSOLVE, tuple(units), {}) for units in gone.values()]
    stray = tuple(link for link in entry.links or () if link.old not in tree)
    unresolved = tuple(item for item in history.unresolved if id(item.node) not in dropped)
    return Difference(boundary, tuple(steps), tuple(changes), unresolved, stray)


def _id(node: Node) -> int:
    if node.unit is None:
        raise ValueError(f"{node.code} does not stand in the tree")
    return node.unit


def _ref(parent: Node | None, refs: Mapping[int, str], root: int) -> str:
    if parent is None:
        return str(root)
    return str(parent.unit) if parent.unit is not None else refs[id(parent)]


def _opened(node: Node, came: list[tuple[Node, str]], parent: str, root: int) -> tuple[ListStep, Change]:
    name = node.names[-1]
    opening = {"name": name.full, "type": name.type, "code": node.code, "parent": parent, "level": node.level}
    wholes = tuple(_id(old) for old, share in came if share == "whole")
    parts = tuple(_id(old) for old, share in came if share == "part")
    if not came:
        return ListStep(Kind.FOUND, (), {"opening": opening}), Change("opened", node.level, node.code, (), (name.full,))
    old = came[0][0]
    if len(came) == 1 and wholes and _ref(old.parent, {}, root) != parent:
        above = old.parent.names[-1].full if old.parent else ""
        now = node.parent.names[-1].full if node.parent else ""
        return (
            ListStep(Kind.TRANSFER, wholes, {"parent": parent, "opening": opening}),
            Change("moved", node.level, node.code, (old.names[-1].full, above), (name.full, now)),
        )
    names = tuple(old.names[-1].full for old, _share in came)
    return (
        ListStep(Kind.MERGE, wholes, {"opening": opening, "parts": list(parts)}),
        Change("opened", node.level, node.code, names, (name.full,)),
    )


def _recoded(history: History, tree: Mapping[Key, Node], new: Mapping[Key, Node]) -> dict[Node, Node]:
    """Units that are the same in all but their code: same parent, same name and type, nothing below them, one each."""
    with_heir = {id(old) for old, _, _ in history.successions}
    with_source = {id(heir) for _, heir, _ in history.successions}
    parents = {id(node.parent) for node in (*tree.values(), *new.values()) if node.parent}

    def places(nodes: list[Node]) -> dict[tuple[Any, ...], list[Node]]:
        found: dict[tuple[Any, ...], list[Node]] = defaultdict(list)
        for node in nodes:
            last = node.names[-1]
            if id(node) not in parents:
                found[id(node.parent), node.level, last.full, last.type].append(node)
        return found

    gone = places([node for node in tree.values() if node.closed and id(node) not in with_heir])
    made = places([node for node in history.nodes if id(node) not in with_source])
    return {
        nodes[0]: made[place][0]
        for place, nodes in gone.items()
        if len(nodes) == 1 and len(made.get(place, ())) == 1 and nodes[0].code != made[place][0].code
    }

"""How lists of units become one tree over time. Plain Python; the rules of DESIGN §3.4 and of ``data/README.md``.

From one list to the next a unit goes on as itself when its code, its level and its parent go on, and, where
successions are told, nothing else went into it. Otherwise it closes and whatever carries its place opens. Names are
compared letter for letter: without diacritics eight pairs of communes in one province would be one.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum

from lms.units.formats import Key, Link, Source, UnitListFile, UnitRow


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
    """One unit for its whole life. ``parent`` is None for the units right below the root."""

    level: str
    code: str
    parent: "Node | None"
    names: list[Named]
    opened: Boundary | None = None
    closed: Boundary | None = None


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
    before: UnitListFile | None = None
    for entry in source.lists:
        state = _step(history, state, before, entry, ranks)
        before = entry
    return history


def _step(
    history: History,
    old: dict[Key, Node],
    before: UnitListFile | None,
    entry: UnitListFile,
    ranks: dict[str, int],
) -> dict[Key, Node]:
    """Carry the state of one list over to the next one; units from the top down, so that parents are there."""
    boundary = None
    if before:
        boundary = Boundary(entry.as_of, None if entry.links is not None else before.as_of)
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

"""What lists tell about the time between them, for any lists whatever."""

import datetime as dt
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.units.formats import Key, LevelRow, Link, Source, UnitListFile, UnitRow
from lms.units.rules import Boundary, Node, tell

LEVELS = (
    LevelRow("centre", 0, "Trung ương", 0),
    LevelRow("province", 10, "Cấp tỉnh", 2),
    LevelRow("district", 20, "Cấp huyện", 3),
    LevelRow("commune", 30, "Cấp xã", 5),
)
DAYS = (dt.date(2022, 8, 1), dt.date(2025, 6, 30), dt.date(2025, 7, 1))
NAMES = st.sampled_from(["Văn Lang", "Văn Lăng", "Mỹ Lộc"])


@st.composite
def lists(draw: st.DrawFn) -> Source:
    """Three lists of a few units each, in which codes go on, vanish, return and change their parents at will."""
    entries: list[UnitListFile] = []
    for number, day in enumerate(DAYS):
        units: dict[Key, UnitRow] = {}
        above: list[Key] = []
        for level in LEVELS[1:]:
            codes = draw(st.sets(st.integers(1, 4), min_size=1 if not above else 0, max_size=4))
            rows = {}
            for code in sorted(codes):
                key = (level.key, str(code).zfill(level.code_length))
                name = draw(NAMES)
                parent = draw(st.sampled_from(above)) if above else None
                rows[key] = UnitRow(*key, parent, f"Xã {name}", name, "xã", 0)
            units |= rows
            above += [key for key in rows if level.key != "commune"]
        links = draw(_links(entries[-1].units, units)) if number == 2 else None
        entries.append(UnitListFile(day, f"units-{day}.csv", str(number), units, links))
    return Source(LEVELS, (), tuple(entries))


@st.composite
def _links(draw: st.DrawFn, old: dict[Key, UnitRow], new: dict[Key, UnitRow]) -> tuple[Link, ...]:
    links: list[Link] = []
    for key in old:
        heirs = [other for other in new if other[0] == key[0]]
        chosen = draw(st.sets(st.sampled_from(heirs), max_size=2)) if heirs else set()
        share = "whole" if len(chosen) == 1 else "part"
        links += [Link(key, heir, share) for heir in sorted(chosen)]
    return tuple(links)


def is_open(node: Node, day: dt.date) -> bool:
    return (node.opened is None or node.opened.on <= day) and (node.closed is None or day < node.closed.on)


def _holds(starts: Boundary | None, ends: Boundary | None, day: dt.date) -> bool:
    return (starts is None or starts.on <= day) and (ends is None or day < ends.on)


@settings(max_examples=80, deadline=None)
@given(source=lists())
def test_each_list_is_what_the_tree_says_on_its_day(source: Source) -> None:
    history = tell(source)
    for entry in source.lists:
        told = {}
        for node in history.nodes:
            if is_open(node, entry.as_of):
                names = [name.full for name in node.names if _holds(name.starts, name.ends, entry.as_of)]
                parent = (node.parent.level, node.parent.code) if node.parent else None
                told[node.level, node.code] = (names, parent)
        assert told == {key: ([row.name], row.parent) for key, row in entry.units.items()}


@settings(max_examples=80, deadline=None)
@given(source=lists(), day=st.dates(dt.date(2021, 1, 1), dt.date(2027, 1, 1)))
def test_no_open_unit_has_a_closed_parent(source: Source, day: dt.date) -> None:
    for node in tell(source).nodes:
        assert not (is_open(node, day) and node.parent and not is_open(node.parent, day))


@settings(max_examples=80, deadline=None)
@given(source=lists())
def test_parents_stand_before_their_children_and_lives_are_longer_than_nothing(source: Source) -> None:
    seen: set[int] = set()
    for node in tell(source).nodes:
        assert node.parent is None or id(node.parent) in seen
        seen.add(id(node))
        assert not (node.opened and node.closed) or node.opened.on < node.closed.on


@settings(max_examples=80, deadline=None)
@given(source=lists())
def test_successions_join_what_closed_to_what_opened_and_a_whole_unit_has_one(source: Source) -> None:
    successions = tell(source).successions
    for old, new, _share in successions:
        assert old.closed is not None
        assert old.closed == new.opened
    assert all(number == 1 for number in Counter((id(old), id(new)) for old, new, _ in successions).values())
    heirs = Counter(id(old) for old, _, _ in successions)
    assert all(heirs[id(old)] == 1 for old, _, share in successions if share == "whole")


@settings(max_examples=80, deadline=None)
@given(source=lists())
def test_nothing_is_both_linked_and_listed_as_unresolved(source: Source) -> None:
    history = tell(source)
    linked = {id(old) for old, _, _ in history.successions}
    closed = {id(item.node) for item in history.unresolved if item.node.closed == item.boundary}
    ended = {id(node) for node in history.nodes if node.closed}
    assert linked | closed == ended
    assert not linked & closed


@settings(max_examples=50, deadline=None)
@given(source=lists())
def test_telling_twice_tells_the_same(source: Source) -> None:
    def shape(nodes: list[Node]) -> list[tuple[str, str, int]]:
        return [(node.level, node.code, len(node.names)) for node in nodes]

    assert shape(tell(source).nodes) == shape(tell(source).nodes)

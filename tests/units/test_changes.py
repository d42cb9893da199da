"""The planning itself, without a database: whatever the plan, the tree stays a tree and nothing is lost unsaid."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.units.rules.changes import Frame, Kind, Plan, Standing, Step, Wanted, read_step, work_out

DAY = dt.date(2026, 12, 1)
RANKS = {"centre": 0, "province": 10, "district": 20, "commune": 30}
TYPES = {("province", "tinh"): "tỉnh", ("district", "huyen"): "huyện", ("commune", "xa"): "xã"}
LEVELS = ("centre", "province", "district", "commune")
TYPE_OF = {"province": "tinh", "district": "huyen", "commune": "xa", "centre": ""}


def frame(shape: dict[int, tuple[int | None, str]], **options: object) -> Frame:
    """``shape``: id → (parent, level), parents first."""
    units: dict[int, Standing] = {}
    for pk, (parent, level) in shape.items():
        path = (units[parent].path if parent else "") + f"{pk:04d}"
        word = TYPES.get((level, TYPE_OF[level]), "Trung ương")
        name = f"{word.capitalize()} Số {pk}"
        units[pk] = Standing(pk, path, parent, level, name, f"Số {pk}", TYPE_OF[level], f"{pk:05d}")
    codes = {(unit.level, unit.code): frozenset([unit.id]) for unit in units.values()}
    return Frame(DAY, units, RANKS, TYPES, codes, **options)  # type: ignore[arg-type]


#    1 centre
#    2 province          3 province
#    4 district, 5 commune    6 commune
#    7, 8 communes
COUNTRY = {
    1: (None, "centre"), 2: (1, "province"), 3: (1, "province"), 4: (2, "district"), 5: (2, "commune"),
    6: (3, "commune"), 7: (4, "commune"), 8: (4, "commune"),
}  # fmt: skip


def step(order: int, kind: str, *units: int, **params: object) -> Step:
    return read_step(order, kind, units, params)


NEW = {"name": "Xã Mới", "type": "xa", "code": "99999"}


def keys(*steps: Step, of: Frame | None = None, warnings: bool = False) -> list[str]:
    plan = work_out(of or frame(COUNTRY), steps)
    return [problem.key for problem in plan.problems if warnings or not problem.is_warning]


def links(plan: Plan) -> set[tuple[int, str, str]]:
    return {(link.old, link.new, link.share) for link in plan.links}


def test_a_merger_of_provinces_takes_everything_below_along() -> None:
    opening = {"name": "Tỉnh Gộp", "type": "tinh", "code": "88"}
    plan = work_out(frame(COUNTRY), [step(1, "merge", 2, 3, opening=opening)])
    assert plan.problems == ()
    assert list(plan.closings) == [2, 4, 7, 8, 5, 3, 6]
    assert [(row.ref, row.parent) for row in plan.openings] == [
        ("1/0", "1"), ("~4", "1/0"), ("~5", "1/0"), ("~6", "1/0"), ("~7", "~4"), ("~8", "~4"),
    ]  # fmt: skip
    assert links(plan) == {
        (2, "1/0", "whole"), (3, "1/0", "whole"), (4, "~4", "whole"), (5, "~5", "whole"), (6, "~6", "whole"),
        (7, "~7", "whole"), (8, "~8", "whole"),
    }  # fmt: skip


def test_the_1st_of_july_in_small() -> None:
    """Provinces merge, the district ends, its communes go whole and in part into new ones below the new province."""
    plan = work_out(
        frame(COUNTRY),
        [
            step(1, "merge", 2, 3, opening={"name": "Tỉnh Gộp", "type": "tinh", "code": "88"}),
            step(2, "merge", 7, opening={**NEW, "parent": "1/0"}, parts=[8]),
            step(3, "merge", 5, opening={**NEW, "name": "Xã Khác", "code": "99998", "parent": "2"}, parts=[8]),
            step(4, "dissolve", 4),
        ],
    )
    assert [problem for problem in plan.problems if not problem.is_warning] == []
    assert [(row.ref, row.parent) for row in plan.openings] == [
        ("1/0", "1"), ("2/0", "1/0"), ("3/0", "1/0"), ("~6", "1/0")
    ]  # fmt: skip
    assert links(plan) == {
        (2, "1/0", "whole"), (3, "1/0", "whole"), (7, "2/0", "whole"), (8, "2/0", "part"), (8, "3/0", "part"),
        (5, "3/0", "whole"), (6, "~6", "whole"),
    }  # fmt: skip
    assert (plan.candidates[8], plan.candidates[4]) == (("2/0", "3/0"), ("1/0",))


def test_a_rename_below_a_unit_that_closes_gives_the_new_row_the_new_name() -> None:
    plan = work_out(frame(COUNTRY), [step(1, "transfer", 4, parent="3"), step(2, "rename", 7, name="Xã Tên Mới")])
    assert plan.problems == ()
    assert {row.ref: row.name for row in plan.openings} == {
        "1/0": "Huyện Số 4", "~7": "Xã Tên Mới", "~8": "Xã Số 8"
    }  # fmt: skip
    assert plan.renamings == ()


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        pytest.param([step(1, "merge", 5, 99, opening=NEW)], ["not_open"], id="a unit that is not open"),
        pytest.param(
            [step(1, "dissolve", 5), step(2, "merge", 5, 7, opening=NEW)], ["used_twice"], id="a unit in two steps"
        ),
        pytest.param([step(1, "merge", 4, 5, opening=NEW)], ["two_levels", "type"], id="units of two levels"),
        pytest.param([step(1, "merge", 7, 8, opening={**NEW, "code": "00006"})], ["code_taken"], id="a code taken"),
        pytest.param([step(1, "merge", 7, 8, opening={**NEW, "code": "00007"})], [], id="the code of one that closes"),
        pytest.param(
            [step(1, "merge", 7, 8, opening=NEW), step(2, "found", opening={**NEW, "level": "commune", "parent": "3"})],
            ["code_taken", "code_taken"], id="one code for two",
        ),
        pytest.param([step(1, "dissolve", 4)], ["child_without_place"] * 2, id="communes without a place"),
        pytest.param([step(1, "dissolve", 4, children_to="2")], [], id="communes that come up"),
        pytest.param(
            [step(1, "split", 4, openings=[{"name": "Huyện A", "type": "huyen", "code": "1"},
                                           {"name": "Huyện B", "type": "huyen", "code": "2"}], children={"7": 0})],
            ["child_without_place"], id="one commune of two named",
        ),
        pytest.param([step(1, "split", 5, openings=[NEW])], ["split"], id="divided into one"),
        pytest.param([step(1, "transfer", 5, parent="2")], ["same_parent"], id="where it is already"),
        pytest.param([step(1, "transfer", 5)], ["no_parent"], id="under nothing"),
        pytest.param([step(1, "transfer", 4, parent="7")], ["circle"], id="below itself"),
        pytest.param([step(1, "transfer", 5, parent="6")], ["rank"], id="under a commune"),
        pytest.param([step(1, "rename", 5, name="Xã Số 5")], ["same_name"], id="the name it has"),
        pytest.param([step(1, "rename", 5, name="Phường Năm")], ["name_type"], id="a name without its type"),
        pytest.param([step(1, "rename", 5, type="phuong")], ["type"], id="a type there is not"),
        pytest.param([step(1, "relevel", 5, opening={"name": "Xã Năm"})], ["same_level"], id="the level it has"),
        pytest.param([step(1, "dissolve", 1)], ["top"], id="the top"),
        pytest.param([step(1, "merge", 7, 8, opening={"code": "1"})], ["no_name"], id="no name"),
        pytest.param([step(1, "merge", opening=NEW)], ["no_unit"], id="nothing merges"),
        pytest.param(
            [step(1, "merge", 7, 8, opening={**NEW, "parent": "77"})], ["parent"], id="under a unit that is not there"
        ),
        pytest.param(
            [step(1, "found", opening={**NEW, "level": "commune", "parent": "4"}),
             step(2, "dissolve", 4, children_to="2")],
            ["parent"], id="under a unit that ends",
        ),
        pytest.param([step(1, "merge", 7, 8, absorbing=5, opening=NEW)], ["absorbing"], id="taken in by a stranger"),
        pytest.param(
            [step(1, "merge", 7, 8, opening=NEW, children=[6])], ["not_a_child"], id="a child of somebody else"
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(steps: list[Step], found: list[str]) -> None:
    assert keys(*steps) == found


@pytest.mark.parametrize(
    ("known", "units", "found"),
    [
        (("opens", DAY), 5, ["later_opens"]),
        (("closes", dt.date(2027, 1, 1)), 5, ["later_closes"]),
        (("renamed", dt.date(2027, 1, 1)), 5, ["later_renamed"]),
        (("recoded", dt.date(2027, 1, 1)), 5, ["later_recoded"]),
        (("below", dt.date(2027, 1, 1)), 5, ["later_below"]),
        (("closes", dt.date(2027, 1, 1)), 3, ["later_closes"]),
    ],
)
def test_what_is_known_of_later_days_stands_in_the_way(known, units, found) -> None:
    told = frame(COUNTRY)
    told = replace(told, units={**told.units, units: replace(told.units[units], later=(known,))})
    assert keys(step(1, "transfer", 5, parent="3"), of=told) == found


def test_before_the_newest_list_nothing_changes_by_hand() -> None:
    assert keys(step(1, "dissolve", 5), of=frame(COUNTRY, known_until=DAY)) == ["list"]
    assert keys(step(1, "dissolve", 5), of=frame(COUNTRY, known_until=DAY - dt.timedelta(days=1))) == []


def test_warnings_hinder_nothing() -> None:
    steps = [
        step(1, "merge", 7, opening={"name": "Xã Số 5", "type": "xa", "parent": "2", "code": ""}),
        step(2, "merge", 8, opening={**NEW, "parent": "2"}, parts=[6]),
        step(3, "dissolve", 4),
    ]
    assert keys(*steps, warnings=True) == ["one_merges", "no_code", "same_sibling", "rest_untold"]
    assert work_out(frame(COUNTRY), steps).is_sound


# --- Whatever the tree, whatever the plan ------------------------------------------------------------


@st.composite
def plans(draw: st.DrawFn) -> tuple[Frame, list[Step]]:
    """Plans as people make them: about half are sound, the rest fail for one reason or another."""
    shape: dict[int, tuple[int | None, str]] = {1: (None, "centre"), 2: (1, "province"), 3: (1, "province")}
    for pk in range(4, draw(st.integers(7, 14))):
        parent = draw(st.sampled_from([each for each, (_p, level) in shape.items() if level != "commune"]))
        below = LEVELS[LEVELS.index(shape[parent][1]) + 1 :]
        shape[pk] = (parent, draw(st.sampled_from(below)))
    pool = list(draw(st.permutations(sorted(shape)[1:])))
    steps = []
    for order in range(1, draw(st.integers(1, 4)) + 1):
        if pool:
            steps.append(_one(draw, order, shape, pool))
    return frame(shape), steps


def _one(draw: st.DrawFn, order: int, shape: dict[int, tuple[int | None, str]], pool: list[int]) -> Step:
    unit = pool.pop()
    parent, level = shape[unit]
    higher = [str(each) for each, (_p, of) in shape.items() if RANKS[of] < RANKS[level] and str(each) != str(parent)]
    same = [each for each in pool if shape[each][1] == level]
    below = [each for each, (above, _level) in shape.items() if above == unit]
    chosen = draw(st.sampled_from(Kind))
    units, parts = [unit], []
    if chosen is Kind.MERGE:
        for group in (units, parts):
            if same and draw(st.booleans()):
                group.append(same.pop())
                pool.remove(group[-1])
    to = draw(st.sampled_from(higher)) if higher else None
    kind = TYPE_OF[level]
    wanted = Wanted(name=f"{TYPES[level, kind].capitalize()} Mới {order}", type=kind, code=f"9{order}")
    if chosen is Kind.TRANSFER or chosen is Kind.FOUND:
        wanted = replace(wanted, parent=to, level=level)
    if chosen is Kind.RELEVEL:
        level = draw(st.sampled_from(["district", "commune"]))
        wanted = replace(wanted, level=level, name=f"{TYPES[level, TYPE_OF[level]]} Mới", type=TYPE_OF[level])
    divided = [each for each, (above, _level) in shape.items() if above in parts]
    return Step(
        order=order,
        kind=chosen,
        units=() if chosen is Kind.FOUND else tuple(units),
        parts=tuple(parts),
        wanted=(wanted, replace(wanted, name=f"{wanted.name} b", code=f"8{order}")),
        children=dict.fromkeys(below if chosen is Kind.SPLIT else divided, 0),
        children_to=str(parent) if draw(st.booleans()) else to,
        people_to=draw(st.sampled_from([None, str(parent)])),
    )


@settings(max_examples=250, deadline=None)
@given(plans())
def test_after_a_sound_plan_the_tree_is_a_tree_and_every_unit_is_accounted_for(told: tuple[Frame, list[Step]]) -> None:
    before, steps = told
    plan = work_out(before, steps)
    assert work_out(before, steps) == plan
    if not plan.is_sound:
        return
    staying = {str(unit) for unit in before.units if unit not in plan.closings}
    there = staying | {row.ref for row in plan.openings}
    seen = set(staying)
    for row in plan.openings:
        assert row.parent in seen  # parents first, and no unit below one that closes
        seen.add(row.ref)
    for unit in before.units.values():
        assert unit.id in plan.closings or unit.parent is None or unit.parent not in plan.closings
    wholes = [link.old for link in plan.links if link.share == "whole"]
    parts = [link.old for link in plan.links if link.share == "part"]
    assert len(wholes) == len(set(wholes))
    assert not set(wholes) & set(parts)
    assert set(wholes) | set(parts) <= set(plan.closings)
    assert {link.new for link in plan.links} <= {row.ref for row in plan.openings}
    assert set(plan.people_to) | set(plan.candidates) == set(plan.closings)
    assert not set(plan.people_to) & set(plan.candidates)
    assert set(plan.people_to.values()) | {ref for refs in plan.candidates.values() for ref in refs} <= there
    codes = [(row.level, row.code) for row in plan.openings]
    codes += [(unit.level, unit.code) for unit in before.units.values() if str(unit.id) in staying]
    assert len(codes) == len(set(codes))


def test_what_cannot_be_read_is_a_value_error() -> None:
    for kind, params in (("explode", {}), ("merge", {"opening": 3}), ("merge", {"parts": [None]}),
                         ("split", {"openings": "x"}), ("rename", {"name": "a", "children": {"x": 1}})):  # fmt: skip
        with pytest.raises(ValueError):  # noqa: PT011  any
            read_step(1, kind, [1], params)

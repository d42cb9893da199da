"""Point at a picture: geometry, the grid for who has no pointer, and nothing given away."""

import math
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from quizzes import marking, types
from quizzes.marking import CIRCLE, POLYGON, RECT, WHOLE, in_zone
from quizzes.types.zones import Grid, parse_percent, percent
from tests.factories.questions import CONTENT, RIGHT

KIND, SCREEN, GIVEN = types.get("hotspot"), CONTENT["hotspot"], RIGHT["hotspot"]
SHARE = st.integers(0, WHOLE)


def post(**values: object) -> QueryDict:
    query = QueryDict(mutable=True)
    for key, value in values.items():
        query[f"a-{key}"] = str(value)
    return query


# --- Geometry ----------------------------------------------------------------------------------------


@given(left=SHARE, top=SHARE, across=st.integers(1, 5000), down=st.integers(1, 5000), x=SHARE, y=SHARE)
def test_a_rectangle_is_the_same_polygon(left: int, top: int, across: int, down: int, x: int, y: int) -> None:
    right, bottom = left + across, top + down
    corners = [left, top, right, top, right, bottom, left, bottom]
    size = {"width": 640, "height": 480}
    assert in_zone(RECT, [left, top, across, down], x, y, **size) == in_zone(POLYGON, corners, x, y, **size)
    assert in_zone(POLYGON, corners, x, y, **size) == in_zone(POLYGON, [*corners[2:], *corners[:2]], x, y, **size)


@given(
    x=SHARE, y=SHARE, radius=st.integers(1, 5000), width=st.integers(1, 1600), height=st.integers(1, 1600),
    px=SHARE, py=SHARE,
)  # fmt: skip
def test_a_circle_is_round_on_the_picture(
    x: int, y: int, radius: int, width: int, height: int, px: int, py: int
) -> None:
    distance = math.hypot((px - x) * width, (py - y) * height)
    if not math.isclose(distance, radius * width, rel_tol=1e-9):
        assert in_zone(CIRCLE, [x, y, radius], px, py, width=width, height=height) == (distance < radius * width)


def test_edges_and_corners_belong_to_the_zone() -> None:
    size = {"width": 100, "height": 100}
    triangle = [1000, 1000, 3000, 1000, 2000, 3000]
    for x, y in [(1000, 1000), (2000, 1000), (2500, 2000), (2000, 3000), (1500, 2000)]:
        assert in_zone(POLYGON, triangle, x, y, **size)
    for x, y in [(999, 1000), (2501, 2000), (2000, 3001), (1499, 2000), (3001, 1000)]:
        assert not in_zone(POLYGON, triangle, x, y, **size)
    arrow = [0, 0, 4000, 2000, 0, 4000, 1000, 2000]  # with a notch on the left
    assert not in_zone(POLYGON, arrow, 500, 2000, **size)
    assert in_zone(POLYGON, arrow, 1500, 2000, **size)


@given(width=st.integers(1, 1600), height=st.integers(1, 1600), x=SHARE, y=SHARE)
def test_the_centre_of_a_cell_lies_in_that_cell(width: int, height: int, x: int, y: int) -> None:
    grid = Grid(width, height)
    column, row = grid.cell(x, y)
    assert 0 <= column < grid.columns
    assert 0 <= row < grid.rows
    assert grid.cell(*grid.centre(column, row)) == (column, row)


@given(points=st.lists(SHARE, min_size=1, max_size=8))
def test_numbers_in_percent_come_back(points: list[int]) -> None:
    assert parse_percent(percent(points)) == points


@pytest.mark.parametrize("text", ["", "abc", "-1", "101", "1,2,3", "12%3"])
def test_what_is_no_percent_is_refused(text: str) -> None:
    assert parse_percent(text) is None


# --- Marking -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "share", "zone"),
    [
        (1500, 3000, 1, "r"),
        (1000, 2000, 1, "r"),
        (999, 2000, 0, "elsewhere"),
        (5000, 9000, 1, "p"),
        (7500, 5000, 0, "w"),
        (7500, 6900, 0, "w"),  # on 800 × 400 the circle is twice as tall in shares
        (0, 0, 0, "elsewhere"),
    ],
)
def test_any_right_place_is_right_and_everything_else_is_not(x: int, y: int, share: int, zone: str) -> None:
    assert KIND.mark(SCREEN, {"x": x, "y": y}) == share
    assert KIND.responses(SCREEN, {"x": x, "y": y}) == {"place": (zone,)}


def test_the_first_of_overlapping_places_decides() -> None:
    first, second = SCREEN["zones"][0], SCREEN["zones"][1]
    trap = {**second, "shape": RECT, "points": [1400, 2900, 200, 200]}
    assert KIND.mark({**SCREEN, "zones": [first, trap]}, GIVEN) == 1
    assert KIND.mark({**SCREEN, "zones": [trap, first]}, GIVEN) == 0


def test_the_review_says_what_was_hit_and_why_and_the_open_question_does_not() -> None:
    (line,) = KIND.explain(SCREEN, {"x": 7500, "y": 5000})
    assert (line.is_right, line.reason) == (False, "Nút này xóa cả Trang.")
    assert "Nút Xóa Trang" in line.text
    for text in ("Nút", "Liên kết", "rect", "2000"):
        assert text not in repr(KIND.present(SCREEN, [], None))
        assert text not in KIND.summarise(SCREEN, GIVEN)


# --- The form ----------------------------------------------------------------------------------------


def test_a_cell_means_its_centre_and_an_earlier_click_stays_exact() -> None:
    assert KIND.parse(post(column=3, row=2), "a", SCREEN) == {"x": 1750, "y": 2500}
    assert KIND.parse(post(column=3, row=2, was="1999,2001"), "a", SCREEN) == {"x": 1999, "y": 2001}
    assert KIND.parse(post(column=4, row=2, was="1999,2001"), "a", SCREEN) == {"x": 2250, "y": 2500}
    assert KIND.parse(post(column=3, row=2, was="99999,2001"), "a", SCREEN) == {"x": 1750, "y": 2500}
    assert KIND.parse(post(x=1, y=2, column=3, row=2), "a", SCREEN) == {"x": 1, "y": 2}
    assert KIND.parse(post(column=3, row=""), "a", SCREEN) is None


@pytest.mark.parametrize(
    "values",
    [
        {"x": 10001, "y": 0}, {"x": 5}, {"x": "-1", "y": 1}, {"x": "١", "y": 1}, {"x": 1.5, "y": 1},
        {"column": 20, "row": 0}, {"column": 0, "row": 10}, {"column": "a", "row": 1},
    ],
)  # fmt: skip
def test_forged_places_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(types.BadAnswerError):
        KIND.parse(post(**values), "a", SCREEN)


def test_every_right_place_can_be_chosen_by_the_grid() -> None:
    shown = KIND.present(SCREEN, [], None)
    found = {
        KIND.responses(SCREEN, KIND.parse(post(column=column.value, row=row.value), "a", SCREEN))["place"][0]
        for column in shown.columns
        for row in shown.rows
    }
    assert found == {"r", "w", "p", "elsewhere"}


def zone(**fields: Any) -> dict[str, Any]:
    return {**SCREEN["zones"][0], **fields}


@pytest.mark.parametrize(
    "zones",
    [
        None, [], "x", [1], [zone(right=False)], [zone(points=[1000, 2000, 60, 60])],
        [zone(points=[9000, 0, 2000, 10])],
        [zone(points=[1, 2, 3])], [zone(shape="star")], [zone(shape=["rect"])], [zone(shape="point", points=[1, 1])],
        [zone(points=[0.5, 0, 1, 1])], [zone(text="")], [zone(id="")], [zone(), zone()], [zone(id="elsewhere")],
        [zone(id="w", right=False), zone()],
    ],
    ids=range(17),
)  # fmt: skip
def test_broken_places_are_refused_also_those_that_only_a_pointer_could_hit(zones: Any) -> None:
    errors = KIND.validate({**SCREEN, "zones": zones})
    assert errors
    assert all(error.endswith(".") for error in errors)


def test_a_package_gives_places_in_percent() -> None:
    rows = [{"shape": "rect", "at": [10, 20, 20, 20.5], "text": "Nút", "right": True}, {"at": "x", "text": "Hỏng"}]
    content = KIND.from_source({"picture": "a" * 64, "width": 800, "height": 400, "alt": "Ảnh", "zones": rows})
    assert content["zones"][0]["points"] == [1000, 2000, 2000, 2050]
    assert len(KIND.validate(content)) == 1
    assert KIND.validate({**content, "zones": content["zones"][:1]}) == []


def test_zones_that_were_moved_keep_their_ids_and_old_clicks_can_be_marked_again() -> None:
    moved = [{**row, "points": [0, 0, 1000, 1000], "shape": RECT} for row in SCREEN["zones"][:1]]
    again = KIND.from_form({"picture": None, "alt": "", "zones": [*moved, {**zone(), "id": ""}]})
    assert again["zones"][0]["id"] == "r"
    assert len({row["id"] for row in again["zones"]}) == 2
    assert KIND.incompatible(SCREEN, {**SCREEN, "zones": moved}) == ""
    assert KIND.incompatible(SCREEN, {**SCREEN, "picture": "c" * 64}) != ""
    assert KIND.mark({**SCREEN, "zones": moved}, GIVEN) == marking.NOTHING

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.reports.rules import Figures, Kind, Order, Row, in_order, page_segments, segments


def row(name: str, *, covered: int = 0, units: int = 0, done: int = 0, people: int = 0, kind: Kind = Kind.UNIT) -> Row:
    return Row(kind, name, Figures(people=people, done=done, units=units, covered=covered), sort_key=name)


def test_the_three_states_add_up_to_all_people():
    figures = Figures(people=389, done=212, under_way=97)
    assert (figures.not_begun, figures.done_rate) == (80, 212 / 389)


def test_nobody_has_no_rate():
    assert (Figures().done_rate, Figures().covered_rate) == (None, None)


def test_lowest_share_first_equal_shares_by_name_and_no_share_last_both_ways():
    rows = [row("c", covered=1, units=2), row("a"), row("b", covered=1, units=2), row("d", units=3)]
    assert [r.name for r in in_order(rows, Order.COVERED)] == ["d", "b", "c", "a"]
    assert [r.name for r in in_order(rows, Order.COVERED_BACK)] == ["b", "c", "d", "a"]


def test_own_staff_stay_in_front_and_closed_units_at_the_end():
    rows = [row("z", kind=Kind.CLOSED), row("b"), row("a", kind=Kind.OWN), row("c")]
    assert [r.name for r in in_order(rows, Order.NAME_BACK)] == ["a", "c", "b", "z"]


def test_the_bar_has_no_gap_and_fills_the_width():
    pieces = segments(Figures(people=3, done=1, under_way=1))
    assert [(p.name, p.x, p.width) for p in pieces] == [
        ("done", 0, 333),
        ("under-way", 333, 334),
        ("not-begun", 667, 333),
    ]


def test_a_state_without_people_has_no_piece_and_nobody_no_bar():
    assert [p.name for p in segments(Figures(people=2, done=2))] == ["done"]
    assert segments(Figures()) == []


def test_what_is_known_of_pages_adds_up_to_all_units():
    figures = Figures(units=54, with_page=36, page_confirmed=20, without_page=4)
    assert (figures.page_unknown, figures.page_rate, Figures().page_rate) == (14, 36 / 54, None)
    assert [(piece.name, piece.width) for piece in page_segments(figures)] == [
        ("done", 667),
        ("without", 74),
        ("not-begun", 259),
    ]


_counts = st.integers(0, 5000)


@settings(deadline=None)
@given(_counts, _counts, _counts)
def test_whatever_the_parts_every_bar_fills_its_width_without_gap(a, b, c):
    bars = [
        segments(Figures(people=a + b + c, done=a, under_way=b)),
        page_segments(Figures(units=a + b + c, with_page=a, without_page=b)),
    ]
    for bar in bars:
        assert sum(piece.width for piece in bar) == (1000 if a + b + c else 0)
        assert [piece.x for piece in bar] == [sum(piece.width for piece in bar[:index]) for index in range(len(bar))]

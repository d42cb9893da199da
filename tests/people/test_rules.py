import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.people import rules
from lms.people.enums import Outcome, Refusal
from lms.people.formats.tables import Row
from lms.people.rules import Entry, Known, Post, RowRefusedError

TODAY = dt.date(2026, 11, 23)


def read(**cells):
    base = {"full_name": "Đặng Thị Ánh", "phone": "0912 345 678", "position": "Chuyên viên", "unit": "Xã Vạn Yên"}
    return rules.read_entry(7, base | cells, TODAY)


@pytest.mark.parametrize(
    ("cell", "born"),
    [
        ("05/08/1985", (dt.date(1985, 8, 5), 1985)), ("5/8/1985", (dt.date(1985, 8, 5), 1985)),
        ("05-08-1985", (dt.date(1985, 8, 5), 1985)), ("05.08.1985", (dt.date(1985, 8, 5), 1985)),
        ("1985", (None, 1985)), (1985, (None, 1985)), (1985.0, (None, 1985)), (31264, (dt.date(1985, 8, 5), 1985)),
        (dt.date(1985, 8, 5), (dt.date(1985, 8, 5), 1985)), ("", (None, None)), (None, (None, None)),
    ],
)  # fmt: skip
def test_births_are_read_day_first(cell, born):
    entry, problem = read(born=cell)
    assert (entry.born_on, entry.birth_year, problem) == (*born, None)


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ({"full_name": " "}, Refusal.NO_NAME),
        ({"full_name": "A" * 101}, Refusal.NAME_TOO_LONG),
        ({"full_name": "=cmd|' /C calc'!A0"}, Refusal.ODD_NAME),
        ({"full_name": "<script>alert(1)</script>"}, Refusal.ODD_NAME),
        ({"full_name": "-An"}, Refusal.ODD_NAME),
        ({"full_name": "An 2"}, Refusal.ODD_NAME),
        ({"phone": "02033 123 456"}, Refusal.BAD_PHONE),
        ({"email": "ai do"}, Refusal.BAD_EMAIL),
        ({"born": "31/02/1985"}, Refusal.BAD_DATE),
        ({"born": "08/25/1985"}, Refusal.BAD_DATE),
        ({"born": "05/08/85"}, Refusal.SHORT_YEAR),
        ({"born": "2020"}, Refusal.ODD_BIRTH),
        ({"starts_on": "01/07/0205"}, Refusal.BAD_DATE),
        ({"page_duty": "giám đốc"}, Refusal.BAD_DUTY),
        ({"position": "x" * 151}, Refusal.CELL_TOO_LONG),
        ({"position": "x" * 1_000_000}, Refusal.CELL_TOO_LONG),
        ({"phone": ""}, Refusal.NOTHING_TO_TELL_APART),
    ],
)
def test_a_row_that_cannot_be_read_says_why(cells, key):
    _, problem = read(**cells)
    assert problem.key == key
    assert "%(" not in str(problem.key.label) % problem.words


@pytest.mark.parametrize("name", ["H'Hen Niê", "Y Thông", "A Lý", "Đạt", "H’Hương", "Nguyễn-Trần Thị Hòa"])
def test_names_of_every_people_are_names(name):
    assert read(full_name=name)[0].full_name == name


def test_invisible_characters_are_taken_out_and_spelling_is_kept():
    entry, _ = read(full_name="  Đặng\u200b Thi\u0323\u00a0 \u202eHoà\x07 ", position="=1+1")
    assert (entry.full_name, entry.position) == ("Đặng Thị Hoà", "=1+1")


@given(
    st.dictionaries(
        st.sampled_from(list(rules.COLUMN_WORDS)),
        st.one_of(st.text(), st.floats(), st.integers(), st.dates(), st.none()),
    )
)
def test_any_cells_are_read_or_refused(cells):
    entry, problem = rules.read_entry(2, cells, TODAY)
    assert entry.number == 2
    assert problem is None or str(problem.key.label) % problem.words


# --- Whose row it is --------------------------------------------------------------------------------


def known(pk=1, name="Đặng Thị Ánh", **fields):
    base = {"phone": "+84912345678", "email": "", "born_on": dt.date(1985, 8, 5), "birth_year": 1985, "is_active": True,
            "in_scope": True, "placed": True,
            "post": Post(9, 3, "Xã Vạn Yên", "Chuyên viên", "", dt.date(2025, 7, 1))}  # fmt: skip
    return Known(pk, name, **(base | fields))


ENTRY = Entry(2, "Đặng Thị Ánh", "+84912345678", "", dt.date(1985, 8, 5), 1985, "Chuyên viên", None, "Xã Vạn Yên")


def test_phone_goes_before_email_before_name_birth_and_unit():
    assert rules.match(ENTRY, known(1), None, [known(2)]).pk == 1
    assert rules.match(ENTRY, None, known(3), [known(2)]).pk == 3
    assert rules.match(ENTRY, None, None, [known(2)]).pk == 2
    assert rules.match(ENTRY, None, None, []) is None


@pytest.mark.parametrize(
    ("candidates", "key"),
    [
        ((known(1), known(2), []), Refusal.TWO_PEOPLE),
        ((None, None, [known(1), known(2)]), Refusal.SEVERAL),
        ((known(name="Lê Văn Bình"), None, []), Refusal.OTHER_NAME),
        ((known(in_scope=False), None, []), Refusal.BEYOND_SCOPE),
        ((known(in_scope=False, placed=False, name="Lê Văn Bình"), None, []), Refusal.BEYOND_SCOPE),
        ((known(is_active=False), None, []), Refusal.INACTIVE),
    ],
)
def test_a_doubtful_match_is_refused(candidates, key):
    with pytest.raises(RowRefusedError) as refused:
        rules.match(ENTRY, *candidates)
    assert refused.value.problem.key == key


def test_a_person_without_a_place_is_taken_in_by_phone_and_name():
    assert rules.match(ENTRY, known(in_scope=False, placed=False), None, []).pk == 1


def test_a_name_alone_is_no_identity():
    assert rules.identity(Entry(2, "Đặng Thị Ánh"), 3) is None


# --- What it would change ---------------------------------------------------------------------------


def decide(entry=ENTRY, person=None, unit=3):
    return rules.decide(entry, unit, "Xã Vạn Yên", person, TODAY)


def test_an_unknown_row_is_new_and_needs_a_position():
    assert decide().outcome == Outcome.NEW
    assert decide(Entry(2, "An", "+84912345678")).problem.key == Refusal.NO_POSITION


def test_the_same_row_changes_nothing_and_empty_cells_say_nothing():
    assert decide(person=known()).outcome == Outcome.UNCHANGED
    assert decide(Entry(2, "Đặng Thị Ánh", "+84912345678"), known()).outcome == Outcome.UNCHANGED


def test_a_bare_year_says_nothing_against_a_day_in_it():
    row = Entry(2, "Đặng Thị Ánh", "+84912345678", birth_year=1985)
    assert decide(row, known()).outcome == Outcome.UNCHANGED
    row = Entry(2, "Đặng Thị Ánh", "+84912345678", birth_year=1986)
    assert decide(row, known()).changes == {"born": ["05/08/1985", "1986"]}


def test_every_change_is_told_with_old_and_new():
    row = Entry(
        2,
        "Đặng Thị  Ánh".replace("  ", " "),
        "+84912345678",
        "a@b.vn",
        dt.date(1985, 8, 6),
        1985,
        "Phó Chủ tịch",
        "officer",
    )
    decision = decide(row, known(), unit=4)
    assert (decision.outcome, decision.changes) == (
        Outcome.MOVED,
        {
            "email": ["", "a@b.vn"],
            "born": ["05/08/1985", "06/08/1985"],
            "unit": ["Xã Vạn Yên", "Xã Vạn Yên"],
            "position": ["Chuyên viên", "Phó Chủ tịch"],
            "page_duty": ["Không", "Phụ trách Trang"],
        },
    )


def test_a_move_begins_after_the_present_appointment():
    row = Entry(2, "Đặng Thị Ánh", "+84912345678", position="x", starts_on=dt.date(2025, 7, 1))
    assert decide(row, known(), unit=4).problem.key == Refusal.MOVE_TOO_EARLY


# --- Does the day or the month come first? ----------------------------------------------------------


def orders(*born):
    found = rules.DateOrders()
    for number, cell in enumerate(born, start=2):
        found.look_at(Row(number, {"born": cell}))
    return found.told()


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["08/25/1985", "05/08/1985"], [["born", 1, 1, [2, "08/25/1985"], [3, "05/08/1985"]]]),
        (["05/08/1985", "01/02/1990", "3.4.1991"], [["born", 0, 3, [0, ""], [2, "05/08/1985"]]]),
        (["05/08/1985", "01/02/1990"], []),
        (["05/08/1985", "01/02/1990", "3.4.1991", "25/08/1985"], []),
        (["25/08/1985", "26/08/1985", "08/25/1985"], []),
        (["05/05/1985", "06/06/1985", "07/07/1985", "1985", None, dt.date(1985, 8, 5)], []),
    ],
)
def test_a_column_of_days_that_may_be_read_both_ways_is_told(cells, told):
    assert orders(*cells) == told

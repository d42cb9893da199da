"""Whom a task concerns, deadlines, document numbers, codes."""

import datetime as dt

import pytest

from lms.plans import rules
from lms.plans.rules import Aim, Post, When

POST = Post("000100020003", 3, "Phó Chủ tịch Thường trực", "officer")


def test_an_empty_list_asks_for_nothing():
    assert rules.match(POST, Aim("00010002"))
    assert rules.match(Post("00010002", 1, "", ""), Aim("00010002"))


def test_the_subtree_is_the_unit_and_what_lies_below_and_nothing_beside_or_above():
    found = {
        path: rules.match(POST, Aim(path)) for path in ("0001", "000100020003", "0002", "00010003", "0001000200030001")
    }
    assert found == {"0001": True, "000100020003": True, "0002": False, "00010003": False, "0001000200030001": False}


@pytest.mark.parametrize(
    ("aim", "fits"),
    [
        (Aim("0001", levels=frozenset({3})), True),
        (Aim("0001", levels=frozenset({1, 2})), False),
        (Aim("0001", duties=frozenset({"officer", "team"})), True),
        (Aim("0001", duties=frozenset({"team"})), False),
        (Aim("0001", levels=frozenset({3}), positions=("chuyên viên",), duties=frozenset({"officer"})), False),
    ],
)
def test_every_list_that_is_not_empty_must_hold(aim, fits):
    assert rules.match(POST, aim) is fits


@pytest.mark.parametrize(
    ("position", "wanted", "fits"),
    [
        ("Phó Chủ tịch Thường trực", "pho chu tich", True),
        ("Phó Chủ tịch", "Chủ tịch", True),
        ("PHÓ  CHỦ TỊCH", "phó chủ tịch", True),
        ("Chủ tịch", "Phó Chủ tịch", False),
        ("Trưởng ban", "ba", False),
        ("Ban Dân chủ - Pháp luật", "dân chủ pháp luật", True),
        ("Chuyên viên", "viên chuyên", False),
        ("Đoàn viên", "doan", True),
        ("", "chu tich", False),
        ("Phó Chủ tịch", "=Chủ tịch", False),
        ("Chủ  tịch", "=chủ tịch", True),
        ("Chủ tịch", " ", True),
    ],
)
def test_positions_fit_by_whole_words_without_diacritics(position, wanted, fits):
    assert rules.position_fits(position, [wanted]) is fits


def test_one_of_several_positions_is_enough():
    assert rules.position_fits("Chuyên viên", ["Phó Chủ tịch", "chuyên viên"])


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        (None, (When.NONE, 0)),
        (dt.date(2026, 11, 28), (When.SOON, 5)),
        (dt.date(2026, 12, 30), (When.LATER, 37)),
        (dt.date(2026, 11, 23), (When.LAST_DAY, 0)),
        (dt.date(2026, 11, 20), (When.OVER, 3)),
    ],
)
def test_the_deadline_is_the_last_day(deadline, expected):
    assert rules.when(deadline, dt.date(2026, 11, 23)) == expected


@pytest.mark.parametrize("reference", ["141/KH-MTTQ-BTT", "60-NQ/TW", "30/2020/NĐ-CP", "97/2025/QH15", "12a/CV"])
def test_numbers_as_offices_write_them_look_like_numbers(reference):
    assert rules.looks_like_reference(reference)


@pytest.mark.parametrize("reference", ["Kế hoạch của tỉnh", "141", "KH-MTTQ", ""])
def test_what_is_no_number_is_noticed(reference):
    assert not rules.looks_like_reference(reference)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("12/4/2022", dt.date(2022, 4, 12)),
        ("12.04.2022", dt.date(2022, 4, 12)),
        ("ngày 12 tháng 4 năm 2022", dt.date(2022, 4, 12)),
        ("tháng 6/2022", None),
        ("31/2/2022", None),
        ("", None),
    ],
)
def test_a_date_is_read_where_it_can_be(written, day):
    assert rules.day_as_written(written) == day


def test_a_code_is_short_and_reads_the_same_however_it_is_typed():
    code = rules.new_code()
    assert len(code) == 6
    assert not set(code) & set("aeioulsz01")
    assert rules.typed_code(f" {code[:3].upper()}-{code[3:]} ") == code
    assert [rules.typed_code(typed) for typed in ("", "\0", "ab1", "đbc", "a" * 13)] == [""] * 5

"""A person is found in a text however people write names and phones, and nobody else is."""

import unicodedata

import pytest

from lms.people.mentions import Traces, names, without

TRACES = Traces(("Đặng Thị Nguyệt Ánh",), ("+84912345678",), ("anh.dang@mattran.vn", "cb-anh-7"))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Gọi 0912 345 678 nhé", "Gọi […] nhé"),
        ("0912.345.678; 0912-345-678", "[…]; […]"),
        ("(0912) 345 678", "[…]"),
        ("(0912 345 678)", "([…])"),
        ("912345678", "[…]"),
        ("+84 (0)912 34 56 78", "[…]"),
        ("84912345678, 0084912345678", "[…], […]"),
        ("Đ/c ĐẶNG THỊ NGUYỆT ÁNH.", "Đ/c […]."),
        ("dang thi  nguyet anh và đặng thị nguyệt ánh", "[…] và […]"),
        (unicodedata.normalize("NFD", "do Đặng Thị Nguyệt Ánh giữ"), unicodedata.normalize("NFD", "do […] giữ")),
        ("Anh.Dang@MatTran.vn; cb-anh-7.", "[…]; […]."),
    ],
)
def test_every_spelling_is_cut_out(written: str, kept: str) -> None:
    assert without(written, TRACES) == kept
    assert any(hint.casefold() in written.casefold() for hint in TRACES.hints())


@pytest.mark.parametrize(
    "written",
    ["1912345678", "09123456789", "Đặng Thị Nguyệt Ánhx", "Nguyệt Ánh", "cb-anh-77", "xanh.dang@mattran.vn", ""],
)
def test_what_is_somebody_else_s_stays(written: str) -> None:
    assert without(written, TRACES) == written


def test_lists_and_mappings_are_gone_through_with_keys_and_numbers() -> None:
    told = {"0912345678": [912345678, 7, True, None, {"ai": "Đặng Thị Nguyệt Ánh"}]}
    assert without(told, TRACES) == {"[…]": ["[…]", 7, True, None, {"ai": "[…]"}]}
    assert not names({"a": [1, "b"]}, TRACES)


def test_a_name_of_one_word_is_a_word() -> None:
    assert without("hương sắc", Traces(("Hương",))) == "hương sắc"

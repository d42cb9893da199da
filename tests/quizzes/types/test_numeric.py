"""Numbers as people write them here, with tolerance and units."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import marking, types
from tests.factories.questions import CONTENT

NUMERIC, SAMPLE = types.get("numeric"), CONTENT["numeric"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("6.200", "6200"), ("6 200", "6200"), ("1.234,5", "1234.5"), ("3,5", "3.5"), ("3.5", "3.5"), ("6,200", "6.2"),
        ("1,234.5", "1234.5"), ("-7", "-7"), ("\u22127", "-7"), ("+2", "2"), ("1.234.567", "1234567"), ("0,05", "0.05"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_written_here(written: str, value: str) -> None:
    assert marking.read_number(written) == Fraction(value)


@pytest.mark.parametrize(
    "written", ["", "năm", "1,2,3", "5.", ",5", "1.23.4", "1e5", "٣", "1,234,567.8.9", "--1", "9" * 60]
)
def test_what_is_no_number_is_not_guessed(written: str) -> None:
    assert marking.read_number(written) is None


@given(st.decimals(-9999, 9999, places=3))
def test_every_number_survives_being_written_in_vietnamese(value: object) -> None:
    whole, _, part = f"{value:,.3f}".partition(".")
    assert marking.read_number(whole.replace(",", ".") + "," + part) == Fraction(str(value))


@pytest.mark.parametrize(
    ("spec", "least", "most"),
    [
        ("5", 5, 5),
        ("5 ± 0,5", "4.5", "5.5"),
        ("1822:5", 1817, 1827),
        ("200 ± 2%", 196, 204),
        ("1..5", 1, 5),
        ("-2 … 2", -2, 2),
    ],
)
def test_a_tolerance_is_absolute_relative_or_a_range(spec: str, least: object, most: object) -> None:
    assert marking.number_range(spec) == (Fraction(str(least)), Fraction(str(most)))


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("3", 1),
        ("3,5", 1),
        ("3.6", "1/2"),
        ("3 ngày", 1),
        ("3 NGÀY", 1),
        ("0,5 tuần", 1),
        ("9", 0),
        ("3 giờ", 0),
        ("ba", 0),
    ],
)
def test_the_best_of_what_fits_counts_in_any_unit_of_the_question(answer: str, share: object) -> None:
    assert NUMERIC.mark(SAMPLE, answer) == Fraction(str(share))


def test_without_a_unit_that_is_required_a_number_is_wrong_and_told_to_be_unfinished() -> None:
    content = {**SAMPLE, "unit_rule": "required"}
    assert NUMERIC.mark(content, "3") == 0
    assert not NUMERIC.is_complete(content, "3")
    assert NUMERIC.mark({**SAMPLE, "unit_rule": "none", "units": []}, "3 ngày") == 0

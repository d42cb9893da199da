import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.numbering import ALPHABET, full_number, in_words, new_code, read_code, short_number

signs = st.text(st.sampled_from(ALPHABET), min_size=11, max_size=11)


def grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


@st.composite
def codes(draw: st.DrawFn) -> str:
    """A right code whose first eleven signs hypothesis chose."""
    chosen = draw(signs)
    found = [code for last in ALPHABET if (code := read_code(chosen + last))]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("number", "year", "wanted"),
    [(1, 2026, "0001/2026/GCN-X"), (123, 2026, "0123/2026/GCN-X"), (12345, 2027, "12345/2027/GCN-X")],
)
def test_a_number_is_written_with_four_digits_or_more(number: int, year: int, wanted: str) -> None:
    assert full_number(number, year, "GCN-X") == wanted
    assert short_number(number, year) == wanted.removesuffix("/GCN-X")


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (dt.date(2022, 8, 5), "ngày 05 tháng 8 năm 2022"),
        (dt.date(2026, 1, 10), "ngày 10 tháng 01 năm 2026"),
        (dt.date(2026, 2, 1), "ngày 01 tháng 02 năm 2026"),
        (dt.date(2026, 3, 31), "ngày 31 tháng 3 năm 2026"),
        (dt.date(2026, 12, 9), "ngày 09 tháng 12 năm 2026"),
    ],
)
def test_a_date_is_written_as_the_decree_says(day: dt.date, wanted: str) -> None:
    assert in_words(day) == wanted


def test_the_alphabet_has_no_signs_that_are_read_as_another() -> None:
    assert set("OILSZBU").isdisjoint(ALPHABET)
    assert len(ALPHABET) == len(set(ALPHABET)) == 29


def test_new_codes_read_as_themselves_and_do_not_repeat() -> None:
    made = [new_code() for _ in range(500)]
    assert [read_code(code) for code in made] == made
    assert len(set(made)) == 500
    assert all([len(part) for part in code.split("-")] == [4, 4, 4] for code in made)


@given(codes(), st.sampled_from(["", " ", "-", " – ", "\t"]))
def test_a_code_is_read_however_it_was_typed(code: str, between: str) -> None:
    worn = code.replace("-", between).lower().replace("0", "o").replace("1", "l").replace("5", "s").replace("8", "b")
    assert read_code(f" {worn} ") == code
    assert read_code(code.replace("2", "z").replace("V", "u")) == code


@given(codes(), st.integers(0, 11), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_noticed(code: str, place: int, other: str) -> None:
    plain = code.replace("-", "")
    wrong = plain[:place] + other + plain[place + 1 :]
    assert read_code(wrong) == (code if wrong == plain else None)


@given(codes(), st.integers(0, 11), st.integers(0, 11))
def test_two_signs_changed_round_are_noticed(code: str, first: int, second: int) -> None:
    plain = list(code.replace("-", ""))
    plain[first], plain[second] = plain[second], plain[first]
    assert read_code("".join(plain)) == (code if grouped("".join(plain)) == code else None)


@given(st.text(max_size=40))
def test_anything_typed_is_a_code_or_none(typed: str) -> None:
    found = read_code(typed)
    assert found is None or read_code(found) == found

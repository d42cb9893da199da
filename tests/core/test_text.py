"""Vietnamese text: the order of names, folding, capitals."""

import itertools
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.core import text

# domain: sorted by given name, then by họ and đệm.
BY_GIVEN_NAME = [
    "Đặng Văn An", "Nguyễn An", "Nguyễn Văn An", "Trần Thị Ánh", "Lê Hoàng Ân", "Nguyễn Văn Ân", "Bùi Văn Bình",
    "Nguyễn Thị Dung", "Đỗ Văn Dũng", "Phạm Đức Đạt", "Lê Thị Hà", "Vũ Hải", "Hoàng Đức Hạnh", "Ngô Thị Hòa",
]  # fmt: skip
LISTS = [
    part.splitlines()
    for part in "\n".join(
        line
        for line in (Path(__file__).parent / "order_of_names.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    .strip()
    .split("\n\n")
]
WORDS = st.text(alphabet="aăâáàảãạbdđeêghiklmnoôơpqrstuưvxyộừƠĐ '-’ŏ", min_size=1, max_size=12)


def test_people_stand_in_the_order_of_their_given_names() -> None:
    mixed = sorted(BY_GIVEN_NAME, key=len)
    assert sorted(mixed, key=text.name_sort_key) == BY_GIVEN_NAME


@pytest.mark.parametrize("expected", LISTS, ids=["names", "words"])
def test_the_order_is_that_of_icu(expected: list[str]) -> None:
    assert len(expected) > 200
    assert sorted(sorted(expected), key=text.sort_key) == expected


@given(WORDS)
def test_a_decomposed_word_has_the_same_key_as_a_composed_one(word: str) -> None:
    assert text.sort_key(unicodedata.normalize("NFD", word)) == text.sort_key(unicodedata.normalize("NFC", word))


@given(WORDS, WORDS)
def test_letters_decide_before_tones_and_tones_before_capitals(one: str, other: str) -> None:
    first = text.sort_key(one).partition("!")[0], text.sort_key(other).partition("!")[0]
    whole = text.sort_key(one), text.sort_key(other)
    if first[0] != first[1]:
        assert (whole[0] < whole[1]) == (first[0] < first[1])


@given(WORDS, st.sampled_from(["\u200b", "\u200d", "\ufeff", "\u00ad", "\u00a0", "  "]))
def test_what_cannot_be_seen_changes_no_key(word: str, unseen: str) -> None:
    changed = f"{word}{unseen} {word}"
    assert text.sort_key(changed) == text.sort_key(f"{word} {word}")
    assert text.fold(changed) == text.fold(f"{word} {word}")


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Đặng Thị Hòa", "dang thi hoa"),
        ("Đặng Thị Hoà", "dang thi hoa"),
        ("ĐẮK LẮK", "dak lak"),
        ("H'Hen Niê", "h'hen nie"),
        ("Y Sŏ", "y so"),
        (" Kpă\u00a0 Čư ", "kpa cu"),
        (unicodedata.normalize("NFD", "Nguyễn Văn Ước"), "nguyen van uoc"),
    ],
)
def test_folding_drops_every_mark_and_nothing_else(typed: str, folded: str) -> None:
    assert text.fold(typed) == folded


@pytest.mark.parametrize(
    ("name", "capitals"),
    [
        ("Đặng Thị Nguyệt Ánh", "ĐẶNG THỊ NGUYỆT ÁNH"),
        (unicodedata.normalize("NFD", "Lò Thị ượng"), "LÒ THỊ ƯỢNG"),
        ("H'Hen Niê", "H'HEN NIÊ"),
        ("H’Lŭ", "H’LŬ"),
        ("y thông", "Y THÔNG"),
        ("siu", "SIU"),
    ],
)
def test_capitals_are_vietnamese_whole_letters(name: str, capitals: str) -> None:
    assert text.upper(name) == capitals
    assert unicodedata.is_normalized("NFC", text.upper(name))


def test_a_name_of_one_word_has_a_place_of_its_own() -> None:
    names = ["A Lý", "Lý", "Nguyễn Lý", "Y Thông"]
    for order in itertools.permutations(names):
        assert sorted(order, key=text.name_sort_key) == ["Lý", "A Lý", "Nguyễn Lý", "Y Thông"]

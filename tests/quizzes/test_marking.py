"""Marks are shares in [0, 1], exact, and earned only by what is right."""

import random
import unicodedata
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import marking

IDS = st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=8, unique=True)
WORDS = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạếềểễệ ", min_size=1, max_size=30)


@st.composite
def ticks(draw: st.DrawFn) -> tuple[set[str], set[str], set[str]]:
    options = draw(IDS)
    right = draw(st.sets(st.sampled_from(options), min_size=1))
    return right, set(options), draw(st.sets(st.sampled_from(options)))


@given(ticks(), st.sampled_from(marking.MULTIPLE_SCHEMES))
def test_several_answers_earn_a_share(case: tuple[set[str], set[str], set[str]], scheme: str) -> None:
    right, options, ticked = case
    weights = {key: Fraction(1, len(right)) if key in right else Fraction(-1, 2) for key in options}
    assert 0 <= marking.multiple(right, options, ticked, scheme=scheme, weights=weights) <= 1
    assert marking.multiple(right, options, right, scheme=scheme, weights=weights) == 1
    assert marking.multiple(right, options, set(), scheme=scheme, weights=weights) == 0


@given(ticks())
def test_by_default_one_wrong_tick_costs_the_whole_mark(case: tuple[set[str], set[str], set[str]]) -> None:
    right, options, ticked = case
    expected = Fraction(len(ticked), len(right)) if ticked <= right else Fraction(0)
    assert marking.multiple(right, options, ticked) == expected


@given(ticks())
def test_full_marks_for_several_answers_mean_exactly_the_right_ones(case: tuple[set[str], set[str], set[str]]) -> None:
    right, options, ticked = case
    for scheme in (marking.EXACT, marking.PROPORTIONAL, marking.PROPORTIONAL_CORRECT):
        assert (marking.multiple(right, options, ticked, scheme=scheme) == 1) == (ticked == right)


def test_the_named_schemes_on_one_example() -> None:
    right, options, ticked = {"a", "b"}, {"a", "b", "c", "d"}, {"a", "c"}
    assert marking.multiple(right, options, ticked, scheme=marking.EXACT) == 0
    assert marking.multiple(right, options, ticked, scheme=marking.PROPORTIONAL) == Fraction(1, 2)
    assert marking.multiple(right, options, ticked, scheme=marking.PROPORTIONAL_CORRECT) == 0
    assert marking.multiple(right, options, {"a"}, scheme=marking.PROPORTIONAL_CORRECT) == Fraction(1, 2)


@given(IDS, st.randoms(use_true_random=False), st.sampled_from(marking.ORDERING_METRICS))
def test_an_order_earns_a_share_and_all_of_it_only_when_it_is_right(
    right: list[str], rng: random.Random, metric: str
) -> None:
    given_ = list(right)
    rng.shuffle(given_)
    share = marking.ordering(right, given_, metric=metric)
    assert 0 <= share <= 1
    assert (share == 1) == (given_ == right)


@given(IDS, st.data(), st.sampled_from(marking.ORDERING_METRICS))
def test_an_unfinished_order_earns_no_full_mark(right: list[str], data: st.DataObject, metric: str) -> None:
    given_: list[str | None] = list(right)
    for place in data.draw(st.sets(st.integers(0, len(right) - 1), min_size=1)):
        given_[place] = None
    assert 0 <= marking.ordering(right, given_, metric=metric) < 1


def test_one_step_in_the_wrong_place_spoils_only_its_neighbours() -> None:
    assert marking.ordering("abcde", "abced") == Fraction(2, 4)
    assert marking.ordering("abcde", "eabcd") == Fraction(3, 4)
    assert marking.ordering("abcde", "eabcd", metric=marking.ABSOLUTE) == 0
    assert marking.ordering("abcde", "eabcd", metric=marking.LONGEST_SUBSET) == Fraction(3, 4)
    assert marking.ordering("abcde", "abedc", metric=marking.LONGEST_RUN) == Fraction(1, 4)
    assert marking.ordering("abcde", "eabcd", metric=marking.ALL_OR_NOTHING) == 0


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("uvwxyz"), min_size=1), st.data())
def test_each_pair_counts_the_same(right: dict[str, str], data: st.DataObject) -> None:
    chosen = {left: data.draw(st.sampled_from("uvwxyz")) for left in data.draw(st.sets(st.sampled_from(sorted(right))))}
    hits = sum(right[left] == fits for left, fits in chosen.items())
    assert marking.matching(right, chosen) == Fraction(hits, len(right))
    assert marking.matching(right, right) == 1


@given(WORDS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from([str.upper, str.lower, str.title]))
def test_a_short_answer_ignores_case_diacritics_spaces_and_the_form_of_unicode(
    word: str, form: str, case: object
) -> None:
    if not word.strip():
        return
    written = "\u200b  " + unicodedata.normalize(form, case(word)).replace(" ", " \u00a0 ") + "\ufeff "  # type: ignore[operator]
    assert marking.short_text([word], written) == 1
    without = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)).replace("đ", "d")
    assert marking.short_text([word], without) == 1


@pytest.mark.parametrize(
    ("accepted", "given_", "exact", "share"),
    [
        ("hai người", "HAI  NGUOI.", False, 1),
        ("hai người", "hai nguoi", True, 0),
        ("hai người", "hai  ng\u200bười", True, 1),
        ("Đăng bài", "dang bai", False, 1),
        ("2", "２", False, 1),
        ("2", "", False, 0),
        ("2", "\u200b \ufeff", False, 0),
        ("hai người", "hai người nữa", False, 0),
    ],
)
def test_short_answers(accepted: str, given_: str, exact: bool, share: int) -> None:
    assert marking.short_text([accepted], given_, exact=exact) == share


def test_three_thirds_are_one_and_the_pass_mark_is_decided_exactly() -> None:
    third = (Fraction(1, 3), Decimal(1))
    assert marking.total([(Fraction(1, 3), Decimal(3))] * 3) == Fraction(1, 3)
    assert marking.passes(marking.total([(Fraction(1), Decimal(7)), (Fraction(0), Decimal(3))]), 70)
    assert not marking.passes(marking.total([third, third]), 34)
    assert marking.passes(Fraction(7, 10), 70)
    assert not marking.passes(Fraction(7, 10) - Fraction(1, 10**9), 70)
    assert marking.stored(Fraction(2, 3)) == Decimal("0.6666667")
    assert marking.total([]) == 0

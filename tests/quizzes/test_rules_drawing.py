"""A draw fills every slot or says which cannot be filled; it never asks what was asked more often instead."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.rules.drawing import PoolTooSmallError, Slot, draw, shortage

POOL = range(7)
SLOTS = st.lists(st.tuples(st.integers(1, 2), st.frozensets(st.sampled_from(POOL))), min_size=1, max_size=3).map(
    lambda rows: [Slot(position, count, fits) for position, (count, fits) in enumerate(rows, start=1)]
)
USES = st.fixed_dictionaries({question: st.integers(0, 3) for question in POOL})


def fillings(slots: list[Slot]) -> list[frozenset[int]]:
    """By brute force: every set of questions that fills the slots."""
    places = [slot.fits for slot in slots for _ in range(slot.count)]
    return [frozenset(chosen) for chosen in itertools.product(*places) if len(set(chosen)) == len(chosen)]


@settings(max_examples=150, deadline=None)
@given(slots=SLOTS, uses=USES, seed=st.integers(0, 99))
def test_a_draw_exists_exactly_when_brute_force_finds_one_and_has_the_fewest_uses(
    slots: list[Slot], uses: dict[int, int], seed: int
) -> None:
    possible = fillings(slots)
    assert (shortage(slots) is None) == bool(possible)
    if not possible:
        with pytest.raises(PoolTooSmallError):
            draw(slots, uses, random.Random(seed))
        return
    drawn = draw(slots, uses, random.Random(seed))
    questions = [question for _slot, question in drawn]
    assert len(set(questions)) == len(questions)
    for slot in slots:
        mine = [question for found, question in drawn if found is slot]
        assert len(mine) == slot.count
        assert set(mine) <= slot.fits
    fewest = min(sum(uses[question] for question in chosen) for chosen in possible)
    assert sum(uses[question] for question in questions) == fewest
    assert drawn == draw(slots, uses, random.Random(seed))


@settings(max_examples=100, deadline=None)
@given(slots=SLOTS)
def test_a_shortage_names_slots_that_together_want_more_than_fits_any_of_them(slots: list[Slot]) -> None:
    found = shortage(slots)
    if found is None:
        return
    named = [slot for slot in slots if slot.position in found.positions]
    fits = frozenset().union(*(slot.fits for slot in named))
    assert (found.wanted, found.found) == (sum(slot.count for slot in named), len(fits))
    assert found.wanted > found.found


def test_a_wide_slot_gives_way_to_a_narrow_one_wherever_it_stands() -> None:
    wide, narrow = Slot(1, 2, frozenset({1, 2, 3})), Slot(2, 1, frozenset({1}))
    for seed in range(20):
        drawn = draw([wide, narrow], {}, random.Random(seed))
        assert drawn[-1] == (narrow, 1)


def test_slots_that_overlap_crosswise_are_filled_where_greed_would_fail() -> None:
    slots = [Slot(1, 1, frozenset({1, 2})), Slot(2, 1, frozenset({2, 3})), Slot(3, 1, frozenset({1}))]
    assert draw(slots, {3: 9}, random.Random(0)) == [(slots[0], 2), (slots[1], 3), (slots[2], 1)]


def test_ties_are_drawn_by_chance() -> None:
    seen = {draw([Slot(1, 1, frozenset(range(10)))], {}, random.Random(seed))[0][1] for seed in range(60)}
    assert len(seen) > 5

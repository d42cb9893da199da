"""The formulas of the requirements, §2.6, with their edges; and what the figures are made to say."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes import statistics
from quizzes.statistics import Mark, Response, Says

GOLDEN = ["1210", "1201", "1111", "1100", "0211", "1001", "0100", "0001", "1210", "0001"]
MOST = (1, 2, 1, 1)


def sheets_of(rows, most=None):
    return [
        {item: Mark(int(mark), most[item] if most else 1) for item, mark in enumerate(row) if mark != "-"}
        for row in rows
    ]


def analyse(rows, most=None, pass_percent=70):
    return statistics.analyse(sheets_of(rows, most), unit=1, pass_percent=pass_percent)


@pytest.fixture
def golden():
    return analyse(GOLDEN, MOST)


def near(expected):
    return pytest.approx(expected, abs=1e-6)


def test_the_golden_vector_to_six_places(golden):
    items, whole = golden.items, golden.whole
    assert [item.facility.value for item in items] == near([0.60, 0.55, 0.40, 0.60])
    assert [item.deviation for item in items] == near([51.639778, 43.779752, 51.639778, 51.639778])
    assert [item.discrimination.value for item in items] == near([25.160980, 36.115756, 56.871112, -36.710862])
    assert [item.efficiency for item in items] == near([31.818182, 44.444444, 73.684211, -40.625000])
    assert [item.effective_weight for item in items[:3]] == near([26.779483, 41.894004, 31.326513])
    assert items[3].effective_weight is None
    assert [item.is_negative for item in items] == [False, False, False, True]
    assert [item.intended_weight for item in items] == near([20, 40, 20, 20])
    assert (whole.mean, whole.median) == (near(2.7), 3)
    assert (whole.deviation, whole.skewness, whole.kurtosis) == (near(1.418136), near(-0.216220), near(-2.190671))
    assert (whole.alpha, whole.error_ratio, whole.sem) == (near(29.465930), near(83.984564), near(1.191016))


def test_the_same_marks_in_a_finer_unit_give_the_same_figures(golden):
    fine = [{key: Mark(m.mark * 10**9, m.most * 10**9) for key, m in s.items()} for s in sheets_of(GOLDEN, MOST)]
    again = statistics.analyse(fine, unit=10**9, pass_percent=70)
    assert (again.whole.deviation, again.whole.skewness) == (near(1.418136), near(-0.216220))
    assert (again.whole.alpha, again.whole.sem) == (near(29.465930), near(1.191016))
    assert [item.efficiency for item in again.items] == [item.efficiency for item in golden.items]
    assert [item.discrimination.value for item in again.items] == near([25.160980, 36.115756, 56.871112, -36.710862])


def test_every_figure_carries_its_sample(golden):
    assert {item.facility.size for item in golden.items} == {10}
    assert not golden.items[0].facility.is_firm
    assert statistics.Figure(0.5, 30).is_firm


def test_facility_is_unknown_where_there_is_nothing_to_earn():
    found = statistics.facility([Mark(0, 0), Mark(0, 0)])
    assert (found.value, found.low, found.high) == (None, None, None)


def test_a_spread_needs_two_attempts():
    item = analyse(["10"]).items[0]
    assert (item.deviation, item.discrimination.value, item.efficiency, item.effective_weight) == (None,) * 4


def test_discrimination_and_efficiency_are_unknown_where_an_item_does_not_vary():
    item = analyse(["10", "11", "10"]).items[0]
    assert item.discrimination.value is None
    assert item.efficiency is None


def test_thirds_of_a_mark_do_not_make_a_spread_out_of_rounding():
    third = 333_333_300
    rows = [{"a": Mark(third, 10**9), "b": Mark(mark * 10**9, 10**9)} for mark in (0, 1, 1, 0, 1)]
    found = statistics.analyse(rows, unit=10**9, pass_percent=50).items[0]
    assert found.discrimination.value is None
    assert found.deviation == 0


@pytest.mark.parametrize(
    ("rows", "has_skew", "has_kurtosis"),
    [(["10", "11"], False, False), (["10", "11", "00"], True, False), (["10", "11", "00", "10"], True, True)],
)
def test_skewness_needs_three_attempts_and_kurtosis_four(rows, has_skew, has_kurtosis):
    whole = analyse(rows).whole
    assert (whole.skewness is not None, whole.kurtosis is not None) == (has_skew, has_kurtosis)


def test_equal_totals_have_no_shape_and_no_alpha():
    whole = analyse(["10", "01", "10", "01"]).whole
    assert (whole.deviation, whole.skewness, whole.kurtosis, whole.alpha, whole.sem) == (0, None, None, None, None)


def test_alpha_needs_two_items_and_three_attempts():
    assert analyse(["1", "0", "1"]).whole.alpha is None
    assert analyse(["10", "11"]).whole.alpha is None
    assert analyse(["00", "11", "11"]).whole.alpha == pytest.approx(100)


def test_alpha_below_nothing_is_shown_as_it_is():
    found = analyse(["10", "01", "10", "01", "11"]).whole
    assert found.alpha is not None
    assert found.alpha < -100
    assert found.error_ratio > 100


def test_a_drawn_form_has_no_alpha_but_says_how_far_decisions_agree():
    whole = analyse(["11-", "1-0", "-01", "01-", "11-", "0-0"], pass_percent=50).whole
    assert not whole.is_fixed
    assert whole.alpha is None
    assert whole.error_ratio is None
    assert 50 <= whole.consistency <= 100
    assert whole.kappa is not None
    assert whole.sem == pytest.approx(math.sqrt(0.25 / 1) * 2)


def test_the_same_items_for_other_marks_are_another_form():
    one = {"a": Mark(1, 1), "b": Mark(0, 1)}
    other = {"a": Mark(1, 2), "b": Mark(0, 1)}
    assert not statistics.analyse([one, other], unit=1, pass_percent=50).whole.is_fixed


def test_a_drawn_item_is_set_against_the_rest_and_not_against_a_total_that_holds_it():
    """Noise against noise: with the item in the total its index would be about 100/√5."""
    rng = random.Random(7)
    rows = []
    for _ in range(2000):
        row = ["-"] * 10
        for item in rng.sample(range(10), 5):
            row[item] = str(rng.randrange(2))
        rows.append("".join(row))
    found = analyse(rows)
    assert all(abs(item.discrimination.value) < 12 for item in found.items)
    assert {item.effective_weight for item in found.items} == {None}


def test_without_any_attempt_there_is_nothing():
    found = statistics.analyse([], unit=1, pass_percent=70)
    assert found.items == ()
    assert (found.whole.size, found.whole.mean, found.whole.median, found.whole.alpha) == (0, None, None, None)


def test_the_interval_of_a_share_is_wilson_s():
    low, high = statistics.wilson(0.6, 10)
    assert (low, high) == (pytest.approx(0.312674, abs=1e-6), pytest.approx(0.831820, abs=1e-6))
    assert statistics.wilson(0.0, 10)[0] == 0
    assert statistics.wilson(1.0, 10)[1] == 1


def test_the_interval_of_a_discrimination_is_fisher_s():
    xs = [0, 1] * 20
    rests = [0, 1] * 15 + [1, 0] * 5
    found = statistics.discrimination(xs, rests)
    half = 1.959963984540054 / math.sqrt(37)
    assert found.value == pytest.approx(50)
    assert found.low == pytest.approx(100 * math.tanh(math.atanh(0.5) - half))
    assert found.high == pytest.approx(100 * math.tanh(math.atanh(0.5) + half))
    assert statistics.discrimination([0, 1, 1], [0, 2, 1]).low is None
    perfect = statistics.discrimination([0, 1, 0, 1], [0, 1, 0, 1])
    assert (perfect.low, perfect.value, perfect.high) == (100, 100, 100)


def test_two_draws_agree_on_those_who_know_everything_or_nothing():
    agree, kappa = statistics.decision_consistency([0.0] * 20 + [1.0] * 20, 20, 0.7)
    assert agree == pytest.approx(100, abs=1e-3)
    assert kappa == pytest.approx(1, abs=1e-4)


def test_where_all_are_equally_good_only_luck_decides():
    rng = random.Random(1)
    shares = [sum(rng.random() < 0.7 for _ in range(10)) / 10 for _ in range(3000)]
    agree, kappa = statistics.decision_consistency(shares, 10, 0.7)
    assert agree < 60
    assert abs(kappa) < 0.1


marks = st.lists(st.tuples(*(st.integers(0, most) for most in (1, 2, 1, 3))), min_size=2, max_size=30)


def as_sheets(rows):
    return [{item: Mark(mark, (1, 2, 1, 3)[item]) for item, mark in enumerate(row)} for row in rows]


def figures(found):
    return {item.key: item for item in found.items}


@settings(max_examples=60, deadline=None)
@given(rows=marks, seed=st.integers(0, 999))
def test_the_order_of_the_attempts_changes_nothing(rows, seed):
    mixed = rows[:]
    random.Random(seed).shuffle(mixed)
    one = statistics.analyse(as_sheets(rows), unit=1, pass_percent=70)
    two = statistics.analyse(as_sheets(mixed), unit=1, pass_percent=70)
    assert one == two


@settings(max_examples=60, deadline=None)
@given(rows=marks)
def test_figures_stay_inside_their_bounds(rows):
    found = statistics.analyse(as_sheets(rows), unit=1, pass_percent=70)
    for item in found.items:
        assert 0 <= item.facility.low <= item.facility.value <= item.facility.high <= 1
        index = item.discrimination
        if index.value is not None:
            assert -100 <= index.value <= 100
            if index.low is not None:
                assert index.low <= index.value + 1e-9
                assert index.value <= index.high + 1e-9
        if item.efficiency is not None:
            assert item.efficiency <= 100 + 1e-9
            assert (item.efficiency < 0) == (index.value < 0)
        assert (item.effective_weight is None) or not item.is_negative
    weights = [item.effective_weight for item in found.items if item.effective_weight is not None]
    assert not weights or sum(weights) == pytest.approx(100) or sum(weights) == 0
    assert found.whole.alpha is None or found.whole.alpha <= 100 + 1e-9


@settings(max_examples=40, deadline=None)
@given(rests=st.lists(st.integers(0, 6), max_size=40))
def test_thirds_hold_at_least_a_third_and_never_the_same_attempt(rests):
    best, weakest = statistics.thirds(rests)
    assert not best & weakest
    if best:
        assert min(len(best), len(weakest)) >= len(rests) // 3
        assert min(rests[index] for index in best) > max(rests[index] for index in weakest)


# --- What it is made to say ---------------------------------------------------------------------------


def item_of(pairs):
    """(mark, rest) of each attempt → the item's figures."""
    return statistics.analyse_item([Mark(m, 1) for m, _ in pairs], [Mark(r, 10) for _, r in pairs], unit=1)


def choices(**shares):
    """name=(share, top, bottom); the first is right."""
    return [
        Response(key, round(share * 1.2), share, top, bottom, is_right=index == 0)
        for index, (key, (share, top, bottom)) in enumerate(shares.items())
    ]


# The stronger half is right: an index near 87.
SPLIT = [(int(i >= 60), i // 12) for i in range(120)]


def says(item, parts=None, guess=None):
    return [verdict.says for verdict in statistics.verdicts(item, parts or {}, guess)]


def test_thirty_attempts_are_the_least_for_any_verdict():
    assert says(item_of(SPLIT[:29])) == [Says.TOO_FEW]
    assert Says.TOO_FEW not in says(item_of(SPLIT[30:60] + SPLIT[60:90]))


def test_a_sound_question_is_said_to_be_sound():
    rows = choices(a=(60, 90, 20), b=(20, 5, 40), c=(20, 5, 40))
    assert says(item_of(SPLIT), {"": rows}, Fraction(1, 3)) == [Says.GOOD]


def test_the_best_choosing_a_wrong_answer_means_that_the_key_may_be_wrong():
    turned = [(int(i < 30), i // 12) for i in range(120)]
    rows = choices(a=(25, 4, 60), b=(73, 95, 35), c=(2, 1, 5))
    first, *others = statistics.verdicts(item_of(turned), {"": rows}, Fraction(1, 3))
    assert (first.says, first.keys, first.share, first.top) == (Says.KEY_MAY_BE_WRONG, ("b",), 73, 95)
    assert first.is_grave
    assert Says.STRONGER_DO_WORSE in [verdict.says for verdict in others]


def test_a_wrong_answer_that_only_the_weak_prefer_accuses_no_key():
    rows = choices(a=(40, 85, 5), b=(55, 10, 90), c=(5, 5, 5))
    assert Says.KEY_MAY_BE_WRONG not in says(item_of(SPLIT), {"": rows})


def test_the_best_divided_between_two_answers_means_ambiguous():
    rows = choices(a=(45, 50, 40), b=(45, 45, 40), c=(10, 5, 20))
    (first, *_rest) = statistics.verdicts(item_of(SPLIT), {"": rows}, None)
    assert (first.says, first.keys) == (Says.AMBIGUOUS, ("a", "b"))


def test_as_many_right_as_by_guessing():
    rng = random.Random(3)
    guessed = [(int(rng.random() < 0.25), rng.randrange(10)) for _ in range(200)]
    assert Says.GUESSED in says(item_of(guessed), guess=Fraction(1, 4))
    assert Says.GUESSED not in says(item_of(SPLIT), guess=Fraction(1, 4))


def test_nearly_all_right_is_too_easy_and_hardly_anybody_too_hard():
    assert says(item_of([(int(i > 2), i // 12) for i in range(120)])) == [Says.TOO_EASY]
    luck = [(int(i not in (100, 110, 119)), i // 12) for i in range(120)]
    assert item_of(luck).discrimination.high < 0
    assert says(item_of(luck)) == [Says.TOO_EASY]
    assert says(item_of([(int(i > 110), i // 12) for i in range(120)])) == [Says.TOO_HARD]


def test_what_strong_and_weak_answer_alike_separates_nobody():
    alike = [(i % 2, i // 12) for i in range(120)]
    assert Says.DOES_NOT_SEPARATE in says(item_of(alike))


def test_a_choice_that_nobody_takes_is_no_distractor():
    rows = choices(a=(60, 90, 20), b=(38, 8, 75), c=(2, 2, 5))
    (verdict,) = statistics.verdicts(item_of(SPLIT), {"row": rows}, None)
    assert (verdict.says, verdict.part, verdict.keys) == (Says.UNUSED_CHOICES, "row", ("c",))


def test_needs_checking_by_its_thresholds():
    assert not statistics.needs_checking(item_of(SPLIT))
    assert statistics.needs_checking(item_of([(i % 2, i // 12) for i in range(120)]))
    assert not statistics.needs_checking(item_of([(i % 2, i // 12) for i in range(29)]))
    assert not statistics.needs_checking(item_of([(int(i > 2), i // 12) for i in range(120)]))
    weak = item_of([(int(i % 10 < 4 + 3 * (i >= 60)), i // 12) for i in range(120)])
    assert (statistics.needs_checking(weak), says(weak)) == (True, [Says.SEPARATES_LITTLE])
    assert statistics.needs_checking(item_of([(int(i > 115), i // 12) for i in range(120)]), Fraction(1, 2))


def test_the_band_around_the_pass_mark_counts_both_sides():
    found = statistics.borderline([0.5, 0.62, 0.7, 0.78, 0.9], pass_percent=70, error=0.1)
    assert (found.below, found.above) == (1, 2)
    assert (found.low, found.high) == (pytest.approx(60), pytest.approx(80))
    assert statistics.borderline([0.7], pass_percent=70, error=None).error is None


def test_totals_fall_into_bins_and_the_full_mark_into_the_last():
    found = statistics.histogram([0.0, 0.0999999, 0.1, 0.7, 1.0])
    assert [row.count for row in found] == [2, 1, 0, 0, 0, 0, 0, 1, 0, 1]
    assert (found[7].start, found[7].stop) == (70, 80)

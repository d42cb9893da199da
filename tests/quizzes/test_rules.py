"""Grades over attempts, the review matrix, exceptions, pages and the order of visiting, access, behaviours."""

import datetime as dt
import random
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import access, behaviours
from quizzes.access import Asked
from quizzes.rules import grades, layout, overrides, review, timing
from quizzes.rules.grades import Grading, Result
from quizzes.rules.layout import Placed
from quizzes.rules.review import Moment, Row

NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def results(*rows: tuple[int, bool]) -> list[Result]:
    return [Result(number, Fraction(percent, 100), passed) for number, (percent, passed) in enumerate(rows, start=1)]


# --- Grades ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "score", "passed", "attempt"),
    [
        (Grading.HIGHEST, 90, True, 2),
        (Grading.AVERAGE, 65, False, None),
        (Grading.FIRST, 40, False, 1),
        (Grading.LAST, 50, False, 4),
        (Grading.LATEST_PASSING, 80, True, 3),
    ],
)
def test_what_counts_of_several_attempts(method: Grading, score: int, passed: bool, attempt: int | None) -> None:
    found = grades.fold(results((40, False), (90, True), (80, True), (50, False)), method, 70)
    assert found == grades.Grade(Fraction(score, 100), passed, attempt)


def test_a_pass_goes_before_a_higher_score_that_misses_a_goal() -> None:
    found = grades.fold(results((95, False), (75, True)), Grading.HIGHEST, 70)
    assert found is not None
    assert (found.attempt, found.passed) == (2, True)


def test_of_two_equally_good_attempts_the_earlier_counts() -> None:
    found = grades.fold(results((80, True), (80, True)), Grading.HIGHEST, 70)
    assert found is not None
    assert found.attempt == 1


def test_without_a_finished_attempt_there_is_no_grade() -> None:
    assert all(grades.fold([], method, 70) is None for method in Grading)


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1, max_size=6), st.sampled_from(Grading))
def test_a_grade_lies_between_the_worst_and_the_best_attempt(rows: list[tuple[int, bool]], method: Grading) -> None:
    found = grades.fold(results(*rows), method, 70)
    assert found is not None
    scores = [Fraction(percent, 100) for percent, _passed in rows]
    assert min(scores) <= found.score <= max(scores)


def test_the_highest_band_that_is_reached_speaks() -> None:
    bands = [(0, "Học lại"), (50, "Khá"), (80, "Tốt")]
    assert [grades.band(Fraction(n, 100), bands) for n in (0, 49, 50, 80, 100)] == [
        "Học lại", "Học lại", "Khá", "Tốt", "Tốt",
    ]  # fmt: skip
    assert grades.band(Fraction(1, 10), [(50, "Khá")]) == ""


def test_an_objective_gets_its_share_of_the_marks_that_ask_about_it() -> None:
    marks = [(1, Fraction(1), Fraction(2)), (1, Fraction(0), Fraction(1)), (2, Fraction(1, 2), Fraction(1))]
    found = grades.by_objective([*marks, (None, Fraction(0), Fraction(5)), (3, Fraction(0), Fraction(0))])
    assert found == {1: Fraction(2, 3), 2: Fraction(1, 2)}


# --- Review matrix --------------------------------------------------------------------------------------


def test_the_bits_are_those_of_the_requirements() -> None:
    assert [int(moment) for moment in Moment] == [0x10000, 0x01000, 0x00100, 0x00010]


@pytest.mark.parametrize(
    ("seconds", "closes_in", "moment"),
    [
        (0, None, Moment.IMMEDIATELY),
        (120, None, Moment.IMMEDIATELY),
        (121, None, Moment.LATER),
        (0, 60, Moment.IMMEDIATELY),
        (60, 60, Moment.CLOSED),
        (3600, 60, Moment.CLOSED),
    ],
)
def test_the_moment_of_a_review(seconds: int, closes_in: int | None, moment: Moment) -> None:
    closes = NOON + dt.timedelta(seconds=closes_in) if closes_in is not None else None
    at = NOON + dt.timedelta(seconds=seconds)
    assert review.moment_of(submitted_at=NOON, closes_at=closes, at=at) == moment
    assert review.moment_of(submitted_at=None, closes_at=closes, at=at) == Moment.DURING


MATRIX = st.fixed_dictionaries({row: st.integers(0, 0x11110).map(lambda bits: Moment(bits & 0x11110)) for row in Row})


@given(MATRIX)
def test_a_matrix_survives_being_kept(matrix: dict[Row, Moment]) -> None:
    assert review.from_json(review.as_json(matrix)) == matrix


@given(MATRIX)
def test_the_right_answer_without_the_attempt_is_a_contradiction(matrix: dict[Row, Moment]) -> None:
    found = {(row, moment) for row, moment, needed in review.contradictions(matrix) if needed == Row.ATTEMPT}
    for moment in Moment:
        shown = bool(matrix[Row.RIGHT_ANSWER] & moment) and not matrix[Row.ATTEMPT] & moment
        assert ((Row.RIGHT_ANSWER, moment) in found) == shown


def test_the_default_contradicts_nothing_and_keeps_the_key_until_the_end() -> None:
    assert review.contradictions(review.DEFAULT) == []
    assert review.shown(review.DEFAULT, Moment.DURING) == set(Row) - {Row.RIGHT_ANSWER, Row.OVERALL}
    assert review.shown(review.DEFAULT, Moment.LATER) == set(Row)


# --- Exceptions -----------------------------------------------------------------------------------------


def quiz(**values: Any) -> SimpleNamespace:
    fields = {
        "opens_at": None, "closes_at": NOON, "limit_minutes": 20, "max_attempts": 3, "password": "", "networks": "",
        "needs_ticket": False,
    }  # fmt: skip
    return SimpleNamespace(**{**fields, **values})


def layer(depth: int = 1, *, personal: bool = False, hours: int = 0, **values: Any) -> overrides.Layer:
    return overrides.Layer(personal, depth, NOON + hours * HOUR, values)


def test_without_exceptions_the_quiz_holds() -> None:
    held = overrides.effective(quiz(), [])
    assert (held.closes_at, held.limit, held.max_attempts) == (NOON, dt.timedelta(minutes=20), 3)
    assert not held.has_exception


def test_ones_own_exception_goes_before_the_units_and_the_deeper_unit_before_the_higher() -> None:
    layers = [
        layer(1, max_attempts=4, limit_minutes=25, closes_at=NOON + HOUR),
        layer(3, max_attempts=5, limit_minutes=30),
        layer(0, personal=True, max_attempts=6),
    ]
    for order in (layers, layers[::-1]):
        held = overrides.effective(quiz(), order)
        assert (held.max_attempts, held.limit_minutes, held.closes_at) == (6, 30, NOON + HOUR)


def test_of_two_exceptions_for_the_same_the_later_holds_and_none_is_no_value() -> None:
    held = overrides.effective(quiz(), [layer(2, max_attempts=9), layer(2, hours=1, max_attempts=1, closes_at=None)])
    assert (held.max_attempts, held.closes_at) == (1, NOON)


def test_the_deadline_is_the_earlier_of_limit_times_factor_and_closing() -> None:
    def deadline(limit: int | None, factor: str = "1", closes: dt.datetime | None = None) -> dt.datetime | None:
        length = dt.timedelta(minutes=limit) if limit else None
        return timing.deadline(NOON, limit=length, factor=Fraction(factor), closes_at=closes)

    assert deadline(20) == NOON + dt.timedelta(minutes=20)
    assert deadline(20, "1.5") == NOON + dt.timedelta(minutes=30)
    assert deadline(20, "1.5", NOON + dt.timedelta(minutes=25)) == NOON + dt.timedelta(minutes=25)
    assert deadline(None, "2", NOON + HOUR) == NOON + HOUR
    assert deadline(None) is None


# --- May one begin --------------------------------------------------------------------------------------


def begin(**values: Any) -> timing.Refusal | None:
    facts: dict[str, Any] = {
        "used": 0, "most": 3, "has_passed": False, "last_ended_at": None, "wait": dt.timedelta(0), "at": NOON,
    }  # fmt: skip
    return timing.may_start(**{**facts, **values})


def test_the_second_attempt_waits_for_one_time_and_the_later_ones_for_another() -> None:
    waits = {"last_ended_at": NOON, "wait": HOUR, "wait_later": 24 * HOUR, "most": 9}
    assert begin(used=1, **waits) == timing.Refusal(timing.Hindrance.WAIT, NOON + HOUR)
    assert begin(used=2, **waits) == timing.Refusal(timing.Hindrance.WAIT, NOON + 24 * HOUR)
    assert begin(used=1, **{**waits, "at": NOON + HOUR}) is None
    same = begin(used=2, **{**waits, "wait_later": None})
    assert same == timing.Refusal(timing.Hindrance.WAIT, NOON + HOUR)


def test_before_opening_and_from_closing_on_nobody_begins() -> None:
    opens = begin(opens_at=NOON + HOUR)
    assert opens == timing.Refusal(timing.Hindrance.NOT_OPEN, NOON + HOUR)
    assert begin(opens_at=NOON, closes_at=NOON + HOUR) is None
    assert begin(closes_at=NOON) == timing.Refusal(timing.Hindrance.CLOSED)


def test_lessons_come_before_the_next_attempt() -> None:
    assert begin(used=1, lessons_to_open=(4, 7)) == timing.Refusal(timing.Hindrance.REMEDIATION, lessons=(4, 7))
    assert begin(used=3, lessons_to_open=(4,)) == timing.Refusal(timing.Hindrance.NONE_LEFT)


# --- Pages and the order of visiting -----------------------------------------------------------------------


@given(st.lists(st.integers(1, 3), max_size=20).map(sorted), st.integers(1, 6))
def test_pages_count_from_one_without_gaps_hold_so_many_and_no_two_parts(sections: list[int], per_page: int) -> None:
    found = layout.pages(sections, per_page)
    assert found == sorted(found)
    assert set(found) == set(range(1, len(set(found)) + 1))
    for page in set(found):
        parts = [section for section, its in zip(sections, found, strict=True) if its == page]
        assert len(parts) <= per_page
        assert len(set(parts)) == 1


def test_in_a_sequential_attempt_only_the_page_that_was_reached_is_open() -> None:
    rows = [Placed(1, 1, True), Placed(2, 2, False), Placed(3, 3, False)]
    assert layout.open_positions(rows, navigation="sequential", page_reached=2) == {2}
    assert layout.open_positions(rows, navigation="free", page_reached=2) == {1, 2, 3}
    turns = [layout.may_turn_to(page, last=3, navigation="sequential", page_reached=2) for page in range(5)]
    assert turns == [False, False, True, True, False]
    assert [layout.may_turn_to(page, last=3, navigation="free", page_reached=1) for page in range(5)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_what_requires_the_one_before_opens_once_that_is_answered() -> None:
    def rows(first: bool, second: bool) -> list[Placed]:
        return [Placed(1, 1, first), Placed(2, 1, second, True), Placed(3, 1, False, True)]

    assert layout.open_positions(rows(False, False), navigation="free", page_reached=1) == {1}
    assert layout.open_positions(rows(True, False), navigation="free", page_reached=1) == {1, 2}
    assert layout.open_positions(rows(True, True), navigation="free", page_reached=1) == {1, 2, 3}
    assert layout.open_positions(rows(False, True), navigation="free", page_reached=1) == {1}


@given(st.lists(st.booleans(), max_size=8), st.integers(0, 50))
def test_shuffling_loses_nothing_and_leaves_glued_ones_where_they_belong(glued: list[bool], seed: int) -> None:
    items = list(enumerate(glued))
    found = layout.shuffled([(number, is_glued) for number, is_glued in items], random.Random(seed))
    assert sorted(found) == list(range(len(glued)))
    for place, number in enumerate(found):
        if number and glued[number]:
            assert found[place - 1] == number - 1


# --- Access and behaviours -----------------------------------------------------------------------------------


def test_a_password_is_asked_for_and_compared_without_case_but_with_diacritics() -> None:
    held = quiz(password="Đoàn Kết")
    assert access.asked_for(held) == ("password",)
    assert access.refuse(held, Asked(password="  đoàn kết ")) == ""
    assert access.refuse(held, Asked(password="doan ket")) != ""
    assert access.refuse(held, Asked()) != access.refuse(held, Asked(password="x"))
    assert access.refuse(quiz(), Asked()) == ""


@pytest.mark.parametrize(
    ("address", "is_in"),
    [("10.1.2.3", True), ("10.2.0.1", False), ("2001:db8::1", True), ("", False), ("không phải địa chỉ", False)],
)
def test_only_from_the_given_networks(address: str, is_in: bool) -> None:
    held = quiz(networks="10.1.0.0/16\n\n2001:db8::/32")
    assert (access.refuse(held, Asked(address=address)) == "") == is_in


def test_a_ticket_is_asked_for_where_one_is_needed() -> None:
    held = quiz(needs_ticket=True, password="x")
    assert access.asked_for(held) == ("password", "ticket")
    assert access.refuse(held, Asked(password="x", ticket=" ")) != ""
    assert access.refuse(held, Asked(password="x", ticket="ABCD-1234")) == ""


def test_the_interactive_behaviour_takes_off_for_each_wrong_try_and_gives_hints_in_turn() -> None:
    interactive = behaviours.get("interactive")

    def after(share: int, tries: int) -> behaviours.Verdict:
        return interactive.after_try(Fraction(share), tries=tries, allowed=3, penalty=Fraction(1, 3))

    assert after(1, 1) == behaviours.Verdict(Fraction(1), True, True)
    assert after(0, 1) == behaviours.Verdict(Fraction(0), False, True, hint=0)
    assert after(1, 2) == behaviours.Verdict(Fraction(2, 3), True, True)
    assert after(0, 3) == behaviours.Verdict(Fraction(0), True, True)
    assert interactive.at_end(Fraction(1), tries=2, penalty=Fraction(1, 3)) == Fraction(1, 3)


def test_immediate_settles_at_the_first_try_and_deferred_never_tries() -> None:
    assert behaviours.get("immediate").after_try(
        Fraction(1, 2), tries=1, allowed=3, penalty=Fraction(1)
    ) == behaviours.Verdict(Fraction(1, 2), True, True)
    deferred = behaviours.get("deferred")
    assert not deferred.CHECKS
    with pytest.raises(ValueError, match="never checked"):
        deferred.after_try(Fraction(1), tries=1, allowed=1, penalty=Fraction(0))


@given(
    share=st.fractions(0, 1, max_denominator=12),
    tries=st.integers(1, 5),
    penalty=st.integers(0, 100).map(lambda percent: Fraction(percent, 100)),
)
def test_no_penalty_makes_a_mark_negative_or_a_later_try_worth_more(
    share: Fraction, tries: int, penalty: Fraction
) -> None:
    interactive = behaviours.get("interactive")
    worth = [
        interactive.after_try(share, tries=number, allowed=5, penalty=penalty).fraction for number in (tries, tries + 1)
    ]
    assert share >= worth[0] >= worth[1] >= 0

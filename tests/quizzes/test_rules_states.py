"""The table of requirements §2.3, line by line."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.rules import states
from quizzes.rules.states import Clock, Due, OnTimeUp, State, check_at, due, ended_at, move, takes_answers
from quizzes.rules.timing import GRACE, LEAST_LEFT, Standing

START = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
DEADLINE = START + dt.timedelta(minutes=20)
MINUTE = dt.timedelta(minutes=1)
SECOND = dt.timedelta(seconds=1)


def clock(policy: OnTimeUp = OnTimeUp.AUTOSUBMIT, grace: int = 10, deadline: dt.datetime | None = DEADLINE) -> Clock:
    return Clock(deadline, policy, dt.timedelta(minutes=grace))


ALLOWED = [
    ("not_started", "in_progress"), ("not_started", "voided"),
    ("in_progress", "overdue"), ("in_progress", "submitted"), ("in_progress", "graded"), ("in_progress", "abandoned"),
    ("in_progress", "voided"),
    ("overdue", "submitted"), ("overdue", "graded"), ("overdue", "abandoned"), ("overdue", "voided"),
    ("submitted", "graded"), ("submitted", "voided"),
    ("graded", "graded"), ("graded", "submitted"), ("graded", "voided"),
    ("abandoned", "in_progress"), ("abandoned", "submitted"), ("abandoned", "graded"), ("abandoned", "voided"),
]  # fmt: skip


@pytest.mark.parametrize("old", list(State))
@pytest.mark.parametrize("new", list(State))
def test_an_attempt_moves_along_the_table_and_nowhere_else(old: State, new: State) -> None:
    if (old.value, new.value) in ALLOWED:
        assert move(old, new) == new
    else:
        with pytest.raises(states.WrongStateError):
            move(old, new)


def test_before_the_deadline_nothing_is_due() -> None:
    for policy in OnTimeUp:
        assert due(State.IN_PROGRESS, clock(policy), DEADLINE - LEAST_LEFT) is None


def test_autosubmit_waits_for_answers_on_their_way_and_counts_from_the_deadline() -> None:
    assert due(State.IN_PROGRESS, clock(), DEADLINE + GRACE) is None
    assert due(State.IN_PROGRESS, clock(), DEADLINE + GRACE + SECOND) == Due(State.SUBMITTED, DEADLINE)


def test_autoabandon_keeps_and_marks_nothing() -> None:
    late = DEADLINE + GRACE + SECOND
    assert due(State.IN_PROGRESS, clock(OnTimeUp.ABANDON), late) == Due(State.ABANDONED, DEADLINE)


def test_grace_makes_it_overdue_at_the_deadline_and_abandons_when_the_grace_is_over() -> None:
    held = clock(OnTimeUp.GRACE)
    assert due(State.IN_PROGRESS, held, DEADLINE - SECOND) == Due(State.OVERDUE, DEADLINE)
    assert due(State.OVERDUE, held, DEADLINE + 10 * MINUTE) is None
    assert due(State.OVERDUE, held, DEADLINE + 10 * MINUTE + SECOND) == Due(State.ABANDONED, DEADLINE)
    assert due(State.IN_PROGRESS, held, DEADLINE + 11 * MINUTE) == Due(State.ABANDONED, DEADLINE)


def test_less_than_two_seconds_left_counts_as_up() -> None:
    assert takes_answers(State.IN_PROGRESS, clock(), DEADLINE - LEAST_LEFT) == Standing.OPEN
    assert takes_answers(State.IN_PROGRESS, clock(), DEADLINE - SECOND) == Standing.UP


def test_sixty_seconds_late_is_taken_and_sixty_one_is_not() -> None:
    assert takes_answers(State.IN_PROGRESS, clock(), DEADLINE + 60 * SECOND) == Standing.UP
    assert takes_answers(State.IN_PROGRESS, clock(), DEADLINE + 61 * SECOND) == Standing.OVER


def test_an_overdue_attempt_may_be_handed_in_within_its_grace_only() -> None:
    held = clock(OnTimeUp.GRACE)
    assert takes_answers(State.OVERDUE, held, DEADLINE + 10 * MINUTE) == Standing.UP
    assert takes_answers(State.OVERDUE, held, DEADLINE + 10 * MINUTE + SECOND) == Standing.OVER


@pytest.mark.parametrize("state", [State.NOT_STARTED, State.SUBMITTED, State.GRADED, State.ABANDONED, State.VOIDED])
def test_what_is_not_open_takes_nothing_and_is_never_due(state: State) -> None:
    assert takes_answers(state, clock(), START) == Standing.OVER
    assert due(state, clock(), DEADLINE + 999 * MINUTE) is None
    assert check_at(state, clock()) is None


def test_handed_in_late_counts_from_the_deadline_in_time_from_now() -> None:
    assert ended_at(clock(), DEADLINE + 30 * SECOND) == DEADLINE + 30 * SECOND
    assert ended_at(clock(), DEADLINE + 5 * MINUTE) == DEADLINE
    assert ended_at(clock(deadline=None), DEADLINE) == DEADLINE


@given(
    policy=st.sampled_from(OnTimeUp),
    grace=st.integers(0, 120),
    state=st.sampled_from([State.IN_PROGRESS, State.OVERDUE]),
)
def test_the_sweep_looks_no_later_than_something_is_due_and_after_it_nothing_open_is_left(
    policy: OnTimeUp, grace: int, state: State
) -> None:
    held = clock(policy, grace)
    when = check_at(state, held)
    assert when is not None
    assert due(state, held, when + SECOND) is not None
    last = held.last_moment
    assert last is not None
    found = due(state, held, last + SECOND)
    assert found is not None
    assert found.state in (State.SUBMITTED, State.ABANDONED)


def test_without_a_limit_an_attempt_stays_open() -> None:
    assert due(State.IN_PROGRESS, clock(deadline=None), DEADLINE + 9999 * MINUTE) is None
    assert check_at(State.IN_PROGRESS, clock(deadline=None)) is None

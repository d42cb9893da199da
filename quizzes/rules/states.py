"""The life of an attempt (requirements §2.3). Plain Python: the machine says what may follow, the services do it."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from quizzes.rules.timing import GRACE, LEAST_LEFT, Standing, standing


class State(StrEnum):
    """As quizzes.models.Attempt.State."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    GRADED = "graded"
    ABANDONED = "abandoned"
    VOIDED = "voided"


class OnTimeUp(StrEnum):
    AUTOSUBMIT = "autosubmit"
    GRACE = "grace"
    ABANDON = "abandon"


FOLLOWING: dict[State, frozenset[State]] = {
    State.NOT_STARTED: frozenset({State.IN_PROGRESS, State.VOIDED}),
    State.IN_PROGRESS: frozenset(
        {State.OVERDUE, State.SUBMITTED, State.GRADED, State.ABANDONED, State.VOIDED},
    ),
    State.OVERDUE: frozenset({State.SUBMITTED, State.GRADED, State.ABANDONED, State.VOIDED}),
    State.SUBMITTED: frozenset({State.GRADED, State.VOIDED}),
    State.GRADED: frozenset({State.GRADED, State.SUBMITTED, State.VOIDED}),
    State.ABANDONED: frozenset({State.IN_PROGRESS, State.SUBMITTED, State.GRADED, State.VOIDED}),
    State.VOIDED: frozenset(),
}


class WrongStateError(ValueError):
    def __init__(self, old: State, new: State) -> None:
        super().__init__(f"{old} → {new}")
        self.old, self.new = old, new


def move(old: State, new: State) -> State:
    """``new``, or WrongStateError."""
    if new not in FOLLOWING[old]:
        raise WrongStateError(old, new)
    return new


@dataclass(frozen=True)
class Clock:
    """What decides when. ``grace``: how long an overdue attempt may be handed in (policy GRACE)."""

    deadline: dt.datetime | None
    policy: OnTimeUp
    grace: dt.timedelta

    @property
    def last_moment(self) -> dt.datetime | None:
        """After this nothing is taken from the learner any more."""
        if self.deadline is None:
            return None
        return self.deadline + (max(self.grace, GRACE) if self.policy == OnTimeUp.GRACE else GRACE)


@dataclass(frozen=True)
class Due:
    """What the clock asks for. ``ended_at``: the moment it counts from."""

    state: State
    ended_at: dt.datetime


def due(state: State, clock: Clock, at: dt.datetime) -> Due | None:
    """What has to happen to an attempt in ``state`` by ``at``; None: nothing yet. The sweep and every visit ask this.

    autosubmit: handed in at the deadline once the grace for answers on their way is over. abandon: likewise, without a
    mark. grace: overdue at the deadline, abandoned when that grace is over too.
    """
    if clock.deadline is None or state not in (State.IN_PROGRESS, State.OVERDUE):
        return None
    last = clock.last_moment
    if last is not None and at > last:
        if clock.policy == OnTimeUp.AUTOSUBMIT:
            return Due(State.SUBMITTED, clock.deadline)
        return Due(State.ABANDONED, clock.deadline)
    if clock.policy == OnTimeUp.GRACE and state == State.IN_PROGRESS and at > clock.deadline - LEAST_LEFT:
        return Due(State.OVERDUE, clock.deadline)
    return None


def check_at(state: State, clock: Clock) -> dt.datetime | None:
    """When the sweep has to ask ``due`` again; None when nothing is left to decide."""
    if clock.deadline is None or state not in (State.IN_PROGRESS, State.OVERDUE):
        return None
    if clock.policy == OnTimeUp.GRACE and state == State.IN_PROGRESS:
        return clock.deadline
    return clock.last_moment


def takes_answers(state: State, clock: Clock, at: dt.datetime) -> Standing:
    """OPEN: go on. UP: only what is on its way, or handing in. OVER: nothing is taken."""
    if state == State.OVERDUE:
        last = clock.last_moment
        # The grace of the policy is for handing in; answers that were on their way get the same minute as elsewhere.
        return Standing.UP if last is not None and at <= last else Standing.OVER
    if state != State.IN_PROGRESS:
        return Standing.OVER
    return standing(clock.deadline, at)


def ended_at(clock: Clock, at: dt.datetime) -> dt.datetime:
    """When an attempt handed in by its learner at ``at`` counts as ended: now, or at the deadline if that is over."""
    if clock.deadline is None or clock.last_moment is None or at <= clock.last_moment:
        return at
    return clock.deadline

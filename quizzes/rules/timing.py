"""Clock and limits of an attempt. Plain Python: the caller brings the facts and the time."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

# An answer on its way when the time ran out still counts; what comes later does not.
GRACE = dt.timedelta(seconds=60)
# With less than this left there is no time to do anything: it counts as up.
LEAST_LEFT = dt.timedelta(seconds=2)


class Standing(Enum):
    """OPEN: go on. UP: answers on their way are taken, nothing new is asked. OVER: nothing is taken."""

    OPEN = "open"
    UP = "up"
    OVER = "over"


class Hindrance(Enum):
    """Why no attempt may begin now. What access rules refuse is in quizzes.access."""

    PASSED = "passed"
    NONE_LEFT = "none_left"
    WAIT = "wait"
    NOT_OPEN = "not_open"
    CLOSED = "closed"
    REMEDIATION = "remediation"


@dataclass(frozen=True)
class Refusal:
    """``until``: when it ends by itself, for WAIT and NOT_OPEN; ``lessons``: keys to open first, for REMEDIATION."""

    why: Hindrance
    until: dt.datetime | None = None
    lessons: tuple[int, ...] = ()


def standing(deadline: dt.datetime | None, at: dt.datetime) -> Standing:
    if deadline is None or at <= deadline - LEAST_LEFT:
        return Standing.OPEN
    return Standing.UP if at <= deadline + GRACE else Standing.OVER


def seconds_left(deadline: dt.datetime | None, at: dt.datetime) -> int | None:
    """Whole seconds, rounded down, never below 0; None without a limit."""
    return None if deadline is None else max(0, int((deadline - at).total_seconds()))


def wait_before(number: int, *, second: dt.timedelta, later: dt.timedelta | None) -> dt.timedelta:
    """Cooldown before attempt ``number`` (2 …); ``later`` None: the same for all."""
    return second if number <= 2 or later is None else later


def may_start(
    *,
    used: int,
    most: int,
    has_passed: bool,
    last_ended_at: dt.datetime | None,
    wait: dt.timedelta,
    at: dt.datetime,
    wait_later: dt.timedelta | None = None,
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    lessons_to_open: tuple[int, ...] = (),
) -> Refusal | None:
    """``most`` 0: no limit. Who has passed has nothing to repeat: the result would not change."""
    if has_passed:
        return Refusal(Hindrance.PASSED)
    if opens_at is not None and at < opens_at:
        return Refusal(Hindrance.NOT_OPEN, opens_at)
    if closes_at is not None and at >= closes_at:
        return Refusal(Hindrance.CLOSED)
    if most and used >= most:
        return Refusal(Hindrance.NONE_LEFT)
    pause = wait_before(used + 1, second=wait, later=wait_later)
    if last_ended_at is not None and at < last_ended_at + pause:
        return Refusal(Hindrance.WAIT, last_ended_at + pause)
    if lessons_to_open:
        return Refusal(Hindrance.REMEDIATION, lessons=lessons_to_open)
    return None


def deadline(
    started_at: dt.datetime, *, limit: dt.timedelta | None, factor: Fraction, closes_at: dt.datetime | None
) -> dt.datetime | None:
    """min(start + limit × factor, close); None where neither is set (requirements §2.3)."""
    ends = [] if limit is None else [started_at + limit * float(factor)]
    if closes_at is not None:
        ends.append(closes_at)
    return min(ends, default=None)


def shows_right_answers(*, passed: bool, attempts_left: int | None) -> bool:
    """The key is shown once nothing can be won by knowing it; ``attempts_left`` None: no limit."""
    return passed or attempts_left == 0

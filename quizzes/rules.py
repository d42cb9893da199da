"""Clock and limits of an attempt. Plain Python: the caller brings the facts and the time."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

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
    PASSED = "passed"
    NONE_LEFT = "none_left"
    WAIT = "wait"


@dataclass(frozen=True)
class Refusal:
    """``until``: when it ends by itself, for WAIT."""

    why: Hindrance
    until: dt.datetime | None = None


def standing(deadline: dt.datetime | None, at: dt.datetime) -> Standing:
    if deadline is None or at <= deadline - LEAST_LEFT:
        return Standing.OPEN
    return Standing.UP if at <= deadline + GRACE else Standing.OVER


def seconds_left(deadline: dt.datetime | None, at: dt.datetime) -> int | None:
    """Whole seconds, rounded down, never below 0; None without a limit."""
    return None if deadline is None else max(0, int((deadline - at).total_seconds()))


def may_start(
    *,
    used: int,
    most: int,
    has_passed: bool,
    last_ended_at: dt.datetime | None,
    wait: dt.timedelta,
    at: dt.datetime,
) -> Refusal | None:
    """``most`` 0: no limit. Who has passed has nothing to repeat: the result would not change."""
    if has_passed:
        return Refusal(Hindrance.PASSED)
    if most and used >= most:
        return Refusal(Hindrance.NONE_LEFT)
    if last_ended_at is not None and at < last_ended_at + wait:
        return Refusal(Hindrance.WAIT, last_ended_at + wait)
    return None


def shows_right_answers(*, passed: bool, attempts_left: int | None) -> bool:
    """The key is shown once nothing can be won by knowing it; ``attempts_left`` None: no limit."""
    return passed or attempts_left == 0


class PoolTooSmallError(ValueError):
    """Slots ask for more questions than there are."""


@dataclass(frozen=True)
class Slot:
    """``count`` questions whose category path begins with ``path``, or the one ``question``."""

    position: int
    count: int = 1
    path: str = ""
    question: int | None = None


@dataclass(frozen=True)
class Drawable:
    question: int
    path: str
    uses: int


def draw(slots: Sequence[Slot], pool: Sequence[Drawable], rng: random.Random) -> list[tuple[Slot, int]]:
    """Questions for the slots, in the order of the slots; none twice, those asked least before come first.

    Fixed questions are set aside first and narrow categories choose before wide ones, so that a wide draw does not
    take what a narrow one needs. ``rng`` breaks ties, so the same seed draws the same.
    """
    shuffled = list(pool)
    rng.shuffle(shuffled)
    shuffled.sort(key=lambda row: row.uses)
    taken = {slot.question for slot in slots if slot.question is not None}
    if not taken <= {row.question for row in pool}:
        raise PoolTooSmallError
    drawn = [(slot, slot.question) for slot in slots if slot.question is not None]
    for slot in sorted((slot for slot in slots if slot.question is None), key=lambda slot: -len(slot.path)):
        found = [row.question for row in shuffled if row.path.startswith(slot.path) and row.question not in taken]
        if len(found) < slot.count:
            raise PoolTooSmallError
        drawn += [(slot, question) for question in found[: slot.count]]
        taken.update(found[: slot.count])
    return sorted(drawn, key=lambda pair: pair[0].position)

"""The one shape of a behaviour. A module of this package with a ``BEHAVIOUR`` is one."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

NOTHING = Fraction(0)


@dataclass(frozen=True)
class Verdict:
    """After a try. ``fraction``: what the question is worth now; ``hint``: number of the hint to show, from 0."""

    fraction: Fraction
    is_settled: bool
    shows_feedback: bool
    hint: int | None = None


class Behaviour(Protocol):
    @property
    def NAME(self) -> str: ...  # noqa: N802  a constant

    @property
    def CHECKS(self) -> bool:  # noqa: N802
        """Whether a question can be checked while it is being answered."""
        ...

    def after_try(self, fraction: Fraction, *, tries: int, allowed: int, penalty: Fraction) -> Verdict:
        """``fraction``: what the type gives; ``tries``: how often it has been checked, this time included, from 1."""
        ...

    def at_end(self, fraction: Fraction, *, tries: int, penalty: Fraction) -> Fraction:
        """What an answer is worth that is handed in unchecked after ``tries`` tries of other answers."""
        ...


def less_penalty(fraction: Fraction, wrong_tries: int, penalty: Fraction) -> Fraction:
    """Each wrong try before costs ``penalty`` of the whole, never below nothing."""
    return max(NOTHING, fraction - wrong_tries * penalty)

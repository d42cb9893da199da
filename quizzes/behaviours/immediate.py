"""A question may be checked once, and is settled by it."""

from fractions import Fraction

from quizzes.behaviours.base import Verdict


class Immediate:
    NAME = "immediate"
    CHECKS = True

    def after_try(self, fraction: Fraction, *, tries: int, allowed: int, penalty: Fraction) -> Verdict:
        return Verdict(fraction, is_settled=True, shows_feedback=True)

    def at_end(self, fraction: Fraction, *, tries: int, penalty: Fraction) -> Fraction:
        return fraction


BEHAVIOUR = Immediate()

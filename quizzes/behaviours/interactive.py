"""A wrong answer gets a hint and may be tried again, for less; an entirely right one settles the question."""

from fractions import Fraction

from quizzes.behaviours.base import Verdict, less_penalty


class Interactive:
    NAME = "interactive"
    CHECKS = True

    def after_try(self, fraction: Fraction, *, tries: int, allowed: int, penalty: Fraction) -> Verdict:
        worth = less_penalty(fraction, tries - 1, penalty)
        is_settled = fraction == 1 or tries >= allowed
        return Verdict(worth, is_settled, shows_feedback=True, hint=None if is_settled else tries - 1)

    def at_end(self, fraction: Fraction, *, tries: int, penalty: Fraction) -> Fraction:
        return less_penalty(fraction, tries, penalty)


BEHAVIOUR = Interactive()

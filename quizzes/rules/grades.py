"""What several attempts come to (requirements Q16). Plain Python; shares are exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Grading(StrEnum):
    HIGHEST = "highest"
    AVERAGE = "average"
    FIRST = "first"
    LAST = "last"
    LATEST_PASSING = "latest_passing"


@dataclass(frozen=True)
class Result:
    """Of one finished attempt, in the order of their numbers. ``passed``: its own mark, with the goals of its parts."""

    attempt: object
    score: Fraction
    passed: bool


@dataclass(frozen=True)
class Grade:
    """``attempt``: the one that counts; None for an average of several."""

    score: Fraction
    passed: bool
    attempt: object | None


def fold(results: Sequence[Result], method: Grading, pass_percent: int) -> Grade | None:
    """None while there is no finished attempt. Of two equally good ones the earlier counts; a pass goes before a
    higher score that misses a goal."""
    if not results:
        return None
    if method == Grading.AVERAGE:
        score = sum((result.score for result in results), Fraction(0)) / len(results)
        only = results[0].attempt if len(results) == 1 else None
        return Grade(score, score >= Fraction(pass_percent, 100), only)
    if method == Grading.FIRST:
        chosen = results[0]
    elif method == Grading.LAST:
        chosen = results[-1]
    elif method == Grading.LATEST_PASSING:
        passing = [result for result in results if result.passed]
        chosen = passing[-1] if passing else results[-1]
    else:
        chosen = max(results, key=lambda result: (result.passed, result.score))
    return Grade(chosen.score, chosen.passed, chosen.attempt)


def can_improve(results: Sequence[Result], method: Grading, pass_percent: int) -> bool:
    """Whether another attempt could change a grade that does not pass yet."""
    grade = fold(results, method, pass_percent)
    return grade is None or (not grade.passed and method != Grading.FIRST)


def band(score: Fraction, bands: Sequence[tuple[int, str]]) -> str:
    """The text of the highest band (from %, text) that ``score`` reaches; "" below all of them."""
    reached = [(start, text) for start, text in bands if score * 100 >= start]
    return max(reached, key=lambda pair: pair[0])[1] if reached else ""


def by_objective(marks: Sequence[tuple[int | None, Fraction, Fraction]]) -> dict[int, Fraction]:
    """(objective, share, most marks) of each question → share of each objective; questions without one are left out."""
    earned: dict[int, Fraction] = {}
    most: dict[int, Fraction] = {}
    for objective, share, weight in marks:
        if objective is None or not weight:
            continue
        earned[objective] = earned.get(objective, Fraction(0)) + share * weight
        most[objective] = most.get(objective, Fraction(0)) + weight
    return {key: earned[key] / most[key] for key in most}

"""Item analysis: figures of a test and of its items, in exact integers until the last division. No Django.

The formulas are those of the requirements, §2.6 (classical test theory, as in Moodle's calculators), with its four
corrections: item against the *rest* everywhere, also where questions are drawn; α only where everybody had the same
form, decision consistency elsewhere; no sum that is never filled; the sample stands beside every figure, with a 95 %
interval for facility (Wilson) and discrimination (Fisher's z). Variances and covariances are those of samples (n - 1).

Marks are whole numbers of one small unit, the same for all (say billionths of a mark), so that "the variance is zero"
and "the covariance is negative" are facts, not matters of rounding.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from operator import mul
from typing import Any, NamedTuple

# Below this many attempts a figure is shown in grey: it says little yet.
ENOUGH = 30
# Below this many people nothing is shown at all: they could be told apart.
FEWEST = 5
# Discriminative efficiency below which an item is dubious.
DUBIOUS = 15.0
_Z95 = 1.959963984540054


class Mark(NamedTuple):
    """What was earned of what could be, in units."""

    mark: int
    most: int


Sheet = Mapping[Any, Mark]


@dataclass(frozen=True)
class Figure:
    """A figure with its sample; ``low`` and ``high`` bound it in 95 of 100 cases, where that is known."""

    value: float | None
    size: int
    low: float | None = None
    high: float | None = None

    @property
    def is_firm(self) -> bool:
        return self.size >= ENOUGH


@dataclass(frozen=True)
class Item:
    """One question over the attempts that asked it. Facility is a share, all others are percentages.

    ``effective_weight`` is None where the covariance with the total is negative (``is_negative``), and for drawn forms,
    where no two attempts are made of the same parts. ``most``: what it could earn, in marks (the mean, if it varied).
    """

    key: Hashable
    size: int
    most: float
    facility: Figure
    deviation: float | None
    intended_weight: float | None
    effective_weight: float | None
    is_negative: bool
    discrimination: Figure
    efficiency: float | None

    @property
    def is_dubious(self) -> bool:
        return self.efficiency is not None and self.efficiency < DUBIOUS


@dataclass(frozen=True)
class Whole:
    """The test itself; totals in marks, α (never clamped), error ratio and the like in per cent.

    ``is_fixed``: all attempts asked the same items for the same marks. Only then is there an α; otherwise there are
    ``consistency`` and ``kappa`` (see ``decision_consistency``). ``sem``: standard error of a total, in marks; of a
    drawn form that of a total at the pass mark.
    """

    size: int
    length: float
    most: float
    is_fixed: bool
    mean: float | None
    median: float | None
    deviation: float | None
    skewness: float | None
    kurtosis: float | None
    alpha: float | None
    error_ratio: float | None
    sem: float | None
    consistency: float | None
    kappa: float | None


@dataclass(frozen=True)
class Analysis:
    whole: Whole
    items: tuple[Item, ...]


# --- The formulas ---------------------------------------------------------------------------------------


def cross(xs: Sequence[int], ys: Sequence[int]) -> int:
    """n·Σxy - Σx·Σy, which is n·(n - 1) times the sample covariance; of ``xs`` with itself, the variance."""
    return len(xs) * sum(map(mul, xs, ys)) - sum(xs) * sum(ys)


def facility(marks: Sequence[Mark]) -> Figure:
    """Mean mark over the most; None if there is nothing to earn. The interval is that of a share, so it is somewhat
    too wide for an item with partial credit."""
    most = sum(mark.most for mark in marks)
    if not marks or not most:
        return Figure(None, len(marks))
    share = Fraction(sum(mark.mark for mark in marks), most)
    low, high = wilson(float(share), len(marks))
    return Figure(float(share), len(marks), low, high)


def wilson(share: float, size: int) -> tuple[float, float]:
    """The 95 % interval of a share seen ``size`` > 0 times (Wilson 1927), inside [0, 1]."""
    square = _Z95 * _Z95
    middle = (share + square / (2 * size)) / (1 + square / size)
    half = _Z95 / (1 + square / size) * math.sqrt(share * (1 - share) / size + square / (4 * size * size))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def discrimination(xs: Sequence[int], rests: Sequence[int]) -> Figure:
    """Item-rest correlation in per cent; None if either does not vary. The interval is Fisher's, from 4 attempts on."""
    product = cross(xs, xs) * cross(rests, rests)
    if len(xs) < 2 or not product:
        return Figure(None, len(xs))
    r = max(-1.0, min(1.0, cross(xs, rests) / math.sqrt(product)))
    if len(xs) <= 3:
        return Figure(100 * r, len(xs))
    if abs(r) == 1.0:
        return Figure(100 * r, len(xs), 100 * r, 100 * r)
    z, half = math.atanh(r), _Z95 / math.sqrt(len(xs) - 3)
    return Figure(100 * r, len(xs), 100 * math.tanh(z - half), 100 * math.tanh(z + half))


def efficiency(xs: Sequence[int], rests: Sequence[int]) -> float | None:
    """Covariance with the rest over the greatest that these marks could have, in per cent."""
    greatest = cross(sorted(xs), sorted(rests))
    return None if not greatest else 100 * float(Fraction(cross(xs, rests), greatest))


def deviation(xs: Sequence[int]) -> float | None:
    """Sample standard deviation, in the unit of ``xs``; needs two."""
    n = len(xs)
    return None if n < 2 else math.sqrt(Fraction(cross(xs, xs), n * (n - 1)))


def effective_weights(columns: Sequence[Sequence[int]], totals: Sequence[int]) -> list[float | None]:
    """In per cent of all items whose covariance with the total is not negative; None for those where it is."""
    covariances = [cross(column, totals) for column in columns]
    roots = [math.sqrt(value) if value >= 0 else None for value in covariances]
    whole = math.fsum(root for root in roots if root is not None)
    return [None if root is None or not whole else 100 * root / whole for root in roots]


def skewness(totals: Sequence[int]) -> float | None:
    """k3 / k2^1.5; needs three totals that are not all the same."""
    n = len(totals)
    k2 = _k2(totals)
    if n <= 2 or not k2:
        return None
    k3 = n * n * _moment(totals, 3) / ((n - 1) * (n - 2))
    return float(k3) / float(k2) ** 1.5


def kurtosis(totals: Sequence[int]) -> float | None:
    """Excess: k4 / k2²; needs four totals that are not all the same."""
    n = len(totals)
    k2 = _k2(totals)
    if n <= 3 or not k2:
        return None
    m2, m4 = _moment(totals, 2), _moment(totals, 4)
    k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2 * m2) / ((n - 1) * (n - 2) * (n - 3))
    return float(k4 / (k2 * k2))


def _moment(values: Sequence[int], power: int) -> Fraction:
    n, whole = len(values), sum(values)
    return Fraction(sum((n * value - whole) ** power for value in values), n ** (power + 1))


def _k2(values: Sequence[int]) -> Fraction:
    n = len(values)
    return Fraction(cross(values, values), n * (n - 1)) if n > 1 else Fraction(0)


def alpha(columns: Sequence[Sequence[int]], totals: Sequence[int]) -> float | None:
    """Cronbach's α in per cent, as it is, below nothing too; needs two items, three attempts, and totals that vary."""
    items, k2 = len(columns), _k2(totals)
    if items <= 1 or len(totals) <= 2 or not k2:
        return None
    share = sum((_k2(column) for column in columns), Fraction(0)) / k2
    return float(Fraction(100 * items, items - 1) * (1 - share))


def error_ratio(alpha: float | None) -> float | None:
    return None if alpha is None else 100 * math.sqrt(max(0.0, 1 - alpha / 100))


def median(totals: Sequence[int]) -> float | None:
    if not totals:
        return None
    ordered, half = sorted(totals), len(totals) // 2
    return float(ordered[half]) if len(totals) % 2 else (ordered[half - 1] + ordered[half]) / 2


# --- Drawn forms ----------------------------------------------------------------------------------------


def kr21(shares: Sequence[float], length: float) -> float:
    """Kuder-Richardson 21 in [0, 1]: how much of the spread of ``shares`` is more than luck of the draw."""
    n = len(shares)
    if n < 2 or length <= 1:
        return 0.0
    mean = math.fsum(shares) / n
    variance = math.fsum((share - mean) ** 2 for share in shares) / (n - 1)
    if variance <= 0:
        return 0.0
    return max(0.0, min(1.0, length / (length - 1) * (1 - mean * (1 - mean) / (length * variance))))


def decision_consistency(
    shares: Sequence[float], length: float, pass_share: float
) -> tuple[float | None, float | None]:
    """How many per cent would pass or fail just the same with another draw, and κ: the part of it that is not chance.

    Subkoviak (1976), "Estimating reliability from a single administration of a criterion-referenced test", Journal of
    Educational Measurement 13: the true share of each person is the seen one drawn to the mean by KR-21 (each person
    has other items, so luck is binomial), the chance p to reach the pass mark with ``length`` items is binomial, and
    p² + (1 - p)² is the chance of two equal decisions. κ is None where chance alone decides nothing.
    """
    items = round(length)
    if not shares or items < 1:
        return None, None
    reliability = kr21(shares, length)
    mean = math.fsum(shares) / len(shares)
    least = math.ceil(Fraction(pass_share).limit_denominator(10_000) * items)
    known: dict[float, float] = {}
    agree = passing = 0.0
    for share in shares:
        if share not in known:
            known[share] = _reaches(items, least, min(1.0, max(0.0, reliability * share + (1 - reliability) * mean)))
        p = known[share]
        agree += p * p + (1 - p) * (1 - p)
        passing += p
    agree, passing = agree / len(shares), passing / len(shares)
    chance = passing * passing + (1 - passing) * (1 - passing)
    kappa = None if chance >= 1 - 1e-12 else (agree - chance) / (1 - chance)
    return 100 * agree, kappa


def _reaches(items: int, least: int, share: float) -> float:
    """Chance of at least ``least`` right ones of ``items``, each right with ``share``."""
    if least <= 0:
        return 1.0
    return min(
        1.0,
        math.fsum(math.comb(items, k) * share**k * (1 - share) ** (items - k) for k in range(least, items + 1)),
    )


def binomial_error(share: float, length: float) -> float | None:
    """Standard error of a share seen on ``length`` drawn items (Lord 1957); at the pass mark, of a borderline one."""
    return math.sqrt(share * (1 - share) / (length - 1)) if length > 1 else None


# --- All of it ------------------------------------------------------------------------------------------


def analyse(sheets: Sequence[Sheet], *, unit: int, pass_percent: int) -> Analysis:
    """Figures of a population: one sheet an attempt, {item: mark}; ``unit``: how many units one mark has.

    Items come in the order in which they are first met, which is of no consequence to any figure.
    """
    totals = [sum(mark.mark for mark in sheet.values()) for sheet in sheets]
    columns: dict[Hashable, list[Mark]] = {}
    rests: dict[Hashable, list[int]] = {}
    for sheet, total in zip(sheets, totals, strict=True):
        for key, mark in sheet.items():
            columns.setdefault(key, []).append(mark)
            rests.setdefault(key, []).append(total - mark.mark)
    is_fixed = _is_fixed(sheets)
    marks = {key: [mark.mark for mark in column] for key, column in columns.items()}
    weights: Mapping[Hashable, float | None] = (
        dict(zip(marks, effective_weights(list(marks.values()), totals), strict=True))
        if is_fixed and len(sheets) > 1
        else {}
    )
    whole = _whole(sheets, totals, marks, unit=unit, pass_percent=pass_percent, is_fixed=is_fixed)
    items = tuple(
        _item(key, column, marks[key], rests[key], whole, weights.get(key), unit) for key, column in columns.items()
    )
    return Analysis(whole, items)


def _is_fixed(sheets: Sequence[Sheet]) -> bool:
    forms = {frozenset((key, mark.most) for key, mark in sheet.items()) for sheet in sheets}
    return len(forms) == 1


def _whole(
    sheets: Sequence[Sheet],
    totals: Sequence[int],
    marks: Mapping[Hashable, Sequence[int]],
    *,
    unit: int,
    pass_percent: int,
    is_fixed: bool,
) -> Whole:
    size = len(sheets)
    mosts = [sum(mark.most for mark in sheet.values()) for sheet in sheets]
    length = sum(len(sheet) for sheet in sheets) / size if size else 0.0
    most = sum(mosts) / size / unit if size else 0.0
    spread = deviation(totals)
    middle = median(totals)
    coefficient = alpha(list(marks.values()), totals) if is_fixed else None
    ratio = error_ratio(coefficient)
    sem = None if ratio is None or spread is None else ratio * spread / unit / 100
    agree = kappa = None
    if size and not is_fixed:
        shares = [total / whole if whole else 0.0 for total, whole in zip(totals, mosts, strict=True)]
        agree, kappa = decision_consistency(shares, length, pass_percent / 100)
        error = binomial_error(pass_percent / 100, length)
        sem = None if error is None else error * most
    return Whole(
        size=size,
        length=length,
        most=most,
        is_fixed=is_fixed,
        mean=sum(totals) / size / unit if size else None,
        median=None if middle is None else middle / unit,
        deviation=None if spread is None else spread / unit,
        skewness=skewness(totals),
        kurtosis=kurtosis(totals),
        alpha=coefficient,
        error_ratio=ratio,
        sem=sem,
        consistency=agree,
        kappa=kappa,
    )


def _item(
    key: Hashable,
    column: Sequence[Mark],
    xs: Sequence[int],
    rests: Sequence[int],
    whole: Whole,
    weight: float | None,
    unit: int,
) -> Item:
    most = sum(mark.most for mark in column) / len(column) / unit
    spread = deviation(xs)
    return Item(
        key=key,
        size=len(column),
        most=most,
        facility=facility(column),
        deviation=None if spread is None or not most else 100 * spread / unit / most,
        intended_weight=100 * most / whole.most if whole.most else None,
        effective_weight=weight,
        is_negative=len(xs) > 1 and cross(xs, [x + rest for x, rest in zip(xs, rests, strict=True)]) < 0,
        discrimination=discrimination(xs, rests),
        efficiency=efficiency(xs, rests) if len(xs) > 1 else None,
    )


def analyse_item(column: Sequence[Mark], rests: Sequence[Mark], *, key: Hashable = None, unit: int) -> Item:
    """One item over several tests: ``rests`` are what the same attempts earned elsewhere, compared as shares."""
    scale = 10**9
    xs = [mark.mark * scale // mark.most if mark.most else 0 for mark in column]
    others = [rest.mark * scale // rest.most if rest.most else 0 for rest in rests]
    spread = deviation(xs)
    return Item(
        key=key,
        size=len(column),
        most=sum(mark.most for mark in column) / len(column) / unit if column else 0.0,
        facility=facility(column),
        deviation=None if spread is None else 100 * spread / scale,
        intended_weight=None,
        effective_weight=None,
        is_negative=len(xs) > 1 and cross(xs, others) < 0,
        discrimination=discrimination(xs, others),
        efficiency=efficiency(xs, others) if len(xs) > 1 else None,
    )


# --- Responses ------------------------------------------------------------------------------------------


def thirds(rests: Sequence[int]) -> tuple[set[int], set[int]]:
    """Indices of the best and of the weakest third by the rest of the test; ties at the border belong to both sides of
    it, so that the order of the attempts changes nothing. Empty where everybody did equally well."""
    count = len(rests) // 3
    if not count:
        return set(), set()
    ordered = sorted(rests)
    low, high = ordered[count - 1], ordered[-count]
    if low >= high:
        return set(), set()
    best = {index for index, rest in enumerate(rests) if rest >= high}
    return best, {index for index, rest in enumerate(rests) if rest <= low}


@dataclass(frozen=True)
class Response:
    """How often one thing was chosen. ``top`` and ``bottom``: per cent of the best and of the weakest third, None where
    there are no thirds. ``credit``: per cent of the part that it earns, None where that depends."""

    key: str
    count: int
    share: float
    top: float | None
    bottom: float | None
    is_right: bool = False
    credit: float | None = None


# --- What it means --------------------------------------------------------------------------------------


class Says(StrEnum):
    """What can be said of an item, the gravest first."""

    TOO_FEW = "too_few"
    KEY_MAY_BE_WRONG = "key_may_be_wrong"
    STRONGER_DO_WORSE = "stronger_do_worse"
    AMBIGUOUS = "ambiguous"
    GUESSED = "guessed"
    DOES_NOT_SEPARATE = "does_not_separate"
    SEPARATES_LITTLE = "separates_little"
    TOO_HARD = "too_hard"
    TOO_EASY = "too_easy"
    UNUSED_CHOICES = "unused_choices"
    GOOD = "good"


# What should not be asked again before somebody has looked at it.
GRAVE = frozenset({Says.KEY_MAY_BE_WRONG, Says.STRONGER_DO_WORSE, Says.AMBIGUOUS})


@dataclass(frozen=True)
class Verdict:
    """``part`` and ``keys`` name the choices it speaks of; ``share`` and ``top`` are per cent."""

    says: Says
    part: str = ""
    keys: tuple[str, ...] = ()
    share: float | None = None
    top: float | None = None

    @property
    def is_grave(self) -> bool:
        return self.says in GRAVE


# A third of fewer people than this convinces nobody.
_FEWEST_IN_A_THIRD = 10
# Facility from and below which nearly all, or hardly any, are right.
EASY, HARD = 0.95, 0.20
# A wrong choice that fewer than so many per cent take is no distractor.
_UNUSED = 5.0


def verdicts(item: Item, parts: Mapping[str, Sequence[Response]], guess: Fraction | None) -> list[Verdict]:
    """What the figures of ``item`` say, the gravest first; always at least one.

    ``parts``: the responses by part, of those with choices. Nothing is concluded from fewer than ENOUGH attempts. The
    best third preferring one wrong choice to the right one: the key may be wrong; nearly as many for a wrong one as for
    the right one: ambiguous. Everything else is judged by intervals, so that chance accuses nobody.
    """
    if item.size < ENOUGH:
        return [Verdict(Says.TOO_FEW)]
    found = [verdict for key, rows in parts.items() for verdict in _of_part(key, rows, item.size)]
    share = item.facility
    if item.discrimination.high is not None and item.discrimination.high < 0 and (share.value or 0) < EASY:
        found.append(Verdict(Says.STRONGER_DO_WORSE, share=item.discrimination.value))
    if guess and share.low is not None and share.value is not None and share.low <= float(guess) and share.value < EASY:
        found.append(Verdict(Says.GUESSED, share=100 * share.value))
    elif share.value is not None and share.value < HARD:
        found.append(Verdict(Says.TOO_HARD, share=100 * share.value))
    if share.value is not None and share.value >= EASY:
        found.append(Verdict(Says.TOO_EASY, share=100 * share.value))
    elif item.is_dubious and not any(verdict.is_grave for verdict in found):
        found.append(Verdict(Says.DOES_NOT_SEPARATE, share=item.efficiency))
    elif _separates_little(item) and not any(verdict.is_grave for verdict in found):
        found.append(Verdict(Says.SEPARATES_LITTLE, share=item.discrimination.value))
    order = list(Says)
    return sorted(found, key=lambda verdict: order.index(verdict.says)) or [Verdict(Says.GOOD)]


def _of_part(key: str, rows: Sequence[Response], size: int) -> list[Verdict]:
    right = [row for row in rows if row.is_right]
    wrong = [row for row in rows if not row.is_right]
    if not right or not wrong:
        return []
    found = []
    worst = max(wrong, key=lambda row: (row.top or 0.0, row.share, row.key))
    if len(right) == 1 and worst.top is not None and right[0].top is not None and size // 3 >= _FEWEST_IN_A_THIRD:
        if worst.top > right[0].top and worst.top >= 50:
            found.append(Verdict(Says.KEY_MAY_BE_WRONG, key, (worst.key,), worst.share, worst.top))
        elif worst.top >= 35 and right[0].top < 60:
            found.append(Verdict(Says.AMBIGUOUS, key, (right[0].key, worst.key), worst.share, worst.top))
    unused = tuple(row.key for row in wrong if row.share < _UNUSED)
    # Where nearly everybody is right no wrong choice can attract.
    if unused and sum(row.share for row in right) < 100 * EASY:
        found.append(Verdict(Says.UNUSED_CHOICES, key, unused))
    return found


# Discrimination below which the peers let a question be checked very likely, and likely.
CHECK_VERY_LIKELY, CHECK_LIKELY = 30.0, 50.0


def needs_checking(item: Item, guess: Fraction | None = None) -> bool:
    """Whether a person should look at the question: from ENOUGH attempts on, if it is dubious (efficiency < 15), if it
    separates little, or if it earns surely less than guessing. Nearly everybody being right is no fault by itself."""
    if item.size < ENOUGH or item.facility.value is None or item.facility.value >= EASY:
        return False
    if guess and item.facility.high is not None and item.facility.high < float(guess):
        return True
    return item.is_dubious or _separates_little(item)


def _separates_little(item: Item) -> bool:
    """Discriminates below 30 and, with its interval, below 50, although the marks allow twice as much."""
    index, power = item.discrimination, item.efficiency
    if index.value is None or index.high is None or power is None:
        return False
    return index.value < CHECK_VERY_LIKELY and index.high < CHECK_LIKELY and power < CHECK_LIKELY


# --- Totals ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Borderline:
    """Around the pass mark, within one standard error: ``below`` failed, ``above`` passed; all shares in per cent."""

    error: float | None = None
    low: float | None = None
    high: float | None = None
    below: int = 0
    above: int = 0


def borderline(shares: Sequence[float], *, pass_percent: int, error: float | None) -> Borderline:
    """``shares`` and ``error`` in [0, 1]; the band is cut at 0 and 100."""
    if error is None:
        return Borderline()
    low, high = max(0.0, pass_percent / 100 - error), min(1.0, pass_percent / 100 + error)
    near = [share for share in shares if low <= share <= high]
    below = sum(share * 100 < pass_percent - 1e-6 for share in near)
    return Borderline(100 * error, 100 * low, 100 * high, below, len(near) - below)


@dataclass(frozen=True)
class Bin:
    """From (inclusive) to (exclusive, but for the last), in per cent."""

    start: int
    stop: int
    count: int = field(default=0)


def histogram(shares: Sequence[float], width: int = 10) -> list[Bin]:
    edges = list(range(0, 100 + width, width))
    counts = [0] * (len(edges) - 1)
    for share in shares:
        counts[min(len(counts) - 1, int(round(share * 100, 6) // width))] += 1
    return [Bin(low, high, count) for (low, high), count in zip(pairwise(edges), counts, strict=True)]

"""How answers are marked: pure functions from content and answer to a share in [0, 1]. No Django.

Shares are exact fractions; they are rounded to seven places only where they are stored, so that three thirds are one
and "70 %" is decided on the exact sum.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

from lms.core import text
from quizzes.rules import patterns

NOTHING = Fraction(0)
FULL = Fraction(1)

# Several answers. A wrong tick costs the whole mark by default: ticking everything must not pay.
EXACT = "exact"
PROPORTIONAL = "proportional"
PROPORTIONAL_CORRECT = "proportional_correct"
WEIGHTED = "weighted"
MULTIPLE_SCHEMES = (PROPORTIONAL_CORRECT, EXACT, PROPORTIONAL, WEIGHTED)

# Ordering. Neighbours by default: one step put in the wrong place spoils only what touches it, and a guess earns 1/n.
NEIGHBOURS = "neighbours"
ALL_OR_NOTHING = "all_or_nothing"
ABSOLUTE = "absolute"
LONGEST_SUBSET = "longest_subset"
LONGEST_RUN = "longest_run"
ORDERING_METRICS = (NEIGHBOURS, ALL_OR_NOTHING, ABSOLUTE, LONGEST_SUBSET, LONGEST_RUN)


def clamp(share: Fraction) -> Fraction:
    return max(NOTHING, min(FULL, share))


def stored(share: Fraction) -> Decimal:
    """``share`` as the database keeps it: seven places, half up."""
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    return exact.quantize(Decimal("0.0000001"), rounding=ROUND_HALF_UP)


def total(marks: Iterable[tuple[Fraction, Decimal]]) -> Fraction:
    """Share of the whole from (share, most marks) of each question; nothing is earned where nothing was asked."""
    rows = [(share, Fraction(most)) for share, most in marks]
    whole = sum((most for _, most in rows), NOTHING)
    return sum((share * most for share, most in rows), NOTHING) / whole if whole else NOTHING


def passes(score: Fraction, pass_percent: int) -> bool:
    return score >= Fraction(pass_percent, 100)


def single(weights: Mapping[str, Fraction], chosen: str | None) -> Fraction:
    """``weights``: what each option earns, 1 for the right one."""
    return clamp(weights.get(chosen, NOTHING)) if chosen is not None else NOTHING


def multiple(
    right: Set[str],
    options: Set[str],
    ticked: Set[str],
    *,
    scheme: str = PROPORTIONAL_CORRECT,
    weights: Mapping[str, Fraction] | None = None,
) -> Fraction:
    """``right`` ⊆ ``options``; ``ticked`` outside the options is ignored. Nothing ticked is nothing earned.

    exact: all or nothing. proportional: (TP + TN) / n. proportional_correct: TP / P, nothing once a wrong box is
    ticked. weighted: the sum of the options' own fractions, clamped.
    """
    ticked = ticked & options
    if not ticked:
        return NOTHING
    if scheme == EXACT:
        return FULL if ticked == right else NOTHING
    if scheme == PROPORTIONAL:
        agree = sum((option in right) == (option in ticked) for option in options)
        return Fraction(agree, len(options))
    if scheme == WEIGHTED:
        return clamp(sum(((weights or {}).get(option, NOTHING) for option in ticked), NOTHING))
    if ticked - right or not right:
        return NOTHING
    return Fraction(len(ticked & right), len(right))


def matching(right: Mapping[str, str], chosen: Mapping[str, str]) -> Fraction:
    """``right``: left → right. Each left counts the same; a left without an answer earns nothing."""
    if not right:
        return NOTHING
    return Fraction(sum(chosen.get(left) == fits for left, fits in right.items()), len(right))


def ordering(right: Sequence[str], given: Sequence[str | None], *, metric: str = NEIGHBOURS) -> Fraction:
    """``given`` has None where no item, or more than one, was put. The share of …

    neighbours: pairs that follow each other in the right order and do so here. absolute: items in their right place.
    longest_subset and longest_run: the longest part in the right order, with or without gaps, less one over n - 1.
    """
    if len(right) < 2:
        return FULL if right and list(right) == list(given) else NOTHING
    rank = {item: index for index, item in enumerate(right)}
    ranks = [rank.get(item) if item is not None else None for item in given]
    steps = len(right) - 1
    if metric == ALL_OR_NOTHING:
        return FULL if list(given) == list(right) else NOTHING
    if metric == ABSOLUTE:
        return Fraction(sum(a == b for a, b in zip(right, given, strict=False)), len(right))
    if metric == LONGEST_SUBSET:
        return Fraction(max(0, _longest_subset([r for r in ranks if r is not None]) - 1), steps)
    follows = [a is not None and b is not None and b == a + 1 for a, b in pairwise(ranks)]
    if metric == LONGEST_RUN:
        return Fraction(_longest_run(follows), steps)
    return Fraction(sum(follows), steps)


def _longest_subset(ranks: Sequence[int]) -> int:
    """Length of the longest increasing subsequence."""
    best: list[int] = []
    for index, value in enumerate(ranks):
        best.append(1 + max((best[before] for before in range(index) if ranks[before] < value), default=0))
    return max(best, default=0)


def _longest_run(follows: Sequence[bool]) -> int:
    longest = current = 0
    for follow in follows:
        current = current + 1 if follow else 0
        longest = max(longest, current)
    return longest


def short_text(accepted: Iterable[str], given: str, *, exact: bool = False) -> Fraction:
    """NFC, zero-width characters gone, runs of spaces one; unless ``exact``, case and diacritics do not matter."""
    form = comparable_exact if exact else comparable
    answer = form(given)
    return FULL if answer and any(form(text_) == answer for text_ in accepted) else NOTHING


def comparable_exact(given: str) -> str:
    return text.clean(given)


def comparable(given: str) -> str:
    """``given`` without case, diacritics and the full stop that a phone adds at the end; "đ" is "d"."""
    folded = text.fold(unicodedata.normalize("NFKC", given))
    return folded.rstrip(" .") or folded


# --- Spot the violation; pictures --------------------------------------------------------------------


def f1(right: Set[str], ticked: Set[str]) -> Fraction:
    """Precision and recall in one: 2TP / (2TP + FP + FN). Nothing ticked, or nothing to be found, earns nothing."""
    hit = len(right & ticked)
    return Fraction(2 * hit, 2 * hit + len(ticked - right) + len(right - ticked)) if hit else NOTHING


# Zones of a picture are given in whole ten-thousandths of its width (x) and of its height (y), so that no rounding
# decides what a click has hit. Edges belong to the zone.
WHOLE = 10_000
RECT, CIRCLE, POLYGON = "rect", "circle", "polygon"
ZONE_SHAPES = (RECT, CIRCLE, POLYGON)


def in_zone(shape: str, points: Sequence[int], x: int, y: int, *, width: int, height: int) -> bool:
    """``points``: of a rect left, top, width, height; of a circle centre x, centre y, radius in parts of the width;
    of a polygon x, y of each corner. ``width`` and ``height`` of the picture in pixels: a circle is round on it."""
    if shape == RECT:
        left, top, across, down = points
        return left <= x <= left + across and top <= y <= top + down
    if shape == CIRCLE:
        across, down = (x - points[0]) * width, (y - points[1]) * height
        return across * across + down * down <= (points[2] * width) ** 2
    corners = list(zip(points[::2], points[1::2], strict=True))
    return _in_polygon(corners, x, y)


def _in_polygon(corners: Sequence[tuple[int, int]], x: int, y: int) -> bool:
    """On an edge, or an odd number of edges to the right of it; exact, for crossing edges too."""
    inside = False
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if side == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return True
        if (ay > y) != (by > y) and (side > 0) == (by > ay):
            inside = not inside
    return inside


def labels(right: Mapping[str, str], given: Mapping[str, str]) -> Fraction:
    """``right``: place → label; ``given``: label → place. The share of places that hold their label and no other."""
    held: dict[str, list[str]] = {}
    for label, place in given.items():
        held.setdefault(place, []).append(label)
    if not right:
        return NOTHING
    return Fraction(sum(held.get(place) == [label] for place, label in right.items()), len(right))


# --- Short answers with rules of their own ------------------------------------------------------------

# How an accepted answer is compared. Folded (neither case nor diacritics matter) is the usual one.
FOLDED, NO_CASE, AS_WRITTEN, WILDCARD, PATTERN = "folded", "no_case", "as_written", "wildcard", "pattern"
MATCHERS = (FOLDED, NO_CASE, AS_WRITTEN, WILDCARD, PATTERN)


def fits(given: str, accepted: str, matcher: str) -> bool:
    """Whether ``given`` is what ``accepted`` asks for. NFC on both sides, runs of spaces one; nothing fits nothing.

    wildcard: ``*`` stands for anything, folded. pattern: as in quizzes.rules.patterns, without case; a pattern that is
    none fits nothing.
    """
    if not comparable_exact(given):
        return False
    if matcher == AS_WRITTEN:
        return comparable_exact(given) == comparable_exact(accepted)
    if matcher == NO_CASE:
        return comparable_exact(given).casefold() == comparable_exact(accepted).casefold()
    if matcher in (WILDCARD, PATTERN):
        folds = matcher == WILDCARD
        source = patterns.wildcard(text.fold(accepted)) if folds else unicodedata.normalize("NFC", accepted).casefold()
        try:
            # Every sign of a wildcard may need a backslash.
            pattern = patterns.compiled(source, longest=(3 if folds else 1) * patterns.LONGEST)
        except patterns.PatternError:
            return False
        return pattern.fits(text.fold(given) if folds else comparable_exact(given).casefold())
    return bool(comparable(given)) and comparable(given) == comparable(accepted)


# --- A table of statements -------------------------------------------------------------------------------

EACH, EXAM = "each", "exam"
STATEMENT_SCHEMES = (EACH, EXAM)
# Of four statements: as in the national examination since 2025 (one right earns a tenth …).
EXAM_SHARES = (NOTHING, Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), FULL)


def statements(right: Mapping[str, bool], given: Mapping[str, bool], *, scheme: str = EACH) -> Fraction:
    """each: every statement the same share. exam: by the number judged rightly, of exactly four."""
    hits = sum(given.get(key) is value for key, value in right.items())
    if scheme == EXAM and len(right) == len(EXAM_SHARES) - 1:
        return EXAM_SHARES[hits]
    return Fraction(hits, len(right)) if right else NOTHING


# --- Numbers -----------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"([+-]?)([0-9][0-9.,]*)")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_SPACED = re.compile(r"[+-]? ?[1-9][0-9]{0,2}(?: [0-9]{3})+(?:[.,][0-9]+)?|[+-] [0-9.,]+")


def read_number(written: str) -> Fraction | None:
    """A number as people write it here; None for anything else.

    The comma is the decimal sign, the full stop parts thousands: "1.234,5" is 1234,5 and "6.200" is 6200. A full stop
    that cannot part thousands is a decimal point: "3.5" is 3,5 and "0.125" is 0,125. With a comma before the full stop
    the full stop is the decimal point, as in "1,234.5". Spaces may part thousands, three digits each. Nothing is
    guessed beyond that: "1,2,3" and "3 5" are no numbers.
    """
    bare = text.clean(written).replace("\u2212", "-")
    if " " in bare and not _SPACED.fullmatch(bare):
        return None
    bare = bare.replace(" ", "")
    found = _NUMBER.fullmatch(bare)
    if not found or len(bare) > 40:
        return None
    sign, digits = found[1], found[2]
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point > comma:
        whole, _, part = digits.rpartition(".")
        groups = whole.split(",")
        if not _are_groups(groups) or not part.isdecimal():
            return None
        digits = "".join(groups) + "." + part
    elif comma >= 0:
        whole, _, part = digits.partition(",")
        groups = whole.split(".")
        if "," in part or "." in part or not part or (len(groups) > 1 and not _are_groups(groups)):
            return None
        digits = "".join(groups) + "." + part
    elif _THOUSANDS.fullmatch(digits):
        digits = digits.replace(".", "")
    elif digits.count(".") > 1 or digits.endswith("."):
        return None
    return Fraction(sign + digits)


def _are_groups(groups: Sequence[str]) -> bool:
    if len(groups) > 1 and groups[0].startswith("0"):
        return False
    return 1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]) and all(groups)


def number_range(spec: str) -> tuple[Fraction, Fraction] | None:
    """What an accepted number allows, as (least, most); None if it cannot be read.

    "5" · "5 ± 0,1" or "5:0,1" (absolute) · "5 ± 2%" (of the value) · "1..5" or "1 … 5" (from to).
    """
    spec = text.clean(spec).replace("…", "..")
    if ".." in spec:
        least, _, most = spec.partition("..")
        low, high = read_number(least), read_number(most)
        return (low, high) if low is not None and high is not None and low <= high else None
    value_text, sign, tolerance_text = spec.replace("+-", "±").replace(":", "±").partition("±")
    value = read_number(value_text)
    if value is None or (sign and not tolerance_text.strip()):
        return None
    tolerance = NOTHING
    if sign:
        relative = tolerance_text.strip().endswith("%")
        amount = read_number(tolerance_text.strip().rstrip("%"))
        if amount is None or amount < 0:
            return None
        tolerance = abs(value) * amount / 100 if relative else amount
    return value - tolerance, value + tolerance


def split_unit(written: str) -> tuple[str, str]:
    """("12,5", "km") from "12,5 km"; the unit is "" where there is none."""
    found = re.match(r"\s*([+\u2212-]?[\d.,\s]*\d)\s*(.*)$", text.clean(written), re.DOTALL)
    return (found[1], found[2].strip()) if found else (written, "")


# --- Gaps --------------------------------------------------------------------------------------------------


def gaps(shares: Iterable[tuple[Fraction, int]]) -> Fraction:
    """(share, weight) of each gap → the share of all of them."""
    rows = list(shares)
    whole = sum(weight for _share, weight in rows)
    return clamp(sum((share * weight for share, weight in rows), NOTHING) / whole) if whole else NOTHING

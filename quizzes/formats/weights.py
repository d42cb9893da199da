"""Percentages of answers ↔ exact shares. No Django."""

import re
from fractions import Fraction
from functools import lru_cache

_NUMBER = re.compile(r"[+-]?\d{1,18}(?:[.,]\d{1,18})?(?:[eE][+-]?\d{1,2})?|[+-]?[.,]\d{1,18}")
# What other programs write as 33.33333 %.
_USUAL = tuple(
    sorted({Fraction(part, whole) for whole in (3, 6, 7, 9, 11, 12, 13, 14, 15) for part in range(1, whole)})
)
_NEAR = Fraction(1, 100_000)


@lru_cache(maxsize=1024)
def snapped(share: Fraction) -> Fraction:
    """0.3333333 → 1/3: a share that stands so near a usual one that rounding alone tells them apart."""
    if share.denominator <= 16:
        return share
    sign = -1 if share < 0 else 1
    return next((sign * usual for usual in _USUAL if abs(abs(share) - usual) < _NEAR), share)


def percent(share: Fraction, places: int = 5) -> str:
    """1/3 → "33.33333", 1/2 → "50"."""
    return decimal(share * 100, places)


def decimal(value: Fraction, places: int = 7) -> str:
    """A decimal without needless zeros, half up at ``places``."""
    scaled = abs(value) * 10**places
    whole = int(scaled + Fraction(1, 2))
    digits = f"{whole:0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and whole else text


def from_decimal(text: str) -> Fraction | None:
    """0,5 and 0.5 → 1/2; None for what is no number, or one longer than anybody writes."""
    text = text.strip()
    return Fraction(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None

"""Shares and marks as the screens of the bank write them."""

from decimal import Decimal
from fractions import Fraction

from django import template

from lms.core import numbers

register = template.Library()


@register.filter
def share_of_one(share: Fraction | None) -> str:
    """2/3 → "66,7 %"; None → "–"."""
    if share is None:
        return "–"
    return numbers.percent(Decimal(share.numerator * 100) / Decimal(share.denominator))


@register.filter
def part_of_one(share: float) -> str:
    """0.256 → "25,6 %"."""
    return numbers.percent(share * 100)


@register.filter
def mark_of(marks: Decimal) -> str:
    """2.50 → "2,5", 3 → "3"."""
    return numbers.number(marks, 2).rstrip("0").rstrip(",") if marks % 1 else numbers.number(marks)

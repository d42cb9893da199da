"""Numbers as Vietnamese documents write them. No Django."""

from decimal import ROUND_HALF_UP, Decimal

_NO_BREAK = "\u00a0"


def number(value: float | Decimal, places: int = 0) -> str:
    """6200 → "6.200"; 8.5 with one place → "8,5"."""
    quantum = Decimal(1).scaleb(-places)
    rounded = Decimal(str(value)).quantize(quantum, rounding=ROUND_HALF_UP)
    return f"{rounded:,}".replace(",", "\0").replace(".", ",").replace("\0", ".")


def percent(value: float | Decimal) -> str:
    """A share in hundredths, one decimal at most: 77.8 → "77,8 %", 100 → "100 %"."""
    text = number(value, 1)
    return f"{text.removesuffix(',0')}{_NO_BREAK}%"


def share(part: int, whole: int) -> str:
    """ "116/177 (65,5 %)"; nothing is divided by an empty whole: "0/0"."""
    figures = f"{number(part)}/{number(whole)}"
    if not whole:
        return figures
    return f"{figures} ({percent(Decimal(100 * part) / whole)})"

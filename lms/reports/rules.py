"""What a report counts and in which order it shows it. Plain Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate


@dataclass(frozen=True)
class Figures:
    """``people`` = ``done`` + ``under_way`` + ``not_begun``; of ``units``, ``covered`` have a trained page officer.

    ``units`` = ``with_page`` + ``without_page`` + ``page_unknown``: somebody said that there is a page, or that
    there is none yet, or nobody knows. Of those with a page, for ``page_confirmed`` somebody else has looked at it.
    """

    people: int = 0
    done: int = 0
    under_way: int = 0
    units: int = 0
    covered: int = 0
    with_page: int = 0
    page_confirmed: int = 0
    without_page: int = 0

    @property
    def not_begun(self) -> int:
        return self.people - self.done - self.under_way

    @property
    def uncovered(self) -> int:
        return self.units - self.covered

    @property
    def page_unknown(self) -> int:
        return self.units - self.with_page - self.without_page

    @property
    def done_rate(self) -> float | None:
        """In [0, 1]; None where there is nobody."""
        return self.done / self.people if self.people else None

    @property
    def covered_rate(self) -> float | None:
        """In [0, 1]; None where there is no unit."""
        return self.covered / self.units if self.units else None

    @property
    def page_rate(self) -> float | None:
        """In [0, 1], of all units, those of which nothing is known among them; None where there is no unit."""
        return self.with_page / self.units if self.units else None


class Kind(StrEnum):
    """What a row of the table stands for."""

    UNIT = "unit"
    OWN = "own"  # people appointed at the unit itself: "Cơ quan tỉnh"
    CLOSED = "closed"  # people whose appointment stands at a unit that had closed by that day
    TOTAL = "total"


@dataclass(frozen=True)
class Row:
    """One line. ``is_single``: a unit without units below it, so that coverage is a yes or a no."""

    kind: Kind
    name: str
    figures: Figures
    unit_id: int | None = None
    sort_key: str = ""
    is_single: bool = False


class Order(StrEnum):
    NAME = "ten"
    NAME_BACK = "-ten"
    COVERED = "don-vi"
    COVERED_BACK = "-don-vi"
    DONE = "can-bo"
    DONE_BACK = "-can-bo"
    PAGE = "trang"
    PAGE_BACK = "-trang"


def in_order(rows: Iterable[Row], order: Order) -> list[Row]:
    """Units in ``order``; equal rates by name; a row without a rate stands behind those with one, either way round.

    The unit's own staff stay in front and people at closed units at the end, whatever the order.
    """
    by_name = sorted(rows, key=lambda row: row.sort_key, reverse=order == Order.NAME_BACK)
    if order not in (Order.NAME, Order.NAME_BACK):
        by_name.sort(key=lambda row: _rate_key(row, order))
    places = {Kind.OWN: 0, Kind.UNIT: 1, Kind.CLOSED: 2, Kind.TOTAL: 3}
    return sorted(by_name, key=lambda row: places[row.kind])


def _rate_key(row: Row, order: Order) -> tuple[bool, float, int]:
    figures = row.figures
    rates = {"don-vi": figures.covered_rate, "can-bo": figures.done_rate, "trang": figures.page_rate}
    rate = rates[order.value.removeprefix("-")]
    if rate is None:
        return True, 0.0, 0
    sign = -1 if order.value.startswith("-") else 1
    # Of two units without a page the one that said so stands before the one of which nothing is known.
    unknown = figures.page_unknown if order in (Order.PAGE, Order.PAGE_BACK) else 0
    return False, sign * rate, unknown


@dataclass(frozen=True)
class Segment:
    """A piece of the stacked bar, in thousandths of its width."""

    name: str
    x: int
    width: int


def segments(figures: Figures) -> list[Segment]:
    """The bar of completed, under way, not begun; [] for nobody."""
    return _bar({"done": figures.done, "under-way": figures.under_way, "not-begun": figures.not_begun})


def page_segments(figures: Figures) -> list[Segment]:
    """The bar of units with a page, without one, and those of which it is not known; [] for no unit."""
    return _bar({"done": figures.with_page, "without": figures.without_page, "not-begun": figures.page_unknown})


def _bar(parts: dict[str, int]) -> list[Segment]:
    """Without gap or overlap whatever the rounding; a part of nothing has no piece."""
    whole = sum(parts.values())
    ends = [round(1000 * upto / whole) for upto in accumulate(parts.values())] if whole else []
    starts = [0, *ends[:-1]]
    return [Segment(name, x, end - x) for name, x, end in zip(parts, starts, ends, strict=False) if end > x]

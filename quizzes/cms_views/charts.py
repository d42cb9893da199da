"""Where the points and bars of the analysis stand: whole numbers for SVG attributes, the same in page and print.

Every chart has its table beside it; the picture adds nothing that is not written there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from quizzes.queries.analysis import ItemRow
from quizzes.statistics import Bin


@dataclass(frozen=True)
class Tick:
    """``value`` in per cent."""

    at: int
    value: int

    @property
    def text_at(self) -> int:
        """The base line of what is written beside it."""
        return self.at + 4

    @property
    def size(self) -> int:
        return abs(self.value)


@dataclass(frozen=True)
class Point:
    x: int
    y: int
    number: int
    tone: str

    @property
    def text_y(self) -> int:
        return self.y + 4


@dataclass(frozen=True)
class Scatter:
    """Facility to the right, discrimination upwards. ``zero``: the height of no discrimination."""

    left: int
    right: int
    top: int
    bottom: int
    zero: int
    width: int
    height: int
    across: tuple[Tick, ...]
    upwards: tuple[Tick, ...]
    points: tuple[Point, ...]


def scatter(items: Sequence[ItemRow]) -> Scatter | None:
    """None where no item has both figures."""
    shown = [row for row in items if row.figures.facility.value is not None]
    values = [(row, row.figures.discrimination.value) for row in shown]
    drawn = [(row, value) for row, value in values if value is not None]
    if not drawn:
        return None
    left, right, top, bottom = 46, 346, 14, 274
    lowest = -100 if any(value < -40 for _row, value in drawn) else -40
    step = 50 if lowest == -100 else 20

    def across(percent: float) -> int:
        return round(left + (right - left) * percent / 100)

    def upwards(percent: float) -> int:
        return round(bottom - (bottom - top) * (percent - lowest) / (100 - lowest))

    return Scatter(
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        zero=upwards(0),
        width=360,
        height=314,
        across=tuple(Tick(across(value), value) for value in range(0, 101, 25)),
        upwards=tuple(Tick(upwards(value), value) for value in range(lowest, 101, step)),
        points=tuple(
            Point(across(100 * (row.figures.facility.value or 0)), upwards(value), row.number, _tone(row))
            for row, value in drawn
        ),
    )


def _tone(row: ItemRow) -> str:
    if not row.figures.facility.is_firm:
        return "faint"
    return "grave" if row.stands_out else "sound"


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    width: int
    height: int
    middle: int
    count: int
    start: int
    stop: int
    passes: bool

    @property
    def edge(self) -> int:
        return self.x - 1

    @property
    def label_y(self) -> int:
        return self.y - 4


@dataclass(frozen=True)
class Totals:
    """How the totals are spread; ``line``: where the pass mark stands, ``low`` and ``high`` the band around it."""

    width: int
    height: int
    base: int
    line: int
    low: int | None
    high: int | None
    bars: tuple[Bar, ...]

    @property
    def band(self) -> int:
        return 0 if self.low is None or self.high is None else self.high - self.low


def totals(bins: Sequence[Bin], *, pass_percent: int, low: float | None, high: float | None) -> Totals:
    left, right, top, base = 10, 350, 34, 170
    most = max((row.count for row in bins), default=0) or 1

    def across(percent: float) -> int:
        return round(left + (right - left) * percent / 100)

    bars = []
    for row in bins:
        x, end = across(row.start), across(row.stop)
        height = round((base - top) * row.count / most)
        bars.append(
            Bar(x + 1, base - height, end - x - 2, height, (x + end) // 2, row.count, row.start, row.stop,
                row.start >= pass_percent)
        )  # fmt: skip
    return Totals(
        360, 204, base, across(pass_percent),
        None if low is None else across(low), None if high is None else across(high), tuple(bars),
    )  # fmt: skip

"""Places on a picture: how an author gives them, in percent; how a learner without a pointer names one, by a grid.

In a content they are whole ten-thousandths of width and height (quizzes.marking.in_zone).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes import marking
from quizzes.marking import CIRCLE, POLYGON, RECT, WHOLE
from quizzes.types.base import new_id, plain

POINT = "point"
SHAPES: dict[str, Promise] = {
    RECT: gettext_lazy("rectangle: left, top, width, height"),
    CIRCLE: gettext_lazy("circle: centre from the left, from the top, radius"),
    POLYGON: gettext_lazy("polygon: the corners, each from the left and from the top"),
}
_COUNTS = {RECT: 4, CIRCLE: 3, POINT: 2}
MOST_CORNERS = 40
# Cells across; as many down as make them square.
COLUMNS = 20


# --- Numbers -----------------------------------------------------------------------------------------


def parse_percent(text: str) -> list[int] | None:
    """ "12,5 30 20 8" → [1250, 3000, 2000, 800]; None for what is no list of numbers from 0 to 100."""
    found = []
    for word in re.split(r"[;\s]+", text.strip()):
        if not re.fullmatch(r"\d{1,3}(?:[.,]\d{1,4})?%?", word):
            return None
        found.append(int((Decimal(word.rstrip("%").replace(",", ".")) * 100).to_integral_value()))
    return found if all(0 <= number <= WHOLE for number in found) else None


def percent(points: Sequence[int]) -> str:
    """The inverse of ``parse_percent``."""
    return " ".join(f"{Decimal(point) / 100:f}".replace(".", ",") for point in points)


def is_zone(shape: object, points: object) -> bool:
    """Of a known shape, with as many numbers as it needs, wholly on the picture."""
    if not isinstance(points, list) or any(
        not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= WHOLE for number in points
    ):
        return False
    if shape == POLYGON:
        return 6 <= len(points) <= 2 * MOST_CORNERS and len(points) % 2 == 0
    if not isinstance(shape, str) or len(points) != _COUNTS.get(shape):
        return False
    if shape == RECT:
        return points[0] + points[2] <= WHOLE and points[1] + points[3] <= WHOLE and points[2] > 0 and points[3] > 0
    return shape == POINT or points[2] > 0


def source_points(row: Mapping[str, Any], shape: str) -> list[int]:
    """``at`` of a [[question]], numbers in percent → points; [] for anything else."""
    at = row.get("at", [])
    if not isinstance(at, list) or any(isinstance(n, bool) or not isinstance(n, int | float) for n in at):
        return []
    return [round(Decimal(str(number)) * 100) for number in at]


def tables(value: object) -> list[dict[str, Any]]:
    """``value`` if it is a list of tables, else none: contents are judged whatever JSON they are."""
    rows = value if isinstance(value, list) else []
    return rows if all(isinstance(row, dict) for row in rows) else []


def with_ids(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """``rows`` with an id each: those that have one keep it."""
    given = [dict(row) for row in rows]
    taken = {row["id"] for row in given if row["id"]}
    seen: set[str] = set()
    for row in given:
        if not row["id"] or row["id"] in seen:
            row["id"] = new_id(row["text"], taken)
        seen.add(row["id"])
    return given


# --- The grid ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Label:
    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Grid:
    """Cells over a picture of ``width`` × ``height`` pixels, named as on a map: columns A …, rows 1 …"""

    width: int
    height: int

    @property
    def columns(self) -> int:
        return COLUMNS

    @property
    def rows(self) -> int:
        return max(1, min(99, round(COLUMNS * self.height / self.width)))

    def column_names(self) -> list[str]:
        return [chr(ord("A") + number) for number in range(self.columns)]

    def cell(self, x: int, y: int) -> tuple[int, int]:
        """Column and row, from 0, of a point in ten-thousandths."""
        return min(self.columns - 1, x * self.columns // WHOLE), min(self.rows - 1, y * self.rows // WHOLE)

    def centre(self, column: int, row: int) -> tuple[int, int]:
        return (2 * column + 1) * WHOLE // (2 * self.columns), (2 * row + 1) * WHOLE // (2 * self.rows)

    def name(self, x: int, y: int) -> str:
        column, row = self.cell(x, y)
        return f"{self.column_names()[column]}{row + 1}"

    def path(self) -> str:
        """Of an SVG: the lines between the cells, in pixels."""
        across = [f"M{self.width * n // self.columns} 0V{self.height}" for n in range(1, self.columns)]
        down = [f"M0 {self.height * n // self.rows}H{self.width}" for n in range(1, self.rows)]
        return "".join(across + down)

    def labels(self) -> tuple[Label, ...]:
        side, half = self.width // self.columns, self.width // (2 * self.columns)
        top = [Label(half + n * self.width // self.columns, half, name) for n, name in enumerate(self.column_names())]
        # The first cell has the letter already.
        left = [Label(half, half + n * self.height // self.rows, str(n + 1)) for n in range(1, self.rows)]
        return (*top, *left) if side else ()

    @property
    def letter(self) -> int:
        """Size of the names, in pixels of the picture."""
        return max(1, self.width * 6 // (10 * self.columns))

    def reaches(self, shape: str, points: Sequence[int]) -> bool:
        """Whether the centre of a cell lies in the zone, so that it can be named by its cell."""
        return any(
            marking.in_zone(shape, points, *self.centre(column, row), width=self.width, height=self.height)
            for column in range(self.columns)
            for row in range(self.rows)
        )


# --- In the form of the CMS --------------------------------------------------------------------------


class ZonesInput(forms.Widget):
    """Rows of numbers; with its script the places are drawn on the picture of the same form."""

    template_name = "types/zones_input.html"

    class Media:
        js = [Script("lms/types/hotspot/zones.js", type="module")]
        css = {"all": ["lms/types/hotspot/zones.css"]}

    def __init__(self, *, rows: int, has_shapes: bool) -> None:
        super().__init__()
        self.rows, self.has_shapes = rows, has_shapes

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        given = value if isinstance(value, list) else []
        rows = [
            {"name": f"{name}-{number}", "number": number + 1, **_row(given[number] if number < len(given) else {})}
            for number in range(self.rows)
        ]
        context["widget"] |= {"rows": rows, "shapes": list(SHAPES.items()), "has_shapes": self.has_shapes}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        rows = []
        for number in range(self.rows):
            row: dict[str, Any] = {
                key: str(data.get(f"{name}-{number}-{key}") or "")
                for key in ("id", "shape", "numbers", "text", "reason")
            }
            row["right"] = bool(data.get(f"{name}-{number}-right"))
            if row["numbers"].strip() or row["text"].strip():
                rows.append(row)
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-0-numbers" not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-0-text" if id_ else ""


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = row["numbers"] if "numbers" in row else percent(row.get("points") or [])
    keys = {key: row.get(key, "") for key in ("id", "shape", "text", "reason")}
    return {**keys, "numbers": numbers, "right": bool(row.get("right"))}


class ZonesField(forms.Field):
    """Cleans to a list of ``{"id", "shape", "points", "text", "reason", "right"}``; ids are "" for new rows.

    ``has_shapes`` False: every place is a point, and a row without numbers has no points.
    """

    def __init__(self, *, rows: int, has_shapes: bool, **kwargs: Any) -> None:
        self.has_shapes = has_shapes
        super().__init__(widget=ZonesInput(rows=rows, has_shapes=has_shapes), **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        rows, errors = [], []
        for number, row in enumerate(value if isinstance(value, list) else [], start=1):
            shape = (row.get("shape") or RECT) if self.has_shapes else POINT
            points = row["points"] if "points" in row else parse_percent(row.get("numbers", "")) or []
            may_be_empty = not self.has_shapes and not str(row.get("numbers", "")).strip()
            if not is_zone(shape, points) and not may_be_empty:
                errors.append(_("Row %(number)s: %(what)s.") % {"number": number, "what": self._wanted(shape)})
            key = str(row.get("id") or "")
            rows.append({
                "id": key if key.isalnum() and len(key) <= 20 else "", "shape": shape, "points": points,
                "text": plain(row.get("text", "")), "reason": plain(row.get("reason", "")),
                "right": bool(row.get("right")),
            })  # fmt: skip
        if errors:
            raise ValidationError(errors)
        return rows

    def _wanted(self, shape: str) -> str:
        wanted = SHAPES.get(shape) or _("two numbers: from the left, from the top")
        return _("%(wanted)s, in percent of the picture and within it") % {"wanted": wanted}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [_row(row) for row in initial or []] != [_row(row) for row in data or []]

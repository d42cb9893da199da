"""Point at the right place of a picture. The places never reach the browser.

Content: ``{"picture", "width", "height", "alt", "zones": [{"id", "shape", "points", "right", "text", "reason"}]}``
(types.pictures, types.zones). Several places may be right: any of them is the answer. Where zones overlap, the first in
the list decides. Every right place holds the centre of a cell of the grid, so that it can be named without a pointer.

Answer: ``{"x", "y"}`` in ten-thousandths of the picture. In the form ``<field>-x`` and ``<field>-y`` (a script), else
``<field>-column`` and ``<field>-row`` (the cell; its centre is meant). ``<field>-was`` keeps the exact place of an
earlier click as long as its cell is not changed.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes import marking
from quizzes.types import pictures
from quizzes.types.base import BadAnswerError, Choice, Content, Explained, Part, Post, QuestionType, one, plain
from quizzes.types.zones import Grid, Label, ZonesField, is_zone, source_points, tables, with_ids

MOST_ZONES = 12
ELSEWHERE = "elsewhere"
_PART = "place"
_WAS = re.compile(r"(\d{1,5}),(\d{1,5})")


@dataclass(frozen=True)
class CellChoice:
    value: int
    name: str
    is_chosen: bool


@dataclass(frozen=True)
class Shown:
    """``x`` and ``y`` of the chosen place in ten-thousandths, None if there is none; ``left`` and ``top`` in pixels."""

    picture: str
    width: int
    height: int
    alt: str
    columns: tuple[CellChoice, ...]
    rows: tuple[CellChoice, ...]
    lines: str
    labels: tuple[Label, ...]
    letter: int
    x: int | None
    y: int | None
    left: int
    top: int
    cell: str
    radius: int


def _grid(content: Content) -> Grid:
    return Grid(content["width"], content["height"])


def _is_share(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= marking.WHOLE


class Hotspot(QuestionType):
    NAME = "hotspot"
    LABEL = gettext_lazy("Point at a picture")
    SOURCE_KEYS = frozenset({"picture", "width", "height", "alt", "zones"})
    ORDER = 90
    SCRIPTS = ("hotspot.js",)
    STYLES = ("picture.css",)

    def validate(self, content: Content) -> list[str]:
        errors = pictures.problems(content, required=True)
        zones = tables(content.get("zones"))
        if not 1 <= len(zones) <= MOST_ZONES or not any(zone.get("right") is True for zone in zones):
            errors.append(_("Give from one to twelve places, at least one of them right."))
        if any(not is_zone(zone.get("shape"), zone.get("points")) or zone["shape"] == "point" for zone in zones):
            return [*errors, _("A place does not lie on the picture.")]
        keys = [zone.get("id") for zone in zones]
        if any(not isinstance(key, str) or not key.isalnum() or key == ELSEWHERE for key in keys) or len(
            set(keys)
        ) != len(keys):
            errors.append(_("Two places have the same id."))
        if any(not isinstance(zone.get("text"), str) or not zone["text"] for zone in zones):
            errors.append(_("Every place needs a name: it is shown in the review."))
        if not errors and not all(self._is_reached(content, zone) for zone in zones if zone["right"]):
            errors.append(_("A right place is too small or covered: whoever uses the keyboard could not choose it."))
        return errors

    def _is_reached(self, content: Content, zone: Mapping[str, Any]) -> bool:
        grid = _grid(content)
        centres = (grid.centre(column, row) for column in range(grid.columns) for row in range(grid.rows))
        return any((hit := self._hit(content, x, y)) is not None and hit["id"] == zone["id"] for x, y in centres)

    def texts(self, content: Content) -> list[str]:
        return [content["alt"], *(zone["text"] for zone in content["zones"])]

    def map_texts(self, content: Content, change: Callable[[str], str]) -> Content:
        zones = [
            {**zone, "text": change(zone["text"]), "reason": change(zone.get("reason", ""))}
            for zone in content["zones"]
        ]
        return {**content, "alt": change(content["alt"]), "zones": zones}

    def pictures(self, content: Content) -> set[str]:
        return {content["picture"]}

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return []

    def present(self, content: Content, order: list[str], answer: dict[str, int] | None) -> Shown:
        grid, width, height = _grid(content), content["width"], content["height"]
        x, y = (answer["x"], answer["y"]) if answer else (None, None)
        chosen = grid.cell(answer["x"], answer["y"]) if answer else (None, None)
        return Shown(
            picture=content["picture"],
            width=width,
            height=height,
            alt=content["alt"],
            columns=tuple(CellChoice(n, name, n == chosen[0]) for n, name in enumerate(grid.column_names())),
            rows=tuple(CellChoice(n, str(n + 1), n == chosen[1]) for n in range(grid.rows)),
            lines=grid.path(),
            labels=grid.labels(),
            letter=grid.letter,
            x=x,
            y=y,
            left=(x or 0) * width // marking.WHOLE,
            top=(y or 0) * height // marking.WHOLE,
            cell=grid.name(answer["x"], answer["y"]) if answer else "",
            radius=max(4, width // 36),
        )

    def parse(self, post: Post, name: str, content: Content) -> dict[str, int] | None:
        x, y, column, row, was = (one(post, f"{name}-{key}") for key in ("x", "y", "column", "row", "was"))
        if x or y:
            return {"x": self._number(x, marking.WHOLE, name), "y": self._number(y, marking.WHOLE, name)}
        if not column or not row:
            return None
        grid = _grid(content)
        cell = self._number(column, grid.columns - 1, name), self._number(row, grid.rows - 1, name)
        before = _WAS.fullmatch(was)
        if before:
            place = int(before[1]), int(before[2])
            if max(place) <= marking.WHOLE and grid.cell(*place) == cell:
                return {"x": place[0], "y": place[1]}
        place = grid.centre(*cell)
        return {"x": place[0], "y": place[1]}

    def _number(self, text: str, most: int, name: str) -> int:
        if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > most:
            raise BadAnswerError(name)
        return int(text)

    def fields(self, answer: dict[str, int] | None, name: str) -> list[tuple[str, str]]:
        return [(f"{name}-{key}", str(answer[key])) for key in ("x", "y")] if answer else []

    def is_complete(self, content: Content, answer: dict[str, int] | None) -> bool:
        return bool(answer)

    def _hit(self, content: Content, x: int, y: int) -> dict[str, Any] | None:
        size = {"width": content["width"], "height": content["height"]}
        return next(
            (row for row in content["zones"] if marking.in_zone(row["shape"], row["points"], x, y, **size)), None
        )

    def _zone(self, content: Content, answer: dict[str, int]) -> dict[str, Any] | None:
        return self._hit(content, answer["x"], answer["y"])

    def mark(self, content: Content, answer: dict[str, int] | None) -> Fraction:
        zone = self._zone(content, answer) if answer else None
        return marking.FULL if zone and zone["right"] else marking.NOTHING

    def summarise(self, content: Content, answer: dict[str, int] | None) -> str:
        """The cell: this is also shown while the question is open, so it names no zone."""
        return _("cell %(cell)s") % {"cell": _grid(content).name(answer["x"], answer["y"])} if answer else ""

    def right_summary(self, content: Content) -> str:
        return "; ".join(zone["text"] for zone in content["zones"] if zone["right"])

    def explain(self, content: Content, answer: dict[str, int] | None) -> list[Explained]:
        if not answer:
            return []
        zone, place = self._zone(content, answer), self.summarise(content, answer)
        if zone is None:
            return [Explained(place, False)]
        return [Explained(f"{zone['text']} ({place})", zone["right"], zone.get("reason", ""))]

    def parts(self, content: Content) -> tuple[Part, ...]:
        zones = [Choice(zone["id"], zone["text"], zone["right"]) for zone in content["zones"]]
        return (Part(_PART, "", (*zones, Choice(ELSEWHERE, _("somewhere else"), False))),)

    def responses(self, content: Content, answer: dict[str, int] | None) -> dict[str, tuple[str, ...]]:
        if not answer:
            return {}
        zone = self._zone(content, answer)
        return {_PART: (zone["id"] if zone else ELSEWHERE,)}

    def incompatible(self, old: Content, new: Content) -> str:
        """A click can be marked by any zones, as long as the picture under it is the same."""
        return "" if old["picture"] == new["picture"] else _("The picture is not the same.")

    def from_source(self, source: Mapping[str, Any]) -> Content:
        """``zones``: tables of ``shape``, ``at`` (numbers in percent), ``text``, ``right``, ``reason``."""
        rows = source.get("zones", [])
        zones = []
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, Mapping):
                shape = str(row.get("shape", marking.RECT))
                zones.append({
                    "id": "", "shape": shape, "points": source_points(row, shape), "text": plain(row.get("text", "")),
                    "reason": plain(row.get("reason", "")), "right": row.get("right") is True,
                })  # fmt: skip
        return {**pictures.from_source(source), "zones": with_ids(zones)}

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {
            **pictures.edit_fields(content, required=True),
            "zones": ZonesField(
                rows=MOST_ZONES,
                has_shapes=True,
                label=gettext_lazy("Places on the picture"),
                initial=content.get("zones", []),
                help_text=gettext_lazy(
                    "Draw each place on the picture, or give its numbers in percent. At least one is right; for a "
                    "wrong place say why. Where places overlap, the first in the list decides."
                ),
            ),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return {**pictures.chosen(cleaned), "zones": with_ids(cleaned.get("zones") or [])}


TYPE = Hotspot()

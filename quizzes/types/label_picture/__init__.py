"""Put labels onto the places of a picture. Which fits where never reaches the browser.

Content: ``{"picture", "width", "height", "alt", "labels": [{"id", "text"}], "places": [{"id", "points", "right"}]}``
(types.pictures; ``points``: x, y in ten-thousandths; ``right``: id of its label). More labels than places are allowed
(distractors); each label is used once. Places are numbered from the top down, as they are read.

Answer: label id → place id, only of those put. Two labels on one place are kept, shown as unfinished, and that place
earns nothing.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes import marking
from quizzes.types import pictures
from quizzes.types.base import (
    BadAnswerError,
    Choice,
    Content,
    Explained,
    Part,
    Post,
    QuestionType,
    new_id,
    one,
    plain,
    shuffled,
)
from quizzes.types.zones import POINT, ZonesField, is_zone, source_points, tables, with_ids

MOST_LABELS = 12


@dataclass(frozen=True)
class PlaceShown:
    """``x`` and ``y`` in ten-thousandths, ``left`` and ``top`` in pixels of the picture."""

    id: str
    number: int
    x: int
    y: int
    left: int
    top: int
    is_taken: bool


@dataclass(frozen=True)
class PlaceChoice:
    id: str
    number: int
    is_chosen: bool


@dataclass(frozen=True)
class LabelShown:
    id: str
    text: str
    places: tuple[PlaceChoice, ...]


@dataclass(frozen=True)
class Shown:
    picture: str
    width: int
    height: int
    alt: str
    places: tuple[PlaceShown, ...]
    labels: tuple[LabelShown, ...]
    radius: int


def _in_reading_order(content: Content) -> list[dict[str, Any]]:
    return sorted(content["places"], key=lambda place: (place["points"][1], place["points"][0]))


def _content(rows: Sequence[Mapping[str, Any]], places: Mapping[str, str]) -> dict[str, Any]:
    """``rows``: ``id``, ``text``, ``points`` ([]: fits nowhere); ``places``: label id → place id, as it was before."""
    labels = with_ids(rows)
    taken = {row["id"] for row in labels} | set(places.values())
    found = [
        {
            # Not made from the label: it would tell which fits.
            "id": places.get(row["id"]) or new_id(f"{row['points']}", taken),
            "points": row["points"],
            "right": row["id"],
        }
        for row in labels
        if row["points"]
    ]
    return {"labels": [{"id": row["id"], "text": row["text"]} for row in labels], "places": found}


class LabelPicture(QuestionType):
    NAME = "label_picture"
    LABEL = gettext_lazy("Labels on a picture")
    SOURCE_KEYS = frozenset({"picture", "width", "height", "alt", "labels"})
    ORDER = 91
    SCRIPTS = ("labels.js",)
    STYLES = ("labels.css",)

    def validate(self, content: Content) -> list[str]:
        errors = pictures.problems(content, required=True)
        labels, places = tables(content.get("labels")), tables(content.get("places"))
        if len(places) < 2 or len(labels) > MOST_LABELS:
            errors.append(_("Give at least two labels with their places, and at most twelve labels."))
        texts = [label.get("text") for label in labels]
        if any(not isinstance(text, str) or not text for text in texts):
            errors.append(_("A label has no text."))
        elif len(set(texts)) != len(texts):
            errors.append(_("Two labels have the same text."))
        keys = [row.get("id") for row in [*labels, *places]]
        if any(not isinstance(key, str) or not key.isalnum() for key in keys) or len(set(keys)) != len(keys):
            errors.append(_("Two places have the same id."))
            return errors
        if any(not is_zone(POINT, place.get("points")) for place in places):
            errors.append(_("A place does not lie on the picture."))
        elif len({tuple(place["points"]) for place in places}) != len(places):
            errors.append(_("Two labels have the same place."))
        right = [place.get("right") for place in places]
        if any(not isinstance(key, str) or key not in keys[: len(labels)] for key in right) or len(set(right)) != len(
            right
        ):
            errors.append(_("A place has no label of its own."))
        return errors

    def texts(self, content: Content) -> list[str]:
        return [content["alt"], *(label["text"] for label in content["labels"])]

    def pictures(self, content: Content) -> set[str]:
        return {content["picture"]}

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        """Always shuffled: in the author's order they may stand as the places do."""
        return shuffled([label["id"] for label in content["labels"]], rng, True)

    def present(self, content: Content, order: list[str], answer: dict[str, str] | None) -> Shown:
        chosen, width, height = answer or {}, content["width"], content["height"]
        texts = {label["id"]: label["text"] for label in content["labels"]}
        places = list(enumerate(_in_reading_order(content), start=1))
        return Shown(
            picture=content["picture"],
            width=width,
            height=height,
            alt=content["alt"],
            places=tuple(
                PlaceShown(
                    place["id"],
                    number,
                    place["points"][0],
                    place["points"][1],
                    place["points"][0] * width // marking.WHOLE,
                    place["points"][1] * height // marking.WHOLE,
                    place["id"] in chosen.values(),
                )
                for number, place in places
            ),
            labels=tuple(
                LabelShown(
                    key,
                    texts[key],
                    tuple(PlaceChoice(place["id"], number, chosen.get(key) == place["id"]) for number, place in places),
                )
                for key in order
            ),
            radius=max(8, width // 26),
        )

    def parse(self, post: Post, name: str, content: Content) -> dict[str, str] | None:
        known = {place["id"] for place in content["places"]}
        answer = {}
        for label in content["labels"]:
            chosen = one(post, f"{name}-{label['id']}")
            if chosen and chosen not in known:
                raise BadAnswerError(name)
            if chosen:
                answer[label["id"]] = chosen
        return answer or None

    def fields(self, answer: dict[str, str] | None, name: str) -> list[tuple[str, str]]:
        return [(f"{name}-{label}", place) for label, place in (answer or {}).items()]

    def is_complete(self, content: Content, answer: dict[str, str] | None) -> bool:
        """Every place has exactly one label."""
        return sorted((answer or {}).values()) == sorted(place["id"] for place in content["places"])

    def _right(self, content: Content) -> dict[str, str]:
        return {place["id"]: place["right"] for place in content["places"]}

    def mark(self, content: Content, answer: dict[str, str] | None) -> Fraction:
        return marking.labels(self._right(content), answer or {})

    def _join(self, content: Content, chosen: Mapping[str, str]) -> str:
        texts = {label["id"]: label["text"] for label in content["labels"]}
        return "; ".join(
            f"{number}. {' + '.join(texts[label] for label, place_id in chosen.items() if place_id == place['id'])}"
            for number, place in enumerate(_in_reading_order(content), start=1)
            if place["id"] in chosen.values()
        )

    def summarise(self, content: Content, answer: dict[str, str] | None) -> str:
        return self._join(content, answer or {})

    def right_summary(self, content: Content) -> str:
        return self._join(content, {place["right"]: place["id"] for place in content["places"]})

    def explain(self, content: Content, answer: dict[str, str] | None) -> list[Explained]:
        right, chosen = self._right(content), answer or {}
        numbers = {place["id"]: number for number, place in enumerate(_in_reading_order(content), start=1)}
        put = [(numbers[chosen[label["id"]]], label) for label in content["labels"] if label["id"] in chosen]
        held = list(chosen.values())
        return [
            Explained(
                f"{number}. {label['text']}",
                right[chosen[label["id"]]] == label["id"] and held.count(chosen[label["id"]]) == 1,
            )
            for number, label in sorted(put, key=lambda row: row[0])
        ]

    def guess(self, content: Content) -> Fraction | None:
        """As in matching, where each label is drawn blindly."""
        return Fraction(1, len(content["labels"]))

    def parts(self, content: Content) -> tuple[Part, ...]:
        return tuple(
            Part(
                place["id"],
                str(number),
                tuple(Choice(label["id"], label["text"], place["right"] == label["id"]) for label in content["labels"]),
            )
            for number, place in enumerate(_in_reading_order(content), start=1)
        )

    def responses(self, content: Content, answer: dict[str, str] | None) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for label, place in (answer or {}).items():
            found[place] = (*found.get(place, ()), label)
        return found

    def incompatible(self, old: Content, new: Content) -> str:
        def ids(content: Content, key: str) -> set[str]:
            return {row["id"] for row in content[key]}

        if old["picture"] != new["picture"]:
            return _("The picture is not the same.")
        same = all(ids(old, key) == ids(new, key) for key in ("labels", "places"))
        return "" if same else _("The labels or the places are not the same.")

    def from_source(self, source: Mapping[str, Any]) -> Content:
        """``labels``: tables of ``text`` and ``at`` (two numbers in percent; none for a label that fits nowhere)."""
        rows = source.get("labels", [])
        labels = [
            {"id": "", "text": plain(row.get("text", "")), "points": source_points(row, POINT)}
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, Mapping)
        ]
        return {**pictures.from_source(source), **_content(labels, {})}

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        points = {place["right"]: place["points"] for place in content.get("places", [])}
        places = {place["right"]: place["id"] for place in content.get("places", [])}
        return {
            **pictures.edit_fields(content, required=True),
            "labels": ZonesField(
                rows=MOST_LABELS,
                has_shapes=False,
                label=gettext_lazy("Labels and their places"),
                initial=[
                    {"id": label["id"], "text": label["text"], "points": points.get(label["id"], [])}
                    for label in content.get("labels", [])
                ],
                help_text=gettext_lazy(
                    "Click the place of each label on the picture, or give it in percent from the left and from the "
                    "top. A label without a place fits nowhere."
                ),
            ),
            "label_places": forms.JSONField(required=False, initial=places, widget=forms.HiddenInput),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        before = cleaned.get("label_places")
        places = {
            label: place
            for label, place in (before.items() if isinstance(before, dict) else ())
            if isinstance(place, str) and place.isalnum() and len(place) <= 20
        }
        return {**pictures.chosen(cleaned), **_content(cleaned.get("labels") or [], places)}


TYPE = LabelPicture()

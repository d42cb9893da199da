"""Put the items in order. Content: ``{"items": [{"id", "text"}], "metric"}`` in the right order.

Answer: item id → place (1 …) as chosen, which may leave places empty or give one twice; such an answer is kept, shown
as unfinished and marked for what it has.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes import marking
from quizzes.types.base import (
    BadAnswerError,
    Choice,
    Content,
    Explained,
    Part,
    Post,
    QuestionType,
    lines,
    new_id,
    one,
    plain,
)
from quizzes.types.soundness import never_raises

MOST_ITEMS = 10


@dataclass(frozen=True)
class PlaceShown:
    number: int
    is_chosen: bool


@dataclass(frozen=True)
class ItemShown:
    id: str
    text: str
    places: tuple[PlaceShown, ...]


@dataclass(frozen=True)
class Shown:
    """``is_given``: the items stand as the learner put them; else in the frozen order."""

    items: tuple[ItemShown, ...]
    is_given: bool


def _given(content: Content, answer: dict[str, int] | None) -> list[str | None]:
    """The items by place; None where none, or more than one, was put."""
    by_place: dict[int, list[str]] = {}
    for key, number in (answer or {}).items():
        by_place.setdefault(number, []).append(key)
    places = [by_place.get(number, []) for number in range(1, len(content["items"]) + 1)]
    return [keys[0] if len(keys) == 1 else None for keys in places]


def _content(texts: Iterable[str], metric: str) -> Content:
    taken: set[str] = set()
    return {"items": [{"id": new_id(text, taken), "text": text} for text in texts], "metric": metric}


class Ordering(QuestionType):
    NAME = "ordering"
    LABEL = gettext_lazy("Ordering")
    SOURCE_KEYS = frozenset({"items", "metric"})
    ORDER = 50

    @never_raises
    def validate(self, content: Content) -> list[str]:
        items = content.get("items") or []
        errors = []
        if not 3 <= len(items) <= MOST_ITEMS:
            errors.append(_("Give from three to ten items."))
        if any(not item.get("text") for item in items):
            errors.append(_("An item has no text."))
        if len({item.get("text") for item in items}) != len(items):
            errors.append(_("Two items have the same text."))
        if content.get("metric", marking.NEIGHBOURS) not in marking.ORDERING_METRICS:
            errors.append(_("There is no such way of marking."))
        return errors

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        """Always shuffled, and never into the right order: that would be the answer."""
        right = [item["id"] for item in content["items"]]
        order = list(right)
        while order == right and len(right) > 1:
            rng.shuffle(order)
        return order

    def present(self, content: Content, order: list[str], answer: dict[str, int] | None) -> Shown:
        texts = {item["id"]: item["text"] for item in content["items"]}
        chosen = answer or {}
        shown = sorted(order, key=lambda key: chosen.get(key, len(order) + 1))
        numbers = range(1, len(order) + 1)
        return Shown(
            tuple(
                ItemShown(key, texts[key], tuple(PlaceShown(number, chosen.get(key) == number) for number in numbers))
                for key in shown
            ),
            bool(chosen),
        )

    def parse(self, post: Post, name: str, content: Content) -> dict[str, int] | None:
        places = {str(number) for number in range(1, len(content["items"]) + 1)}
        answer = {}
        for item in content["items"]:
            chosen = one(post, f"{name}-{item['id']}")
            if chosen and chosen not in places:
                raise BadAnswerError(name)
            if chosen:
                answer[item["id"]] = int(chosen)
        return answer or None

    def fields(self, answer: dict[str, int] | None, name: str) -> list[tuple[str, str]]:
        return [(f"{name}-{key}", str(number)) for key, number in (answer or {}).items()]

    def is_complete(self, content: Content, answer: dict[str, int] | None) -> bool:
        return sorted((answer or {}).values()) == list(range(1, len(content["items"]) + 1))

    def mark(self, content: Content, answer: dict[str, int] | None) -> Fraction:
        right = [item["id"] for item in content["items"]]
        return marking.ordering(right, _given(content, answer), metric=content.get("metric", marking.NEIGHBOURS))

    def summarise(self, content: Content, answer: dict[str, int] | None) -> str:
        texts = {item["id"]: item["text"] for item in content["items"]}
        chosen = sorted((answer or {}).items(), key=lambda pair: pair[1])
        return "; ".join(f"{number}. {texts[key]}" for key, number in chosen)

    def right_summary(self, content: Content) -> str:
        return "; ".join(f"{number}. {item['text']}" for number, item in enumerate(content["items"], start=1))

    def explain(self, content: Content, answer: dict[str, int] | None) -> list[Explained]:
        """Which items stand in their right place."""
        right = {item["id"]: (number, item["text"]) for number, item in enumerate(content["items"], start=1)}
        chosen = sorted((answer or {}).items(), key=lambda pair: pair[1])
        return [Explained(f"{number}. {right[key][1]}", right[key][0] == number) for key, number in chosen]

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return _content(
            [plain(text) for text in source.get("items", [])], str(source.get("metric", marking.NEIGHBOURS))
        )

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        items = forms.CharField(
            label=gettext_lazy("Items in the right order, one a line"),
            initial="\n".join(item["text"] for item in content.get("items", [])),
            widget=forms.Textarea(attrs={"rows": 8}),
        )
        metric = forms.ChoiceField(
            label=gettext_lazy("How it is marked"),
            initial=content.get("metric", marking.NEIGHBOURS),
            choices=[
                (marking.NEIGHBOURS, gettext_lazy("a part for each step that follows the right one")),
                (marking.ALL_OR_NOTHING, gettext_lazy("all or nothing")),
                (marking.ABSOLUTE, gettext_lazy("a part for each item in its place")),
                (marking.LONGEST_SUBSET, gettext_lazy("the longest part in the right order, gaps allowed")),
                (marking.LONGEST_RUN, gettext_lazy("the longest part in the right order without gaps")),
            ],
        )
        return {"items": items, "metric": metric}

    def texts(self, content: Content) -> list[str]:
        return [item["text"] for item in content["items"]]

    def guess(self, content: Content) -> Fraction | None:
        """One of all the orders there are."""
        return Fraction(1, factorial(len(content["items"])))

    def parts(self, content: Content) -> tuple[Part, ...]:
        """A part for each item; its choices are the places."""
        places = range(1, len(content["items"]) + 1)
        return tuple(
            Part(
                item["id"],
                item["text"],
                tuple(Choice(str(place), str(place), place == right) for place in places),
            )
            for right, item in enumerate(content["items"], start=1)
        )

    def responses(self, content: Content, answer: dict[str, int] | None) -> dict[str, tuple[str, ...]]:
        return {key: (str(place),) for key, place in (answer or {}).items()}

    def incompatible(self, old: Content, new: Content) -> str:
        """The right order may change, the items may not."""
        same = {item["id"] for item in old["items"]} == {item["id"] for item in new["items"]}
        return "" if same else _("The parts of the question are not the same.")

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return _content(lines(cleaned.get("items", "")), cleaned["metric"])


TYPE = Ordering()

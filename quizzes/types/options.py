"""What the types that offer options share: content, form fields, presentation. No type by itself."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from quizzes.types.base import Content, Explained, new_id, plain, shuffled

MOST_OPTIONS = 8
SOURCE_KEYS = frozenset({"options", "scheme"})


@dataclass(frozen=True)
class OptionShown:
    id: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class OptionsShown:
    options: tuple[OptionShown, ...]


def validate(content: Content) -> list[str]:
    options = content.get("options") or []
    errors = []
    if not 2 <= len(options) <= MOST_OPTIONS:
        errors.append(_("Give from two to eight options."))
    if any(not option.get("text") for option in options):
        errors.append(_("An option has no text."))
    texts = [option.get("text") for option in options]
    if len(set(texts)) != len(texts):
        errors.append(_("Two options have the same text."))
    if len({option.get("id") for option in options}) != len(options):
        errors.append(_("Two options have the same id."))
    return errors


def ids(content: Content) -> list[str]:
    return [option["id"] for option in content["options"]]


def right_ids(content: Content) -> set[str]:
    return {option["id"] for option in content["options"] if option.get("correct")}


def weights(content: Content) -> dict[str, Fraction]:
    """What each option earns: its own ``fraction`` (a decimal in words), else 1 for a right one."""
    return {
        option["id"]: Fraction(str(option["fraction"])) if "fraction" in option else Fraction(bool(option["correct"]))
        for option in content["options"]
    }


def freeze(content: Content, rng: random.Random, shuffles: bool) -> list[str]:
    return shuffled(ids(content), rng, shuffles)


def present(content: Content, order: list[str], chosen: set[str]) -> OptionsShown:
    texts = {option["id"]: option["text"] for option in content["options"]}
    return OptionsShown(tuple(OptionShown(key, texts[key], key in chosen) for key in order))


def join(content: Content, chosen: set[str]) -> str:
    return "; ".join(option["text"] for option in content["options"] if option["id"] in chosen)


def explain(content: Content, chosen: set[str]) -> list[Explained]:
    return [
        Explained(option["text"], bool(option["correct"]), option.get("reason", ""))
        for option in content["options"]
        if option["id"] in chosen
    ]


def from_source(source: Mapping[str, Any]) -> list[dict[str, Any]]:
    taken: set[str] = set()
    return [_option(row.get("text", ""), row.get("correct") is True, row.get("reason", ""), taken) for row in
            source.get("options", []) if isinstance(row, Mapping)]  # fmt: skip


def _option(text: str, correct: bool, reason: str, taken: set[str], key: str = "") -> dict[str, Any]:
    text = plain(text)
    if not key.isalnum() or key in taken:
        key = new_id(text, taken)
    taken.add(key)
    return {"id": key, "text": text, "correct": correct, "reason": plain(reason)}


def edit_fields(content: Content) -> dict[str, forms.Field]:
    """Eight rows of text, right and reason; empty rows are left out."""
    options = content.get("options", [])
    fields: dict[str, forms.Field] = {}
    for row in range(MOST_OPTIONS):
        option = options[row] if row < len(options) else {}
        label = gettext_lazy("Option %(number)s") % {"number": row + 1}
        fields[f"option_{row}_id"] = forms.CharField(
            required=False, initial=option.get("id", ""), max_length=20, widget=forms.HiddenInput
        )
        fields[f"option_{row}_text"] = forms.CharField(
            label=label, required=False, initial=option.get("text", ""), max_length=500
        )
        fields[f"option_{row}_correct"] = forms.BooleanField(
            label=pgettext_lazy("answer", "right"), required=False, initial=option.get("correct", False)
        )
        fields[f"option_{row}_reason"] = forms.CharField(
            label=gettext_lazy("Why it is right or wrong"),
            required=False,
            initial=option.get("reason", ""),
            widget=forms.Textarea(attrs={"rows": 2}),
        )
    return fields


def from_form(cleaned: Mapping[str, Any]) -> list[dict[str, Any]]:
    taken: set[str] = set()
    return [
        _option(
            cleaned[f"option_{row}_text"],
            cleaned[f"option_{row}_correct"],
            cleaned[f"option_{row}_reason"],
            taken,
            cleaned[f"option_{row}_id"],
        )
        for row in range(MOST_OPTIONS)
        if plain(cleaned.get(f"option_{row}_text", ""))
    ]

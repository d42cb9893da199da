"""What the types that offer options share: content, form fields, presentation. No type by itself."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from quizzes.types.base import Choice, Content, Explained, Part, new_id, plain, shuffled

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
    options = []
    for row in source.get("options", []):
        if not isinstance(row, Mapping):
            continue
        option = _option(row.get("text", ""), row.get("correct") is True, row.get("reason", ""), taken)
        options.append({**option, "fraction": str(row["fraction"])} if "fraction" in row else option)
    return options


def _option(text: str, correct: bool, reason: str, taken: set[str], key: str = "") -> dict[str, Any]:
    text = plain(text)
    if not key.isalnum() or key in taken:
        key = new_id(text, taken)
    taken.add(key)
    return {"id": key, "text": text, "correct": correct, "reason": plain(reason)}


class ShareField(forms.CharField):
    """What an option earns, in %; "33,3" and "-50" are read. Empty: all for a right one, nothing for a wrong one."""

    def clean(self, value: Any) -> str | None:
        typed = super().clean(value)
        try:
            return read_share(typed)
        except ValueError:
            raise forms.ValidationError(_("Give a share from -100 to 100 %, for example 50 or 33,3.")) from None


def edit_fields(content: Content, shares_help: Any) -> dict[str, forms.Field]:
    """Eight rows of text, right, share and reason; empty rows are left out."""
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
        fields[f"option_{row}_share"] = ShareField(
            label=gettext_lazy("Earns, %"),
            required=False,
            initial=percent(option["fraction"]) if "fraction" in option else "",
            max_length=12,
            help_text=shares_help,
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
    options = []
    for row in range(MOST_OPTIONS):
        if not plain(cleaned.get(f"option_{row}_text", "")):
            continue
        option = _option(
            cleaned[f"option_{row}_text"],
            cleaned[f"option_{row}_correct"],
            cleaned[f"option_{row}_reason"],
            taken,
            cleaned[f"option_{row}_id"],
        )
        share = cleaned.get(f"option_{row}_share")
        options.append({**option, "fraction": share} if share else option)
    return options


def texts(content: Content) -> list[str]:
    return [option["text"] for option in content["options"]]


def part(content: Content) -> Part:
    """The one part of a question with options, for the table of responses."""
    shares = weights(content)
    choices = tuple(
        Choice(option["id"], option["text"], bool(option["correct"]), shares[option["id"]])
        for option in content["options"]
    )
    return Part("", "", choices)


def fractions_are_shares(content: Content) -> bool:
    """Every own fraction is a number from -1 to 1."""
    try:
        return all(-1 <= share <= 1 for share in weights(content).values())
    except (ValueError, ZeroDivisionError, KeyError, TypeError):
        return False


def percent(fraction: Any) -> str:
    """ "33,33333" for "0.3333333"."""
    share = Fraction(str(fraction))
    value = Decimal(share.numerator) * 100 / Decimal(share.denominator)
    if Fraction(value) != share * 100:
        value = value.quantize(Decimal("0.00001"))
    return f"{value.normalize():f}".replace(".", ",")


def read_share(typed: str) -> str | None:
    """The share as the content keeps it ("0.5"), None where nothing was typed; ValueError for what is no share."""
    bare = plain(typed).replace("%", "").replace(",", ".").replace("\u2212", "-").strip()
    if not bare:
        return None
    try:
        value = Decimal(bare) / 100
    except InvalidOperation:
        raise ValueError(typed) from None
    if not value.is_finite() or not -1 <= value <= 1:
        raise ValueError(typed)
    return f"{value.normalize():f}"

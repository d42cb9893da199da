"""Write a number.

Content: ``{"answers": [{"text", "fraction", "reason"}], "units": [{"text", "factor"}], "unit_rule"}``. ``text`` of an
answer: "5", "5 ± 0,1", "5 ± 2%" or "1..5" (quizzes.marking.number_range), in the first unit. ``factor``: what one of
the unit is in the first, whose factor is "1". ``unit_rule``: none (no unit is expected; one that is written is not
understood), optional, required. Answer: the text as written; how it is read: quizzes.marking.read_number.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.core import text
from quizzes import marking
from quizzes.types import options
from quizzes.types.base import BadAnswerError, Content, Explained, Part, Post, QuestionType, lines, one, plain
from quizzes.types.soundness import never_raises

LONGEST = 60
NONE, OPTIONAL, REQUIRED = "none", "optional", "required"
UNIT_RULES = {
    NONE: gettext_lazy("no unit is written"),
    OPTIONAL: gettext_lazy("a unit may be written"),
    REQUIRED: gettext_lazy("without its unit the number is wrong"),
}


@dataclass(frozen=True)
class Shown:
    """``units``: what may be written after the number, to be told to the learner."""

    text: str
    units: tuple[str, ...]
    needs_unit: bool
    longest: int = LONGEST


def value_of(content: Content, answer: str) -> Fraction | None:
    """The number in the first unit; None for what is no number, or not in a unit of the question."""
    number, unit = marking.split_unit(answer)
    value = marking.read_number(number)
    rule = content.get("unit_rule", NONE)
    if value is None:
        return None
    if not unit:
        return None if rule == REQUIRED else value
    if rule == NONE:
        return None
    for row in content.get("units", []):
        if marking.fits(unit, row["text"], marking.NO_CASE):
            factor = marking.read_number(str(row["factor"]))
            return value * factor if factor is not None else None
    return None


class Numeric(QuestionType):
    NAME = "numeric"
    LABEL = gettext_lazy("Number")
    SOURCE_KEYS = frozenset({"answers", "units", "unit_rule"})
    ORDER = 65

    @never_raises
    def validate(self, content: Content) -> list[str]:
        answers, units = content.get("answers") or [], content.get("units") or []
        errors = []
        if not answers or not any(_share(row) == 1 for row in answers):
            errors.append(_("Give at least one number that earns the whole mark."))
        for row in answers:
            if marking.number_range(str(row.get("text", ""))) is None:
                errors.append(_("“%(text)s” is not a number with its tolerance.") % {"text": row.get("text", "")})
            share = _share(row)
            if share is None or not 0 <= share <= 1:
                errors.append(_("A share lies between 0 and 100 %."))
        if content.get("unit_rule", NONE) not in UNIT_RULES:
            errors.append(_("There is no such rule for units."))
        factors = [marking.read_number(str(unit.get("factor", ""))) for unit in units]
        if any(factor is None or factor <= 0 for factor in factors) or any(not unit.get("text") for unit in units):
            errors.append(_("A unit needs a name and a number that it is multiplied by."))
        if content.get("unit_rule", NONE) != NONE and not units:
            errors.append(_("Name the units that may be written."))
        return errors

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return []

    def present(self, content: Content, order: list[str], answer: str | None) -> Shown:
        rule = content.get("unit_rule", NONE)
        units = tuple(unit["text"] for unit in content.get("units", [])) if rule != NONE else ()
        return Shown(answer or "", units, rule == REQUIRED)

    def parse(self, post: Post, name: str, content: Content) -> str | None:
        written = text.clean(one(post, name).replace("\0", ""))
        if len(written) > LONGEST:
            raise BadAnswerError(name)
        return written or None

    def fields(self, answer: str | None, name: str) -> list[tuple[str, str]]:
        return [(name, answer)] if answer else []

    def is_complete(self, content: Content, answer: str | None) -> bool:
        """What cannot be read as a number is told to be unfinished before it is handed in."""
        return bool(answer) and value_of(content, answer or "") is not None

    def _best(self, content: Content, answer: str | None) -> Mapping[str, Any] | None:
        value = value_of(content, answer) if answer else None
        if value is None:
            return None
        fitting = []
        for row in content["answers"]:
            found = marking.number_range(row["text"])
            if found and found[0] <= value <= found[1]:
                fitting.append(row)
        return max(fitting, key=lambda row: Fraction(str(row["fraction"])), default=None)

    def mark(self, content: Content, answer: str | None) -> Fraction:
        best = self._best(content, answer)
        return marking.clamp(Fraction(str(best["fraction"]))) if best else marking.NOTHING

    def summarise(self, content: Content, answer: str | None) -> str:
        return answer or ""

    def right_summary(self, content: Content) -> str:
        right = next(row["text"] for row in content["answers"] if _share(row) == 1)
        unit = content["units"][0]["text"] if content.get("units") and content.get("unit_rule", NONE) != NONE else ""
        return f"{right} {unit}".strip()

    def explain(self, content: Content, answer: str | None) -> list[Explained]:
        if not answer:
            return []
        if value_of(content, answer) is None:
            return [Explained(answer, False, _("This could not be read as a number in a unit of the question."))]
        best = self._best(content, answer)
        return [Explained(answer, self.mark(content, answer) == marking.FULL, best.get("reason", "") if best else "")]

    def parts(self, content: Content) -> tuple[Part, ...]:
        return (Part("", ""),)

    def responses(self, content: Content, answer: str | None) -> dict[str, tuple[str, ...]]:
        return {"": (answer,)} if answer else {}

    def incompatible(self, old: Content, new: Content) -> str:
        return ""

    def from_source(self, source: Mapping[str, Any]) -> Content:
        """``answers``: texts, or tables with text, fraction and reason; ``units``: {name: factor}."""
        answers = [row if isinstance(row, Mapping) else {"text": row} for row in source.get("answers", [])]
        units = source.get("units", {})
        return {
            "answers": [_answer(row) for row in answers],
            "units": [{"text": plain(name), "factor": str(factor)} for name, factor in dict(units).items()],
            "unit_rule": str(source.get("unit_rule", OPTIONAL if units else NONE)),
        }

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {
            "answers": forms.CharField(
                label=gettext_lazy("Right numbers, one a line"),
                initial="\n".join(_written(row) for row in content.get("answers", [])),
                widget=forms.Textarea(attrs={"rows": 4}),
                help_text=gettext_lazy(
                    "For example: 5 · 5 ± 0,1 · 200 ± 2% · 1..5. A part of the mark: “4 = 50%”. What the learner is "
                    "told: “4 = 50% # You have forgotten the deputy.”"
                ),
            ),
            "unit_rule": forms.ChoiceField(
                label=gettext_lazy("Unit"), choices=list(UNIT_RULES.items()), initial=content.get("unit_rule", NONE)
            ),
            "units": forms.CharField(
                label=gettext_lazy("Units, one a line; the numbers above are in the first"),
                required=False,
                initial="\n".join(f"{unit['text']} = {unit['factor']}" for unit in content.get("units", [])),
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=gettext_lazy("For example “days = 1” and below it “hours = 0,0416667”."),
            ),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        units = [line.rpartition("=") for line in lines(cleaned.get("units", ""))]
        return {
            "answers": [_read(line) for line in lines(cleaned.get("answers", ""))],
            "units": [
                {"text": plain(name or factor), "factor": plain(factor) if sign else "1"}
                for name, sign, factor in units
            ],
            "unit_rule": cleaned.get("unit_rule") or NONE,
        }


def _share(row: Mapping[str, Any]) -> Fraction | None:
    """None for what is no share at all."""
    try:
        return Fraction(str(row.get("fraction")))
    except (ValueError, ZeroDivisionError):
        return None


def _answer(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "text": plain(row.get("text", "")),
        "fraction": str(row.get("fraction", "1")),
        "reason": plain(row.get("reason", "")),
    }


def _written(row: Mapping[str, Any]) -> str:
    share = "" if _share(row) == 1 else f" = {options.percent(row['fraction'])}%"
    return f"{row['text']}{share}" + (f" # {row['reason']}" if row.get("reason") else "")


def _read(line: str) -> dict[str, str]:
    """A share that is none stays in the text, where ``validate`` finds it."""
    rest, _sign, reason = line.partition("#")
    number, sign, share = rest.partition("=")
    fraction = "1"
    if sign:
        try:
            fraction = options.read_share(share) or "1"
        except ValueError:
            number = rest
    return _answer({"text": number, "fraction": fraction, "reason": reason})


TYPE = Numeric()

"""Give each left its right. Content: ``{"lefts": [{"id", "text", "right"}], "rights": [{"id", "text"}]}``.

More rights than lefts are allowed (distractors), and two lefts may share one right. Answer: left id → right id, only
of those chosen.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from string import ascii_uppercase
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
    shuffled,
)
from quizzes.types.soundness import never_raises

MOST_PAIRS = 8


@dataclass(frozen=True)
class RightShown:
    """``letter``: how a long answer is named where only a little of it can be seen."""

    id: str
    letter: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class LeftShown:
    id: str
    text: str
    rights: tuple[RightShown, ...]


@dataclass(frozen=True)
class Shown:
    lefts: tuple[LeftShown, ...]
    rights: tuple[RightShown, ...]


def _join(content: Content, chosen: Mapping[str, str]) -> str:
    rights = {right["id"]: right["text"] for right in content["rights"]}
    return "; ".join(
        f"{left['text']} → {rights[chosen[left['id']]]}" for left in content["lefts"] if left["id"] in chosen
    )


def _content(pairs: Iterable[tuple[str, str]], distractors: Iterable[str]) -> Content:
    taken: set[str] = set()
    lefts, rights = [], {}
    for left, right in pairs:
        if right not in rights:
            rights[right] = new_id(right, taken)
        lefts.append({"id": new_id(left, taken), "text": left, "right": rights[right]})
    for right in distractors:
        if right not in rights:
            rights[right] = new_id(right, taken)
    return {"lefts": lefts, "rights": [{"id": key, "text": text} for text, key in rights.items()]}


class Matching(QuestionType):
    NAME = "matching"
    LABEL = gettext_lazy("Matching")
    SOURCE_KEYS = frozenset({"pairs", "distractors"})
    ORDER = 40

    @never_raises
    def validate(self, content: Content) -> list[str]:
        lefts, rights = content.get("lefts") or [], content.get("rights") or []
        errors = []
        if not 2 <= len(lefts) <= MOST_PAIRS:
            errors.append(_("Give from two to eight pairs."))
        if len(rights) > len(ascii_uppercase):
            errors.append(_("There are too many answers on the right."))
        if len(rights) < 2:
            errors.append(_("With one answer on the right there is nothing to match."))
        if any(not part.get("text") for part in [*lefts, *rights]):
            errors.append(_("One side of a pair is empty."))
        if len({left["text"] for left in lefts}) != len(lefts):
            errors.append(_("The left side has the same text twice."))
        if any(left.get("right") not in {right["id"] for right in rights} for left in lefts):
            errors.append(_("A pair leads to an answer that is not there."))
        return errors

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> dict[str, list[str]]:
        """The rights are always shuffled: in the author's order each would stand beside its left."""
        return {
            "lefts": shuffled([left["id"] for left in content["lefts"]], rng, shuffles),
            "rights": shuffled([right["id"] for right in content["rights"]], rng, True),
        }

    def present(self, content: Content, order: dict[str, list[str]], answer: dict[str, str] | None) -> Shown:
        lefts = {left["id"]: left["text"] for left in content["lefts"]}
        rights = {right["id"]: right["text"] for right in content["rights"]}
        chosen = answer or {}

        def all_rights(of: str | None) -> tuple[RightShown, ...]:
            return tuple(
                RightShown(fit, ascii_uppercase[number], rights[fit], fit == of)
                for number, fit in enumerate(order["rights"])
            )

        return Shown(
            tuple(LeftShown(key, lefts[key], all_rights(chosen.get(key))) for key in order["lefts"]), all_rights(None)
        )

    def parse(self, post: Post, name: str, content: Content) -> dict[str, str] | None:
        known = {right["id"] for right in content["rights"]}
        answer = {}
        for left in content["lefts"]:
            chosen = one(post, f"{name}-{left['id']}")
            if chosen and chosen not in known:
                raise BadAnswerError(name)
            if chosen:
                answer[left["id"]] = chosen
        return answer or None

    def fields(self, answer: dict[str, str] | None, name: str) -> list[tuple[str, str]]:
        return [(f"{name}-{left}", right) for left, right in (answer or {}).items()]

    def is_complete(self, content: Content, answer: dict[str, str] | None) -> bool:
        return len(answer or ()) == len(content["lefts"])

    def mark(self, content: Content, answer: dict[str, str] | None) -> Fraction:
        return marking.matching({left["id"]: left["right"] for left in content["lefts"]}, answer or {})

    def summarise(self, content: Content, answer: dict[str, str] | None) -> str:
        return _join(content, answer or {})

    def right_summary(self, content: Content) -> str:
        return _join(content, {left["id"]: left["right"] for left in content["lefts"]})

    def explain(self, content: Content, answer: dict[str, str] | None) -> list[Explained]:
        rights = {right["id"]: right["text"] for right in content["rights"]}
        chosen = answer or {}
        return [
            Explained(f"{left['text']} → {rights[chosen[left['id']]]}", chosen[left["id"]] == left["right"])
            for left in content["lefts"]
            if left["id"] in chosen
        ]

    def from_source(self, source: Mapping[str, Any]) -> Content:
        rows = [row for row in source.get("pairs", []) if isinstance(row, Mapping)]
        pairs = [(plain(row.get("left", "")), plain(row.get("right", ""))) for row in rows]
        return _content(pairs, [plain(text) for text in source.get("distractors", [])])

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        rights = {right["id"]: right["text"] for right in content.get("rights", [])}
        lefts = content.get("lefts", [])
        fields: dict[str, forms.Field] = {}
        for row in range(MOST_PAIRS):
            left = lefts[row] if row < len(lefts) else {}
            number = {"number": row + 1}
            fields[f"pair_{row}_left"] = forms.CharField(
                label=gettext_lazy("Pair %(number)s, left") % number,
                required=False,
                initial=left.get("text", ""),
                max_length=300,
            )
            fields[f"pair_{row}_right"] = forms.CharField(
                label=gettext_lazy("Pair %(number)s, right") % number,
                required=False,
                initial=rights.get(left.get("right"), ""),
                max_length=300,
            )
        used = {left["right"] for left in lefts}
        fields["distractors"] = forms.CharField(
            label=gettext_lazy("Answers that fit nowhere, one a line"),
            required=False,
            initial="\n".join(text for key, text in rights.items() if key not in used),
            widget=forms.Textarea(attrs={"rows": 3}),
        )
        return fields

    def texts(self, content: Content) -> list[str]:
        return [part["text"] for part in (*content["lefts"], *content["rights"])]

    def guess(self, content: Content) -> Fraction | None:
        """One of as many answers as there are on the right."""
        return Fraction(1, len(content["rights"]))

    def parts(self, content: Content) -> tuple[Part, ...]:
        return tuple(
            Part(
                left["id"],
                left["text"],
                tuple(
                    Choice(
                        right["id"], right["text"], right["id"] == left["right"], Fraction(right["id"] == left["right"])
                    )
                    for right in content["rights"]
                ),
            )
            for left in content["lefts"]
        )

    def responses(self, content: Content, answer: dict[str, str] | None) -> dict[str, tuple[str, ...]]:
        return {left: (right,) for left, right in (answer or {}).items()}

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        pairs = [
            (plain(cleaned.get(f"pair_{row}_left", "")), plain(cleaned.get(f"pair_{row}_right", "")))
            for row in range(MOST_PAIRS)
        ]
        return _content([pair for pair in pairs if any(pair)], lines(cleaned.get("distractors", "")))


TYPE = Matching()

"""Choose the word for each gap of a text, from a list or by dragging it there.

Content: ``{"text", "gaps": [{"id", "right"}], "words": [{"id", "text", "group"}], "reuse": bool}``. In ``text`` the
gaps stand as ``[[1]]``, ``[[2]]`` … in the order of ``gaps``. A gap offers the words of the group of its right word.
``reuse``: a word may stand in several gaps. Answer: gap → word, only of those chosen.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
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

MOST_GAPS = 12
GAP = re.compile(r"\[\[(\d{1,2})\]\]")
_WRITTEN = re.compile(r"\[\[(?:(\d)\s*:)?\s*([^\[\]]+?)\s*\]\]")
_GROUPED = re.compile(r"(?:(\d)\s*:)?\s*(.+)")


@dataclass(frozen=True)
class WordShown:
    id: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class PieceShown:
    """A run of text (``number`` 0), or a gap with the words that it offers."""

    text: str = ""
    number: int = 0
    id: str = ""
    words: tuple[WordShown, ...] = ()


@dataclass(frozen=True)
class Shown:
    """``paragraphs`` of pieces; ``words``: all there are, for dragging."""

    paragraphs: tuple[tuple[PieceShown, ...], ...]
    words: tuple[WordShown, ...]
    reuse: bool


class GapSelect(QuestionType):
    NAME = "gap_select"
    LABEL = gettext_lazy("Words for gaps")
    SOURCE_KEYS = frozenset({"text", "distractors", "reuse"})
    ORDER = 55
    SCRIPTS = ("words.js",)
    STYLES = ("words.css",)

    @never_raises
    def validate(self, content: Content) -> list[str]:
        gaps, words = content.get("gaps") or [], content.get("words") or []
        errors = []
        if not 1 <= len(gaps) <= MOST_GAPS:
            errors.append(_("Put from one to twelve gaps into the text, each as its right word in [[…]]."))
        numbers = [int(number) for number in GAP.findall(str(content.get("text", "")))]
        if sorted(numbers) != list(range(1, len(gaps) + 1)):
            errors.append(_("Every gap has to stand in the text once."))
        groups = {word.get("id"): word.get("group") for word in words}
        if any(gap.get("right") not in groups for gap in gaps):
            errors.append(_("A gap leads to a word that is not there."))
        if len({(word.get("group"), word.get("text")) for word in words}) != len(words) or not all(
            word.get("text") for word in words
        ):
            errors.append(_("A word is empty, or stands twice in its group."))
        offered = [sum(group == groups.get(gap.get("right")) for group in groups.values()) for gap in gaps]
        if any(number < 2 for number in offered):
            errors.append(_("Each gap has to offer at least two words: add words that fit nowhere."))
        rights = [gap.get("right") for gap in gaps]
        if not content.get("reuse") and len(set(rights)) != len(rights):
            errors.append(_("A word that is right in two gaps may have to be used twice: allow it."))
        return errors

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        """The words are always shuffled: in the author's order they would stand as the gaps do."""
        return shuffled([word["id"] for word in content["words"]], rng, True)

    def present(self, content: Content, order: list[str], answer: dict[str, str] | None) -> Shown:
        chosen = answer or {}
        by_id = {word["id"]: word for word in content["words"]}
        words = [by_id[key] for key in order]

        def gap(number: int) -> PieceShown:
            found = content["gaps"][number - 1]
            group = by_id[found["right"]]["group"]
            offered = tuple(
                WordShown(word["id"], word["text"], chosen.get(found["id"]) == word["id"])
                for word in words
                if word["group"] == group
            )
            return PieceShown(number=number, id=found["id"], words=offered)

        def pieces(paragraph: str) -> tuple[PieceShown, ...]:
            parts = GAP.split(paragraph)
            return tuple(gap(int(part)) if index % 2 else PieceShown(part) for index, part in enumerate(parts) if part)

        used = set(chosen.values())
        return Shown(
            tuple(pieces(paragraph) for paragraph in content["text"].split("\n") if paragraph.strip()),
            tuple(WordShown(word["id"], word["text"], word["id"] in used) for word in words),
            bool(content.get("reuse")),
        )

    def parse(self, post: Post, name: str, content: Content) -> dict[str, str] | None:
        known = {word["id"] for word in content["words"]}
        answer = {}
        for gap in content["gaps"]:
            chosen = one(post, f"{name}-{gap['id']}")
            if chosen and chosen not in known:
                raise BadAnswerError(name)
            if chosen:
                answer[gap["id"]] = chosen
        return answer or None

    def fields(self, answer: dict[str, str] | None, name: str) -> list[tuple[str, str]]:
        return [(f"{name}-{gap}", word) for gap, word in (answer or {}).items()]

    def is_complete(self, content: Content, answer: dict[str, str] | None) -> bool:
        return len(answer or ()) == len(content["gaps"])

    def mark(self, content: Content, answer: dict[str, str] | None) -> Fraction:
        return marking.matching({gap["id"]: gap["right"] for gap in content["gaps"]}, answer or {})

    def _filled(self, content: Content, chosen: Mapping[str, str]) -> str:
        words = {word["id"]: word["text"] for word in content["words"]}

        def word(found: re.Match[str]) -> str:
            gap = content["gaps"][int(found[1]) - 1]["id"]
            return f"[{words[chosen[gap]]}]" if gap in chosen else "[…]"

        return " ".join(GAP.sub(word, content["text"]).split())

    def summarise(self, content: Content, answer: dict[str, str] | None) -> str:
        return self._filled(content, answer) if answer else ""

    def right_summary(self, content: Content) -> str:
        return self._filled(content, {gap["id"]: gap["right"] for gap in content["gaps"]})

    def explain(self, content: Content, answer: dict[str, str] | None) -> list[Explained]:
        words = {word["id"]: word["text"] for word in content["words"]}
        return [
            Explained(f"({number}) {words[answer[gap['id']]]}", answer[gap["id"]] == gap["right"])
            for number, gap in enumerate(content["gaps"], start=1)
            if answer and gap["id"] in answer
        ]

    def texts(self, content: Content) -> list[str]:
        return [content["text"], *(word["text"] for word in content["words"])]

    def guess(self, content: Content) -> Fraction | None:
        return sum((Fraction(1, len(part.choices)) for part in self.parts(content)), Fraction(0)) / len(content["gaps"])

    def parts(self, content: Content) -> tuple[Part, ...]:
        by_id = {word["id"]: word for word in content["words"]}

        def choices(right: str) -> tuple[Choice, ...]:
            group = by_id[right]["group"]
            return tuple(
                Choice(word["id"], word["text"], word["id"] == right, Fraction(word["id"] == right))
                for word in content["words"]
                if word["group"] == group
            )

        return tuple(
            Part(gap["id"], f"({number})", choices(gap["right"])) for number, gap in enumerate(content["gaps"], start=1)
        )

    def responses(self, content: Content, answer: dict[str, str] | None) -> dict[str, tuple[str, ...]]:
        return {gap: (word,) for gap, word in (answer or {}).items()}

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return written_content(
            str(source.get("text", "")),
            [str(row) for row in source.get("distractors", [])],
            source.get("reuse") is True,
        )

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        used = {gap["right"] for gap in content.get("gaps", [])}
        return {
            "text": forms.CharField(
                label=gettext_lazy("Text with gaps"),
                initial=written_text(content) if content else "",
                widget=forms.Textarea(attrs={"rows": 8}),
                help_text=gettext_lazy(
                    "Write the right word of each gap between double brackets: “The page is approved by the [[Standing "
                    "Board]].” Where gaps offer different words, number their groups: [[1: five days]] … [[2: page]]."
                ),
            ),
            "distractors": forms.CharField(
                label=gettext_lazy("Words that fit nowhere, one a line"),
                required=False,
                initial="\n".join(
                    _grouped(word["text"], word["group"]) for word in content.get("words", []) if word["id"] not in used
                ),
                widget=forms.Textarea(attrs={"rows": 4}),
            ),
            "reuse": forms.BooleanField(
                label=gettext_lazy("A word may stand in several gaps"),
                required=False,
                initial=content.get("reuse", False),
            ),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        text = str(cleaned.get("text", "")).replace("\r\n", "\n")
        return written_content(text, lines(cleaned.get("distractors", "")), bool(cleaned.get("reuse")))


def _grouped(text: str, group: int) -> str:
    return f"{group}: {text}" if group != 1 else text


def written_text(content: Content) -> str:
    """The text with the right words in their gaps, as an author writes it."""
    words = {word["id"]: word for word in content["words"]}

    def word(found: re.Match[str]) -> str:
        right = words[content["gaps"][int(found[1]) - 1]["right"]]
        return f"[[{_grouped(right['text'], right['group'])}]]"

    return GAP.sub(word, content["text"])


def written_content(text: str, distractors: list[str], reuse: bool) -> Content:
    """The inverse of ``written_text``. Ids come from the texts, so that what stays keeps its id."""
    taken: set[str] = set()
    words: dict[tuple[int, str], dict[str, Any]] = {}
    gaps: list[dict[str, str]] = []

    def enter(group: int, word: str) -> str:
        key = (group, plain(word))
        if key not in words:
            words[key] = {"id": new_id(f"{group}:{key[1]}", taken), "text": key[1], "group": group}
        return str(words[key]["id"])

    def gap(found: re.Match[str]) -> str:
        right = enter(int(found[1] or 1), found[2])
        gaps.append({"id": f"g{len(gaps) + 1}", "right": right})
        return f"[[{len(gaps)}]]"

    changed = _WRITTEN.sub(gap, plain(text))
    for row in distractors:
        found = _GROUPED.fullmatch(plain(row))
        if found:
            enter(int(found[1] or 1), found[2])
    return {"text": changed, "gaps": gaps, "words": list(words.values()), "reuse": reuse}


TYPE = GapSelect()

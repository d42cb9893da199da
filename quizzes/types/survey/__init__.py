"""Asked and counted, never marked. Content: ``{"mode": "one"|"several"|"text", "options": [{"id", "text"}]}``.

Answer: the id of an option, a sorted list of ids, or the text. It has no weight; any answer is worth its nothing.
"""

import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes import marking
from quizzes.types import options
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

ONE, SEVERAL, TEXT = "one", "several", "text"
MODES = {
    ONE: gettext_lazy("one of the answers"),
    SEVERAL: gettext_lazy("any number of the answers"),
    TEXT: gettext_lazy("in one's own words"),
}
LONGEST = 2000


class Survey(QuestionType):
    NAME = "survey"
    LABEL = gettext_lazy("Survey question, not marked")
    SOURCE_KEYS = frozenset({"answers", "mode"})
    ORDER = 150

    @never_raises
    def validate(self, content: Content) -> list[str]:
        if content.get("mode") not in MODES:
            return [_("Say how the question is answered.")]
        found = [option.get("text") for option in content.get("options") or []]
        if content["mode"] != TEXT and len(found) < 2:
            return [_("Give at least two answers to choose from.")]
        return [_("Two options have the same text.")] if len(set(found)) != len(found) else []

    def weight(self, content: Content) -> int:
        return 0

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        """In the author's order: answers of a survey are often a scale."""
        return shuffled([option["id"] for option in content["options"]], rng, False)

    def _chosen(self, content: Content, answer: Any) -> set[str]:
        if content["mode"] == TEXT or not answer:
            return set()
        return {answer} if isinstance(answer, str) else set(answer)

    def present(self, content: Content, order: list[str], answer: Any) -> dict[str, Any]:
        """``mode``, ``text`` and ``options`` (types.options.OptionShown)."""
        texts = {option["id"]: option["text"] for option in content["options"]}
        chosen = self._chosen(content, answer)
        return {
            "mode": content["mode"],
            "text": answer if content["mode"] == TEXT and answer else "",
            "longest": LONGEST,
            "options": tuple(options.OptionShown(key, texts[key], key in chosen) for key in order),
        }

    def parse(self, post: Post, name: str, content: Content) -> Any:
        if content["mode"] == TEXT:
            written = plain(one(post, name).replace("\0", "").replace("\r\n", "\n"))
            if len(written) > LONGEST:
                raise BadAnswerError(name)
            return written or None
        known = {option["id"] for option in content["options"]}
        chosen = [value for value in post.getlist(name) if value != ""]
        if any(not isinstance(value, str) or value not in known for value in chosen):
            raise BadAnswerError(name)
        if content["mode"] == SEVERAL:
            return sorted(set(chosen)) or None
        if len(chosen) > 1:
            raise BadAnswerError(name)
        return chosen[0] if chosen else None

    def fields(self, answer: Any, name: str) -> list[tuple[str, str]]:
        values = answer if isinstance(answer, list) else [answer] if answer else []
        return [(name, value) for value in values]

    def is_complete(self, content: Content, answer: Any) -> bool:
        return bool(answer)

    def mark(self, content: Content, answer: Any) -> Fraction:
        return marking.FULL if answer else marking.NOTHING

    def summarise(self, content: Content, answer: Any) -> str:
        if content["mode"] == TEXT:
            return answer or ""
        return options.join(content, self._chosen(content, answer))

    def right_summary(self, content: Content) -> str:
        return ""

    def explain(self, content: Content, answer: Any) -> list[Explained]:
        summary = self.summarise(content, answer)
        return [Explained(summary, None)] if summary else []

    def texts(self, content: Content) -> list[str]:
        return options.texts(content)

    def parts(self, content: Content) -> tuple[Part, ...]:
        return (Part("", "", tuple(Choice(option["id"], option["text"], True) for option in content["options"])),)

    def responses(self, content: Content, answer: Any) -> dict[str, tuple[str, ...]]:
        values = answer if isinstance(answer, list) else [answer] if answer else []
        return {"": tuple(values)} if values else {}

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return _content([plain(text) for text in source.get("answers", [])], str(source.get("mode", ONE)))

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {
            "mode": forms.ChoiceField(
                label=gettext_lazy("It is answered with"), choices=list(MODES.items()), initial=content.get("mode", ONE)
            ),
            "answers": forms.CharField(
                label=gettext_lazy("Answers to choose from, one a line"),
                required=False,
                initial="\n".join(option["text"] for option in content.get("options", [])),
                widget=forms.Textarea(attrs={"rows": 6}),
            ),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return _content(lines(cleaned.get("answers", "")), cleaned["mode"])


def _content(texts: list[str], mode: str) -> Content:
    taken: set[str] = set()
    found = [] if mode == TEXT else [{"id": new_id(text, taken), "text": text} for text in texts]
    return {"mode": mode, "options": found}


TYPE = Survey()

"""Write it. Content: ``{"accepted": [text], "exact": bool}``. Answer: the text as written, cleaned.

Case, diacritics and spaces do not matter unless ``exact``.
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
from quizzes.types.base import BadAnswerError, Content, Explained, Post, QuestionType, lines, one, plain

LONGEST = 200


@dataclass(frozen=True)
class Shown:
    text: str
    longest: int = LONGEST


class ShortText(QuestionType):
    NAME = "short_text"
    LABEL = gettext_lazy("Short answer")
    SOURCE_KEYS = frozenset({"accepted", "exact"})
    ORDER = 60

    def validate(self, content: Content) -> list[str]:
        accepted = content.get("accepted") or []
        errors = []
        if not accepted:
            errors.append(_("Give at least one accepted answer."))
        if any(not marking.comparable_exact(str(answer)) or len(str(answer)) > LONGEST for answer in accepted):
            errors.append(_("An accepted answer is empty or too long."))
        return errors

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return []

    def present(self, content: Content, order: list[str], answer: str | None) -> Shown:
        return Shown(answer or "")

    def parse(self, post: Post, name: str, content: Content) -> str | None:
        written = text.clean(one(post, name).replace("\0", ""))
        if len(written) > LONGEST:
            raise BadAnswerError(name)
        return written or None

    def fields(self, answer: str | None, name: str) -> list[tuple[str, str]]:
        return [(name, answer)] if answer else []

    def is_complete(self, content: Content, answer: str | None) -> bool:
        return bool(answer)

    def mark(self, content: Content, answer: str | None) -> Fraction:
        return marking.short_text(content["accepted"], answer or "", exact=content.get("exact", False))

    def summarise(self, content: Content, answer: str | None) -> str:
        return answer or ""

    def right_summary(self, content: Content) -> str:
        return str(content["accepted"][0])

    def explain(self, content: Content, answer: str | None) -> list[Explained]:
        return [Explained(answer, self.mark(content, answer) == marking.FULL)] if answer else []

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return {"accepted": [plain(row) for row in source.get("accepted", [])], "exact": source.get("exact") is True}

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {
            "accepted": forms.CharField(
                label=gettext_lazy("Accepted answers, one a line; the first is shown as the right one"),
                initial="\n".join(content.get("accepted", [])),
                widget=forms.Textarea(attrs={"rows": 4}),
            ),
            "exact": forms.BooleanField(
                label=gettext_lazy("Case and diacritics matter"), required=False, initial=content.get("exact", False)
            ),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return {"accepted": lines(cleaned.get("accepted", "")), "exact": cleaned["exact"]}


TYPE = ShortText()

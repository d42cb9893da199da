"""Is the statement true? Content: ``{"answer": bool}``. Answer: True or False. The order is never shuffled."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from quizzes import marking
from quizzes.types.base import BadAnswerError, Choice, Content, Explained, Part, Post, QuestionType, one
from quizzes.types.soundness import never_raises


@dataclass(frozen=True)
class Shown:
    chosen: bool | None


class TrueFalse(QuestionType):
    NAME = "true_false"
    LABEL = gettext_lazy("True or false")
    SOURCE_KEYS = frozenset({"answer"})
    ORDER = 30

    @never_raises
    def validate(self, content: Content) -> list[str]:
        return [] if isinstance(content.get("answer"), bool) else [_("Say whether the statement is true or false.")]

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return []

    def present(self, content: Content, order: list[str], answer: bool | None) -> Shown:
        return Shown(answer)

    def parse(self, post: Post, name: str, content: Content) -> bool | None:
        chosen = one(post, name)
        if chosen not in ("", "true", "false"):
            raise BadAnswerError(name)
        return chosen == "true" if chosen else None

    def fields(self, answer: bool | None, name: str) -> list[tuple[str, str]]:
        return [] if answer is None else [(name, "true" if answer else "false")]

    def is_complete(self, content: Content, answer: bool | None) -> bool:
        return answer is not None

    def mark(self, content: Content, answer: bool | None) -> Fraction:
        return marking.FULL if answer is content["answer"] else marking.NOTHING

    def summarise(self, content: Content, answer: bool | None) -> str:
        if answer is None:
            return ""
        return pgettext("answer", "True") if answer else pgettext("answer", "False")

    def right_summary(self, content: Content) -> str:
        return self.summarise(content, content["answer"])

    def explain(self, content: Content, answer: bool | None) -> list[Explained]:
        return [] if answer is None else [Explained(self.summarise(content, answer), answer is content["answer"])]

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return {"answer": source.get("answer")}

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        answer = forms.ChoiceField(
            label=gettext_lazy("The statement is"),
            choices=[("true", pgettext_lazy("answer", "True")), ("false", pgettext_lazy("answer", "False"))],
            initial="false" if content.get("answer") is False else "true",
            widget=forms.RadioSelect,
        )
        return {"answer": answer}

    def guess(self, content: Content) -> Fraction | None:
        return Fraction(1, 2)

    def parts(self, content: Content) -> tuple[Part, ...]:
        right = content["answer"]
        choices = tuple(
            Choice(key, self.summarise(content, value), right is value, Fraction(right is value))
            for key, value in (("true", True), ("false", False))
        )
        return (Part("", "", choices),)

    def responses(self, content: Content, answer: bool | None) -> dict[str, tuple[str, ...]]:
        return {} if answer is None else {"": ("true" if answer else "false",)}

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return {"answer": cleaned["answer"] == "true"}


TYPE = TrueFalse()

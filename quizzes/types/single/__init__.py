"""Choose one. Content: ``{"options": [{"id", "text", "correct", "reason"}]}``; an option may carry a ``fraction``.

Answer: the id of an option.
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
from quizzes.types.base import BadAnswerError, Content, Explained, Part, Post, QuestionType, one
from quizzes.types.soundness import never_raises


class Single(QuestionType):
    NAME = "single"
    LABEL = gettext_lazy("Single choice")
    SOURCE_KEYS = options.SOURCE_KEYS - {"scheme"}
    ORDER = 10

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return options.freeze(content, rng, shuffles)

    @never_raises
    def validate(self, content: Content) -> list[str]:
        errors = options.validate(content)
        if len(options.right_ids(content) if "options" in content else ()) != 1:
            errors.append(_("Mark exactly one option as right."))
        if not errors and not options.fractions_are_shares(content):
            errors.append(_("A share lies between -100 and 100 %."))
        return errors

    def present(self, content: Content, order: list[str], answer: str | None) -> options.OptionsShown:
        return options.present(content, order, {answer} if answer else set())

    def parse(self, post: Post, name: str, content: Content) -> str | None:
        chosen = one(post, name)
        if chosen and chosen not in options.ids(content):
            raise BadAnswerError(name)
        return chosen or None

    def fields(self, answer: str | None, name: str) -> list[tuple[str, str]]:
        return [(name, answer)] if answer else []

    def is_complete(self, content: Content, answer: str | None) -> bool:
        return answer is not None

    def mark(self, content: Content, answer: str | None) -> Fraction:
        return marking.single(options.weights(content), answer)

    def summarise(self, content: Content, answer: str | None) -> str:
        return options.join(content, {answer} if answer else set())

    def right_summary(self, content: Content) -> str:
        return options.join(content, options.right_ids(content))

    def explain(self, content: Content, answer: str | None) -> list[Explained]:
        return options.explain(content, {answer} if answer else set())

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return {"options": options.from_source(source)}

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return options.edit_fields(
            content, gettext_lazy("Only where a half-right option earns a part of the mark, for example 50.")
        )

    def texts(self, content: Content) -> list[str]:
        return options.texts(content)

    def guess(self, content: Content) -> Fraction | None:
        """The mean of what the options earn."""
        shares = options.weights(content).values()
        return sum(shares, marking.NOTHING) / len(shares)

    def parts(self, content: Content) -> tuple[Part, ...]:
        return (options.part(content),)

    def responses(self, content: Content, answer: str | None) -> dict[str, tuple[str, ...]]:
        return {"": (answer,)} if answer else {}

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return {"options": options.from_form(cleaned)}


TYPE = Single()

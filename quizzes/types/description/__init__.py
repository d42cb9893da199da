"""A text between the questions: an introduction, instructions. Content: ``{}``; the text is the stem.

Nothing is asked, so there is no answer, no mark and no number.
"""

import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes import marking
from quizzes.types.base import Content, Explained, Post, QuestionType


class Description(QuestionType):
    NAME = "description"
    LABEL = gettext_lazy("Instructions (nothing is asked)")
    SOURCE_KEYS = frozenset[str]()
    ORDER = 900
    IS_ASKED = False

    def validate(self, content: Content) -> list[str]:
        return [_("Instructions consist of their text alone.")] if content else []

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return []

    def present(self, content: Content, order: list[str], answer: None) -> None:
        return None

    def parse(self, post: Post, name: str, content: Content) -> None:
        return None

    def fields(self, answer: None, name: str) -> list[tuple[str, str]]:
        return []

    def is_complete(self, content: Content, answer: None) -> bool:
        """Nothing is left to choose, ever."""
        return True

    def mark(self, content: Content, answer: None) -> Fraction:
        return marking.NOTHING

    def summarise(self, content: Content, answer: None) -> str:
        return ""

    def right_summary(self, content: Content) -> str:
        return ""

    def explain(self, content: Content, answer: None) -> list[Explained]:
        return []

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return {}

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {}

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return {}


TYPE = Description()

"""Choose all that are right. Content: as ``single``, and ``scheme`` (quizzes.marking.MULTIPLE_SCHEMES).

Answer: the ids of the options ticked, sorted; no tick is no answer. ``weighted`` needs a ``fraction`` on each option.
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
from quizzes.types.base import BadAnswerError, Content, Explained, Part, Post, QuestionType
from quizzes.types.soundness import never_raises

SCHEME_LABELS = {
    marking.PROPORTIONAL_CORRECT: gettext_lazy("a part for each right tick, nothing once a wrong one is ticked"),
    marking.EXACT: gettext_lazy("all or nothing"),
    marking.PROPORTIONAL: gettext_lazy("a part for each option judged rightly"),
    marking.WEIGHTED: gettext_lazy("the shares given with the options, added up"),
}


class Multiple(QuestionType):
    NAME = "multiple"
    LABEL = gettext_lazy("Several answers")
    SOURCE_KEYS = options.SOURCE_KEYS
    ORDER = 20

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return options.freeze(content, rng, shuffles)

    @never_raises
    def validate(self, content: Content) -> list[str]:
        errors = options.validate(content)
        if not options.right_ids(content if "options" in content else {"options": []}):
            errors.append(_("Mark at least one option as right."))
        if content.get("scheme", marking.PROPORTIONAL_CORRECT) not in marking.MULTIPLE_SCHEMES:
            errors.append(_("There is no such way of marking."))
        if not errors and not options.fractions_are_shares(content):
            errors.append(_("A share lies between -100 and 100 %."))
        if not errors and content.get("scheme") == marking.WEIGHTED and not self._earns_by_shares(content):
            errors.append(_("Give the options the shares that are to be added up."))
        return errors

    def _earns_by_shares(self, content: Content) -> bool:
        """Shares are given, and ticking something earns something."""
        given = any("fraction" in row for row in content["options"])
        return given and max(options.weights(content).values()) > 0

    def present(self, content: Content, order: list[str], answer: list[str] | None) -> options.OptionsShown:
        return options.present(content, order, set(answer or ()))

    def parse(self, post: Post, name: str, content: Content) -> list[str] | None:
        ticked = [value for value in post.getlist(name) if value != ""]
        known = set(options.ids(content))
        if any(not isinstance(value, str) or value not in known for value in ticked):
            raise BadAnswerError(name)
        return sorted(set(ticked)) or None

    def fields(self, answer: list[str] | None, name: str) -> list[tuple[str, str]]:
        return [(name, key) for key in answer or ()]

    def is_complete(self, content: Content, answer: list[str] | None) -> bool:
        return bool(answer)

    def mark(self, content: Content, answer: list[str] | None) -> Fraction:
        return marking.multiple(
            options.right_ids(content),
            set(options.ids(content)),
            set(answer or ()),
            scheme=content.get("scheme", marking.PROPORTIONAL_CORRECT),
            weights=options.weights(content),
        )

    def summarise(self, content: Content, answer: list[str] | None) -> str:
        return options.join(content, set(answer or ()))

    def right_summary(self, content: Content) -> str:
        return options.join(content, options.right_ids(content))

    def explain(self, content: Content, answer: list[str] | None) -> list[Explained]:
        return options.explain(content, set(answer or ()))

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return {
            "options": options.from_source(source),
            "scheme": str(source.get("scheme", marking.PROPORTIONAL_CORRECT)),
        }

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        scheme = forms.ChoiceField(
            label=gettext_lazy("How it is marked"),
            choices=list(SCHEME_LABELS.items()),
            initial=content.get("scheme", marking.PROPORTIONAL_CORRECT),
        )
        return {
            **options.edit_fields(
                content, gettext_lazy("Only where the shares are added up; a wrong one may take off.")
            ),
            "scheme": scheme,
        }

    def texts(self, content: Content) -> list[str]:
        return options.texts(content)

    def parts(self, content: Content) -> tuple[Part, ...]:
        return (options.part(content),)

    def responses(self, content: Content, answer: list[str] | None) -> dict[str, tuple[str, ...]]:
        return {"": tuple(answer)} if answer else {}

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return {"options": options.from_form(cleaned), "scheme": cleaned["scheme"]}


TYPE = Multiple()

"""A table of statements, each true or false: the form of the national examination since 2025.

Content: ``{"rows": [{"id", "text", "answer": bool, "reason"}], "scheme"}`` (quizzes.marking.STATEMENT_SCHEMES). Answer:
id → True or False, only of those judged.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from quizzes import marking
from quizzes.types.base import (
    BadAnswerError,
    Choice,
    Content,
    Explained,
    Part,
    Post,
    QuestionType,
    new_id,
    one,
    plain,
    shuffled,
)
from quizzes.types.soundness import never_raises

MOST_ROWS = 8


@dataclass(frozen=True)
class RowShown:
    id: str
    text: str
    chosen: bool | None


@dataclass(frozen=True)
class Shown:
    rows: tuple[RowShown, ...]


def _word(value: bool) -> str:
    return pgettext("answer", "True") if value else pgettext("answer", "False")


class Statements(QuestionType):
    NAME = "statements"
    LABEL = gettext_lazy("Table of true and false statements")
    SOURCE_KEYS = frozenset({"statements", "scheme"})
    ORDER = 35
    STYLES = ("statements.css",)

    @never_raises
    def validate(self, content: Content) -> list[str]:
        rows = content.get("rows") or []
        errors = []
        if not 2 <= len(rows) <= MOST_ROWS:
            errors.append(_("Give from two to eight statements."))
        if any(not row.get("text") for row in rows):
            errors.append(_("A statement has no text."))
        if len({row.get("text") for row in rows}) != len(rows):
            errors.append(_("Two statements have the same text."))
        if any(not isinstance(row.get("answer"), bool) for row in rows):
            errors.append(_("Say of each statement whether it is true or false."))
        if content.get("scheme", marking.EACH) not in marking.STATEMENT_SCHEMES:
            errors.append(_("There is no such way of marking."))
        if content.get("scheme") == marking.EXAM and len(rows) != 4:
            errors.append(_("The scale of the national examination is for exactly four statements."))
        return errors

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return shuffled([row["id"] for row in content["rows"]], rng, shuffles)

    def present(self, content: Content, order: list[str], answer: dict[str, bool] | None) -> Shown:
        texts = {row["id"]: row["text"] for row in content["rows"]}
        return Shown(tuple(RowShown(key, texts[key], (answer or {}).get(key)) for key in order))

    def parse(self, post: Post, name: str, content: Content) -> dict[str, bool] | None:
        answer = {}
        for row in content["rows"]:
            chosen = one(post, f"{name}-{row['id']}")
            if chosen not in ("", "true", "false"):
                raise BadAnswerError(name)
            if chosen:
                answer[row["id"]] = chosen == "true"
        return answer or None

    def fields(self, answer: dict[str, bool] | None, name: str) -> list[tuple[str, str]]:
        return [(f"{name}-{key}", "true" if value else "false") for key, value in (answer or {}).items()]

    def is_complete(self, content: Content, answer: dict[str, bool] | None) -> bool:
        return len(answer or ()) == len(content["rows"])

    def mark(self, content: Content, answer: dict[str, bool] | None) -> Fraction:
        right = {row["id"]: row["answer"] for row in content["rows"]}
        return marking.statements(right, answer or {}, scheme=content.get("scheme", marking.EACH))

    def summarise(self, content: Content, answer: dict[str, bool] | None) -> str:
        given = answer or {}
        return "; ".join(f"{row['text']}: {_word(given[row['id']])}" for row in content["rows"] if row["id"] in given)

    def right_summary(self, content: Content) -> str:
        return "; ".join(f"{row['text']}: {_word(row['answer'])}" for row in content["rows"])

    def explain(self, content: Content, answer: dict[str, bool] | None) -> list[Explained]:
        given = answer or {}
        return [
            Explained(
                f"{row['text']}: {_word(given[row['id']])}", given[row["id"]] is row["answer"], row.get("reason", "")
            )
            for row in content["rows"]
            if row["id"] in given
        ]

    def texts(self, content: Content) -> list[str]:
        return [row["text"] for row in content["rows"]]

    def guess(self, content: Content) -> Fraction | None:
        """Each statement is a coin; on the scale of the examination, weighted by how often each number comes up."""
        if content.get("scheme") == marking.EXAM:
            return sum((way * marking.EXAM_SHARES[hits] for hits, way in enumerate((1, 4, 6, 4, 1))), Fraction(0)) / 16
        return Fraction(1, 2)

    def parts(self, content: Content) -> tuple[Part, ...]:
        sides = (("true", True), ("false", False))
        return tuple(
            Part(
                row["id"], row["text"], tuple(Choice(key, _word(value), row["answer"] is value) for key, value in sides)
            )
            for row in content["rows"]
        )

    def responses(self, content: Content, answer: dict[str, bool] | None) -> dict[str, tuple[str, ...]]:
        return {key: ("true" if value else "false",) for key, value in (answer or {}).items()}

    def from_source(self, source: Mapping[str, Any]) -> Content:
        taken: set[str] = set()
        rows = [row for row in source.get("statements", []) if isinstance(row, Mapping)]
        return {
            "rows": [
                _row(plain(row.get("text", "")), row.get("answer"), plain(row.get("reason", "")), taken) for row in rows
            ],
            "scheme": str(source.get("scheme", marking.EACH)),
        }

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        rows = content.get("rows", [])
        fields: dict[str, forms.Field] = {}
        for number in range(MOST_ROWS):
            row = rows[number] if number < len(rows) else {}
            count = {"number": number + 1}
            fields[f"row_{number}_id"] = forms.CharField(
                required=False, initial=row.get("id", ""), max_length=20, widget=forms.HiddenInput
            )
            fields[f"row_{number}_text"] = forms.CharField(
                label=gettext_lazy("Statement %(number)s") % count,
                required=False,
                initial=row.get("text", ""),
                max_length=500,
            )
            fields[f"row_{number}_answer"] = forms.ChoiceField(
                label=gettext_lazy("It is"),
                required=False,
                choices=[("true", pgettext_lazy("answer", "True")), ("false", pgettext_lazy("answer", "False"))],
                initial="false" if row.get("answer") is False else "true",
            )
            fields[f"row_{number}_reason"] = forms.CharField(
                label=gettext_lazy("Why it is true or false"),
                required=False,
                initial=row.get("reason", ""),
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        fields["scheme"] = forms.ChoiceField(
            label=gettext_lazy("How it is marked"),
            initial=content.get("scheme", marking.EACH),
            choices=[
                (marking.EACH, gettext_lazy("the same part for each statement")),
                (
                    marking.EXAM,
                    gettext_lazy("as in the national examination: 0.1, 0.25, 0.5 and 1 of four"),
                ),
            ],
        )
        return fields

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        taken: set[str] = set()
        return {
            "rows": [
                _row(
                    plain(cleaned[f"row_{number}_text"]),
                    cleaned[f"row_{number}_answer"] != "false",
                    plain(cleaned[f"row_{number}_reason"]),
                    taken,
                    cleaned.get(f"row_{number}_id", ""),
                )
                for number in range(MOST_ROWS)
                if plain(cleaned.get(f"row_{number}_text", ""))
            ],
            "scheme": cleaned["scheme"],
        }


def _row(text: str, answer: Any, reason: str, taken: set[str], key: str = "") -> dict[str, Any]:
    if not key.isalnum() or key in taken:
        key = new_id(text, taken)
    taken.add(key)
    return {"id": key, "text": text, "answer": answer, "reason": reason}


TYPE = Statements()

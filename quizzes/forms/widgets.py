"""The review matrix and the blueprint (ma trận đề) as tables, in plain HTML."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.core import text
from quizzes.models import Objective, Question
from quizzes.queries.quiz_editor import ready_by_objective
from quizzes.rules import review

ROWS = {
    review.Row.ATTEMPT: gettext_lazy("the questions and one's own answers"),
    review.Row.CORRECTNESS: gettext_lazy("whether each is right"),
    review.Row.MAX_MARKS: gettext_lazy("the most marks of each question"),
    review.Row.MARKS: gettext_lazy("the marks"),
    review.Row.SPECIFIC: gettext_lazy("the reason of what was chosen"),
    review.Row.GENERAL: gettext_lazy("the explanation of the question"),
    review.Row.RIGHT_ANSWER: gettext_lazy("the right answer"),
    review.Row.OVERALL: gettext_lazy("the words on the whole result"),
}
MOMENTS = {
    review.Moment.DURING: gettext_lazy("During the attempt"),
    review.Moment.IMMEDIATELY: gettext_lazy("Within two minutes of handing in"),
    review.Moment.LATER: gettext_lazy("Later, while the quiz is open"),
    review.Moment.CLOSED: gettext_lazy("After the quiz has closed"),
}


class ReviewMatrix(forms.Widget):
    """Value: the JSON of rules.review.as_json. A box a cell, named <name>-<row>-<bit>."""

    template_name = "quizzes/cms/widgets/review.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        matrix = review.from_json(value if isinstance(value, Mapping) else {})
        context = super().get_context(name, None, attrs)
        context["widget"] |= {
            "moments": list(MOMENTS.values()),
            "rows": [
                (label, [(f"{name}-{row.value}-{int(moment)}", moment_label, bool(matrix[row] & moment))
                         for moment, moment_label in MOMENTS.items()])
                for row, label in ROWS.items()
            ],
        }  # fmt: skip
        return context

    def format_value(self, value: Any) -> Any:
        return value

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        found = {row: review.Moment(0) for row in review.Row}
        for row in review.Row:
            for moment in MOMENTS:
                if data.get(f"{name}-{row.value}-{int(moment)}"):
                    found[row] |= moment
        return review.as_json(found)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-sent" not in data

    def id_for_label(self, id_: str | None) -> str:
        return ""


class ReviewField(forms.Field):
    """A matrix in which every cell that stands on another has it; ValidationError names those that do not."""

    widget = ReviewMatrix

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(review.from_json(initial or {}) != review.from_json(data or {}))

    def validate(self, value: Any) -> None:
        wrong = review.contradictions(review.from_json(value or {}))
        if wrong:
            raise ValidationError(
                [
                    _("“%(row)s” cannot be shown without “%(needed)s” (%(moment)s).")
                    % {"row": ROWS[row], "needed": ROWS[needed], "moment": MOMENTS[moment]}
                    for row, moment, needed in wrong
                ]
            )


LEVELS = tuple(Question.CognitiveLevel)
SPARE_ROWS = 3
MOST_ROWS = 200


@dataclass(frozen=True)
class Cell:
    """So many questions of this level for this objective, each with this mark."""

    objective: Objective
    level: str
    count: int
    max_mark: Decimal
    section: int


class Blueprint(forms.Widget):
    """Value: a list of rows ``{"objective", "section", "<level>-count", "<level>-mark"}`` as typed."""

    template_name = "quizzes/cms/widgets/blueprint.html"

    class Media:
        js = ("lms/js/quiz-editor.js",)
        css = {"all": ("lms/css/cms-quiz.css",)}

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        objectives = list(Objective.objects.order_by("key"))
        ready = ready_by_objective()
        typed = list(value or []) + [{} for _spare in range(SPARE_ROWS)]
        context = super().get_context(name, None, attrs)
        context["widget"] |= {
            "levels": [(level.value, level.label) for level in LEVELS],
            "rows": [
                {
                    "number": number,
                    "prefix": f"{name}-{number}",
                    "section": row.get("section", "1"),
                    "choices": [(one.pk, one.name, str(one.pk) == str(row.get("objective", ""))) for one in objectives],
                    "cells": [
                        (
                            level.value,
                            level.label,
                            row.get(f"{level.value}-count", ""),
                            row.get(f"{level.value}-mark", ""),
                            ready.get((_number(row.get("objective")), level.value), 0),
                        )
                        for level in LEVELS
                    ],
                }
                for number, row in enumerate(typed)
            ],
            "ready": {f"{objective}:{level}": count for (objective, level), count in ready.items()},
        }
        return context

    def format_value(self, value: Any) -> Any:
        return value

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        row_of = re.compile(rf"{re.escape(name)}-(\d{{1,3}})-section")
        numbers = sorted(int(found.group(1)) for key in data if (found := row_of.fullmatch(key)))
        fields = ["objective", "section", *(f"{level.value}-{what}" for level in LEVELS for what in ("count", "mark"))]
        rows = [
            {field: str(data.get(f"{name}-{number}-{field}", "")).strip() for field in fields}
            for number in numbers[:MOST_ROWS]
        ]
        return [row for row in rows if any(value for field, value in row.items() if field != "section")]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-sent" not in data

    def id_for_label(self, id_: str | None) -> str:
        return ""


def _number(value: object) -> int:
    said = str(value or "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


class BlueprintField(forms.Field):
    """Cleans to a list of ``Cell``; says of each cell that is wrong where it stands."""

    widget = Blueprint

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])

    def clean(self, value: Any) -> list[Cell]:
        objectives = {row.pk: row for row in Objective.objects.all()} if value else {}
        cells: list[Cell] = []
        errors: list[str] = []
        for number, row in enumerate(value or [], start=1):
            objective = objectives.get(_number(row.get("objective")))
            if objective is None:
                errors.append(_("Row %(row)s of the blueprint: choose its objective.") % {"row": number})
                continue
            for level in LEVELS:
                try:
                    cell = self._cell(row, objective, level)
                except ValueError:
                    errors.append(
                        _("“%(objective)s”, %(level)s: numbers are wanted, e.g. 2 questions of 0,5 marks.")
                        % {"objective": objective.name, "level": level.label}
                    )
                    continue
                if cell is not None:
                    cells.append(cell)
        places = [(cell.objective.pk, cell.level, cell.section) for cell in cells]
        if len(set(places)) != len(places):
            errors.append(_("An objective stands twice in the blueprint. Put its numbers into one row."))
        if errors:
            raise ValidationError(errors)
        return cells

    @staticmethod
    def _cell(row: Mapping[str, str], objective: Objective, level: Question.CognitiveLevel) -> Cell | None:
        """None for an empty one. ValueError."""
        said, mark = row.get(f"{level.value}-count", ""), row.get(f"{level.value}-mark", "").replace(",", ".")
        if said in ("", "0"):
            return None
        count, section = _number(said), _number(row.get("section") or "1")
        try:
            most = Decimal(mark or "1")
        except InvalidOperation:
            raise ValueError(mark) from None
        if not 1 <= count <= 200 or not 1 <= section <= 99 or not 0 <= most < 10000 or most.as_tuple().exponent < -2:  # type: ignore[operator]
            raise ValueError(said)
        return Cell(objective, level.value, count, most, section)


class TagsWidget(forms.TextInput):
    """A JSON list of words as words between commas."""

    def format_value(self, value: Any) -> str:
        try:
            words = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            return str(value)
        return ", ".join(str(word) for word in words) if isinstance(words, list) else ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        said = str(data.get(name) or "")
        return json.dumps(list(dict.fromkeys(word for part in said.split(",") if (word := text.clean(part)))))

"""What the screens of imports show. No learner stands in any of them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from quizzes import enums, types
from quizzes.models import ImportBatch, ImportItem, Question


@dataclass(frozen=True)
class Shown:
    """As a type's template wants it. ``template`` "" where it cannot be shown."""

    shown: object
    field: str
    position: int
    stem: str
    template: str


@dataclass(frozen=True)
class Row:
    """One question of the file: ``source`` line by line with numbers, ``question`` as a learner will see it."""

    position: int
    line: int
    outcome: str
    label: str
    is_wanted: bool
    may_enter: bool
    code: str
    type_label: str
    level: str
    category: str
    source: tuple[tuple[int, str], ...]
    problems: tuple[tuple[int, str], ...]
    changes: tuple[str, ...]
    right: str
    reason: str
    duplicate_of: Question | None
    question: Shown | None


def rows(items: "QuerySet[ImportItem]", *, numbers_lines: bool) -> list[Row]:
    """One query. ``numbers_lines``: the source is a text, so its lines can be counted."""
    return [_row(item, numbers_lines) for item in items.select_related("duplicate_of")]


def counts(batch: ImportBatch) -> dict[str, int]:
    """How many items there are by outcome, and of those that are ``wanted``. Two queries."""
    found = dict(batch.items.order_by().values_list("outcome").annotate(size=Count("pk")))
    wanted = batch.items.filter(is_wanted=True).exclude(outcome__in=_NEVER).count()
    problems = batch.items.exclude(problems=[]).count()
    return {**found, "wanted": wanted, "problems": problems, "all": sum(found.values())}


_NEVER = (ImportItem.Outcome.REFUSED, ImportItem.Outcome.UNCHANGED)


def _row(row: ImportItem, numbers_lines: bool) -> Row:
    item: Mapping[str, Any] = row.item
    kind = types.get(item["type"]) if types.is_known(item.get("type", "")) else None
    lines = row.source.splitlines()
    question = right = None
    if kind and row.outcome != ImportItem.Outcome.REFUSED:
        question, right = _shown(kind, row), kind.right_summary(item["content"])
    return Row(
        position=row.position,
        line=row.line,
        outcome=row.outcome,
        label=row.get_outcome_display(),
        is_wanted=row.is_wanted,
        may_enter=row.outcome not in _NEVER,
        code=item.get("code", ""),
        type_label=str(kind.LABEL) if kind else "",
        level=str(dict(Question.CognitiveLevel.choices).get(item.get("level", ""), "")),
        category=" / ".join(item.get("category", [])),
        source=tuple((row.line + place if numbers_lines else 0, line) for place, line in enumerate(lines)),
        problems=tuple(
            (problem.get("line") or row.line, enums.sentence(problem["code"], problem.get("values")))
            for problem in row.problems
        ),
        changes=tuple(item.get("changes", [])),
        right=right or "",
        reason=item.get("reason", ""),
        duplicate_of=row.duplicate_of,
        question=question,
    )


def _shown(kind: types.QuestionType, row: ImportItem) -> Shown | None:
    content = row.item["content"]
    try:
        order = kind.freeze(content, random.Random(row.position), False)  # noqa: S311  an order, no secret
        shown = kind.present(content, order, None)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return Shown(shown, f"i{row.position}", row.position, row.item["stem"], kind.TEMPLATE)

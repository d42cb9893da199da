"""What the editor of a quiz page is told: how many questions fit, what is missing, and the official table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Count

from quizzes.models import Question, QuizPage, QuizSlot
from quizzes.models.quiz import Draw
from quizzes.queries import bank
from quizzes.rules import drawing

# A pool this many times as large as a draw makes two attempts differ (requirements Q21).
COMFORTABLE = 3


def ready_by_objective() -> dict[tuple[int, str], int]:
    """Ready questions by objective and level. One query."""
    rows = Question.objects.drawable().filter(objective__isnull=False).order_by()
    return {
        (objective, level): count
        for objective, level, count in rows.values_list("objective", "level").annotate(count=Count("pk"))
    }


def slots_of(page: QuizPage) -> list[QuizSlot]:
    """The slots that publishing ``page`` (a draft too) would make, unsaved, in their order: draws, then blueprint."""
    draws = sorted(page.draws.all(), key=lambda draw: draw.sort_order or 0)
    cells = sorted(page.cells.all(), key=lambda cell: cell.sort_order or 0)
    return [
        *(QuizSlot(**{name: getattr(draw, name) for name in QuizSlot.FILTER}) for draw in draws),
        *(
            QuizSlot(
                objective=cell.objective,
                level=cell.level,
                count=cell.count,
                max_mark=cell.max_mark,
                section=cell.section,
                is_of_blueprint=True,
            )
            for cell in cells
        ),
    ]


@dataclass(frozen=True)
class Standing:
    """``matches``: how many questions fit each slot, in their order. ``missing``: the slots (from 0) that can never be
    filled together, and by how many they fall short. ``thin``: the same, were three times as many drawn."""

    matches: tuple[int, ...]
    missing: tuple[int, ...]
    missing_by: int
    thin: tuple[int, ...]
    thin_by: int


def standing(slots: Sequence[Draw]) -> Standing:
    """Whether ``slots`` can be filled, and comfortably. Two queries, a third where tags are asked for."""
    if not slots:
        return Standing((), (), 0, (), 0)
    rows = bank.candidates(slots, None)
    places = bank.places(slots, rows)
    short = drawing.shortage(places)
    wide = [
        drawing.Slot(place.position, place.count if slot.question_id else COMFORTABLE * place.count, place.fits)
        for place, slot in zip(places, slots, strict=True)
    ]
    thin = drawing.shortage(wide)
    return Standing(
        tuple(len(place.fits) for place in places),
        tuple(position - 1 for position in short.positions) if short else (),
        short.wanted - short.found if short else 0,
        tuple(position - 1 for position in thin.positions if not slots[position - 1].question_id) if thin else (),
        thin.wanted - thin.found if thin else 0,
    )


def match_count(slot: Draw) -> int:
    """How many questions fit ``slot``; 0 while it asks for nothing. Two queries, a third for tags."""
    if not (slot.category_id or slot.objective_id or slot.question_id):
        return 0
    return sum(bank.fits(slot, row) for row in bank.candidates([slot], None))


# --- The official table -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """``share``: of all marks."""

    count: int
    marks: Decimal
    share: Fraction


@dataclass(frozen=True)
class TableRow:
    number: int
    title: str
    cells: tuple[Figure, ...]
    total: Figure


@dataclass(frozen=True)
class BlueprintTable:
    """``levels``: the labels of the columns. ``last``: draws that ask for no level stand in the last column."""

    levels: tuple[str, ...]
    rows: tuple[TableRow, ...]
    totals: tuple[Figure, ...]
    total: Figure
    any_level: bool


def blueprint_table(slots: Iterable[Draw], any_label: str, other_label: str) -> BlueprintTable:
    """Rows by objective (or, without one, by category), columns by level. Of fixed questions their own objective and
    level count. One query."""
    rows = list(slots)
    fixed = {
        row.pk: row
        for row in Question.objects.filter(pk__in=[slot.question_id for slot in rows if slot.question_id])
        .select_related("objective", "category")
    }  # fmt: skip
    titles: dict[str, dict[str, list[Decimal]]] = {}
    for slot in rows:
        question = fixed.get(slot.question_id or 0)
        objective = question.objective if question else slot.objective
        category = question.category if question else slot.category
        title = objective.name if objective else category.name if category else other_label
        level = question.level if question else slot.level
        cell = titles.setdefault(title, {}).setdefault(level, [Decimal(0), Decimal(0)])
        cell[0] += slot.count
        cell[1] += slot.count * slot.max_mark
    any_level = any("" in cells for cells in titles.values())
    levels = [*Question.CognitiveLevel.values, *([""] if any_level else [])]
    whole = sum((cell[1] for cells in titles.values() for cell in cells.values()), Decimal(0))

    def figure(cells: Iterable[Sequence[Decimal]]) -> Figure:
        found = list(cells)
        marks = sum((cell[1] for cell in found), Decimal(0))
        share = Fraction(marks) / Fraction(whole) if whole else Fraction(0)
        return Figure(int(sum(cell[0] for cell in found)), marks, share)

    def at(cells: dict[str, list[Decimal]], level: str) -> list[list[Decimal]]:
        return [cells[level]] if level in cells else []

    return BlueprintTable(
        levels=tuple(str(Question.CognitiveLevel(level).label) if level else any_label for level in levels),
        rows=tuple(
            TableRow(number, title, tuple(figure(at(cells, level)) for level in levels), figure(cells.values()))
            for number, (title, cells) in enumerate(titles.items(), start=1)
        ),
        totals=tuple(figure(cell for cells in titles.values() for cell in at(cells, level)) for level in levels),
        total=figure(cell for cells in titles.values() for cell in cells.values()),
        any_level=any_level,
    )


def draft_of(page: Any) -> Any:
    """The newest version of ``page``, published or not."""
    return page.get_latest_revision_as_object() if page.latest_revision_id else page

"""Pages of an attempt, and which questions may be seen and answered now (requirements Q3). Plain Python."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
FREE = "free"
SEQUENTIAL = "sequential"


@dataclass(frozen=True)
class Placed:
    """What the order of visiting depends on. ``is_answered``: there is an answer, or nothing is asked."""

    position: int
    page: int
    is_answered: bool
    requires_previous: bool = False


def pages(sections: Sequence[int], per_page: int) -> list[int]:
    """The page of each question, from 1; ``sections``: its part, in order. A new part begins a new page."""
    found: list[int] = []
    page, on_page, before = 1, 0, None
    for section in sections:
        if before is not None and (section != before or on_page >= per_page):
            page, on_page = page + 1, 0
        found.append(page)
        on_page += 1
        before = section
    return found


def shuffled(items: Sequence[tuple[T, bool]], rng: random.Random) -> list[T]:
    """``items`` with whether each is glued to the one before it; blocks are shuffled, inside a block nothing moves."""
    blocks: list[list[T]] = []
    for item, is_glued in items:
        if is_glued and blocks:
            blocks[-1].append(item)
        else:
            blocks.append([item])
    rng.shuffle(blocks)
    return [item for block in blocks for item in block]


def open_positions(questions: Sequence[Placed], *, navigation: str, page_reached: int) -> frozenset[int]:
    """Positions that may be seen and answered. ``questions`` in their order.

    Sequential: only the page that was reached, never one that was left. ``requires_previous``: once the one before it
    has an answer (and is itself open).
    """
    found: set[int] = set()
    before: Placed | None = None
    for question in questions:
        on_turn = navigation != SEQUENTIAL or question.page == page_reached
        waits = (
            question.requires_previous
            and before is not None
            and not (before.is_answered and (before.position in found or before.page != question.page))
        )
        if on_turn and not waits:
            found.add(question.position)
        before = question
    return frozenset(found)


def may_turn_to(page: int, *, last: int, navigation: str, page_reached: int) -> bool:
    """Whether ``page`` may be opened; in a sequential attempt the present one, or the next (which leaves this one)."""
    if not 1 <= page <= last:
        return False
    return navigation != SEQUENTIAL or page_reached <= page <= page_reached + 1

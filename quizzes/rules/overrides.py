"""What holds for one person: the settings of the quiz under the exceptions that were made (requirements Q6)."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

FIELDS = ("opens_at", "closes_at", "limit_minutes", "time_factor", "max_attempts", "password")


@dataclass(frozen=True)
class Layer:
    """One exception: ``values`` has only the fields that it sets. ``depth``: how deep the unit stands in the tree."""

    is_personal: bool
    depth: int
    made_at: dt.datetime
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Effective:
    """``limit_minutes`` and ``max_attempts`` 0: no limit. ``has_exception``: something differs from the quiz."""

    opens_at: dt.datetime | None
    closes_at: dt.datetime | None
    limit_minutes: int
    time_factor: Fraction
    max_attempts: int
    password: str
    networks: str
    needs_ticket: bool
    has_exception: bool

    @property
    def limit(self) -> dt.timedelta | None:
        return dt.timedelta(minutes=self.limit_minutes) if self.limit_minutes else None


def order(layers: Iterable[Layer]) -> list[Layer]:
    """The one that speaks first stands first: the person's own, then the deeper unit, then the later one."""
    return sorted(layers, key=lambda layer: (layer.is_personal, layer.depth, layer.made_at), reverse=True)


def effective(quiz: Any, layers: Iterable[Layer]) -> Effective:
    """``quiz`` has the fields of QuizSettings. Each field comes from the first layer that sets it."""
    chosen: dict[str, Any] = {}
    for layer in order(layers):
        for field, value in layer.values.items():
            if value is not None:
                chosen.setdefault(field, value)

    def held(field: str) -> Any:
        return chosen.get(field, getattr(quiz, field))

    return Effective(
        opens_at=held("opens_at"),
        closes_at=held("closes_at"),
        limit_minutes=held("limit_minutes"),
        time_factor=Fraction(str(chosen.get("time_factor", 1))),
        max_attempts=held("max_attempts"),
        password=held("password"),
        networks=quiz.networks,
        needs_ticket=quiz.needs_ticket,
        has_exception=bool(chosen),
    )

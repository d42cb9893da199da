"""The programme of 2022 as it was published: conference, figures, targets. Nothing here is computed but a percentage
of two numbers that were both published.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max

from lms.core import clock, numbers
from lms.fanpages.models import ReportedFigure
from lms.plans.models import Conference, ConferencePoint, Target
from lms.units.models import Unit, in_force
from lms.units.queries import names_on

# Names are those of the time of the programme.
NAMES_OF = dt.date(2022, 8, 5)


@dataclass(frozen=True)
class ConferenceRow:
    """``points``: names of the points, in the order of names; ``content``: one line an item."""

    title: str
    held_on: dt.date
    mode: str
    chair: str
    chair_position: str
    content: tuple[str, ...]
    points: tuple[str, ...]
    source: str
    is_illustrative: bool


@dataclass(frozen=True)
class FigureRow:
    """``shown``: "116/177 (65,5 %)", "77,8 %", "hơn 500". ``what`` says of which units or page."""

    what: str
    scope: str
    level: str
    shown: str
    kind: str
    has_numerator: bool
    as_of: str
    source: str
    is_illustrative: bool


@dataclass(frozen=True)
class TargetRow:
    """``ended_on``: the first day on which there is no unit of the level any more; None where there are some."""

    scope: str
    level: str
    shown: str
    indicator: str
    counts: str
    strength: str
    deadline: str
    basis: str
    source: str
    ended_on: dt.date | None
    is_illustrative: bool


@dataclass(frozen=True)
class Programme:
    conferences: tuple[ConferenceRow, ...]
    figures: tuple[FigureRow, ...]
    targets: tuple[TargetRow, ...]


def programme() -> Programme:
    """Everything that was entered. Six queries whatever there is."""
    conferences = list(Conference.objects.order_by("held_on", "pk"))
    points = list(ConferencePoint.objects.values_list("conference_id", "unit_id"))
    figures = list(ReportedFigure.objects.select_related("level").order_by("pk"))
    targets = list(Target.objects.select_related("level", "basis").order_by("pk"))
    units = {unit for _, unit in points} | {row.unit_id for row in figures} | {row.unit_id for row in targets}
    names = names_on(units, NAMES_OF)
    ended = _levels_ended({row.level_id for row in targets}, clock.today())
    return Programme(
        tuple(
            ConferenceRow(
                row.title,
                row.held_on,
                row.mode,
                row.chair,
                row.chair_position,
                tuple(row.content.splitlines()),
                tuple(
                    unit.name
                    for unit in sorted(
                        (names[unit] for conference, unit in points if conference == row.pk),
                        key=lambda unit: unit.sort_key,
                    )
                ),
                row.source,
                row.is_illustrative,
            )
            for row in conferences
        ),
        tuple(
            FigureRow(
                row.page_name or str(row.get_indicator_display()),
                names[row.unit_id].name,
                row.level.name if row.level else str(row.get_indicator_display()),
                shown(row),
                str(row.get_kind_display()),
                row.kind != ReportedFigure.Kind.PERCENTAGE,
                row.as_of_written,
                row.source,
                row.is_illustrative,
            )
            for row in figures
        ),
        tuple(
            TargetRow(
                names[row.unit_id].name,
                row.level.name,
                numbers.percent(row.percent),
                str(row.get_indicator_display()),
                row.counts,
                str(row.get_strength_display()),
                row.deadline_as_written,
                basis_of(row),
                row.source,
                ended.get(row.level_id),
                row.is_illustrative,
            )
            for row in targets
        ),
    )


def _levels_ended(levels: set[int], today: dt.date) -> dict[int, dt.date]:
    """Level → the day from which on none of its units is open; without those that have units today or never had any.

    A target for a level that the state has abolished is closed, not missed: there is nothing left to divide by.
    """
    counted = Unit.objects.filter(level__in=levels).order_by().values("level")
    rows = counted.annotate(
        last=Max("closed_on"), open=Count("pk", filter=in_force(today, starts="opened_on", ends="closed_on"))
    )
    return {row["level"]: row["last"] for row in rows if not row["open"] and row["last"] and row["last"] <= today}


def shown(figure: ReportedFigure) -> str:
    """The figure as a document writes it, its qualifier in front; a bare percentage stays one."""
    if figure.kind == ReportedFigure.Kind.PERCENTAGE:
        text = numbers.percent(figure.percent or 0)
    elif figure.kind == ReportedFigure.Kind.FRACTION:
        text = numbers.share(figure.value or 0, figure.denominator or 0)
    else:
        text = numbers.number(figure.value or 0)
    return f"{figure.qualifier} {text}".strip()


def basis_of(target: Target) -> str:
    """ "Kế hoạch 141/KH-MTTQ-BTT ngày 12/4/2022", as written; "" without one."""
    document = target.basis
    if document is None:
        return ""
    words = f"{document.kind} {document.reference}".strip()
    return f"{words} ngày {document.date_as_written}" if document.date_as_written else words

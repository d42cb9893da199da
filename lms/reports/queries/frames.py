"""The figures of one day told in the tree of another day: what successions do not say stands in a declared remainder.

People only, each once, where the primary appointment is: a share of units cannot be carried over a merger, since two
covered units become one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils.translation import gettext as _

from lms.reports.queries.questions import Place, Question, beginnings, completed_enrolments
from lms.reports.queries.table import own_staff_name
from lms.reports.rules import Figures, Kind, Row
from lms.units import queries as tree
from lms.units.models import Appointment, Unit
from lms.units.queries import Untold, possible_places
from lms.units.scope import below, with_their_past

# So many units of a remainder are named.
NAMED = 12


@dataclass(frozen=True)
class Remainder:
    """Figures that no succession carries over, for one reason; ``units``: where they stay, the first few by name."""

    why: Untold
    sentence: str
    figures: Figures
    units: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class FrameTable:
    """``total`` = ``rows`` + ``elsewhere`` + ``remainder``, to the last person."""

    rows: tuple[Row, ...]
    elsewhere: Figures
    remainder: tuple[Remainder, ...]
    total: Figures


def usual_frame(day: dt.date, *, today: dt.date) -> dt.date:
    """What is mostly asked: figures since the latest reorganisation by the units before it, earlier ones by those of
    today. One query.
    """
    switched: dt.date | None = Unit.objects.filter(closed_on__lte=today).aggregate(last=Max("closed_on"))["last"]
    return switched - dt.timedelta(days=1) if switched and day >= switched else today


def frame_table(place: Place, question: Question, frame: dt.date) -> FrameTable:
    """Officers of the subtree and of its past, as of the day of ``question``, by the units of ``frame`` right below the
    unit, and by those that went whole into it. The number of queries depends on that of the generations of mergers, not
    on that of units or people.
    """
    unit = place.unit
    reach = with_their_past([unit.path])
    counted = _by_unit(reach, question)
    by_part, left = _by_part(unit, reach, counted, frame)
    rows = [
        Row(Kind.UNIT, one.name, by_part.pop(one.path, Figures()), one.id, one.sort_key)
        for one in _parts(unit, reach, frame)
    ]
    own = by_part.pop(unit.path, Figures())
    if own.people:
        rows.append(Row(Kind.OWN, own_staff_name(unit.level.key), own, unit.pk))
    return FrameTable(tuple(rows), _sum(by_part.values()), _remainder(left, counted, frame), _sum(counted.values()))


def _by_unit(reach: Iterable[str], question: Question) -> dict[int, Figures]:
    """Unit id → its people of that day. One query."""
    posts = Appointment.objects.on(question.day).filter(below(reach), is_primary=True)
    if question.duty:
        posts = posts.filter(page_duty=question.duty)
    done = Exists(completed_enrolments(question).filter(user=OuterRef("person_id")))
    begun = Exists(beginnings(question).filter(user=OuterRef("person_id")))
    rows = (
        posts.annotate(has_done=done, has_begun=begun)
        .order_by()
        .values_list("unit_id")
        .annotate(
            people=Count("pk"),
            done=Count("pk", filter=Q(has_done=True)),
            under_way=Count("pk", filter=Q(has_done=False, has_begun=True)),
        )
    )
    return {pk: Figures(*numbers) for pk, *numbers in rows}


def _by_part(
    unit: Unit, reach: list[str], counted: Mapping[int, Figures], frame: dt.date
) -> tuple[dict[str, Figures], dict[Untold, list[int]]]:
    """Path of the part → its figures ("" for units that belong to others in that frame); reason → units that are told
    by no part. A unit that may lie in several units of one part lies in that part.
    """
    places = possible_places(counted, frame)
    ids = {pk for one in places.values() for pk in one.units}
    paths = dict(Unit.objects.filter(pk__in=ids).values_list("pk", "path")) if ids else {}
    found: dict[str, list[Figures]] = defaultdict(list)
    left: dict[Untold, list[int]] = defaultdict(list)
    for pk, figures in counted.items():
        parts = {_part_of(paths[on], unit, reach) for on in places[pk].units}
        if places[pk].is_all and len(parts) == 1:
            found[parts.pop()].append(figures)
        else:
            left[places[pk].why or Untold.DIVIDED].append(pk)
    return {part: _sum(each) for part, each in found.items()}, dict(left)


def _part_of(path: str, unit: Unit, reach: list[str]) -> str:
    """Right below the unit, or the top of what went whole into it; "" for neither."""
    if path.startswith(unit.path):
        return path[: len(unit.path) + Unit.steplen]
    return next((top for top in reach if path.startswith(top)), "")


def _parts(unit: Unit, reach: list[str], frame: dt.date) -> list[tree.UnitOnDay]:
    """The rows, those without anybody included. Two queries."""
    tops = Unit.objects.open_on(frame).filter(path__in=[path for path in reach if not path.startswith(unit.path)])
    before = tree.names_on(list(tops), frame)
    return [*tree.children_on(unit, frame), *sorted(before.values(), key=lambda one: (one.rank, one.sort_key))]


def _remainder(
    left: Mapping[Untold, list[int]], counted: Mapping[int, Figures], frame: dt.date
) -> tuple[Remainder, ...]:
    """By reason. One query where there is any."""
    names = tree.names_on([pk for ids in left.values() for pk in ids], frame)
    found = []
    for why in Untold:
        if ids := left.get(why):
            named = sorted((names[pk] for pk in ids if pk in names), key=lambda one: one.sort_key)
            shown = tuple(one.name for one in named[:NAMED])
            figures = _sum(counted[pk] for pk in ids)
            found.append(Remainder(why, _sentence(why), figures, shown, len(ids) - len(shown)))
    return tuple(found)


def _sentence(why: Untold) -> str:
    return {
        Untold.DIVIDED: _("Their unit was divided: to which part they would belong, no document says."),
        Untold.ENDED: _("Their unit was dissolved without a successor."),
        Untold.UNITED: _("Their unit was formed of several: from which of them they come, no document says."),
        Untold.FOUNDED: _("Their unit was founded later and has no predecessor."),
    }[why]


def _sum(all_figures: Iterable[Figures]) -> Figures:
    total = Figures()
    for one in all_figures:
        total = Figures(
            **{field.name: getattr(total, field.name) + getattr(one, field.name) for field in fields(total)}
        )
    return total

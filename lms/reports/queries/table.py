"""The table of a unit: who is missing, counted in SQL; the number of queries does not depend on that of the units."""

from dataclasses import dataclass, replace

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from lms.fanpages.models import PageRecord
from lms.reports.queries.questions import OFFICER, Place, Question, beginnings, completions, posts
from lms.reports.rules import Figures, Kind, Order, Row, in_order
from lms.units import queries as tree
from lms.units.models import Appointment, Unit, in_force

_TOTAL = ""
_PAGES = ("with_page", "page_confirmed", "without_page")


@dataclass(frozen=True)
class UnitTable:
    """``rows`` without the total. ``below``: name of the level of the rows, "" where there is none below.

    ``counted``: name of the level whose units are the denominator (``total.figures.units``).
    ``overlap``: people who serve in several rows; each row counts them, the total once.
    """

    rows: tuple[Row, ...]
    total: Row
    below: str
    counted: str

    @property
    def overlap(self) -> int:
        return sum(row.figures.people for row in self.rows) - self.total.figures.people


def unit_table(place: Place, question: Question, order: Order = Order.NAME) -> UnitTable:
    """The units right below (open that day), the unit's own staff, and the total. Five queries."""
    unit = place.unit
    children = tree.children_on(unit, question.day)
    people = _people_by_part(unit, question)
    ranks, open_units, covered = _units_by_part(unit, question)
    pages = _pages_by_part(unit, question)
    leaf_rank = max(ranks, default=0)
    found: dict[str, Figures] = {
        part: replace(
            people.get(part, Figures()),
            units=open_units.get((part, leaf_rank), 0),
            covered=covered.get((part, leaf_rank), 0),
            **pages.get((part, leaf_rank), {}),
        )
        for part in {unit.path, *people, *(part for part, _rank in open_units)}
    }
    rows = [
        Row(Kind.UNIT, child.name, found.get(child.path, Figures()), child.id, child.sort_key, child.rank == leaf_rank)
        for child in children
    ]
    closed = [part for part in people if part not in {_TOTAL, unit.path, *(child.path for child in children)}]
    rows += _rows_beside(unit, found, closed, has_children=bool(children))
    total = Figures(
        units=_sum_of(open_units, leaf_rank),
        covered=_sum_of(covered, leaf_rank),
        **{name: sum(part.get(name, 0) for (_p, rank), part in pages.items() if rank == leaf_rank) for name in _PAGES},
    )
    whole = people.get(_TOTAL, Figures())
    total = replace(total, people=whole.people, done=whole.done, under_way=whole.under_way)
    return UnitTable(
        tuple(in_order(rows, order)),
        Row(Kind.TOTAL, _("Total"), total, unit.pk, is_single=not children and place.is_open),
        ranks.get(children[0].rank, "") if children else "",
        ranks.get(leaf_rank, ""),
    )


def _rows_beside(unit: Unit, found: dict[str, Figures], closed: list[str], *, has_children: bool) -> list[Row]:
    """The unit's own staff (only where there are rows to stand beside), and people left at closed units."""
    rows = []
    own = found.get(unit.path, Figures())
    if own.people and (has_children or closed):
        rows.append(
            Row(
                Kind.OWN,
                own_staff_name(unit.level.key),
                replace(own, units=0, covered=0, **dict.fromkeys(_PAGES, 0)),
                unit.pk,
            )
        )
    if closed:
        figures = Figures(
            sum(found[part].people for part in closed),
            sum(found[part].done for part in closed),
            sum(found[part].under_way for part in closed),
        )
        rows.append(Row(Kind.CLOSED, _("At units that had closed by that day"), figures))
    return rows


def own_staff_name(level: str) -> str:
    """How the office of the unit itself is called among the units below it."""
    names = {
        "centre": _("Office of the Central Committee"),
        "province": _("Office of the province"),
        "district": _("Office of the district"),
    }
    return names.get(level, _("Office of the unit"))


# One statement, 100,000 officers read once: a person counts once in a part, however many appointments they hold there.
# Part: the path cut after the level below the unit; paths are true for ever, so this is right for any day.
# The last line ('') is what must be taken off the sum of the parts for people who serve in several: nobody does so
# without an appointment beside the primary one, so only those few are looked at again.
# What a person did is found through the unique key of the enrolment (user, course): SQLite walks it person by person,
# PostgreSQL hashes it. The conditions are those of ``completed_enrolments`` and ``beginnings``.
_FIGURES = """
WITH post (person_id, part, is_primary) AS ({posts}),
standing (part, person_id, done, begun) AS (
  SELECT post.part, post.person_id,
    MAX(CASE WHEN completion.id IS NULL THEN 0 ELSE 1 END),
    MAX(CASE WHEN enrolment.started_at < %s
      AND (enrolment.withdrawn_at IS NULL OR enrolment.withdrawn_at >= %s) THEN 1 ELSE 0 END)
  FROM post
  LEFT JOIN courses_enrolment enrolment ON enrolment.user_id = post.person_id AND enrolment.course_id = %s
    AND enrolment.united_with_id IS NULL
  LEFT JOIN courses_completion completion
    ON completion.enrolment_id = enrolment.id AND completion.course_id = %s AND completion.completed_at < %s
  GROUP BY post.part, post.person_id
),
again (done, begun, times) AS (
  SELECT done, begun, COUNT(*) - 1 FROM standing
  WHERE person_id IN (SELECT person_id FROM post WHERE NOT is_primary) GROUP BY person_id, done, begun
)
SELECT part, COUNT(*), SUM(done), SUM(CASE WHEN done = 0 THEN begun ELSE 0 END) FROM standing GROUP BY part
UNION ALL
SELECT '', SUM(times), SUM(times * done), SUM(CASE WHEN done = 0 THEN times * begun ELSE 0 END) FROM again
"""


def _people_by_part(unit: Unit, question: Question) -> dict[str, Figures]:
    """Path of the part → its people; ``_TOTAL`` for all, each once. One query."""
    width = len(unit.path) + Unit.steplen
    counted = posts(unit, question).order_by().annotate(part=Substr("unit__path", 1, width))
    try:
        compiled, params = counted.values_list("person_id", "part", "is_primary").query.sql_with_params()
    except EmptyResultSet:  # no position is spelled as typed: nobody
        return {}
    end, course = connection.ops.adapt_datetimefield_value(question.end), question.course_id or 0
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES.replace("{posts}", compiled), [*params, end, end, course, course, end])
        found = {part: [int(number or 0) for number in numbers] for part, *numbers in cursor.fetchall()}
    again = found.pop(_TOTAL)
    total = [sum(numbers[index] for numbers in found.values()) - again[index] for index in range(3)]
    return {part: Figures(*numbers) for part, numbers in {**found, _TOTAL: total}.items()}


def trained_posts(unit: Unit, question: Question) -> QuerySet[Appointment]:
    """Page officers of that day, whatever else they are, who had completed the course by its end."""
    officers = Appointment.objects.on(question.day).filter(unit__path__startswith=unit.path, page_duty=OFFICER)
    return officers.filter(person__in=completions(question).order_by().values("user_id"))


_ByPart = dict[tuple[str, int], int]


def _sum_of(numbers: _ByPart, of_rank: int) -> int:
    return sum(number for (_part, rank), number in numbers.items() if rank == of_rank)


def _pages_by_part(unit: Unit, question: Question) -> dict[tuple[str, int], dict[str, int]]:
    """(part, rank) → what is known of the pages of the units open that day, as it stood at its end. One query.

    A unit without a record is in none of the numbers; so is one of which somebody said that it is not known.
    """
    width = len(unit.path) + Unit.steplen
    end = question.end
    stood = PageRecord.objects.as_of(end).filter(
        in_force(question.day, starts="opened_on", ends="closed_on", prefix="unit__"), unit__path__startswith=unit.path
    )
    yes = Q(status=PageRecord.Status.YES)
    counted = stood.order_by().annotate(part=Substr("unit__path", 1, width)).values_list("part", "unit__level__rank")
    return {
        (part, rank): dict(zip(_PAGES, numbers, strict=True))
        for part, rank, *numbers in counted.annotate(
            yes=Count("pk", filter=yes),
            confirmed=Count("pk", filter=yes & Q(confirmed_at__lt=end)),
            no=Count("pk", filter=Q(status=PageRecord.Status.NO)),
        )
    }


def _units_by_part(unit: Unit, question: Question) -> tuple[dict[int, str], _ByPart, _ByPart]:
    """Rank → name of level; (part, rank) → open units; (part, rank) → those with a trained page officer. Two queries.

    Whether anybody was ever entered for a unit does not matter: an empty unit is what the table is there to show.
    """
    width = len(unit.path) + Unit.steplen
    units = Unit.objects.open_on(question.day).within(unit).annotate(part=Substr("path", 1, width))
    ranks: dict[int, str] = {}
    counts: _ByPart = {}
    for part, rank, level, number in (
        units.order_by().values_list("part", "level__rank", "level__name").annotate(number=Count("pk"))
    ):
        counts[part, rank] = number
        ranks[rank] = level
    trained = units.filter(pk__in=trained_posts(unit, question).order_by().values("unit_id"))
    covered = {
        (part, rank): number
        for part, rank, number in trained.order_by().values_list("part", "level__rank").annotate(number=Count("pk"))
    }
    return ranks, counts, covered


@dataclass(frozen=True)
class UncoveredRow:
    """A unit without a trained page officer. ``why`` says what to do about it; ``above``: nearest unit above first."""

    unit_id: int
    name: str
    above: str
    why: str


def uncovered_units(
    place: Place, question: Question, *, offset: int = 0, limit: int = 50
) -> tuple[int, list[UncoveredRow]]:
    """How many units of the lowest level lack a trained page officer that day, and some of them in the tree's order.

    Five queries, four where none is missing.
    """
    unit = place.unit
    units = Unit.objects.open_on(question.day).within(unit)
    leaf = units.order_by("-level__rank").values_list("level_id", flat=True).first()
    officers = Appointment.objects.on(question.day).filter(unit=OuterRef("pk"), page_duty=OFFICER)
    missing = units.filter(level_id=leaf).exclude(pk__in=trained_posts(unit, question).order_by().values("unit_id"))
    begun = beginnings(question).filter(user=OuterRef("person_id"))
    page = list(
        missing.order_by("path")
        .annotate(has_officer=Exists(officers), has_begun=Exists(officers.filter(Exists(begun))))
        .values_list("pk", "path", "has_officer", "has_begun")[offset : offset + limit]
    )
    chains = tree.breadcrumbs_on(Unit.objects.filter(pk__in=[row[0] for row in page]), question.day)
    rows = [
        UncoveredRow(
            pk,
            chains[path][-1].name,
            ", ".join(
                step.name for step in reversed(chains[path][:-1]) if step.rank and len(step.path) > len(unit.path)
            ),
            _why(has_officer=has_officer, has_begun=has_begun),
        )
        for pk, path, has_officer, has_begun in page
    ]
    return missing.count(), rows


def _why(*, has_officer: bool, has_begun: bool) -> str:
    if not has_officer:
        return _("Nobody is in charge of the page")
    return _("The page officer is learning") if has_begun else _("The page officer has not begun")

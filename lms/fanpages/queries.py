"""Reads: what is known of the pages of a subtree today, and everything that was ever said of one unit's page."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, FilteredRelation, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.accounts.models import User
from lms.fanpages import rules
from lms.fanpages.enums import Choice
from lms.fanpages.models import PageRecord
from lms.fanpages.scope import page_posts
from lms.units import queries as tree
from lms.units.models import Grant, Level, Succession, Unit
from lms.units.scope import granted_paths, granted_units

_YES, _NO = PageRecord.Status.YES, PageRecord.Status.NO
_SEARCHED = 300


@dataclass(frozen=True)
class Named:
    id: int
    name: str


@dataclass(frozen=True)
class PageRow:
    """A unit and what stands of its page; of a unit of which nothing was ever said only ``unit_id``, ``unit``,
    ``above`` (nearest unit first) and the status "unknown". ``odd_name``: the name does not follow the pattern.
    """

    unit_id: int
    unit: str
    above: str
    status: str = PageRecord.Status.UNKNOWN.value
    record_id: int | None = None
    name: str = ""
    url: str = ""
    since: str = ""
    source: str = ""
    reported_by: str = ""
    reported_at: dt.datetime | None = None
    confirmed_by: str = ""
    confirmed_at: dt.datetime | None = None
    replaced_at: dt.datetime | None = None
    may_confirm: bool = False
    is_own_report: bool = False
    odd_name: bool = False

    @property
    def is_yes(self) -> bool:
        return self.status == _YES

    @property
    def is_no(self) -> bool:
        return self.status == _NO

    @property
    def html_id(self) -> str:
        return f"unit-{self.unit_id}"

    @property
    def waits(self) -> bool:
        return bool(self.url) and self.confirmed_at is None and self.replaced_at is None


@dataclass(frozen=True)
class PageList:
    """One page of the list. ``counts``: every ``Choice`` → number of units of ``level`` (search included)."""

    rows: tuple[PageRow, ...]
    counts: dict[str, int]
    total: int
    found: int
    level: str
    levels: tuple[tuple[str, str], ...]


def places(viewer: User, day: dt.date) -> list[Named]:
    """The tops of what ``viewer`` may see that are open on ``day``, in Vietnamese order; [] for a stranger."""
    units = [unit for unit in granted_units(viewer) if unit.closed_on is None or unit.closed_on > day]
    return [Named(unit.id, unit.name) for unit in _by_name(units, day)]


def own_units(person: User, day: dt.date) -> list[Named]:
    """The units whose page is among the duties of ``person`` that day."""
    ids = page_posts(person, on=day).values_list("unit_id", flat=True)
    return [Named(unit.id, unit.name) for unit in _by_name(list(ids), day)]


def _by_name(units: list[Any], day: dt.date) -> list[tree.UnitOnDay]:
    return sorted(tree.names_on(units, day).values(), key=lambda unit: (unit.rank, unit.sort_key))


def named(unit: Unit, day: dt.date) -> str:
    return tree.name_on(unit, day)


def unit_in_scope(viewer: User, unit_id: int) -> Unit | None:
    """The unit if it lies in a subtree that ``viewer`` may see today, else None."""
    unit = Unit.objects.select_related("level").filter(pk=unit_id).first()
    if unit is None or not unit.path.startswith(tuple(granted_paths(viewer))):
        return None
    return unit


def page_list(
    viewer: User,
    top: Unit,
    day: dt.date,
    *,
    choice: str = "",
    level: str = "",
    typed: str = "",
    offset: int = 0,
    limit: int = 50,
) -> PageList:
    """The units of one level (the lowest, unless said) open on ``day`` in the subtree of ``top``, in the tree's order,
    with what stands of their pages now. A constant number of queries.
    """
    units = Unit.objects.open_on(day).within(top)
    levels = list(Level.objects.filter(pk__in=units.order_by().values("level")).order_by("-rank"))
    chosen = next((row for row in levels if row.key == level), levels[0] if levels else None)
    units = units.filter(level=chosen).alias(
        page=FilteredRelation("page_records", condition=Q(page_records__replaced_at__isnull=True))
    )
    if typed.strip():
        hits = tree.search_units(typed, day, within=top, limit=_SEARCHED)
        units = units.filter(pk__in=[hit.unit.id for hit in hits])
    asked = {
        Choice.YES: Q(page__status=_YES),
        Choice.NO: Q(page__status=_NO),
        Choice.UNKNOWN: Q(page__isnull=True) | Q(page__status=PageRecord.Status.UNKNOWN),
        Choice.WAITING: Q(page__status=_YES, page__confirmed_at__isnull=True, page__url__gt=""),
    }
    counts = units.aggregate(
        total=Count("pk"), **{name.value.replace("-", "_"): Count("pk", filter=where) for name, where in asked.items()}
    )
    total = counts.pop("total")
    shown = {name.value: counts[name.value.replace("-", "_")] for name in asked}
    if choice in shown:
        units = units.filter(asked[Choice(choice)])
    page = list(units.order_by("path").values_list("pk", flat=True)[offset : offset + limit])
    return PageList(
        tuple(_rows(viewer, page, top, day)),
        shown,
        total,
        shown.get(choice, total),
        chosen.key if chosen else "",
        tuple((row.key, row.name) for row in levels),
    )


def page_row(viewer: User, unit: Unit, day: dt.date, *, top: Unit | None = None) -> PageRow:
    """What stands of one unit's page, ``above`` only below ``top``. A constant number of queries."""
    return next(_rows(viewer, [unit.pk], top, day))


def top_over(viewer: User, unit: Unit) -> Unit | None:
    """The granted unit from which ``viewer`` looks down on ``unit``."""
    return next((top for top in granted_units(viewer) if unit.path.startswith(top.path)), None)


def _rows(viewer: User, unit_ids: list[int], top: Unit | None, day: dt.date) -> Iterator[PageRow]:
    standing = {record.unit_id: record for record in _told(PageRecord.objects.standing().filter(unit__in=unit_ids))}
    chains = tree.breadcrumbs_on(Unit.objects.filter(pk__in=unit_ids), day)
    approves = tuple(granted_paths(viewer, Grant.Right.APPROVE))
    for chain in sorted(chains.values(), key=lambda steps: steps[-1].path):
        unit = chain[-1]
        between = [step for step in chain[:-1] if step.rank and (top is None or len(step.path) > len(top.path))]
        above = ", ".join(step.name for step in reversed(between))
        record = standing.get(unit.id)
        yield _row(record, viewer, unit, above, approves) if record else PageRow(unit.id, unit.name, above)


def _told(records: QuerySet[PageRecord]) -> QuerySet[PageRecord]:
    return records.select_related("reported_by", "confirmed_by")


def _row(
    record: PageRecord, viewer: User, unit: tree.UnitOnDay, above: str = "", approves: tuple[str, ...] = ()
) -> PageRow:
    may_confirm = (
        bool(record.url)
        and record.confirmed_at is None
        and record.replaced_at is None
        and not record.is_word_of(viewer.pk)
        and unit.path.startswith(approves)
    )
    return PageRow(
        unit_id=unit.id,
        unit=unit.name,
        above=above,
        status=record.status,
        record_id=record.pk,
        name=record.name,
        url=record.url,
        since=rules.since_shown(record.since) if record.since else "",
        source=str(PageRecord.Source(record.source).label),
        reported_by=record.reported_by.get_full_name() if record.reported_by else "",
        reported_at=record.reported_at,
        confirmed_by=record.confirmed_by.get_full_name() if record.confirmed_by else "",
        confirmed_at=record.confirmed_at,
        replaced_at=record.replaced_at,
        may_confirm=may_confirm,
        is_own_report=record.is_word_of(viewer.pk),
        odd_name=bool(record.name) and not rules.name_fits(record.name, unit.short_name),
    )


def history(viewer: User, unit: Unit, day: dt.date) -> list[PageRow]:
    """Everything that was said of the page of ``unit``, the newest first. Two queries."""
    named = tree.names_on([unit], day).get(unit.pk)
    records = _told(PageRecord.objects.filter(unit=unit)).order_by("-reported_at", "-pk")
    return [_row(record, viewer, named) for record in records] if named else []


def predecessor_pages(viewer: User, unit: Unit, day: dt.date) -> list[PageRow]:
    """The pages of the units that went whole or in part into ``unit``: one of them may go on. A closed unit's record
    stays with it, so nothing is taken over until somebody reports it here. Two or three queries.
    """
    old = Succession.objects.filter(new=unit).values("old")
    records = list(_told(PageRecord.objects.standing().filter(unit__in=old, status=_YES)))
    named = tree.names_on([record.unit_id for record in records], day)
    return [_row(record, viewer, named[record.unit_id]) for record in records if record.unit_id in named]


def replaced_by(record: PageRecord) -> PageRecord | None:
    """What stood before ``record``."""
    before = _told(PageRecord.objects.filter(unit_id=record.unit_id, replaced_at__isnull=False).exclude(pk=record.pk))
    return before.order_by("-replaced_at", "-pk").first()


def in_words(record: PageRecord) -> str:
    """ "Lê Văn An, 10:30 23/11/2026: has a page, https://…" """
    who = record.reported_by.get_full_name() if record.reported_by else str(PageRecord.Source(record.source).label)
    when = timezone.localtime(record.reported_at)
    what = str(PageRecord.Status(record.status).label)
    return _("%(who)s, %(when)s: %(what)s") % {
        "who": who,
        "when": f"{when:%H:%M %d/%m/%Y}",
        "what": f"{what}, {record.url}" if record.url else what,
    }

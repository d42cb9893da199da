"""Reads: where a person serves, whom a row may mean, a batch as a page shows it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from lms.accounts.models import User
from lms.core import clock
from lms.fanpages import rules as pages
from lms.fanpages.models import PageRecord
from lms.people.enums import WRITTEN, BatchState, Outcome, Remark, Skip, Sync
from lms.people.models import HeadingChoice, RosterBatch, RosterLeaver, RosterRow, UnitChoice
from lms.units import queries as units
from lms.units.models import Appointment, Unit

CHUNK = 400


# --- Where a person serves --------------------------------------------------------------------------


@dataclass(frozen=True)
class Service:
    """Where somebody serves today, in words."""

    unit_name: str
    position: str
    duty: str


def services_of(person: User, *, on: dt.date | None = None) -> list[Service]:
    """The appointments of that day (default today), the primary one first. Two queries."""
    day = on or clock.today()
    held = list(Appointment.objects.on(day).filter(person=person).order_by("-is_primary", "starts_on", "pk"))
    names = units.names_on([appointment.unit_id for appointment in held], day)
    return [
        Service(
            names[appointment.unit_id].name if appointment.unit_id in names else "",
            appointment.position,
            str(Appointment.Duty(appointment.page_duty).label) if appointment.page_duty else "",
        )
        for appointment in held
    ]


def unit_names_of(people: list[User], *, on: dt.date) -> dict[int, str]:
    """Account id → the unit of the primary appointment, today or later (a start may lie ahead). Two queries for 400."""
    found: dict[int, int] = {}
    for start in range(0, len(people), CHUNK):
        ahead = Appointment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on), is_primary=True)
        held = ahead.filter(person__in=people[start : start + CHUNK]).order_by("-starts_on")
        found.update(held.values_list("person_id", "unit_id"))
    names = units.names_on(set(found.values()), on)
    return {person: names[unit].name for person, unit in found.items() if unit in names}


# --- What stands of pages ---------------------------------------------------------------------------


@dataclass
class Pages:
    """What stands of units' pages, and which open unit has which page; changed row by row as the file says so."""

    stands: dict[int, pages.Statement] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    def of(self, unit_id: int) -> pages.Statement:
        return self.stands.get(unit_id, pages.Statement(pages.UNKNOWN))


def pages_of(unit_ids: Iterable[int], keys: Iterable[str], *, on: dt.date) -> Pages:
    """One query for each 400 units and 400 addresses; none where the file says nothing of pages."""
    found = Pages()
    ids, named = sorted(set(unit_ids)), sorted(set(keys) - {""})
    standing = PageRecord.objects.filter(replaced_at__isnull=True)
    for start in range(0, len(ids), CHUNK):
        for record in standing.filter(unit__in=ids[start : start + CHUNK]):
            found.stands[record.unit_id] = pages.Statement(
                record.status, record.url, record.page_key, record.name, record.since
            )
    for start in range(0, len(named), CHUNK):
        records = standing.filter(page_key__in=named[start : start + CHUNK], unit__in=Unit.objects.open_on(on))
        found.taken.update(records.values_list("page_key", "unit_id"))
    return found


# --- How a file was understood ----------------------------------------------------------------------


@dataclass(frozen=True)
class ColumnRead:
    """``column``: what it is read as, "" not at all; ``known``: whether the head is one that we know."""

    letter: str
    head: str
    column: str
    known: bool

    @property
    def is_simple(self) -> bool:
        """Only a head of one row can be given another meaning."""
        return " – " not in self.head


@dataclass(frozen=True)
class SheetRead:
    name: str
    row: int
    columns: tuple[ColumnRead, ...]

    @property
    def number_read(self) -> int:
        return sum(bool(column.column) for column in self.columns)

    @property
    def unknown(self) -> list[str]:
        return [column.head for column in self.columns if not column.known]


@dataclass(frozen=True)
class SkippedRows:
    """``rows``: (sheet, number, text), at most fifty of ``number`` in all; ``spans``: "7, 12–15"."""

    kind: Skip
    number: int
    spans: str
    rows: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class GroupRead:
    """The heading of a group; ``unit`` is "" for one that is no unit, ``rows`` took their unit from it."""

    sheet: str
    row: int
    name: str
    unit: str
    rows: int


@dataclass(frozen=True)
class NameRead:
    """A name of before as rows have it, as a sentence, and in how many rows."""

    sentence: str
    rows: int


@dataclass(frozen=True)
class DatesRead:
    """A column of days of which it is not sure that the day comes first. ``wrong`` can only be month/day (refused),
    ``either`` may be both and was read as day/month; ``wrong_at`` and ``either_at``: (row, as written) of one of each.
    """

    column: str
    wrong: int
    either: int
    wrong_at: tuple[int, str]
    either_at: tuple[int, str]


@dataclass(frozen=True)
class Layout:
    sheets: tuple[SheetRead, ...] = ()
    other_sheets: tuple[str, ...] = ()
    skipped: tuple[SkippedRows, ...] = ()
    groups: tuple[GroupRead, ...] = ()
    names: tuple[NameRead, ...] = ()
    dates: tuple[DatesRead, ...] = ()


def layout(batch: RosterBatch) -> Layout:
    """How the file was understood; empty for one that was read before that was kept. No query."""
    kept = batch.layout
    return Layout(
        tuple(
            SheetRead(sheet["name"], sheet["row"], tuple(ColumnRead(*column) for column in sheet["columns"]))
            for sheet in kept.get("sheets", ())
        ),
        tuple(kept.get("other_sheets", ())),
        tuple(_skipped(Skip(kind), kept["skipped"][kind]) for kind in Skip.values if kind in kept.get("skipped", {})),
        tuple(GroupRead(*group) for group in kept.get("groups", ())),
        tuple(NameRead(str(Remark(key).label) % words, number) for key, words, number in kept.get("names", ())),
        tuple(
            DatesRead(column, wrong, either, (wrong_at[0], wrong_at[1]), (either_at[0], either_at[1]))
            for column, wrong, either, wrong_at, either_at in kept.get("dates", ())
        ),
    )


def _skipped(kind: Skip, kept: dict[str, Any]) -> SkippedRows:
    return SkippedRows(kind, kept["number"], kept["spans"], tuple((row[0], row[1], row[2]) for row in kept["rows"]))


def taught(unit: Unit) -> dict[str, str]:
    """Folded head → column, as people of the unit or of one above it have chosen; the nearest counts. One query."""
    paths = [unit.path[:end] for end in range(Unit.steplen, len(unit.path) + 1, Unit.steplen)]
    chosen = HeadingChoice.objects.filter(unit__path__in=paths).order_by("unit__depth")
    return dict(chosen.values_list("head", "column"))


def unit_answers(unit: Unit) -> dict[str, int | None]:
    """Text of a doubtful name → the unit that it means (None: to be left out), as people of the unit or of one above
    it have said; the nearest counts. One query.
    """
    paths = [unit.path[:end] for end in range(Unit.steplen, len(unit.path) + 1, Unit.steplen)]
    said = UnitChoice.objects.filter(unit__path__in=paths).order_by("unit__depth")
    return dict(said.values_list("written", "meaning_id"))


# --- A batch as a page shows it ---------------------------------------------------------------------


@dataclass(frozen=True)
class BatchCounts:
    """Rows by outcome; ``leaving``: people who are to leave; ``to_write``: rows and leavers still to be written."""

    new: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    conflict: int = 0
    refused: int = 0
    leaving: int = 0
    to_write: int = 0

    @property
    def rows_to_write(self) -> int:
        """Without those who leave, as far as nothing was written yet."""
        return self.to_write - self.leaving

    @property
    def total(self) -> int:
        return self.new + self.changed + self.moved + self.unchanged + self.conflict + self.refused


def counts(batch: RosterBatch) -> BatchCounts:
    """Two queries."""
    rows = RosterRow.objects.filter(batch=batch).order_by()
    found = {row["outcome"]: row for row in rows.values("outcome").annotate(all=Count("pk"), done=Count("written_at"))}
    numbers = {outcome.value: int(found[outcome]["all"]) if outcome in found else 0 for outcome in Outcome}
    waiting = sum(found[key]["all"] - found[key]["done"] for key in WRITTEN if key in found)
    leaving = {"all": 0, "left": 0}
    if batch.sync != Sync.ADD:
        going = RosterLeaver.objects.filter(batch=batch, stays=False, problem="")
        leaving = going.aggregate(all=Count("pk"), left=Count("pk", filter=Q(written_at__isnull=True)))
    return BatchCounts(**numbers, leaving=leaving["all"], to_write=waiting + leaving["left"])


@dataclass(frozen=True)
class Progress:
    """How far the work on a batch is; ``all`` is 0 where nobody knows yet."""

    done: int
    all: int


def progress(batch: RosterBatch, counts: BatchCounts) -> Progress:
    """Reading, writing or taking back. One query, two while it is taken back."""
    if batch.state == BatchState.READING:
        return Progress(batch.rows_read, max(batch.rows_all, batch.rows_read))
    written = RosterRow.objects.filter(batch=batch, written_at__isnull=False)
    if batch.state == BatchState.UNDOING:
        number = written.count()
        return Progress(number - written.filter(undone_at__isnull=True).count(), number)
    done = counts.new + counts.changed + counts.moved + counts.leaving - counts.to_write
    return Progress(done, done + counts.to_write)


def left_alone_rows(batch: RosterBatch) -> list[RosterRow | RosterLeaver]:
    """What was left alone when the batch was taken back, the first two hundred. Two queries."""
    rows = RosterRow.objects.filter(batch=batch, undone_at__isnull=False).exclude(undo_left=[])
    gone = RosterLeaver.objects.filter(batch=batch, undone_at__isnull=False).exclude(undo_left=[])
    return [*rows.order_by("pk")[:200], *gone.select_related("appointment__person").order_by("pk")[:200]]


def new_people(batch: RosterBatch) -> list[User]:
    """The accounts that this batch made, by given name. One query."""
    made = RosterRow.objects.filter(batch=batch, outcome=Outcome.NEW, written_at__isnull=False)
    return list(User.objects.filter(pk__in=made.values("person_id")).order_by("name_sort_key", "pk"))

"""Reads: where a person serves, whom a row may mean, a batch as a page shows it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Lower

from lms.accounts.models import User
from lms.core import clock
from lms.fanpages import rules as pages
from lms.fanpages.models import PageRecord
from lms.people.enums import Outcome, Remark, Skip
from lms.people.models import HeadingChoice, RosterBatch, RosterRow
from lms.people.rules import Entry, Identity, Known, Post
from lms.units import queries as units
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import granted_paths

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


# --- Whom a row may mean ----------------------------------------------------------------------------


@dataclass
class Directory:
    """The accounts that a roster's rows may mean, by each key."""

    by_phone: dict[str, Known] = field(default_factory=dict)
    by_email: dict[str, Known] = field(default_factory=dict)
    by_identity: dict[Identity, list[Known]] = field(default_factory=lambda: defaultdict(list))


def directory(entries: Iterable[Entry], *, importer: User, today: dt.date) -> Directory:
    """Three queries for each 400 rows, and the importer's scope."""
    found = Directory()
    paths = granted_paths(importer, Grant.Right.IMPORT, on=today)
    rows = list(entries)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        starts = {entry.phone or entry.email: max(entry.starts_on or today, today) for entry in chunk}
        for person in _people_of(chunk):
            day = starts.get(person.phone or "") or starts.get(person.email.lower()) or today
            _add(found, person, day, today, paths)
    return found


def _people_of(chunk: list[Entry]) -> list[User]:
    query = Q(phone__in=[entry.phone for entry in chunk if entry.phone])
    query |= Q(lowered__in=[entry.email for entry in chunk if entry.email])
    query |= Q(full_name__in=[entry.full_name for entry in chunk])
    people = User.objects.alias(lowered=Lower("email")).filter(query)
    return list(people.prefetch_related("appointments__unit__names"))


def _add(found: Directory, person: User, day: dt.date, today: dt.date, paths: list[str]) -> None:
    held = list(person.appointments.all())
    current = [post for post in held if _holds(post, today)]
    primary = next((post for post in held if post.is_primary and _holds(post, day)), None)
    known = Known(
        pk=person.pk,
        full_name=person.full_name,
        phone=person.phone or "",
        email=person.email,
        born_on=person.born_on,
        birth_year=person.birth_year,
        is_active=person.is_active,
        in_scope=any(post.unit.path.startswith(path) for post in current for path in paths),
        placed=bool(current),
        post=_post(primary) if primary else None,
    )
    if known.phone:
        found.by_phone[known.phone] = known
    if known.email:
        found.by_email[known.email.lower()] = known
    for unit_id in {post.unit_id for post in current}:
        births = {(known.born_on, known.birth_year), (None, known.birth_year)} - {(None, None)}
        for born_on, year in births:
            same = found.by_identity[(known.full_name, born_on, year, unit_id)]
            if all(other.pk != known.pk for other in same):
                same.append(known)


def _post(held: Appointment) -> Post:
    return Post(held.pk, held.unit_id, str(held.unit), held.position, held.page_duty, held.starts_on)


def _holds(post: Appointment, day: dt.date) -> bool:
    return post.starts_on <= day and (post.ends_on is None or day < post.ends_on)


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
class Layout:
    sheets: tuple[SheetRead, ...] = ()
    other_sheets: tuple[str, ...] = ()
    skipped: tuple[SkippedRows, ...] = ()
    groups: tuple[GroupRead, ...] = ()
    names: tuple[NameRead, ...] = ()


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
    )


def _skipped(kind: Skip, kept: dict[str, Any]) -> SkippedRows:
    return SkippedRows(kind, kept["number"], kept["spans"], tuple((row[0], row[1], row[2]) for row in kept["rows"]))


def taught(unit: Unit) -> dict[str, str]:
    """Folded head → column, as people of the unit or of one above it have chosen; the nearest counts. One query."""
    paths = [unit.path[:end] for end in range(Unit.steplen, len(unit.path) + 1, Unit.steplen)]
    chosen = HeadingChoice.objects.filter(unit__path__in=paths).order_by("unit__depth")
    return dict(chosen.values_list("head", "column"))


# --- A batch as a page shows it ---------------------------------------------------------------------


@dataclass(frozen=True)
class BatchCounts:
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    to_write: int = 0

    @property
    def total(self) -> int:
        return self.new + self.changed + self.unchanged + self.refused


def counts(batch: RosterBatch) -> BatchCounts:
    """One query."""
    rows = RosterRow.objects.filter(batch=batch).order_by()
    found = {row["outcome"]: row for row in rows.values("outcome").annotate(all=Count("pk"), done=Count("written_at"))}
    numbers = {outcome.value: int(found[outcome]["all"]) if outcome in found else 0 for outcome in Outcome}
    waiting = sum(found[key]["all"] - found[key]["done"] for key in (Outcome.NEW, Outcome.CHANGED) if key in found)
    return BatchCounts(**numbers, to_write=waiting)


def new_people(batch: RosterBatch) -> list[User]:
    """The accounts that this batch made, by given name. One query."""
    made = RosterRow.objects.filter(batch=batch, outcome=Outcome.NEW, written_at__isnull=False)
    return list(User.objects.filter(pk__in=made.values("person_id")).order_by("name_sort_key", "pk"))

"""Reads: where a person serves, what a unit's text means, whom a row may mean, a batch as a page shows it."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.db.models.functions import Lower

from lms.accounts.models import User
from lms.core import clock, text
from lms.people.enums import Outcome, Refusal
from lms.people.models import RosterBatch, RosterRow
from lms.people.rules import Entry, Identity, Known, Post, RowRefusedError
from lms.units import queries as units
from lms.units.models import Appointment, Grant, Unit, UnitName
from lms.units.scope import granted_paths

CHUNK = 400
_FRONT = re.compile(r"^(ủy ban |uỷ ban )?(mttq|mặt trận tổ quốc|mặt trận)( việt nam)? (?=\S)")


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


# --- What a unit's text means -----------------------------------------------------------------------


class UnitIndex:
    """Units of one subtree as they are on one day, found by exact name or code (case aside, diacritics never).

    Two queries for the whole subtree, and two per text that is not found in it.
    """

    def __init__(self, top: Unit, day: dt.date) -> None:
        self._day = day
        self._units = units.tree_on(day, within=top)
        chain = units.breadcrumb(top, day)[:-1]
        self._by_path = {unit.path: unit for unit in [*chain, *self._units]}
        self._found: dict[str, list[units.UnitOnDay]] = defaultdict(list)
        for unit in self._units:
            for key in {unit.name.casefold(), unit.short_name.casefold(), unit.code.casefold()} - {""}:
                self._found[key].append(unit)
        self._missing: dict[str, Refusal] = {}

    def resolve(self, written: str) -> units.UnitOnDay:
        """ "Xã Vạn Yên", "MTTQ xã Vạn Yên", "Xã Vạn Yên, Tỉnh Quảng Ninh", "06967". Raises RowRefusedError."""
        parts = [part.strip() for part in written.casefold().split(",") if part.strip()]
        named = _FRONT.sub("", parts[0]) if parts else ""
        hits = self._found.get(named, []) or self._found.get(parts[0] if parts else "", [])
        for above in parts[1:]:
            hits = [unit for unit in hits if self._lies_in(unit, above)]
        if len(hits) == 1:
            return hits[0]
        # "Xã X" of a commune and "X" of another: what was written with its type's word means the full name.
        whole = [unit for unit in hits if unit.name.casefold() == named]
        if len(whole) == 1:
            return whole[0]
        if hits:
            candidates = "; ".join(self.spelled(unit) for unit in hits[:5])
            raise RowRefusedError(Refusal.AMBIGUOUS_UNIT, value=written, candidates=candidates)
        raise RowRefusedError(self._why_missing(named), value=written, day=f"{self._day:%d/%m/%Y}")

    def spelled(self, unit: units.UnitOnDay) -> str:
        """The name with the unit above: what the template's list offers."""
        above = self._by_path.get(unit.path[: -Unit.steplen])
        return f"{unit.name}, {above.name}" if above and len(above.path) > Unit.steplen else unit.name

    def all(self) -> list[units.UnitOnDay]:
        return self._units

    def _lies_in(self, unit: units.UnitOnDay, name: str) -> bool:
        ancestors = [unit.path[:end] for end in range(Unit.steplen, len(unit.path), Unit.steplen)]
        above = [self._by_path[path] for path in ancestors if path in self._by_path]
        return any(name in (other.name.casefold(), other.short_name.casefold()) for other in above)

    def _why_missing(self, named: str) -> Refusal:
        if named not in self._missing:
            folded = text.fold(named)
            names = UnitName.objects.filter(Q(full_folded=folded) | Q(short_folded=folded), ends_on__isnull=True)
            elsewhere = any(
                named in (name.full_name.casefold(), name.short_name.casefold())
                for name in names.filter(unit__in=Unit.objects.open_on(self._day))[:20]
            )
            self._missing[named] = Refusal.UNIT_OUTSIDE if elsewhere else Refusal.UNKNOWN_UNIT
        return self._missing[named]


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

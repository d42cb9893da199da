"""Writes: a roster is staged row by row, then confirmed, then written in short transactions.

Every step may be done twice or be killed in between: a batch moves from state to state by one conditional update, a row
carries the moment at which it was written, and the sweep takes up what was left.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.accounts.rules import counts_as_staff
from lms.core import audit, clock
from lms.fanpages.models import PageRecord
from lms.fanpages.rules import Statement, key_of
from lms.fanpages.services import RefusedError as PageRefusedError
from lms.fanpages.services import report
from lms.people import queries, rules
from lms.people.enums import BatchState, FileFault, Outcome, Refusal, Remark, Skip
from lms.people.formats import FileRefusedError, headings, tables
from lms.people.formats.unitnames import has_type
from lms.people.models import HeadingChoice, RosterBatch, RosterRow
from lms.people.queries.places import UnitIndex
from lms.people.rules import Decision, Entry, Known, Problem, RowRefusedError
from lms.units.models import Appointment, Grant, Unit
from lms.units.queries import UnitOnDay
from lms.units.scope import granted_paths
from lms.units.services.appointments import appoint, is_open
from lms.units.services.errors import RefusedError

STAGE_AT_ONCE = 500
WRITE_AT_ONCE = 50
# So many skipped rows, groups and old names are told one by one.
LISTED = 200


class NotAllowedError(Exception):
    """The importer holds no right to bring in people to this unit."""


def may_import(person: User, unit: Unit) -> bool:
    return any(unit.path.startswith(path) for path in granted_paths(person, Grant.Right.IMPORT))


# --- What a heading means ---------------------------------------------------------------------------

CHOICES = (*headings.READ, "position_unit")


def choose_headings(*, unit: Unit, choices: dict[str, str], by: User, at: dt.datetime) -> int:
    """From now on these heads (as written) mean these columns in files of ``unit`` and below; "" is not to be read.

    Returns how many choices are new or other than before; what is no column of ours is left out. Raises
    NotAllowedError.
    """
    if not may_import(by, unit):
        raise NotAllowedError
    changed = 0
    for written, column in choices.items():
        head = headings.folded(written)
        if not head or column not in ("", *CHOICES):
            continue
        known = HeadingChoice.objects.filter(unit=unit, head=head).first()
        if known is None or known.column != column:
            HeadingChoice.objects.update_or_create(
                unit=unit, head=head, defaults={"column": column, "chosen_by": by, "chosen_at": at}
            )
            changed += 1
    return changed


# --- Reading: the dry run ---------------------------------------------------------------------------


def stage(
    *, data: bytes, file_name: str, unit: Unit, by: User, at: dt.datetime, progress: Callable[[int], object] = int
) -> RosterBatch:
    """Read a file into staged rows, each with what would become of it. Nothing reaches an account.

    Raises FileRefusedError (nothing is kept then) and NotAllowedError. A second call makes a second batch.
    """
    if not may_import(by, unit):
        raise NotAllowedError
    table = tables.read(data, queries.taught(unit))
    if not table.names_units and Unit.objects.open_on(clock.today()).within(unit).exclude(pk=unit.pk).exists():
        heads = list(dict.fromkeys(heading.head for part in table.parts for heading in part.header.headings))
        raise FileRefusedError(FileFault.NO_UNIT_COLUMN, seen=tables.quoted(heads), heads=heads)
    today = clock.today()
    read = [(*rules.read_row(row, today), None) for row in table.rows]
    planned = _plan(read, unit=unit, importer=by, today=today)
    batch = RosterBatch.objects.create(
        unit=unit,
        uploaded_by=by,
        uploaded_at=at,
        file_name=file_name[-200:],
        file_hash=hashlib.sha256(data).hexdigest(),
        layout=_layout(table, planned),
    )
    cells = [row.cells for row in table.rows]
    for start in range(0, len(planned), STAGE_AT_ONCE):
        chunk = zip(planned[start : start + STAGE_AT_ONCE], cells[start : start + STAGE_AT_ONCE], strict=True)
        made = RosterRow.objects.bulk_create(_row(batch, *plan, original) for plan, original in chunk)
        progress(len(made))
    RosterBatch.objects.filter(pk=batch.pk).update(state=BatchState.STAGED)
    batch.refresh_from_db()
    return batch


_Read = tuple[Entry, Problem | None, int | None]
_Planned = tuple[Entry, int | None, Decision]


def _plan(read: Iterable[_Read], *, unit: Unit, importer: User, today: dt.date) -> list[_Planned]:
    """Every row with its unit and what would become of it. A row that was staged brings its unit along."""
    rows = list(read)
    index = UnitIndex(unit, today)
    index.prepare({entry.unit for entry, _, staged in rows if entry.unit and staged is None})
    placed = [_placed(index, *row) for row in rows]
    told = [(place, entry) for place, _, entry in placed if place and entry.page_status]
    desk = _Desk(
        queries.directory([entry for entry, _, _ in rows], importer=importer, today=today),
        queries.pages_of([place.id for place, _ in told], [key_of(entry.page_url) for _, entry in told], on=today),
        today,
    )
    planned: list[_Planned] = []
    for place, problem, entry in placed:
        try:
            if problem or place is None:
                raise _as_error(problem or Problem(Refusal.NO_UNIT))
            _refuse_closed(place.id, place.name, entry, today)
            decision = desk.decide(entry, place)
        except RowRefusedError as error:
            decision = rules.refused(error.problem)
        planned.append((entry, place.id if place else None, decision))
    return planned


def _as_error(problem: Problem) -> RowRefusedError:
    return RowRefusedError(problem.key, **problem.words)


def _placed(
    index: UnitIndex, entry: Entry, problem: Problem | None, staged: int | None
) -> tuple[UnitOnDay | None, Problem | None, Entry]:
    """The unit of a row, if it can be told, and what is wrong with the row, its own faults first."""
    if staged is not None:
        place = index.by_id(staged)
        return place, problem if place else Problem(Refusal.CHANGED_MEANWHILE), entry
    try:
        found = index.place(entry)
    except RowRefusedError as error:
        return None, problem or error.problem, entry
    return found.unit, problem, replace(entry, remarks=(*found.remarks, *entry.remarks))


def _refuse_closed(unit_id: int, name: str, entry: Entry, today: dt.date) -> None:
    """Only a start in another time than today needs asking: the index holds what is open today."""
    if entry.starts_on and entry.starts_on != today and not is_open(Unit.objects.get(pk=unit_id), entry.starts_on):
        raise RowRefusedError(Refusal.UNIT_NOT_OPEN, value=name, day=f"{entry.starts_on:%d/%m/%Y}")


class _Desk:
    """Decides row after row; knows the accounts and pages, and what the rows before have said."""

    def __init__(self, people: queries.Directory, pages: queries.Pages, today: dt.date) -> None:
        self._people, self._pages, self._today = people, pages, today
        self._seen: dict[object, tuple[str, int]] = {}
        self._told: dict[int, tuple[Entry, Statement]] = {}

    def decide(self, entry: Entry, unit: UnitOnDay) -> Decision:
        key = rules.identity(entry, unit.id)
        known = rules.match(
            entry,
            self._people.by_phone.get(entry.phone) if entry.phone else None,
            self._people.by_email.get(entry.email) if entry.email else None,
            self._people.by_identity.get(key, []) if key else [],
        )
        names = _names(entry, known, key)
        self._refuse_second(entry, names)
        page, stands = self._page(entry, unit)
        decision = rules.decide(entry, unit.id, unit.name, known, self._today, page)
        if known and decision.touches_sign_in and counts_as_staff(User.objects.get(pk=known.pk)):
            # Whoever can change an e-mail can have the password sent there.
            raise RowRefusedError(Refusal.STAFF, name=known.full_name)
        self._seen.update(dict.fromkeys(names, (entry.sheet, entry.number)))
        if entry.page_status and decision.outcome != Outcome.REFUSED:
            self._pages.stands[unit.id] = stands
            self._told[unit.id] = (entry, stands)
            if stands.key:
                self._pages.taken[stands.key] = unit.id
        return decision

    def _refuse_second(self, entry: Entry, names: list[object]) -> None:
        """One person, one phone and one e-mail stand in one row of a file."""
        earlier = next((self._seen[name] for name in names if name in self._seen), None)
        if earlier and earlier[0] != entry.sheet:
            raise RowRefusedError(Refusal.TWICE_ON_SHEET, sheet=earlier[0], row=earlier[1])
        if earlier:
            raise RowRefusedError(Refusal.TWICE_IN_FILE, row=earlier[1])

    def _page(self, entry: Entry, unit: UnitOnDay) -> tuple[list[str] | None, Statement]:
        """What the row changes of the unit's page. A unit has one page, and a page one unit."""
        page, stands = rules.page_change(entry, self._pages.of(unit.id))
        earlier = self._told.get(unit.id)
        if page and earlier and (earlier[1].status != stands.status or earlier[1].key not in ("", stands.key)):
            raise RowRefusedError(Refusal.PAGE_SAID_OTHERWISE, row=earlier[0].number, unit=unit.name)
        if page and stands.key and self._pages.taken.get(stands.key, unit.id) != unit.id:
            raise RowRefusedError(Refusal.PAGE_TAKEN, value=stands.url)
        return page, stands


def _names(entry: Entry, known: Known | None, key: rules.Identity | None) -> list[object]:
    names: list[object] = [("person", known.pk)] if known else [("identity", key)] if key and not entry.phone else []
    names += [("phone", entry.phone)] if entry.phone else []
    names += [("email", entry.email)] if entry.email else []
    return names


def _layout(table: tables.Table, planned: list[_Planned]) -> dict[str, Any]:
    """How the file was understood, for queries.layout."""
    units: dict[tuple[str, int], str] = {}
    rows: Counter[tuple[str, int]] = Counter()
    names: Counter[tuple[str, str]] = Counter()
    words: dict[tuple[str, str], dict[str, Any]] = {}
    for entry, unit_id, _ in planned:
        for key, told in entry.remarks:
            if key == Remark.OF_GROUP and unit_id:
                rows[entry.sheet, told["row"]] += 1
                units[entry.sheet, told["row"]] = told["unit"]
            elif key in (Remark.SUCCEEDED, Remark.SUCCEEDED_BY, Remark.RENAMED):
                names[key.value, told["value"]] += 1
                words[key.value, told["value"]] = told
    groups = [skip for skip in table.skipped if skip.kind == Skip.GROUP][:LISTED]
    return {
        "sheets": [
            {
                "name": part.name,
                "row": part.header.number,
                "columns": [[each.letter, each.head, each.column, each.known] for each in part.header.headings],
            }
            for part in table.parts
        ],
        "other_sheets": list(table.other_sheets)[:LISTED],
        "skipped": {kind.value: _skipped(found) for kind in Skip if (found := _of_kind(table, kind))},
        "groups": [
            [skip.sheet, skip.number, skip.text, units.get(place, ""), rows[place]]
            for skip in groups
            for place in [(skip.sheet, skip.number)]
        ],
        "names": [[key, words[key, value], number] for (key, value), number in names.most_common(LISTED)],
    }


def _of_kind(table: tables.Table, kind: Skip) -> list[tables.Skipped]:
    return [skip for skip in table.skipped if skip.kind == kind]


def _skipped(found: list[tables.Skipped]) -> dict[str, Any]:
    sheets = dict.fromkeys(skip.sheet for skip in found)
    parts = [(sheet, rules.spans([skip.number for skip in found if skip.sheet == sheet])) for sheet in sheets]
    return {
        "number": len(found),
        "spans": "; ".join(f"{sheet}: {numbers}" if sheet else numbers for sheet, numbers in parts),
        "rows": [[skip.sheet, skip.number, skip.text] for skip in found[:LISTED]],
    }


def _row(
    batch: RosterBatch, entry: Entry, unit_id: int | None, decision: Decision, cells: dict[str, tables.Cell]
) -> RosterRow:
    is_refused = decision.outcome == Outcome.REFUSED
    return RosterRow(
        batch=batch,
        sheet=entry.sheet[:100],
        number=entry.number,
        full_name=entry.full_name,
        phone=entry.phone,
        email=entry.email,
        born_on=entry.born_on,
        birth_year=entry.birth_year,
        position=entry.position,
        page_duty="-" if entry.page_duty is None else entry.page_duty,
        unit_id=unit_id,
        unit_text=entry.unit or _unit_of_groups(entry),
        starts_on=entry.starts_on,
        page_status=entry.page_status,
        page_url=entry.page_url,
        original=rules.original(cells) if is_refused else {},
        remarks=[] if is_refused else [[key.value, words] for key, words in entry.remarks],
        outcome=decision.outcome,
        refusal=decision.problem.key.value if decision.problem else "",
        refusal_words=decision.problem.words if decision.problem else {},
        changes=decision.changes,
        person_id=decision.person,
    )


def _unit_of_groups(entry: Entry) -> str:
    """The headings that name a unit, the nearest first: what a person would write into the row's own cell."""
    return ", ".join(group.name for group in reversed(entry.groups) if has_type(group.name))[:300]


def _entry(row: RosterRow) -> Entry:
    return Entry(
        number=row.number,
        full_name=row.full_name,
        phone=row.phone,
        email=row.email,
        born_on=row.born_on,
        birth_year=row.birth_year,
        position=row.position,
        page_duty=None if row.page_duty == "-" else row.page_duty,
        unit=row.unit_text,
        starts_on=row.starts_on,
        page_status=row.page_status,
        page_url=row.page_url,
        sheet=row.sheet,
    )


# --- Confirming and writing -------------------------------------------------------------------------


def confirm(*, batch: RosterBatch, by: User, at: dt.datetime) -> bool:
    """From now on the batch is to be written; ``write`` does it. False when somebody has confirmed or cancelled it."""
    if not may_import(by, batch.unit):
        raise NotAllowedError
    with transaction.atomic():
        waiting = RosterBatch.objects.filter(pk=batch.pk, state=BatchState.STAGED)
        won = waiting.update(state=BatchState.APPLYING, confirmed_by=by, confirmed_at=at)
        if won:
            audit.record("people.confirm_roster", batch, actor=by, file=batch.file_name, sha256=batch.file_hash)
    return bool(won)


def cancel(*, batch: RosterBatch) -> bool:
    """The staged rows are deleted: they hold people's data and nobody needs them. False when it was confirmed."""
    with transaction.atomic():
        waiting = RosterBatch.objects.filter(pk=batch.pk, state__in=[BatchState.STAGED, BatchState.READING])
        won = waiting.update(state=BatchState.CANCELLED, layout={})
        if won:
            RosterRow.objects.filter(batch=batch).delete()
    return bool(won)


def write(*, batch_id: int, at: dt.datetime) -> int:
    """Write what is still to be written of a confirmed batch, fifty rows a transaction; returns how many rows.

    May run beside itself and after a crash: each row is written once.
    """
    written = 0
    while True:
        with transaction.atomic():
            batch = (
                RosterBatch.objects.select_for_update(of=("self",))
                .select_related("unit", "confirmed_by")
                .get(pk=batch_id)
            )
            if batch.state != BatchState.APPLYING:
                return written
            rows = list(
                RosterRow.objects.filter(
                    batch=batch, written_at__isnull=True, outcome__in=[Outcome.NEW, Outcome.CHANGED]
                )[:WRITE_AT_ONCE]
            )
            if not rows:
                RosterBatch.objects.filter(pk=batch_id).update(state=BatchState.DONE)
                return written
            written += _write_rows(batch, rows, at)


def _write_rows(batch: RosterBatch, rows: list[RosterRow], at: dt.datetime) -> int:
    """Each row is decided anew: what was confirmed is written, and nothing else."""
    importer = batch.confirmed_by
    assert importer is not None  # noqa: S101  a constraint says so
    written = 0
    staged: list[_Read] = [(_entry(row), None, row.unit_id) for row in rows]
    planned = _plan(staged, unit=batch.unit, importer=importer, today=clock.today())
    for row, (entry, unit_id, decision) in zip(rows, planned, strict=True):
        try:
            with transaction.atomic():
                written += _write_row(row, entry, unit_id, decision, importer, at)
        except (RefusedError, PageRefusedError, IntegrityError):
            _settle(row, rules.refused(Problem(Refusal.CHANGED_MEANWHILE)))
    return written


def _write_row(
    row: RosterRow, entry: Entry, unit_id: int | None, decision: Decision, importer: User, at: dt.datetime
) -> int:
    if decision.outcome == Outcome.UNCHANGED:
        _settle(row, decision)
        return 0
    same = (decision.outcome, decision.person, decision.changes, unit_id) == (
        row.outcome, row.person_id, row.changes, row.unit_id,
    )  # fmt: skip
    if not same:
        _settle(row, rules.refused(Problem(Refusal.CHANGED_MEANWHILE)))
        return 0
    unit = Unit.objects.get(pk=unit_id)
    person = _new_person(entry) if decision.person is None else _changed_person(entry, decision)
    _serve(person, unit, entry, decision, importer)
    if "page" in decision.changes:
        report(
            unit=unit, status=entry.page_status, url=entry.page_url, source=PageRecord.Source.ROSTER, by=importer, at=at
        )
    row.person = person
    row.written_at = at
    row.save(update_fields=["person", "written_at"])
    return 1


def _settle(row: RosterRow, decision: Decision) -> None:
    """The row is not written after all, and says why."""
    row.outcome = decision.outcome
    row.refusal = decision.problem.key.value if decision.problem else ""
    row.refusal_words = decision.problem.words if decision.problem else {}
    row.save(update_fields=["outcome", "refusal", "refusal_words"])


def _new_person(entry: Entry) -> User:
    return accounts.create_account(
        full_name=entry.full_name,
        phone=entry.phone,
        email=entry.email,
        born_on=entry.born_on,
        birth_year=entry.birth_year,
    )


def _changed_person(entry: Entry, decision: Decision) -> User:
    assert decision.person is not None  # noqa: S101  a changed row has somebody
    person = User.objects.get(pk=decision.person)
    if "full_name" in decision.changes:
        person.full_name = entry.full_name
    if "phone" in decision.changes:
        person.phone, person.phone_verified = entry.phone, False
    if "email" in decision.changes:
        person.email = entry.email
    if "born" in decision.changes:
        person.born_on, person.birth_year = entry.born_on, entry.birth_year
    if {"full_name", "phone", "email", "born"} & set(decision.changes):
        person.save()
    return person


def _serve(person: User, unit: Unit, entry: Entry, decision: Decision, importer: User) -> None:
    if decision.person is not None and not {"unit", "position", "page_duty"} & set(decision.changes):
        return
    today = clock.today()
    starts_on = entry.starts_on or today
    post = Appointment.objects.on(max(starts_on, today)).filter(person=person, is_primary=True).first()
    if post and post.unit_id == unit.pk and (entry.starts_on or today) <= post.starts_on:
        # The very appointment of the row, spelled better.
        post.position = entry.position or post.position
        post.page_duty = post.page_duty if entry.page_duty is None else entry.page_duty
        post.save(update_fields=["position", "page_duty"])
        return
    duty = entry.page_duty if entry.page_duty is not None else (post.page_duty if post else "")
    appoint(
        person=person,
        unit=unit,
        position=entry.position or (post.position if post else ""),
        page_duty=duty,
        starts_on=starts_on,
        actor=importer,
        transfer=True,
    )


# --- After a crash ----------------------------------------------------------------------------------


def take_up() -> int:
    """For the sweep: write on what was confirmed, drop what was never read to its end."""
    at = clock.now()
    moved = sum(write(batch_id=pk, at=at) for pk in _in_state(BatchState.APPLYING))
    stale = RosterBatch.objects.filter(state=BatchState.READING, uploaded_at__lt=at - dt.timedelta(hours=1))
    for batch in stale:
        moved += int(cancel(batch=batch))
    return moved


def _in_state(state: BatchState) -> list[int]:
    return list(RosterBatch.objects.filter(state=state).values_list("pk", flat=True))

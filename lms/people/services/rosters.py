"""Writes: a roster is staged row by row, then confirmed, then written in short transactions.

Every step may be done twice or be killed in between: a batch moves from state to state by one conditional update, a row
carries the moment at which it was written, and the sweep takes up what was left.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable

from django.db import IntegrityError, transaction

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.accounts.rules import counts_as_staff
from lms.core import audit, clock
from lms.people import queries, rules
from lms.people.enums import BatchState, Outcome, Refusal
from lms.people.formats import tables
from lms.people.models import RosterBatch, RosterRow
from lms.people.rules import Decision, Entry, Known, Problem, RowRefusedError
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import granted_paths
from lms.units.services.appointments import appoint, is_open
from lms.units.services.errors import RefusedError

STAGE_AT_ONCE = 500
WRITE_AT_ONCE = 50


class NotAllowedError(Exception):
    """The importer holds no right to bring in people to this unit."""


def may_import(person: User, unit: Unit) -> bool:
    return any(unit.path.startswith(path) for path in granted_paths(person, Grant.Right.IMPORT))


# --- Reading: the dry run ---------------------------------------------------------------------------


def stage(
    *, data: bytes, file_name: str, unit: Unit, by: User, at: dt.datetime, progress: Callable[[int], object] = int
) -> RosterBatch:
    """Read a file into staged rows, each with what would become of it. Nothing reaches an account.

    Raises FileRefusedError (nothing is kept then) and NotAllowedError. A second call makes a second batch.
    """
    if not may_import(by, unit):
        raise NotAllowedError
    table = tables.read(data)
    today = clock.today()
    read = [rules.read_entry(number, cells, today) for number, cells in zip(table.numbers, table.lines, strict=True)]
    planned = _plan(read, unit=unit, importer=by, today=today)
    batch = RosterBatch.objects.create(
        unit=unit,
        uploaded_by=by,
        uploaded_at=at,
        file_name=file_name[-200:],
        file_hash=hashlib.sha256(data).hexdigest(),
    )
    for start in range(0, len(planned), STAGE_AT_ONCE):
        chunk = planned[start : start + STAGE_AT_ONCE]
        RosterRow.objects.bulk_create(_row(batch, entry, unit_id, decision) for entry, unit_id, decision in chunk)
        progress(len(chunk))
    RosterBatch.objects.filter(pk=batch.pk).update(state=BatchState.STAGED)
    batch.refresh_from_db()
    return batch


_Planned = tuple[Entry, int | None, Decision]


def _plan(
    read: Iterable[tuple[Entry, Problem | None]], *, unit: Unit, importer: User, today: dt.date
) -> list[_Planned]:
    rows = list(read)
    index = queries.UnitIndex(unit, today)
    people = queries.directory([entry for entry, _ in rows], importer=importer, today=today)
    seen: dict[object, int] = {}
    planned: list[_Planned] = []
    for entry, problem in rows:
        unit_id: int | None = None
        try:
            if problem:
                raise RowRefusedError(problem.key, **problem.words)
            found = index.resolve(entry.unit)
            unit_id = found.id
            _refuse_closed(found.id, found.name, entry, today)
            decision = _decide(entry, unit_id, found.name, people, seen, today)
        except RowRefusedError as error:
            decision = rules.refused(error.problem)
        planned.append((entry, unit_id, decision))
    return planned


def _refuse_closed(unit_id: int, name: str, entry: Entry, today: dt.date) -> None:
    """Only a start in another time than today needs asking: the index holds what is open today."""
    if entry.starts_on and entry.starts_on != today and not is_open(Unit.objects.get(pk=unit_id), entry.starts_on):
        raise RowRefusedError(Refusal.UNIT_NOT_OPEN, value=name, day=f"{entry.starts_on:%d/%m/%Y}")


def _decide(
    entry: Entry, unit_id: int, unit_name: str, people: queries.Directory, seen: dict[object, int], today: dt.date
) -> Decision:
    key = rules.identity(entry, unit_id)
    known = rules.match(
        entry,
        people.by_phone.get(entry.phone) if entry.phone else None,
        people.by_email.get(entry.email) if entry.email else None,
        people.by_identity.get(key, []) if key else [],
    )
    _refuse_second(entry, known, key, seen)
    decision = rules.decide(entry, unit_id, unit_name, known, today)
    if known and decision.touches_sign_in and counts_as_staff(User.objects.get(pk=known.pk)):
        # Whoever can change an e-mail can have the password sent there.
        raise RowRefusedError(Refusal.STAFF, name=known.full_name)
    return decision


def _refuse_second(entry: Entry, known: Known | None, key: rules.Identity | None, seen: dict[object, int]) -> None:
    """One person, one phone and one e-mail stand in one row of a file."""
    names: list[object] = [("person", known.pk)] if known else [("identity", key)] if key and not entry.phone else []
    names += [("phone", entry.phone)] if entry.phone else []
    names += [("email", entry.email)] if entry.email else []
    earlier = next((seen[name] for name in names if name in seen), None)
    if earlier is not None:
        raise RowRefusedError(Refusal.TWICE_IN_FILE, row=earlier)
    seen.update(dict.fromkeys(names, entry.number))


def _row(batch: RosterBatch, entry: Entry, unit_id: int | None, decision: Decision) -> RosterRow:
    return RosterRow(
        batch=batch,
        number=entry.number,
        full_name=entry.full_name,
        phone=entry.phone,
        email=entry.email,
        born_on=entry.born_on,
        birth_year=entry.birth_year,
        position=entry.position,
        page_duty="-" if entry.page_duty is None else entry.page_duty,
        unit_id=unit_id,
        unit_text=entry.unit,
        starts_on=entry.starts_on,
        outcome=decision.outcome,
        refusal=decision.problem.key.value if decision.problem else "",
        refusal_words=decision.problem.words if decision.problem else {},
        changes=decision.changes,
        person_id=decision.person,
    )


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
        won = waiting.update(state=BatchState.CANCELLED)
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
    planned = _plan([(_entry(row), None) for row in rows], unit=batch.unit, importer=importer, today=clock.today())
    for row, (entry, unit_id, decision) in zip(rows, planned, strict=True):
        try:
            with transaction.atomic():
                written += _write_row(row, entry, unit_id, decision, importer, at)
        except (RefusedError, IntegrityError):
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

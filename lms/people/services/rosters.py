"""Writes: a roster is read into staged rows, then confirmed, then written in short transactions.

Every step may be done twice or be killed in between: a batch moves from state to state by one conditional update, a row
carries the moment at which it was written, and the sweep takes up what was left.
"""

import datetime as dt
import hashlib
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.core import audit, clock
from lms.core.storage import private_storage
from lms.fanpages.models import PageRecord
from lms.fanpages.services import RefusedError as PageRefusedError
from lms.fanpages.services import report
from lms.people import queries, rules
from lms.people.enums import WRITTEN, BatchState, FileFault, Outcome, Refusal, Remark, Skip, Sync
from lms.people.formats import FileRefusedError, headings, tables
from lms.people.formats.unitnames import has_type
from lms.people.models import HeadingChoice, RosterBatch, RosterRow
from lms.people.queries.places import UnitIndex
from lms.people.rules import Entry, Problem
from lms.people.services import roster_answers, roster_leavers, roster_posts, roster_undo
from lms.people.services.roster_deciding import Desk, Plan, Read, entry_of, put_decision, read_of, read_of_further
from lms.people.services.roster_rights import NotAllowedError, may_import
from lms.units.models import Unit
from lms.units.services.errors import RefusedError

logger = logging.getLogger(__name__)

STAGE_AT_ONCE = 500
WRITE_AT_ONCE = 50
DELETE_AT_ONCE = 5000
# So many skipped rows, groups and old names are told one by one.
LISTED = 200
# A worker that has not shown itself for so long is dead; a nudge that has led to nothing for so long was lost.
DEAD_AFTER = dt.timedelta(minutes=5)
LOST_AFTER = dt.timedelta(minutes=1)
# What could not be read to its end in this time is dropped.
READ_WITHIN = dt.timedelta(hours=1)
# Celery ends every task after four minutes: a worker stops by itself before, and asks for another turn.
TURN = 150


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


def receive(
    *,
    data: bytes,
    file_name: str,
    unit: Unit,
    by: User,
    at: dt.datetime,
    sync: str = Sync.ADD,
    leaving_on: dt.date | None = None,
) -> RosterBatch:
    """Keep a file in the private storage, to be read by ``read``. Raises NotAllowedError. A second call makes a second
    batch.
    """
    batch = _batch(data, file_name, unit, by, at, sync, leaving_on)
    batch.stored = private_storage().save(f"rosters/{uuid.uuid4().hex}", ContentFile(data))
    batch.save()
    return batch


def stage(
    *,
    data: bytes,
    file_name: str,
    unit: Unit,
    by: User,
    at: dt.datetime,
    progress: Callable[[int], object] = int,
    sync: str = Sync.ADD,
    leaving_on: dt.date | None = None,
) -> RosterBatch:
    """Read a file into staged rows, each with what would become of it. Nothing reaches an account.

    Raises FileRefusedError (nothing is kept then) and NotAllowedError. A second call makes a second batch.
    """
    batch = _batch(data, file_name, unit, by, at, sync, leaving_on)
    source = tables.Source(data, queries.taught(unit))
    batch.taken_at = at
    batch.save()
    try:
        _read(batch, source, by, progress)
    except FileRefusedError:
        _delete_rows(batch)
        batch.delete()
        raise
    batch.refresh_from_db()
    return batch


def _batch(
    data: bytes, file_name: str, unit: Unit, by: User, at: dt.datetime, sync: str, leaving_on: dt.date | None
) -> RosterBatch:
    if not may_import(by, unit):
        raise NotAllowedError
    return RosterBatch(
        unit=unit,
        uploaded_by=by,
        uploaded_at=at,
        file_name=file_name[-200:],
        file_hash=hashlib.sha256(data).hexdigest(),
        sync=sync,
        leaving_on=None if sync == Sync.ADD else leaving_on or clock.today(),
    )


def read(*, batch_id: int, at: dt.datetime) -> bool:
    """Read the file of a batch that was received. False when there is nothing to do: it is read, was dropped, or
    another worker is at it. A file that cannot be read leaves the batch FAILED, with the sentence.
    """
    idle = Q(taken_at__isnull=True) | Q(taken_at__lt=at - DEAD_AFTER)
    if (
        not RosterBatch.objects.filter(idle, pk=batch_id, state=BatchState.READING)
        .exclude(stored="")
        .update(taken_at=at, rows_read=0)
    ):
        return False
    batch = RosterBatch.objects.select_related("unit", "uploaded_by").get(pk=batch_id)
    _delete_rows(batch)  # of a worker that died
    try:
        with private_storage().open(batch.stored) as file:
            data = file.read()
        if not may_import(batch.uploaded_by, batch.unit):
            raise FileRefusedError(FileFault.NOT_ALLOWED)
        _read(batch, tables.Source(data, queries.taught(batch.unit)), batch.uploaded_by)
    except FileRefusedError as error:
        _fail(batch, error)
    except FileNotFoundError:
        _fail(batch, FileRefusedError(FileFault.BROKEN))
    erase_file(batch)
    return True


def _fail(batch: RosterBatch, error: FileRefusedError) -> None:
    failed = RosterBatch.objects.filter(pk=batch.pk, state=BatchState.READING)
    failed.update(state=BatchState.FAILED, fault=error.fault.value, fault_words=error.words)
    _delete_rows(batch)


def erase_file(batch: RosterBatch) -> None:
    """The file itself is needed only until it is read. A second call does nothing."""
    if batch.stored:
        private_storage().delete(batch.stored)
        RosterBatch.objects.filter(pk=batch.pk).update(stored="")
        batch.stored = ""


def _delete_rows(batch: RosterBatch) -> None:
    """Some thousand at a time: no lock lasts long."""
    while True:
        pks = list(RosterRow.objects.filter(batch=batch).order_by("pk").values_list("pk", flat=True)[:DELETE_AT_ONCE])
        if not pks:
            return
        # Nothing hangs on a staged row, and reading five thousand of them to delete them took half a second.
        some = RosterRow.objects.filter(batch=batch, pk__lte=pks[-1])
        some._raw_delete(some.db)


class _TakenError(Exception):
    """The batch was dropped, or another worker has taken it over."""


def _read(batch: RosterBatch, source: tables.Source, by: User, progress: Callable[[int], object] = int) -> None:
    """Every chunk of rows is a short transaction of its own. Raises FileRefusedError."""
    today = clock.today()
    RosterBatch.objects.filter(pk=batch.pk).update(rows_all=source.about)
    index = UnitIndex(batch.unit, today, queries.unit_answers(batch.unit))
    desk = Desk(batch=batch, importer=by, today=today, index=index, with_further=source.tells("post_kind"))
    layout = _Layout()
    done = 0
    try:
        for chunk in _chunks(source.rows()):
            plans = desk.decide([Read(*rules.read_row(row, today)) for row in chunk])
            layout.look_at(plans, chunk)
            made = [_row(batch, plan, row.cells) for plan, row in zip(plans, chunk, strict=True)]
            RosterRow.objects.bulk_create(made)
            done += len(made)
            _show(batch, done)
            progress(len(made))
        _refuse_without_units(source, batch.unit)
        roster_leavers.list_leavers(batch=batch, importer=by, today=today)
        RosterBatch.objects.filter(pk=batch.pk, state=BatchState.READING, taken_at=batch.taken_at).update(
            state=BatchState.STAGED, layout=layout.told(source), rows_all=done, rows_read=done
        )
    except _TakenError:
        logger.info("roster %s was taken over or dropped while it was read", batch.pk)


def _chunks(rows: Iterable[tables.Row]) -> Iterable[list[tables.Row]]:
    chunk: list[tables.Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == STAGE_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _show(batch: RosterBatch, done: int) -> None:
    """How far it is, and that somebody is at it."""
    now = clock.now()
    held = RosterBatch.objects.filter(pk=batch.pk, state=BatchState.READING, taken_at=batch.taken_at)
    if not held.update(rows_read=done, taken_at=now):
        raise _TakenError
    batch.taken_at = now


def _refuse_without_units(source: tables.Source, unit: Unit) -> None:
    if source.names_units or not Unit.objects.open_on(clock.today()).within(unit).exclude(pk=unit.pk).exists():
        return
    heads = list(dict.fromkeys(heading.head for part in source.parts for heading in part.header.headings))
    raise FileRefusedError(FileFault.NO_UNIT_COLUMN, seen=tables.quoted(heads), heads=heads)


class _Layout:
    """How the file was understood, for queries.layout."""

    def __init__(self) -> None:
        self._units: dict[tuple[str, int], str] = {}
        self._rows: Counter[tuple[str, int]] = Counter()
        self._names: Counter[tuple[str, str]] = Counter()
        self._words: dict[tuple[str, str], dict[str, Any]] = {}
        self._dates = rules.DateOrders()

    def look_at(self, plans: Sequence[Plan], rows: Sequence[tables.Row]) -> None:
        for row in rows:
            self._dates.look_at(row)
        for plan in plans:
            for key, told in plan.entry.remarks:
                if key == Remark.OF_GROUP and plan.unit_id:
                    self._rows[plan.entry.sheet, told["row"]] += 1
                    self._units[plan.entry.sheet, told["row"]] = told["unit"]
                elif key in (Remark.SUCCEEDED, Remark.SUCCEEDED_BY, Remark.RENAMED, Remark.CHOSEN):
                    self._names[key.value, told["value"]] += 1
                    self._words[key.value, told["value"]] = told

    def told(self, source: tables.Source) -> dict[str, Any]:
        groups = [skip for skip in source.skipped if skip.kind == Skip.GROUP][:LISTED]
        return {
            "sheets": [
                {
                    "name": part.name,
                    "row": part.header.number,
                    "columns": [[each.letter, each.head, each.column, each.known] for each in part.header.headings],
                }
                for part in source.parts
            ],
            "other_sheets": list(source.other_sheets)[:LISTED],
            "dates": self._dates.told(),
            "skipped": {
                kind.value: _skipped(found)
                for kind in Skip
                if (found := [skip for skip in source.skipped if skip.kind == kind])
            },
            "groups": [
                [skip.sheet, skip.number, skip.text, self._units.get(place, ""), self._rows[place]]
                for skip in groups
                for place in [(skip.sheet, skip.number)]
            ],
            "names": [
                [key, self._words[key, value], number] for (key, value), number in self._names.most_common(LISTED)
            ],
        }


def _skipped(found: list[tables.Skipped]) -> dict[str, Any]:
    sheets = dict.fromkeys(skip.sheet for skip in found)
    parts = [(sheet, rules.spans([skip.number for skip in found if skip.sheet == sheet])) for sheet in sheets]
    return {
        "number": len(found),
        "spans": "; ".join(f"{sheet}: {numbers}" if sheet else numbers for sheet, numbers in parts)[:2000],
        "rows": [[skip.sheet, skip.number, skip.text] for skip in found[:LISTED]],
    }


def _row(batch: RosterBatch, plan: Plan, cells: dict[str, tables.Cell]) -> RosterRow:
    entry = plan.entry
    outcome = plan.decision.outcome
    row = RosterRow(
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
        unit_text=entry.unit or _unit_of_groups(entry),
        starts_on=entry.starts_on,
        page_status=entry.page_status,
        page_url=entry.page_url,
        original=rules.original(cells) if outcome in (Outcome.REFUSED, Outcome.CONFLICT) else rules.kept_cells(cells),
        remarks=[] if outcome == Outcome.REFUSED else [[key.value, words] for key, words in entry.remarks],
    )
    put_decision(row, plan)
    return row


def _unit_of_groups(entry: Entry) -> str:
    """The headings that name a unit, the nearest first: what a person would write into the row's own cell."""
    return ", ".join(group.name for group in reversed(entry.groups) if has_type(group.name))[:300]


# --- Confirming and writing -------------------------------------------------------------------------


def confirm(*, batch: RosterBatch, by: User, at: dt.datetime) -> bool:
    """From now on the batch is to be written; ``write`` does it. False when somebody has confirmed or cancelled it.

    Rows that are still to be decided stay out. Raises NotAllowedError, and LeaversError where so many would leave that
    a second person has to agree first.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    with transaction.atomic():
        held = RosterBatch.objects.select_for_update().filter(pk=batch.pk, state=BatchState.STAGED).first()
        if held is None:
            return False
        roster_leavers.refuse_too_many(held)
        waiting = RosterBatch.objects.filter(pk=batch.pk, state=BatchState.STAGED)
        won = waiting.update(state=BatchState.APPLYING, confirmed_by=by, confirmed_at=at)
        if won:
            audit.record(
                "people.confirm_roster", batch, actor=by, file=batch.file_name, sha256=batch.file_hash,
                unit=batch.unit_id, path=batch.unit.path, sync=batch.sync,
            )  # fmt: skip
    return bool(won)


def cancel(*, batch: RosterBatch) -> bool:
    """The staged rows and the file are deleted: they hold people's data and nobody needs them. False when it was
    confirmed.
    """
    open_states = [BatchState.STAGED, BatchState.READING, BatchState.FAILED]
    waiting = RosterBatch.objects.filter(pk=batch.pk, state__in=open_states)
    won = waiting.update(state=BatchState.CANCELLED, layout={}, fault_words={})
    if won:
        _drop(batch)
    return bool(won)


def _drop(batch: RosterBatch) -> None:
    _delete_rows(batch)
    batch.leavers.all().delete()
    erase_file(batch)


def write(
    *, batch_id: int, at: dt.datetime, turn: float = float("inf"), progress: Callable[[int], object] = int
) -> int:
    """Write what is still to be written of a confirmed batch, fifty rows a transaction, until it is done or ``turn``
    seconds have passed; returns how many rows and leavers.

    May run beside itself and after a crash: each row is written once.
    """
    written = 0
    begun = time.monotonic()
    while time.monotonic() - begun < turn:
        with transaction.atomic():
            batch = (
                RosterBatch.objects.select_for_update(of=("self",))
                .select_related("unit", "confirmed_by")
                .get(pk=batch_id)
            )
            if batch.state != BatchState.APPLYING:
                return written
            rows = list(
                RosterRow.objects.filter(batch=batch, written_at__isnull=True, outcome__in=WRITTEN)[:WRITE_AT_ONCE]
            )
            number = _write_rows(batch, rows, at) if rows else roster_leavers.write_some(batch=batch, at=at)
            if not rows and number is None:
                RosterBatch.objects.filter(pk=batch_id).update(state=BatchState.DONE, done_at=clock.now())
                return written
        written += number or 0
        progress(len(rows))
    return written


def _write_rows(batch: RosterBatch, rows: list[RosterRow], at: dt.datetime) -> int:
    """Each row is decided anew: what was confirmed is written, and nothing else."""
    importer = batch.confirmed_by
    assert importer is not None  # noqa: S101  a constraint says so
    written = 0
    desk = Desk(batch=batch, importer=importer, today=clock.today())
    further = [row for row in rows if entry_of(row).is_further]
    main = [row for row in rows if row not in further]
    # Further posts last: the rows before may make the very people who hold them.
    for some, reader in ((main, read_of), (further, read_of_further)):
        for row, plan in zip(some, desk.decide([reader(row) for row in some]), strict=True):
            try:
                with transaction.atomic():
                    written += _write_row(row, plan, importer, at)
            except (RefusedError, PageRefusedError, IntegrityError):
                _settle(row, plan, Outcome.REFUSED, Problem(Refusal.CHANGED_MEANWHILE))
    return written


def _write_row(row: RosterRow, plan: Plan, importer: User, at: dt.datetime) -> int:
    decision = plan.decision
    if decision.outcome == Outcome.UNCHANGED:
        _settle(row, plan, decision.outcome, None)
        return 0
    # A further post of somebody whom this roster makes was confirmed before the account was there.
    person_id = decision.person if plan.entry.is_further and row.person_id is None else row.person_id
    same = (decision.outcome, decision.person, decision.changes, plan.unit_id) == (
        row.outcome, person_id, row.changes, row.unit_id,
    )  # fmt: skip
    if not same or (plan.entry.is_further and decision.person is None):
        _settle(row, plan, Outcome.REFUSED, Problem(Refusal.CHANGED_MEANWHILE))
        return 0
    unit = Unit.objects.get(pk=plan.unit_id)
    where = {"unit": unit.pk, "path": unit.path, "batch": row.batch_id}
    undo: dict[str, Any] = {}
    is_new = decision.person is None
    if decision.person is None:
        person = _new_person(plan.entry)
        undo["made"] = True
        audit.record("people.roster_new", person, actor=importer, **where)
    else:
        person = User.objects.get(pk=decision.person)
        undo["account"] = _change_person(person, plan.entry, set(decision.changes))
        if undo["account"]:
            shown = {key: pair for key, pair in decision.changes.items() if key in _OF_ACCOUNT}
            audit.record(
                "people.roster_changed", person, actor=importer, before={key: old for key, (old, _) in shown.items()},
                after={key: new for key, (_, new) in shown.items()}, **where,
            )  # fmt: skip
    if is_new or OF_POST & set(decision.changes):
        undo["posts"] = roster_posts.serve(person, unit, plan.entry, is_new=is_new, importer=importer)
    if "page" in decision.changes:
        undo["page"] = _report_page(unit, plan.entry, importer, at)
    row.person = person
    row.written_at = at
    row.undo = undo
    row.save(update_fields=["person", "written_at", "undo"])
    return 1


def _settle(row: RosterRow, plan: Plan, outcome: Outcome, problem: Problem | None) -> None:
    """The row is not written after all, and says why."""
    row.outcome = outcome
    row.refusal = problem.key.value if problem else ""
    row.refusal_words = problem.words if problem else {}
    row.save(update_fields=["outcome", "refusal", "refusal_words"])


_OF_ACCOUNT = ("full_name", "phone", "email", "born")
OF_POST = {"unit", "position", "page_duty", "is_acting", "last_day", "decision", "further"}


def _new_person(entry: Entry) -> User:
    return accounts.create_account(
        full_name=entry.full_name,
        phone=entry.phone,
        email=entry.email,
        born_on=entry.born_on,
        birth_year=entry.birth_year,
    )


def _change_person(person: User, entry: Entry, changed: set[str]) -> dict[str, list[Any]]:
    """Field of the account → what stood there and what stands there now."""
    new: dict[str, Any] = {}
    if "full_name" in changed:
        new["full_name"] = entry.full_name
    if "phone" in changed:
        new |= {"phone": entry.phone, "phone_verified": False}
    if "email" in changed:
        new["email"] = entry.email
    if "born" in changed:
        new |= {"born_on": entry.born_on, "birth_year": entry.birth_year}
    kept = {field: [_plain(getattr(person, field)), _plain(value)] for field, value in new.items()}
    for field, value in new.items():
        setattr(person, field, value)
    if new:
        person.save()
    return kept


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _report_page(unit: Unit, entry: Entry, importer: User, at: dt.datetime) -> dict[str, Any]:
    before = PageRecord.objects.standing().filter(unit=unit).values_list("pk", flat=True).first()
    record = report(
        unit=unit, status=entry.page_status, url=entry.page_url, source=PageRecord.Source.ROSTER, by=importer, at=at
    )
    return {"made": None if record.pk == before else record.pk, "before": before}


# --- After a crash ----------------------------------------------------------------------------------


def take_up() -> int:
    """For the sweep: read on, write on, take back on; drop what was never read to its end, and what was left of
    dropped batches.
    """
    at = clock.now()
    moved = 0
    for batch in RosterBatch.objects.filter(state=BatchState.READING, uploaded_at__lt=at - READ_WITHIN):
        moved += int(cancel(batch=batch))
    lost = Q(taken_at__isnull=True, uploaded_at__lt=at - LOST_AFTER) | Q(taken_at__lt=at - DEAD_AFTER)
    for pk in (
        RosterBatch.objects.filter(lost, state=BatchState.READING).exclude(stored="").values_list("pk", flat=True)
    ):
        moved += int(read(batch_id=pk, at=at))
    moved += sum(write(batch_id=pk, at=at, turn=TURN) for pk in _in_state(BatchState.APPLYING))
    moved += sum(roster_undo.take_back(batch_id=pk, turn=TURN) for pk in _in_state(BatchState.UNDOING))
    moved += roster_answers.take_up()
    left = RosterBatch.objects.filter(state__in=[BatchState.CANCELLED, BatchState.FAILED])
    for batch in left.filter(Exists(RosterRow.objects.filter(batch=OuterRef("pk"))) | ~Q(stored="")):
        _drop(batch)
        moved += 1
    return moved


def _in_state(state: BatchState) -> list[int]:
    return list(RosterBatch.objects.filter(state=state).values_list("pk", flat=True))

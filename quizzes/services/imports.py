"""Writes: a file of questions is received, read into staged items, looked at, entered as drafts, perhaps undone.

Every step may be done twice or be killed in between. A batch moves from state to state by one conditional update;
whoever works on it holds the stamp ``worked_at`` and gives it on with each short transaction, so that two workers never
write the same batch; what nobody has stamped for a while is taken up by the sweep (``take_up``).
"""

import datetime as dt
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Q

from lms.accounts.models import User
from lms.core import audit, clock, legacy, text
from lms.core.storage import private_storage
from quizzes import types
from quizzes.formats import packaging
from quizzes.formats.item import Item, Problem, Reading, Trouble, UnreadableError
from quizzes.models import Category, ImportBatch, ImportItem
from quizzes.services import import_entry, pictures
from quizzes.services.import_plan import Planner, Row
from quizzes.types.exchanges import hooks

logger = logging.getLogger(__name__)
State, Outcome = ImportBatch.State, ImportItem.Outcome

STAGE_AT_ONCE = 400
ENTER_AT_ONCE = 200
# A worker that has not stamped its batch for so long is dead: Celery ends every task after four minutes.
DEAD_AFTER = dt.timedelta(minutes=5)
# A nudge that has not led to work for so long was lost.
LOST_AFTER = dt.timedelta(minutes=1)
MOST_TRIES = 3
LISTED = 200


class NotNowError(Exception):
    """The batch is not in the state that this step begins from: somebody was quicker."""


# --- Receiving --------------------------------------------------------------------------------------


def receive(
    *,
    file: "File[bytes]",
    name: str,
    by: User | None,
    at: dt.datetime,
    format: str = "",
    category: Category | None = None,
    convert_from: str = "",
    level: str = "",
    category_wins: bool = False,
) -> ImportBatch:
    """Keep a file, to be read by ``read``. UnreadableError before more of it than its head is in memory: too large, or
    of no format that we know; nothing is kept then. ``format`` "": as it looks. A second call makes a second batch.

    ``level``, ``category``: for questions whose file does not say. ``category_wins``: for all of them.
    """
    file.seek(0)
    head = file.read(200_000)
    size = file.size if file.size is not None else len(head)
    if not size:
        raise packaging.refuse(Trouble.EMPTY)
    if size > packaging.MAX_BYTES:
        # Looking closer would need the whole of it.
        raise packaging.refuse(Trouble.TOO_LARGE, most=packaging.MAX_BYTES // 1024 // 1024)
    if head.startswith(b"PK") and size > len(head):
        file.seek(0)
        head = file.read()
    found = format or packaging.sniff(head, name)
    if not found or not packaging.can(found, "read"):
        raise packaging.refuse(Trouble.WRONG_KIND, name=PurePath(name).name[-40:])
    if size > packaging.cap(found):
        raise packaging.refuse(Trouble.TOO_LARGE, most=packaging.cap(found) // 1024 // 1024)
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    batch = ImportBatch(
        format=found,
        file_name=PurePath(name.replace("\\", "/")).name[-200:] or found,
        sha256=digest.hexdigest(),
        category=category,
        convert_from=convert_from if convert_from in legacy.TABLES else "",
        report={"level": level, "category_wins": category_wins},
        made_by=by,
        made_at=at,
    )
    batch.file.save(f"{digest.hexdigest()[:16]}.{found}", file, save=False)
    try:
        batch.save()
    except Exception:
        batch.file.storage.delete(str(batch.file.name))
        raise
    return batch


def choose(
    *,
    batch: ImportBatch,
    category: Category | None,
    level: str,
    convert_from: str,
    category_wins: bool,
    at: dt.datetime,
) -> bool:
    """Read the file again with other choices. False when the batch is being worked on, was entered, or lost its file.

    What was unticked is ticked again: the questions are read anew.
    """
    with transaction.atomic():
        held = _lock(batch)
        if held.state not in (State.READ, State.REFUSED, State.WAITING) or not held.file:
            return False
        held.category = category
        held.convert_from = convert_from if convert_from in legacy.TABLES else ""
        held.report = {"level": level, "category_wins": category_wins}
        held.state, held.worked_at, held.total, held.done = State.WAITING, None, 0, 0
        held.save()
    return True


def retry(*, batch: ImportBatch, at: dt.datetime) -> bool:
    """Begin again where the work broke off: reading anew, entering and undoing go on. False if nothing is broken."""
    with transaction.atomic():
        held = _lock(batch)
        broken = held.worked_at is None or held.worked_at < at - LOST_AFTER
        if held.state == State.REFUSED and held.file:
            held.state, held.worked_at = State.WAITING, None
        elif not (held.state in (State.WAITING, State.READING, State.ENTERING) and broken):
            return False
        else:
            held.worked_at = None
        held.report = {**held.report, "tries": 0}
        held.save(update_fields=["state", "worked_at", "report"])
    return True


def _lock(batch: ImportBatch) -> ImportBatch:
    return ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)


class _Taken:
    """The right to work on one batch. ``keep`` gives it on, and raises NotNowError when somebody else has it."""

    def __init__(self, pk: int, state: str, stamp: dt.datetime) -> None:
        self.pk, self.state, self.stamp = pk, state, stamp

    def keep(self, **fields: Any) -> None:
        stamp = max(clock.now(), self.stamp + dt.timedelta(microseconds=1))
        mine = ImportBatch.objects.filter(pk=self.pk, state=self.state, worked_at=self.stamp)
        if not mine.update(worked_at=stamp, **fields):
            raise NotNowError
        self.stamp = stamp


def _take(pk: int, before: Sequence[str], state: str) -> _Taken | None:
    """One worker gets it: the first, or the first after one that died."""
    stamp = clock.now()
    free = Q(worked_at__isnull=True) | Q(worked_at__lt=stamp - DEAD_AFTER)
    won = ImportBatch.objects.filter(free, pk=pk, state__in=before).update(state=state, worked_at=stamp)
    return _Taken(pk, state, stamp) if won else None


# --- Reading ----------------------------------------------------------------------------------------


def read(*, batch_id: int) -> bool:
    """Read the file of a batch that waits; False when another worker has it or nothing is to be read.

    Killed: what was staged is thrown away by whoever begins anew, and nobody is shown it before the end.
    """
    taken = _take(batch_id, (State.WAITING, State.READING), State.READING)
    if taken is None:
        return False
    batch = ImportBatch.objects.select_related("category", "made_by").get(pk=batch_id)
    tries = int(batch.report.get("tries", 0)) + 1
    report = {key: value for key, value in batch.report.items() if key in ("level", "category_wins")}
    try:
        if tries > MOST_TRIES:
            raise packaging.refuse(Trouble.GIVEN_UP)
        taken.keep(report={**report, "tries": tries}, done=0, total=0)
        _stage(batch, taken, report)
    except NotNowError:
        return False
    except UnreadableError as error:
        _refuse(batch, taken, report, error.problem)
    except Exception:
        logger.exception("import %s broke", batch.pk)
        _refuse(batch, taken, report, Problem(0, Trouble.GIVEN_UP))
    return True


def _refuse(batch: ImportBatch, taken: _Taken, report: Mapping[str, Any], problem: Problem) -> None:
    """Nothing of it stays but the sentence; the file only where reading it in another way may help."""
    keeps = problem.code in (Trouble.OLD_FONT, Trouble.GIVEN_UP)
    found = {**report, "problems": [_told(problem)], "suggests": problem.values.get("key", "")}
    with transaction.atomic():
        ImportItem.objects.filter(batch=batch).delete()
        try:
            taken.keep(state=State.REFUSED, report=found, **({} if keeps else {"file": ""}))
        except NotNowError:
            return
        if not keeps and batch.file:
            name = str(batch.file.name)
            transaction.on_commit(lambda: private_storage().delete(name))


def _told(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "code": problem.code.value, "values": dict(problem.values)}


def _stage(batch: ImportBatch, taken: _Taken, report: dict[str, Any]) -> None:
    with batch.file.open("rb") as file:
        data = file.read(packaging.cap(batch.format) + 1)
    reading, suggested = parse(data, batch.format, batch.convert_from)
    if not reading.items and not reading.problems:
        raise packaging.refuse(Trouble.NOTHING_FOUND)
    if len(reading.items) + len(reading.problems) > packaging.MAX_QUESTIONS:
        raise packaging.refuse(Trouble.TOO_MANY, most=packaging.MAX_QUESTIONS)
    parts: list[Item | Problem] = [*reading.items, *reading.problems]
    found = sorted(parts, key=lambda part: part.line)
    ImportItem.objects.filter(batch=batch).delete()
    taken.keep(total=len(found))
    planner = Planner(batch)
    counts: Counter[str] = Counter()
    for start in range(0, len(found), STAGE_AT_ONCE):
        chunk = [_with_pictures(part, batch) for part in found[start : start + STAGE_AT_ONCE]]
        rows = planner.plan(chunk)
        counts.update(row.outcome for row in rows)
        with transaction.atomic():
            ImportItem.objects.bulk_create(_item(batch, start + place, row) for place, row in enumerate(rows, start=1))
            taken.keep(done=start + len(chunk))
    report |= {
        "encoding": reading.encoding,
        "suggests": suggested,
        "samples": _samples(reading, suggested),
        "counts": dict(counts),
        "tries": 0,
    }
    taken.keep(state=State.READ, report=report)


def _item(batch: ImportBatch, position: int, row: Row) -> ImportItem:
    return ImportItem(
        batch=batch,
        position=position,
        line=row.line,
        outcome=row.outcome,
        is_wanted=row.outcome in (Outcome.NEW, Outcome.CHANGED),
        item=row.item,
        source=row.source[:20_000],
        problems=row.problems,
        duplicate_of_id=row.duplicate_of,
    )


def parse(data: bytes, format: str, convert_from: str = "") -> tuple[Reading, str]:
    """What the file holds, and the old code table that it seems to be in ("" if none, or if one was converted from).

    UnreadableError. No query.
    """
    module = packaging.module(format)
    change: Callable[[str], str] | None = None
    if convert_from:
        change = lambda text: legacy.convert(text, convert_from)  # noqa: E731
    if format in packaging.TEXT_FORMATS:
        decoded, encoding = packaging.decode(data)
        suggested = "" if change else legacy.detect(decoded)
        try:
            reading: Reading = module.read((change(decoded) if change else decoded).encode(), hooks(format))
        except UnreadableError as error:
            if suggested:
                raise _old_font(suggested, decoded) from error
            raise
        return replace(reading, encoding=encoding), suggested
    if format in ("docx", "xlsx"):
        reading = module.read(data, hooks(format), change)
    else:
        reading = module.read(data, hooks(format))
        if change:
            reading = replace(reading, items=tuple(_converted(item, change) for item in reading.items))
    return reading, "" if change else legacy.detect("\n".join(_texts(reading)))


def _old_font(table: str, decoded: str) -> UnreadableError:
    sample = next((line for line in decoded.splitlines() if not line.isascii()), decoded)
    return packaging.refuse(Trouble.OLD_FONT, table=table.upper(), key=table, sample=text.clean(sample)[:60])


def _converted(item: Item, change: Callable[[str], str]) -> Item:
    content = types.get(item.type).map_texts(dict(item.content), change) if types.is_known(item.type) else item.content
    return replace(
        item,
        stem=change(item.stem),
        content=content,
        reason=change(item.reason),
        hints=tuple(map(change, item.hints)),
        category=tuple(map(change, item.category)),
        objective=change(item.objective),
        tags=tuple(map(change, item.tags)),
        source=change(item.source),
    )


def _texts(reading: Reading) -> Iterable[str]:
    for item in reading.items[:400]:
        yield item.stem
        if types.is_known(item.type):
            try:
                yield from types.get(item.type).texts(dict(item.content))
            except (KeyError, TypeError, AttributeError, ValueError):
                continue
    for problem in reading.problems[:100]:
        yield problem.source


def _samples(reading: Reading, table: str) -> list[list[str]]:
    if not table:
        return []
    return [list(pair) for pair in legacy.samples((line for line in _texts(reading) if line), table)]


def _with_pictures(part: Item | Problem, batch: ImportBatch) -> Item | Problem:
    """The pictures that the question carries are kept now, so that it can be looked at; it names them by their new
    hash. One that is refused is left out with a note, or keeps the question out where its type needs it."""
    if isinstance(part, Problem) or not part.pictures:
        return part
    names: dict[str, str] = {}
    notes = list(part.notes)
    for raw, data in part.pictures.items():
        try:
            names[raw] = pictures.store(data=data, by=batch.made_by, at=batch.made_at).sha256
        except pictures.PictureRefusedError as error:
            notes.append(Problem(part.line, Trouble.PICTURE_REFUSED, {"reason": str(error)}))
    changed = {raw: new for raw, new in names.items() if raw != new}
    if changed:
        whole = json.dumps([part.stem, part.content, part.reason, list(part.hints)], ensure_ascii=False)
        for raw, new in changed.items():
            whole = whole.replace(raw, new)
        stem, content, reason, hints_found = json.loads(whole)
        part = replace(part, stem=stem, content=content, reason=reason, hints=tuple(hints_found))
    return replace(part, notes=tuple(notes))


# --- Looking ----------------------------------------------------------------------------------------


def tick(*, batch: ImportBatch, items: Iterable[int], wanted: bool) -> int:
    """Take these items (by position) in, or leave them out; how many changed. Refused and unchanged never enter."""
    rows = ImportItem.objects.filter(batch=batch, batch__state=State.READ, position__in=list(items))
    return (
        rows.exclude(outcome__in=(Outcome.REFUSED, Outcome.UNCHANGED))
        .filter(is_wanted=not wanted)
        .update(is_wanted=wanted)
    )


def discard(*, batch: ImportBatch) -> bool:
    """Throw away what was read and never entered, the file too. False when it was entered or is being worked on."""
    with transaction.atomic():
        held = _lock(batch)
        if held.state not in (State.WAITING, State.READ, State.REFUSED):
            return False
        name = str(held.file.name or "")
        held.delete()
        if name:
            transaction.on_commit(lambda: private_storage().delete(name))
    return True


# --- Entering ---------------------------------------------------------------------------------------


def confirm(*, batch: ImportBatch, by: User | None, at: dt.datetime) -> bool:
    """From now on what is ticked is to be entered; ``enter`` does it. False for a second call."""
    with transaction.atomic():
        ready = ImportBatch.objects.filter(pk=batch.pk, state=State.READ)
        won = ready.update(state=State.ENTERING, worked_at=None, done=0)
        if won:
            audit.record("quizzes.import_questions", batch, actor=by, file=batch.file_name, sha256=batch.sha256)
    return bool(won)


def enter(*, batch_id: int, step: Callable[[int], object] = int) -> int:
    """Enter what is ticked of a confirmed batch as drafts, in short transactions; returns how many items were made.

    May run beside itself and after a crash: each item is entered once. ``done`` is the position up to which it came.
    """
    taken = _take(batch_id, (State.ENTERING,), State.ENTERING)
    if taken is None:
        return 0
    batch = ImportBatch.objects.select_related("category", "made_by").get(pk=batch_id)
    made = 0
    try:
        while True:
            items = list(batch.items.filter(position__gt=batch.done).order_by("position")[:ENTER_AT_ONCE])
            if not items:
                break
            with transaction.atomic():
                made += import_entry.enter(batch, [item for item in items if item.is_wanted])
                batch.done = items[-1].position
                taken.keep(done=batch.done, report=batch.report)
            step(len(items))
        counts = dict(Counter(batch.items.filter(version__isnull=False).values_list("outcome", flat=True)))
        batch.report["entered"] = counts
        taken.keep(state=State.ENTERED, report=batch.report, done=F("total"))
    except NotNowError:
        return made
    return made


# --- Undoing ----------------------------------------------------------------------------------------


def undo(*, batch: ImportBatch, by: User | None, at: dt.datetime) -> bool:
    """From now on the batch is to be taken back; ``take_back`` does it. False for a second call."""
    with transaction.atomic():
        won = ImportBatch.objects.filter(pk=batch.pk, state=State.ENTERED).update(
            state=State.UNDONE, undone_by=by, undone_at=at, worked_at=None, done=F("total")
        )
        if won:
            audit.record("quizzes.undo_import", batch, actor=by, file=batch.file_name)
    return bool(won)


def take_back(*, batch_id: int) -> int:
    """Take back what an undone batch has made, from its end, in short transactions; returns how many versions went.

    What was used or changed since stays and is retired; ``report["kept"]`` lists it. Safe to repeat: ``done`` is the
    position down to which it came, 0 at the end.
    """
    taken = _take(batch_id, (State.UNDONE,), State.UNDONE)
    if taken is None:
        return 0
    batch = ImportBatch.objects.get(pk=batch_id)
    gone = 0
    try:
        while batch.done:
            items = list(batch.items.filter(position__lte=batch.done).order_by("-position")[:ENTER_AT_ONCE])
            with transaction.atomic():
                gone += import_entry.take_back(batch, items)
                batch.done = items[-1].position - 1 if items else 0
                if not batch.done:
                    import_entry.take_back_drawers(batch)
                taken.keep(done=batch.done, report=batch.report)
    except NotNowError:
        return gone
    ImportBatch.objects.filter(pk=batch_id, worked_at=taken.stamp).update(worked_at=None)
    return gone


# --- After a crash ----------------------------------------------------------------------------------


def take_up() -> int:
    """For the sweep: go on with what a dead worker or a lost nudge left. Returns how many batches were moved."""
    now = clock.now()
    free = Q(worked_at__isnull=True) | Q(worked_at__lt=now - DEAD_AFTER)
    waiting = ImportBatch.objects.filter(free)
    moved = 0
    lost = waiting.filter(Q(state=State.READING) | Q(state=State.WAITING, made_at__lt=now - LOST_AFTER))
    for pk in list(lost.values_list("pk", flat=True)):
        moved += int(read(batch_id=pk))
    for pk in list(waiting.filter(state=State.ENTERING).values_list("pk", flat=True)):
        moved += int(enter(batch_id=pk) > 0)
    for pk in list(waiting.filter(state=State.UNDONE, done__gt=0).values_list("pk", flat=True)):
        moved += int(take_back(batch_id=pk) > 0)
    return moved


__all__ = [
    "NotNowError",
    "choose",
    "confirm",
    "discard",
    "enter",
    "parse",
    "read",
    "receive",
    "retry",
    "take_back",
    "take_up",
    "tick",
    "undo",
]

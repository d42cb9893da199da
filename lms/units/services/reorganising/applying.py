"""Carrying a plan out. A small one is one transaction. A large one is staged: everything is worked out before the write
lock is taken, the tree switches in one short transaction, then the people go along in batches; whatever is killed in
between is taken up again, since the rows say what is done.
"""

import datetime as dt
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.db.models import Count, F, Max, Q
from django.db.models.functions import Length, Substr
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit, clock
from lms.units.models import (
    Appointment,
    DivisionType,
    Level,
    Reorganisation,
    ReorganisationMove,
    ReorganisedUnit,
    Succession,
    Unit,
    UnitCode,
    UnitList,
    UnitName,
    in_force,
)
from lms.units.queries.reorganisation import frame_of, plan_of, staying
from lms.units.rules.changes import Frame, Plan, Ref
from lms.units.services.batches import Batch, Progress, batches, insert, reset_sequences
from lms.units.services.errors import RefusedError
from lms.units.services.reorganising import following
from lms.units.services.reorganising.following import finish_if_all_went, follow
from lms.units.signals import reorganisation_confirmed, units_reorganised

# Above this many people or units the plan is carried out by a worker, in stages.
SMALL = 500
_MANY_STEPS = 50
_CHUNK = 5000
_TOLD_ONE_BY_ONE = 30
# Who waits for SQLite's lock asks every tenth of a second: without a pause between two batches it never gets it.
_BREATH = 0.12

State = Reorganisation.State
Role = ReorganisedUnit.Role


class _StaleError(Exception):
    """Somebody changed the tree between the working out and the lock."""


def apply(
    *,
    reorganisation: Reorganisation,
    by: User | None,
    at: dt.datetime,
    progress: Progress = lambda people: None,
    wait: bool = False,
) -> Reorganisation:
    """Carry the plan out; the row as it is then. A small one is ``done``; a large one is ``applying``, and a worker
    carries it on once the transaction is committed (``wait``: this process does, now: not inside a transaction).

    A second call changes nothing. ``progress`` is told how many people went along. Raises ``RefusedError`` where the
    plan is cancelled, or is not sound (the first problem). A large plan that turns out unsound is a draft again, and
    ``failure`` says why.
    """
    reorganisation.refresh_from_db()
    if reorganisation.state == State.CANCELLED:
        raise RefusedError(gettext_noop("the plan is cancelled"))
    if reorganisation.state == State.DRAFT:
        prepared = None
        if reorganisation.steps.count() <= _MANY_STEPS:
            prepared = _prepare(reorganisation)
        if prepared and prepared.is_small:
            with transaction.atomic():
                if _confirm(reorganisation, by, at):
                    _switch(reorganisation, prepared, by, at)
                    while follow(reorganisation, by=by, at=at, progress=progress):
                        pass
                    finish_if_all_went(reorganisation, at)
        else:
            with transaction.atomic():
                if _confirm(reorganisation, by, at) and not wait:
                    transaction.on_commit(lambda: _nudge(reorganisation.pk))
    if wait:
        carry_on(reorganisation_id=reorganisation.pk, at=at, progress=progress)
    reorganisation.refresh_from_db()
    return reorganisation


def _nudge(reorganisation_id: int) -> None:
    reorganisation_confirmed.send(sender=Reorganisation, reorganisation_id=reorganisation_id)


def carry_on(
    *,
    reorganisation_id: int,
    at: dt.datetime,
    progress: Progress = lambda people: None,
    seconds: float = float("inf"),
) -> int:
    """Go on with a confirmed plan wherever it stands; how many people went along in this call. Safe beside itself and
    after any kill: the switch happens once, and whoever went along is not found again. It stops after the batch in
    which ``seconds`` are over; who calls sees by ``state`` whether it is done.
    """
    until = time.monotonic() + seconds
    reorganisation = Reorganisation.objects.select_related("top", "applied_by").get(pk=reorganisation_id)
    by = reorganisation.applied_by
    if reorganisation.state == State.APPLYING and reorganisation.switched_at is None:
        _switch_staged(reorganisation, by, at)
        reorganisation.refresh_from_db()
    if reorganisation.switched_at is None:
        return 0
    moved = 0
    while number := follow(reorganisation, by=by, at=at, progress=progress):
        moved += number
        if time.monotonic() > until:
            return moved
        if number == following.BATCH:
            time.sleep(_BREATH)
    finish_if_all_went(reorganisation, at)
    return moved


# A task is ended after four minutes.
_A_TURN = 150.0


def take_up() -> int:
    """For the sweep: plans that a dead worker left behind, and people who were entered for a closing unit after it had
    been written that it closes. Returns how many people went along.
    """
    until = time.monotonic() + _A_TURN
    waiting = list(Reorganisation.objects.filter(state=State.APPLYING).values_list("pk", flat=True))
    late = (
        Appointment.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=F("unit__closed_on")),
            unit__reorganised__role=Role.CLOSED,
            unit__reorganised__people_to__isnull=False,
        )
        .order_by()
        .values_list("unit__reorganised__reorganisation_id", flat=True)
        .distinct()
    )
    moved = 0
    for pk in dict.fromkeys([*waiting, *late]):
        moved += carry_on(reorganisation_id=pk, at=clock.now(), seconds=max(until - time.monotonic(), 0))
    return moved


def _confirm(reorganisation: Reorganisation, by: User | None, at: dt.datetime) -> bool:
    won = Reorganisation.objects.filter(pk=reorganisation.pk, state=State.DRAFT).update(
        state=State.APPLYING, applied_by=by, applied_at=at, failure=""
    )
    reorganisation.refresh_from_db()
    return bool(won)


def _switch_staged(reorganisation: Reorganisation, by: User | None, at: dt.datetime) -> None:
    for _attempt in range(3):
        try:
            prepared = _prepare(reorganisation)
        except RefusedError as error:
            Reorganisation.objects.filter(pk=reorganisation.pk, switched_at__isnull=True).update(
                state=State.DRAFT, failure=str(error)[:300]
            )
            return
        try:
            with transaction.atomic():
                _switch(reorganisation, prepared, by, at)
        except _StaleError:
            continue
        return


# --- Working out -------------------------------------------------------------------------------------


@dataclass
class _Prepared:
    """All rows of the switch; ``stamp`` says of which tree they are true."""

    stamp: tuple[Any, ...]
    plan: Plan
    people: int
    units: dict[Ref, Unit]
    closing: list[Unit]
    batches: list[Batch]
    children: dict[int, int]  # staying unit → how many open below it
    names: dict[str, str]
    renamed: list[int] = field(default_factory=list)
    recoded: list[int] = field(default_factory=list)

    @property
    def is_small(self) -> bool:
        return self.people <= SMALL and len(self.closing) + len(self.units) <= SMALL


def _stamp() -> tuple[Any, ...]:
    """Changes whenever units, names or codes do. Three short queries."""
    units = Unit.objects.aggregate(last=Max("pk"), closed=Count("closed_on"), number=Count("pk"))
    names = UnitName.objects.aggregate(last=Max("pk"), ended=Count("ends_on"))
    codes = UnitCode.objects.aggregate(last=Max("pk"), ended=Count("ends_on"))
    return (*units.values(), *names.values(), *codes.values())


def _prepare(reorganisation: Reorganisation) -> _Prepared:
    """Raises ``RefusedError`` for the first problem of the plan."""
    stamp = _stamp()
    frame = frame_of(reorganisation.top, reorganisation.effective_on)
    plan = plan_of(reorganisation, frame)
    for problem in plan.problems:
        if not problem.is_warning:
            raise RefusedError(problem.reason, **problem.params)
    if not (plan.openings or plan.closings or plan.renamings):
        raise RefusedError(gettext_noop("The plan has no step"))
    units, children = _new_units(reorganisation, plan, last=stamp[0] or 0)
    closing = _closing(plan)
    for unit in closing:
        unit.closed_on, unit.closed_after = reorganisation.effective_on, reorganisation.effective_after
    names = {opening.ref: opening.name for opening in plan.openings}
    names |= {str(unit.id): unit.name for unit in frame.units.values()}
    rows = _rows(reorganisation, frame, plan, units)
    return _Prepared(
        stamp=stamp,
        plan=plan,
        people=_number_of_people(list(plan.closings), plan.day),
        units=units,
        closing=closing,
        batches=[batch for part in rows for batch in batches(part)],
        children=children,
        names=names,
        renamed=[row.unit for row in plan.renamings if _is_renamed(frame, row)],
        recoded=[row.unit for row in plan.renamings if row.code != frame.units[row.unit].code],
    )


def _is_renamed(frame: Frame, row: Any) -> bool:
    old = frame.units[row.unit]
    return bool((row.name, row.type) != (old.name, old.type))


def _number_of_people(units: list[int], day: dt.date) -> int:
    return sum(staying(units[start : start + _CHUNK], day).count() for start in range(0, len(units), _CHUNK))


def _closing(plan: Plan) -> list[Unit]:
    ids = list(plan.closings)
    found = [
        unit
        for start in range(0, len(ids), _CHUNK)
        for unit in Unit.objects.select_related("level").filter(pk__in=ids[start : start + _CHUNK])
    ]
    return sorted(found, key=lambda unit: str(unit.path))


def _new_units(reorganisation: Reorganisation, plan: Plan, *, last: int) -> tuple[dict[Ref, Unit], dict[int, int]]:
    """The units to open with key and path, and how many of them stand right below each staying unit."""
    levels = {level.key: level for level in Level.objects.all()}
    staying_ids = {int(opening.parent) for opening in plan.openings if opening.parent.isdecimal()}
    parents: dict[Ref, Unit] = {str(unit.pk): unit for unit in Unit.objects.filter(pk__in=staying_ids)}
    steps = _last_steps(reorganisation.top)
    children: dict[int, int] = defaultdict(int)
    made: dict[Ref, Unit] = {}
    for number, opening in enumerate(plan.openings, start=1):
        parent = parents[opening.parent]
        steps[parent.path] = steps.get(parent.path, 0) + 1
        unit = Unit(
            pk=last + number,
            path=Unit._get_path(parent.path, parent.depth + 1, steps[parent.path]),
            depth=parent.depth + 1,
            numchild=0,
            level=levels[opening.level],
            opened_on=reorganisation.effective_on,
            opened_after=reorganisation.effective_after,
        )
        if opening.parent.isdecimal():
            children[parent.pk] += 1
        else:
            parent.numchild += 1
        made[opening.ref] = parents[opening.ref] = unit
    return made, dict(children)


def _last_steps(top: Unit) -> dict[str, int]:
    """Path of each unit that has, or ever had, units right below it → the last step given there. One query."""
    rows = (
        Unit.objects.within(top)
        .filter(depth__gt=top.depth)
        .order_by()
        .annotate(parent=Substr("path", 1, Length("path") - Unit.steplen))
        .values_list("parent")
        .annotate(last=Max("path"))
    )
    return {parent: Unit._str2int(last[-Unit.steplen :]) for parent, last in rows}


def _rows(reorganisation: Reorganisation, frame: Frame, plan: Plan, units: dict[Ref, Unit]) -> list[list[models.Model]]:
    day, after = reorganisation.effective_on, reorganisation.effective_after
    types = {(kind.level.key, kind.key): kind for kind in DivisionType.objects.select_related("level")}

    def id_of(ref: Ref) -> int:
        return int(units[ref].pk) if ref in units else int(ref)

    names: list[models.Model] = []
    codes: list[models.Model] = []
    for opening in plan.openings:
        unit, kind = units[opening.ref], types.get((opening.level, opening.type))
        names.append(UnitName(unit=unit, type=kind, full_name=opening.name, short_name=opening.short_name))
        if opening.code:
            codes.append(UnitCode(unit=unit, code=opening.code))
    for row in plan.renamings:
        kind = types.get((frame.units[row.unit].level, row.type))
        if _is_renamed(frame, row):
            names.append(
                UnitName(unit_id=row.unit, type=kind, full_name=row.name, short_name=row.short_name, starts_on=day,
                         starts_after=after)
            )  # fmt: skip
        if row.code and row.code != frame.units[row.unit].code:
            codes.append(UnitCode(unit_id=row.unit, code=row.code, starts_on=day, starts_after=after))
    for name in names:
        name.fill_derived()  # type: ignore[attr-defined]
    basis = reorganisation.document[:200]
    said: list[tuple[Role, int, Ref, int | None]] = [(Role.OPENED, id_of(ref), ref, None) for ref in units]
    said += [(Role.RENAMED, row.unit, "", None) for row in plan.renamings]
    said += [
        (Role.CLOSED, unit, "", id_of(plan.people_to[unit]) if unit in plan.people_to else None)
        for unit in plan.closings
    ]
    return [
        list(units.values()),
        names,
        codes,
        [Succession(old_id=link.old, new_id=id_of(link.new), share=link.share, basis=basis) for link in plan.links],
        [
            ReorganisedUnit(reorganisation=reorganisation, role=role.value, unit_id=unit, ref=ref, people_to_id=to)
            for role, unit, ref, to in said
        ],
    ]


# --- The switch --------------------------------------------------------------------------------------


def _switch(reorganisation: Reorganisation, prepared: _Prepared, by: User | None, at: dt.datetime) -> None:
    """Lay the rows down, once: in a transaction of the caller. Raises ``_StaleError`` where the tree changed."""
    day, after = reorganisation.effective_on, reorganisation.effective_after
    won = Reorganisation.objects.filter(pk=reorganisation.pk, state=State.APPLYING, switched_at__isnull=True).update(
        switched_at=at, people_total=prepared.people
    )
    if not won:
        return
    # Whoever reorganises holds this row; on SQLite the transaction itself is the lock.
    list(Unit.objects.filter(depth=1).select_for_update())
    if _stamp() != prepared.stamp:
        raise _StaleError
    ids = list(prepared.plan.closings)
    for start in range(0, len(ids), _CHUNK):
        Unit.objects.filter(pk__in=ids[start : start + _CHUNK]).update(closed_on=day, closed_after=after)
    for rows, units in ((UnitName.objects, prepared.renamed), (UnitCode.objects, prepared.recoded)):
        for start in range(0, len(units), _CHUNK):
            ending = rows.filter(in_force(day), unit__in=units[start : start + _CHUNK])
            ending.update(ends_on=day, ends_after=after)
    for batch in prepared.batches:
        insert(batch)
    reset_sequences(Unit)
    for pk, number in prepared.children.items():
        Unit.objects.filter(pk=pk).update(numchild=F("numchild") + number)
    for move in ReorganisationMove.objects.filter(reorganisation=reorganisation).exclude(to_ref=""):
        move.to_unit_id = prepared.units[move.to_ref].pk if move.to_ref in prepared.units else int(move.to_ref)
        move.save(update_fields=["to_unit"])
    if reorganisation.source == Reorganisation.Source.LIST:
        UnitList.objects.create(
            as_of=day, source=reorganisation.document_number[:100], source_hash=reorganisation.list_hash, loaded_at=at
        )
    _log(reorganisation, prepared, by)
    units_reorganised.send(
        sender=Unit, closed=prepared.closing, opened=list(prepared.units.values()), on=day, by=by
    )  # fmt: skip


def _log(reorganisation: Reorganisation, prepared: _Prepared, by: User | None) -> None:
    """One entry: names where they are few, numbers where they are many."""
    plan, top = prepared.plan, reorganisation.top
    before = [prepared.names[str(unit)] for unit in plan.closings]
    before += [prepared.names[str(row.unit)] for row in plan.renamings]
    after = [opening.name for opening in plan.openings] + [row.name for row in plan.renamings]
    is_short = max(len(before), len(after)) <= _TOLD_ONE_BY_ONE
    audit.record(
        "units.reorganise",
        reorganisation,
        actor=by,
        before={"units": before if is_short else len(before)},
        after={"units": after if is_short else len(after)},
        unit=top.pk,
        path=top.path,
        document=reorganisation.document,
        on=f"{plan.day}",
        closed=len(plan.closings),
        opened=len(plan.openings),
        renamed=len(plan.renamings),
    )

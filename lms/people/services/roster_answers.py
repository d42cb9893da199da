"""Writes: what a person says of doubtful rows and of doubtful names of units; the rows are decided anew.

An answer about a row is kept in the row; one about a name of a unit is remembered for files of that unit and below.
"""

import datetime as dt
from dataclasses import replace

from django.db import transaction
from django.db.models import Q, QuerySet

from lms.accounts.models import User
from lms.core import audit, clock
from lms.people import queries
from lms.people.enums import WRITTEN, Answer, BatchState, Outcome, Refusal, Remark
from lms.people.models import RosterBatch, RosterRow, UnitChoice
from lms.people.queries.places import UnitIndex
from lms.people.rules import Problem, refused
from lms.people.services import roster_leavers
from lms.people.services.roster_deciding import DECIDED, Desk, Plan, Read, entry_of, put_decision, read_of
from lms.people.services.roster_rights import NotAllowedError, may_import
from lms.units.models import Grant, Unit
from lms.units.queries import UnitOnDay, names_on
from lms.units.scope import people_in_scope

DECIDE_AT_ONCE = 200


def answer_row(
    *, batch: RosterBatch, row_id: int, answer: str, by: User, at: dt.datetime, person_id: int | None = None
) -> bool:
    """A doubtful row means this person (one of its candidates), a new one, or is left out; it is decided anew. "" takes
    the answer back. A row whose unit is doubtful can only be left out.

    False when the batch is no longer open, or the row was not doubtful. Raises NotAllowedError, also for whoever is no
    candidate in the units of ``by``.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    with transaction.atomic():
        held = _open_batch(batch)
        row = RosterRow.objects.filter(batch=batch, pk=row_id).first()
        if held is None or row is None or not (row.outcome == Outcome.CONFLICT or row.answer):
            return False
        if answer not in ("", *Answer.values) or (row.unit_id is None and answer not in ("", Answer.OUT)):
            return False
        if answer == Answer.PERSON and not _is_candidate(row, person_id, by):
            raise NotAllowedError
        row.answer = answer
        row.answer_person_id = person_id if answer == Answer.PERSON else None
        index = None
        if row.unit_id is None and not answer:  # the answer is taken back: the unit is asked for again
            index = UnitIndex(held.unit, clock.today(), queries.unit_answers(held.unit))
        _decide([row], held, by, {row.pk: row.unit_id}, index)
        audit.record(
            "people.roster_answer", batch, actor=by, row=row.number, sheet=row.sheet, answer=answer,
            person=row.answer_person_id, unit=batch.unit_id, path=batch.unit.path,
        )  # fmt: skip
    roster_leavers.list_leavers(batch=held, importer=by, today=clock.today())
    return True


# What may be said of every row of a kind at once. That it is the person found is said only where one alone was.
OF_A_KIND = (Answer.PERSON, Answer.NEW, Answer.OUT)


def answer_kind(
    *, batch: RosterBatch, refusal: str, answer: str, by: User, at: dt.datetime, at_most: int
) -> tuple[int, int]:
    """The same answer for the rows that are doubtful for the same reason, the first ``at_most`` of them; returns how
    many were answered and how many are left. A second call goes on. Raises NotAllowedError.

    ``PERSON`` is said of rows with a single candidate in the units of ``by`` only; the others stay doubtful.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    if answer not in OF_A_KIND:
        return 0, 0
    done = 0
    # Names of units are asked by themselves.
    waiting = RosterRow.objects.filter(batch=batch, outcome=Outcome.CONFLICT, refusal=refusal, unit__isnull=False)
    pks = _answerable(waiting.order_by("pk"), answer, by)
    for start in range(0, min(len(pks), at_most), DECIDE_AT_ONCE):
        with transaction.atomic():
            held = _open_batch(batch)
            if held is None:
                return done, 0
            some = waiting.filter(pk__in=pks[start : min(start + DECIDE_AT_ONCE, at_most)])
            rows = list(some.order_by("pk"))
            for row in rows:
                row.answer = answer
                row.answer_person_id = row.candidates[0] if answer == Answer.PERSON else None
            # One by one: two rows may mean one person.
            for row in rows:
                _decide([row], held, by, {row.pk: row.unit_id})
            done += len(rows)
            audit.record(
                "people.roster_answers", batch, actor=by, answer=answer, reason=refusal, rows=len(rows),
                unit=batch.unit_id, path=batch.unit.path,
            )  # fmt: skip
    if done:
        roster_leavers.list_leavers(batch=batch, importer=by, today=clock.today())
    return done, len(pks) - done


def _answerable(rows: QuerySet[RosterRow], answer: str, by: User) -> list[int]:
    told = list(rows.values_list("pk", "candidates"))
    if answer != Answer.PERSON:
        return [pk for pk, _ in told]
    alone = {pk: candidates[0] for pk, candidates in told if len(candidates) == 1}
    wanted = sorted(set(alone.values()))
    near: set[int] = set()
    for start in range(0, len(wanted), DECIDE_AT_ONCE):
        some = User.objects.filter(
            people_in_scope(by, Grant.Right.IMPORT), pk__in=wanted[start : start + DECIDE_AT_ONCE]
        )
        near.update(some.values_list("pk", flat=True))
    return [pk for pk, person in alone.items() if person in near]


def _open_batch(batch: RosterBatch) -> RosterBatch | None:
    held = RosterBatch.objects.select_for_update(of=("self",)).select_related("unit")
    return held.filter(pk=batch.pk, state=BatchState.STAGED).first()


def _is_candidate(row: RosterRow, person_id: int | None, by: User) -> bool:
    if person_id is None or person_id not in row.candidates:
        return False
    return User.objects.filter(people_in_scope(by, Grant.Right.IMPORT), pk=person_id).exists()


def answer_unit(*, batch: RosterBatch, key: str, unit: Unit | None, by: User, at: dt.datetime) -> int:
    """A doubtful name of a unit means ``unit`` (None: rows with it are left out), here and in later files of the
    batch's unit. Returns how many rows ``decide_anew`` has to look at.

    Raises NotAllowedError, also for a unit that was not among the candidates.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    rows = open_questions(batch).filter(unit_key=key)
    first = rows.first()
    if first is None or not RosterBatch.objects.filter(pk=batch.pk, state=BatchState.STAGED).exists():
        return 0
    if unit is not None and unit.pk not in first.candidates:
        raise NotAllowedError
    with transaction.atomic():
        UnitChoice.objects.update_or_create(
            unit=batch.unit, written=key, defaults={"meaning": unit, "chosen_by": by, "chosen_at": at}
        )
        audit.record(
            "people.roster_unit", batch, actor=by, written=first.unit_text, means=unit.pk if unit else None,
            unit=batch.unit_id, path=batch.unit.path,
        )  # fmt: skip
    return rows.count()


def forget_unit(*, batch: RosterBatch, key: str, by: User) -> int:
    """What was said of a name of a unit no longer counts; its rows are doubtful again. Returns how many. Raises
    NotAllowedError.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    UnitChoice.objects.filter(unit=batch.unit, written=key).delete()
    today = clock.today()
    index = UnitIndex(batch.unit, today, queries.unit_answers(batch.unit))
    pks = list(RosterRow.objects.filter(batch=batch, unit_key=key).exclude(unit_key="").values_list("pk", flat=True))
    for start in range(0, len(pks), DECIDE_AT_ONCE):
        with transaction.atomic():
            held = _open_batch(batch)
            if held is None:
                return 0
            rows = list(RosterRow.objects.filter(pk__in=pks[start : start + DECIDE_AT_ONCE]))
            _decide(rows, held, by, {row.pk: None for row in rows}, index)
    roster_leavers.list_leavers(batch=batch, importer=by, today=today)
    return len(pks)


def open_questions(batch: RosterBatch) -> QuerySet[RosterRow]:
    """Rows whose unit is still to be told."""
    rows = RosterRow.objects.filter(batch=batch, outcome=Outcome.CONFLICT, unit__isnull=True)
    return rows.exclude(unit_key="")


def decide_anew(*, batch: RosterBatch, by: User) -> int:
    """Rows whose doubtful unit has been answered, some hundred a transaction; returns how many. May be killed and
    called again.
    """
    answers = queries.unit_answers(batch.unit)
    done = 0
    while True:
        with transaction.atomic():
            held = _open_batch(batch)
            rows = list(open_questions(batch).filter(unit_key__in=answers)[:DECIDE_AT_ONCE]) if held else []
            if held is None or not rows:
                break
            _decide(rows, held, by, {row.pk: answers[row.unit_key] for row in rows})
            done += len(rows)
    if done:
        roster_leavers.list_leavers(batch=batch, importer=by, today=clock.today())
    return done


def take_up() -> int:
    """For the sweep: answers whose rows nobody has decided anew."""
    moved = 0
    for batch in RosterBatch.objects.filter(state=BatchState.STAGED).select_related("unit", "uploaded_by"):
        if open_questions(batch).filter(unit_key__in=queries.unit_answers(batch.unit)).exists():
            moved += decide_anew(batch=batch, by=batch.uploaded_by)
    return moved


def _decide(
    rows: list[RosterRow],
    batch: RosterBatch,
    by: User,
    units: dict[int, int | None],
    index: UnitIndex | None = None,
) -> None:
    """Inside a transaction. ``units``: row → its unit; None: the row is left out for it, or, with an ``index``, looked
    up again. A row keeps its candidates, so that the answer can be changed.
    """
    desk = Desk(batch=batch, importer=by, today=clock.today(), index=index)
    names = names_on([unit for unit in units.values() if unit], clock.today())
    desk.remember(_rows_that_say_the_same(rows, batch))
    for row in rows:
        plan = _plan(desk, row, units[row.pk], names, index)
        is_main = plan.decision.person and not plan.entry.is_further
        other = _other_row(row, plan.decision.person, batch) if is_main and plan.decision.person else None
        if other:
            plan = replace(plan, decision=refused(_twice(other)))
        kept = row.candidates if row.answer else None
        key = row.unit_key
        put_decision(row, plan)
        row.candidates = row.candidates if kept is None else kept
        row.unit_key = row.unit_key or key
        row.remarks = [[remark.value, words] for remark, words in plan.entry.remarks]
        row.save(update_fields=[*DECIDED, "answer", "answer_person"])
    _decide_hanging(desk, rows, batch)


def _decide_hanging(desk: Desk, rows: list[RosterRow], batch: RosterBatch) -> None:
    """Further posts that stayed out because the row of the main post did: ``desk`` has just decided that one."""
    decided = {(row.sheet, row.number) for row in rows}
    out = RosterRow.objects.filter(batch=batch, refusal=Refusal.MAIN_OUT, unit__isnull=False).order_by("pk")
    hanging = [row for row in out if (row.refusal_words["sheet"], row.refusal_words["row"]) in decided]
    for row, plan in zip(hanging, desk.decide([read_of(row) for row in hanging]), strict=True):
        put_decision(row, plan)
        row.remarks = [[remark.value, words] for remark, words in plan.entry.remarks]
        row.save(update_fields=DECIDED)


def _plan(
    desk: Desk, row: RosterRow, unit_id: int | None, names: dict[int, UnitOnDay], index: UnitIndex | None
) -> Plan:
    said_anew = (Remark.OF_ANOTHER, Remark.CHOSEN)
    remarks = tuple((Remark(key), words) for key, words in row.remarks if key not in said_anew)
    entry = replace(entry_of(row), remarks=remarks)
    if unit_id is None and index is None:
        left_out = Problem(Refusal.UNIT_LEFT_OUT, {"value": row.unit_text})
        return Plan(entry, None, refused(Problem(Refusal.LEFT_OUT) if row.answer == Answer.OUT else left_out))
    if row.unit_key and unit_id in names:
        told = (Remark.CHOSEN, {"value": row.unit_text, "unit": names[unit_id].name})
        entry = replace(entry, remarks=(told, *remarks))
    return desk.decide([Read(entry, None, unit_id, row.answer, row.answer_person_id)])[0]


def _rows_that_say_the_same(rows: list[RosterRow], batch: RosterBatch) -> QuerySet[RosterRow]:
    """Rows of the batch that go in and give a phone or an e-mail of ``rows``."""
    said = Q(phone__in=[row.phone for row in rows if row.phone]) | Q(email__in=[row.email for row in rows if row.email])
    others = RosterRow.objects.filter(said, batch=batch, outcome__in=[*WRITTEN, Outcome.UNCHANGED])
    return others.exclude(pk__in=[row.pk for row in rows]).order_by("-pk")


def _other_row(row: RosterRow, person_id: int, batch: RosterBatch) -> RosterRow | None:
    others = RosterRow.objects.filter(batch=batch, person=person_id, outcome__in=[*WRITTEN, Outcome.UNCHANGED])
    return next((other for other in others.exclude(pk=row.pk) if not entry_of(other).is_further), None)


def _twice(other: RosterRow) -> Problem:
    if other.sheet:
        return Problem(Refusal.TWICE_ON_SHEET, {"sheet": other.sheet, "row": other.number})
    return Problem(Refusal.TWICE_IN_FILE, {"row": other.number})

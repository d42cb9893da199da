"""Giving a task, changing it, taking it back. Every one of them is in the log."""

import datetime as dt
from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop
from wagtail.models import ModelLogEntry

from courses.models import Course
from lms.accounts.models import User
from lms.core import audit, clock, text
from lms.plans import rules
from lms.plans.models import Assignment, BasisDocument
from lms.plans.queries.carrying import stand_of, stands_on
from lms.units.models import Appointment, Grant, Level, Unit
from lms.units.queries import names_on
from lms.units.scope import granted_paths
from lms.units.services.errors import RefusedError

_TRIES = 20
_CHUNK = 500


class NotAllowedError(Exception):
    """Without the right to assign training over the unit."""


def enter_document(
    *, reference: str, date_as_written: str = "", kind: str = "", issuer: str = "", title: str = ""
) -> BasisDocument:
    """The document of that number, date and issuer, as written but for stray spaces. The same again is the same row;
    what the row did not say yet (kind, title) is added, nothing is overwritten. Raises RefusedError without a number.
    """
    reference, date_as_written = text.clean(reference), text.clean(date_as_written)
    if not reference:
        raise RefusedError(gettext_noop("a document has a number and symbol"))
    kind, title = text.clean(kind), text.clean(title)
    document, made = BasisDocument.objects.get_or_create(
        reference=reference,
        date_as_written=date_as_written,
        issuer=text.clean(issuer),
        defaults={"kind": kind, "title": title, "issued_on": rules.day_as_written(date_as_written)},
    )
    if not made:
        missing = [name for name, value in (("kind", kind), ("title", title)) if value and not getattr(document, name)]
        for name in missing:
            setattr(document, name, {"kind": kind, "title": title}[name])
        if missing:
            document.save(update_fields=missing)
    return document


@transaction.atomic
def assign(
    *,
    course: Course,
    unit: Unit,
    levels: Iterable[Level] = (),
    positions: Iterable[str] = (),
    duties: Iterable[str] = (),
    deadline: dt.date | None = None,
    basis: BasisDocument | None = None,
    contact_name: str,
    contact_phone: str,
    note: str = "",
    by: User,
    at: dt.datetime,
) -> Assignment:
    """Give ``course`` as a task to those of the subtree of ``unit`` who fit (see ``rules.Aim``). A second call with the
    same task while the first stands returns the first, so that a button pressed twice gives one task.

    Raises NotAllowedError without the right over the unit on that day, RefusedError for a retired course, a duty that
    does not exist, nobody to ask, or a deadline that is over.
    """
    _must_be_allowed(by, unit, at)
    chosen_levels = sorted(levels, key=lambda level: level.rank)
    chosen_positions = list(dict.fromkeys(cleaned for entry in positions if (cleaned := text.clean(entry))))
    chosen_duties = sorted(set(duties))
    if course.retired_at is not None:
        raise RefusedError(gettext_noop("the course is no longer offered"))
    if set(chosen_duties) - set(Appointment.Duty.values):
        raise RefusedError(gettext_noop("there is no such duty"))
    _must_be_in_time(deadline, at)
    contact_name, contact_phone = _contact(contact_name, contact_phone)
    # Two clicks of one person wait for each other here.
    Unit.objects.select_for_update().get(pk=unit.pk)
    fields = {
        "course": course,
        "unit": unit,
        "positions": chosen_positions,
        "duties": chosen_duties,
        "deadline": deadline,
        "basis": basis,
        "contact_name": contact_name,
        "contact_phone": contact_phone,
        "note": text.clean(note),
    }
    ids = {level.pk for level in chosen_levels}
    for same in Assignment.objects.filter(**fields, withdrawn_at__isnull=True).prefetch_related("levels"):
        if {level.pk for level in same.levels.all()} == ids:
            return same
    assignment = _with_code(Assignment(**fields, assigned_by=by, assigned_at=at))
    assignment.levels.set(chosen_levels)
    audit.record(
        "plans.assign", assignment, actor=by, course=course.pk, unit=unit.pk, path=unit.path,
        positions=chosen_positions, levels=[level.key for level in chosen_levels], duties=chosen_duties,
        deadline=_iso(deadline), basis=basis.reference if basis else "", contact=f"{contact_name}, {contact_phone}",
    )  # fmt: skip
    return assignment


def _with_code(assignment: Assignment) -> Assignment:
    for _try in range(_TRIES):
        assignment.code = rules.new_code()
        try:
            with transaction.atomic():
                assignment.save(force_insert=True)
        except IntegrityError:
            if not Assignment.objects.filter(code=assignment.code).exists():
                raise
            assignment.pk = None
        else:
            return assignment
    raise RuntimeError("No free code for a short link.")


@transaction.atomic
def change(
    *,
    assignment: Assignment,
    deadline: dt.date | None,
    contact_name: str,
    contact_phone: str,
    note: str = "",
    by: User,
    at: dt.datetime,
) -> Assignment:
    """Another deadline or another person to ask; whom the task is for never changes (withdraw it and give another).

    The log keeps before and after. What is already so changes nothing and is not logged. Raises NotAllowedError,
    RefusedError for a task that was withdrawn, or for a new deadline that is over.
    """
    _must_be_allowed(by, stand_of(assignment, clock.day_of(at)).unit, at)
    current = Assignment.objects.select_for_update().get(pk=assignment.pk)
    if current.withdrawn_at:
        raise RefusedError(gettext_noop("the task was withdrawn"))
    contact_name, contact_phone = _contact(contact_name, contact_phone)
    if deadline != current.deadline:
        _must_be_in_time(deadline, at)
    after = {
        "deadline": deadline, "contact_name": contact_name, "contact_phone": contact_phone, "note": text.clean(note),
    }  # fmt: skip
    changed = [name for name, value in after.items() if getattr(current, name) != value]
    if changed:
        before = {name: _said(getattr(current, name)) for name in changed}
        for name in changed:
            setattr(current, name, after[name])
        current.save(update_fields=changed)
        audit.record(
            "plans.change", current, actor=by, before=before, after={name: _said(after[name]) for name in changed},
            unit=current.unit_id, path=current.unit.path,
        )  # fmt: skip
    return current


@transaction.atomic
def withdraw(*, assignment: Assignment, by: User, reason: str, at: dt.datetime) -> Assignment:
    """The task no longer stands from now on; what people have learnt stays theirs. A second call changes nothing."""
    _must_be_allowed(by, stand_of(assignment, clock.day_of(at)).unit, at)
    current = Assignment.objects.select_for_update().get(pk=assignment.pk)
    if current.withdrawn_at is None:
        current.withdrawn_at, current.withdrawn_by, current.withdrawn_reason = at, by, text.clean(reason)
        current.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        audit.record(
            "plans.withdraw", current, actor=by, reason=current.withdrawn_reason, unit=current.unit_id,
            path=current.unit.path,
        )  # fmt: skip
    return current


def carry_over(*, closed: Iterable[Unit], on: dt.date, by: User | None = None) -> list[Assignment]:
    """Log, for each standing task of the units that closed on ``on``, where it goes on from that day; those that do.

    Nothing else is to be written: a task stands by itself in the unit into which its own went whole (queries.carrying).
    One that was divided or dissolved keeps its tasks, and somebody gives them anew. A second call logs nothing twice.
    """
    ids = [unit.pk for unit in closed]
    carried = []
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        standing = Assignment.objects.filter(unit__in=chunk, withdrawn_at__isnull=True)
        carried += _log_carried(list(standing.select_related("unit")), on, by)
    return carried


def _log_carried(tasks: list[Assignment], on: dt.date, by: User | None) -> list[Assignment]:
    stands = stands_on({task.unit_id: task.unit for task in tasks}.values(), on)
    moved = [task for task in tasks if stands[task.unit_id].came]
    names = names_on([unit for task in moved for unit in (task.unit_id, stands[task.unit_id].unit)], on)
    told = _logged(moved)
    for task in moved:
        heir = stands[task.unit_id].unit
        if (task.pk, heir.pk) in told:
            continue
        audit.record(
            "plans.carry_over", task, actor=by, unit=heir.pk, path=heir.path, on=_iso(on),
            before={"unit": names[task.unit_id].name}, after={"unit": names[heir.pk].name},
        )  # fmt: skip
    return moved


def _logged(tasks: list[Assignment]) -> set[tuple[int, int]]:
    """The task and the unit to which it was said to have gone."""
    if not tasks:
        return set()
    entries = ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Assignment),
        object_id__in=[str(task.pk) for task in tasks],
        action="plans.carry_over",
    )
    return {(int(entry.object_id), entry.data["unit"]) for entry in entries}


def _must_be_allowed(by: User, unit: Unit, at: dt.datetime) -> None:
    if not unit.path.startswith(tuple(granted_paths(by, Grant.Right.ASSIGN, on=clock.day_of(at)))):
        raise NotAllowedError


def _must_be_in_time(deadline: dt.date | None, at: dt.datetime) -> None:
    if deadline and deadline < clock.day_of(at):
        raise RefusedError(gettext_noop("the deadline is over already"))


def _contact(name: str, phone: str) -> tuple[str, str]:
    name, phone = text.clean(name), text.clean(phone)
    if not name or not phone:
        raise RefusedError(gettext_noop("a task names whom to ask, with a telephone number"))
    return name, phone


def _said(value: object) -> str:
    return _iso(value) if isinstance(value, dt.date) else str(value or "")


def _iso(day: dt.date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else ""

"""Writes: who leaves because a file is the full list of a unit and he is not in it; the guard against too many.

Leaving ends the appointment. The account stays as it is: what was learned stays, and who serves elsewhere goes on.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from lms.accounts.models import User
from lms.accounts.rules import counts_as_staff
from lms.core import audit, clock, text
from lms.people.enums import BatchState, Outcome, Refusal, Sync
from lms.people.models import Approval, RosterBatch, RosterLeaver, RosterRow
from lms.people.services.roster_rights import NotAllowedError, may_import
from lms.units.models import Appointment, Unit
from lms.units.services.appointments import end_appointment
from lms.units.services.errors import RefusedError

ACTION = "people.roster_leavers"
# More than this share of those who serve, and more than so many of them, leave only if a second person agrees.
GUARD_PERCENT = 10
GUARD_PEOPLE = 3
LIST_AT_ONCE = 500
WRITE_AT_ONCE = 50


class LeaversError(Exception):
    """So many would leave that a second person has to agree first."""


@dataclass(frozen=True)
class Guard:
    """How many people would leave of how many who serve, whether that needs a second person, and who has agreed."""

    leaving: int
    serving: int
    is_needed: bool
    is_allowed: bool

    @property
    def percent(self) -> float:
        return 100 * self.leaving / self.serving if self.serving else 0.0


def guard_of(batch: RosterBatch) -> Guard:
    """One query; none for a file that lets nobody go."""
    if batch.sync == Sync.ADD:
        return Guard(0, 0, False, False)
    leaving = _going(batch).values("appointment__person").distinct().count()
    too_many = leaving > GUARD_PEOPLE and leaving * 100 > batch.serving * GUARD_PERCENT
    return Guard(leaving, batch.serving, too_many, batch.leaving_allowed_at is not None)


def refuse_too_many(batch: RosterBatch) -> None:
    guard = guard_of(batch)
    if guard.is_needed and not guard.is_allowed:
        raise LeaversError


def _going(batch: RosterBatch) -> QuerySet[RosterLeaver]:
    return RosterLeaver.objects.filter(batch=batch, stays=False)


# --- Who leaves -------------------------------------------------------------------------------------


def list_leavers(*, batch: RosterBatch, importer: User, today: dt.date) -> int:
    """Who serves where the file is the full list, and is neither in it nor, perhaps, in a row that is refused or still
    to be decided. Returns how many appointments would end. A second call lists anew and keeps what was said of each.

    Whoever holds rights over others, and the importer himself, stays until a person names him.
    """
    if batch.sync == Sync.ADD:
        return 0
    day = batch.leaving_on or today
    held = _serving(batch, day)
    said = dict(RosterLeaver.objects.filter(batch=batch).values_list("appointment_id", "stays"))
    staff = _staff(held, importer)
    gone = _missing(batch, held, day)
    made = [
        RosterLeaver(
            batch=batch,
            appointment_id=post_id,
            is_guarded=person_id in staff,
            stays=said.get(post_id, person_id in staff),
        )
        for post_id, person_id in gone
    ]
    RosterLeaver.objects.filter(batch=batch).delete()
    for start in range(0, len(made), LIST_AT_ONCE):
        RosterLeaver.objects.bulk_create(made[start : start + LIST_AT_ONCE])
    serving = held.values("person_id").distinct().count()
    changed: dict[str, Any] = {"serving": serving}
    if {leaver.appointment_id for leaver in made} - said.keys():
        # Whoever agreed has not seen these.
        changed |= {"leaving_allowed_by": None, "leaving_allowed_at": None}
    RosterBatch.objects.filter(pk=batch.pk).update(**changed)
    return len(made)


def _serving(batch: RosterBatch, day: dt.date) -> QuerySet[Appointment]:
    """The appointments that hold on ``day`` where the file is the full list."""
    held = Appointment.objects.on(day)
    if batch.sync == Sync.ALL:
        return held.filter(unit__in=Unit.objects.filter(path__startswith=batch.unit.path))
    return held.filter(unit__in=RosterRow.objects.filter(batch=batch, unit__isnull=False).values("unit_id"))


def _missing(batch: RosterBatch, held: QuerySet[Appointment], day: dt.date) -> list[tuple[int, int]]:
    """(Appointment, person) of those who are not in the file. One that began on the very day cannot end on it."""
    rows = RosterRow.objects.filter(batch=batch)
    doubtful = rows.filter(outcome__in=[Outcome.CONFLICT, Outcome.REFUSED])
    perhaps = {pk for pks in doubtful.filter(unit_key="").values_list("candidates", flat=True) for pk in pks}
    names = {text.fold(name) for name in doubtful.values_list("full_name", flat=True)}
    absent = held.filter(starts_on__lt=day).exclude(person__in=rows.filter(person__isnull=False).values("person_id"))
    found = absent.order_by("unit__path", "person__name_sort_key", "pk")
    return [
        (pk, person_id)
        for pk, person_id, folded in found.values_list("pk", "person_id", "person__name_folded")
        if person_id not in perhaps and folded not in names
    ]


def _staff(held: QuerySet[Appointment], importer: User) -> set[int]:
    """Those who serve there and have rights over others, and the importer. Who may be staff is asked of few: those
    with a grant, a group or a superuser's account.
    """
    marked = Q(is_superuser=True) | Q(is_staff=True) | Q(groups__isnull=False) | Q(grants__isnull=False)
    perhaps = User.objects.filter(marked, pk__in=held.values("person_id")).distinct()
    return {person.pk for person in perhaps if counts_as_staff(person)} | {importer.pk}


def say_who_stays(*, batch: RosterBatch, leaver_id: int, stays: bool, by: User, at: dt.datetime) -> bool:
    """Somebody on the list stays after all, or leaves by name. False when the batch is no longer open, or nothing
    changed. Raises NotAllowedError.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    with transaction.atomic():
        held = RosterBatch.objects.select_for_update().filter(pk=batch.pk, state=BatchState.STAGED).first()
        leaver = RosterLeaver.objects.filter(batch=batch, pk=leaver_id).exclude(stays=stays).first()
        if held is None or leaver is None:
            return False
        leaver.stays = stays
        leaver.save(update_fields=["stays"])
        if not stays:
            RosterBatch.objects.filter(pk=batch.pk).update(leaving_allowed_by=None, leaving_allowed_at=None)
        audit.record(
            "people.roster_leaver", leaver.appointment.person, actor=by, batch=batch.pk, stays=stays,
            unit=leaver.appointment.unit_id, path=leaver.appointment.unit.path,
        )  # fmt: skip
    return True


# --- The second person ------------------------------------------------------------------------------


def payload_of(batch: RosterBatch) -> dict[str, Any]:
    """What a second person is asked to agree to: these people, no others."""
    guard = guard_of(batch)
    pks = _going(batch).order_by("appointment_id").values_list("appointment_id", flat=True)
    digest = hashlib.sha256(",".join(map(str, pks)).encode()).hexdigest()
    return {"batch": batch.pk, "leaving": guard.leaving, "serving": guard.serving, "digest": digest}


def describe(approval: Approval) -> list[str]:
    batch = RosterBatch.objects.select_related("unit").filter(pk=approval.payload["batch"]).first()
    if batch is None or batch.leaving_on is None:
        return [_("The roster is no longer there.")]
    leaving, serving = approval.payload["leaving"], approval.payload["serving"]
    names = _going(batch).select_related("appointment__person").order_by("pk")[:20]
    told = ngettext(
        "By the roster “%(file)s” of %(unit)s, %(leaving)s of %(serving)s person would leave on %(day)s.",
        "By the roster “%(file)s” of %(unit)s, %(leaving)s of %(serving)s people would leave on %(day)s.",
        serving,
    )
    words = {
        "file": batch.file_name, "unit": batch.unit, "leaving": leaving, "serving": serving,
        "day": f"{batch.leaving_on:%d/%m/%Y}",
    }  # fmt: skip
    listed = ", ".join(str(leaver.appointment.person) for leaver in names)
    return [
        told % words,
        _("Among them: %(names)s.") % {"names": listed},
        _("Their appointments end; their accounts and results stay. The roster itself is still to be confirmed."),
    ]


def allow(approval: Approval, by: User, at: dt.datetime) -> None:
    """The second person agrees: from now on the batch may be confirmed. Raises RefusedError where other people would
    leave by now.
    """
    batch = RosterBatch.objects.select_for_update().filter(pk=approval.payload["batch"]).first()
    if batch is None or batch.state != BatchState.STAGED or payload_of(batch) != approval.payload:
        raise RefusedError(gettext_noop("the roster has changed since this was asked"))
    RosterBatch.objects.filter(pk=batch.pk).update(leaving_allowed_by=by, leaving_allowed_at=at)


# --- Writing ----------------------------------------------------------------------------------------


def write_some(*, batch: RosterBatch, at: dt.datetime) -> int | None:
    """End some fifty appointments of a confirmed batch, inside the caller's transaction; returns how many, None when
    none is left to end.
    """
    waiting = _going(batch).filter(written_at__isnull=True, problem="")
    some = list(waiting.select_related("appointment__person", "appointment__unit")[:WRITE_AT_ONCE])
    if not some:
        return None
    return sum(_end(batch, leaver, at) for leaver in some)


def _end(batch: RosterBatch, leaver: RosterLeaver, at: dt.datetime) -> int:
    post, day = leaver.appointment, batch.leaving_on or clock.today()
    before = post.ends_on
    is_back = RosterRow.objects.filter(batch=batch, person=post.person).exists()
    try:
        if is_back or (before and before <= day) or not post.unit.path.startswith(batch.unit.path):
            raise RefusedError(gettext_noop("the appointment has changed"))
        with transaction.atomic():
            end_appointment(appointment=post, ends_on=day, actor=batch.confirmed_by)
    except RefusedError:
        RosterLeaver.objects.filter(pk=leaver.pk).update(problem=Refusal.CHANGED_MEANWHILE)
        return 0
    undo = {"ended": [post.pk, before.isoformat() if before else None, day.isoformat()]}
    RosterLeaver.objects.filter(pk=leaver.pk).update(written_at=at, undo=undo)
    return 1

"""People go along with their units: the old appointment ends on the day, a new one begins in the successor."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit
from lms.units.models import Appointment, Grant, Reorganisation, ReorganisationMove, ReorganisedUnit, Unit
from lms.units.queries.reorganisation import frame_of, plan_of, preview
from lms.units.queries.tree import names_on
from lms.units.queries.undecided import undecided
from lms.units.rules.changes import Ref
from lms.units.services import appointments
from lms.units.services.batches import Progress
from lms.units.services.errors import RefusedError

# So many people a transaction: well under the two seconds that an answer may wait.
BATCH = 200
Role = ReorganisedUnit.Role


@dataclass(frozen=True)
class _Way:
    appointment: Appointment
    to: int | None


def follow(
    reorganisation: Reorganisation, *, by: User | None, at: dt.datetime, progress: Progress = lambda people: None
) -> int:
    """One batch, in one transaction: decisions first, then those who follow by themselves. How many; 0 at the end."""
    with transaction.atomic():
        moved = _carry_out_decisions(reorganisation, by, at)
        if not moved:
            rows = _waiting(reorganisation).select_related("person").select_for_update(of=("self",))[:BATCH]
            ways = [_Way(row, row.people_to) for row in rows]  # type: ignore[attr-defined]
            moved = _move(reorganisation, ways, by)
        if moved:
            Reorganisation.objects.filter(pk=reorganisation.pk).update(people_moved=F("people_moved") + moved)
    if moved:
        progress(moved)
    return moved


def _waiting(reorganisation: Reorganisation) -> QuerySet[Appointment]:
    """Appointments that follow a closed unit and have not done so; nobody decided otherwise for them."""
    then = Q(ends_on__isnull=True) | Q(ends_on__gt=reorganisation.effective_on)
    return (
        Appointment.objects.filter(
            then,
            unit__reorganised__reorganisation=reorganisation,
            unit__reorganised__role=Role.CLOSED,
            unit__reorganised__people_to__isnull=False,
        )
        .annotate(people_to=F("unit__reorganised__people_to"))
        .order_by("pk")
    )


def _carry_out_decisions(reorganisation: Reorganisation, by: User | None, at: dt.datetime) -> int:
    then = Q(appointment__ends_on__isnull=True) | Q(appointment__ends_on__gt=reorganisation.effective_on)
    moves = list(
        ReorganisationMove.objects.filter(then, reorganisation=reorganisation, moved_at__isnull=True)
        .select_related("appointment__person")
        .order_by("pk")[:BATCH]
    )
    moved = _move(reorganisation, [_Way(move.appointment, move.to_unit_id) for move in moves], by)
    ReorganisationMove.objects.filter(pk__in=[move.pk for move in moves]).update(moved_at=at)
    return moved


def _move(reorganisation: Reorganisation, ways: list[_Way], by: User | None) -> int:
    day, decision = reorganisation.effective_on, reorganisation.document[:100]
    if not ways:
        return 0
    ending = [way for way in ways if way.appointment.starts_on < day]
    Appointment.objects.filter(pk__in=[way.appointment.pk for way in ending]).update(ends_on=day)
    Appointment.objects.bulk_create(
        Appointment(
            person_id=way.appointment.person_id,
            unit_id=way.to,
            position=way.appointment.position,
            page_duty=way.appointment.page_duty,
            is_primary=way.appointment.is_primary,
            is_acting=way.appointment.is_acting,
            starts_on=day,
            ends_on=way.appointment.ends_on,
            decision=decision,
        )
        for way in ending
        if way.to
    )
    # One that begins on the day or later was made for a unit that is not there any more: the row itself is corrected.
    corrected: dict[int, list[int]] = defaultdict(list)
    for way in ways:
        if way.appointment.starts_on >= day and way.to:
            corrected[way.to].append(way.appointment.pk)
    for to, rows in corrected.items():
        Appointment.objects.filter(pk__in=rows).update(unit=to)
    _log(reorganisation, ways, by)
    return len(ways)


def _log(reorganisation: Reorganisation, ways: Iterable[_Way], by: User | None) -> None:
    day = reorganisation.effective_on
    units = {pk for way in ways for pk in (way.appointment.unit_id, way.to) if pk}
    named = names_on(units, day)
    for way in ways:
        old = named[way.appointment.unit_id]
        new = named[way.to] if way.to else None
        audit.record(
            "units.follow",
            way.appointment.person,
            actor=by,
            before={"unit": old.name},
            after={"unit": new.name if new else ""},
            unit=(new or old).id,
            path=(new or old).path,
            document=reorganisation.document,
            on=f"{day}",
            reorganisation=reorganisation.pk,
        )


def finish_if_all_went(reorganisation: Reorganisation, at: dt.datetime) -> bool:
    """Whether the plan is done: the tree is switched and nobody waits. Those for whom a person decides may still be
    undecided: they stay where they are, and are listed, until somebody does.
    """
    if _waiting(reorganisation).exists():
        return False
    changed = Reorganisation.objects.filter(
        pk=reorganisation.pk, state=Reorganisation.State.APPLYING, switched_at__isnull=False
    ).update(state=Reorganisation.State.DONE, done_at=at)
    return bool(changed)


# --- What a person decides ---------------------------------------------------------------------------


@transaction.atomic
def decide_moves(
    *, reorganisation: Reorganisation, decisions: Mapping[int, Ref | None], by: User | None, at: dt.datetime
) -> int:
    """``decisions``: id of a doubtful appointment → where the person goes on, as the plan or the tree calls it ("3/0",
    "123"), None for nowhere. How many decisions are new or changed.

    In a draft they are kept and may be decided again; after the tree's switch they happen at once, and what happened
    stays. Raises ``RefusedError`` for an appointment that is not doubtful, and for a unit that is not open that day.
    """
    current = Reorganisation.objects.select_for_update(of=("self",)).select_related("top").get(pk=reorganisation.pk)
    if current.state == Reorganisation.State.CANCELLED:
        raise RefusedError(gettext_noop("the plan is cancelled"))
    known = _known_moves(current, decisions)
    wanted = {pk: to for pk, to in decisions.items() if known.get(pk, _NEVER) != (to or "")}
    if not wanted:
        return 0
    doubtful = _begin_of_doubtful(current, wanted)
    places = _Places(current)
    for pk, to in wanted.items():
        if pk not in doubtful:
            raise RefusedError(gettext_noop("where this person goes on is not to be decided"))
        if to is None and doubtful[pk] > current.effective_on:
            raise RefusedError(gettext_noop("the appointment begins only later: end it where it is kept"))
        ReorganisationMove.objects.update_or_create(
            reorganisation=current,
            appointment_id=pk,
            defaults={"to_ref": to or "", "to_unit_id": places.id_of(to), "decided_by": by, "decided_at": at},
        )
    audit.record(
        "units.decide_move", current, actor=by, unit=current.top_id, path=current.top.path, appointments=sorted(wanted),
        document=current.document,
    )  # fmt: skip
    if current.switched_at:
        while _carry_out_decisions(current, by, at):
            pass
    return len(wanted)


_NEVER = object()


def _known_moves(reorganisation: Reorganisation, appointment_ids: Iterable[int]) -> dict[int, Ref]:
    moves = ReorganisationMove.objects.filter(reorganisation=reorganisation, appointment__in=list(appointment_ids))
    return {move.appointment_id: move.to_ref or (str(move.to_unit_id) if move.to_unit_id else "") for move in moves}


def _begin_of_doubtful(reorganisation: Reorganisation, appointment_ids: Iterable[int]) -> dict[int, dt.date]:
    """Those of the appointments about which somebody decides, and their first day."""
    if reorganisation.switched_at:
        # Not the preview of the whole plan: ten thousand units, while a manager decides about one of them.
        own = undecided(Q(unit__reorganised__reorganisation=reorganisation)).filter(pk__in=list(appointment_ids))
        return dict(own.values_list("pk", "starts_on"))
    lines = [line.line for line in preview(reorganisation, people=0).doubtful]
    return {line.appointment_id: line.starts_on for line in lines}


class _Places:
    """What a ``Ref`` of a decision stands for, before and after the switch."""

    def __init__(self, reorganisation: Reorganisation) -> None:
        self.reorganisation = reorganisation
        rows = reorganisation.reorganised.filter(role=Role.OPENED)
        self.opened = dict(rows.values_list("ref", "unit_id"))
        self.planned: set[Ref] | None = None

    def id_of(self, ref: Ref | None) -> int | None:
        """None for nowhere, and for a unit that is only planned. Raises ``RefusedError``."""
        if not ref:
            return None
        if ref in self.opened:
            return int(self.opened[ref])
        if ref.isascii() and ref.isdecimal():
            unit = Unit.objects.filter(pk=int(ref)).first()
            if unit and appointments.is_open(unit, self.reorganisation.effective_on) and not self._closes(unit):
                return int(unit.pk)
        elif not self.reorganisation.switched_at and ref in self._planned():
            return None
        raise RefusedError(gettext_noop("the unit is not there on that day"))

    def _planned(self) -> set[Ref]:
        if self.planned is None:
            plan = plan_of(self.reorganisation)
            self.planned = {opening.ref for opening in plan.openings}
        return self.planned

    def _closes(self, unit: Unit) -> bool:
        if self.reorganisation.switched_at:
            return False
        frame = frame_of(self.reorganisation.top, self.reorganisation.effective_on)
        return unit.pk in plan_of(self.reorganisation, frame).closings


# --- Rights ------------------------------------------------------------------------------------------


@transaction.atomic
def renew_grants(
    *, reorganisation: Reorganisation, grant_ids: Iterable[int], by: User | None, at: dt.date
) -> list[Grant]:
    """Give rights over closed units anew over what took these over: from the day of the plan, or from ``at`` (today)
    where that is past; the old right ends that day, the new one keeps the end that it had. The new rows.

    A second call gives nothing twice. Raises ``RefusedError`` before the tree is switched, for a right that is not over
    a closed unit of the plan, and where not exactly one unit took over: then somebody gives it by hand.
    """
    if not Reorganisation.objects.filter(pk=reorganisation.pk, switched_at__isnull=False).exists():
        raise RefusedError(gettext_noop("the new units are not there yet"))
    closed = dict(reorganisation.reorganised.filter(role=Role.CLOSED).values_list("unit_id", "people_to_id"))
    given = []
    starts_on = max(at, reorganisation.effective_on)
    for old in Grant.objects.filter(pk__in=list(grant_ids)).select_related("person").order_by("pk"):
        to = closed.get(old.unit_id)
        if to is None:
            raise RefusedError(gettext_noop("no single unit took that one over: give the right where it belongs"))
        unit = Unit.objects.get(pk=to)
        if old.ends_on and old.ends_on <= starts_on:
            given += list(Grant.objects.filter(person=old.person, unit=unit, right=old.right).order_by("pk")[:1])
            continue
        ends_on = old.ends_on
        given.append(
            appointments.grant(
                person=old.person, unit=unit, right=old.right, starts_on=starts_on, actor=by, ends_on=ends_on
            )
        )
        appointments.revoke_grant(grant=old, ends_on=starts_on, actor=by)
    return given

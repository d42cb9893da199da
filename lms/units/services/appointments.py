"""Who serves where, and who may see what: dated rows that are opened and ended, never overwritten."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit, clock, text
from lms.units.models import Appointment, Grant, Unit
from lms.units.services.errors import RefusedError


def is_open(unit: Unit, day: dt.date) -> bool:
    return (unit.opened_on is None or unit.opened_on <= day) and (unit.closed_on is None or day < unit.closed_on)


@transaction.atomic
def appoint(
    *,
    person: User,
    unit: Unit,
    position: str,
    starts_on: dt.date,
    actor: User | None,
    page_duty: str = Appointment.Duty.NONE,
    is_primary: bool = True,
    is_acting: bool = False,
    ends_on: dt.date | None = None,
    decision: str = "",
    transfer: bool = False,
) -> Appointment:
    """``person`` serves in ``unit`` from ``starts_on`` on. A second call with the same person, unit, position and day
    returns the row of the first.

    ``transfer``: the primary appointment of that day ends where this one starts. Raises ``RefusedError`` where the unit
    is not open that day, or where a primary appointment is in the way and nothing said that it should end.
    """
    same = Appointment.objects.filter(person=person, unit=unit, position=position, starts_on=starts_on).first()
    if same:
        return same
    if not is_open(unit, starts_on):
        raise RefusedError(gettext_noop("the unit is not open on %(day)s"), day=f"{starts_on:%d/%m/%Y}")
    if ends_on is not None and ends_on <= starts_on:
        raise RefusedError(gettext_noop("an appointment ends after the day on which it starts"))
    if is_primary:
        _make_way(person=person, starts_on=starts_on, actor=actor, transfer=transfer)
    appointment = Appointment.objects.create(
        person=person, unit=unit, position=position, page_duty=page_duty, is_primary=is_primary, is_acting=is_acting,
        starts_on=starts_on, ends_on=ends_on, decision=decision,
    )  # fmt: skip
    audit.record(
        "units.appoint", person, actor=actor, unit=unit.pk, path=unit.path, position=position, page_duty=page_duty,
        on=f"{starts_on}", decision=decision,
    )  # fmt: skip
    return appointment


def _make_way(*, person: User, starts_on: dt.date, actor: User | None, transfer: bool) -> None:
    """End the primary appointment that holds on ``starts_on``; refuse what begins then or later: it was meant."""
    open_then = Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on)
    for other in Appointment.objects.filter(open_then, person=person, is_primary=True):
        if not transfer or other.starts_on >= starts_on:
            raise RefusedError(
                gettext_noop("the person has a primary appointment from %(day)s on"), day=f"{other.starts_on:%d/%m/%Y}"
            )
        end_appointment(appointment=other, ends_on=starts_on, actor=actor)


@transaction.atomic
def end_appointment(*, appointment: Appointment, ends_on: dt.date, actor: User | None) -> None:
    """``ends_on`` is the first day on which it no longer holds. A second call with the same day does nothing."""
    if appointment.ends_on == ends_on:
        return
    if ends_on <= appointment.starts_on:
        raise RefusedError(gettext_noop("an appointment ends after the day on which it starts"))
    appointment.ends_on = ends_on
    appointment.save(update_fields=["ends_on"])
    audit.record(
        "units.end_appointment", appointment.person, actor=actor, appointment=appointment.pk, unit=appointment.unit_id,
        path=appointment.unit.path, position=appointment.position, on=f"{ends_on}",
    )  # fmt: skip


@transaction.atomic
def withdraw(*, appointment: Appointment, reason: str, actor: User | None) -> bool:
    """An appointment that has not begun is taken out, as if it had never been entered; the log keeps it.

    Raises RefusedError for no reason, and for one that holds today or held before: that is ended or corrected. False
    for one that is gone already.
    """
    reason = text.clean(reason)
    if not reason:
        raise RefusedError(gettext_noop("say why it is taken out"))
    held = Appointment.objects.select_for_update(of=("self",)).select_related("unit", "person").filter(
        pk=appointment.pk
    ).first()  # fmt: skip
    if held is None:
        return False
    if held.starts_on <= clock.today():
        raise RefusedError(gettext_noop("it has begun already: end it, or correct it"))
    kept = {field: _shown(getattr(held, field)) for field in CORRECTABLE}
    held.delete()
    audit.record(
        "units.withdraw_appointment", held.person, actor=actor, reason=reason, before=kept, after={},
        unit=held.unit_id, path=held.unit.path,
    )  # fmt: skip
    return True


# What may be put right in a row that was entered wrong; anything else is another appointment.
CORRECTABLE = ("position", "page_duty", "is_acting", "starts_on", "ends_on", "decision")


@transaction.atomic
def correct(*, appointment: Appointment, values: dict[str, Any], reason: str, actor: User | None) -> bool:
    """Put a mistake right: ``values`` are fields of ``CORRECTABLE``. The log keeps before, after and why.

    What has been frozen from it (completions, certificates) stays as it was written. False where nothing differs, so
    that a second call changes nothing. Raises RefusedError for no reason, for days that are out of order, on which the
    unit is not open, or on which another primary appointment holds.
    """
    reason = text.clean(reason)
    if not reason:
        raise RefusedError(gettext_noop("say why it is corrected"))
    held = Appointment.objects.select_for_update(of=("self",)).select_related("unit", "person").get(pk=appointment.pk)
    changed = {field: value for field, value in values.items() if getattr(held, field) != value}
    if set(changed) - set(CORRECTABLE):
        raise RefusedError(gettext_noop("that cannot be corrected: end it and make another one"))
    if not changed:
        return False
    before = {field: _shown(getattr(held, field)) for field in changed}
    for field, value in changed.items():
        setattr(held, field, value)
    if held.ends_on is not None and held.ends_on <= held.starts_on:
        raise RefusedError(gettext_noop("an appointment ends after the day on which it starts"))
    if not is_open(held.unit, held.starts_on):
        raise RefusedError(gettext_noop("the unit is not open on %(day)s"), day=f"{held.starts_on:%d/%m/%Y}")
    if held.is_primary and {"starts_on", "ends_on"} & set(changed):
        _demand_alone(held)
    held.save(update_fields=list(changed))
    audit.record(
        "units.correct_appointment", held.person, actor=actor, reason=reason, before=before,
        after={field: _shown(value) for field, value in changed.items()}, appointment=held.pk, unit=held.unit_id,
        path=held.unit.path,
    )  # fmt: skip
    return True


def _shown(value: Any) -> Any:
    return f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else value


def _demand_alone(held: Appointment) -> None:
    others = Appointment.objects.filter(person=held.person_id, is_primary=True).exclude(pk=held.pk)
    after = Q(ends_on__isnull=True) | Q(ends_on__gt=held.starts_on)
    before = Q(starts_on__lt=held.ends_on) if held.ends_on else Q()
    other = others.filter(after, before).order_by("starts_on").first()
    if other:
        raise RefusedError(
            gettext_noop("the person has a primary appointment from %(day)s on"), day=f"{other.starts_on:%d/%m/%Y}"
        )


@transaction.atomic
def make_primary(*, appointment: Appointment, on: dt.date, actor: User | None) -> Appointment:
    """From ``on`` the person belongs where ``appointment`` is; what was primary goes on as a further one.

    Past days keep what they said: both rows end on that day and go on as new ones, unless they begin on it. Returns the
    row that is primary now; a second call returns it unchanged. Raises RefusedError where it does not hold that day.
    """
    rows = list(Appointment.objects.select_for_update(of=("self",)).filter(person=appointment.person_id).order_by("pk"))
    held = next((row for row in rows if row.pk == appointment.pk), None)
    if held is None or held.starts_on > on or (held.ends_on is not None and held.ends_on <= on):
        raise RefusedError(gettext_noop("it does not hold on %(day)s"), day=f"{on:%d/%m/%Y}")
    if held.is_primary:
        return held
    for other in rows:
        if other.is_primary and (other.ends_on is None or other.ends_on > on):
            if other.starts_on > on:
                raise RefusedError(
                    gettext_noop("the person has a primary appointment from %(day)s on"),
                    day=f"{other.starts_on:%d/%m/%Y}",
                )
            _go_on(other, on=on, is_primary=False)
    now = _go_on(held, on=on, is_primary=True)
    audit.record(
        "units.make_primary", now.person, actor=actor, appointment=now.pk, unit=now.unit_id, path=now.unit.path,
        position=now.position, on=f"{on}",
    )  # fmt: skip
    return now


def _go_on(row: Appointment, *, on: dt.date, is_primary: bool) -> Appointment:
    if row.starts_on == on:
        row.is_primary = is_primary
        row.save(update_fields=["is_primary"])
        return row
    ends_on, row.ends_on = row.ends_on, on
    row.save(update_fields=["ends_on"])
    return Appointment.objects.create(
        person_id=row.person_id, unit_id=row.unit_id, position=row.position, page_duty=row.page_duty,
        is_primary=is_primary, is_acting=row.is_acting, starts_on=on, ends_on=ends_on, decision=row.decision,
    )  # fmt: skip


@transaction.atomic
def grant(
    *, person: User, unit: Unit, right: str, starts_on: dt.date, actor: User | None, ends_on: dt.date | None = None
) -> Grant:
    """``right`` over the subtree of ``unit``. Where the same right holds on ``starts_on`` already, that row is returned
    as it is.
    """
    if right not in Grant.Right.values:
        raise RefusedError(gettext_noop("there is no right “%(right)s”"), right=right)
    held = Grant.objects.on(starts_on).filter(person=person, unit=unit, right=right).first()
    if held:
        return held
    given = Grant.objects.create(
        person=person, unit=unit, right=right, starts_on=starts_on, ends_on=ends_on, granted_by=actor
    )
    audit.record(
        "units.grant", person, actor=actor, unit=unit.pk, path=unit.path, right=right, on=f"{starts_on}",
        until=f"{ends_on}" if ends_on else "",
    )  # fmt: skip
    return given


@transaction.atomic
def revoke_grant(*, grant: Grant, ends_on: dt.date, actor: User | None) -> None:
    """The right no longer holds on ``ends_on``. One that would have held for no day at all is deleted: it must not
    last until the next midnight. The log keeps it. A second call does nothing.
    """
    if grant.ends_on and grant.ends_on <= ends_on:
        return
    if ends_on <= grant.starts_on:
        Grant.objects.filter(pk=grant.pk).delete()
    else:
        grant.ends_on = ends_on
        grant.save(update_fields=["ends_on"])
    audit.record(
        "units.revoke_grant", grant.person, actor=actor, unit=grant.unit_id, path=grant.unit.path, right=grant.right,
        on=f"{ends_on}",
    )  # fmt: skip

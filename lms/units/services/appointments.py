"""Who serves where, and who may see what: dated rows that are opened and ended, never overwritten."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit
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
    if is_primary:
        _make_way(person=person, starts_on=starts_on, actor=actor, transfer=transfer)
    appointment = Appointment.objects.create(
        person=person, unit=unit, position=position, page_duty=page_duty, is_primary=is_primary, starts_on=starts_on,
        decision=decision,
    )  # fmt: skip
    audit.record(
        "units.appoint", person, actor=actor, unit=unit.pk, position=position, page_duty=page_duty, on=f"{starts_on}"
    )
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
        "units.end_appointment", appointment.person, actor=actor, appointment=appointment.pk, on=f"{ends_on}"
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
    audit.record("units.grant", person, actor=actor, unit=unit.pk, right=right, on=f"{starts_on}")
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
        "units.revoke_grant", grant.person, actor=actor, unit=grant.unit_id, right=grant.right, on=f"{ends_on}"
    )

"""Renaming, closing and merging units. Units are never moved (DESIGN §3.4), so paths and past totals stay true."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit, text
from lms.units.models import DivisionType, Succession, Unit, UnitCode, UnitName, in_force
from lms.units.services.appointments import is_open
from lms.units.services.errors import RefusedError
from lms.units.signals import units_reorganised


@transaction.atomic
def rename(
    *, unit: Unit, full_name: str, short_name: str, type: DivisionType | None, on: dt.date, actor: User | None
) -> UnitName:
    """``unit`` bears a new name or type from ``on``; nothing closes. A second call returns the row of the first.

    Raises ``RefusedError`` where the unit is not open that day, or bears a later name already.
    """
    _must_be_open(unit, on)
    full_name, short_name = text.clean(full_name), text.clean(short_name)
    current = UnitName.objects.select_for_update().filter(in_force(on), unit=unit).get()
    if (current.full_name, current.type_id) == (full_name, type.pk if type else None):
        return current
    if current.ends_on is not None or current.starts_on == on:
        raise RefusedError(gettext_noop("the unit takes another name on that day or later"))
    current.ends_on = on
    current.save()
    name = UnitName.objects.create(unit=unit, full_name=full_name, short_name=short_name, type=type, starts_on=on)
    audit.record(
        "units.rename", unit, actor=actor, old=current.full_name, new=full_name, on=f"{on}", unit=unit.pk,
        path=unit.path,
    )  # fmt: skip
    return name


@transaction.atomic
def close(*, unit: Unit, on: dt.date, actor: User | None) -> list[Unit]:
    """Close ``unit`` and whatever is open below it; the units that closed. A second call closes nothing more."""
    closed = _close_subtree(unit, on)
    if closed:
        audit.record(
            "units.close", unit, actor=actor, on=f"{on}", units=len(closed), unit=unit.pk, path=unit.path
        )  # fmt: skip
        units_reorganised.send(sender=Unit, closed=closed, opened=[], on=on)
    return closed


def _close_subtree(unit: Unit, on: dt.date) -> list[Unit]:
    if Unit.objects.within(unit).filter(opened_on__gte=on).exists():
        raise RefusedError(gettext_noop("a unit of the subtree opens on that day or later"))
    closing = list(Unit.objects.within(unit).open_on(on).filter(closed_on__isnull=True))
    Unit.objects.filter(pk__in=[row.pk for row in closing]).update(closed_on=on)
    return closing


def _must_be_open(unit: Unit, day: dt.date) -> None:
    if not is_open(unit, day):
        raise RefusedError(gettext_noop("the unit is not open on %(day)s"), day=f"{day:%d/%m/%Y}")


@transaction.atomic
def merge(
    *,
    units: list[Unit],
    full_name: str,
    short_name: str,
    type: DivisionType,
    code: str,
    on: dt.date,
    actor: User | None,
    basis: str = "",
) -> Unit:
    """One new unit, beside the first of ``units``, takes all of them in whole; they close with their subtrees.

    What stood below them closes without a successor: say theirs by merging them first or by ``Succession``.
    """
    for unit in units:
        _must_be_open(unit, on)
    if len({unit.level_id for unit in units}) != 1:
        raise RefusedError(gettext_noop("only units of one level merge"))
    parent = units[0].get_parent()
    if parent is None:
        raise RefusedError(gettext_noop("the top of the tree does not merge"))
    if Unit.objects.open_on(on).filter(level=units[0].level, codes__code=code).exclude(
        pk__in=[unit.pk for unit in units]
    ).exists():  # fmt: skip
        raise RefusedError(gettext_noop("another unit bears the code %(code)s on that day"), code=code)
    new = parent.add_child(level=units[0].level, opened_on=on)
    UnitName.objects.create(unit=new, full_name=text.clean(full_name), short_name=text.clean(short_name), type=type)
    UnitCode.objects.create(unit=new, code=code)
    closed = [row for unit in units for row in _close_subtree(unit, on)]
    for unit in units:
        Succession.objects.create(old=unit, new=new, share=Succession.Share.WHOLE, basis=basis)
    audit.record(
        "units.merge", new, actor=actor, units=[unit.pk for unit in units], on=f"{on}", basis=basis, unit=new.pk,
        path=new.path,
    )  # fmt: skip
    units_reorganised.send(sender=Unit, closed=closed, opened=[new], on=on)
    return new

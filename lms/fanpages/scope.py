"""Who may say something about a unit's page, and who may confirm it. Deny is the default."""

import datetime as dt

from django.db.models import QuerySet

from lms.accounts.models import User
from lms.fanpages.models import PageRecord
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import granted_paths


def reporting_as(person: User, unit: Unit, *, on: dt.date) -> PageRecord.Source | None:
    """As what ``person`` reports the page of ``unit``: its officer (any duty for the page there on that day), its
    manager (brings in people or approves there or above), or None for a stranger. Three queries at most.
    """
    if not person.is_authenticated or not person.is_active:
        return None
    if page_posts(person, on=on).filter(unit=unit).exists():
        return PageRecord.Source.OFFICER
    rights = (Grant.Right.IMPORT, Grant.Right.APPROVE)
    if any(unit.path.startswith(path) for right in rights for path in granted_paths(person, right, on=on)):
        return PageRecord.Source.MANAGER
    return None


def page_posts(person: User, *, on: dt.date) -> QuerySet[Appointment]:
    """Appointments of that day which carry a duty for the page."""
    return Appointment.objects.on(on).filter(person=person).exclude(page_duty=Appointment.Duty.NONE)


def may_confirm(person: User, unit: Unit, *, on: dt.date) -> bool:
    """Whether ``person`` approves there or above. That nobody confirms the own report is the service's rule."""
    return any(unit.path.startswith(path) for path in granted_paths(person, Grant.Right.APPROVE, on=on))


def may_see(person: User, unit: Unit, *, on: dt.date) -> bool:
    return any(unit.path.startswith(path) for path in granted_paths(person, on=on))

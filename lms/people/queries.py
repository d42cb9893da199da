"""Reads: where a person serves, who may match a row, what a unit's text means."""

import datetime as dt
from dataclasses import dataclass

from lms.accounts.models import User
from lms.core import clock
from lms.units import queries as units
from lms.units.models import Appointment


@dataclass(frozen=True)
class Service:
    """Where somebody serves today, in words."""

    unit_name: str
    position: str
    duty: str


def services_of(person: User, *, on: dt.date | None = None) -> list[Service]:
    """The appointments of that day (default today), the primary one first. Two queries."""
    day = on or clock.today()
    held = list(Appointment.objects.on(day).filter(person=person).order_by("-is_primary", "starts_on", "pk"))
    names = units.names_on([appointment.unit_id for appointment in held], day)
    return [
        Service(
            names[appointment.unit_id].name if appointment.unit_id in names else "",
            appointment.position,
            str(Appointment.Duty(appointment.page_duty).label) if appointment.page_duty else "",
        )
        for appointment in held
    ]

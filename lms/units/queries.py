"""Reads: who serves where on a day, the tree on a day, finding a unit by what people type."""

import datetime as dt

from lms.accounts.models import User
from lms.units.models import Appointment


def primary_appointment(person: User, *, on: dt.date) -> Appointment | None:
    """Where ``person`` belongs on that day: the primary appointment, else the earliest one; None if there is none."""
    return (
        Appointment.objects.on(on)
        .filter(person=person)
        .select_related("unit__level")
        .order_by("-is_primary", "starts_on", "pk")
        .first()
    )

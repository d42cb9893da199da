"""Units closed → the tasks given to them go on in their successors."""

import datetime as dt
from typing import Any

from django.dispatch import receiver

from lms.plans import services
from lms.units.models import Unit
from lms.units.signals import units_reorganised


@receiver(units_reorganised)
def carry_over_tasks(sender: Any, closed: list[Unit], on: dt.date, **kwargs: Any) -> None:
    services.carry_over(closed=closed, on=on, by=kwargs.get("by"))

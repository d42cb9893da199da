"""Units closed → the rights that were marked when the second person was asked are given anew over the successors."""

from typing import Any

from django.dispatch import receiver

from lms.core import clock
from lms.people.services import reorganising
from lms.units.models import Unit
from lms.units.signals import units_reorganised


@receiver(units_reorganised)
def renew_rights(sender: Any, closed: list[Unit], **kwargs: Any) -> None:
    reorganising.renew_asked(closed=closed, today=clock.today())

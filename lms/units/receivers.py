"""A large plan was confirmed → a worker carries it out."""

from typing import Any

from django.dispatch import receiver

from lms.units.signals import reorganisation_confirmed
from lms.units.tasks import carry_on_reorganisation


@receiver(reorganisation_confirmed)
def let_a_worker_carry_it_out(sender: Any, reorganisation_id: int, **kwargs: Any) -> None:
    carry_on_reorganisation.delay(reorganisation_id)

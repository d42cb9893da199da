from celery import shared_task

from lms.core import clock
from lms.units.models import Reorganisation
from lms.units.services import reorganising

# A task is ended after four minutes: it hands on to the next one before.
_A_TURN = 150.0


@shared_task(name="lms.units.carry_on_reorganisation")
def carry_on_reorganisation(reorganisation_id: int) -> int:
    """Only a nudge: the rows say what is to be done, and the sweep goes on when this task is lost."""
    moved = reorganising.carry_on(reorganisation_id=reorganisation_id, at=clock.now(), seconds=_A_TURN)
    if moved and Reorganisation.objects.filter(pk=reorganisation_id, state=Reorganisation.State.APPLYING).exists():
        carry_on_reorganisation.delay(reorganisation_id)
    return moved

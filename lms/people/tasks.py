from celery import shared_task

from lms.core import clock
from lms.people.services import rosters


@shared_task(name="lms.people.write_roster")
def write_roster(batch_id: int) -> int:
    """Only a nudge: the rows say what is to be written, and the sweep writes on when this task is lost."""
    return rosters.write(batch_id=batch_id, at=clock.now())

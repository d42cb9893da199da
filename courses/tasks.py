"""Celery only nudges: driven by a row with a state, may run twice, and is found again by the sweep."""

import logging

from celery import shared_task

from courses.services import job_aids
from lms.core import clock

logger = logging.getLogger(__name__)


@shared_task(name="courses.make_job_aid")
def make_job_aid(edition_id: int) -> None:
    """Nothing for an edition whose files are there."""
    job_aids.make(edition_id=edition_id, at=clock.now())


def nudge_job_aid(edition_id: int) -> None:
    """Ask a worker. A broker that is down costs nobody anything: the sweep finds the row, or who asks for the file."""
    try:
        # Without retries, which would hold the request up for as long as the broker is away.
        make_job_aid.apply_async(args=(edition_id,), retry=False)
    except Exception:
        logger.exception("job aid %s is left to the sweep: the broker does not answer", edition_id)


def make_due_job_aids() -> int:
    """For the sweep: hand what has no file to a worker; how many there were."""
    found = job_aids.due(at=clock.now())
    for edition_id in found:
        nudge_job_aid(edition_id)
    return len(found)

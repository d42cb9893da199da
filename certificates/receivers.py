"""A course was completed → a certificate is entered in the register, in the same transaction."""

import logging
import uuid
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from certificates import services
from certificates.tasks import render
from courses.models import Completion
from courses.signals import course_completed
from lms.core import clock

logger = logging.getLogger(__name__)


@receiver(course_completed, dispatch_uid="certificates.enter_in_the_register")
def enter_in_the_register(sender: Any, completion: Completion, **kwargs: Any) -> None:
    certificate = services.issue(completion=completion, at=clock.now())
    transaction.on_commit(partial(nudge, certificate.pk))


def nudge(certificate_id: uuid.UUID) -> None:
    """Ask a worker to make the file. A broker that is down costs the learner nothing: the sweep will find the row."""
    try:
        # Without retries, which would hold the request up for as long as the broker is away.
        render.apply_async(args=(str(certificate_id),), retry=False)
    except Exception:
        logger.exception("certificate %s is left to the sweep: the broker does not answer", certificate_id)

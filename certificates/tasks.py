import uuid

from celery import shared_task

from certificates import rendering
from lms.core import clock


@shared_task(name="certificates.render")
def render(certificate_id: str) -> None:
    """Nothing for a certificate that is made, or that somebody is making."""
    rendering.make(certificate_id=uuid.UUID(certificate_id), at=clock.now())

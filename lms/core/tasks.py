from celery import shared_task
from django.core.management import call_command

from lms.core import sweeping


@shared_task(name="lms.core.sweep")
def sweep() -> None:
    sweeping.run()


@shared_task(name="lms.core.publish_scheduled")
def publish_scheduled() -> None:
    """Wagtail publishes scheduled pages only when somebody asks it to."""
    call_command("publish_scheduled")

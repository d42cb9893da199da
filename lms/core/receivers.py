from typing import Any

from celery.signals import task_postrun, task_prerun
from django.db.models.signals import pre_save
from django.dispatch import receiver
from wagtail.models import ModelLogEntry, PageLogEntry

from lms.core import origin

_running: dict[str, Any] = {}


@receiver(pre_save, sender=ModelLogEntry)
@receiver(pre_save, sender=PageLogEntry)
def say_whence(instance: ModelLogEntry | PageLogEntry, **kwargs: Any) -> None:
    """Every new entry of the log, the CMS's own too, says which request, task or command it comes from."""
    if instance._state.adding and (said := origin.told()):
        instance.data = {**(instance.data or {}), **said}


@task_prerun.connect
def begin_task(task_id: str, task: Any, **kwargs: Any) -> None:
    held = origin.coming_from(origin.Origin(task=task.name))
    held.__enter__()
    _running[task_id] = held


@task_postrun.connect
def end_task(task_id: str, **kwargs: Any) -> None:
    held = _running.pop(task_id, None)
    if held is not None:
        held.__exit__(None, None, None)

"""Who did what to whom, in Wagtail's own log, so that the CMS history and ours are one list."""

from typing import Any

from django.db.models import Model
from wagtail.log_actions import log


def record(action: str, target: Model, *, actor: Any, **data: Any) -> None:
    """Write one entry. ``action`` is registered by a ``register_log_actions`` hook of the app that uses it."""
    log(instance=target, action=action, user=actor, data=data or None)

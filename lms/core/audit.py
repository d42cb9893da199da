"""Who did what to whom, in Wagtail's own log, so that the CMS history and ours are one list."""

from typing import Any

from django.db.models import Model
from wagtail.log_actions import log


def record(
    action: str,
    target: Model,
    *,
    actor: Any,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **data: Any,
) -> None:
    """Write one entry. ``action`` is registered by a ``register_log_actions`` hook of the app that uses it.

    ``before`` and ``after``: field → what is shown of it, only of what changed. ``unit`` and ``path`` among the data
    say under whose managers' eyes the entry comes.
    """
    told = {key: value for key, value in (("reason", reason), ("before", before), ("after", after)) if value}
    log(instance=target, action=action, user=actor, data={**data, **told} or None)

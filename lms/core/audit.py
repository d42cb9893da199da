"""Who did what to whom, in Wagtail's own log, so that the CMS history and ours are one list.

The request, task or command that an entry comes from is added by itself (lms.core.origin). Entries are sealed into a
chain (lms.core.trace): they are never deleted nor changed, and emptied only by ``erase_values``.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry, Page, PageLogEntry

from lms.core import trace
from lms.core.models import EntryKind, TraceLink, TraceSalt

# Where the data of an entry about something else name a person, by account id.
PEOPLE_IN_DATA = ("person", "learner", "subject", "whom")


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


def entries_of(target: Model) -> QuerySet[ModelLogEntry]:
    """Entries about ``target``, which is no page; about a person also those whose data name the account."""
    kind = ContentType.objects.get_for_model(target, for_concrete_model=False)
    about = Q(content_type=kind, object_id=str(target.pk))
    if target._meta.label == settings.AUTH_USER_MODEL:
        for key in PEOPLE_IN_DATA:
            about |= Q(**{f"data__{key}": target.pk})
    return ModelLogEntry.objects.filter(about)


@transaction.atomic
def erase_values(target: Model, *, by: Any, at: dt.datetime) -> int:
    """Empty label and data of the entries about ``target``; how many. Who, what and when stay, and so does the chain.

    One entry says that it was done, and with it the check of the chain succeeds; it names the object by its number, so
    it may be called before or after a name is replaced. A second call empties what has been written since.
    """
    if isinstance(target, Page):
        kind, found = EntryKind.PAGE.value, PageLogEntry.objects.filter(page_id=target.pk)
    else:
        kind, found = EntryKind.MODEL.value, entries_of(target)
    return _empty(kind, found.exclude(action=trace.ERASED), target=target, by=by, at=at)


@transaction.atomic
def erase_entries(kind: str, keys: Sequence[int], *, target: Model, by: Any, at: dt.datetime) -> int:
    """``erase_values`` for single entries of a table of the log ("model" or "page"), at most 500 in one call; the entry
    that says so is about ``target``, on whose account it is done.
    """
    found = trace.ENTRIES[kind]._default_manager.filter(pk__in=keys).exclude(action=trace.ERASED)
    return _empty(kind, found, target=target, by=by, at=at)


def _empty(kind: str, found: QuerySet[Any], *, target: Model, by: Any, at: dt.datetime) -> int:
    # An entry is worth what it was when it was sealed: what nobody has sealed yet is sealed as it stands, then emptied.
    emptying = found.exclude(label="", data={})
    trace.seal_these(kind, emptying, at=at)
    keys = list(emptying.values_list("pk", flat=True))
    if not keys:
        return 0
    # Asked the other way round: the ids of a person's entries may be more than SQLite takes.
    sealed = TraceLink.objects.filter(kind=kind, entry__in=emptying.values("pk"))
    links = sorted(sealed.values_list("seq", flat=True))
    for start in range(0, len(links), 500):
        TraceSalt.objects.filter(link__in=links[start : start + 500]).delete()
    for start in range(0, len(keys), 500):
        found.model._default_manager.filter(pk__in=keys[start : start + 500]).update(label="", data={})
    log(
        instance=target,
        action=trace.ERASED,
        user=by,
        title=f"{target._meta.verbose_name} #{target.pk}",
        data={"entries": len(keys), "links": trace.spans(links)},
        timestamp=at,
    )
    return len(keys)

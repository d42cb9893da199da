"""Writes: what has been kept long enough is cleaned away, rule by rule, in short batches; a dry run only counts."""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.models import EditingSession

from lms.accounts.models import SignIn, User
from lms.core import clock
from lms.people.enums import BatchState, Outcome
from lms.people.models import DataExport, FileToErase, RetentionRun, RosterBatch, RosterRow
from lms.people.services import erasure, joining
from lms.people.services.privacy import delete_exports

logger = logging.getLogger(__name__)

BATCH = 500
SIGN_INS = dt.timedelta(days=180)
REFUSED_ROWS = dt.timedelta(days=180)
WRITTEN_ROWS = dt.timedelta(days=365)
STAGED = dt.timedelta(days=30)
EDITORS = dt.timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """``due`` counts what is over its time; ``clean`` cleans up to BATCH of it and says how many."""

    key: str
    title: str | Promise
    kept: str | Promise
    due: Callable[[dt.datetime], int]
    clean: Callable[[dt.datetime], int]


def _deleting(
    key: str, title: str | Promise, kept: str | Promise, rows: Callable[[dt.datetime], QuerySet[models.Model]]
) -> Rule:
    def clean(at: dt.datetime) -> int:
        keys = list(rows(at).values_list("pk", flat=True)[:BATCH])
        with transaction.atomic():
            rows(at).model._default_manager.filter(pk__in=keys).delete()
        return len(keys)

    return Rule(key, title, kept, lambda at: rows(at).count(), clean)


def _stale_batches(at: dt.datetime) -> QuerySet[RosterBatch]:
    return RosterBatch.objects.filter(
        state__in=(BatchState.STAGED, BatchState.FAILED, BatchState.CANCELLED), uploaded_at__lt=at - STAGED
    )


def _close_batches(at: dt.datetime) -> int:
    """A roster that nobody confirmed is cancelled; its rows and file go, that it came in stays."""
    found = list(_stale_batches(at).filter(rows__isnull=False).distinct()[:10])
    for batch in found:
        with transaction.atomic():
            if batch.stored:
                FileToErase.objects.get_or_create(storage="private", name=batch.stored, defaults={"asked_at": at})
            state = BatchState.CANCELLED if batch.state == BatchState.STAGED else batch.state
            RosterBatch.objects.filter(pk=batch.pk).update(state=state, stored="", layout={}, fault_words={})
            batch.rows.all().delete()
    return len(found)


def _joining(at: dt.datetime) -> int:
    done = joining.purge(at)
    return done.expired + done.deleted + done.emptied


def _joining_due(at: dt.datetime) -> int:
    due = joining.purge(at, dry_run=True)
    return due.expired + due.deleted + due.emptied


def _exports_due(at: dt.datetime) -> int:
    return DataExport.objects.filter(state="ready", expires_at__lte=at).count()


RULES: tuple[Rule, ...] = (
    _deleting("sessions", _("sessions that are over"), _("14 days"),
              lambda at: Session.objects.filter(expire_date__lt=at)),
    _deleting("sign_ins", _("sign-ins"), _("180 days"),
              lambda at: SignIn.objects.filter(last_seen_at__lt=at - SIGN_INS)),
    _deleting("editors", _("open editors"), _("1 day"),
              lambda at: EditingSession.objects.filter(last_seen_at__lt=at - EDITORS)),
    _deleting("refused_rows", _("refused rows of rosters"), _("180 days"),
              lambda at: RosterRow.objects.filter(outcome__in=(Outcome.REFUSED, Outcome.CONFLICT),
                                                  batch__uploaded_at__lt=at - REFUSED_ROWS)),
    _deleting("written_rows", _("written rows of rosters"), _("one year"),
              lambda at: RosterRow.objects.filter(batch__state__in=(BatchState.DONE, BatchState.UNDONE),
                                                  batch__uploaded_at__lt=at - WRITTEN_ROWS)),
    Rule("staged", _("rosters that nobody confirmed"), _("30 days"),
         lambda at: _stale_batches(at).filter(rows__isnull=False).distinct().count(), _close_batches),
    Rule("joining", _("requests to join"), _("30 days"), _joining_due, _joining),
    Rule("exports", _("packages of one's own data"), _("7 days"), _exports_due, delete_exports),
    Rule("files", _("files that nothing names any more"), _("at once"),
         lambda at: FileToErase.objects.count(), lambda at: erasure.delete_files()),
)  # fmt: skip


def dry_run(at: dt.datetime) -> dict[str, int]:
    """Rule → how many rows a run would clean now. Nothing is written."""
    return {rule.key: rule.due(at) for rule in RULES}


def run(*, at: dt.datetime, by: User | None, told: Callable[[str, int], object] | None = None) -> RetentionRun:
    """Clean by every rule, each batch in a transaction of its own; one rule that fails does not stop the others."""
    made = RetentionRun.objects.create(started_at=at, by=by)
    counts: dict[str, int] = {}
    failed: list[str] = []
    for rule in RULES:
        counts[rule.key] = 0
        try:
            # As many as were due when the rule began: what does not go must not hold the run up for ever.
            for _turn in range(rule.due(at) // BATCH + rule.due(at) // 10 + 1):
                cleaned = rule.clean(at)
                counts[rule.key] += cleaned
                if told:
                    told(rule.key, cleaned)
                if not cleaned:
                    break
        except Exception:
            logger.exception("rule %s failed", rule.key)
            failed.append(rule.key)
    made.counts, made.failed, made.finished_at = counts, failed, max(clock.now(), at)
    made.save(update_fields=["counts", "failed", "finished_at"])
    return made

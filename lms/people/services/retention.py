"""Writes: what has been kept long enough is cleaned away, rule by rule, in short batches; a dry run only counts."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Replace
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.models import EditingSession, FormState
from wagtail.models import ModelLogEntry

from certificates.models import Certificate
from courses.models import Submission
from lms.accounts.models import SignIn, User
from lms.core import audit, clock, trace
from lms.core.storage import private_storage
from lms.people.enums import BatchState, ExportState, Outcome
from lms.people.models import DataExport, FileToErase, JoinLink, RetentionRun, RosterBatch, RosterRow, Viewing
from lms.people.services import erasure, joining
from lms.people.services.privacy import delete_exports
from lms.people.trace_words import CLEANED, GROUPS
from quizzes.models import Attempt, AttemptStep, ResponseFile

logger = logging.getLogger(__name__)

BATCH = 500
SIGN_INS = dt.timedelta(days=180)
REFUSED_ROWS = dt.timedelta(days=180)
WRITTEN_ROWS = dt.timedelta(days=365)
STAGED = dt.timedelta(days=30)
EDITORS = dt.timedelta(days=1)
FORMS = dt.timedelta(days=30)
LINKS = dt.timedelta(days=180)
EXPORT_ROWS = dt.timedelta(days=365)
VIEWINGS = dt.timedelta(days=365)
# Taken out of an answer again, or left by a request that failed: so long somebody may still be at it.
UNUSED = dt.timedelta(days=30)
LOG_VALUES = dt.timedelta(days=5 * 365)


@dataclass(frozen=True)
class Rule:
    """``due`` counts what is over its time; ``clean`` cleans up to BATCH of it and says how many. ``title``: what is
    cleaned, as the log tells it too.
    """

    key: str
    kept: str | Promise
    due: Callable[[dt.datetime], int]
    clean: Callable[[dt.datetime], int]

    @property
    def title(self) -> str | Promise:
        return CLEANED[self.key]


def _deleting(key: str, kept: str | Promise, rows: Callable[[dt.datetime], QuerySet[models.Model]]) -> Rule:
    def clean(at: dt.datetime) -> int:
        keys = list(rows(at).values_list("pk", flat=True)[:BATCH])
        with transaction.atomic():
            rows(at).model._default_manager.filter(pk__in=keys).delete()
        return len(keys)

    return Rule(key, kept, lambda at: rows(at).count(), clean)


def _stale_batches(at: dt.datetime) -> QuerySet[RosterBatch]:
    """Nobody confirmed them, or nobody could read them; those that still hold rows or their file."""
    at_rest = (BatchState.READING, BatchState.STAGED, BatchState.FAILED, BatchState.CANCELLED)
    old = RosterBatch.objects.filter(state__in=at_rest, uploaded_at__lt=at - STAGED)
    rows = RosterRow.objects.filter(batch=OuterRef("pk"))
    return old.filter(Exists(rows) | ~Q(stored="") | ~Q(state__in=(BatchState.FAILED, BatchState.CANCELLED)))


def _close_batches(at: dt.datetime) -> int:
    """It is cancelled; its rows and file go, that it came in stays."""
    found = list(_stale_batches(at)[:10])
    for batch in found:
        with transaction.atomic():
            _forget([batch.stored] if batch.stored else [], at)
            state = BatchState.FAILED if batch.state == BatchState.FAILED else BatchState.CANCELLED
            RosterBatch.objects.filter(pk=batch.pk).update(state=state, stored="", layout={}, fault_words={})
            batch.rows.all().delete()
    return len(found)


def _forget(names: list[str], at: dt.datetime) -> None:
    FileToErase.objects.bulk_create(
        [FileToErase(storage="private", name=name, asked_at=at) for name in names], ignore_conflicts=True
    )


def _old_links(at: dt.datetime) -> QuerySet[JoinLink]:
    """Closed for long: a code that nobody opens any more, and a note of who keeps it."""
    closed = JoinLink.objects.filter(Q(expires_at__lt=at - LINKS) | Q(ended_at__lt=at - LINKS))
    return closed.filter(~Q(note="") | Q(requests__isnull=True)).distinct()


def _clean_links(at: dt.datetime) -> int:
    """Those by which somebody has joined stay without their note: the request says by which link."""
    keys = list(_old_links(at).values_list("pk", flat=True)[:BATCH])
    with transaction.atomic():
        found = JoinLink.objects.filter(pk__in=keys)
        found.filter(requests__isnull=True).delete()
        found.update(note="")
    return len(keys)


def _unused_answer_files(at: dt.datetime) -> QuerySet[ResponseFile]:
    """Files that the learner took out of the answer again, once the attempt is over for long."""

    def plain(expression: Any) -> Replace:
        # A uuid has its dashes in JSON and on PostgreSQL, and none on SQLite.
        words = models.TextField()
        whole = Coalesce(Cast(expression, words), Value("", words))
        return Replace(whole, Value("-", words), Value("", words))

    steps = AttemptStep.objects.annotate(said=plain("answer"), file_id=plain(OuterRef("pk")))
    in_a_step = steps.filter(question=OuterRef("question"), said__contains=F("file_id"))
    old = ResponseFile.objects.filter(uploaded_at__lt=at - UNUSED).exclude(question__attempt__state__in=Attempt.OPEN)
    old = old.annotate(said=plain("question__answer"), file_id=plain("pk"))
    return old.exclude(said__contains=F("file_id")).exclude(Exists(in_a_step))


def _clean_answer_files(at: dt.datetime) -> int:
    found = list(_unused_answer_files(at)[:BATCH])
    with transaction.atomic():
        _forget([str(row.file) for row in found], at)
        ResponseFile.objects.filter(pk__in=[row.pk for row in found]).delete()
    return len(found)


# Folders of the private storage where people's files lie, and the rows that name them.
_NAMING: tuple[tuple[str, type[models.Model], str], ...] = (
    ("responses", ResponseFile, "file"), ("practice", Submission, "screenshot"), ("certificates", Certificate, "file"),
    ("rosters", RosterBatch, "stored"), ("data-exports", DataExport, "stored"),
)  # fmt: skip


def _stray_files(at: dt.datetime) -> Iterator[str]:
    """Files that a request or a worker left when it died: no row names them. A query a folder."""
    going = set(FileToErase.objects.filter(storage="private").values_list("name", flat=True))
    for folder, model, field in _NAMING:
        listed = set(_listed(folder)) - going
        if listed:
            named = model._default_manager.exclude(**{field: ""}).values_list(field, flat=True)
            for name in sorted(listed - set(named.iterator(chunk_size=2000))):
                if private_storage().get_modified_time(name) < at - UNUSED:
                    yield name


def _listed(folder: str) -> Iterator[str]:
    try:
        folders, files = private_storage().listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in files)
    for below in folders:
        yield from _listed(f"{folder}/{below}")


def _clean_stray_files(at: dt.datetime) -> int:
    names = list(_stray_files(at))
    _forget(names, at)
    return len(names)


# Proof that people were told, asked, and obeyed; who it was about stands in no value of these.
_PROOF = ("people.publish_notice", "people.retention", "people.erase", "people.erased", "people.erased_again")
_ABOUT_PEOPLE = tuple(
    start for group in ("people", "rights", "training", "quizzes") for start in GROUPS[group][1]
)  # fmt: skip


def _old_values(at: dt.datetime) -> QuerySet[ModelLogEntry]:
    """Entries about people whose label and values are still there. What happened to units and content stays: that is
    the history of the house, not of a person.
    """
    about = Q(pk__in=[])
    for start in _ABOUT_PEOPLE:
        about |= Q(action__startswith=start)
    old = ModelLogEntry.objects.filter(about, timestamp__lt=at - LOG_VALUES)
    return old.exclude(action__in=(*_PROOF, trace.ERASED)).exclude(label="", data={}).order_by("pk")


def _empty_values(at: dt.datetime) -> int:
    """Who, what and when stay, and the chain holds: a sealed entry of this run says that it was done."""
    keys = list(_old_values(at).values_list("pk", flat=True)[:BATCH])
    run = RetentionRun.objects.filter(finished_at=None).first()
    if run is None:
        return 0
    return audit.erase_entries("model", keys, target=run, by=run.by, at=at)


def _joining(at: dt.datetime) -> int:
    done = joining.purge(at)
    return done.expired + done.deleted + done.emptied


def _joining_due(at: dt.datetime) -> int:
    due = joining.purge(at, dry_run=True)
    return due.expired + due.deleted + due.emptied


def _exports_due(at: dt.datetime) -> int:
    return DataExport.objects.filter(state="ready", expires_at__lte=at).count()


RULES: tuple[Rule, ...] = (
    _deleting("sessions", _("14 days"), lambda at: Session.objects.filter(expire_date__lt=at)),
    _deleting("sign_ins", _("180 days"), lambda at: SignIn.objects.filter(last_seen_at__lt=at - SIGN_INS)),
    _deleting("editors", _("1 day"), lambda at: EditingSession.objects.filter(last_seen_at__lt=at - EDITORS)),
    _deleting("forms", _("30 days"), lambda at: FormState.objects.filter(last_updated_at__lt=at - FORMS)),
    _deleting("refused_rows", _("180 days"),
              lambda at: RosterRow.objects.filter(outcome__in=(Outcome.REFUSED, Outcome.CONFLICT),
                                                  batch__uploaded_at__lt=at - REFUSED_ROWS)),
    _deleting("written_rows", _("one year"),
              lambda at: RosterRow.objects.filter(batch__state__in=(BatchState.DONE, BatchState.UNDONE),
                                                  batch__uploaded_at__lt=at - WRITTEN_ROWS)),
    Rule("staged", _("30 days"), lambda at: _stale_batches(at).count(), _close_batches),
    Rule("joining", _("30 days"), _joining_due, _joining),
    Rule("links", _("180 days"), lambda at: _old_links(at).count(), _clean_links),
    _deleting("viewings", _("one year"),
              lambda at: Viewing.objects.filter(ended_at__isnull=False, began_at__lt=at - VIEWINGS)),
    Rule("answer_files", _("30 days"), lambda at: _unused_answer_files(at).count(), _clean_answer_files),
    Rule("stray_files", _("30 days"), lambda at: sum(1 for _name in _stray_files(at)), _clean_stray_files),
    Rule("exports", _("7 days"), _exports_due, delete_exports),
    _deleting("export_rows", _("one year"),
              lambda at: DataExport.objects.filter(state__in=(ExportState.DELETED, ExportState.FAILED),
                                                   asked_at__lt=at - EXPORT_ROWS)),
    Rule("log_values", _("five years"), lambda at: _old_values(at).count(), _empty_values),
    # The last: what the rules before have forgotten goes in the same night.
    Rule("files", _("at once"), lambda at: FileToErase.objects.count(), lambda at: erasure.delete_files()),
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
    with transaction.atomic():
        made.save(update_fields=["counts", "failed", "finished_at"])
        audit.record("people.retention", made, actor=by, counts=counts, failed=failed)
    return made

"""What people are told about their data, what they ask for, what is handed out to them, and what was cleaned away."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import User
from lms.people.enums import ExportState, RequestKind, RequestState
from lms.people.models.approvals import Approval
from lms.units.models import Grant, Unit
from lms.units.scope import scope_q


class PrivacyNotice(models.Model):
    """What whoever signs in is told and takes note of. A published text is never changed: the next version is another
    row. ``published_by`` is nobody for the first one, which comes with the software.
    """

    version = models.PositiveSmallIntegerField(_("version"), unique=True)
    text = models.TextField(_("text"))
    digest = models.CharField(max_length=64)
    note = models.CharField(_("what is new in it"), max_length=300, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("privacy notice")
        verbose_name_plural = _("privacy notices")
        ordering = ["-version"]

    def __str__(self) -> str:
        return str(self.version)


class NoticeAcceptance(models.Model):
    """pii: the proof that a person took note of one version, and when."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    notice = models.ForeignKey(PrivacyNotice, on_delete=models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("notice taken")
        verbose_name_plural = _("notices taken")
        constraints = [models.UniqueConstraint(fields=["person", "notice"], name="a_notice_is_taken_once")]

    def __str__(self) -> str:
        return f"{self.person_id} ✓ {self.notice_id}"


class DataRequestQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        """One's own, and those of the units into which ``person`` may bring people."""
        return self.filter(Q(person=person) | scope_q(person, right=Grant.Right.IMPORT))

    def decidable_by(self, person: User) -> Self:
        """Those of the units in question; never what is about oneself."""
        return self.filter(scope_q(person, right=Grant.Right.IMPORT)).exclude(person=person)

    def open(self) -> Self:
        return self.filter(state__in=RequestState.open())


class DataRequest(models.Model):
    """pii: what a person, or the unit for a person, asks about the person's data.

    ``unit``: where the person serves, or served last; who may bring people in there answers. ``wanted``: of a
    correction, field → [as it was, as it should be]. ``approval``: the second person's, of an erasure.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=RequestKind.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    words = models.CharField(max_length=1000, blank=True)
    wanted = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["state", "due_on"], name="data_request_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(state__in=("waiting", "at_work")),
                name="one_request_of_a_kind_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "at_work"), decided_at__isnull=True)
                | (~Q(state__in=("waiting", "at_work")) & Q(decided_at__isnull=False)),
                name="an_answered_data_request_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""), name="a_refused_data_request_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class DataExport(models.Model):
    """pii: one package of everything that is held about ``person``, made by a worker and deleted at ``expires_at``.

    ``stored`` names the file in the private storage; ``done`` of ``total`` parts are written. ``taken_until``: a worker
    is at it; the claim ends by itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ExportState.choices, default=ExportState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    taken_until = models.DateTimeField(null=True, blank=True)
    stored = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("package of one's own data")
        verbose_name_plural = _("packages of one's own data")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=("waiting", "making")), name="one_export_is_made_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(stored="") & Q(expires_at__isnull=False)),
                name="a_ready_export_has_its_file",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class FileToErase(models.Model):
    """A file that nothing names any more and that must not stay: written in the transaction that forgets its name,
    gone as soon as the storage has deleted it (services.erasure.delete_files).
    """

    storage = models.CharField(max_length=20)
    name = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("file to be deleted")
        verbose_name_plural = _("files to be deleted")
        constraints = [models.UniqueConstraint(fields=["storage", "name"], name="a_file_is_deleted_once")]

    def __str__(self) -> str:
        return self.name


class RetentionRun(models.Model):
    """One cleaning, by the clock or by somebody: ``counts``: rule → rows cleaned. Unfinished: it was interrupted, and
    the next one goes on.
    """

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    counts = models.JSONField(default=dict, blank=True)
    failed = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("cleaning of old data")
        verbose_name_plural = _("cleanings of old data")
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"

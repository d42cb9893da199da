"""An attempt is a row from its first second: questions, order and deadline frozen, every answer saved as chosen."""

import secrets
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.models import Enrolment
from lms.accounts.models import User
from lms.core.storage import private_storage
from lms.units.models import Grant
from lms.units.scope import scope_q
from quizzes.models.bank import QuestionVersion
from quizzes.models.quiz import Quiz


class AttemptQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        return self.filter(Q(enrolment__user=person) | scope_q(person, path="enrolment__unit__path"))

    def owned_by(self, person: User) -> Self:
        """One's own. Answering is nobody else's business, whatever grants they hold."""
        return self.filter(enrolment__user=person)

    def markable_by(self, person: User) -> Self:
        """Of people enrolled from units where ``person`` may mark; never one's own, never a preview."""
        within = scope_q(person, path="enrolment__unit__path", right=Grant.Right.MARK)
        return self.filter(within, is_preview=False).exclude(enrolment__user=person)

    def of_enrolment(self, enrolment: Enrolment) -> Self:
        """All that count for the enrolment and use up its attempts: its own, and those made under another account of
        the same person, where two accounts were united.
        """
        standing = enrolment.united_with_id or enrolment.pk
        return self.filter(Q(enrolment=standing) | Q(enrolment__united_with=standing))

    def counted(self) -> Self:
        """Those that use up an attempt."""
        return self.filter(is_preview=False).exclude(state__in=(Attempt.State.VOIDED, Attempt.State.NOT_STARTED))

    def of_statistics(self) -> Self:
        """Finished and marked, no previews, nothing voided: the population of the item analysis."""
        return self.filter(is_preview=False, state=Attempt.State.GRADED)


def new_key() -> str:
    return secrets.token_hex(32)


class Attempt(models.Model):
    """pii. The rules are copied from the quiz when it starts, so that a later edit moves nobody's goal.

    ``rules``: the settings it is held to (quizzes.rules.states.Held). ``check_at``: when the sweep has to look at it;
    null once there is nothing left to decide. ``key``: the secret of the journal and the salvage file. ``device``: what
    the first opening left in the session, where an attempt stays on one device.
    """

    class State(models.TextChoices):
        NOT_STARTED = "not_started", _("reserved")
        IN_PROGRESS = "in_progress", _("in progress")
        OVERDUE = "overdue", _("time is up, not handed in")
        SUBMITTED = "submitted", _("handed in, to be marked")
        GRADED = "graded", _("marked")
        ABANDONED = "abandoned", _("abandoned")
        VOIDED = "voided", _("voided")

    # Nothing is decided yet: at most one of these for each learner and quiz.
    OPEN = (State.NOT_STARTED, State.IN_PROGRESS, State.OVERDUE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="attempts")
    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.IN_PROGRESS)
    is_preview = models.BooleanField(default=False)
    seed = models.PositiveBigIntegerField()
    key = models.CharField(max_length=64, default=new_key, editable=False)
    device = models.CharField(max_length=64, blank=True)
    quiz_version = models.CharField(max_length=50, blank=True)
    pass_percent = models.PositiveSmallIntegerField()
    rules = models.JSONField(default=dict)
    # How far a sequential attempt has come; what lies before is closed.
    page_reached = models.PositiveSmallIntegerField(default=1)
    reserved_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True, db_index=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    marking_due_at = models.DateTimeField(null=True, blank=True)
    score = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["quiz", "state"], name="attempts_of_a_quiz")]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "quiz", "number"], name="attempt_has_one_number"),
            models.UniqueConstraint(
                fields=["enrolment", "quiz"],
                condition=Q(state__in=("not_started", "in_progress", "overdue"), is_preview=False),
                name="one_attempt_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | (Q(score__gte=0) & Q(score__lte=1)), name="attempt_score_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(deadline_at__isnull=True) | Q(deadline_at__gt=F("started_at")),
                name="attempt_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(state="not_started", started_at__isnull=True)
                | Q(state="voided")
                | (~Q(state="not_started") & Q(started_at__isnull=False)),
                name="attempt_starts_when_it_is_opened",
            ),
            models.CheckConstraint(
                condition=~Q(state="graded") | Q(submitted_at__isnull=False, score__isnull=False),
                name="marked_attempt_was_handed_in",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class AttemptQuestion(models.Model):
    """One question of one attempt. ``order``: the frozen order of its parts; ``answer``: as chosen, null if none.

    ``sequence`` grows with every save that was taken; a save that carries an older number is refused. ``autosaved`` is
    what the script sent by itself since the last deliberate save, under ``autosaved_sequence`` (0: nothing); the later
    of the two becomes the answer when the attempt ends. ``tries``: how often it was checked while it was answered;
    ``is_settled``: no further try. ``max_mark`` has the weight of the question in it (a case set counts its items).
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField()
    section = models.PositiveSmallIntegerField(default=1)
    page = models.PositiveSmallIntegerField(default=1)
    display_number = models.CharField(max_length=10, blank=True)
    requires_previous = models.BooleanField(default=False)
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="uses")
    order = models.JSONField(default=list)
    max_mark = models.DecimalField(max_digits=6, decimal_places=2, default=1)
    answer = models.JSONField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)
    autosaved = models.JSONField(null=True, blank=True)
    autosaved_sequence = models.PositiveIntegerField(default=0)
    autosaved_at = models.DateTimeField(null=True, blank=True)
    is_flagged = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    is_settled = models.BooleanField(default=False)
    needs_marking = models.BooleanField(default=False)
    fraction = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    comment = models.TextField(blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    marked_at = models.DateTimeField(null=True, blank=True)
    question_summary = models.TextField(blank=True)
    right_summary = models.TextField(blank=True)
    answer_summary = models.TextField(blank=True)

    class Meta:
        verbose_name = _("question of an attempt")
        verbose_name_plural = _("questions of an attempt")
        ordering = ["position"]
        indexes = [
            models.Index(fields=["version"], condition=Q(needs_marking=True), name="answers_that_wait_for_a_mark")
        ]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="attempt_question_has_one_position"),
            models.UniqueConstraint(fields=["attempt", "version"], name="attempt_asks_a_question_once"),
            models.CheckConstraint(
                condition=Q(fraction__isnull=True) | (Q(fraction__gte=0) & Q(fraction__lte=1)),
                name="attempt_fraction_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(needs_marking=False) | Q(fraction__isnull=True), name="what_waits_has_no_mark"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id}#{self.position}"


class AttemptStep(models.Model):
    """pii. Append-only: what happened to the mark of one answer. ``fraction``: from that step on."""

    class Kind(models.TextChoices):
        CHECKED = "checked", _("checked while answering")
        MARKED = "marked", _("marked by a person")
        REGRADED = "regraded", _("marked again")
        SALVAGED = "salvaged", _("taken from a salvage file")

    question = models.ForeignKey(AttemptQuestion, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    answer = models.JSONField(null=True, blank=True)
    before = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    fraction = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    comment = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("step of an answer")
        verbose_name_plural = _("steps of an answer")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.question_id} {self.kind}"


class AttemptEvent(models.Model):
    """pii. Append-only: the life of an attempt. ``reason`` wherever a person decided."""

    class Kind(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        STARTED = "started", _("started")
        OVERDUE = "overdue", _("time ran out")
        SUBMITTED = "submitted", _("handed in")
        TIMED_OUT = "timed_out", _("handed in when the time was up")
        GRADED = "graded", _("marked")
        ABANDONED = "abandoned", _("abandoned")
        REOPENED = "reopened", _("opened again")
        REGRADED = "regraded", _("marked again")
        SALVAGED = "salvaged", _("answers taken from a salvage file")
        REMEDIED = "remedied", _("opened a lesson again")
        VOID_ASKED = "void_asked", _("proposed to be voided")
        VOID_REFUSED = "void_refused", _("not voided")
        VOIDED = "voided", _("voided")

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("event of an attempt")
        verbose_name_plural = _("events of attempts")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.kind}"


class Voiding(models.Model):
    """pii. Two people void an attempt: one proposes with a reason and the number of a decision, another confirms."""

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="voiding")
    reason = models.TextField(_("reason"))
    decision_number = models.CharField(_("number of the decision"), max_length=60)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("voiding")
        verbose_name_plural = _("voidings")
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("asked_by")), name="voiding_takes_two_people"
            )
        ]

    def __str__(self) -> str:
        return str(self.attempt_id)


class ResponseFile(models.Model):
    """pii. A file that a learner answered with. An answer names it by ``id``; whoever may read the attempt reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    question = models.ForeignKey(AttemptQuestion, on_delete=models.PROTECT, related_name="files")
    file = models.FileField(storage=private_storage, upload_to="responses/%Y")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("file of an answer")
        verbose_name_plural = _("files of answers")

    def __str__(self) -> str:
        return self.name

"""An attempt is a row from its first second: questions, order and deadline frozen, every answer saved as chosen."""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.models import Enrolment
from lms.accounts.models import User
from lms.units.scope import scope_q
from quizzes.models.bank import QuestionVersion
from quizzes.models.quiz import Quiz


class AttemptQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        return self.filter(Q(enrolment__user=person) | scope_q(person, path="enrolment__unit__path"))

    def owned_by(self, person: User) -> Self:
        """One's own. Answering is nobody else's business, whatever grants they hold."""
        return self.filter(enrolment__user=person)

    def counted(self) -> Self:
        """Those that use up an attempt."""
        return self.filter(is_preview=False).exclude(state=Attempt.State.VOIDED)


class Attempt(models.Model):
    """pii. The rules are copied from the quiz when it starts, so that a later edit moves nobody's goal.

    ``check_at``: when the sweep has to look at it; null once there is nothing left to decide.
    """

    class State(models.TextChoices):
        IN_PROGRESS = "in_progress", _("in progress")
        SUBMITTED = "submitted", _("submitted")
        GRADED = "graded", _("marked")
        ABANDONED = "abandoned", _("abandoned")
        VOIDED = "voided", _("voided")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="attempts")
    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.IN_PROGRESS)
    is_preview = models.BooleanField(default=False)
    seed = models.PositiveBigIntegerField()
    quiz_version = models.CharField(max_length=50, blank=True)
    pass_percent = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True, db_index=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    score = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "quiz", "number"], name="attempt_has_one_number"),
            models.UniqueConstraint(
                fields=["enrolment", "quiz"], condition=Q(state="in_progress"), name="one_attempt_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | (Q(score__gte=0) & Q(score__lte=1)), name="attempt_score_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(deadline_at__isnull=True) | Q(deadline_at__gt=F("started_at")),
                name="attempt_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class AttemptQuestion(models.Model):
    """One question of one attempt. ``order``: the frozen order of its parts; ``answer``: as chosen, null if none.

    ``sequence`` grows with every save that was taken; a save that carries an older number is refused.
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField()
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="uses")
    order = models.JSONField(default=list)
    max_mark = models.DecimalField(max_digits=6, decimal_places=2, default=1)
    answer = models.JSONField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)
    is_flagged = models.BooleanField(default=False)
    fraction = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    question_summary = models.TextField(blank=True)
    right_summary = models.TextField(blank=True)
    answer_summary = models.TextField(blank=True)

    class Meta:
        verbose_name = _("question of an attempt")
        verbose_name_plural = _("questions of an attempt")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="attempt_question_has_one_position"),
            models.UniqueConstraint(fields=["attempt", "version"], name="attempt_asks_a_question_once"),
            models.CheckConstraint(
                condition=Q(fraction__isnull=True) | (Q(fraction__gte=0) & Q(fraction__lte=1)),
                name="attempt_fraction_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id}#{self.position}"

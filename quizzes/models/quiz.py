"""A published quiz as records see it: settings and slots, refreshed from the page when it is published."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.models import Activity
from quizzes.models.bank import Category, Question


class QuizSettings(models.Model):
    """Shared by the page (what the author sets) and the record (what attempts are started from)."""

    pass_percent = models.PositiveSmallIntegerField(
        _("pass mark in %"), default=70, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    max_attempts = models.PositiveSmallIntegerField(_("attempts"), default=3, help_text=_("0: no limit"))
    wait_minutes = models.PositiveIntegerField(_("wait between attempts, minutes"), default=0)
    limit_minutes = models.PositiveSmallIntegerField(_("time limit, minutes"), default=20, help_text=_("0: no limit"))
    shuffles = models.BooleanField(_("shuffle questions and options"), default=True)

    class Meta:
        abstract = True


class Quiz(QuizSettings):
    activity = models.OneToOneField(Activity, on_delete=models.PROTECT, related_name="quiz")
    version = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = _("quiz")
        verbose_name_plural = _("quizzes")

    def __str__(self) -> str:
        return f"quiz of {self.activity_id}"


class QuizSlot(models.Model):
    """``count`` questions drawn from ``category`` and below it, or one fixed ``question``."""

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="slots")
    position = models.PositiveSmallIntegerField()
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    count = models.PositiveSmallIntegerField(default=1)
    max_mark = models.DecimalField(max_digits=6, decimal_places=2, default=1)

    class Meta:
        verbose_name = _("slot of a quiz")
        verbose_name_plural = _("slots of a quiz")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "position"], name="quiz_slot_has_one_position"),
            models.CheckConstraint(
                condition=models.Q(category__isnull=False, question__isnull=True)
                | models.Q(category__isnull=True, question__isnull=False, count=1),
                name="quiz_slot_draws_or_fixes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quiz_id}#{self.position}"

"""Item analysis, kept: worked out after submitting, never inside a page (quizzes.statistics has the formulas)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from quizzes.models.bank import QuestionVersion
from quizzes.models.quiz import Quiz


class QuizAnalysis(models.Model):
    """One a quiz and population. ``stale_since``: a result came in that it does not know; null while it is true.

    ``population``: hash of the attempts it was worked out from. ``figures``: as queries.analysis reads them.
    """

    class Choice(models.TextChoices):
        FIRST = "first", _("first attempts")
        HIGHEST = "highest", _("best attempts")
        LAST = "last", _("last attempts")
        ALL = "all", _("all attempts")

    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="analyses")
    choice = models.CharField(max_length=7, choices=Choice.choices, default=Choice.FIRST)
    population = models.CharField(max_length=64, blank=True)
    sample = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict)
    computed_at = models.DateTimeField(null=True, blank=True)
    stale_since = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("analysis of a quiz")
        verbose_name_plural = _("analyses of quizzes")
        constraints = [models.UniqueConstraint(fields=["quiz", "choice"], name="quiz_has_one_analysis_a_choice")]

    def __str__(self) -> str:
        return f"{self.quiz_id}/{self.choice}"


class VersionAnalysis(models.Model):
    """Figures of one version over all quizzes that ask it: they travel with the bank entry."""

    version = models.OneToOneField(QuestionVersion, on_delete=models.CASCADE, related_name="analysis")
    population = models.CharField(max_length=64, blank=True)
    sample = models.PositiveIntegerField(default=0)
    facility = models.FloatField(null=True, blank=True)
    discrimination = models.FloatField(null=True, blank=True)
    efficiency = models.FloatField(null=True, blank=True)
    needs_checking = models.BooleanField(default=False, db_index=True)
    figures = models.JSONField(default=dict)
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("analysis of a question")
        verbose_name_plural = _("analyses of questions")

    def __str__(self) -> str:
        return str(self.version_id)

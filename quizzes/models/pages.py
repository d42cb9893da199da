from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.fields import RichTextField
from wagtail.models import Orderable

from courses.models import ActivityPage
from quizzes.models.bank import Objective, Question
from quizzes.models.quiz import Draw, QuizSettings


class QuizPage(ActivityPage, QuizSettings):
    """What the author sets (forms.quiz_page); publishing makes Quiz and its rows of it (services.publishing)."""

    activity_kind = "quiz"

    introduction = RichTextField(_("introduction"), blank=True, features=["bold", "italic", "ol", "ul", "link"])

    template = "quizzes/quiz_page.html"

    class Meta:
        verbose_name = _("quiz page")
        verbose_name_plural = _("quiz pages")


class QuizPageSection(Orderable):
    """The parts in their order; the first is number 1."""

    page = ParentalKey(QuizPage, on_delete=models.CASCADE, related_name="sections")
    title = models.CharField(_("title"), max_length=150)
    introduction = models.TextField(_("introduction"), blank=True)
    shuffles = models.BooleanField(_("shuffle the questions of this part"), default=True)

    class Meta(Orderable.Meta):
        verbose_name = _("part")
        verbose_name_plural = _("parts")


class QuizPageDraw(Orderable, Draw):
    page = ParentalKey(QuizPage, on_delete=models.CASCADE, related_name="draws")

    class Meta(Orderable.Meta):
        verbose_name = _("draw")
        verbose_name_plural = _("draws")


class QuizPageCell(Orderable):
    """A cell of the blueprint (ma trận đề): so many questions of this level for this objective."""

    page = ParentalKey(QuizPage, on_delete=models.CASCADE, related_name="cells")
    objective = models.ForeignKey(Objective, verbose_name=_("objective"), on_delete=models.PROTECT, related_name="+")
    level = models.CharField(_("cognitive level"), max_length=12, choices=Question.CognitiveLevel.choices)
    count = models.PositiveSmallIntegerField(_("how many"), default=1, validators=[MinValueValidator(1)])
    max_mark = models.DecimalField(
        _("mark of each"), max_digits=6, decimal_places=2, default=1, validators=[MinValueValidator(0)]
    )
    section = models.PositiveSmallIntegerField(_("part"), default=1)

    class Meta(Orderable.Meta):
        verbose_name = _("cell of the blueprint")
        verbose_name_plural = _("cells of the blueprint")


class QuizPageBand(Orderable):
    page = ParentalKey(QuizPage, on_delete=models.CASCADE, related_name="bands")
    from_percent = models.PositiveSmallIntegerField(_("from, %"), validators=[MaxValueValidator(100)])
    text = models.TextField(_("what the learner is told"))

    class Meta(Orderable.Meta):
        verbose_name = _("feedback band")
        verbose_name_plural = _("feedback bands")


class QuizPageGoal(Orderable):
    page = ParentalKey(QuizPage, on_delete=models.CASCADE, related_name="goals")
    objective = models.ForeignKey(Objective, verbose_name=_("objective"), on_delete=models.PROTECT, related_name="+")
    pass_percent = models.PositiveSmallIntegerField(
        _("pass mark in %"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )

    class Meta(Orderable.Meta):
        verbose_name = _("goal")
        verbose_name_plural = _("goals")

"""A published quiz as records see it: settings and slots, refreshed from the page when it is published."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.models import Activity
from quizzes.models.bank import Category, Objective, Question, QuestionVersion
from quizzes.rules import review


def default_review() -> dict[str, Any]:
    return review.as_json(review.DEFAULT)


class QuizSettings(models.Model):
    """Shared by the page (what the author sets) and the record (what attempts are started from).

    ``review``: what is shown when, as quizzes.rules.review reads it. ``networks``: one address or CIDR range a line.
    """

    class Behaviour(models.TextChoices):
        DEFERRED = "deferred", _("marks and reasons after handing in")
        IMMEDIATE = "immediate", _("each question is checked at once")
        INTERACTIVE = "interactive", _("each question may be tried again, with hints")

    class Navigation(models.TextChoices):
        FREE = "free", _("in any order")
        SEQUENTIAL = "sequential", _("one after the other, no way back")

    class TimeUp(models.TextChoices):
        AUTOSUBMIT = "autosubmit", _("is handed in as it stands")
        GRACE = "grace", _("may still be handed in for a while, nothing new is answered")
        ABANDON = "abandon", _("does not count if it was not handed in")

    class Grading(models.TextChoices):
        HIGHEST = "highest", _("the best attempt")
        AVERAGE = "average", _("the average of all attempts")
        FIRST = "first", _("the first attempt")
        LAST = "last", _("the last attempt")
        LATEST_PASSING = "latest_passing", _("the latest attempt that passed")

    pass_percent = models.PositiveSmallIntegerField(
        _("pass mark in %"), default=70, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    grading = models.CharField(_("what counts"), max_length=15, choices=Grading.choices, default=Grading.HIGHEST)
    max_attempts = models.PositiveSmallIntegerField(_("attempts"), default=3, help_text=_("0: no limit"))
    wait_minutes = models.PositiveIntegerField(_("wait before the second attempt, minutes"), default=0)
    wait_later_minutes = models.PositiveIntegerField(
        _("wait before each further attempt, minutes"), null=True, blank=True, help_text=_("Empty: the same.")
    )
    needs_remediation = models.BooleanField(
        _("open the lessons of what went wrong before the next attempt"), default=False
    )
    limit_minutes = models.PositiveSmallIntegerField(_("time limit, minutes"), default=20, help_text=_("0: no limit"))
    on_time_up = models.CharField(
        _("what is not handed in when the time is up"),
        max_length=10,
        choices=TimeUp.choices,
        default=TimeUp.AUTOSUBMIT,
    )
    grace_minutes = models.PositiveSmallIntegerField(_("time to hand in late, minutes"), default=10)
    opens_at = models.DateTimeField(_("opens at"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes at"), null=True, blank=True)
    password = models.CharField(_("password of the quiz"), max_length=60, blank=True)
    networks = models.TextField(
        _("only from these network addresses"),
        blank=True,
        help_text=_("One address or range a line, e.g. 10.1.0.0/16."),
    )
    needs_ticket = models.BooleanField(_("only with a ticket, in a supervised session"), default=False)
    one_device = models.BooleanField(_("an attempt stays on the device where it began"), default=False)
    behaviour = models.CharField(
        _("how questions are answered"), max_length=11, choices=Behaviour.choices, default=Behaviour.DEFERRED
    )
    tries = models.PositiveSmallIntegerField(
        _("tries a question"), default=3, validators=[MinValueValidator(2), MaxValueValidator(5)]
    )
    penalty_percent = models.PositiveSmallIntegerField(
        _("taken off for each wrong try, %"), default=33, validators=[MaxValueValidator(100)]
    )
    navigation = models.CharField(_("questions"), max_length=10, choices=Navigation.choices, default=Navigation.FREE)
    per_page = models.PositiveSmallIntegerField(
        _("questions a page"), default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    shuffles = models.BooleanField(_("shuffle questions and options"), default=True)
    exempts = models.BooleanField(
        _("passing it first exempts from the lessons"),
        default=False,
        help_text=_("Who passes it without the lessons of its topic need not take them; recorded as an exemption."),
    )
    marking_days = models.PositiveSmallIntegerField(_("days to mark what people mark"), default=7)
    review = models.JSONField(_("what learners see afterwards"), default=default_review, blank=True)

    # What a published page hands to its record, all of the above.
    SETTINGS: ClassVar[tuple[str, ...]] = (
        "pass_percent", "grading", "max_attempts", "wait_minutes", "wait_later_minutes", "needs_remediation",
        "limit_minutes", "on_time_up", "grace_minutes", "opens_at", "closes_at", "password", "networks",
        "needs_ticket", "one_device", "behaviour", "tries", "penalty_percent", "navigation", "per_page", "shuffles",
        "marking_days", "exempts", "review",
    )  # fmt: skip

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


class QuizSection(models.Model):
    """A named part of a quiz; a quiz without sections is one part without a name. Slots name it by its number."""

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="sections")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(_("title"), max_length=150, blank=True)
    introduction = models.TextField(_("introduction"), blank=True)
    shuffles = models.BooleanField(_("shuffle the questions of this part"), default=True)

    class Meta:
        verbose_name = _("part of a quiz")
        verbose_name_plural = _("parts of a quiz")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["quiz", "number"], name="quiz_section_has_one_number")]

    def __str__(self) -> str:
        return f"{self.quiz_id}§{self.number}"


class Draw(models.Model):
    """What a slot takes from the bank: one fixed ``question``, or ``count`` of those that fit a filter.

    The filter: in ``category`` (and below it, unless ``only_here``), with ``objective``, of ``level``, bearing all of
    ``tags_all`` and any of ``tags_any``, not asked of this learner in the last ``not_in_last`` attempts; what is empty
    asks nothing. ``version`` null: the newest ready one. ``requires_previous``: shown once the one before was answered.
    """

    section = models.PositiveSmallIntegerField(_("part"), default=1)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    only_here = models.BooleanField(_("only this category, not those below it"), default=False)
    objective = models.ForeignKey(
        Objective, verbose_name=_("objective"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    level = models.CharField(
        _("cognitive level"), max_length=12, choices=Question.CognitiveLevel.choices, blank=True, default=""
    )
    tags_all = models.JSONField(_("with all these tags"), default=list, blank=True)
    tags_any = models.JSONField(_("with any of these tags"), default=list, blank=True)
    not_in_last = models.PositiveSmallIntegerField(_("not asked in the last … attempts"), default=0)
    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.ForeignKey(
        QuestionVersion, verbose_name=_("version"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    count = models.PositiveSmallIntegerField(_("how many"), default=1, validators=[MinValueValidator(1)])
    max_mark = models.DecimalField(
        _("mark of each"), max_digits=6, decimal_places=2, default=1, validators=[MinValueValidator(0)]
    )
    requires_previous = models.BooleanField(_("only after the question before it was answered"), default=False)
    display_number = models.CharField(_("shown as number"), max_length=10, blank=True)

    FILTER: ClassVar[tuple[str, ...]] = (
        "section", "category", "only_here", "objective", "level", "tags_all", "tags_any", "not_in_last", "question",
        "version", "count", "max_mark", "requires_previous", "display_number",
    )  # fmt: skip

    class Meta:
        abstract = True


class QuizSlot(Draw):
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="slots")
    position = models.PositiveSmallIntegerField()
    # From the blueprint, not from a draw of its own: kept to print the table.
    is_of_blueprint = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("slot of a quiz")
        verbose_name_plural = _("slots of a quiz")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "position"], name="quiz_slot_has_one_position"),
            models.CheckConstraint(
                condition=Q(category__isnull=False, question__isnull=True)
                | Q(objective__isnull=False, question__isnull=True)
                | Q(question__isnull=False, count=1),
                name="quiz_slot_draws_or_fixes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quiz_id}#{self.position}"


class QuizBand(models.Model):
    """What the learner is told from this share on; the highest band that is reached speaks."""

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="bands")
    from_percent = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    text = models.TextField()

    class Meta:
        verbose_name = _("feedback band")
        verbose_name_plural = _("feedback bands")
        ordering = ["-from_percent"]
        constraints = [models.UniqueConstraint(fields=["quiz", "from_percent"], name="quiz_band_has_one_start")]

    def __str__(self) -> str:
        return f"{self.quiz_id} ≥ {self.from_percent}"


class QuizGoal(models.Model):
    """A pass mark of its own for one objective: knowing the law does not make up for publishing a rumour."""

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="goals")
    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="+")
    pass_percent = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(100)])

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        constraints = [models.UniqueConstraint(fields=["quiz", "objective"], name="quiz_goal_has_one_mark")]

    def __str__(self) -> str:
        return f"{self.quiz_id}: {self.objective_id} ≥ {self.pass_percent}"

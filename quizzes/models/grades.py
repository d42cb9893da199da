"""What several attempts come to, and how that changed: the history is append-only, the grade is its fold."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.models import Enrolment
from lms.accounts.models import User
from lms.units.models import Unit
from lms.units.scope import scope_q
from quizzes.models.attempt import Attempt, AttemptQuestion
from quizzes.models.bank import Question, QuestionVersion
from quizzes.models.quiz import Quiz


class GradeQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        return self.filter(Q(enrolment__user=person) | scope_q(person, path="enrolment__unit__path"))


class GradeChange(models.Model):
    """pii. Append-only (a trigger says so): what one attempt is worth from now on. ``score`` null: nothing any more.

    ``source_key`` is unique, so that telling it twice is one change.
    """

    class Kind(models.TextChoices):
        GRADED = "graded", _("marked")
        REGRADED = "regraded", _("marked again")
        VOIDED = "voided", _("voided")
        REOPENED = "reopened", _("opened again")

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="grade_changes")
    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="grade_changes")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="grade_changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    score = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)
    source_key = models.CharField(max_length=120, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    objects = GradeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a grade")
        verbose_name_plural = _("changes of grades")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.source_key


class QuizGrade(models.Model):
    """pii. Derived from GradeChange by services.grading.fold and nobody else; ``attempt``: the one that counts.

    ``attempt`` is null where no single one does (the average).
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="quiz_grades")
    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="grades")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    score = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    passed = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    objects = GradeQuerySet.as_manager()

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        constraints = [models.UniqueConstraint(fields=["enrolment", "quiz"], name="one_grade_for_a_quiz")]

    def __str__(self) -> str:
        return f"{self.enrolment_id}/{self.quiz_id}"


class Override(models.Model):
    """pii. Other rules for one person, or for everybody of a unit and below it; what is null stays the quiz's.

    The person's own goes before the unit's, a deeper unit before a higher one, a later one before an earlier.
    ``time_factor`` multiplies the limit (1.5 for who needs longer). In force until ``expires_on`` or withdrawn.
    """

    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="overrides")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="quiz_overrides"
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="quiz_overrides")
    opens_at = models.DateTimeField(_("opens at"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes at"), null=True, blank=True)
    limit_minutes = models.PositiveSmallIntegerField(_("time limit, minutes"), null=True, blank=True)
    time_factor = models.DecimalField(_("time factor"), max_digits=4, decimal_places=2, null=True, blank=True)
    max_attempts = models.PositiveSmallIntegerField(_("attempts"), null=True, blank=True)
    password = models.CharField(_("password of the quiz"), max_length=60, null=True, blank=True)  # noqa: DJ001  null: the quiz's own
    reason = models.CharField(_("reason"), max_length=300)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, unit__isnull=True) | Q(person__isnull=True, unit__isnull=False),
                name="override_is_for_a_person_or_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(time_factor__isnull=True) | Q(time_factor__gte=1, time_factor__lte=5),
                name="override_gives_time_and_takes_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quiz_id}: {self.reason}"


class CommentSnippet(models.Model):
    """A comment of the marker's bank: for one question, or for all when ``question`` is null."""

    text = models.CharField(_("comment"), max_length=500)
    question = models.ForeignKey(
        Question, on_delete=models.PROTECT, null=True, blank=True, related_name="comment_snippets"
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    uses = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("comment of the bank")
        verbose_name_plural = _("comments of the bank")
        ordering = ["-uses", "pk"]
        constraints = [models.UniqueConstraint(fields=["question", "text"], name="comment_stands_once")]

    def __str__(self) -> str:
        return self.text


class SecondMark(models.Model):
    """pii. What two markers give, each without the other's, before anybody's mark counts; services.manual settles it.

    ``second_*`` are null until the second has marked; both stay when the answer has its mark.
    """

    question = models.OneToOneField(AttemptQuestion, on_delete=models.PROTECT, related_name="first_mark")
    fraction = models.DecimalField(max_digits=9, decimal_places=7)
    comment = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    second_fraction = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    second_comment = models.TextField(blank=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mark of the first marker")
        verbose_name_plural = _("marks of the first marker")
        constraints = [
            models.CheckConstraint(
                condition=Q(second_by__isnull=True) | ~Q(second_by=F("by")), name="second_mark_is_another_s"
            )
        ]

    def __str__(self) -> str:
        return str(self.question_id)


# --- Supervised sessions ------------------------------------------------------------------------------


class ExamSession(models.Model):
    """A supervised sitting: who holds a ticket may take the quiz while an invigilator has it open."""

    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="sessions")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="exam_sessions")
    room = models.CharField(_("room"), max_length=150)
    planned_at = models.DateTimeField(_("planned for"))
    networks = models.TextField(_("only from these network addresses"), blank=True)
    invigilators = models.CharField(_("invigilators"), max_length=300, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("supervised session")
        verbose_name_plural = _("supervised sessions")
        ordering = ["-planned_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(opened_at__isnull=False), name="session_opens_before_it_closes"
            )
        ]

    def __str__(self) -> str:
        return self.room


class ExamTicket(models.Model):
    """pii. One person's seat; the code is printed once and kept as a digest. Used once."""

    session = models.ForeignKey(ExamSession, on_delete=models.PROTECT, related_name="tickets")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    code_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, null=True, blank=True, related_name="ticket")
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["session", "person"], name="one_ticket_for_a_person"),
            models.UniqueConstraint(fields=["session", "number"], name="ticket_has_one_number"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.number}"


class ExamIncident(models.Model):
    """pii. What happened in the room, for the minutes. Append-only."""

    session = models.ForeignKey(ExamSession, on_delete=models.PROTECT, related_name="incidents")
    at = models.DateTimeField()
    text = models.TextField(_("what happened"))
    ticket = models.ForeignKey(ExamTicket, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.text[:40]}"


# --- Regrading ----------------------------------------------------------------------------------------


class Regrade(models.Model):
    """Marking again, first as a dry run: who decided, what for, and what it does to whom. Lines hold each answer.

    ``mapping``: {version id: version id} where answers are marked by another version; {} marks by the same one.
    ``policy``: whether somebody may lose by it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be worked out")
        DRY = "dry", _("worked out, not carried out")
        RUNNING = "running", _("being carried out")
        DONE = "done", _("carried out")
        DROPPED = "dropped", _("dropped")

    class Policy(models.TextChoices):
        KEEP = "keep", _("nobody loses anything by it")
        TAKE_AWAY = "take_away", _("results may also become worse, with notice")

    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="regrades")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    policy = models.CharField(_("who may lose by it"), max_length=10, choices=Policy.choices, default=Policy.KEEP)
    reason = models.TextField(_("reason"))
    # Attempts and questions that were asked for; [] means all.
    attempts = models.JSONField(default=list)
    questions = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    impact = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    carried_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    carried_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("regrade")
        verbose_name_plural = _("regrades")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.quiz_id}: {self.reason[:40]}"


class RegradeLine(models.Model):
    """pii. One answer whose mark would change, or why it cannot be moved (``obstacle``)."""

    regrade = models.ForeignKey(Regrade, on_delete=models.CASCADE, related_name="lines")
    question = models.ForeignKey(AttemptQuestion, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    before = models.DecimalField(max_digits=9, decimal_places=7, null=True)
    after = models.DecimalField(max_digits=9, decimal_places=7, null=True)
    obstacle = models.TextField(blank=True)
    is_applied = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("line of a regrade")
        verbose_name_plural = _("lines of a regrade")
        constraints = [models.UniqueConstraint(fields=["regrade", "question"], name="regrade_has_one_line_an_answer")]

    def __str__(self) -> str:
        return f"{self.regrade_id}/{self.question_id}"

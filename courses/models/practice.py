"""A practical task handed in: what the learner sent, and what the unit's manager or a trainer said to it."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.models.catalogue import Activity
from courses.models.enrolment import Enrolment
from lms.accounts.models import User
from lms.core import clock
from lms.core.storage import private_storage
from lms.units.models import Appointment, Grant, Unit, in_force
from lms.units.scope import NOBODY, below, granted_paths


class SubmissionQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        """One's own, and those that ``markable_by`` answers."""
        return self.filter(Q(enrolment__user=person) | self._of_others(person))

    def of_enrolment(self, enrolment: Enrolment) -> Self:
        """All that count for the enrolment: its own, and what was handed in under an account united with it."""
        standing = enrolment.united_with_id or enrolment.pk
        return self.filter(Q(enrolment=standing) | Q(enrolment__united_with=standing))

    def markable_by(self, person: User) -> Self:
        """Of people who serve (or served when handing it in) where ``person`` may mark; never one's own."""
        return self.filter(self._of_others(person)).exclude(enrolment__user=person)

    def _of_others(self, person: User) -> Q:
        """One query for who may mark nobody; else two and more, one a generation of mergers."""
        paths = granted_paths(person, Grant.Right.MARK)
        if not paths:
            return NOBODY
        within = below(paths)
        serving = Appointment.objects.filter(in_force(clock.today())).filter(within)
        return within | Q(enrolment__user__in=serving.values("person_id"))


class Submission(models.Model):
    """pii: one hand-in of a practical task. A returned one stays as it was; the next has the next ``number``.

    ``link`` is a checked https address, ``screenshot`` a picture that was re-encoded here and lies in the private
    storage, ``sha256`` the digest of that file. ``names_page``: the task asks for the unit's own page, so ``link`` is
    its address. ``unit`` is where the learner served on that day.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("waits for confirmation")
        CONFIRMED = "confirmed", _("confirmed")
        RETURNED = "returned", _("returned")

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="submissions")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    link = models.CharField(_("link"), max_length=500, blank=True)
    screenshot = models.FileField(_("screenshot"), storage=private_storage, upload_to="practice/%Y", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    names_page = models.BooleanField(default=False)
    version = models.CharField(max_length=50, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SUBMITTED)
    submitted_at = models.DateTimeField()
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    marked_at = models.DateTimeField(null=True, blank=True)
    feedback = models.CharField(_("sentence to the learner"), max_length=500, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["submitted_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "activity", "number"], name="submission_number_is_given_once"),
            models.UniqueConstraint(
                fields=["enrolment", "activity"], condition=~Q(state="returned"), name="one_submission_stands"
            ),
            models.CheckConstraint(
                condition=~Q(link="") | ~Q(screenshot=""), name="submission_holds_a_link_or_a_picture"
            ),
            models.CheckConstraint(
                condition=Q(state="submitted", marked_at__isnull=True, marked_by__isnull=True)
                | (~Q(state="submitted") & Q(marked_at__isnull=False)),
                name="a_marked_submission_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(feedback=""), name="a_returned_submission_says_why"
            ),
        ]
        indexes = [models.Index(fields=["state", "submitted_at"], name="submission_queue")]

    def __str__(self) -> str:
        return f"{self.enrolment_id}/{self.activity_id} #{self.number}"

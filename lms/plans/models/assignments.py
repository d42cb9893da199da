"""Who must take which course, until when, on whose word, and whom to ask."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.models import Course
from lms.accounts.models import User
from lms.units.models import Grant, Level, Unit
from lms.units.scope import scope_q


class BasisDocument(models.Model):
    """A document that something rests on, its number and date as they are written on it ("141/KH-MTTQ-BTT",
    "12/4/2022"), never rewritten. ``issued_on`` is the same date for sorting, null when it cannot be read.
    """

    kind = models.CharField(_("kind of document"), max_length=60, blank=True)
    reference = models.CharField(_("number and symbol"), max_length=80)
    date_as_written = models.CharField(_("date"), max_length=60, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    issuer = models.CharField(_("issued by"), max_length=200, blank=True)
    title = models.CharField(_("about"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("basis document")
        verbose_name_plural = _("basis documents")
        constraints = [
            models.UniqueConstraint(fields=["reference", "date_as_written", "issuer"], name="document_is_entered_once"),
            models.CheckConstraint(condition=~Q(reference=""), name="document_has_a_number"),
        ]

    def __str__(self) -> str:
        return self.reference


class AssignmentQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        """Tasks given in the subtrees that ``person`` may see, not those given from above."""
        return self.filter(scope_q(person))

    def manageable_by(self, person: User) -> Self:
        return self.filter(scope_q(person, right=Grant.Right.ASSIGN))


class Assignment(models.Model):
    """A course given as a task to a subtree. Whom it concerns follows, every day anew, from the appointments of that
    day: a serving person whose unit lies in the subtree and whose level, position and duty are among those asked for
    (an empty list asks for nothing). Nobody is enrolled by it; whoever is concerned may begin.

    ``deadline`` is the last day, which ends at 23:59 in Viet Nam. ``code`` is that of the short link.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("units"))
    levels = models.ManyToManyField(Level, blank=True, related_name="+", verbose_name=_("levels"))
    # As typed; each is words that a position holds, or with "=" in front a whole position: lms.plans.rules.Aim.
    positions = models.JSONField(default=list, blank=True)
    # Values of Appointment.Duty.
    duties = models.JSONField(default=list, blank=True)
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    basis = models.ForeignKey(
        BasisDocument, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    contact_name = models.CharField(_("contact's name"), max_length=100)
    contact_phone = models.CharField(_("contact's phone"), max_length=30)
    note = models.CharField(_("note"), max_length=300, blank=True)
    code = models.CharField(max_length=12, unique=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("training task")
        verbose_name_plural = _("training tasks")
        ordering = ["-assigned_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="a_withdrawn_task_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(contact_name="") & ~Q(contact_phone=""), name="a_task_names_whom_to_ask"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} → {self.unit_id}"

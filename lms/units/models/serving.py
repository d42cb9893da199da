"""Who serves where and who may see what: dated rows, half open like all periods of this app."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.units.models.organisation import Unit, in_force


class DatedQuerySet(models.QuerySet[Any]):
    def on(self, day: dt.date) -> Self:
        return self.filter(in_force(day))


class Appointment(models.Model):
    """pii: who serves where. A person may hold several; the primary one says where the person belongs."""

    class Duty(models.TextChoices):
        NONE = "", _("no duty for the page")
        OFFICER = "officer", _("in charge of the community page")
        TEAM = "team", _("member of the page team")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="appointments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="appointments")
    position = models.CharField(_("position"), max_length=150)
    page_duty = models.CharField(_("page duty"), max_length=10, choices=Duty.choices, blank=True)
    is_primary = models.BooleanField(_("primary"), default=True)
    is_acting = models.BooleanField(_("acting"), default=False)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True, help_text=_("First day on which it no longer holds."))
    decision = models.CharField(_("decision number"), max_length=100, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="appointment_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.position} @ {self.unit_id}"


class Grant(models.Model):
    """A right over the records of a unit's subtree, for a time, given by somebody."""

    class Right(models.TextChoices):
        VIEW = "view", _("see")
        REMIND = "remind", _("remind")
        IMPORT = "import", _("bring in people")
        APPROVE = "approve", _("approve")
        MARK = "mark", _("mark")
        ASSIGN = "assign", _("assign training")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="grants")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="grants")
    right = models.CharField(_("right"), max_length=10, choices=Right.choices)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="grants_given"
    )

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "unit", "right", "starts_on"], name="grant_is_given_once_from_a_day"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="grant_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.right} @ {self.unit_id}"

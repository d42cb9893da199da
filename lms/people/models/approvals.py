"""Four eyes: what one person asks for and a second one must confirm before it happens."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import User
from lms.people.enums import ApprovalState
from lms.units.models import Grant, Unit
from lms.units.scope import scope_q

# A request that nobody has looked at for so long says nothing about today any more.
APPROVAL_HOLDS = dt.timedelta(days=14)


class ApprovalQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        """One's own requests, and those about units in which ``person`` may confirm."""
        return self.filter(Q(asked_by=person) | scope_q(person, right=Grant.Right.APPROVE))


class Approval(models.Model):
    """pii: a request. ``action`` is a key registered with services.approvals; ``payload`` what its performer needs.

    ``unit`` says who may confirm: whoever holds "approve" over it, but never who asked nor whom it is about.
    """

    action = models.CharField(max_length=50)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    payload = models.JSONField(default=dict, blank=True)
    payload_key = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(max_length=10, choices=ApprovalState.choices, default=ApprovalState.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for a second person")
        verbose_name_plural = _("requests for a second person")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "payload_key"],
                condition=Q(state="waiting"),
                name="the_same_request_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")) | Q(state="withdrawn"),
                name="a_request_is_decided_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="a_decided_request_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} ({self.state})"

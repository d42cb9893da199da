"""A unit's link for people without an account, what they ask for by it, and a manager's code drawn by two people."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import User
from lms.people.enums import JoinState
from lms.people.models.approvals import Approval
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import scope_q


class JoinLinkQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        """Those of the units into which ``person`` may bring people."""
        return self.filter(scope_q(person, right=Grant.Right.IMPORT))

    def open_at(self, at: dt.datetime) -> Self:
        return self.filter(ended_at__isnull=True, expires_at__gt=at)


class JoinLink(models.Model):
    """The address of a unit's form for joining, until somebody ends it. ``with_below``: units below may be chosen too;
    ``at_most``: how many requests it takes, refused ones aside.
    """

    code = models.CharField(max_length=16, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    with_below = models.BooleanField(default=False)
    at_most = models.PositiveIntegerField(null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    expires_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = JoinLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("joining link")
        verbose_name_plural = _("joining links")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="joining_link_expires_after_it_was_made"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class JoinRequestQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        """Those for units into which ``person`` may bring people."""
        return self.filter(scope_q(person, right=Grant.Right.IMPORT))


class JoinRequest(models.Model):
    """pii: what somebody said about himself. Deleted some time after it was decided (services.joining.purge); of an
    approved one only the bare fact stays.

    ``key`` is the digest of the applicant's secret address; ``digest`` tells a second sending from a second person.
    ``applicant``: who was signed in and asks for a further appointment; ``person``: whose account it became.
    """

    link = models.ForeignKey(JoinLink, on_delete=models.PROTECT, related_name="requests")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    key = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    full_name = models.CharField(max_length=100, blank=True)
    born_on = models.DateField(null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    email = models.EmailField(blank=True)
    position = models.CharField(max_length=150, blank=True)
    page_duty = models.CharField(max_length=10, choices=Appointment.Duty.choices, blank=True)
    state = models.CharField(max_length=10, choices=JoinState.choices, default=JoinState.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_new_account = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        ordering = ["sent_at", "pk"]
        indexes = [models.Index(fields=["state", "sent_at"], name="join_request_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["link", "digest"], condition=Q(state="waiting"), name="the_same_words_wait_once"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="a_decided_joining_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(person__isnull=False), name="who_has_joined_has_an_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} ({self.state})"


class DrawnReset(models.Model):
    """The code that two people allowed for a manager has been drawn: once, and this row says so."""

    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="drawn")
    drawn_at = models.DateTimeField()

    class Meta:
        verbose_name = _("drawn code of a manager")
        verbose_name_plural = _("drawn codes of managers")

    def __str__(self) -> str:
        return f"{self.approval_id}"

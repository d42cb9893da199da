"""One person with two accounts: what was united, and which pairs are two people after all."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AliasQuerySet(models.QuerySet[Any]):
    def standing(self) -> Self:
        """Those that were not undone."""
        return self.filter(undone_at__isnull=True)


class AccountAlias(models.Model):
    """pii: ``old`` is an earlier account of ``survivor``; its names, ids and slips lead there from ``merged_at`` on.

    The survivor may become the old one of a later merger: follow the chain (merging_queries.survivors). ``changes`` is
    what services.merging wrote, row by row with what stood there before, so that undoing restores exactly that.
    """

    old = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="aliases_as_old")
    survivor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="aliases_as_survivor")
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    merged_at = models.DateTimeField()
    changes = models.JSONField(default=dict, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = AliasQuerySet.as_manager()

    class Meta:
        verbose_name = _("united account")
        verbose_name_plural = _("united accounts")
        ordering = ["-merged_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["old"], condition=Q(undone_at__isnull=True), name="an_account_has_one_survivor"
            ),
            models.CheckConstraint(condition=~Q(old=F("survivor")), name="nobody_is_united_with_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.old_id} → {self.survivor_id}"


class TwoPeople(models.Model):
    """Somebody said that these two accounts are two people: the pair is proposed no more. ``first`` < ``second``."""

    first = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()

    class Meta:
        verbose_name = _("pair of two people")
        verbose_name_plural = _("pairs of two people")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="a_pair_is_told_apart_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="a_pair_stands_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"

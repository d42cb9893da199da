"""Seeing the site as somebody else, to help: who, whom, why and how long."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import User


class ViewingQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        """What ``person`` looked at and who looked as ``person``: both sides know."""
        return self.filter(Q(viewer=person) | Q(person=person))


class Viewing(models.Model):
    """pii: ``viewer`` sees the site as ``person``, reading only, until ``ends_at`` or ``ended_at``, whichever is first.

    A row is a licence for the session that began it; the rights behind it are asked again at every request.
    """

    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=300)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ViewingQuerySet.as_manager()

    class Meta:
        verbose_name = _("viewing as somebody else")
        verbose_name_plural = _("viewings as somebody else")
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(viewer=F("person")), name="nobody_views_as_oneself"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_viewing_says_why"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("began_at")), name="a_viewing_ends_after_it_begins"),
            models.UniqueConstraint(
                fields=["viewer"], condition=Q(ended_at__isnull=True), name="one_viewing_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.viewer} → {self.person}"

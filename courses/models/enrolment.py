from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.models.catalogue import Course
from lms.accounts.models import User
from lms.units.models import Unit
from lms.units.scope import people_in_scope, scope_q


class EnrolmentQuerySet(models.QuerySet[Any]):
    def standing(self) -> Self:
        """Without those that were united with another one: whoever lists or counts begins here."""
        return self.filter(united_with__isnull=True)

    def visible_to(self, person: User) -> Self:
        """One's own, those of people now serving in a granted subtree, and those that counted for it when enrolled."""
        return self.filter(
            Q(user=person)
            | scope_q(person, path="unit__path")
            | Q(user__in=User.objects.filter(people_in_scope(person)))
        )


class Enrolment(models.Model):
    """pii: a person takes a course. Recertification is the next ``cycle``; nothing is ever reset.

    ``started_at`` and ``last_seen_at`` are derived from events (rebuild_progress makes them again).

    ``united_with``: two accounts were one person, who was in the same cycle twice. This one keeps its events, attempts
    and completion and stands for nothing by itself any more; what they show counts for the other, which has no
    ``united_with`` of its own.
    """

    class Source(models.TextChoices):
        SELF = "self", _("enrolled by oneself")
        ASSIGNED = "assigned", _("nominated")
        DEMO = "demo", _("demonstration")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrolments")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrolments")
    cycle = models.PositiveSmallIntegerField(default=1)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="enrolments")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.SELF)
    enrolled_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, db_index=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    united_with = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="united")

    # Whether others count for this one: answered where services.progress locks the row.
    has_united: bool

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "course", "cycle"],
                condition=Q(united_with__isnull=True),
                name="one_enrolment_per_cycle",
            ),
            models.CheckConstraint(condition=~Q(united_with=F("pk")), name="an_enrolment_is_united_with_another"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.course_id} ({self.cycle})"

"""Evidence first: an append-only log of events; states are derived from it and can be rebuilt."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.enums import EventKind, State
from courses.models.catalogue import Activity, Course
from courses.models.enrolment import Enrolment
from lms.accounts.models import User
from lms.units.models import Unit
from lms.units.scope import people_in_scope, scope_q


class ProgressEvent(models.Model):
    """pii. ``source_key`` makes an event told twice one event: "lesson:<enrolment>:<activity>:button",
    "attempt:<uuid>". ``version`` names what was read or answered; ``rule`` why this counts ("self_check", "button",
    "quiz>=70"). ``score`` is a share in [0, 1]. The database refuses to change or delete a row.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="events")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    at = models.DateTimeField()
    rule = models.CharField(max_length=50, blank=True)
    version = models.CharField(max_length=50, blank=True)
    score = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    source_key = models.CharField(max_length=150, unique=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("progress event")
        verbose_name_plural = _("progress events")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | (Q(score__gte=0) & Q(score__lte=1)), name="event_score_is_a_share"
            )
        ]

    def __str__(self) -> str:
        return self.source_key


class ActivityState(models.Model):
    """Derived: where one enrolment stands in one activity. Only services.progress writes it.

    ``is_exempt``: done because a test was passed first, and by nothing else.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="activity_states")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="states")
    state = models.CharField(max_length=12, choices=State.choices)
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    is_exempt = models.BooleanField(default=False)
    best_score = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)

    class Meta:
        verbose_name = _("state of an activity")
        verbose_name_plural = _("states of activities")
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "activity"], name="one_state_per_activity"),
            models.CheckConstraint(
                condition=(Q(state="done") & Q(done_at__isnull=False)) | (~Q(state="done") & Q(done_at__isnull=True)),
                name="a_done_activity_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}/{self.activity_id}: {self.state}"


class Bookmark(models.Model):
    """Where the learner left off: convenience, not evidence."""

    enrolment = models.OneToOneField(Enrolment, on_delete=models.CASCADE, related_name="bookmark")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # {activity id: {block id: index of the option chosen}}: what to show again in the self-checks.
    checks = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.enrolment_id} @ {self.activity_id}"


class CompletionQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        return self.filter(
            Q(enrolment__user=person)
            | scope_q(person, path="unit__path")
            | Q(enrolment__user__in=User.objects.filter(people_in_scope(person)))
        )


class Completion(models.Model):
    """pii: the course was completed. Unit and position are those of that day; ``required`` what had to be done."""

    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="completion")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="completions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="completions")
    completed_at = models.DateTimeField(db_index=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="completions")
    position = models.CharField(max_length=150, blank=True)
    required = models.JSONField(default=list)

    objects = CompletionQuerySet.as_manager()

    class Meta:
        verbose_name = _("completion")
        verbose_name_plural = _("completions")

    def __str__(self) -> str:
        return f"{self.user_id} ✓ {self.course_id}"

"""May this person read this activity, and if not, why: one sentence that says what to do."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from courses.models import Activity, Enrolment
from courses.queries.progress import ActivityRow, LessonPlace, learner_course, next_after, place_of
from lms.accounts.models import User


@dataclass(frozen=True)
class Access:
    """``reason`` is empty when allowed. ``enrolment`` is None for authors, who read without taking part."""

    allowed: bool
    reason: str = ""
    enrolment: Enrolment | None = None
    place: LessonPlace | None = None


def current_enrolment(user: User, course_id: int) -> Enrolment | None:
    """The latest cycle that was not withdrawn, with course, completion and bookmark. One query."""
    return (
        Enrolment.objects.standing()
        .filter(user=user, course_id=course_id, withdrawn_at__isnull=True)
        .select_related("course", "completion", "bookmark")
        .order_by("-cycle")
        .first()
    )


def may_read(user: User, activity: Activity) -> Access:
    """Enrolled, and nothing in the way. Authors may read what is published. Four queries for a learner."""
    enrolment = current_enrolment(user, activity.course_id)
    if enrolment is None:
        if user.has_perm("wagtailadmin.access_admin"):
            return Access(True)
        return Access(False, _("Enrol in the course first, then this page opens."))
    place = place_of(learner_course(enrolment), activity.pk)
    if place is None:
        return Access(False, _("This page is no longer part of the course."), enrolment)
    if place.module.lock_reason:
        return Access(False, place.module.lock_reason, enrolment, place)
    return Access(True, "", enrolment, place)


def first_activity(enrolment: Enrolment) -> ActivityRow | None:
    """Where to begin or go on; None when nothing is left."""
    return learner_course(enrolment).next


def next_open(enrolment: Enrolment, *, after: int) -> ActivityRow | None:
    """What follows activity ``after`` and is still to be done and open, else what is next anywhere; None: nothing."""
    return next_after(learner_course(enrolment), after)

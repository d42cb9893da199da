import datetime as dt

from django.db import transaction

from courses.models import Course, Enrolment
from lms.accounts.models import User
from lms.core import clock
from lms.units.queries import primary_appointment


@transaction.atomic
def enrol(*, user: User, course: Course, at: dt.datetime, source: str = Enrolment.Source.SELF) -> Enrolment:
    """The person's current enrolment in ``course``: the open cycle if there is one, else a new first one.

    A second call returns the same row. The unit is the one where the person serves that day.
    """
    current = Enrolment.objects.standing().filter(user=user, course=course, withdrawn_at__isnull=True)
    existing = current.order_by("-cycle").first()
    if existing:
        return existing
    last = Enrolment.objects.filter(user=user, course=course).order_by("-cycle").first()
    appointment = primary_appointment(user, on=clock.day_of(at))
    enrolment, _ = Enrolment.objects.standing().get_or_create(
        user=user,
        course=course,
        cycle=last.cycle + 1 if last else 1,
        defaults={"unit": appointment.unit if appointment else None, "source": source, "enrolled_at": at},
    )
    return enrolment

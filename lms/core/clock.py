"""The one place that asks what time it is. Rules and services take the time as an argument."""

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """This instant, aware, in UTC."""
    return timezone.now()


def today() -> dt.date:
    """Today in Việt Nam, whatever zone the server stands in."""
    return timezone.localdate()


def end_of_day(day: dt.date) -> dt.datetime:
    """The first instant after ``day`` in Việt Nam: a record belongs to the day when it is earlier."""
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))


def day_of(instant: dt.datetime) -> dt.date:
    """The calendar day of ``instant`` in Việt Nam."""
    return timezone.localdate(instant)

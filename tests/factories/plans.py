"""Tasks, given through the ordinary service."""

import datetime as dt

from courses.models import Course
from lms.accounts.models import User
from lms.plans import services
from lms.plans.models import Assignment
from lms.units.models import Level, Unit

GIVEN_AT = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)  # 20/11 at nine in the morning in Việt Nam


def task(
    course: Course, unit: Unit, by: User, *, levels: tuple[str, ...] = (), at: dt.datetime = GIVEN_AT, **fields: object
) -> Assignment:
    """``levels``: their keys."""
    given = {"contact_name": "Hoàng Đức Hạnh", "contact_phone": "0203 3835 123", **fields}
    rows = list(Level.objects.filter(key__in=levels))
    return services.assign(course=course, unit=unit, levels=rows, by=by, at=at, **given)


def plan_141() -> object:
    return services.enter_document(
        reference="141/KH-MTTQ-BTT",
        date_as_written="12/4/2022",
        kind="Kế hoạch",
        issuer="Ban Thường trực Ủy ban MTTQ Việt Nam tỉnh Quảng Ninh",
    )

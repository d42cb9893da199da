"""What reports need beside the cast: results at a time, certificates, a district era."""

import datetime as dt
import itertools

import pytest
import time_machine

from certificates.models import Certificate, Register
from courses.models import Completion, Course, Enrolment
from lms.accounts.models import User
from lms.core import clock
from lms.units.models import Unit, UnitName
from tests.conftest import Units, make_unit

TODAY = dt.date(2026, 11, 23)
NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _today():
    """Sessions and "today" stand still."""
    with time_machine.travel(NOON, tick=False):
        yield


def at(day: dt.date, hour: int = 10) -> dt.datetime:
    """An hour of a day in Việt Nam."""
    return clock.end_of_day(day) - dt.timedelta(hours=24 - hour)


def begin(person: User, course: Course, day: dt.date, *, unit: Unit | None = None) -> Enrolment:
    return Enrolment.objects.create(
        user=person, course=course, unit=unit, enrolled_at=at(day, 8), started_at=at(day), last_seen_at=at(day)
    )


def complete(person: User, course: Course, day: dt.date, *, unit: Unit | None = None) -> Completion:
    """Began a week before ``day`` and completed on it."""
    enrolment = begin(person, course, day - dt.timedelta(days=7), unit=unit)
    return Completion.objects.create(
        enrolment=enrolment, course=course, user=person, completed_at=at(day, 23), unit=unit, position="Chuyên viên"
    )


def certify(completion: Completion) -> Certificate:
    number = next(_numbers)
    register, _ = Register.objects.get_or_create(symbol="GCN-MTTW-BTT", year=2026)
    return Certificate.objects.create(
        completion=completion,
        register=register,
        number=number,
        verify_code=f"MA-{number:06d}",
        payload={"number": f"{number:04d}/GCN-MTTW-BTT", "course": completion.course.title},
        issued_at=completion.completed_at,
    )


@pytest.fixture
def district_era(units: Units) -> dict[str, Unit]:
    """Until 30/06/2025 province 1 had a district with two communes; its communes of today opened the day after."""
    merger = dt.date(2025, 7, 1)
    district = make_unit("Huyện Vân Đồn", parent=units.p1, level="district", rank=20, closed_on=merger)
    old_a = make_unit("Xã Bình Dân", parent=district, level="commune", rank=30, closed_on=merger)
    old_b = make_unit("Xã Đài Xuyên", parent=district, level="commune", rank=30, closed_on=merger)
    Unit.objects.filter(pk__in=[units.p1_a.pk, units.p1_b.pk]).update(opened_on=merger)
    return {"district": district, "old_a": old_a, "old_b": old_b}


@pytest.fixture
def renamed_b(units: Units) -> Unit:
    """Phường Hạ Long is called Phường Bãi Cháy from 01/01/2026."""
    UnitName.objects.filter(unit=units.p1_b).update(ends_on=dt.date(2026, 1, 1))
    UnitName.objects.create(
        unit=units.p1_b, full_name="Phường Bãi Cháy", short_name="Bãi Cháy", starts_on=dt.date(2026, 1, 1)
    )
    return units.p1_b

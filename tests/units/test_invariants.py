"""What the database refuses whoever writes: each trigger exists on this database and bites."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from lms.core import triggers
from lms.units.invariants import TRIGGERS
from lms.units.models import Appointment, Succession, Unit, UnitCode, UnitName
from tests.factories import units as make

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = dt.date(2022, 1, 1), dt.date(2023, 1, 1), dt.date(2024, 1, 1)


@pytest.fixture
def commune(units):
    return units.p1_a


def refuses(write, *errors: type[Exception]) -> str:
    with pytest.raises(errors or (DatabaseError,)) as caught, transaction.atomic():
        write()
    return str(caught.value)


def test_every_registered_trigger_is_in_the_database() -> None:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    assert {trigger.name for trigger in triggers.registered()} - present == set()
    assert {trigger.name for trigger in TRIGGERS} <= present


def test_a_unit_has_one_name_a_day(commune: Unit) -> None:
    commune.names.update(ends_on=SECOND)
    UnitName.objects.create(unit=commune, full_name="Xã B", short_name="B", starts_on=SECOND, ends_on=THIRD)

    def overlap() -> None:
        day = dt.date(2023, 12, 31)
        UnitName.objects.create(unit=commune, full_name="Xã C", short_name="C", starts_on=day)

    assert "one name a day" in refuses(overlap)
    assert "one name a day" in refuses(lambda: commune.names.filter(ends_on=SECOND).update(ends_on=THIRD))
    UnitName.objects.create(unit=commune, full_name="Xã C", short_name="C", starts_on=THIRD)
    assert commune.names.count() == 3


def test_a_unit_has_one_code_a_day(commune: Unit) -> None:
    UnitCode.objects.create(unit=commune, code="00001", ends_on=SECOND)
    assert "one code a day" in refuses(lambda: UnitCode.objects.create(unit=commune, code="00002", starts_on=FIRST))
    UnitCode.objects.create(unit=commune, code="00002", starts_on=SECOND)
    assert commune.codes.count() == 2


def test_two_units_may_bear_one_name_and_one_code(units) -> None:
    for unit in (units.p1_a, units.p2_a):
        UnitCode.objects.create(unit=unit, code="00001")
    assert UnitCode.objects.filter(code="00001").count() == 2


def test_a_person_has_one_primary_appointment_a_day(officer_p1, units) -> None:
    def second(**fields: object) -> Appointment:
        return Appointment.objects.create(
            person=officer_p1, unit=units.p1_b, position="Chuyên viên", starts_on=THIRD, **fields
        )

    assert "one primary appointment" in refuses(second)
    other = second(is_primary=False)
    assert "one primary appointment" in refuses(lambda: Appointment.objects.filter(pk=other.pk).update(is_primary=True))
    officer_p1.appointments.filter(is_primary=True).update(ends_on=THIRD)
    assert Appointment.objects.filter(pk=other.pk).update(is_primary=True) == 1


def test_a_unit_is_never_moved(units) -> None:
    assert "never moved" in refuses(
        lambda: Unit.objects.filter(pk=units.p1_a.pk).update(path=units.p2.path + "0009", depth=3)
    )
    refuses(lambda: units.p1_a.move(units.p2, "last-child"), TypeError)
    units.p1_a.refresh_from_db()
    assert units.p1_a.get_parent() == units.p1


def test_a_whole_unit_goes_to_one_successor(units) -> None:
    Succession.objects.create(old=units.p1_a, new=units.p2_a, share="whole")
    refuses(lambda: Succession.objects.create(old=units.p1_a, new=units.p1_b, share="whole"), IntegrityError)
    refuses(lambda: Succession.objects.create(old=units.p1_b, new=units.p1_b, share="whole"), IntegrityError)


def test_a_unit_closes_after_it_opens(units) -> None:
    def open_and_close() -> None:
        make.unit("Xã Nay", parent=units.p1, level="commune", opened_on=SECOND, closed_on=SECOND)

    refuses(open_and_close, IntegrityError)

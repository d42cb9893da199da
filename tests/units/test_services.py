"""Appointing, granting, renaming, closing, merging."""

import datetime as dt

import pytest
from wagtail.models import ModelLogEntry

from lms.units.models import Appointment, Grant, Unit
from lms.units.queries import name_on, primary_appointment, tree_on
from lms.units.services.appointments import appoint, end_appointment, grant, revoke_grant
from lms.units.services.errors import RefusedError
from lms.units.services.reorganising import close, merge, rename
from lms.units.signals import units_reorganised
from tests.factories import units as make

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 22)
EVE = DAY - dt.timedelta(days=1)


def logged(action: str) -> int:
    return ModelLogEntry.objects.filter(action=action).count()


def test_a_transfer_ends_the_primary_appointment_on_the_day_the_new_one_starts(officer_p1, units, centre) -> None:
    with pytest.raises(RefusedError, match="primary appointment from 01/01/2022"):
        appoint(person=officer_p1, unit=units.p1_b, position="Chủ tịch", starts_on=DAY, actor=centre)
    new = appoint(person=officer_p1, unit=units.p1_b, position="Chủ tịch", starts_on=DAY, actor=centre, transfer=True)
    assert primary_appointment(officer_p1, on=EVE).unit == units.p1_a
    assert primary_appointment(officer_p1, on=DAY) == new
    assert (logged("units.appoint"), logged("units.end_appointment")) == (1, 1)


def test_appointing_twice_is_one_appointment(officer_p1, units, centre) -> None:
    said = {"person": officer_p1, "unit": units.p1_b, "position": "Ủy viên", "starts_on": DAY, "is_primary": False}
    assert appoint(**said, actor=centre) == appoint(**said, actor=centre)
    assert (officer_p1.appointments.count(), logged("units.appoint")) == (2, 1)


def test_nobody_is_appointed_to_a_unit_that_is_not_open(officer_p1, units, centre) -> None:
    Unit.objects.filter(pk=units.p1_b.pk).update(closed_on=DAY)
    units.p1_b.refresh_from_db()
    with pytest.raises(RefusedError, match="not open on 22/11/2026"):
        appoint(person=officer_p1, unit=units.p1_b, position="X", starts_on=DAY, actor=centre, transfer=True)
    assert list(officer_p1.appointments.values_list("unit_id", "ends_on")) == [(units.p1_a.pk, None)]


def test_an_appointment_ends_after_it_starts(officer_p1, centre) -> None:
    appointment = Appointment.objects.get(person=officer_p1)
    with pytest.raises(RefusedError):
        end_appointment(appointment=appointment, ends_on=appointment.starts_on, actor=centre)
    for _ in range(2):
        end_appointment(appointment=appointment, ends_on=DAY, actor=centre)
    assert (primary_appointment(officer_p1, on=DAY), logged("units.end_appointment")) == (None, 1)


def test_granting_twice_is_one_grant_and_revoking_ends_it_that_day(officer_p1, units, centre) -> None:
    said = {"person": officer_p1, "unit": units.p1, "right": Grant.Right.VIEW, "actor": centre}
    given = grant(**said, starts_on=EVE)
    assert grant(**said, starts_on=DAY) == given
    assert (given.granted_by, logged("units.grant")) == (centre, 1)
    for _ in range(2):
        revoke_grant(grant=given, ends_on=DAY, actor=centre)
    assert not Grant.objects.on(DAY).filter(person=officer_p1).exists()
    assert logged("units.revoke_grant") == 1


def test_a_grant_revoked_on_its_first_day_does_not_last_until_midnight(officer_p1, units, centre) -> None:
    given = grant(person=officer_p1, unit=units.p1, right="view", starts_on=DAY, actor=centre)
    revoke_grant(grant=given, ends_on=DAY, actor=centre)
    assert not Grant.objects.filter(person=officer_p1).exists()
    assert logged("units.revoke_grant") == 1


def test_an_unknown_right_is_refused(officer_p1, units, centre) -> None:
    with pytest.raises(RefusedError, match="no right “everything”"):
        grant(person=officer_p1, unit=units.p1, right="everything", starts_on=DAY, actor=centre)


def test_a_renamed_unit_keeps_its_old_name_for_the_old_days(units, centre) -> None:
    kind = units.p1_a.names.get().type
    for _ in range(2):
        rename(unit=units.p1_a, full_name="Xã  Vạn Ninh", short_name="Vạn Ninh", type=kind, on=DAY, actor=centre)
    assert (name_on(units.p1_a, EVE), name_on(units.p1_a, DAY)) == ("Xã Vạn Yên", "Xã Vạn Ninh")
    assert (units.p1_a.names.count(), logged("units.rename")) == (2, 1)


def test_a_second_rename_cannot_slip_in_before_a_later_one(units, centre) -> None:
    rename(unit=units.p1_a, full_name="Xã B", short_name="B", type=None, on=DAY, actor=centre)
    for day in (EVE, DAY):
        with pytest.raises(RefusedError):
            rename(unit=units.p1_a, full_name="Xã C", short_name="C", type=None, on=day, actor=centre)


def test_a_unit_closes_with_its_subtree_once(units, centre) -> None:
    told: list[int] = []

    def listener(closed: list[Unit], **rest: object) -> None:
        told.append(len(closed))

    units_reorganised.connect(listener)
    try:
        assert len(close(unit=units.p1, on=DAY, actor=centre)) == 3
        assert close(unit=units.p1, on=DAY, actor=centre) == []
    finally:
        units_reorganised.disconnect(listener)
    assert told == [3]
    assert [unit.name for unit in tree_on(DAY)] == ["Trung ương", "Tỉnh Thái Nguyên", "Xã Văn Lăng"]
    assert len(tree_on(EVE)) == 6


def test_a_unit_does_not_close_under_one_that_opens_later(units, centre) -> None:
    make.unit("Xã Sau Này", parent=units.p1, level="commune", opened_on=DAY)
    with pytest.raises(RefusedError):
        close(unit=units.p1, on=DAY, actor=centre)
    assert len(tree_on(DAY)) == 7


def test_merged_units_close_and_go_whole_into_a_new_one(units, centre) -> None:
    kind = units.p1_a.names.get().type
    new = merge(
        units=[units.p1_a, units.p1_b], full_name="Xã Vạn Long", short_name="Vạn Long", type=kind, code="06673",
        on=DAY, actor=centre, basis="Nghị quyết số 1",
    )  # fmt: skip
    assert new.get_parent() == units.p1
    assert list(new.predecessions.order_by("old_id").values_list("old_id", "share")) == [
        (units.p1_a.pk, "whole"), (units.p1_b.pk, "whole"),
    ]  # fmt: skip
    under = [unit.name for unit in tree_on(DAY, within=units.p1)]
    assert under == ["Tỉnh Quảng Ninh", "Xã Vạn Long"]
    assert len(tree_on(EVE, within=units.p1)) == 3


def test_units_of_two_levels_do_not_merge(units, centre) -> None:
    kind = units.p1_a.names.get().type
    with pytest.raises(RefusedError, match="one level"):
        merge(units=[units.p1, units.p1_a], full_name="X", short_name="X", type=kind, code="1", on=DAY, actor=centre)
    assert len(tree_on(DAY)) == 6

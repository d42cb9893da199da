"""What becomes of a task when its unit closes: it goes on in the unit that took it over whole, as one and the same."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from lms.plans import queries, services
from lms.plans.models import Assignment
from lms.units.models import Appointment, DivisionType, Grant, Succession, Unit, UnitName
from lms.units.services import reorganising
from lms.units.signals import units_reorganised
from tests.conftest import NOON, make_person
from tests.factories.plans import task

TODAY = dt.date(2026, 11, 23)
YESTERDAY = TODAY - dt.timedelta(days=1)
DEADLINE = dt.date(2026, 11, 28)


def merge(*units: Unit, name: str = "Xã Hợp Nhất", code: str = "09999", on: dt.date = TODAY) -> Unit:
    kind = DivisionType.objects.get(key="xã", level__key="commune")
    new = reorganising.merge(
        units=list(units), full_name=name, short_name=name.removeprefix("Xã "), type=kind, code=code, on=on, actor=None
    )
    for unit in units:
        unit.refresh_from_db()
    return new


def follow(person, unit: Unit, *, on: dt.date = TODAY) -> None:
    """The person's appointment ends, and another begins in the successor."""
    old = Appointment.objects.on(on).get(person=person)
    Appointment.objects.filter(pk=old.pk).update(ends_on=on)
    Appointment.objects.create(person=person, unit=unit, position=old.position, page_duty=old.page_duty, starts_on=on)


def close(unit: Unit) -> None:
    unit.closed_on = TODAY
    unit.save(update_fields=["closed_on"])


def concerned(assignment, on: dt.date = TODAY) -> set[str]:
    return set(queries.audience(assignment, on).values_list("username", flat=True))


@pytest.fixture
def given(units, outline, manager_p1, officer_p1) -> Assignment:
    """A task of Xã Vạn Yên alone."""
    return task(outline.course, units.p1_a, manager_p1, deadline=DEADLINE)


def test_a_task_goes_on_in_the_unit_that_took_its_own_over_whole(given, units, officer_p1):
    other = make_person("ha-long", "Người Hạ Long", units.p1_b)
    new = merge(units.p1_a, units.p1_b)
    follow(officer_p1, new)
    follow(other, new)
    assert concerned(given) == {"officer_p1", "ha-long"}
    (due,) = queries.dues_of(other, TODAY)
    assert (due.deadline, due.begin_with) == (DEADLINE, given.pk)
    assert due.reasons[0].why.startswith("Giao cho")
    assert "xã Hợp Nhất" in due.reasons[0].why


def test_until_the_day_it_stands_where_it_was_given_and_the_past_is_counted_as_before(given, units, officer_p1):
    other = make_person("ha-long", "Người Hạ Long", units.p1_b)
    before = queries.standing_of(given, YESTERDAY)
    new = merge(units.p1_a, units.p1_b)
    follow(officer_p1, new)
    follow(other, new)
    assert queries.standing_of(given, YESTERDAY) == before
    assert concerned(given, YESTERDAY) == {"officer_p1"}
    assert queries.dues_of(other, YESTERDAY) == []


def test_whose_appointment_has_not_followed_yet_still_owes_it(given, units, officer_p1):
    merge(units.p1_a, units.p1_b)
    assert [due.begin_with for due in queries.dues_of(officer_p1, TODAY)] == [given.pk]
    assert concerned(given) == {"officer_p1"}
    assert queries.standing_of(given, TODAY).total.people == 1


def test_the_list_the_rule_and_the_count_agree_after_two_mergers(given, units, officer_p1):
    first = merge(units.p1_a, units.p1_b)
    second = merge(first, name="Xã Lần Hai", code="09998", on=TODAY + dt.timedelta(days=2))
    later = TODAY + dt.timedelta(days=3)
    follow(officer_p1, second, on=TODAY + dt.timedelta(days=2))
    assert concerned(given, later) == {"officer_p1"}
    assert [due.begin_with for due in queries.dues_of(officer_p1, later)] == [given.pk]
    assert queries.stand_of(given, later).unit == second
    assert queries.stand_of(given, TODAY).unit == first


def test_the_short_link_and_the_deadline_are_those_of_before(given, units, officer_p1, client):
    new = merge(units.p1_a, units.p1_b)
    follow(officer_p1, new)
    client.force_login(officer_p1)
    response = client.get(f"/t/{given.code}/")
    assert (response.status_code, response.url) == (302, f"/learn/#viec-{given.code}")
    assert client.get("/learn/").status_code == 200
    assert queries.short_link(new, given.course_id, TODAY).endswith(f"/t/{given.code}/")


def test_the_same_task_of_two_units_that_merge_is_read_once(units, outline, manager_p1, officer_p1):
    for unit in (units.p1_a, units.p1_b):
        task(outline.course, unit, manager_p1, deadline=DEADLINE)
    follow(officer_p1, merge(units.p1_a, units.p1_b))
    (due,) = queries.dues_of(officer_p1, TODAY)
    assert len(due.reasons) == 1


def test_the_manager_of_the_successor_sees_and_changes_it(given, units, outline, officer_p1, manager_p1):
    new = merge(units.p1_a, units.p1_b)
    manager = make_person("quan-ly", "Quản Lý", new)
    for right in (Grant.Right.VIEW, Grant.Right.ASSIGN):
        Grant.objects.create(person=manager, unit=new, right=right, starts_on=TODAY)
    (row,) = queries.tasks_for(manager, TODAY).own
    assert (row.id, row.came_from, row.is_stranded) == (given.pk, ("Xã Vạn Yên",), False)
    view = queries.view_of(manager, given.pk, TODAY)
    assert (view.unit, view.is_from_above, view.may_change) == (new, False, True)
    later = DEADLINE + dt.timedelta(days=5)
    services.change(assignment=given, deadline=later, contact_name="B", contact_phone="0203 1", by=manager, at=NOON)
    assert Assignment.objects.get(pk=given.pk).deadline == later


def test_a_unit_that_goes_to_another_province_takes_its_task_along(given, units, manager_p1, manager_p2, officer_p1):
    new = units.p2.add_child(level=units.p1_a.level, opened_on=TODAY)
    UnitName.objects.create(unit=new, full_name="Xã Vạn Yên", short_name="Vạn Yên", starts_on=TODAY)
    close(units.p1_a)
    Succession.objects.create(old=units.p1_a, new=new, share=Succession.Share.WHOLE)
    follow(officer_p1, new)
    assert [row.id for row in queries.tasks_for(manager_p1, TODAY).own] == []
    assert queries.view_of(manager_p1, given.pk, TODAY) is None
    assert [row.id for row in queries.tasks_for(manager_p2, TODAY).own] == [given.pk]
    given.refresh_from_db()
    with pytest.raises(services.NotAllowedError):
        services.withdraw(assignment=given, by=manager_p1, reason="", at=NOON)


def test_the_task_of_a_divided_unit_stays_and_is_named_as_stranded(given, units, manager_p1, officer_p1):
    for name in ("Xã Một", "Xã Hai"):
        part = units.p1.add_child(level=units.p1_a.level, opened_on=TODAY)
        UnitName.objects.create(unit=part, full_name=name, short_name=name, starts_on=TODAY)
        Succession.objects.create(old=units.p1_a, new=part, share=Succession.Share.PART)
    close(units.p1_a)
    follow(officer_p1, part)
    assert queries.dues_of(officer_p1, TODAY) == []
    (row,) = queries.tasks_for(manager_p1, TODAY).own
    assert (row.id, row.came_from, row.is_stranded) == (given.pk, (), True)


def test_the_log_says_once_where_each_standing_task_went(given, units, outline, manager_p1):
    gone = task(outline.course, units.p1_a, manager_p1, note="Đã thu hồi")
    services.withdraw(assignment=gone, by=manager_p1, reason="", at=NOON)
    new = merge(units.p1_a, units.p1_b)
    entries = ModelLogEntry.objects.filter(action="plans.carry_over")
    (entry,) = entries
    assert entry.object_id == str(given.pk)
    assert (entry.data["unit"], entry.data["path"]) == (new.pk, new.path)
    assert (entry.data["before"], entry.data["after"]) == ({"unit": "Xã Vạn Yên"}, {"unit": "Xã Hợp Nhất"})
    units_reorganised.send(sender=Unit, closed=[units.p1_a], opened=[new], on=TODAY)
    assert entries.count() == 1


def test_lists_cost_the_same_with_one_and_with_three_tasks_carried(given, units, outline, manager_p1, officer_p1):
    follow(officer_p1, merge(units.p1_a, units.p1_b))

    def cost() -> list[int]:
        found = []
        for call in (lambda: queries.dues_of(officer_p1, TODAY), lambda: queries.tasks_for(manager_p1, TODAY)):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                call()
            found.append(len(captured))
        return found

    one = cost()
    for number in range(2):
        copy = Assignment.objects.get(pk=given.pk)
        copy.pk, copy.code, copy.note = None, f"bcdfg{'hj'[number]}", f"số {number}"
        copy.save(force_insert=True)
    assert cost() == one

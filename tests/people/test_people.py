"""The list of people, a person's card, and appointing there."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from wagtail.models import ModelLogEntry

from lms.people import people_queries as queries
from lms.people.people_queries import Asked
from lms.plans.queries.dues import concerning
from lms.units.models import Appointment, Grant
from lms.units.services import appointments
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, make_person
from tests.factories.plans import task

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-23T05:00:00+00:00", tick=False):
        yield


@pytest.fixture
def importer(units):
    person = make_person("nhap", "Lò Thị Nhập", units.p1)
    for right in (Grant.Right.IMPORT, Grant.Right.VIEW):
        Grant.objects.create(person=person, unit=units.p1, right=right, starts_on=DAY_ONE)
    return person


def names(viewer, **asked):
    return [person.full_name for person in queries.people(viewer, Asked(**asked))]


# --- The list -----------------------------------------------------------------------------------------


def test_a_manager_lists_the_people_of_his_own_units_by_given_name(manager_p1, officer_p1, officer_p2):
    assert names(manager_p1) == ["Đặng Thị Nguyệt Ánh", "Hoàng Đức Hạnh"]
    assert names(manager_p1, order="don-vi") == ["Hoàng Đức Hạnh", "Đặng Thị Nguyệt Ánh"]


def test_a_right_to_remind_alone_opens_no_list(client, units, officer_p1):
    person = make_person("nhac", "Lò Văn Nhắc", units.p1)
    Grant.objects.create(person=person, unit=units.p1, right=Grant.Right.REMIND, starts_on=DAY_ONE)
    client.force_login(person)
    assert client.get(reverse("people:people")).status_code == 404
    assert client.get(reverse("people:person", args=[officer_p1.pk])).status_code == 404


def test_words_without_diacritics_find_and_with_them_the_exact_one_comes_first(manager_p1, units):
    make_person("hoa1", "Trần Thị Hoa", units.p1_a)
    make_person("hoa2", "Trần Thị Hòa", units.p1_b)
    assert names(manager_p1, typed="tran hoa") == ["Trần Thị Hoa", "Trần Thị Hòa"]
    assert names(manager_p1, typed="trần thị hòa") == ["Trần Thị Hòa", "Trần Thị Hoa"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"position": "Phó Chủ tịch"}, ["Đặng Thị Nguyệt Ánh"]),
        ({"duty": "any"}, ["Đặng Thị Nguyệt Ánh"]),
        ({"duty": "team"}, []),
        ({"post": "several"}, ["Hoàng Đức Hạnh"]),
        ({"post": "acting"}, ["Hoàng Đức Hạnh"]),
        ({"claim": "never"}, ["Hoàng Đức Hạnh"]),
    ],
)
def test_filters(manager_p1, officer_p1, units, asked, found):
    officer_p1.last_login = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    officer_p1.save()
    appointments.appoint(
        person=manager_p1, unit=units.p1_a, position="Phụ trách", starts_on=DAY_ONE, actor=None, is_primary=False,
        is_acting=True,
    )  # fmt: skip
    assert names(manager_p1, **asked) == found


def test_the_list_costs_the_same_with_one_row_and_with_three(
    client, manager_p1, units, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(manager_p1)
    address = reverse("people:people")
    client.get(address)
    with django_assert_max_num_queries(30) as one:
        assert client.get(address).status_code == 200
    for number in range(2):
        make_person(f"them{number}", f"Vi Thị Thêm {number}", units.p1_a)
    with django_assert_num_queries(len(one)):
        client.get(address)


def test_the_unit_of_a_filter_outside_ones_own_is_none(client, manager_p1, units):
    client.force_login(manager_p1)
    assert client.get(reverse("people:people"), {"unit": units.p2.pk}).status_code == 404
    assert client.get(reverse("people:people"), {"unit": units.p1_a.pk}).status_code == 200


# --- The card -----------------------------------------------------------------------------------------


def test_the_card_of_a_stranger_is_not_there(client, manager_p2, officer_p1):
    client.force_login(manager_p2)
    assert client.get(reverse("people:person", args=[officer_p1.pk])).status_code == 404


def test_who_left_is_still_seen_where_he_served_until_he_serves_elsewhere(client, manager_p1, officer_p1, units):
    held = officer_p1.appointments.get()
    appointments.end_appointment(appointment=held, ends_on=TODAY, actor=None)
    assert queries.person_in_sight(manager_p1, officer_p1.pk) == officer_p1
    appointments.appoint(person=officer_p1, unit=units.p2_a, position="Chuyên viên", starts_on=TODAY, actor=None)
    assert queries.person_in_sight(manager_p1, officer_p1.pk) is None


# --- Appointing ---------------------------------------------------------------------------------------


def post(client, name, *args, **data):
    return client.post(reverse(f"people:{name}", args=args), data)


def test_a_further_post_is_entered_once_however_often_the_button_is_pressed(client, importer, officer_p1, units):
    client.force_login(importer)
    sent = {
        "unit": units.p1_b.pk, "kind": "further", "position": "  Ủy viên  Ủy ban ", "is_acting": "on",
        "page_duty": "team", "starts_on": "2026-12-01", "last_day": "2027-11-30", "decision": "12/QĐ-MTTQ",
    }  # fmt: skip
    for _ in range(2):
        assert post(client, "appoint", officer_p1.pk, **sent).status_code == 302
    made = Appointment.objects.get(person=officer_p1, unit=units.p1_b)
    assert (made.position, made.is_primary, made.is_acting, made.page_duty, made.decision) == (
        "Ủy viên Ủy ban", False, True, "team", "12/QĐ-MTTQ",
    )  # fmt: skip
    assert (made.starts_on, made.ends_on) == (dt.date(2026, 12, 1), dt.date(2027, 12, 1))
    assert officer_p1.appointments.get(is_primary=True).ends_on is None


def test_going_over_ends_the_main_post_that_day(client, importer, officer_p1, units):
    client.force_login(importer)
    sent = {"unit": units.p1_b.pk, "kind": "transfer", "position": "Chủ tịch", "starts_on": "2026-12-01"}
    assert post(client, "appoint", officer_p1.pk, **sent).status_code == 302
    rows = list(officer_p1.appointments.order_by("starts_on").values_list("unit_id", "ends_on", "is_primary"))
    assert rows == [(units.p1_a.pk, dt.date(2026, 12, 1), True), (units.p1_b.pk, None, True)]


def test_nobody_is_taken_over_from_a_unit_outside_ones_own(client, importer, officer_p2, units):
    appointments.appoint(
        person=officer_p2, unit=units.p1_a, position="Ủy viên", starts_on=DAY_ONE, actor=None, is_primary=False
    )
    client.force_login(importer)
    sent = {"unit": units.p1_b.pk, "kind": "transfer", "position": "Chủ tịch", "starts_on": "2026-12-01"}
    answer = post(client, "appoint", officer_p2.pk, **sent)
    assert answer.status_code == 200
    assert officer_p2.appointments.count() == 2


@pytest.mark.parametrize("name", ["appointment_correct", "appointment_end", "appointment_primary"])
def test_an_appointment_in_a_foreign_unit_cannot_be_touched(client, importer, officer_p2, units, name):
    here = appointments.appoint(
        person=officer_p2, unit=units.p1_a, position="Ủy viên", starts_on=DAY_ONE, actor=None, is_primary=False
    )
    foreign = officer_p2.appointments.get(is_primary=True)
    client.force_login(importer)
    assert post(client, name, officer_p2.pk, foreign.pk).status_code == 404
    expected = 404 if name == "appointment_primary" else 200  # the main post to be displaced lies outside
    assert post(client, name, officer_p2.pk, here.pk).status_code == expected


def test_nobody_appoints_himself(client, importer, units):
    client.force_login(importer)
    assert client.get(reverse("people:appoint", args=[importer.pk])).status_code == 404
    held = importer.appointments.get()
    assert client.get(reverse("people:appointment_end", args=[importer.pk, held.pk])).status_code == 404


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(client, importer, officer_p1, units):
    client.force_login(importer)
    sent = {"unit": units.p1_b.pk, "kind": "further", "position": "Chủ tịch", "starts_on": "2026-12-01",
            "last_day": "2026-11-01"}  # fmt: skip
    answer = post(client, "appoint", officer_p1.pk, **sent)
    assert answer.context["form"].errors.keys() == {"last_day"}
    assert 'value="Chủ tịch"' in answer.content.decode()


# --- Correcting ---------------------------------------------------------------------------------------


def test_a_correction_needs_a_reason_and_leaves_before_and_after_in_the_log(officer_p1, manager_p1):
    held = officer_p1.appointments.get()
    with pytest.raises(RefusedError):
        appointments.correct(appointment=held, values={"position": "Chủ tịch"}, reason=" ", actor=manager_p1)
    how = {"values": {"position": "Chủ tịch", "decision": ""}, "reason": "Nhập nhầm", "actor": manager_p1}
    assert appointments.correct(appointment=held, **how) is True
    assert appointments.correct(appointment=held, **how) is False
    entry = ModelLogEntry.objects.get(action="units.correct_appointment")
    assert (entry.data["before"], entry.data["after"], entry.data["reason"]) == (
        {"position": "Phó Chủ tịch"}, {"position": "Chủ tịch"}, "Nhập nhầm",
    )  # fmt: skip


def test_a_correction_does_not_let_two_main_posts_overlap(officer_p1, units):
    held = officer_p1.appointments.get()
    appointments.appoint(
        person=officer_p1, unit=units.p1_b, position="Chủ tịch", starts_on=dt.date(2026, 12, 1), actor=None,
        transfer=True,
    )  # fmt: skip
    held.refresh_from_db()
    with pytest.raises(RefusedError):
        appointments.correct(appointment=held, values={"ends_on": None}, reason="Nhầm", actor=None)
    assert officer_p1.appointments.get(pk=held.pk).ends_on == dt.date(2026, 12, 1)


def test_another_post_becomes_the_main_one_from_today_and_past_days_stay(officer_p1, units):
    further = appointments.appoint(
        person=officer_p1, unit=units.p1_b, position="Chủ tịch", starts_on=DAY_ONE, actor=None, is_primary=False
    )
    now = appointments.make_primary(appointment=further, on=TODAY, actor=None)
    assert appointments.make_primary(appointment=now, on=TODAY, actor=None) == now

    def main(day):
        return [row.unit_id for row in officer_p1.appointments.on(day).filter(is_primary=True)]

    yesterday = TODAY - dt.timedelta(days=1)
    assert (main(yesterday), main(TODAY)) == ([units.p1_a.pk], [units.p1_b.pk])
    assert {row.unit_id for row in officer_p1.appointments.on(TODAY)} == {units.p1_a.pk, units.p1_b.pk}


# --- What follows from an appointment on the day it begins and ends ------------------------------------


def test_sight_and_tasks_begin_and_end_with_the_appointment(officer_p2, manager_p1, units, outline, centre):
    given = task(outline.course, units.p1, centre)
    begins, ends = dt.date(2026, 12, 1), dt.date(2026, 12, 10)
    appointments.appoint(
        person=officer_p2, unit=units.p1_b, position="Phụ trách", starts_on=begins, ends_on=ends, actor=None,
        is_primary=False, is_acting=True,
    )  # fmt: skip
    seen, owed = [], []
    for day in (begins - dt.timedelta(days=1), begins, ends - dt.timedelta(days=1), ends):
        with time_machine.travel(dt.datetime.combine(day, dt.time(5), dt.UTC), tick=False):
            seen.append(queries.person_in_sight(manager_p1, officer_p2.pk) is not None)
            owed.append(given in concerning(officer_p2, day))
    assert seen == [False, True, True, False]
    assert owed == [False, True, True, False]

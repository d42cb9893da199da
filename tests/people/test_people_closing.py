"""Closing the account of who has left, opening it again, taking out what has not begun; the list's further filters."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import ModelLogEntry

from lms.people import people_queries as queries
from lms.people.people_queries import Asked
from lms.people.services import closing
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant
from lms.units.services import appointments
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, make_person

NOW = dt.datetime(2026, 11, 23, 5, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
LATER = dt.date(2026, 12, 1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def importer(units):
    person = make_person("nhap", "Lò Thị Nhập", units.p1)
    for right in (Grant.Right.IMPORT, Grant.Right.VIEW):
        Grant.objects.create(person=person, unit=units.p1, right=right, starts_on=DAY_ONE)
    return person


@pytest.fixture
def superuser(units):
    person = make_person("qtri", "Vũ Thị Trị", units.centre)
    person.is_superuser = True
    person.save()
    return person


def post(client, name, *args, **data):
    return client.post(reverse(f"people:{name}", args=args), data)


def further(person, unit, **fields):
    fields = {"position": "Ủy viên", "starts_on": DAY_ONE, "actor": None, "is_primary": False, **fields}
    return appointments.appoint(person=person, unit=unit, **fields)


def test_closing_ends_posts_and_sessions_on_that_day_and_twice_is_once(client, importer, officer_p1, units):
    further(officer_p1, units.p1_b, starts_on=LATER)
    client.force_login(officer_p1)
    assert client.get("/learn/").status_code == 200
    visitor = client.__class__()
    visitor.force_login(importer)
    for _ in range(2):
        assert post(visitor, "person_close", officer_p1.pk, reason="Nghỉ hưu").status_code == 302
    officer_p1.refresh_from_db()
    assert officer_p1.is_active is False
    assert list(officer_p1.appointments.values_list("unit_id", "ends_on")) == [(units.p1_a.pk, TODAY)]
    assert client.get("/learn/").status_code == 302
    entry = ModelLogEntry.objects.get(action="people.close_account")
    assert (entry.data["reason"], entry.data["unit"], entry.user) == ("Nghỉ hưu", units.p1_a.pk, importer)


def test_opening_again_gives_nothing_back_but_the_sign_in(client, importer, officer_p1):
    closing.close(person=officer_p1, reason="Nghỉ hưu", by=importer, at=NOW)
    client.force_login(importer)
    assert post(client, "person_reopen", officer_p1.pk, reason="").status_code == 200
    assert post(client, "person_reopen", officer_p1.pk, reason="Trở lại").status_code == 302
    officer_p1.refresh_from_db()
    assert officer_p1.is_active is True
    assert Appointment.objects.on(TODAY).filter(person=officer_p1).count() == 0
    assert closing.reopen(person=officer_p1, reason="Trở lại", by=importer, at=NOW) is False
    assert ModelLogEntry.objects.filter(action="people.reopen_account").count() == 1


def test_rights_end_with_the_account_and_stay_ended(superuser, manager_p1):
    closing.close(person=manager_p1, reason="Chuyển ngành", by=superuser, at=NOW)
    closing.reopen(person=manager_p1, reason="Trở lại", by=superuser, at=NOW)
    assert Grant.objects.on(TODAY).filter(person=manager_p1).count() == 0


def test_nobody_closes_himself_nor_staff_nor_a_stranger(client, importer, manager_p1, officer_p2, superuser):
    client.force_login(importer)
    for person in (importer, manager_p1, officer_p2, superuser):
        assert post(client, "person_close", person.pk, reason="x").status_code == 404
        with pytest.raises(NotAllowedError):
            closing.close(person=person, reason="x", by=importer, at=NOW)
        person.refresh_from_db()
        assert person.is_active
    with pytest.raises(NotAllowedError):
        closing.close(person=superuser, reason="x", by=superuser, at=NOW)


def test_the_accounts_with_which_everybody_tries_the_demonstration_stay_open(importer, superuser, officer_p1):
    officer_p1.is_demo = True
    officer_p1.set_password("demo-mattran")
    officer_p1.save()
    assert not closing.may_close(superuser, officer_p1)
    officer_p1.set_unusable_password()
    officer_p1.save()
    assert closing.may_close(importer, officer_p1)


def test_who_only_looks_closes_nothing(client, officer_p1, units):
    person = make_person("xem", "Lò Văn Xem", units.p1)
    Grant.objects.create(person=person, unit=units.p1, right=Grant.Right.VIEW, starts_on=DAY_ONE)
    client.force_login(person)
    assert client.get(reverse("people:person", args=[officer_p1.pk])).status_code == 200
    assert post(client, "person_close", officer_p1.pk, reason="x").status_code == 404


def test_a_post_outside_ones_units_must_be_ended_first(client, importer, officer_p1, units):
    further(officer_p1, units.p2_a)
    client.force_login(importer)
    answer = post(client, "person_close", officer_p1.pk, reason="Nghỉ hưu")
    assert (answer.status_code, len(answer.context["form"].non_field_errors())) == (200, 1)
    officer_p1.refresh_from_db()
    assert officer_p1.is_active
    assert set(officer_p1.appointments.values_list("ends_on", flat=True)) == {None}


def test_an_author_who_was_closed_is_opened_by_a_superuser_only(importer, superuser, officer_p1):
    officer_p1.groups.add(Group.objects.first())
    closing.close(person=officer_p1, reason="Nghỉ hưu", by=superuser, at=NOW)
    officer_p1.refresh_from_db()
    assert (closing.may_reopen(importer, officer_p1), closing.may_reopen(superuser, officer_p1)) == (False, True)


def test_nobody_is_appointed_while_the_account_is_closed(client, importer, officer_p1, units):
    closing.close(person=officer_p1, reason="Nghỉ hưu", by=importer, at=NOW)
    client.force_login(importer)
    sent = {"unit": units.p1_b.pk, "kind": "first", "position": "Chủ tịch", "starts_on": "2026-12-01"}
    assert post(client, "appoint", officer_p1.pk, **sent).status_code == 404


@pytest.mark.parametrize(("where", "offered"), [("p1_b", ["further", "transfer"]), ("p1_a", ["further"])])
def test_the_page_offers_going_over_to_another_unit(client, importer, officer_p1, units, where, offered):
    client.force_login(importer)
    unit = getattr(units, where)
    page = client.get(reverse("people:appoint", args=[officer_p1.pk]), {"unit": unit.pk}).content.decode()
    assert [value for value in ("first", "further", "transfer") if f'name="kind" value="{value}"' in page] == offered


# --- Taking out ---------------------------------------------------------------------------------------


def test_what_has_not_begun_is_taken_out_with_a_reason_and_kept_in_the_log(client, importer, officer_p1, units):
    ahead = further(officer_p1, units.p1_b, starts_on=LATER, decision="12/QĐ")
    client.force_login(importer)
    assert post(client, "appointment_end", officer_p1.pk, ahead.pk, reason="").status_code == 200
    assert post(client, "appointment_end", officer_p1.pk, ahead.pk, reason="Nhập nhầm người").status_code == 302
    assert officer_p1.appointments.get().unit_id == units.p1_a.pk
    entry = ModelLogEntry.objects.get(action="units.withdraw_appointment")
    assert (entry.data["before"]["starts_on"], entry.data["reason"]) == ("01/12/2026", "Nhập nhầm người")
    with pytest.raises(RefusedError):
        appointments.withdraw(appointment=officer_p1.appointments.get(), reason="x", actor=None)


# --- The list -----------------------------------------------------------------------------------------


def names(viewer, **asked):
    return [person.full_name for person in queries.people(viewer, Asked(**asked))]


def test_by_family_name_letters_of_the_alphabet_decide(manager_p1, officer_p1, units):
    for number, name in enumerate(["Dương Văn An", "Đặng Văn Bình", "Lý", "Đỗ Thị Ánh", "Nguyễn Văn Ân", "Nguyễn Ý"]):
        make_person(f"ho{number}", name, units.p1_a)
    assert names(manager_p1, order="ho") == [
        "Dương Văn An", "Đặng Thị Nguyệt Ánh", "Đặng Văn Bình", "Đỗ Thị Ánh", "Hoàng Đức Hạnh", "Lý", "Nguyễn Ý",
        "Nguyễn Văn Ân",
    ]  # fmt: skip


def test_who_leaves_soon_and_who_has_left(manager_p1, officer_p1, officer_p2, units):
    leaves = make_person("sap", "Vi Văn Sắp", units.p1_a)
    leaves.appointments.update(ends_on=TODAY + dt.timedelta(days=60))
    late = make_person("lau", "Vi Văn Lâu", units.p1_a)
    late.appointments.update(ends_on=TODAY + dt.timedelta(days=61))
    gone = make_person("thoi", "Vi Văn Thôi", units.p1_a)
    gone.appointments.update(ends_on=TODAY)
    elsewhere = make_person("noi", "Vi Văn Nơi", units.p1_a)
    elsewhere.appointments.update(ends_on=TODAY)
    further(elsewhere, units.p2_a, is_primary=True, starts_on=TODAY)
    assert names(manager_p1, post="leaving") == ["Vi Văn Sắp"]
    assert names(manager_p1, post="former") == ["Vi Văn Thôi"]


def test_a_typed_unit_leads_to_its_people_and_a_foreign_one_to_none(client, manager_p1, units):
    client.force_login(manager_p1)
    address = reverse("people:people")
    name = "van yen"
    answer = client.get(address, {"where": name, "order": "ho"})
    assert answer.status_code == 302
    assert sorted(answer.url.partition("?")[2].split("&")) == ["order=ho", f"unit={units.p1_a.pk}"]
    answer = client.get(address, {"where": "Văn Lăng"})
    assert (answer.status_code, answer.context["hits"]) == (200, [])


def test_what_somebody_learns_is_shown_to_who_may_see_it(client, importer, officer_p1, units):
    client.force_login(importer)
    card = client.get(reverse("people:person", args=[officer_p1.pk]))
    assert (card.context["training"].completed, card.context["training"].owed) == (0, ())
    Grant.objects.filter(person=importer, right=Grant.Right.VIEW).delete()
    assert client.get(reverse("people:person", args=[officer_p1.pk])).context["training"] is None

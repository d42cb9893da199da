"""A new code from the unit's manager: found, confirmed, shown once, told to its holder, and logged."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.core import clock
from lms.people import account_queries
from lms.people.services import codes as codes_service
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant
from tests.conftest import make_person

pytestmark = pytest.mark.django_db
PAGE = "/units/roster/code/"
LOG = "/units/roster/code/log/"


@pytest.fixture
def root(units):
    return User.objects.create_superuser(username="root", full_name="Quản trị Một", password="mat-khau-thu-1")


def names(page) -> list[str]:
    return [hit.person.full_name for hit in page.context["found"]]


# --- Finding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["nguyet anh", "Nguyệt Ánh", "anh dang", "0912 345 678", "OFFICER_P1"])
def test_somebody_is_found_by_name_without_diacritics_by_phone_and_by_username(client, manager_p1, officer_p1, typed):
    User.objects.filter(pk=officer_p1.pk).update(phone="+84912345678")
    client.force_login(manager_p1)
    assert names(client.get(PAGE, {"q": typed})) == ["Đặng Thị Nguyệt Ánh"]


def test_namesakes_are_listed_with_unit_and_position_and_whole_words_come_first(client, manager_p1, units):
    make_person("binh1", "Nguyễn Thị Bình", units.p1_a, position="Phó Chủ tịch")
    make_person("binh2", "Nguyễn Thị Bình", units.p1_b, position="Văn thư")
    make_person("thanh", "Bình Thanh An", units.p1_b)
    make_person("binhx", "Lê Binhx", units.p1_a)
    client.force_login(manager_p1)
    page = client.get(PAGE, {"q": "binh"})
    assert [hit.person.username for hit in page.context["found"]] == ["thanh", "binh1", "binh2", "binhx"]
    html = page.content.decode()
    for words in ("Xã Vạn Yên, Tỉnh Quảng Ninh · Phó Chủ tịch", "Phường Hạ Long, Tỉnh Quảng Ninh · Văn thư"):
        assert words in html


def test_people_of_others_are_neither_found_nor_opened(client, manager_p1, officer_p2, officer_p1):
    client.force_login(manager_p1)
    assert names(client.get(PAGE, {"q": "Nguyễn Văn Ân"})) == []
    assert client.get(PAGE, {"person": officer_p2.pk}).status_code == 404
    assert client.get(PAGE, {"person": officer_p1.pk}).status_code == 200
    assert [client.get(PAGE, {"person": odd}).status_code for odd in ("x", "9" * 40, "²")] == [404, 404, 404]


def test_the_search_costs_the_same_queries_for_one_and_three(client, manager_p1, units):
    counts = []
    for number in (1, 3):
        for made in range(User.objects.filter(username__startswith="binh").count(), number):
            make_person(f"binh{made}", "Nguyễn Thị Bình", units.p1_a)
        client.force_login(manager_p1)
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get(PAGE, {"q": "binh"}).context["found"]) == number
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- Giving -----------------------------------------------------------------------------------------


def test_a_code_is_given_only_after_a_question_and_by_post(client, manager_p1, officer_p1):
    before = officer_p1.password
    client.force_login(manager_p1)
    page = client.get(PAGE, {"person": officer_p1.pk})
    officer_p1.refresh_from_db()
    assert officer_p1.password == before
    assert page.context["form"].initial == {"name": "officer_p1"}


def test_the_code_is_shown_once_opens_the_account_and_ends_open_sessions(client, manager_p1, officer_p1):
    elsewhere = Client()
    elsewhere.force_login(officer_p1)
    assert elsewhere.get("/learn/").status_code == 200
    client.force_login(manager_p1)
    page = client.post(PAGE, {"name": "officer_p1", "reason": "Mất điện thoại"})
    person, code = page.context["issued"]
    html = page.content.decode()
    assert (person, html.count(code)) == (officer_p1, 1)
    assert "no-store" in page["Cache-Control"]
    assert elsewhere.get("/learn/")["Location"].startswith("/accounts/login/")
    fresh = Client()
    assert fresh.post("/accounts/login/", {"login": "officer_p1", "password": code}).status_code == 302
    assert fresh.get("/learn/")["Location"].startswith("/accounts/password/change/")
    assert code not in str(list(ModelLogEntry.objects.values_list("data", "label")))


def test_the_holder_is_told_at_the_next_sign_in_who_replaced_the_password_and_when(client, manager_p1, officer_p1):
    _, code = codes_service.new_code(named="officer_p1", by=manager_p1)
    client.post("/accounts/login/", {"login": "officer_p1", "password": code})
    html = client.get("/accounts/password/change/").content.decode()
    assert f"{clock.today():%d/%m/%Y}" in html
    assert "Hoàng Đức Hạnh" in html


def test_who_was_never_reset_is_told_nothing(client, manager_p1, officer_p1, units):
    other = make_person("khac", "Lê Khác", units.p1_a)
    codes_service.new_code(named="khac", by=manager_p1)
    User.objects.filter(pk=officer_p1.pk).update(must_change_password=True)
    client.force_login(officer_p1)
    assert "Hoàng Đức Hạnh" not in client.get("/accounts/password/change/").content.decode()
    assert account_queries.last_reset(other).by == "Hoàng Đức Hạnh"


@pytest.mark.parametrize("how", ["grant", "superuser", "demo", "closed", "left"])
def test_no_code_for_who_has_rights_is_of_the_demonstration_or_has_left(client, manager_p1, officer_p1, units, how):
    if how == "grant":
        Grant.objects.create(person=officer_p1, unit=units.p1_a, right="view", starts_on="2022-01-01")
    elif how == "left":
        Appointment.objects.filter(person=officer_p1).update(ends_on=clock.today())
    else:
        field = {"superuser": "is_superuser", "demo": "is_demo", "closed": "is_active"}[how]
        User.objects.filter(pk=officer_p1.pk).update(**{field: how != "closed"})
    client.force_login(manager_p1)
    page = client.post(PAGE, {"name": "officer_p1"})
    before = officer_p1.password
    officer_p1.refresh_from_db()
    assert (page.context["issued"], officer_p1.password) == (None, before)


def test_the_right_to_see_alone_gives_no_codes(client, officer_p1, officer_p2, units):
    Grant.objects.create(person=officer_p2, unit=units.p1, right="view", starts_on="2022-01-01")
    client.force_login(officer_p2)
    assert [client.get(PAGE).status_code, client.get(LOG).status_code] == [404, 404]
    assert client.post(PAGE, {"name": "officer_p1"}).status_code == 404


def test_the_button_stands_on_the_page_of_a_person_whom_one_may_give_a_code(client, manager_p1, officer_p1, units):
    colleague = make_person("dongnghiep", "Lê Đồng Nghiệp", units.p1)
    Grant.objects.create(person=colleague, unit=units.p1, right="view", starts_on="2022-01-01")
    door = f"{PAGE}?person={officer_p1.pk}"
    pages = []
    for viewer, person in ((manager_p1, officer_p1), (manager_p1, colleague), (colleague, officer_p1)):
        client.force_login(viewer)
        pages.append(client.get(reverse("reports:person", args=[person.pk])).content.decode())
    assert [f"{PAGE}?person=" in page for page in pages] == [True, False, False]
    assert door in pages[0]


# --- The log ----------------------------------------------------------------------------------------


def test_the_log_says_who_gave_a_code_to_whom_when_and_why(client, manager_p1, officer_p1):
    codes_service.new_code(named="officer_p1", by=manager_p1, reason="Mất điện thoại")
    client.force_login(manager_p1)
    [row] = client.get(LOG).context["rows"]
    assert (row.by, row.whom, row.unit, row.reason) == (
        "Hoàng Đức Hạnh", "Đặng Thị Nguyệt Ánh", "Xã Vạn Yên", "Mất điện thoại",
    )  # fmt: skip
    assert clock.now() - row.at < dt.timedelta(minutes=1)


def test_the_log_shows_ones_own_units_only(client, manager_p1, manager_p2, centre, officer_p1, officer_p2):
    codes_service.new_code(named="officer_p1", by=manager_p1)
    codes_service.new_code(named="officer_p2", by=manager_p2)
    seen = {}
    for viewer in (manager_p1, manager_p2, centre):
        client.force_login(viewer)
        seen[viewer.username] = [row.whom for row in client.get(LOG).context["rows"]]
    assert seen == {
        "manager_p1": ["Đặng Thị Nguyệt Ánh"],
        "manager_p2": ["Nguyễn Văn Ân"],
        "centre": ["Nguyễn Văn Ân", "Đặng Thị Nguyệt Ánh"],
    }


def test_the_log_costs_the_same_queries_for_one_and_three(client, manager_p1, officer_p1, units):
    make_person("binh", "Nguyễn Thị Bình", units.p1_b)
    client.force_login(manager_p1)
    counts = []
    for named in (["officer_p1"], ["binh", "officer_p1"]):
        for name in named:
            codes_service.new_code(named=name, by=manager_p1)
        with CaptureQueriesContext(connection) as captured:
            client.get(LOG)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- Staff ------------------------------------------------------------------------------------------


def test_a_superuser_resets_password_and_second_factor_of_staff(client, root, manager_p1):
    Authenticator.objects.create(user=manager_p1, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client.force_login(root)
    door = f"/units/rights/staff/{manager_p1.pk}/"
    assert client.get(door).status_code == 200
    assert Authenticator.objects.filter(user=manager_p1).exists()
    person, code = client.post(door, {"reason": "Mất điện thoại"}).context["issued"]
    manager_p1.refresh_from_db()
    assert (person, manager_p1.check_password(code), manager_p1.must_change_password) == (manager_p1, True, True)
    assert not Authenticator.objects.filter(user=manager_p1).exists()
    entry = ModelLogEntry.objects.get(action="people.reset_staff")
    assert (entry.user, entry.object_id, entry.data["reason"]) == (root, str(manager_p1.pk), "Mất điện thoại")
    assert account_queries.last_reset(manager_p1).by_unit is False


@pytest.mark.parametrize("who", ["manager_p1", "centre", "officer_p1"])
def test_nobody_else_resets_staff(client, who, request, manager_p2):
    person = request.getfixturevalue(who)
    client.force_login(person)
    before = manager_p2.password
    door = f"/units/rights/staff/{manager_p2.pk}/"
    assert [client.get("/units/rights/staff/").status_code, client.post(door).status_code] == [404, 404]
    with pytest.raises(NotAllowedError):
        codes_service.reset_staff(person=manager_p2, by=person)
    manager_p2.refresh_from_db()
    assert manager_p2.password == before


def test_a_superuser_resets_neither_himself_nor_the_demonstration(client, root, manager_p1):
    User.objects.filter(pk=manager_p1.pk).update(is_demo=True)
    client.force_login(root)
    doors = [f"/units/rights/staff/{person.pk}/" for person in (root, manager_p1)]
    assert [client.post(door).status_code for door in doors] == [404, 404]
    assert not ModelLogEntry.objects.filter(action="people.reset_staff").exists()

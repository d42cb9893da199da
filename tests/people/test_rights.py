"""Giving rights: who may, which, where, to whom; an account for a manager; what ends ends at once."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.core import clock
from lms.people.services import rights as rights_service
from lms.people.services.rights import TakenError
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant
from lms.units.scope import granted_units
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, make_person

pytestmark = pytest.mark.django_db
HOME = "/units/rights/"
ALL = sorted(Grant.Right.values)


@pytest.fixture
def root(units):
    return User.objects.create_superuser(username="root", full_name="Quản trị Một", password="mat-khau-thu-1")


@pytest.fixture
def helper_p1(units):
    """Sees, and gives rights, and no more."""
    person = make_person("helper_p1", "Phạm Văn Giúp", units.p1)
    for right in ("view", "approve"):
        Grant.objects.create(person=person, unit=units.p1, right=right, starts_on=DAY_ONE)
    return person


def held(person: User) -> list[tuple[str, int]]:
    grants = Grant.objects.on(clock.today()).filter(person=person)
    return sorted(grants.values_list("right", "unit_id"))


def give_page(unit) -> str:
    return f"{HOME}{unit.pk}/give/"


def account_page(unit) -> str:
    return f"{HOME}{unit.pk}/account/"


MANAGER = {"full_name": "Lường Thị Quyên", "position": "Phó Trưởng ban", "phone": "0987 654 321", "template": "all"}


# --- The whole way ----------------------------------------------------------------------------------


def test_a_superuser_sets_up_a_province_on_an_empty_installation(client, root, units):
    assert Grant.objects.count() == 0
    client.force_login(root)
    assert client.get(HOME).status_code == 200
    [hit] = client.get(HOME, {"unit": "thai nguyen"}).context["hits"]
    assert hit.unit.name == "Tỉnh Thái Nguyên"
    assert client.get(f"{HOME}{hit.unit.id}/").status_code == 200
    assert client.get(account_page(units.p2)).context["form"].initial["template"] == "all"
    page = client.post(account_page(units.p2), MANAGER)
    person, code = page.context["issued"]
    assert (person.full_name, person.phone, page.content.decode().count(code)) == (
        "Lường Thị Quyên", "+84987654321", 1,
    )  # fmt: skip
    assert "<svg" in page.content.decode()
    assert held(person) == [(right, units.p2.pk) for right in ALL]
    post = Appointment.objects.get(person=person)
    assert (post.unit, post.position, post.starts_on) == (units.p2, "Phó Trưởng ban", clock.today())
    manager = Client()
    manager.post("/accounts/login/", {"login": "0987654321", "password": code})
    assert manager.get("/units/roster/")["Location"].startswith("/accounts/password/change/")
    assert [entry.user for entry in ModelLogEntry.objects.filter(action="people.make_account")] == [root]
    assert ModelLogEntry.objects.filter(action="units.grant", user=root).count() == len(ALL)


def test_rights_are_given_to_somebody_found_by_name_with_a_last_day(client, manager_p1, officer_p1, units):
    client.force_login(manager_p1)
    page = client.get(give_page(units.p1_a), {"q": "nguyet anh"})
    assert [hit.person for hit in page.context["found"]] == [officer_p1]
    last = clock.today() + dt.timedelta(days=30)
    data = {"person": officer_p1.pk, "template": "chosen", "rights": ["view", "remind"], "last_day": f"{last:%Y-%m-%d}"}
    assert client.post(give_page(units.p1_a), data)["Location"] == f"{HOME}{units.p1_a.pk}/"
    assert held(officer_p1) == [("remind", units.p1_a.pk), ("view", units.p1_a.pk)]
    assert {grant.ends_on for grant in officer_p1.grants.all()} == {last + dt.timedelta(days=1)}
    [holder] = [row for row in client.get(f"{HOME}{units.p1_a.pk}/").context["holders"] if row.person == officer_p1]
    assert [(row.right, row.last_day, row.given_by) for row in holder.rights] == [
        ("view", last, "Hoàng Đức Hạnh"), ("remind", last, "Hoàng Đức Hạnh"),
    ]  # fmt: skip


def test_the_template_gives_all_that_the_giver_has_and_no_more(client, helper_p1, officer_p1, units):
    client.force_login(helper_p1)
    client.post(give_page(units.p1_a), {"person": officer_p1.pk, "template": "all"})
    assert held(officer_p1) == [("approve", units.p1_a.pk), ("view", units.p1_a.pk)]


def test_a_form_with_nothing_marked_or_a_day_gone_by_gives_nothing_and_keeps_what_was_typed(
    client, manager_p1, officer_p1, units
):
    client.force_login(manager_p1)
    data = {"person": officer_p1.pk, "template": "chosen", "last_day": "2020-01-01"}
    form = client.post(give_page(units.p1_a), data).context["form"]
    assert (sorted(form.errors), form["last_day"].value()) == (["last_day", "rights"], "2020-01-01")
    assert held(officer_p1) == []


# --- Clicks and ends --------------------------------------------------------------------------------


def test_a_double_click_makes_one_grant_and_one_account(client, root, officer_p1, units):
    client.force_login(root)
    for _ in range(2):
        client.post(give_page(units.p1), {"person": officer_p1.pk, "template": "chosen", "rights": ["view"]})
    assert Grant.objects.filter(person=officer_p1).count() == 1
    people = [client.post(account_page(units.p2), MANAGER).context["issued"] for _ in range(2)]
    made = User.objects.get(full_name="Lường Thị Quyên")
    assert [person for person, _ in people] == [made, made]
    assert (made.check_password(people[1][1]), made.grants.count(), made.appointments.count()) == (True, len(ALL), 1)


def test_what_is_ended_today_is_gone_today(client, manager_p1, officer_p1, units):
    Grant.objects.create(person=officer_p1, unit=units.p1_a, right="view", starts_on=DAY_ONE)
    grant = Grant.objects.get(person=officer_p1)
    client.force_login(manager_p1)
    door = f"{HOME}end/{grant.pk}/"
    assert client.get(door).status_code == 200
    assert granted_units(officer_p1) == [units.p1_a]
    assert client.post(door).status_code == 302
    assert granted_units(officer_p1) == []
    assert client.post(door).status_code == 404
    assert ModelLogEntry.objects.get(action="units.revoke_grant").user == manager_p1
    # Given and ended on one day: never there, and gone at once.
    rights_service.give(person=officer_p1, unit=units.p1_a, rights=["mark"], by=manager_p1, at=clock.now())
    client.post(f"{HOME}end/{officer_p1.grants.get(right='mark').pk}/")
    assert held(officer_p1) == []


def test_all_rights_of_a_person_over_a_unit_end_with_one_click_and_those_elsewhere_stay(
    client, manager_p1, officer_p1, units
):
    for right in ("view", "mark", "remind"):
        Grant.objects.create(person=officer_p1, unit=units.p1_a, right=right, starts_on=DAY_ONE)
    Grant.objects.create(person=officer_p1, unit=units.p1_b, right="view", starts_on=DAY_ONE)
    client.force_login(manager_p1)
    client.post(f"{HOME}end/{officer_p1.grants.get(right='mark').pk}/", {"all": "1"})
    assert held(officer_p1) == [("view", units.p1_b.pk)]


def test_another_last_day_replaces_the_first(manager_p1, officer_p1, units):
    grant = Grant.objects.create(person=officer_p1, unit=units.p1_a, right="view", starts_on=DAY_ONE)
    until = clock.today() + dt.timedelta(days=9)
    for _ in range(2):
        rights_service.give(
            person=officer_p1, unit=units.p1_a, rights=["view"], by=manager_p1, at=clock.now(), ends_on=until
        )
    grant.refresh_from_db()
    assert grant.ends_on == clock.today()
    assert [row.ends_on for row in Grant.objects.on(clock.today()).filter(person=officer_p1)] == [until]


# --- What is not allowed ----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer_p1", "viewer"])
def test_strangers_get_404_at_every_door(client, who, request, units, manager_p1, officer_p2):
    if who == "viewer":
        person = officer_p2
        for right in set(ALL) - {"approve"}:
            Grant.objects.create(person=person, unit=units.p1, right=right, starts_on=DAY_ONE)
    else:
        person = request.getfixturevalue(who)
    grant = manager_p1.grants.first()
    client.force_login(person)
    doors = [
        HOME, f"{HOME}{units.p1.pk}/", give_page(units.p1), account_page(units.p1), f"{HOME}end/{grant.pk}/",
        f"{HOME}staff/", f"{HOME}staff/{manager_p1.pk}/",
    ]  # fmt: skip
    assert [client.get(door).status_code for door in doors] == [404] * 7
    data = {**MANAGER, "person": manager_p1.pk}
    assert [client.post(door, data).status_code for door in doors[2:5]] == [404] * 3
    assert not User.objects.filter(full_name=MANAGER["full_name"]).exists()
    assert Grant.objects.filter(pk=grant.pk, ends_on=None).exists()


def test_without_signing_in_there_is_nothing(client, units):
    assert client.get(HOME)["Location"].startswith("/accounts/login/")


def test_nobody_gives_anything_to_himself(client, root, helper_p1, units):
    for person in (helper_p1, root):
        client.force_login(person)
        before = held(person)
        data = {"person": person.pk, "template": "chosen", "rights": ["import"]}
        assert client.post(give_page(units.p1), data).status_code == 404
        assert client.get(give_page(units.p1), {"q": person.full_name}).context["found"] == []
        with pytest.raises(NotAllowedError):
            rights_service.give(person=person, unit=units.p1, rights=["view"], by=person, at=clock.now())
        assert held(person) == before


def test_a_manager_gives_no_right_that_he_does_not_hold(client, helper_p1, officer_p1, units):
    client.force_login(helper_p1)
    data = {"person": officer_p1.pk, "template": "chosen", "rights": ["view", "import"]}
    assert "rights" in client.post(give_page(units.p1_a), data).context["form"].errors
    with pytest.raises(NotAllowedError):
        rights_service.give(person=officer_p1, unit=units.p1_a, rights=["import"], by=helper_p1, at=clock.now())
    # Making accounts is bringing people in.
    assert client.post(account_page(units.p1_a), MANAGER).status_code == 404
    assert (held(officer_p1), User.objects.filter(full_name=MANAGER["full_name"]).exists()) == ([], False)


def test_a_right_held_below_is_not_given_above_nor_beside(client, manager_p1, officer_p1, officer_p2, units):
    Grant.objects.filter(person=manager_p1).exclude(right="approve").update(unit=units.p1_a)
    assert rights_service.rights_to_give(manager_p1, units.p1_b) == ["approve"]
    assert sorted(rights_service.rights_to_give(manager_p1, units.p1_a)) == ALL
    client.force_login(manager_p1)
    for unit in (units.centre, units.p2, units.p2_a):
        data = {**MANAGER, "person": officer_p1.pk}
        answers = [
            client.get(f"{HOME}{unit.pk}/"),
            client.post(give_page(unit), data),
            client.post(account_page(unit), data),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
        with pytest.raises(NotAllowedError):
            rights_service.give(person=officer_p1, unit=unit, rights=["view"], by=manager_p1, at=clock.now())
    assert held(officer_p1) == []


def test_who_approves_below_gives_nothing_above_whatever_else_he_holds_there(client, manager_p1, officer_p1, units):
    Grant.objects.filter(person=manager_p1, right="approve").update(unit=units.p1_a)
    assert rights_service.rights_to_give(manager_p1, units.p1) == []
    client.force_login(manager_p1)
    data = {"person": officer_p1.pk, "template": "chosen", "rights": ["view"]}
    assert [client.post(give_page(unit), data).status_code for unit in (units.p1, units.p1_b)] == [404, 404]
    assert client.get(f"{HOME}{units.p1.pk}/").status_code == 404
    assert held(officer_p1) == []


def test_people_of_another_province_are_neither_found_nor_chosen(client, manager_p1, officer_p2, units):
    client.force_login(manager_p1)
    assert client.get(give_page(units.p1), {"q": officer_p2.full_name}).context["found"] == []
    data = {"person": officer_p2.pk, "template": "all"}
    assert client.post(give_page(units.p1), data).status_code == 404
    assert held(officer_p2) == []


def test_the_list_and_the_ends_of_another_province_stay_closed(client, manager_p1, manager_p2, centre, units):
    client.force_login(manager_p2)
    rows = client.get(HOME).context["holders"]
    assert [row.person for row in rows] == [manager_p2]
    # Nobody ends his own rights, and the level above is not seen.
    assert [right.may_end for right in rows[0].rights] == [False] * len(ALL)
    for grant in (manager_p1.grants.first(), manager_p2.grants.first(), centre.grants.first()):
        assert client.post(f"{HOME}end/{grant.pk}/").status_code == 404
    client.force_login(centre)
    assert {row.person for row in client.get(HOME).context["holders"]} == {manager_p1, manager_p2, centre}
    assert client.post(f"{HOME}end/{manager_p2.grants.first().pk}/").status_code == 302


def test_a_right_that_ended_gives_nothing_any_more(client, helper_p1, officer_p1, units):
    Grant.objects.filter(person=helper_p1, right="approve").update(ends_on=clock.today())
    client.force_login(helper_p1)
    assert client.get(HOME).status_code == 404
    with pytest.raises(NotAllowedError):
        rights_service.give(person=officer_p1, unit=units.p1_a, rights=["view"], by=helper_p1, at=clock.now())


def test_nothing_is_given_over_a_closed_unit(client, root, officer_p1, units):
    units.p1_b.closed_on = clock.today()
    units.p1_b.save()
    client.force_login(root)
    assert client.get(f"{HOME}{units.p1_b.pk}/").status_code == 404
    with pytest.raises(RefusedError):
        rights_service.give(person=officer_p1, unit=units.p1_b, rights=["view"], by=root, at=clock.now())


# --- An account for a manager -----------------------------------------------------------------------


def test_a_number_that_another_has_is_told_beside_the_field_and_makes_nothing(client, root, officer_p1, units):
    User.objects.filter(pk=officer_p1.pk).update(phone="+84987654321")
    client.force_login(root)
    page = client.post(account_page(units.p2), MANAGER)
    assert (list(page.context["form"].errors), page.context.get("issued")) == (["phone"], None)
    assert not User.objects.filter(full_name="Lường Thị Quyên").exists()


def test_a_namesake_in_the_unit_is_asked_about_first(client, root, units):
    make_person("quyen", "Lường Thị Quyên", units.p2)
    client.force_login(root)
    page = client.post(account_page(units.p2), MANAGER)
    assert (list(page.context["form"].errors), page.context["asks_namesake"]) == (["full_name"], True)
    assert b'name="is_namesake"' in page.content
    assert client.post(account_page(units.p2), {**MANAGER, "is_namesake": "on"}).context["issued"]
    assert User.objects.filter(full_name="Lường Thị Quyên").count() == 2


def test_the_same_words_of_another_giver_are_no_second_click(root, centre, units):
    data = {"full_name": "Lường Thị Quyên", "phone": None, "email": "", "unit": units.p2, "position": "Văn thư"}
    first, code = rights_service.make_manager(**data, rights=["view"], by=root, at=clock.now())
    with pytest.raises(TakenError):
        rights_service.make_manager(**data, rights=["view"], by=centre, at=clock.now())
    first.refresh_from_db()
    assert first.check_password(code)


def test_who_has_signed_in_meanwhile_gets_no_second_code(client, root, units):
    data = {"full_name": "Lường Thị Quyên", "phone": None, "email": "", "unit": units.p2, "position": "Văn thư"}
    person, code = rights_service.make_manager(**data, rights=["view"], by=root, at=clock.now())
    client.post("/accounts/login/", {"login": person.username, "password": code})
    with pytest.raises(TakenError):
        rights_service.make_manager(**data, rights=["view"], by=root, at=clock.now())


# --- Lists ------------------------------------------------------------------------------------------


def test_the_lists_cost_the_same_queries_for_one_and_three(client, root, helper_p1, units):
    counts = []
    for number in (1, 3):
        for made in range(User.objects.filter(username__startswith="ql").count(), number):
            person = make_person(f"ql{made}", "Nguyễn Quản Lý", units.p1_a)
            Grant.objects.create(person=person, unit=units.p1_a, right="view", starts_on=DAY_ONE)
        row = []
        for viewer in (root, helper_p1):
            client.force_login(viewer)
            client.get(HOME)  # a device seen for the first time is written down
            for path in (HOME, f"{HOME}?q=quan+ly", f"{HOME}{units.p1_a.pk}/", f"{give_page(units.p1)}?q=quan+ly"):
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(path).status_code == 200
                row.append(len(captured))
        counts.append(row)
    assert counts[0] == counts[1]

"""Rights by role: one click gives what an office means; the list says the role, its end, and what is special."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.core import clock
from lms.people import account_queries, presets
from lms.people.account_forms import NAMES
from lms.people.services import rights as service
from lms.people.services.rights import LastApproverError
from lms.units.models import Grant
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, make_person

pytestmark = pytest.mark.django_db
HOME = "/units/rights/"
DAY = dt.timedelta(days=1)


def holder(username: str, unit, *rights: str, ends_on: dt.date | None = None):
    person = make_person(username, f"Đồng chí {username}", unit)
    for right in rights:
        Grant.objects.create(person=person, unit=unit, right=right, starts_on=DAY_ONE, ends_on=ends_on)
    return person


def held(person) -> list[str]:
    return sorted(Grant.objects.on(clock.today()).filter(person=person).values_list("right", flat=True))


# --- What a role is ---------------------------------------------------------------------------------


def test_the_roles_grow_and_the_last_one_has_every_right():
    sizes = [len(preset.rights) for preset in presets.PRESETS]
    assert sizes == sorted(sizes)
    assert presets.PRESETS[-1].rights == set(Grant.Right.values) == set(NAMES)


@pytest.mark.parametrize(
    ("rights", "role", "beyond"),
    [
        (["view"], "follower", ()), (["view", "mark"], "marker", ()), (["approve", "view"], "second", ()),
        (["view", "remind"], "follower", ("remind",)), (["remind"], None, ("remind",)), ([], None, ()),
        (["view", "remind", "import", "assign", "mark"], "training", ("mark",)),
        (list(Grant.Right.values), "head", ()),
    ],
)  # fmt: skip
def test_a_set_of_rights_is_called_by_its_role_and_what_comes_on_top(rights, role, beyond):
    found = presets.role_of(rights)
    assert (found.preset.key if found.preset else None, found.beyond) == (role, beyond)


# --- Giving -----------------------------------------------------------------------------------------


def test_each_role_gives_exactly_its_rights(client, manager_p1, units):
    client.force_login(manager_p1)
    for preset in presets.PRESETS[:-1]:
        person = make_person(f"nhan_{preset.key}", "Lò Thị Nhận", units.p1_a)
        client.post(f"{HOME}{units.p1_a.pk}/give/", {"person": person.pk, "template": preset.key})
        assert held(person) == sorted(preset.rights)


def test_only_roles_within_ones_own_rights_are_offered(client, units, officer_p1):
    giver = holder("giver", units.p1, "view", "approve", "remind")
    client.force_login(giver)
    page = client.get(f"{HOME}{units.p1_a.pk}/give/", {"person": officer_p1.pk})
    radios = [radio.data["value"] for radio in page.context["form"]["template"]]
    assert radios == ["follower", "second", "all", "chosen"]
    client.post(f"{HOME}{units.p1_a.pk}/give/", {"person": officer_p1.pk, "template": "training"})
    assert held(officer_p1) == []


def test_boxes_that_contradict_the_role_are_asked_about_and_the_same_boxes_are_not(
    client, manager_p1, officer_p1, units
):
    client.force_login(manager_p1)
    door = f"{HOME}{units.p1_a.pk}/give/"
    page = client.post(door, {"person": officer_p1.pk, "template": "marker", "rights": ["view"]})
    assert (list(page.context["form"].errors), held(officer_p1)) == (["rights"], [])
    client.post(door, {"person": officer_p1.pk, "template": "marker", "rights": ["view", "mark"]})
    assert held(officer_p1) == ["mark", "view"]


def test_nobody_gives_for_longer_than_he_holds(client, officer_p1, units):
    end = clock.today() + 20 * DAY
    giver = holder("giver", units.p1, "view", "approve", ends_on=end)
    for ends_on in (None, end + DAY):
        with pytest.raises(RefusedError):
            service.give(person=officer_p1, unit=units.p1_a, rights=["view"], by=giver, at=clock.now(), ends_on=ends_on)
    assert held(officer_p1) == []
    client.force_login(giver)
    page = client.get(f"{HOME}{units.p1_a.pk}/give/", {"person": officer_p1.pk})
    assert page.context["form"]["last_day"].value() == end - DAY
    data = {"person": officer_p1.pk, "template": "follower", "last_day": ""}
    assert list(client.post(f"{HOME}{units.p1_a.pk}/give/", data).context["form"].errors) == ["last_day"]
    # Another right without an end bounds nothing; the longest of two counts.
    Grant.objects.create(person=giver, unit=units.centre, right="view", starts_on=DAY_ONE)
    service.give(person=officer_p1, unit=units.p1_a, rights=["view"], by=giver, at=clock.now())
    assert held(officer_p1) == ["view"]


# --- What ends soon ---------------------------------------------------------------------------------


def test_what_ends_within_thirty_days_is_shown_to_giver_and_holder_and_renewed_with_one_click(
    client, manager_p1, officer_p1, units
):
    today = clock.today()
    for right, days in (("view", 30), ("remind", 31), ("mark", None)):
        Grant.objects.create(
            person=officer_p1, unit=units.p1_a, right=right, starts_on=DAY_ONE,
            ends_on=today + days * DAY if days else None,
        )  # fmt: skip
    client.force_login(manager_p1)
    page = client.get(HOME)
    assert page.context["ending"] == 1
    [row] = client.get(HOME, {"ending": "1"}).context["holders"]
    assert (row.person, [(one.right, one.days_left) for one in row.rights]) == (officer_p1, [("view", 30)])
    assert row.may_renew is True

    door = f"{HOME}{units.p1_a.pk}/give/"
    form = client.get(door, {"person": officer_p1.pk}).context["form"]
    assert (form["template"].value(), sorted(form["rights"].value())) == ("chosen", ["mark", "remind", "view"])
    client.force_login(officer_p1)
    [own] = client.get("/accounts/me/").context["own_rights"]
    assert [(one.right, one.days_left) for one in own.rights] == [("view", 30), ("remind", None), ("mark", None)]
    assert {one.may_end for one in own.rights} == {False}

    client.force_login(manager_p1)
    until = today + 365 * DAY
    data = {"person": officer_p1.pk, "template": "chosen", "rights": ["view"], "last_day": f"{until:%Y-%m-%d}"}
    client.post(door, data)
    assert held(officer_p1) == ["mark", "remind", "view"]
    assert client.get(HOME).context["ending"] == 0
    assert Grant.objects.on(today).get(person=officer_p1, right="view").ends_on == until + DAY


def test_the_account_page_of_who_holds_nothing_tells_nothing(client, officer_p1):
    client.force_login(officer_p1)
    assert client.get("/accounts/me/").context["own_rights"] == []


def test_own_rights_cost_the_same_queries_for_one_and_three(units):
    counts = []
    person = holder("three", units.p1, "view")
    for number in (1, 3):
        for right in ("view", "mark", "remind")[:number]:
            Grant.objects.get_or_create(person=person, unit=units.p1, right=right, starts_on=DAY_ONE)
        with CaptureQueriesContext(connection) as captured:
            [own] = account_queries.own_rights(person)
            assert len(own.rights) == number
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- The last who approves --------------------------------------------------------------------------


def test_the_last_who_approves_in_a_province_is_ended_only_when_it_is_said_twice(client, centre, manager_p1, units):
    grant = manager_p1.grants.get(right="approve")
    client.force_login(centre)
    door = f"{HOME}end/{grant.pk}/"
    assert client.get(door).context["asks_last"] is True
    assert client.post(door).status_code == 200
    other = manager_p1.grants.get(right="view")
    assert client.post(f"{HOME}end/{other.pk}/", {"all": "1"}).context["asks_last"] is True
    assert held(manager_p1) == sorted(Grant.Right.values)
    with pytest.raises(LastApproverError):
        service.end(held=grant, by=centre, at=clock.now())
    assert client.post(door, {"though_last": "1"}).status_code == 302
    assert "approve" not in held(manager_p1)


def test_it_is_not_the_last_while_another_active_one_approves(centre, manager_p1, units):
    second = holder("second", units.p1, "approve")
    grant = manager_p1.grants.get(right="approve")
    assert service.is_last_approver(grant) is False
    second.is_active = False
    second.save()
    assert service.is_last_approver(grant) is True
    assert service.is_last_approver(manager_p1.grants.get(right="view")) is False
    below = holder("below", units.p1_a, "approve")
    assert service.is_last_approver(below.grants.get()) is False

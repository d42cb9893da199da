"""Parting two united accounts again: by two people, for thirty days, and what stands in the way is said."""

import datetime as dt

import pytest
from django.urls import reverse

from lms.accounts.models import User
from lms.core import clock
from lms.people import merging_queries as queries
from lms.people.models import AccountAlias, Approval, DataRequest
from lms.people.services import approvals, merging, merging_requests
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, NOON, make_person
from tests.people.test_merging import DAY, admin, today, twin, unite  # noqa: F401  fixtures
from tests.people.test_reorganising import confirmed, merge_step, plan


@pytest.fixture
def alias(officer_p1, twin, manager_p1):  # noqa: F811
    return unite(twin, officer_p1, manager_p1)


def ask(alias, by, at=NOON):
    return merging_requests.ask_undo(alias=alias, by=by, at=at, reason="Hai người")


def stands():
    return AccountAlias.objects.standing().exists()


def test_two_people_part_them_and_a_doubled_request_is_one(alias, officer_p1, manager_p1, manager_p2, centre):
    asked = ask(alias, manager_p1)
    assert ask(alias, manager_p1) == asked
    assert ask(alias, centre) == asked
    assert stands()
    for nobody in (manager_p1, manager_p2, officer_p1):
        assert not approvals.may_decide(nobody, asked)
        with pytest.raises(NotAllowedError):
            approvals.approve(approval=asked, by=nobody, at=NOON)
    assert approvals.approve(approval=asked, by=centre, at=NOON)
    assert not approvals.approve(approval=asked, by=centre, at=NOON)
    alias.refresh_from_db()
    assert (alias.undone_by, alias.undone_at, alias.undo_reason) == (centre, NOON, "Hai người")


def test_strangers_ask_for_nothing(alias, manager_p2, officer_p1):
    for stranger in (manager_p2, officer_p1):
        with pytest.raises(NotAllowedError):
            ask(alias, stranger)
    assert not Approval.objects.exists()


def test_who_has_lost_the_right_meanwhile_has_asked_for_nothing(alias, manager_p1, centre):
    asked = ask(alias, manager_p1)
    Grant.objects.filter(person=manager_p1, right="import").update(ends_on=clock.today())
    with pytest.raises(RefusedError):
        approvals.approve(approval=asked, by=centre, at=NOON)
    assert stands()
    asked.refresh_from_db()
    assert asked.state == "waiting"


def test_the_thirtieth_day_counts_to_its_end(alias, manager_p1, centre):
    last = clock.end_of_day(dt.date(2026, 12, 23))
    asked = ask(alias, manager_p1, at=last - dt.timedelta(seconds=1))
    with pytest.raises(RefusedError, match="30 days"):
        approvals.approve(approval=asked, by=centre, at=last)
    with pytest.raises(RefusedError, match="30 days"):
        ask(alias, manager_p1, at=last)
    assert approvals.approve(approval=asked, by=centre, at=last - dt.timedelta(seconds=1))
    with pytest.raises(RefusedError, match="already"):
        ask(AccountAlias.objects.get(), manager_p1)


def test_what_an_administrator_united_only_an_administrator_parts(officer_p1, twin, manager_p1, admin, centre, units):  # noqa: F811
    Grant.objects.create(person=twin, unit=units.p1_b, right="view", starts_on=DAY_ONE)
    alias = unite(twin, officer_p1, admin)
    with pytest.raises(RefusedError, match="administrator"):
        ask(alias, manager_p1)
    assert approvals.approve(approval=ask(alias, admin), by=centre, at=NOON)
    assert not stands()


def test_after_an_erasure_nobody_parts_them_and_the_page_says_so(alias, manager_p1, officer_p1, client):
    DataRequest.objects.create(
        person=officer_p1,
        unit_id=Appointment.objects.filter(person=officer_p1)[0].unit_id,
        kind="erasure",
        state="done",
        asked_by=manager_p1,
        asked_at=NOON,
        due_on=clock.today(),
        decided_by=manager_p1,
        decided_at=NOON,
    )
    User.objects.filter(pk=officer_p1.pk).update(is_active=False)
    with pytest.raises(RefusedError, match="erased"):
        ask(alias, manager_p1)
    client.force_login(manager_p1)
    page = client.get(reverse("people:merge_undo", args=[alias.pk]))
    assert (page.status_code, page.context["refused"] != "") == (200, True)
    assert [row.pk for row in client.get(reverse("people:united")).context["page"]] == [alias.pk]


def test_what_was_united_again_is_parted_from_the_end_and_stays_in_the_list(
    alias, officer_p1, manager_p1, centre, units
):
    third = make_person("anh3", "Đặng Thị Nguyệt Ánh", units.p1_a)
    asked = ask(alias, manager_p1)
    later = merging.merge(old=officer_p1, survivor=third, by=manager_p1, at=NOON + DAY, reason="x")
    assert [row.pk for row in queries.mergers(manager_p1)] == [later.pk, alias.pk]
    with pytest.raises(RefusedError, match="united again"):
        approvals.approve(approval=asked, by=centre, at=NOON + DAY)
    assert approvals.approve(approval=ask(later, manager_p1, at=NOON + DAY), by=centre, at=NOON + DAY)
    assert approvals.approve(approval=asked, by=centre, at=NOON + DAY)
    assert not stands()


def test_after_a_reorganisation_each_goes_on_where_the_own_post_went(
    alias,
    officer_p1,
    twin,  # noqa: F811
    manager_p1,
    centre,
    units,
):
    """Both served in one of the units that became a new one: each has the post there, the main one again."""
    change = plan(units.p1, manager_p1)
    merge_step(change, units.p1_a, units.p1_b, by=manager_p1)
    confirmed(change, manager_p1, centre)
    held = Appointment.objects.filter(person=officer_p1, ends_on=None)
    assert {(row.position, row.is_primary) for row in held} == {("Phó Chủ tịch", True), ("Chuyên viên", False)}
    assert approvals.approve(approval=ask(alias, manager_p1), by=centre, at=NOON)
    for person, position in ((officer_p1, "Phó Chủ tịch"), (twin, "Chuyên viên")):
        now = Appointment.objects.get(person=person, ends_on=None)
        assert (now.position, now.is_primary) == (position, True)
        assert now.unit not in (units.p1_a, units.p1_b)
        assert Appointment.objects.filter(person=person).count() == 2


def test_the_second_person_reads_what_has_happened_since(alias, manager_p1, centre, client):
    asked = ask(alias, manager_p1)
    client.force_login(centre)
    page = client.get(reverse("people:approval", args=[asked.pk]))
    assert page.context["may_decide"]
    assert page.context["address"] == reverse("people:merge_undo", args=[alias.pk])
    assert client.get(page.context["address"]).context["waiting"] == asked
    client.post(reverse("people:approval", args=[asked.pk]), {"decision": "approve", "note": ""})
    assert not stands()
    assert client.get(reverse("people:approval", args=[asked.pk])).status_code == 200

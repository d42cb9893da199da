"""The pages for one person with two accounts, as a manager goes through them."""

import pytest
from django.urls import reverse

from lms.accounts.models import User
from lms.people.models import AccountAlias, Approval, TwoPeople
from lms.people.services import approvals
from tests.conftest import NOON
from tests.people.test_merging import merging, today, twin, unite  # noqa: F401  fixtures


@pytest.fixture
def alike(officer_p1, twin):  # noqa: F811
    User.objects.filter(pk__in=[officer_p1.pk, twin.pk]).update(birth_year=1985)
    User.objects.filter(pk=twin.pk).update(phone="+84912345678")
    return officer_p1, twin


def test_from_the_list_to_the_second_person_and_back(client, alike, manager_p1, centre):
    officer, twin = alike  # noqa: F811
    client.force_login(manager_p1)
    merge = reverse("people:merge", args=[officer.pk, twin.pk])
    assert merge in client.get(reverse("people:same")).content.decode()
    assert "0912 345 678" in client.get(merge).content.decode()
    refused = client.post(merge, {"survivor": officer.pk, "phone": twin.pk, "reason": ""})
    assert (refused.status_code, Approval.objects.count()) == (200, 0)
    sent = client.post(merge, {"survivor": officer.pk, "phone": twin.pk, "reason": "Hỏi qua điện thoại"})
    asked = Approval.objects.get()
    assert sent["Location"] == reverse("people:approval", args=[asked.pk])
    assert client.get(merge).status_code == 200
    assert approvals.approve(approval=asked, by=centre, at=NOON)
    officer.refresh_from_db()
    assert officer.phone == "+84912345678"
    alias = AccountAlias.objects.get()
    undo = reverse("people:merge_undo", args=[alias.pk])
    assert client.get(merge)["Location"] == undo
    assert undo in client.get(reverse("people:united")).content.decode()
    for name in ("people:person", "reports:person"):
        assert client.get(reverse(name, args=[twin.pk]))["Location"] == reverse(name, args=[officer.pk])
    assert undo in client.get(reverse("people:person", args=[officer.pk])).content.decode()
    assert client.get(undo).status_code == 200
    assert client.post(undo, {"reason": ""}).status_code == 200
    sent = client.post(undo, {"reason": "Hai người"})
    again = Approval.objects.get(action="people.merge_undo")
    assert sent["Location"] == reverse("people:approval", args=[again.pk])
    assert client.get(undo).context["waiting"] == again
    assert AccountAlias.objects.standing().exists()
    assert approvals.approve(approval=again, by=centre, at=NOON)
    assert client.get(undo).status_code == 200
    assert not AccountAlias.objects.standing().exists()


def test_two_people_are_told_apart(client, alike, manager_p1):
    client.force_login(manager_p1)
    client.post(reverse("people:same_apart"), {"one": alike[0].pk, "other": alike[1].pk})
    assert TwoPeople.objects.get().said_by == manager_p1
    assert (
        reverse("people:merge", args=[alike[0].pk, alike[1].pk])
        not in client.get(reverse("people:same")).content.decode()
    )


def test_from_a_card_by_the_name_of_the_other_account(client, alike, manager_p1):
    client.force_login(manager_p1)
    page = reverse("people:merge_other", args=[alike[0].pk])
    assert page in client.get(reverse("people:person", args=[alike[0].pk])).content.decode()
    assert client.get(page).status_code == 200
    assert client.post(page, {"named": "khong-co"}).status_code == 200
    assert client.post(page, {"named": "0912 345 678"})["Location"] == reverse(
        "people:merge", args=[alike[0].pk, alike[1].pk]
    )


def test_a_stranger_sees_nothing_of_it(client, alike, manager_p1, manager_p2, officer_p2):
    alias = unite(alike[1], alike[0], manager_p1)
    pages = [
        reverse("people:merge", args=[alike[0].pk, alike[1].pk]),
        reverse("people:merge_other", args=[alike[0].pk]),
        reverse("people:merge_undo", args=[alias.pk]),
    ]
    client.force_login(manager_p2)
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]
    assert client.post(reverse("people:same_apart"), {"one": alike[0].pk, "other": alike[1].pk}).status_code == 404
    client.force_login(officer_p2)
    assert client.get(reverse("people:same")).status_code == 404

"""A manager who has lost the sign-in: one asks, a second one confirms, and who asked draws the code once."""

import datetime as dt

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from wagtail.models import ModelLogEntry

from lms.accounts import services as accounts
from lms.accounts.models import SignIn, UnlockPin, User
from lms.people import account_queries
from lms.people.models import Approval, DrawnReset
from lms.people.services import approvals, codes, resets
from lms.people.services.roster_rights import NotAllowedError
from lms.units.models import Grant
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, NOON, make_person

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def holder(username: str, unit, *rights: str) -> User:
    person = make_person(username, f"Đồng chí {username}", unit)
    for right in rights or Grant.Right.values:
        Grant.objects.create(person=person, unit=unit, right=right, starts_on=DAY_ONE)
    return person


@pytest.fixture
def commune_manager(units):
    return holder("commune_manager", units.p1_a, "view", "import")


@pytest.fixture
def second(units):
    return holder("second", units.p1, "approve")


@pytest.fixture
def roots():
    return [
        User.objects.create_superuser(username=f"root{number}", full_name=f"Quản trị {number}", password="x")
        for number in range(3)
    ]  # fmt: skip


def allowed(person: User, by: User, second: User) -> Approval:
    asked = resets.ask(person=person, by=by, reason="Mất điện thoại", at=NOON)
    approvals.approve(approval=asked, by=second, at=NOON)
    return Approval.objects.get(pk=asked.pk)


def test_a_manager_gets_a_code_from_two_people_and_everything_old_is_gone(commune_manager, manager_p1, second):
    Authenticator.objects.create(user=commune_manager, type=Authenticator.Type.TOTP, data={})
    accounts.set_pin(person=commune_manager, pin="2580", at=NOON)
    asked = resets.ask(person=commune_manager, by=manager_p1, reason="Mất điện thoại", at=NOON)
    assert User.objects.get(pk=commune_manager.pk).check_password("mat-khau-thu-1")
    with pytest.raises(RefusedError):
        resets.draw(approval=asked, by=manager_p1, at=NOON)
    approvals.approve(approval=asked, by=second, at=NOON)
    assert User.objects.get(pk=commune_manager.pk).check_password("mat-khau-thu-1")
    code = resets.draw(approval=Approval.objects.get(), by=manager_p1, at=NOON + HOUR)
    fresh = User.objects.get(pk=commune_manager.pk)
    assert (fresh.check_password(code), fresh.must_change_password) == (True, True)
    assert (Authenticator.objects.count(), UnlockPin.objects.count()) == (0, 0)
    entry = ModelLogEntry.objects.get(action="people.reset_manager")
    assert (entry.user, entry.data["reason"], entry.data["confirmed_by"]) == (
        manager_p1, "Mất điện thoại", second.full_name,
    )  # fmt: skip
    assert account_queries.last_reset(fresh) == account_queries.Reset(
        NOON.date(), str(manager_p1), True, NOON, str(second)
    )


def test_the_code_is_drawn_once_by_who_asked_and_soon(commune_manager, manager_p1, second):
    asked = allowed(commune_manager, manager_p1, second)
    with pytest.raises(NotAllowedError):
        resets.draw(approval=asked, by=second, at=NOON)
    with pytest.raises(RefusedError):
        resets.draw(approval=asked, by=manager_p1, at=NOON + dt.timedelta(days=4))
    resets.draw(approval=asked, by=manager_p1, at=NOON)
    before = User.objects.get(pk=commune_manager.pk).password
    with pytest.raises(RefusedError):
        resets.draw(approval=asked, by=manager_p1, at=NOON)
    assert User.objects.get(pk=commune_manager.pk).password == before
    assert DrawnReset.objects.count() == 1


def test_neither_below_nor_beside_nor_with_other_rights_does_anybody_ask(
    commune_manager, manager_p1, manager_p2, officer_p1, units
):
    importer = holder("importer", units.p1, "import", "view", "mark")
    for person in (manager_p2, importer, officer_p1, commune_manager):
        assert resets.may_ask(person, commune_manager) is False
        with pytest.raises(NotAllowedError):
            resets.ask(person=commune_manager, by=person, reason="x", at=NOON)
    below = holder("below", units.p1_a)
    assert (resets.may_ask(below, manager_p1), resets.may_ask(manager_p1, below)) == (False, True)
    assert resets.may_ask(manager_p1, officer_p1) is False


def test_somebody_with_rights_elsewhere_is_left_to_those_over_all_of_them(commune_manager, manager_p1, centre, units):
    Grant.objects.create(person=commune_manager, unit=units.p2_a, right="view", starts_on=DAY_ONE)
    assert resets.common_unit(commune_manager, NOON.date()) == units.centre
    assert (resets.may_ask(manager_p1, commune_manager), resets.may_ask(centre, commune_manager)) == (False, True)


def test_rights_given_or_taken_meanwhile_stop_it(commune_manager, manager_p1, second, units):
    asked = resets.ask(person=commune_manager, by=manager_p1, reason="x", at=NOON)
    wide = Grant.objects.create(person=commune_manager, unit=units.p2, right="view", starts_on=DAY_ONE)
    with pytest.raises(RefusedError):
        approvals.approve(approval=asked, by=second, at=NOON)
    wide.delete()
    approvals.approve(approval=asked, by=second, at=NOON)
    Grant.objects.filter(person=manager_p1).delete()
    with pytest.raises(RefusedError):
        resets.draw(approval=Approval.objects.get(), by=manager_p1, at=NOON)
    assert User.objects.get(pk=commune_manager.pk).check_password("mat-khau-thu-1")


def test_of_three_administrators_one_is_reset_by_the_two_others_and_of_two_by_the_other(roots, centre):
    first, other, third = roots
    with pytest.raises(NotAllowedError):
        codes.reset_staff(person=third, by=first)
    asked = resets.ask(person=third, by=first, reason="Mất khóa", at=NOON)
    assert approvals.may_decide(centre, asked)
    with pytest.raises(RefusedError):
        approvals.approve(approval=asked, by=centre, at=NOON)
    approvals.approve(approval=asked, by=other, at=NOON)
    code = resets.draw(approval=Approval.objects.get(), by=first, at=NOON)
    assert User.objects.get(pk=third.pk).check_password(code)
    User.objects.filter(pk=third.pk).update(is_active=False)
    assert codes.reset_staff(person=other, by=first)


def test_the_way_on_the_screens(client, commune_manager, manager_p1, second, manager_p2):
    client.force_login(manager_p1)
    asking = f"/units/codes/managers/{commune_manager.pk}/"
    assert asking in client.get("/units/roster/code/", {"person": commune_manager.pk}).content.decode()
    assert client.post(asking, {"reason": ""}).context["form"].errors.keys() == {"reason"}
    draw = client.post(asking, {"reason": "Mất điện thoại"}).headers["Location"]
    assert client.get(draw).context["may_draw"] is False
    client.force_login(manager_p2)
    assert [client.get(address).status_code for address in (asking, draw)] == [404, 404]
    client.force_login(second)
    assert [client.get(draw).status_code, client.post(draw).status_code] == [200, 404]
    asked = Approval.objects.get()
    page = client.get(f"/units/approvals/{asked.pk}/").content.decode()
    assert ("commune_manager" in page, draw in page) == (True, True)
    client.post(f"/units/approvals/{asked.pk}/", {"decision": "approve"})
    client.force_login(manager_p1)
    shown = client.post(draw)
    assert User.objects.get(pk=commune_manager.pk).check_password(shown.context["slip"]["slip"].code)
    assert shown.headers["Cache-Control"].count("no-store") == 1
    assert client.post(draw).status_code == 302


def test_who_may_give_a_code_may_sign_out_everywhere_and_it_is_logged(client, officer_p1, manager_p1, manager_p2):
    theirs = client.__class__()
    theirs.force_login(officer_p1)
    address = f"/units/codes/sessions/{officer_p1.pk}/"
    client.force_login(manager_p2)
    assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]
    assert theirs.get("/accounts/me/").status_code == 200
    client.force_login(manager_p1)
    assert client.get(f"/units/codes/sessions/{manager_p2.pk}/").status_code == 404
    assert len(client.get(address).context["sessions"]) == 1
    client.post(address, {"reason": "Quên đăng xuất"})
    assert theirs.get("/accounts/me/").status_code == 302
    assert SignIn.objects.filter(person=officer_p1, ended_at__isnull=True).count() == 0
    assert ModelLogEntry.objects.get(action="people.end_sessions").data["reason"] == "Quên đăng xuất"


def test_the_page_says_who_draws_the_code_that_it_was_drawn_and_when_it_ran_out(
    client, commune_manager, manager_p1, second
):
    asked = allowed(commune_manager, manager_p1, second)
    page = f"/units/codes/allowed/{asked.pk}/"

    def told(by: User) -> tuple:
        client.force_login(by)
        context = client.get(page).context
        return context["may_draw"], context["is_drawable"], context["drawn_at"]

    assert (told(manager_p1), told(second)) == ((True, True, None), (False, True, None))
    with time_machine.travel(NOON + resets.DRAWN_WITHIN + HOUR, tick=False):
        assert told(manager_p1) == (False, False, None)
    resets.draw(approval=asked, by=manager_p1, at=NOON + HOUR)
    assert (told(manager_p1), told(second)) == ((False, False, NOON + HOUR),) * 2


def test_withdrawn_while_another_confirms_and_confirmed_twice_gives_one_code_at_most(
    commune_manager, manager_p1, second, centre
):
    asked = resets.ask(person=commune_manager, by=manager_p1, reason="Mất điện thoại", at=NOON)
    seen_by_two = [Approval.objects.get(pk=asked.pk) for _ in range(2)]
    done = [
        approvals.approve(approval=row, by=by, at=NOON) for row, by in zip(seen_by_two, (second, centre), strict=True)
    ]
    assert done == [True, False]
    assert approvals.withdraw(approval=asked, by=manager_p1, at=NOON) is False
    fresh = Approval.objects.get(pk=asked.pk)
    stale = Approval.objects.get(pk=asked.pk)
    resets.draw(approval=fresh, by=manager_p1, at=NOON)
    with pytest.raises(RefusedError):
        resets.draw(approval=stale, by=manager_p1, at=NOON)
    assert DrawnReset.objects.count() == 1

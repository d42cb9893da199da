"""Four eyes: nothing that reaches far happens by one person alone, and each is told what would happen."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext_noop
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.core import clock
from lms.people import approval_queries as queries
from lms.people.enums import ApprovalState
from lms.people.models import Approval
from lms.people.services import approvals as service
from lms.people.services import merging
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Grant, Succession
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, NOON, make_person, make_unit

pytestmark = pytest.mark.django_db
PAGE = "/units/approvals/"
DONE: list[tuple[int, str]] = []


@pytest.fixture(autouse=True)
def action(monkeypatch):
    """A dangerous action that the site does not have; it is impossible where its payload says so."""
    monkeypatch.setattr(service, "_actions", dict(service._actions))
    DONE.clear()

    def perform(approval, by, at):
        if approval.payload.get("impossible"):
            raise RefusedError(gettext_noop("there is no right “%(right)s”"), right="dance")
        DONE.append((approval.pk, by.username))

    service.register(
        service.Action(
            "test.blow_up", "Nổ mìn", lambda approval: [f"Nổ ở {approval.payload.get('where')}."], perform,
            lambda approval: "/units/rights/",
        )
    )  # fmt: skip


def holder(username: str, unit, *rights: str) -> User:
    person = make_person(username, f"Đồng chí {username}", unit)
    for right in rights or ("approve",):
        Grant.objects.create(person=person, unit=unit, right=right, starts_on=DAY_ONE)
    return person


@pytest.fixture
def second(units):
    return holder("second", units.p1)


def ask(unit, by, *, subject=None, reason="Theo quyết định", at=NOON, **payload) -> Approval:
    return service.ask(action="test.blow_up", unit=unit, by=by, at=at, reason=reason, payload=payload, subject=subject)


def state_of(approval: Approval) -> str:
    return Approval.objects.values_list("state", flat=True).get(pk=approval.pk)


# --- The rules --------------------------------------------------------------------------------------


def test_what_is_asked_for_happens_when_a_second_person_confirms_and_only_once(manager_p1, second, units):
    asked = ask(units.p1_a, manager_p1, where="kho")
    assert DONE == []
    assert service.approve(approval=asked, by=second, at=NOON, note="Đã xem") is True
    assert service.approve(approval=asked, by=second, at=NOON) is False
    assert (state_of(asked), DONE) == (ApprovalState.APPROVED, [(asked.pk, "second")])
    assert [entry.action for entry in ModelLogEntry.objects.order_by("pk")] == [
        "people.ask_approval", "people.decide_approval",
    ]  # fmt: skip


def test_of_two_people_at_once_one_decides(manager_p1, second, centre, units):
    asked = ask(units.p1, manager_p1)
    also = Approval.objects.get(pk=asked.pk)
    assert service.refuse(approval=asked, by=second, at=NOON, note="Chưa đủ hồ sơ") is True
    assert service.approve(approval=also, by=centre, at=NOON) is False
    assert (state_of(asked), DONE) == (ApprovalState.REFUSED, [])
    assert Approval.objects.get().decided_by == second


def test_neither_who_asked_nor_whom_it_is_about_decides(manager_p1, second, units):
    asked = ask(units.p1, manager_p1, subject=second)
    for person in (manager_p1, second):
        for decide in (service.approve, service.refuse):
            with pytest.raises(NotAllowedError):
                decide(approval=asked, by=person, at=NOON, note="x")
    assert (state_of(asked), DONE) == (ApprovalState.WAITING, [])


def test_other_rights_other_units_and_units_below_do_not_decide(manager_p1, manager_p2, units):
    asked = ask(units.p1, manager_p1)
    others = [manager_p2, holder("below", units.p1_a), holder("looks", units.p1, "view", "remind", "import", "mark")]
    assert [service.may_decide(person, asked) for person in others] == [False, False, False]
    assert service.may_decide(holder("right_one", units.p1), asked)


def test_a_right_withdrawn_meanwhile_decides_nothing(manager_p1, second, units):
    asked = ask(units.p1, manager_p1)
    assert service.may_decide(second, asked)
    Grant.objects.filter(person=second).delete()
    with pytest.raises(NotAllowedError):
        service.approve(approval=asked, by=second, at=NOON)
    User.objects.filter(pk=manager_p1.pk).update(is_active=False)
    assert (state_of(asked), DONE) == (ApprovalState.WAITING, [])


def test_what_has_become_impossible_stays_undecided(manager_p1, second, units):
    asked = ask(units.p1, manager_p1, impossible=True)
    with pytest.raises(RefusedError):
        service.approve(approval=asked, by=second, at=NOON)
    assert (state_of(asked), DONE) == (ApprovalState.WAITING, [])


def test_asking_twice_is_asking_once_while_it_waits(manager_p1, second, units):
    first, again, other = (ask(units.p1, manager_p1, where=where) for where in ("kho", "kho", "bến"))
    assert first.pk == again.pk != other.pk
    service.refuse(approval=first, by=second, at=NOON, note="Không")
    assert ask(units.p1, manager_p1, where="kho").pk not in (first.pk, other.pk)


def test_only_who_asked_takes_it_back(manager_p1, second, units):
    asked = ask(units.p1, manager_p1)
    with pytest.raises(NotAllowedError):
        service.withdraw(approval=asked, by=second, at=NOON)
    assert service.withdraw(approval=asked, by=manager_p1, at=NOON) is True
    assert service.withdraw(approval=asked, by=manager_p1, at=NOON) is False
    assert service.approve(approval=asked, by=second, at=NOON) is False
    assert DONE == []


def test_what_nobody_looked_at_for_two_weeks_is_closed(manager_p1, second, units):
    old = ask(units.p1, manager_p1, at=clock.now() - service.HOLDS - dt.timedelta(hours=1), where="cũ")
    new = ask(units.p1, manager_p1, at=clock.now() - service.HOLDS + dt.timedelta(hours=1), where="mới")
    assert (service.expire(), service.expire()) == (1, 0)
    assert (state_of(old), state_of(new)) == (ApprovalState.EXPIRED, ApprovalState.WAITING)
    assert service.approve(approval=old, by=second, at=clock.now()) is False


# --- The screens ------------------------------------------------------------------------------------


def test_each_sees_what_waits_what_was_asked_and_what_was_decided(client, manager_p1, second, manager_p2, units):
    waits, about_me = ask(units.p1, manager_p1, where="a"), ask(units.p1, manager_p1, subject=second, where="b")
    mine, gone = ask(units.p1_a, second, where="c"), ask(units.p1_b, manager_p1, where="d")
    ask(units.p2, manager_p2, where="e")
    service.refuse(approval=gone, by=second, at=NOON, note="Không")
    client.force_login(second)
    context = client.get(PAGE).context
    shown = {name: [line.asked.approval.pk for line in context[name]] for name in ("waiting", "mine", "decided")}
    assert shown == {"waiting": [waits.pk], "mine": [mine.pk], "decided": [gone.pk]}
    assert about_me.pk not in shown["waiting"]


def test_the_page_says_what_would_happen_who_asked_and_why(client, manager_p1, second, officer_p1, units):
    asked = ask(units.p1_a, manager_p1, subject=officer_p1, where="kho", reason="Mất điện thoại")
    client.force_login(second)
    html = client.get(f"{PAGE}{asked.pk}/").content.decode()
    for words in ("Nổ mìn", "Nổ ở kho.", "Mất điện thoại", "Hoàng Đức Hạnh", "Đặng Thị Nguyệt Ánh", "Xã Vạn Yên",
                  'href="/units/rights/"', 'value="approve"'):  # fmt: skip
        assert words in html
    assert 'value="withdraw"' not in html
    client.force_login(manager_p1)
    html = client.get(f"{PAGE}{asked.pk}/").content.decode()
    assert 'value="withdraw"' in html
    assert 'value="approve"' not in html


def test_confirming_refusing_and_taking_back_on_the_page(client, manager_p1, second, units):
    yes, no, back = (ask(units.p1, manager_p1, where=where) for where in "abc")
    client.force_login(second)
    client.post(f"{PAGE}{yes.pk}/", {"decision": "approve"})
    assert client.post(f"{PAGE}{no.pk}/", {"decision": "refuse"}).context["form"].errors.keys() == {"note"}
    assert state_of(no) == ApprovalState.WAITING
    client.post(f"{PAGE}{no.pk}/", {"decision": "refuse", "note": "Chưa đủ"})
    client.force_login(manager_p1)
    client.post(f"{PAGE}{back.pk}/", {"decision": "withdraw"})
    states = [ApprovalState.APPROVED, ApprovalState.REFUSED, ApprovalState.WITHDRAWN]
    assert [state_of(asked) for asked in (yes, no, back)] == states
    assert (DONE, Approval.objects.get(pk=no.pk).note) == ([(yes.pk, "second")], "Chưa đủ")


def test_a_doubled_click_does_it_once_and_tells_the_same(client, manager_p1, second, units):
    asked = ask(units.p1, manager_p1)
    client.force_login(second)
    told = [
        [message.level_tag for message in client.post(f"{PAGE}{asked.pk}/", {"decision": "approve"}, follow=True)
         .context["messages"]]
        for _ in range(2)
    ]  # fmt: skip
    assert told == [["success"], ["success"]]
    assert len(DONE) == 1


def test_what_is_no_longer_possible_is_told_and_keeps_waiting(client, manager_p1, second, units):
    asked = ask(units.p1, manager_p1, impossible=True)
    client.force_login(second)
    page = client.post(f"{PAGE}{asked.pk}/", {"decision": "approve", "note": "Đã xem kỹ"})
    assert len(page.context["form"].non_field_errors()) == 1
    assert "Đã xem kỹ" in page.content.decode()
    assert 'value="approve"' in page.content.decode()
    assert state_of(asked) == ApprovalState.WAITING


def test_strangers_find_nothing(client, manager_p1, manager_p2, officer_p1, units):
    asked = ask(units.p1, manager_p1)
    for person, inbox in ((manager_p2, 200), (officer_p1, 404)):
        client.force_login(person)
        assert client.get(PAGE).status_code == inbox
        for method in (client.get, client.post):
            assert method(f"{PAGE}{asked.pk}/", {"decision": "approve"}).status_code == 404
    assert state_of(asked) == ApprovalState.WAITING


def test_who_asked_and_has_no_right_any_more_still_reads_the_answer(client, officer_p1, second, units):
    asked = ask(units.p1, officer_p1)
    service.refuse(approval=asked, by=second, at=NOON, note="Đã có người khác lo")
    client.force_login(officer_p1)
    assert client.get(PAGE).status_code == 200
    assert "Đã có người khác lo" in client.get(f"{PAGE}{asked.pk}/").content.decode()


def test_a_request_whose_action_is_gone_stays_readable(client, manager_p1, second, units):
    asked = ask(units.p1, manager_p1)
    Approval.objects.filter(pk=asked.pk).update(action="test.of_long_ago")
    client.force_login(second)
    html = client.get(f"{PAGE}{asked.pk}/").content.decode()
    assert "test.of_long_ago" in html
    assert 'value="approve"' not in html
    assert client.get(PAGE).status_code == 200


def test_the_list_costs_the_same_queries_for_one_and_three(client, manager_p1, second, units):
    client.force_login(second)
    counts = []
    for number in (1, 3):
        for made in range(Approval.objects.filter(state="waiting").count(), number):
            ask(units.p1_a, manager_p1, where=made)
            service.refuse(approval=ask(units.p1_b, manager_p1, past=made), by=second, at=NOON, note="Không")
        with CaptureQueriesContext(connection) as captured:
            context = client.get(PAGE).context
        assert (len(context["waiting"]), len(context["decided"])) == (number, number)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- The number in the menu -------------------------------------------------------------------------


def test_the_menu_counts_what_waits_in_one_query_and_only_for_those_who_approve(
    manager_p1, second, manager_p2, officer_p1, centre, units, django_assert_num_queries
):
    root = User.objects.create_superuser(username="root", full_name="Quản trị", password="mat-khau-thu-1")
    ask(units.p1_a, manager_p1, where="a")
    ask(units.p1, manager_p1, subject=second, where="b")
    ask(units.p2, manager_p2, where="c")
    for person, number in ((manager_p1, 0), (second, 1), (manager_p2, 0), (centre, 3), (root, 3)):
        fresh = User.objects.get(pk=person.pk)
        with django_assert_num_queries(1 if person == root else 2):  # the rights held, known to the menu anyway
            assert queries.number_waiting_for(fresh) == number
            assert queries.number_waiting_for(fresh) == number
        assert number == queries.waiting_for(fresh).count()
    fresh = User.objects.get(pk=officer_p1.pk)
    with django_assert_num_queries(1):
        assert queries.number_waiting_for(fresh) == 0


def test_a_request_of_a_unit_that_was_merged_waits_for_its_successors_people(manager_p1, second, units):
    old = make_unit("Tỉnh Hải Đông", parent=units.centre, level="province", rank=10)
    ask(old, manager_p1)
    assert queries.number_waiting_for(User.objects.get(pk=second.pk)) == 0
    Succession.objects.create(old=old, new=units.p1, share=Succession.Share.WHOLE)
    assert queries.number_waiting_for(User.objects.get(pk=second.pk)) == 1 == queries.waiting_for(second).count()


def test_the_number_stands_in_the_menu_with_its_sentence(client, manager_p1, second, units):
    ask(units.p1, manager_p1, where="a")
    ask(units.p1, manager_p1, where="b")
    client.force_login(second)
    links = client.get(PAGE).context["nav"]
    assert [link.number for link in links if link.url == PAGE] == [2]


# --- One person by two ways -------------------------------------------------------------------------


def united(old: User, survivor: User, by: User) -> None:
    merging.merge(old=old, survivor=survivor, by=by, at=NOON, reason="Một người hai tài khoản")


@pytest.fixture
def root(units):
    return User.objects.create_superuser(username="root", full_name="Quản trị", password="mat-khau-thu-1")


def test_who_asked_by_an_account_that_was_united_with_another_does_not_confirm_by_that_one(client, units, root, second):
    old = holder("cu", units.p1)
    survivor = make_person("moi", "Đồng chí cu", units.p1)
    asked = ask(units.p1, old, where="P1")
    united(old, survivor, root)
    # The right went along: it is the person that may not, not the account.
    assert Grant.objects.filter(person=survivor, right="approve").count() == 1
    assert service.may_decide(survivor, asked) is False
    for decide in (service.approve, service.refuse):
        with pytest.raises(NotAllowedError):
            decide(approval=asked, by=survivor, at=NOON, note="")
    assert (list(queries.waiting_for(survivor)), queries.number_waiting_for(survivor)) == ([], 0)
    client.force_login(survivor)
    page = client.get(f"{PAGE}{asked.pk}/")
    assert (page.context["may_decide"], page.context["is_own"]) == (False, True)
    client.post(f"{PAGE}{asked.pk}/", {"decision": "approve", "note": ""})
    assert (state_of(asked), DONE) == (ApprovalState.WAITING, [])
    assert service.approve(approval=asked, by=second, at=NOON) is True


def test_whom_it_is_about_does_not_confirm_by_the_account_he_was_united_into(units, root, manager_p1):
    old = make_person("cu", "Đồng chí moi", units.p1_a)
    survivor = holder("moi", units.p1)
    asked = ask(units.p1, manager_p1, subject=old)
    assert service.may_decide(survivor, asked) is True
    united(old, survivor, root)
    assert service.may_decide(survivor, asked) is False
    assert list(queries.waiting_for(survivor)) == []


def test_who_looks_as_another_confirms_nothing(client, manager_p1, second, root, units):
    asked = ask(units.p1, manager_p1, where="P1")
    client.force_login(root)
    client.post(f"/units/people/{second.pk}/view-as/", {"reason": "Xem giúp màn hình"})
    page = client.get(PAGE)
    assert [line.asked.approval for line in page.context["waiting"]] == [asked]
    client.post(f"{PAGE}{asked.pk}/", {"decision": "approve", "note": ""})
    assert (state_of(asked), DONE) == (ApprovalState.WAITING, [])


# --- At the same moment -----------------------------------------------------------------------------


def test_taken_back_while_another_reads_it_is_not_done(manager_p1, second, units):
    asked = ask(units.p1, manager_p1, where="P1")
    read_before = Approval.objects.get(pk=asked.pk)
    assert service.withdraw(approval=asked, by=manager_p1, at=NOON) is True
    assert service.approve(approval=read_before, by=second, at=NOON) is False
    assert (state_of(asked), DONE) == (ApprovalState.WITHDRAWN, [])


def test_confirmed_while_who_asked_takes_it_back_stays_done(manager_p1, second, units):
    asked = ask(units.p1, manager_p1, where="P1")
    read_before = Approval.objects.get(pk=asked.pk)
    assert service.approve(approval=asked, by=second, at=NOON) is True
    assert service.withdraw(approval=read_before, by=manager_p1, at=NOON) is False
    assert (state_of(asked), len(DONE)) == (ApprovalState.APPROVED, 1)


def test_what_waited_too_long_is_not_confirmed_even_before_the_sweep(client, manager_p1, second, units):
    asked = ask(units.p1, manager_p1, where="P1", at=clock.now() - service.HOLDS - dt.timedelta(minutes=1))
    with pytest.raises(RefusedError):
        service.approve(approval=asked, by=second, at=clock.now())
    client.force_login(second)
    page = client.post(f"{PAGE}{asked.pk}/", {"decision": "approve", "note": ""})
    assert len(page.context["form"].non_field_errors()) == 1
    assert (state_of(asked), DONE) == (ApprovalState.WAITING, [])

"""Officers of divided and dissolved units: whoever brings people in over these decides where they go on."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.people import undecided_queries as queries
from lms.people.services import approvals
from lms.people.services import reorganising as services
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant, Reorganisation, ReorganisationStep, Unit
from lms.units.services import appointments
from lms.units.services.errors import RefusedError
from tests.conftest import NOON, make_person

DAY = dt.date(2026, 12, 1)
AFTER = dt.datetime(2026, 12, 2, 3, 0, tzinfo=dt.UTC)
Kind = ReorganisationStep.Kind
DOCUMENT = {
    "document_kind": "Nghị quyết", "document_number": "1679/NQ-UBTVQH15", "document_issued_on": dt.date(2026, 11, 16),
    "document_issuer": "Ủy ban Thường vụ Quốc hội", "document_title": "",
}  # fmt: skip
PAGE = reverse("people:undecided")


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOON, tick=False):
        yield


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def carried_out(top: Unit, by: User, second: User, *steps: tuple[str, list[int], dict]) -> Reorganisation:
    change = services.draft(top=top, document=DOCUMENT, effective_on=DAY, by=by, at=NOON)
    for kind, units, params in steps:
        services.add_step(change=change, kind=kind, units=units, params=params, by=by)
    assert approvals.approve(
        approval=services.ask(change=change, by=by, at=NOON, reason="đã đối chiếu"), by=second, at=NOON
    )
    change.refresh_from_db()
    assert change.state == "done"
    return change


def split(unit: Unit, *names: str) -> tuple[str, list[int], dict]:
    openings = [{"name": name, "type": "xã", "code": str(sum(map(ord, name)))} for name in names]
    return Kind.SPLIT.value, [unit.pk], {"openings": openings}


@pytest.fixture
def boss(db) -> User:
    return User.objects.create_superuser(username="trung-uong", full_name="Người Của Trung Ương")


@pytest.fixture
def divided(units, boss, admin_two, officer_p1) -> Reorganisation:
    """By a plan of the nation Xã Vạn Yên became Xã Một and Xã Hai, and so did one commune of the other province."""
    make_person("ba", "Lò Thị Ba", units.p2_a, position="Chuyên viên")
    root = Unit.objects.get(depth=1)
    return carried_out(
        root, boss, admin_two, split(units.p1_a, "Xã Một", "Xã Hai"), split(units.p2_a, "Xã Ba", "Xã Bốn")
    )


@pytest.fixture
def admin_two(db) -> User:
    return User.objects.create_superuser(username="trung-uong-2", full_name="Người Thứ Hai")


def unit_of(name: str) -> Unit:
    return Unit.objects.get(names__full_name=name)


def post_of(person: User) -> Appointment:
    return Appointment.objects.get(person=person, ends_on=None)


def test_a_manager_finds_the_own_people_of_a_plan_of_the_nation(divided, manager_p1, officer_p1):
    [unit] = queries.waiting(manager_p1, queries.units_with_undecided(manager_p1))
    assert [line.person for line in unit.people] == [officer_p1.full_name]
    assert [place.name for place in unit.places] == ["Xã Hai", "Xã Một"]
    assert unit.elsewhere == ()
    assert queries.number_undecided(manager_p1) == 1
    page = signed_in(manager_p1).get(PAGE).content.decode()
    assert officer_p1.full_name in page
    assert "Lò Thị Ba" not in page
    assert reverse("people:change_people", args=[divided.pk]) not in page
    assert PAGE in signed_in(manager_p1).get(reverse("people:people")).content.decode()


def test_before_the_switch_nobody_waits(units, boss, manager_p1, officer_p1):
    change = services.draft(top=Unit.objects.get(depth=1), document=DOCUMENT, effective_on=DAY, by=boss, at=NOON)
    kind, ids, params = split(units.p1_a, "Xã Một", "Xã Hai")
    services.add_step(change=change, kind=kind, units=ids, params=params, by=boss)
    assert queries.number_undecided(manager_p1) == 0
    assert officer_p1.full_name not in signed_in(manager_p1).get(PAGE).content.decode()


def test_whoever_is_decided_about_goes_on_and_is_listed_no_more(divided, manager_p1, officer_p1):
    old, new = post_of(officer_p1), unit_of("Xã Hai")
    client = signed_in(manager_p1)
    sent = {f"to_{old.pk}": new.pk, "do": "each"}
    assert client.post(PAGE, sent).status_code == 302
    old.refresh_from_db()
    post = post_of(officer_p1)
    assert (old.ends_on, post.unit, post.starts_on, post.position) == (DAY, new, DAY, old.position)
    assert post.decision == "Nghị quyết 1679/NQ-UBTVQH15"
    assert queries.number_undecided(manager_p1) == 0
    before = list(Appointment.objects.order_by("pk").values())
    told = client.post(PAGE, sent, follow=True)
    assert told.status_code == 200
    assert list(Appointment.objects.order_by("pk").values()) == before
    assert ModelLogEntry.objects.filter(action="units.decide_move").count() == 1


def test_two_windows_decide_once(divided, manager_p1, officer_p1):
    old = post_of(officer_p1)
    chosen = {old.pk: unit_of("Xã Hai").pk}
    assert services.decide_own(chosen=chosen, everybody=None, by=manager_p1, at=NOON) == (1, 0)
    other = {old.pk: unit_of("Xã Một").pk}
    assert services.decide_own(chosen=other, everybody=None, by=manager_p1, at=NOON) == (0, 1)
    assert post_of(officer_p1).unit == unit_of("Xã Hai")


def test_nowhere_ends_the_appointment(divided, manager_p1, officer_p1):
    old = post_of(officer_p1)
    signed_in(manager_p1).post(PAGE, {f"to_{old.pk}": "none", "do": "each"})
    old.refresh_from_db()
    assert old.ends_on == DAY
    assert not Appointment.objects.filter(person=officer_p1, ends_on=None).exists()


def test_everybody_of_a_unit_at_once_and_of_no_other_unit(units, boss, admin_two, officer_p1, manager_p1):
    second = make_person("tu", "Giàng A Tư", units.p1_a)
    third = make_person("nam", "Vũ Thị Năm", units.p1_b)
    root = Unit.objects.get(depth=1)
    carried_out(root, boss, admin_two, split(units.p1_a, "Xã Một", "Xã Hai"), split(units.p1_b, "Xã Ba", "Xã Bốn"))
    assert queries.number_undecided(manager_p1) == 3
    to = unit_of("Xã Một")
    signed_in(manager_p1).post(PAGE, {"bulk_unit": units.p1_a.pk, "bulk_to": to.pk, "do": "bulk"})
    assert {post_of(person).unit for person in (officer_p1, second)} == {to}
    assert post_of(third).unit == units.p1_b
    assert queries.number_undecided(manager_p1) == 1


def test_nobody_decides_about_others_people_or_sends_people_to_others(
    divided, units, manager_p1, manager_p2, officer_p1
):
    stranger = Appointment.objects.get(person__username="ba")
    one, three = unit_of("Xã Một"), unit_of("Xã Ba")
    client = signed_in(manager_p1)
    before = list(Appointment.objects.order_by("pk").values())
    client.post(PAGE, {f"to_{stranger.pk}": one.pk, "do": "each"})
    client.post(PAGE, {"bulk_unit": units.p2_a.pk, "bulk_to": one.pk, "do": "bulk"})
    own = post_of(officer_p1)
    for to in (three.pk, 10**9, "1/0", "x"):
        assert client.post(PAGE, {f"to_{own.pk}": to, "do": "each"}).status_code == 404
    with pytest.raises(NotAllowedError):
        services.decide_own(chosen={own.pk: three.pk}, everybody=None, by=manager_p1, at=NOON)
    assert list(Appointment.objects.order_by("pk").values()) == before
    assert [unit.unit_id for unit in queries.waiting(manager_p2, queries.units_with_undecided(manager_p2))] == [
        units.p2_a.pk
    ]


def test_strangers_find_nothing(divided, officer_p1, officer_p2, units):
    looker = make_person("xem", "Người Chỉ Xem", units.p1)
    Grant.objects.create(person=looker, unit=units.p1, right="view", starts_on=dt.date(2024, 1, 1))
    for person in (officer_p1, officer_p2, looker):
        assert signed_in(person).get(PAGE).status_code == 404
        assert signed_in(person).post(PAGE, {}).status_code == 404
    assert queries.number_undecided(looker) == 0


def test_people_of_a_dissolved_unit_may_go_to_the_unit_above_or_any_other_of_ones_own(
    units, boss, admin_two, manager_p1
):
    person = make_person("sau", "Hồ Văn Sáu", units.p1_a)
    carried_out(units.p1, boss, admin_two, (Kind.DISSOLVE.value, [units.p1_a.pk], {}))
    [unit] = queries.waiting(manager_p1, queries.units_with_undecided(manager_p1))
    assert [place.id for place in unit.places] == [units.p1.pk]
    hits = [hit.unit.id for hit in queries.other_places(manager_p1, str(units.p1_b))]
    assert hits == [units.p1_b.pk]
    signed_in(manager_p1).post(PAGE, {f"to_{post_of(person).pk}": units.p1_b.pk, "do": "each"})
    assert post_of(person).unit == units.p1_b


def test_what_went_to_another_province_is_named_and_cannot_be_chosen(units, boss, admin_two, manager_p1, officer_p1):
    openings = [
        {"name": "Xã Một", "type": "xã", "code": "1", "parent": str(units.p1.pk)},
        {"name": "Xã Hai", "type": "xã", "code": "2", "parent": str(units.p2.pk)},
    ]
    step = (Kind.SPLIT.value, [units.p1_a.pk], {"openings": openings})
    carried_out(Unit.objects.get(depth=1), boss, admin_two, step)
    [unit] = queries.waiting(manager_p1, queries.units_with_undecided(manager_p1))
    assert ([place.name for place in unit.places], unit.elsewhere) == (["Xã Một"], ("Xã Hai",))
    page = signed_in(manager_p1).get(PAGE).content.decode()
    assert f'value="{unit_of("Xã Hai").pk}"' not in page


def test_the_manager_of_a_commune_made_of_a_part_takes_people_in_and_ends_nobody(divided, units, officer_p1):
    new = unit_of("Xã Một")
    chief = make_person("chu-tich", "Chủ Tịch Xã Một", new)
    Grant.objects.create(person=chief, unit=new, right="import", starts_on=DAY)
    old = post_of(officer_p1)
    with time_machine.travel(AFTER, tick=False):
        [unit] = queries.waiting(chief, queries.units_with_undecided(chief))
        assert [line.appointment_id for line in unit.people] == [old.pk]
        assert ([place.name for place in unit.places], unit.elsewhere) == (["Xã Một"], ("Xã Hai",))
        client = signed_in(chief)
        page = client.get(PAGE).content.decode()
        assert 'value="none"' not in page
        assert reverse("people:person", args=[officer_p1.pk]) not in page
        for sent in (
            {f"to_{old.pk}": "none", "do": "each"},
            {f"to_{old.pk}": unit_of("Xã Hai").pk, "do": "each"},
        ):
            assert client.post(PAGE, sent).status_code == 404
        assert 'name="bulk_unit"' not in page
        for to in ("none", new.pk):
            client.post(PAGE, {"bulk_unit": units.p1_a.pk, "bulk_to": to, "do": "bulk"})
        assert post_of(officer_p1) == old
        client.post(PAGE, {f"to_{old.pk}": new.pk, "do": "each"})
    assert post_of(officer_p1).unit == new


def test_a_part_that_has_itself_closed_since_is_not_offered(divided, units, boss, admin_two, manager_p1):
    step = (Kind.DISSOLVE.value, [unit_of("Xã Một").pk], {})
    change = services.draft(
        top=units.p1, document={**DOCUMENT, "document_number": "1700/NQ-UBTVQH15"},
        effective_on=DAY + dt.timedelta(days=30), by=boss, at=NOON,
    )  # fmt: skip
    services.add_step(change=change, kind=step[0], units=step[1], params=step[2], by=boss)
    asked = services.ask(change=change, by=boss, at=NOON, reason="đã đối chiếu")
    assert approvals.approve(approval=asked, by=admin_two, at=NOON)
    [unit] = queries.waiting(manager_p1, queries.units_with_undecided(manager_p1))
    assert [place.name for place in unit.places] == ["Xã Hai"]


def test_a_later_appointment_is_not_ended_before_it_begins(divided, manager_p1, officer_p1, units):
    later = appointments.appoint(
        person=make_person("bay", "Lê Thị Bảy", units.p1_b), unit=units.p1_b, position="", starts_on=DAY, actor=None,
        is_primary=False,
    )  # fmt: skip
    Appointment.objects.filter(pk=later.pk).update(unit=units.p1_a, starts_on=DAY + dt.timedelta(days=30))
    with pytest.raises(RefusedError):
        services.decide_own(chosen={later.pk: None}, everybody=None, by=manager_p1, at=NOON)
    told = signed_in(manager_p1).post(PAGE, {f"to_{later.pk}": "none", "do": "each"}, follow=True)
    assert told.status_code == 200
    assert Appointment.objects.filter(pk=later.pk).exists()


def test_the_list_is_searched_and_paged_by_unit_and_costs_the_same_for_more_people(
    divided, manager_p1, officer_p1, units
):
    client = signed_in(manager_p1)
    client.get(PAGE)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(PAGE).status_code == 200
        return len(asked)

    first = cost()
    for number in range(3):
        person = make_person(f"them{number}", f"Lý A {number}", units.p1_b)
        Appointment.objects.filter(person=person).update(unit=units.p1_a)
    assert queries.number_undecided(manager_p1) == 4
    assert cost() == first
    assert list(queries.units_with_undecided(manager_p1, "ly a 2")) == [units.p1_a.pk]
    assert list(queries.units_with_undecided(manager_p1, "van yen")) == [units.p1_a.pk]
    assert list(queries.units_with_undecided(manager_p1, "ha long")) == []
    assert client.get(PAGE, {"q": "\0x' --", "page": "zz", "other": "ha long"}).status_code == 200


def test_the_page_without_anybody_says_so(units, manager_p1):
    page = signed_in(manager_p1).get(PAGE)
    assert page.status_code == 200
    assert 'class="card empty"' in page.content.decode()
    assert PAGE not in signed_in(manager_p1).get(reverse("people:people")).content.decode()

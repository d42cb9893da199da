"""Why somebody sees somebody: told from the other end, and always what lms.units.scope decides."""

import datetime as dt
import random

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.accounts.models import User
from lms.core import audit, clock
from lms.people import explain_queries
from lms.people.services import viewing
from lms.units.models import Appointment, Grant, Succession, Unit
from lms.units.scope import granted_paths, people_in_scope
from tests.conftest import DAY_ONE, NOON, make_person, make_unit

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def noon(time_machine):
    time_machine.move_to(NOON, tick=False)


def signed_in(person, conf):
    conf.LMS_DEMO = True
    User.objects.filter(pk=person.pk).update(is_demo=True)
    client = Client()
    client.force_login(person)
    return client


def test_a_grant_above_is_named_with_its_unit_giver_and_days(units, officer_p1, manager_p1, centre):
    Grant.objects.filter(person=manager_p1, right="view").update(granted_by=centre, ends_on=dt.date(2026, 12, 1))
    found = [ground for ground in explain_queries.grounds(units.p1_a, on=TODAY) if ground.right == "view"]
    assert [(g.person, g.held_over, g.is_above, g.given_by, g.last_day) for g in found] == [
        (centre, "Trung ương", True, "", None),
        (manager_p1, "Tỉnh Quảng Ninh", True, "Lê Thị Hà", dt.date(2026, 11, 30)),
    ]


def test_a_grant_beside_or_below_or_of_another_day_reaches_nothing(units, manager_p2, officer_p1):
    below = make_person("duoi", "Phạm Thị Dưới", units.p1_a)
    Grant.objects.create(person=below, unit=units.p1_a, right="view", starts_on=DAY_ONE)
    Grant.objects.create(person=below, unit=units.p1, right="view", starts_on=dt.date(2027, 1, 1))
    assert explain_queries.grounds(units.p1, on=TODAY) == []
    assert {g.person for g in explain_queries.grounds(units.p1_a, on=TODAY)} == {below}


def test_mergers_in_between_are_named_in_order(units, officer_p1):
    first = make_unit("Xã Một", parent=units.p1, level="commune", rank=30)
    second = make_unit("Xã Hai", parent=units.p2, level="commune", rank=30)
    Unit.objects.filter(pk=units.p1_a.pk).update(closed_on=dt.date(2025, 7, 1))
    Succession.objects.create(old=units.p1_a, new=first, share="whole")
    Succession.objects.create(old=first, new=second, share="whole")
    heir = make_person("ke", "Trần Văn Kế", second)
    Grant.objects.create(person=heir, unit=second, right="view", starts_on=DAY_ONE)
    answer = explain_queries.why(heir, officer_p1, on=TODAY)
    ((ground,),) = [post.grounds for post in answer.posts]
    assert [(step.old, step.new, step.on) for step in ground.steps] == [
        ("Xã Vạn Yên", "Xã Một", dt.date(2025, 7, 1)),
        ("Xã Một", "Xã Hai", None),
    ]
    assert answer.sees == ("view",)


def test_a_part_of_a_unit_carries_nobody_over(units, officer_p1):
    new = make_unit("Xã Mới", parent=units.p2, level="commune", rank=30)
    Succession.objects.create(old=units.p1_a, new=new, share="part")
    heir = make_person("ke", "Trần Văn Kế", new)
    Grant.objects.create(person=heir, unit=new, right="view", starts_on=DAY_ONE)
    answer = explain_queries.why(heir, officer_p1, on=TODAY)
    assert (answer.sees, [post.grounds for post in answer.posts]) == ((), [()])


def test_a_past_appointment_opens_nothing_today_but_is_told(units, officer_p1, manager_p1, manager_p2):
    Appointment.objects.filter(person=officer_p1).update(ends_on=dt.date(2026, 1, 1))
    Appointment.objects.create(person=officer_p1, unit=units.p2_a, position="Mới", starts_on=dt.date(2026, 1, 1))
    answer = explain_queries.why(manager_p1, officer_p1, on=TODAY)
    assert answer.sees == ()
    assert [(post.is_now, bool(post.grounds)) for post in answer.posts] == [(True, False), (False, True)]
    assert explain_queries.why(manager_p2, officer_p1, on=TODAY).sees == tuple(Grant.Right.values)


def test_superusers_and_oneself(officer_p1):
    root = User.objects.create_superuser("goc", full_name="Gốc", password="x")
    assert explain_queries.why(root, officer_p1, on=TODAY).is_superuser
    assert explain_queries.why(officer_p1, officer_p1, on=TODAY).is_oneself
    assert explain_queries.who_sees(officer_p1, on=TODAY).superusers == (root,)


def test_who_sees_me_names_managers_viewings_and_lists_taken_out(units, officer_p1, manager_p1, manager_p2, centre):
    viewing.begin(viewer=manager_p1, person=officer_p1, reason="giúp", at=NOON)
    audit.record("people.export_roster", units.p1, actor=manager_p1, unit=units.p1.pk, path=units.p1.path)
    audit.record("people.export_roster", units.p2, actor=manager_p2, unit=units.p2.pk, path=units.p2.path)
    seen = explain_queries.who_sees(officer_p1, on=TODAY)
    assert {ground.person for ground in seen.grounds} == {manager_p1, centre}
    assert "assign" not in {ground.right for ground in seen.grounds}
    assert [row.viewer for row in seen.viewings] == [manager_p1]
    assert [line.whom for line in seen.exports] == [str(units.p1)]


def test_each_person_stands_once_for_each_way_in(units, officer_p1, manager_p1):
    Grant.objects.create(person=manager_p1, unit=units.p1_a, right="view", starts_on=DAY_ONE)
    ways = explain_queries.who_sees(officer_p1, on=NOON.date()).people
    assert [(ground.person, ground.held_over, held) for ground, held in ways] == [
        (manager_p1, "Tỉnh Quảng Ninh", ["view", "remind", "import", "approve", "mark"]),
        (manager_p1, "Xã Vạn Yên", ["view"]),
    ]


def test_the_card_leads_there_for_who_approves_and_for_nobody_else(units, officer_p1, manager_p1, settings):
    holder = make_person("xem", "Trần Văn Xem", units.p1)
    Grant.objects.create(person=holder, unit=units.p1, right="view", starts_on=DAY_ONE)
    address = f"{reverse('people:why')}?about={officer_p1.pk}"
    for person, shown in ((holder, False), (manager_p1, True)):
        client = signed_in(person, settings)
        card = client.get(reverse("people:person", args=[officer_p1.pk])).content.decode()
        assert (address in card) is shown
    page = client.get(reverse("people:rights_unit", args=[units.p1_a.pk])).content.decode()
    assert f"{reverse('people:who')}?unit={units.p1_a.pk}" in page


def test_three_holders_cost_as_many_queries_as_one(units, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def give(number):
        person = make_person(f"n{number}", f"Người {number}", units.p1_a)
        Grant.objects.create(person=person, unit=units.p1, right="view", starts_on=DAY_ONE)

    give(1)
    with CaptureQueriesContext(connection) as one:
        explain_queries.grounds(units.p1_a, on=TODAY)
    give(2)
    give(3)
    with CaptureQueriesContext(connection) as three:
        assert len(explain_queries.grounds(units.p1_a, on=TODAY)) == 3
    assert len(three) == len(one)


# --- Always what scope decides ------------------------------------------------------------------------


@given(st.integers(0, 10**6))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_grounds_are_exactly_what_scope_grants(units, seed):
    from django.db import transaction

    chance = random.Random(seed)
    with transaction.atomic():
        tree = [units.centre, units.p1, units.p2, units.p1_a, units.p1_b, units.p2_a]
        tree += [
            make_unit(f"Xã {n}", parent=chance.choice([units.p1, units.p2]), level="commune", rank=30) for n in range(3)
        ]
        tree.append(make_unit("Tỉnh Mới", parent=units.centre, level="province", rank=10))
        for old in chance.sample(tree[1:], 5):
            new = chance.choice([unit for unit in tree[1:] if unit.pk > old.pk] or [None])
            if new and not Succession.objects.filter(old=old).exists():
                Succession.objects.create(old=old, new=new, share=chance.choice(["whole", "whole", "part"]))
        people = [User.objects.create(username=f"p{seed}_{n}", full_name=f"Người {n}") for n in range(4)]
        for person in people:
            Appointment.objects.create(
                person=person, unit=chance.choice(tree), position="x",
                starts_on=chance.choice([DAY_ONE, TODAY, dt.date(2027, 1, 1)]),
                ends_on=chance.choice([None, None, dt.date(2028, 1, 1)]),
            )  # fmt: skip
            Grant.objects.create(
                person=person, unit=chance.choice(tree), right=chance.choice(["view", "approve"]),
                starts_on=chance.choice([DAY_ONE, dt.date(2027, 1, 1)]),
                ends_on=chance.choice([None, dt.date(2027, 6, 1)]),
            )  # fmt: skip
        paths = {
            (person.pk, right): granted_paths(person, right, on=TODAY)
            for person in people
            for right in ("view", "approve")
        }
        for unit in tree:
            told = {(ground.person.pk, ground.right) for ground in explain_queries.grounds(unit, on=TODAY)}
            assert told == {key for key, tops in paths.items() if any(unit.path.startswith(top) for top in tops)}
        for viewer in people:
            answers = {person.pk: explain_queries.why(viewer, person, on=TODAY) for person in people}
            for right in ("view", "approve"):
                seen = set(User.objects.filter(people_in_scope(viewer, right, on=TODAY)).values_list("pk", flat=True))
                by_ground = {
                    pk
                    for pk, answer in answers.items()
                    if any(post.is_now and any(g.right == right for g in post.grounds) for post in answer.posts)
                }
                assert {pk for pk, answer in answers.items() if right in answer.sees} == seen == by_ground
        transaction.set_rollback(True)


# --- Screens ------------------------------------------------------------------------------------------


def test_screens_for_who_approves(units, officer_p1, manager_p1, manager_p2, settings):
    client = signed_in(manager_p1, settings)
    assert client.get(reverse("people:who")).status_code == 200
    page = client.get(reverse("people:who"), {"unit": units.p1_a.pk})
    assert manager_p1.full_name in page.content.decode()
    assert manager_p2.full_name not in page.content.decode()
    assert client.get(reverse("people:why"), {"about": officer_p1.pk}).status_code == 200
    both = client.get(reverse("people:why"), {"about": officer_p1.pk, "person": manager_p1.pk})
    assert both.context["answer"].sees == tuple(Grant.Right.values)


def test_strangers_are_told_nothing(units, officer_p1, officer_p2, manager_p1, manager_p2, settings):
    client = signed_in(manager_p1, settings)
    for sent in ({"unit": units.p2.pk}, {"unit": "x"}, {"unit": 10**14}):
        assert client.get(reverse("people:who"), sent).status_code == 404
    for sent in (
        {"about": officer_p2.pk},
        {"about": "x"},
        {"about": officer_p1.pk, "person": officer_p2.pk},
        {"about": officer_p1.pk, "person": "x"},
    ):
        assert client.get(reverse("people:why"), sent).status_code == 404
    plain = signed_in(officer_p1, settings)
    assert plain.get(reverse("people:who")).status_code == 404
    assert plain.get(reverse("people:why"), {"about": officer_p2.pk}).status_code == 404


def test_everybody_may_ask_who_sees_oneself(officer_p1, manager_p1, manager_p2, settings):
    page = signed_in(officer_p1, settings).get(reverse("people:why"))
    assert {ground.person for ground in page.context["seen"].grounds} == {manager_p1}
    asked = signed_in(officer_p1, settings).get(reverse("people:why"), {"person": manager_p1.pk})
    assert asked.status_code == 200
    assert clock.today() == TODAY

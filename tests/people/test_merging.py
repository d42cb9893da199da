"""One person with two accounts: nothing lost, nobody counted twice, and taking it back restores every row."""

import datetime as dt
import json

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.fields import GenericForeignKey
from django.core import serializers

from certificates.models import Certificate
from courses.enums import EventKind, State
from courses.models import Completion, Enrolment
from courses.queries.progress import my_training
from courses.services import progress
from lms.accounts.models import User
from lms.accounts.queries import account_named
from lms.people import merging_queries as queries
from lms.people.models import AccountAlias, TwoPeople
from lms.people.services import approvals, merging, merging_requests
from lms.people.services.merging_policy import POLICY
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant, Succession
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, NOON, make_person

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def twin(units):
    """The officer's second account, made by another roster."""
    return make_person("anhdtn2", "Đặng Thị Nguyệt Ánh", units.p1_b, position="Chuyên viên")


@pytest.fixture
def admin(db):
    return User.objects.create_superuser(username="quantri", full_name="Quản Trị", password="mat-khau-thu-1")


def enrolled(person, course, unit=None, at=NOON):
    return Enrolment.objects.create(user=person, course=course, unit=unit, enrolled_at=at)


def done(enrolment, *activities, at=NOON):
    for activity in activities:
        progress.record_activity(
            enrolment=enrolment, activity=activity, kind=EventKind.DONE, at=at,
            source_key=f"test:{enrolment.pk}:{activity.pk}",
        )  # fmt: skip


def unite(old, survivor, by, **fields):
    return merging.merge(old=old, survivor=survivor, by=by, at=NOON, reason="Một người", **fields)


# --- Every reference to an account has its policy ---------------------------------------------------------------------


def references():
    found = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields(include_hidden=True):
            concrete = getattr(field, "concrete", False) and field.is_relation
            if concrete and not field.many_to_many and field.related_model is get_user_model():
                found.add(f"{model._meta.label}.{field.name}")
        for field in model._meta.private_fields:
            if isinstance(field, GenericForeignKey):
                found.add(f"{model._meta.label}.{field.name}")
    return found


def test_every_reference_to_an_account_says_what_becomes_of_it():
    assert references() - set(POLICY) == set()


def test_no_policy_names_what_is_not_there():
    not_fields = {"wagtailcore.ModelLogEntry.content_type"}
    assert set(POLICY) - references() - not_fields == set()


# --- Evidence ---------------------------------------------------------------------------------------------------------


def test_a_lesson_under_one_and_the_rest_under_the_other_is_a_completed_course(officer_p1, twin, admin, outline):
    one, other = enrolled(officer_p1, outline.course), enrolled(twin, outline.course)
    done(one, outline.lesson_1, outline.lesson_2, at=NOON - DAY)
    done(other, outline.quiz, outline.lesson_3, at=NOON - 2 * DAY)
    unite(twin, officer_p1, admin)
    completion = Completion.objects.get()
    assert (completion.user, completion.enrolment, completion.completed_at) == (officer_p1, one, NOON - DAY)
    assert Certificate.objects.get().completion == completion
    assert [(row.title, row.percent) for row in my_training(officer_p1)] == [("Trang cộng đồng", 100)]


def test_a_result_of_the_old_account_counts_for_the_survivor_also_afterwards(officer_p1, twin, admin, outline):
    one, other = enrolled(officer_p1, outline.course), enrolled(twin, outline.course)
    done(one, outline.lesson_1, outline.lesson_2, outline.lesson_3)
    unite(twin, officer_p1, admin)
    done(Enrolment.objects.get(pk=other.pk), outline.quiz, at=NOON + DAY)
    assert Completion.objects.get().enrolment == one
    assert not progress.rebuild(enrolment=one)


def test_what_was_withdrawn_under_one_account_takes_nothing_from_the_other(officer_p1, twin, admin, outline):
    one, other = enrolled(officer_p1, outline.course), enrolled(twin, outline.course)
    done(one, outline.quiz)
    done(other, outline.quiz)
    progress.withdraw_activity(enrolment=other, activity=outline.quiz, source_key="w", at=NOON)
    unite(twin, officer_p1, admin)
    assert one.activity_states.get(activity=outline.quiz).state == State.DONE


def test_a_result_withdrawn_after_uniting_is_withdrawn_for_both(officer_p1, twin, admin, outline):
    one, other = enrolled(officer_p1, outline.course), enrolled(twin, outline.course)
    done(one, outline.quiz)
    done(other, outline.quiz)
    unite(twin, officer_p1, admin)
    progress.withdraw_activity(enrolment=other, activity=outline.quiz, source_key="w", at=NOON)
    assert one.activity_states.get(activity=outline.quiz).state == State.IN_PROGRESS
    assert not progress.rebuild(enrolment=one)


def test_two_completions_are_two_certificates_and_one_completed_course(officer_p1, twin, admin, outline):
    activities = (outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3)
    one, other = enrolled(officer_p1, outline.course), enrolled(twin, outline.course)
    done(one, *activities, at=NOON)
    done(other, *activities, at=NOON - DAY)
    papers = list(Certificate.objects.order_by("number").values("pk", "number", "payload", "verify_code", "issued_at"))
    unite(twin, officer_p1, admin)
    after = Certificate.objects.order_by("number").values("pk", "number", "payload", "verify_code", "issued_at")
    assert list(after) == papers
    assert Certificate.objects.filter(completion__user=officer_p1).count() == 2
    standing = Enrolment.objects.standing().get()
    assert (standing.pk, standing.user) == (other.pk, officer_p1)


def test_appointments_rights_and_exceptions_move_and_the_survivors_main_post_stays(officer_p1, twin, admin, units):
    Grant.objects.create(person=twin, unit=units.p1_b, right="view", starts_on=DAY_ONE)
    Grant.objects.create(person=twin, unit=units.p1_a, right="view", starts_on=DAY_ONE)
    kept = Grant.objects.create(person=officer_p1, unit=units.p1_a, right="view", starts_on=DAY_ONE)
    unite(twin, officer_p1, admin)
    posts = Appointment.objects.filter(person=officer_p1).order_by("unit__path")
    assert [(post.unit, post.is_primary) for post in posts] == [(units.p1_a, True), (units.p1_b, False)]
    assert set(Grant.objects.filter(person=officer_p1).values_list("unit", flat=True)) == {units.p1_a.pk, units.p1_b.pk}
    assert list(Grant.objects.filter(person=officer_p1, unit=units.p1_a)) == [kept]


# --- The account ------------------------------------------------------------------------------------------------------


def test_the_old_names_lead_to_the_survivor(officer_p1, twin, admin):
    User.objects.filter(pk=twin.pk).update(phone="+84912345678", email="anh@example.vn")
    User.objects.filter(pk=officer_p1.pk).update(email="dtna@example.vn")
    unite(twin, officer_p1, admin, chosen={"email": "old"})
    officer_p1.refresh_from_db()
    assert (officer_p1.phone, officer_p1.email) == ("+84912345678", "anh@example.vn")
    names = ("anhdtn2", "0912 345 678", "anh@example.vn", "dtna@example.vn", "officer_p1")
    assert {account_named(name) for name in names} == {officer_p1}
    assert not User.objects.get(pk=twin.pk).is_active


def test_only_the_survivors_password_opens_by_an_old_name(client, officer_p1, twin, admin):
    twin.set_password("mat-khau-cu-9")
    twin.save()
    unite(twin, officer_p1, admin)
    client.post("/accounts/login/", {"login": "anhdtn2", "password": "mat-khau-cu-9"})
    assert "_auth_user_id" not in client.session
    client.post("/accounts/login/", {"login": "anhdtn2", "password": "mat-khau-thu-1"})
    assert client.session["_auth_user_id"] == str(officer_p1.pk)


def test_a_chain_of_accounts_ends_at_the_last(officer_p1, twin, admin, units):
    third = make_person("anh3", "Đặng Thị Nguyệt Ánh", units.p1_a)
    unite(third, twin, admin)
    unite(twin, officer_p1, admin)
    assert queries.survivors([third.pk, twin.pk, officer_p1.pk, admin.pk]) == {
        third.pk: officer_p1.pk,
        twin.pk: officer_p1.pk,
    }
    assert account_named("anh3") == officer_p1


# --- Who, and what stands in the way ----------------------------------------------------------------------------------


def test_told_twice_it_is_done_once_and_the_other_way_round_it_is_refused(officer_p1, twin, admin, outline):
    enrolled(twin, outline.course)
    first = unite(twin, officer_p1, admin)
    assert unite(twin, officer_p1, admin) == first
    with pytest.raises(RefusedError, match="itself been united"):
        unite(officer_p1, twin, admin)
    assert AccountAlias.objects.count() == 1


def test_an_account_has_one_survivor(officer_p1, twin, admin, units):
    third = make_person("anh3", "Đặng Thị Nguyệt Ánh", units.p1_a)
    unite(twin, officer_p1, admin)
    with pytest.raises(RefusedError, match="already"):
        unite(twin, third, admin)


def test_accounts_with_rights_are_united_by_a_superuser_only(officer_p1, twin, manager_p1, admin, units):
    Grant.objects.create(person=twin, unit=units.p1_b, right="view", starts_on=DAY_ONE)
    with pytest.raises(RefusedError, match="administrator"):
        unite(twin, officer_p1, manager_p1)
    unite(twin, officer_p1, admin)


def test_a_second_person_confirms(officer_p1, twin, units, manager_p1, centre, manager_p2):
    with pytest.raises(NotAllowedError):
        merging_requests.ask(old=twin, survivor=officer_p1, by=manager_p2, at=NOON, reason="x")
    asked = merging_requests.ask(old=twin, survivor=officer_p1, by=manager_p1, at=NOON, reason="Gọi điện hỏi rồi")
    assert merging_requests.ask(old=officer_p1, survivor=twin, by=manager_p1, at=NOON, reason="y") == asked
    assert asked.unit == units.p1
    assert not AccountAlias.objects.exists()
    assert not approvals.may_decide(manager_p1, asked)
    assert approvals.approve(approval=asked, by=centre, at=NOON)
    alias = AccountAlias.objects.get()
    assert (alias.old, alias.survivor, alias.asked_by, alias.merged_by) == (twin, officer_p1, manager_p1, centre)


# --- Taking back ------------------------------------------------------------------------------------------------------

NOT_COMPARED = {"people.AccountAlias", "wagtailcore.ModelLogEntry", "sessions.Session"}


def dump():
    return {
        model._meta.label: sorted(
            json.dumps(row, sort_keys=True, default=str)
            for row in serializers.serialize("python", model._base_manager.all())
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label not in NOT_COMPARED
        and not model._meta.label.startswith(("core.", "wagtailsearch."))
    }  # fmt: skip


def posts_now(person):
    return list(Appointment.objects.on(NOON.date()).filter(person=person).values_list("unit", "position", "is_primary"))


def test_a_post_that_both_accounts_held_is_held_once_and_taken_back_twice(officer_p1, units, admin):
    own = Appointment.objects.get(person=officer_p1)
    again = make_person("anh-lan-hai", officer_p1.full_name, units.p1_a, position=own.position.upper())
    rows = list(Appointment.objects.order_by("pk").values())
    alias = unite(again, officer_p1, admin)
    assert posts_now(officer_p1) == [(units.p1_a.pk, own.position, True)]
    day_before = NOON.date() - DAY
    assert Appointment.objects.on(day_before).filter(person=officer_p1).count() == 2
    assert merging.undo(alias=alias, by=admin, at=NOON + DAY, reason="Hai người")
    assert list(Appointment.objects.order_by("pk").values()) == rows


@pytest.mark.parametrize(
    ("old", "own"),
    [
        ({"position": "Chuyên viên"}, {}),
        ({"is_acting": True}, {}),
        ({"page_duty": "officer"}, {"page_duty": ""}),
        ({}, {"ends_on": dt.date(2027, 1, 1)}),
        ({}, {"starts_on": dt.date(2026, 12, 1)}),
        ({"starts_on": dt.date(2026, 11, 23)}, {}),
    ],
)
def test_what_one_post_says_more_than_the_other_is_not_lost(officer_p1, units, admin, old, own):
    post = Appointment.objects.get(person=officer_p1)
    again = make_person("anh-lan-hai", officer_p1.full_name, units.p1_a, position=post.position, duty=post.page_duty)
    Appointment.objects.filter(person=again).update(**old)
    Appointment.objects.filter(pk=post.pk).update(**own)
    ends = dict(Appointment.objects.values_list("pk", "ends_on"))
    unite(again, officer_p1, admin)
    assert dict(Appointment.objects.values_list("pk", "ends_on")) == ends


def test_taking_back_restores_every_row(officer_p1, twin, admin, units, outline):
    one, other = enrolled(officer_p1, outline.course, units.p1_a), enrolled(twin, outline.course, units.p1_b)
    done(one, outline.lesson_1, at=NOON - DAY)
    done(other, outline.lesson_1, outline.quiz, at=NOON - 3 * DAY)
    User.objects.filter(pk=twin.pk).update(phone="+84912345678", email="anh@example.vn", birth_year=1985)
    User.objects.filter(pk=officer_p1.pk).update(phone="+84987654321")
    Grant.objects.create(person=twin, unit=units.p1_b, right="view", starts_on=DAY_ONE)
    before = dump()
    alias = unite(twin, officer_p1, admin, chosen={"phone": "old", "full_name": "old"})
    assert dump() != before
    assert merging.undo(alias=alias, by=admin, at=NOON + DAY, reason="Hai người")
    assert dump() == before
    assert not merging.undo(alias=alias, by=admin, at=NOON + DAY, reason="Hai người")
    assert account_named("anhdtn2") == User.objects.get(pk=twin.pk)


def test_a_chain_taken_back_step_by_step_restores_every_row(officer_p1, twin, admin, units, outline):
    third = make_person("anh3", "Đặng Thị Nguyệt Ánh", units.p2_a)
    for person, activity in ((officer_p1, outline.lesson_1), (twin, outline.lesson_2), (third, outline.quiz)):
        done(enrolled(person, outline.course), activity)
    start = dump()
    first = unite(third, twin, admin)
    middle = dump()
    second = merging.merge(old=twin, survivor=officer_p1, by=admin, at=NOON + DAY, reason="x")
    assert Enrolment.objects.standing().get().activity_states.filter(state=State.DONE).count() == 3
    with pytest.raises(RefusedError, match="united again"):
        merging.undo(alias=first, by=admin, at=NOON + DAY, reason="x")
    merging.undo(alias=second, by=admin, at=NOON + DAY, reason="x")
    assert dump() == middle
    merging.undo(alias=first, by=admin, at=NOON + DAY, reason="x")
    assert dump() == start


def test_after_thirty_days_it_stays(officer_p1, twin, admin):
    alias = unite(twin, officer_p1, admin)
    with pytest.raises(RefusedError, match="30 days"):
        merging.undo(alias=alias, by=admin, at=NOON + 31 * DAY, reason="x")


def test_what_only_both_had_completed_is_not_completed_any_more_and_its_certificate_is_revoked(
    officer_p1, twin, admin, outline
):
    one, other = enrolled(officer_p1, outline.course), enrolled(twin, outline.course)
    done(one, outline.lesson_1, outline.lesson_2)
    done(other, outline.quiz, outline.lesson_3)
    alias = unite(twin, officer_p1, admin)
    number = Certificate.objects.get().number
    assert len(queries.undo_preview(alias)) == 1
    merging.undo(alias=alias, by=admin, at=NOON + DAY, reason="Hai người")
    certificate = Certificate.objects.get()
    assert (certificate.number, certificate.revoked_at) == (number, NOON + DAY)
    assert [row.percent for row in my_training(officer_p1)] == [50]
    assert my_training(officer_p1)[0].completed_at is None
    done(Enrolment.objects.get(pk=one.pk), outline.quiz, outline.lesson_3, at=NOON + DAY)
    assert my_training(officer_p1)[0].completed_at == NOON + DAY


def test_new_results_stay_with_the_survivor(officer_p1, twin, admin, outline):
    one, other = enrolled(officer_p1, outline.course), enrolled(twin, outline.course)
    done(one, outline.lesson_1)
    done(other, outline.lesson_2)
    alias = unite(twin, officer_p1, admin)
    done(one, outline.quiz, at=NOON + DAY)
    merging.undo(alias=alias, by=admin, at=NOON + DAY, reason="Hai người")
    states = Enrolment.objects.get(pk=one.pk).activity_states.filter(state=State.DONE)
    assert set(states.values_list("activity", flat=True)) == {outline.lesson_1.pk, outline.quiz.pk}
    assert Enrolment.objects.get(pk=other.pk).user == twin


# --- Candidates -------------------------------------------------------------------------------------------------------


def pairs(viewer):
    return [(pair.first.pk, pair.second.pk) for pair in queries.candidates(viewer)]


def test_pairs_that_may_be_one_person(officer_p1, twin, units, manager_p1, manager_p2):
    assert pairs(manager_p1) == []
    User.objects.filter(pk__in=[officer_p1.pk, twin.pk]).update(birth_year=1985)
    stranger = make_person("la", "Đặng Thị Nguyệt Ánh", units.p2_a)
    User.objects.filter(pk=stranger.pk).update(birth_year=1985)
    assert pairs(manager_p1) == [(officer_p1.pk, twin.pk)]
    assert pairs(manager_p2) == []
    merging.tell_apart(one=twin, other=officer_p1, by=manager_p1, at=NOON)
    merging.tell_apart(one=officer_p1, other=twin, by=manager_p1, at=NOON)
    assert TwoPeople.objects.count() == 1
    assert pairs(manager_p1) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"phone": "+84912345678"}, {"phone": "+84832345678"}),
        ({"email": "anh.dtn@gmail.com"}, {"email": "anh.dtn@gmail.con"}),
        ({"born_on": dt.date(1985, 3, 2)}, {"birth_year": 1985}),
    ],
)
def test_what_makes_two_accounts_alike(officer_p1, twin, manager_p1, one, other):
    User.objects.filter(pk=officer_p1.pk).update(**one)
    User.objects.filter(pk=twin.pk).update(**other)
    assert pairs(manager_p1) == [(officer_p1.pk, twin.pk)]


def test_the_same_name_in_one_unit_unless_the_births_differ(officer_p1, units, manager_p1):
    other = make_person("anh9", "Dang Thi Nguyet Anh", units.p1_a)
    assert pairs(manager_p1) == [(officer_p1.pk, other.pk)]
    User.objects.filter(pk=officer_p1.pk).update(birth_year=1985)
    User.objects.filter(pk=other.pk).update(birth_year=1990)
    assert pairs(manager_p1) == []


def test_the_same_name_in_a_unit_and_in_what_it_went_into(officer_p1, units, manager_p1):
    Succession.objects.create(old=units.p1_a, new=units.p1_b, share="whole")
    make_person("khac", "Lò Văn Bình", units.p1_b)
    assert pairs(manager_p1) == []
    again = make_person("anh8", "Đặng Thị Nguyệt Ánh", units.p1_b)
    assert pairs(manager_p1) == [(officer_p1.pk, again.pk)]


def test_whoever_went_along_is_not_told_twice(officer_p1, units, manager_p1):
    Succession.objects.create(old=units.p1_a, new=units.p1_b, share="whole")
    Appointment.objects.create(person=officer_p1, unit=units.p1_b, starts_on=DAY_ONE, is_primary=False)
    assert pairs(manager_p1) == []
    other = make_person("anh9", "Đặng Thị Nguyệt Ánh", units.p1_a)
    [pair] = queries.candidates(manager_p1)
    assert (pair.first, pair.second) == (officer_p1, other)
    assert len(pair.reasons) == 1


def test_the_pairs_of_one_person_are_those_of_all_with_this_person_in_them(officer_p1, twin, units, manager_p1, admin):
    Succession.objects.create(old=units.p1_a, new=units.p1_b, share="whole")
    third = make_person("anh3", "Đặng Thị Nguyệt Ánh", units.p1_b)
    lonely = make_person("binh", "Lò Văn Bình", units.p1_b)
    like = {"phone": "+84912345678", "email": "anh.dtn@gmail.com", "born_on": dt.date(1985, 3, 2)}
    User.objects.filter(pk=officer_p1.pk).update(**like)
    User.objects.filter(pk=twin.pk).update(**like | {"phone": "+84832345678", "email": "anh.dtn@gmail.con"})
    User.objects.filter(pk=third.pk).update(birth_year=1985)
    for viewer in (manager_p1, admin):
        everybody = queries.candidates(viewer)
        assert len(everybody) == 3
        for person in (officer_p1, twin, third, lonely):
            own = [pair for pair in everybody if person in (pair.first, pair.second)]
            assert queries.candidates(viewer, of=person) == own


def test_more_pairs_cost_no_more_queries(officer_p1, twin, units, manager_p1, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    User.objects.filter(pk__in=[officer_p1.pk, twin.pk]).update(birth_year=1985)
    queries.candidates(manager_p1)
    with CaptureQueriesContext(connection) as first:
        assert len(pairs(manager_p1)) == 1
    for number in range(2):
        for unit in (units.p1_a, units.p1_b):
            person = make_person(f"nguoi{number}{unit.pk}", f"Lò Văn {'An' if number else 'Bình'}", unit)
            User.objects.filter(pk=person.pk).update(birth_year=1970)
    with django_assert_num_queries(len(first)):
        assert len(pairs(manager_p1)) == 3

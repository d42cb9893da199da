"""Accounts that nobody has used yet: seen by their managers, and given slips."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.people import joining_queries as queries
from lms.units.models import Appointment, Grant
from tests.conftest import DAY_ONE, NOON

pytestmark = pytest.mark.django_db
PAGE = "/units/unclaimed/"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def made(name: str, unit) -> User:
    person = accounts.create_account(full_name=name)
    Appointment.objects.create(person=person, unit=unit, position="Chuyên viên", starts_on=DAY_ONE)
    return person


def test_only_accounts_never_used_in_own_units_by_unit_and_name(client, units, manager_p1, officer_p1):
    names = (
        ("Trần Văn Bình", units.p1_b),
        ("Lê Thị An", units.p1_b),
        ("Hồ Sỹ Cường", units.p1_a),
        ("Vũ Ở Xa", units.p2_a),
    )
    people = {name: made(name, unit) for name, unit in names}
    User.objects.filter(pk=people["Lê Thị An"].pk).update(date_joined=NOON - dt.timedelta(days=40))
    used, manager = made("Đã Vào Rồi", units.p1_a), made("Có Quyền Hạn", units.p1_a)
    User.objects.filter(pk=used.pk).update(last_login=NOON)
    Grant.objects.create(person=manager, unit=units.p1_a, right="view", starts_on=DAY_ONE)
    client.force_login(manager_p1)
    rows = client.get(PAGE).context["rows"]
    assert [(row.person.full_name, row.days, row.has_code) for row in rows] == [
        ("Hồ Sỹ Cường", 0, False), ("Lê Thị An", 40, False), ("Trần Văn Bình", 0, False),
    ]  # fmt: skip
    assert [row.person.full_name for row in client.get(PAGE, {"q": "le an"}).context["rows"]] == ["Lê Thị An"]
    client.force_login(officer_p1)
    assert client.get(PAGE).status_code == 404


def test_slips_for_those_marked_make_their_codes_valid_and_leave_the_others(client, units, manager_p1):
    marked, other, foreign = made("Lê Thị An", units.p1_a), made("Trần Bình", units.p1_a), made("Vũ Xa", units.p2_a)
    client.force_login(manager_p1)
    answer = client.post(PAGE, {"person": [marked.pk, foreign.pk]})
    assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    has_code = {
        person.full_name: person.has_usable_password() for person in User.objects.filter(must_change_password=True)
    }
    assert has_code == {"Lê Thị An": True, "Trần Bình": False, "Vũ Xa": False}
    entries = ModelLogEntry.objects.filter(action="people.unclaimed_code")
    assert [(entry.object_id, entry.user, entry.data["unit"]) for entry in entries] == [
        (str(marked.pk), manager_p1, units.p1_a.pk)
    ]  # fmt: skip
    assert [row.has_code for row in client.get(PAGE).context["rows"]] == [True, False]
    client.post(PAGE, {"all": "1"})
    assert User.objects.get(pk=other.pk).has_usable_password()
    assert client.post(PAGE, {}).status_code == 302


def test_the_list_costs_the_same_queries_for_one_and_three(client, units, manager_p1):
    client.force_login(manager_p1)
    counts = []
    for number in (1, 3):
        while queries.unclaimed(manager_p1).count() < number:
            made("Lê Thị An", units.p1_a)
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get(PAGE).context["rows"]) == number
        counts.append(len(captured))
    assert counts[0] == counts[1]

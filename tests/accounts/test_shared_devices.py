"""A device that several people use: it locks, it unlocks by PIN or password, and nothing of one person stays for the
next.
"""

import datetime as dt
import json

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from lms.accounts import rules, services
from lms.accounts.middleware import DeviceMiddleware
from lms.accounts.models import SignIn, UnlockPin, User
from tests.conftest import NOON

pytestmark = pytest.mark.django_db
PASSWORD = "mat-khau-thu-1"
PAGE = "/accounts/me/"
LOCK = "/accounts/lock/"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


def signed_in(person: User, *, shared: bool = True, remember: bool = False, secure: bool = False) -> Client:
    browser = Client()
    words = {"login": person.username, "password": PASSWORD}
    words |= {"shared": "on"} if shared else {}
    words |= {"remember": "on"} if remember else {}
    assert browser.post("/accounts/login/", words, secure=secure).status_code == 302
    return browser


def minutes(number: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=number)


def test_a_shared_device_ends_with_the_browser_whatever_else_was_marked(clock, officer_p1):
    assert signed_in(officer_p1, remember=True).session.get_expire_at_browser_close() is True
    assert signed_in(officer_p1, shared=False, remember=True).session.get_expire_at_browser_close() is False
    assert list(SignIn.objects.order_by("pk").values_list("is_shared", flat=True)) == [True, False]


def test_it_locks_after_ten_minutes_without_use_and_not_before(clock, officer_p1):
    browser = signed_in(officer_p1)
    for at in (9, 18, 27):
        clock.move_to(minutes(at))
        assert browser.get(PAGE).status_code == 200
    clock.move_to(minutes(37.5))
    answer = browser.get(PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LOCK}?next=%2Faccounts%2Fme%2F")
    clock.move_to(minutes(38))
    assert browser.get(PAGE).status_code == 302


def test_an_own_device_never_locks(clock, officer_p1):
    browser = signed_in(officer_p1, shared=False)
    clock.move_to(minutes(600))
    assert browser.get(PAGE).status_code == 200
    browser.post(LOCK)
    assert browser.get(PAGE).status_code == 200


def test_the_button_locks_at_once_and_a_request_on_its_way_does_not_open_it(clock, officer_p1):
    browser = signed_in(officer_p1)
    under_way = RequestFactory().get(PAGE)
    under_way.COOKIES = {"sessionid": browser.session.session_key}
    under_way.session = browser.session
    under_way.session["noted"] = "what it writes"
    assert browser.post(LOCK, {"next": PAGE}).status_code == 302
    DeviceMiddleware(lambda request: HttpResponse())(under_way)
    under_way.session.save()
    assert browser.session["noted"] == "what it writes"
    assert browser.get("/learn/").status_code == 302
    assert officer_p1.get_full_name() in browser.get(LOCK).content.decode()


def test_two_tabs_that_lock_in_one_moment_sign_nobody_out_and_keep_what_was_typed_in_both(clock, officer_p1):
    browser = signed_in(officer_p1)
    key = browser.session.session_key
    first, second = ([{"place": 0, "names": ["words"], "values": [["words", said]]}] for said in ("một", "hai"))
    browser.post(LOCK, {"next": PAGE, "drafts": json.dumps(first)})
    browser.post(LOCK, {"next": "/learn/", "drafts": json.dumps(second)})
    assert browser.session.session_key == key
    assert browser.session["drafts"] == {PAGE: first, "/learn/": second}


def test_pin_and_password_unlock_and_one_goes_on_where_one_was(clock, officer_p1):
    services.set_pin(person=officer_p1, pin="2580", at=NOON)
    for words in ("2580", PASSWORD):
        browser = signed_in(officer_p1)
        browser.post(LOCK)
        answer = browser.post("/accounts/unlock/", {"words": words, "next": PAGE})
        assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
        assert browser.get(PAGE).status_code == 200
    assert UnlockPin.objects.get().hash != "2580"


def test_unlocking_leads_nowhere_else(clock, officer_p1):
    browser = signed_in(officer_p1)
    browser.post(LOCK)
    answer = browser.post("/accounts/unlock/", {"words": PASSWORD, "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/learn/"


def test_five_wrong_tries_sign_out_even_when_the_session_is_played_again(clock, officer_p1):
    services.set_pin(person=officer_p1, pin="2580", at=NOON)
    browser = signed_in(officer_p1)
    browser.post(LOCK)
    kept = browser.cookies["sessionid"].value
    for _ in range(4):
        assert browser.post("/accounts/unlock/", {"words": "1111"}).status_code == 200
        browser.cookies["sessionid"] = kept
    assert browser.post("/accounts/unlock/", {"words": "1111"}).headers["Location"] == "/accounts/login/"
    browser.cookies["sessionid"] = kept
    assert browser.post("/accounts/unlock/", {"words": "2580"}).status_code == 302
    assert browser.get(PAGE).headers["Location"].startswith("/accounts/login/")


def test_a_right_try_forgets_the_wrong_ones(clock, officer_p1):
    browser = signed_in(officer_p1)
    for _ in range(3):
        browser.post(LOCK)
        for _ in range(3):
            browser.post("/accounts/unlock/", {"words": "1111"})
        assert browser.post("/accounts/unlock/", {"words": PASSWORD}).status_code == 302
    assert SignIn.objects.get().wrong_tries == 0


def test_a_pin_signs_nobody_in(clock, officer_p1):
    services.set_pin(person=officer_p1, pin="258036", at=NOON)
    browser = Client()
    assert browser.post("/accounts/login/", {"login": officer_p1.username, "password": "258036"}).status_code == 200
    assert browser.post("/accounts/unlock/", {"words": "258036"}).headers["Location"].startswith("/accounts/login/")
    assert browser.get(PAGE).status_code == 302


def test_a_pin_is_set_with_the_password_and_may_not_be_guessed_at_once(clock, officer_p1):
    browser = signed_in(officer_p1)
    set_pin = {"password": PASSWORD, "pin": "2580", "again": "2580"}
    for wrong, field in (
        ({"password": "falsch"}, "password"), ({"pin": "123"}, "pin"), ({"pin": "1234", "again": "1234"}, "pin"),
        ({"again": "2581"}, "again"),
    ):  # fmt: skip
        assert field in browser.post("/accounts/pin/", set_pin | wrong).context["form"].errors
    assert UnlockPin.objects.count() == 0
    assert browser.post("/accounts/pin/", set_pin).status_code == 302
    assert UnlockPin.objects.get().person == officer_p1
    browser.post("/accounts/pin/", {"remove": "1"})
    assert UnlockPin.objects.count() == 0


@pytest.mark.parametrize(("pin", "easy"), [("0000", True), ("1234", True), ("987654", True), ("2580", False)])
def test_easy_pins(pin, easy):
    assert rules.is_easy_pin(pin) is easy


def test_a_form_that_met_the_lock_is_kept_and_sent_after_unlocking(clock, officer_p1):
    browser = signed_in(officer_p1)
    clock.move_to(minutes(11))
    answer = browser.post("/learn/?x=1", {"answer": ["a", "b"], "essay": "Bài viết dài"})
    assert (answer.status_code, answer.headers["Location"]) == (302, LOCK)
    assert browser.get(LOCK).context["holds"] is True
    page = browser.post("/accounts/unlock/", {"words": PASSWORD})
    assert page.context["held"] == {
        "path": "/learn/?x=1", "fields": [["answer", "a"], ["answer", "b"], ["essay", "Bài viết dài"]], "files": False,
    }  # fmt: skip
    assert 'value="Bài viết dài"' in page.content.decode()


def test_another_person_finds_nothing_of_what_was_kept(clock, officer_p1, officer_p2):
    browser = signed_in(officer_p1)
    clock.move_to(minutes(11))
    browser.post("/learn/", {"essay": "Bài viết dài"})
    browser.post("/accounts/logout/")
    assert "held_form" not in browser.session
    assert browser.get(LOCK).status_code == 302
    browser.post("/accounts/login/", {"login": officer_p2.username, "password": PASSWORD, "shared": "on"})
    assert "held_form" not in browser.session


def test_a_script_is_told_401_and_keeps_its_own(clock, officer_p1):
    browser = signed_in(officer_p1)
    clock.move_to(minutes(11))
    assert browser.post("/learn/", {"a": "b"}, headers={"X-Requested-With": "quiz"}).status_code == 401
    assert "held_form" not in browser.session


def test_pages_of_signed_in_people_are_kept_nowhere_and_signing_out_clears_the_rest(clock, officer_p1):
    browser = signed_in(officer_p1, secure=True)
    for address in (PAGE, "/learn/", "/"):
        control = browser.get(address, secure=True).headers["Cache-Control"]
        assert {"no-store", "private"} <= set(control.split(", "))
    assert browser.post("/accounts/logout/", secure=True).headers["Clear-Site-Data"] == '"cache"'
    assert "no-store" not in browser.get("/", secure=True).headers.get("Cache-Control", "")
    own = signed_in(officer_p1, shared=False, secure=True)
    assert "Clear-Site-Data" not in own.post("/accounts/logout/", secure=True).headers


def test_following_the_use_costs_no_query_but_one_write_a_minute(clock, officer_p1):
    browser = signed_in(officer_p1)
    browser.get(PAGE)

    def queries_at(minute: float) -> int:
        clock.move_to(minutes(minute))
        with CaptureQueriesContext(connection) as captured:
            browser.get("/accounts/pin/")
        return len([query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    quiet = queries_at(0.9)
    # Held, read as it stands, written: another tab may have locked meanwhile.
    assert queries_at(1.1) == quiet + 3
    assert [queries_at(minute) for minute in (1.2, 1.9, 2.0)] == [quiet] * 3

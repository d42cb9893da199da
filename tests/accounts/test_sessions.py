"""Where I am signed in: seen, ended, and told about when the device is new."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.accounts import queries, rules, services
from lms.accounts.models import SignIn, UnlockPin, User
from tests.conftest import NOON

pytestmark = pytest.mark.django_db
PASSWORD = "mat-khau-thu-1"
PAGE = "/accounts/sessions/"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; SM-A105F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0 Mobile Safari/537.36"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537.36 Edg/120"
)
ZALO = "Mozilla/5.0 (Linux; Android 9) AppleWebKit/537.36 Chrome/80.0 Mobile Safari/537.36 Zalo android/12"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


def sign_in(browser: Client, person: User, agent: str = ANDROID, address: str = "203.0.113.7") -> Client:
    answer = browser.post(
        "/accounts/login/", {"login": person.username, "password": PASSWORD}, headers={"User-Agent": agent},
        REMOTE_ADDR=address,
    )  # fmt: skip
    assert answer.status_code == 302
    return browser


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        (ANDROID, "Chrome", "Android"), (WINDOWS, "Edge", "Windows"), (ZALO, "Zalo", "Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) Version/15.0 Safari/604.1", "Safari", "iPhone"),
        ("curl/8", "", ""),
    ],
)  # fmt: skip
def test_a_device_in_words_that_people_know(agent, browser, system):
    assert rules.device_of(agent) == (browser, system)


def test_the_list_shows_each_device_and_which_is_this_one(officer_p1, officer_p2):
    phone, desk = sign_in(Client(), officer_p1), sign_in(Client(), officer_p1, WINDOWS, "198.51.100.9")
    sign_in(Client(), officer_p2)
    listed = desk.get(PAGE).context["sessions"]
    assert [(row.is_current, row.address) for row in listed] == [(True, "198.51.100.9"), (False, "203.0.113.7")]
    assert [row.is_current for row in phone.get(PAGE).context["sessions"]] == [True, False]


def test_one_is_ended_or_all_but_this_one_at_once(officer_p1):
    here, *others = (sign_in(Client(), officer_p1) for _ in range(4))
    ids = [row.pk for row in here.get(PAGE).context["sessions"]]
    here.post(f"{PAGE}end/", {"session": ids[1]})
    assert sorted(browser.get("/accounts/me/").status_code for browser in others) == [200, 200, 302]
    here.post(f"{PAGE}end/")
    assert [browser.get("/accounts/me/").status_code for browser in (here, *others)] == [200, 302, 302, 302]
    assert SignIn.objects.filter(ended_at__isnull=True).count() == 1


def test_nobody_ends_the_session_of_another_nor_his_own_by_mistake(officer_p1, officer_p2):
    mine, theirs = sign_in(Client(), officer_p1), sign_in(Client(), officer_p2)
    other = theirs.get(PAGE).context["sessions"][0].pk
    own = mine.get(PAGE).context["sessions"][0].pk
    assert [mine.post(f"{PAGE}end/", {"session": pk}).status_code for pk in (other, "x", own)] == [404, 404, 302]
    assert [browser.get("/accounts/me/").status_code for browser in (mine, theirs)] == [200, 200]


def test_signing_out_and_a_new_password_end_them_in_the_list_too(officer_p1):
    here, other, gone = (sign_in(Client(), officer_p1) for _ in range(3))
    gone.post("/accounts/logout/")
    assert len(here.get(PAGE).context["sessions"]) == 2
    new = {"oldpassword": PASSWORD, "password1": "mot-mat-khau-moi-9", "password2": "mot-mat-khau-moi-9"}
    assert here.post("/accounts/password/change/", new).status_code == 302
    assert [row.is_current for row in here.get(PAGE).context["sessions"]] == [True]
    assert other.get("/accounts/me/").status_code == 302


def test_a_reset_ends_every_session_and_forgets_the_pin(officer_p1):
    browser = sign_in(Client(), officer_p1)
    services.set_pin(person=officer_p1, pin="2580", at=NOON)
    services.replace_password(User.objects.get(pk=officer_p1.pk))
    assert browser.get("/accounts/me/").status_code == 302
    assert (queries.open_sessions(officer_p1), UnlockPin.objects.count()) == ([], 0)


def test_the_list_costs_the_same_queries_for_one_and_three(officer_p1):
    here = sign_in(Client(), officer_p1)
    counts = []
    for number in (1, 3):
        while SignIn.objects.count() < number:
            sign_in(Client(), officer_p1)
        with CaptureQueriesContext(connection) as captured:
            assert len(here.get(PAGE).context["sessions"]) == number
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- A device not seen before -----------------------------------------------------------------------


def test_a_new_device_is_news_for_the_others_and_the_first_and_the_known_ones_are_not(clock, officer_p1):
    here = sign_in(Client(), officer_p1)
    here.post("/accounts/logout/")
    sign_in(here, officer_p1)
    assert list(SignIn.objects.values_list("is_new_device", flat=True)) == [False, False]
    sign_in(Client(), officer_p1, WINDOWS)
    assert [row["device"] for row in here.get("/accounts/me/").context["news"]] != []
    assert "sign_in_news" not in here.session
    clock.move_to(NOON + dt.timedelta(minutes=6))
    here.get("/learn/")
    assert [agent for agent, _at in here.session["sign_in_news"]] == [WINDOWS]


def test_that_was_me_ends_the_news_and_the_device_is_known(clock, officer_p1):
    here, new = sign_in(Client(), officer_p1), Client()
    sign_in(new, officer_p1, WINDOWS)
    here.post(f"{PAGE}answer/", {"answer": "yes"})
    assert (here.get(PAGE).context["news"], new.get("/accounts/me/").status_code) == ([], 200)
    new.post("/accounts/logout/")
    sign_in(new, officer_p1, WINDOWS)
    assert here.get(PAGE).context["news"] == []


def test_that_was_not_me_signs_it_out_and_asks_for_a_new_password(officer_p1):
    here, new = sign_in(Client(), officer_p1), sign_in(Client(), officer_p1, WINDOWS)
    answer = here.post(f"{PAGE}answer/", {"answer": "no"})
    assert answer.headers["Location"] == "/accounts/password/change/"
    assert new.get("/accounts/me/").status_code == 302
    assert here.get("/accounts/me/").status_code == 200


def test_the_new_device_itself_is_not_asked(officer_p1):
    sign_in(Client(), officer_p1)
    new = sign_in(Client(), officer_p1, WINDOWS)
    assert new.get(PAGE).context["news"] == []


def test_a_device_is_known_by_a_cookie_that_names_nobody(officer_p1):
    browser = sign_in(Client(), officer_p1)
    cookie = browser.cookies["device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert SignIn.objects.get().device == services.device_digest(cookie.value) != cookie.value


# --- What was being sent when the session ended -----------------------------------------------------


def ended_elsewhere(person: User) -> Client:
    """A browser that was signed in, and whose session somebody has ended since."""
    browser = sign_in(Client(), person)
    services.end_sessions(person=person, at=NOON)
    return browser


@pytest.mark.parametrize("path", ["/accounts/privacy/correction/", "/units/roster/", "/cms/pages/1/edit/?x=1"])
def test_a_form_sent_after_the_session_was_ended_waits_for_the_same_person(path, officer_p1):
    browser = ended_elsewhere(officer_p1)
    answer = browser.post(path, {"words": "Dòng đã gõ", "tick": ["a", "b"]})
    assert answer.headers["Location"].startswith(("/accounts/login/?", "/cms/login/?"))
    sign_in(browser, officer_p1)
    assert browser.get("/learn/").headers["Location"].startswith("/accounts/held/")
    page = browser.get("/accounts/held/")
    assert page.context["held"]["path"] == path
    assert [tuple(pair) for pair in page.context["held"]["fields"]] == [
        ("words", "Dòng đã gõ"), ("tick", "a"), ("tick", "b"),
    ]  # fmt: skip
    # Once: whoever leaves it goes on.
    assert browser.get("/learn/").status_code == 200
    assert browser.get("/accounts/held/").headers["Location"] == "/learn/"


def test_another_person_in_the_same_browser_never_sees_it(officer_p1, officer_p2):
    browser = ended_elsewhere(officer_p1)
    browser.post("/accounts/privacy/correction/", {"words": "Chỉ của tôi"})
    sign_in(browser, officer_p2)
    assert browser.get("/learn/").status_code == 200
    assert "held_form" not in browser.session
    page = browser.get("/accounts/held/", follow=True)
    assert "Chỉ của tôi" not in page.content.decode()


def test_nothing_is_held_of_strangers_of_who_signed_out_nor_with_a_forged_owner(officer_p1):
    for browser in (Client(), sign_in(Client(), officer_p1), Client()):
        if browser.cookies:
            browser.post("/accounts/logout/")
        else:
            browser.cookies["owner"] = f"{officer_p1.pk}:xxxxxx:yyyyyyyyyyyyyyyy"
        browser.post("/accounts/privacy/correction/", {"words": "Dòng đã gõ"})
        assert "held_form" not in browser.session


def test_no_password_and_no_script_is_held(officer_p1):
    browser = ended_elsewhere(officer_p1)
    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "x", "password2": "x"})
    browser.post("/accounts/pin/", {"password": PASSWORD, "pin": "2580"})
    browser.post("/units/roster/", {"a": "b"}, headers={"X-Requested-With": "quiz"})
    browser.post("/units/roster/", {"a": "b"}, headers={"HX-Request": "true"})
    assert "held_form" not in browser.session


def test_an_ended_session_is_out_of_the_cms_too(admin_user):
    here, there = sign_in_as(admin_user), sign_in_as(admin_user)
    assert there.get("/cms/").status_code == 200
    here.post(f"{PAGE}end/")
    assert [browser.get("/cms/").status_code for browser in (here, there)] == [200, 302]


def sign_in_as(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser

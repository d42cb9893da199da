"""A sign-in on a device not seen before: a letter to who has an address, once, whatever the mail server does."""

import datetime as dt
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client

from lms.accounts import queries, services
from lms.accounts.models import User
from tests.accounts.test_sessions import PAGE, PASSWORD, WINDOWS, sign_in
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    cache.clear()
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def reached(officer_p1) -> User:
    officer_p1.email = "anh@mattran.example"
    officer_p1.save()
    return officer_p1


def test_who_has_an_address_gets_one_letter_that_names_device_time_and_place(reached):
    sign_in(Client(), reached)
    assert services.tell_of_new_devices() == 0
    sign_in(Client(), reached, WINDOWS, "198.51.100.9")
    assert [services.tell_of_new_devices(), services.tell_of_new_devices()] == [1, 0]
    [letter] = mail.outbox
    assert letter.to == ["anh@mattran.example"]
    for words in (reached.full_name, reached.username, "Edge", "Windows", "12:00 23/11/2026", "198.51.100.9", PAGE):
        assert words in letter.body
    assert "\n" not in letter.subject
    assert PASSWORD not in letter.body


def test_without_an_address_the_page_says_it_and_no_letter_goes(officer_p1):
    here = sign_in(Client(), officer_p1)
    sign_in(Client(), officer_p1, WINDOWS)
    assert services.tell_of_new_devices() == 0
    assert (mail.outbox, len(here.get(PAGE).context["news"])) == ([], 1)


def test_a_mail_server_that_fails_stops_nothing_and_is_tried_again(reached, monkeypatch):
    sign_in(Client(), reached)
    sign_in(Client(), reached, WINDOWS)

    def fails(*args, **kwargs):
        raise SMTPServerDisconnected

    with monkeypatch.context() as patched:
        patched.setattr(services, "send_mail", fails)
        assert services.tell_of_new_devices() == 0
    assert services.tell_of_new_devices() == 1


def test_old_news_and_closed_accounts_get_no_letter(clock, reached, officer_p2):
    sign_in(Client(), reached)
    sign_in(Client(), reached, WINDOWS)
    clock.move_to(NOON + dt.timedelta(minutes=61))
    assert services.tell_of_new_devices() == 0
    officer_p2.email = "an@mattran.example"
    officer_p2.save()
    sign_in(Client(), officer_p2)
    sign_in(Client(), officer_p2, WINDOWS)
    User.objects.filter(pk=officer_p2.pk).update(is_active=False)
    assert services.tell_of_new_devices() == 0


def test_earlier_sign_ins_are_listed_apart_from_those_that_are_open(clock, officer_p1, officer_p2):
    gone = sign_in(Client(), officer_p1, WINDOWS)
    sign_in(Client(), officer_p2)
    clock.move_to(NOON + dt.timedelta(minutes=5))
    gone.post("/accounts/logout/")
    here = sign_in(Client(), officer_p1)
    page = here.get(PAGE)
    [past] = page.context["past"]
    assert (past.signed_in_at, past.ended_at) == (NOON, NOON + dt.timedelta(minutes=5))
    assert [row.is_current for row in page.context["sessions"]] == [True]
    assert queries.past_sign_ins(officer_p2) == []

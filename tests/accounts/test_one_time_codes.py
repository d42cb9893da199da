"""A code on a slip: it opens the account until a password is chosen, runs out, and a new one ends the old one."""

import datetime as dt

import pytest
import time_machine
from django.test import Client

from lms.accounts import services
from lms.accounts.models import CODE_HOLDS, User, code_issued_on
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def newcomer(units) -> User:
    return services.create_account(full_name="Điểu K'Rể", phone="+84912345678")


def gets_in(name: str, words: str) -> bool:
    browser = Client()
    browser.post("/accounts/login/", {"login": name, "password": words})
    return "_auth_user_id" in browser.session


def test_it_opens_until_a_password_is_chosen_and_never_after(newcomer):
    code = services.issue_one_time_codes([newcomer])[newcomer.pk]
    browser = Client()
    for _ in range(2):  # whoever left before choosing a password comes again
        browser.post("/accounts/login/", {"login": "0912345678", "password": code})
        assert browser.get("/learn/").headers["Location"].startswith("/accounts/password/change/")
        new = {"oldpassword": code, "password1": "mat-khau-rieng-8", "password2": "mat-khau-rieng-8"}
    browser.post("/accounts/password/change/", new)
    assert (gets_in(newcomer.username, code), gets_in(newcomer.username, "mat-khau-rieng-8")) == (False, True)
    assert code_issued_on(User.objects.get(pk=newcomer.pk).password) is None


def test_a_new_code_ends_the_old_one(newcomer):
    old = services.issue_one_time_codes([newcomer])[newcomer.pk]
    newcomer.refresh_from_db()
    new = services.issue_one_time_codes([newcomer])[newcomer.pk]
    assert (gets_in(newcomer.username, old), gets_in(newcomer.username, new)) == (False, True)


def test_it_runs_out_and_only_its_holder_is_told_so(clock, newcomer):
    code = services.issue_one_time_codes([newcomer])[newcomer.pk]
    assert code_issued_on(User.objects.get(pk=newcomer.pk).password) == NOON.date()
    clock.move_to(NOON + CODE_HOLDS - dt.timedelta(days=1))
    assert gets_in(newcomer.username, code) is True
    clock.move_to(NOON + CODE_HOLDS)
    assert gets_in(newcomer.username, code) is False
    told = [
        Client().post("/accounts/login/", {"login": newcomer.username, "password": words}).context["form"]
        for words in (code, "aaaa-bbbb-cccc")
    ]
    assert [form.errors.as_data()["__all__"][0].code for form in told] == ["old_code", "username_password_mismatch"]


def test_it_does_not_run_out_for_who_has_chosen_a_password(clock, newcomer):
    newcomer.set_password("mat-khau-rieng-8")
    newcomer.save()
    clock.move_to(NOON + 3 * CODE_HOLDS)
    assert gets_in(newcomer.username, "mat-khau-rieng-8") is True


def test_a_reset_runs_out_too(clock, newcomer):
    code = services.replace_password(newcomer)
    clock.move_to(NOON + CODE_HOLDS)
    assert gets_in(newcomer.username, code) is False

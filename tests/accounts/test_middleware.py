import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.test import Client

from lms.accounts.models import User
from lms.units.models import Grant
from tests.accounts.test_sign_in import sign_in, who
from tests.factories.accounts import PASSWORD, AccountFactory

pytestmark = pytest.mark.django_db
CHANGE = "/accounts/password/change/"
SECOND = "/accounts/2fa/"
NEW = "mot-mat-khau-rieng-7"


@pytest.fixture
def newcomer():
    return AccountFactory(username="moi", must_change_password=True)


def give_totp(person: User) -> None:
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})


# --- Forced change of password -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/learn/", "/cms/", "/cms/pages/", "/accounts/me/", "/accounts/2fa/", "/documents/1/x.pdf"]
)
def test_nothing_opens_before_the_password_is_changed(client, newcomer, path):
    newcomer.is_superuser = True
    newcomer.save()
    sign_in(client, "moi")
    response = client.get(path)
    assert (response.status_code, response["Location"].partition("?")[0]) == (302, CHANGE)


def test_a_post_and_an_htmx_request_are_stopped_too(client, newcomer):
    client.force_login(newcomer)
    assert client.post("/accounts/2fa/totp/activate/")["Location"] == CHANGE
    response = client.get("/learn/", headers={"hx-request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (200, CHANGE)


def test_the_change_page_and_signing_out_stay_open(client, newcomer):
    client.force_login(newcomer)
    assert client.get(CHANGE).status_code == 200
    client.post("/accounts/logout/")
    assert who(client) is None


def test_changing_the_password_opens_the_way_to_where_one_was_going(client, newcomer):
    sign_in(client, "moi")
    page = client.get("/learn/", follow=True)
    assert page.redirect_chain[-1][0] == f"{CHANGE}?next=%2Flearn%2F"
    response = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW, "next": "/learn/"})
    assert response["Location"] == "/learn/"
    newcomer.refresh_from_db()
    assert (newcomer.must_change_password, newcomer.check_password(NEW), who(client)) == (False, True, "moi")
    assert client.get("/accounts/me/").status_code == 200


def test_the_old_password_is_no_new_password(client, newcomer):
    client.force_login(newcomer)
    response = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD})
    assert list(response.context["form"].errors) == ["password1"]
    newcomer.refresh_from_db()
    assert newcomer.must_change_password


def test_a_demo_account_is_exempt_on_a_demo_site_only(client, newcomer, settings):
    newcomer.is_demo = True
    newcomer.save()
    client.force_login(newcomer)
    settings.LMS_DEMO = False
    assert client.get("/accounts/me/").status_code == 302
    settings.LMS_DEMO = True
    assert client.get("/accounts/me/").status_code == 200
    newcomer.is_demo = False
    newcomer.save()
    assert client.get("/accounts/me/").status_code == 302


# --- Second factor -----------------------------------------------------------------------------------


@pytest.fixture
def _required(settings):
    settings.LMS_REQUIRE_MFA_FOR_STAFF = True


def test_the_second_factor_is_required_by_default():
    import subprocess
    import sys

    code = "import lms.settings.base as base; print(base.LMS_REQUIRE_MFA_FOR_STAFF)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "True"


@pytest.mark.usefixtures("_required")
def test_a_manager_sets_up_the_second_factor_before_anything_else(client, manager_p1):
    client.force_login(manager_p1)
    for path in ("/learn/", "/cms/", "/units/roster/", "/accounts/me/"):
        assert client.get(path)["Location"].partition("?")[0] == SECOND
    assert client.get(SECOND).status_code == 200
    assert client.get("/accounts/2fa/totp/activate/").status_code in (200, 302)


@pytest.mark.usefixtures("_required")
def test_an_officer_needs_none(client, officer_p1):
    client.force_login(officer_p1)
    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_an_editor_and_a_superuser_count_as_staff(client):
    editor = AccountFactory(username="bientap")
    group = Group.objects.create(name="Biên soạn")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    editor.groups.add(group)
    for person in (editor, AccountFactory(username="to", is_superuser=True)):
        client.force_login(person)
        assert client.get("/cms/")["Location"].partition("?")[0] == SECOND


@pytest.mark.usefixtures("_required")
def test_with_a_second_factor_the_way_is_open(client, manager_p1):
    give_totp(manager_p1)
    client.force_login(manager_p1)
    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_recovery_codes_alone_are_no_second_factor(client, manager_p1):
    Authenticator.objects.create(
        user=manager_p1, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x", "used_mask": 0}
    )
    client.force_login(manager_p1)
    assert client.get("/accounts/me/").status_code == 302


@pytest.mark.usefixtures("_required")
def test_a_grant_of_yesterday_makes_no_staff(client, officer_p1, units):
    import datetime as dt

    from lms.core import clock

    Grant.objects.create(
        person=officer_p1, unit=units.p1_a, right="view", starts_on=dt.date(2022, 1, 1), ends_on=clock.today()
    )
    client.force_login(officer_p1)
    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_the_last_second_factor_of_staff_cannot_be_removed(client, manager_p1, officer_p1):
    from lms.accounts.adapters import SecondFactorAdapter

    for person in (manager_p1, officer_p1):
        give_totp(person)
    kept = SecondFactorAdapter().can_delete_authenticator(manager_p1.authenticator_set.get())
    free = SecondFactorAdapter().can_delete_authenticator(officer_p1.authenticator_set.get())
    assert (kept, free) == (False, True)


@pytest.mark.usefixtures("_required")
def test_a_demo_manager_is_exempt_on_a_demo_site_only(client, manager_p1, settings):
    manager_p1.is_demo = True
    manager_p1.save()
    settings.LMS_DEMO = True
    client.force_login(manager_p1)
    assert client.get("/accounts/me/").status_code == 200
    settings.LMS_DEMO = False
    client.force_login(manager_p1)
    assert client.get("/accounts/me/").status_code == 302


@pytest.mark.usefixtures("_required")
def test_a_grant_given_during_a_session_is_noticed_within_ten_minutes(client, officer_p1, units, time_machine):
    import datetime as dt

    time_machine.move_to(dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC))
    client.force_login(officer_p1)
    Grant.objects.create(person=officer_p1, unit=units.p1_a, right="view", starts_on=dt.date(2022, 1, 1))
    assert client.get("/accounts/me/").status_code == 200
    time_machine.move_to(dt.datetime(2026, 11, 23, 5, 10, tzinfo=dt.UTC))
    assert client.get("/accounts/me/").status_code == 302


@pytest.mark.usefixtures("_required")
def test_an_officer_pays_no_query_for_the_question(client, officer_p1, django_assert_num_queries):
    client.force_login(officer_p1)
    with django_assert_num_queries(2):  # session, user
        client.get("/accounts/email/")


def test_a_password_alone_does_not_pass_the_second_factor(manager_p1):
    give_totp(manager_p1)
    client = Client()
    response = sign_in(client, "manager_p1", "mat-khau-thu-1")
    assert (response["Location"], who(client)) == ("/accounts/2fa/authenticate/", None)
    page = client.get("/accounts/2fa/authenticate/")
    assert page.status_code == 200
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert who(client) is None


def test_the_app_is_set_up_and_then_asked_for(manager_p1):
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    client = Client()
    sign_in(client, "manager_p1", "mat-khau-thu-1")
    again = client.get("/accounts/2fa/totp/activate/")["Location"]
    assert again.partition("?")[0] == "/accounts/reauthenticate/"
    page = client.post(again, {"password": "mat-khau-thu-1"}, follow=True)
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    done = client.post("/accounts/2fa/totp/activate/", {"code": code})
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    assert len(client.get(done["Location"]).context["unused_codes"]) == 10
    client.post("/accounts/logout/")
    sign_in(client, "manager_p1", "mat-khau-thu-1")
    assert who(client) is None

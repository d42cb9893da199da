import re

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from lms.accounts.models import User
from tests.factories.accounts import PASSWORD, AccountFactory

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra):
    return client.post(LOGIN, {"login": name, "password": password}, **extra)


def who(client: Client) -> str | None:
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else None


@pytest.fixture
def person():
    return AccountFactory(username="anhdtn", phone="+84912345678", email="Anh@Example.vn")


@pytest.mark.parametrize(
    "name",
    [
        "anhdtn", "ANHDTN", " anhdtn ", "anh\u200bdtn", "0912 345 678", "0912.345.678", "+84 912345678", "84912345678",
        "912345678", "anh@example.vn", "ANH@EXAMPLE.VN",
    ],
)  # fmt: skip
def test_one_field_takes_username_phone_or_email(client, person, name):
    response = sign_in(client, name)
    assert (response.status_code, response["Location"], who(client)) == (302, "/learn/", "anhdtn")


def test_an_old_eleven_digit_number_still_signs_in(client):
    AccountFactory(username="cu", phone="+84321234567")
    sign_in(client, "0162 123 4567")
    assert who(client) == "cu"


def test_a_wrong_password_is_refused_in_the_same_words_as_an_unknown_name(client, person):
    wrong = sign_in(client, "anhdtn", "khong-phai")
    unknown = sign_in(client, "khongcoai", "khong-phai")
    assert who(client) is None
    assert wrong.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()


def test_an_inactive_account_does_not_get_in(client, person):
    person.is_active = False
    person.save()
    response = sign_in(client, "anhdtn")
    assert (response["Location"], who(client)) == ("/accounts/inactive/", None)
    assert client.get(response["Location"]).status_code == 200


def test_usernames_differ_by_more_than_case(person):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        AccountFactory(username="AnhDTN")


def test_a_hall_of_sixty_signs_in_from_one_address():
    people = [AccountFactory(username=f"hall{number}") for number in range(60)]
    signed_in = []
    for person in people:
        client = Client(REMOTE_ADDR="203.0.113.9")
        sign_in(client, person.username)
        signed_in.append(who(client))
    assert signed_in == [person.username for person in people]


def test_the_sixth_wrong_password_is_refused_and_a_neighbour_gets_in(client, person):
    AccountFactory(username="lancan")
    for name in ["anhdtn", "ANHDTN", "0912345678", "+84 912 345 678", "anh@example.vn"]:
        assert [e.code for e in sign_in(client, name, "sai").context["form"].non_field_errors().as_data()] == [
            "username_password_mismatch"
        ]
    refused = sign_in(client, "84912345678", PASSWORD)
    assert who(client) is None
    assert [e.code for e in refused.context["form"].non_field_errors().as_data()] == ["too_many_login_attempts"]
    neighbour = Client()
    sign_in(neighbour, "lancan")
    assert who(neighbour) == "lancan"


def test_another_host_header_starts_no_new_count(client, person, settings):
    settings.ALLOWED_HOSTS = ["localhost", "testserver", "127.0.0.1"]
    for port in range(5):
        sign_in(client, "anhdtn", "sai", headers={"host": f"localhost:{8000 + port}"})
    sign_in(client, "anhdtn", PASSWORD, headers={"host": "127.0.0.1:9999"})
    assert who(client) is None


def test_a_forged_forwarding_header_is_not_believed(client, person):
    for number in range(5):
        sign_in(client, "anhdtn", "sai", headers={"x-forwarded-for": f"198.51.100.{number}"})
    sign_in(client, "anhdtn", PASSWORD, headers={"x-forwarded-for": "198.51.100.77"})
    assert who(client) is None


def test_right_passwords_use_up_no_attempts(client, person):
    for _ in range(8):
        sign_in(client, "anhdtn")
        assert who(client) == "anhdtn"
        client.post("/accounts/logout/")


@pytest.mark.parametrize("path", ["/cms/login/", "/_util/login/"])
def test_right_credentials_posted_to_wagtails_doors_sign_nobody_in(path):
    AccountFactory(username="quantri", is_superuser=True)
    client = Client(enforce_csrf_checks=False)
    response = client.post(
        f"{path}?next=/cms/pages/", {"username": "quantri", "password": PASSWORD, "login": "quantri"}
    )
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2Fcms%2Fpages%2F")
    assert who(client) is None


@pytest.mark.parametrize(
    "path",
    ["/cms/password_reset/", "/cms/password_reset/done/", "/cms/password_reset/confirm/MQ/abc-def/",
     "/cms/password_reset/complete/", "/cms/password_reset/anything/else/"],
)  # fmt: skip
def test_wagtails_password_pages_lead_to_ours(client, person, path):
    for response in (client.get(path), client.post(path, {"email": "anh@example.vn", "new_password1": "x" * 12})):
        assert (response.status_code, response["Location"]) == (302, reverse("account_reset_password"))
    assert mail.outbox == []


def test_the_cms_asks_for_our_sign_in(client):
    response = client.get("/cms/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fcms%2F"


def test_an_officer_at_the_cms_does_not_go_round_in_circles(client, person):
    client.force_login(person)
    response = client.get("/cms/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/me/"
    response = client.get("/accounts/login/?next=/cms/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/me/"


def test_django_admin_is_not_here():
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    from django.urls import NoReverseMatch

    with pytest.raises(NoReverseMatch):
        reverse("admin:login")


@pytest.mark.parametrize(
    "following",
    ["https://example.com/", "//example.com/x", "https:example.com", "javascript:alert(1)", "/\\example.com"],
)
def test_next_to_foreign_places_is_refused(client, person, following):
    door = client.get("/cms/login/", {"next": following})
    assert door["Location"] == LOGIN
    response = client.post(LOGIN, {"login": "anhdtn", "password": PASSWORD, "next": following})
    assert response["Location"] == "/learn/"


def test_next_on_this_site_is_kept(client, person):
    assert client.post(LOGIN, {"login": "anhdtn", "password": PASSWORD, "next": "/accounts/me/"})["Location"] == (
        "/accounts/me/"
    )


def test_there_is_no_open_sign_up(client):
    data = {"username": "ketan", "password1": "mot-mat-khau-dai-1", "password2": "mot-mat-khau-dai-1"}
    for response in (client.get("/accounts/signup/"), client.post("/accounts/signup/", data)):
        assert next(template.name for template in response.templates) == "account/signup_closed.html"
    assert not User.objects.filter(username="ketan").exists()


def test_signing_out_is_a_post(client, person):
    client.force_login(person)
    assert client.get("/accounts/logout/").status_code == 200
    assert who(client) == "anhdtn"
    client.post("/accounts/logout/")
    assert who(client) is None


def test_a_link_by_email_sets_a_new_password(client, person):
    client.post("/accounts/password/reset/", {"email": "anh@EXAMPLE.vn"})
    [letter] = mail.outbox
    link = re.search(r"http://testserver(/\S+)", letter.body).group(1)
    form = client.get(link, follow=True)
    new = "mot-mat-khau-khac-2"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    sign_in(client, "anhdtn", new)
    assert who(client) == "anhdtn"


def test_an_unknown_address_gets_the_same_page_and_no_letter(client, person):
    known = client.post("/accounts/password/reset/", {"email": "anh@example.vn"}, follow=True)
    unknown = client.post("/accounts/password/reset/", {"email": "ai@example.vn"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert [letter.to for letter in mail.outbox] == [["anh@example.vn"]]


def test_the_present_address_alone_resets_the_password(client, person):
    client.post("/accounts/password/reset/", {"email": "anh@example.vn"})
    person.email = "moi@example.vn"
    person.save()
    client.post("/accounts/password/reset/", {"email": "anh@example.vn"})
    assert [letter.to for letter in mail.outbox] == [["anh@example.vn"]]


def test_a_closed_account_gets_no_reset_letter(client, person):
    person.is_active = False
    person.save()
    client.post("/accounts/password/reset/", {"email": "anh@example.vn"})
    assert mail.outbox == []


@pytest.mark.parametrize(
    "path", ["/accounts/email/", "/accounts/confirm-email/", "/accounts/confirm-email/abc/", "/accounts/"]
)
def test_several_addresses_are_no_page_of_ours(client, person, path):
    client.force_login(person)
    assert client.get(path)["Location"] == "/accounts/me/"

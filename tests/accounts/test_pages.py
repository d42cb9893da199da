"""Every page that allauth serves here renders, in our clothes, without anything inline."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.test import Client

from lms.accounts.models import User
from tests.accounts.test_sign_in import sign_in
from tests.factories.accounts import PASSWORD, AccountFactory

pytestmark = pytest.mark.django_db

OPEN = ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/inactive/",
        "/accounts/signup/", "/accounts/password/reset/key/done/", "/accounts/password/reset/key/1-abc/"]  # fmt: skip
OWN = ["/accounts/me/", "/accounts/logout/", "/accounts/password/change/", "/accounts/2fa/",
       "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/",
       "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/"]  # fmt: skip


def in_our_clothes(response) -> None:
    html = response.content.decode()
    assert response.status_code == 200
    assert '<html lang="vi">' in html
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", html) == []
    inline = [tag for tag in re.findall(r"<script[^>]*>", html) if " src=" not in tag and "application/json" not in tag]
    assert inline == []


@pytest.fixture
def person():
    return AccountFactory(username="anhdtn", phone="+84912345678", email="anh@example.vn")


@pytest.mark.parametrize("path", OPEN)
def test_the_open_pages(client, path):
    in_our_clothes(client.get(path))


@pytest.mark.parametrize("path", OWN)
def test_a_persons_own_pages(client, person, path):
    sign_in(client, "anhdtn")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    Authenticator.objects.create(
        user=person, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "abc", "used_mask": 0}
    )
    in_our_clothes(client.get(path))


def test_the_pages_for_confirming_and_setting_up(client, person):
    sign_in(client, "anhdtn")
    in_our_clothes(client.get("/accounts/reauthenticate/"))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    in_our_clothes(page)
    assert page.context["form"].secret in page.content.decode()


def test_errors_stand_beside_their_fields(client, person):
    client.force_login(person)
    page = client.post("/accounts/password/change/", {"oldpassword": "sai", "password1": "abc", "password2": "x"})
    html = page.content.decode()
    assert html.count('<div class="field bad">') == 2
    assert 'aria-invalid="true"' in html


def test_the_page_of_a_person_shows_the_unit_of_today(client, officer_p1):
    client.force_login(officer_p1)
    html = client.get("/accounts/me/").content.decode()
    assert "Xã Vạn Yên" in html
    assert "Phó Chủ tịch" in html


def test_too_many_requests_are_answered_in_our_clothes(client, person, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    sign_in(client, "anhdtn", "sai")
    response = sign_in(client, "anhdtn", "sai")
    assert response.status_code == 429
    assert '<html lang="vi">' in response.content.decode()


# --- CMS ------------------------------------------------------------------------------------------


@pytest.fixture
def admin_client(db):
    client = Client()
    client.force_login(AccountFactory(username="quantri", full_name="Trần Thị Ánh", is_superuser=True))
    return client


def test_an_account_is_made_and_changed_in_the_cms(admin_client):
    data = {"username": "AnhDTN", "full_name": "  Đặng Thị Nguyệt Ánh ", "phone": "0912.345.678", "email": "",
            "password1": "mot-mat-khau-dai-1", "password2": "mot-mat-khau-dai-1"}  # fmt: skip
    assert admin_client.get("/cms/users/new/").status_code == 200
    assert admin_client.post("/cms/users/new/", data).status_code == 302
    made = User.objects.get(username="anhdtn")
    assert (made.full_name, made.phone, made.must_change_password) == ("Đặng Thị Nguyệt Ánh", "+84912345678", True)

    page = admin_client.get(f"/cms/users/edit/{made.pk}/")
    assert page.status_code == 200
    assert "0912 345 678" in page.content.decode()
    changed = {"username": "anhdtn", "full_name": "Đặng Thị Ánh", "phone": "", "email": "a@b.vn", "is_active": "on"}
    assert admin_client.post(f"/cms/users/edit/{made.pk}/", changed).status_code == 302
    made.refresh_from_db()
    assert (made.full_name, made.phone, made.email, made.must_change_password) == (
        "Đặng Thị Ánh",
        None,
        "a@b.vn",
        False,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("username", "0912345678"), ("username", "a@b.vn"), ("email", "CO@example.vn"), ("phone", "123")],
)
def test_what_would_shadow_another_account_is_refused(admin_client, field, value):
    AccountFactory(username="co", email="co@example.vn")
    data = {"username": "moi", "full_name": "Lê Thị Hà", "password1": "mot-mat-khau-dai-1",
            "password2": "mot-mat-khau-dai-1", field: value}  # fmt: skip
    page = admin_client.post("/cms/users/new/", data)
    assert (page.status_code, list(page.context["form"].errors)) == (200, [field])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("dang thi", ["anhdtn"]),
        ("Đặng", ["anhdtn"]),
        ("0912 345 678", ["anhdtn"]),
        ("anhdtn", ["anhdtn"]),
        ("binh", ["binh"]),
    ],
)
def test_accounts_are_found_without_diacritics_and_by_phone(admin_client, typed, found):
    AccountFactory(username="anhdtn", full_name="Đặng Thị Nguyệt Ánh", phone="+84912345678")
    AccountFactory(username="binh", full_name="Bùi Văn Bình")
    page = admin_client.get("/cms/users/", {"q": typed})
    assert [person.username for person in page.context["users"]] == found


def test_the_list_of_accounts_stands_in_vietnamese_order(admin_client):
    for name in ("Vũ Hải", "Đặng Văn An", "Nguyễn Văn Ân"):
        AccountFactory(full_name=name)
    page = admin_client.get("/cms/users/")
    names = [person.full_name for person in page.context["users"]]
    assert names == ["Đặng Văn An", "Trần Thị Ánh", "Nguyễn Văn Ân", "Vũ Hải"]


def test_the_cms_account_page_takes_one_name(admin_client):
    assert admin_client.get("/cms/account/").status_code == 200
    response = admin_client.post(
        "/cms/account/",
        {"name_email-full_name": "Trần Thị Ánh Nguyệt", "locale-preferred_language": "vi", "theme-theme": "system",
         "theme-contrast": "system", "theme-density": "default"},
    )  # fmt: skip
    assert response.status_code == 302
    assert User.objects.get(username="quantri").full_name == "Trần Thị Ánh Nguyệt"


def test_the_cms_account_page_is_for_editors(client, person):
    client.force_login(person)
    assert client.get("/cms/account/").status_code == 302
    person.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(User.objects.get(pk=person.pk))
    assert client.get("/cms/account/").status_code == 200

"""The first administrator of an installation, and the way back in for one who is locked out."""

import re
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from lms.accounts.models import User
from lms.accounts.queries import must_change_password
from lms.accounts.rules import counts_as_staff

CODE = re.compile(r"[2-9a-z]{4}(?:-[2-9a-z]{4}){2}")


def administrator(monkeypatch: pytest.MonkeyPatch, *words: str, **environment: str) -> str:
    for name in ("USERNAME", "NAME", "PASSWORD"):
        monkeypatch.setenv(f"LMS_ADMIN_{name}", environment.get(name.lower(), ""))
    out = StringIO()
    call_command("administrator", *words, stdout=out)
    return out.getvalue()


def test_without_a_password_a_code_is_shown_once_and_must_be_replaced(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = administrator(monkeypatch, username="QuanTri", name=" Trần  Thị Lan ")
    person = User.objects.get()
    assert (person.username, person.full_name, person.is_superuser) == ("quantri", "Trần Thị Lan", True)
    code = CODE.search(said)
    assert code
    assert person.check_password(code[0])
    assert (must_change_password(person), counts_as_staff(person), person.is_demo) == (True, True, False)


def test_a_given_password_is_kept_and_never_shown(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    said = administrator(monkeypatch, username="quantri", name="Trần Thị Lan", password="mùa-xuân-Thái-Nguyên")
    person = User.objects.get()
    assert person.check_password("mùa-xuân-Thái-Nguyên")
    assert not must_change_password(person)
    assert "mùa-xuân" not in said


def test_a_second_call_changes_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    administrator(monkeypatch, username="quantri", name="Trần Thị Lan")
    before = User.objects.values().get()
    said = administrator(monkeypatch, username="khac", name="Người khác", password="mật-khẩu-rất-dài")
    assert "quantri" in said
    assert User.objects.values().get() == before


@pytest.mark.parametrize(
    "given",
    [
        {"username": "", "name": "Lan"},
        {"username": "trần lan", "name": "Lan"},
        {"username": "1lan", "name": "Lan"},
        {"username": "quantri", "name": "  "},
        {"username": "quantri", "name": "Lan", "password": "ngắn"},
        {"username": "taken", "name": "Lan"},
    ],
)
def test_nonsense_is_one_sentence_and_makes_nobody(
    db: None, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    User.objects.create_user(username="taken", full_name="Ai đó", password="x")
    with pytest.raises(CommandError):
        administrator(monkeypatch, **given)
    assert list(User.objects.values_list("username", "is_superuser")) == [("taken", False)]


def test_recovery_gives_a_new_code_and_drops_the_lost_second_factor_of_an_administrator_only(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator(monkeypatch, username="quantri", name="Lan", password="mùa-xuân-Thái-Nguyên")
    person = User.objects.get()
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    officer = User.objects.create_user(username="canbo", full_name="Ân", password="cua-can-bo-1")
    Authenticator.objects.create(user=officer, type=Authenticator.Type.TOTP, data={})

    with pytest.raises(CommandError):
        administrator(monkeypatch, "--recover", "canbo")
    code = CODE.search(administrator(monkeypatch, "--recover", "quantri"))
    assert code
    person.refresh_from_db()
    assert person.check_password(code[0])
    assert must_change_password(person)
    assert list(Authenticator.objects.values_list("user__username", flat=True)) == ["canbo"]
    officer.refresh_from_db()
    assert officer.check_password("cua-can-bo-1")

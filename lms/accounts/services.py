"""Writes: accounts, issued names and one-time codes."""

import datetime as dt
import secrets
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from lms.accounts import rules
from lms.accounts.models import User

# No 0/O, 1/I/L: the code is read off a printed slip.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class _OneTimeHasher(PBKDF2PasswordHasher):
    """Twelve random letters need no slow hash, and a roster has thousands; the first sign-in hashes it anew."""

    iterations = 2000


def new_one_time_code() -> str:
    """Twelve random letters and digits in groups of four (59 bits): "k7xm-p3qa-9tzn"."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return "-".join(letters[start : start + 4] for start in range(0, 12, 4))


def hash_one_time_code(code: str) -> str:
    hasher = _OneTimeHasher()
    return hasher.encode(code, hasher.salt())


def create_account(
    *,
    full_name: str,
    phone: str | None = None,
    email: str = "",
    born_on: dt.date | None = None,
    birth_year: int | None = None,
) -> User:
    """A new account with an issued username, no usable password yet, and a change of password ahead.

    Two queries. Raises IntegrityError when phone or e-mail is taken: the caller asks first.
    """
    person = User(
        username=_issue_username(full_name),
        full_name=full_name,
        phone=phone or None,
        email=email,
        born_on=born_on,
        birth_year=birth_year,
        must_change_password=True,
    )
    person.set_unusable_password()
    person.save(force_insert=True)
    return person


def _issue_username(full_name: str) -> str:
    stem = rules.username_stem(full_name)
    taken = set(User.objects.filter(username__startswith=stem).values_list("username", flat=True))
    return rules.free_username(stem, taken)


def draw_one_time_codes(people: Iterable[User]) -> dict[int, str]:
    """Codes, by account id, for those of ``people`` who have never signed in. Nothing is written: a code opens nothing
    before ``keep_one_time_codes``.

    Whoever has signed in, or has a password of his own, is left alone: a code must never take over a live account.
    """
    unused = (person for person in people if person.last_login is None and person.must_change_password)
    return {person.pk: new_one_time_code() for person in unused if not person.is_superuser}


def keep_one_time_codes(hashes: dict[int, str]) -> None:
    """Make drawn codes valid, by account id and hashed (which takes a millisecond each: do it before anything is
    locked); the older code of each account stops working.

    Who has signed in since they were drawn is left alone. Two queries for each 200.
    """
    pks = list(hashes)
    for start in range(0, len(pks), 200):
        unused = User.objects.filter(last_login__isnull=True, must_change_password=True, is_superuser=False)
        changed = list(unused.filter(pk__in=pks[start : start + 200]))
        for person in changed:
            person.password = hashes[person.pk]
        User.objects.bulk_update(changed, ["password"])


def issue_one_time_codes(people: Iterable[User]) -> dict[int, str]:
    """New codes, by account id, for those of ``people`` who have never signed in; the older code stops working."""
    codes = draw_one_time_codes(people)
    keep_one_time_codes({pk: hash_one_time_code(code) for pk, code in codes.items()})
    return codes


def replace_password(person: User) -> str:
    """A one-time code instead of the password that ``person`` has forgotten; it must be changed at the next sign-in.

    Open sessions end: they hold a hash of the old password. The caller asks who may do this to whom.
    """
    code = new_one_time_code()
    person.password = hash_one_time_code(code)
    person.must_change_password = True
    person.save(update_fields=["password", "must_change_password"])
    return code


def reset_sign_in(person: User) -> str:
    """For staff who have lost password, second factor or both: a one-time code, and every second factor is gone.

    The role still demands one: it is set up anew right after the new password. The caller asks who may do this.
    """
    Authenticator.objects.filter(user_id=person.pk).delete()
    return replace_password(person)

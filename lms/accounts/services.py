"""Writes: accounts, issued names and one-time codes."""

import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.mail import send_mail
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from lms.accounts import queries, rules
from lms.accounts.models import SignIn, UnlockPin, User
from lms.core import clock

logger = logging.getLogger(__name__)
# No 0/O, 1/I/L: the code is read off a printed slip.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class _OneTimeHasher(PBKDF2PasswordHasher):
    """Twelve random letters need no slow hash, and a roster has thousands; the password that is chosen then is hashed
    slowly.
    """

    iterations = 2000


def new_one_time_code() -> str:
    """Twelve random letters and digits in groups of four (59 bits): "k7xm-p3qa-9tzn"."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return "-".join(letters[start : start + 4] for start in range(0, 12, 4))


def hash_one_time_code(code: str) -> str:
    """The day stands in the salt, so that the code runs out (``models.CODE_HOLDS``)."""
    hasher = _OneTimeHasher()
    return hasher.encode(code, f"d{clock.today():%Y%m%d}x{hasher.salt()}")


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
    """Asked for by name: a search for the stem would read every account on SQLite, once for each row of a roster."""
    stem, size = rules.username_stem(full_name), 64
    while True:
        asked = [stem, *(f"{stem}{number}" for number in range(2, size))]
        taken = set(User.objects.filter(username__in=asked).values_list("username", flat=True))
        if len(taken) < len(asked):
            return rules.free_username(stem, taken)
        size *= 4


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
    end_sessions(person=person, at=clock.now())
    UnlockPin.objects.filter(person=person).delete()
    return code


def reset_sign_in(person: User) -> str:
    """For staff who have lost password, second factor or both: a one-time code, and every second factor is gone.

    The role still demands one: it is set up anew right after the new password. The caller asks who may do this.
    """
    Authenticator.objects.filter(user_id=person.pk).delete()
    return replace_password(person)


# --- Where somebody is signed in ---------------------------------------------------------------------

# After so long a device is a stranger again; lms.people's retention forgets the rows themselves.
REMEMBERED = dt.timedelta(days=180)


def device_digest(token: str) -> str:
    """What is kept of the random word by which a browser is known again."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(
    *, person: User, session_key: str, token: str, agent: str, address: str | None, is_shared: bool, at: dt.datetime
) -> SignIn:
    """Somebody has signed in. A device not seen before is news, except the very first one. Two queries."""
    device = device_digest(token)
    before = list(
        SignIn.objects.filter(person=person, signed_in_at__gt=at - REMEMBERED).values_list("device", flat=True)
    )
    made: SignIn = SignIn.objects.create(
        person=person,
        session_key=session_key,
        device=device,
        agent=agent[:200],
        address=address,
        is_shared=is_shared,
        is_new_device=bool(before) and device not in before,
        signed_in_at=at,
        last_seen_at=at,
    )
    return made  # fmt: skip


# What nobody could be told of within this time is no news any more; the bar on the page says it all the same.
TELLS_WITHIN = dt.timedelta(hours=1)
# Rows are looked at from the newest on: a hall that signs in at once has some thousand.
_NEWEST = 5000


def tell_of_new_devices() -> int:
    """For the sweep: a letter to whoever has an address and was signed in on a device not seen before. How many went
    out. Each goes once: the cache, which all processes share, remembers it; where the mail server fails the rest waits
    for the next sweep.
    """
    newest = SignIn.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    news = SignIn.objects.filter(
        pk__gt=newest - _NEWEST, is_new_device=True, signed_in_at__gt=clock.now() - TELLS_WITHIN,
        person__is_active=True,
    )  # fmt: skip
    told = 0
    for row in news.exclude(person__email="").select_related("person").order_by("pk"):
        claimed = f"new-device-told:{row.pk}"
        if not cache.add(claimed, 1, timeout=2 * int(TELLS_WITHIN.total_seconds())):
            continue
        try:
            _tell(row)
        except OSError:  # of SMTP and of the network alike
            cache.delete(claimed)
            logger.exception("nobody was told of the sign-in %s", row.pk)
            break
        told += 1
    return told


def _tell(row: SignIn) -> None:
    context = {
        "person": row.person,
        "device": queries.device_words(row.agent),
        "at": row.signed_in_at,
        "address": row.address or "",
        "url": f"{settings.PUBLIC_URL.rstrip('/')}{reverse('account_sessions')}",
        "site_name": settings.WAGTAIL_SITE_NAME,
    }
    with translation.override(settings.LANGUAGE_CODE):
        subject = render_to_string("account/email/new_device_subject.txt", context)
        message = render_to_string("account/email/new_device_message.txt", context)
    send_mail(" ".join(subject.split()), message, None, [row.person.email])


def seen(*, sign_in: int, at: dt.datetime) -> None:
    SignIn.objects.filter(pk=sign_in).update(last_seen_at=at)


def moved(*, sign_in: int, session_key: str) -> None:
    """The same session under a new key."""
    SignIn.objects.filter(pk=sign_in, ended_at__isnull=True).update(session_key=session_key)


def end_sessions(*, person: User, at: dt.datetime, but: str = "", only: int | None = None) -> int:
    """Sign ``person`` out everywhere (``but``: except in the session of that key; ``only``: in one sign-in), at once.
    Returns how many ended. Four queries at most; a second call ends none.
    """
    found = SignIn.objects.filter(person=person, ended_at__isnull=True).exclude(session_key=but or None)
    if only is not None:
        found = found.filter(pk=only)
    rows = list(found.values_list("pk", "session_key"))
    Session.objects.filter(session_key__in=[key for _, key in rows if key]).delete()
    return SignIn.objects.filter(pk__in=[pk for pk, _ in rows]).update(ended_at=at, session_key="")


def answer_notices(*, person: User, at: dt.datetime) -> int:
    """The person says that the new devices were all right: no more notices about those up to now."""
    return SignIn.objects.filter(person=person, is_new_device=True, answered_at__isnull=True).update(answered_at=at)


# --- The PIN of a shared device ----------------------------------------------------------------------

TRIES = 5


def set_pin(*, person: User, pin: str, at: dt.datetime) -> None:
    UnlockPin.objects.update_or_create(person=person, defaults={"hash": make_password(pin), "set_at": at})


def remove_pin(*, person: User) -> None:
    UnlockPin.objects.filter(person=person).delete()


def try_unlock(*, sign_in: int, person: User, words: str) -> bool | None:
    """Whether ``words`` are the PIN or the password of ``person``, for a session that is locked. None when there are no
    tries left: then the session must end. The tries are counted before anything is compared, whatever comes at once.
    """
    counted = SignIn.objects.filter(pk=sign_in, person=person, ended_at__isnull=True, wrong_tries__lt=TRIES)
    if not counted.update(wrong_tries=F("wrong_tries") + 1):
        return None
    pin = UnlockPin.objects.filter(person=person).first()
    is_right = bool(pin and words.isdecimal() and len(words) <= 6 and check_password(words, pin.hash))
    if is_right or person.check_password(words):
        SignIn.objects.filter(pk=sign_in).update(wrong_tries=0)
        return True
    left = SignIn.objects.filter(pk=sign_in, wrong_tries__lt=TRIES).exists()
    return False if left else None

"""Reads: whose account an identifier names, and what a person still has to do before anything else."""

import datetime as dt
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from lms.accounts import phones, rules
from lms.accounts.models import SignIn, UnlockPin, User
from lms.core import clock, text


def account_named(identifier: str) -> User | None:
    """The account that signs in as ``identifier``: a username, a phone as people type it, or an e-mail.

    A username wins over the other two. One or two queries; inactive accounts are found too. A name of an account that
    was united with another one names that other, whose password is asked for then.
    """
    person = _account_called(identifier)
    return rules.goes_on_as(person) if person else None


def _account_called(identifier: str) -> User | None:
    cleaned = text.clean(identifier).lower()
    if not cleaned:
        return None
    if person := User.objects.filter(username=cleaned).first():
        return person
    if "@" in cleaned:
        return account_with_email(cleaned)
    if phones.looks_like_phone(cleaned):
        return User.objects.filter(phone=phones.parse(cleaned)).first()
    return None


def account_with_email(email: str) -> User | None:
    if not email:
        return None
    # The index holds no empty address: a query that might mean one would read every account.
    return User.objects.alias(lowered=Lower("email")).filter(lowered=email.lower()).exclude(email="").first()


def is_exempt_demo(person: User) -> bool:
    """Demo accounts skip the required steps, but only on a site that says it is a demo."""
    return bool(settings.LMS_DEMO and person.is_demo)


def must_change_password(person: User) -> bool:
    return person.must_change_password and not is_exempt_demo(person)


def needs_second_factor(person: User) -> bool:
    """Required of staff (a setting). A handful of queries: the middleware remembers a no for a while."""
    if not settings.LMS_REQUIRE_MFA_FOR_STAFF or is_exempt_demo(person):
        return False
    return rules.counts_as_staff(person)


def has_second_factor(person: User) -> bool:
    """Recovery codes alone are none: they only stand in for one that was lost."""
    return Authenticator.objects.filter(user_id=person.pk).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


# --- Where somebody is signed in ---------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """A session that is open. ``device`` in words; ``is_news``: a device not seen before, and nobody has answered."""

    pk: int
    device: str
    address: str
    signed_in_at: dt.datetime
    last_seen_at: dt.datetime
    is_shared: bool
    is_current: bool
    is_news: bool


def device_words(agent: str) -> str:
    """ "Chrome trên Android"."""
    browser, system = rules.device_of(agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("an unknown device")


def open_sessions(person: User, *, current: str = "") -> list[Open]:
    """Where ``person`` is signed in now, the present session (``current``: its key) first. Two queries."""
    rows = list(SignIn.objects.filter(person=person, ended_at__isnull=True).exclude(session_key=""))
    alive = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=clock.now()
        ).values_list("session_key", flat=True)
    )
    found = [_open(row, current) for row in rows if row.session_key in alive]
    return sorted(found, key=lambda session: not session.is_current)


def _open(row: SignIn, current: str) -> Open:
    return Open(
        pk=row.pk,
        device=device_words(row.agent),
        address=row.address or "",
        signed_in_at=row.signed_in_at,
        last_seen_at=row.last_seen_at,
        is_shared=row.is_shared,
        is_current=row.session_key == current,
        is_news=row.is_new_device and row.answered_at is None,
    )


@dataclass(frozen=True)
class Past:
    """A sign-in that is over: signed out, ended, or run out (then ``ended_at`` is None)."""

    device: str
    address: str
    signed_in_at: dt.datetime
    ended_at: dt.datetime | None
    is_shared: bool


def past_sign_ins(person: User, *, at_most: int = 10) -> list[Past]:
    """The latest sign-ins that are no longer open. Three queries."""
    open_now = {session.pk for session in open_sessions(person)}
    rows = SignIn.objects.filter(person=person).exclude(pk__in=open_now).order_by("-signed_in_at", "-pk")[:at_most]
    return [
        Past(device_words(row.agent), row.address or "", row.signed_in_at, row.ended_at, row.is_shared) for row in rows
    ]


def sign_in_news(person: User, *, but: int | None = None) -> list[SignIn]:
    """Sign-ins on devices not seen before that the person has not answered, the latest first. One query."""
    news = SignIn.objects.filter(person=person, is_new_device=True, answered_at__isnull=True)
    if but is not None:
        news = news.exclude(pk=but)
    return list(news.order_by("-signed_in_at")[:5])


def has_pin(person: User) -> bool:
    return UnlockPin.objects.filter(person=person).exists()

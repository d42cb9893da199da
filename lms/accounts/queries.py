"""Reads: whose account an identifier names, and what a person still has to do before anything else."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models.functions import Lower

from lms.accounts import phones, rules
from lms.accounts.models import User
from lms.core import text


def account_named(identifier: str) -> User | None:
    """The account that signs in as ``identifier``: a username, a phone as people type it, or an e-mail.

    A username wins over the other two. One or two queries; inactive accounts are found too.
    """
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
    return User.objects.alias(lowered=Lower("email")).filter(lowered=email.lower()).first()


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

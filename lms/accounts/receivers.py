"""Remembers at sign-in whether a second factor is owed, so that pages need not ask, and where somebody signed in."""

import secrets
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.signals import authenticator_removed
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest

from lms.accounts import queries, services
from lms.accounts.models import SignIn, User
from lms.core import clock

CHECKED_AT = "required_steps_checked_at"


@receiver(user_logged_in)
def note_second_factor(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if request is None or not hasattr(request, "session"):
        return
    request.session.pop(CHECKED_AT, None)
    if not queries.needs_second_factor(user) or queries.has_second_factor(user):
        request.session[CHECKED_AT] = int(clock.now().timestamp())


SIGN_IN = "sign_in"
SHARED = "shared_device"
DEVICE_COOKIE = "device"
# Who was signed in last, signed: what somebody sends after the session has ended waits for this account alone.
OWNER_COOKIE, OWNER_SALT = "owner", "lms.accounts.owner"


@receiver(user_logged_in)
def note_session(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """The session knows which sign-in it is, so that tracking it costs nothing; the device is known by a cookie that
    the middleware sets (``request.new_device``).
    """
    if request is None or not hasattr(request, "session"):
        return
    token = request.COOKIES.get(DEVICE_COOKIE, "")
    if not 20 <= len(token) <= 64:
        token = secrets.token_urlsafe(24)
        request.new_device = token  # type: ignore[attr-defined]
    request.new_owner = signing.dumps(user.pk, salt=OWNER_SALT)  # type: ignore[attr-defined]
    at = clock.now()
    is_shared = bool(request.session.pop(SHARED, False))
    made = services.begin_session(
        person=user, session_key=request.session.session_key or "", token=token,
        agent=request.META.get("HTTP_USER_AGENT", ""), address=_address(request), is_shared=is_shared, at=at,
    )  # fmt: skip
    request.session[SIGN_IN] = {
        "id": made.pk, "key": made.session_key, "seen": int(at.timestamp()), "told": int(at.timestamp()),
        "shared": is_shared,
    }  # fmt: skip


def _address(request: HttpRequest) -> str | None:
    """As allauth counts proxies; None where nothing tells it (a test, a command)."""
    if not request.META.get("REMOTE_ADDR"):
        return None
    return str(get_adapter().get_client_ip(request))


@receiver(user_logged_out)
def close_session(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    if request is not None:
        request.new_owner = ""  # type: ignore[attr-defined]
    noted = request.session.get(SIGN_IN) if request is not None and hasattr(request, "session") else None
    if noted:
        SignIn.objects.filter(pk=noted["id"]).update(ended_at=clock.now(), session_key="")


@receiver(authenticator_removed)
def ask_again(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    request.session.pop(CHECKED_AT, None)

"""Remembers at sign-in whether a second factor is owed, so that pages need not ask."""

from typing import Any

from allauth.mfa.signals import authenticator_removed
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from lms.accounts import queries
from lms.accounts.models import User
from lms.core import clock

CHECKED_AT = "required_steps_checked_at"


@receiver(user_logged_in)
def note_second_factor(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if request is None or not hasattr(request, "session"):
        return
    request.session.pop(CHECKED_AT, None)
    if not queries.needs_second_factor(user) or queries.has_second_factor(user):
        request.session[CHECKED_AT] = int(clock.now().timestamp())


@receiver(authenticator_removed)
def ask_again(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    request.session.pop(CHECKED_AT, None)

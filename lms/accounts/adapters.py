"""What allauth asks of this site."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lms.accounts import queries, services
from lms.accounts.models import User
from lms.core import clock


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _(
            "Too many wrong passwords for this account. Wait five minutes, then try again, or ask your unit's manager "
            "for a new code."
        ),
        "username_password_mismatch": _(
            "The name or the password is not right. Check the phone number or username, and whether Caps Lock is on."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are issued from rosters and in the CMS."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth puts the Host header into the key: with another port in it, an attacker would start a new count.
        return f"account:{credentials.get('username', '').lower()}"

    def clean_password(self, password: str, user: User | None = None) -> str:
        cleaned: str = super().clean_password(password, user)
        if user and user.pk and user.check_password(cleaned):
            raise ValidationError(_("The new password must differ from the present one."), code="password_unchanged")
        return cleaned

    def set_password(self, user: User, password: str) -> None:
        """Every way of choosing a password (change, set, reset by e-mail) ends here and settles the duty to change."""
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        # They hold a hash of the old password and open nothing any more; the list of sessions shall say so.
        session = getattr(self.request, "session", None)
        services.end_sessions(person=user, at=clock.now(), but=(session.session_key if session else "") or "")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_overview")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("Your role requires a second factor: add another one before removing this."),
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        if not queries.needs_second_factor(authenticator.user):
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        return others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()

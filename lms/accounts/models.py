"""The account and its sign-in names. What a person does where is an appointment (lms.units)."""

import datetime as dt
import re
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from lms.core import clock, text

# A code on a slip opens its account for so many days, that of its issue among them.
CODE_HOLDS = dt.timedelta(days=60)
_ISSUED = re.compile(r"\w+\$\d+\$d([0-9]{8})x")


def code_issued_on(encoded: str) -> dt.date | None:
    """The day on which the one-time code behind a stored hash was issued, which stands in its salt; None for a password
    that somebody has chosen.
    """
    found = _ISSUED.match(encoded)
    return dt.datetime.strptime(found[1], "%Y%m%d").date() if found else None  # noqa: DTZ007  a day, no time


class AccountManager(UserManager["User"]):
    def create_user(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":  # type: ignore[override]
        return super().create_user(username, email or "", password, **fields)


class User(AbstractUser):
    """pii: name, phone, e-mail, date of birth.

    Signs in by ``username`` (issued), phone or e-mail; the last two are optional, since most officers have no e-mail.
    """

    # A Vietnamese name is one string: họ, đệm, tên; some are a single word. Wagtail asks for get_full_name().
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField(_("full name"), max_length=100)
    name_folded = models.CharField(max_length=100, editable=False, db_index=True)
    name_sort_key = models.CharField(max_length=600, editable=False, db_index=True)
    phone = models.CharField(_("mobile phone"), max_length=16, null=True, blank=True, unique=True)
    phone_verified = models.BooleanField(default=False)
    email = models.EmailField(_("e-mail"), blank=True)
    born_on = models.DateField(_("date of birth"), null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    must_change_password = models.BooleanField(_("must change the password at next sign-in"), default=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = AccountManager()  # type: ignore[misc,assignment]
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="account_email_belongs_to_one_person"
            ),
            models.UniqueConstraint(Lower("username"), name="account_username_ignores_case"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.username = self.username.lower()
        self.full_name = text.clean(self.full_name)
        self.name_folded = text.fold(self.full_name)
        self.name_sort_key = text.name_sort_key(self.full_name)
        super().save(*args, **kwargs)

    def check_password(self, raw_password: str | None) -> bool:
        """A one-time code that has run out opens nothing; while it holds, it stays what it is until a password is
        chosen (Django would store it anew as if it were one).
        """
        issued = code_issued_on(self.password)
        if issued is None:
            return super().check_password(raw_password)
        return check_password(raw_password, self.password) and clock.today() < issued + CODE_HOLDS

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.full_name.rpartition(" ")[2] or self.username


class SignIn(models.Model):
    """pii: that somebody signed in, from which device and address. One row a sign-in; lms.people's retention forgets
    them.

    ``device`` is the digest of a random word that the browser keeps: the same for all who use it. ``is_new_device``:
    nobody had seen this person there before, and ``answered_at`` says when the person said that it was all right.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, blank=True, db_index=True)
    device = models.CharField(max_length=64)
    agent = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    is_shared = models.BooleanField(default=False)
    is_new_device = models.BooleanField(default=False)
    signed_in_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    # Of PIN and password at the lock screen of this very session.
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ["-last_seen_at", "-pk"]
        indexes = [models.Index(fields=["person", "device"], name="sign_in_of_device")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.signed_in_at:%Y-%m-%d %H:%M}"


class UnlockPin(models.Model):
    """pii: unlocks a session that is open already on a shared device; opens nothing by itself."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="unlock_pin")
    hash = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("PIN of a shared device")
        verbose_name_plural = _("PINs of shared devices")

    def __str__(self) -> str:
        return f"{self.person_id}"

"""The account and its sign-in names. What a person does where is an appointment (lms.units)."""

from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from lms.core import text


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

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.full_name.rpartition(" ")[2] or self.username

import os
import re
from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from lms.accounts import services
from lms.accounts.models import User
from lms.core import text

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,29}")


class Command(BaseCommand):
    help = (
        "Make the first administrator from LMS_ADMIN_USERNAME, LMS_ADMIN_NAME and LMS_ADMIN_PASSWORD; with no password "
        "a one-time code is printed, once. Does nothing when there is an administrator. The second factor is set up at "
        "the first sign-in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--recover", metavar="USERNAME",
            help="a new one-time code for an administrator who lost password or second factor; both old ones are void",
        )  # fmt: skip

    def handle(self, *args: Any, recover: str | None, **options: Any) -> None:
        if recover:
            self._recover(recover)
        elif first := User.objects.filter(is_superuser=True, is_active=True, is_demo=False).order_by("pk").first():
            self.stdout.write(_("There is an administrator already: %(username)s.") % {"username": first.username})
        else:
            self._create(
                username=os.environ.get("LMS_ADMIN_USERNAME", "").strip().lower(),
                full_name=text.clean(os.environ.get("LMS_ADMIN_NAME", "")),
                password=os.environ.get("LMS_ADMIN_PASSWORD", ""),
            )

    def _create(self, *, username: str, full_name: str, password: str) -> None:
        if not _USERNAME.fullmatch(username):
            raise CommandError(
                _("LMS_ADMIN_USERNAME: 3 to 30 letters without diacritics, digits, dots or dashes; a letter first.")
            )
        if not full_name:
            raise CommandError(_("LMS_ADMIN_NAME: the administrator's full name is missing."))
        if User.objects.filter(username=username).exists():
            raise CommandError(_("The username %(username)s is taken.") % {"username": username})
        person = User(username=username, full_name=full_name, is_superuser=True)
        code = ""
        if password:
            try:
                validate_password(password, person)
            except ValidationError as error:
                raise CommandError("LMS_ADMIN_PASSWORD: " + " ".join(error.messages)) from None
            person.set_password(password)
        else:
            code = services.new_one_time_code()
            person.password = services.hash_one_time_code(code)
            person.must_change_password = True
        person.save(force_insert=True)
        self.stdout.write(_("Administrator %(username)s was created.") % {"username": username})
        self._say(code)

    @transaction.atomic
    def _recover(self, username: str) -> None:
        person = User.objects.filter(username=username.lower(), is_superuser=True).first()
        if person is None:
            raise CommandError(_("%(username)s is not an administrator.") % {"username": username})
        code = services.replace_password(person)
        Authenticator.objects.filter(user=person).delete()
        self._say(code)

    def _say(self, code: str) -> None:
        if code:
            self.stdout.write(_("One-time code, shown only now: %(code)s") % {"code": code})
        self.stdout.write(_("The second factor is set up at the next sign-in."))

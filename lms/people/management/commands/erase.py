"""What erasing a person would do. The erasure itself needs two people: it is asked for and confirmed on the screen."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.accounts.models import User
from lms.people.services import erasure


class Command(BaseCommand):
    help = "Say what erasing a person would do and what is in the way; nothing is written. Erasing needs two people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"].lower()).first()
        if person is None:
            raise CommandError(f"No account is called {options['username']}.")
        found = erasure.preview(person)
        for line in found.going:
            self.stdout.write(f"{line.title}: {line.rows}")
        for sentence in found.obstacles:
            self.stdout.write(f"! {sentence}")

from typing import Any

from django.core.management.base import BaseCommand

from lms.core import clock
from lms.people.services.privacy import publish_first


class Command(BaseCommand):
    help = "Put the privacy notice that comes with the software in force, where none was ever published."

    def handle(self, *args: Any, **options: Any) -> None:
        if publish_first(clock.now()):
            self.stdout.write("The privacy notice, version 1, is in force.")

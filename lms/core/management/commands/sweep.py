from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.core import sweeping


class Command(BaseCommand):
    help = "Pick up whatever a dead worker or broker lost. Safe at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        moved = sweeping.run()
        for name, count in moved.items():
            self.stdout.write(f"{name}: {'failed, see the log' if count is None else count}")
        if None in moved.values():
            raise CommandError("a sweeper failed")

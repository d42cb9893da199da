from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from lms.core import triggers
from lms.home.services.guides import ensure_guides


class Command(BaseCommand):
    help = (
        "Make the data folder ready for the site: migrations, the cache's table, and with LMS_DEMO=1 the "
        "demonstration if nobody has an account yet. All in one process, as each start costs seconds; safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            self.stdout.write(f"Preparing the database ({len(waiting)} migrations, half a minute the first time)")
            call_command("migrate", verbosity=0, interactive=False)
        else:
            # Their list may have changed without a migration.
            triggers.create_all()
        call_command("createcachetable", verbosity=0)
        ensure_guides()
        # The notice that comes with the software, unless one was ever published.
        call_command("publish_notice")
        if settings.LMS_DEMO and "demo" in get_commands():
            self._demonstrate()

    def _demonstrate(self) -> None:
        """A load that was interrupted leaves its mark, and the next start takes it up again."""
        mark = Path(settings.VAR_DIR) / "demo.loading"
        if get_user_model().objects.exists() and not mark.exists():
            return
        self.stdout.write("Loading the demonstration (a minute or two, only this once)")
        mark.touch()
        call_command("demo", stdout=self.stdout)
        mark.unlink()

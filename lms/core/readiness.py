"""What must answer before this process may be sent visitors. Each check raises when it is not so, and is cheap."""

import os
from collections.abc import Callable
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class NotReadyError(Exception):
    pass


# Applied migrations stay applied while this process runs its code: looked up until they once were all there.
_migrated = False


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def shared_cache() -> None:
    """A look-up is enough: the table of a database cache or the Redis server must be there to answer it."""
    cache.get("readyz")


def broker() -> None:
    """A server is asked (2 s at most); of the filesystem transport every folder must be there and writable."""
    if settings.CELERY_BROKER_URL != "filesystem://":
        with current_app.connection_for_write() as channel:
            channel.ensure_connection(max_retries=1, timeout=2)
        return
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        folder = Path(str(options[name]))
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise NotReadyError(f"{name} cannot be written to")


def migrations() -> None:
    global _migrated
    if _migrated:
        return
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise NotReadyError(f"{len(missing)} migrations are not applied")
    _migrated = True


CHECKS: tuple[Callable[[], None], ...] = (database, migrations, shared_cache, broker)

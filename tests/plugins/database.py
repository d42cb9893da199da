"""The test database of every process is a copy of one prepared database; see prepared.py.

It is fresh in each run, with or without --reuse-db; --create-db builds the prepared one anew.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from tests.plugins import postgres, prepared


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
    django_db_createdb: bool,
) -> Iterator[None]:
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    # Only the process that the others wait for may throw the prepared database away.
    rebuild = django_db_createdb and worker in {"main", "gw0"}
    before = settings.DATABASES["default"]["NAME"]
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            name = _sqlite_copy(worker, rebuild=rebuild)
        else:
            name = postgres.copy_of(postgres.migrated(rebuild=rebuild))
        _point_at(name)
    yield
    with django_db_blocker.unblock():
        connection.close()
        if connection.vendor == "sqlite":
            _remove(Path(name))
        else:
            postgres.drop(name)
        _point_at(before)


def _sqlite_copy(worker: str, *, rebuild: bool) -> str:
    source = prepared.migrated(rebuild=rebuild)
    folder = prepared.cache_folder() / "running"
    folder.mkdir(exist_ok=True)
    # Two runs at once on one data folder must not share a file.
    target = folder / f"{worker}-{os.getpid()}.sqlite3"
    shutil.copy(source, target)
    return str(target)


def _point_at(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


TOUCHES_DATABASE = {"db", "transactional_db", "live_site", "own_site", "a_site", "django_db_setup"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With LMS_TESTS=database what touches no database is left out: it has passed, and no server makes it another."""
    if os.environ.get("LMS_TESTS") != "database":
        return
    kept, left_out = [], []
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        marked = item.get_closest_marker("django_db") or item.get_closest_marker("services")
        (kept if marked or fixtures & TOUCHES_DATABASE else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept

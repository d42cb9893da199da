"""Prepared databases on PostgreSQL: one template per schema, copied by the server.

The role must be allowed to create databases, and the server must have the database ``postgres``.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from tests.plugins import prepared


@contextmanager
def _server() -> Iterator[Any]:
    import psycopg

    parameters = settings.DATABASES["default"]
    keys = {"host": parameters["HOST"], "port": parameters["PORT"], "user": parameters["USER"]}
    keys["password"] = parameters["PASSWORD"]
    with psycopg.connect(
        dbname="postgres", autocommit=True, **{name: value for name, value in keys.items() if value}
    ) as connection:
        yield connection


def url_of(name: str) -> str:
    """DATABASE_URL of this run, but for the database ``name``."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def exists(name: str) -> bool:
    with _server() as connection:
        return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())


def create(name: str, *, template: str = "template0") -> None:
    with _server() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def drop(name: str) -> None:
    with _server() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy_of(template: str) -> str:
    """Copy ``template`` to a database of a new name; copying needs that nobody is connected, hence the lock."""
    name = f"lms_{uuid.uuid4().hex[:12]}"
    with prepared.locked("postgres"):
        create(name, template=template)
    return name


def migrated(*, rebuild: bool = False) -> str:
    name = f"lms_migrated_{prepared.schema_hash()}"
    _build_once(name, rebuild=rebuild, commands=[("migrate", "--verbosity", "0"), ("createcachetable",)])
    return name


def demo() -> tuple[str, Path]:
    """The prepared database with the demonstration, and the data folder that holds its files."""
    name = f"lms_demo_{prepared.demo_hash()}"
    return name, _build_once(name, rebuild=False, commands=[("prepare",)])


def installed() -> tuple[str, Path]:
    """As ``demo``, but as an installation on its first day: units and the course, no account, no demonstration."""
    name = f"lms_installed_{prepared.demo_hash()}"
    commands = [("prepare",), ("import_units", "-v", "0"), ("load_course", "courses/content/trang-cong-dong")]
    return name, _build_once(name, rebuild=False, commands=commands, demo=False)


def _build_once(name: str, *, rebuild: bool, commands: list[tuple[str, ...]], demo: bool = True) -> Path:
    """Named only when complete, so that a build that was killed is never taken for one. Returns its data folder."""
    var = prepared.cache_folder() / name
    with prepared.locked("postgres-build"):
        if exists(name) and var.is_dir() and not rebuild:
            return var
        shutil.rmtree(var, ignore_errors=True)
        draft = f"{name}_draft"
        drop(name)
        drop(draft)
        create(draft)
        var.mkdir()
        environment = prepared.site_environment(var, LMS_DEMO=str(int(demo)), DATABASE_URL=url_of(draft))
        for command in commands:
            prepared.manage(environment, *command)
        with _server() as connection:
            connection.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return var

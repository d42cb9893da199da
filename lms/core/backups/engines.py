"""What PostgreSQL and SQLite do differently: dump, load at the side, switch. Both classes have one shape.

A side database is a whole second database under another name; nothing of the site's own is touched until ``switch``,
and ``switch`` happens whole or not at all.
"""

import itertools
import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from lms.core.backups.errors import BackupError

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Content:
    """What is in a database at one moment: rows by table, applied migrations by app."""

    rows: dict[str, int]
    migrations: dict[str, list[str]]


class Engine(Protocol):
    name: str

    def version(self) -> str: ...

    def size(self) -> int:
        """Bytes that a dump may take at most."""
        ...

    def dump(self, target: Path) -> Content:
        """Write the dump; the answer is of exactly the same moment. Writers are not held up."""
        ...

    def side_name(self, word: str) -> str: ...

    def load(self, dump: Path, side: str) -> None:
        """Make the database ``side`` out of a dump; one of that name that is left over is replaced."""
        ...

    def connected(self, side: str) -> "Any":
        """A context in which the alias it gives is connected to ``side``."""
        ...

    def exists(self, side: str) -> bool: ...

    def discard(self, side: str) -> None: ...

    def switch(self, side: str, aside: str) -> None:
        """``side`` becomes the site's database, and the one until now is kept as ``aside``."""
        ...

    def open_again(self) -> None:
        """Undo what a ``switch`` that was killed may have left locked."""
        ...

    def how_to_discard(self, aside: str) -> str:
        """The line to type once ``aside`` is no longer wanted."""
        ...


def engine() -> Engine:
    """Of the database that the settings name. Raises BackupError for any other kind than the two."""
    vendor = connections["default"].vendor
    if vendor == "postgresql":
        return PostgreSQL()
    if vendor == "sqlite":
        return SQLite()
    raise BackupError(_("Backups are made of PostgreSQL and SQLite, not of %(vendor)s.") % {"vendor": vendor})


def content_of(connection: BaseDatabaseWrapper) -> Content:
    """One query per table."""
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
        rows = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  a quoted name
            rows[table] = int(cursor.fetchone()[0])
    migrations: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        migrations.setdefault(app, []).append(name)
    return Content(rows, migrations)


@contextmanager
def _side_connection(**changed: Any) -> Iterator[str]:
    settings: Any = connections.settings
    alias = f"backup_{next(_numbers)}"
    settings[alias] = {**connections["default"].settings_dict, "CONN_MAX_AGE": 0, **changed}
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del settings[alias]


class PostgreSQL:
    """The role needs CREATEDB. The server's database ``postgres`` is where it stands while it renames the others."""

    name = "postgresql"

    def __init__(self) -> None:
        self._settings = connections["default"].settings_dict
        self._own = str(self._settings["NAME"])

    def version(self) -> str:
        number = connections["default"].pg_version  # type: ignore[attr-defined]
        return f"{number // 10000}.{number % 10000}"

    def size(self) -> int:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])

    def dump(self, target: Path) -> Content:
        with _side_connection() as alias:
            connection = connections[alias]
            with connection.cursor() as cursor:
                # pg_dump reads the very snapshot in which the rows are counted.
                cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute("SELECT pg_export_snapshot()")
                snapshot = str(cursor.fetchone()[0])
                self._run(
                    "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                    f"--file={target}", f"--dbname={self._own}",
                )  # fmt: skip
                content = content_of(connection)
                cursor.execute("ROLLBACK")
        return content

    def side_name(self, word: str) -> str:
        # Longer names are cut off by the server.
        return f"{self._own[:30]}_{word}"[:63]

    def load(self, dump: Path, side: str) -> None:
        self.discard(side)
        with self._standing_aside() as cursor:
            cursor.execute(
                "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = %s",
                [self._own],
            )
            encoding, collate, ctype = cursor.fetchone() or ("UTF8", "C.UTF-8", "C.UTF-8")
            try:
                cursor.execute(
                    f"CREATE DATABASE {_quoted(side)} TEMPLATE template0 ENCODING {_literal(encoding)} "
                    f"LC_COLLATE {_literal(collate)} LC_CTYPE {_literal(ctype)}"
                )
            except DatabaseError as error:
                raise BackupError(
                    _("The database role may not create a database (ALTER ROLE … CREATEDB): %(error)s.")
                    % {"error": _one_line(error)}
                ) from None
        self._run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={side}", str(dump))
        with self.connected(side) as alias, connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")

    def connected(self, side: str) -> Any:
        return _side_connection(NAME=side)

    def exists(self, side: str) -> bool:
        with self._standing_aside() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [side])
            return cursor.fetchone() is not None

    def discard(self, side: str) -> None:
        with self._standing_aside() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(side)} WITH (FORCE)")

    def switch(self, side: str, aside: str) -> None:
        connections["default"].close()
        with self._standing_aside() as cursor:
            try:
                # Closed first, or a web process would be back between the end of its connection and the renaming.
                self._allow(cursor, self._own, allow=False)
                self._disconnect(cursor, self._own)
                self._disconnect(cursor, side)
                cursor.execute("BEGIN")
                cursor.execute(f"ALTER DATABASE {_quoted(self._own)} RENAME TO {_quoted(aside)}")
                cursor.execute(f"ALTER DATABASE {_quoted(side)} RENAME TO {_quoted(self._own)}")
                cursor.execute("COMMIT")
            except DatabaseError as error:
                with suppress(DatabaseError):
                    cursor.execute("ROLLBACK")
                raise BackupError(
                    _("The databases could not be switched: %(error)s.") % {"error": _one_line(error)}
                ) from None
            finally:
                self._open(cursor, self._own, aside)

    def open_again(self) -> None:
        with self._standing_aside() as cursor:
            self._open(cursor, self._own)

    def how_to_discard(self, aside: str) -> str:
        return f"dropdb {aside}"

    def _open(self, cursor: Any, *names: str) -> None:
        for name in names:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s AND NOT datallowconn", [name])
            if cursor.fetchone():
                self._allow(cursor, name, allow=True)

    def _allow(self, cursor: Any, name: str, *, allow: bool) -> None:
        cursor.execute(f"ALTER DATABASE {_quoted(name)} WITH ALLOW_CONNECTIONS {'true' if allow else 'false'}")

    def _disconnect(self, cursor: Any, name: str) -> None:
        """Ends our role's connections; whoever else is connected makes the renaming fail, in words."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user",
                [name],
            )
            if not cursor.fetchall():
                return
            time.sleep(0.1)

    @contextmanager
    def _standing_aside(self) -> Iterator[Any]:
        """A cursor in the database ``postgres``, each statement by itself."""
        with _side_connection(NAME="postgres") as alias, connections[alias].cursor() as cursor:
            yield cursor

    def _run(self, program: str, *arguments: str) -> None:
        """Raises BackupError with the last line that the program said."""
        environment = {**os.environ, "LC_ALL": "C"}
        for variable, key in (
            ("PGHOST", "HOST"), ("PGPORT", "PORT"), ("PGUSER", "USER"), ("PGPASSWORD", "PASSWORD"),
        ):  # fmt: skip
            if self._settings.get(key):
                environment[variable] = str(self._settings[key])
        done = subprocess.run(  # noqa: S603  our own arguments, no shell
            [self._program(program), "--no-password", *arguments],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[0]
            raise BackupError(_("%(program)s failed: %(error)s") % {"program": program, "error": last})

    def _program(self, program: str) -> str:
        """The oldest client that is not older than the server; a server of 15 refuses a pg_dump of 14.

        Debian keeps one of each version under /usr/lib/postgresql; elsewhere the one on PATH is asked.
        """
        server = int(self.version().split(".")[0])
        found: dict[int, str] = {}
        for path in Path("/usr/lib/postgresql").glob(f"*/bin/{program}"):
            if path.parts[-3].isdigit():
                found[int(path.parts[-3])] = str(path)
        usable = [path for major, path in sorted(found.items()) if major >= server]
        if usable:
            return usable[0]
        other = shutil.which(program)
        if other:
            said = subprocess.run([other, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
            major = re.search(r"(\d+)\.", said)
            if major and int(major[1]) >= server:
                return other
        raise BackupError(
            _("PostgreSQL here is version %(server)s; its %(program)s is not installed (postgresql-client-%(server)s).")
            % {"server": server, "program": program}
        )


class SQLite:
    """Side databases are files beside the site's own."""

    name = "sqlite"

    def __init__(self) -> None:
        self._own = Path(connections["default"].settings_dict["NAME"])

    def version(self) -> str:
        return sqlite3.sqlite_version

    def size(self) -> int:
        return sum(path.stat().st_size for path in self._files(self._own) if path.exists())

    def dump(self, target: Path) -> Content:
        if not self._own.exists():
            raise BackupError(_("There is no database %(path)s.") % {"path": self._own})
        try:
            with _sqlite(f"{self._own.as_uri()}?mode=ro") as source, _sqlite(target.as_uri()) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise BackupError(_("The database could not be read: %(error)s.") % {"error": _one_line(error)}) from None
        if found != "ok":
            raise BackupError(_("The database is damaged: %(error)s.") % {"error": found})
        with self.connected(str(target)) as alias:
            content = content_of(connections[alias])
        self._fold(target)
        return content

    def side_name(self, word: str) -> str:
        return str(self._own.with_name(f"{self._own.stem}.{word}.sqlite3"))

    def load(self, dump: Path, side: str) -> None:
        self.discard(side)
        shutil.copyfile(dump, side)
        Path(side).chmod(0o600)
        try:
            with _sqlite(Path(side).as_uri()) as copy:
                found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            found = _one_line(error)
        if found != "ok":
            raise BackupError(_("The database in the archive is damaged: %(error)s.") % {"error": found})

    def connected(self, side: str) -> Any:
        return _side_connection(NAME=side)

    def exists(self, side: str) -> bool:
        return Path(side).exists()

    def discard(self, side: str) -> None:
        for path in self._files(Path(side)):
            path.unlink(missing_ok=True)

    def switch(self, side: str, aside: str) -> None:
        """The one rename at the end is what switches; until then ``aside`` is a second name of the site's own file."""
        connections["default"].close()
        try:
            self._fold(Path(side))
            if self._own.exists():
                self._fold(self._own)
                os.link(self._own, aside)
            Path(side).replace(self._own)
        except (OSError, sqlite3.DatabaseError) as error:
            if Path(side).exists():
                Path(aside).unlink(missing_ok=True)
            raise BackupError(
                _("The databases could not be switched: %(error)s.") % {"error": _one_line(error)}
            ) from None

    def open_again(self) -> None:
        """Nothing is ever locked beyond the life of a process."""

    def how_to_discard(self, aside: str) -> str:
        return f"rm {aside}"

    def _fold(self, path: Path) -> None:
        """Everything into one file: a log that stayed behind would be taken for the new database's. Waits for nobody.

        Raises sqlite3.OperationalError while another process has the file open in the middle of something.
        """
        with _sqlite(path.as_uri()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        for leftover in self._files(path)[1:]:
            if leftover.exists():
                raise sqlite3.OperationalError(f"{leftover.name} is in use by another process")

    def _files(self, path: Path) -> list[Path]:
        return [path, *(Path(f"{path}{suffix}") for suffix in ("-wal", "-shm", "-journal"))]


@contextmanager
def _sqlite(uri: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5)
    try:
        yield connection
    finally:
        connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _one_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")

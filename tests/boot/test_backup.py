"""`backup` and `restore` as real processes, on copies of the demonstration; on SQLite and on PostgreSQL."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lms.core.backups import archive
from tests.boot.test_backup_archive import make
from tests.plugins import postgres, prepared

pytestmark = [pytest.mark.journey, pytest.mark.services]

# What tells one state of a site from another: certificates, people, and every file with its hash.
STATE = """
import hashlib, json
from certificates.models import Certificate
from django.core.files.storage import storages
from lms.accounts.models import User
from lms.core.backups import places
files = {f"{place}/{name}": hashlib.sha256(path.read_bytes()).hexdigest()
         for place, folder in places.folders().items() for name, path in places.files_in(folder)}
certificates = sorted(Certificate.objects.values_list("verify_code", "sha256", "file"))
print(json.dumps([certificates, User.objects.count(), sorted(User.objects.values_list("full_name", flat=True)), files]))
"""
RENDER = """
from certificates.models import Certificate
from certificates.tasks import render
render(str(Certificate.objects.earliest("verify_code").pk))
"""
VERIFY = """
import hashlib, json
from certificates.models import Certificate
from django.conf import settings
from django.core.files.storage import storages
from django.test import Client
one = Certificate.objects.get(state="ready")
with storages["private"].open(one.file.name) as file:
    same = hashlib.sha256(file.read()).hexdigest() == one.sha256
page = Client(headers={"host": settings.ALLOWED_HOSTS[0]}).get(f"/verify/{one.verify_code}/")
print(json.dumps([page.status_code, one.payload["name"] in page.content.decode(), same, settings.SECRET_KEY]))
"""


@dataclass
class Data:
    """A data folder and its database, without processes."""

    var: Path
    environment: dict[str, str]
    database: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=prepared.ROOT, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip

    def manage(self, *arguments: str) -> str:
        return prepared.manage(self.environment, *arguments)

    def shell(self, code: str) -> str:
        return self.manage("shell", "--no-imports", "--command", code).strip()

    def state(self) -> list[object]:
        found: list[object] = json.loads(self.shell(STATE).splitlines()[-1])
        return found

    def left_over(self) -> list[str]:
        """What only a restore or rehearsal makes, in the data folder and among the databases."""
        marks = ("restor", "rehears", "before", "new_")
        names = [path.name for path in self.var.iterdir()] + [name for name in databases() if self.database in name]
        return sorted(name for name in names if any(mark in name for mark in marks))


def databases() -> list[str]:
    if not os.environ.get("DATABASE_URL"):
        return []
    with postgres._server() as connection:
        return [row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()]


def discard(data: Data) -> None:
    for name in databases():
        if name.startswith(data.database):
            postgres.drop(name)
    shutil.rmtree(data.var.parent, ignore_errors=True)


def new_data(*, empty: bool, **extra: str) -> Data:
    """A copy of the demonstration, or a migrated site in which nobody has an account."""
    var = Path(tempfile.mkdtemp(prefix="lms-data-")) / "var"
    database = ""
    if os.environ.get("DATABASE_URL"):
        template, files = (postgres.migrated(), None) if empty else postgres.demo()
        database = postgres.copy_of(template)
        extra = {**extra, "DATABASE_URL": postgres.url_of(database)}
    else:
        files = None if empty else prepared.demo_folder()
    if files:
        shutil.copytree(files, var)
    else:
        var.mkdir()
        if not database:
            shutil.copy(prepared.migrated(), var / "db.sqlite3")
    return Data(var, prepared.site_environment(var, LMS_DEMO="1", **extra), database)


@pytest.fixture
def demo() -> Iterator[Data]:
    data = new_data(empty=False)
    yield data
    discard(data)


@pytest.fixture
def elsewhere() -> Iterator[Data]:
    """Another server: another secret key (its own data folder), another host name."""
    data = new_data(
        empty=True,
        LMS_HOSTS="elsewhere.example",
        LMS_PUBLIC_URL="https://elsewhere.example",
        LMS_STATIC=str(prepared.static_folder()),
    )
    yield data
    discard(data)


def backup(data: Data) -> Path:
    return Path(data.manage("backup", "--verbosity", "0").strip())


def test_what_is_saved_here_is_restored_there_and_its_certificate_verifies(demo: Data, elsewhere: Data) -> None:
    demo.shell(RENDER)
    before = demo.state()
    path = backup(demo)
    assert path.parent == demo.var / "backups"
    assert oct(path.stat().st_mode & 0o777) == "0o600"

    said = demo.manage("backup", "--rehearse", "--keep", "1")
    assert str(path) in said
    assert demo.left_over() == []

    dry = elsewhere.manage("restore", str(path), "--dry-run")
    assert elsewhere.state()[1] == 0, dry
    elsewhere.manage("restore", str(path))
    assert elsewhere.state() == before
    assert elsewhere.left_over() == []
    status, named, same, key = json.loads(elsewhere.shell(VERIFY).splitlines()[-1])
    assert (status, named, same) == (200, True, True)
    assert key != (demo.var / "secret_key").read_text()


def test_a_site_with_accounts_is_replaced_only_by_force_and_kept_aside(demo: Data) -> None:
    before = demo.state()
    path = backup(demo)
    demo.shell("from lms.accounts.models import User; User.objects.filter(username='hocvien').update(full_name='Sau')")
    (demo.var / "files" / "later.txt").write_text("stored after the backup")
    after = demo.state()

    refused = demo.run("restore", str(path))
    assert (refused.returncode, "--force" in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)
    assert demo.state() == after

    said = demo.manage("restore", str(path), "--force")
    assert demo.state() == before
    aside = next(demo.var.glob("before-restore-*"))
    assert str(aside) in said
    assert (aside / "default" / "later.txt").read_text() == "stored after the backup"


ERASE = """
from lms.accounts.models import User
from lms.core import clock
from lms.people.services import erasure
erasure.erase_again(User.objects.get(username="hocvien"), erased_on=clock.today(), at=clock.now())
erasure.take_up()
"""
NAMES = "from lms.accounts.models import User; print(User.objects.filter(username='hocvien').count())"


def test_whom_a_restored_backup_brings_back_the_first_sweep_erases_again(demo: Data) -> None:
    path = backup(demo)
    demo.shell(ERASE)
    ledger = demo.var / "erased.jsonl"
    kept = ledger.read_text(encoding="utf-8")
    assert (kept.count("\n"), demo.shell(NAMES)) == (1, "0")
    demo.manage("restore", str(path), "--force")
    assert (ledger.read_text(encoding="utf-8"), demo.shell(NAMES)) == (kept, "1")
    demo.manage("sweep")
    assert (ledger.read_text(encoding="utf-8"), demo.shell(NAMES)) == (kept, "0")


def test_a_damaged_a_foreign_and_a_newer_archive_are_refused_and_nothing_is_touched(demo: Data) -> None:
    before = demo.state()
    path = backup(demo)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    (demo.var / "damaged.tar").write_bytes(data)
    (demo.var / "cut.tar").write_bytes(path.read_bytes()[:-20000])
    make(demo.var / "foreign.tar", engine="postgresql" if not demo.database else "sqlite")
    for name in ("damaged.tar", "cut.tar", "foreign.tar", "missing.tar"):
        for words in (["restore", str(demo.var / name), "--force"], ["backup", "--check", str(demo.var / name)]):
            if (name, words[0]) == ("foreign.tar", "backup"):
                continue  # whole, only not for this site
            refused = demo.run(*words)
            assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), (words, refused.stderr)
            assert name in refused.stderr
    assert demo.state() == before
    assert demo.left_over() == []


BROKEN = """
import os, signal
from django.core.management import call_command
from lms.core.backups import archive, engines, errors
def end(*arguments):
    {what}
{target} = end
call_command({command})
"""
DIE = "os.kill(os.getpid(), signal.SIGKILL)"


def broken(data: Data, *, target: str, what: str, command: str) -> subprocess.CompletedProcess[str]:
    """Run ``command`` in a process in which reaching ``target`` does ``what``."""
    code = BROKEN.format(what=what, target=target, command=command)
    return data.run("shell", "--no-imports", "--command", code)


def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_an_archive(demo: Data) -> None:
    killed = broken(demo, target="archive.Writer.seal", what=DIE, command="'backup'")
    assert killed.returncode == -signal.SIGKILL
    folder = demo.var / "backups"
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
    assert len(list(folder.glob(".part-*/*.tar"))) == 1

    path = backup(demo)
    assert sorted(item.name for item in folder.iterdir()) == [".lock", path.name]
    assert archive.check(path).rows["accounts_user"] > 4


def test_a_restore_that_fails_or_is_killed_at_the_switch_leaves_the_site_as_it_was(demo: Data) -> None:
    path = backup(demo)
    demo.shell("from lms.accounts.models import User; User.objects.filter(username='hocvien').update(full_name='Sau')")
    (demo.var / "files" / "later.txt").write_text("stored after the backup")
    before = demo.state()
    target = f"engines.{'PostgreSQL' if demo.database else 'SQLite'}.switch"
    command = f"'restore', {str(path)!r}, force=True"

    failed = broken(demo, target=target, what="raise errors.BackupError('no switch today')", command=command)
    assert failed.returncode != 0
    assert "no switch today" in failed.stderr
    assert demo.state() == before
    assert demo.left_over() == []

    killed = broken(demo, target=target, what=DIE, command=command)
    assert killed.returncode == -signal.SIGKILL
    # The files were exchanged already: the next restore, whatever becomes of it, puts that right first.
    assert not (demo.var / "files" / "later.txt").exists()
    demo.shell("from lms.core.backups import restoring; restoring.put_right(print)")
    assert demo.state() == before
    assert demo.left_over() == []


def test_a_name_that_is_taken_is_not_overwritten(demo: Data) -> None:
    code = """
import datetime as dt
from pathlib import Path
from lms.core.backups import errors, making
at = dt.datetime(2026, 11, 23, 2, 15, tzinfo=dt.UTC)
folder = Path({folder!r})
making.make(folder=folder, at=at)
before = (folder / "lms-20261123-091500.tar").read_bytes()
try:
    making.make(folder=folder, at=at)
except errors.BackupError:
    print((folder / "lms-20261123-091500.tar").read_bytes() == before, len(list(folder.glob("*.tar"))))
"""
    assert demo.shell(code.format(folder=str(demo.var / "kept"))) == "True 1"

"""Databases that are built once and copied: a full migration takes half a minute, a copy some milliseconds.

Everything lies under LMS_VAR/cache, named after a hash of what it was built from, so nothing stale is ever taken. Any
number of processes may ask at once: the first builds under a lock, the others wait for it.
"""

import fcntl
import hashlib
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("lms", "courses", "quizzes", "certificates", "media")
# What a demonstration is not made from: changing one of these makes no new one.
NOT_IN_DEMO = {"templates", "static", "locale", "docs", "settings", "ops", "templatetags", "__pycache__"}


def cache_folder() -> Path:
    folder = Path(settings.VAR_DIR) / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


_redis_databases = itertools.count(1)


def redis_of_its_own() -> str:
    """The address of a Redis database that nobody else of this run uses: a new one at each call."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return os.environ["REDIS_URL"].rpartition("/")[0] + f"/{worker * 100 + next(_redis_databases)}"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time, across all that share the data folder; a process that dies lets go."""
    with (cache_folder() / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def schema_hash() -> str:
    """Of every migration (ours and other packages'), and of what lays triggers and answers post_migrate."""
    digest = hashlib.sha256(django.get_version().encode())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        folder = Path(config.path)
        for path in sorted(folder.glob("migrations/*.py")):
            digest.update(f"{config.label}/{path.name}".encode() + path.read_bytes())
        if folder.is_relative_to(ROOT) and ".venv" not in folder.parts:
            for name in ("apps.py", "invariants.py", "triggers.py", "models.py"):
                if (folder / name).exists():
                    digest.update((folder / name).read_bytes())
            for path in sorted(folder.glob("models/*.py")):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def demo_hash() -> str:
    """Of the schema and of every file that may take part in making the demonstration."""
    digest = hashlib.sha256(schema_hash().encode())
    for top in OURS:
        for folder, folders, files in os.walk(ROOT / top):
            folders[:] = sorted(set(folders) - NOT_IN_DEMO)
            for name in sorted(files):
                if name not in {"views.py", "forms.py", "urls.py", "viewsets.py", "middleware.py"}:
                    path = Path(folder, name)
                    digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def site_environment(var: Path, **extra: str) -> dict[str, str]:
    """The environment of the embedded site on the data folder ``var``, whatever this process was started with."""
    dropped = {"DATABASE_URL", "REDIS_URL", "LMS_DEMO", "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "lms.settings.embedded",
        "LMS_VAR": str(var),
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run manage.py with ``arguments`` and return what it printed; raises with all of it when it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def migrated(*, rebuild: bool = False) -> Path:
    """A migrated, otherwise empty SQLite file with the cache's table; not to be written to."""
    wanted = cache_folder() / f"migrated-{schema_hash()}.sqlite3"

    def build(folder: Path) -> None:
        environment = site_environment(folder)
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "createcachetable", "--verbosity", "0")
        one_file(folder / "db.sqlite3")
        (folder / "db.sqlite3").rename(wanted)

    _build_once("migrated", wanted, build, rebuild=rebuild)
    return wanted


def demo_folder(*, rebuild: bool = False) -> Path:
    """A data folder (db.sqlite3, files, private, waiting tasks) with the demonstration; not to be written to.

    LMS_KEEP_DEMO=1 takes the newest that exists, whatever was changed since: quick, for work on a screen.
    """
    found = sorted(cache_folder().glob("demo-*/db.sqlite3"), key=lambda path: path.stat().st_mtime)
    if found and os.environ.get("LMS_KEEP_DEMO") == "1":
        return found[-1].parent
    wanted = cache_folder() / f"demo-{demo_hash()}"

    def build(folder: Path) -> None:
        shutil.copy(migrated(), folder / "db.sqlite3")
        manage(site_environment(folder, LMS_DEMO="1"), "prepare")
        one_file(folder / "db.sqlite3")
        (folder / "secret_key").unlink(missing_ok=True)
        folder.rename(wanted)

    _build_once("demo", wanted, build, rebuild=rebuild)
    return wanted


def static_folder() -> Path:
    """Collected and compressed static files, shared by all sites of the tests."""
    folder = cache_folder() / "static"
    folder.mkdir(exist_ok=True)
    with locked("static"):
        subprocess.run(
            ["lms/ops/static.sh"], cwd=ROOT, env=site_environment(folder), check=True, stdout=subprocess.DEVNULL
        )
    return folder / "static"


def one_file(path: Path) -> None:
    """Fold the write-ahead log into the database, so that copying one file copies all."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def _build_once(name: str, wanted: Path, build: Callable[[Path], None], *, rebuild: bool) -> None:
    """Older ones of the same name go: each is some megabytes, and a day of work would leave dozens."""
    if wanted.exists() and not rebuild:
        return
    with locked(name):
        if wanted.exists() and not rebuild:
            return
        for older in cache_folder().glob(f"{name}-*"):
            shutil.rmtree(older) if older.is_dir() else older.unlink()
        folder = Path(tempfile.mkdtemp(prefix=".building-", dir=cache_folder()))
        try:
            build(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

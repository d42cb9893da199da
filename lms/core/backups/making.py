"""One archive of everything: the database, then the files.

The database first: a file is stored before the row that names it is committed, so every file that the dump names is
still to be read afterwards. The other way round a certificate issued in between would be a row without its file.
What is stored after the dump comes along and harms nobody; what is deleted after it (a person's erasure) is gone from
the archive's files too, as it should be.
"""

import datetime as dt
import fcntl
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.core.backups import archive, keeping, places
from lms.core.backups.archive import Manifest, Member, Step
from lms.core.backups.engines import engine
from lms.core.backups.errors import BackupError

_MARGIN = 64 << 20


@dataclass(frozen=True)
class Made:
    """``missing``: storage/name of files that rows name and that are not there. ``size`` in bytes."""

    path: Path
    size: int
    manifest: Manifest
    missing: tuple[str, ...]


def expected_size() -> int:
    """Bytes that will pass through; at most, since a dump is compressed."""
    return engine().size() + sum(places.size_of(folder) for folder in places.folders().values())


def make(*, folder: Path, at: dt.datetime, step: Callable[[int], object] = lambda size: None) -> Made:
    """Write ``folder``/lms-<local time>.tar, readable by its owner only. Raises BackupError.

    It has its name only when it is complete and on the disk; whatever kills this process before leaves a hidden part,
    which the next call removes. Never replaces a file.
    """
    _prepare(folder)
    base = engine()
    ask_for_room(folder, need=2 * base.size() + sum(places.size_of(place) for place in places.folders().values()))
    final = folder / keeping.name_for(timezone.localtime(at))
    with locked(folder):
        remove_leftovers(folder)
        work = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
        try:
            draft = work / final.name
            manifest = _write(draft, work, at=at, step=step)
            _place(draft, final)
        except OSError as error:
            raise BackupError(_("The backup could not be written: %(error)s.") % {"error": error}) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    saved = {member.name for member in manifest.files}
    named = {f"files/{storage}/{name}" for storage, names in places.named_by("default").items() for name in names}
    missing = sorted(name for name in named - saved if not _stored(name))
    return Made(final, final.stat().st_size, manifest, tuple(missing))


def _write(draft: Path, work: Path, *, at: dt.datetime, step: Step) -> Manifest:
    base = engine()
    name = archive.DATABASES[base.name]
    dump = work / name
    content = base.dump(dump)
    files: list[Member] = []
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        writer = archive.Writer(target, step)
        database = writer.add(name, dump)
        if database is None:
            raise BackupError(_("The database wrote no dump."))
        dump.unlink()
        for storage, place in places.folders().items():
            for stored, path in places.files_in(place):
                member = writer.add(f"files/{storage}/{stored}", path)
                if member:
                    files.append(member)
        manifest = Manifest(
            format=archive.FORMAT,
            made_at=timezone.localtime(at).isoformat(timespec="seconds"),
            engine=base.name,
            engine_version=base.version(),
            version=version(),
            commit=commit(),
            public_url=settings.PUBLIC_URL,
            database=database,
            rows=content.rows,
            migrations=content.migrations,
            files=tuple(files),
        )
        writer.seal(manifest)
        target.flush()
        os.fsync(target.fileno())
    return manifest


def _place(draft: Path, final: Path) -> None:
    """A hard link appears whole or not at all, and refuses a name that is taken."""
    try:
        os.link(draft, final)
    except FileExistsError:
        raise BackupError(_("%(path)s exists already; nothing was replaced.") % {"path": final}) from None
    except OSError:
        # Some network folders know no hard links.
        if final.exists():
            raise BackupError(_("%(path)s exists already; nothing was replaced.") % {"path": final}) from None
        draft.rename(final)
    sync(final.parent)


def prune(folder: Path, *, days: int, weeks: int) -> list[str]:
    """Remove what ``keeping.superfluous`` names; the names, sorted."""
    gone = keeping.superfluous([path.name for path in folder.iterdir()], days=days, weeks=weeks)
    for name in gone:
        (folder / name).unlink()
    return gone


def newest(folder: Path) -> Path:
    names = sorted(path.name for path in folder.glob("lms-*.tar") if keeping.when(path.name))
    if not names:
        raise BackupError(_("There is no backup in %(path)s.") % {"path": folder})
    return folder / names[-1]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One backup or rehearsal at a time in ``folder``; a process that dies lets go."""
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BackupError(_("Another backup is being made in %(path)s.") % {"path": folder}) from None
        yield


def remove_leftovers(folder: Path) -> None:
    """Whoever holds the lock is alone: every part that is there belongs to a process that died."""
    for part in folder.glob(".part-*"):
        shutil.rmtree(part, ignore_errors=True)


def sync(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def ask_for_room(folder: Path, *, need: int) -> None:
    """Raises BackupError when fewer than ``need`` bytes and a margin are free where ``folder`` lies."""
    free = shutil.disk_usage(folder).free
    if free < need + _MARGIN:
        raise BackupError(
            _("%(path)s has %(free)s MB free; %(need)s MB are needed.")
            % {"path": folder, "free": free >> 20, "need": (need + _MARGIN) >> 20}
        )


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(_("The backup could not be written: %(error)s.") % {"error": error}) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BackupError(_("%(path)s cannot be written to.") % {"path": folder})
    for place in places.folders().values():
        if folder.resolve().is_relative_to(place.resolve()):
            raise BackupError(_("%(path)s lies among the files that are saved; choose another.") % {"path": folder})


def _stored(name: str) -> bool:
    """Came after the files had been read: no row of the dump names it."""
    _files, storage, stored = name.split("/", 2)
    return (places.folders()[storage] / stored).exists()


def version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as project:
        return str(tomllib.load(project)["project"]["version"])


def commit() -> str:
    """Of the installed release (the file RELEASE), else of the checkout, else empty."""
    with suppress(OSError):
        return (settings.BASE_DIR / "RELEASE").read_text(encoding="utf-8").strip()
    with suppress(OSError):
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607
            cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.strip()
    return ""

"""The way back: everything is made ready at the side and proved, then switched by renaming.

Until the switch nothing of the site has changed. The switch is three renames; a journal of them, written before the
first, lets the next call put a half-done switch right, whatever killed it. What the site was until then is kept aside,
unless nobody had an account in it.
"""

import datetime as dt
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.core.backups import archive, making, places
from lms.core.backups.archive import Manifest
from lms.core.backups.engines import Content, Engine, content_of, engine
from lms.core.backups.errors import BackupError

Say = Callable[[str], object]
_JOURNAL = "restore.journal"


@dataclass(frozen=True)
class Proof:
    """What was compared with the manifest; every difference would have been an error."""

    tables: int
    rows: int
    files: int
    bytes: int


@dataclass(frozen=True)
class Restored:
    """``aside``: where the former files are, None if there were none; ``discard``: the lines that remove it all."""

    proof: Proof
    aside: Path | None
    discard: tuple[str, ...]
    migrated: int


@dataclass(frozen=True)
class Exchange:
    """One folder: ``new`` takes the place of ``current``, which becomes ``aside``."""

    new: Path
    current: Path
    aside: Path

    def do(self) -> None:
        if self.current.exists():
            self.aside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.current.rename(self.aside)
        self.new.rename(self.current)

    def undo(self) -> None:
        """Right at any stage, done or half done or not begun: it looks at what is where."""
        if not self.new.exists() and self.current.exists():
            self.new.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.current.rename(self.new)
        if self.aside.exists() and not self.current.exists():
            self.aside.rename(self.current)
        with suppress(OSError):
            self.aside.parent.rmdir()


def is_empty() -> bool:
    """Nobody has an account here."""
    with suppress(DatabaseError):
        if get_user_model()._meta.db_table in connections["default"].introspection.table_names():
            return not get_user_model()._default_manager.exists()
    return True


def ask(path: Path, manifest: Manifest, *, force: bool) -> None:
    """Raises BackupError with the reason for which this archive must not be restored here."""
    here = engine()
    if manifest.engine != here.name:
        raise BackupError(
            _(
                "%(path)s was made on %(theirs)s, this site runs on %(ours)s: a backup is restored on the same kind of "
                "database."
            )
            % {"path": path, "theirs": manifest.engine, "ours": here.name}
        )
    known = _known_migrations()
    for app, names in manifest.migrations.items():
        if app in known and set(names) - known[app]:
            raise BackupError(
                _("%(path)s was made by a newer version (%(version)s) than this one: upgrade this site first.")
                % {"path": path, "version": manifest.version}
            )
    if not force and not is_empty():
        raise BackupError(
            _("This site has accounts and data. To put the backup in their place, add --force; they are kept aside.")
        )


def restore(*, path: Path, at: dt.datetime, force: bool, only_database: bool, say: Say, step: archive.Step) -> Restored:
    """Put the archive in the place of the site's database and files. Raises BackupError; then the site is as before.

    Counts and hashes are compared before the switch; outstanding migrations are applied after it, and if one fails
    the switch is taken back.
    """
    with _alone():
        put_right(say)
        base = engine()
        manifest = archive.read_manifest(path)
        ask(path, manifest, force=force)
        making.ask_for_room(settings.VAR_DIR, need=2 * manifest.volume)
        say(_("Checking every hash of %(path)s") % {"path": path})
        archive.check(path, step)
        stamp = f"{timezone.localtime(at):%Y%m%d_%H%M%S}"
        work = settings.VAR_DIR / f".restoring-{stamp}"
        aside = settings.VAR_DIR / f"before-restore-{stamp}"
        side, old = base.side_name(f"new_{stamp}"), base.side_name(f"before_{stamp}")
        was_empty = is_empty()
        try:
            work.mkdir(mode=0o700)
            say(_("Loading files and database at the side"))
            proof = load_at_side(path, manifest, work, side, step=step)
            exchanges = [] if only_database else _exchanges(work, aside)
            _write_journal(exchanges, side=side, old=old, work=work)
            try:
                for exchange in exchanges:
                    exchange.do()
                base.switch(side, old)
            except (OSError, BackupError) as error:
                _take_back(exchanges)
                _remove_journal()
                raise BackupError(str(error)) from None
            _remove_journal()
        except OSError as error:
            raise BackupError(_("The backup could not be restored: %(error)s.") % {"error": error}) from None
        finally:
            if not _journal().exists():
                base.discard(side)
                shutil.rmtree(work, ignore_errors=True)
        migrated = _migrate(base, exchanges, side=side, old=old, say=say)
        shutil.rmtree(work, ignore_errors=True)
        with suppress(Exception):
            # What it remembers belongs to the former site; a cache that does not answer has nothing to say about it.
            cache.clear()
        if was_empty:
            base.discard(old)
            shutil.rmtree(aside, ignore_errors=True)
        discard = [] if was_empty else [base.how_to_discard(old)]
        discard += [f"rm -r {aside}"] if aside.exists() else []
        return Restored(proof, aside if aside.exists() else None, tuple(discard), migrated)


def load_at_side(path: Path, manifest: Manifest, work: Path, side: str, *, step: archive.Step) -> Proof:
    """Unpack into ``work``, load the database ``side``, and compare both with the manifest. Raises BackupError."""
    archive.extract(path, manifest, work, step)
    base = engine()
    dump = work / manifest.database.name
    base.load(dump, side)
    dump.unlink()
    with base.connected(side) as alias:
        found = content_of(connections[alias])
    compare(found, manifest)
    for member in manifest.files:
        if archive.hash_of(work / member.name) != member.sha256:
            raise BackupError(_("%(name)s is not what the manifest says.") % {"name": member.name})
    return Proof(len(manifest.rows), manifest.total_rows, len(manifest.files), manifest.volume)


def compare(found: Content, manifest: Manifest) -> None:
    """Raises BackupError, naming the first table whose rows differ."""
    for table in sorted(found.rows.keys() | manifest.rows.keys()):
        there, wanted = found.rows.get(table), manifest.rows.get(table)
        if there != wanted:
            raise BackupError(
                _("Table %(table)s has %(found)s rows, the manifest says %(wanted)s.")
                % {"table": table, "found": there, "wanted": wanted}
            )
    if found.migrations != manifest.migrations:
        raise BackupError(_("The migrations in the database are not those of the manifest."))


def put_right(say: Say) -> None:
    """Finish or undo what a killed restore left; nothing to do costs one look at a file."""
    if not _journal().exists():
        return
    plan = json.loads(_journal().read_text(encoding="utf-8"))
    base = engine()
    base.open_again()
    if base.exists(plan["side"]):
        say(_("An earlier restore was interrupted: the site is put back as it was."))
        _take_back([Exchange(*(Path(place) for place in places_)) for places_ in plan["exchanges"]])
        base.discard(plan["side"])
    else:
        say(_("An earlier restore was interrupted after its switch: it stands."))
    shutil.rmtree(plan["work"], ignore_errors=True)
    _remove_journal()


def _exchanges(work: Path, aside: Path) -> list[Exchange]:
    """Folders that the archive has no file for become empty ones: a file of the former site must not shine through."""
    found = []
    for storage, current in places.folders().items():
        new = work / "files" / storage
        new.mkdir(parents=True, exist_ok=True, mode=0o700)
        _open_to_site(new)
        found.append(Exchange(new, current, aside / storage))
    return found


def _open_to_site(folder: Path) -> None:
    """The modes that Django's storage would have given."""
    for parent, __, names in os.walk(folder):
        Path(parent).chmod(0o755)
        for name in names:
            Path(parent, name).chmod(0o644)


def _take_back(exchanges: list[Exchange]) -> None:
    for exchange in reversed(exchanges):
        exchange.undo()


def _migrate(base: Engine, exchanges: list[Exchange], *, side: str, old: str, say: Say) -> int:
    connection = connections["default"]
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if not waiting:
        return 0
    say(_("Applying %(number)s migrations that are newer than the backup") % {"number": waiting})
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except Exception as error:
        base.switch(old, side)
        base.discard(side)
        _take_back(exchanges)
        raise BackupError(
            _("The migrations failed (%(error)s); the site is as it was.")
            % {"error": (str(error).splitlines() or [type(error).__name__])[0]}
        ) from error
    return waiting


def _known_migrations() -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    loader = MigrationExecutor(connections["default"]).loader
    for app, name in loader.disk_migrations or {}:
        known.setdefault(app, set()).add(name)
        known[app].update(replaced for __, replaced in loader.disk_migrations[app, name].replaces)
    return known


def _journal() -> Path:
    return Path(settings.VAR_DIR) / _JOURNAL


def _write_journal(exchanges: list[Exchange], *, side: str, old: str, work: Path) -> None:
    plan = {
        "exchanges": [[str(one.new), str(one.current), str(one.aside)] for one in exchanges],
        "side": side,
        "old": old,
        "work": str(work),
    }
    draft = _journal().with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as target:
        json.dump(plan, target)
        target.flush()
        os.fsync(target.fileno())
    draft.rename(_journal())
    making.sync(_journal().parent)


def _remove_journal() -> None:
    _journal().unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[None]:
    """One restore at a time, and none under a running `make run`, whose lock this is too."""
    run = Path(settings.VAR_DIR) / "run"
    run.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        handle = stack.enter_context((run / "lock").open("a"))
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BackupError(
                _("The data folder %(path)s is in use by a running site: stop it first.") % {"path": settings.VAR_DIR}
            ) from None
        yield

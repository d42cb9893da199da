from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lms.core import clock
from lms.core.backups import archive, restoring
from lms.core.backups.errors import BackupError
from lms.core.management.commands.backup import bar, megabytes
from lms.core.numbers import number


class Command(BaseCommand):
    help = (
        "Put an archive of `backup` in the place of the database and the files. Everything is checked and made ready "
        "at the side before anything is touched; what was there is kept aside. Stop web, worker and beat first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path)
        parser.add_argument("--force", action="store_true", help="although this site has accounts and data")
        parser.add_argument("--dry-run", action="store_true", help="check everything and report; touch nothing")
        parser.add_argument("--only-database", action="store_true", help="leave the files as they are")
        parser.add_argument("--into", type=Path, help="only unpack into this new folder; the site is not touched")

    def handle(
        self,
        *args: Any,
        archive: Path,
        force: bool,
        dry_run: bool,
        only_database: bool,
        into: Path | None,
        **options: Any,
    ) -> None:
        path = archive.absolute()
        try:
            if into:
                self._unpack(path, into.absolute())
            elif dry_run:
                self._rehearse(path, force=force)
            else:
                self._restore(path, force=force, only_database=only_database)
        except BackupError as error:
            raise CommandError(str(error)) from None

    def _rehearse(self, path: Path, *, force: bool) -> None:
        manifest = archive.read_manifest(path)
        restoring.ask(path, manifest, force=force)
        with bar("check", manifest.volume) as step:
            archive.check(path, step)
        self.stdout.write(
            _(
                "Dry run: %(rows)s rows, %(files)s files, %(size)s MB of %(when)s would be restored; nothing was "
                "touched."
            )
            % {
                "rows": number(manifest.total_rows),
                "files": number(len(manifest.files)),
                "size": megabytes(manifest.volume),
                "when": manifest.made_at,
            }
        )

    def _unpack(self, path: Path, folder: Path) -> None:
        manifest = archive.read_manifest(path)
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            raise CommandError(_("%(path)s exists already; name a new folder.") % {"path": folder}) from None
        with bar("unpack", manifest.volume) as step:
            archive.extract(path, manifest, folder, step)
        self.stdout.write(
            _("Unpacked into %(path)s: the database and %(files)s files, every hash right.")
            % {"path": folder, "files": number(len(manifest.files))}
        )

    def _restore(self, path: Path, *, force: bool, only_database: bool) -> None:
        with bar("restore", 2 * archive.read_manifest(path).volume) as step:
            done = restoring.restore(
                path=path, at=clock.now(), force=force, only_database=only_database, say=self.stdout.write, step=step
            )
        self.stdout.write(
            _("Restored: %(rows)s rows in %(tables)s tables and %(files)s files, all as in the manifest.")
            % {
                "rows": number(done.proof.rows),
                "tables": number(done.proof.tables),
                "files": number(done.proof.files),
            }
        )
        if done.discard:
            self.stdout.write(_("What was there is kept aside; when all is well, remove it:"))
            for line in done.discard:
                self.stdout.write(f"  {line}")

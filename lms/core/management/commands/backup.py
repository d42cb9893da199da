import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from lms.core import clock
from lms.core.backups import archive, making, rehearsing
from lms.core.backups.errors import BackupError
from lms.core.numbers import number


class Command(BaseCommand):
    help = (
        "Save the database and all files into one dated archive, with the hashes and counts that prove it. The site "
        "may go on working. --check and --rehearse prove an archive that exists."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, help="folder of the archives; default: LMS_BACKUPS")
        parser.add_argument("--keep", type=int, help="afterwards keep one archive of each of so many days")
        parser.add_argument("--keep-weeks", type=int, default=0, help="with --keep: and one of each of so many weeks")
        parser.add_argument("--check", type=Path, metavar="ARCHIVE", help="only compare every hash of this archive")
        parser.add_argument(
            "--rehearse", nargs="?", const="", metavar="ARCHIVE",
            help="only restore this archive (default: the newest) into a scratch database and folder, and compare",
        )  # fmt: skip

    def handle(
        self,
        *args: Any,
        to: Path | None,
        keep: int | None,
        keep_weeks: int,
        check: Path | None,
        rehearse: str | None,
        verbosity: int,
        **options: Any,
    ) -> None:
        folder = (to or Path(settings.BACKUPS_DIR)).absolute()
        try:
            if check:
                self._check(check)
            elif rehearse is not None:
                self._rehearse(Path(rehearse).absolute() if rehearse else making.newest(folder))
            else:
                self._make(folder, quiet=verbosity == 0)
            # After a rehearsal too: the nightly one removes old archives once the new one has proved itself.
            if keep is not None and not check:
                self._prune(folder, keep, keep_weeks)
        except BackupError as error:
            raise CommandError(str(error)) from None

    def _make(self, folder: Path, *, quiet: bool) -> None:
        """With --verbosity 0 the path alone, for scripts."""
        with bar("backup", making.expected_size()) as step:
            made = making.make(folder=folder, at=clock.now(), step=step)
        if quiet:
            self.stdout.write(str(made.path))
            return
        manifest = made.manifest
        self.stdout.write(
            _("%(path)s: %(size)s MB, %(rows)s rows in %(tables)s tables, %(files)s files.")
            % {
                "path": made.path,
                "size": megabytes(made.size),
                "rows": number(manifest.total_rows),
                "tables": number(len(manifest.rows)),
                "files": number(len(manifest.files)),
            }
        )
        self._missing(made.missing)

    def _prune(self, folder: Path, days: int, weeks: int) -> None:
        if days < 1 or weeks < 0:
            raise CommandError(_("--keep must be at least 1."))
        for name in making.prune(folder, days=days, weeks=weeks):
            self.stdout.write(_("%(name)s was removed: older than what is kept.") % {"name": name})

    def _check(self, path: Path) -> None:
        manifest = archive.read_manifest(path)
        with bar("check", manifest.volume) as step:
            archive.check(path, step)
        self.stdout.write(
            _(
                "%(path)s is whole: made %(when)s by version %(version)s, %(rows)s rows, %(files)s files, every hash "
                "right."
            )
            % {
                "path": path,
                "when": manifest.made_at,
                "version": manifest.version,
                "rows": number(manifest.total_rows),
                "files": number(len(manifest.files)),
            }
        )

    def _rehearse(self, path: Path) -> None:
        with bar("rehearsal", archive.read_manifest(path).volume) as step:
            done = rehearsing.rehearse(path=path, step=step)
        self.stdout.write(
            _(
                "%(path)s was restored for trial: %(rows)s rows in %(tables)s tables and %(files)s files, all as in "
                "the manifest; %(named)s files are named by rows."
            )
            % {
                "path": path,
                "rows": number(done.proof.rows),
                "tables": number(done.proof.tables),
                "files": number(done.proof.files),
                "named": number(done.named),
            }
        )
        self._missing(done.missing)

    def _missing(self, names: tuple[str, ...]) -> None:
        """Not this backup's fault, but somebody must hear of it."""
        if names:
            self.stderr.write(
                _("Attention: %(number)s files that the database names do not exist, the first: %(name)s")
                % {"number": number(len(names)), "name": names[0]}
            )


@contextmanager
def bar(what: str, total: int) -> Iterator[archive.Step]:
    with tqdm(
        desc=what, total=total, unit="B", unit_scale=True, delay=2, leave=False, disable=not sys.stderr.isatty()
    ) as shown:
        yield shown.update


def megabytes(size: int) -> str:
    return number(size / 1_000_000, 1)

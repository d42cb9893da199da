import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from courses.formats.errors import PackageError
from courses.formats.package import PackageSource
from courses.services import packages
from courses.services.package_run import CREATED, KEPT, UNCHANGED, UPDATED, Note
from lms.core import clock

OUTCOMES = (CREATED, UPDATED, UNCHANGED, KEPT)


class Command(BaseCommand):
    help = (
        "Load a course from a content package (courses/content/README.md). Safe to repeat: what a trainer has edited "
        "since is kept and reported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="folder of the package")
        parser.add_argument(
            "--check", action="store_true", help="only check, and say everything that is wrong; needs no database"
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything, report, and take it back")

    def handle(self, *args: Any, path: Path, check: bool, dry_run: bool, **options: Any) -> None:
        try:
            if check:
                self._check(path)
                return
            package = packages.read(path)
            notes = self._load(package, dry_run=dry_run)
        except PackageError as error:
            raise CommandError(f"{error}.") from None
        self._report(notes, dry_run=dry_run)

    def _check(self, path: Path) -> None:
        """Every problem on a line of its own; CommandError when there is one."""
        found = packages.problems(path)
        for error in found:
            self.stdout.write(str(error))
        if found:
            sentence = ngettext("%(count)s problem in this package", "%(count)s problems in this package", len(found))
            raise CommandError(f"{sentence % {'count': len(found)}}.")
        count = sum(1 for _activity in packages.read(path).activities())
        self.stdout.write(_("The package is in order: %(count)s activities.") % {"count": count})

    def _load(self, package: PackageSource, *, dry_run: bool) -> list[Note]:
        total = sum(1 for _activity in package.activities())
        with tqdm(total=total, unit=" activities", delay=2, disable=not sys.stderr.isatty()) as bar:
            return packages.load(package, at=clock.now(), is_rehearsal=dry_run, step=bar.update)

    def _report(self, notes: list[Note], *, dry_run: bool) -> None:
        for note in notes:
            if note.outcome == KEPT:
                self.stdout.write(_("kept: %(message)s (%(path)s)") % {"message": note.message, "path": note.path})
        self._table(notes)
        changes = sum(note.outcome in (CREATED, UPDATED) for note in notes)
        self.stdout.write(ngettext("%(count)s change", "%(count)s changes", changes) % {"count": changes})
        if dry_run:
            self.stdout.write(_("This was a dry run: nothing has been written."))

    def _table(self, notes: list[Note]) -> None:
        kinds = {
            "page": _("pages"),
            "picture": _("pictures"),
            "document": _("documents"),
            "term": _("terms"),
            "law": _("legal documents"),
            "screen": _("screens of apps"),
            "question": _("questions"),
        }
        heads = [_("new"), _("updated"), _("unchanged"), _("kept")]
        self.stdout.write(" ".join([" " * 18, *(f"{head:>12}" for head in heads)]))
        counts = Counter((note.kind, note.outcome) for note in notes)
        for kind, name in kinds.items():
            self.stdout.write(" ".join([f"{name:<18}", *(f"{counts[kind, outcome]:>12}" for outcome in OUTCOMES)]))

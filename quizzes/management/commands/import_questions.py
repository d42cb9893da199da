"""A file of questions into the bank, as drafts, as the CMS does it."""

import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from lms.accounts.models import User
from lms.core import clock, legacy
from quizzes import enums
from quizzes.formats import packaging
from quizzes.formats.item import UnreadableError
from quizzes.models import Category, ImportBatch, ImportItem, Question
from quizzes.services import imports

Outcome = ImportItem.Outcome


class Command(BaseCommand):
    help = "Enter the questions of a file as drafts. Questions that are refused are told with their line and left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=packaging.FORMATS, default="", help="default: as the file looks")
        parser.add_argument("--category", help="key of the category for questions whose file names none")
        parser.add_argument(
            "--level", choices=Question.CognitiveLevel.values, default="", help="where the file has none"
        )
        parser.add_argument("--convert", choices=legacy.TABLES, default="", help="the old code table of the text")
        parser.add_argument("--by", help="username of whoever answers for it")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        category, person = self._category(options["category"]), self._person(options["by"])
        batch = self._receive(options, category, person)
        done = False
        try:
            imports.read(batch_id=batch.pk)
            batch.refresh_from_db()
            if batch.state == ImportBatch.State.REFUSED:
                told = batch.report["problems"][0]
                line = f"{_('line')} {told['line']}: " if told["line"] else ""
                raise CommandError(f"{batch.file_name}: {line}{enums.sentence(told['code'], told['values'])}")
            counts = self._report(batch)
            wanted = batch.items.filter(is_wanted=True).count()
            if options["dry_run"]:
                self.stdout.write(_("This was a dry run: nothing has been written."))
                return
            if not wanted:
                # A file that was entered before is in order; one of which nothing fits is not.
                if counts[Outcome.REFUSED]:
                    raise CommandError(_("%(file)s: no question can be entered.") % {"file": batch.file_name})
                self.stdout.write(_("Nothing is new in this file."))
                return
            imports.confirm(batch=batch, by=person, at=clock.now())
            done = True
            with tqdm(total=batch.total, delay=2, disable=not sys.stderr.isatty()) as bar:
                made = imports.enter(batch_id=batch.pk, step=bar.update)
            self.stdout.write(_("%(count)s questions were entered as drafts.") % {"count": made})
        finally:
            if not done:
                batch.refresh_from_db()
                imports.discard(batch=batch)

    def _category(self, key: str | None) -> Category | None:
        found = Category.objects.filter(key=key).first() if key else None
        if key and found is None:
            raise CommandError(_("There is no category with the key “%(key)s”.") % {"key": key})
        return found

    def _person(self, name: str | None) -> User | None:
        found = User.objects.filter(username=name.lower(), is_active=True).first() if name else None
        if name and found is None:
            raise CommandError(_("There is no active account called “%(name)s”.") % {"name": name})
        return found

    def _receive(self, options: dict[str, Any], category: Category | None, person: User | None) -> ImportBatch:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                return imports.receive(
                    file=File(file, name=path.name),
                    name=path.name,
                    by=person,
                    at=clock.now(),
                    format=options["format"],
                    category=category,
                    convert_from=options["convert"],
                    level=options["level"],
                )
        except OSError as error:
            raise CommandError(_("The file %(path)s cannot be opened.") % {"path": path}) from error
        except UnreadableError as error:
            raise CommandError(f"{path.name}: {enums.sentence_of(error.problem)}") from error

    def _report(self, batch: ImportBatch) -> Counter[str]:
        if batch.report.get("suggests"):
            table = batch.report["suggests"]
            self.stdout.write(
                _("The text seems to be in the old code table %(name)s: add --convert %(table)s to convert it.")
                % {"name": table.upper(), "table": table}
            )
        counts: Counter[str] = Counter()
        for row in batch.items.order_by("position").iterator(chunk_size=500):
            counts[row.outcome] += 1
            for problem in row.problems:
                sentence = enums.sentence(problem["code"], problem["values"])
                self.stdout.write(f"{_('line')} {problem['line'] or row.line}: {sentence}")
        for outcome in Outcome:
            self.stdout.write(f"{outcome.label}: {counts[outcome]}")
        return counts

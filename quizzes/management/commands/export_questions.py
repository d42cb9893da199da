"""The bank, or a part of it, as a file for people or other programs."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from quizzes import enums
from quizzes.formats import packaging
from quizzes.models import Category, QuestionVersion
from quizzes.services import exports


class Command(BaseCommand):
    help = "Write questions of the bank into a file (Word, Excel, GIFT, Moodle XML, Aiken, QTI)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="where to put it")
        parser.add_argument("--out", type=Path, help="the same, by name")
        parser.add_argument("--format", choices=packaging.FORMATS, help="default: by the ending of the file")
        parser.add_argument("--category", help="key of a category: what lies in and below it")
        parser.add_argument("--status", choices=QuestionVersion.Status.values)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["out"] or options["file"]
        if path is None:
            raise CommandError(_("Say where to put the file: export_questions FILE, or --out FILE."))
        name = options["format"] or _by_suffix(path)
        if not packaging.can(name, "write"):
            raise CommandError(_("Questions cannot be written as “%(name)s”.") % {"name": name or path.suffix})
        category = None
        if options["category"]:
            category = Category.objects.filter(key=options["category"]).first()
            if category is None:
                raise CommandError(_("There is no category with the key “%(key)s”.") % {"key": options["category"]})
        rows = exports.chosen(category=category, status=options["status"] or "")
        if not rows.exists():
            raise CommandError(_("No question fits this choice, so no file was written."))
        with tqdm(exports.items(rows), total=rows.count(), delay=2, disable=not sys.stderr.isatty()) as bar:
            made = exports.written(bar, name)
        for code, trouble in made.left_out:
            self.stdout.write(f"{code}: {enums.sentence(trouble)}")
        if not made.count:
            raise CommandError(_("This format carries none of these questions, so no file was written."))
        self._save(path, made.data)
        words = {"count": made.count, "path": path, "left": len(made.left_out)}
        self.stdout.write(_("%(count)s questions are in %(path)s, %(left)s were left out.") % words)

    def _save(self, path: Path, data: bytes) -> None:
        """Beside its place first, so that a full disk leaves no half of a file."""
        half = path.with_name(f".{path.name}.half")
        try:
            half.write_bytes(data)
            half.replace(path)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise CommandError(_("The file %(path)s cannot be written.") % {"path": path}) from error


def _by_suffix(path: Path) -> str:
    return {
        ".docx": "docx",
        ".xlsx": "xlsx",
        ".gift": "gift",
        ".xml": "moodle-xml",
        ".zip": "qti",
        ".txt": "aiken",
    }.get(path.suffix.lower(), "")

"""Cleaning of old data by the rules of lms.people.services.retention, as it happens by itself every night."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from lms.core import clock
from lms.core.numbers import number
from lms.people.services import retention


class Command(BaseCommand):
    help = "Clean away what has been kept long enough. It happens every night by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.now()
        due = retention.dry_run(at)
        if options["dry_run"]:
            for rule in retention.RULES:
                self._say(rule, due[rule.key])
            self.stdout.write(_("A dry run: nothing was touched."))
            return
        with tqdm(total=sum(due.values()), disable=None, unit="row") as bar:
            run = retention.run(at=at, by=None, told=lambda key, rows: bar.update(rows))
        for rule in retention.RULES:
            self._say(rule, run.counts[rule.key])
        if run.failed:
            failed = [str(rule.title) for rule in retention.RULES if rule.key in run.failed]
            raise CommandError(_("These rules failed: %(rules)s. The log says why.") % {"rules": ", ".join(failed)})

    def _say(self, rule: retention.Rule, rows: int) -> None:
        kept = _("kept: %(time)s") % {"time": rule.kept}
        self.stdout.write(f"{rule.title}: {number(rows)} ({kept})")

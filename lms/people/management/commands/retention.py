"""Cleaning of old data by the rules of lms.people.services.retention, as it happens by itself every night."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from lms.core import clock
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
                self.stdout.write(f"{rule.key}: {due[rule.key]} ({rule.title}; {rule.kept})")
            return
        with tqdm(total=sum(due.values()), disable=None, unit="row") as bar:
            run = retention.run(at=at, by=None, told=lambda key, rows: bar.update(rows))
        for rule in retention.RULES:
            self.stdout.write(f"{rule.key}: {run.counts[rule.key]}")
        if run.failed:
            self.stderr.write(f"failed: {', '.join(run.failed)}")
            raise SystemExit(1)

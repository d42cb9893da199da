"""A roster of officers, as offices send it or in our template, as the screen at /units/roster/ takes it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from lms.accounts.models import User
from lms.core import clock
from lms.people import exports, queries
from lms.people.enums import Outcome
from lms.people.formats import FileRefusedError
from lms.people.formats.tables import MAX_BYTES
from lms.people.models import RosterBatch, RosterRow
from lms.people.services import codes as codes_service
from lms.people.services import rosters
from lms.units.models import Unit


class Command(BaseCommand):
    help = "Bring in a roster of officers (.xlsx or .csv). Nothing is written where a row is refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--unit", type=int, required=True, help="id of the unit whose subtree the rows may name")
        parser.add_argument("--by", required=True, help="username of whoever answers for it")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--skip-refused", action="store_true", help="write the other rows all the same")
        parser.add_argument("--codes", type=Path, help="where to put the .xlsx with the one-time codes")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["by"].lower(), is_active=True).first()
        unit = Unit.objects.filter(pk=options["unit"]).first()
        if person is None:
            raise CommandError(f"--by: there is no active account called {options['by']}.")
        if unit is None:
            raise CommandError(f"--unit: there is no unit with the id {options['unit']}.")
        batch = self._stage(options["file"], unit, person)
        refused = self._report(batch)
        if options["dry_run"]:
            rosters.cancel(batch=batch)
            self.stdout.write("Dry run: nothing was written.")
        elif refused and not options["skip_refused"]:
            rosters.cancel(batch=batch)
            raise CommandError(f"{options['file']}: {refused} rows are refused, nothing was written.")
        else:
            self._write(batch, person, options["codes"])

    def _stage(self, path: Path, unit: Unit, person: User) -> RosterBatch:
        try:
            if path.stat().st_size > MAX_BYTES:
                raise CommandError(f"{path}: the file is larger than 5 MB.")
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        try:
            with tqdm(unit=" rows", disable=not self.stderr.isatty()) as bar:
                return rosters.stage(
                    data=data, file_name=path.name, unit=unit, by=person, at=clock.now(), progress=bar.update
                )
        except FileRefusedError as error:
            raise CommandError(f"{path}: {error}") from error
        except rosters.NotAllowedError as error:
            raise CommandError(f"{person.username} may not bring in people to {unit}.") from error

    def _report(self, batch: RosterBatch) -> int:
        for name in queries.layout(batch).names:
            self.stdout.write(f"{batch.file_name}: {name.sentence} ({name.rows} rows)")
        for skip in queries.layout(batch).skipped:
            self.stdout.write(f"{batch.file_name}: not read: {skip.number} {skip.kind.label} (rows {skip.spans})")
        for row in RosterRow.objects.filter(batch=batch, outcome=Outcome.REFUSED).order_by("pk"):
            sheet = f"{row.sheet}: " if row.sheet else ""
            self.stdout.write(f"{batch.file_name}: {sheet}row {row.number}: {row.full_name}: {row.sentence}")
        counts = queries.counts(batch)
        self.stdout.write(
            f"{counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged, {counts.refused} refused."
        )
        return counts.refused

    def _write(self, batch: RosterBatch, person: User, codes: Path | None) -> None:
        rosters.confirm(batch=batch, by=person, at=clock.now())
        written = rosters.write(batch_id=batch.pk, at=clock.now())
        self.stdout.write(f"{written} rows written.")
        if codes:
            issued = codes_service.issue_codes(batch=batch, by=person, at=clock.now()) or []
            codes.touch(mode=0o600)
            codes.write_bytes(exports.slips_xlsx(issued))
            self.stdout.write(f"{len(issued)} one-time codes: {codes}")

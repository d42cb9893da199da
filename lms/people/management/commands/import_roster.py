"""A roster of officers, as offices send it or in our template, as the screen at /units/roster/ takes it."""

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from lms.accounts.models import User
from lms.core import clock
from lms.people import exports, queries
from lms.people.enums import FIELDS, WRITTEN, FileFault, Outcome, Sync
from lms.people.formats import FileRefusedError
from lms.people.formats.tables import MAX_BYTES
from lms.people.models import RosterBatch, RosterLeaver, RosterRow
from lms.people.queries import doubts
from lms.people.services import codes as codes_service
from lms.people.services import roster_leavers, rosters
from lms.people.templatetags import people_tags
from lms.units.models import Unit

# So many differences are told one by one; refused and doubtful rows all are.
DIFFERENCES = 1000
FETCH = 2000


def day(written: str) -> dt.date:
    for pattern in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return dt.datetime.strptime(written, pattern).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    raise ArgumentTypeError(f"{written}: dd/mm/yyyy")


class Command(BaseCommand):
    help = "Bring in a roster of officers (.xlsx or .csv). Nothing is written where a row is refused or doubtful."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--unit", type=int, required=True, help="id of the unit whose subtree the rows may name")
        parser.add_argument("--by", required=True, help="username of whoever answers for it")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument(
            "--skip-refused", action="store_true", help="write the other rows all the same; doubtful rows stay out"
        )
        parser.add_argument(
            "--full-list",
            choices=[Sync.NAMED.value, Sync.ALL.value],
            help="whoever serves and is not in the file leaves: in every unit that it names, or in the whole unit",
        )
        parser.add_argument("--leaving-on", type=day, help="with --full-list: first day without them (default today)")
        parser.add_argument("--codes", type=Path, help="where to put the .xlsx with the one-time codes")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["by"].lower(), is_active=True).first()
        unit = Unit.objects.filter(pk=options["unit"]).first()
        if person is None:
            raise CommandError(_("--by: there is no active account called %(name)s.") % {"name": options["by"]})
        if unit is None:
            raise CommandError(_("--unit: there is no unit with the id %(id)s.") % {"id": options["unit"]})
        batch = self._stage(options, unit, person)
        try:
            self._carry_out(batch, person, options)
        finally:
            rosters.cancel(batch=batch)  # what was not confirmed leaves no rows behind

    def _carry_out(self, batch: RosterBatch, person: User, options: dict[str, Any]) -> None:
        stay_out = self._report(batch)
        if options["dry_run"]:
            self.stdout.write(_("Dry run: nothing was written."))
        elif stay_out and not options["skip_refused"]:
            raise CommandError(
                _("%(file)s: %(rows)s rows are refused or doubtful, nothing was written.")
                % {"file": options["file"], "rows": stay_out}
            )
        else:
            self._write(batch, person, options["codes"])

    def _stage(self, options: dict[str, Any], unit: Unit, person: User) -> RosterBatch:
        path = options["file"]
        try:
            if path.stat().st_size > MAX_BYTES:
                raise CommandError(f"{path}: {FileFault.TOO_BIG.label}")
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        try:
            with tqdm(unit=" dòng", disable=not self.stderr.isatty()) as bar:
                return rosters.stage(
                    data=data,
                    file_name=path.name,
                    unit=unit,
                    by=person,
                    at=clock.now(),
                    progress=bar.update,
                    sync=options["full_list"] or Sync.ADD,
                    leaving_on=options["leaving_on"],
                )
        except FileRefusedError as error:
            raise CommandError(f"{path}: {error}") from error
        except rosters.NotAllowedError as error:
            raise CommandError(
                _("%(person)s may not bring in people to %(unit)s.") % {"person": person.username, "unit": unit}
            ) from error

    # --- What would happen

    def _report(self, batch: RosterBatch) -> int:
        """The same as the screen says; answers how many rows stay out."""
        self._report_layout(batch)
        rows = RosterRow.objects.filter(batch=batch)
        for row in rows.filter(outcome__in=[Outcome.REFUSED, Outcome.CONFLICT]).order_by("pk").iterator(FETCH):
            kind = f" ({row.get_outcome_display()})" if row.outcome == Outcome.CONFLICT else ""
            self.stdout.write(f"{self._place(row)}: {row.full_name}: {row.sentence}{kind}")
        self._report_differences(batch)
        self._report_leavers(batch)
        counts = queries.counts(batch)
        told = [f"{getattr(counts, outcome.value)} {outcome.label}" for outcome in Outcome]
        if batch.sync != Sync.ADD:
            told.append(f"{counts.leaving} {_('leaving')}")
        self.stdout.write(", ".join(told) + ".")
        self.stdout.write(_("%(number)s changes.") % {"number": counts.to_write})
        return counts.refused + counts.conflict

    def _place(self, row: RosterRow) -> str:
        sheet = f"{row.sheet}: " if row.sheet else ""
        words = _("row %(number)s") % {"number": row.number}
        return f"{sheet}{words}"

    def _report_layout(self, batch: RosterBatch) -> None:
        layout = queries.layout(batch)
        for sheet in layout.sheets:
            read = ", ".join(
                f"{each.letter} = {FIELDS[each.column]}" for each in sheet.columns if each.column in FIELDS
            )
            name = f"{sheet.name}, " if sheet.name else ""
            words = _("columns, header in row %(row)s") % {"row": sheet.row}
            self.stdout.write(f"{name}{words}: {read}")
            if sheet.unknown:
                self.stdout.write(f"{_('not known, not read')}: {', '.join(sheet.unknown)}")
        for known in layout.names:
            self.stdout.write(f"{known.sentence} ({known.rows})")
        for skip in layout.skipped:
            self.stdout.write(f"{_('not read')}: {skip.number} {skip.kind.label} ({skip.spans})")

    def _report_differences(self, batch: RosterBatch) -> None:
        changed = RosterRow.objects.filter(batch=batch, outcome__in=[each for each in WRITTEN if each != Outcome.NEW])
        for row in changed.order_by("pk")[:DIFFERENCES]:
            told = "; ".join(f"{field}: {old} → {new}" for field, old, new in people_tags.changes(row))
            self.stdout.write(f"{self._place(row)}: {row.full_name}: {told}")
        more = changed.count() - DIFFERENCES
        if more > 0:
            self.stdout.write(_("… and %(number)s more changed rows.") % {"number": more})

    def _report_leavers(self, batch: RosterBatch) -> None:
        rows = RosterLeaver.objects.filter(batch=batch).select_related("appointment__person").order_by("pk")
        for leaver in doubts.leavers_of(list(rows)):
            what = _("stays") if leaver.row.stays else _("leaves")
            self.stdout.write(f"{what}: {leaver.full_name}, {leaver.position}, {leaver.unit}")
        guard = roster_leavers.guard_of(batch)
        if guard.is_needed:
            self.stdout.write(_("So many people would leave that a second person has to agree first."))

    # --- Writing

    def _write(self, batch: RosterBatch, person: User, codes: Path | None) -> None:
        try:
            rosters.confirm(batch=batch, by=person, at=clock.now())
        except roster_leavers.LeaversError as error:
            raise CommandError(
                _("So many people would leave that a second person has to agree first: send the file by the screen.")
            ) from error
        waiting = queries.counts(batch).to_write
        with tqdm(total=waiting, unit=" dòng", disable=not self.stderr.isatty()) as bar:
            written = rosters.write(batch_id=batch.pk, at=clock.now(), progress=bar.update)
        self.stdout.write(_("%(number)s rows written.") % {"number": written})
        if codes:
            issued = codes_service.issue_codes(batch=batch, by=person, at=clock.now()) or []
            codes.touch(mode=0o600)
            codes.write_bytes(exports.slips_xlsx(issued))
            self.stdout.write(_("%(number)s one-time codes: %(path)s") % {"number": len(issued), "path": codes})

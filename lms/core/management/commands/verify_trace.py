import datetime as dt
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext, gettext_noop
from tqdm import tqdm

from lms.core import clock, trace
from lms.core.models import TraceAnchor

SENTENCES = {
    "changed": gettext_noop("Link %(seq)s: the entry %(entry)s was changed after it was sealed."),
    "missing": gettext_noop("Link %(seq)s: the entry %(entry)s is missing."),
    "broken": gettext_noop("Link %(seq)s (entry %(entry)s) does not name the link before it."),
    "forged": gettext_noop("Link %(seq)s (entry %(entry)s) was changed: its own hash is wrong."),
    "gap": gettext_noop("Links %(seq)s to %(note)s are missing."),
    "cut": gettext_noop("The end of the chain was cut: links from %(seq)s to %(note)s were there, or lay otherwise."),
    "erased": gettext_noop("Link %(seq)s: the entry %(entry)s is empty, and no erasure in the chain says why."),
    "unsealed": gettext_noop("The entry %(entry)s is not sealed, though it is more than ten minutes old."),
    "anchor": gettext_noop("The chain does not contain the anchor %(note)s."),
}
# Where no sweep runs nothing is sealed: a thousand sentences say no more than these.
UNSEALED_TOLD = 5


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is no day: write it as 2026-11-23.") from error


class Command(BaseCommand):
    help = "Check the chain of hashes over the log. Exit status 1 and one sentence for everything that is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=_day, help="begin with what was sealed on this day (2026-11-23)")
        parser.add_argument(
            "--anchor", default="", help="the hash of an anchor noted outside: the chain must contain it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        walked = trace.Walked()
        found = unsealed = 0
        with tqdm(unit=" links", disable=options["verbosity"] == 0 or not sys.stderr.isatty(), leave=False) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            for finding in trace.verify(
                walked=walked, at=clock.now(), since=options["since"], noted=options["anchor"], progress=progress
            ):
                found += 1
                unsealed += finding.key == "unsealed"
                if finding.key != "unsealed" or unsealed <= UNSEALED_TOLD:
                    self.stdout.write(gettext(SENTENCES[finding.key]) % vars(finding))
        if unsealed > UNSEALED_TOLD:
            more = {"number": unsealed - UNSEALED_TOLD}
            self.stdout.write(gettext("%(number)s more entries are not sealed. Does the sweep run?") % more)
        self.stdout.write(
            gettext("%(links)s links checked, %(erased)s of erased entries; %(waiting)s entries wait for their seal.")
            % vars(walked)
        )
        self.stdout.write(gettext("Last link: %(seq)s %(hash)s") % vars(walked))
        if last := TraceAnchor.objects.first():
            noted = {"day": f"{last.day:%d/%m/%Y}", "seq": last.seq, "hash": last.hash}
            self.stdout.write(gettext("Anchor of %(day)s: %(seq)s %(hash)s") % noted)
        if found:
            raise CommandError(gettext("The trace is not whole: %(number)s findings.") % {"number": found})

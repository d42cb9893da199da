"""The national lists of units, from CSV files into one tree over time."""

import time
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from tqdm import tqdm

from lms.accounts.models import User
from lms.core import clock
from lms.core.numbers import number
from lms.units.formats import PROJECT_DATA, InputError, Source, UnitListFile, read_source
from lms.units.models import Reorganisation, Unit
from lms.units.queries import counts_by_level, problems
from lms.units.rules import Change, Difference, Gap, Unresolved, tell
from lms.units.services.errors import RefusedError
from lms.units.services.lists import (
    Loaded,
    compare,
    draft_list,
    import_lists,
    is_loaded,
    newer_list,
    rows_of,
    standing_keys,
)
from lms.units.services.reorganising import apply


class Command(BaseCommand):
    help = (
        "Load the lists of units (units-<day>.csv) and the successions between them (successions-<day>.csv) into one "
        "tree over time. Fills an empty tree; a second run with the same files compares and changes nothing. A newer "
        "list shows what it changes and becomes a plan, which is confirmed on the screen or with --apply. What the "
        "lists do not say is listed, never guessed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, default=PROJECT_DATA, help="default: the project's own lists"
        )
        parser.add_argument("--dry-run", action="store_true", help="read, check and report; write nothing")
        parser.add_argument("--verbose", action="store_true", help="name every unit, not only how many")
        parser.add_argument("--apply", action="store_true", help="carry out what a newer list changes, at once")
        parser.add_argument("--by", default="", help="with --apply: the superuser who answers for it, by user name")

    def handle(self, *args: Any, folder: Path, dry_run: bool, verbose: bool, verbosity: int, **options: Any) -> None:
        began = time.monotonic()
        try:
            source = read_source(folder, standing=standing_keys())
            newer = newer_list(source)
            if newer:
                self._change(source, newer, dry_run=dry_run, verbose=verbose, quiet=verbosity == 0, **options)
                return
            history = tell(source)
            rows = rows_of(history)
            loaded = _would_load(source, rows) if dry_run else _load(source, rows, quiet=verbosity == 0)
        except InputError as error:
            raise CommandError(_sentence(error)) from None
        except RefusedError as error:
            raise CommandError(_(error.reason) % error.params + ".") from None
        if verbosity == 0:
            return
        for entry in source.lists:
            self.stdout.write(_counts(entry, asked=not dry_run))
        self._report_gaps(history.unresolved, verbose=verbose)
        self._conclude(loaded, dry_run=dry_run, seconds=time.monotonic() - began)

    def _change(
        self, source: Source, entry: UnitListFile, *, dry_run: bool, verbose: bool, quiet: bool, **options: Any
    ) -> None:
        """A newer list on a loaded tree: what it changes, then the plan, then, if asked, the change itself."""
        by = _superuser(options["by"]) if options["apply"] else None
        found = compare(source, entry)
        if not quiet:
            self._report_changes(entry, found, verbose=verbose)
            self._report_gaps(found.unresolved, verbose=verbose)
            for link in found.stray:
                text = _("  succession of a unit that is not in the tree any more, left out: %(old)s → %(new)s")
                self.stdout.write(text % {"old": link.old[1], "new": link.new[1]})
        if dry_run:
            self._say(_("Dry run: nothing was written."), quiet)
            return
        plan = draft_list(source=source, entry=entry, found=found, at=clock.now(), by=by)
        if plan is None:
            self._say(_("0 changes: the list says what the tree says."), quiet)
            return
        self._report_problems(plan, quiet=quiet)
        if not options["apply"]:
            said = _("The plan “%(plan)s” waits to be confirmed: on the screen, or with --apply --by USERNAME.")
            self._say(said % {"plan": plan}, quiet)
            return
        with tqdm(desc="import_units", unit=" people", disable=quiet, leave=False) as bar:
            done = apply(reorganisation=plan, by=by, at=clock.now(), progress=bar.update, wait=True)
        if done.failure:
            raise CommandError(done.failure)
        text = _("Done: %(closed)s units closed, %(opened)s opened, %(people)s people went along.")
        roles = Counter(done.reorganised.values_list("role", flat=True))
        numbers = {"closed": roles["closed"], "opened": roles["opened"], "people": done.people_moved}
        self._say(text % {key: number(value) for key, value in numbers.items()}, quiet)

    def _say(self, sentence: str, quiet: bool) -> None:
        if not quiet:
            self.stdout.write(sentence)

    def _report_changes(self, entry: UnitListFile, found: Difference, *, verbose: bool) -> None:
        self.stdout.write(_("What %(file)s changes in the tree:") % {"file": entry.name})
        if not found.changes:
            self.stdout.write("  " + _("0 changes"))
        groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for change in found.changes:
            groups[change.level, change.what].append(change)
        for (level, what), items in groups.items():
            line = "%(number)s × %(level)s: %(what)s" % {  # noqa: UP031  as the lines of gaps
                "number": number(len(items)), "level": _level_word(level), "what": _what_word(what),
            }  # fmt: skip
            self.stdout.write("  " + line)
            for item in items if verbose else ():
                self.stdout.write(f"    {item.code} {', '.join(item.before) or '–'} → {', '.join(item.after) or '–'}")

    def _report_problems(self, plan: Reorganisation, *, quiet: bool) -> None:
        """Warnings by their number; the first problem ends the command, the plan stays a draft."""
        found = problems(plan)
        for problem in found:
            if not problem.is_warning:
                raise CommandError(_(problem.reason) % problem.params + ".")
        for key, times in Counter(problem.reason for problem in found).items():
            sample = next(problem for problem in found if problem.reason == key)
            self._say("  " + f"{number(times)} × {_(key) % sample.params}", quiet)

    def _report_gaps(self, unresolved: Iterable[Unresolved], *, verbose: bool) -> None:
        """One line for each kind of gap, level and day; with ``verbose`` the units under it."""
        groups: dict[tuple[Any, ...], list[Unresolved]] = defaultdict(list)
        for item in unresolved:
            groups[item.boundary.on, item.node.level, item.gap].append(item)
        if not groups:
            self.stdout.write(_("The lists leave nothing open."))
            return
        self.stdout.write(_("Not told by the lists, and not guessed:"))
        for (_day, level, gap), items in groups.items():
            self.stdout.write("  " + _gap_line(gap, level, items))
            if verbose:
                for item in items:
                    self.stdout.write("    " + _gap_unit(item))
        if not verbose:
            self.stdout.write("  " + _("--verbose names them."))

    def _conclude(self, loaded: Loaded, *, dry_run: bool, seconds: float) -> None:
        took = number(seconds, 1)
        if dry_run:
            self.stdout.write(
                _("Dry run: %(rows)s rows would be written; nothing was.") % {"rows": number(loaded.rows)}
            )
        elif loaded.rows:
            self.stdout.write(
                _("%(rows)s rows written in %(seconds)s s.") % {"rows": number(loaded.rows), "seconds": took}
            )
        else:
            self.stdout.write(_("These lists are loaded already: 0 changes (%(seconds)s s).") % {"seconds": took})
        for found in loaded.differences:
            where = _("row %(row)s") % {"row": found.row} if found.row else _("in the tree only")
            self.stdout.write(
                _("  differs from the list, left as it is: %(file)s, %(where)s, %(code)s %(name)s")
                % {"file": found.file, "where": where, "code": found.code, "name": found.name}
            )


def _superuser(username: str) -> User:
    found = User.objects.filter(username=username, is_superuser=True, is_active=True).first()
    if found is None:
        raise CommandError(_("--apply needs --by with the user name of a superuser."))
    return found


def _what_word(what: str) -> str:
    return {
        "opened": pgettext("unit", "opened"),
        "closed": pgettext("unit", "closed"),
        "renamed": _("renamed"),
        "retyped": _("of another type"),
        "moved": _("under another unit"),
        "recoded": _("with another code"),
    }[what]


def _would_load(source: Source, rows: int) -> Loaded:
    return Loaded(0 if is_loaded(source) else rows)


def _load(source: Source, rows: int, *, quiet: bool) -> Loaded:
    # Every row is prepared, then written.
    with tqdm(desc="import_units", total=2 * rows, unit=" rows", disable=quiet, leave=False) as bar:
        return import_lists(source=source, at=clock.now(), progress=bar.update)


def _sentence(error: InputError) -> str:
    reason = _(error.reason) % error.params
    if error.row:
        return _("%(file)s, row %(row)s: %(reason)s.") % {"file": error.file, "row": error.row, "reason": reason}
    return _("%(file)s: %(reason)s.") % {"file": error.file, "reason": reason}


def _counts(entry: UnitListFile, *, asked: bool) -> str:
    """The line of one day; ``asked``: counted in the tree, else in the list."""
    if asked:
        counts = counts_by_level(Unit.objects.get(depth=1), entry.as_of)
    else:
        counts = defaultdict(int)
        for row in entry.units.values():
            counts[row.level] += 1
    text = {level: number(counts.get(level, 0)) for level in ("province", "district", "commune")}
    return (
        f"{entry.as_of:%d/%m/%Y}: " + _("%(province)s provinces, %(district)s districts, %(commune)s communes") % text
    )


def _gap_line(gap: Gap, level: str, items: list[Unresolved]) -> str:
    boundary = items[0].boundary
    day = f"{boundary.on:%d/%m/%Y}"
    if boundary.after:
        day = _("between %(after)s and %(on)s") % {"after": f"{boundary.after:%d/%m/%Y}", "on": day}
    what = {
        Gap.NO_SUCCESSOR: _("gone, no successor told"),
        Gap.NO_PREDECESSOR: _("new, no predecessor told"),
        Gap.OTHER_NAME: _("code under another parent and another name, not linked"),
        Gap.LEVEL_ENDED: _("closed, the level ended"),
    }[gap]
    return _("%(day)s: %(number)s × %(level)s: %(what)s") % {
        "day": day, "number": number(len(items)), "level": _level_word(level), "what": what,
    }  # fmt: skip


def _level_word(key: str) -> str:
    return {"province": _("province"), "district": _("district"), "commune": _("commune")}.get(key, key)


def _gap_unit(item: Unresolved) -> str:
    parents = []
    node = item.node
    while node.parent:
        node = node.parent
        parents.append(node.names[-1].full)
    line = f"{item.node.code} {', '.join([item.node.names[-1].full, *parents])}"
    return f"{line} → {item.became.names[-1].full}" if item.became else line

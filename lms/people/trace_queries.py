"""Reads of the log: what somebody may see of it, in sentences, with what was before and after.

Superusers see everything. Holders of "approve" see the entries of the units in which they hold it (``path`` among the
data of the entry) and of those that went whole into them: who answers for people and rights answers for what was done
there. "See results" does not open the log, because the log says what colleagues did, not what was learnt. Entries of
the CMS and others without a unit are a superuser's matter.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry, PageLogEntry

from certificates.models import Certificate
from courses.models import Submission
from lms.accounts import phones
from lms.accounts.models import User
from lms.core import audit, clock, text
from lms.core.numbers import number
from lms.fanpages.models import PageRecord
from lms.people.enums import ApprovalState
from lms.people.models import Approval, DataRequest, JoinLink
from lms.people.trace_words import ASKED, BY, CLEANED, FIELDS, GROUPS, RIGHTS, SENTENCES, SOURCES
from lms.plans.models import Assignment
from lms.units import queries as units
from lms.units.models import Appointment, Grant, Level, Unit
from lms.units.queries import UnitOnDay
from lms.units.scope import below, granted_paths, has_any_grant
from quizzes.models import Override, QuestionVersion, Regrade

A_PAGE = 50
CSV_AT_MOST = 100_000
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ISO_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_SEVERAL = 400


@dataclass(frozen=True)
class Asked:
    """What is looked for. ``about``: words of the name of whom it is about; ``by``: of who did it; ``group``: a key of
    GROUPS; ``since`` and ``until``: days in Việt Nam, both included.
    """

    about: str = ""
    by: str = ""
    group: str = ""
    unit: Unit | None = None
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class Change:
    """One field: "chức vụ", "Chuyên viên" → "Phó Chủ tịch"; "" is empty."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One entry, readable. ``origin``: request, task or command and address, in words; ``seen_as``: the real person."""

    key: str
    at: dt.datetime
    sentence: str
    action: str
    by: str
    whom: str
    unit: str
    changes: tuple[Change, ...]
    reason: str
    address: str
    request: str
    source: str
    is_erased: bool

    @property
    def full(self) -> str:
        """The sentence with its changes and its reason, as the file has it."""
        told = self.sentence
        if self.changes:
            told += ": " + "; ".join(
                _("%(field)s “%(before)s” → “%(after)s”") % vars(change) for change in self.changes
            )
        if self.reason:
            told += " " + _("(reason: %(reason)s)") % {"reason": self.reason}
        return told


# --- Which entries ----------------------------------------------------------------------------------


def may_look(viewer: User) -> bool:
    return viewer.is_superuser or has_any_grant(viewer, Grant.Right.APPROVE)


def visible_to(viewer: User) -> QuerySet[ModelLogEntry]:
    """Entries about records that ``viewer`` may read. Two queries for the rights, none for a superuser."""
    entries = ModelLogEntry.objects.all()
    return entries if viewer.is_superuser else entries.filter(_within(granted_paths(viewer, Grant.Right.APPROVE)))


def _within(paths: Iterable[str]) -> Q:
    return below(paths, "data__path", text=KT("data__path"))


def entries_about(person: User) -> QuerySet[ModelLogEntry]:
    """Entries about ``person``, and those whose data name the account: what a person may read of oneself."""
    return audit.entries_of(person).order_by("-timestamp", "-pk")


def _filtered(entries: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    if asked.since:
        entries = entries.filter(timestamp__gte=clock.end_of_day(asked.since - dt.timedelta(days=1)))
    if asked.until:
        entries = entries.filter(timestamp__lt=clock.end_of_day(asked.until))
    if asked.group in GROUPS:
        beginnings = Q(pk__in=[])
        for beginning in GROUPS[asked.group][1]:
            beginnings |= Q(action__startswith=beginning)
        entries = entries.filter(beginnings)
    if asked.unit is not None:
        entries = entries.filter(data__path__startswith=asked.unit.path)
    if asked.by:
        entries = entries.filter(user__in=_named(asked.by).values("pk"))
    if asked.about:
        entries = entries.filter(_about(asked.about))
    return entries


def _named(typed: str) -> QuerySet[User]:
    cleaned = text.clean(typed)
    words = Q()
    for word in text.fold(cleaned).split():
        words &= Q(name_folded__contains=word)
    return User.objects.filter(words | Q(username=cleaned.lower()))


def _about(typed: str) -> Q:
    """People by their names without diacritics; other things by their label as it was written."""
    people = list(_named(typed).order_by("pk").values_list("pk", flat=True)[:_SEVERAL])
    kind = ContentType.objects.get_for_model(User)
    return Q(content_type=kind, object_id__in=[str(pk) for pk in people]) | Q(label__icontains=text.clean(typed))


def _tables(viewer: User, asked: Asked) -> list[QuerySet[Any]]:
    """The CMS's own entries about pages have no unit: only a superuser reads them, and only without a unit."""
    tables: list[QuerySet[Any]] = [_filtered(visible_to(viewer), asked)]
    if viewer.is_superuser and asked.unit is None:
        pages = _filtered(
            PageLogEntry.objects.all(), Asked(by=asked.by, group=asked.group, since=asked.since, until=asked.until)
        )
        tables.append(pages.filter(label__icontains=text.clean(asked.about)) if asked.about else pages)
    return [table.select_related("user").order_by("-timestamp", "-pk") for table in tables]


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    number: int
    has_next: bool

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1


def page_of(viewer: User, asked: Asked, number: int = 1) -> Page:
    """One page, the latest first. Nothing is counted: a log of years would cost more to count than to read.

    The same number of queries however many entries.
    """
    number = min(max(number, 1), 2000)
    end = number * A_PAGE + 1
    found = [entry for table in _tables(viewer, asked) for entry in table[:end]]
    found.sort(key=lambda entry: (entry.timestamp, entry.pk), reverse=True)
    shown = found[end - 1 - A_PAGE : end - 1]
    return Page(lines(shown), number, len(found) >= end)


def lines_for_file(viewer: User, asked: Asked) -> Iterator[Line]:
    """All that fits, the latest first, at most CSV_AT_MOST; a few queries for each 500."""
    left = CSV_AT_MOST
    for table in _tables(viewer, asked):
        start = 0
        while left > 0 and (found := list(table[start : start + 500])):
            yield from lines(found[:left])
            left -= len(found)
            start += 500


# --- In words ---------------------------------------------------------------------------------------


def lines(entries: Iterable[Any]) -> list[Line]:
    """Each entry in words, in the order given. Two queries, the names of the units and of the real people, and one for
    each kind of thing that has no name of its own.
    """
    listed = list(entries)
    things = _things(listed)
    wanted = {unit for entry in listed if (unit := _unit_of(entry))}
    names = units.names_on(wanted | {thing for thing in things.values() if isinstance(thing, int)}, clock.today())
    called = {
        key: (names[thing].name if thing in names else "") if isinstance(thing, int) else thing
        for key, thing in things.items()
    }
    real = {entry.data["as"] for entry in listed if isinstance(entry.data.get("as"), int)}
    people = dict(User.objects.filter(pk__in=real).values_list("pk", "full_name")) if real else {}
    levels = _levels(listed)
    return [_line(entry, names, people, called, levels) for entry in listed]


# What the label of an entry calls by a number: its kind → the columns of which its words are made. A whole number among
# them is a unit.
_NAMED_BY: dict[type[Any], tuple[str, ...]] = {
    Assignment: ("course__title",),
    Submission: ("enrolment__user__full_name", "activity__title"),
    Certificate: ("payload__number", "completion__user__full_name"),
    Approval: ("subject__full_name",),
    DataRequest: ("person__full_name",),
    Override: ("quiz__activity__title", "person__full_name"),
    Regrade: ("quiz__activity__title",),
    JoinLink: ("unit_id",),
    PageRecord: ("unit_id",),
    Unit: ("pk",),
}


def _things(listed: list[Any]) -> dict[tuple[int, str], str | int]:
    """(content type, object id) → words, or the id of a unit; what is gone keeps the label of the entry."""
    found: dict[tuple[int, str], str | int] = {}
    for model, columns in _NAMED_BY.items():
        kind = ContentType.objects.get_for_model(model).pk
        ids = {
            entry.object_id for entry in listed
            if isinstance(entry, ModelLogEntry) and entry.content_type_id == kind and not _is_erased(entry)
        }  # fmt: skip
        for pk, *values in model._base_manager.filter(pk__in=ids).values_list("pk", *columns) if ids else ():
            said = [str(value) for value in values if value]
            found[kind, str(pk)] = values[0] if isinstance(values[0], int) else ", ".join(said)
    return found


def _levels(listed: list[Any]) -> dict[str, str]:
    """Key of a level → its name, where an entry tells of levels. One query at most."""
    told = any(isinstance(entry.data, dict) and "levels" in str(entry.data) for entry in listed)
    return dict(Level.objects.values_list("key", "name")) if told else {}


def _is_erased(entry: Any) -> bool:
    return entry.label == "" and entry.data == {}


def _unit_of(entry: Any) -> int | None:
    unit = entry.data.get("unit") if isinstance(entry.data, dict) else None
    return unit if isinstance(unit, int) and not isinstance(unit, bool) else None


def _line(
    entry: Any,
    names: dict[int, UnitOnDay],
    people: dict[int, str],
    called: dict[tuple[int, str], str],
    levels: dict[str, str],
) -> Line:
    data = entry.data if isinstance(entry.data, dict) else {}
    unit = names.get(_unit_of(entry) or 0)
    origin = str(data.get("task") or data.get("command") or "")
    by = str(entry.user) if entry.user_id and entry.user else str(BY.get(origin, BY[""]))
    if data.get("as") in people:
        by = _("%(viewer)s, seeing the site as %(person)s,") % {"viewer": people[data["as"]], "person": by}
    is_erased = _is_erased(entry)
    whom = _("(erased)") if is_erased else entry.label
    if isinstance(entry, ModelLogEntry):
        whom = called.get((entry.content_type_id or 0, entry.object_id)) or whom
    said: dict[str, str] = defaultdict(lambda: "–")
    said.update({key: _shown(key, value) for key, value in data.items() if key not in ("before", "after")})
    said.update(by=by, whom=whom, unit=unit.name if unit else "–")
    for key in ("what", "decision"):
        if key in data:
            said[key] = _in_words(key, str(data[key]))
    formatter = registry.get_formatter(entry)
    label = str(formatter.label) if formatter else entry.action
    sentence = str(SENTENCES[entry.action]) % said if entry.action in SENTENCES else f"{by}: {label} ({whom})"
    request = data.get("request")
    return Line(
        key=f"{'p' if isinstance(entry, PageLogEntry) else 'm'}{entry.pk}", at=entry.timestamp, sentence=sentence,
        action=label, by=by, whom=whom, unit=unit.name if unit else "", changes=_changes(data, levels),
        reason=str(data.get("reason") or ""), address=str(data.get("address") or ""),
        request=request if isinstance(request, str) else "", source=str(SOURCES.get(origin, SOURCES[""]))
        if origin else "",
        is_erased=is_erased,
    )  # fmt: skip


def _changes(data: dict[str, Any], levels: dict[str, str]) -> tuple[Change, ...]:
    before, after = data.get("before") or {}, data.get("after") or {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        key = next((key for key in ("category", "tags") if key in data), "status")
        return (Change(_field(key), _shown(key, data.get("before")), _shown(key, data.get(key))),)

    def shown(key: str, value: Any) -> str:
        if key == "levels" and isinstance(value, list):
            value = [levels.get(level, level) for level in value]
        return _shown(key, value)

    changes = [
        Change(_field(key), shown(key, before.get(key)), shown(key, after.get(key))) for key in {**before, **after}
    ]
    # What is only told along, the same before and after, is no change.
    return tuple(change for change in changes if change.before != change.after)


def _field(key: str) -> str:
    return str(FIELDS.get(key, key))


def _shown(key: str, value: Any) -> str:
    """A value as people read it: 23/11/2026, yes and no, the name of a right or a duty, a list with commas."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_shown(key, part) for part in value)
    if key == "counts" and isinstance(value, dict):
        told = [f"{CLEANED.get(rule, rule)}: {number(part)}" for rule, part in value.items() if part]
        return "; ".join(told) or _("nothing was over its time")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(name, part)}" for name, part in value.items())
    written = str(value)
    if _ISO_DAY.fullmatch(written):
        return f"{dt.date.fromisoformat(written):%d/%m/%Y}"
    if _ISO_INSTANT.fullmatch(written):
        return _instant(written)
    if key in _PHONES and written.startswith("+84"):
        return phones.display(written)
    if key == "right" and written in RIGHTS:
        return str(RIGHTS[written])
    for keys, choices in _ENUMS:
        if key in keys and written in choices.values:
            return str(choices(written).label)
    return written


_PHONES = ("phone", "contact_phone")
# Fields whose value is a key, and what says it in words. A page is told by its address or, without one, by its state.
_ENUMS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("page_duty", "duties"), Appointment.Duty),
    (("page", "status"), PageRecord.Status),
    (("status",), QuestionVersion.Status),
)


def _instant(written: str) -> str:
    try:
        at = dt.datetime.fromisoformat(written)
    except ValueError:
        return written
    return f"{timezone.localtime(at) if at.tzinfo else at:%H:%M %d/%m/%Y}"


def _in_words(key: str, written: str) -> str:
    """What was asked of a second person, and what became of it."""
    if key == "decision":
        return str(ApprovalState(written).label) if written in ApprovalState.values else written
    return str(ASKED.get(written, written))

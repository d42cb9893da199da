"""Writes: what is said about a unit's page, and who has confirmed it.

A record is never changed but by confirming and by replacing it: to correct or to take back a statement is to report
again ("not known" takes it back). When a unit closes, its record stays with it: it counts on every day on which the
unit was open, and on none after. The successor begins as "not known", whatever its predecessors had, since nobody has
said yet whether their page goes on; its own page shows what they had (queries.predecessor_pages), and a closed unit
keeps no address from the successor that goes on with it. So ``units_reorganised`` has nothing to write here.
"""

import datetime as dt
import hashlib

from django.db import connection, transaction

from lms.accounts.models import User
from lms.core import audit, clock
from lms.core.facebook import NotAPageAddressError
from lms.fanpages import rules
from lms.fanpages.enums import Problem
from lms.fanpages.models import PageRecord
from lms.fanpages.rules import Statement
from lms.fanpages.scope import may_confirm, may_see, reporting_as
from lms.units import queries as tree
from lms.units.models import Unit
from lms.units.services.appointments import is_open

_TOLD_BY_HAND = (PageRecord.Source.OFFICER, PageRecord.Source.MANAGER)


class NotAllowedError(Exception):
    """Neither the unit's officer nor a manager over it."""


class RefusedError(Exception):
    """What cannot be written down. ``str()`` is a sentence in the language of now, for whoever reported it."""

    def __init__(self, problem: Problem, **words: str) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.words = words

    def __str__(self) -> str:
        return str(self.problem.label) % self.words if self.words else str(self.problem.label)


@transaction.atomic
def report(
    *,
    unit: Unit,
    status: str,
    url: str = "",
    name: str = "",
    since: dt.date | None = None,
    source: str,
    by: User | None,
    at: dt.datetime,
) -> PageRecord:
    """What stands of the page of ``unit`` after ``by`` said this. Saying the same again makes no new row; a changed
    statement replaces the one that stood, and nobody has confirmed it yet.

    ``url`` as typed or pasted. A roster and a practical task say only a part: what they leave empty stays as it stood,
    and their "not known" undoes nothing. An officer and a manager are asked for their right here, with NotAllowedError;
    for the other sources the caller has asked. Raises RefusedError for an address that is no page's, for a page that
    stands for another unit open on that day, and for a unit that is not open. An ``at`` earlier than what stands is
    taken as the moment of that: records do not overlap.
    """
    day = clock.day_of(at)
    if source in _TOLD_BY_HAND and (by is None or reporting_as(by, unit, on=day) is None):
        raise NotAllowedError
    if not is_open(unit, day):
        raise RefusedError(Problem.UNIT_CLOSED)
    try:
        told = rules.statement(status, url, name, since)
    except NotAPageAddressError as error:
        raise RefusedError(Problem(error.reason.value)) from error
    Unit.objects.select_for_update().get(pk=unit.pk)
    standing = PageRecord.objects.standing().filter(unit=unit).first()
    if standing:
        stood = statement_of(standing)
        if source in rules.SHORT_SOURCES:
            told = rules.completed(told, stood)
        if rules.is_same(told, stood):
            return standing
    _refuse_taken(told, unit, by, day)
    if standing:
        at = max(at, standing.reported_at)
        PageRecord.objects.filter(pk=standing.pk).update(replaced_at=at)
    record = PageRecord.objects.create(
        unit=unit, status=told.status, name=told.name, url=told.url, page_key=told.key, since=told.since,
        source=source, reported_by=by, reported_at=at,
    )  # fmt: skip
    audit.record(
        "fanpages.report", record, actor=by, unit=unit.pk, path=unit.path, status=told.status, url=told.url,
        source=str(source), replaces=standing.pk if standing else None,
    )  # fmt: skip
    return record


def statement_of(record: PageRecord) -> Statement:
    return Statement(record.status, record.url, record.page_key, record.name, record.since)


def _refuse_taken(told: Statement, unit: Unit, by: User | None, day: dt.date) -> None:
    """One page belongs to one unit open on ``day``; a closed one keeps no page from its successor."""
    if not told.key:
        return
    if connection.vendor == "postgresql":
        # Two units that report one page at once must see each other; SQLite has one writer anyway.
        number = int.from_bytes(hashlib.sha256(told.key.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    other = (
        PageRecord.objects.standing()
        .filter(page_key=told.key, unit__in=Unit.objects.open_on(day).exclude(pk=unit.pk))
        .select_related("unit")
        .first()
    )
    if other is None:
        return
    if by is not None and may_see(by, other.unit, on=day):
        raise RefusedError(Problem.TAKEN_BY, unit=tree.name_on(other.unit, day))
    raise RefusedError(Problem.TAKEN)


@transaction.atomic
def confirm(*, record: PageRecord, by: User, at: dt.datetime) -> PageRecord:
    """``by`` has looked at the page: it is the unit's. A second call, by whomever, changes nothing.

    Raises NotAllowedError without the right to approve there, and RefusedError for the own report, for a statement that
    names no page, and for one that was replaced in the meantime.
    """
    held = PageRecord.objects.select_for_update(of=("self",)).select_related("unit").get(pk=record.pk)
    if not may_confirm(by, held.unit, on=clock.day_of(at)):
        raise NotAllowedError
    if held.replaced_at is not None:
        raise RefusedError(Problem.REPLACED)
    if held.confirmed_at is not None:
        return held
    if not held.url:
        raise RefusedError(Problem.NO_ADDRESS)
    if held.is_word_of(by.pk):
        raise RefusedError(Problem.OWN_REPORT)
    held.confirmed_by, held.confirmed_at = by, max(at, held.reported_at)
    held.save(update_fields=["confirmed_by", "confirmed_at"])
    audit.record("fanpages.confirm", held, actor=by, unit=held.unit_id, path=held.unit.path, url=held.url)
    return held

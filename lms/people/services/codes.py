"""Writes: one-time codes for accounts that were never used, and for people who have forgotten their password.

A code exists in clear only in the answer that is sent; the log says who gave one to whom, and never which.
"""

import datetime as dt
from typing import Any

from django.db import transaction

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.accounts.queries import account_named
from lms.accounts.rules import counts_as_staff
from lms.core import audit, clock
from lms.people import queries
from lms.people.account_queries import places_of
from lms.people.enums import BatchState
from lms.people.models import RosterBatch
from lms.people.services import resets
from lms.people.services.rosters import NotAllowedError, may_import
from lms.units.models import Grant
from lms.units.scope import people_in_scope

Codes = list[tuple[User, str]]


def draw_codes(*, batch: RosterBatch, by: User, again: bool = False, people: list[User] | None = None) -> Codes | None:
    """One-time codes for those accounts of the batch that have never been used; None when they were issued before.

    Nothing is written, so that a sheet can be printed first: a code opens nothing before ``keep_codes``. ``people``: a
    part of the batch's accounts; then what was issued before is told by their having a code at all.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    done = RosterBatch.objects.filter(pk=batch.pk, state=BatchState.DONE).first()
    if done is None or (not again and _issued_before(done, people)):
        return None
    drawn = accounts.draw_one_time_codes(queries.new_people(batch) if people is None else people)
    found = User.objects.in_bulk(list(drawn))
    return sorted(((found[pk], code) for pk, code in drawn.items()), key=lambda row: (row[0].name_sort_key, row[0].pk))


def keep_codes(
    *, batch: RosterBatch, codes: Codes, by: User, at: dt.datetime, again: bool = False, is_part: bool = False
) -> bool:
    """Make drawn codes valid; the older ones stop working. False when somebody else was first: then none of these will
    ever open anything.
    """
    hashes = {person.pk: accounts.hash_one_time_code(code) for person, code in codes}
    with transaction.atomic():
        held = RosterBatch.objects.select_for_update().filter(pk=batch.pk, state=BatchState.DONE).first()
        if held is None or (not again and _issued_before(held, [person for person, _ in codes] if is_part else None)):
            return False
        RosterBatch.objects.filter(pk=batch.pk).update(codes_issued_at=at)
        accounts.keep_one_time_codes(hashes)
        audit.record(
            "people.issue_codes", batch, actor=by, number=len(codes), again=again, unit=batch.unit_id,
            path=batch.unit.path,
        )  # fmt: skip
    batch.codes_issued_at = at
    return True


def _issued_before(batch: RosterBatch, people: list[User] | None) -> bool:
    if people is None:
        return batch.codes_issued_at is not None
    now = User.objects.filter(pk__in=[person.pk for person in people], last_login__isnull=True)
    return any(person.has_usable_password() for person in now)


def issue_codes(*, batch: RosterBatch, by: User, at: dt.datetime, again: bool = False) -> Codes | None:
    """New one-time codes for the accounts of this batch that have never been used; None when they were issued before.

    A code exists in clear only in the answer: nothing keeps it. ``again`` makes new ones; the old ones stop working.
    """
    codes = draw_codes(batch=batch, by=by, again=again)
    if codes is None or not keep_codes(batch=batch, codes=codes, by=by, at=at, again=again):
        return None
    return codes


def draw_unclaimed(*, people: list[User]) -> Codes:
    """Codes for those of ``people`` who have never signed in, by given name. Nothing is written: print the sheet first,
    then ``keep_unclaimed``. The caller asks ``joining_queries.unclaimed`` who may be among them.
    """
    drawn = accounts.draw_one_time_codes(people)
    return sorted(
        ((person, drawn[person.pk]) for person in people if person.pk in drawn),
        key=lambda row: (row[0].name_sort_key, row[0].pk),
    )


def keep_unclaimed(*, codes: Codes, by: User) -> None:
    """Make drawn codes valid; the older ones stop working. A line in the log for each."""
    hashes = {person.pk: accounts.hash_one_time_code(code) for person, code in codes}
    places = places_of([person for person, _ in codes], on=clock.today())
    with transaction.atomic():
        accounts.keep_one_time_codes(hashes)
        for person, _ in codes:
            place = places.get(person.pk)
            where: dict[str, Any] = {"unit": place.unit.id, "path": place.unit.path} if place and place.unit else {}
            audit.record("people.unclaimed_code", person, actor=by, **where)


def new_code(*, named: str, by: User, reason: str = "") -> tuple[User, str] | None:
    """A one-time code for an officer in the units of ``by`` who has forgotten the password.

    None, whatever the reason, for a name unknown, outside those units, closed, or with rights over others: a manager
    must not come by the account of another manager. Open sessions end. A second call gives another code.
    """
    person = account_named(named)
    if person is None or not person.is_active or person.is_demo or counts_as_staff(person):
        return None
    if not User.objects.filter(people_in_scope(by, Grant.Right.IMPORT), pk=person.pk).exists():
        return None
    with transaction.atomic():
        code = accounts.replace_password(person)
        audit.record("people.new_code", person, actor=by, reason=reason, **_where(person))
    return person, code


def may_reset_staff(by: User, person: User) -> bool:
    """What ``reset_staff`` demands: for people who count as staff."""
    if not by.is_superuser or person.pk == by.pk or person.is_demo or not person.is_active:
        return False
    return not (person.is_superuser and resets.needs_two(person))


def reset_staff(*, person: User, by: User, reason: str = "") -> str:
    """For staff who have lost password or second factor: a one-time code, and the second factor is to be set up anew.

    Superusers only, and never for their own account nor for one of the demonstration: NotAllowedError. Where there are
    three superusers or more, one of them is reset by two (services.resets).
    """
    if not may_reset_staff(by, person):
        raise NotAllowedError
    with transaction.atomic():
        code = accounts.reset_sign_in(person)
        audit.record("people.reset_staff", person, actor=by, reason=reason, **_where(person))
    return code


def may_end_sessions(by: User, person: User) -> bool:
    """Whoever may give the person a new code, and superusers; nobody does it to himself here (the own page does)."""
    if person.pk == by.pk or not person.is_active:
        return False
    if by.is_superuser:
        return True
    if counts_as_staff(person):
        return False
    return User.objects.filter(people_in_scope(by, Grant.Right.IMPORT), pk=person.pk).exists()


def end_sessions(*, person: User, by: User, at: dt.datetime, reason: str = "") -> int:
    """Sign ``person`` out everywhere; how many sessions ended. Raises NotAllowedError."""
    if not may_end_sessions(by, person):
        raise NotAllowedError
    with transaction.atomic():
        ended = accounts.end_sessions(person=person, at=at)
        audit.record("people.end_sessions", person, actor=by, reason=reason, number=ended, **_where(person))
    return ended


def _where(person: User) -> dict[str, Any]:
    """The unit under whose managers' eyes a log entry comes: the person's own, as it is today."""
    place = places_of([person], on=clock.today()).get(person.pk)
    return {"unit": place.unit.id, "path": place.unit.path} if place and place.unit else {}

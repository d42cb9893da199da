"""Writes: one-time codes for accounts that were never used, and for people who have forgotten their password."""

import datetime as dt

from django.db import transaction

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.accounts.queries import account_named
from lms.accounts.rules import counts_as_staff
from lms.core import audit
from lms.people import queries
from lms.people.enums import BatchState
from lms.people.models import RosterBatch
from lms.people.services.rosters import NotAllowedError, may_import
from lms.units.models import Grant
from lms.units.scope import people_in_scope


def issue_codes(*, batch: RosterBatch, by: User, at: dt.datetime, again: bool = False) -> list[tuple[User, str]] | None:
    """New one-time codes for the accounts of this batch that have never been used; None when they were issued before.

    A code exists in clear only in the answer: nothing keeps it. ``again`` makes new ones; the old ones stop working.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    claim = RosterBatch.objects.filter(pk=batch.pk, state=BatchState.DONE)
    if not again:
        claim = claim.filter(codes_issued_at__isnull=True)
    if not claim.update(codes_issued_at=at):
        return None
    people = queries.new_people(batch)
    codes = accounts.issue_one_time_codes(people)
    audit.record("people.issue_codes", batch, actor=by, number=len(codes))
    return [(person, codes[person.pk]) for person in people if person.pk in codes]


def new_code(*, named: str, by: User) -> tuple[User, str] | None:
    """A one-time code for an officer in the units of ``by`` who has forgotten the password.

    None, whatever the reason, for a name unknown, outside those units, closed, or with rights over others: a manager
    must not come by the account of another manager.
    """
    person = account_named(named)
    if person is None or not person.is_active or person.is_demo or counts_as_staff(person):
        return None
    if not User.objects.filter(people_in_scope(by, Grant.Right.IMPORT), pk=person.pk).exists():
        return None
    with transaction.atomic():
        code = accounts.replace_password(person)
        audit.record("people.new_code", person, actor=by)
    return person, code

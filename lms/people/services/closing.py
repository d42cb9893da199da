"""Writes: an account is closed when its person has left the Front, and opened again when the person comes back."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_noop

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.accounts.rules import counts_as_staff
from lms.core import audit, clock, text
from lms.people.enums import RequestKind, RequestState
from lms.people.models import AccountAlias, DataRequest
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant
from lms.units.scope import granted_paths
from lms.units.services.appointments import end_appointment, revoke_grant, withdraw
from lms.units.services.errors import RefusedError


def may_close(by: User, person: User) -> bool:
    """Whoever may bring in people where ``person`` serves; never for staff but by a superuser, never for oneself."""
    if not person.is_active or person.pk == by.pk:
        return False
    if person.is_demo and person.has_usable_password():  # everybody tries the demonstration with these
        return False
    if by.is_superuser:
        return by.is_active
    return not counts_as_staff(person) and any(_in_hand(by, _standing(person, clock.today())))


def _standing(person: User, today: dt.date) -> list[Appointment]:
    """What holds today or is to begin, the main post first."""
    rows = Appointment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today), person=person)
    return list(rows.select_related("unit", "person").order_by("-is_primary", "starts_on", "pk"))


def _in_hand(by: User, posts: list[Appointment]) -> list[bool]:
    paths = granted_paths(by, Grant.Right.IMPORT)
    return [any(post.unit.path.startswith(path) for path in paths) for post in posts]


@transaction.atomic
def close(*, person: User, reason: str, by: User, at: dt.datetime) -> bool:
    """The account signs in no more: appointments and rights end on that day, what was to begin is taken out, sessions
    end. What was learnt stays. False for one that is closed already.

    Raises NotAllowedError for what ``may_close`` denies; RefusedError for no reason, or where the person also serves in
    a unit that is not in the hands of ``by``.
    """
    held = User.objects.select_for_update().get(pk=person.pk)
    if not held.is_active:
        return False
    if not may_close(by, held):
        raise NotAllowedError
    reason = text.clean(reason)
    if not reason:
        raise RefusedError(gettext_noop("say why the account is closed"))
    today = clock.day_of(at)
    posts = _standing(held, today)
    if not by.is_superuser and not all(_in_hand(by, posts)):
        raise RefusedError(
            gettext_noop("the person also serves outside your units: who brings in people there must end that first")
        )  # fmt: skip
    where = {"unit": posts[0].unit_id, "path": posts[0].unit.path} if posts else _last_place(held)
    for post in posts:
        if post.starts_on > today:
            withdraw(appointment=post, reason=reason, actor=by)
        else:
            # One that began today has held for this day.
            end_appointment(appointment=post, ends_on=max(today, post.starts_on + dt.timedelta(days=1)), actor=by)
    for grant in Grant.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today), person=held):
        revoke_grant(grant=grant, ends_on=today, actor=by)
    held.is_active = False
    held.save(update_fields=["is_active"])
    accounts.end_sessions(person=held, at=at)
    audit.record("people.close_account", held, actor=by, reason=reason, on=f"{today}", **where)
    return True


def _last_place(person: User) -> dict[str, Any]:
    last = _last_post(person)
    return {"unit": last.unit_id, "path": last.unit.path} if last else {}


def _last_post(person: User) -> Appointment | None:
    rows = Appointment.objects.filter(person=person).select_related("unit")
    last: Appointment | None = rows.order_by(
        F("ends_on").desc(nulls_first=True), "-is_primary", "-starts_on", "-pk"
    ).first()
    return last


def may_reopen(by: User, person: User) -> bool:
    """Whoever may bring in people where ``person`` served last; superusers for whoever belongs to the CMS or has all
    rights. Not an account that was united with another, nor one that was erased.
    """
    if person.is_active or person.pk == by.pk or not by.is_active or _is_gone(person):
        return False
    if by.is_superuser:
        return True
    # A closed account has no permissions that counts_as_staff could ask for.
    if person.is_superuser or person.groups.exists():
        return False
    last = _last_post(person)
    return last is not None and all(_in_hand(by, [last]))


def _is_gone(person: User) -> bool:
    erased = DataRequest.objects.filter(person=person, kind=RequestKind.ERASURE, state=RequestState.DONE)
    return AccountAlias.objects.standing().filter(old=person).exists() or erased.exists()


@transaction.atomic
def reopen(*, person: User, reason: str, by: User, at: dt.datetime) -> bool:
    """The account signs in again, and that is all: appointments and rights are given anew. False for one that is open.

    Raises NotAllowedError for what ``may_reopen`` denies; RefusedError for no reason.
    """
    held = User.objects.select_for_update().get(pk=person.pk)
    if held.is_active:
        return False
    if not may_reopen(by, held):
        raise NotAllowedError
    reason = text.clean(reason)
    if not reason:
        raise RefusedError(gettext_noop("say why the account is opened again"))
    held.is_active = True
    held.save(update_fields=["is_active"])
    audit.record(
        "people.reopen_account", held, actor=by, reason=reason, on=f"{clock.day_of(at)}", **_last_place(held)
    )  # fmt: skip
    return True

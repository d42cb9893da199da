"""Four eyes: asking, confirming, refusing. What is asked for happens inside the transaction of the confirmation.

Every dangerous action registers itself when its app is ready (``register``): its title, sentences that tell the second
person what would happen, and what performs it.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit, clock
from lms.people.enums import ApprovalState
from lms.people.merging_queries import survivors
from lms.people.models import Approval
from lms.people.models.approvals import APPROVAL_HOLDS
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Grant, Unit
from lms.units.scope import granted_paths
from lms.units.services.errors import RefusedError

HOLDS = APPROVAL_HOLDS


@dataclass(frozen=True)
class Action:
    """``describe``: the sentences that the second person reads, made anew each time. ``perform`` writes; it raises
    RefusedError (lms.units.services.errors) where what was asked for is no longer possible. ``url``: where the matter
    itself can be looked at, "" for nowhere. ``concerns``: ids of further accounts that it is about, who decide nothing.
    """

    key: str
    title: str | Promise
    describe: Callable[[Approval], list[str]]
    perform: Callable[[Approval, User, dt.datetime], None]
    url: Callable[[Approval], str] = lambda approval: ""
    concerns: Callable[[Approval], Iterable[int]] = lambda approval: ()


_actions: dict[str, Action] = {}


def register(action: Action) -> None:
    """A second call with the same key replaces the first."""
    _actions[action.key] = action


def action_of(approval: Approval) -> Action:
    return _actions[approval.action]


def title_of(approval: Approval) -> str:
    """The key itself for an action that this release no longer knows: its old requests stay readable."""
    known = _actions.get(approval.action)
    return str(known.title) if known else approval.action


def ask(
    *,
    action: str,
    unit: Unit,
    by: User,
    at: dt.datetime,
    reason: str,
    payload: dict[str, Any] | None = None,
    subject: User | None = None,
) -> Approval:
    """Let a second person decide. The same request again, while it waits, is the same row.

    Whether ``by`` may ask at all is the business of the caller. Raises KeyError for an action nobody registered.
    """
    told = payload or {}
    subject_id = subject.pk if subject else None
    words = json.dumps([action, unit.pk, subject_id, told], sort_keys=True, ensure_ascii=False, default=str)
    key = hashlib.sha256(words.encode()).hexdigest()
    _actions[action]
    waiting = Approval.objects.filter(action=action, payload_key=key, state=ApprovalState.WAITING)
    found = waiting.first()
    if found:
        return found
    try:
        with transaction.atomic():
            asked = Approval.objects.create(
                action=action, unit=unit, subject=subject, payload=told, payload_key=key, reason=reason, asked_by=by,
                asked_at=at,
            )  # fmt: skip
            audit.record(
                "people.ask_approval", asked, actor=by, reason=reason, unit=unit.pk, path=unit.path, what=action
            )
    except IntegrityError:
        return waiting.get()
    return asked


def is_own(person: User, approval: Approval) -> bool:
    """Whether ``person`` asked for it or it is about ``person``, by whichever account: two accounts that were united
    are one pair of eyes.
    """
    known = _actions.get(approval.action)
    own = {approval.asked_by_id, *(known.concerns(approval) if known else ())}
    if approval.subject_id is not None:
        own.add(approval.subject_id)
    ends = survivors([person.pk, *own])
    return ends.get(person.pk, person.pk) in {ends.get(pk, pk) for pk in own}


def may_decide(person: User, approval: Approval) -> bool:
    """Whoever holds "approve" over the unit today, but neither who asked nor whom it is about."""
    if is_own(person, approval):
        return False
    return any(approval.unit.path.startswith(path) for path in granted_paths(person, Grant.Right.APPROVE))


def approve(*, approval: Approval, by: User, at: dt.datetime, note: str = "") -> bool:
    """Confirm and perform, in one transaction. False when it was decided before. Raises NotAllowedError, RefusedError
    for one that has waited longer than ``HOLDS``, and what the action raises (nothing is decided then).
    """
    if not may_decide(by, approval):
        raise NotAllowedError
    is_old = at - approval.asked_at > HOLDS  # the sweep closes it within the minute
    if is_old and Approval.objects.filter(pk=approval.pk, state=ApprovalState.WAITING).exists():
        raise RefusedError(
            gettext_noop("the request has waited for more than %(days)s days: it has to be asked for anew"),
            days=f"{HOLDS.days}",
        )
    with transaction.atomic():
        if not _decide(approval, ApprovalState.APPROVED, by, at, note):
            return False
        action_of(approval).perform(approval, by, at)
    return True


def refuse(*, approval: Approval, by: User, at: dt.datetime, note: str) -> bool:
    """False when it was decided before. Raises NotAllowedError."""
    if not may_decide(by, approval):
        raise NotAllowedError
    with transaction.atomic():
        return _decide(approval, ApprovalState.REFUSED, by, at, note)


def withdraw(*, approval: Approval, by: User, at: dt.datetime) -> bool:
    """Who asked takes it back. False when it was decided before. Raises NotAllowedError."""
    if by.pk != approval.asked_by_id:
        raise NotAllowedError
    with transaction.atomic():
        return _decide(approval, ApprovalState.WITHDRAWN, by, at, "")


def _decide(approval: Approval, state: ApprovalState, by: User, at: dt.datetime, note: str) -> bool:
    won = Approval.objects.filter(pk=approval.pk, state=ApprovalState.WAITING).update(
        state=state, decided_by=by, decided_at=at, note=note
    )
    if won:
        approval.refresh_from_db()
        audit.record(
            "people.decide_approval", approval, actor=by, reason=note, unit=approval.unit_id, path=approval.unit.path,
            what=approval.action, decision=state.value,
        )  # fmt: skip
    return bool(won)


def expire() -> int:
    """For the sweep: what has waited too long is closed; returns how many."""
    now = clock.now()
    old = Approval.objects.filter(state=ApprovalState.WAITING, asked_at__lt=now - HOLDS)
    return old.update(state=ApprovalState.EXPIRED, decided_at=now)

"""Four eyes: asking, confirming, refusing. What is asked for happens inside the transaction of the confirmation.

Every dangerous action registers itself when its app is ready (``register``): its title, sentences that tell the second
person what would happen, and what performs it.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.functional import Promise

from lms.accounts.models import User
from lms.core import audit, clock
from lms.people.enums import ApprovalState
from lms.people.models import Approval
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Grant, Unit
from lms.units.scope import granted_paths

# A request that nobody has looked at for so long says nothing about today any more.
HOLDS = dt.timedelta(days=14)


@dataclass(frozen=True)
class Action:
    """``describe``: the sentences that the second person reads, made anew each time. ``perform`` writes; it raises
    RefusedError (lms.units.services.errors) where what was asked for is no longer possible. ``url``: where the matter
    itself can be looked at, "" for nowhere.
    """

    key: str
    title: str | Promise
    describe: Callable[[Approval], list[str]]
    perform: Callable[[Approval, User, dt.datetime], None]
    url: Callable[[Approval], str] = lambda approval: ""


_actions: dict[str, Action] = {}


def register(action: Action) -> None:
    """A second call with the same key replaces the first."""
    _actions[action.key] = action


def action_of(approval: Approval) -> Action:
    return _actions[approval.action]


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


def may_decide(person: User, approval: Approval) -> bool:
    """Whoever holds "approve" over the unit today, but neither who asked nor whom it is about."""
    if person.pk in (approval.asked_by_id, approval.subject_id):
        return False
    return any(approval.unit.path.startswith(path) for path in granted_paths(person, Grant.Right.APPROVE))


def approve(*, approval: Approval, by: User, at: dt.datetime, note: str = "") -> bool:
    """Confirm and perform, in one transaction. False when it was decided before. Raises NotAllowedError, and what the
    action raises (nothing is decided then).
    """
    if not may_decide(by, approval):
        raise NotAllowedError
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

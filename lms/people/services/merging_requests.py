"""Uniting two accounts takes two people, and so does parting them again: asking for it, what the second one reads,
carrying it out.
"""

import datetime as dt
from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from lms.accounts.models import User
from lms.core import clock
from lms.people import merging_queries as queries
from lms.people.enums import ApprovalState
from lms.people.models import AccountAlias, Approval
from lms.people.services import approvals, merging
from lms.people.services.rosters import NotAllowedError
from lms.units.services.errors import RefusedError

ACTION = queries.ACTION
UNDO_ACTION = queries.UNDO_ACTION
_CHANGED = gettext_noop("the accounts were changed after it was asked for: look at them and ask again")


def ask(
    *, old: User, survivor: User, by: User, at: dt.datetime, reason: str, chosen: Mapping[str, str] | None = None
) -> Approval:
    """Ask a second person, who may approve above both. While a request about the two waits, a second call answers it.

    Raises NotAllowedError, and RefusedError for what stands in the way.
    """
    if not queries.may_unite(by, old, survivor):
        raise NotAllowedError
    refused = queries.obstacle(old, survivor, by=by)
    if refused:
        raise RefusedError(refused)
    waiting = waiting_request(old, survivor)
    if waiting:
        return waiting
    told = {field: which for field, which in (chosen or {}).items() if field in merging.FIELDS}
    return approvals.ask(
        action=ACTION, unit=queries.common_unit(old, survivor), by=by, at=at, reason=reason, subject=survivor,
        payload={"old": old.pk, "survivor": survivor.pk, "chosen": told},
    )  # fmt: skip


def waiting_request(one: User, other: User) -> Approval | None:
    """What waits for a second person about one of the two, whichever is to go on."""
    ids = [one.pk, other.pk]
    waiting = Approval.objects.filter(action=ACTION, state=ApprovalState.WAITING)
    return waiting.filter(payload__old__in=ids, payload__survivor__in=ids).first()


def _pair(approval: Approval) -> tuple[User, User]:
    found = User.objects.in_bulk([approval.payload["old"], approval.payload["survivor"]])
    return found[approval.payload["old"]], found[approval.payload["survivor"]]


def describe(approval: Approval) -> list[str]:
    """What would happen, made anew each time; what did, once it was decided."""
    old, survivor = _pair(approval)
    if approval.state != ApprovalState.WAITING:
        return [
            _("The account %(old)s of %(name)s was to go on as %(survivor)s of %(other)s.")
            % {"old": old.username, "name": old.full_name, "survivor": survivor.username, "other": survivor.full_name}
        ]
    told = queries.described(old, survivor)
    refused = queries.obstacle(old, survivor, by=approval.asked_by)
    return [*told, _(refused)] if refused else told


def perform(approval: Approval, by: User, at: dt.datetime) -> None:
    """For services.approvals, inside its transaction. Raises RefusedError where it is not possible any more."""
    old, survivor = _pair(approval)
    if not queries.may_unite(approval.asked_by, old, survivor):
        raise RefusedError(_CHANGED)
    merging.merge(
        old=old, survivor=survivor, by=by, at=at, reason=approval.reason, chosen=approval.payload.get("chosen"),
        asked_by=approval.asked_by,
    )  # fmt: skip


def action() -> approvals.Action:
    return approvals.Action(
        ACTION,
        gettext_lazy("Two accounts of one person are united"),
        describe,
        perform,
        lambda approval: reverse("people:merge", args=[approval.payload["old"], approval.payload["survivor"]]),
        concerns=lambda approval: (approval.payload["old"], approval.payload["survivor"]),
    )


# --- Taking back ------------------------------------------------------------------------------------------------------


def ask_undo(*, alias: AccountAlias, by: User, at: dt.datetime, reason: str) -> Approval:
    """Ask a second person, who may approve where the survivor serves. While a request about the two waits, a second
    call answers it. Raises NotAllowedError, and RefusedError for what stands in the way.
    """
    if not queries.mergers(by).filter(pk=alias.pk).exists():
        raise NotAllowedError
    refused = _undone_or_refused(alias, by, at)
    if refused:
        raise RefusedError(refused)
    waiting = queries.waiting_undo(alias)
    if waiting:
        return waiting
    return approvals.ask(
        action=UNDO_ACTION, unit=queries.common_unit(alias.old, alias.survivor), by=by, at=at, reason=reason,
        subject=alias.survivor, payload={"alias": alias.pk},
    )  # fmt: skip


def _undone_or_refused(alias: AccountAlias, by: User, at: dt.datetime) -> str:
    if alias.undone_at:
        return gettext_noop("the two accounts have been parted already")
    return queries.undo_obstacle(alias, at=at, by=by)


def _alias_of(approval: Approval) -> AccountAlias:
    return AccountAlias.objects.select_related("old", "survivor").get(pk=approval.payload["alias"])


def describe_undo(approval: Approval) -> list[str]:
    """What would come apart, and what stays where it is; made anew each time."""
    alias = _alias_of(approval)
    words = {
        "old": alias.old.username, "name": alias.old.full_name, "survivor": alias.survivor.username,
        "day": f"{clock.day_of(alias.merged_at):%d/%m/%Y}", "until": f"{queries.last_day(alias):%d/%m/%Y}",
    }  # fmt: skip
    asked = _("The account %(old)s of %(name)s, united with %(survivor)s on %(day)s, becomes one of its own again.")
    if approval.state != ApprovalState.WAITING:
        return [asked % words]
    told = [
        asked % words,
        _("Appointments, courses, quiz attempts and rights that came from it go back to it. It opens with its own "
          "password.") % words,
        *queries.undo_preview(alias),
        _("It can be confirmed until %(until)s.") % words,
    ]  # fmt: skip
    refused = _undone_or_refused(alias, approval.asked_by, clock.now())
    return [*told, _(refused)] if refused else told


def perform_undo(approval: Approval, by: User, at: dt.datetime) -> None:
    """For services.approvals, inside its transaction. Raises RefusedError where it is not possible any more."""
    alias = _alias_of(approval)
    if not queries.mergers(approval.asked_by).filter(pk=alias.pk).exists():
        raise RefusedError(_CHANGED)
    refused = _undone_or_refused(alias, approval.asked_by, at)
    if refused:
        raise RefusedError(refused)
    merging.undo(alias=alias, by=by, at=at, reason=approval.reason, asked_by=approval.asked_by)


def undo_action() -> approvals.Action:
    return approvals.Action(
        UNDO_ACTION,
        gettext_lazy("Two united accounts are parted again"),
        describe_undo,
        perform_undo,
        lambda approval: reverse("people:merge_undo", args=[approval.payload["alias"]]),
    )

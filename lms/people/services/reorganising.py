"""A second person confirms a reorganisation of units: asking, telling what would happen, carrying it out.

The plan itself, and what it does to the tree and to appointments, is lms.units; tasks follow by themselves (lms.plans).
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from lms.accounts.models import User
from lms.core import clock, text
from lms.core.numbers import number
from lms.people.enums import ApprovalState
from lms.people.models import Approval
from lms.people.reorganising_queries import (
    ACTION,
    consequences,
    fates_of,
    figures_of,
    step_lines,
    waiting_approval,
)
from lms.people.services import approvals
from lms.people.services.rights import governed_units, rights_to_give
from lms.people.services.rosters import NotAllowedError
from lms.people.undecided_queries import undecided_of, undecided_of_own
from lms.units import queries as tree
from lms.units.models import Grant, Reorganisation, ReorganisationStep, ReorganisedUnit, Unit
from lms.units.scope import granted_paths
from lms.units.services import reorganising as engine
from lms.units.services.errors import RefusedError


def digest_of(change: Reorganisation) -> str:
    """The same while document, day and steps are the same: what the second person confirms is what was asked for."""
    steps = [[step.order, step.kind, step.units, step.params] for step in change.steps.order_by("order")]
    said = [change.document, str(change.document_issued_on), change.document_issuer, str(change.effective_on), steps]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


@transaction.atomic
def ask(*, change: Reorganisation, by: User, at: dt.datetime, reason: str, renewed: Iterable[int] = ()) -> Approval:
    """Let a second person confirm. ``renewed``: ids of rights over closing units, to be given anew over what takes
    these over. While a request waits, a second call returns it.

    Raises NotAllowedError, and RefusedError where the plan cannot be carried out as it stands.
    """
    _demand(change.top, by)
    held = Reorganisation.objects.select_for_update().get(pk=change.pk)
    waiting = waiting_approval(held)
    if waiting:
        return waiting
    if held.state != Reorganisation.State.DRAFT:
        raise RefusedError(gettext_noop("the plan is not a draft any more"))
    if any(not problem.is_warning for problem in tree.problems(held)):
        raise RefusedError(
            gettext_noop("the plan cannot be carried out as it stands: see what is wrong with its steps")
        )
    top = Unit.objects.get(pk=held.top_id)
    return approvals.ask(
        action=ACTION, unit=top, by=by, at=at, reason=reason,
        payload={
            "reorganisation": held.pk,
            "plan": digest_of(held),
            "renewed": _allowed(held, renewed, by),
        },
    )  # fmt: skip


# A list of the nation is told by its figures alone.
_STEPS_TOLD = 30


def describe(approval: Approval) -> list[str]:
    """What would happen, in sentences, made anew from the tree of now."""
    change = Reorganisation.objects.select_related("top").get(pk=approval.payload["reorganisation"])
    follows = tree.preview(change)
    where = tree.name_on(change.top, change.effective_on)
    words = {"document": change.document, "day": f"{change.effective_on:%d/%m/%Y}", "unit": where}
    told = [_("%(document)s, in effect from %(day)s, for %(unit)s.") % words]
    steps = list(change.steps.order_by("order")[: _STEPS_TOLD + 1])
    if len(steps) <= _STEPS_TOLD:
        told += [line.said for line in step_lines(change, steps, follows)]
    told += figures_said(follows, change.top)
    renewed = len(approval.payload.get("renewed", ()))
    if renewed:
        told.append(_("Rights given anew over a successor: %(count)s") % {"count": number(renewed)})
    told += [_(problem.reason) % problem.params for problem in follows.problems if not problem.is_warning]
    if approval.payload["plan"] != digest_of(change):
        told.append(_("The plan was changed after it was asked for: it cannot be confirmed any more."))
    return told


def figures_said(follows: tree.Preview, top: Unit) -> list[str]:
    """The figures of a plan as lines; those that are nought are left out."""
    above = consequences(
        top, fates_of(follows), today=clock.today(), day=follows.effective_on, title_of=approvals.title_of
    )
    return [f"{figure.label}: {number(figure.count)}" for figure in figures_of(follows, above) if figure.count]


def perform(approval: Approval, by: User, at: dt.datetime) -> None:
    """For services.approvals, inside its transaction. Raises RefusedError where plan or tree have changed meanwhile.

    The rights that were marked are given anew at the tree's switch, which a large plan comes to later: ``renew_asked``.
    """
    change = Reorganisation.objects.select_for_update(of=("self",)).get(pk=approval.payload["reorganisation"])
    if approval.payload["plan"] != digest_of(change):
        raise RefusedError(gettext_noop("the plan was changed after it was asked for"))
    engine.apply(reorganisation=change, by=by, at=at)


def renew_asked(*, closed: list[Unit], today: dt.date) -> int:
    """For the signal of the switch: the rights that were marked when the second person was asked. How many."""
    row = ReorganisedUnit.objects.filter(unit__in=closed[:1], role=ReorganisedUnit.Role.CLOSED).first()
    if row is None:
        return 0
    asked = Approval.objects.filter(
        action=ACTION, state=ApprovalState.APPROVED, payload__reorganisation=row.reorganisation_id
    ).first()
    if asked is None or not asked.payload.get("renewed"):
        return 0
    whole = row.reorganisation.reorganised.filter(role=ReorganisedUnit.Role.CLOSED, people_to__isnull=False)
    # What was ended or taken back since it was marked is left out.
    ids = Grant.objects.filter(pk__in=asked.payload["renewed"], unit__in=whole.values("unit")).values_list(
        "pk", flat=True
    )
    given = engine.renew_grants(reorganisation=row.reorganisation, grant_ids=list(ids), by=asked.asked_by, at=today)
    return len(given)


def _allowed(change: Reorganisation, grant_ids: Iterable[int], by: User) -> list[int]:
    """Those ids, in order. Raises NotAllowedError for a right that ``by`` may not give over the plan's top, or to
    himself.
    """
    given = rights_to_give(by, change.top)
    grants = list(Grant.objects.filter(pk__in=set(grant_ids)).order_by("pk"))
    if any(held.right not in given or held.person_id == by.pk for held in grants):
        raise NotAllowedError
    return [held.pk for held in grants]


def renew(*, change: Reorganisation, grant_ids: Iterable[int], by: User, today: dt.date) -> int:
    """Give rights that ended with their units anew; how many. A second call gives nothing twice.

    Raises NotAllowedError, RefusedError.
    """
    _demand(change.top, by)
    ids = _allowed(change, grant_ids, by)
    return len(engine.renew_grants(reorganisation=change, grant_ids=ids, by=by, at=today))


def decide(
    *, change: Reorganisation, chosen: Mapping[int, str | None], everybody: tuple[int, str | None] | None, by: User,
    at: dt.datetime,
) -> int:  # fmt: skip
    """Where people of divided and dissolved units go on: ``chosen`` one by one (appointment → unit as the plan calls
    it, None: nowhere), or ``everybody`` of a unit who is not decided about. How many decisions are new or changed.

    Raises NotAllowedError, RefusedError (then nothing is decided).
    """
    _demand(change.top, by)
    decisions = dict(chosen)
    if everybody:
        unit, to = everybody
        doubtful = tree.preview(change, people=0).doubtful
        decisions = {
            line.line.appointment_id: to for line in doubtful if line.line.unit_id == unit and not line.is_decided
        }
    return engine.decide_moves(reorganisation=change, decisions=decisions, by=by, at=at)


@transaction.atomic
def decide_own(
    *, chosen: Mapping[int, int | None], everybody: tuple[int, int | None] | None, by: User, at: dt.datetime
) -> tuple[int, int]:
    """Where people of divided and dissolved units of ``by`` go on, whichever plan closed these: ``chosen`` one by one
    (appointment → unit, None: nowhere), or ``everybody`` of a unit. How many were decided, and how many were not there
    to be decided any more: a second call decides nothing.

    Raises NotAllowedError for a unit in which ``by`` may not bring in people and for the end of an appointment in a
    unit of which only a part came to ``by``, RefusedError (then nothing is decided).
    """
    if everybody:
        # Of a unit of which only a part came, nobody takes all at one stroke.
        posts = undecided_of_own(by).filter(unit=everybody[0])
    else:
        posts = undecided_of(by).filter(pk__in=list(chosen))
    told = dict(
        posts.annotate(change=F("unit__reorganised__reorganisation")).order_by("pk").values_list("pk", "change")
    )
    decisions = dict.fromkeys(told, everybody[1]) if everybody else {pk: chosen[pk] for pk in told}
    _demand_import({to for to in decisions.values() if to}, by)
    ending = [pk for pk, to in decisions.items() if to is None]
    if ending and undecided_of_own(by).filter(pk__in=ending).distinct().count() < len(ending):
        raise NotAllowedError
    decided = 0
    for change in Reorganisation.objects.filter(pk__in=set(told.values())).order_by("pk"):
        own = {pk: str(to) if to else None for pk, to in decisions.items() if told[pk] == change.pk}
        decided += engine.decide_moves(reorganisation=change, decisions=own, by=by, at=at)
    return decided, len(chosen) - len(told) if chosen else 0


def _demand_import(ids: set[int], by: User) -> None:
    paths = tuple(granted_paths(by, Grant.Right.IMPORT))
    found = dict(Unit.objects.filter(pk__in=ids).values_list("pk", "path"))
    if len(found) < len(ids) or not all(path.startswith(paths) for path in found.values()):
        raise NotAllowedError


def address_of(approval: Approval) -> str:
    return reverse("people:change", args=[approval.payload["reorganisation"]])


def action() -> approvals.Action:
    return approvals.Action(
        ACTION, gettext_lazy("Reorganising units"), describe=describe, perform=perform, url=address_of
    )


# --- The same click twice -----------------------------------------------------------------------------

# The same words again within this time are a second click, not a second plan.
SECOND_CLICK = dt.timedelta(minutes=10)


def _demand(top: Unit, by: User) -> None:
    if not any(top.path.startswith(unit.path) for unit in governed_units(by)):
        raise NotAllowedError


@transaction.atomic
def draft(*, top: Unit, document: dict[str, Any], effective_on: dt.date, by: User, at: dt.datetime) -> Reorganisation:
    """A new plan, or that which the same click made a moment ago. Raises NotAllowedError, RefusedError."""
    _demand(top, by)
    Unit.objects.select_for_update().get(pk=top.pk)
    same = Reorganisation.objects.filter(
        top=top, effective_on=effective_on, made_by=by, made_at__gt=at - SECOND_CLICK,
        state=Reorganisation.State.DRAFT, document_number=text.clean(document["document_number"]),
        document_kind=text.clean(document["document_kind"]),
    ).first()  # fmt: skip
    return same or engine.draft(top=top, **document, effective_on=effective_on, by=by, at=at)


def _demand_free(change: Reorganisation) -> None:
    """While a second person is asked nothing changes under that person's eyes."""
    if waiting_approval(change):
        raise RefusedError(gettext_noop("the plan waits for a second person: take the request back first"))


@transaction.atomic
def redraft(*, change: Reorganisation, document: dict[str, Any], effective_on: dt.date, by: User) -> Reorganisation:
    """Raises NotAllowedError, and RefusedError while a second person is asked."""
    _demand(change.top, by)
    _demand_free(change)
    return engine.redraft(reorganisation=change, **document, effective_on=effective_on, by=by)


@transaction.atomic
def add_step(
    *, change: Reorganisation, kind: str, units: list[int], params: dict[str, Any], by: User
) -> ReorganisationStep:
    """One more step; the same as the last one again is that one. Raises NotAllowedError, RefusedError."""
    _demand(change.top, by)
    Reorganisation.objects.select_for_update().get(pk=change.pk)
    _demand_free(change)
    last: ReorganisationStep | None = change.steps.order_by("-order").first()
    if last and (last.kind, last.units, last.params) == (kind, units, params):
        return last
    return engine.add_step(reorganisation=change, kind=kind, units=units, params=params, by=by)


def mark_of(step: ReorganisationStep) -> str:
    """The same while nobody has said the step otherwise: for two windows over one plan."""
    return hashlib.sha256(json.dumps([step.units, step.params], sort_keys=True).encode()).hexdigest()[:16]


@transaction.atomic
def change_step(
    *, step: ReorganisationStep, units: list[int], params: dict[str, Any], seen: str, by: User
) -> ReorganisationStep:
    """``seen``: ``mark_of`` the step when the form was made. RefusedError where somebody has changed it since, unless
    to the same; NotAllowedError.
    """
    _demand(step.reorganisation.top, by)
    Reorganisation.objects.select_for_update().get(pk=step.reorganisation_id)
    _demand_free(step.reorganisation)
    current = ReorganisationStep.objects.filter(pk=step.pk).select_related("reorganisation__top").first()
    if current is None:
        raise RefusedError(gettext_noop("the step was removed in the meantime"))
    if (current.units, current.params) == (units, params):
        return current
    if mark_of(current) != seen:
        raise RefusedError(
            gettext_noop("somebody has changed this step in the meantime: look at it and change it again")
        )
    return engine.change_step(step=current, units=units, params=params, by=by)


@transaction.atomic
def remove_step(*, change: Reorganisation, order: int, by: User) -> None:
    """A second call does nothing. Raises NotAllowedError, RefusedError."""
    _demand(change.top, by)
    _demand_free(change)
    step = change.steps.select_related("reorganisation__top").filter(order=order).first()
    if step:
        engine.remove_step(step=step, by=by)


@transaction.atomic
def cancel(*, change: Reorganisation, by: User, at: dt.datetime) -> None:
    """A second call does nothing. Raises NotAllowedError, RefusedError while a second person is asked."""
    _demand(change.top, by)
    _demand_free(change)
    engine.cancel(reorganisation=change, by=by, at=at)


def somebody_else(change: Reorganisation, by: User, today: dt.date) -> bool:
    """Whether anybody but ``by`` could confirm. Two queries at most."""
    others = User.objects.filter(is_active=True).exclude(pk=by.pk)
    above = [change.top.path[:end] for end in range(Unit.steplen, len(change.top.path) + 1, Unit.steplen)]
    held = Grant.objects.on(today).filter(right=Grant.Right.APPROVE, unit__path__in=above, person__in=others)
    return others.filter(is_superuser=True).exists() or held.exists()

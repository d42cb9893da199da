"""The plan before it is carried out: on whose word, from which day, step by step. Nothing here touches the tree.

Who may draft and confirm is the caller's business: holders of "approve" over the plan's top.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit, text
from lms.units.models import Reorganisation, ReorganisationMove, ReorganisationStep, Unit
from lms.units.rules.changes import read_step
from lms.units.services.errors import RefusedError

State = Reorganisation.State


@transaction.atomic
def draft(
    *,
    top: Unit,
    document_kind: str,
    document_number: str,
    document_issued_on: dt.date | None,
    document_issuer: str,
    document_title: str = "",
    effective_on: dt.date,
    by: User | None,
    at: dt.datetime,
) -> Reorganisation:
    """A plan without steps, within the subtree of ``top``. Each call makes another one."""
    _must_be_told(document_kind, document_number)
    made = Reorganisation.objects.create(
        top=top,
        document_kind=text.clean(document_kind),
        document_number=text.clean(document_number),
        document_issued_on=document_issued_on,
        document_issuer=text.clean(document_issuer),
        document_title=text.clean(document_title),
        effective_on=effective_on,
        made_by=by,
        made_at=at,
    )
    _log("units.draft_reorganisation", made, by)
    return made


@transaction.atomic
def redraft(
    *,
    reorganisation: Reorganisation,
    document_kind: str,
    document_number: str,
    document_issued_on: dt.date | None,
    document_issuer: str,
    document_title: str = "",
    effective_on: dt.date,
    by: User | None,
) -> Reorganisation:
    """Another document or another day; the steps stay. Raises ``RefusedError`` where it is no draft any more, or comes
    from a list: a list says its own day.
    """
    current = _open(reorganisation)
    _must_be_told(document_kind, document_number)
    if current.source == Reorganisation.Source.LIST and effective_on != current.effective_on:
        raise RefusedError(gettext_noop("a list of units says its own day"))
    current.document_kind, current.document_number = text.clean(document_kind), text.clean(document_number)
    current.document_issued_on, current.document_issuer = document_issued_on, text.clean(document_issuer)
    current.document_title, current.effective_on = text.clean(document_title), effective_on
    current.save()
    _log("units.draft_reorganisation", current, by)
    return current


@transaction.atomic
def add_step(
    *,
    reorganisation: Reorganisation,
    kind: str,
    units: Sequence[int] = (),
    params: dict[str, Any] | None = None,
    by: User | None = None,
) -> ReorganisationStep:
    """One more step at the end. What ``units`` and ``params`` hold: ``lms.units.rules.changes.read_step``.

    Whether the step can be carried out is not asked here but of the whole plan (``queries.problems``). Raises
    ``RefusedError`` for what cannot be read, and where the plan is no draft any more.
    """
    current = _open(reorganisation)
    _must_be_read(kind, units, params or {})
    last = current.steps.aggregate(last=Max("order"))["last"] or 0
    return ReorganisationStep.objects.create(
        reorganisation=current, order=last + 1, kind=kind, units=[int(unit) for unit in units], params=params or {}
    )


@transaction.atomic
def change_step(
    *, step: ReorganisationStep, units: Sequence[int], params: dict[str, Any], by: User | None = None
) -> ReorganisationStep:
    """The same step, said otherwise; its place and its kind stay. Raises ``RefusedError`` like ``add_step``."""
    _open(step.reorganisation)
    _must_be_read(step.kind, units, params)
    step.units, step.params = [int(unit) for unit in units], params
    step.save(update_fields=["units", "params"])
    return step


@transaction.atomic
def remove_step(*, step: ReorganisationStep, by: User | None = None) -> None:
    """A second call does nothing. Raises ``RefusedError`` where another step rests on what this one opens."""
    current = _open(step.reorganisation)
    mark = f'"{step.order}/'
    for other in current.steps.exclude(order=step.order):
        if mark in json.dumps(other.params):
            raise RefusedError(gettext_noop("step %(order)s rests on this one"), order=other.order)
    ReorganisationMove.objects.filter(reorganisation=current, to_ref__startswith=f"{step.order}/").delete()
    current.steps.filter(order=step.order).delete()


@transaction.atomic
def cancel(*, reorganisation: Reorganisation, by: User | None, at: dt.datetime) -> None:
    """The plan will not be carried out; a second call does nothing. Raises ``RefusedError`` where it was confirmed."""
    changed = Reorganisation.objects.filter(pk=reorganisation.pk, state=State.DRAFT).update(state=State.CANCELLED)
    reorganisation.refresh_from_db()
    if changed:
        _log("units.cancel_reorganisation", reorganisation, by)
    elif reorganisation.state != State.CANCELLED:
        raise RefusedError(gettext_noop("the plan was confirmed already"))


def _open(reorganisation: Reorganisation) -> Reorganisation:
    current = Reorganisation.objects.select_for_update(of=("self",)).select_related("top").get(pk=reorganisation.pk)
    if current.state != State.DRAFT:
        raise RefusedError(gettext_noop("the plan is not a draft any more"))
    return current


def _must_be_told(kind: str, number: str) -> None:
    if not text.clean(kind) or not text.clean(number):
        raise RefusedError(gettext_noop("a plan names the document on which it rests"))


def _must_be_read(kind: str, units: Sequence[int], params: dict[str, Any]) -> None:
    try:
        read_step(0, kind, units, params)
    except ValueError:
        raise RefusedError(gettext_noop("the step cannot be read")) from None


def _log(action: str, reorganisation: Reorganisation, by: User | None) -> None:
    top = reorganisation.top
    audit.record(
        action, reorganisation, actor=by, unit=top.pk, path=top.path, document=reorganisation.document,
        on=f"{reorganisation.effective_on}",
    )  # fmt: skip

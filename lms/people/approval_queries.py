"""Reads for the second person: what waits for somebody, what somebody has asked, what was decided."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.utils.translation import ngettext

from lms.accounts.models import User
from lms.core import clock
from lms.people.enums import ApprovalState
from lms.people.models import AccountAlias, Approval
from lms.units import queries as units
from lms.units.models import Grant, Succession
from lms.units.scope import rights_held, scope_q


@dataclass(frozen=True)
class Asked:
    """One request as a list shows it; the view adds the words of its action."""

    approval: Approval
    unit: str
    asked_by: str
    asked_at: dt.datetime
    subject: str
    decided_by: str
    decided_at: dt.datetime | None
    state: str


def waiting_for(person: User) -> QuerySet[Approval]:
    """What ``person`` may decide today, the oldest first: never what he asked for himself nor what is about him.

    Queries of ``granted_paths``, when it is built.
    """
    return _undecided_by_others(person).filter(scope_q(person, right=Grant.Right.APPROVE)).order_by("asked_at", "pk")


def _undecided_by_others(person: User) -> QuerySet[Approval]:
    # An earlier account of the person, united with this one, is the same person.
    united = AccountAlias.objects.filter(survivor=person, undone_at__isnull=True).values("old")
    others = Q(subject__isnull=True) | (~Q(subject=person) & ~Q(subject__in=united))
    waiting = Approval.objects.filter(others, state=ApprovalState.WAITING)
    return _with_people(waiting.exclude(asked_by=person).exclude(asked_by__in=united))


def number_waiting_for(person: User) -> int:
    """For the navigation: none without the right, else one query, once a request.

    Counts what ``waiting_for`` lists, but for units that went into others more than one generation ago.
    """
    known: int | None = getattr(person, "_approvals_waiting", None)
    if known is None:
        known = _count_waiting(person) if Grant.Right.APPROVE in rights_held(person) else 0
        person._approvals_waiting = known  # type: ignore[attr-defined]
    return known


def waiting_words(person: User) -> tuple[int, str]:
    """The number of ``number_waiting_for``, and the sentence that says it."""
    number = number_waiting_for(person)
    words = ngettext("%(number)d matter waits for your approval", "%(number)d matters wait for your approval", number)
    return number, words % {"number": number}


def _count_waiting(person: User) -> int:
    waiting = _undecided_by_others(person)
    if person.is_superuser:
        return waiting.count()
    held = Grant.objects.on(clock.today()).filter(person=person, right=Grant.Right.APPROVE)
    path = ExpressionWrapper(OuterRef("unit__path"), output_field=CharField())
    below = held.annotate(asked=path).filter(asked__startswith=F("unit__path"))
    merged = Succession.objects.filter(share=Succession.Share.WHOLE, new__in=held.values("unit"))
    taken_over = merged.annotate(asked=path).filter(asked__startswith=F("old__path"))
    return waiting.filter(Exists(below) | Exists(taken_over)).count()


def asked_by(person: User) -> QuerySet[Approval]:
    """What ``person`` has asked for and nobody has decided yet, the latest first."""
    return _with_people(Approval.objects.filter(asked_by=person, state=ApprovalState.WAITING))


def decided(person: User) -> QuerySet[Approval]:
    """Own requests and those of the units that ``person`` answers for, once they are decided; the latest first."""
    seen = Approval.objects.visible_to(person).exclude(state=ApprovalState.WAITING)
    return _with_people(seen).order_by("-decided_at", "-pk")


def _with_people(found: QuerySet[Approval]) -> QuerySet[Approval]:
    return found.select_related("asked_by", "subject", "decided_by", "unit")


def lines(approvals: Iterable[Approval]) -> list[Asked]:
    """One query for the names of the units, beside that of ``approvals`` itself."""
    listed = list(approvals)
    names = units.names_on({row.unit_id for row in listed}, clock.today()) if listed else {}
    return [
        Asked(
            approval=row,
            unit=names[row.unit_id].name if row.unit_id in names else "",
            asked_by=str(row.asked_by),
            asked_at=row.asked_at,
            subject=str(row.subject) if row.subject else "",
            decided_by=str(row.decided_by) if row.decided_by else "",
            decided_at=row.decided_at,
            state=row.state,
        )
        for row in listed
    ]

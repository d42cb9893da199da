"""Practical tasks as they are read: by the learner, and by those who confirm them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from courses.models import Activity, Enrolment, Submission
from lms.accounts.models import User
from lms.core import clock
from lms.units.models import Appointment, Grant, Unit
from lms.units.queries import names_on, primary_appointment
from lms.units.scope import has_any_grant

State = Submission.State
PAGE_SIZE = 50
# So long a confirmation is news.
NEWS = dt.timedelta(days=14)


@dataclass(frozen=True)
class SubmissionRow:
    """One hand-in. ``unit`` as it is called today; ``days``: since it was sent; ``was_replaced``: taken back by the
    learner, who sent a newer one.
    """

    id: int
    number: int
    learner: str
    learner_id: int
    position: str
    unit: str
    activity_id: int
    activity: str
    course: str
    link: str
    has_picture: bool
    note: str
    state: str
    was_replaced: bool
    submitted_at: dt.datetime
    days: int
    marked_by: str
    marked_at: dt.datetime | None
    feedback: str


@dataclass(frozen=True)
class Queue:
    """One page of what somebody may mark; ``counts``: state → how many."""

    rows: tuple[SubmissionRow, ...]
    counts: dict[str, int]
    number: int
    last: int


@dataclass(frozen=True)
class News:
    """How a task stands: "returned", "submitted" (waits) or "confirmed"; ``at`` that happened, ``by`` whom ("" while
    it waits).
    """

    title: str
    url: str
    state: str
    feedback: str
    at: dt.datetime
    by: str


def may_mark(person: User) -> bool:
    """Anybody at all. One query."""
    return has_any_grant(person, Grant.Right.MARK)


def waiting_count(person: User) -> int:
    """How many wait for ``person``. One query for who may mark nobody; else three, whatever their number."""
    if not person.is_authenticated:
        return 0
    return Submission.objects.markable_by(person).filter(state=State.SUBMITTED).count()


def _by_others() -> Q:
    """Marked by somebody, not taken back by the learner."""
    return ~Q(state=State.RETURNED, marked_by=F("enrolment__user"))


def queue(person: User, *, state: str, number: int = 1, at: dt.datetime) -> Queue:
    """Page ``number`` (the nearest there is) of what ``person`` may mark: waiting ones oldest first, others newest."""
    found = Submission.objects.markable_by(person).filter(_by_others())
    totals = found.aggregate(**{value: Count("pk", filter=Q(state=value)) for value in State.values})
    last = max(1, -(-totals[state] // PAGE_SIZE))
    number = min(max(number, 1), last)
    order = ("submitted_at", "pk") if state == State.SUBMITTED else ("-marked_at", "-pk")
    rows = found.filter(state=state).order_by(*order)[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return Queue(_rows(rows, at), totals, number, last)


def one(person: User, submission_id: int, *, at: dt.datetime) -> tuple[SubmissionRow, tuple[SubmissionRow, ...]] | None:
    """A submission that ``person`` may mark, and the learner's others of the same task, newest first."""
    wanted = Submission.objects.markable_by(person).filter(pk=submission_id).select_related("enrolment").first()
    if wanted is None:
        return None
    rows = _rows(
        Submission.objects.of_enrolment(wanted.enrolment)
        .filter(activity=wanted.activity_id)
        .order_by("-submitted_at", "-number"),
        at,
    )
    return next(row for row in rows if row.id == wanted.pk), tuple(row for row in rows if row.id != wanted.pk)


def of_learner(enrolment: Enrolment, activity: Activity, *, at: dt.datetime) -> tuple[SubmissionRow, ...]:
    """All that was handed in for one task, newest first."""
    found = Submission.objects.of_enrolment(enrolment).filter(activity=activity)
    return _rows(found.order_by("-submitted_at", "-number"), at)


def news_of(person: User, *, at: dt.datetime) -> list[News]:
    """What was returned to ``person`` and not sent again, what waits, what was confirmed of late. One query."""
    newer = Submission.objects.filter(
        enrolment__user=OuterRef("enrolment__user"), activity=OuterRef("activity"),
        submitted_at__gt=OuterRef("submitted_at"),
    )  # fmt: skip
    found = (
        Submission.objects.filter(
            ~Exists(newer),
            enrolment__user=person,
            enrolment__withdrawn_at__isnull=True,
            activity__retired_at__isnull=True,
        )
        .filter(~Q(state=State.CONFIRMED) | Q(marked_at__gt=at - NEWS))
        .select_related("activity", "marked_by")
    )
    rows = [
        News(
            row.activity.title,
            row.activity.url,
            row.state,
            row.feedback,
            row.marked_at or row.submitted_at,
            row.marked_by.get_full_name() if row.marked_by else "",
        )
        for row in found
    ]
    order = [State.RETURNED, State.SUBMITTED, State.CONFIRMED]
    return sorted(rows, key=lambda row: (order.index(State(row.state)), row.at))


def markers_for(person: User, enrolment: Enrolment, *, on: dt.date) -> list[str]:
    """Names of those who may confirm what ``person`` hands in: of the nearest unit that has any. Two queries.

    At most two; empty where nobody was given the right.
    """
    appointment = primary_appointment(person, on=on)
    unit: Unit | None = appointment.unit if appointment else enrolment.unit
    if unit is None:
        return []
    above = [unit.path[:length] for length in range(Unit.steplen, len(unit.path) + 1, Unit.steplen)]
    grants = list(
        Grant.objects.on(on)
        .filter(right=Grant.Right.MARK, unit__path__in=above, person__is_active=True)
        .exclude(person=person)
        .select_related("person", "unit")
        .order_by("person__name_sort_key", "pk")
    )
    nearest = max((len(grant.unit.path) for grant in grants), default=0)
    names = {grant.person_id: grant.person.get_full_name() for grant in grants if len(grant.unit.path) == nearest}
    return list(names.values())[:2]


def _positions(people: Iterable[int], day: dt.date) -> dict[int, str]:
    """Person → position, of the primary appointment where there are several. One query."""
    appointments = (
        Appointment.objects.on(day).filter(person__in=list(people)).order_by("is_primary", "-starts_on", "-pk")
    )
    return dict(appointments.values_list("person_id", "position"))


def _rows(submissions: "QuerySet[Any]", at: dt.datetime) -> tuple[SubmissionRow, ...]:
    """Three queries: the rows, the names of their units today, the learners' positions."""
    found = list(submissions.select_related("enrolment__user", "activity__course", "marked_by"))
    names = names_on([row.unit_id for row in found if row.unit_id], clock.day_of(at))
    positions = _positions({row.enrolment.user_id for row in found}, clock.day_of(at))
    return tuple(
        SubmissionRow(
            id=row.pk,
            number=row.number,
            learner=row.enrolment.user.get_full_name(),
            learner_id=row.enrolment.user_id,
            position=positions.get(row.enrolment.user_id, ""),
            unit=names[row.unit_id].name if row.unit_id in names else "",
            activity_id=row.activity_id,
            activity=row.activity.title,
            course=row.activity.course.title,
            link=row.link,
            has_picture=bool(row.screenshot),
            note=row.note,
            state=row.state,
            was_replaced=row.state == State.RETURNED and row.marked_by_id == row.enrolment.user_id,
            submitted_at=row.submitted_at,
            days=(clock.day_of(at) - clock.day_of(row.submitted_at)).days,
            marked_by=row.marked_by.get_full_name() if row.marked_by else "",
            marked_at=row.marked_at,
            feedback=row.feedback,
        )
        for row in found
    )

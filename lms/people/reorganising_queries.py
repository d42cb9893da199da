"""What follows above the tree when units close: their pages, training tasks and targets, rosters on the way in,
practical tasks that wait to be looked at. The tree's own preview, people and rights included, is made in lms.units.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from courses.models import Submission
from lms.fanpages.models import PageRecord
from lms.people.enums import BatchState
from lms.people.models import RosterBatch
from lms.plans.models import Assignment, Target
from lms.plans.queries import DeadlineSaid, deadline_said, document_said
from lms.units.models import Unit


@dataclass(frozen=True)
class Fate:
    """What becomes of a unit that closes. ``heirs``: the names of those it goes into, () for one that is dissolved;
    ``is_whole``: all of it goes into one.
    """

    unit_id: int
    name: str
    heirs: tuple[str, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True)
class PageLine:
    """A community page of a closing unit. The record stays with it; its successor begins as "not known"."""

    fate: Fate
    name: str
    url: str
    is_confirmed: bool


@dataclass(frozen=True)
class TaskLine:
    """A standing task. It goes on by itself where its unit goes on whole, else somebody gives it anew."""

    fate: Fate
    task_id: int
    course: str
    document: str
    deadline: DeadlineSaid


@dataclass(frozen=True)
class TargetLine:
    fate: Fate
    what: str
    percent: Any
    deadline: str


@dataclass(frozen=True)
class RosterLine:
    """A roster of a closing unit that was not written yet."""

    fate: Fate
    batch_id: int
    file_name: str
    state: str


@dataclass(frozen=True)
class PracticeLine:
    """How many practical tasks from a closing unit wait to be confirmed."""

    fate: Fate
    waiting: int


@dataclass(frozen=True)
class Consequences:
    pages: tuple[PageLine, ...] = ()
    tasks: tuple[TaskLine, ...] = ()
    targets: tuple[TargetLine, ...] = ()
    rosters: tuple[RosterLine, ...] = ()
    practice: tuple[PracticeLine, ...] = ()

    @property
    def waiting(self) -> int:
        return sum(line.waiting for line in self.practice)


def consequences(top: Unit, fates: Mapping[int, Fate], *, today: dt.date) -> Consequences:
    """For the closing units (unit id → fate), all of them below ``top``, as things stand today, in the tree's order.
    Five queries however many units close.
    """
    if not fates:
        return Consequences()

    def below(rows: QuerySet[Any]) -> QuerySet[Any]:
        # The subtree, not ten thousand ids: what does not close is left out here.
        return rows.filter(unit__path__startswith=top.path).order_by("unit__path", "pk")

    pages = below(PageRecord.objects.standing().filter(status=PageRecord.Status.YES))
    tasks = below(Assignment.objects.filter(withdrawn_at__isnull=True, course__retired_at__isnull=True))
    rosters = below(RosterBatch.objects.filter(state__in=[BatchState.STAGED, BatchState.APPLYING]))
    waiting = (
        Submission.objects.filter(unit__path__startswith=top.path, state=Submission.State.SUBMITTED)
        .order_by("unit__path")
        .values_list("unit_id")
        .annotate(number=Count("pk"))
    )
    return Consequences(
        tuple(
            PageLine(fates[row.unit_id], row.name, row.url, row.confirmed_at is not None)
            for row in pages
            if row.unit_id in fates
        ),
        tuple(
            TaskLine(
                fates[row.unit_id], row.pk, row.course.title, document_said(row.basis),
                deadline_said(row.deadline, today),
            )
            for row in tasks.select_related("course", "basis")
            if row.unit_id in fates
        ),
        tuple(
            TargetLine(fates[row.unit_id], str(row.get_indicator_display()), row.percent, row.deadline_as_written)
            for row in below(Target.objects.all())
            if row.unit_id in fates
        ),
        tuple(
            RosterLine(fates[row.unit_id], row.pk, row.file_name, str(row.get_state_display()))
            for row in rosters
            if row.unit_id in fates
        ),
        tuple(PracticeLine(fates[unit], number) for unit, number in waiting if unit in fates),
    )  # fmt: skip

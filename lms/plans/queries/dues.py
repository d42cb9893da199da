"""What a person must learn, until when, why, and whom to ask: from the tasks and the appointments of the day."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from courses.enums import State
from courses.models import Course, Enrolment
from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock
from lms.plans import rules
from lms.plans.models import Assignment
from lms.plans.queries.carrying import Stand, given_at, stands_on
from lms.plans.queries.wording import DeadlineSaid, deadline_said, document_said, whom_said
from lms.units import queries as tree
from lms.units.models import Appointment, Level, Unit


@dataclass(frozen=True)
class Reason:
    """One task. ``why`` is a sentence; ``document`` is part of it ("" where the task rests on none)."""

    assignment_id: int
    code: str
    why: str
    document: str
    deadline: DeadlineSaid
    note: str
    contact_name: str
    contact_phone: str

    @property
    def phone_link(self) -> str:
        """For a tel: address."""
        return "".join(char for char in self.contact_phone if char.isdigit() or char == "+")

    @property
    def phone_shown(self) -> str:
        return phones.display(self.contact_phone)


@dataclass(frozen=True)
class Due:
    """One course that is due. ``deadline`` is the earliest of its tasks; all of their ``reasons`` are there, in the
    same order. ``done_on``: the day on which the person first completed the course.
    """

    course_id: int
    title: str
    url: str
    deadline: dt.date | None
    said: DeadlineSaid
    reasons: tuple[Reason, ...]
    state: State
    done_on: dt.date | None

    @property
    def is_done(self) -> bool:
        return self.state == State.DONE

    @property
    def is_overdue(self) -> bool:
        return not self.is_done and self.said.state == rules.When.OVER

    @property
    def was_late(self) -> bool:
        return bool(self.done_on and self.deadline and self.done_on > self.deadline)

    @property
    def begin_with(self) -> int:
        """The task through which the course is begun."""
        return self.reasons[0].assignment_id


def standing_tasks(at_end_of: dt.date) -> QuerySet[Assignment]:
    """Given by the end of that day, not withdrawn, of courses that are still offered."""
    end = clock.end_of_day(at_end_of)
    still = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=end)
    offered = Q(course__retired_at__isnull=True)
    return Assignment.objects.filter(still, offered, assigned_at__lt=end)


def _posts_of(user: User, on: dt.date) -> list[rules.Post]:
    held = Appointment.objects.on(on).filter(person=user)
    return [
        rules.Post(*row) for row in held.values_list("unit__path", "unit__level_id", "position", "page_duty").distinct()
    ]


def levels_of(tasks: list[Assignment]) -> dict[int, list[Level]]:
    """Assignment id → its levels, in order of rank. One query; none for no tasks."""
    found: dict[int, list[Level]] = defaultdict(list)
    through = Assignment.levels.through.objects.filter(assignment__in=tasks).select_related("level")
    for link in through.order_by("level__rank") if tasks else ():
        found[link.assignment_id].append(link.level)
    return found


@dataclass(frozen=True)
class _Found:
    """A task that concerns somebody, and what that person has done in its course (None: not)."""

    task: Assignment
    levels: list[Level]
    stand: Stand
    done_at: dt.datetime | None
    begun_at: dt.datetime | None


def concerning(user: User, on: dt.date) -> list[Assignment]:
    """The standing tasks that concern ``user`` by the appointments of that day, each with course, unit and basis. Three
    queries, one for whoever serves nowhere; one more for each generation of units from which a task came.
    """
    return [found.task for found in _concerning(user, on)]


def _concerning(user: User, on: dt.date) -> list[_Found]:
    posts = _posts_of(user, on)
    if not posts:
        return []
    above = {post.path[:end] for post in posts for end in range(Unit.steplen, len(post.path) + 1, Unit.steplen)}
    mine = Enrolment.objects.standing().filter(user=user, course=OuterRef("course")).order_by()
    tasks: list[Any] = list(
        standing_tasks(on)
        .filter(given_at(exactly=above))
        .select_related("course", "unit", "basis")
        .annotate(
            done_at=Subquery(mine.values("course").annotate(at=Min("completion__completed_at")).values("at")),
            begun_at=Subquery(
                mine.filter(withdrawn_at__isnull=True).values("course").annotate(at=Min("started_at")).values("at")
            ),
        )
    )
    levels = levels_of(tasks)
    stands = stands_on({task.unit_id: task.unit for task in tasks}.values(), on)
    return [
        _Found(task, levels[task.pk], stands[task.unit_id], task.done_at, task.begun_at)
        for task in tasks
        if any(rules.match(post, _aim(task, levels[task.pk], stands[task.unit_id])) for post in posts)
    ]


def _aim(task: Assignment, levels: list[Level], stand: Stand) -> rules.Aim:
    asked = frozenset(level.pk for level in levels)
    return rules.Aim(stand.unit.path, asked, tuple(task.positions), frozenset(task.duties), stand.former)


def dues_of(user: User, on: dt.date) -> list[Due]:
    """The courses that ``user`` owes by the appointments of that day: those not completed first, the earliest deadline
    (so the longest overdue) in front, those without one behind; then the completed ones. Four queries whatever the
    number of tasks; fewer where there are none.
    """
    found = _concerning(user, on)
    names = tree.names_on([one.stand.unit.pk for one in found], on)
    by_course: dict[Course, list[_Found]] = defaultdict(list)
    for one in sorted(found, key=lambda one: (*_by_deadline(one.task.deadline), one.task.pk)):
        by_course[one.task.course].append(one)
    dues = [_due(course, several, names, on) for course, several in by_course.items()]
    return sorted(dues, key=lambda due: (due.is_done, *_by_deadline(due.deadline), due.title))


def _by_deadline(deadline: dt.date | None) -> tuple[bool, dt.date]:
    return deadline is None, deadline or dt.date.max


def _due(course: Course, several: list[_Found], names: dict[int, tree.UnitOnDay], on: dt.date) -> Due:
    first = several[0]
    state = State.DONE if first.done_at else State.IN_PROGRESS if first.begun_at else State.NOT_STARTED
    return Due(
        course.pk,
        course.title,
        course.url,
        first.task.deadline,
        deadline_said(first.task.deadline, on),
        tuple(_reason(one.task, one.levels, names.get(one.stand.unit.pk), on) for one in _told_once(several)),
        state,
        clock.day_of(first.done_at) if first.done_at else None,
    )


def _told_once(several: list[_Found]) -> list[_Found]:
    """Two units with the same task became one: their people read it once."""
    told: dict[tuple[object, ...], _Found] = {}
    for one in several:
        task, levels = one.task, tuple(level.pk for level in one.levels)
        words = (task.deadline, task.basis_id, task.note, task.contact_name, task.contact_phone)
        whom = (one.stand.unit.pk, levels, tuple(task.positions), tuple(task.duties))
        told.setdefault((*whom, *words, None if one.stand.came else task.pk), one)
    return list(told.values())


def _reason(task: Assignment, levels: list[Level], unit: tree.UnitOnDay | None, on: dt.date) -> Reason:
    return Reason(
        task.pk,
        task.code,
        why_said(task, levels, unit),
        document_said(task.basis),
        deadline_said(task.deadline, on),
        task.note,
        task.contact_name,
        task.contact_phone,
    )


def why_said(task: Assignment, levels: list[Level], unit: tree.UnitOnDay | None) -> str:
    """ "Giao cho cán bộ phụ trách Trang ở … của tỉnh Quảng Ninh, theo Kế hoạch 141/KH-MTTQ-BTT ngày 12/4/2022"."""
    whom = whom_said(unit, levels, task.positions, task.duties)
    document = document_said(task.basis)
    if document:
        return _("Given to %(whom)s, by %(document)s") % {"whom": whom, "document": document}
    return _("Given to %(whom)s on %(day)s") % {"whom": whom, "day": f"{clock.day_of(task.assigned_at):%d/%m/%Y}"}

"""What a manager sees of the tasks: those of the own subtree, those given from above, and what to choose from."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock, text
from lms.plans.models import Assignment, BasisDocument, Target
from lms.plans.queries.carrying import Stand, given_at, stand_of, stands_on
from lms.plans.queries.dues import levels_of, standing_tasks
from lms.plans.queries.wording import DeadlineSaid, deadline_said, document_said, unit_within, whom_said
from lms.units import queries as tree
from lms.units.models import Appointment, Grant, Level, Unit
from lms.units.scope import below, granted_paths

_ALL_RIGHTS = (Grant.Right.ASSIGN, Grant.Right.VIEW)


def may_assign(user: User) -> bool:
    """May give tasks somewhere, today. For the navigation and the button."""
    return bool(granted_paths(user, Grant.Right.ASSIGN))


def may_see_tasks(user: User) -> bool:
    return bool(_seen_paths(user))


def _seen_paths(user: User) -> list[str]:
    """Subtrees whose people and tasks ``user`` may see: by the right to see, or to assign (whoever gives a task must
    see whom it concerns and whom to call).
    """
    paths = sorted({path for right in _ALL_RIGHTS for path in granted_paths(user, right)})
    return [path for path in paths if not any(path != other and path.startswith(other) for other in paths)]


@dataclass(frozen=True)
class TaskRow:
    """``came_from``: the names of the units to which it was given and which went whole into the one of today.
    ``is_stranded``: its unit has closed and went nowhere whole, so that it concerns nobody there any more.
    """

    id: int
    course: str
    whom: str
    document: str
    deadline: DeadlineSaid
    given_on: dt.date
    contact_name: str
    withdrawn_on: dt.date | None
    came_from: tuple[str, ...] = ()
    is_stranded: bool = False


@dataclass(frozen=True)
class Tasks:
    """``own``: of the viewer's subtree; ``above``: given from above and concerning a level of the viewer's units;
    ``withdrawn``: of the viewer's subtree.
    """

    own: tuple[TaskRow, ...]
    above: tuple[TaskRow, ...]
    withdrawn: tuple[TaskRow, ...]


def _above(paths: Iterable[str]) -> set[str]:
    """Paths strictly above ``paths``."""
    return {path[:end] for path in paths for end in range(Unit.steplen, len(path), Unit.steplen)}


def tasks_for(user: User, on: dt.date) -> Tasks:
    """Those of the higher units first, then the latest. A constant number of queries whatever the number of tasks."""
    paths = _seen_paths(user)
    seen = Assignment.objects.filter(given_at(exactly=_above(paths), below=paths))
    tasks = sorted(seen.select_related("course", "unit", "basis"), key=lambda task: task.unit.depth)
    levels = levels_of(tasks)
    stands = stands_on({task.unit_id: task.unit for task in tasks}.values(), on)
    names = _names(stands.values(), on)
    here = {level.pk for level in levels_below(paths, on)} if tasks else set()
    own: list[TaskRow] = []
    above: list[TaskRow] = []
    withdrawn: list[TaskRow] = []
    for task in tasks:
        wanted = levels[task.pk]
        stand = stands[task.unit_id]
        row = _row(task, wanted, stand, names, on)
        if stand.unit.path.startswith(tuple(paths)):
            (withdrawn if task.withdrawn_at else own).append(row)
        elif (
            task.withdrawn_at is None
            and any(path.startswith(stand.unit.path) for path in paths)
            and (not wanted or any(level.pk in here for level in wanted))
        ):
            above.append(row)
    return Tasks(tuple(own), tuple(above), tuple(withdrawn))


def _names(stands: Iterable[Stand], on: dt.date) -> dict[int, tree.UnitOnDay]:
    return tree.names_on([unit for stand in stands for unit in (stand.unit, *stand.came)], on)


def _row(task: Assignment, levels: list[Level], stand: Stand, names: dict[int, tree.UnitOnDay], on: dt.date) -> TaskRow:
    return TaskRow(
        task.pk,
        task.course.title,
        whom_said(names.get(stand.unit.pk), levels, task.positions, task.duties),
        document_said(task.basis),
        deadline_said(task.deadline, on),
        clock.day_of(task.assigned_at),
        task.contact_name,
        clock.day_of(task.withdrawn_at) if task.withdrawn_at else None,
        tuple(names[unit.pk].name for unit in stand.came if unit.pk in names),
        stand.unit.closed_on is not None and stand.unit.closed_on <= on,
    )


@dataclass(frozen=True)
class View:
    """A task as one manager sees it: whole (``unit`` is that of the task), or from below (one of the own units in the
    task's subtree), called ``unit_name`` within a sentence. ``others``: further own units to look at instead.
    """

    task: Assignment
    levels: tuple[Level, ...]
    row: TaskRow
    unit: Unit
    unit_name: str
    others: tuple[tree.UnitOnDay, ...]
    is_from_above: bool
    may_change: bool


def view_of(user: User, assignment_id: int, on: dt.date, *, unit_id: int | None = None) -> View | None:
    """None for a task that the person may not see: out of scope, or of no concern to the own units. A constant number
    of queries. ``unit_id``: which of several own units to look at from below.
    """
    paths = _seen_paths(user)
    task = (
        Assignment.objects.filter(given_at(exactly=_above(paths), below=paths), pk=assignment_id)
        .select_related("course", "unit__level", "basis", "assigned_by", "withdrawn_by")
        .prefetch_related("levels")
        .first()
    )
    if task is None:
        return None
    levels = list(task.levels.all())
    stand = stand_of(task, on)
    top = stand.unit
    names = _names([stand], on)
    row = _row(task, levels, stand, names, on)
    may_change = top.path.startswith(tuple(granted_paths(user, Grant.Right.ASSIGN))) and not task.withdrawn_at
    if top.path.startswith(tuple(paths)):
        name = unit_within(names.get(top.pk))
        return View(task, tuple(levels), row, top, name, (), False, may_change)
    own = [path for path in paths if path.startswith(top.path)]
    here = {level.pk for level in levels_below(own, on)}
    if not own or task.withdrawn_at or (levels and not any(level.pk in here for level in levels)):
        return None
    units = list(Unit.objects.filter(path__in=own).select_related("level"))
    # Units that went whole into an own one are among them; they have closed, and are looked at through their successor.
    units = [unit for unit in units if unit.closed_on is None or unit.closed_on > on] or units
    called = tree.names_on(units, on)
    unit = next((unit for unit in units if unit.pk == unit_id), units[0])
    others = tuple(called[other.pk] for other in units if other.pk != unit.pk and other.pk in called)
    name = unit_within(called.get(unit.pk))
    return View(task, tuple(levels), row, unit, name, others, True, False)


# --- What to choose from -----------------------------------------------------------------------------


def levels_below(paths: Iterable[str], on: dt.date) -> list[Level]:
    """Levels of which a unit is open that day in the subtrees, from the top. One query."""
    units = Unit.objects.open_on(on).filter(below(paths, "path")).order_by()
    return list(Level.objects.filter(pk__in=units.values("level_id")).order_by("rank"))


def positions_in_use(paths: Iterable[str], on: dt.date, *, limit: int = 12) -> list[str]:
    """The positions most people hold in the subtrees that day, one spelling of each, in Vietnamese order. One query."""
    held = (
        Appointment.objects.on(on).filter(below(paths)).order_by().values_list("position").annotate(people=Count("pk"))
    )
    spelled: dict[str, tuple[int, str]] = {}
    for position, people in held:
        folded = text.fold(position)
        number, best = spelled.get(folded, (0, ""))
        spelled[folded] = (number + people, position if people > number else best)
    commonest = sorted(spelled.values(), reverse=True)[:limit]
    return sorted((position for _number, position in commonest if position), key=text.sort_key)


def documents_known(user: User, *, limit: int = 30) -> QuerySet[BasisDocument]:
    """Documents on which tasks or targets rest that the person may see or that come from above, the latest first."""
    paths = _seen_paths(user)
    known = below(paths) | Q(unit__path__in=_above(paths))
    used = Assignment.objects.filter(known, basis__isnull=False).values("basis_id")
    aimed = Target.objects.filter(known, basis__isnull=False).values("basis_id")
    ids = list(
        BasisDocument.objects.filter(Q(pk__in=used) | Q(pk__in=aimed))
        .order_by("-issued_on", "-pk")
        .values_list("pk", flat=True)[:limit]
    )
    return BasisDocument.objects.filter(pk__in=ids).order_by("-issued_on", "-pk")


# --- The short link ----------------------------------------------------------------------------------


def task_link(code: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('plans:short', args=[code])}"


def short_link(unit: Unit, course_id: int, on: dt.date) -> str:
    """The full address to send to people of ``unit`` who owe the course: that of the nearest standing task above them
    or at the unit, of several there the one with the earliest deadline; ``/learn/`` where no task stands. One query,
    more where a task came from a unit that has closed.
    """
    above = {unit.path[:end] for end in range(Unit.steplen, len(unit.path) + 1, Unit.steplen)}
    tasks = list(standing_tasks(on).filter(given_at(exactly=above), course=course_id).select_related("unit"))
    stands = stands_on({task.unit_id: task.unit for task in tasks}.values(), on)
    found = sorted(
        (task for task in tasks if stands[task.unit_id].unit.path in above),
        key=lambda task: (-len(stands[task.unit_id].unit.path), task.deadline or dt.date.max, task.pk),
    )
    return task_link(found[0].code) if found else f"{settings.PUBLIC_URL.rstrip('/')}{reverse('home:learn')}"


def message_for(task: Assignment, row: TaskRow) -> str:
    """The text to paste into a group on Zalo: what, until when, why, where, whom to ask. No query."""
    lines = [
        _("Please complete the course “%(course)s”.") % {"course": row.course},
        _("For: %(whom)s.") % {"whom": row.whom},
    ]
    if row.deadline.day:
        lines.append(_("Deadline: %(day)s.") % {"day": row.deadline.day})
    if row.document:
        lines.append(_("By: %(document)s.") % {"document": row.document})
    lines.append(_("Learn here: %(link)s") % {"link": task_link(task.code)})
    asked = {"name": task.contact_name, "phone": phones.display(task.contact_phone)}
    lines.append(_("Whom to ask: %(name)s, %(phone)s") % asked)
    return "\n".join(lines)

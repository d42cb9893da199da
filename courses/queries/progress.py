"""Where a learner stands: what is next, how long, what is locked and why. Frozen rows for the templates."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from courses import rules
from courses.enums import State
from courses.models import Activity, ActivityState, Course, Enrolment, Module, Submission
from lms.accounts.models import User


@dataclass(frozen=True)
class ActivityRow:
    id: int
    kind: str
    title: str
    url: str
    minutes: int
    is_required: bool
    state: State
    # Handed in, and somebody else's turn: nothing that the learner could do.
    is_waiting: bool = False
    # Done because the test of the topic was passed first.
    is_exempt: bool = False
    # Such a test.
    exempts: bool = False

    @property
    def is_open_task(self) -> bool:
        return self.is_required and self.state != State.DONE and not self.is_waiting


@dataclass(frozen=True)
class ModuleRow:
    id: int
    position: int
    title: str
    url: str
    activities: tuple[ActivityRow, ...]
    lock_reason: str
    state: State
    # Of its job aid, "" for none.
    job_aid_url: str = ""

    @property
    def required(self) -> int:
        return sum(row.is_required for row in self.activities)

    @property
    def done(self) -> int:
        return sum(row.is_required and row.state == State.DONE for row in self.activities)

    @property
    def minutes(self) -> int:
        return sum(row.minutes for row in self.activities)

    @property
    def lessons(self) -> int:
        return sum(row.kind == "lesson" for row in self.activities)

    @property
    def shortcut(self) -> ActivityRow | None:
        """A test that saves whoever passes it lessons that are still to be done; None where it would save nothing."""
        if self.lock_reason or not any(row.kind == "lesson" and row.is_open_task for row in self.activities):
            return None
        return next((row for row in self.activities if row.exempts and row.state != State.DONE), None)


@dataclass(frozen=True)
class CourseRow:
    enrolment_id: int | None
    course_id: int
    title: str
    url: str
    modules: tuple[ModuleRow, ...]
    next: ActivityRow | None
    next_module: ModuleRow | None
    started_at: dt.datetime | None
    completed_at: dt.datetime | None

    @property
    def required(self) -> int:
        return sum(module.required for module in self.modules)

    @property
    def done(self) -> int:
        return sum(module.done for module in self.modules)

    @property
    def percent(self) -> int:
        """Whole percent, rounded down, so that 100 means that nothing is left."""
        return 100 * self.done // self.required if self.required else 0

    @property
    def minutes_left(self) -> int:
        return sum(row.minutes for module in self.modules for row in module.activities if row.is_open_task)

    @property
    def waiting(self) -> tuple[ActivityRow, ...]:
        """Practical tasks that wait for somebody to confirm them."""
        return tuple(row for module in self.modules for row in module.activities if row.is_waiting)


@dataclass(frozen=True)
class LessonPlace:
    """One activity within its course: position among its module's activities, neighbours, whether it is open."""

    course: CourseRow
    module: ModuleRow
    row: ActivityRow
    position: int
    count: int
    previous: ActivityRow | None
    following: ActivityRow | None


def my_training(user: User) -> list[CourseRow]:
    """All courses of ``user``: unfinished first, then the latest finished. Four queries whatever their number."""
    enrolments = (
        Enrolment.objects.standing()
        .filter(user=user, withdrawn_at__isnull=True, course__retired_at__isnull=True)
        .select_related("course", "completion", "bookmark")
        .order_by("course_id", "cycle")
    )
    latest = list({enrolment.course_id: enrolment for enrolment in enrolments}.values())
    rows = learner_courses(latest)
    return sorted(rows, key=lambda row: (row.completed_at is not None, -(row.percent), row.title))


def learner_course(enrolment: Enrolment) -> CourseRow:
    """Three queries, and one more each for a course, a completion or a bookmark that was not selected with it."""
    return learner_courses([enrolment])[0]


class _Stand(NamedTuple):
    """Of one activity. ``is_handed_in``: at least once, whatever was said to it."""

    state: State = State.NOT_STARTED
    is_exempt: bool = False
    is_handed_in: bool = False
    is_waiting: bool = False


def learner_courses(enrolments: list[Enrolment]) -> list[CourseRow]:
    courses = {enrolment.course_id for enrolment in enrolments}
    if not courses:
        return []
    activities: dict[int, list[Activity]] = defaultdict(list)
    for activity in (
        Activity.objects.filter(course__in=courses, retired_at__isnull=True, module__retired_at__isnull=True)
        .select_related("module")
        .order_by("module__position", "position", "pk")
    ):
        activities[activity.course_id].append(activity)
    requires: dict[int, set[int]] = defaultdict(set)
    through: Any = Module.requires.through
    for module_id, required_id in through.objects.filter(from_module__course__in=courses).values_list(
        "from_module_id", "to_module_id"
    ):
        requires[module_id].add(required_id)
    saved = [enrolment.pk for enrolment in enrolments if enrolment.pk]
    handed_in = Submission.objects.filter(
        Q(enrolment=OuterRef("enrolment")) | Q(enrolment__united_with=OuterRef("enrolment")),
        activity=OuterRef("activity"),
    )
    states: dict[tuple[int, int], _Stand] = {
        (enrolment_id, activity_id): _Stand(State(state), is_exempt, is_handed_in, is_waiting)
        for enrolment_id, activity_id, state, is_exempt, is_handed_in, is_waiting in ActivityState.objects.filter(
            enrolment__in=saved
        ).values_list(
            "enrolment_id",
            "activity_id",
            "state",
            "is_exempt",
            Exists(handed_in),
            Exists(handed_in.filter(state=Submission.State.SUBMITTED)),
        )
    }
    return [_course_row(enrolment, activities[enrolment.course_id], requires, states) for enrolment in enrolments]


def _course_row(
    enrolment: Enrolment,
    activities: list[Activity],
    requires: dict[int, set[int]],
    states: dict[tuple[int, int], _Stand],
) -> CourseRow:
    by_module: dict[Module, list[ActivityRow]] = defaultdict(list)
    handed_in: set[object] = set()
    for activity in activities:
        stand = states.get((enrolment.pk or 0, activity.pk), _Stand())
        if stand.is_handed_in:
            handed_in.add(activity.pk)
        by_module[activity.module].append(
            ActivityRow(
                activity.pk,
                activity.kind,
                activity.title,
                activity.url,
                activity.minutes,
                activity.is_required,
                stand.state,
                stand.is_waiting,
                stand.is_exempt,
                activity.exempts,
            )
        )
    modules = _module_rows(by_module, requires, handed_in)
    bookmark = getattr(enrolment, "bookmark", None) if enrolment.pk else None
    completion = getattr(enrolment, "completion", None) if enrolment.pk else None
    next_row, next_module = _next(modules, bookmark.activity_id if bookmark else None)
    return CourseRow(
        enrolment.pk,
        enrolment.course_id,
        enrolment.course.title,
        enrolment.course.url,
        modules,
        next_row,
        next_module,
        enrolment.started_at,
        completion.completed_at if completion else None,
    )


def _module_rows(
    by_module: dict[Module, list[ActivityRow]], requires: dict[int, set[int]], handed_in: set[object]
) -> tuple[ModuleRow, ...]:
    """A task that was handed in holds nobody up while it is looked at, nor when it comes back for a correction."""
    done: set[object] = {row.id for rows in by_module.values() for row in rows if row.state == State.DONE}
    facts = [
        rules.ModuleFacts(module.pk, {row.id for row in rows if row.is_required}, set(requires.get(module.pk, ())))
        for module, rows in by_module.items()
    ]
    titles = {module.pk: module.title for module in by_module}
    return tuple(
        ModuleRow(
            module.pk,
            position,
            module.title,
            module.url,
            tuple(rows),
            _lock_reason(titles[key] for key in rules.modules_in_the_way(fact, facts, done | handed_in)),  # type: ignore[index]
            _module_state(rows, is_done=rules.module_is_done(fact, done)),
            module.job_aid_url,
        )
        for position, ((module, rows), fact) in enumerate(zip(by_module.items(), facts, strict=True), start=1)
    )


def _module_state(rows: list[ActivityRow], *, is_done: bool) -> State:
    if is_done:
        return State.DONE
    return State.IN_PROGRESS if any(row.state != State.NOT_STARTED for row in rows) else State.NOT_STARTED


def _lock_reason(titles: Iterable[str]) -> str:
    """The sentence that explains a lock; "" when there is none. More than two titles are counted, not read out."""
    found = list(titles)
    if len(found) > 2:
        return _("Opens when you have finished the %(count)s topics before it that are still open.") % {
            "count": len(found)
        }
    # A title with quotation marks of its own takes no further ones.
    names = ", ".join(title if "“" in title else f"“{title}”" for title in found)
    return _("Opens when you have finished %(topics)s.") % {"topics": names} if names else ""


def _next(modules: tuple[ModuleRow, ...], bookmarked: int | None) -> tuple[ActivityRow | None, ModuleRow | None]:
    """Where to go on: what was last open if it is unfinished, else the first thing that is required and open."""
    open_rows = [
        (row, module) for module in modules if not module.lock_reason for row in module.activities if row.is_open_task
    ]
    for row, module in open_rows:
        if row.id == bookmarked:
            return row, module
    return open_rows[0] if open_rows else (None, None)


def outline_of(course_id: int) -> tuple[ModuleRow, ...]:
    """What a course consists of, for who has not begun it. Three queries."""
    stranger = Enrolment(course_id=course_id, course=Course.objects.get(pk=course_id))
    return learner_courses([stranger])[0].modules


def learner_module(user: User, key: UUID) -> ModuleRow | None:
    """One topic as ``user`` stands in it; None when not enrolled."""
    module = Module.objects.filter(key=key, retired_at__isnull=True).first()
    if module is None:
        return None
    enrolment = (
        Enrolment.objects.standing()
        .filter(user=user, course=module.course_id, withdrawn_at__isnull=True)
        .select_related("course", "completion", "bookmark")
        .order_by("-cycle")
        .first()
    )
    if enrolment is None:
        return None
    return next((row for row in learner_course(enrolment).modules if row.id == module.pk), None)


def place_of(course: CourseRow, activity_id: int) -> LessonPlace | None:
    """Where an activity stands in its course; None if it is retired. No query."""
    flat = [(row, module) for module in course.modules for row in module.activities]
    for index, (row, module) in enumerate(flat):
        if row.id == activity_id:
            siblings = [sibling.id for sibling in module.activities]
            return LessonPlace(
                course,
                module,
                row,
                siblings.index(row.id) + 1,
                len(siblings),
                flat[index - 1][0] if index else None,
                flat[index + 1][0] if index + 1 < len(flat) else None,
            )
    return None


def next_after(course: CourseRow, activity_id: int) -> ActivityRow | None:
    """The first open, required, unfinished activity behind ``activity_id``, else ``course.next``. No query."""
    flat = [(row, module) for module in course.modules for row in module.activities]
    ids = [row.id for row, _module in flat]
    behind = flat[ids.index(activity_id) + 1 :] if activity_id in ids else []
    for row, module in behind:
        if row.is_open_task and not module.lock_reason:
            return row
    return course.next

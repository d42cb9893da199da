"""What a learner has done, beside what a page says. Pages themselves ask nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django import template

from courses.forms import PracticeForm
from courses.models import CoursePage, LessonPage, ModulePage, PracticePage, Submission
from courses.queries import access, lessons, practice, progress
from lms.core import clock

register = template.Library()


@dataclass(frozen=True)
class LessonView:
    """``place`` is None in a preview and for authors, who take no part."""

    segments: list[lessons.Segment]
    place: progress.LessonPlace | None
    activity_id: int | None
    chosen: dict[str, int]
    objectives: list[str]


@register.simple_tag(takes_context=True)
def lesson_view(context: dict[str, Any], page: LessonPage) -> LessonView:
    request = context["request"]
    answer: access.Access | None = getattr(request, "access", None)
    activity = getattr(request, "activity", None)
    chosen: dict[str, int] = {}
    if answer and answer.enrolment and activity:
        bookmark = getattr(answer.enrolment, "bookmark", None)
        chosen = bookmark.checks.get(str(activity.pk), {}) if bookmark else {}
    return LessonView(
        segments=lessons.segments(
            page,
            is_preview=getattr(request, "is_preview", False),
            cleared=activity.cleared_legal if activity else None,
        ),
        place=answer.place if answer and answer.enrolment else None,
        activity_id=activity.pk if activity else None,
        chosen=chosen,
        objectives=[line.strip() for line in page.objectives.splitlines() if line.strip()],
    )


@dataclass(frozen=True)
class PracticeView:
    """A practical task as its page shows it. ``place`` and ``form`` are None for authors and in a preview.

    ``standing``: what waits or is confirmed; ``returned``: what came back last and was not sent again; ``earlier``:
    the others. ``markers``: names of those who may confirm.
    """

    segments: list[lessons.Segment]
    place: progress.LessonPlace | None
    activity_id: int | None
    chosen: dict[str, int]
    criteria: list[str]
    form: PracticeForm | None
    standing: practice.SubmissionRow | None
    returned: practice.SubmissionRow | None
    earlier: tuple[practice.SubmissionRow, ...]
    markers: list[str]
    lost_picture: bool


@register.simple_tag(takes_context=True)
def practice_view(context: dict[str, Any], page: PracticePage) -> PracticeView:
    """Whatever the learner has handed in: four queries, one more while something waits."""
    request = context["request"]
    answer: access.Access | None = getattr(request, "access", None)
    activity = getattr(request, "activity", None)
    enrolment = answer.enrolment if answer else None
    rows: tuple[practice.SubmissionRow, ...] = ()
    chosen: dict[str, int] = {}
    form = context.get("form")
    if enrolment and activity:
        rows = practice.of_learner(enrolment, activity, at=clock.now())
        bookmark = getattr(enrolment, "bookmark", None)
        chosen = bookmark.checks.get(str(activity.pk), {}) if bookmark else {}
        if form is None:
            last = rows[0] if rows else None
            initial = {"link": last.link, "note": last.note} if last else {}
            form = PracticeForm(page=page, initial={**initial, "number": len(rows) + 1})
        elif form.is_bound:
            # Whoever has read what stands now sends the one after it.
            form.data = {**form.data.dict(), "number": str(len(rows) + 1)}
    standing = next((row for row in rows if row.state != Submission.State.RETURNED), None)
    returned = rows[0] if rows and standing is None else None
    is_waiting = standing is not None and standing.state == Submission.State.SUBMITTED
    return PracticeView(
        segments=lessons.segments(
            page,
            is_preview=getattr(request, "is_preview", False),
            cleared=activity.cleared_legal if activity else None,
        ),
        place=answer.place if answer and enrolment else None,
        activity_id=activity.pk if activity else None,
        chosen=chosen,
        criteria=[line.strip() for line in page.criteria.splitlines() if line.strip()],
        form=form if enrolment and (standing is None or is_waiting) else None,
        standing=standing,
        returned=returned,
        earlier=tuple(row for row in rows if row not in (standing, returned)),
        markers=practice.markers_for(request.user, enrolment, on=clock.today()) if is_waiting and enrolment else [],
        lost_picture=bool(form is not None and form.is_bound and form.files),
    )


@register.inclusion_tag("courses/_practice_news.html", takes_context=True)
def practice_news(context: dict[str, Any]) -> dict[str, Any]:
    """On "my training": what came back, what waits, what was confirmed of late; nothing where there is nothing."""
    request = context["request"]
    return {"news": practice.news_of(request.user, at=clock.now()) if request.user.is_authenticated else []}


@register.filter
def named_by(cells: Iterable[Any], header: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Each cell of a row with the name of its column; "" where the header is shorter."""
    return [(cell, name) for cell, name in zip_longest(cells, header, fillvalue="")]


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@dataclass(frozen=True)
class CourseView:
    """``course`` is the learner's own course, None for who has not enrolled; ``outline`` what it consists of."""

    course: progress.CourseRow | None
    course_id: int | None
    outline: tuple[progress.ModuleRow, ...]


@register.simple_tag(takes_context=True)
def course_view(context: dict[str, Any], page: CoursePage) -> CourseView:
    request = context["request"]
    if page.course_id is None:
        return CourseView(None, None, ())
    user = request.user
    enrolment = access.current_enrolment(user, page.course_id) if user.is_authenticated else None
    if enrolment:
        course = progress.learner_course(enrolment)
        return CourseView(course, page.course_id, course.modules)
    return CourseView(None, page.course_id, progress.outline_of(page.course_id))


@register.simple_tag(takes_context=True)
def module_view(context: dict[str, Any], page: ModulePage) -> progress.ModuleRow | None:
    """The learner's view of one topic; None before publication, in a preview, and for who has not enrolled."""
    request = context["request"]
    if not request.user.is_authenticated:
        return None
    return progress.learner_module(request.user, page.translation_key)

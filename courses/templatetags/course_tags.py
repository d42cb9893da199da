"""What a learner has done, beside what a page says. Pages themselves ask nothing."""

from dataclasses import dataclass
from typing import Any

from django import template

from courses.models import CoursePage, LessonPage, ModulePage
from courses.queries import access, lessons, progress

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
        segments=lessons.segments(page, is_preview=getattr(request, "is_preview", False)),
        place=answer.place if answer and answer.enrolment else None,
        activity_id=activity.pk if activity else None,
        chosen=chosen,
        objectives=[line.strip() for line in page.objectives.splitlines() if line.strip()],
    )


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

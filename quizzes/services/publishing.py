"""A published QuizPage → Quiz and QuizSlot rows. Attempts that are under way keep the rules they were started with."""

import datetime as dt
from typing import Any

from django.db import transaction

from courses.models import Activity, PackageItem
from courses.services import outline
from quizzes.models import Objective, Quiz, QuizBand, QuizGoal, QuizPage, QuizSection, QuizSlot
from quizzes.services import bank


@transaction.atomic
def sync_quiz(page: QuizPage, *, at: dt.datetime) -> Quiz | None:
    """Bring the rows in line with ``page``; None for a page outside a course. A second call changes nothing."""
    course_page = outline.course_page_of(page)
    if course_page is None:
        return None
    activity = Activity.objects.filter(key=page.translation_key).first()
    if activity is None:
        # This listener may hear of the page before the one in courses does.
        outline.sync_course(course_page, at=at)
        activity = Activity.objects.filter(key=page.translation_key).first()
    if activity is None:
        return None
    settings = {name: getattr(page, name) for name in Quiz.SETTINGS}
    quiz, _ = Quiz.objects.update_or_create(
        activity=activity, defaults={**settings, "version": str(page.live_revision_id or "")}
    )
    slots = [*_slots(page), *_cells(page)]
    for position, values in enumerate(slots, start=1):
        QuizSlot.objects.update_or_create(quiz=quiz, position=position, defaults=values)
    quiz.slots.filter(position__gt=len(slots)).delete()
    _replace_parts(quiz, page)
    link_objectives()
    return quiz


def link_objectives() -> int:
    """Tie objectives that came with a content package to the lesson that teaches them; how many were tied.

    The key of such an objective is the package and the path of the lesson's folder. One chosen by hand stays. Three
    queries, one more for each that is tied; a second call ties nothing.
    """
    loose = {row.key: row for row in Objective.objects.filter(lesson__isnull=True)}
    if not loose:
        return 0
    packages = {key.partition("/")[0] for key in loose}
    keys = {
        f"{item.package}/{item.path}": item.key
        for item in PackageItem.objects.filter(package__in=packages, kind="page")
        if f"{item.package}/{item.path}" in loose
    }
    activities = {str(row.key): row for row in Activity.objects.filter(key__in=keys.values(), retired_at__isnull=True)}
    tied = 0
    for key, page_key in keys.items():
        if page_key in activities:
            bank.save_objective(key=key, name=loose[key].name, lesson=activities[page_key])
            tied += 1
    return tied


def _slots(page: QuizPage) -> list[dict[str, Any]]:
    return [
        {**{name: getattr(draw, name) for name in QuizSlot.FILTER}, "is_of_blueprint": False}
        for draw in page.draws.order_by("sort_order", "pk")
    ]


def _cells(page: QuizPage) -> list[dict[str, Any]]:
    """The blueprint is as many slots as it has cells."""
    empty = {field.name: field.get_default() for field in QuizSlot._meta.fields if field.name in QuizSlot.FILTER}
    return [
        {
            **empty,
            "objective": cell.objective,
            "level": cell.level,
            "count": cell.count,
            "max_mark": cell.max_mark,
            "section": cell.section,
            "is_of_blueprint": True,
        }
        for cell in page.cells.select_related("objective").order_by("sort_order", "pk")
    ]


def _replace_parts(quiz: Quiz, page: QuizPage) -> None:
    quiz.sections.all().delete()
    QuizSection.objects.bulk_create(
        QuizSection(
            quiz=quiz,
            number=number,
            title=section.title,
            introduction=section.introduction,
            shuffles=section.shuffles,
        )
        for number, section in enumerate(page.sections.order_by("sort_order", "pk"), start=1)
    )
    quiz.bands.all().delete()
    QuizBand.objects.bulk_create(
        QuizBand(quiz=quiz, from_percent=band.from_percent, text=band.text) for band in page.bands.all()
    )
    quiz.goals.all().delete()
    QuizGoal.objects.bulk_create(
        QuizGoal(quiz=quiz, objective=goal.objective, pass_percent=goal.pass_percent) for goal in page.goals.all()
    )

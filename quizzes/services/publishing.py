"""A published QuizPage → Quiz and QuizSlot rows. Attempts that are under way keep the rules they were started with."""

import datetime as dt

from django.db import transaction

from courses.models import Activity
from courses.services import outline
from quizzes.models import Quiz, QuizPage, QuizSlot

SETTINGS = ("pass_percent", "max_attempts", "wait_minutes", "limit_minutes", "shuffles")


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
    settings = {name: getattr(page, name) for name in SETTINGS}
    quiz, _ = Quiz.objects.update_or_create(
        activity=activity, defaults={**settings, "version": str(page.live_revision_id or "")}
    )
    draws = list(page.draws.order_by("sort_order", "pk"))
    for position, draw in enumerate(draws, start=1):
        QuizSlot.objects.update_or_create(
            quiz=quiz,
            position=position,
            defaults={"category": draw.category, "question": None, "count": draw.count, "max_mark": 1},
        )
    quiz.slots.filter(position__gt=len(draws)).delete()
    return quiz

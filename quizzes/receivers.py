"""Wagtail says that a quiz page was published → its rows follow (services.publishing)."""

from typing import Any

from django.dispatch import receiver
from wagtail.signals import page_published

from lms.core import clock
from quizzes.models import QuizPage
from quizzes.services import publishing


@receiver(page_published, sender=QuizPage)
def follow_publication(sender: Any, instance: QuizPage, **kwargs: Any) -> None:
    publishing.sync_quiz(instance, at=clock.now())

"""Wagtail says that a page was published, moved or removed → the records follow (services.outline)."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver
from wagtail.models import Page
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from courses.models import CoursePage, ModulePage
from courses.models.pages import ActivityPage
from courses.services import outline
from lms.core import clock


def _sync(page: Page) -> None:
    course_page = outline.course_page_of(page.specific)
    if course_page:
        outline.sync_course(course_page, at=clock.now())


@receiver(page_published)
@receiver(page_unpublished)
def follow_publication(sender: Any, instance: Page, **kwargs: Any) -> None:
    _sync(instance)


@receiver(page_slug_changed)
@receiver(post_page_move)
def follow_address(sender: Any, instance: Page, **kwargs: Any) -> None:
    _sync(instance)


@receiver(post_delete)
def follow_removal(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, CoursePage | ModulePage | ActivityPage):
        outline.retire_page(instance.translation_key, at=clock.now())

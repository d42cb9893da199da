"""Wagtail says that a page was published, moved or removed → the records follow (services.outline)."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from wagtail.models import Page
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from courses.models import CoursePage, JobAidPage, ModulePage
from courses.models.pages import ActivityPage
from courses.services import job_aids, outline
from courses.tasks import nudge_job_aid
from lms.core import clock


def _sync(page: Page) -> None:
    course_page = outline.course_page_of(page.specific)
    if course_page:
        outline.sync_course(course_page, at=clock.now())


def _print_job_aids(page: Page) -> None:
    """Those at or below ``page``: the name of the topic and the address are on the sheet too."""
    if not issubclass(page.specific_class or Page, CoursePage | ModulePage | JobAidPage):
        return
    for job_aid in JobAidPage.objects.descendant_of(page, inclusive=True).live():
        edition = job_aids.note_published(job_aid, at=clock.now())
        if not edition.is_made:
            transaction.on_commit(partial(nudge_job_aid, edition.pk))


@receiver(page_published)
@receiver(page_unpublished)
def follow_publication(sender: Any, instance: Page, **kwargs: Any) -> None:
    _sync(instance)
    _print_job_aids(instance)


@receiver(page_slug_changed)
@receiver(post_page_move)
def follow_address(sender: Any, instance: Page, **kwargs: Any) -> None:
    _sync(instance)
    _print_job_aids(instance)


@receiver(post_delete)
def follow_removal(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, CoursePage | ModulePage | ActivityPage):
        outline.retire_page(instance.translation_key, at=clock.now())
    elif isinstance(instance, JobAidPage):
        outline.forget_job_aid(instance.url or "")

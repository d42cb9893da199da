"""Published pages → Course, Module and Activity rows. Removing a page retires its row; nothing is deleted."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from courses.models import Activity, Course, CoursePage, JobAidPage, Module, ModulePage
from courses.models.pages import ActivityPage
from courses.services import legal


@transaction.atomic
def sync_course(page: CoursePage, *, at: dt.datetime) -> Course:
    """Bring the rows of one course in line with its published pages. A second call changes nothing.

    Unpublished or removed pages retire their rows; a page that comes back takes its row up again.
    """
    course, _ = Course.objects.update_or_create(
        key=page.translation_key,
        defaults={
            "title": page.title,
            "url": page.url or "",
            "hours": page.hours,
            "is_open": page.is_open,
            "retired_at": None if page.live else at,
        },
    )
    if page.course_id != course.pk:
        CoursePage.objects.filter(pk=page.pk).update(course=course)
        page.course = course
    modules = _sync_modules(page, course)
    activities = _sync_activities(modules, course)
    course.modules.exclude(key__in=modules).filter(retired_at__isnull=True).update(retired_at=at)
    course.activities.exclude(key__in=activities).filter(retired_at__isnull=True).update(retired_at=at)
    return course


def _sync_modules(page: CoursePage, course: Course) -> dict[UUID, tuple[Module, ModulePage]]:
    found: dict[UUID, tuple[Module, ModulePage]] = {}
    module_pages = list(ModulePage.objects.child_of(page).live().order_by("path").prefetch_related("requires"))
    job_aids = _job_aids_of(page)
    for position, module_page in enumerate(module_pages, start=1):
        module, _ = Module.objects.update_or_create(
            key=module_page.translation_key,
            defaults={
                "course": course,
                "title": module_page.title,
                "url": module_page.url or "",
                "position": position,
                "job_aid_url": job_aids.get(module_page.path, ""),
                "retired_at": None,
            },
        )
        found[module.key] = (module, module_page)
    by_key = {key: module for key, (module, _) in found.items()}
    for module, module_page in found.values():
        keys = [required.translation_key for required in module_page.requires.all()]
        module.requires.set([by_key[key] for key in keys if key in by_key and by_key[key] != module])
    return found


def _job_aids_of(page: CoursePage) -> dict[str, str]:
    """Path of the topic's page → address of its job aid, the first that is published."""
    found: dict[str, str] = {}
    for job_aid in JobAidPage.objects.descendant_of(page).live().order_by("path"):
        found.setdefault(job_aid.path[: -job_aid.steplen], job_aid.url or "")
    return found


def _sync_activities(modules: dict[UUID, tuple[Module, ModulePage]], course: Course) -> set[UUID]:
    keys: set[UUID] = set()
    position = 0
    for module, module_page in modules.values():
        for page in module_page.get_children().live().order_by("path").specific():
            if not isinstance(page, ActivityPage):
                continue
            position += 1
            Activity.objects.update_or_create(
                key=page.translation_key,
                defaults={
                    "course": course,
                    "module": module,
                    "kind": page.activity_kind,
                    "title": page.title,
                    "url": page.url or "",
                    "position": position,
                    "minutes": page.minutes,
                    "is_required": page.is_required,
                    "exempts": getattr(page, "exempts", False),
                    "retired_at": None,
                },
            )
            keys.add(page.translation_key)
    # A paragraph may have been cleared in the draft, before its page had a row.
    legal.mirror(keys)
    return keys


def course_page_of(page: object) -> CoursePage | None:
    """The CoursePage above (or being) ``page``, None outside a course."""
    if isinstance(page, CoursePage):
        return page
    if isinstance(page, ModulePage | ActivityPage | JobAidPage):
        return CoursePage.objects.ancestor_of(page).first()
    return None


@transaction.atomic
def retire_page(key: UUID, *, at: dt.datetime) -> None:
    """A page was deleted: its course, module or activity (whichever has ``key``) takes no part any more."""
    for model in (Course, Module, Activity):
        model._default_manager.filter(key=key, retired_at__isnull=True).update(retired_at=at)


def forget_job_aid(url: str) -> None:
    """Its page was deleted: no lesson links to it any more."""
    if url:
        Module.objects.filter(job_aid_url=url).update(job_aid_url="")

"""What a published lesson consists of. The body is the same for everybody and kept, ready-made, for minutes."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.db.models import QuerySet

from courses.models import Activity, LessonPage
from courses.models.pages import ActivityPage

# A glossary term or a picture's alternative text that is edited shows after this long at the latest.
KEPT_SECONDS = 300


@dataclass(frozen=True)
class Segment:
    """One block of a lesson: ``html`` ready-made, or ``value`` of a self-check, which shows what this learner chose."""

    block_id: str
    kind: str
    html: str
    value: Any


def live_page(activity: Activity) -> ActivityPage | None:
    """The published page of ``activity``, whatever app its kind is from. One query."""
    for model in ActivityPage.__subclasses__():
        if model.activity_kind == activity.kind:
            pages: QuerySet[ActivityPage] = model._default_manager.filter(translation_key=activity.key, live=True)
            return pages.first()
    return None


def self_checks(page: LessonPage) -> dict[str, Any]:
    """The self-checks of a lesson: block id → value with "question" and "options"."""
    return {block.id: block.value for block in page.body if block.block_type == "self_check"}


def segments(page: LessonPage, *, is_preview: bool = False) -> list[Segment]:
    """The body in order. Published pages are kept by revision, so that a learner's page renders no block twice."""
    if is_preview or not page.live_revision_id:
        return _render(page)
    key = f"lesson:{page.pk}:{page.live_revision_id}"
    cache = caches["local"]
    kept: list[Segment] | None = cache.get(key)
    if kept is None:
        kept = _render(page)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _render(page: LessonPage) -> list[Segment]:
    found = []
    for block in page.body:
        if block.block_type == "self_check":
            options = [
                {"text": option["text"], "is_right": option["is_right"], "reason": option["reason"]}
                for option in block.value["options"]
            ]
            value = {"question": block.value["question"], "options": options}
            found.append(Segment(block.id, block.block_type, "", value))
        else:
            html = str(block.render({"page": page, "self": block.value}))
            found.append(Segment(block.id, block.block_type, html, None))
    return found

"""What a published lesson consists of, or a practical task. The body is the same for all and kept, ready-made, for
minutes.
"""

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import caches
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from courses.formats.legal_text import fingerprint
from courses.models import Activity, GlossaryTerm, LegalDocument, LessonPage, PracticePage
from courses.models.pages import ActivityPage
from courses.queries.legal import Cleared, cleared_of
from courses.simulator import Task, TaskError
from lms.core import clock

# A glossary term, a document of the register, a screen or an alternative text that is edited shows after this long at
# the latest.
KEPT_SECONDS = 300
# Where the ready-made text of a legal paragraph says whether it is cleared. No author can type it: it is a comment.
_STATUS = mark_safe("<!--legal-status-->")
_LAW_LINK = re.compile(r'href="#luat-([a-z0-9-]+)"')
# With those of the register of documents.
_ENTRY_LINK = re.compile(r'<a href="#((?:term|luat)-[a-z0-9-]+)"')
_TERM_LINK = re.compile(r'href="#term-([a-z0-9-]+)"')
_TERM_SHOWN = re.compile(r'id="term-([a-z0-9-]+)"')


@dataclass(frozen=True)
class Segment:
    """One block of a lesson: ``html`` ready-made, or ``value`` of a self-check, which shows what this learner chose.

    The ``value`` of a legal paragraph is the hash of its text; whether it is cleared is not kept with the page.
    """

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


def live_page_of(activity_id: int) -> ActivityPage | None:
    """The same by the id of the activity. Two queries."""
    activity = Activity.objects.filter(pk=activity_id).first()
    return live_page(activity) if activity else None


def self_checks(page: LessonPage | PracticePage) -> dict[str, Any]:
    """The self-checks of a lesson: block id → value with "question" and "options"."""
    return {block.id: block.value for block in page.body if block.block_type == "self_check"}


def simulated_task(page: LessonPage | PracticePage, block_id: str) -> Task | None:
    """The task of that simulator; None when there is none, or its rules are not complete."""
    for block in page.body:
        if block.id == block_id and block.block_type == "simulator":
            try:
                task: Task = block.value.task()
            except TaskError:
                return None
            return task
    return None


def segments(
    page: LessonPage | PracticePage, *, is_preview: bool = False, cleared: Cleared | None = None
) -> list[Segment]:
    """The body in order, every legal paragraph with who cleared it. No query where ``cleared`` is given (it is
    ``Activity.cleared_legal``), else one if there is such a paragraph.
    """
    found = _kept(page, is_preview=is_preview)
    if not any(segment.kind == "legal" for segment in found):
        return found
    if cleared is None:
        cleared = cleared_of([page.translation_key])[page.translation_key]
    return [_with_status(segment, cleared) if segment.kind == "legal" else segment for segment in found]


def _with_status(segment: Segment, cleared: Cleared) -> Segment:
    """A clearance shows at once, so it comes into the ready-made text last."""
    name, day = cleared.get(segment.value, ["", ""])
    context = {"name": name, "day": dt.date.fromisoformat(day) if day else None}
    status = render_to_string("courses/blocks/_legal_status.html", context)
    return replace(segment, html=segment.html.replace(_STATUS, status))


def _kept(page: LessonPage | PracticePage, *, is_preview: bool) -> list[Segment]:
    """Published pages are kept by revision, so that a learner's page renders no block twice."""
    if is_preview or not page.live_revision_id:
        return _render(page)
    key = f"lesson:{page.pk}:{page.live_revision_id}"
    cache = caches["local"]
    kept: list[Segment] | None = cache.get(key)
    if kept is None:
        kept = _render(page)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _render(page: LessonPage | PracticePage) -> list[Segment]:
    found = []
    for block in page.body:
        if block.block_type == "self_check":
            options = [
                {"text": option["text"], "is_right": option["is_right"], "reason": option["reason"]}
                for option in block.value["options"]
            ]
            value = {"question": block.value["question"], "options": options}
            found.append(Segment(block.id, block.block_type, "", value))
        elif block.block_type == "legal":
            html = str(block.render({"page": page, "self": block.value, "status": _STATUS}))
            found.append(Segment(block.id, block.block_type, html, _hash_of(block.value)))
        else:
            html = str(block.render({"page": page, "self": block.value}))
            found.append(Segment(block.id, block.block_type, html, None))
    return [*_with_places(found), *_glossary(found), *_documents(found)]


def _with_places(segments: list[Segment]) -> list[Segment]:
    """The first link to an entry of the lists gets an id: there the entry leads back to, without a script."""
    seen: set[str] = set()

    def mark(link: re.Match[str]) -> str:
        if link[1] in seen:
            return link[0]
        seen.add(link[1])
        return f'<a id="tu-{link[1]}" href="#{link[1]}"'

    return [replace(segment, html=_ENTRY_LINK.sub(mark, segment.html)) for segment in segments]


def _hash_of(value: Any) -> str:
    return fingerprint(value["heading"], value["text"].source)


def _glossary(segments: list[Segment]) -> list[Segment]:
    """The meanings of the terms that the text links to (#term-key), unless a block shows them. One query at most."""
    html = "".join(segment.html for segment in segments)
    keys = set(_TERM_LINK.findall(html)) - set(_TERM_SHOWN.findall(html))
    terms = list(GlossaryTerm.objects.filter(key__in=keys)) if keys else []
    if not terms:
        return []
    return [Segment("thuat-ngu", "glossary", render_to_string("courses/blocks/_glossary.html", {"terms": terms}), None)]


def _documents(segments: list[Segment]) -> list[Segment]:
    """What the register says of the documents that the text links to (#luat-key). One query at most."""
    keys = set(_LAW_LINK.findall("".join(segment.html for segment in segments)))
    documents = LegalDocument.objects.filter(key__in=keys).select_related("replaced_by", "full_text") if keys else []
    today = clock.today()
    rows = [(document, document.is_in_force(today)) for document in documents]
    if not rows:
        return []
    return [Segment("van-ban", "documents", render_to_string("courses/blocks/_documents.html", {"rows": rows}), None)]

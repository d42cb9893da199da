"""The legal paragraphs of the lessons, and who has cleared them."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.cache import cache
from wagtail.models import Revision, WorkflowState

from courses.formats.legal_text import fingerprint, plain
from courses.models import LegalClearance
from courses.models.pages import ActivityPage
from lms.accounts.models import User
from lms.core import clock

# {hash of a paragraph: [name of who cleared it, ISO day]}, as Activity.cleared_legal keeps it.
Cleared = Mapping[str, list[str]]

_COUNT_KEY = "courses.legal.waiting"
_COUNT_SECONDS = 60
_AROUND = 400


@dataclass(frozen=True)
class Paragraph:
    """One legal paragraph of a published page, or of a draft that waits for review (``is_draft``).

    ``since``: when this version of the page was published or saved. ``before``, ``after``: the words around it.
    """

    page_id: int
    page_key: UUID
    page_title: str
    block_id: str
    heading: str
    html: str
    text_hash: str
    since: dt.datetime | None
    is_draft: bool
    before: str
    after: str
    cleared_by: str
    cleared_on: dt.date | None

    @property
    def words(self) -> str:
        return plain(self.html)


def cleared_of(keys: Iterable[UUID]) -> dict[UUID, dict[str, list[str]]]:
    """Of every page key its cleared texts; the first clearance of a text counts. One query."""
    found: dict[UUID, dict[str, list[str]]] = {key: {} for key in keys}
    rows = LegalClearance.objects.filter(page_key__in=list(found)).order_by("cleared_at", "pk")
    for row in rows:
        day = clock.day_of(row.cleared_at).isoformat()
        found[row.page_key].setdefault(row.text_hash, [row.cleared_by_name, day])
    return found


def paragraphs() -> list[Paragraph]:
    """Of all published lessons and practical tasks and all drafts in review, in the order of the tree.

    As many queries for three lessons as for one: one for each kind of page, two for the drafts and the clearances.
    """
    found = [*_of_published(), *_of_drafts()]
    cleared = cleared_of({entry.page_key for entry in found})
    seen: set[tuple[int, str]] = set()
    kept: list[Paragraph] = []
    for entry in found:
        # A draft repeats what stands unchanged in the published page.
        if (entry.page_id, entry.text_hash) not in seen:
            seen.add((entry.page_id, entry.text_hash))
            kept.append(_with_clearance(entry, cleared[entry.page_key]))
    return kept


def paragraph(*, page_id: int, block_id: str, text_hash: str) -> Paragraph | None:
    """None when the page holds no such text any more."""
    wanted = (page_id, block_id, text_hash)
    return next((entry for entry in paragraphs() if (entry.page_id, entry.block_id, entry.text_hash) == wanted), None)


def waiting_count() -> int:
    """How many are not cleared; up to a minute old, since every screen of the CMS shows it."""
    count: int | None = cache.get(_COUNT_KEY)
    if count is None:
        count = sum(1 for entry in paragraphs() if not entry.cleared_by)
        cache.set(_COUNT_KEY, count, _COUNT_SECONDS)
    return count


def forget_count() -> None:
    cache.delete(_COUNT_KEY)


def first_author(entry: Paragraph) -> User | None:
    """Who saved the revision in which this text first stood; None if nobody with an account did (a content package)."""
    revisions = Revision.page_revisions.filter(object_id=str(entry.page_id)).order_by("created_at", "pk")
    for revision in revisions.select_related("user").iterator(chunk_size=50):
        if any(text_hash == entry.text_hash for _block, text_hash in _legal_of(_body(revision.content))):
            return revision.user  # type: ignore[no-any-return]
    return None


def _with_clearance(entry: Paragraph, cleared: Cleared) -> Paragraph:
    name, day = cleared.get(entry.text_hash, ["", ""])
    return replace(entry, cleared_by=name, cleared_on=dt.date.fromisoformat(day) if day else None)


def _of_published() -> Iterator[Paragraph]:
    pages: list[Any] = []
    for model in ActivityPage.__subclasses__():
        if any(field.name == "body" for field in model._meta.get_fields()):
            pages.extend(model._default_manager.filter(live=True).order_by("path"))
    for page in sorted(pages, key=lambda page: page.path):
        yield from _of_body(
            list(page.body.raw_data), page.pk, page.translation_key, page.title, page.last_published_at, is_draft=False
        )


def _of_drafts() -> Iterator[Paragraph]:
    states = WorkflowState.objects.filter(status=WorkflowState.STATUS_IN_PROGRESS).order_by("created_at")
    for state in states.select_related("current_task_state__revision"):
        revision = getattr(state.current_task_state, "revision", None)
        if revision is None or "translation_key" not in revision.content:
            continue
        content = revision.content
        key = UUID(str(content["translation_key"]))
        yield from _of_body(
            _body(content), int(content["pk"]), key, str(content["title"]), revision.created_at, is_draft=True
        )


def _body(content: Mapping[str, Any]) -> list[Any]:
    """The blocks of a revision, as a list of raw values; empty for a page without blocks."""
    try:
        body = json.loads(content.get("body") or "[]")
    except (TypeError, ValueError):
        return []
    return body if isinstance(body, list) else []


def _legal_of(body: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    for block in body:
        if block.get("type") == "legal":
            yield block, fingerprint(block["value"].get("heading") or "", block["value"].get("text") or "")


def _of_body(
    body: list[Any], page_id: int, key: UUID, title: str, since: dt.datetime | None, *, is_draft: bool
) -> Iterator[Paragraph]:
    for block, text_hash in _legal_of(body):
        place = body.index(block)
        yield Paragraph(
            page_id=page_id,
            page_key=key,
            page_title=title,
            block_id=str(block.get("id") or ""),
            heading=block["value"].get("heading") or "",
            html=block["value"].get("text") or "",
            text_hash=text_hash,
            since=since,
            is_draft=is_draft,
            before=_words_of(body[place - 1])[-_AROUND:] if place else "",
            after=_words_of(body[place + 1])[:_AROUND] if place + 1 < len(body) else "",
            cleared_by="",
            cleared_on=None,
        )


def _words_of(block: Mapping[str, Any]) -> str:
    """Heading and text of a block that has them."""
    value = block.get("value")
    if not isinstance(value, Mapping):
        return ""
    words = [str(value[name]) for name in ("heading", "title", "question") if value.get(name)]
    if value.get("text"):
        words.append(plain(str(value["text"])))
    return " – ".join(words)

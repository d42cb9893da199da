"""Which lessons, practical tasks and questions rest on a document, and which show a screen of an app.

Pages are looked through as they are published, and as their newest draft has them: what is being written is looked at
as well. A page is listed once for each heading.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.models import Revision

from courses import citing
from courses.citing import Use
from courses.models import LegalDocument
from courses.models.pages import ActivityPage
from media.models import LibraryImage, Screen

_LAW = re.compile(r'href=\\?"#luat-([a-z0-9-]+)\\?"')


@dataclass(frozen=True)
class Due:
    """Something whose users have to be looked at: a document that is not in force, a screen that looks otherwise."""

    title: str
    url: str
    reason: str
    uses: tuple[Use, ...]


def uses_of_documents(keys: Iterable[str]) -> dict[str, list[Use]]:
    """Every key with its uses, pages first. As many queries for three documents as for one."""
    keys = list(keys)
    found = citing.elsewhere(keys)
    pages: dict[str, list[Use]] = {key: [] for key in keys}
    for page, block in _blocks():
        for key in dict.fromkeys(_LAW.findall(json.dumps(block.get("value"), ensure_ascii=False))):
            if key in pages:
                _add(pages[key], page, block)
    return {key: pages[key] + found[key] for key in keys}


def uses_of_screens(screens: Iterable[Screen]) -> dict[int, list[Use]]:
    """By the id of the screen. As many queries for three screens as for one."""
    screen_of = dict(LibraryImage.objects.filter(screen__in=list(screens)).values_list("pk", "screen_id"))
    found: dict[int, list[Use]] = {screen.pk: [] for screen in screens}
    for page, block in _blocks():
        for image in _pictures_of(block.get("value")):
            if image in screen_of:
                _add(found[screen_of[image]], page, block)
    return found


def due(*, on: dt.date) -> tuple[list[Due], list[Due]]:
    """Documents not in force on that day and screens marked stale, each with what still uses it; none without uses.

    Of a document only what was written before its end was known: what was published since then names it knowingly.
    """
    gone = LegalDocument.objects.filter(Q(in_force_to__lt=on) | Q(replaced_by__isnull=False)).select_related(
        "replaced_by"
    )
    documents = [document for document in gone if not document.is_in_force(on)]
    uses = uses_of_documents(document.key for document in documents)
    stale = list(Screen.objects.filter(stale_since__isnull=False).order_by("-stale_since", "pk"))
    shown = uses_of_screens(stale)
    waiting = {document.key: _unaware(document, uses[document.key]) for document in documents}
    return (
        [
            Due(str(document), _edit("courses_legaldocument", document.pk), _why(document), waiting[document.key])
            for document in documents
            if waiting[document.key]
        ],
        [
            Due(str(screen), _edit("media_screen", screen.pk), screen.note, tuple(shown[screen.pk]))
            for screen in stale
            if shown[screen.pk]
        ],
    )


def _unaware(document: LegalDocument, uses: list[Use]) -> tuple[Use, ...]:
    known = document.taken_note_of_after
    return tuple(use for use in uses if known is None or use.since is None or use.since < known)


def _why(document: LegalDocument) -> str:
    if document.replaced_by:
        return _("Replaced by %(name)s.") % {"name": document.replaced_by}
    return _("No longer in force.")


def _edit(name: str, pk: int) -> str:
    return reverse(f"wagtailsnippets_{name}:edit", args=[pk])


def _add(uses: list[Use], page: "_Page", block: dict[str, Any]) -> None:
    value = block.get("value")
    part = str(value.get("heading") or "") if isinstance(value, dict) else ""
    # A draft that says the same as the published page is one use.
    use = Use(page.kind, page.title, reverse("wagtailadmin_pages:edit", args=[page.pk]), part, page.since)
    if not any((one.url, one.part) == (use.url, use.part) for one in uses):
        uses.append(use)


@dataclass(frozen=True)
class _Page:
    pk: int
    kind: str
    title: str
    since: dt.datetime | None


def _blocks() -> Iterator[tuple[_Page, dict[str, Any]]]:
    """Of every page with a body, published first. One query for each kind of page, and one for the drafts."""
    pages: dict[int, _Page] = {}
    drafts: dict[int, _Page] = {}
    for model in ActivityPage.__subclasses__():
        if not any(field.name == "body" for field in model._meta.get_fields()):
            continue
        for page in model._default_manager.order_by("path"):
            kind = str(model._meta.verbose_name).capitalize()
            pages[page.pk] = _Page(page.pk, kind, page.title, page.last_published_at)
            if page.live:
                for block in page.body.raw_data:
                    yield pages[page.pk], block
            if page.has_unpublished_changes and page.latest_revision_id:
                drafts[page.latest_revision_id] = pages[page.pk]
    for revision in Revision.objects.filter(pk__in=drafts):
        draft = replace(drafts[revision.pk], since=revision.created_at)
        for block in json.loads(revision.content.get("body") or "[]"):
            yield draft, block


def _pictures_of(value: Any) -> Iterator[int]:
    """Every number that stands under a key "image", however deep."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "image" and isinstance(part, int):
                yield part
            else:
                yield from _pictures_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from _pictures_of(part)

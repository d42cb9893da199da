"""A Word file or a paste → blocks of a lesson: staged, shown to the trainer, then taken over into the draft.

Between the preview and the confirmation everything lies under a random name in the private storage, for the person and
the page it was made for, until the end of the next day (``sweep``). No row is made before the trainer confirms.
"""

import datetime as dt
import json
import re
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

import nh3
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.images.forms import get_image_form
from wagtail.models import Page
from wagtail.permissions import policy_registry

from courses.formats.drafts import Draft, PictureDraft, TableDraft, TextDraft, drafts, title_of, without_picture
from courses.formats.html_blocks import read_html
from courses.formats.pieces import FileFault, Loss, LossKind, WordRefusedError
from courses.formats.word import read_word
from courses.models import LessonPage, ModulePage
from lms.accounts.models import User
from lms.core import audit, clock
from lms.core.storage import private_storage
from lms.core.text import fold
from media.models import LibraryImage
from media.rules import PictureRefusedError, clean_picture

FOLDER = "word"
_KEY = re.compile(r"^(\d{8})-[0-9a-f]{32}$")
_NAMESPACE = uuid.UUID("6f0a3a0e-6a3f-4a57-9a0e-2f6f3a5d8c11")
_TAGS = {"h3", "h4", "p", "b", "i", "ol", "ul", "li", "a", "br"}
_SCHEMES = {"http", "https", "mailto", "tel"}


class Obstacle(Enum):
    """Why nothing can be put into a page just now."""

    LOCKED = "locked"
    IN_MODERATION = "in_moderation"
    ALIAS = "alias"
    CHANGED = "changed"
    NO_LIBRARY = "no_library"


class NotTakenOverError(Exception):
    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle


@dataclass(frozen=True)
class Staged:
    """What was found in one file or paste. ``page_id``: the lesson it goes into, or the topic that gets a new lesson.

    ``base``: the newest revision of the lesson at that time. ``pictures``: key of a PictureDraft → number of its file.
    """

    key: str
    user_id: int
    page_id: int
    base: int | None
    source: str
    title: str
    drafts: tuple[Draft, ...]
    losses: tuple[Loss, ...]
    pictures: Mapping[str, int]


@dataclass(frozen=True)
class Answers:
    """What the trainer said on the preview, by the place of the block: ``alternatives`` None leaves the picture out."""

    is_replacing: bool = False
    title: str = ""
    headings: Mapping[int, str] = field(default_factory=dict)
    alternatives: Mapping[int, str | None] = field(default_factory=dict)


def obstacle(page: Page, by: User) -> Obstacle | None:
    """Why ``by``, who may edit ``page``, cannot just now."""
    if page.alias_of_id:
        return Obstacle.ALIAS
    if getattr(page, "workflow_in_progress", False):
        return Obstacle.IN_MODERATION
    lock = page.get_lock()
    return Obstacle.LOCKED if lock and lock.for_user(by) else None


# --- Staging ------------------------------------------------------------------------------------------


def stage(*, source: bytes | str, name: str, page: LessonPage | ModulePage, by: User, at: dt.datetime) -> Staged:
    """Read ``source``, a file's bytes or what was pasted, and keep what was found. Raises WordRefusedError."""
    found = read_word(source) if isinstance(source, bytes) else read_html(source)
    is_new = isinstance(page, ModulePage)
    title = title_of(found)[:255]
    # A title that the lesson has already is not said twice.
    blocks = drafts(found, keeps_title=not is_new and fold(title) != fold(page.title))
    used = {draft.key for draft in blocks if isinstance(draft, PictureDraft)}
    files: dict[str, bytes] = {}
    for key in sorted(used):
        try:
            files[key] = clean_picture(found.pictures[key])
        except PictureRefusedError:
            found.losses.add(LossKind.PICTURE_BROKEN, next(_alternatives(blocks, key), ""))
    blocks = tuple(_readable(blocks, files))
    if not blocks:
        raise WordRefusedError(FileFault.EMPTY)
    staged = Staged(
        key=f"{at:%Y%m%d}-{secrets.token_hex(16)}",
        user_id=by.pk,
        page_id=page.pk,
        base=None if is_new else page.latest_revision_id,
        source=name[:200],
        title=title,
        drafts=blocks,
        losses=found.losses.all(),
        pictures={key: number for number, key in enumerate(files, start=1)},
    )
    storage = private_storage()
    for key, number in staged.pictures.items():
        storage.save(f"{_folder(staged.key)}/{number}.jpg", ContentFile(files[key]))
    # Last, so that what can be found is whole.
    storage.save(f"{_folder(staged.key)}/staged.json", ContentFile(json.dumps(_to_json(staged)).encode()))
    return staged


def _alternatives(blocks: Iterable[Draft], key: str) -> Iterator[str]:
    return (draft.alternative for draft in blocks if isinstance(draft, PictureDraft) and draft.key == key)


def _readable(blocks: Iterable[Draft], files: Mapping[str, bytes]) -> Iterator[Draft]:
    """Without pictures that could not be read; the words around them stay."""
    for draft in blocks:
        if not isinstance(draft, PictureDraft) or draft.key in files:
            yield draft
        elif words := without_picture(draft):
            yield words


def staged(*, key: str, page: Page, by: User) -> Staged | None:
    """None for another person's, another page's, one that was taken over, swept away or never was."""
    if not _KEY.match(key):
        return None
    try:
        with private_storage().open(f"{_folder(key)}/staged.json") as file:
            found = _from_json(json.load(file))
    except FileNotFoundError:
        return None
    return found if (found.user_id, found.page_id) == (by.pk, page.pk) else None


def picture(staged: Staged, number: int) -> bytes | None:
    """A JPEG."""
    if number not in staged.pictures.values():
        return None
    with private_storage().open(f"{_folder(staged.key)}/{number}.jpg") as file:
        content: bytes = file.read()
    return content


def discard(key: str) -> None:
    """A second call does nothing."""
    _remove(_folder(key))


def sweep() -> int:
    """Remove what was staged before yesterday and never taken over. Returns how many imports that were."""
    storage = private_storage()
    yesterday = f"{clock.now() - dt.timedelta(days=1):%Y%m%d}"
    try:
        days, _files = storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    removed = 0
    for day in days:
        if day < yesterday:
            for name in storage.listdir(f"{FOLDER}/{day}")[0]:
                _remove(f"{FOLDER}/{day}/{name}")
                removed += 1
            storage.delete(f"{FOLDER}/{day}")
    return removed


def _folder(key: str) -> str:
    return f"{FOLDER}/{key[:8]}/{key}"


def _remove(folder: str) -> None:
    storage = private_storage()
    try:
        names = storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    # What makes it findable goes first.
    for name in sorted(names, key=lambda name: name != "staged.json"):
        storage.delete(f"{folder}/{name}")
    storage.delete(folder)


_KINDS: dict[str, type[Draft]] = {"text": TextDraft, "table": TableDraft, "picture": PictureDraft}


def _to_json(staged: Staged) -> dict[str, Any]:
    names = {kind: name for name, kind in _KINDS.items()}
    return {
        **asdict(staged),
        "drafts": [[names[type(draft)], asdict(draft)] for draft in staged.drafts],
        "losses": [[loss.kind.value, loss.count, loss.samples] for loss in staged.losses],
    }


def _from_json(kept: dict[str, Any]) -> Staged:
    def draft(name: str, values: dict[str, Any]) -> Draft:
        if name == "table":
            rows = tuple(tuple(row) for row in values["rows"])
            return TableDraft(values["heading"], tuple(values["header"]), rows)
        return _KINDS[name](**values)

    losses = tuple(Loss(LossKind(kind), count, tuple(samples)) for kind, count, samples in kept["losses"])
    return Staged(**{**kept, "drafts": tuple(draft(*entry) for entry in kept["drafts"]), "losses": losses})


# --- Taking over --------------------------------------------------------------------------------------


def take_over(*, staged: Staged, page: LessonPage | ModulePage, answers: Answers, by: User) -> LessonPage:
    """The blocks go into the draft of the lesson as a new revision, or into a new, unpublished lesson of the topic.

    Nothing is published. A second call with the same ``staged`` changes nothing. Raises NotTakenOverError.
    """
    writer = _Writer(staged, answers, by)
    try:
        with transaction.atomic():
            # One after the other: a doubled click finds what the first one did.
            Page.objects.select_for_update().get(pk=page.pk)
            lesson = _new_lesson(page, writer) if isinstance(page, ModulePage) else _into_lesson(page, writer)
    except BaseException:
        writer.forget_files()
        raise
    discard(staged.key)
    return lesson


def _into_lesson(page: LessonPage, writer: "_Writer") -> LessonPage:
    page = LessonPage.objects.get(pk=page.pk)
    if reason := obstacle(page, writer.by):
        raise NotTakenOverError(reason)
    draft: LessonPage = page.get_latest_revision_as_object()
    standing = list(draft.body.raw_data)
    if any(block.get("id") in writer.ids for block in standing):
        return page
    if writer.answers.is_replacing:
        if page.latest_revision_id != writer.staged.base:
            raise NotTakenOverError(Obstacle.CHANGED)
        standing = []
    draft.body = [*standing, *writer.blocks(draft.title)]
    # Not cleaned as a whole: a draft may be unfinished, and what is new was cleaned by itself.
    draft.save_revision(user=writer.by, log_action="courses.word_import", clean=False)
    return page


def _new_lesson(topic: ModulePage, writer: "_Writer") -> LessonPage:
    key = uuid.uuid5(_NAMESPACE, writer.staged.key)
    if existing := LessonPage.objects.filter(translation_key=key).first():
        return existing
    topic = ModulePage.objects.get(pk=topic.pk)
    title = writer.answers.title
    lesson = LessonPage(title=title, translation_key=key, live=False, has_unpublished_changes=True, owner=writer.by)
    lesson.slug = _free_slug(topic, title)
    lesson.body = writer.blocks(title)
    topic.add_child(instance=lesson)
    lesson.save_revision(user=writer.by, log_action="courses.word_import", clean=False)
    return lesson


def _free_slug(topic: ModulePage, title: str) -> str:
    base = slugify(fold(title))[:200].strip("-") or "bai-hoc"
    taken = set(topic.get_children().filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


class _Writer:
    """Drafts → blocks as StreamField keeps them, with ids that the same import always gives."""

    def __init__(self, staged: Staged, answers: Answers, by: User) -> None:
        self.staged, self.answers, self.by = staged, answers, by
        self.ids = {self._id(str(place)) for place in range(len(staged.drafts))}
        self.images: dict[tuple[str, str], LibraryImage] = {}

    def blocks(self, title: str) -> list[dict[str, Any]]:
        """Makes the pictures of the library. Raises ValidationError if a block would not pass the editor."""
        raw = [block for place, draft in enumerate(self.staged.drafts) if (block := self._block(place, draft, title))]
        stream = LessonPage._meta.get_field("body").stream_block
        stream.clean(stream.to_python(raw))
        return raw

    def forget_files(self) -> None:
        """The rows are gone with the transaction; the files are not."""
        for image in self.images.values():
            image.file.storage.delete(image.file.name)

    def _block(self, place: int, draft: Draft, title: str) -> dict[str, Any] | None:
        value: dict[str, Any]
        match draft:
            case TextDraft():
                kind, value = "text", {"heading": draft.heading, "text": clean_html(draft.html)}
            case TableDraft():
                heading = self.answers.headings.get(place) or draft.heading or _("Table")
                rows = [{"cells": self._items(f"{place}/{row}", cells)} for row, cells in enumerate(draft.rows)]
                header = self._items(f"{place}/header", draft.header)
                kind, value = "comparison", {"heading": heading, "header": header}
                value["rows"] = self._items(f"{place}/rows", rows)
            case PictureDraft():
                alternative = self.answers.alternatives.get(place)
                if not alternative:
                    words = without_picture(draft)
                    return self._block(place, words, title) if words else None
                image = self._image(draft, alternative, title)
                kind, value = "picture", {"heading": draft.heading, "image": image.pk, "caption": draft.caption}
        return {"type": kind, "id": self._id(str(place)), "value": value}

    def _id(self, place: str) -> str:
        return str(uuid.uuid5(_NAMESPACE, f"{self.staged.key}/{place}"))

    def _items(self, place: str, values: Any) -> list[dict[str, Any]]:
        return [
            {"type": "item", "id": self._id(f"{place}/{index}"), "value": value} for index, value in enumerate(values)
        ]

    def _image(self, draft: PictureDraft, alternative: str, title: str) -> LibraryImage:
        """Through the form of the library, so that what it refuses is refused here. The same one twice is one row."""
        if (draft.key, alternative) in self.images:
            return self.images[draft.key, alternative]
        number = self.staged.pictures[draft.key]
        content = picture(self.staged, number)
        name = f"{slugify(fold(title))[:60] or 'hinh'}-{number}.jpg"
        collections = policy_registry.get_by_type(LibraryImage).collections_user_has_permission_for(self.by, "add")
        if not collections:
            raise NotTakenOverError(Obstacle.NO_LIBRARY)
        data = {
            "title": f"{title[:200]}: {draft.caption or draft.heading or number}"[:255],
            "description": alternative,
            "collection": collections[0].pk,
        }
        files = {"file": SimpleUploadedFile(name, content or b"", "image/jpeg")}
        instance = LibraryImage(uploaded_by_user=self.by)
        form = get_image_form(LibraryImage)(data, files, instance=instance, user=self.by)
        if not form.is_valid():
            raise NotTakenOverError(Obstacle.NO_LIBRARY)
        image: LibraryImage = form.save()
        self.images[draft.key, alternative] = image
        audit.record("wagtail.create", image, actor=self.by)
        return image


def clean_html(html: str) -> str:
    """The formats write nothing else; what is kept for good is washed once more."""
    return nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES, link_rel=None)

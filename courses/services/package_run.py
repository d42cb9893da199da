"""One run of ``load_course``: what it has found, made and kept, and the files to take back if it fails."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from courses.models import PackageItem
from media.models import LibraryDocument, LibraryImage

# Never changed: every key of every page ever loaded hangs on it.
NAMESPACE = uuid.UUID("5c6b2d3e-9f0a-4b67-8d52-0f6c1c6b7a11")
CREATED, UPDATED, UNCHANGED, KEPT = "created", "updated", "unchanged", "kept"


@dataclass(frozen=True)
class Note:
    """``kind``: of what the path stands for, as in PackageItem."""

    path: str
    kind: str
    outcome: str
    message: str = ""


@dataclass
class Run:
    """A ``courses.kinds.LoadContext``.

    ``page_ids``: path → page, for links between lessons; absent when the page was deleted. ``kept``: paths of pages
    that were edited since. ``images``, ``documents``: path → id; ``terms``: key → id.
    """

    package: str
    root: Path
    at: dt.datetime
    step: Callable[[], object] = lambda: None
    notes: list[Note] = field(default_factory=list)
    page_ids: dict[str, int] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    images: dict[str, int] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    terms: dict[str, int] = field(default_factory=dict)
    items: dict[tuple[str, str], PackageItem] = field(default_factory=dict)
    _written: list[tuple[Storage, str]] = field(default_factory=list)
    _replaced: list[tuple[Storage, str]] = field(default_factory=list)

    def note(self, path: str, outcome: str, message: str = "") -> None:
        kind = "question" if "#" in path else "page"
        self.tell(kind, path, outcome, message)

    def tell(self, kind: str, path: str, outcome: str, message: str = "") -> None:
        self.notes.append(Note(path, kind, outcome, message))

    def inside(self, file: Path) -> str:
        return file.resolve().relative_to(self.root).as_posix()

    def uuid_of(self, path: str) -> uuid.UUID:
        return uuid.uuid5(NAMESPACE, f"{self.package}/{path}")

    def remember(self) -> None:
        """Read what earlier runs have loaded. One query."""
        rows = PackageItem.objects.filter(package=self.package)
        self.items = {(row.kind, row.path): row for row in rows}

    def keep_item(self, kind: str, path: str, **values: Any) -> None:
        """Write down what was loaded; nothing when it is there already."""
        row = self.items.get((kind, path))
        if row and all(getattr(row, name) == value for name, value in values.items()):
            return
        row = row or PackageItem(package=self.package, path=path, kind=kind)
        for name, value in values.items():
            setattr(row, name, value)
        row.loaded_at = self.at
        row.save()
        self.items[kind, path] = row

    def save_with_file(self, row: LibraryImage | LibraryDocument, name: str, content: bytes) -> None:
        """Save ``row`` with ``content`` as its file, under a name of that content only: names are never reused."""
        if row.file:
            self._replaced.append((row.file.storage, str(row.file.name)))
        stem, _, suffix = name.rpartition(".")
        row.file = ContentFile(content, f"{stem}-{digest(content)[:8]}.{suffix}")
        row.file_size = len(content)
        row.file_hash = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        try:
            row.save()
        finally:
            # The file is written before the row, and stays when the row is refused.
            if row.file._committed:
                self._written.append((row.file.storage, str(row.file.name)))

    def forget_files(self) -> None:
        """The run failed or was a rehearsal: no file stays that no row names."""
        _delete(self._written)

    def drop_replaced_files(self) -> None:
        _delete(self._replaced)


def _delete(files: list[tuple[Storage, str]]) -> None:
    for storage, name in files:
        storage.delete(name)
    files.clear()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fingerprint(*parts: Any) -> str:
    return digest(json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str).encode())

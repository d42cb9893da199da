"""Kinds of activity: what an app above courses tells courses about the activities it brings.

A kind is registered when its app is ready. ``courses`` itself registers "lesson".
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from courses.formats.errors import PackageError


@dataclass(frozen=True)
class Kind:
    """``source_name``: the file that makes a folder of a content package an activity of this kind.

    ``read(folder) -> source`` parses it without touching the database and raises ``formats.errors.PackageError``;
    ``check(source, package) -> Iterable[PackageError]`` looks at references across the package, as far as it is read;
    ``check_all(sources, package) -> Iterable[PackageError]`` at what only all of this kind together show;
    ``prepare(source, context) -> None`` brings in what the activity needs besides its page (the questions of a quiz);
    it is called on every load, also when the page itself is kept because it was edited;
    ``build(source, parent_page, page, context) -> Page`` fills the page (``page`` is None when it is new), unsaved.
    ``context`` is a ``LoadContext``.
    """

    name: str
    source_name: str
    page_model: str
    read: Callable[..., Any]
    build: Callable[..., Any]
    check: Callable[..., Iterable[PackageError]] | None = None
    check_all: Callable[..., Iterable[PackageError]] | None = None
    prepare: Callable[..., None] | None = None


class LoadContext(Protocol):
    """``package``: its slug, as in PackageItem; ``root``: its folder; ``at``: the time of loading.

    ``note(path, outcome, message)`` adds a line to the report; outcome is "created", "updated", "unchanged" or "kept"
    (edited since, left alone).
    """

    package: str
    root: Path
    at: dt.datetime

    def note(self, path: str, outcome: str, message: str = "") -> None: ...


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def get(name: str) -> Kind:
    return _kinds[name]

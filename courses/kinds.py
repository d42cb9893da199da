"""Kinds of activity: what an app above courses tells courses about the activities it brings.

A kind is registered when its app is ready. ``courses`` itself registers "lesson".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """``source_name``: the file that makes a folder of a content package an activity of this kind.

    ``read(folder) -> source`` parses it without touching the database and raises ``formats.errors.PackageError``;
    ``check(source, package) -> None`` looks at references across the package and raises the same;
    ``build(source, parent_page, page, context) -> Page`` fills the page (``page`` is None when it is new), unsaved.
    """

    name: str
    source_name: str
    page_model: str
    read: Callable[..., Any]
    build: Callable[..., Any]
    check: Callable[..., None] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def get(name: str) -> Kind:
    return _kinds[name]

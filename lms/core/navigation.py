"""The main navigation: every app adds its own items when it is ready; the base template shows what fits the person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Item:
    """``icon``: the ``d`` of a 24×24 outline; ``prefixes``: addresses under which the item is the current one."""

    order: int
    label: Any
    short_label: Any
    url_name: str
    icon: str
    prefixes: tuple[str, ...]
    shown_to: Callable[[Any], bool] = lambda user: True
    # The second row, below the header: doors of one area. "" is the main navigation.
    area: str = ""


@dataclass(frozen=True)
class Link:
    label: Any
    short_label: Any
    url: str
    icon: str
    is_current: bool
    number: int = 0
    number_words: str = ""


_items: dict[tuple[str, str], Item] = {}
_waiting: dict[str, Callable[[Any], tuple[int, str]]] = {}


def register(item: Item) -> None:
    _items[item.area, item.url_name] = item


def register_waiting(url_name: str, waiting: Callable[[Any], tuple[int, str]]) -> None:
    """``waiting`` says how much waits behind the doors to ``url_name`` for a person, and in a sentence; it is asked for
    every page, so it remembers its answer on the person.
    """
    _waiting[url_name] = waiting


def links(request: HttpRequest, area: str = "") -> list[Link]:
    """The doors of ``area`` for a signed-in person; nobody else sees a navigation.

    The longest prefix wins, so that of two doors under one address only one is the current.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    shown = _shown(user, area)
    at = max((len(prefix) for item in shown for prefix in _matching(item, request.path)), default=0)
    return [
        Link(
            item.label,
            item.short_label,
            reverse(item.url_name),
            item.icon,
            any(len(prefix) == at for prefix in _matching(item, request.path)),
            *(_waiting[item.url_name](user) if item.url_name in _waiting else (0, "")),
        )
        for item in shown
    ]


def _matching(item: Item, path: str) -> list[str]:
    return [prefix for prefix in item.prefixes if path.startswith(prefix)]


def _shown(user: Any, area: str) -> list[Item]:
    items = [item for item in _items.values() if item.area == area and item.shown_to(user)]
    return sorted(items, key=lambda item: item.order)


def area_links(request: HttpRequest) -> list[Link]:
    """The second row: the doors of the area whose main door is the current one; [] where the area has a single door."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    here = [(len(prefix), item) for item in _shown(user, "") for prefix in _matching(item, request.path)]
    if not here:
        return []
    found = links(request, max(here, key=lambda pair: pair[0])[1].url_name)
    return found if len(found) > 1 else []

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


@dataclass(frozen=True)
class Link:
    label: Any
    short_label: Any
    url: str
    icon: str
    is_current: bool


_items: dict[str, Item] = {}


def register(item: Item) -> None:
    _items[item.url_name] = item


def links(request: HttpRequest) -> list[Link]:
    """For a signed-in person; nobody else sees a navigation."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return [
        Link(item.label, item.short_label, reverse(item.url_name), item.icon, request.path.startswith(item.prefixes))
        for item in sorted(_items.values(), key=lambda item: item.order)
        if item.shown_to(user)
    ]

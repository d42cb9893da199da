"""Whence a change comes: the request, task or command that is running. The log adds it to every entry by itself."""

import contextlib
import sys
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


@dataclass(frozen=True)
class Origin:
    """``http``: the request, of which the address is asked only when something is logged. ``viewer``: the real person
    while the site is seen as somebody else, when nothing may be written.
    """

    request: str = ""
    http: HttpRequest | None = None
    task: str = ""
    viewer: int | None = None


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current() -> Origin:
    return _current.get() or Origin()


@contextlib.contextmanager
def coming_from(origin: Origin) -> Iterator[Origin]:
    """What is logged inside comes from ``origin``; afterwards from where it came before."""
    token = _current.set(origin)
    try:
        yield origin
    finally:
        _current.reset(token)


@contextlib.contextmanager
def seen_by(viewer: int) -> Iterator[None]:
    """Inside, the request shows the site as somebody else: ``is_read_only`` says so to whoever would write."""
    with coming_from(replace(current(), viewer=viewer)):
        yield


def is_read_only() -> bool:
    """Whether a reader must leave no mark: no "opened", no bookmark, no "last seen"."""
    return current().viewer is not None


def new_request_id() -> str:
    return uuid.uuid4().hex[:16]


def told() -> dict[str, Any]:
    """What an entry says of its origin: ``request`` and ``address``, ``task`` or ``command``, ``as``; or {}."""
    here = current()
    said: dict[str, Any] = {}
    if here.request:
        said["request"] = here.request
    if here.http is not None and (address := _address(here.http)):
        said["address"] = address
    if here.task:
        said["task"] = here.task
    if here.viewer is not None:
        said["as"] = here.viewer
    if not said and (command := _command()):
        said["command"] = command
    return said


def _address(request: HttpRequest) -> str:
    """As far as the proxies in front of us are trusted (ALLAUTH_TRUSTED_PROXY_COUNT); "" where that says nothing."""
    try:
        return str(get_adapter(request).get_client_ip(request))[:45]
    except PermissionDenied:
        return ""


def _command() -> str:
    """The name of the manage.py command that this process is, "" for any other process."""
    if Path(sys.argv[0]).name in ("manage.py", "django-admin", "__main__.py") and len(sys.argv) > 1:
        return sys.argv[1][:50]
    return ""

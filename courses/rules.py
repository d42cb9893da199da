"""When something is done. Plain Python: the caller brings the facts."""

import re
from collections.abc import Iterable, Set
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit


class ModuleFacts(NamedTuple):
    """``required``: keys of the activities that must be done; ``requires``: keys of the modules that open this one."""

    key: object
    required: Set[object]
    requires: Set[object]


def is_complete(*, required: Set[object], done: Set[object]) -> bool:
    """A course without required activities is never complete: an empty course certifies nobody."""
    return bool(required) and required <= done


def module_is_done(module: ModuleFacts, done: Set[object]) -> bool:
    """A module without required activities holds nobody up."""
    return module.required <= done


def modules_in_the_way(module: ModuleFacts, modules: Iterable[ModuleFacts], done: Set[object]) -> list[object]:
    """Keys of the modules that must be finished before ``module`` opens, in the order of ``modules``."""
    return [other.key for other in modules if other.key in module.requires and not module_is_done(other, done)]


# --- A link that is handed in ---------------------------------------------------------------------------

LINK_LENGTH = 500
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_NEVER_IN_A_LINK = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")


class LinkProblem(StrEnum):
    TOO_LONG = "too_long"
    NOT_A_LINK = "not_a_link"
    NOT_HTTPS = "not_https"
    OUR_OWN = "our_own"


class LinkRefusedError(ValueError):
    def __init__(self, problem: LinkProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def checked_link(typed: str, *, own_hosts: Iterable[str] = ()) -> str:
    """``typed`` as an https address of a host with a name, fetched by nobody; "https://" may be left out.

    Raises LinkRefusedError: another scheme, a name and password before the host, an address in numbers, our own site.
    """
    link = typed.strip()
    if len(link) > LINK_LENGTH:
        raise LinkRefusedError(LinkProblem.TOO_LONG)
    if _NEVER_IN_A_LINK.search(link):
        raise LinkRefusedError(LinkProblem.NOT_A_LINK)
    if link.lower().startswith("http:") or _OTHER_SCHEME.match(link):
        raise LinkRefusedError(LinkProblem.NOT_HTTPS)
    if not link.lower().startswith("https://"):
        link = f"https://{link}"
    if len(link) > LINK_LENGTH:
        raise LinkRefusedError(LinkProblem.TOO_LONG)
    host = _host_of(link)
    if host in {own.lower().strip(".") for own in own_hosts}:
        raise LinkRefusedError(LinkProblem.OUR_OWN)
    return link


def _host_of(link: str) -> str:
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode()
        port = parts.port
    except ValueError:
        raise LinkRefusedError(LinkProblem.NOT_A_LINK) from None
    if parts.username is not None or port not in (None, 443) or not _HOST.fullmatch(host):
        raise LinkRefusedError(LinkProblem.NOT_A_LINK)
    return host

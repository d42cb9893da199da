"""Addresses of Facebook pages: one spelling out of the many that people copy. No Django, no network.

A page has a name in its address (``facebook.com/mattran.quangninh``: case and dots do not tell pages apart) or a
number (``profile.php?id=…``, ``/people/<name>/<number>``, ``/p/<name>-<number>``). Whether a name belongs to a page or
to somebody's own profile cannot be seen from the address: whoever confirms the record opens it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit


class Reason(StrEnum):
    """Why what was typed is not the address of a page."""

    NOT_AN_ADDRESS = "not_an_address"
    NOT_FACEBOOK = "not_facebook"
    SHARE_LINK = "share_link"  # where it leads is known to Facebook only: the page has to be opened
    LOGIN = "login"
    PROFILE = "profile"
    GROUP = "group"
    VIDEO = "video"
    POST = "post"
    OTHER = "other"  # Facebook, but its settings, search, market …


class NotAPageAddressError(ValueError):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class PageAddress:
    """``url``: canonical https address; ``key``: the same for every spelling of it ("id:…" or "name:…")."""

    url: str
    key: str


_HOSTS = re.compile(
    r"(?:(?:www|m|web|mbasic|touch|mobile|free|d|n|x|0|p|business|[a-z]{2}|[a-z]{2}-[a-z]{2})\.)*facebook\.com"
    r"|(?:www\.|m\.)?fb\.(?:com|me)"
)
_OF_FACEBOOK = re.compile(r"(?:.+\.)?(?:facebook\.com|fb\.com|fb\.me|m\.me|fb\.watch|messenger\.com)")
_SCHEME = re.compile(r"https?:/*", re.I)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?![0-9])", re.I)
_IN_A_SENTENCE = re.compile(r"(?:\b|/)(?:facebook\.com|fb\.com|fb\.me|fb\.watch|m\.me)(?:[/?#:]|$)", re.I)
_NUMBER = re.compile(r"[0-9]{5,25}")
_NUMBER_AT_END = re.compile(r"(?:.*[-_])?([0-9]{8,25})", re.S)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.]{0,78}[a-z0-9])", re.I)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202c"))

# The first part of the path, when it is not the name of a page.
_RESERVED = {
    Reason.SHARE_LINK: ("share", "l.php", "sharer", "sharer.php", "share.php"),
    Reason.LOGIN: ("login", "login.php", "recover", "checkpoint", "reg", "r.php", "signup", "home.php", "index.php",
                   "two_step_verification"),
    Reason.PROFILE: ("me", "friends", "profile.php", "people", "your_information"),
    Reason.GROUP: ("groups", "group.php", "g"),
    Reason.VIDEO: ("watch", "video", "videos", "video.php", "reel", "reels", "live", "w"),
    Reason.POST: ("story.php", "permalink.php", "photo", "photos", "photo.php", "posts", "stories", "media", "notes",
                  "note.php", "hashtag"),
    Reason.OTHER: (
        "ads", "adsmanager", "bookmarks", "business", "campaign", "dialog", "directory", "donate", "e", "events",
        "feed", "fundraisers", "gaming", "games", "help", "home", "jobs", "latest", "legal", "marketplace", "memories",
        "messages", "messenger", "notifications", "p", "pages", "pg", "places", "plugins", "policies", "policy.php",
        "privacy", "professional_dashboard", "public", "saved", "search", "settings", "terms", "terms.php", "tr",
    ),
}  # fmt: skip
_REASON_OF = {word: reason for reason, words in _RESERVED.items() for word in words}
# Behind the name of a page: its tabs are the page, a single thing on it is not.
_SINGLE = {"posts": Reason.POST, "photos": Reason.POST, "photo": Reason.POST, "videos": Reason.VIDEO,
           "reels": Reason.VIDEO, "reel": Reason.VIDEO, "live": Reason.VIDEO, "events": Reason.OTHER}  # fmt: skip


def page_address(typed: str) -> PageAddress:
    """The page that ``typed`` names, with or without scheme, tracking parameters and a sentence around it.

    Raises NotAPageAddressError. Of its own answer (``url``) it makes the same answer.
    """
    parts = _split(typed)
    host = (parts.hostname or "").rstrip(".")
    if not _HOSTS.fullmatch(host):
        if host == "fb.watch":
            raise NotAPageAddressError(Reason.VIDEO)
        if host in ("l.facebook.com", "lm.facebook.com"):
            raise NotAPageAddressError(Reason.SHARE_LINK)
        if _OF_FACEBOOK.fullmatch(host):
            raise NotAPageAddressError(Reason.OTHER)
        raise NotAPageAddressError(Reason.NOT_FACEBOOK if "." in host else Reason.NOT_AN_ADDRESS)
    steps = [step for step in (part.strip() for part in unquote(parts.path).split("/")) if step]
    if not steps:
        raise NotAPageAddressError(Reason.OTHER)
    return _by_form(steps, parts.query)


def _split(typed: str) -> SplitResult:
    """The address in ``typed``, its host in lower case; an @name is one at Facebook."""
    words = typed.translate(_INVISIBLE).split()
    if len(words) > 1:
        words = [word for word in words if _IN_A_SENTENCE.search(word)]
    if len(words) != 1:
        raise NotAPageAddressError(Reason.NOT_AN_ADDRESS)
    word = words[0].strip("<>()[]{}\"'“”‘’«»,;")
    if re.fullmatch(r"@[A-Za-z0-9.]+", word):
        word = f"www.facebook.com/{word[1:]}"
    begins = _SCHEME.match(word)
    if begins:
        word = word[begins.end() :]
    elif _OTHER_SCHEME.match(word):
        raise NotAPageAddressError(Reason.NOT_AN_ADDRESS)
    try:
        parts = urlsplit(f"https://{word}")
        _ = parts.hostname, parts.port
    except ValueError:
        raise NotAPageAddressError(Reason.NOT_AN_ADDRESS) from None
    return parts


def _by_form(steps: list[str], query: str) -> PageAddress:
    first, rest = steps[0].lower(), steps[1:]
    if first == "profile.php":
        return _numbered((parse_qs(query).get("id") or [""])[0], Reason.PROFILE)
    if first == "people":
        return _numbered(rest[1] if len(rest) > 1 else "", Reason.PROFILE)
    if first == "p":
        return _numbered(_number_at_end(rest), Reason.OTHER)
    if first == "pages":
        # /pages/<name>/<number> and /pages/category/<what>/<name>-<number>
        return _numbered(_number_at_end(rest[2:3] if rest[:1] == ["category"] else rest[1:2]), Reason.OTHER)
    if first == "pg" and rest:
        return _by_form(rest, query)
    if first == "share" and rest[:1] == ["g"]:
        raise NotAPageAddressError(Reason.GROUP)
    if first in _REASON_OF or first.endswith(".php"):
        raise NotAPageAddressError(_REASON_OF.get(first, Reason.OTHER))
    if len(rest) > 1 and rest[0].lower() in _SINGLE:
        raise NotAPageAddressError(_SINGLE[rest[0].lower()])
    return _named(steps[0].removeprefix("@").strip("."))


def _number_at_end(steps: list[str]) -> str:
    found = _NUMBER_AT_END.fullmatch(steps[0]) if steps else None
    return found[1] if found else ""


def _numbered(number: str, otherwise: Reason) -> PageAddress:
    number = number.lstrip("0")
    if not _NUMBER.fullmatch(number):
        raise NotAPageAddressError(otherwise)
    return PageAddress(f"https://www.facebook.com/profile.php?id={number}", f"id:{number}")


def _named(name: str) -> PageAddress:
    if _NUMBER.fullmatch(name):
        return _numbered(name, Reason.OTHER)
    # The form of older pages: facebook.com/Mặt-trận-phường-Hạ-Long-108234567890
    if "-" in name and _number_at_end([name]):
        return _numbered(_number_at_end([name]), Reason.OTHER)
    if not _NAME.fullmatch(name):
        raise NotAPageAddressError(Reason.NOT_AN_ADDRESS)
    return PageAddress(f"https://www.facebook.com/{name}", f"name:{name.lower().replace('.', '')}")

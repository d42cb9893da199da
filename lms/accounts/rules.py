"""Who counts as staff, and how a username is made from a name.

What makes somebody staff lies partly above this app (grants over units), so apps above register their tests when they
are ready.
"""

import itertools
import re
from collections.abc import Callable, Container
from typing import Any

from lms.core import text

_staff_tests: dict[str, Callable[[Any], bool]] = {}


def register_staff_test(name: str, test: Callable[[Any], bool]) -> None:
    """``test`` takes an account and says whether it is staff; a second call with the same name replaces the first."""
    _staff_tests[name] = test


def counts_as_staff(person: Any) -> bool:
    """A superuser, whoever may open the CMS, and whoever a registered test names. Costs a query per test."""
    if person.is_superuser or person.has_perm("wagtailadmin.access_admin"):
        return True
    return any(test(person) for test in _staff_tests.values())


# What says which account goes on for one that was united with another: lies above this app as well.
_survivor_of: list[Callable[[Any], Any]] = []


def register_survivors(survivor_of: Callable[[Any], Any]) -> None:
    """``survivor_of`` takes an account and answers the one that goes on for it, itself as a rule. The last call
    holds.
    """
    _survivor_of[:] = [survivor_of]


def goes_on_as(person: Any) -> Any:
    """The account that signs in where ``person`` is named. Costs a query for an account that is closed, else none."""
    return _survivor_of[0](person) if _survivor_of and not person.is_active else person


def username_stem(full_name: str) -> str:
    """Given name and the initials of the rest, without diacritics: "Đặng Thị Nguyệt Ánh" → "anhdtn"."""
    words = [re.sub(r"[^a-z0-9]", "", word) for word in text.fold(full_name).split()]
    words = [word for word in words if word]
    if not words:
        return "canbo"
    stem = words[-1] + "".join(word[0] for word in words[:-1])
    return stem[:30] if not stem[0].isdigit() else f"cb{stem}"[:30]


def free_username(stem: str, taken: Container[str]) -> str:
    """``stem``, or ``stem`` with the first number from 2 that is not taken."""
    if stem not in taken:
        return stem
    number = 2
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


# --- What a browser says of itself -------------------------------------------------------------------

# The first that fits: browsers inside apps and those that call themselves Chrome as well come before Chrome.
_BROWSERS = (
    ("Zalo", "Zalo"), ("FBAN", "Facebook"), ("FBAV", "Facebook"), ("coc_coc", "Cốc Cốc"), ("Edg", "Edge"),
    ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("UCBrowser", "UC Browser"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS", "macOS"), ("Macintosh", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(agent: str) -> tuple[str, str]:
    """Browser and system, as people know them: ("Chrome", "Android"); "" for what the words do not tell."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    return browser, next((name for mark, name in _SYSTEMS if mark in agent), "")


def is_easy_pin(pin: str) -> bool:
    """All one digit, or counted up or down: what somebody looking for a PIN tries first."""
    steps = {int(after) - int(before) for before, after in itertools.pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, -1}

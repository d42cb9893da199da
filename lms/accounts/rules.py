"""Who counts as staff, and how a username is made from a name.

What makes somebody staff lies partly above this app (grants over units), so apps above register their tests when they
are ready.
"""

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

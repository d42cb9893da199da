"""Whom a task concerns, how a deadline stands, what a document number looks like. Plain Python."""

import datetime as dt
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lms.core import text

# --- Whom it concerns --------------------------------------------------------------------------------

# In front of a position that was picked from a list: the whole position, not words of a longer one.
WHOLE = "="


@dataclass(frozen=True)
class Post:
    """An appointment as a task sees it. ``path`` is that of the unit, ``level`` the id of its level."""

    path: str
    level: int
    position: str
    duty: str


@dataclass(frozen=True)
class Aim:
    """Whom a task is for. An empty list asks for nothing.

    ``path``: that of the unit at which the task stands; ``former``: those of the units from which it came there, in
    which people may still be whose appointment has not followed. ``positions``: as typed; each fits a position that
    holds its words one after the other ("Chủ tịch" fits "Phó Chủ tịch" too), or, with ``WHOLE`` in front, one that is
    just this.
    """

    path: str
    levels: frozenset[int] = frozenset()
    positions: tuple[str, ...] = ()
    duties: frozenset[str] = frozenset()
    former: tuple[str, ...] = ()


def match(post: Post, aim: Aim) -> bool:
    """Does an appointment fall under a task? The day on which the appointment holds is the caller's affair."""
    return (
        post.path.startswith((aim.path, *aim.former))
        and (not aim.levels or post.level in aim.levels)
        and (not aim.duties or post.duty in aim.duties)
        and position_fits(post.position, aim.positions)
    )


def position_fits(position: str, wanted: Iterable[str]) -> bool:
    """Without diacritics and case; whole words: "ban" does not fit "bang". Nothing wanted: all."""
    wanted = [entry for entry in wanted if _words(entry)]
    if not wanted:
        return True
    held = _words(position)
    return any(held == _words(entry) if entry.startswith(WHOLE) else _holds(held, _words(entry)) for entry in wanted)


def _words(written: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.fold(written))


def _holds(words: list[str], wanted: list[str]) -> bool:
    width = len(wanted)
    return any(words[start : start + width] == wanted for start in range(len(words) - width + 1))


def shown_position(entry: str) -> str:
    """A wanted position as people read it."""
    return entry.removeprefix(WHOLE)


# --- Deadline ----------------------------------------------------------------------------------------


class When(StrEnum):
    NONE = "none"
    LATER = "later"
    SOON = "soon"
    LAST_DAY = "last-day"
    OVER = "over"


SOON_DAYS = 7


def when(deadline: dt.date | None, today: dt.date) -> tuple[When, int]:
    """How a deadline stands and how many days are left, or, once it is over, how many have passed. The deadline is the
    last day: on it, until 23:59, nothing is late.
    """
    if deadline is None:
        return When.NONE, 0
    left = (deadline - today).days
    if left < 0:
        return When.OVER, -left
    if left == 0:
        return When.LAST_DAY, 0
    return (When.SOON if left <= SOON_DAYS else When.LATER), left


# --- Documents ---------------------------------------------------------------------------------------

_REFERENCE = re.compile(r"\d+[A-Za-z]?(-\w+)?(/\d{4})?/[^\W\d_]+\d*(-[^\W_]+)*", re.UNICODE)
_DAY = re.compile(r"(?:ngay )?(\d{1,2})(?:[/.\-]| thang )(\d{1,2})(?:[/.\-]| nam )(\d{4})")


def looks_like_reference(reference: str) -> bool:
    """ "141/KH-MTTQ-BTT", "60-NQ/TW", "30/2020/NĐ-CP"; advice only, what is written on a document stands."""
    return bool(_REFERENCE.fullmatch(reference.replace(" ", "")))


def day_as_written(written: str) -> dt.date | None:
    """ "12/4/2022", "12.04.2022", "ngày 12 tháng 4 năm 2022"; None where no day can be read."""
    found = _DAY.fullmatch(text.fold(written))
    if not found:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


# --- The short link ----------------------------------------------------------------------------------

# Read aloud over the telephone and typed on a phone: no digits, no vowels (no words), nothing that looks alike.
_LETTERS = "bcdfghjkmnpqrtvwxy"
CODE_LENGTH = 6


def new_code() -> str:
    """34 million of them; whoever stores one must still be ready for a clash."""
    return "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))


def typed_code(typed: str) -> str:
    """A code as it was typed, in capitals, with spaces or dashes; "" for what can be no code."""
    code = re.sub(r"[\s\-.]", "", typed).lower()
    return code if re.fullmatch(r"[a-z]{1,12}", code) else ""

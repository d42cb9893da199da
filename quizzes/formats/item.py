"""Questions on their way in or out of a file, whatever its format. No Django, no database.

A format is a module of this package with ``NAME``, ``SUFFIXES``, ``MEDIA_TYPE`` and ``read(data, hooks) -> Reading``
and/or ``write(items, hooks) -> Written``. ``hooks`` are what the types of question bring for that format
(``quizzes/types/<name>/exchange.py`` or ``sheets.py``), each with the ``NAME`` of its type; a format asks them in
order. Formats never raise for what is in a file: a question that cannot be read is a Problem with its line, a file that
cannot be read at all is ``UnreadableError``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Item:
    """``content`` follows the schema of ``type`` (quizzes.types). ``line``: where it begins in the source, from 1.

    ``category``: names from the top down. ``level``: a CognitiveLevel, "" if the source does not say. ``pictures``:
    the raw bytes of those that the file carries, by the SHA-256 that stem and content name them by. ``source``: as it
    stood in the file, to be shown beside it. ``notes``: problems that do not keep it out.
    """

    type: str
    stem: str
    content: Mapping[str, Any]
    line: int = 0
    code: str = ""
    reason: str = ""
    hints: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    level: str = ""
    objective: str = ""
    tags: tuple[str, ...] = ()
    status: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    source: str = ""
    notes: "tuple[Problem, ...]" = ()


class Trouble(StrEnum):
    """Codes; their sentences are in quizzes.enums. Add yours here and there."""

    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Problem:
    """``values`` fill the sentence of ``code``."""

    line: int
    code: Trouble
    values: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class Reading:
    """Everything that the file holds, in its order. ``encoding``: what it was decoded as, where that was a question."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()
    encoding: str = ""


@dataclass(frozen=True)
class Written:
    """``left_out``: (code, trouble) of the questions that the format cannot carry."""

    data: bytes
    left_out: tuple[tuple[str, Trouble], ...] = ()


class UnreadableError(ValueError):
    """The file as a whole: not of this format, damaged, too large, or hostile. Nothing of it is used."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code.value)
        self.problem = problem

"""Questions on their way in or out of a file, whatever its format. No Django, no database.

A format is a module of this package with ``NAME``, ``SUFFIXES``, ``MEDIA_TYPE`` and ``read(data, hooks) -> Reading``
and/or ``write(items, hooks) -> Written``. ``hooks`` are what the types of question bring for that format
(``quizzes/types/<name>/exchange.py`` or ``sheets.py``), each with the ``NAME`` of its type; a format asks them in
order. Formats never raise for what is in a file: a question that cannot be read is a Problem with its line, a file that
cannot be read at all is ``UnreadableError``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

PICTURE = re.compile(r"picture:([0-9a-f]{64})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
    # The file as a whole.
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    MIXED_ENCODING = "mixed_encoding"
    WRONG_ENCODING = "wrong_encoding"
    BROKEN_XML = "broken_xml"
    TRUNCATED = "truncated"
    DOCTYPE = "doctype"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    WRONG_KIND = "wrong_kind"
    NOTHING_FOUND = "nothing_found"
    OLD_OFFICE = "old_office"
    LOCKED = "locked"
    MACROS = "macros"
    NO_HEADER = "no_header"
    OLD_FONT = "old_font"
    GIVEN_UP = "given_up"
    # One question.
    NO_STEM = "no_stem"
    BRACES = "braces"
    NO_ANSWERS = "no_answers"
    NO_RIGHT_ANSWER = "no_right_answer"
    NO_ARROW = "no_arrow"
    BAD_NUMBER = "bad_number"
    BAD_CLOZE = "bad_cloze"
    BAD_KEY = "bad_key"
    NO_KEY = "no_key"
    STRAY_TEXT = "stray_text"
    UNKNOWN_TYPE = "unknown_type"
    BAD_CONTENT = "bad_content"
    ANSWER_OF_NO_OPTION = "answer_of_no_option"
    TWO_KEYS = "two_keys"
    CELL_TOO_LONG = "cell_too_long"
    FORMULA = "formula"
    WRITTEN_TWICE = "written_twice"
    INVALID = "invalid"
    NO_LEVEL = "no_level"
    NO_CATEGORY = "no_category"
    CHANGED_MEANWHILE = "changed_meanwhile"
    # Notes: the question comes in all the same.
    UNKNOWN_LEVEL = "unknown_level"
    CODE_CHANGED = "code_changed"
    CELLS_WIN = "cells_win"
    BROKEN_DATA = "broken_data"
    LABEL_UNKNOWN = "label_unknown"
    SAME_AS_LINE = "same_as_line"
    PICTURE_REFUSED = "picture_refused"
    SEVERAL_MARKED = "several_marked"
    KEY_FROM_TABLE = "key_from_table"
    WEIGHTS_DROPPED = "weights_dropped"
    FEEDBACK_DROPPED = "feedback_dropped"
    MARKUP_DROPPED = "markup_dropped"
    PICTURE_DROPPED = "picture_dropped"
    SEVERAL_RIGHT = "several_right"
    METRIC_CHANGED = "metric_changed"
    SETTING_DROPPED = "setting_dropped"
    PENALTY_IGNORED = "penalty_ignored"
    VERSIONS_COLLAPSED = "versions_collapsed"
    CHANGED_OUTSIDE = "changed_outside"
    ALT_MISSING = "alt_missing"
    # Left out of a file that is written.
    TYPE_NOT_CARRIED = "type_not_carried"
    PICTURES_NOT_CARRIED = "pictures_not_carried"


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


@dataclass(frozen=True)
class Parsed:
    """What a hook made of a question. ``stem``: in place of the format's, None to keep that. ``reason``: where the
    source says why at an answer and the type has no room for it there. ``notes``: code and its values."""

    content: Mapping[str, Any]
    stem: str | None = None
    reason: str = ""
    notes: tuple[tuple[Trouble, Mapping[str, Any]], ...] = ()


class RefusedError(ValueError):
    """A hook (or a format) knows what is meant and cannot make a question of it; it becomes a Problem."""

    def __init__(self, code: Trouble, **values: Any) -> None:
        super().__init__(code.value)
        self.code = code
        self.values = values


def named_pictures(item: Item) -> set[str]:
    """SHA-256 of every picture that the texts or the content of ``item`` name."""
    found: set[str] = set()

    def look(text: str) -> str:
        found.update(PICTURE.findall(text))
        if _SHA256.fullmatch(text):
            found.add(text)
        return text

    _map((item.stem, item.reason, item.hints, item.content), look)
    return found


def rewrite_pictures(
    item: Item, mapping: Mapping[str, str], sizes: Mapping[str, tuple[int, int]] | None = None
) -> Item:
    """``item`` with every picture named by the hash that it is kept under: ``mapping`` is hash in the file → hash kept.

    ``sizes`` (hash kept → width, height): what a content says of the size of its picture is brought in line; places on
    a picture are shares of it and stay. Pictures that the mapping does not know stay as they are; ``item.pictures`` is
    left empty.
    """

    def change(text: str) -> str:
        if text in mapping:
            return mapping[text]
        return PICTURE.sub(lambda found: f"picture:{mapping.get(found[1], found[1])}", text)

    def measure(value: Any) -> Any:
        if isinstance(value, list):
            return [measure(part) for part in value]
        if not isinstance(value, dict):
            return value
        found = {key: measure(part) for key, part in value.items()}
        size = (sizes or {}).get(found["picture"]) if isinstance(found.get("picture"), str) else None
        return found | ({"width": size[0], "height": size[1]} if size and "width" in found else {})

    return replace(
        item,
        stem=_map(item.stem, change),
        reason=_map(item.reason, change),
        hints=tuple(_map(list(item.hints), change)),
        content=measure(_map(dict(item.content), change)),
        pictures={},
    )


def _map(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [_map(part, change) for part in value]
    if isinstance(value, dict):
        return {key: _map(part, change) for key, part in value.items()}
    return value

"""What a format has no room for travels beside the question, so that writing and reading again changes nothing.

A writer reads back what it wrote. Each field that came back different is put into a small JSON: the exact value, and a
fingerprint of what reading gave. A reader takes the exact value only while the fingerprint still fits: who changes the
question in another program or by hand finds the change, not what had been. No Django.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from quizzes.formats.item import Item, Problem, Trouble

# Not allowed in XML, or taken for a line's end by somebody, or no characters at all: written as \uXXXX.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")
_FIELDS = ("stem", "reason", "hints", "level", "objective", "tags", "status", "code", "category")
_TUPLES = frozenset({"hints", "tags", "category"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,19}")
BODY = "body"


def dumps(value: Any) -> str:
    """JSON on one line that any text or XML file can hold."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if not unicodedata.is_normalized("NFC", text):
        # A reader that brings its file to NFC must not touch this.
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def loads(text: str) -> Any:
    """None for what is no JSON, however it is nested."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def parcel(wanted: Item, read: Item | None) -> str:
    """The JSON that turns ``read`` into ``wanted``; "" where nothing is missing. ``read`` None: it was not readable."""
    missing: dict[str, list[Any]] = {}
    if read is None or (read.type, read.content) != (wanted.type, wanted.content):
        missing[BODY] = [_fingerprint(_body(read)), wanted.type, wanted.content]
    for name in _FIELDS:
        value = getattr(wanted, name)
        if read is None or getattr(read, name) != value:
            missing[name] = [_fingerprint(getattr(read, name) if read else None), value]
    return dumps(missing) if missing else ""


def restore(read: Item, text: str) -> Item:
    """``read`` with what ``text`` (of ``parcel``) keeps. What was changed since stays changed, with a note."""
    kept = loads(text) if text else {}
    if not isinstance(kept, dict):
        return _noted(read)
    changes: dict[str, Any] = {}
    is_changed = False
    for name, entry in kept.items():
        if not isinstance(entry, list) or not entry:
            is_changed = True
        elif name == BODY:
            if entry[0] == _fingerprint(_body(read)) and _is_body(entry):
                changes |= {"type": entry[1], "content": entry[2]}
            else:
                is_changed = True
        elif name in _FIELDS and len(entry) == 2 and entry[0] == _fingerprint(getattr(read, name)):
            value = _as_field(name, entry[1])
            is_changed = is_changed or value is None
            if value is not None:
                changes[name] = value
        else:
            is_changed = True
    found = replace(read, **changes)
    return _noted(found) if is_changed else found


def _is_body(entry: list[Any]) -> bool:
    return len(entry) == 3 and bool(_NAME.fullmatch(str(entry[1]))) and isinstance(entry[2], dict)


def _as_field(name: str, value: Any) -> Any:
    if name in _TUPLES:
        return tuple(value) if isinstance(value, list) and all(isinstance(part, str) for part in value) else None
    return value if isinstance(value, str) else None


def _body(read: Item | None) -> Any:
    return [read.type, read.content] if read and read.type else None


def _fingerprint(value: Any) -> str:
    return hashlib.blake2b(dumps(value).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _noted(item: Item) -> Item:
    return replace(item, notes=(*item.notes, Problem(item.line, Trouble.CHANGED_OUTSIDE)))


def is_name(text: str) -> bool:
    """May ``text`` be the name of a type?"""
    return bool(_NAME.fullmatch(text))


def content_of(text: str) -> Mapping[str, Any] | None:
    found = loads(text)
    return found if isinstance(found, dict) else None

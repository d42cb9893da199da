"""Bytes of a text file → text, its lines ended by one line feed, in NFC. No Django."""

import re
import unicodedata

from quizzes.formats import packaging
from quizzes.formats.item import Problem, Trouble, UnreadableError

# Never part of a text; the formats use some of them as marks of their own while they read.
_NO_CHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(data: bytes) -> tuple[str, str]:
    """(text, what the bytes were taken for); UnreadableError for what is empty, too large or no text."""
    if not data.strip(b" \t\r\n\xef\xbb\xbf"):
        raise UnreadableError(Problem(0, Trouble.EMPTY))
    if len(data) > packaging.MAX_TEXT:
        raise UnreadableError(Problem(0, Trouble.TOO_LARGE, {"most": packaging.MAX_TEXT // (1024 * 1024)}))
    text, encoding = packaging.decode(data)
    return tidy(text), encoding


def tidy(text: str) -> str:
    """``text`` in NFC without what no text file holds: what is written so is read so."""
    return unicodedata.normalize("NFC", _NO_CHARACTERS.sub("", _CONTROL.sub("", text)))

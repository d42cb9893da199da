"""Bytes of a text file → text, its lines ended by one line feed, in NFC. No Django."""

import re
import unicodedata

from quizzes.formats.item import Problem, Trouble, UnreadableError

MOST_BYTES = 20 * 1024 * 1024
# Never part of a text; the formats use some of them as marks of their own while they read.
_NO_CHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_STRAY_MARK = re.compile("(?<![A-Za-zÂÊÔĂƠƯâêôăơư])[\u0300\u0301\u0303\u0309\u0323]")
_VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u0300\u0301\u0303\u0309\u0323]")


def decode(data: bytes, *, most: int = MOST_BYTES) -> tuple[str, str]:
    """(text, encoding). The encoding is "" for UTF-8, else what the bytes were taken for.

    UTF-16 with a byte order mark, or whose zeros give it away, is read too. What is no UTF-8 at all is windows-1258 if
    that makes Vietnamese of it, else windows-1252, whose odd letters tell an old code table (lms.core.legacy). A file
    that is UTF-8 in one place and not in another is refused with the line: half of it would come in broken.
    """
    if not data.strip():
        raise UnreadableError(Problem(0, Trouble.EMPTY))
    if len(data) > most:
        raise UnreadableError(Problem(0, Trouble.TOO_LARGE, {"most": most // (1024 * 1024)}))
    text, encoding = _decode(data)
    if len(_BINARY.findall(text[:4096])) > 2:
        raise UnreadableError(Problem(0, Trouble.NOT_TEXT))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return tidy(text), encoding


def tidy(text: str) -> str:
    """``text`` in NFC without what no text file holds: what is written so is read so."""
    return unicodedata.normalize("NFC", _NO_CHARACTERS.sub("", _BINARY.sub("", text)))


def _decode(data: bytes) -> tuple[str, str]:
    wide = _wide(data)
    if wide:
        try:
            return data.decode(wide), "utf-16"
        except UnicodeDecodeError as error:
            raise UnreadableError(Problem(0, Trouble.WRONG_ENCODING, {"encoding": "UTF-16"})) from error
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise UnreadableError(Problem(0, Trouble.NOT_TEXT)) from error
        line = data[: error.start].count(b"\n") + 1
        if _has_utf8(data):
            raise UnreadableError(Problem(line, Trouble.MIXED_ENCODING, {"line": line})) from error
    try:
        narrow = data.decode("cp1258")
    except UnicodeDecodeError:
        narrow = ""
    if _VIETNAMESE.search(narrow) and not _STRAY_MARK.search(narrow):
        return narrow, "windows-1258"
    return data.decode("cp1252", "replace"), "windows-1252"


def _wide(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    head = data[:2000]
    if len(head) < 4 or b"\0" not in head:
        return ""
    if head[1::2].count(0) > len(head) // 4 and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 4 and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def _has_utf8(data: bytes) -> bool:
    """Are there letters of two or three bytes that are right UTF-8? One by chance is possible, three hardly."""
    return len(re.findall(rb"[\xc3-\xc6][\x80-\xbf]|\xe1[\xba\xbb][\x80-\xbf]", data)) >= 3

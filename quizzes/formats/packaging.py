"""Bytes that somebody sent → what a format can read: which format it is, which code table, archives with care. Pure."""

import importlib
import io
import re
import unicodedata
import zipfile
from types import ModuleType

from lms.core import legacy
from quizzes.formats.item import Problem, Trouble, UnreadableError

# Text and XML; an archive with pictures may be larger than what it is read into memory for.
MAX_TEXT = 20 * 1024 * 1024
MAX_BYTES = 50 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_ENTRIES = 6000
MAX_QUESTIONS = 20_000

# In the order in which they are offered.
FORMATS = ("docx", "xlsx", "gift", "moodle-xml", "aiken", "cloze", "qti")
TEXT_FORMATS = frozenset({"gift", "aiken", "cloze"})
ARCHIVES = frozenset({"docx", "xlsx", "qti"})
_XML_NAMES = {b"quiz": "moodle-xml"}

_OLE = b"\xd0\xcf\x11\xe0"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MULTIBYTE = re.compile(rb"[\xc3-\xc6\xe1\xe2\xcc][\x80-\xbf]+")
_AIKEN = re.compile(r"^\s*ANSWER\s*:\s*[A-Z]\s*$", re.MULTILINE)
_GIFT = re.compile(r"(?<!\\)[{]\s*(?:[=~#%]|T\b|F\b|TRUE\b|FALSE\b|[}])|^::.+?::|^\$CATEGORY:", re.MULTILINE)
_CLOZE = re.compile(r"[{]\d*:(?:[A-Z]+):")


def module(name: str) -> ModuleType:
    """The module of a format of FORMATS; ImportError for one that is not there."""
    return importlib.import_module(f"quizzes.formats.{name.replace('-', '_')}")


def can(name: str, way: str) -> bool:
    """Whether the format is there and goes this way, "read" or "write"."""
    try:
        return hasattr(module(name), way)
    except ImportError:
        return False


def cap(name: str) -> int:
    """How many bytes a file of this format may have."""
    return MAX_BYTES if name in ARCHIVES else MAX_TEXT


def refuse(trouble: Trouble, /, **values: object) -> UnreadableError:
    return UnreadableError(Problem(0, trouble, values))


# --- Which format -------------------------------------------------------------------------------------


def sniff(data: bytes, file_name: str) -> str:
    """The format, by content first and the ending of the name where the content says nothing; "" if nothing fits."""
    suffix = file_name.lower().rpartition(".")[2]
    if data.startswith(b"PK"):
        return _archive(data)
    if data.startswith(_OLE):
        # Word and Excel of before 2007: told apart from a damaged file by its own sentence.
        return "xlsx" if suffix.startswith("xls") else "docx"
    head = data[:4000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<") or b"<\0" in data[:6] or b"\0<" in data[:6]:
        return _xml(data[:20_000].replace(b"\0", b""))
    by_name = {"gift": "gift", "docx": "docx", "xlsx": "xlsx", "xml": "moodle-xml", "zip": "qti"}.get(suffix, "")
    if by_name and by_name != "gift":
        return by_name
    try:
        text, _encoding = decode(data[:200_000], is_part=True)
    except UnreadableError:
        return by_name
    if by_name:
        return by_name
    if _AIKEN.search(text):
        return "aiken"
    if _CLOZE.search(text) and not re.search(r"^::|[{]\s*[=~]", text, re.MULTILINE):
        return "cloze"
    return "gift" if _GIFT.search(text) else ""


def _archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name.lower().lstrip("/") for name in archive.namelist()[:MAX_ENTRIES]]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return ""
    if any(name.startswith("word/") for name in names):
        return "docx"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    return "qti" if any(name.endswith((".xml", "imsmanifest.xml")) for name in names) else ""


def _xml(head: bytes) -> str:
    found = re.search(
        rb"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)", re.sub(rb"<[?!][^>]*>|<!--.*?-->", b"", head, flags=re.DOTALL)
    )
    if not found:
        return ""
    name = found[1]
    if name in _XML_NAMES:
        return _XML_NAMES[name]
    return "qti" if re.match(rb"(?:qti-)?assessment|questestinterop|manifest", name, re.IGNORECASE) else ""


# --- Which code table -----------------------------------------------------------------------------------


def decode(data: bytes, *, is_part: bool = False) -> tuple[str, str]:
    """(text in NFC with ``\\n``, name of the encoding): UTF-8, UTF-16, CP1258; else CP1252 letter by letter, as a text
    in an old font is stored (see lms.core.legacy). UnreadableError for what is no text, or in two encodings at once.

    ``is_part``: cut off anywhere, so the last letter may be half there.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or _looks_like_utf16(data):
        text, encoding = _utf16(data, is_part=is_part), "utf-16"
    else:
        text, encoding = _bytes(data, is_part=is_part)
    if _CONTROL.search(text):
        raise refuse(Trouble.NOT_TEXT)
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _looks_like_utf16(data: bytes) -> bool:
    head = data[:400]
    return len(head) >= 8 and max(head[0::2].count(0), head[1::2].count(0)) * 3 > len(head) // 2


def _utf16(data: bytes, *, is_part: bool) -> str:
    table = "utf-16"
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        table = "utf-16-le" if data[1:400:2].count(0) > data[0:400:2].count(0) else "utf-16-be"
    try:
        return data[: len(data) // 2 * 2 if is_part else None].decode(table)
    except UnicodeDecodeError as error:
        raise refuse(Trouble.TRUNCATED) from error


def _bytes(data: bytes, *, is_part: bool) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if is_part and error.start >= len(data) - 4:
            return data[: error.start].decode("utf-8"), "utf-8"
        # So much UTF-8 is no chance: some of the file was pasted from another one.
        if len(_MULTIBYTE.findall(data[: error.start])) >= 3 or len(_MULTIBYTE.findall(data)) * 2 > _high_runs(data):
            line = data[: error.start].count(b"\n") + 1
            code = Trouble.TRUNCATED if error.reason == "unexpected end of data" else Trouble.MIXED_ENCODING
            raise UnreadableError(Problem(line, code, {"line": line})) from error
    windows = unicodedata.normalize("NFC", data.decode("cp1258", errors="replace"))
    right, words = legacy.vietnamese(windows)
    if right * 2 > words and "\ufffd" not in windows:
        return windows, "cp1258"
    # Letter by letter, so that nothing is lost of a text in an old font.
    return "".join(_western(byte) for byte in data), "cp1252"


def _high_runs(data: bytes) -> int:
    return len(re.findall(rb"[\x80-\xff]+", data))


def _western(byte: int) -> str:
    if 0x80 <= byte < 0xA0:
        return bytes([byte]).decode("cp1252", errors="replace")
    return chr(byte)


# --- Archives -------------------------------------------------------------------------------------------


class Archive:
    """A ZIP, however hostile: never unpacks more than a cap, whatever it announces. Parts by lower-case name."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise refuse(Trouble.TOO_LARGE, most=MAX_BYTES // 1024 // 1024)
        if data.startswith(_OLE):
            locked = "EncryptedPackage".encode("utf-16-le") in data
            raise refuse(Trouble.LOCKED if locked else Trouble.OLD_OFFICE)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            code = Trouble.TRUNCATED if data.startswith(b"PK") else Trouble.UNREADABLE
            raise refuse(code) from error
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
            raise refuse(Trouble.TOO_LARGE, most=MAX_UNPACKED // 1024 // 1024)
        if any(entry.flag_bits & 1 for entry in entries):
            raise refuse(Trouble.LOCKED)
        self._entries = {entry.filename.lstrip("/").replace("\\", "/").lower(): entry for entry in entries}
        self._left = MAX_UNPACKED

    def names(self) -> list[str]:
        return list(self._entries)

    def read(self, name: str) -> bytes | None:
        """The part, None if there is none; names without their case."""
        entry = self._entries.get(name.lower())
        if entry is None or entry.is_dir():
            return None
        try:
            with self._zip.open(entry) as part:
                found = part.read(self._left + 1)
        except Exception as error:  # a damaged or hostile archive breaks anywhere
            raise refuse(Trouble.TRUNCATED) from error
        if len(found) > self._left:
            raise refuse(Trouble.TOO_LARGE, most=MAX_UNPACKED // 1024 // 1024)
        self._left -= len(found)
        return found

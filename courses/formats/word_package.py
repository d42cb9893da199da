"""The archive that a .docx is, however hostile: its parts, read with care, and how its elements are asked. No Django.

Elements are asked by their names alone, since the same file comes in two sets of namespaces (transitional and strict).
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from courses.formats.pieces import FileFault, WordRefusedError, tidy

MAX_BYTES = 25 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_PART = 30 * 1024 * 1024
MAX_ENTRIES = 4000

_OFF = {"0", "false", "off", "none"}


def name_of(element: Any) -> str:
    """Without its namespace; "" for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def get(element: Any, name: str) -> str | None:
    """The attribute of that name, whatever its namespace."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return None


def child_of(element: Any, name: str) -> Any:
    """The first child of that name, or None."""
    if element is None:
        return None
    return next((child for child in element if name_of(child) == name), None)


def value_of(element: Any, name: str) -> str | None:
    """``w:val`` of a child, as properties are written."""
    child = child_of(element, name)
    return None if child is None else get(child, "val")


def is_on(element: Any, name: str) -> bool | None:
    """A property that is there without a value is on. None: nothing said."""
    child = child_of(element, name)
    if child is None:
        return None
    return (get(child, "val") or "1").lower() not in _OFF


def all_of(element: Any, name: str) -> Iterator[Any]:
    return (inner for inner in element.iter() if name_of(inner) == name)


def number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text) else None


def text_of(element: Any) -> str:
    """All words inside, for samples and counts."""
    return tidy(" ".join(inner.text or "" for inner in all_of(element, "t")))


class Package:
    """The archive: parts by name, relations by part. Never unpacks more than it announced."""

    def __init__(self, data: bytes) -> None:
        _refuse_other_files(data)
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(data))
            entries = self.archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            raise WordRefusedError(FileFault.BROKEN) from error
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
            raise WordRefusedError(FileFault.TOO_BIG)
        if any(entry.flag_bits & 1 for entry in entries):
            raise WordRefusedError(FileFault.ENCRYPTED)
        self.entries = {entry.filename.lstrip("/").lower(): entry for entry in entries}
        self._refuse_other_kinds()

    def _refuse_other_kinds(self) -> None:
        if any(name.endswith("vbaproject.bin") for name in self.entries):
            raise WordRefusedError(FileFault.MACROS)
        types = self.xml("[Content_Types].xml")
        if types is None:
            raise WordRefusedError(FileFault.OTHER_FORMAT if "mimetype" in self.entries else FileFault.BROKEN)
        if any("macroenabled" in (get(kind, "ContentType") or "").lower() for kind in types):
            raise WordRefusedError(FileFault.MACROS)
        if {"xl/workbook.xml", "ppt/presentation.xml"} & set(self.entries):
            raise WordRefusedError(FileFault.OTHER_FORMAT)

    def bytes_of(self, name: str, limit: int = 0) -> bytes | None:
        entry = self.entries.get(name.lower())
        if entry is None:
            return None
        if entry.file_size > (limit or MAX_PART):
            raise WordRefusedError(FileFault.TOO_BIG)
        try:
            return self.archive.read(entry)
        except Exception as error:  # a damaged or hostile archive breaks anywhere
            raise WordRefusedError(FileFault.BROKEN) from error

    def xml(self, name: str) -> Any:
        """The root of a part, None if there is none. Nothing is fetched, no entity expanded, a doctype is refused."""
        data = self.bytes_of(name)
        if data is None:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise WordRefusedError(FileFault.BROKEN) from error
        if root.getroottree().docinfo.doctype:
            raise WordRefusedError(FileFault.BROKEN)
        return root

    def relations(self, part: str) -> dict[str, tuple[str, str, bool]]:
        """Id → (kind, target inside the archive or address outside, is it outside)."""
        folder, _, file = part.rpartition("/")
        root = self.xml(f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels")
        found: dict[str, tuple[str, str, bool]] = {}
        for relation in root if root is not None else ():
            key, target = get(relation, "Id"), get(relation, "Target")
            if key and target:
                outside = get(relation, "TargetMode") == "External"
                inside = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
                kind = (get(relation, "Type") or "").rpartition("/")[2]
                found[key] = (kind, target if outside else inside.lstrip("/"), outside)
        return found


def _refuse_other_files(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise WordRefusedError(FileFault.TOO_BIG)
    if not data:
        raise WordRefusedError(FileFault.EMPTY)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        is_locked = "EncryptedPackage".encode("utf-16-le") in data
        raise WordRefusedError(FileFault.ENCRYPTED if is_locked else FileFault.OLD_WORD)
    if not data.startswith(b"PK"):
        raise WordRefusedError(FileFault.OTHER_FORMAT)

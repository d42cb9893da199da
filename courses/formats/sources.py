"""The files of a content package as text: UTF-8, NFC, and TOML whose keys know their line. No Django."""

import datetime as dt
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from courses.formats.errors import PackageError

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TEXT_SUFFIXES = frozenset({".toml", ".md", ".svg"})


def read_text(file: Path) -> str:
    try:
        text = file.read_bytes().decode("utf-8")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise PackageError(file, None, "there is no such file") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PackageError(file, line, "is not UTF-8") from None
    for number, line_text in enumerate(text.split("\n"), start=1):
        if not unicodedata.is_normalized("NFC", line_text):
            raise PackageError(file, number, "is not in Unicode form NFC")
    return text.replace("\r\n", "\n").removeprefix("\ufeff")


def text_files(root: Path) -> Iterator[Path]:
    """Every file of the package that is read as text, in a fixed order."""
    for file in sorted(root.rglob("*")):
        if file.is_file() and file.suffix in TEXT_SUFFIXES:
            yield file


@dataclass(frozen=True)
class Table:
    """A TOML table with the file and line where it begins. ``take`` checks each key as it is read."""

    file: Path
    text: str
    first_line: int
    data: dict[str, Any]

    def line_of(self, word: str) -> int | None:
        """The line where ``word`` is set as a key, else the first that holds it, else None."""
        lines = list(enumerate(self.text.split("\n"), start=self.first_line))
        keys = (number for number, line in lines if re.match(rf"\s*{re.escape(word)}\s*=", line))
        anywhere = (number for number, line in lines if word in line)
        return next(keys, next(anywhere, None))

    def error(self, word: str, reason: str) -> PackageError:
        return PackageError(self.file, self.line_of(word), reason)

    def refuse_others(self, known: set[str]) -> None:
        for key in self.data:
            if key not in known:
                raise self.error(key, f"unknown key “{key}”")

    def string(self, key: str, *, limit: int, default: str | None = None) -> str:
        """``default`` None: the key must be there and not empty."""
        value = self.data.get(key, default)
        if value is None:
            raise PackageError(self.file, None, f"“{key}” is missing")
        if not isinstance(value, str):
            raise self.error(key, f"“{key}” must be a text")
        if default is None and not value.strip():
            raise self.error(key, f"“{key}” is empty")
        if len(value) > limit:
            raise self.error(key, f"“{key}” is longer than {limit} characters")
        return value.strip()

    def slug(self) -> str:
        value = self.string("slug", limit=100)
        if not SLUG.fullmatch(value):
            raise self.error("slug", f"slug “{value}” may hold small letters, digits and single dashes only")
        return value

    def integer(self, key: str, *, least: int, most: int, default: int) -> int:
        value = self.data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.error(key, f"“{key}” must be a whole number from {least} to {most}")
        return value

    def boolean(self, key: str, *, default: bool) -> bool:
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"“{key}” must be true or false")
        return value

    def number(self, key: str) -> float | None:
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1000:
            raise self.error(key, f"“{key}” must be a number above 0")
        return float(value)

    def day(self, key: str) -> dt.date | None:
        value = self.data.get(key)
        if value is not None and (not isinstance(value, dt.date) or isinstance(value, dt.datetime)):
            raise self.error(key, f"“{key}” must be a day, written 2026-11-22 without quotes")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(key, f"“{key}” must be a list of texts")
        double = next((item for item in value if value.count(item) > 1), None)
        if double:
            raise self.error(double, f"“{double}” stands twice in “{key}”")
        return tuple(item.strip() for item in value)


def read_table(file: Path) -> Table:
    return parse_table(file, read_text(file), first_line=1)


def parse_table(file: Path, text: str, *, first_line: int) -> Table:
    """``first_line``: where ``text`` begins in ``file``."""
    try:
        return Table(file, text, first_line, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        reason = re.sub(r" \(at .*\)$", "", str(error))
        line = int(found[1]) + first_line - 1 if found else None
        raise PackageError(file, line, f"is not TOML: {reason}") from None

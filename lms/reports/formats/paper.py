"""What stands on an official paper, whatever it is printed with. Plain Python."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lms.reports.formats.issuers import Issuer

# Control characters that no file of ours can hold.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Room for a clerk's pen: no-break, so that it is neither squeezed nor broken.
ROOM = "\u00a0" * 4


class Style(StrEnum):
    """The part that a paragraph plays: a named style in Word, a class in the PDF."""

    BASIS = "basis"
    BODY = "body"
    HEADING = "heading"
    SUBHEADING = "subheading"
    CAPTION = "caption"
    NOTE = "note"


@dataclass(frozen=True)
class Run:
    """``is_hint``: in brackets, for a person to write over; nothing of it was computed."""

    text: str
    is_hint: bool = False
    is_bold: bool = False


@dataclass(frozen=True)
class Para:
    style: Style
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Column:
    """``width`` in mm on an upright sheet; wider sheets stretch all of them alike."""

    title: str
    width: float
    is_number: bool = True


@dataclass(frozen=True)
class Table:
    """``total`` may be empty. Every row has as many cells as there are columns."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        return sum(column.width for column in self.columns)


@dataclass(frozen=True)
class Annex:
    """On sheets of its own with page numbers of its own."""

    label: str
    title: tuple[str, ...]
    reference: str
    table: Table
    notes: tuple[Para, ...]
    is_landscape: bool


@dataclass(frozen=True)
class Provenance:
    """Where the figures come from: unit, day, course, the moment they were read, and their SHA-256."""

    unit_id: int
    day: str
    course_id: int
    made_at: str
    figures: str

    @property
    def mark(self) -> str:
        """Short enough to be read out: "17-20261122-1-9f3c2a1b"; equal for equal figures."""
        return f"{self.unit_id}-{self.day.replace('-', '')}-{self.course_id}-{self.figures[:8]}"

    @property
    def sentence(self) -> str:
        return (
            f"unit={self.unit_id}; day={self.day}; course={self.course_id}; made_at={self.made_at}; "
            f"figures_sha256={self.figures}"
        )


def hash_of(table: Table) -> str:
    """SHA-256 of the cells: the same figures, the same hash, whatever they are printed with."""
    written = json.dumps([table.rows, table.total], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True)
class Paper:
    """``label`` ("Số liệu minh họa") stands under the title, "" for real figures."""

    issuer: Issuer
    number: str
    dateline: str
    kind: str
    abstract: tuple[str, ...]
    label: str
    basis: tuple[Para, ...]
    body: tuple[Para | Table, ...]
    recipients: tuple[Run, ...]
    annex: Annex | None
    provenance: Provenance

    @property
    def table(self) -> Table | None:
        """The one with the figures, wherever it stands; None for a unit with nothing below it."""
        if self.annex:
            return self.annex.table
        return next((block for block in self.body if isinstance(block, Table)), None)

    @property
    def title(self) -> str:
        """Of the file, on one line."""
        return f"{self.kind.capitalize()}: {' '.join(self.abstract)}"


def printable(text: str) -> str:
    """``text`` without the characters that neither XML nor a typeface knows."""
    return _ILLEGAL.sub("", text)


def plain(style: Style, text: str) -> Para:
    return Para(style, (Run(text),))


def para(style: Style, *parts: str | Run) -> Para:
    return Para(style, tuple(part if isinstance(part, Run) else Run(part) for part in parts))


def hint(text: str) -> Run:
    return Run(f"[{text}]", is_hint=True)


def listed(lines: Sequence[str]) -> str:
    """ "a, b và c"."""
    return " và ".join([", ".join(lines[:-1]), lines[-1]] if len(lines) > 1 else lines)

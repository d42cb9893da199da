"""What a text consists of, wherever it was written. No Django.

``word`` and ``html_blocks`` find the pieces, ``drafts`` lays them out as the blocks of a lesson. No word of the text is
lost on the way: what a block cannot hold becomes plain paragraphs; what is left out on purpose is told as a ``Loss``.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

SAMPLE_LENGTH = 80
MOST_SAMPLES = 3

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_SPACE = re.compile(r"[ \t\r\f\v\u00a0\u2002-\u200a\u202f\u3000]+")
_ADDRESS = re.compile(r"^(https?://|mailto:|tel:)\S+$", re.IGNORECASE)


class FileFault(Enum):
    """Why a whole file or paste is refused."""

    TOO_BIG = "too_big"
    TOO_LONG = "too_long"
    OLD_WORD = "old_word"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    OTHER_FORMAT = "other_format"
    BROKEN = "broken"
    OLD_FONT = "old_font"
    EMPTY = "empty"


class LossKind(Enum):
    """What was left out or laid out differently, so that the trainer can look."""

    TEXT_BOX = "text_box"
    FOOTNOTE = "footnote"
    HEADER = "header"
    COMMENT = "comment"
    TRACKED = "tracked"
    HIDDEN = "hidden"
    SMART_ART = "smart_art"
    CHART = "chart"
    SHAPE = "shape"
    EQUATION = "equation"
    CONTENTS = "contents"
    EMBEDDED = "embedded"
    SYMBOL = "symbol"
    PICTURE_OUTSIDE = "picture_outside"
    PICTURE_VECTOR = "picture_vector"
    PICTURE_BROKEN = "picture_broken"
    PICTURE_IN_TABLE = "picture_in_table"
    TABLE_WIDE = "table_wide"
    TABLE_LONG = "table_long"
    TABLE_NESTED = "table_nested"
    TABLE_MERGED = "table_merged"
    LONG_HEADING = "long_heading"
    NUMBERED_HEADING = "numbered_heading"
    LIST_RESTARTS = "list_restarts"


class WordRefusedError(Exception):
    """``sample``: words of the file that show what is meant."""

    def __init__(self, fault: FileFault, sample: str = "") -> None:
        self.fault, self.sample = fault, sample
        super().__init__(fault.value)


@dataclass(frozen=True)
class Loss:
    """``count`` times; ``samples``: the first words of at most three of them."""

    kind: LossKind
    count: int
    samples: tuple[str, ...]


@dataclass
class Losses:
    _found: dict[LossKind, list[str]] = field(default_factory=dict)

    def add(self, kind: LossKind, sample: str = "") -> None:
        self._found.setdefault(kind, []).append(tidy(sample)[:SAMPLE_LENGTH])

    def all(self) -> tuple[Loss, ...]:
        order = list(LossKind)
        kinds = sorted(self._found, key=order.index)
        return tuple(
            Loss(
                kind,
                len(self._found[kind]),
                tuple(dict.fromkeys(sample for sample in self._found[kind] if sample))[:MOST_SAMPLES],
            )
            for kind in kinds
        )


@dataclass(frozen=True)
class Run:
    """Words with one look. A line break is ``\\n``."""

    text: str
    bold: bool = False
    italic: bool = False
    href: str = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Title:
    text: str


@dataclass(frozen=True)
class Heading:
    """``level`` 1 to 9, as in Word's outline."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    runs: Runs
    is_caption: bool = False


@dataclass(frozen=True)
class Item:
    """One entry of a list, ``depth`` from 0. ``source``: which list it counts in, "" where that is not known."""

    runs: Runs
    depth: int
    is_ordered: bool
    source: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of equal length."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """``key``: of ``Found.pictures``."""

    key: str
    alternative: str = ""


Piece = Title | Heading | Paragraph | Item | Table | Picture


@dataclass(frozen=True)
class Found:
    """``pictures``: key → bytes, PNG, JPEG or WebP by their first bytes, otherwise unchecked."""

    pieces: tuple[Piece, ...]
    pictures: dict[str, bytes]
    losses: Losses


# --- Words --------------------------------------------------------------------------------------------


def tidy(text: str) -> str:
    """One line in NFC, without zero-width characters."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def tidy_runs(runs: Iterable[Run]) -> Runs:
    """Neighbours of one look joined, white space collapsed and trimmed, NFC; empty if nothing is left to read."""
    joined: list[Run] = []
    for run in runs:
        text = run.text.translate(_INVISIBLE)
        if not text:
            continue
        last = joined[-1] if joined else None
        if last and (last.bold, last.italic, last.href) == (run.bold, run.italic, run.href):
            joined[-1] = Run(last.text + text, run.bold, run.italic, run.href)
        else:
            joined.append(Run(text, run.bold, run.italic, run.href))
    kept: list[Run] = []
    for run in joined:
        text = unicodedata.normalize("NFC", _SPACE.sub(" ", run.text))
        text = re.sub(r" ?\n ?", "\n", text)
        if not kept or kept[-1].text.endswith((" ", "\n")):
            text = text.lstrip(" \n" if not kept else " ")
        if text:
            kept.append(Run(text, run.bold, run.italic, run.href))
    while kept and not kept[-1].text.rstrip(" \n"):
        kept.pop()
    if kept:
        last = kept[-1]
        kept[-1] = Run(last.text.rstrip(" \n"), last.bold, last.italic, last.href)
    return tuple(kept)


def plain(runs: Iterable[Run]) -> str:
    """As one line; a link whose address is not in its words has it behind them."""
    parts = []
    for run in runs:
        parts.append(run.text)
        if run.href and run.href.removeprefix("mailto:") not in run.text:
            parts.append(f" ({run.href})")
    return tidy("".join(parts))


def address(href: str) -> str:
    """``href`` where a lesson may lead there, else ""."""
    href = href.strip()
    return href if _ADDRESS.match(href) and len(href) <= 2000 else ""


def joined(paragraphs: Iterable[str]) -> str:
    """The paragraphs of a cell as one line."""
    line = ""
    for paragraph in filter(None, paragraphs):
        if line:
            line += " " if line.endswith((".", ":", ";", ",", "?", "!", "…")) else "; "
        line += paragraph
    return line


def words_of(piece: Piece) -> list[str]:
    """The texts of ``piece``, in order."""
    match piece:
        case Title() | Heading():
            return [piece.text]
        case Paragraph() | Item():
            return ["".join(run.text for run in piece.runs)]
        case Table():
            return [cell for row in piece.rows for cell in row]
        case Picture():
            return []


# --- Tables -------------------------------------------------------------------------------------------

_WIDEST = 60


@dataclass
class Cell:
    """``across`` columns wide and ``down`` rows high, both at least 1."""

    pieces: list[Piece]
    across: int = 1
    down: int = 1


def table_pieces(rows: list[list[Cell]], losses: Losses) -> list[Piece]:
    """A table with its merged cells repeated; pictures of its cells behind it.

    A frame (one row, or one column) is no table: its content stands in the text as it is.
    """
    grid = _grid(rows)
    width = max((len(row) for row in grid), default=0)
    cells = [cell for row in rows for cell in row]
    texts = filled([[_cell_text(cell) if cell else "" for cell in row] for row in grid])
    if width < 2 or len(grid) < 2 or not texts or len(texts) < 2 or len(texts[0]) < 2:
        return [piece for cell in cells for piece in cell.pieces]
    if any(cell.across > 1 or cell.down > 1 for cell in cells):
        losses.add(LossKind.TABLE_MERGED, " ".join(texts[0]))
    if any(isinstance(piece, Table) for cell in cells for piece in cell.pieces):
        losses.add(LossKind.TABLE_NESTED, " ".join(texts[0]))
    pictures = [piece for cell in cells for piece in cell.pieces if isinstance(piece, Picture)]
    if pictures:
        losses.add(LossKind.PICTURE_IN_TABLE, " ".join(texts[0]))
    return [Table(texts), *pictures]


def _grid(rows: list[list[Cell]]) -> list[list[Cell | None]]:
    """A merged cell stands in every place that it covers."""
    grid: list[list[Cell | None]] = [[] for _ in rows]
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while column < len(grid[number]) and grid[number][column] is not None:
                column += 1
            for line in grid[number : number + max(cell.down, 1)]:
                last = min(column + max(cell.across, 1), _WIDEST)
                line.extend([None] * (last - len(line)))
                for place in range(min(column, last), last):
                    line[place] = cell
            column += cell.across
    return grid


def _cell_text(cell: Cell) -> str:
    lines: list[str] = []
    for piece in cell.pieces:
        match piece:
            case Paragraph() | Item():
                lines.append(plain(piece.runs))
            case _:
                lines.extend(words_of(piece))
    return joined(lines)


def filled(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    """Rows of equal length, without those and the columns that hold nothing at all."""
    width = max((len(row) for row in rows), default=0)
    even = [row + [""] * (width - len(row)) for row in rows]
    even = [row for row in even if any(row)]
    columns = [index for index in range(width) if any(row[index] for row in even)]
    return tuple(tuple(row[index] for index in columns) for row in even)

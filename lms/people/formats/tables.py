"""Bytes → rows of cells, from .xlsx or .csv, however hostile the file."""

import csv
import datetime as dt
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lms.core import text
from lms.people.enums import FileFault
from lms.people.formats import FileRefusedError

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED = 80 * 1024 * 1024
MAX_ROWS = 20_000
# Blank rows cost time too: a single cell in the last row of a sheet took half a minute.
LAST_ROW = 40_000
MAX_COLUMNS = 40
HEADER_WITHIN = 30
csv.field_size_limit(MAX_BYTES)

Cell = str | int | float | dt.date | None

# Column → what its head may be called, folded. "Email" and "STT" are as in the template; the rest as officials write.
HEADS = {
    "full_name": ("ho va ten", "ho ten", "ho va ten can bo"),
    "born": ("ngay sinh", "nam sinh", "ngay thang nam sinh"),
    "phone": ("dien thoai", "so dien thoai", "sdt", "so dt", "dt", "dien thoai di dong"),
    "email": ("email", "e mail", "thu dien tu"),
    "position": ("chuc vu", "chuc danh"),
    "page_duty": ("nhiem vu trang", "nhiem vu"),
    "unit": ("don vi", "don vi cong tac", "co quan"),
    "starts_on": ("tu ngay", "ngay bat dau"),
}
_COLUMN_OF = {head: column for column, heads in HEADS.items() for head in heads}

# Letters that Vietnamese does not have but that the old code tables turn into once they are taken for Latin-1.
_TCVN3 = re.compile(r"[^\W\d_][¡-¿×÷ÆÇËÎÏÑÖØÛÜÞßåæçëîïñöøûüþÿ„‰Šœž™»]|[¡-¿]+[^\W\d_]")
_VNI = re.compile(r"a[âêøùûõïàáäåéèëúü]|e[âãàáäåïøùûõ]|o[âïøùûõ]|u[øùûõï]|ö[ôø]|[öô][ùøûõï]|ñ", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One row as it stands in the file; ``number`` is the one that Excel shows."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    lines: tuple[dict[str, Cell], ...]
    numbers: tuple[int, ...]


def read(data: bytes) -> Table:
    """The rows under the header row, each as column → cell; blank rows left out. Raises FileRefusedError."""
    if len(data) > MAX_BYTES:
        raise FileRefusedError(FileFault.TOO_BIG)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefusedError(FileFault.OLD_EXCEL)
    if data.startswith(b"PK"):
        return _table(_limited(_xlsx(data)))
    decoded = _decode(data)
    tables = [_limited(_csv(decoded, delimiter)) for delimiter in (";", ",", "\t")]
    headed = [lines for lines in tables if _find_header(lines) is not None]
    return _table(headed[0] if headed else tables[0])


def _limited(lines: Iterable[Line]) -> list[Line]:
    """Rows that hold something. Raises as soon as there are too many."""
    kept: list[Line] = []
    for line in lines:
        if any(cell not in (None, "") and str(cell).strip() for cell in line.cells):
            kept.append(line)
            if len(kept) > MAX_ROWS + HEADER_WITHIN:
                raise FileRefusedError(FileFault.TOO_MANY_ROWS)
    return kept


def _xlsx(data: bytes) -> Iterator[Line]:
    # openpyxl streams; a reader that lays out the whole sheet would die of one cell in the last row and column.
    import openpyxl  # noqa: PLC0415  costs 0.2 s, needed here only

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
                raise FileRefusedError(FileFault.TOO_BIG)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1):
            if number > LAST_ROW:
                raise FileRefusedError(FileFault.TOO_MANY_ROWS)
            yield Line(number, tuple(_plain(cell) for cell in row))
    except FileRefusedError:
        raise
    except Exception as error:  # a damaged or hostile archive breaks anywhere
        raise FileRefusedError(FileFault.BROKEN) from error


def _plain(cell: object) -> Cell:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if cell is None or (isinstance(cell, str | int | float | dt.date) and not isinstance(cell, bool)):
        return cell
    return str(cell)


def _decode(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        decoded = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRefusedError(FileFault.NOT_UTF8) from error
    if "\0" in decoded:
        raise FileRefusedError(FileFault.BROKEN)
    return decoded


def _csv(decoded: str, delimiter: str) -> Iterator[Line]:
    try:
        for number, row in enumerate(csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter), start=1):
            yield Line(number, tuple(row[:MAX_COLUMNS]))
    except csv.Error as error:
        raise FileRefusedError(FileFault.BROKEN) from error


def _head(cell: Cell) -> str:
    """ "Họ và tên (*)" → "ho va ten"."""
    bare = re.sub(r"\(.*?\)", " ", text.fold(str(cell or ""))[:100])
    return " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split())


def _find_header(lines: list[Line]) -> tuple[int, dict[int, str]] | None:
    """Where the header row is, and which column stands where; None if there is none."""
    for position, line in enumerate(lines[:HEADER_WITHIN]):
        columns = {index: _COLUMN_OF[_head(cell)] for index, cell in enumerate(line.cells) if _head(cell) in _COLUMN_OF}
        if {"full_name", "unit"} <= set(columns.values()):
            return position, columns
    return None


def _table(lines: list[Line]) -> Table:
    if not lines:
        raise FileRefusedError(FileFault.EMPTY)
    found = _find_header(lines)
    if found is None:
        _refuse_old_font(cell for line in lines[:200] for cell in line.cells)
        raise FileRefusedError(FileFault.NO_HEADER)
    position, columns = found
    for index, column in columns.items():
        if list(columns.values()).count(column) > 1:
            raise FileRefusedError(FileFault.DOUBLE_HEADER, column=str(lines[position].cells[index]))
    rows = lines[position + 1 :]
    if not rows:
        raise FileRefusedError(FileFault.EMPTY)
    if len(rows) > MAX_ROWS:
        raise FileRefusedError(FileFault.TOO_MANY_ROWS)
    table = [
        {column: line.cells[index] if index < len(line.cells) else None for index, column in columns.items()}
        for line in rows
    ]
    _refuse_old_font(row.get(column) for row in table for column in ("full_name", "unit"))
    return Table(tuple(table), tuple(line.number for line in rows))


def _refuse_old_font(cells: Iterable[Cell]) -> None:
    """Names typed in TCVN3 or VNI, or read in a wrong code table, hold letters that Vietnamese does not have."""
    written = [unicodedata.normalize("NFC", cell[:200]) for cell in cells if isinstance(cell, str) and len(cell) > 3]
    broken = [cell for cell in written if _TCVN3.search(cell) or _VNI.search(cell)]
    if broken and len(broken) * 10 >= len(written):
        raise FileRefusedError(FileFault.OLD_FONT, sample=text.clean(broken[0])[:60])

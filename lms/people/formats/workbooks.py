"""Bytes → sheets of cells, from .xlsx or .csv, however hostile the file. Knows nothing of headings or people."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from lms.people.enums import FileFault
from lms.people.formats import FileRefusedError

MAX_BYTES = 25 * 1024 * 1024
# A hundred thousand rows of our template unpack to 90 MB. Sheets may be larger while they hold little but formatting:
# a million rows with a frame around each cell and nothing in them.
MAX_UNPACKED = 240 * 1024 * 1024
_MAX_LOOKED_AT = 640 * 1024 * 1024
# No list of people shrinks to a hundredth; a bomb does.
_INNOCENT = 40 * 1024 * 1024
_PACKED_AT_MOST = 100
# What lies below is read by openpyxl, row by row: calamine lays out every row down to the last that holds something.
LAST_ROW = 120_000
_ROWS_OF_A_SHEET = 1_048_576
# Rows that openpyxl may go over in all sheets together, most of them blank: a second for each million.
_MAX_STEPS = 2 * _ROWS_OF_A_SHEET
# Longer runs of blank rows are told only so far.
_BLANK_TOLD = 1000
# Sheets of fewer bytes cost little, whatever is in them; fewer rows without a value are not worth a copy.
_SWOLLEN = 4 * 1024 * 1024
_WORTH_A_COPY = 1000
MAX_COLUMNS = 40
MAX_SHEETS = 60
_MAX_MERGED = 200_000
_MAX_HIDDEN = 200_000
_PIECE = 1024 * 1024
_LONGEST_CELL = 8 * _PIECE
_LOOK_AT = 60
# More of a cell nobody reads: its row is refused for its length.
_TOLD = 12_000
# Bytes that the shared strings of a sheet may become once every cell has its own copy.
_LAID_OUT = 400 * 1024 * 1024
_LOOK_FOR_MARKUP = 64 * 1024
_MARKUP = re.compile(rb"<(!doctype|html|head|meta|body|table|style|\?xml|\?mso|!--)")
# PDF, JPEG, PNG, GIF, RTF, RAR, 7z.
_DOCUMENTS = (b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf")
csv.field_size_limit(MAX_BYTES)

Cell = str | int | float | dt.date | None

# Never past the next "<": a file of a million "<c" must cost no more than a million steps.
_ROW = re.compile(rb'<(?:\w+:)?row\b[^<>]*?\bhidden="(?:1|true)"[^<>]*>')
_ROW_NUMBER = re.compile(rb'\br="(\d{1,7})"')
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^<>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_ANY_ROW = re.compile(rb'<row\b[^<>]*?\br="(\d{1,9})"')
_WIDE = re.compile(rb'<c\b[^<>]*?\br="([A-Z]{2,9})\d')
# A prefix, or a cell or row that does not say where it stands.
_ODD = re.compile(rb'<\w+:(?:row|c|sheetData)\b|<(?:c|row)\b(?![^<>]*?\br=")')
# A row that says where it stands, of cells that hold no more than formatting or a formula without a result.
_BLANK_ROW = re.compile(
    rb'<(?:\w+:)?row\b(?=[^<>]*?\br=")[^<>]*+(?:(?<=/)>|>(?:\s*+<(?:\w+:)?c\b[^<>]*+(?:(?<=/)>|>'
    rb"(?:<(?:\w+:)?f\b[^<>]*+(?:(?<=/)>|>[^<]*+</(?:\w+:)?f>))?+(?:<(?:\w+:)?v\s*+/>|<(?:\w+:)?v></(?:\w+:)?v>)?+"
    rb"</(?:\w+:)?c>))*+\s*+</(?:\w+:)?row>)"
)
_ROW_WITHOUT_NUMBER = re.compile(rb'<(?:\w+:)?row\b(?![^<>]*?\br=")')
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^<>]*>")
_SHEET_ID = re.compile(rb'\br:id="([^"<>]*)"')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")
_ID = re.compile(rb'\bId="([^"<>]*)"')
_TARGET = re.compile(rb'\bTarget="([^"<>]*)"')
# Of type "str" it has a result: an empty text.
_FORMULA = re.compile(
    rb'<(?:\w+:)?c\b(?![^<>]*?\bt="str")[^<>]*?\br="([A-Z]{1,3}\d{1,7})"[^<>]*>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@dataclass(frozen=True)
class Line:
    """One row as it stands in the file; ``number`` is the one that Excel shows."""

    number: int
    cells: tuple[Cell, ...]

    @cached_property
    def is_blank(self) -> bool:
        return not any(shown(cell) for cell in self.cells)


@dataclass(frozen=True)
class Sheet:
    """One visible sheet: its rows as a stream that may be left early, and what the stream does not tell. Of more than
    a thousand blank rows on end the stream leaves the others out.

    ``hidden``: numbers of hidden rows. ``merged``: (row, column from 0) covered by a merged cell → where that begins.
    ``uncounted``: cells like "C7" that hold a formula without a result. ``about``: how many rows the stream will have,
    roughly, for a progress bar.
    """

    name: str
    lines: Iterator[Line]
    hidden: frozenset[int] = frozenset()
    merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    uncounted: frozenset[str] = frozenset()
    about: int = 0


def shown(cell: Cell) -> str:
    """A cell as one line of text; a number without the ".0" that Excel gives it."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return " ".join((cell.replace("\0", "") if "\0" in cell else cell).split())
    if isinstance(cell, dt.date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell)


def letter(column: int) -> str:
    """0 → "A", 27 → "AB"."""
    return (letter(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)


def _column(letters: bytes) -> int:
    number = 0
    for char in letters:
        number = number * 26 + char - 64
    return number - 1


def sheets(data: bytes) -> list[Sheet]:
    """The visible sheets of a workbook; of a text file one sheet without a name, read with the separator that parts it
    into the most cells. Raises FileRefusedError, here or while the rows are read.
    """
    if len(data) > MAX_BYTES:
        raise FileRefusedError(FileFault.TOO_BIG)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        raise FileRefusedError(FileFault.ENCRYPTED if locked else FileFault.OLD_EXCEL)
    if data.startswith(b"PK"):
        return _workbook(data)
    if data.startswith(_DOCUMENTS):
        raise FileRefusedError(FileFault.NO_TABLE)
    # Offices get such files from other programs: the names of web pages end in .xls there.
    if _MARKUP.match(data[:_LOOK_FOR_MARKUP].replace(b"\0", b"").lstrip(b"\xef\xbb\xff\xfe\xbf \t\r\n").lower()):
        raise FileRefusedError(FileFault.WEB_PAGE)
    decoded = _decode(data)
    delimiter = max((";", ",", "\t"), key=lambda each: _filled(islice(_csv(decoded, each), _LOOK_AT)))
    # "CSV" of a sheet that is formatted to its end holds a million lines of separators.
    about = min(decoded.count("\n"), LAST_ROW)
    return [Sheet("", _without_long_gaps(_csv(decoded, delimiter)), about=about)]


def _filled(lines: Iterable[Line]) -> int:
    """How many cells are parted from others: a row read as one cell tells nothing for the separator."""
    return sum(max(sum(bool(shown(cell)) for cell in line.cells) - 1, 0) for line in lines)


def unpacked_size(data: bytes) -> int:
    """How large a file is once it is unpacked, as it says itself; its own size where it is no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return sum(entry.file_size for entry in packed.infolist())
    except Exception:  # noqa: BLE001  as below
        return len(data)


# --- .xlsx ------------------------------------------------------------------------------------------


def _workbook(data: bytes) -> list[Sheet]:
    """Calamine is ten times as fast as openpyxl, but it lays out the whole sheet, and would die of one cell in the last
    row and column: it gets only sheets whose bytes have been looked at.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            _refuse_bombs(packed, len(data))
            _refuse_others(packed)
            slim = _slimmed(packed)
        data = slim or data
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
                raise FileRefusedError(FileFault.UNPACKED, limit=MAX_UNPACKED // 1024**2)
            plain = _plain_workbook(data, packed)
            if plain is not None:
                return plain
            import openpyxl  # noqa: PLC0415  costs 0.2 s, needed for the odd ones only

            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            looks = [_look(packed, _path(sheet)) for sheet in visible[:MAX_SHEETS]]
            steps = iter(range(_MAX_STEPS))
            return [
                look.sheet(str(sheet.title), _without_long_gaps(_rows(sheet, steps, is_numbered=look.is_numbered)))
                for sheet, look in zip(visible, looks, strict=False)
            ]
    except FileRefusedError:
        raise
    except Exception as error:  # a damaged or hostile archive breaks anywhere
        raise FileRefusedError(FileFault.BROKEN) from error


def _refuse_bombs(packed: zipfile.ZipFile, size: int) -> None:
    """By what the archive says of itself: no more than that is ever unpacked of an entry."""
    unpacked = sum(entry.file_size for entry in packed.infolist())
    beside = sum(entry.file_size for entry in packed.infolist() if not _is_sheet(entry.filename))
    is_bomb = unpacked > _INNOCENT and unpacked > _PACKED_AT_MOST * size
    if is_bomb or beside > MAX_UNPACKED or unpacked > _MAX_LOOKED_AT:
        raise FileRefusedError(FileFault.UNPACKED, limit=MAX_UNPACKED // 1024**2)


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _slimmed(packed: zipfile.ZipFile) -> bytes | None:
    """The workbook without the rows that hold formatting only, where a sheet has many of them; None where none has.

    A sheet may be formatted down to row 1,048,576, or have all the rows below the list hidden: readers would spend a
    minute on rows in which nothing stands.
    """
    large = [entry.filename for entry in packed.infolist() if _is_sheet(entry.filename) and entry.file_size > _SWOLLEN]
    swollen = {name for name in large if _has_many_blank(packed, name)}
    if not swollen:
        return None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as slim:
        # Pictures and the like nobody reads.
        for name in dict.fromkeys(name for name in packed.namelist() if name.endswith((".xml", ".rels"))):
            with slim.open(name, "w", force_zip64=True) as copy:
                for piece in _pieces(packed, name) if name in swollen else _read(packed, name):
                    copy.write(_BLANK_ROW.sub(b"", piece) if name in swollen else piece)
    return buffer.getvalue()


def _has_many_blank(packed: zipfile.ZipFile, name: str) -> bool:
    """Whether leaving out the blank rows is worth while; never where a row takes its number from the one above."""
    blank = 0
    for piece in _pieces(packed, name):
        if _ROW_WITHOUT_NUMBER.search(piece):
            return False
        blank += sum(1 for _ in _BLANK_ROW.finditer(piece))
    return blank >= _WORTH_A_COPY


def _read(packed: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with packed.open(name) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _refuse_others(packed: zipfile.ZipFile) -> None:
    """No other kind of archive, and no part that declares entities: no program writes any, bombs do."""
    names = set(packed.namelist())
    if "mimetype" in names and packed.read("mimetype").startswith(b"application/vnd.oasis.opendocument"):
        raise FileRefusedError(FileFault.OPEN_DOCUMENT)
    if names & {"word/document.xml", "ppt/presentation.xml"}:
        raise FileRefusedError(FileFault.NO_TABLE)
    for name in names:
        if name.endswith((".xml", ".rels")):
            with packed.open(name) as part:
                if b"<!doctype" in part.read(_LOOK_FOR_MARKUP).replace(b"\0", b"").lower():
                    raise FileRefusedError(FileFault.BROKEN)


def _path(sheet: Any) -> str:
    """Where in the archive a sheet of openpyxl lies."""
    return str(sheet._worksheet_path).lstrip("/")


@dataclass
class _Look:
    """What the bytes of a sheet say that no reader tells: what is hidden, merged or not counted; how large it is."""

    hidden: set[int] = field(default_factory=set)
    uncounted: set[str] = field(default_factory=set)
    merges: list[tuple[bytes, bytes, bytes, bytes]] = field(default_factory=list)
    about: int = 0
    shared: int = 0  # cells that hold a shared string
    is_plain: bool = True
    is_numbered: bool = True  # every row says where it stands

    def take(self, piece: bytes) -> None:
        self.shared += piece.count(b't="s"')
        numbers = (_ROW_NUMBER.search(row) for row in _ROW.findall(piece))
        self.hidden.update(int(found[1]) for found in numbers if found)
        if b"<f" in piece or b":f" in piece:
            self.uncounted.update(ref.decode() for ref in _FORMULA.findall(piece))
        self.merges += _MERGE.findall(piece)
        self.about += piece.count(b"</row>")
        if max(len(self.hidden), len(self.uncounted), len(self.merges)) > _MAX_HIDDEN:
            raise FileRefusedError(FileFault.BROKEN)
        # Of "#REF!" calamine says nothing.
        self.is_numbered = self.is_numbered and not _ROW_WITHOUT_NUMBER.search(piece)
        odd = b't="e"' in piece or _ODD.search(piece) is not None
        self.is_plain = self.is_plain and not odd and self._is_small(piece)

    def _is_small(self, piece: bytes) -> bool:
        last = max((int(number) for number in _ANY_ROW.findall(piece)), default=0)
        return last <= LAST_ROW and all(_column(letters) < MAX_COLUMNS for letters in set(_WIDE.findall(piece)))

    def sheet(self, name: str, lines: Iterator[Line]) -> Sheet:
        return Sheet(name, lines, frozenset(self.hidden), _merged(self.merges), frozenset(self.uncounted), self.about)


def _look(packed: zipfile.ZipFile, path: str) -> _Look:
    look = _Look()
    for piece in _pieces(packed, path):
        look.take(piece)
    return look


def _plain_workbook(data: bytes, packed: zipfile.ZipFile) -> list[Sheet] | None:
    """The visible sheets read by calamine; None where anything is out of the ordinary: openpyxl reads that."""
    import python_calamine  # noqa: PLC0415  needed here only

    book = packed.read("xl/workbook.xml")[:_PIECE]
    relations = packed.read("xl/_rels/workbook.xml.rels")[:_PIECE]
    targets = {
        found[1]: target[1]
        for tag in _RELATION.findall(relations)
        if (found := _ID.search(tag)) and (target := _TARGET.search(tag))
    }
    paths = [targets.get(found[1]) if (found := _SHEET_ID.search(tag)) else None for tag in _SHEET.findall(book)]
    opened = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    if len(paths) != len(opened.sheets_metadata):
        return None
    longest = _longest_shared(packed)
    sheets: list[Sheet] = []
    for place, (told, path) in enumerate(zip(opened.sheets_metadata, paths, strict=True)):
        if str(told.visible) != "SheetVisibleEnum.Visible" or str(told.typ) != "SheetTypeEnum.WorkSheet":
            continue
        if path is None or len(sheets) == MAX_SHEETS:
            return None
        name = path.decode()
        look = _look(packed, name.lstrip("/") if name.startswith("/") else f"xl/{name}")
        if not look.is_plain or look.shared * longest > _LAID_OUT:
            return None
        sheets.append(look.sheet(told.name, _calamine_rows(opened, place)))
    return sheets


def _longest_shared(packed: zipfile.ZipFile) -> int:
    """Bytes of the longest shared string: calamine lays a copy of it into each cell that refers to it."""
    name = next((each for each in packed.namelist() if each.lower() == "xl/sharedstrings.xml"), None)
    if name is None:
        return 0
    longest = begun = 0
    with packed.open(name) as stream:
        while piece := stream.read(_PIECE):
            first, *others = piece.split(b"</si>")
            longest = max(longest, begun + len(first), *map(len, others))
            begun = len(others[-1]) if others else begun + len(first)
    return longest


def _calamine_rows(book, place: int) -> Iterator[Line]:  # type: ignore[no-untyped-def]
    try:
        sheet = book.get_sheet_by_index(place)
        down, right = sheet.start or (0, 0)
        before = (None,) * right
        yield from (Line(number, before) for number in range(1, down + 1))
        for number, row in enumerate(sheet.iter_rows(), start=down + 1):
            yield Line(number, (*before, *(_plain(cell) for cell in row))[:MAX_COLUMNS])
    except (GeneratorExit, KeyboardInterrupt, SystemExit, FileRefusedError):
        raise
    except BaseException as error:  # a panic of Rust is no Exception
        raise FileRefusedError(FileFault.BROKEN) from error


def _pieces(packed: zipfile.ZipFile, path: str) -> Iterator[bytes]:
    """The bytes of an entry, a megabyte or so at a time, cut between two rows or cells."""
    with packed.open(path) as stream:
        kept = b""
        while read := stream.read(_PIECE):
            kept += read
            cut = kept.rfind(b"</row>") + 6 if b"</row>" in kept else kept.rfind(b"/>") + 2
            if cut > 1:
                yield kept[:cut]
                kept = kept[cut:]
            elif len(kept) > _LONGEST_CELL:
                raise FileRefusedError(FileFault.BROKEN)
        yield kept


def _merged(ranges: Iterable[tuple[bytes, bytes, bytes, bytes]]) -> dict[tuple[int, int], tuple[int, int]]:
    covered: dict[tuple[int, int], tuple[int, int]] = {}
    for left, top, right, bottom in ranges:
        first, last = int(top), min(int(bottom), LAST_ROW)
        start, end = _column(left), min(_column(right), MAX_COLUMNS - 1)
        if (last - first + 1) * (end - start + 1) + len(covered) > _MAX_MERGED:
            raise FileRefusedError(FileFault.BROKEN)
        for row in range(first, last + 1):
            for column in range(start, end + 1):
                covered[row, column] = first, start
    return covered


def _rows(sheet, steps: Iterator[int], *, is_numbered: bool) -> Iterator[Line]:  # type: ignore[no-untyped-def]
    """``steps``: how many rows may still be gone over in all sheets. ``is_numbered``: a row that does not stand in the
    file costs nothing, and ``_slimmed`` took the blank ones out.
    """
    try:
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1):
            if (number > LAST_ROW and not is_numbered) or next(steps, None) is None:
                raise FileRefusedError(FileFault.ENDLESS, sheet=sheet.title, last=number - 1)
            if number > _ROWS_OF_A_SHEET:
                raise FileRefusedError(FileFault.BROKEN)
            yield Line(number, tuple(_plain(cell) for cell in row) if row.count(None) < len(row) else ())
    except FileRefusedError:
        raise
    except Exception as error:  # as above
        raise FileRefusedError(FileFault.BROKEN) from error


def _without_long_gaps(lines: Iterator[Line]) -> Iterator[Line]:
    blank = 0
    for line in lines:
        blank = 0 if any(line.cells) or 0 in line.cells else blank + 1
        if blank <= _BLANK_TOLD:
            yield line


def _plain(cell: object) -> Cell:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, str):
        return cell[:_TOLD]
    if cell is None or (isinstance(cell, int | float | dt.date) and not isinstance(cell, bool)):
        return cell
    return str(cell)[:_TOLD]


# --- .csv -------------------------------------------------------------------------------------------


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
            if number > _ROWS_OF_A_SHEET:
                raise FileRefusedError(FileFault.TOO_MANY_ROWS)
            yield Line(number, tuple(cell[:_TOLD] for cell in row[:MAX_COLUMNS]))
    except csv.Error as error:
        raise FileRefusedError(FileFault.BROKEN) from error

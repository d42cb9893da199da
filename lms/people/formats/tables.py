"""A file as offices send it → its rows of people, and all the rest by name: headings, groups, totals, signatures."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise

from lms.core import text
from lms.people.enums import FileFault, Skip
from lms.people.formats import FileRefusedError, headings, workbooks
from lms.people.formats.headings import Header, Heading
from lms.people.formats.workbooks import MAX_BYTES, Cell, Line, Sheet, letter, shown

__all__ = ["MAX_BYTES", "MAX_ROWS", "Cell", "Group", "Heading", "Row", "Skip", "Skipped", "Source", "Table", "read"]
MAX_ROWS = 100_000
_LOOK_AT = 60
# Rows that hold something and are nobody: titles, headings of groups, totals.
LEEWAY = 10_000
_ENOUGH = 500

# Letters that Vietnamese does not have but that the old code tables turn into once they are taken for Latin-1.
_TCVN3 = re.compile(r"[^\W\d_][¡-¿×÷ÆÇËÎÏÑÖØÛÜÞßåæçëîïñöøûüþÿ„‰Šœž™»]|[¡-¿]+[^\W\d_]")
_VNI = re.compile(r"a[âêøùûõïàáäåéèëúü]|e[âãàáäåïøùûõ]|o[âïøùûõ]|u[øùûõï]|ö[ôø]|[öô][ùøûõï]|ñ", re.IGNORECASE)

# With diacritics: "Tống", "Phương" and "Công" are people.
_TOTAL = re.compile(r"\W*(tổng( cộng| số)?|cộng|(ấn định )?danh sách( này)?( gồm| có))(?!\w)")
_SIGNATURE = re.compile(
    r"\W*((người|cán bộ) (lập|tổng hợp|kê khai)|tm\W|t/m|kt\W|k/t|tl\W|t/l|tuq\W|nơi nhận|xác nhận|thủ trưởng|lập biểu"
    r"|(phó )?chủ tịch$|chánh văn phòng$|ban thường trực$|ký tên|\(?ký,? (và )?(ghi|đóng)|(như trên|lưu)\W"
    r"|[\w .,-]{0,60}\bngày\W.{0,12}tháng\W.{0,12}năm\b)"
)
# How the heading of a group begins. "Đoàn" and "Hội" begin names of people too.
_UNIT_WORD = re.compile(
    r"(xã|phường|thị trấn|đặc khu|huyện|quận|thị xã|thành phố|tỉnh|tp|tt|tx|p|x|h|ủy ban|uỷ ban|ubmttq|ub mttq|mttq|"
    r"mặt trận tổ quốc|ban thường trực|cấp|khối|cơ quan|văn phòng|trung ương|đơn vị|phòng|đảng ủy|ubnd|hđnd|"
    r"hội (nông dân|liên hiệp|phụ nữ|lhpn|cựu chiến binh|ccb)|đoàn (thanh niên|tncs)|liên đoàn|công đoàn|"
    r"các (xã|phường|đơn vị|cơ quan|huyện))(?!\w)"
)
_RANKS = {"tỉnh": 1, "thành": 1, "huyện": 2, "quận": 2, "thị": 2, "xã": 3, "phường": 3, "đặc": 3, "mttq": 3}
_NUMBERED = re.compile(r"([IVXLC]{1,6}|[A-ZĐ]|\d{1,3}(?:\.\d{1,3})*|[a-zđ])\s*[.)\-–:/]+\s*(\S.*)")
_NUMBER_ALONE = re.compile(r"([IVXLC]{1,6}|[A-ZĐ]|\d{1,3}(?:\.\d{1,3})*|[a-zđ])\s*[.)]?")
_COUNT = re.compile(
    r"\s*[(:–-]+\s*\(?\s*(có |gồm )?\d+\s*(đ/c|đồng chí|người|cán bộ|đại biểu|học viên)?\W*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Group:
    """The heading of a group, without its numbering; ``number`` is its row, 0 for the name of the sheet."""

    number: int
    name: str


@dataclass(frozen=True)
class Row:
    """One row of a person. ``cells``: meaning → cell. ``groups``: the headings over it, the nearest last. ``faults``:
    meaning → (what is wrong with the cell itself, its words).
    """

    number: int
    cells: dict[str, Cell]
    sheet: str = ""
    groups: tuple[Group, ...] = ()
    faults: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Skipped:
    kind: Skip
    number: int
    text: str
    sheet: str = ""


@dataclass(frozen=True)
class Part:
    """One sheet that holds a table. ``name`` is "" where the file has one sheet with a table only."""

    name: str
    header: Header


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...] = ()
    parts: tuple[Part, ...] = ()
    other_sheets: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[dict[str, Cell], ...]:
        return tuple(row.cells for row in self.rows)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(row.number for row in self.rows)

    @property
    def names_units(self) -> bool:
        """Whether anything in the file says of which unit the people are."""
        return any(part.header.has_unit for part in self.parts) or any(row.groups for row in self.rows)


class Source:
    """The rows of a file as a stream, so that a hundred thousand of them never lie in memory at once.

    ``parts`` and ``other_sheets`` are known at once; ``skipped`` and ``names_units`` once ``rows`` has come to its end.
    ``about``: how many rows there will be, roughly.
    """

    def __init__(self, data: bytes, taught: Mapping[str, str] | None = None) -> None:
        """Raises FileRefusedError where no visible sheet holds a table of people."""
        self._taught = taught or {}
        self._found: list[tuple[Sheet, list[Line], Header]] = []
        without: list[tuple[Sheet, list[Line]]] = []
        for sheet in workbooks.sheets(data):
            top = list(islice(sheet.lines, _LOOK_AT))
            written = [line for line in top if not line.is_blank]
            found = headings.find(sheet, written, self._taught)
            if found is None:
                without.append((sheet, written))
                continue
            if found[1].doubled:
                raise FileRefusedError(FileFault.DOUBLE_HEADER, column=found[1].doubled)
            self._found.append((sheet, top, found[1]))
        if not self._found:
            _refuse(without, self._taught)
        several = len(self._found) > 1
        self.parts = tuple(Part(sheet.name if several else "", header) for sheet, _, header in self._found)
        self.other_sheets = tuple(sheet.name for sheet, _ in without if sheet.name)
        self.skipped: list[Skipped] = []
        self.about = sum(max(sheet.about - header.number, 0) for sheet, _, header in self._found)
        self._grouped = False

    @property
    def names_units(self) -> bool:
        """Whether anything in the file says of which unit the people are."""
        return self._grouped or any(part.header.has_unit for part in self.parts)

    def tells(self, column: str) -> bool:
        """Whether any sheet has a column of that meaning."""
        return any(column in part.header.columns.values() for part in self.parts)

    def rows(self) -> Iterator[Row]:
        """Every row of a person, once. Raises FileRefusedError, at the latest at the end: what was done with the rows
        before has to be undone then.
        """
        number, font, limit = 0, _Font(), _Limit()
        for (sheet, top, header), part in zip(self._found, self.parts, strict=True):
            reader = _Reader(sheet, part.name, header, self._taught, self.skipped)
            lines = (line for line in chain(top, sheet.lines) if line.number >= header.number + header.height)
            for row in reader.rows(limit.over(lines)):
                number += 1
                if number > MAX_ROWS:
                    raise FileRefusedError(FileFault.TOO_MANY_ROWS)
                self._grouped = self._grouped or bool(row.groups)
                font.look_at(row.cells.get("full_name"), row.cells.get("unit"))
                yield row
        if not number:
            raise FileRefusedError(FileFault.EMPTY)
        font.refuse()


class _Limit:
    """Raises as soon as too many rows of a file hold something."""

    def __init__(self) -> None:
        self._kept = 0

    def over(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            self._kept += not line.is_blank
            if self._kept > MAX_ROWS + LEEWAY:
                raise FileRefusedError(FileFault.TOO_MANY_ROWS)
            yield line


def read(data: bytes, taught: Mapping[str, str] | None = None) -> Table:
    """Every visible sheet that holds a table of people, at once. Raises FileRefusedError.

    ``taught``: folded head → column, where people of the unit have said what a heading means.
    """
    source = Source(data, taught)
    rows = tuple(source.rows())
    return Table(rows, tuple(source.skipped), source.parts, source.other_sheets)


def _refuse(without: Sequence[tuple[Sheet, list[Line]]], taught: Mapping[str, str]) -> None:
    """No sheet holds a table: in an old font, empty, or with heads that say nothing to us. Always raises."""
    if not any(lines for _, lines in without):
        raise FileRefusedError(FileFault.EMPTY)
    font = _Font()
    font.look_at(*(cell for _, lines in without for line in lines for cell in line.cells))
    font.refuse()
    number, seen = headings.likeliest(without, taught)
    if not number:
        raise FileRefusedError(FileFault.NO_HEADER)
    raise FileRefusedError(FileFault.NO_NAME_COLUMN, row=number, seen=quoted(seen), heads=seen)


def quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


# --- One sheet --------------------------------------------------------------------------------------


class _Reader:
    """Goes down one sheet below its header."""

    def __init__(
        self, sheet: Sheet, label: str, header: Header, taught: Mapping[str, str], skipped: list[Skipped]
    ) -> None:
        self._sheet, self._label, self._header, self._taught = sheet, label, header, taught
        # Only a row in which a merged cell begins is asked for once it is passed.
        self._asked = {row for row, _ in sheet.merged.values()}
        self._lines: dict[int, Line] = {}
        self._stack: list[tuple[str, Group]] = []
        self._letter = ""  # of the last group that had one
        self._signing = False
        self._below = 0  # rows of a second header are told by its first
        self._skipped = skipped
        self._of_line: dict[str, Cell] = {}
        self._is_flat = not sheet.merged and not sheet.uncounted

    def rows(self, lines: Iterable[Line]) -> Iterator[Row]:
        """What is left out on the way goes to ``skipped``; blank rows below the last one that holds something do not
        count.
        """
        blank: list[Skipped] = []
        for line, following in pairwise(chain(lines, (None,))):
            if line is None:  # never: only the last of all is None
                return
            if line.is_blank:
                blank.append(Skipped(Skip.BLANK, line.number, "", self._label))
                continue
            self._skipped += blank
            blank = []
            if line.number in self._asked:
                self._lines[line.number] = line
            kind = self._kind(line, following)
            if kind:
                # Nobody sees whom a hidden row holds.
                words = "" if kind == Skip.HIDDEN else _words(line)
                self._skipped.append(Skipped(kind, line.number, words, self._label))
            else:
                self._signing = False
                yield self._row(line)

    def _kind(self, line: Line, following: Line | None) -> Skip | None:
        """Why the row is skipped; None for a row of a person."""
        if line.number in self._sheet.hidden:
            return Skip.HIDDEN
        if self._is_header(line, following):
            return Skip.HEADER
        self._of_line = cells = self._cells(line)
        filled = {column for column, cell in cells.items() if shown(cell)}
        return self._kind_of_words(line, cells, filled)

    def _kind_of_words(self, line: Line, cells: dict[str, Cell], filled: set[str]) -> Skip | None:
        words = [unicodedata.normalize("NFC", shown(cell)).casefold() for cell in line.cells if shown(cell)]
        spoken = next((word for word in words if not _NUMBER_ALONE.fullmatch(word)), "")
        if _TOTAL.match(spoken) and not _is_told_apart(cells, years=False):
            return Skip.TOTAL
        # A telephone or an e-mail among other cells is a person, though the name be missing: that is to be told.
        is_person = len(filled) > 2 and _is_told_apart(cells, years=False)
        if not is_person and not (shown(cells.get("full_name")) and _is_told_apart(cells)):
            if any(_SIGNATURE.match(word) for word in words):
                self._signing = True
            if self._signing and not ("full_name" in filled and len(filled) > 2):
                return Skip.SIGNATURE
            if self._group(line):
                return Skip.GROUP
        return None if filled else Skip.BLANK

    def _is_header(self, line: Line, following: Line | None) -> bool:
        """The header again, or another one: from here on the columns are as it says."""
        if line.number < self._below:
            return True
        if headings.is_numbering(line):
            return True
        if not headings.is_repeated(line, self._taught):
            return False
        header = headings.at(self._sheet, [line, following] if following else [line], 0, self._taught)
        if header and not header.doubled:
            self._header, self._below = header, header.number + header.height
        return True

    # Groups

    def _group(self, line: Line) -> bool:
        """Whether the row is the heading of a group; if so, it stands over the rows that follow."""
        written = [(place, shown(cell)) for place, cell in enumerate(line.cells) if shown(cell)]
        read = {place for place in self._header.columns if place in dict(written)}
        number, words = "", [(place, word) for place, word in written]
        if len(words) > 1 and _NUMBER_ALONE.fullmatch(words[0][1]):
            number, words = words[0][1].rstrip(".) "), words[1:]
        if not words or len([place for place, _ in words if place in read]) > 1:
            return False
        place, name = words[0]
        if any(other in read for other, _ in words[1:]):
            return False
        numbered = _NUMBERED.fullmatch(name)
        if not number and numbered and not _is_short_type(numbered):
            number, name = numbered[1], numbered[2]
        if not self._heads(number, name, self._header.columns.get(place, "")):
            return False
        self._put(number, line.number, name)
        return True

    def _heads(self, number: str, name: str, column: str) -> bool:
        """A number in letters heads a group; one in digits, and a text without, only before the word for a unit, since
        both may stand before a person of whom nothing else is told.
        """
        if column in ("phone", "email", "born", "position", "page_duty", "starts_on", "page", "unit"):
            return False
        if number and not number[0].isdigit():
            return True
        is_name = column in ("full_name", "name_before", "name_given")
        return bool(_UNIT_WORD.match(name.casefold())) or (not number and not is_name and name[0].isalpha())

    def _put(self, number: str, row: int, name: str) -> None:
        bare = _COUNT.sub("", name).strip(" :;.,–-") or name
        style = self._style(number, bare)
        styles = [other for other, _ in self._stack]
        if style in styles:
            del self._stack[styles.index(style) :]
        self._stack.append((style, Group(row, bare[:200])))

    def _style(self, number: str, name: str) -> str:
        """Headings of one style stand on one level: roman numbers, letters, 1, 1.1; without a number, of one rank."""
        if not number:
            rank = _RANKS.get(name.casefold().split()[0].strip("."), 0)
            return f"bare {rank}"
        if number[0].isdigit():
            return f"digits {number.count('.')}"
        if len(number) == 1 and (number not in "IVX" or ord(number) - 1 == ord(self._letter or " ")):
            self._letter = number
            return "letters" if number.isupper() else "small letters"
        return "roman"

    # Rows of people

    def _cells(self, line: Line) -> dict[str, Cell]:
        found: dict[str, list[Cell]] = {}
        for place, column in self._header.columns.items():
            cell = line.cells[place] if place < len(line.cells) else None
            if not shown(cell) and column in ("unit", "unit_above", "page", "position_unit"):
                cell = self._above(line.number, place)
            found.setdefault(column, []).append(cell)
        return _together(found)

    def _above(self, number: int, place: int) -> Cell:
        """The cell that is merged over this one, from above."""
        row, column = self._sheet.merged.get((number, place), (number, place))
        over = self._lines.get(row) if row < number and column == place else None
        return over.cells[column] if over and column < len(over.cells) else None

    def _row(self, line: Line) -> Row:
        faults: dict[str, tuple[str, dict[str, str]]] = {}
        for place, column in self._header.columns.items():
            fault = self._fault(line, place, column)
            if fault:
                faults[column] = fault
        groups = tuple(group for _, group in self._stack)
        if self._label or self._sheet.name:
            groups = (*self._sheet_as_group(), *groups)
        return Row(line.number, self._of_line, self._label, groups, faults)

    def _sheet_as_group(self) -> tuple[Group, ...]:
        """ "Xã Vạn Yên" on the tab of a sheet."""
        name = text.clean(self._sheet.name)
        return (Group(0, name),) if _UNIT_WORD.match(name.casefold()) else ()

    def _fault(self, line: Line, place: int, column: str) -> tuple[str, dict[str, str]] | None:
        written = line.cells[place] if place < len(line.cells) else None
        if self._is_flat and not (isinstance(written, str) and written.startswith("#")):
            return None
        cell = f"{letter(place)}{line.number}"
        if cell in self._sheet.uncounted or (isinstance(written, str) and re.fullmatch(r"#[A-Z/0]+[!?A]", written)):
            return "formula", {"cell": cell}
        row, start = self._sheet.merged.get((line.number, place), (line.number, place))
        if row < line.number and column in ("full_name", "phone", "email", "born") and start == place:
            return "merged", {"cell": cell, "first": f"{letter(start)}{row}"}
        return None


def _is_short_type(numbered: re.Match[str]) -> bool:
    """ "P. Hạ Long" is a ward, not the group P."""
    return numbered[1] in ("P", "X", "H", "Q", "T") and not _UNIT_WORD.match(numbered[2].casefold())


def _words(line: Line) -> str:
    return text.clean(" · ".join(shown(cell) for cell in line.cells if shown(cell)))[:120]


def _is_told_apart(cells: dict[str, Cell], *, years: bool = True) -> bool:
    """Whether the row holds what a total, a signature and the heading of a group never hold."""
    digits = sum(char.isdigit() for char in shown(cells.get("phone")))
    year = years and re.search(r"(19|20)\d\d|\d[/.-]\d", shown(cells.get("born")))
    return digits >= 8 or "@" in shown(cells.get("email")) or bool(year)


def _together(found: dict[str, list[Cell]]) -> dict[str, Cell]:
    """Columns that say one thing as one cell: name in two columns, several telephones, a year under Nam or Nữ."""
    cells: dict[str, Cell] = {
        column: next((cell for cell in many if shown(cell)), None) for column, many in found.items()
    }
    before, given = found.pop("name_before", []), found.pop("name_given", [])
    if before or given or len(found.get("full_name", [])) > 1:
        cells.pop("name_before", None)
        cells.pop("name_given", None)
        parts = [shown(cell) for cell in (*found.get("full_name", []), *before, *given)]
        cells["full_name"] = " ".join(part for part in parts if part)
    if len(found.get("phone", [])) > 1:
        cells["phone"] = " / ".join(shown(cell) for cell in found["phone"] if shown(cell))
    above = [shown(cell) for cell in found.get("unit_above", []) if shown(cell)]
    cells.pop("unit_above", None)
    if above:
        cells["unit"] = ", ".join(part for part in (shown(cells.get("unit")), *above) if part)
    return cells


class _Font:
    """Names typed in TCVN3 or VNI, or read in a wrong code table, hold letters that Vietnamese does not have."""

    def __init__(self) -> None:
        self._written = self._broken = 0
        self._sample = ""

    def look_at(self, *cells: Cell) -> None:
        for cell in cells:
            if not isinstance(cell, str) or len(cell) <= 3:
                continue
            written = unicodedata.normalize("NFC", cell[:200])
            self._written += 1
            if _TCVN3.search(written) or _VNI.search(written):
                self._broken += 1
                self._sample = self._sample or written
        if self._written > _ENOUGH and self._broken * 2 > self._written:
            self.refuse()

    def refuse(self) -> None:
        """Raises FileRefusedError where one cell in ten is broken."""
        if self._broken and self._broken * 10 >= self._written:
            raise FileRefusedError(FileFault.OLD_FONT, sample=text.clean(self._sample)[:60])

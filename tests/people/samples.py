"""Rosters as offices make them: heading, merged cells, groups, totals, signatures. All people in them are invented.

Every builder gives the bytes of a file; ``PEOPLE`` is who stands in most of them. Nothing here asks the database.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font


@dataclass(frozen=True)
class Officer:
    name: str
    born: Any
    is_man: bool
    position: str
    phone: Any
    unit: str


# Of two communes of tests/conftest.py. Telephones as offices have them: without 0, with dots, two, of eleven digits.
PEOPLE = (
    Officer("Đặng Thị Ánh", 1985, False, "Phó Chủ tịch", 912345678, "Xã Vạn Yên"),
    Officer("Tống Văn Cường", 1979, True, "Chuyên viên", "0983.111.222", "Xã Vạn Yên"),
    Officer("Hoàng Đức Đoàn", 1990, True, "Chủ tịch", "0912 000 111 - 0203 3825 555", "Phường Hạ Long"),
    Officer("Lê Thị Hà", 1988, False, "Ủy viên Thường trực", "01686 123 456", "Phường Hạ Long"),
)
# What they are once they are read.
EXPECTED = [
    ("Đặng Thị Ánh", 1985, "+84912345678", "Phó Chủ tịch", "Xã Vạn Yên"),
    ("Tống Văn Cường", 1979, "+84983111222", "Chuyên viên", "Xã Vạn Yên"),
    ("Hoàng Đức Đoàn", 1990, "+84912000111", "Chủ tịch", "Phường Hạ Long"),
    ("Lê Thị Hà", 1988, "+84386123456", "Ủy viên Thường trực", "Phường Hạ Long"),
]


class Paper:
    """A sheet that grows downwards, as somebody types it."""

    def __init__(self, sheet: Any, width: int) -> None:
        self.sheet, self.width, self.row = sheet, width, 0

    def line(self, *cells: Any) -> int:
        """One row, blank without cells; its number."""
        self.row += 1
        for column, cell in enumerate(cells, start=1):
            if cell is not None:
                self.sheet.cell(row=self.row, column=column).value = cell
        return self.row

    def wide(self, words: str, first: int = 1, last: int | None = None, **font: Any) -> int:
        """One row with one cell merged over several columns."""
        row = self.line(*[None] * (first - 1), words)
        self.merge(row, first, row, last or self.width)
        cell = self.sheet.cell(row=row, column=first)
        cell.font, cell.alignment = Font(**font), Alignment(horizontal="center")
        return row

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        self.sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)

    def heading(self, title: str = "DANH SÁCH CÁN BỘ PHỤ TRÁCH TRANG CỘNG ĐỒNG") -> None:
        """Quốc hiệu and title, as on every list that goes with a letter."""
        half = self.width // 2
        for left, right in (("ỦY BAN MTTQ VIỆT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
                            ("TỈNH QUẢNG NINH", "Độc lập - Tự do - Hạnh phúc")):  # fmt: skip
            row = self.line(left, *[None] * (half - 1), right)
            self.merge(row, 1, row, half)
            self.merge(row, half + 1, row, self.width)
        self.line()
        self.wide(title, bold=True)
        self.wide("(Kèm theo Công văn số 141/MTTQ-BTT ngày 12/4/2026 của Ban Thường trực)", italic=True)
        self.line()

    def two_row_header(self, heads: Sequence[str | tuple[str, ...]]) -> None:
        """A head of several words is one merged over columns: ("Năm sinh", "Nam", "Nữ")."""
        top, bottom = self.row + 1, self.row + 2
        self.row = bottom
        column = 1
        for head in heads:
            if isinstance(head, str):
                self.sheet.cell(row=top, column=column).value = head
                self.merge(top, column, bottom, column)
                column += 1
                continue
            self.sheet.cell(row=top, column=column).value = head[0]
            self.merge(top, column, top, column + len(head) - 2)
            for offset, word in enumerate(head[1:]):
                self.sheet.cell(row=bottom, column=column + offset).value = word
            column += len(head) - 1

    def closing(self, number: int) -> None:
        """Total and signatures."""
        self.wide(f"Tổng cộng: {number} đồng chí", bold=True)
        self.line()
        half = self.width // 2 + 1
        self.wide("Hạ Long, ngày 20 tháng 11 năm 2026", half)
        self.line("NGƯỜI LẬP BIỂU", *[None] * (half - 2), "TM. BAN THƯỜNG TRỰC")
        self.line(None, *[None] * (half - 2), "PHÓ CHỦ TỊCH")
        self.line()
        self.line("Vũ Thị Nguyệt", *[None] * (half - 2), "Phạm Đức Đạt")


def save(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def paper(width: int) -> tuple[Any, Paper]:
    book = openpyxl.Workbook()
    return book, Paper(book.active, width)


def grouped(people: Sequence[Officer]) -> Iterator[tuple[str, list[Officer]]]:
    for unit in dict.fromkeys(person.unit for person in people):
        yield unit, [person for person in people if person.unit == unit]


# --- Layouts ----------------------------------------------------------------------------------------


def two_row_header(people: Sequence[Officer] = PEOPLE) -> bytes:
    """Year of birth under Nam or Nữ, groups I and 1, a unit column that is empty, numbers of identity papers."""
    book, page = paper(10)
    page.heading()
    page.two_row_header(["TT", "Họ và tên", ("Năm sinh", "Nam", "Nữ"), "Chức vụ", "Đơn vị công tác", "Số ĐT",
                         "Số CCCD", "Dân tộc", "Ghi chú"])  # fmt: skip
    page.line(*(f"({number})" for number in range(1, 11)))
    page.line("I", "Cấp xã")
    for number, (unit, members) in enumerate(grouped(people), start=1):
        page.line(f"{number}", unit)
        for place, person in enumerate(members, start=1):
            years = (person.born, None) if person.is_man else (None, person.born)
            page.line(place, person.name, *years, person.position, None, person.phone, "022085001234", "Kinh", "")
    page.closing(len(people))
    return save(book)


def split_name(people: Sequence[Officer] = PEOPLE) -> bytes:
    """Họ và đệm and Tên in two columns; position and unit in one; the telephone as "Di động"."""
    book, page = paper(7)
    page.heading()
    page.line("STT", "Họ và đệm", "Tên", "Ngày, tháng, năm sinh", "Chức vụ, đơn vị công tác", "Di động", "Hộp thư")
    for number, person in enumerate(people, start=1):
        before, _, given = person.name.rpartition(" ")
        unit = f"{person.unit[0].lower()}{person.unit[1:]}"
        page.line(number, before, given, person.born, f"{person.position} UBMTTQ {unit}", person.phone)
    page.closing(len(people))
    return save(book)


def bare_groups(people: Sequence[Officer] = PEOPLE) -> bytes:
    """No unit column and no numbers: names of units in capitals over their people, merged over the width."""
    book, page = paper(5)
    page.heading()
    page.line("Stt", "Họ, tên", "Sinh năm", "Chức danh", "ĐT")
    for unit, members in grouped(people):
        page.wide(unit.upper(), bold=True)
        for number, person in enumerate(members, start=1):
            page.line(number, person.name, person.born, person.position, person.phone)
        page.line(None, f"Cộng: {len(members)}")
    page.closing(len(people))
    return save(book)


def merged_units(people: Sequence[Officer] = PEOPLE) -> bytes:
    """The cell of the unit merged over all its people."""
    book, page = paper(6)
    page.heading()
    page.line("TT", "Đơn vị", "Họ và tên cán bộ", "Năm sinh", "Chức vụ", "Điện thoại di động")
    for number, (unit, members) in enumerate(grouped(people), start=1):
        first = page.row + 1
        for person in members:
            is_first = page.row + 1 == first
            page.line(number if is_first else None, unit if is_first else None, person.name, person.born,
                      person.position, person.phone)  # fmt: skip
        page.merge(first, 1, page.row, 1)
        page.merge(first, 2, page.row, 2)
    page.closing(len(people))
    return save(book)


def several_sheets(people: Sequence[Officer] = PEOPLE) -> bytes:
    """A sheet for each unit, named after it, without a unit column; a sheet without a table; a hidden old list."""
    book = openpyxl.Workbook()
    book.active.title = "Hướng dẫn"
    book.active["A1"] = "Mỗi đơn vị một trang."
    for unit, members in grouped(people):
        page = Paper(book.create_sheet(unit), 5)
        page.heading()
        page.line("TT", "Họ tên", "Năm sinh", "Chức vụ", "SĐT")
        for number, person in enumerate(members, start=1):
            page.line(number, person.name, person.born, person.position, person.phone)
        page.closing(len(members))
    old = Paper(book.create_sheet("DS cũ"), 5)
    old.line("TT", "Họ tên", "Năm sinh", "Chức vụ", "SĐT", "Đơn vị")
    old.line(1, "Người Đã Nghỉ", 1960, "Chuyên viên", "0912999999", "Xã Vạn Yên")
    old.sheet.sheet_state = "hidden"
    return save(book)


def page_breaks(people: Sequence[Officer] = PEOPLE) -> bytes:
    """The header again on every page, numbered rows that stay empty, hidden rows, blank rows."""
    book, page = paper(6)
    heads = ("TT", "HỌ VÀ TÊN", "NĂM SINH", "CHỨC VỤ", "ĐỊA PHƯƠNG", "SỐ ĐIỆN THOẠI")
    page.heading()
    page.line(*heads)
    for number, person in enumerate(people, start=1):
        page.line(number, person.name, person.born, person.position, person.unit, person.phone)
        if number == 2:
            page.line()
            page.line(*heads)
            page.line(1, 2, 3, 4, 5, 6)
    hidden = page.line(9, "Người Bị Ẩn", 1970, "Chuyên viên", "Xã Vạn Yên", "0912999998")
    page.sheet.row_dimensions[hidden].hidden = True
    page.line(10)
    page.line(11)
    page.closing(len(people))
    return save(book)


def as_csv(people: Sequence[Officer] = PEOPLE) -> bytes:
    """The layout of ``two_row_header`` as Excel saves it to .csv: what was merged is empty."""
    lines = [";;;DANH SÁCH;;", ";;;;;", "TT;Họ và tên;Năm sinh;;Chức vụ;Số ĐT", ";;Nam;Nữ;;"]
    for number, (unit, members) in enumerate(grouped(people), start=1):
        lines.append(f"{number};{unit};;;;")
        for place, person in enumerate(members, start=1):
            years = f"{person.born};" if person.is_man else f";{person.born}"
            lines.append(f"{place};{person.name};{years};{person.position};{person.phone}")
    lines += [f";Tổng cộng: {len(people)} đồng chí;;;;", ";;;;Hạ Long, ngày 20 tháng 11 năm 2026;", ";;;;CHỦ TỊCH;"]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


LAYOUTS = {
    "two_row_header": two_row_header, "split_name": split_name, "bare_groups": bare_groups,
    "merged_units": merged_units, "several_sheets": several_sheets, "page_breaks": page_breaks, "csv": as_csv,
}  # fmt: skip


def listed(rows: Sequence[Sequence[Any]], heads: Sequence[str]) -> bytes:
    """A plain list under a heading."""
    book, page = paper(len(heads))
    page.heading()
    page.line(*heads)
    for row in rows:
        page.line(*row)
    return save(book)


# --- The roster of the Monday -----------------------------------------------------------------------

MONDAY_PEOPLE = 200
# Number in the list → (name, telephone as one types it to sign in): in charge of the page, in good rows.
MONDAY_OFFICERS = {
    1: ("Đặng Thị Ánh", "0912345601"),
    100: ("Hoàng Văn Đạt", "0912345602"),
    200: ("Ma Thị Hằng", "0912345603"),
}
# Number in the list → (key of lms.people.enums.Refusal, what is wrong with the row).
MONDAY_BAD = {
    7: ("no_name", "no name, but a telephone"),
    15: ("odd_name", "a digit in the name"),
    23: ("bad_phone", "a digit is missing"),
    31: ("bad_phone", "a fixed line only"),
    39: ("cut_phone", "9.12E+08: Excel has lost the digits"),
    47: ("short_year", "born on 05/08/85"),
    55: ("bad_date", "born on 31/02/1985"),
    63: ("odd_birth", "born in 2020"),
    71: ("bad_email", "an e-mail without @"),
    79: ("nothing_to_tell_apart", "neither telephone nor e-mail nor birth"),
    87: ("no_position", "no position"),
    95: ("twice_in_file", "the telephone of number 94"),
    111: ("twice_in_file", "name, birth and unit of number 110, both without a telephone"),
    119: ("unknown_unit", "a unit that never was"),
    127: ("unit_outside", "a unit of another province: Phường Hà Đông"),
    135: ("bad_duty", "a duty that is none"),
    143: ("bad_page", "the page is “đang làm”"),
    151: ("bad_page_address", "the address is that of a group"),
    167: ("page_said_otherwise", "no page, where number 166 of the same unit has said one"),
    183: ("formula", "the telephone is a formula that was never computed"),
}
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Ma", "Nông", "Dương", "Lý", "Triệu")
_MIDDLE = ("Văn", "Thị", "Đức", "Thu", "Minh", "Ngọc", "Quang", "Hồng")
_GIVEN = ("An", "Ánh", "Bình", "Cường", "Dung", "Đạt", "Giang", "Hà", "Hòa", "Khánh", "Lan", "Nga", "Phúc", "Sơn", "Tú")
_POSITIONS = ("Chủ tịch", "Phó Chủ tịch", "Ủy viên Thường trực", "Chuyên viên", "Trưởng Ban Công tác Mặt trận")


def monday_roster(units: list[str]) -> bytes:
    """A roster of a province, 200 people in groups by unit, twenty of them as ``MONDAY_BAD`` says.

    ``units``: full names as they are today ("Xã Phú Bình"), three at least; the people are spread over them evenly.
    """
    return _monday(units)[0]


def monday_rows(units: list[str]) -> dict[int, int]:
    """Number in the list → row in Excel."""
    return _monday(units)[1]


def _monday(units: list[str]) -> tuple[bytes, dict[int, int]]:
    book, page = paper(11)
    page.heading("DANH SÁCH CÁN BỘ THAM GIA TẬP HUẤN “TRANG CỘNG ĐỒNG”")
    page.two_row_header(["TT", "Họ và tên", ("Ngày, tháng, năm sinh", "Nam", "Nữ"), "Chức vụ", "Đơn vị công tác",
                         "Số điện thoại", "Thư điện tử", "Nhiệm vụ", "Trang cộng đồng", "Ghi chú"])  # fmt: skip
    page.line("I", "Cấp xã")
    rows: dict[int, int] = {}
    unit, told = "", 0
    for number in range(1, MONDAY_PEOPLE + 1):
        place = (number - 1) * len(units) // MONDAY_PEOPLE
        # Where somebody contradicts or repeats the row before, both are of one unit.
        place = (number - 2) * len(units) // MONDAY_PEOPLE if number in (95, 111, 167) else place
        if units[place] != unit:
            unit, told = units[place], told + 1
            page.line(told, unit)
        cells = _monday_cells(number, unit)
        rows[number] = page.line(*cells)
    page.closing(MONDAY_PEOPLE)
    return save(book), rows


def _monday_cells(number: int, unit: str) -> list[Any]:
    name = f"{_FAMILY[number % 10]} {_MIDDLE[number % 8]} {_GIVEN[number % 15]}"
    born: Any = 1965 + number % 35
    # As offices have them: without the 0, with dots, of eleven digits, two in a cell.
    digits = f"9130{number:05d}"
    phone: Any = (int(digits), f"0{digits[:3]}.{digits[3:6]}.{digits[6:]}", f"0168{number:07d}",
                  f"0{digits} / 0208 3855 111", f"0{digits}")[number % 5]  # fmt: skip
    position, own, email, duty, page_of_unit = _POSITIONS[number % 5], None, None, None, None
    match number:
        case 1 | 100 | 200:
            name, phone = MONDAY_OFFICERS[number]
            duty = "Phụ trách Trang"
        case 7:
            name = ""
        case 15:
            name = "Nguyễn Văn An 2"
        case 23:
            phone = "0912 345 67"
        case 31:
            phone = "0208 3855 222"
        case 39:
            phone = "9.12E+08"
        case 47:
            born = "05/08/85"
        case 55:
            born = "31/02/1985"
        case 63:
            born = 2020
        case 71:
            email = "lananh.gmail.com"
        case 79:
            phone, born = None, None
        case 87:
            position = ""
        case 94 | 95:
            phone = "0913 000 094"
        case 110 | 111:
            name, born, phone = "Triệu Thị Hồng", 1984, None
        case 119:
            own = "Xã Không Có Thật"
        case 127:
            own = "Phường Hà Đông"
        case 135:
            duty = "Lái xe"
        case 143:
            page_of_unit = "đang làm"
        case 151:
            page_of_unit = "https://www.facebook.com/groups/123456789"
        case 166:
            page_of_unit = "https://www.facebook.com/mattranmau166"
        case 167:
            page_of_unit = "chưa có"
        case 183:
            phone = "=CONCATENATE(0,913000183)"
    years = (born, None) if number % 8 not in (1, 3, 7) else (None, born)
    return [number, name, *years, position, own, phone, email, duty, page_of_unit, None]

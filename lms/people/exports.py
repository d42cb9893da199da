"""Files that go out: the blank template, the slips with one-time codes, the refused rows."""

import csv
import io
import itertools
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock
from lms.core.cells import neutral, plain
from lms.people import people_queries, queries, rules
from lms.people.formats.tables import MAX_ROWS
from lms.people.models import RosterRow
from lms.people.people_queries import RosterLine
from lms.people.queries import SheetRead
from lms.people.queries.places import UnitIndex
from lms.people.rules import COLUMN_WORDS
from lms.units.models import Unit

# The heads are our format: the same in every language.
HEADS = ["STT", "Họ và tên", "Ngày sinh", "Điện thoại", "Email", "Chức vụ", "Nhiệm vụ Trang", "Đơn vị", "Từ ngày",
         "Trang cộng đồng", "Loại chức vụ", "Quyền, phụ trách", "Đến ngày", "Số quyết định"]  # fmt: skip
# In characters. All of them side by side on A4 across leave letters of some 6 points.
_WIDTHS = [5, 24, 12, 14, 28, 26, 26, 34, 12, 30, 12, 12, 12, 18]
SLIP_HEADS = ["Họ và tên", "Đơn vị", "Điện thoại", "Tên đăng nhập", "Mã dùng một lần"]
_LISTED_ROWS = 1000
# Points of a line; characters of a line of the guide.
_LINE, _GUIDE = 15, 84
_A4 = 9  # as Excel counts kinds of paper


def _put(sheet: Any, row: int, column: int, value: object, **style: Any) -> None:
    """Text, whatever it looks like: no formula, no number that loses its first 0."""
    cell = sheet.cell(row=row, column=column)
    cell.value = plain(value)
    cell.data_type = "s"
    cell.number_format = "@"
    for name, setting in style.items():
        setattr(cell, name, setting)


def _headed(sheet: Any, heads: list[str], widths: list[int]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415  costs 0.2 s, needed here only
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  as above

    style = {
        "font": Font(name="Calibri", size=11, bold=True),  # without a name some programs take one with serifs
        "fill": PatternFill("solid", fgColor="FBECEB"),
        "alignment": Alignment(wrap_text=True, vertical="center"),
    }
    for column, (head, width) in enumerate(zip(heads, widths, strict=True), start=1):
        _put(sheet, 1, column, head, **style)
        sheet.column_dimensions[get_column_letter(column)].width = width
    if any(len(head) > width for head, width in zip(heads, widths, strict=True)):
        sheet.row_dimensions[1].height = 2 * _LINE
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    _on_paper(sheet)


def _on_paper(sheet: Any, orientation: str = "landscape") -> None:
    """A4, all columns side by side, narrow margins, lines between the cells."""
    from openpyxl.worksheet.page import PageMargins  # noqa: PLC0415  as above
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415  as above

    sheet.page_setup.orientation, sheet.page_setup.paperSize = orientation, _A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.print_options.gridLines = orientation == "landscape"


def _bytes(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def template_xlsx(unit: Unit) -> bytes:
    """Our blank roster: text columns, drop-downs for position, duty, unit, page, kind of post and acting; units and
    positions of the subtree on sheets of their own.
    """
    import openpyxl  # noqa: PLC0415  as above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  as above

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Danh sách"
    _headed(sheet, HEADS, _WIDTHS)
    for column in range(2, len(HEADS) + 1):
        # The whole column as text for Excel; single cells for programs that know no format of columns.
        sheet.column_dimensions[get_column_letter(column)].number_format = "@"
        for row in range(2, _LISTED_ROWS + 2):
            sheet.cell(row=row, column=column).number_format = "@"
    index = UnitIndex(unit, clock.today())
    listed = book.create_sheet("Đơn vị")
    _headed(listed, ["Đơn vị", "Mã"], [50, 12])
    for row, known in enumerate(index.all(), start=2):
        _put(listed, row, 1, index.spelled(known))
        _put(listed, row, 2, known.code)
    called = book.create_sheet("Chức vụ")
    positions = people_queries.positions_below(unit)
    _headed(called, ["Chức vụ"], [80])
    for row, position in enumerate(positions, start=2):
        _put(called, row, 1, position)
    _drop_downs(sheet, len(index.all()), len(positions))
    _explain(book)
    return _bytes(book)


def _drop_downs(sheet: Any, number_of_units: int, number_of_positions: int) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415  as above

    duty = DataValidation(type="list", formula1=f'"{",".join(rules.DUTIES.values())}"', allow_blank=True)
    duty.add(f"G2:G{MAX_ROWS}")
    unit = DataValidation(type="list", formula1=f"'Đơn vị'!$A$2:$A${number_of_units + 1}", allow_blank=True)
    unit.showErrorMessage = False  # the code or a shorter name will do too
    unit.add(f"H2:H{MAX_ROWS}")
    position = DataValidation(type="list", formula1=f"'Chức vụ'!$A$2:$A${number_of_positions + 1}", allow_blank=True)
    position.showErrorMessage = False  # any other position will do too
    position.add(f"F2:F{MAX_ROWS}")
    page = DataValidation(type="list", formula1=f'"{",".join(rules.PAGES.values())}"', allow_blank=True)
    page.showErrorMessage = False  # the address of the page will do too
    page.add(f"J2:J{MAX_ROWS}")
    kind = DataValidation(type="list", formula1=f'"{",".join(rules.KINDS.values())}"', allow_blank=True)
    kind.add(f"K2:K{MAX_ROWS}")
    acting = DataValidation(type="list", formula1=f'"{",".join(rules.ACTING.values())}"', allow_blank=True)
    acting.add(f"L2:L{MAX_ROWS}")
    sheet.add_data_validation(kind)
    sheet.add_data_validation(acting)
    sheet.add_data_validation(duty)
    sheet.add_data_validation(page)
    sheet.add_data_validation(unit)
    sheet.add_data_validation(position)


def _explain(book: Any) -> None:
    from openpyxl.styles import Alignment  # noqa: PLC0415  as above

    sheet = book.create_sheet("Hướng dẫn")
    sheet.column_dimensions["A"].width = _GUIDE
    _on_paper(sheet, "portrait")
    for row, line in enumerate(
        (
            "Mỗi dòng một chức vụ. Đồng chí giữ một chức vụ thì chỉ có một dòng.",
            "Bắt buộc: Họ và tên, Đơn vị, Chức vụ và ít nhất một trong ba mục "
            "Điện thoại, Email, Ngày sinh (để phân biệt người trùng tên).",
            "Ngày sinh: 05/08/1985, hoặc chỉ năm 1985. Điện thoại: 0912 345 678 (số 11 chữ số cũ được đổi tự động).",
            "Chức vụ: chọn trong danh sách, hoặc ghi như trong quyết định.",
            "Đơn vị: chọn trong danh sách, hoặc ghi mã đơn vị ở trang “Đơn vị”.",
            "Trang cộng đồng: dán địa chỉ Trang trên Facebook, hoặc ghi Có, Chưa, Chưa rõ; không rõ thì để trống.",
            "Từ ngày: ngày bắt đầu giữ chức vụ; để trống là từ ngày nhập. Đến ngày: ngày cuối cùng giữ chức vụ; chưa "
            "ấn định thì để trống.",
            "Loại chức vụ: Chính (hoặc để trống) là chức vụ tại đơn vị mà đồng chí thuộc về. Đồng chí giữ thêm chức vụ "
            "khác: thêm ngay bên dưới mỗi chức vụ một dòng, ghi Kiêm nhiệm, cùng họ tên, ngày sinh, điện thoại.",
            "Dòng Kiêm nhiệm không sửa thông tin cá nhân và không làm kết thúc chức vụ nào. Chức vụ kiêm nhiệm đã thôi "
            "giữ thì kết thúc tại trang của đồng chí đó.",
            "Quyền, phụ trách: ghi Có nếu được giao quyền hoặc phụ trách, chưa bổ nhiệm chính thức. Số quyết định: ghi "
            "như trên văn bản, ví dụ 12/QĐ-MTTQ-BTT.",
            "Muốn bỏ hẳn Email, Đến ngày hoặc Số quyết định đã ghi trước đây: ghi “xóa” vào ô đó. Muốn bỏ nhiệm vụ "
            "Trang: chọn Không.",
            "Ô để trống không làm thay đổi thông tin đã có. Nhập lại cùng một tệp không tạo thêm tài khoản.",
        ),
        start=1,
    ):
        _put(sheet, row, 1, line, alignment=Alignment(wrap_text=True, vertical="top"))
        # Programs that do not measure wrapped text by themselves would show its first line only.
        sheet.row_dimensions[row].height = _LINE * math.ceil(len(line) / (_GUIDE - 10)) + 4


def template_csv() -> bytes:
    return ("\ufeff" + ";".join(HEADS) + "\r\n").encode()


# --- The roster of a subtree: our template, filled in -------------------------------------------------------------


def _line(number: int, row: RosterLine) -> list[str]:
    born = f"{row.born_on:%d/%m/%Y}" if row.born_on else str(row.birth_year or "")
    phone = phones.display(row.phone) if row.phone else ""
    return [str(number), row.full_name, born, phone, row.email, row.position, rules.DUTIES.get(row.page_duty, ""),
            row.unit, f"{row.starts_on:%d/%m/%Y}", row.page,
            rules.KINDS[rules.MAIN if row.is_primary else rules.FURTHER], rules.ACTING[True] if row.is_acting else "",
            f"{row.last_day:%d/%m/%Y}" if row.last_day else "",
            "" if rules.is_clearing(row.decision) else row.decision]  # fmt: skip


def roster_csv(rows: Iterable[RosterLine]) -> Iterator[str]:
    """Line by line, with a mark of the encoding in front. Read again it changes nothing."""
    yield "\ufeff"
    for cells in itertools.chain([HEADS], (_line(number, row) for number, row in enumerate(rows, start=1))):
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=";").writerow([neutral(cell) for cell in cells])
        yield buffer.getvalue()


def roster_xlsx(rows: Iterable[RosterLine]) -> bytes:
    """As ``roster_csv``, every cell as text."""
    import openpyxl  # noqa: PLC0415  as above
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  as above

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    _on_paper(sheet)
    sheet.append(HEADS)
    for number, row in enumerate(rows, start=1):
        cells = []
        for written in _line(number, row):
            cell = WriteOnlyCell(sheet, plain(written))
            cell.data_type = "s"
            cell.number_format = "@"
            cells.append(cell)
        sheet.append(cells)
    return _bytes(book)


def slips_xlsx(issued: Iterable[tuple[User, str]]) -> bytes:
    """One row an account: to cut into slips. The only place where the codes ever stand in clear."""
    import openpyxl  # noqa: PLC0415  as above

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Tài khoản mới"
    _headed(sheet, SLIP_HEADS, [28, 36, 16, 20, 20])
    rows = list(issued)
    served = queries.unit_names_of([person for person, _ in rows], on=clock.today())
    for row, (person, code) in enumerate(rows, start=2):
        shown = phones.display(person.phone) if person.phone else ""
        values = (person.full_name, served.get(person.pk, ""), shown, person.username, code)
        for column, value in enumerate(values, start=1):
            _put(sheet, row, column, value)
    return _bytes(book)


_REFUSED = ["Trang tính", "Dòng", "Lý do"]


def _columns(sheet: SheetRead | None, rows: list[RosterRow]) -> dict[str, str]:
    """Column → its head: those of the file in their order, then ours for what the rows say beyond them (a unit that
    stood in the heading of a group). Without a sheet: the template's.

    Columns that were not read are not kept. A head over two rows, and one of several that are read as one, would not be
    understood in a single row: there ours stands.
    """
    if sheet is None:
        return dict(COLUMN_WORDS)
    heads: dict[str, str] = {}
    for each in sheet.columns:
        for column in _AS_ONE.get(each.column, (each.column,)):
            is_kept = column == each.column and each.is_simple and column not in heads
            if column:
                heads[column] = each.head if is_kept else COLUMN_WORDS[column]
    told = {column for row in rows for column, cell in _written(row).items() if cell}
    return heads | {column: head for column, head in COLUMN_WORDS.items() if column in told and column not in heads}


# What Excel takes in no name of a sheet.
_SHEET_NAME = re.compile(r"[\[\]:*?/\\\s]")
# What was read together with others, or as two.
_AS_ONE = {
    "name_before": ("full_name",), "name_given": ("full_name",), "unit_above": ("unit",),
    "position_unit": ("position", "unit"),
}  # fmt: skip


def _written(row: RosterRow) -> dict[str, str]:
    return {"unit": row.unit_text, **row.original}


def _refused(rows: Iterable[RosterRow], sheets: tuple[SheetRead, ...]) -> list[tuple[str, list[list[str]]]]:
    """(name of the sheet, lines with the header first): the cells as they stood in the file, then where and why."""
    by_sheet: dict[str, list[RosterRow]] = {}
    for row in rows:
        by_sheet.setdefault(row.sheet, []).append(row)
    read = {sheet.name: sheet for sheet in sheets}
    tables = []
    for name, held in (by_sheet or {"": []}).items():
        columns = _columns(read.get(name), held)
        lines = [
            [*(str(_written(row).get(column, "")) for column in columns), row.sheet, str(row.number), row.sentence]
            for row in held
        ]
        tables.append((name, [[*columns.values(), *_REFUSED], *lines]))
    return tables


def refused_csv(rows: Iterable[RosterRow], sheets: tuple[SheetRead, ...]) -> bytes:
    """The refused rows with the reason: to mend and send again. Of a file with several sheets: in our columns."""
    found = list(rows)
    tables = _refused(found, sheets)
    if len({tuple(table[0]) for _, table in tables}) > 1:
        tables = _refused(found, ())
    lines = [tables[0][1][0], *(line for _, table in tables for line in table[1:])]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    writer.writerows([neutral(cell) for cell in line] for line in lines)
    return ("\ufeff" + buffer.getvalue()).encode()


def refused_xlsx(rows: Iterable[RosterRow], sheets: tuple[SheetRead, ...]) -> bytes:
    """As ``refused_csv``, with every cell as text, and a sheet for each of the file."""
    import openpyxl  # noqa: PLC0415  as above

    book = openpyxl.Workbook()
    first = book.worksheets[0]
    for place, (name, (heads, *lines)) in enumerate(_refused(rows, sheets)):
        sheet = book.create_sheet() if place else first
        sheet.title = _SHEET_NAME.sub(" ", plain(name))[:31].strip(" '") or "Dòng bị từ chối"
        _headed(sheet, heads, [*[24] * (len(heads) - 3), 16, 8, 80])
        for number, line in enumerate(lines, start=2):
            for column, cell in enumerate(line, start=1):
                _put(sheet, number, column, cell)
    return _bytes(book)

"""Files that go out: the blank template, the slips with one-time codes, the refused rows."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock
from lms.core.cells import neutral
from lms.people import queries, rules
from lms.people.formats.tables import MAX_ROWS
from lms.people.models import RosterRow
from lms.people.people_queries import RosterLine
from lms.people.queries.places import UnitIndex
from lms.units.models import Unit

# The heads are our format: the same in every language.
HEADS = ["STT", "Họ và tên", "Ngày sinh", "Điện thoại", "Email", "Chức vụ", "Nhiệm vụ Trang", "Đơn vị", "Từ ngày",
         "Trang cộng đồng"]  # fmt: skip
_WIDTHS = [6, 28, 14, 16, 28, 28, 26, 40, 14, 36]
SLIP_HEADS = ["Họ và tên", "Đơn vị", "Điện thoại", "Tên đăng nhập", "Mã dùng một lần"]
_LISTED_ROWS = 2000


def _put(sheet: Any, row: int, column: int, value: object, **style: Any) -> None:
    """Text, whatever it looks like: no formula, no number that loses its first 0."""
    cell = sheet.cell(row=row, column=column)
    cell.value = str(value)
    cell.data_type = "s"
    cell.number_format = "@"
    for name, setting in style.items():
        setattr(cell, name, setting)


def _headed(sheet: Any, heads: list[str], widths: list[int]) -> None:
    from openpyxl.styles import Font, PatternFill  # noqa: PLC0415  costs 0.2 s, needed here only
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  as above

    for column, (head, width) in enumerate(zip(heads, widths, strict=True), start=1):
        _put(sheet, 1, column, head, font=Font(bold=True), fill=PatternFill("solid", fgColor="FBECEB"))
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"


def _bytes(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def template_xlsx(unit: Unit) -> bytes:
    """Our blank roster: text columns, drop-downs for duty and unit, the units of the subtree on a second sheet."""
    import openpyxl  # noqa: PLC0415  as above

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Danh sách"
    _headed(sheet, HEADS, _WIDTHS)
    for row in range(2, _LISTED_ROWS + 2):
        for column in range(2, len(HEADS) + 1):
            sheet.cell(row=row, column=column).number_format = "@"
    index = UnitIndex(unit, clock.today())
    listed = book.create_sheet("Đơn vị")
    _headed(listed, ["Đơn vị", "Mã"], [50, 12])
    for row, known in enumerate(index.all(), start=2):
        _put(listed, row, 1, index.spelled(known))
        _put(listed, row, 2, known.code)
    _drop_downs(sheet, len(index.all()))
    _explain(book)
    return _bytes(book)


def _drop_downs(sheet: Any, number_of_units: int) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415  as above

    duty = DataValidation(type="list", formula1=f'"{",".join(rules.DUTIES.values())}"', allow_blank=True)
    duty.add(f"G2:G{MAX_ROWS}")
    unit = DataValidation(type="list", formula1=f"'Đơn vị'!$A$2:$A${number_of_units + 1}", allow_blank=True)
    unit.showErrorMessage = False  # the code or a shorter name will do too
    unit.add(f"H2:H{MAX_ROWS}")
    page = DataValidation(type="list", formula1=f'"{",".join(rules.PAGES.values())}"', allow_blank=True)
    page.showErrorMessage = False  # the address of the page will do too
    page.add(f"J2:J{MAX_ROWS}")
    sheet.add_data_validation(duty)
    sheet.add_data_validation(page)
    sheet.add_data_validation(unit)


def _explain(book: Any) -> None:
    sheet = book.create_sheet("Hướng dẫn")
    sheet.column_dimensions["A"].width = 110
    for row, line in enumerate(
        (
            "Mỗi dòng một đồng chí. Bắt buộc: Họ và tên, Đơn vị, Chức vụ và ít nhất một trong ba mục "
            "Điện thoại, Email, Ngày sinh (để phân biệt người trùng tên).",
            "Ngày sinh: 05/08/1985, hoặc chỉ năm 1985. Điện thoại: 0912 345 678 (số 11 chữ số cũ được đổi tự động).",
            "Đơn vị: chọn trong danh sách, hoặc ghi mã đơn vị ở trang “Đơn vị”.",
            "Trang cộng đồng: dán địa chỉ Trang trên Facebook, hoặc ghi Có, Chưa, Chưa rõ; không rõ thì để trống.",
            "Từ ngày: ngày bắt đầu giữ chức vụ; để trống là từ ngày nhập.",
            "Ô để trống không làm thay đổi thông tin đã có. Nhập lại cùng một tệp không tạo thêm tài khoản.",
        ),
        start=1,
    ):
        _put(sheet, row, 1, line)


def template_csv() -> bytes:
    return ("\ufeff" + ";".join(HEADS) + "\r\n").encode()


# --- The roster of a subtree: our template, filled in -------------------------------------------------------------


def _line(number: int, row: RosterLine) -> list[str]:
    born = f"{row.born_on:%d/%m/%Y}" if row.born_on else str(row.birth_year or "")
    phone = phones.display(row.phone) if row.phone else ""
    return [str(number), row.full_name, born, phone, row.email, row.position, rules.DUTIES.get(row.page_duty, ""),
            row.unit, f"{row.starts_on:%d/%m/%Y}", row.page]  # fmt: skip


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
    sheet.append(HEADS)
    for number, row in enumerate(rows, start=1):
        cells = []
        for written in _line(number, row):
            cell = WriteOnlyCell(sheet, written)
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
# The column of the template → the cell of a refused row as it was written.
_COLUMNS = ("full_name", "born", "phone", "email", "position", "page_duty", "unit", "starts_on", "page")


def _refused(row: RosterRow) -> list[str]:
    """The cells as they stood in the file, in the order of the template, then where, and why it was refused."""
    written = {"unit": row.unit_text, **row.original}
    cells = ["", *(str(written.get(column, "")) for column in _COLUMNS)]
    return [*cells, row.sheet, str(row.number), row.sentence]


def refused_csv(rows: Iterable[RosterRow]) -> bytes:
    """The refused rows with the reason: to mend and send again."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow([*HEADS, *_REFUSED])
    writer.writerows([neutral(cell) for cell in _refused(row)] for row in rows)
    return ("\ufeff" + buffer.getvalue()).encode()


def refused_xlsx(rows: Iterable[RosterRow]) -> bytes:
    """As ``refused_csv``, with every cell as text."""
    import openpyxl  # noqa: PLC0415  as above

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Dòng bị từ chối"
    _headed(sheet, [*HEADS, *_REFUSED], [*_WIDTHS, 16, 8, 80])
    for number, row in enumerate(rows, start=2):
        for column, cell in enumerate(_refused(row), start=1):
            _put(sheet, number, column, cell)
    return _bytes(book)

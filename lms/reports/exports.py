"""The same rows as on the screen, as CSV and as XLSX.

**CSV**: UTF-8 with BOM, ``;`` between cells, CRLF. An Excel whose region is Việt Nam writes decimals with a comma, so
it does not take the comma for a separator; with ``;`` a double click opens the file in columns, "77,8%" stays a number
and "05/08/2022" a date; it is also how rosters arrive. Whoever reads it by program names the separator. **XLSX** is the
right one for Excel under any region: numbers, dates and shares are typed there.

What people typed may begin like a formula (= + - @, tab, carriage return): such a text gets an apostrophe in front.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from lms.core import numbers
from lms.core.cells import neutral
from lms.reports.queries import FrameTable, PersonRow
from lms.reports.rules import Figures, Row

BOM = "\ufeff"
_KEPT_IN_MEMORY = 4 * 1024 * 1024

DATE_FORMAT = "dd/mm/yyyy"
SHARE_FORMAT = "0.0%"
NUMBER_FORMAT = "#,##0"


@dataclass(frozen=True)
class Share:
    """``part`` of ``whole`` (not 0): a cell of its own kind; the rounding is that of the screen."""

    part: int
    whole: int


Cell = str | int | dt.date | Share | None


@dataclass(frozen=True)
class Column:
    title: str
    width: int


def unit_columns() -> list[Column]:
    return [
        Column(_("Unit"), 40),
        Column(_("Units"), 12),
        Column(_("Units with an officer who has completed"), 18),
        Column(_("Share of units"), 12),
        Column(_("Units with a community page"), 14),
        Column(_("Share of units with a page"), 14),
        Column(_("Pages confirmed"), 12),
        Column(_("Units without a page"), 12),
        Column(_("Units of which it is not known"), 12),
        Column(_("Officers"), 12),
        Column(_("Officers who have completed"), 18),
        Column(_("Share of officers"), 12),
        Column(_("Learning"), 12),
        Column(_("Not begun"), 12),
    ]


def unit_cells(row: Row) -> list[Cell]:
    figures = row.figures
    return [
        row.name,
        figures.units,
        figures.covered,
        Share(figures.covered, figures.units) if figures.units else None,
        figures.with_page,
        Share(figures.with_page, figures.units) if figures.units else None,
        figures.page_confirmed,
        figures.without_page,
        figures.page_unknown,
        figures.people,
        figures.done,
        Share(figures.done, figures.people) if figures.people else None,
        figures.under_way,
        figures.not_begun,
    ]


def frame_columns() -> list[Column]:
    return [
        Column(_("Unit"), 40),
        Column(_("Officers"), 12),
        Column(_("Officers who have completed"), 18),
        Column(_("Share of officers"), 12),
        Column(_("Learning"), 12),
        Column(_("Not begun"), 12),
        Column(_("Why"), 60),
    ]


def frame_cells(table: FrameTable) -> Iterator[list[Cell]]:
    """The rows, what belongs to others, the remainder by reason, and the total of all of them."""
    for row in table.rows:
        yield _of_people(row.name, row.figures)
    if table.elsewhere.people:
        yield _of_people(_("In units that belong to others by these boundaries"), table.elsewhere)
    for left in table.remainder:
        yield _of_people(_("Not told by unit"), left.figures, left.sentence)
    yield _of_people(_("Total"), table.total)


def _of_people(name: str, figures: Figures, why: str = "") -> list[Cell]:
    share = Share(figures.done, figures.people) if figures.people else None
    return [name, figures.people, figures.done, share, figures.under_way, figures.not_begun, why]


def people_columns() -> list[Column]:
    return [
        Column(_("No."), 7),
        Column(_("Full name"), 28),
        Column(_("Position"), 28),
        Column(_("Page duty"), 26),
        Column(_("Unit"), 32),
        Column(_("Under"), 36),
        Column(_("Mobile phone"), 16),
        Column(_("Status"), 16),
        Column(_("Began on"), 13),
        Column(_("Completed on"), 13),
        Column(_("Certificate number"), 28),
    ]


def people_cells(people: Iterable[PersonRow]) -> Iterator[list[Cell]]:
    for number, row in enumerate(people, start=1):
        yield [
            number,
            row.name,
            row.position,
            row.duty,
            row.unit,
            row.above,
            row.phone_shown,
            str(row.status.label),
            row.begun_on,
            row.done_on,
            row.certificate,
        ]


# --- CSV ----------------------------------------------------------------------------------------------


class _Echo:
    """A file that gives back what is written to it, so that csv.writer writes straight into the response."""

    def write(self, value: str) -> str:
        return value


def csv_lines(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The header goes out before the first row is asked for."""
    writer = csv.writer(_Echo(), delimiter=";")
    yield BOM + _line(writer, [column.title for column in columns])
    for row in rows:
        yield _line(writer, [_as_text(cell) for cell in row])


def _line(writer: Any, cells: list[str]) -> str:
    line: str = writer.writerow(cells)
    return line


def _as_text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Share():
            return numbers.percent(Decimal(100 * cell.part) / cell.whole).replace("\u00a0", "")
        case dt.date():
            return f"{cell:%d/%m/%Y}"
        case int():
            return str(cell)
    return neutral(cell)


# --- XLSX ---------------------------------------------------------------------------------------------


def workbook(
    title: str,
    notes: Sequence[str],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    bold_last: bool = False,
) -> IO[bytes]:
    """Title and notes on top, then the header, frozen; rows are written as they come. Rewound, to be streamed."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(_("Results"))
    for index, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width
    header = 3 + len(notes)
    sheet.freeze_panes = f"A{header + 1}"
    sheet.print_title_rows = f"{header}:{header}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.append([_cell(sheet, title, Font(bold=True, size=14))])
    for note in notes:
        sheet.append([_cell(sheet, note, Font(italic=True))])
    sheet.append([])
    sheet.append([_header_cell(sheet, column.title) for column in columns])
    before: Sequence[Cell] | None = None
    for row in rows:
        if before is not None:
            sheet.append([_cell(sheet, cell) for cell in before])
        before = row
    if before is not None:
        font = Font(bold=True) if bold_last else None
        sheet.append([_cell(sheet, cell, font) for cell in before])
    target: IO[bytes] = SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY)  # noqa: SIM115  the response closes it
    book.save(target)
    target.seek(0, io.SEEK_SET)
    return target


def _header_cell(sheet: Any, title: str) -> Any:
    cell = _cell(sheet, title, Font(bold=True))
    cell.fill = PatternFill("solid", fgColor="F7F4EF")
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _cell(sheet: Any, value: Cell, font: Font | None = None) -> Any:
    """A typed cell; plain values stay plain, which a workbook of 10,000 people writes four times as fast."""
    cell: Any
    match value:
        case Share():
            cell = WriteOnlyCell(sheet, value.part / value.whole)
            cell.number_format = SHARE_FORMAT
        case dt.date():
            cell = WriteOnlyCell(sheet)
            cell.value = value
            cell.number_format = DATE_FORMAT
        case int():
            cell = WriteOnlyCell(sheet, value)
            cell.number_format = NUMBER_FORMAT
        case str():
            if font is None:
                return neutral(value)
            cell = WriteOnlyCell(sheet, neutral(value))
        case _:
            return None
    if font is not None:
        cell.font = font
    return cell

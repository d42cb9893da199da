"""Files that mean harm, or are no rosters at all: a row refused with a reason, or one sentence for the file."""

import datetime as dt
import io
import tracemalloc
import zipfile

import openpyxl
import pytest

from lms.people import rules
from lms.people.enums import FileFault, Refusal, Skip
from lms.people.formats import FileRefusedError, tables, workbooks
from tests.people.conftest import ANH, HEAD, as_csv, as_xlsx

TODAY = dt.date(2026, 11, 23)
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
SHARED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"


def packed(data: bytes, **changed) -> bytes:
    """The workbook with some of its parts changed; a part that it has not is added."""
    buffer = io.BytesIO()
    changes = {name.replace("__", "/"): change for name, change in changed.pop("parts").items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.pop(name)(old.read(name)) if name in changes else old.read(name))
        for name, change in changes.items():
            new.writestr(name, change(b""))
    return buffer.getvalue()


def with_rows(rows: bytes) -> bytes:
    return packed(as_xlsx(ANH), parts={SHEET: lambda part: part.replace(b"</sheetData>", rows + b"</sheetData>")})


def fault(data: bytes) -> FileFault:
    with pytest.raises(FileRefusedError) as refused:
        tables.read(data)
    assert "%(" not in str(refused.value)
    return refused.value.fault


def problems(data: bytes) -> list[Refusal | None]:
    found = [rules.read_row(row, TODAY)[1] for row in tables.read(data).rows]
    return [problem.key if problem else None for problem in found]


def declared(part: bytes) -> bytes:
    return ENTITIES + part.split(b"?>", 1)[-1].replace("Đặng Thị Ánh".encode(), b"&b;")


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"])
def test_a_workbook_that_declares_entities_is_not_opened(name):
    assert fault(packed(as_xlsx(ANH), parts={name: declared})) == FileFault.BROKEN


def test_entities_in_utf_16_are_seen_too():
    part = declared(b"<?xml?><a/>").decode().encode("utf-16")
    assert fault(packed(as_xlsx(ANH), parts={"xl/styles.xml": lambda _: part})) == FileFault.BROKEN


def test_one_long_string_in_thousands_of_cells_is_never_laid_out_in_all_of_them():
    words = b"x" * 1_000_000
    strings = b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>A</t></is></c><c r="E%d" t="s"><v>0</v></c></row>' % (n, n, n)
        for n in range(3, 1003)
    )
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    data = packed(
        with_rows(rows),
        parts={
            STRINGS: lambda _: strings + words + b"</t></si></sst>",
            "[Content_Types].xml": lambda part: part.replace(
                b"</Types>", b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
            ),
            "xl/_rels/workbook.xml.rels": lambda part: part.replace(
                b"</Relationships>",
                b'<Relationship Type="%s" Target="sharedStrings.xml" Id="rId99"/></Relationships>' % SHARED.encode(),
            ),
        },
    )
    tracemalloc.start()
    try:
        found = problems(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found[0], set(found[1:])) == (None, {Refusal.CELL_TOO_LONG})
    assert peak < 60_000_000


def test_the_longest_shared_string_is_found_across_pieces(monkeypatch):
    monkeypatch.setattr(workbooks, "_PIECE", 64)
    data = packed(as_xlsx(ANH), parts={STRINGS: lambda _: b"<si>ab</si><si>" + b"x" * 100 + b"</si><si>c</si>"})
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert 100 <= workbooks._longest_shared(opened) <= 130


@pytest.mark.parametrize(
    "data", [as_csv([*ANH[:4], "x" * 1_000_000, *ANH[5:]]), as_xlsx([*ANH[:4], "x" * 32_000, *ANH[5:]])]
)
def test_a_cell_of_a_megabyte_refuses_its_row(data):
    assert problems(data) == [Refusal.CELL_TOO_LONG]


LAST = 1_048_576
STRAY = b'<row r="%d"><c r="B%d" t="inlineStr"><is><t>x</t></is></c></row>' % (LAST, LAST)


def formatted(
    last: int, row: bytes = b'<row r="%d" spans="1:2" hidden="1"><c r="A%d" s="0"/><c r="B%d"/></row>'
) -> bytes:
    """Rows from the third down to ``last`` in which nothing stands."""
    return b"".join(row.replace(b"%d", b"%d" % number) for number in range(3, last + 1))


def test_a_sheet_formatted_far_below_its_list_is_its_list():
    data = with_rows(formatted(300_000))
    tracemalloc.start()
    try:
        table = tables.read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (table.numbers, table.skipped) == ((2,), ())
    assert peak < 60_000_000


@pytest.mark.parametrize("above", [b"", formatted(200_000)])
def test_what_stands_in_the_last_row_is_told_with_its_number(above):
    table = tables.read(with_rows(above + STRAY))
    assert table.numbers == (2, LAST)
    assert {(row.kind, row.number < 2000) for row in table.skipped} == {(Skip.BLANK, True)}


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="%d" s="1" customFormat="1"/>',
        b'<row r="%d"><c r="A%d" s="1"></c></row>',
        b'<row r="%d"> <c r="A%d" t="str"><f>IF(B%d="","",1)</f><v></v></c> </row>',
        b'<row r="%d"><c r="A%d"><f t="shared" si="0"/><v/></c><c r="B%d"/></row>',
    ],
)
def test_whatever_a_blank_row_is_written_like_it_is_passed_over(row, monkeypatch):
    monkeypatch.setattr(workbooks, "_SWOLLEN", 0)
    data = with_rows(formatted(3000, row) + STRAY.replace(b"%d" % LAST, b"3001"))
    with zipfile.ZipFile(io.BytesIO(data)) as opened, zipfile.ZipFile(io.BytesIO(workbooks._slimmed(opened))) as slim:
        assert [slim.read(SHEET).count(tag) for tag in (b"<row", b"</row>", b'r="B3001"')] == [3, 3, 1]
    assert tables.read(data).numbers == (2, 3001)


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="%d"><c r="A%d" s="1"/><c r="B%d"><v>0</v></c></row>',
        b'<row r="%d"><c r="B%d" t="inlineStr"><is><t>x</t></is></c></row>',
        b'<row r="%d"><c r="B%d"><f>1+1</f><v>2</v></c></row>',
        b'<row><c r="B%d"/></row>',
        b'<row r="%d"><c r="B%d"/>',
    ],
)
def test_no_row_that_holds_something_or_has_no_number_is_taken_for_blank(row, monkeypatch):
    monkeypatch.setattr(workbooks, "_SWOLLEN", 0)
    with zipfile.ZipFile(io.BytesIO(with_rows(formatted(3000, row)))) as opened:
        assert workbooks._slimmed(opened) is None


def test_a_million_lines_of_separators_in_a_text_file_are_passed_over():
    assert tables.read(as_csv(ANH) + b";;;;\r\n" * 1_000_000).numbers == (2,)


def test_who_stands_below_a_long_gap_is_read():
    second = [ANH[0] + " Em", ANH[1], "0912345679", *ANH[3:]]
    assert tables.read(as_csv(ANH) + b";;;;\r\n" * 3000 + as_csv(second).split(b"\n", 1)[1]).numbers == (2, 3003)


def test_rows_without_numbers_that_never_end_are_told_so(monkeypatch):
    monkeypatch.setattr(workbooks, "LAST_ROW", 500)
    assert fault(with_rows(b'<row><c r="A1"/></row>' * 600)) == FileFault.ENDLESS


def test_many_sheets_with_something_in_the_last_row_of_each_do_not_add_up(monkeypatch):
    monkeypatch.setattr(workbooks, "_MAX_STEPS", 4000)
    book = openpyxl.Workbook()
    for number in range(3):
        sheet = book.create_sheet(f"Xã {number}")
        for line in (HEAD, ANH):
            sheet.append(line)
        sheet["A2000"], sheet["A2001"] = "x", "=1/0"
        sheet["AX1"] = "x"  # wider than calamine is given
    buffer = io.BytesIO()
    book.save(buffer)
    assert fault(buffer.getvalue()) == FileFault.ENDLESS


def test_a_formula_whose_result_is_an_empty_text_is_no_fault():
    empty = with_rows(b'<row r="3"><c r="D3" t="str"><f>IF(1,"","x")</f><v></v></c></row>')
    uncounted = with_rows(b'<row r="3"><c r="D3"><f>IF(1,"","x")</f><v></v></c></row>')
    assert [workbooks.sheets(data)[0].uncounted for data in (empty, uncounted)] == [set(), {"D3"}]


def test_columns_beyond_those_that_a_list_has_are_not_read():
    many = ["x"] * 3000
    assert problems(as_xlsx([*ANH, *many], head=[*HEAD, *(f"c{number}" for number in range(3000))])) == [None]
    assert problems(as_csv([*ANH, *many], head=[*HEAD, *many])) == [None]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<html><body><table><tr><th>H\xe1\xbb\x8d v\xc3\xa0 t\xc3\xaan</th></tr></table></body></html>", "web_page"),
        ("\ufeff\r\n<HTML><table>".encode(), "web_page"),
        ("<html><table>".encode("utf-16"), "web_page"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "web_page"),
        (b"%PDF-1.7\n", "no_table"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "no_table"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old_excel"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
    ],
)
def test_what_is_no_roster_is_told_by_its_kind(data, expected):
    assert fault(data) == expected


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed_parts:
        for name, part in parts.items():
            packed_parts.writestr(name.replace("__", "/").replace("_dot_", "."), part)
    return buffer.getvalue()


def test_an_open_document_and_a_letter_are_told_by_their_kind():
    ods = archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_dot_xml=b"<a/>")
    assert fault(ods) == FileFault.OPEN_DOCUMENT
    assert fault(archive(word__document_dot_xml=b"<a/>")) == FileFault.NO_TABLE


def test_a_workbook_with_macros_is_read_and_its_macros_are_not():
    kinds = (b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml")
    data = packed(
        as_xlsx(ANH),
        parts={
            "[Content_Types].xml": lambda part: part.replace(*kinds),
            "xl/vbaProject.bin": lambda _: b"\xd0\xcf\x11\xe0",
        },
    )
    assert problems(data) == [None]


@pytest.mark.parametrize(
    ("column", "written", "field", "read"),
    [
        (0, "Đặng\u202e Thị\u2066 Ánh\u2069", "full_name", "Đặng Thị Ánh"),
        (0, "Đặng\u200b Thị\u2060 Ánh\ufeff", "full_name", "Đặng Thị Ánh"),
        (2, "0912\u200b345\u200d678", "phone", "+84912345678"),
        (2, "\u202d0912 345 678\u202c", "phone", "+84912345678"),
        (2, "０９１２ ３４５ ６７８", "phone", "+84912345678"),
        (4, "=1+1", "position", "=1+1"),
        (4, "\t@SUM(1)", "position", "@SUM(1)"),
    ],
)
def test_what_nobody_sees_is_taken_out_of_a_cell(column, written, field, read):
    row = [*ANH[:column], written, *ANH[column + 1 :]]
    entries = [rules.read_row(each, TODAY)[0] for each in tables.read(as_csv(row)).rows]
    assert [getattr(entry, field) for entry in entries] == [read]

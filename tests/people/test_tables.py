import contextlib
import datetime as dt
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.people.enums import FileFault
from lms.people.formats import FileRefusedError, tables
from tests.people.conftest import ANH, HEAD, as_csv, as_xlsx

HEADINGS = ["full_name", "born", "phone", "email", "position", "page_duty", "unit", "starts_on"]


def fault_of(data: bytes) -> FileFault:
    with pytest.raises(FileRefusedError) as refused:
        tables.read(data)
    assert "%(" not in str(refused.value)
    return refused.value.fault


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_with_any_separator(delimiter):
    table = tables.read(as_csv(ANH, delimiter=delimiter))
    assert table.numbers == (2,)
    assert (table.lines[0]["full_name"], table.lines[0]["phone"]) == ("Đặng Thị Ánh", "0912 345 678")


def test_csv_in_utf_16_as_excel_saves_unicode_text():
    data = "\t".join(HEAD) + "\r\n" + "\t".join(ANH) + "\r\n"
    assert tables.read(data.encode("utf-16")).lines[0]["full_name"] == "Đặng Thị Ánh"


def test_row_numbers_are_those_that_excel_shows():
    rows = [ANH, [""] * 8, ["Người\nhai dòng", *ANH[1:]], ANH]
    assert tables.read(as_csv(*rows)).numbers == (2, 4, 5)
    assert tables.read(as_xlsx(ANH, [None] * 8, ANH, above=5)).numbers == (7, 9)


def test_the_header_is_found_by_what_it_says():
    head = [
        "TT",
        "HỌ VÀ TÊN (chữ in)",
        "Năm sinh",
        "Số ĐT",
        "Thư điện tử",
        "Chức danh",
        "Nhiệm vụ",
        "Đơn vị công tác",
        "Từ ngày",
    ]
    table = tables.read(as_xlsx(["1", *ANH], head=head, above=4))
    values = ["Đặng Thị Ánh", "05/08/1985", "0912 345 678", None, "Phó Chủ tịch", "Phụ trách Trang", "Xã Vạn Yên", None]
    assert table.lines[0] == dict(zip(HEADINGS, values, strict=True))


def test_excel_dates_and_numbers_come_as_they_are():
    row = ["Đặng Thị Ánh", dt.datetime(1985, 8, 5), 912345678, None, "Chuyên viên", None, "Xã Vạn Yên", None]
    line = tables.read(as_xlsx(row)).lines[0]
    assert (line["born"], line["phone"]) == (dt.date(1985, 8, 5), 912345678)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", FileFault.EMPTY),
        (b"\xef\xbb\xbf\r\n\r\n", FileFault.EMPTY),
        (as_csv(), FileFault.EMPTY),
        (b"x" * (tables.MAX_BYTES + 1), FileFault.TOO_BIG),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, FileFault.OLD_EXCEL),
        (b"PK\x03\x04 no zip at all", FileFault.BROKEN),
        (";".join(HEAD).encode("cp1258", "replace") + b"\r\n\xd0\xe7\xff", FileFault.NOT_UTF8),
        (b"a;b;c\r\n1;2;3\r\n", FileFault.NO_NAME_COLUMN),
        (b"loi chao\r\ntam biet\r\n", FileFault.NO_HEADER),
        (b"Ho va ten;Don vi\0;x", FileFault.BROKEN),
        (as_csv(ANH, head=[*HEAD[:-1], "Họ tên"]), FileFault.DOUBLE_HEADER),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_with_one_sentence(data, fault):
    assert fault_of(data) == fault


def test_a_zip_that_is_no_workbook_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("hello.txt", "hello")
    assert fault_of(buffer.getvalue()) == FileFault.BROKEN


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", b"0" * (90 * 1024 * 1024))
    assert len(buffer.getvalue()) < tables.MAX_BYTES
    assert fault_of(buffer.getvalue()) == FileFault.UNPACKED


def test_a_cell_in_the_last_corner_of_the_sheet_costs_nothing():
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    book.active.append(ANH)
    book.active["XFD1048576"] = "x"
    buffer = io.BytesIO()
    book.save(buffer)
    assert tables.read(buffer.getvalue()).numbers == (2,)


def test_more_rows_than_allowed_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MAX_ROWS", 20)
    assert len(tables.read(as_csv(*[ANH] * 20)).rows) == 20
    assert fault_of(as_csv(*[ANH] * 21)) == FileFault.TOO_MANY_ROWS


@pytest.mark.parametrize(
    "name",
    [
        "NguyÔn V¨n An",  # TCVN3
        "TrÇn ThÞ B×nh",
        "Nguyeãn Vaên An",  # VNI
        "Traàn Thò Hoàng Aân",
        "Nguyá»…n VÄƒn An",  # UTF-8 read as Windows-1252
    ],
)
def test_names_in_old_code_tables_are_told_and_refused(name):
    assert fault_of(as_csv([name, *ANH[1:]])) == FileFault.OLD_FONT
    assert fault_of(as_xlsx([name, *ANH[1:]])) == FileFault.OLD_FONT


@pytest.mark.parametrize(
    "name",
    ["Đặng Thị Ánh", "Hoà", "Nguyễn Thị Thuý", "H'Hen Niê", "Y Thông", "Ngô Thị Hoàng Oanh", "Đỗ Quỳnh Như",
     "Phạm Thị Loan", "Lê Quốc Toàn", "Trần Thuỵ Uyên", "Bùi Thị Huế", "Âu Dương Ý", "Ksor H'Yuê"],
)  # fmt: skip
def test_names_in_unicode_are_not_taken_for_old_ones(name):
    assert tables.read(as_csv([name, *ANH[1:]])).lines[0]["full_name"] == name


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_and_never_fail_otherwise(data):
    with contextlib.suppress(FileRefusedError):
        tables.read(data)


def test_a_row_without_a_name_is_no_signature_whatever_the_position_says():
    """ "Chủ tịch …" alone at the end of a sheet is a signature; beside a telephone and a unit it is somebody's row."""
    table = tables.read(as_csv(ANH, ["", "05/08/1985", "0983 111 222", "", "Chủ tịch", "", "Xã Vạn Yên", ""]))
    assert [row.number for row in table.rows] == [2, 3]

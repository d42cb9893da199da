"""The file of refused rows looks like the file that was sent, with the reason behind."""

import csv
import io

import openpyxl
import pytest
import time_machine

from lms.people import exports, queries
from lms.people.formats import tables
from lms.people.services import rosters
from tests.conftest import NOON

OURS = ["Trang tính", "Dòng", "Lý do"]
FILE = (
    "TT;Đơn vị công tác;Họ tên cán bộ;SĐT;Chức danh;Năm sinh;Ghi chú\n"
    "1;Phường Hạ Long;Vi Văn Một;12;=1+1;1980;x\n"
    "2;Phường Hạ Long;Vi Văn Hai;0912000002;Chuyên viên;1981;\n"
)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOON, tick=False):
        yield


def staged(manager, units, data, name):
    batch = rosters.stage(data=data, file_name=name, unit=units.p1, by=manager, at=NOON)
    rows = batch.rows.filter(outcome="refused").order_by("pk")
    return rows, queries.layout(batch).sheets


def test_the_columns_of_the_file_stand_in_their_order_and_the_row_number_is_that_of_the_file(manager_p1, units):
    rows, sheets = staged(manager_p1, units, FILE.encode(), "ds.csv")
    out = exports.refused_csv(rows, sheets)
    heads, line = list(csv.reader(io.StringIO(out.decode("utf-8-sig")), delimiter=";"))
    assert heads == ["Đơn vị công tác", "Họ tên cán bộ", "SĐT", "Chức danh", "Năm sinh", *OURS]
    assert line[:-1] == ["Phường Hạ Long", "Vi Văn Một", "12", "'=1+1", "1980", "", "2"]
    assert line[-1] == rows.get().sentence
    mended = tables.read(out).lines[0]
    assert (mended["full_name"], mended["unit"]) == ("Vi Văn Một", "Phường Hạ Long")


def test_each_sheet_keeps_its_own_columns(manager_p1, units):
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Cấp tỉnh"
    other = book.create_sheet("Cấp xã")
    for sheet, heads in ((book.worksheets[0], ["Họ và tên", "SĐT", "Chức vụ", "Đơn vị"]),
                         (other, ["Đơn vị", "Họ và đệm", "Tên", "Chức vụ", "Điện thoại"])):  # fmt: skip
        sheet.append(heads)
    book.worksheets[0].append(["Vi Văn Một", "12", "Chuyên viên", "Tỉnh Quảng Ninh"])
    other.append(["Phường Hạ Long", "Vi Văn", "Hai", "Chuyên viên", "13"])
    buffer = io.BytesIO()
    book.save(buffer)
    rows, sheets = staged(manager_p1, units, buffer.getvalue(), "ds.xlsx")
    out = openpyxl.load_workbook(io.BytesIO(exports.refused_xlsx(rows, sheets)))
    found = {sheet.title: [[cell.value or "" for cell in row][:-1] for row in sheet.iter_rows()] for sheet in out}
    assert found == {
        "Cấp tỉnh": [
            ["Họ và tên", "SĐT", "Chức vụ", "Đơn vị", *OURS[:-1]],
            ["Vi Văn Một", "12", "Chuyên viên", "Tỉnh Quảng Ninh", "Cấp tỉnh", "2"],
        ],
        "Cấp xã": [
            ["Đơn vị", "Họ và tên", "Chức vụ", "Điện thoại", *OURS[:-1]],
            ["Phường Hạ Long", "Vi Văn Hai", "Chuyên viên", "13", "Cấp xã", "2"],
        ],
    }
    flat = list(csv.reader(io.StringIO(exports.refused_csv(rows, sheets).decode("utf-8-sig")), delimiter=";"))
    assert flat[0] == [*list(exports.COLUMN_WORDS.values()), *OURS]
    assert [line[0] for line in flat[1:]] == ["Vi Văn Một", "Vi Văn Hai"]


def test_a_unit_that_stood_in_the_heading_of_a_group_gets_a_column(manager_p1, units):
    data = "TT;Họ và tên;SĐT;Chức vụ\nI;Phường Hạ Long;;\n1;Vi Văn Một;12;Chuyên viên\n"
    rows, sheets = staged(manager_p1, units, data.encode(), "ds.csv")
    heads, line = list(csv.reader(io.StringIO(exports.refused_csv(rows, sheets).decode("utf-8-sig")), delimiter=";"))
    assert dict(zip(heads, line, strict=True))["Đơn vị"] == "Phường Hạ Long"

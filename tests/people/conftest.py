import csv
import io

import openpyxl
import pytest

from lms.people.exports import HEADS

HEAD = ["Họ và tên", "Ngày sinh", "Điện thoại", "Email", "Chức vụ", "Nhiệm vụ Trang", "Đơn vị", "Từ ngày"]
ANH = ["Đặng Thị Ánh", "05/08/1985", "0912 345 678", "", "Phó Chủ tịch", "Phụ trách Trang", "Xã Vạn Yên", ""]


def as_csv(*rows, head=HEAD, delimiter=";") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([head, *rows])
    return ("\ufeff" + buffer.getvalue()).encode()


def as_xlsx(*rows, head=HEAD, above=0) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for _ in range(above):
        sheet.append(["DANH SÁCH CÁN BỘ"])
    sheet.append(head)
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def template_heads():
    return HEADS

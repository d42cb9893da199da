import csv
import datetime as dt
import io
import re

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from lms.fanpages.services import confirm
from lms.reports import exports
from lms.reports.exports import Column, Share, csv_lines, neutral, workbook
from lms.units.models import Appointment
from tests.conftest import NOON, make_person, make_unit
from tests.fanpages.conftest import says
from tests.reports.conftest import TODAY, begin, certify, complete
from tests.reports.test_views import body, signed_in, words

HOSTILE = ["=1+1", "+84", "-2", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_begins_like_a_formula_gets_an_apostrophe(text):
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Lê Văn =", "0912 345 678", "", "a+b"])
def test_other_texts_stay_as_they_are(text):
    assert neutral(text) == text


def test_csv_begins_with_a_bom_and_writes_vietnamese_figures():
    lines = list(csv_lines([Column("Tên", 1)] * 5, [["Đặng; “Ánh”", 6200, Share(7, 9), dt.date(2022, 8, 5), None]]))
    assert lines == ["\ufeffTên;Tên;Tên;Tên;Tên\r\n", '"Đặng; “Ánh”";6200;77,8%;05/08/2022;\r\n']


def test_csv_gives_its_header_before_it_asks_for_a_row():
    def rows():
        raise AssertionError("asked too early")
        yield

    assert next(csv_lines([Column("Tên", 1)], rows())) == "\ufeffTên\r\n"


def test_xlsx_cells_are_typed():
    book = load_workbook(
        workbook("Tên", ["Ghi chú"], [Column("A", 10)] * 4, [["x", 6200, Share(1, 4), dt.date(2022, 8, 5)]])
    )
    sheet = book.active
    cells = sheet[5]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in cells] == [
        ("x", "s", "General"),
        (6200, "n", "#,##0"),
        (0.25, "n", "0.0%"),
        (dt.datetime(2022, 8, 5), "d", "dd/mm/yyyy"),
    ]
    assert (sheet.freeze_panes, sheet.column_dimensions["A"].width, sheet["A4"].font.bold) == ("A5", 10, True)


@pytest.mark.parametrize("text", [*HOSTILE, '=HYPERLINK("http://x")', "a\x00b\x0b"])
def test_no_text_becomes_a_formula_in_xlsx_whatever_it_holds(text):
    cell = load_workbook(workbook(text, [text], [Column(text, 10)], [[text]])).active["A5"]
    assert cell.data_type == "s"
    assert cell.value.lstrip("'")[:1] not in "=+@" or cell.value.startswith("'")


# --- Through the pages --------------------------------------------------------------------------------


@pytest.fixture
def some_results(units, officer_p1, outline):
    """Two communes: one completed and certified, one under way, one not begun, one whose name is a formula."""
    officer_p1.phone = "+84912345678"
    officer_p1.save()
    certify(complete(officer_p1, outline.course, dt.date(2026, 5, 2)))
    begin(make_person("b", "Lê Văn Bình", units.p1_b), outline.course, dt.date(2026, 5, 3))
    return make_person("evil", "=cmd|' /C calc'!A0", units.p1_b, position="@SUM(1)")


def csv_of(client, page, unit, **query):
    text = body(client.get(reverse(f"reports:{page}", args=[unit.pk]), query))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def xlsx_of(client, page, unit, **query):
    """The rows below the header, as values."""
    response = client.get(reverse(f"reports:{page}", args=[unit.pk]), query)
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    start = int(sheet.freeze_panes[1:])
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=start)]


def test_the_table_the_csv_and_the_xlsx_show_the_same_figures(units, manager_p1, some_results):
    client = signed_in(manager_p1)
    says(units.p1_a, manager_p1, source="manager")
    page = client.get(reverse("reports:unit", args=[units.p1.pk]), {"sap_xep": "-can-bo"})
    table = page.context["table"]
    shown = [
        (row.name, f.units, f.covered, f.with_page, f.page_confirmed, f.without_page, f.page_unknown, f.people, f.done,
         f.under_way, f.not_begun)
        for row in (*table.rows, table.total)
        if (f := row.figures)
    ]  # fmt: skip
    assert shown[-1][1:] == (2, 1, 1, 0, 0, 1, 4, 1, 1, 2)
    numbers, shares = (1, 2, 4, 6, 7, 8, 9, 10, 12, 13), (3, 5, 11)
    found = csv_of(client, "units-csv", units.p1, sap_xep="-can-bo")[1:]
    assert [(r[0], *(int(r[i]) for i in numbers)) for r in found] == shown
    assert [found[-1][i] for i in shares] == ["50%", "50%", "25%"]
    typed = xlsx_of(client, "units-xlsx", units.p1, sap_xep="-can-bo")
    assert [(r[0], *(r[i] for i in numbers)) for r in typed] == shown
    assert [typed[-1][i] for i in shares] == [0.5, 0.5, 0.25]


def test_page_csv_and_xlsx_say_the_same_of_the_pages_to_the_last_figure(units, manager_p1, centre, outline):
    """54 units: 36 with a page, 20 of them confirmed, 4 without, of 14 nothing is known."""
    made = [make_unit(f"Xã Số {index:02d}", parent=units.p1, level="commune", rank=30) for index in range(52)]
    communes = [units.p1_a, units.p1_b, *made]
    records = [says(unit, manager_p1, source="manager") for unit in communes[:36]]
    for record in records[:20]:
        confirm(record=record, by=centre, at=NOON)
    for unit in communes[36:40]:
        says(unit, manager_p1, "no", source="manager")
    says(communes[40], manager_p1, "unknown", source="manager")
    client = signed_in(manager_p1)
    page = client.get(reverse("reports:unit", args=[units.p1.pk]))
    shown = words(page)
    assert "36/54 66,7 %" in shown
    assert re.search(r"no page 4 · not known 14 · confirmed 20|chưa có 4 · chưa rõ 14 · đã xác nhận 20", shown)
    total = csv_of(client, "units-csv", units.p1)[-1]
    assert [total[1], *total[4:9]] == ["54", "36", "66,7%", "20", "4", "14"]
    typed = xlsx_of(client, "units-xlsx", units.p1)[-1]
    assert [typed[1], typed[4], typed[5], *typed[6:9]] == [54, 36, 36 / 54, 20, 4, 14]
    assert "36/54 (66,7 %)" in words(page)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"trang_thai": "done"},
        {"trang_thai": "not_started"},
        {"pham_vi": "co-quan"},
        {"nhiem_vu": "officer"},
        {"ngay": "01/05/2026"},
        {"chuc_vu": "pho chu tich"},
    ],
)
def test_the_list_the_csv_and_the_xlsx_name_the_same_people(units, manager_p1, some_results, query):
    client = signed_in(manager_p1)
    page = client.get(reverse("reports:people", args=[units.p1.pk]), query)
    shown = [neutral(row.name) for row in page.context["people"]]
    assert len(shown) == page.context["count"]
    assert [row[1] for row in csv_of(client, "people-csv", units.p1, **query)[1:]] == shown
    assert [row[1] for row in xlsx_of(client, "people-xlsx", units.p1, **query)] == shown


def test_a_person_in_the_files_cell_by_cell(units, manager_p1, some_results):
    client = signed_in(manager_p1)
    line = csv_of(client, "people-csv", units.p1_a)[1]
    assert [line[i] for i in (0, 1, 2, 4, 5, 6, 8, 9)] == [
        "1", "Đặng Thị Nguyệt Ánh", "Phó Chủ tịch", "Xã Vạn Yên", "", "0912 345 678", "25/04/2026", "02/05/2026",
    ]  # fmt: skip
    row = xlsx_of(client, "people-xlsx", units.p1_a)[0]
    assert [row[i] for i in (0, 1, 6, 8, 9)] == [
        1, "Đặng Thị Nguyệt Ánh", "0912 345 678", dt.datetime(2026, 4, 25), dt.datetime(2026, 5, 2),
    ]  # fmt: skip


def test_hostile_names_leave_as_text_in_both_files(units, manager_p1, some_results):
    client = signed_in(manager_p1)
    line = next(row for row in csv_of(client, "people-csv", units.p1) if "cmd" in row[1])
    assert (line[1], line[2]) == ("'=cmd|' /C calc'!A0", "'@SUM(1)")
    row = next(row for row in xlsx_of(client, "people-xlsx", units.p1) if "cmd" in row[1])
    assert (row[1], row[2]) == ("'=cmd|' /C calc'!A0", "'@SUM(1)")


def test_the_workbook_says_as_of_when(units, manager_p1, some_results):
    response = signed_in(manager_p1).get(reverse("reports:people-xlsx", args=[units.p1.pk]), {"ngay": "01/05/2026"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert "Tỉnh Quảng Ninh" in sheet["A1"].value
    assert "01/05/2026" in sheet["A2"].value
    assert "Trang cộng đồng" in sheet["A3"].value


def test_files_are_named_after_the_unit_and_the_day(units, manager_p1, some_results):
    client = signed_in(manager_p1)
    for page, ending in (("units-csv", "csv"), ("people-xlsx", "xlsx")):
        header = client.get(reverse(f"reports:{page}", args=[units.p1.pk]))["Content-Disposition"]
        assert header.startswith("attachment; filename=")
        assert header.endswith(f'tinh-quang-ninh-2026-11-23.{ending}"')


def test_people_who_left_carry_no_phone_in_a_file_of_the_past(units, manager_p1, officer_p1, some_results):
    left = TODAY - dt.timedelta(days=10)
    Appointment.objects.filter(person=officer_p1).update(ends_on=left)
    lines = csv_of(signed_in(manager_p1), "people-csv", units.p1_a, ngay="01/10/2026")
    assert [(row[1], row[6]) for row in lines[1:]] == [("Đặng Thị Nguyệt Ánh", "")]


def test_a_file_takes_as_many_queries_for_one_person_as_for_three(
    units, manager_p1, officer_p1, outline, django_assert_num_queries
):
    client = signed_in(manager_p1)
    address = reverse("reports:people-csv", args=[units.p1_a.pk])
    body(client.get(address))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        body(client.get(address))
    for index in range(2):
        complete(make_person(f"more{index}", "Lê Văn A", units.p1_a), outline.course, TODAY)
    with django_assert_num_queries(len(one)):
        body(client.get(address))


def test_columns_and_cells_are_of_one_length(units, manager_p1, some_results):
    client = signed_in(manager_p1)
    assert {len(row) for row in csv_of(client, "units-csv", units.p1)} == {len(exports.unit_columns())}
    assert {len(row) for row in csv_of(client, "people-csv", units.p1)} == {len(exports.people_columns())}

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lms.accounts.models import User
from lms.people import exports, queries
from lms.people.formats import tables
from lms.people.models import RosterBatch
from lms.units.models import Grant
from tests.people.conftest import ANH, as_csv, as_xlsx

pytestmark = pytest.mark.django_db
BINH = ["Bùi Văn Bình", "1990", "0983 111 222", "", "Chuyên viên", "", "Phường Hạ Long", ""]
BAD = ["", "1990", "0983 111 223", "", "=HYPERLINK(1)", "", "Phường Hạ Long", ""]


def upload(client, data, name="ds.csv"):
    return client.post("/units/roster/", {"file": SimpleUploadedFile(name, data)})


@pytest.fixture
def batch(client, manager_p1):
    client.force_login(manager_p1)
    upload(client, as_csv(ANH, BINH, BAD))
    return RosterBatch.objects.get()


def test_upload_check_confirm_and_codes_in_the_browser(client, batch):
    page = client.get(f"/units/roster/{batch.pk}/")
    assert (page.context["counts"].new, page.context["counts"].refused) == (2, 1)
    assert not User.objects.filter(phone="+84912345678").exists()
    for _ in range(2):
        assert client.post(f"/units/roster/{batch.pk}/confirm/").status_code == 302
    assert User.objects.filter(phone="+84912345678").count() == 1
    slips = client.post(f"/units/roster/{batch.pk}/codes/")
    rows = list(openpyxl.load_workbook(io.BytesIO(slips.content)).active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Họ và tên", "Đặng Thị Ánh", "Bùi Văn Bình"]
    assert User.objects.get(phone="+84912345678").check_password(rows[1][4])
    assert client.post(f"/units/roster/{batch.pk}/codes/").status_code == 302
    assert client.post(f"/units/roster/{batch.pk}/codes/", {"again": "1"}).status_code == 200
    assert client.get(f"/units/roster/{batch.pk}/codes/").status_code == 405


def test_a_large_roster_is_written_by_the_worker(client, batch, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("lms.people.views.rosters.WRITE_NOW", 1)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/units/roster/{batch.pk}/confirm/")
    assert User.objects.filter(phone="+84912345678").count() == 1


def test_the_row_that_is_refused_says_so_with_its_number_in_excel(client, batch):
    html = client.get(f"/units/roster/{batch.pk}/?outcome=refused").content.decode()
    assert batch.rows.get(number=4).sentence in html
    assert ">4<" in html or " 4<" in html


@pytest.mark.parametrize("who", ["officer_p1", "manager_p2", "viewer"])
def test_strangers_get_404_everywhere(client, batch, who, request, units, officer_p2):
    if who == "viewer":
        person = officer_p2
        Grant.objects.create(person=person, unit=units.p1, right="view", starts_on="2022-01-01")
    else:
        person = request.getfixturevalue(who)
    client.force_login(person)
    base = f"/units/roster/{batch.pk}/"
    assert [client.get(path).status_code for path in (base, f"{base}refused.csv")] == [404, 404]
    assert [client.post(f"{base}{door}/").status_code for door in ("confirm", "cancel", "codes")] == [404, 404, 404]
    lists = ["/units/roster/", "/units/roster/template.xlsx", "/units/roster/template.csv"]
    expected = [200, 200, 200] if who == "manager_p2" else [404, 404, 404]
    assert [client.get(path).status_code for path in lists] == expected
    batch.refresh_from_db()
    assert (batch.state, User.objects.filter(phone="+84912345678").count()) == ("staged", 0)


def test_the_list_shows_only_ones_own_rosters(client, batch, manager_p2, centre):
    client.force_login(manager_p2)
    assert list(client.get("/units/roster/").context["page"]) == []
    client.force_login(centre)
    assert list(client.get("/units/roster/").context["page"]) == [batch]


def test_without_signing_in_there_is_nothing(client):
    assert client.get("/units/roster/")["Location"].startswith("/accounts/login/")


def test_a_bad_file_is_told_beside_the_field(client, manager_p1):
    client.force_login(manager_p1)
    page = upload(client, b"\xff\xfe\x00", "x.csv")
    assert list(page.context["form"].errors) == ["file"]
    assert RosterBatch.objects.count() == 0


def test_a_file_of_more_than_25_megabytes_is_refused(client, manager_p1):
    client.force_login(manager_p1)
    assert list(upload(client, b"x" * (tables.MAX_BYTES + 1)).context["form"].errors) == ["file"]


def test_the_unit_is_chosen_among_ones_own_only(client, centre, units, manager_p1):
    Grant.objects.create(person=manager_p1, unit=units.p2_a, right="import", starts_on="2022-01-01")
    client.force_login(manager_p1)
    data = {"file": SimpleUploadedFile("ds.csv", as_csv(ANH)), "unit": units.p2.pk}
    assert list(client.post("/units/roster/", data).context["form"].errors) == ["unit"]


def test_hostile_cells_do_no_harm_in_nor_out(client, batch):
    out = client.get(f"/units/roster/{batch.pk}/refused.csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in out
    page = client.get(f"/units/roster/{batch.pk}/?outcome=refused").content.decode()
    assert "<script>" not in page.replace("<script src", "")


def test_the_refused_rows_can_be_mended_and_sent_again(client, batch):
    out = client.get(f"/units/roster/{batch.pk}/refused.csv").content
    table = tables.read(out)
    assert table.lines[0]["unit"] == "Phường Hạ Long"


def test_the_template_reads_back_and_holds_text_columns_and_lists(client, manager_p1, units):
    client.force_login(manager_p1)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/units/roster/template.xlsx").content))
    sheet = book["Danh sách"]
    assert [cell.value for cell in sheet[1]] == exports.HEADS
    assert {sheet.cell(row=2, column=column).number_format for column in range(2, 15)} == {"@"}
    assert [(str(each.sqref), each.formula1) for each in sheet.data_validations.dataValidation] == [
        ("K2:K100000", '"Chính,Kiêm nhiệm"'),
        ("L2:L100000", '"Có,Không"'),
        ("G2:G100000", '"Phụ trách Trang,Thành viên Tổ quản trị Trang,Không"'),
        ("J2:J100000", '"Có,Chưa,Chưa rõ"'),
        ("H2:H100000", "'Đơn vị'!$A$2:$A$4"),
        ("F2:F100000", f"'Chức vụ'!$A$2:$A${book['Chức vụ'].max_row}"),
    ]
    listed = [row[0] for row in book["Đơn vị"].iter_rows(min_row=2, values_only=True)]
    assert sorted(listed) == sorted(
        ["Tỉnh Quảng Ninh", "Xã Vạn Yên, Tỉnh Quảng Ninh", "Phường Hạ Long, Tỉnh Quảng Ninh"]
    )
    for column, value in enumerate(ANH, start=2):
        sheet.cell(row=2, column=column).value = value
    sheet["H2"], sheet["J2"] = "Xã Vạn Yên, Tỉnh Quảng Ninh", "Chưa"
    buffer = io.BytesIO()
    book.save(buffer)
    upload(client, buffer.getvalue(), "ds.xlsx")
    assert [(row.outcome, row.page_status) for row in RosterBatch.objects.get().rows.all()] == [("new", "no")]


def test_the_csv_template_reads_back(client, manager_p1):
    client.force_login(manager_p1)
    head = client.get("/units/roster/template.csv").content
    assert head.startswith(b"\xef\xbb\xbf")
    line = ";".join(["1", *ANH]).encode()
    assert tables.read(head + line).lines[0]["full_name"] == "Đặng Thị Ánh"


def test_the_pages_cost_the_same_with_one_row_and_with_three(client, manager_p1):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(manager_p1)
    seen = []
    for number in (1, 3):
        rows = [[f"Nguyễn Văn {'ABC'[i]}", "1980", f"091200000{i}", *ANH[3:]] for i in range(number)]
        for _ in range(number - RosterBatch.objects.count()):
            upload(client, as_xlsx(*rows), "ds.xlsx")
        batch = RosterBatch.objects.latest("pk")
        counts = []
        for path in ("/units/roster/", f"/units/roster/{batch.pk}/"):
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            counts.append(len(captured))
        seen.append(counts)
    assert seen[0] == seen[1]


def test_a_forgotten_password_is_replaced_by_a_code_shown_once(client, manager_p1, officer_p1):
    client.force_login(manager_p1)
    page = client.post("/units/roster/code/", {"name": "OFFICER_P1"})
    person, code = page.context["issued"]
    officer_p1.refresh_from_db()
    assert (person, officer_p1.check_password(code), officer_p1.must_change_password) == (officer_p1, True, True)
    assert client.get("/units/roster/code/").context["issued"] is None


@pytest.mark.parametrize("who", ["officer_p2", "manager_p1", "centre", "manager_p2"])
def test_no_code_is_given_for_strangers_nor_for_managers(client, manager_p1, who, request):
    target = request.getfixturevalue(who)
    before = target.password
    client.force_login(manager_p1)
    page = client.post("/units/roster/code/", {"name": who})
    target.refresh_from_db()
    assert (page.context["issued"], target.password) == (None, before)


def test_an_officer_gives_no_codes(client, officer_p1, officer_p2):
    client.force_login(officer_p1)
    assert client.post("/units/roster/code/", {"name": "officer_p1"}).status_code == 404


def test_the_dry_run_says_when_a_column_of_days_may_be_read_both_ways(client, manager_p1, units):
    client.force_login(manager_p1)
    rows = [
        [*ANH[:1], day, f"0912 345 67{number}", *ANH[3:]] for number, day in enumerate(["08/25/1985", "05/08/1985"])
    ]
    upload(client, as_csv(*rows), "ds.csv")
    batch = RosterBatch.objects.get()
    assert [(each.column, each.wrong, each.either_at) for each in queries.layout(batch).dates] == [
        ("born", 1, (3, "05/08/1985"))
    ]
    page = client.get(f"/units/roster/{batch.pk}/").content.decode()
    assert "08/25/1985" in page

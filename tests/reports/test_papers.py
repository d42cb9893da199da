"""Papers as a manager takes them away: who may, what stands on them, that it is written down."""

import datetime as dt
import io
import re
import subprocess

import docx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.plans.models import Assignment, BasisDocument
from lms.reports import rendering
from lms.reports.formats.layout import BadLayoutError
from lms.reports.queries import papers
from lms.units.models import Appointment, Unit
from tests.conftest import make_person, make_unit
from tests.reports.conftest import NOON, TODAY, begin, complete

PAPERS = ["report-docx", "report-pdf", "missing-txt", "missing-zalo", "call-list", "call-list-pdf"]


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def get(person: User, page: str, unit: Unit, **asked: str):
    return signed_in(person).get(reverse(f"reports:{page}", args=[unit.pk]), asked)


def words_of_docx(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells]).replace("\u00a0", " ")


def words_of_pdf(content: bytes) -> str:
    found = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True).stdout
    return " ".join(found.decode().replace("\u00a0", " ").split())


def give(course, unit: Unit, by: User, **fields) -> Assignment:
    values = {
        "contact_name": "Lê Thị Hà",
        "contact_phone": "+84987654321",
        "code": f"ma-{unit.pk}-{Assignment.objects.count()}",
        "assigned_at": NOON - dt.timedelta(days=9),
        **fields,
    }
    return Assignment.objects.create(course=course, unit=unit, assigned_by=by, **values)


@pytest.fixture
def plan(db: None) -> BasisDocument:
    return BasisDocument.objects.create(
        kind="Kế hoạch",
        reference="141/KH-MTTQ-BTT",
        date_as_written="12/4/2022",
        issuer="Ban Thường trực Ủy ban MTTQ Việt Nam tỉnh Quảng Ninh",
        title="triển khai Trang cộng đồng",
    )


@pytest.fixture
def a_phone(officer_p1: User) -> User:
    officer_p1.phone = "+84912345678"
    officer_p1.save()
    return officer_p1


# --- Who may take them, and that it is written down ------------------------------------------------------


@pytest.mark.parametrize("page", PAPERS)
def test_another_province_and_an_officer_get_404(page, units, outline, manager_p1, manager_p2, a_phone):
    found = [get(person, page, units.p1).status_code for person in (manager_p1, manager_p2, a_phone)]
    assert found == [200, 404, 404]


@pytest.mark.parametrize("page", PAPERS)
def test_nobody_may_take_a_paper_of_what_is_above_nor_without_signing_in(page, units, outline, manager_p1):
    assert get(manager_p1, page, units.centre).status_code == 404
    response = Client().get(reverse(f"reports:{page}", args=[units.p1.pk]))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("page", PAPERS)
def test_every_paper_that_is_taken_is_in_the_log_and_a_refused_one_is_not(
    page, units, outline, manager_p1, manager_p2, a_phone
):
    get(manager_p2, page, units.p1)
    assert not ModelLogEntry.objects.filter(action__startswith="reports.").exists()
    get(manager_p1, page, units.p1)
    entry = ModelLogEntry.objects.get(action__startswith="reports.")
    assert (entry.user_id, entry.object_id) == (manager_p1.pk, str(units.p1.pk))
    assert entry.data["day"] == "2026-11-23"
    assert "912" not in str(entry.data)


@pytest.mark.parametrize("page", PAPERS)
def test_no_cache_keeps_a_paper(page, units, outline, manager_p1, a_phone):
    assert "private" in get(manager_p1, page, units.p1)["Cache-Control"]


# --- The figures are those of the screen ----------------------------------------------------------------


def csv_rows(person: User, unit: Unit, **asked: str) -> list[list[str]]:
    content = b"".join(get(person, "units-csv", unit, **asked).streaming_content).decode().removeprefix("\ufeff")
    return [line.split(";") for line in content.splitlines()[1:]]


def share(part: str, whole: str, percent: str) -> str:
    return f"{part}/{whole} ({percent.replace('%', ' %')})" if percent else f"{part}/{whole}"


@pytest.fixture
def province(units, outline, officer_p1) -> Unit:
    """Two communes, one of them with a trained officer, the other with two who are not; one at the office."""
    complete(officer_p1, outline.course, TODAY - dt.timedelta(days=3), unit=units.p1_a)
    begin(make_person("b1", "Trần Thị Bình", units.p1_b, duty="officer"), outline.course, TODAY)
    make_person("b2", "Lê Văn Cường", units.p1_b)
    return units.p1


@pytest.mark.parametrize("order", ["ten", "-ten", "can-bo"])
def test_word_pdf_csv_and_screen_show_the_same_rows_in_the_same_order(province, manager_p1, order):
    rows = csv_rows(manager_p1, province, sap_xep=order)
    document = docx.Document(io.BytesIO(get(manager_p1, "report-docx", province, sap_xep=order).content))
    table = document.tables[1]
    shown = [[cell.text.replace("\u00a0", " ") for cell in row.cells] for row in table.rows][1:]
    assert [cells[1] for cells in shown] == [*[row[0] for row in rows[:-1]], "Tổng cộng"]
    names = [column.strip('"') for column in _csv_head(manager_p1, province)]
    people, done, percent = (names.index(name) for name in _csv_names())
    assert [cells[3] for cells in shown] == [share(row[done], row[people], row[percent]) for row in rows]
    screen = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", get(manager_p1, "unit", province, sap_xep=order).content.decode())
    )
    pdf = words_of_pdf(get(manager_p1, "report-pdf", province, sap_xep=order).content)
    for cells in shown:
        figure = cells[3].split(" ")[0]
        assert figure in screen
        assert figure in pdf
    places = [pdf.index(row[0], pdf.index("2. Kết quả theo đơn vị")) for row in rows[:-1]]
    assert places == sorted(places)


def _csv_names() -> tuple[str, str, str]:
    return _("Officers"), _("Officers who have completed"), _("Share of officers")


def _csv_head(person: User, unit: Unit) -> list[str]:
    content = b"".join(get(person, "units-csv", unit).streaming_content).decode().removeprefix("\ufeff")
    return content.splitlines()[0].split(";")


def test_the_sentences_state_numerator_denominator_time_and_what_counts(province, manager_p1):
    said = words_of_docx(get(manager_p1, "report-docx", province).content)
    assert "Số liệu tính đến 12 giờ 00 phút ngày 23/11/2026" in said
    assert "1/2 đơn vị commune (50 %) có cán bộ phụ trách Trang cộng đồng đã hoàn thành" in said
    assert "còn 1 đơn vị chưa có" in said
    assert "1/4 cán bộ (25 %) đã hoàn thành khóa tập huấn; 1 đang học; 2 chưa học" in said
    assert "kể cả đơn vị chưa nhập danh sách cán bộ" in said


def test_a_past_day_is_said_to_be_over_and_a_filter_is_said(province, manager_p1):
    said = words_of_docx(get(manager_p1, "report-docx", province, ngay="20/11/2026", nhiem_vu="officer").content)
    assert "Số liệu tính đến hết ngày 20/11/2026" in said
    assert "1/2 cán bộ (50 %)" in said
    assert "chỉ tính: cán bộ phụ trách Trang cộng đồng" in said


def test_the_same_figures_have_the_same_mark_in_word_and_pdf_and_other_figures_another(
    province, outline, manager_p1, tmp_path
):
    first = docx.Document(io.BytesIO(get(manager_p1, "report-docx", province).content)).core_properties
    assert first.identifier.startswith(f"{province.pk}-20261123-{outline.course.pk}-")
    assert "figures_sha256=" in first.comments
    (tmp_path / "r.pdf").write_bytes(get(manager_p1, "report-pdf", province).content)
    info = subprocess.run(["pdfinfo", tmp_path / "r.pdf"], capture_output=True, text=True, check=True).stdout
    assert first.identifier in info
    complete(User.objects.get(username="b2"), outline.course, TODAY - dt.timedelta(days=1))
    second = docx.Document(io.BytesIO(get(manager_p1, "report-docx", province).content)).core_properties
    assert second.identifier != first.identifier


def test_a_report_takes_as_many_queries_for_one_unit_as_for_three(
    units, outline, manager_p1, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get(manager_p1, "report-docx", units.p1)
        return len(captured)

    count()
    before = count()
    for name in ("Xã Một", "Xã Hai"):
        make_person(name, "Phạm Văn Ba", make_unit(name, parent=units.p1, level="commune", rank=30), duty="officer")
    assert count() == before


@pytest.mark.parametrize("page", ["missing-txt", "call-list"])
@pytest.mark.parametrize("theo", ["", "can-bo"])
def test_a_list_takes_as_many_queries_for_one_as_for_three(page, theo, units, outline, manager_p1):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get(manager_p1, page, units.p1, theo=theo)
        return len(captured)

    make_person("mot", "Phạm Văn Một", units.p1_a, duty="officer")
    count()
    before = count()
    for name in ("Xã Hai", "Xã Ba"):
        make_person(name, "Phạm Văn Ba", make_unit(name, parent=units.p1, level="commune", rank=30), duty="officer")
    assert count() == before


# --- Tasks: basis, deadline ------------------------------------------------------------------------------


def test_the_basis_documents_of_standing_tasks_are_named_as_they_were_written(
    province, units, outline, manager_p1, manager_p2, centre, plan
):
    other = BasisDocument.objects.create(reference="7/HD-MTTW", date_as_written="tháng 6/2022")
    foreign = BasisDocument.objects.create(reference="99/KH-KHAC")
    gone = BasisDocument.objects.create(reference="98/KH-CU")
    give(outline.course, units.centre, centre, basis=other)
    give(outline.course, province, manager_p1, basis=plan, deadline=dt.date(2026, 11, 30))
    give(outline.course, units.p1_a, manager_p1, basis=plan)
    give(outline.course, units.p2, manager_p2, basis=foreign)
    give(outline.course, province, manager_p1, basis=gone, withdrawn_at=NOON, withdrawn_by=manager_p1)
    said = words_of_docx(get(manager_p1, "report-docx", province).content)
    grounds = [line for line in said.splitlines() if line.startswith("Căn cứ")]
    assert grounds == [
        "Căn cứ Văn bản số 7/HD-MTTW tháng 6/2022;",
        "Căn cứ Kế hoạch số 141/KH-MTTQ-BTT ngày 12/4/2022 của Ban Thường trực Ủy ban MTTQ Việt Nam tỉnh Quảng Ninh "
        "về triển khai Trang cộng đồng.",
    ]
    assert "được giao cho tỉnh Quảng Ninh theo Kế hoạch số 141/KH-MTTQ-BTT ngày 12/4/2022" in said
    assert "hạn hoàn thành: ngày 30/11/2026." in said
    assert "được giao cho xã Vạn Yên" not in said


def test_without_a_task_there_is_no_basis_and_nothing_is_invented(province, manager_p1):
    said = words_of_docx(get(manager_p1, "report-docx", province).content)
    assert "Căn cứ" not in said
    assert "hạn hoàn thành" not in said
    for part in ("1. Ưu điểm: [", "3. Nguyên nhân: [", "2. Kiến nghị, đề xuất: ["):
        assert part in said


# --- Units of every kind --------------------------------------------------------------------------------


def head_of(content: bytes) -> list[str]:
    table = docx.Document(io.BytesIO(content)).tables[0]
    return [p.text for p in table.rows[0].cells[0].paragraphs if p.text] + [
        cell.text.replace("\u00a0", "") for cell in table.rows[1].cells
    ]


def test_the_head_is_that_of_the_unit(units, outline, centre, district_era):
    day = "15/11/2024"
    assert head_of(get(centre, "report-docx", units.p1).content) == [
        "ỦY BAN MTTQ VIỆT NAM", "TỈNH QUẢNG NINH", "BAN THƯỜNG TRỰC", "Số:/BC-MTTQ-BTT", "Quảng Ninh, ngàythángnăm",
    ]  # fmt: skip
    assert head_of(get(centre, "report-docx", units.centre).content) == [
        "ỦY BAN TRUNG ƯƠNG", "MẶT TRẬN TỔ QUỐC VIỆT NAM", "BAN THƯỜNG TRỰC", "Số:/BC-MTTW-BTT", "Hà Nội, ngàythángnăm",
    ]  # fmt: skip
    assert head_of(get(centre, "report-docx", district_era["district"], ngay=day).content)[1] == "HUYỆN VÂN ĐỒN"
    assert head_of(get(centre, "report-docx", units.p1_a).content)[1] == "XÃ VẠN YÊN"


def test_a_unit_is_called_as_on_the_day_of_the_report(units, outline, manager_p1, renamed_b):
    found = [
        head_of(get(manager_p1, "report-docx", renamed_b, ngay=day).content)[1] for day in ("31/12/2025", "01/01/2026")
    ]
    assert found == ["PHƯỜNG HẠ LONG", "PHƯỜNG BÃI CHÁY"]


def test_a_commune_and_a_province_without_units_have_a_report_without_a_table(units, outline, centre, officer_p1):
    said = words_of_docx(get(centre, "report-docx", units.p1_a).content)
    assert "Xã Vạn Yên chưa có cán bộ phụ trách Trang cộng đồng hoàn thành khóa tập huấn." in said
    assert "2. Kết quả theo đơn vị" not in said
    empty = make_unit("Tỉnh Trống", parent=units.centre, level="province", rank=10)
    assert get(centre, "report-pdf", empty).status_code == 200
    assert "chưa nhập cán bộ nào" in words_of_docx(get(centre, "report-docx", empty).content)
    for page in ("missing-txt", "missing-zalo", "call-list", "call-list-pdf"):
        assert get(centre, page, empty).status_code == 200


def test_a_unit_that_was_not_open_that_day_has_papers_without_figures(units, outline, manager_p1, district_era):
    for page in PAPERS:
        assert get(manager_p1, page, units.p1_a, ngay="15/11/2024").status_code == 200


def test_names_are_text_and_nothing_else(units, outline, manager_p1):
    evil = make_unit("=HYPERLINK(1) <b>&amp;</b>\x0b[x]", parent=units.p1, level="commune", rank=30)
    make_person("evil", "<i>An</i>", evil, duty="officer", position="</td><td>")
    said = words_of_docx(get(manager_p1, "report-docx", units.p1).content)
    assert "=HYPERLINK(1) <b>&amp;</b>[x]" in said
    assert "<b>&amp;</b>[x]" in words_of_pdf(get(manager_p1, "report-pdf", units.p1).content).replace("> [", ">[")
    assert "<i>An</i>" in words_of_pdf(get(manager_p1, "call-list-pdf", units.p1).content)
    for page in ("call-list", "missing-zalo"):
        content = get(manager_p1, page, units.p1, theo="can-bo").content.decode()
        assert "<i>An" not in content
        assert "&lt;i&gt;An&lt;/i&gt;" in content


def test_invented_figures_are_labelled_in_the_text_and_under_the_table(province, manager_p1, officer_p1, settings):
    settings.LMS_DEMO = True
    assert "Số liệu minh họa" not in words_of_docx(get(manager_p1, "report-docx", province).content)
    User.objects.filter(pk=officer_p1.pk).update(is_demo=True)
    assert words_of_docx(get(manager_p1, "report-docx", province).content).count("Số liệu minh họa") == 2
    assert "Số liệu minh họa" in words_of_pdf(get(manager_p1, "report-pdf", province).content)
    for page in ("missing-txt", "missing-zalo"):
        assert "Số liệu minh họa" in get(manager_p1, page, province).content.decode()
    assert _("Illustrative figures") in get(manager_p1, "call-list", province).content.decode()
    assert "Số liệu minh họa" in words_of_pdf(get(manager_p1, "call-list-pdf", province).content)


# --- The settings of an office -----------------------------------------------------------------------------


def test_an_office_may_change_sizes_and_its_head(province, manager_p1, settings):
    settings.REPORT_PAPERS = {
        "layout": {"body_size": 13, "right": 20},
        "issuers": {
            "province": {"signs_as": "PHÓ CHỦ TỊCH", "symbol": "MTTQ"},
            str(province.pk): {"symbol": "MTTQT-BTT", "governing": ["ỦY BAN MTTQ", "QUẢNG NINH"]},
        },
    }
    document = docx.Document(io.BytesIO(get(manager_p1, "report-docx", province).content))
    assert document.styles["BC Nội dung"].font.size.pt == 13
    assert round(document.sections[0].right_margin.mm) == 20
    assert "Số:    /BC-MTTQT-BTT" in words_of_docx(get(manager_p1, "report-docx", province).content)
    assert "PHÓ CHỦ TỊCH" in words_of_pdf(get(manager_p1, "report-pdf", province).content)


@pytest.mark.parametrize("values", [{"body": 13}, {"body_size": "13"}, {"font": ""}, {"body_size": True}])
def test_a_size_that_is_none_is_refused_with_a_sentence(values, settings):
    settings.REPORT_PAPERS = {"layout": values}
    with pytest.raises(BadLayoutError, match=r"size or margin|must be"):
        papers.layout()


# --- The missing -----------------------------------------------------------------------------------------


def test_the_text_for_the_group_names_units_why_until_when_where_and_whom_to_ask_but_no_officers_phone(
    province, units, outline, manager_p1, plan, a_phone
):
    User.objects.filter(username="b1").update(phone="+84911222333")
    task = give(outline.course, province, manager_p1, basis=plan, deadline=dt.date(2026, 11, 30))
    sent = get(manager_p1, "missing-txt", province)
    assert sent["Content-Type"] == "text/plain; charset=utf-8"
    said = sent.content.decode()
    assert said.startswith("Kính gửi các đồng chí phụ trách Trang cộng đồng tỉnh Quảng Ninh,")
    assert "còn 1/2 đơn vị" in said
    assert "1. Phường Hạ Long: đang học, chưa hoàn thành." in said
    assert "Theo Kế hoạch số 141/KH-MTTQ-BTT ngày 12/4/2022, hạn hoàn thành là ngày 30/11/2026." in said
    assert f"/t/{task.code}/" in said
    assert "đồng chí Lê Thị Hà, điện thoại 0987 654 321" in said
    assert re.findall(r"0\d{3} \d{3} \d{3}", said) == ["0987 654 321"]
    assert "Xã Vạn Yên" not in said


def test_without_a_task_the_text_leads_to_my_training_and_names_no_deadline(province, manager_p1):
    said = get(manager_p1, "missing-txt", province).content.decode()
    assert "/learn/" in said
    assert "hạn hoàn thành" not in said.lower()
    assert "liên hệ" not in said


def test_the_same_list_by_officer(province, manager_p1):
    said = get(manager_p1, "missing-txt", province, theo="can-bo").content.decode()
    names = re.findall(r"^\d+\. đ/c ([^,]+)", said, flags=re.M)
    assert sorted(names) == ["Hoàng Đức Hạnh", "Lê Văn Cường", "Trần Thị Bình"]
    assert "còn 3 cán bộ chưa hoàn thành" in said


def test_a_commune_lists_its_officers(province, units, manager_p1):
    said = get(manager_p1, "missing-txt", units.p1_b).content.decode()
    assert re.findall(r"^\d+\. đ/c ([^,]+)", said, flags=re.M) == ["Trần Thị Bình", "Lê Văn Cường"]


def test_nobody_missing_nothing_to_send(units, outline, manager_p1, officer_p1):
    complete(officer_p1, outline.course, TODAY - dt.timedelta(days=1))
    response = get(manager_p1, "missing-zalo", units.p1_a)
    assert response.context["messages_to_send"] == ()
    assert "<textarea" not in response.content.decode()


def test_long_lists_are_cut_into_messages_that_zalo_takes(units, outline, manager_p1):
    for number in range(90):
        make_unit(f"Xã Có Tên Khá Dài Số {number}", parent=units.p1, level="commune", rank=30)
    sent = get(manager_p1, "missing-zalo", units.p1).context["messages_to_send"]
    assert len(sent) > 2
    assert max(map(len, sent)) <= 2000
    assert [message.splitlines()[0] for message in sent] == [
        f"(Tin {number}/{len(sent)})" for number in range(1, len(sent) + 1)
    ]
    assert re.findall(r"^(\d+)\. ", "\n".join(sent), flags=re.M) == [str(number) for number in range(1, 93)]


# --- The call list ---------------------------------------------------------------------------------------


def test_the_call_list_says_whom_to_call_with_which_phone_and_what_to_say(
    province, units, outline, manager_p1, plan, centre
):
    User.objects.filter(username="b1").update(phone="+84911222333")
    give(outline.course, province, manager_p1, deadline=dt.date(2026, 11, 30))
    for content in (
        words_of_pdf(get(manager_p1, "call-list-pdf", province).content),
        get(manager_p1, "call-list", province).content.decode(),
    ):
        assert "Trần Thị Bình" in content
        assert "0911 222 333" in content
        assert "Lê Văn Cường" not in content
        assert "Vạn Yên" not in content


def test_where_nobody_is_in_charge_whoever_is_known_there_is_called(units, outline, manager_p1):
    known = make_person("biet", "Nguyễn Thị Biết", units.p1_a, position="Văn thư")
    make_person("khong-so", "An Không Số", units.p1_a)
    known.phone = "+84911000111"
    known.save()
    rows = get(manager_p1, "call-list", units.p1).context["rows"]
    assert [(call["row"].unit, call["row"].name, call["row"].phone_shown, call["state"]) for call in rows] == [
        ("Xã Vạn Yên", "Nguyễn Thị Biết", "0911 000 111", "chưa có cán bộ phụ trách Trang"),
        ("Phường Hạ Long", "", "", "chưa có cán bộ phụ trách Trang"),
    ]
    assert rows[0]["say"].startswith("Đề nghị cử cán bộ phụ trách Trang")


def test_the_phone_of_somebody_who_serves_elsewhere_now_is_not_on_a_list_of_a_past_day(
    units, outline, manager_p1, a_phone
):
    Appointment.objects.filter(person=a_phone).update(ends_on=TODAY - dt.timedelta(days=1))
    Appointment.objects.create(person=a_phone, unit=units.p2_a, position="Chuyên viên", starts_on=TODAY)
    day = f"{TODAY - dt.timedelta(days=5):%d/%m/%Y}"
    for theo in ("", "can-bo"):
        rows = get(manager_p1, "call-list", units.p1, ngay=day, theo=theo).context["rows"]
        found = [call["row"] for call in rows if call["row"].name == "Đặng Thị Nguyệt Ánh"]
        assert [row.phone for row in found] == [""]


def test_a_list_too_long_to_print_is_not_offered_as_pdf(units, outline, manager_p1, monkeypatch):
    from lms.reports.views import papers as views

    monkeypatch.setattr(views, "_MOST_PRINTED", 1)
    assert get(manager_p1, "call-list-pdf", units.p1).status_code == 404
    assert "call-list.pdf" not in get(manager_p1, "call-list", units.p1).content.decode()


def test_without_a_typeface_that_has_vietnamese_nothing_is_printed(monkeypatch):
    monkeypatch.setattr(rendering, "FAMILIES", ("Không có",))
    with pytest.raises(rendering.CannotPrintError, match="fonts-croscore"):
        rendering._family()


def test_what_is_asked_stands_behind_every_button(province, manager_p1):
    from django.template.loader import render_to_string

    asked = get(manager_p1, "unit", province, ngay="20/11/2026").context
    buttons = render_to_string("reports/papers/_buttons.html", {"place": asked["place"], "query": asked["query"]})
    links = re.findall(r'href="([^"]+)"', buttons)
    assert len(links) == 4
    assert all(link.endswith("?ngay=20%2F11%2F2026") for link in links)
    client = signed_in(manager_p1)
    assert {client.get(link).status_code for link in links} == {200}

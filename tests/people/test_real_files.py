"""The Excel files that offices send, from bytes to accounts. The files are made by tests/people/samples.py."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.accounts.models import User
from lms.fanpages.models import PageRecord
from lms.fanpages.services import report
from lms.people import queries, rules
from lms.people.enums import FileFault, Refusal, Remark, Skip
from lms.people.formats import FileRefusedError, headings, tables, unitnames
from lms.people.models import HeadingChoice, RosterBatch
from lms.people.queries import BatchCounts
from lms.people.services import rosters as services
from lms.units.models import Appointment, Succession, Unit, UnitName
from tests.conftest import make_unit
from tests.people import samples
from tests.people.samples import EXPECTED, PEOPLE, Officer, listed, paper, save

AT = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
MERGER = dt.date(2025, 7, 1)
HEADS = ("TT", "Họ và tên", "Năm sinh", "Chức vụ", "Đơn vị", "Điện thoại")


def fault_of(data: bytes) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as refused:
        tables.read(data)
    assert "%(" not in str(refused.value)
    return refused.value


def read_people(data: bytes) -> list[tuple[str, int | None, str, str]]:
    read = [rules.read_row(row, TODAY) for row in tables.read(data).rows]
    assert [problem for _, problem in read if problem] == []
    return [(entry.full_name, entry.birth_year, entry.phone, entry.position) for entry, _ in read]


# --- Reading: the same people come out of every layout ----------------------------------------------


@pytest.mark.parametrize("layout", samples.LAYOUTS)
def test_the_same_people_come_out_of_every_layout(layout):
    assert read_people(samples.LAYOUTS[layout]()) == [person[:4] for person in EXPECTED]


def skipped(data: bytes) -> dict[Skip, list[int]]:
    found: dict[Skip, list[int]] = {}
    for skip in tables.read(data).skipped:
        found.setdefault(skip.kind, []).append(skip.number)
    return found


def test_what_is_no_person_is_skipped_by_kind_with_its_row_in_excel():
    assert skipped(samples.two_row_header()) == {
        Skip.HEADER: [9], Skip.GROUP: [10, 11, 14], Skip.TOTAL: [17], Skip.BLANK: [18, 22],
        Skip.SIGNATURE: [19, 20, 21, 23],
    }  # fmt: skip


def test_headers_after_a_page_break_and_hidden_rows_are_skipped():
    found = skipped(samples.page_breaks())
    assert (found[Skip.HEADER], found[Skip.HIDDEN]) == ([11, 12], [15])


def test_of_a_hidden_row_only_the_number_is_kept():
    hidden = [skip for skip in tables.read(samples.page_breaks()).skipped if skip.kind == Skip.HIDDEN]
    assert [skip.text for skip in hidden] == [""]


def test_every_sheet_with_a_table_is_read_and_hidden_sheets_are_not():
    table = tables.read(samples.several_sheets())
    assert [part.name for part in table.parts] == ["Xã Vạn Yên", "Phường Hạ Long"]
    assert table.other_sheets == ("Hướng dẫn",)
    assert "Người Đã Nghỉ" not in [row.cells["full_name"] for row in table.rows]


def test_every_column_says_what_it_was_read_as_and_identity_papers_are_never_read():
    table = tables.read(samples.two_row_header())
    assert [(each.letter, each.head, each.column) for each in table.parts[0].header.headings] == [
        ("A", "TT", ""), ("B", "Họ và tên", "full_name"), ("C", "Năm sinh – Nam", "born"),
        ("D", "Năm sinh – Nữ", "born"), ("E", "Chức vụ", "position"), ("F", "Đơn vị công tác", "unit"),
        ("G", "Số ĐT", "phone"), ("H", "Số CCCD", ""), ("I", "Dân tộc", ""), ("J", "Ghi chú", ""),
    ]  # fmt: skip
    assert all("022085001234" not in map(str, row.cells.values()) for row in table.rows)


@pytest.mark.parametrize(
    ("column", "heads"),
    [
        ("full_name", ["Họ và tên", "HỌ TÊN", "Họ, tên", "Họ và tên cán bộ", "Họ tên (in hoa)", "Họ và tên đại biểu"]),
        ("unit", ["Đơn vị", "Đơn vị công tác", "Cơ quan", "Nơi công tác", "Địa phương", "Cơ quan, đơn vị",
                  "Đơn vị (xã, phường)", "Xã/phường", "Tên đơn vị"]),
        ("phone", ["Điện thoại", "SĐT", "Số ĐT", "ĐT", "Số điện thoại", "Di động", "ĐTDĐ", "Điện thoại liên hệ",
                   "Số điện thoại (Zalo)", "Số ĐT/Zalo"]),
        ("position", ["Chức danh", "Chức vụ", "Chức vụ/chức danh", "Chức vụ hiện nay"]),
        ("position_unit", ["Chức vụ, đơn vị", "Chức vụ, đơn vị công tác", "Chức vụ và nơi công tác"]),
        ("born", ["Ngày sinh", "Năm sinh", "Ngày, tháng, năm sinh", "Ngày tháng năm sinh"]),
        ("page_duty", ["Nhiệm vụ", "Nhiệm vụ Trang", "Nhiệm vụ được giao"]),
        ("email", ["Email", "E-mail", "Thư điện tử", "Hộp thư", "Địa chỉ email"]),
        ("page", ["Trang cộng đồng", "Trang", "Fanpage", "Đã có Trang", "Địa chỉ Trang", "Link Trang",
                  "Link Fanpage", "Trang cộng đồng (có/chưa)"]),
        ("number", ["STT", "TT", "Stt", "Số TT"]), ("sex", ["Giới tính"]), ("ethnic", ["Dân tộc"]),
        ("note", ["Ghi chú"]), ("id_card", ["Số CCCD", "CCCD/CMND", "Số định danh", "Căn cước công dân"]),
        ("name_before", ["Họ và đệm", "Họ đệm", "Họ và tên đệm"]), ("name_given", ["Tên"]),
        ("", ["Trình bày", "Kết quả", "Tên Trang", "Người giới thiệu"]),
    ],
)  # fmt: skip
def test_headings_are_known_as_officials_write_them(column, heads):
    assert {head: headings.meaning(head, {}) for head in heads} == dict.fromkeys(heads, column)


def test_a_name_over_two_columns_without_heads_of_their_own_is_one_name():
    book, page = paper(4)
    row = page.line("TT", "Họ và tên", None, "Năm sinh", "Đơn vị")
    page.merge(row, 2, row, 3)
    page.line(1, "Đặng Thị", "Ánh", 1985, "Xã Vạn Yên")
    assert [row.cells["full_name"] for row in tables.read(save(book)).rows] == ["Đặng Thị Ánh"]


def test_sex_is_read_nowhere():
    book, page = paper(6)
    page.two_row_header(["TT", "Họ và tên", ("Giới tính", "Nam", "Nữ"), "Năm sinh", "Đơn vị"])
    page.line(1, "Đặng Thị Ánh", None, "x", 1985, "Xã Vạn Yên")
    assert tables.read(save(book)).lines == ({"full_name": "Đặng Thị Ánh", "born": 1985, "unit": "Xã Vạn Yên"},)


def groups_over(*rows) -> list[tuple[str, ...]]:
    book, page = paper(4)
    page.line("TT", "Họ và tên", "Năm sinh", "Chức vụ")
    for row in rows:
        page.line(*row)
    return [tuple(group.name for group in row.groups) for row in tables.read(save(book)).rows]


AN = (1, "Nguyễn Văn An", 1980, "Chuyên viên")


def test_groups_of_one_style_follow_each_other_and_of_another_lie_within():
    assert groups_over(
        ("A", "KHỐI TỈNH"), AN, ("B", "KHỐI XÃ"), ("I", "Huyện Vân Đồn"), (1, "Xã Hạ Long"), AN, (2, "Xã Vạn Yên"), AN,
        ("II", "Thành phố Hạ Long (3 đồng chí)"), AN,
    ) == [
        ("KHỐI TỈNH",), ("KHỐI XÃ", "Huyện Vân Đồn", "Xã Hạ Long"), ("KHỐI XÃ", "Huyện Vân Đồn", "Xã Vạn Yên"),
        ("KHỐI XÃ", "Thành phố Hạ Long"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [("I. Cấp tỉnh",), ("II", "Phường Hạ Long"), (1, "Xã A"), ("1.", "Xã A"), ("1. Xã A",), (None, "XÃ A: 05 đồng chí"),
     ("UBMTTQ xã A",), ("Khối Đảng, đoàn thể",), (2, "Hội Nông dân"), (2, "Đơn vị khác")],
)  # fmt: skip
def test_the_heading_of_a_group_is_no_person(row):
    assert len(groups_over(row, AN)) == 1


@pytest.mark.parametrize(
    "row", [(2, "Đoàn Văn Hậu"), (2, "Hội Văn An"), (None, "Tống Thị Xã"), (2, "Công Văn Minh"), (2, "Phương Anh")]
)
def test_a_person_of_whom_nothing_is_told_is_no_group_and_gets_a_sentence(row):
    assert len(groups_over(AN, row)) == 2


def test_a_person_after_the_signatures_is_still_a_person():
    table = tables.read(listed([(1, "Nguyễn Văn An", 1980, "CV", "Xã A", ""), ("NGƯỜI LẬP BIỂU",), ("Trần Văn B",),
                                (2, "Lê Thị Hà", 1981, "CV", "Xã A", "0912345678")], HEADS))  # fmt: skip
    assert [row.cells["full_name"] for row in table.rows] == ["Nguyễn Văn An", "Lê Thị Hà"]


# --- Cells ------------------------------------------------------------------------------------------


def phone_of(cell):
    entry, problem = rules.read_entry(
        2, {"full_name": "An", "phone": cell, "born": 1980, "position": "x", "unit": "y"}, TODAY
    )
    return problem.key if problem else entry.phone, [key for key, _ in entry.remarks]


@pytest.mark.parametrize(
    ("cell", "phone", "remarks"),
    [
        (912345678, "+84912345678", []), (912345678.0, "+84912345678", []), ("912345678", "+84912345678", []),
        ("0912.345.678", "+84912345678", []), ("'0912 345 678", "+84912345678", []),
        ("01686123456", "+84386123456", [Remark.OLD_PHONE]), (1686123456, "+84386123456", [Remark.OLD_PHONE]),
        ("0912345678/0983111222", "+84912345678", [Remark.FIRST_PHONE]),
        ("0203 3825 555; 0912 345 678", "+84912345678", [Remark.FIRST_PHONE]),
        ("0912345678\n0983111222", "+84912345678", [Remark.FIRST_PHONE]),
        ("0912345678 - 0983111222", "+84912345678", [Remark.FIRST_PHONE]),
        ("0912345678 (Zalo)", "+84912345678", []), ("ĐT: 0912 345 678", "+84912345678", []),
        ("9.12345678E+08", "+84912345678", []), ("8.4912345678E+10", "+84912345678", []),
        ("9.12E+08", Refusal.CUT_PHONE, []), ("9,12E+08", Refusal.CUT_PHONE, []),
        ("02033825555", Refusal.BAD_PHONE, []), ("0912 345 67", Refusal.BAD_PHONE, []),
        ("không có", Refusal.BAD_PHONE, []),
    ],
)  # fmt: skip
def test_telephones_as_they_stand_in_files(cell, phone, remarks):
    assert phone_of(cell) == (phone, remarks)


@pytest.mark.parametrize(
    ("cell", "born"),
    [("1985", (None, 1985)), ("năm 1985", (None, 1985)), ("8/1985", (None, 1985)), (1985.0, (None, 1985)),
     (dt.date(1905, 6, 7), (None, 1985)), (31264, (dt.date(1985, 8, 5), 1985))],
)  # fmt: skip
def test_years_alone_and_numbers_of_excel_are_births(cell, born):
    entry, problem = rules.read_entry(2, {"full_name": "An", "born": cell}, TODAY)
    assert (entry.born_on, entry.birth_year, problem) == (*born, None)


@pytest.mark.parametrize(
    ("cell", "status", "url"),
    [("có", "yes", ""), ("Có", "yes", ""), ("x", "yes", ""), ("X", "yes", ""), ("chưa", "no", ""),
     ("Chưa có", "no", ""),
     ("chưa rõ", "unknown", ""), ("", "", ""), (None, "", ""),
     ("facebook.com/mattran.hl?ref=x", "yes", "https://www.facebook.com/mattran.hl")],
)  # fmt: skip
def test_the_page_as_offices_write_it(cell, status, url):
    entry, problem = rules.read_entry(2, {"full_name": "An", "born": 1980, "page": cell}, TODAY)
    assert (entry.page_status, entry.page_url, problem) == (status, url, None)


@pytest.mark.parametrize(
    ("cell", "key"),
    [("đang làm", Refusal.BAD_PAGE), ("https://facebook.com/groups/12345", Refusal.BAD_PAGE_ADDRESS),
     ("https://mattran.vn/trang", Refusal.BAD_PAGE_ADDRESS)],
)  # fmt: skip
def test_a_page_that_cannot_be_understood_says_why(cell, key):
    _, problem = rules.read_entry(2, {"full_name": "An", "born": 1980, "page": cell}, TODAY)
    assert problem.key == key


# --- Files that are wrong ---------------------------------------------------------------------------


def test_a_locked_workbook_says_that_it_is_locked():
    data = b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
    assert fault_of(data).fault == FileFault.ENCRYPTED


def test_two_hundred_megabytes_in_a_small_file_are_not_unpacked():
    good = zipfile.ZipFile(io.BytesIO(samples.bare_groups()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in good.namelist():
            packed.writestr(name, good.read(name))
        with packed.open("xl/media/image1.png", "w", force_zip64=True) as bomb:
            for _ in range(200):
                bomb.write(b"\0" * 1024 * 1024)
    assert len(buffer.getvalue()) < tables.MAX_BYTES
    refused = fault_of(buffer.getvalue())
    assert (refused.fault, "240 MB" in str(refused)) == (FileFault.UNPACKED, True)


def test_a_hundred_thousand_empty_rows_below_the_list_are_passed_over():
    book, page = paper(6)
    page.line(*HEADS)
    page.line(1, "Nguyễn Văn An", 1980, "CV", "Xã A", "0912345678")
    for row in range(3, 130_001, 500):
        page.sheet.row_dimensions[row].height = 15
    page.sheet.cell(row=130_000, column=1).number_format = "@"
    table = tables.read(save(book))
    assert (table.numbers, table.skipped) == ((2,), ())


def test_a_formula_without_a_result_refuses_its_row_with_the_cell():
    data = listed([(1, "Nguyễn Văn An", 1980, "CV", "Xã A", "=CONCATENATE(0,912345678)")], HEADS)
    _, problem = rules.read_row(tables.read(data).rows[0], TODAY)
    assert (problem.key, problem.words) == (Refusal.FORMULA, {"cell": "F8"})


def test_an_error_of_excel_refuses_its_row_with_the_cell():
    _, problem = rules.read_row(tables.read(listed([(1, "An", 1980, "CV", "Xã A", "#REF!")], HEADS)).rows[0], TODAY)
    assert (problem.key, problem.words) == (Refusal.FORMULA, {"cell": "F8"})


def test_a_name_merged_over_two_rows_refuses_the_second():
    book, page = paper(6)
    page.line(*HEADS)
    page.line(1, "Nguyễn Văn An", 1980, "CV", "Xã A", "0912345678")
    page.line(2, None, 1981, "CV", "Xã A", "0983111222")
    page.merge(2, 2, 3, 2)
    first, second = (rules.read_row(row, TODAY)[1] for row in tables.read(save(book)).rows)
    assert (first, second.key, second.words) == (None, Refusal.MERGED, {"cell": "B3", "first": "B2"})


def test_a_cell_merged_over_the_whole_sheet_ends_in_a_sentence():
    book, page = paper(6)
    page.line(*HEADS)
    page.line(1, "Nguyễn Văn An", 1980, "CV", "Xã A", "0912345678")
    page.merge(3, 1, 3, 2)
    good = zipfile.ZipFile(io.BytesIO(save(book)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in good.namelist():
            packed.writestr(name, good.read(name).replace(b'"A3:B3"', b'"A3:XFD1048576"'))
    assert fault_of(buffer.getvalue()).fault == FileFault.BROKEN


def test_headings_that_are_not_known_are_told_in_the_sentence():
    refused = fault_of(listed([("An", "0912345678", "Xã A")], ("Cán bộ nào", "Điện thoại", "Đơn vị")))
    assert refused.fault == FileFault.NO_NAME_COLUMN
    assert "“Cán bộ nào”, “Điện thoại”, “Đơn vị”" in str(refused)
    assert refused.words["row"] == 7


def test_old_fonts_are_refused_in_a_list_with_a_heading_too():
    data = listed([(1, "NguyÔn V¨n An", 1980, "CV", "X· V¹n Yªn", "0912345678")], HEADS)
    assert fault_of(data).fault == FileFault.OLD_FONT


# --- Whatever surrounds them, the same people come out ----------------------------------------------

_NAMES = st.sampled_from(["Đặng Thị Ánh", "Đoàn Văn Hậu", "H'Hen Niê", "Tống Cộng", "Lê Hà", "Hội Văn Tổng", "A Lý"])
_PEOPLE = st.lists(
    st.builds(
        Officer,
        _NAMES, st.integers(1950, 2005), st.booleans(), st.sampled_from(["Chủ tịch", "Chuyên viên", "Ủy viên"]),
        st.integers(910_000_000, 919_999_999), st.sampled_from(["Xã Vạn Yên", "Phường Hạ Long", "Đặc khu Vân Đồn"]),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    people=_PEOPLE,
    two_rows=st.booleans(),
    numbering=st.booleans(),
    groups=st.sampled_from(["roman", "digits", "bare", "one cell"]),
    totals=st.booleans(),
    blanks=st.integers(0, 2),
    again=st.booleans(),
    above=st.integers(0, 6),
)
def test_whatever_surrounds_them_the_same_people_come_out(
    people, two_rows, numbering, groups, totals, blanks, again, above
):
    book, page = paper(6)
    for _ in range(above):
        page.wide("ỦY BAN MẶT TRẬN TỔ QUỐC VIỆT NAM")
    heads = ["TT", "Họ và tên", ("Năm sinh", "Nam", "Nữ") if two_rows else "Năm sinh", "Chức vụ", "SĐT"]
    page.two_row_header(heads) if two_rows else page.line(*heads)
    if numbering:
        page.line(*range(1, 7 if two_rows else 6))
    expected = []
    for number, (unit, members) in enumerate(samples.grouped(people), start=1):
        roman = ("I", "II", "III")[number - 1]
        heads_of = {
            "roman": (roman, unit),
            "digits": (number, unit),
            "bare": (unit,),
            "one cell": (f"{roman}. {unit}",),
        }
        page.line(*heads_of[groups])
        for place, person in enumerate(members, start=1):
            years = [person.born] if not two_rows else [person.born, None] if person.is_man else [None, person.born]
            row = page.line(place, person.name, *years, person.position, person.phone)
            expected.append((row, person.name, person.born, f"+84{person.phone}", (unit,)))
        if totals:
            page.line(None, f"Tổng cộng: {len(members)} đồng chí")
        for _ in range(blanks):
            page.line()
        if again and not two_rows:
            page.line(*heads)
    page.closing(len(people))
    read = [(row, rules.read_row(row, TODAY)[0]) for row in tables.read(save(book)).rows]
    assert [
        (row.number, entry.full_name, entry.birth_year, entry.phone, tuple(group.name for group in row.groups))
        for row, entry in read
    ] == expected


# --- Into the database ------------------------------------------------------------------------------


@pytest.fixture
def noon(time_machine):
    time_machine.move_to(AT)


@pytest.fixture
def past(units, noon):
    """Before 1 July 2025: Huyện Vân Đồn with three communes, a town that was divided, one that ended unrecorded."""
    district = make_unit("Huyện Vân Đồn", parent=units.p1, level="district", rank=20, closed_on=MERGER)
    zone = make_unit("Đặc khu Vân Đồn", parent=units.p1, level="commune", rank=30, opened_on=MERGER)
    old = {}
    for name in ("Xã Hạ Long", "Xã Vạn Yên", "Xã Quan Lạn"):
        old[name] = make_unit(name, parent=district, level="commune", rank=30, closed_on=MERGER)
        Succession.objects.create(old=old[name], new=zone, share="whole", basis="Nghị quyết 1679/NQ-UBTVQH15")
    other = make_unit("Huyện Hải Hà", parent=units.p1, level="district", rank=20, closed_on=MERGER)
    town = make_unit("Thị trấn Quảng Hà", parent=other, level="commune", rank=30, closed_on=MERGER)
    for new in (units.p1_a, units.p1_b):
        Succession.objects.create(old=town, new=new, share="part")
    make_unit("Xã Mất Dấu", parent=other, level="commune", rank=30, closed_on=MERGER)
    UnitName.objects.filter(unit=units.p1_a).update(starts_on=MERGER)
    UnitName.objects.create(
        unit=units.p1_a, full_name="Xã Tên Xưa", short_name="Tên Xưa", ends_on=MERGER,
    )  # fmt: skip
    return zone


def stage(by, unit, data, name="ds.xlsx"):
    return services.stage(data=data, file_name=name, unit=unit, by=by, at=AT)


def write(batch, by):
    services.confirm(batch=batch, by=by, at=AT)
    services.write(batch_id=batch.pk, at=AT)
    batch.refresh_from_db()
    return batch


def unit_rows(*names, heads=HEADS):
    return listed(
        [(n, "Nguyễn Văn An", 1960 + n, "Chuyên viên", name, f"09123450{n:02d}") for n, name in enumerate(names, 1)],
        heads,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("layout", samples.LAYOUTS)
def test_every_layout_makes_the_same_accounts_and_a_second_time_nothing(layout, manager_p1, units, noon):
    data = samples.LAYOUTS[layout]()
    batch = write(stage(manager_p1, units.p1, data), manager_p1)
    made = [
        (row.person.full_name, row.person.birth_year, row.person.phone, post.position, str(post.unit))
        for row in batch.rows.select_related("person")
        for post in row.person.appointments.all()
    ]
    assert made == EXPECTED
    before = list(User.objects.values()), list(Appointment.objects.values())
    again = stage(manager_p1, units.p1, data)
    assert queries.counts(again) == BatchCounts(unchanged=4)
    write(again, manager_p1)
    assert (list(User.objects.values()), list(Appointment.objects.values())) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written",
    ["Xã Hạ Long, huyện Vân Đồn, tỉnh Quảng Ninh", "xã Hạ Long, huyện Vân Đồn", "Xã Hạ Long - huyện Vân Đồn",
     "xã Hạ Long huyện Vân Đồn tỉnh Quảng Ninh", "X. Hạ Long, H. Vân Đồn, T. Quảng Ninh", "Xã Hạ Long (cũ)",
     "UBMTTQ xã Hạ Long, huyện Vân Đồn"],
)  # fmt: skip
def test_an_old_name_is_the_unit_that_went_on_and_the_row_says_so(written, manager_p1, units, past):
    row = stage(manager_p1, units.p1, unit_rows(written)).rows.get()
    assert (row.outcome, row.unit) == ("new", past)
    assert row.remarks == [
        ["succeeded_by", {"value": written, "unit": "Đặc khu Vân Đồn", "day": "01/07/2025",
                          "basis": "Nghị quyết 1679/NQ-UBTVQH15"}],
    ]  # fmt: skip
    assert all(words in row.notes[0] for words in (written, "Đặc khu Vân Đồn", "Nghị quyết 1679/NQ-UBTVQH15"))


@pytest.mark.django_db
def test_a_name_of_today_is_never_taken_for_an_old_one(manager_p1, units, past):
    """Xã Vạn Yên is a commune of today and was one in Huyện Vân Đồn: the district says which."""
    batch = stage(manager_p1, units.p1, unit_rows("Xã Vạn Yên", "Xã Vạn Yên, huyện Vân Đồn", "Xã Vạn Yên (cũ)"))
    assert [row.unit for row in batch.rows.all()] == [units.p1_a, past, units.p1_a]


@pytest.mark.django_db
def test_a_district_went_where_all_its_communes_went(manager_p1, units, past):
    assert stage(manager_p1, units.p1, unit_rows("MTTQ huyện Vân Đồn")).rows.get().unit == past


@pytest.mark.django_db
def test_a_unit_that_was_divided_refuses_the_row_with_all_candidates(manager_p1, units, past):
    for written in ("Thị trấn Quảng Hà", "TT Quảng Hà, huyện Hải Hà", "Huyện Hải Hà"):
        row = stage(manager_p1, units.p1, unit_rows(written)).rows.get()
        assert (row.refusal, row.unit) == (Refusal.UNIT_DIVIDED, None)
        assert "Xã Vạn Yên, Tỉnh Quảng Ninh; Phường Hạ Long, Tỉnh Quảng Ninh" in row.sentence


@pytest.mark.django_db
def test_a_unit_that_ended_unrecorded_refuses_the_row(manager_p1, units, past):
    assert stage(manager_p1, units.p1, unit_rows("Xã Mất Dấu")).rows.get().refusal == Refusal.UNIT_ENDED


@pytest.mark.django_db
def test_a_former_name_of_a_unit_that_is_still_there_is_that_unit(manager_p1, units, past):
    row = stage(manager_p1, units.p1, unit_rows("Xã Tên Xưa")).rows.get()
    assert (row.unit, row.remarks[0][0]) == (units.p1_a, Remark.RENAMED)


@pytest.mark.django_db
def test_successions_are_followed_through_two_mergers(manager_p1, units, past):
    first = make_unit("Xã Thời Trước", parent=units.p2, level="commune", rank=30, closed_on=dt.date(2024, 1, 1))
    Succession.objects.create(old=first, new=Unit.objects.get(names__full_name="Xã Quan Lạn"), share="whole")
    assert stage(manager_p1, units.p1, unit_rows("Xã Thời Trước")).rows.get().unit == past


@pytest.mark.django_db
def test_a_district_of_a_province_that_went_into_this_one_is_found_by_its_communes(manager_p1, units, past):
    province = make_unit("Tỉnh Trước Kia", parent=units.centre, level="province", rank=10, closed_on=MERGER)
    district = make_unit("Huyện Trước Kia", parent=province, level="district", rank=20, closed_on=MERGER)
    commune = make_unit("Xã Trước Kia", parent=district, level="commune", rank=30, closed_on=MERGER)
    Succession.objects.create(old=commune, new=units.p1_b, share="whole")
    Succession.objects.create(old=province, new=units.p1, share="whole")
    written = ("Huyện Trước Kia, tỉnh Trước Kia", "Xã Trước Kia - Huyện Trước Kia", "Tỉnh Trước Kia")
    batch = stage(manager_p1, units.p1, unit_rows(*written))
    assert [row.unit for row in batch.rows.all()] == [units.p1_b, units.p1_b, units.p1]


@pytest.mark.django_db
def test_the_old_name_of_a_unit_of_another_province_lies_outside(manager_p1, units, past):
    gone = make_unit("Xã Nơi Khác", parent=units.p2, level="commune", rank=30, closed_on=MERGER)
    Succession.objects.create(old=gone, new=units.p2_a, share="whole")
    assert stage(manager_p1, units.p1, unit_rows("Xã Nơi Khác")).rows.get().refusal == Refusal.UNIT_OUTSIDE


@pytest.mark.django_db
def test_headings_of_groups_are_units_old_names_included(manager_p1, units, past):
    book, page = paper(5)
    page.line("TT", "Họ và tên", "Năm sinh", "Chức vụ", "Điện thoại")
    people = iter(range(1, 9))

    def person():
        number = next(people)
        return page.line(number, "Nguyễn Văn An", 1960 + number, "Chuyên viên", f"09123450{number:02d}")

    page.line("I", "Cấp tỉnh")
    person()
    page.line("II", "Huyện Vân Đồn")
    page.line(1, "Xã Vạn Yên")
    person()
    page.line("III", "Phường Hạ Long")
    person()
    page.line("IV", "Xã Không Có")
    person()
    batch = stage(manager_p1, units.p1, save(book))
    assert [(row.unit, row.refusal) for row in batch.rows.all()] == [
        (units.p1, ""), (past, ""), (units.p1_b, ""), (None, "unknown_group"),
    ]  # fmt: skip
    assert batch.rows.last().refusal_words["row"] == 9
    groups = [(group.row, group.name, group.unit, group.rows) for group in queries.layout(batch).groups]
    assert groups == [
        (2, "I · Cấp tỉnh", "Tỉnh Quảng Ninh", 1), (4, "II · Huyện Vân Đồn", "", 0),
        (5, "1 · Xã Vạn Yên", "Đặc khu Vân Đồn", 1), (7, "III · Phường Hạ Long", "Phường Hạ Long", 1),
        (9, "IV · Xã Không Có", "", 0),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_heading_that_is_no_unit_leaves_the_rows_without_one(manager_p1, units, noon):
    book, page = paper(5)
    page.line("TT", "Họ và tên", "Năm sinh", "Chức vụ", "Điện thoại")
    page.line("I", "Cấp xã")
    page.line(1, "Nguyễn Văn An", 1980, "CV", "0912345001")
    assert stage(manager_p1, units.p1, save(book)).rows.get().refusal == Refusal.NO_UNIT


@pytest.mark.django_db
def test_a_file_without_any_unit_is_refused_with_its_headings_but_for_a_unit_with_none_below(
    manager_p1, centre, units, noon
):
    data = listed([(1, "Nguyễn Văn An", 1980, "CV", "0912345001")], ("TT", "Họ và tên", "Năm sinh", "Chức vụ", "ĐT"))
    with pytest.raises(FileRefusedError, match="“Họ và tên”"):
        stage(manager_p1, units.p1, data)
    row = stage(centre, units.p1_a, data).rows.get()
    assert (row.unit, row.remarks) == (units.p1_a, [["of_top", {"unit": "Xã Vạn Yên"}]])


@pytest.mark.django_db
def test_the_dry_run_costs_the_same_with_one_old_name_and_with_thirty(manager_p1, units, past):
    costs = []
    for number in (1, 30):
        names = ("Xã Hạ Long, huyện Vân Đồn", "Xã Không Có {}", "Thị trấn Quảng Hà", "Xã Vạn Yên")
        data = unit_rows(*[name.format(n) for n in range(number) for name in names])
        with CaptureQueriesContext(connection) as captured:
            stage(manager_p1, units.p1, data)
        costs.append(len([query for query in captured if query["sql"].startswith("SELECT")]))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("UBMTTQ P.Hoà Bình", ["phường hòa bình"]), ("Ban Thường trực UBMTTQVN tỉnh Quảng Ninh", ["tỉnh quảng ninh"]),
        ("TP. Hạ Long", ["thành phố hạ long"]), ("Phường 01", ["phường 1"]), ("Phú Quý", ["phú qúy"]),
    ],
)  # fmt: skip
def test_the_spelling_of_units(written, parts):
    assert unitnames.readings(written)[0] == parts


# --- The unit's page --------------------------------------------------------------------------------

PAGE_HEADS = (*HEADS, "Trang cộng đồng")


def page_rows(*pages, unit="Xã Vạn Yên"):
    return listed(
        [
            (n, "Nguyễn Văn An", 1960 + n, "Chuyên viên", unit, f"09123450{n:02d}", page)
            for n, page in enumerate(pages, 1)
        ],
        PAGE_HEADS,
    )


def standing(unit):
    return [
        (record.status, record.url, record.source, record.reported_by)
        for record in PageRecord.objects.filter(unit=unit, replaced_at__isnull=True)
    ]


@pytest.mark.django_db
def test_the_page_is_reported_when_the_row_is_written_and_not_before(manager_p1, units, noon):
    batch = stage(manager_p1, units.p1, page_rows("https://facebook.com/MatTran.VanYen/"))
    assert (standing(units.p1_a), batch.rows.get().changes) == (
        [], {"page": ["Chưa rõ", "https://www.facebook.com/MatTran.VanYen"]},
    )  # fmt: skip
    write(batch, manager_p1)
    assert standing(units.p1_a) == [("yes", "https://www.facebook.com/MatTran.VanYen", "roster", manager_p1)]


@pytest.mark.django_db
def test_a_page_alone_is_a_change_of_the_row_and_a_second_time_none(manager_p1, units, noon):
    write(stage(manager_p1, units.p1, page_rows("chưa")), manager_p1)
    batch = stage(manager_p1, units.p1, page_rows("có"))
    assert [(row.outcome, row.changes) for row in batch.rows.all()] == [("changed", {"page": ["Chưa", "Có"]})]
    write(batch, manager_p1)
    assert [record[0] for record in standing(units.p1_a)] == ["yes"]
    for page in ("có", "x", "chưa rõ", None):
        assert queries.counts(stage(manager_p1, units.p1, page_rows(page))) == BatchCounts(unchanged=1)


@pytest.mark.django_db
def test_two_rows_of_a_unit_may_complete_each_other_but_not_contradict(manager_p1, units, noon):
    batch = stage(manager_p1, units.p1, page_rows("có", "facebook.com/mattranvanyen", "chưa", "facebook.com/trangkhac"))
    assert [(row.refusal, row.changes) for row in batch.rows.all()] == [
        ("", {"page": ["Chưa rõ", "Có"]}), ("", {"page": ["Có", "https://www.facebook.com/mattranvanyen"]}),
        ("page_said_otherwise", {}), ("page_said_otherwise", {}),
    ]  # fmt: skip
    write(batch, manager_p1)
    assert (batch.rows.filter(written_at__isnull=False).count(), len(standing(units.p1_a))) == (2, 1)


@pytest.mark.django_db
def test_a_page_of_another_unit_refuses_the_row(manager_p1, manager_p2, units, noon):
    report(unit=units.p2_a, status="yes", url="facebook.com/mattran.chung", source="published", by=None, at=AT)
    batch = stage(manager_p1, units.p1, page_rows("facebook.com/MatTranChung"))
    assert batch.rows.get().refusal == Refusal.PAGE_TAKEN


# --- The dry run on screen --------------------------------------------------------------------------


def upload(client, data, name="ds.xlsx"):
    return client.post("/units/roster/", {"file": SimpleUploadedFile(name, data)})


@pytest.mark.django_db
def test_the_screen_says_how_the_file_was_read(client, manager_p1, units, past):
    client.force_login(manager_p1)
    book, page = paper(7)
    page.heading()
    page.line("TT", "Họ và tên", "Năm sinh", "Chức vụ", "Đơn vị", "Điện thoại", "Món lạ", "CCCD")
    page.line("I", "Phường Hạ Long")
    page.line(1, "Nguyễn Văn An", 1980, "Chuyên viên", None, "0912345001", "gì đó", "022085001234")
    page.line(2, "Nguyễn Văn Ân", 1980, "Chuyên viên", "Xã Hạ Long, huyện Vân Đồn", "0912345002")
    page.line(3, "Nguyễn Văn Bình", "05/08/85", "Chuyên viên", None, "0912345003")
    page.closing(3)
    upload(client, save(book))
    batch = RosterBatch.objects.get()
    html = client.get(f"/units/roster/{batch.pk}/").content.decode()
    layout = queries.layout(batch)
    assert [(group.row, group.unit, group.rows) for group in layout.groups] == [(8, "Phường Hạ Long", 2)]
    assert [(skip.kind, skip.spans) for skip in layout.skipped] == [
        ("group", "8"), ("total", "12"), ("signature", "14–16, 18"), ("blank", "13, 17"),
    ]  # fmt: skip
    assert [name.rows for name in layout.names] == [1]
    assert layout.names[0].sentence in html
    assert batch.rows.get(number=11).sentence in html
    for words in ("Món lạ", "I · Phường Hạ Long", "Tổng cộng: 3 đồng chí", "14–16, 18"):
        assert words in html
    assert "022085001234" not in html + str(list(batch.rows.values()))


@pytest.mark.django_db
def test_a_heading_is_taught_once_and_then_known_below_too(client, manager_p1, units, noon):
    client.force_login(manager_p1)
    data = listed(
        [("Nguyễn Văn An", "0912345001", "CV", "Xã Vạn Yên")], ("Cán bộ nào", "Điện thoại", "Chức vụ", "Ở đâu")
    )
    page = upload(client, data)
    assert (page.context["unread"], RosterBatch.objects.count()) == (
        ["Cán bộ nào", "Điện thoại", "Chức vụ", "Ở đâu"], 0,
    )  # fmt: skip
    client.post("/units/roster/headings/", {
        "unit": units.p1.pk, "head": page.context["unread"], "column": ["full_name", "as-is", "as-is", "unit"],
    })  # fmt: skip
    assert sorted(HeadingChoice.objects.values_list("unit_id", "head", "column")) == [
        (units.p1.pk, "can bo nao", "full_name"), (units.p1.pk, "o dau", "unit"),
    ]  # fmt: skip
    upload(client, data)
    assert [(row.full_name, row.unit) for row in RosterBatch.objects.get().rows.all()] == [
        ("Nguyễn Văn An", units.p1_a)
    ]
    assert queries.taught(units.p1_a) == {"can bo nao": "full_name", "o dau": "unit"}
    assert queries.taught(units.p2) == {}


@pytest.mark.django_db
def test_a_column_is_put_right_from_the_dry_run_which_is_then_dropped(client, manager_p1, units, noon):
    client.force_login(manager_p1)
    upload(client, unit_rows("Xã Vạn Yên"))
    batch = RosterBatch.objects.get()
    client.post(
        "/units/roster/headings/", {"batch": batch.pk, "head": ["Năm sinh", "Chức vụ"], "column": ["", "as-is"]}
    )
    batch.refresh_from_db()
    assert (batch.state, batch.layout, batch.rows.count()) == ("cancelled", {}, 0)
    upload(client, unit_rows("Xã Vạn Yên"))
    assert RosterBatch.objects.latest("pk").rows.get().birth_year is None


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["officer_p1", "manager_p2"])
def test_strangers_teach_nothing(client, manager_p1, who, request, units, noon):
    batch = stage(manager_p1, units.p1, unit_rows("Xã Vạn Yên"))
    client.force_login(request.getfixturevalue(who))
    for words in ({"batch": batch.pk}, {"unit": units.p1.pk}):
        answer = client.post("/units/roster/headings/", {**words, "head": ["Năm sinh"], "column": [""]})
        assert answer.status_code == 404
    assert client.get(f"/units/roster/{batch.pk}/refused.xlsx").status_code == 404
    assert (HeadingChoice.objects.count(), RosterBatch.objects.get().state) == (0, "staged")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_refused_rows_come_back_as_they_were_written_and_can_be_mended(client, manager_p1, units, noon, kind):
    client.force_login(manager_p1)
    upload(client, listed([
        (1, "Nguyễn Văn An", "05/08/85", "Chuyên viên", "Xã Vạn Yên", "0912 345 67", "=1+1"),
        (2, "Nguyễn Văn Bình", 1980, "Chuyên viên", "Xã Vạn Yên", 912345001, ""),
    ], (*HEADS, "Email")))  # fmt: skip
    batch = RosterBatch.objects.get()
    sent = client.get(f"/units/roster/{batch.pk}/refused.{kind}").content
    table = tables.read(sent)
    [row] = table.rows
    assert {key: row.cells[key] for key in ("full_name", "born", "phone", "position", "unit")} == {
        "full_name": "Nguyễn Văn An", "born": "05/08/85", "phone": "0912 345 67", "position": "Chuyên viên",
        "unit": "Xã Vạn Yên",
    }  # fmt: skip
    assert batch.rows.get(refusal__gt="").sentence in (sent.decode() if kind == "csv" else str(_cells(sent)))
    assert (
        {cell for row in _cells(sent) for cell in row if str(cell).startswith("=")} == set() if kind == "xlsx" else True
    )
    mended = (
        sent.decode("utf-8-sig").replace("05/08/85", "05/08/1985").replace("0912 345 67", "0912 345 670").encode()
        if kind == "csv" else _mended(sent, {"05/08/85": "05/08/1985", "0912 345 67": "0912 345 670"})
    )  # fmt: skip
    upload(client, mended, f"x.{kind}")
    assert [row.outcome for row in RosterBatch.objects.latest("pk").rows.all()] == ["new"]


def _cells(data: bytes):
    return list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))


def _mended(data: bytes, words: dict[str, str]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    for row in book.active.iter_rows():
        for cell in row:
            cell.value = words.get(cell.value, cell.value)
    return save(book)


# --- The Monday -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("number", [3, 10, 92])
def test_the_monday_roster_has_180_good_rows_and_twenty_bad_ones(number, manager_p2, units, noon):
    make_unit("Phường Hà Đông", parent=units.p1, level="commune", rank=30)
    names = [f"Xã Mẫu {chr(65 + place // 10)}{chr(65 + place % 10)}" for place in range(number)]
    for name in names:
        make_unit(name, parent=units.p2, level="commune", rank=30)
    batch = stage(manager_p2, units.p2, samples.monday_roster(names))
    numbers = {row: place for place, row in samples.monday_rows(names).items()}
    refused = {numbers[row.number]: row.refusal for row in batch.rows.exclude(refusal="")}
    assert refused == {number: key for number, (key, _) in samples.MONDAY_BAD.items()}
    assert queries.counts(batch) == BatchCounts(new=180, refused=20, to_write=180)
    officers = {
        numbers[row.number]: (row.full_name, f"0{row.phone[3:]}", row.page_duty)
        for row in batch.rows.filter(page_duty="officer")
    }
    assert officers == {place: (*told, "officer") for place, told in samples.MONDAY_OFFICERS.items()}
    write(batch, manager_p2)
    again = stage(manager_p2, units.p2, samples.monday_roster(names))
    assert (queries.counts(again).unchanged, queries.counts(again).refused) == (180, 20)


def test_all_the_people_of_the_samples_are_told_apart():
    assert len({person.phone for person in PEOPLE}) == len(PEOPLE)

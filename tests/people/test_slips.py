"""Slips as the manager prints them: the text of the sheets, their picture read back, their QR, and what they cost."""

import datetime as dt
import re
import subprocess
from difflib import SequenceMatcher
from pathlib import Path

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from lms.accounts.models import CODE_HOLDS, User
from lms.core import clock
from lms.people import account_queries, rendering
from lms.people.account_queries import Slip
from lms.people.models import RosterBatch
from lms.people.services import codes as codes_service
from tests.people.conftest import as_csv

LONGEST = "H’Hen Niê Ksơr Y Thông Mlô Duôn Du Êban Kpă Rơ Chăm H’Linh Buôn Yă Knul Adrơng A Lý Siu Pưi Ê Nuôl Mơ"[:100]
LONG_UNIT = (
    "Cơ quan Ủy ban Mặt trận Tổ quốc Việt Nam và các tổ chức chính trị – xã hội phường Nam Đông Hà, Tỉnh Quảng Trị"
)
CODE = re.compile(r"\b[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}\b")
DOTS = 200
MILLIMETRE = DOTS / 25.4


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def words_of(pdf: bytes, folder: Path) -> str:
    (folder / "slips.pdf").write_bytes(pdf)
    return " ".join(run("pdftotext", "-raw", str(folder / "slips.pdf"), "-").split())


def picture_of(pdf: bytes, folder: Path) -> Image.Image:
    (folder / "slips.pdf").write_bytes(pdf)
    run("pdftoppm", "-r", str(DOTS), "-png", "-f", "1", "-singlefile", str(folder / "slips.pdf"), str(folder / "slips"))
    return Image.open(folder / "slips.png")


def seen_in(picture: Image.Image, box: tuple[float, float, float, float], folder: Path, layout: str = "6") -> str:
    """What OCR reads in a box (left, top, right, bottom, in mm of the sheet)."""
    picture.crop(tuple(round(edge * MILLIMETRE) for edge in box)).save(folder / "part.png")
    return " ".join(run("tesseract", str(folder / "part.png"), "-", "-l", "vie", "--psm", layout).split())


def likeness(wanted: str, seen: str) -> float:
    return SequenceMatcher(None, wanted, seen, autojunk=False).ratio()


def slip(name="Đặng Thị Nguyệt Ánh", unit="Xã Vạn Yên, Tỉnh Quảng Ninh", code="k7xm-p3qa-9tzn") -> Slip:
    return Slip(name, unit, "anhdtn", "0912 345 678", code)


def printed(slips: list[Slip]) -> bytes:
    return rendering.slips_pdf(slips, title="Phiếu tài khoản · ds.xlsx", contact="Hoàng Đức Hạnh, 0987 654 321")


# --- The sheet --------------------------------------------------------------------------------------


def test_eleven_slips_take_two_sheets_of_a4_that_say_so(tmp_path):
    codes = [f"aaaa-bbbb-ccc{letter}" for letter in "abcdefghjkm"]
    words = words_of(printed([slip(code=code) for code in codes]), tmp_path)
    about = run("pdfinfo", str(tmp_path / "slips.pdf"))
    assert "Pages:           2" in about
    assert "(A4)" in about
    assert CODE.findall(words) == codes
    assert words.count("Phiếu tài khoản · ds.xlsx") == 2
    for said in ("Xã Vạn Yên, Tỉnh Quảng Ninh", "Đặng Thị Nguyệt Ánh", "anhdtn", "0912 345 678", "Mã dùng một lần"):
        assert words.count(said) >= 11, said
    assert words.count("Hoàng Đức Hạnh, 0987 654 321") >= 11
    last_day = clock.today() + CODE_HOLDS - dt.timedelta(days=1)
    assert words.count(f"đến hết ngày {last_day:%d/%m/%Y}") >= 11
    assert words.count(rendering.site_address()) >= 11


@pytest.mark.parametrize("name", ["H'Hen Niê", "Lường Thị Phượng", "Trần Văn Ấm", LONGEST], ids=len)
def test_a_name_and_a_unit_of_any_length_are_read_back_from_the_picture_with_all_their_marks(name, tmp_path):
    picture = picture_of(printed([slip(name=name, unit=LONG_UNIT)]), tmp_path)
    left, top = rendering.LEFT, rendering.TOP
    seen = seen_in(picture, (left + 3, top + 9.2, left + 95, top + 18.8), tmp_path)
    assert likeness(name, seen) > (0.93 if name == LONGEST else 0.99), seen
    unit = seen_in(picture, (left + 3, top + 2, left + 95, top + 9.6), tmp_path)
    assert likeness(LONG_UNIT, unit) > 0.95, unit


def test_the_code_is_read_back_letter_by_letter(tmp_path):
    picture = picture_of(printed([slip(code="k7xm-p3qa-9tzn")]), tmp_path)
    left, top = rendering.LEFT, rendering.TOP
    seen = seen_in(picture, (left + 3, top + 33.4, left + 65, top + 41), tmp_path, "7")
    assert seen.replace(" ", "") == "k7xm-p3qa-9tzn"


def test_the_qr_opens_the_sign_in_page_with_the_name_and_without_the_code(tmp_path):
    made = slip()
    url = rendering.sign_in_url(made.username)
    assert url.endswith("/accounts/login/?login=anhdtn")
    picture = picture_of(printed([slip(name="Ai đó"), made]), tmp_path).convert("L")
    wanted = segno.make_qr(url, error="m", mask=rendering.QR_MASK, boost_error=False).matrix
    left = (rendering.LEFT + rendering.WIDTH + rendering.QR_LEFT) * MILLIMETRE
    top = (rendering.TOP + rendering.QR_TOP) * MILLIMETRE
    unit = rendering.QR_SIDE * MILLIMETRE / (len(wanted) + 2 * rendering.QUIET)

    def is_dark(column: int, row: int) -> int:
        x, y = (int(start + (rendering.QUIET + at + 0.5) * unit) for start, at in ((left, column), (top, row)))
        return int(picture.getpixel((x, y)) < 128)

    assert [[is_dark(x, y) for x in range(len(wanted))] for y in range(len(wanted))] == [list(row) for row in wanted]


def test_only_two_whole_faces_of_one_family_are_in_the_file(tmp_path):
    words_of(printed([slip()]), tmp_path)
    fonts = run("pdffonts", str(tmp_path / "slips.pdf")).splitlines()[2:]
    assert sorted(line.split()[0].partition("+")[2] for line in fonts) == ["Noto-Sans", "Noto-Sans-Bold"]


@pytest.mark.django_db
def test_the_sign_in_page_takes_the_name_from_the_slip_and_no_code(client):
    page = client.get("/accounts/login/", {"login": '"><script>anhdtn', "password": "k7xm-p3qa-9tzn"})
    html = page.content.decode()
    assert page.context["form"]["login"].value() == '"><script>anhdtn'
    assert "<script>anhdtn" not in html
    assert "k7xm-p3qa-9tzn" not in html


# --- From the roster --------------------------------------------------------------------------------


def row(name: str, phone: str, unit: str) -> list[str]:
    return [name, "1985", phone, "", "Chuyên viên", "", unit, ""]


PEOPLE = [
    row("Trần Văn Ấm", "0912 000 001", "Xã Vạn Yên"),
    row("H'Hen Niê", "0912 000 002", "Phường Hạ Long"),
    row("Bùi Văn Ân", "0912 000 003", "Xã Vạn Yên"),
]


@pytest.fixture
def batch(client, manager_p1):
    client.force_login(manager_p1)
    client.post("/units/roster/", {"file": SimpleUploadedFile("ds.csv", as_csv(*PEOPLE))})
    made = RosterBatch.objects.get()
    client.post(f"/units/roster/{made.pk}/confirm/")
    return made


def address(batch: RosterBatch) -> str:
    return f"/units/roster/{batch.pk}/slips/"


def test_slips_come_by_unit_and_given_name_each_with_a_code_that_opens_the_account(client, batch, tmp_path):
    answer = client.post(address(batch), {"part": "1"})
    assert (answer["Content-Type"], "no-store" in answer["Cache-Control"]) == ("application/pdf", True)
    words = words_of(answer.content, tmp_path)
    # Phường Hạ Long before Xã Vạn Yên; Ấm before Ân, whatever the family name.
    names = ["H'Hen Niê", "Trần Văn Ấm", "Bùi Văn Ân"]
    assert sorted(names, key=words.index) == names
    people = [User.objects.get(full_name=name) for name in names]
    assert [person.check_password(code) for person, code in zip(people, CODE.findall(words), strict=True)] == [True] * 3


def test_slips_are_printed_once_and_again_only_when_one_says_so(client, batch, tmp_path):
    first = CODE.findall(words_of(client.post(address(batch)).content, tmp_path))
    assert client.post(address(batch)).status_code == 302
    # The Excel list is the same issue: it is not to be had beside.
    assert client.post(f"/units/roster/{batch.pk}/codes/").status_code == 302
    Client().post("/accounts/login/", {"login": "0912 000 002", "password": first[0]})
    again = CODE.findall(words_of(client.post(address(batch), {"again": "1"}).content, tmp_path))
    people = [User.objects.get(full_name=name) for name in ("H'Hen Niê", "Trần Văn Ấm", "Bùi Văn Ân")]
    assert people[0].check_password(first[0])
    assert [person.check_password(code) for person, code in zip(people[1:], again, strict=True)] == [True, True]


def test_a_sheet_that_cannot_be_printed_spends_no_code(client, batch, monkeypatch):
    def fail(*args, **kwargs):
        raise rendering.CannotPrintError("The font is missing.")

    monkeypatch.setattr(rendering, "slips_pdf", fail)
    assert client.post(address(batch), follow=True).status_code == 200
    batch.refresh_from_db()
    assert batch.codes_issued_at is None
    assert not any(person.has_usable_password() for person in User.objects.filter(phone__startswith="+84912000"))


def test_who_signs_in_while_the_sheet_is_being_printed_keeps_the_password(batch, manager_p1):
    drawn = codes_service.draw_codes(batch=batch, by=manager_p1)
    quick = User.objects.get(full_name="Bùi Văn Ân")
    quick.set_password("tu-dat-lay-1")
    quick.last_login = clock.now()
    quick.must_change_password = False
    quick.save()
    assert codes_service.keep_codes(batch=batch, codes=drawn, by=manager_p1, at=clock.now())
    quick.refresh_from_db()
    assert quick.check_password("tu-dat-lay-1")


def test_of_two_who_print_at_once_only_the_first_ones_codes_open_anything(batch, manager_p1):
    first = codes_service.draw_codes(batch=batch, by=manager_p1)
    second = codes_service.draw_codes(batch=batch, by=manager_p1)
    kept = [
        codes_service.keep_codes(batch=batch, codes=codes, by=manager_p1, at=clock.now()) for codes in (first, second)
    ]
    person = User.objects.get(full_name="Bùi Văn Ân")
    opened = [person.check_password(dict(codes)[person]) for codes in (first, second)]
    assert (kept, opened) == ([True, False], [True, False])


def test_a_large_roster_is_printed_in_parts_each_once(client, batch, monkeypatch, tmp_path):
    monkeypatch.setattr("lms.people.views.slips.SLIPS_AT_ONCE", 2)
    parts = client.get(address(batch)).context["parts"]
    assert [(part.first, part.last) for part in parts] == [(1, 2), (3, 3)]
    assert len(CODE.findall(words_of(client.post(address(batch), {"part": "1"}).content, tmp_path))) == 2
    assert client.post(address(batch), {"part": "1"}).status_code == 302
    assert len(CODE.findall(words_of(client.post(address(batch), {"part": "2"}).content, tmp_path))) == 1
    assert client.post(address(batch), {"part": "7"}).status_code == 302
    assert [part.were_issued for part in client.get(address(batch)).context["parts"]] == [True, True]


@pytest.mark.parametrize("who", ["officer_p1", "manager_p2"])
def test_strangers_get_neither_page_nor_slips(client, batch, who, request):
    client.force_login(request.getfixturevalue(who))
    assert [client.get(address(batch)).status_code, client.post(address(batch)).status_code] == [404, 404]
    batch.refresh_from_db()
    assert batch.codes_issued_at is None


def test_the_page_and_the_slips_cost_the_same_queries_for_one_and_three(client, batch, manager_p1):
    people = list(User.objects.filter(phone__startswith="+84912000"))
    counts = []
    for number in (1, 3):
        with CaptureQueriesContext(connection) as captured:
            account_queries.slips([(person, "x") for person in people[:number]], on=clock.today())
        counts.append(len(captured))
    assert counts[0] == counts[1]

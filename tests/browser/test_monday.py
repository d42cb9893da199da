"""As a province lives it: a Monday in Thái Nguyên, from an empty installation to the report and a restored copy.

On PostgreSQL and Redis only (make test-services): there the site is what a province installs.
"""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import docx
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import people
from tests.browser.test_screens import english_in
from tests.browser.test_whole_way import (
    LESSONS,
    go_through_topic,
    hand_in,
    read_every_lesson,
    take_the_final_test,
    take_the_quiz,
    topics,
)
from tests.people import samples
from tests.plugins.browser import PHONE
from tests.plugins.site import LiveSite, a_site, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="the Monday is played on PostgreSQL"),
]
ADMINISTRATOR, ADMINISTRATOR_PASSWORD = "quantri.tn", "Mat-khau-quan-tri-2026"
MANAGER_PASSWORD = "Mat-khau-quan-ly-2026"
OFFICER_PASSWORD = "Mat-khau-can-bo-2026"
PROVINCE = "Tỉnh Thái Nguyên"
BASIS, BASIS_DATE = "15/KH-MTTQ-BTT", "9/11/2026"

NAMES = [name for name, _ in samples.MONDAY_OFFICERS.values()]
PHONES = ["+84" + re.sub(r"\D", "", str(phone)).lstrip("0") for _, phone in samples.MONDAY_OFFICERS.values()]

_COMMUNES = """
import json
from lms.core import clock
from lms.home.management.commands.demo import _province
from lms.units.queries import children_on
province = _province("Tỉnh Thái Nguyên")
rows = children_on(province, clock.today())
print(json.dumps({"province": province.pk, "communes": [row.name for row in rows]}))
"""
_CERTIFICATES = """
import json
from certificates.models import Certificate
print(json.dumps([[row.payload["name"], row.verify_code, str(row.pk), row.sha256, row.payload["modules"]]
                  for row in Certificate.objects.order_by("number")]))
"""


@dataclass
class Slip:
    username: str
    code: str


class Eyes:
    """Every screen that is looked at is Vietnamese and fits the phone; all faults are told at the end."""

    def __init__(self) -> None:
        self.faults: dict[str, object] = {}

    def look(self, page: Page, step: str) -> None:
        if lines := english_in(page):
            self.faults[step] = lines
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            self.faults[f"{step}: width"] = width


def set_up_second_factor(page: Page, password: str, eyes: Eyes) -> None:
    eyes.look(page, "ways of a second factor")
    page.locator('a[href$="/totp/activate/"]').click()
    eyes.look(page, "the password again")
    page.fill('input[name="password"]', password)
    page.locator("main form .btn.main").first.click()
    expect(page.locator("code.secret")).to_be_visible()
    eyes.look(page, "second factor")
    secret = page.locator("code.secret").inner_text().strip()
    counter = next(yield_hotp_counters_from_time())
    page.fill('input[name="code"]', format_hotp_value(hotp_value(secret, counter)))
    page.locator("main form .btn.main").first.click()
    page.wait_for_load_state()


def sign_in_with_code(page: Page, site: LiveSite, login: str, code: str, password: str, eyes: Eyes) -> None:
    people.sign_in(page, site, login, code)
    expect(page.locator('input[name="password1"]')).to_be_visible()
    eyes.look(page, "first password")
    page.fill('input[name="oldpassword"]', code)
    page.fill('input[name="password1"]', password)
    page.fill('input[name="password2"]', password)
    page.locator("main form .btn.main").first.click()
    page.wait_for_load_state()


def take_note(page: Page, site: LiveSite, eyes: Eyes) -> None:
    """Whoever signs in for the first time reads what becomes of the own data, before anything else."""
    page.goto(f"{site.url}/learn/")
    expect(page.locator('main form input[name="version"]')).to_have_count(1)
    eyes.look(page, "privacy notice")
    page.locator("main form .btn.main").first.click()
    page.wait_for_load_state()


def download(context: BrowserContext, page: Page, selector: str, to: Path) -> Path:
    with page.expect_download() as waiting:
        page.locator(selector).first.click()
    waiting.value.save_as(to)
    return to


def text_of(pdf: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout


def slips_in(pdf: Path) -> dict[str, Slip]:
    """Username → slip, read off the printed page: the code is the next one after the username."""
    text = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    found = {}
    for username, code in re.findall(
        r"^([a-z][a-z0-9]*(?:\.[a-z0-9]+)*)$.*?^((?:[2-9a-z]{4}-){2}[2-9a-z]{4})$", text, re.MULTILINE | re.DOTALL
    ):
        found[username] = Slip(username, code)
    return found


def begin_empty(site: LiveSite) -> dict[str, object]:
    """The last step of make install: tables, units and the course are there, now the first administrator."""
    site.environment |= {
        "LMS_ADMIN_USERNAME": ADMINISTRATOR,
        "LMS_ADMIN_NAME": "Trần Quản Trị",
        "LMS_ADMIN_PASSWORD": ADMINISTRATOR_PASSWORD,
    }
    site.manage("administrator")
    found: dict[str, object] = json.loads(site.python(_COMMUNES).splitlines()[-1])
    return found


def test_a_monday_in_thai_nguyen(browser: Browser, tmp_path: Path) -> None:
    eyes = Eyes()
    with a_site(holds="installed", start=False) as site:
        known = begin_empty(site)
        site.start_web()
        site.start_worker()
        slip = the_administrator_makes_a_manager(site, browser, eyes)
        desk = people.context(browser).new_page()
        sign_in_with_code(desk, site, slip.username, slip.code, MANAGER_PASSWORD, eyes)
        set_up_second_factor(desk, MANAGER_PASSWORD, eyes)
        take_note(desk, site, eyes)
        slips = the_manager_brings_in_people(site, desk, known["communes"], tmp_path, eyes)
        the_manager_gives_a_task(site, desk, eyes)
        finished = three_officers_finish(site, browser, desk, slips, tmp_path, eyes)
        certificates = wait_for_certificates(site, 3)
        assert {name for name, *_ in certificates} == {name.upper() for name in finished}
        assert all(len(modules) == len(LESSONS) + 1 for *_, modules in certificates)
        table_and_papers_agree(site, desk, int(str(known["province"])), tmp_path, eyes)
        archive = tmp_path / "sao-luu"
        site.manage("backup", "--to", str(archive))
        [saved] = [path for path in archive.iterdir() if not path.name.startswith(".")]
        originals = {code: digest for _, code, _, digest, _ in certificates}
    the_certificate_verifies_elsewhere(browser, saved, originals, finished)
    assert eyes.faults == {}


def the_administrator_makes_a_manager(site: LiveSite, browser: Browser, eyes: Eyes) -> Slip:
    page = people.context(browser).new_page()
    people.sign_in(page, site, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    set_up_second_factor(page, ADMINISTRATOR_PASSWORD, eyes)
    take_note(page, site, eyes)
    page.goto(f"{site.url}/units/rights/")
    eyes.look(page, "rights")
    page.fill('input[name="unit"]', "thai nguyen")
    page.locator('form[role="search"] button').first.click()
    page.locator("a.unit-hit").filter(has_text=PROVINCE).first.click()
    eyes.look(page, "rights of the province")
    page.locator('a[href$="/account/"]').click()
    page.fill('input[name="full_name"]', "Hoàng Thị Quản Lý")
    page.fill('input[name="phone"]', "0912 888 999")
    page.fill('input[name="position"]', "Chuyên viên")
    page.locator('input[name="template"][value="all"]').check()
    eyes.look(page, "account of a manager")
    page.locator("main form .btn.main").last.click()
    eyes.look(page, "slip of the manager")
    code = page.locator(".slip-code").inner_text().strip()
    username = page.locator(".slip-facts dd").first.inner_text().strip()
    return Slip(username, code)


def the_manager_brings_in_people(
    site: LiveSite, desk: Page, communes: list[str], folder: Path, eyes: Eyes
) -> dict[str, Slip]:
    file = folder / "danh-sach.xlsx"
    file.write_bytes(samples.monday_roster(communes))
    desk.goto(f"{site.url}/units/roster/")
    eyes.look(desk, "rosters")
    desk.set_input_files('input[type="file"]', file)
    desk.locator('form[enctype="multipart/form-data"] .btn.main').click()
    desk.wait_for_url(re.compile(r"/units/roster/\d+/"), timeout=120_000)
    eyes.look(desk, "dry run")
    expect(desk.locator('a[href^="?outcome=refused"] b')).to_have_text("20")
    expect(desk.locator('a[href^="?outcome=new"] b')).to_have_text("180")
    expect(desk.locator("td .why")).to_have_count(20)
    assert all(sentence.strip().endswith(".") for sentence in desk.locator("td .why").all_inner_texts())
    desk.locator('form[action$="/confirm/"] button').click()
    desk.wait_for_load_state()
    expect(desk.locator('form[action$="/confirm/"]')).to_have_count(0)
    # A worker writes the rows; the page asks every three seconds how far it is.
    expect(desk.locator('a[href$="/slips/"]').first).to_be_visible(timeout=180_000)
    desk.goto(re.sub(r"\?.*", "", desk.url) + "slips/")
    eyes.look(desk, "slips")
    pdf = download(desk.context, desk, "main form .btn.main", folder / "phieu.pdf")
    pages = subprocess.run(["pdfinfo", str(pdf)], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Pages:\s+18\b", pages), "180 slips, ten to a page"
    slips = slips_in(pdf)
    assert len(slips) == 180
    return slips


def the_manager_gives_a_task(site: LiveSite, desk: Page, eyes: Eyes) -> None:
    desk.goto(f"{site.url}/plans/")
    eyes.look(desk, "tasks, none")
    desk.goto(f"{site.url}/plans/new/")
    eyes.look(desk, "new task")
    desk.fill('input[name="deadline"]', "31/12/2026")
    if not desk.locator('input[name="document_reference"]').is_visible():
        desk.locator("details:has(input[name=document_reference]) summary").click()
    desk.fill('input[name="document_reference"]', BASIS)
    desk.fill('input[name="document_date"]', BASIS_DATE)
    desk.locator('main form button[name="step"][value="preview"]').last.click()
    eyes.look(desk, "task before it is given")
    desk.locator("main form .btn.main").last.click()
    desk.wait_for_url(re.compile(r"/plans/\d+/"))
    eyes.look(desk, "task")
    expect(desk.locator("main")).to_contain_text(BASIS)


def three_officers_finish(
    site: LiveSite, browser: Browser, desk: Page, slips: dict[str, Slip], folder: Path, eyes: Eyes
) -> list[str]:
    """The first signs in by phone number, the second by username, the third through the address in the QR."""
    finished = []
    screenshot = folder / "man-hinh.png"
    Image.effect_noise((540, 960), 60).convert("RGB").save(screenshot)
    accounts = json.loads(
        site.python(
            "import json\nfrom lms.accounts.models import User\n"
            f"print(json.dumps([[u.username, u.full_name, u.phone] for u in User.objects.filter("
            f"phone__in={PHONES!r}).order_by('phone')]))"
        ).splitlines()[-1]
    )
    assert len(accounts) == 3
    for number, (username, name, phone) in enumerate(accounts):
        page = people.context(browser).new_page()
        login = "0" + phone.removeprefix("+84") if number == 0 else username
        if number == 2:
            page.goto(f"{site.url}/accounts/login/?login={username}")
            expect(page.locator('input[name="login"]')).to_have_value(username)
        sign_in_with_code(page, site, login, slips[username].code, OFFICER_PASSWORD, eyes)
        take_note(page, site, eyes)
        page.goto(f"{site.url}/learn/")
        eyes.look(page, f"my training {number}")
        expect(page.locator("main")).to_contain_text("31/12/2026")
        expect(page.locator("main")).to_contain_text(BASIS)
        expect(page.locator("main")).to_contain_text("Hoàng Thị Quản Lý")
        page.locator('form[action*="/begin/"] button').first.click()
        page.wait_for_load_state()
        read_every_lesson(page, site)
        eyes.look(page, f"practical task {number}")
        hand_in(page, link=f"https://www.facebook.com/mattran.thainguyen.{number}")
        eyes.look(page, f"handed in {number}")
        page.locator(".foot a.btn").last.click()
        take_the_quiz(page, site, right=True)
        eyes.look(page, f"quiz {number}")
        # They know the rest: each test first, then its piece of work.
        _first, *others, final = topics(page, site)
        for topic in others:
            go_through_topic(page, site, topic, reads=False, picture=screenshot)
        take_the_final_test(page, site, final)
        finished.append(name)
    desk.goto(f"{site.url}/learn/marking/")
    eyes.look(desk, "to confirm")
    for left in range(3 * len(LESSONS) - 1, -1, -1):
        desk.locator('form[action$="/confirm/"] button').first.click()
        desk.wait_for_load_state()
        desk.goto(f"{site.url}/learn/marking/")
        expect(desk.locator('form[action$="/confirm/"]')).to_have_count(left)
    return finished


def wait_for_certificates(site: LiveSite, number: int) -> list[list[str]]:
    found: list[list[str]] = []

    def are_there() -> bool:
        nonlocal found
        found = json.loads(site.python(_CERTIFICATES).splitlines()[-1])
        time.sleep(1)
        return len(found) == number and all(row[3] for row in found)

    wait_for(are_there, what="the certificates are made", seconds=120)
    return found


def fraction(written: str) -> tuple[str, str]:
    """ "3/92 (3,3 %)" → ("3", "92")."""
    done, _, whole = written.partition(" ")[0].replace("\u00a0", " ").partition("/")
    return done, whole.split()[0]


def table_and_papers_agree(site: LiveSite, desk: Page, province: int, folder: Path, eyes: Eyes) -> None:
    address = f"{site.url}/reports/units/{province}/"
    desk.goto(address)
    eyes.look(desk, "table")
    shown = " ".join(desk.locator("main").inner_text().split())
    assert "3/92" in shown
    request = desk.context.request
    sheet = list(csv.reader(io.StringIO(request.get(address + "units.csv").body().decode("utf-8-sig")), delimiter=";"))
    # 0 unit, 1 units, 2 covered, 4 with a page, 7 without, 8 not known, 9 people, 10 done, 12 learning, 13 not begun
    told = [[row[place] for place in (0, 10, 9, 12, 13)] for row in sheet[1:]]
    report = folder / "bao-cao.docx"
    report.write_bytes(request.get(address + "report.docx").body())
    document = docx.Document(str(report))
    table = max(document.tables, key=lambda table: len(table.rows))
    written = [[cell.text.strip() for cell in row.cells] for row in table.rows[1:]]
    # Every line of the table in Word says what the download says: done/people, learning, not begun.
    assert [[row[1], *fraction(row[3]), row[4], row[5]] for row in written[:-1]] == told[:-1]
    last, total = written[-1], sheet[-1]
    summed = [last[1], *fraction(last[2]), *fraction(last[3]), *last[4:6], *fraction(last[6]), *last[7:9]]
    assert summed == [total[place] for place in (0, 2, 1, 10, 9, 12, 13, 4, 1, 7, 8)]
    foot = " ".join(desk.locator("tfoot").inner_text().split())
    shares = [f"{total[2]}/{total[1]}", f"{total[10]}/{total[9]}", f"{total[4]}/{total[1]}"]
    paragraphs = "\n".join(paragraph.text for paragraph in document.paragraphs)
    pdf = folder / "bao-cao.pdf"
    pdf.write_bytes(request.get(address + "report.pdf").body())
    printed = text_of(pdf)
    assert [[share in place for place in (foot, paragraphs, printed)] for share in shares] == [[True] * 3] * 3
    assert BASIS in paragraphs
    desk.goto(address + "call-list/")
    eyes.look(desk, "call list")
    called = " ".join(desk.locator("main").inner_text().split())
    assert not any(name in called for name in NAMES)
    # By unit: the 89 communes without a trained page officer; by officer: whoever has not completed.
    assert desk.locator("tbody tr").count() == int(total[1]) - int(total[2])
    desk.goto(address + "call-list/?theo=can-bo")
    eyes.look(desk, "call list by officer")
    assert desk.locator("tbody tr").count() == int(total[9]) - int(total[10])


def the_certificate_verifies_elsewhere(
    browser: Browser, archive: Path, originals: dict[str, str], names: list[str]
) -> None:
    """Another server, another address, another secret key: the paper is as good as before."""
    with a_site(holds="nothing", start=False) as other:
        other.manage("restore", str(archive))
        other.start_web()
        page = people.context(browser).new_page()
        for code in originals:
            page.goto(f"{other.url}/verify/{code}/")
            shown = page.locator("main").inner_text().upper()
            assert any(name.upper() in shown for name in names)
        files = [path.read_bytes() for path in other.var.rglob("*.pdf")]
        assert {hashlib.sha256(content).hexdigest() for content in files} >= set(originals.values())

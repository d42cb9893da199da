"""The simulator on a phone: both sides find the same, every kind is solved by keyboard, and it lives without a line."""

import base64
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from courses.simulator.tasks import Level
from tests.browser import people
from tests.courses.simulator.vectors import cases
from tests.plugins.browser import DESK, PHONE
from tests.plugins.site import LiveSite

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).resolve().parents[2] / "lms/static/lms/js/simulator.js"
LEVELS = [level.value for level in Level]
COURSE = "/trang-cong-dong"
ACCESS = f"{COURSE}/thanh-lap-trang-cong-dong/phan-quyen-cho-to-quan-tri/"
SETTINGS = f"{COURSE}/thanh-lap-trang-cong-dong/bao-mat-ngay-tu-ngay-dau/"
COMPOSER = f"{COURSE}/dang-bai/ban-nhap-va-hen-gio/"
INBOX = f"{COURSE}/quan-tri-he-thong-thong-tin/tra-loi-binh-luan-va-tin-nhan/"
DRILL = f"{COURSE}/quan-tri-he-thong-thong-tin/ung-cuu-khi-trang-bi-chiem/"


def test_the_browser_finds_what_python_finds(page: Page) -> None:
    """The file itself, as it is served, over every vector and every exercise of the course."""
    # Task has enumerations, which are texts, and tuples, which JSON makes lists: as the page gets them.
    asked = [
        {"name": name, "task": asdict(task), "state": state, "found": found} for name, task, state, found in cases()
    ]
    assert len(asked) > 100
    page.goto("about:blank")
    source = base64.b64encode(SCRIPT.read_bytes()).decode()
    different = page.evaluate(
        """async ([source, asked]) => {
            const { findings, readState } = await import(`data:text/javascript;base64,${source}`);
            return asked
              .map((one) => ({ ...one, here: findings(one.task, readState(one.task, one.state)) }))
              .filter((one) => JSON.stringify(one.here.map((f) => [f.ok, f.sentence]))
                !== JSON.stringify(one.found.map((f) => [f.ok, f.sentence])))
              .map((one) => [one.name, one.state, one.here.map((f) => f.ok)]);
        }""",
        [source, asked],
    )
    assert different == []


class Learner:
    """Somebody with a keyboard: goes to a field, and only keys do the rest."""

    def __init__(self, page: Page, site: LiveSite) -> None:
        self.page, self.site = page, site

    def open(self, path: str) -> None:
        answer = self.page.goto(self.site.url + path)
        assert answer is not None
        assert answer.status == 200
        expect(self.page.locator(".sim.is-live [data-board]")).to_be_visible()

    def key(self, field: str, key: str) -> None:
        self.page.locator(f".sim {field}").focus()
        self.page.keyboard.press(key)

    def write(self, field: str, text: str) -> None:
        self.page.locator(f".sim {field}").focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def choose(self, name: str, value: str) -> None:
        self.key(f'input[name="{name}"][value="{value}"]', "Space")

    def level(self, person: str, level: str) -> None:
        """Step by step from where it stands: passing “no access” would be a removal."""
        field = self.page.locator(f'.sim [data-person-key="{person}"] select')
        steps = LEVELS.index(level) - LEVELS.index(field.input_value())
        field.focus()
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")

    def check(self) -> None:
        self.key("[data-check]", "Enter")
        expect(self.page.locator(".sim [data-result]")).to_be_visible()

    def solved(self) -> None:
        expect(self.page.locator(".sim [data-result] .no")).to_have_count(0)
        expect(self.page.locator(".sim [data-done]")).to_be_visible()


@pytest.fixture(scope="module")
def learner(live_site: LiveSite, browser: Browser) -> Learner:
    officer = people.make(live_site, "tap.mo.phong", "Lò Thị Tập", province="Tỉnh Thái Nguyên")
    page = people.context(browser, viewport=PHONE).new_page()
    people.sign_in(page, live_site, officer.username)
    page.goto(f"{live_site.url}/learn/")
    page.locator('form[action*="/enrol/"] button').first.click()
    return Learner(page, live_site)


def test_access_is_given_and_taken_by_keyboard(learner: Learner) -> None:
    learner.open(ACCESS)
    learner.check()
    assert learner.page.locator(".sim [data-result] .no").count() > 5
    expect(learner.page.locator(".sim [data-after]")).not_to_have_attribute("open", "")
    learner.key('[data-person-key="lan"] [data-accepted] input', "Space")
    learner.level("hoa", "partial")
    learner.key('[data-person-key="hoa"] [data-two-factor] input', "Space")
    learner.level("binh", "community")
    learner.key('[data-person-key="binh"] [data-accepted] input', "Space")
    learner.level("pct", "insights")
    learner.key('[data-person-key="pct"] [data-accepted] input', "Space")
    learner.level("minh", "none")
    learner.choose("request:ho-tro", "refuse")
    learner.check()
    learner.solved()


def test_settings_are_set_by_keyboard(learner: Learner) -> None:
    learner.open(SETTINGS)
    set_up(learner)


def set_up(learner: Learner) -> None:
    for name, value in {
        "mat-khau": "Một cụm dài bốn, năm từ, chỉ dùng cho Facebook",
        "hai-yeu-to": "Bật, dùng ứng dụng xác thực",
        "ma-khoi-phuc": "Ra giấy, phong bì dán kín, tủ hồ sơ có khóa",
        "may-la": "Đăng xuất",
        "canh-bao": "Bật",
        "ai-binh-luan": "Mọi người",
        "loi-tuc": "Bật",
    }.items():
        learner.choose(f"setting:{name}", value)
    learner.write('textarea[name="setting:tu-chan"]', "vay nhanh, xem bói")
    learner.check()
    learner.solved()


def test_a_post_is_written_and_scheduled_by_keyboard_and_starting_again_empties_it(learner: Learner) -> None:
    learner.open(COMPOSER)
    page = learner.page
    learner.choose("identity", "page")
    learner.write(
        'textarea[name="text"]',
        "Tiêm phòng từ 7 giờ 30 ngày 27/11/2026 tại trạm y tế. Nguồn: cổng thông tin điện tử xã.",
    )
    expect(page.locator('.sim [name="alternative:tram"]')).to_be_hidden()
    learner.choose("picture", "tram")
    learner.write('[name="alternative:tram"]', "Cổng trạm y tế xã, cửa đang mở.")
    learner.choose("audience", "public")
    learner.choose("when", "later")
    # How the keys of a date field stand depends on the system; its value does not.
    page.locator('.sim input[name="day"]').fill("2026-11-24")
    page.locator('.sim input[name="time"]').fill("07:30")
    learner.check()
    expect(page.locator(".sim [data-result] .no")).to_have_count(1)
    page.locator('.sim input[name="time"]').fill("19:30")
    learner.check()
    learner.solved()
    learner.key("[data-reset]", "Enter")
    expect(page.locator(".sim [data-result]")).to_be_hidden()
    expect(page.locator('.sim textarea[name="text"]')).to_have_value("Thông báo tiêm phòng cho trẻ em xã Bình An.")


def test_an_inbox_is_worked_through_by_keyboard(learner: Learner) -> None:
    learner.open(INBOX)
    for comment, actions, reply in [
        ("ho-so", ["reply"], "Mời chị đến bộ phận một cửa của xã."),
        ("muong", ["reply", "hand_on"], "Cảm ơn bác. Chúng tôi chuyển ngay và báo lại trước thứ Sáu."),
        ("khen", ["reply"], "Cảm ơn bạn."),
        ("vay", ["delete"], ""),
        ("rieng", ["reply", "hide"], "Trang đã nhận lời chị, xin nhắn riêng."),
        ("to-cao", ["reply", "hand_on"], "Mời bác gửi đơn đến nơi tiếp công dân."),
    ]:
        for action in actions:
            learner.key(f'[data-comment="{comment}"] input[value="{action}"]', "Space")
        if reply:
            learner.write(f'[data-comment="{comment}"] textarea', reply)
    learner.check()
    learner.solved()


def test_a_drill_goes_on_when_the_time_is_over_and_ends_with_the_procedure_and_whom_to_call(
    learner: Learner, live_site: LiveSite
) -> None:
    page = learner.page
    page.clock.install()
    learner.open(DRILL)
    rights = {"phut-dau": "1", "danh-sach": "0", "dong-doi": "1", "bao-ai": "1", "ba-con": "2", "don-sach": "1"}
    for number, (key, value) in enumerate(rights.items()):
        row = f'[data-situation="{key}"]'
        if number == 0:
            learner.key(f"{row} [data-choose]", "Enter")
            expect(page.locator(f".sim {row} [data-missing]")).to_be_visible()
            page.clock.run_for(50_000)
            expect(page.locator(f".sim {row} [data-clock]")).to_have_attribute("role", "status")
        page.locator(f'.sim {row} input[value="{value}"]').focus()
        page.keyboard.press("Space")
        learner.key(f"{row} [data-choose]", "Enter")
        expect(page.locator(f".sim {row} [data-outcome] .ok")).to_be_visible()
        # The focus has come to the button that leads on.
        page.keyboard.press("Enter")
    learner.solved()
    after = page.locator(".sim [data-after]")
    expect(after).to_have_attribute("open", "")
    expect(after).to_contain_text("Công an xã")
    expect(after).to_contain_text("facebook.com/hacked")


def test_it_is_solved_without_a_line_and_noted_when_the_line_is_back(live_site: LiveSite, browser: Browser) -> None:
    officer = people.make(live_site, "tap.ngoai.mang", "Lò Văn Ngoài", province="Tỉnh Thái Nguyên")
    context = people.context(browser, viewport=PHONE)
    page = context.new_page()
    people.sign_in(page, live_site, officer.username)
    page.goto(f"{live_site.url}/learn/")
    page.locator('form[action*="/enrol/"] button').first.click()
    alone = Learner(page, live_site)
    alone.open(SETTINGS)
    page.wait_for_load_state("load")
    context.set_offline(True)
    set_up(alone)
    context.set_offline(False)
    with page.expect_response(lambda answer: "/simulator/" in answer.url) as noted:
        page.reload()
    assert noted.value.json() == {"solved": True}
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.locator(".sim [data-done]")).to_be_visible()


def test_without_a_script_it_is_an_exercise_to_read(live_site: LiveSite, browser: Browser, learner: Learner) -> None:
    context = browser.new_context(
        viewport=PHONE, java_script_enabled=False, storage_state=learner.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(live_site.url + INBOX)
    expect(page.locator(".sim [data-board]")).to_be_hidden()
    expect(page.locator(".sim .sim-told")).to_contain_text("Vay nhanh 5 phút")
    page.locator(".sim .sim-model summary").click()
    expect(page.locator(".sim .sim-model")).to_contain_text("giữ kín người gửi")


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_it_fits_and_has_no_barrier(live_site: LiveSite, browser: Browser, learner: Learner, viewport: Any) -> None:
    context = browser.new_context(viewport=viewport, storage_state=learner.page.context.storage_state())
    page = context.new_page()
    for path in (ACCESS, SETTINGS, COMPOSER, INBOX, DRILL):
        page.goto(live_site.url + path)
        button = page.locator(".sim [data-check]")
        if button.count():
            button.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert Axe().run(page, context=".sim").response["violations"] == [], path
        low = page.evaluate(
            "[...document.querySelectorAll('.sim button, .sim .opt, .sim .check, .sim select, .sim input[type=date],"
            " .sim summary')].filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).length"
        )
        assert low == 0, path

"""A device that several people use locks by itself, in every tab; what was typed is neither lost nor left lying."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.browser import people
from tests.browser.test_quiz_hand import journal, kept, saved, single_of
from tests.plugins.site import LiveSite, wait_for

pytestmark = pytest.mark.browser
LOCK = re.compile(r"/accounts/lock/")
# The form of one's own data: text that is sent only when a button is pressed.
FORM = "/accounts/privacy/correction/"
PIN = "274918"


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    return people.context(browser)


def sign_in_shared(page: Page, site: LiveSite, username: str) -> None:
    page.goto(f"{site.url}/accounts/login/")
    page.fill('input[name="login"]', username)
    page.fill('input[name="password"]', people.PASSWORD)
    page.locator('input[name="shared"]').check()
    page.locator('main form:has(input[name="password"]) button[type="submit"]').first.click()
    expect(page).not_to_have_url(re.compile("/accounts/login/"))


def set_pin(page: Page, site: LiveSite) -> None:
    page.goto(f"{site.url}/accounts/pin/")
    page.fill('input[name="password"]', people.PASSWORD)
    page.fill('input[name="pin"]', PIN)
    page.fill('input[name="again"]', PIN)
    page.locator('form:has(input[name="pin"]) button[type="submit"]').first.click()
    expect(page).to_have_url(re.compile("/accounts/me/"))


def unlock(page: Page, words: str) -> None:
    page.fill('input[name="words"]', words)
    page.locator('form:has(input[name="words"]) button[type="submit"]').click()


def wait_unused(page: Page) -> None:
    """Nobody touches anything for more than ten minutes."""
    page.clock.fast_forward(10 * 60 * 1000 + 6000)


def test_the_screen_locks_and_what_was_typed_comes_back_to_its_owner_alone(
    live_site: LiveSite, context: BrowserContext
) -> None:
    officer = people.make(live_site, "dung.chung", "Lò Thị Chung", province="Tỉnh Thái Nguyên")
    page = context.new_page()
    page.clock.install()
    sign_in_shared(page, live_site, officer.username)
    set_pin(page, live_site)
    page.goto(f"{live_site.url}{FORM}")
    text = page.locator('main form[method="post"] [name="words"]')
    text.fill("Chức vụ ghi sai: tôi là Phó Chủ tịch từ 01/07/2025")
    second = context.new_page()
    second.clock.install()
    second.goto(f"{live_site.url}/learn/")

    # Nine minutes are not enough, and a touch in one tab holds for both.
    page.clock.fast_forward(9 * 60 * 1000)
    expect(page).to_have_url(f"{live_site.url}{FORM}")
    wait_unused(page)
    expect(page).to_have_url(LOCK)
    expect(page.locator("body")).not_to_contain_text("Phó Chủ tịch từ")
    wait_unused(second)
    expect(second).to_have_url(LOCK)
    # Nothing readable lies on the device, and going back shows nothing of the page.
    lying = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Phó Chủ tịch" not in lying
    with suppress(Error):
        page.go_back()
    expect(page.locator("body")).not_to_contain_text("Phó Chủ tịch từ")

    page.goto(f"{live_site.url}/accounts/lock/?next={FORM}")
    unlock(page, "111222")
    expect(page.locator(".errorlist")).to_be_visible()
    unlock(page, PIN)
    expect(page).to_have_url(f"{live_site.url}{FORM}")
    expect(text).to_have_value("Chức vụ ghi sai: tôi là Phó Chủ tịch từ 01/07/2025")
    # It comes back once.
    page.reload()
    expect(text).to_have_value("")
    # The other tab goes on where it was.
    unlock(second, PIN)
    expect(second).to_have_url(f"{live_site.url}/learn/")


def test_five_wrong_pins_end_the_session_and_the_next_person_finds_nothing(
    live_site: LiveSite, context: BrowserContext
) -> None:
    officer = people.make(live_site, "nham.pin", "Vi Văn Nhầm", province="Tỉnh Thái Nguyên")
    other = people.make(live_site, "nguoi.sau", "Hà Thị Sau", province="Tỉnh Thái Nguyên")
    page = context.new_page()
    page.clock.install()
    sign_in_shared(page, live_site, officer.username)
    page.goto(f"{live_site.url}{FORM}")
    text = page.locator('main form[method="post"] [name="words"]')
    text.fill("Điều chỉ mình tôi biết")
    wait_unused(page)
    expect(page).to_have_url(LOCK)
    for _ in range(5):
        unlock(page, "000111")
        page.wait_for_load_state("load")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    # Going back meets a page that was never kept: the browser asks for it anew, or shows an error of its own.
    with suppress(Error):
        page.go_back()
    expect(page.locator("body")).not_to_contain_text("Vi Văn Nhầm")
    sign_in_shared(page, live_site, other.username)
    page.goto(f"{live_site.url}{FORM}")
    expect(text).to_have_value("")
    expect(page.locator("body")).not_to_contain_text("Điều chỉ mình tôi biết")


def test_an_answer_that_was_not_sent_survives_the_lock(live_site: LiveSite, context: BrowserContext) -> None:
    officer = people.make(live_site, "bai.khoa", "Lường Văn Khóa", province="Tỉnh Thái Nguyên")
    page = context.new_page()
    sign_in_shared(page, live_site, officer.username)
    attempt = begin_again(page, live_site)
    position, options = single_of(live_site, attempt)
    address = f"{live_site.url}/quizzes/attempts/{attempt}/?q={position}"
    page.goto(address)
    page.wait_for_load_state("load")
    # The line is gone: the answer lies sealed in the journal.
    page.route(re.compile("/answers/"), lambda route: route.abort())
    page.locator(f'#question input[value="{options[1]}"]').check()
    wait_for(lambda: len(journal(page)) == 1, what="the choice is in the journal")
    page.locator("#lock-now button").click()
    expect(page).to_have_url(LOCK)
    # It waits for its owner, and nobody else can read it.
    [sealed] = journal(page)
    assert options[1] not in sealed
    assert kept(live_site, attempt, position) is None
    expect(page.locator("[data-unsent]")).to_be_visible()
    page.unroute(re.compile("/answers/"))
    page.clock.install()
    unlock(page, people.PASSWORD)
    expect(page).to_have_url(address)
    saved(live_site, attempt, position, options[1])
    # It is shown as it was saved, and the page, empty when it came, does not save its emptiness over it.
    expect(page.locator(f'#question input[value="{options[1]}"]')).to_be_checked(timeout=15_000)
    wait_for(lambda: journal(page) == [], what="the journal is empty")
    page.clock.fast_forward(61_000)
    page.wait_for_timeout(1000)
    saved(live_site, attempt, position, options[1])


def begin_again(page: Page, site: LiveSite) -> str:
    """Enrol and begin the quiz as who is signed in already; the id of the attempt."""
    page.goto(f"{site.url}/learn/")
    page.locator('form[action*="/enrol/"] button').first.click()
    page.goto(f"{site.url}/trang-cong-dong/thanh-lap-trang-cong-dong/kiem-tra-chuyen-de-1/")
    page.locator("#begin form .btn.main").click()
    page.wait_for_url(re.compile("/quizzes/attempts/"))
    found = re.search(r"attempts/([0-9a-f-]{36})", page.url)
    assert found
    return found[1]

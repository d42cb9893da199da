"""The attempt under a quick hand and a slow line."""

import re
import time

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser import answers, people
from tests.plugins.site import LiveSite

pytestmark = pytest.mark.browser
SLOW = 1.5


def slowly(route: Route) -> None:
    """Saves that htmx sends take their time; pages do not."""
    if route.request.headers.get("hx-request"):
        time.sleep(SLOW)
    route.continue_()


def test_going_on_while_a_save_is_on_its_way_loses_nothing_and_meets_no_conflict(
    live_site: LiveSite, browser: Browser
) -> None:
    officer = people.make(live_site, "nhanh.tay", "Lò Văn Nhanh", province="Tỉnh Thái Nguyên")
    page = people.context(browser).new_page()
    people.sign_in(page, live_site, officer.username)
    page.goto(f"{live_site.url}/learn/")
    page.locator('form[action*="/enrol/"] button').first.click()
    page.goto(f"{live_site.url}/trang-cong-dong/thanh-lap-trang-cong-dong/kiem-tra-chuyen-de-1/")
    page.locator("main form .btn.main").first.click()
    page.wait_for_url(re.compile("/quizzes/attempts/"))
    attempt = re.search(r"attempts/([0-9a-f-]{36})", page.url).group(1)
    asked = answers.questions(live_site.var / "db.sqlite3", attempt)

    page.route(re.compile("/quizzes/attempts/"), slowly)
    for position, kind, content in asked:
        expect(page.locator("form#question h1")).to_contain_text(f"{position}/")
        # Every field changed is a save of its own; the button is pressed while the first is still on its way.
        answers.enter(page, kind, content)
        page.locator("form#question .row .btn.main").click()
        expect(page.locator(".merge")).to_have_count(0)

    page.unroute(re.compile("/quizzes/attempts/"))
    page.locator("form#finish .btn.main").click()
    expect(page.locator(".verdict.passed .score")).to_contain_text("100")

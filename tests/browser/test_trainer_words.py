"""What a trainer and a reviewer meet while they work: choosers, menus, comments, moderation. No English anywhere."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from quizzes import types
from tests.browser import screens
from tests.browser.test_screens import english_in
from tests.plugins.browser import DESK
from tests.plugins.site import LiveSite

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def known(live_site: LiveSite) -> dict[str, str]:
    return screens.addresses(live_site)


@pytest.fixture
def trainer(live_site: LiveSite, browser: Browser) -> Iterator[Page]:
    with screens.signed_in(live_site, browser, "giangvien", DESK) as page:
        yield page


class Reader:
    """Collects the English lines of each step, so that one run tells all."""

    def __init__(self, page: Page) -> None:
        self.page, self.found = page, {}

    def look(self, step: str) -> None:
        self.page.wait_for_timeout(400)
        if lines := english_in(self.page):
            self.found[step] = lines


def test_no_english_in_what_opens_while_a_lesson_is_edited(trainer: Page, live_site: LiveSite, known) -> None:
    page, reader = trainer, Reader(trainer)
    page.goto(live_site.url + known["@cms-lesson"])
    reader.look("edit")
    page.locator(".c-sf-add-button").first.click()
    reader.look("block picker")
    page.keyboard.press("Escape")
    for panel in page.locator("[data-side-panel-toggle]").all():
        panel.click()
        reader.look(f"side panel {panel.get_attribute('data-side-panel-toggle')}")
    page.keyboard.press("Escape")
    page.goto(live_site.url + known["@cms-lesson"])
    editor = page.locator('.public-DraftEditor-content[contenteditable="true"]:visible').first
    editor.click()
    page.keyboard.type("/")
    reader.look("rich text, command palette")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+a")
    reader.look("rich text, toolbar")
    page.locator(
        "footer .w-dropdown-button [data-w-dropdown-target=toggle], footer [data-w-dropdown-target=toggle]"
    ).first.click()
    reader.look("ways to save")
    assert reader.found == {}


def test_no_english_behind_the_tabs_of_a_quiz(trainer: Page, live_site: LiveSite, known) -> None:
    reader = Reader(trainer)
    trainer.goto(live_site.url + known["@cms-quiz"])
    tabs = trainer.locator('[role=tab][href^="#tab-"]')
    assert tabs.count() >= 4
    for tab in tabs.all():
        tab.click()
        reader.look(tab.inner_text())
    assert reader.found == {}


@pytest.mark.parametrize(
    "address",
    [
        "/cms/images/chooser/",
        "/cms/documents/chooser/",
        "/cms/choose-page/",
        "/cms/choose-external-link/",
        "/cms/choose-email-link/",
        "/cms/question_chooser/",
    ],
)
def test_no_english_in_the_choosers(trainer: Page, live_site: LiveSite, address: str) -> None:
    answer = trainer.request.get(f"{live_site.url}{address}", headers={"X-Requested-With": "XMLHttpRequest"})
    assert answer.status == 200
    trainer.goto(f"{live_site.url}/cms/")
    trainer.set_content(answer.json()["html"])
    assert english_in(trainer) == []


def test_no_english_when_a_form_is_refused(trainer: Page, live_site: LiveSite, known) -> None:
    reader = Reader(trainer)
    for address in (
        *(f"/cms/questions/new/?type={kind.NAME}" for kind in types.all_types()),
        "/cms/question_categories/new/",
        "/cms/question_objectives/new/",
        "/cms/snippets/courses/glossaryterm/add/",
    ):
        answer = trainer.goto(live_site.url + address)
        if answer is not None and answer.status == 404:
            continue
        reader.look(address)
        trainer.locator("form button[type=submit], form input[type=submit]").last.click()
        reader.look(f"{address} refused")
    assert reader.found == {}


def test_no_english_from_submitting_to_approving(trainer: Page, live_site: LiveSite, browser: Browser, known) -> None:
    """The trainer adds a draft, sends it to the reviewers; the reviewer compares, returns it, and approves the next."""
    page, reader = trainer, Reader(trainer)
    page.goto(live_site.url + known["@cms-lesson"])
    page.locator("#id_summary").fill("Tóm tắt được sửa trong bài thử.")
    page.locator("footer [data-w-dropdown-target=toggle]").first.click()
    page.get_by_role("button", name="Gửi duyệt").first.click()
    page.wait_for_load_state()
    reader.look("submitted")
    expect(page.locator("main, .content-wrapper").first).to_be_visible()
    with screens.signed_in(live_site, browser, "trunguong", DESK) as desk:
        review = Reader(desk)
        desk.goto(f"{live_site.url}/cms/")
        review.look("desk with something to review")
        desk.goto(live_site.url + known["@cms-lesson"])
        review.look("in moderation")
        desk.locator("footer [data-w-dropdown-target=toggle]").first.click()
        review.look("what a reviewer may do")
        desk.goto(live_site.url + known["@cms-history"])
        review.look("history")
        compare = desk.locator('a[href*="/compare/"]').first
        if compare.count():
            desk.goto(live_site.url + compare.get_attribute("href"))
            review.look("two versions side by side")
        desk.goto(f"{live_site.url}/cms/reports/workflow_tasks/")
        review.look("tasks")
    assert {**reader.found, **review.found} == {}

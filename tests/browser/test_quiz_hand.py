"""The attempt under a quick hand, in two windows, on a slow line, without one, and after the session has ended."""

import json
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser import answers, people
from tests.plugins.site import LiveSite, wait_for

pytestmark = pytest.mark.browser
SLOW = 1.5
QUIZ = "/trang-cong-dong/thanh-lap-trang-cong-dong/kiem-tra-chuyen-de-1/"


def slowly(route: Route) -> None:
    """What the script sends by itself takes its time; pages do not."""
    if route.request.headers.get("x-requested-with") == "quiz":
        time.sleep(SLOW)
    route.continue_()


def begin(page: Page, site: LiveSite, username: str) -> str:
    """Sign in, enrol, begin the quiz; the id of the attempt."""
    people.sign_in(page, site, username)
    page.goto(f"{site.url}/learn/")
    page.locator('form[action*="/enrol/"] button').first.click()
    page.goto(f"{site.url}{QUIZ}")
    page.locator("#begin form .btn.main").click()
    page.wait_for_url(re.compile("/quizzes/attempts/"))
    found = re.search(r"attempts/([0-9a-f-]{36})", page.url)
    assert found
    return found[1]


def single_of(site: LiveSite, attempt: str) -> tuple[int, list[str]]:
    """The position of a question with one answer, and the ids of its options."""
    for position, kind, content in answers.questions(site.var / "db.sqlite3", attempt):
        if kind == "single":
            return position, [option["id"] for option in content["options"]]
    raise AssertionError("the draw has no question with one answer")


def kept(site: LiveSite, attempt: str, position: int) -> Any:
    """The newest answer that the database holds, sent by the script or by a button."""
    connection = sqlite3.connect(f"file:{site.var / 'db.sqlite3'}?mode=ro", uri=True, timeout=20)
    try:
        row = connection.execute(
            "SELECT answer, sequence, autosaved, autosaved_sequence FROM quizzes_attemptquestion"
            " WHERE attempt_id = ? AND position = ?",
            [attempt.replace("-", ""), position],
        ).fetchone()
    finally:
        connection.close()
    text = row[2] if row[3] > row[1] else row[0]
    return json.loads(text) if text else None


def saved(site: LiveSite, attempt: str, position: int, answer: Any) -> None:
    is_there: Callable[[], bool] = lambda: kept(site, attempt, position) == answer  # noqa: E731
    wait_for(is_there, what=f"{answer} is saved", seconds=15)


def choose(page: Page, option: str) -> None:
    page.locator(f'#question input[value="{option}"]').check()


def journal(page: Page) -> list[str]:
    """What lies on the device of answers that are not known to be saved."""
    found: list[str] = page.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('quiz:')).map(([, value]) => value)"
    )
    return found


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    return people.context(browser)


def test_going_on_while_a_save_is_on_its_way_loses_nothing_and_meets_no_conflict(
    live_site: LiveSite, context: BrowserContext
) -> None:
    officer = people.make(live_site, "nhanh.tay", "Lò Văn Nhanh", province="Tỉnh Thái Nguyên")
    page = context.new_page()
    attempt = begin(page, live_site, officer.username)
    asked = answers.questions(live_site.var / "db.sqlite3", attempt)

    page.route(re.compile("/quizzes/attempts/"), slowly)
    for position, kind, content in asked:
        expect(page.locator("form#question h1")).to_contain_text(f"{position}/")
        # Some of it is on its way already, the rest not yet; the button is pressed at once.
        answers.enter(page, kind, content)
        if position % 3 == 0:
            page.wait_for_timeout(2300)
        page.locator("form#question .row .btn.main").click()
        expect(page.locator(".merge")).to_have_count(0)

    page.unroute(re.compile("/quizzes/attempts/"))
    page.locator("form#finish .btn.main").click()
    expect(page.locator(".verdict.passed .score")).to_contain_text("100")
    assert journal(page) == []


def test_the_older_of_two_windows_is_asked_and_its_choice_can_still_win(
    live_site: LiveSite, context: BrowserContext
) -> None:
    officer = people.make(live_site, "hai.cua.so", "Lò Thị Hai", province="Tỉnh Thái Nguyên")
    first = context.new_page()
    attempt = begin(first, live_site, officer.username)
    position, options = single_of(live_site, attempt)
    address = f"{live_site.url}/quizzes/attempts/{attempt}/?q={position}"
    first.goto(address)
    second = context.new_page()
    second.goto(address)
    choose(first, options[0])
    saved(live_site, attempt, position, options[0])
    choose(second, options[1])
    expect(second.locator(".merge")).to_be_visible()
    assert kept(live_site, attempt, position) == options[0]
    second.locator(".merge button").click()
    saved(live_site, attempt, position, options[1])
    expect(second.locator(f'#question input[value="{options[1]}"]')).to_be_checked()
    # And the other way: the first window finds out in its turn, and lets the saved one stand.
    choose(first, options[2])
    expect(first.locator(".merge")).to_be_visible()
    first.locator(".merge a").click()
    expect(first.locator(f'#question input[value="{options[1]}"]')).to_be_checked()
    assert (kept(live_site, attempt, position), journal(first)) == (options[1], [])


def test_without_a_line_answers_go_into_a_sealed_journal_and_a_signed_file_and_then_to_the_server(
    live_site: LiveSite, context: BrowserContext, tmp_path: Path
) -> None:
    officer = people.make(live_site, "mat.mang", "Lò Văn Mạng", province="Tỉnh Thái Nguyên")
    page = context.new_page()
    attempt = begin(page, live_site, officer.username)
    position, options = single_of(live_site, attempt)
    page.goto(f"{live_site.url}/quizzes/attempts/{attempt}/?q={position}")
    page.wait_for_load_state("load")
    context.set_offline(True)
    choose(page, options[0])
    expect(page.locator("#saved.late")).to_be_visible()
    # No button leads to a page that cannot come.
    page.locator("form#question .row .btn.main").click()
    choose(page, options[1])
    wait_for(lambda: len(journal(page)) == 2, what="both choices are in the journal")
    assert not any(option in line for line in journal(page) for option in options)

    expect(page.locator("#salvage")).to_be_visible(timeout=20_000)
    with page.expect_download() as download:
        page.locator("[data-salvage=save]").click()
    file = tmp_path / "bai-lam.json"
    download.value.save_as(file)
    assert kept(live_site, attempt, position) is None
    assert _read_by_the_server(live_site, file) == [[position, options[1], True]]
    assert "SalvageRefusedError" in _read_by_the_server(live_site, file, forged=(options[1], options[2]))

    context.set_offline(False)
    saved(live_site, attempt, position, options[1])
    expect(page.locator("#saved.done")).to_be_visible()
    expect(page.locator("#salvage")).to_be_hidden()
    assert journal(page) == []

    # A phone that goes off with answers unsent: the next page sends what the journal holds.
    page.route(re.compile("/answers/"), lambda route: route.abort())
    choose(page, options[2])
    wait_for(lambda: len(journal(page)) == 1, what="the choice is in the journal")
    page.close()
    page = context.new_page()
    page.goto(f"{live_site.url}/quizzes/attempts/{attempt}/?q={position}")
    saved(live_site, attempt, position, options[2])
    expect(page.locator(f'#question input[value="{options[2]}"]')).to_be_checked()
    wait_for(lambda: journal(page) == [], what="the journal is empty")


def _read_by_the_server(site: LiveSite, file: Path, *, forged: tuple[str, str] | None = None) -> Any:
    """(position, answer, is it to be taken) as services.salvage reads the file, or the name of what it raises."""
    change = f".replace({forged[0]!r}.encode(), {forged[1]!r}.encode())" if forged else ""
    said = site.python(
        "import json\nfrom quizzes.services import salvage\n"
        f"data = open({str(file)!r}, 'rb').read(){change}\n"
        "try:\n"
        "    found = [[row.position, row.answer, row.is_taken] for row in salvage.read(data).answers]\n"
        "except salvage.SalvageRefusedError as error:\n"
        "    found = type(error).__name__\n"
        "print(json.dumps(found))\n"
    )
    return json.loads(said.splitlines()[-1])


def test_a_session_that_ends_is_renewed_beside_the_answers(live_site: LiveSite, context: BrowserContext) -> None:
    officer = people.make(live_site, "het.phien", "Lò Thị Phiên", province="Tỉnh Thái Nguyên")
    page = context.new_page()
    attempt = begin(page, live_site, officer.username)
    position, options = single_of(live_site, attempt)
    page.goto(f"{live_site.url}/quizzes/attempts/{attempt}/?q={position}")
    page.wait_for_load_state("load")
    context.clear_cookies()
    choose(page, options[1])
    expect(page.locator("#signin")).to_be_visible()
    inside = page.frame_locator("#signin iframe")
    inside.locator('input[name="login"]').fill(officer.username)
    inside.locator('input[name="password"]').fill(people.PASSWORD)
    inside.locator('form:has(input[name="password"]) button[type="submit"]').first.click()
    expect(page.locator("#signin")).to_be_hidden()
    saved(live_site, attempt, position, options[1])
    expect(page.locator(f'#question input[value="{options[1]}"]')).to_be_checked()
    # The buttons carry the new token, too.
    page.locator("form#question .row .btn.main").click()
    expect(page.locator("form#question h1, #finish .btn.main").first).to_be_visible()
    assert page.url != f"{live_site.url}/quizzes/attempts/{attempt}/?q={position}"
    assert journal(page) == []

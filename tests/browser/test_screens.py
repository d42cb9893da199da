"""Every main screen at both widths: accessible, nothing wider than the phone, no English left, light enough."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import screens
from tests.plugins.browser import DESK, PHONE
from tests.plugins.site import LiveSite

pytestmark = pytest.mark.browser
WIDTHS = {"360": PHONE, "1280": DESK}
ACCOUNTS = sorted({screen.who for screen in screens.SCREENS})
CMS_ACCOUNTS = sorted({screen.who for screen in screens.CMS_SCREENS})
# Words that stand in English sentences and in no Vietnamese one (fanpage, Facebook and the like are names).
ENGLISH = re.compile(
    r"\b(the|and|your|you|this|with|from|page|pages|save|edit|delete|search|home|settings|publish|submit|password|sign|"
    r"add|choose|image|images|document|documents|status|history|view|click|more|account|title|type|user|users|"
    r"question|answer|lesson|quiz|course|unit|units|help|close|open|toggle|show|hide|actions|error|draft|live|"
    r"comment|comments|required|optional|locale|none|all|new|create|update|loading|back|next|previous)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def known(live_site: LiveSite) -> dict[str, str]:
    return screens.addresses(live_site)


def of(who: str, these: list[screens.Screen]) -> list[screens.Screen]:
    return [screen for screen in these if screen.who == who]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("who", ACCOUNTS)
def test_axe_finds_nothing_serious(live_site, browser: Browser, known, who: str, width: str) -> None:
    found = []
    with screens.signed_in(live_site, browser, who, WIDTHS[width]) as page:
        for screen in of(who, screens.SCREENS):
            screens.open_screen(page, live_site, screen, known)
            for violation in Axe().run(page).response["violations"]:
                if violation["impact"] in {"serious", "critical"}:
                    places = [node["target"] for node in violation["nodes"]][:3]
                    found.append(f"{screen.name}: {violation['id']} {places}")
    assert found == []


@pytest.mark.parametrize("who", ACCOUNTS)
def test_nothing_is_wider_than_a_phone(live_site, browser: Browser, known, who: str) -> None:
    wide = {}
    with screens.signed_in(live_site, browser, who, PHONE) as page:
        for screen in of(who, screens.SCREENS):
            screens.open_screen(page, live_site, screen, known)
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > PHONE["width"]:
                wide[screen.name] = width
    assert wide == {}


def english_in(page: Page) -> list[str]:
    """Lines that a reader meets (text, labels, placeholders, tooltips) with an English word in them."""
    # A click does not wait for the page it leads to: of a document just begun there is nothing to read.
    page.wait_for_load_state("domcontentloaded")
    texts = page.evaluate(
        """() => {
          const seen = [document.title, document.body.innerText];
          for (const node of document.querySelectorAll("[aria-label],[placeholder],[title],[alt],input[type=submit]")) {
            for (const name of ["aria-label", "placeholder", "title", "alt"]) seen.push(node.getAttribute(name) || "");
            if (node.type === "submit") seen.push(node.value || "");
          }
          return seen;
        }"""
    )
    # The cells of a row stand apart: the key of an objective is a path, not a sentence.
    lines = {cell.strip() for text in texts for line in text.splitlines() for cell in line.split("\t") if cell.strip()}
    # Names of time zones are data of the standard library, with places that have no Vietnamese name.
    lines = {line for line in lines if "GMT" not in line and not re.match(r"^[\w./:-]+$", line)}
    return sorted(line for line in lines if ENGLISH.search(line))


@pytest.mark.parametrize("who", ACCOUNTS)
def test_no_english_is_left_on_the_product_s_pages(live_site, browser: Browser, known, who: str) -> None:
    found = {}
    with screens.signed_in(live_site, browser, who, DESK) as page:
        for screen in of(who, screens.SCREENS):
            screens.open_screen(page, live_site, screen, known)
            if lines := english_in(page):
                found[screen.name] = lines
    assert found == {}


@pytest.mark.parametrize("who", CMS_ACCOUNTS)
def test_no_english_is_left_on_the_trainer_s_and_reviewer_s_desk(live_site, browser: Browser, known, who: str) -> None:
    found = {}
    with screens.signed_in(live_site, browser, who, DESK) as page:
        for screen in of(who, screens.CMS_SCREENS):
            screens.open_screen(page, live_site, screen, known)
            page.wait_for_timeout(500)
            if lines := english_in(page):
                found[screen.name] = lines
    assert found == {}


def test_a_lesson_is_light_at_first_load_and_after(live_site, browser: Browser, known) -> None:
    """HTML, CSS and JavaScript as they cross the line: 60 KB at first, 15 KB for the next page (DESIGN §7)."""
    with screens.signed_in(live_site, browser, "hocvien", PHONE) as page:
        context = page.context
        state = context.storage_state()
        fresh = browser.new_context(viewport=PHONE, storage_state=state)
        page = fresh.new_page()
        session = fresh.new_cdp_session(page)
        session.send("Network.enable")
        kinds: dict[str, str] = {}
        sizes: dict[str, float] = {}
        session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
        session.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))

        def weight() -> float:
            total = sum(size for key, size in sizes.items() if kinds.get(key) in {"Document", "Stylesheet", "Script"})
            sizes.clear()
            return total / 1024

        page.goto(live_site.url + known["@lesson"], wait_until="networkidle")
        first = weight()
        page.reload(wait_until="networkidle")
        again = weight()
        fresh.close()
    print(f"lesson: {first:.1f} KB at first load, {again:.1f} KB after")  # noqa: T201
    assert first <= 60
    assert again <= 15

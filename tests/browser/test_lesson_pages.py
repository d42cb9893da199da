"""A lesson under the fingers, at the keyboard, off the line and on paper."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people
from tests.browser.test_screens import english_in
from tests.plugins.browser import PHONE
from tests.plugins.site import LiveSite, wait_for

pytestmark = pytest.mark.browser
TOPIC = "/trang-cong-dong/thanh-lap-trang-cong-dong/"
LESSON = f"{TOPIC}phan-quyen-cho-to-quan-tri/"
TERM, LAW = '.lesson a[href="#term-quyen-truy-cap"]', '.lesson a[href="#luat-nd-147-2024"]'


@pytest.fixture(scope="module")
def learner(live_site: LiveSite, browser: Browser) -> Iterator[str]:
    """A learner of the course; what keeps them signed in, for the contexts of the tests."""
    person = people.make(live_site, "doc.bai", "Lò Thị Đọc", province="Tỉnh Thái Nguyên")
    context = people.context(browser)
    page = context.new_page()
    people.sign_in(page, live_site, person.username)
    page.goto(f"{live_site.url}/learn/")
    page.locator('form[action*="/enrol/"] button').first.click()
    yield context.storage_state()  # type: ignore[misc]
    context.close()


@pytest.fixture
def reader(browser: Browser, learner: str) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, locale="vi-VN", has_touch=True, storage_state=learner)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def height(page: Page) -> int:
    return int(page.evaluate("document.querySelector('article').offsetHeight"))


def test_a_term_opens_by_key_says_its_meaning_and_gives_the_focus_back(reader, live_site):
    reader.goto(f"{live_site.url}{LESSON}")
    link = reader.locator(TERM).first
    expect(link).to_have_attribute("aria-expanded", "false")
    before = height(reader)
    for key in ("Enter", "Space"):
        link.focus()
        reader.keyboard.press(key)
        dialog = reader.get_by_role("dialog", name="Quyền truy cập Trang")
        expect(dialog).to_be_focused()
        expect(dialog).to_contain_text("Người được mời phải bấm chấp nhận")
        expect(dialog).not_to_contain_text("Trở lại")
        expect(link).to_have_attribute("aria-expanded", "true")
        assert height(reader) == before
        reader.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(link).to_be_focused()
    assert reader.url.endswith(LESSON)


def test_tab_goes_on_through_the_box_and_out_of_it(reader, live_site):
    reader.goto(f"{live_site.url}{LESSON}")
    reader.locator(TERM).first.focus()
    reader.keyboard.press("Enter")
    reader.keyboard.press("Tab")
    expect(reader.locator(".pop button")).to_be_focused()
    reader.keyboard.press("Tab")
    expect(reader.get_by_role("dialog")).to_have_count(0)
    expect(reader.locator(".lesson .term-link").nth(1)).to_be_focused()


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_terms_and_documents_open_by_touch_inside_the_screen_and_close_by_a_tap_beside(reader, live_site, width):
    reader.set_viewport_size({"width": width, "height": 740})
    reader.goto(f"{live_site.url}{LESSON}")
    for selector in (TERM, LAW):
        link = reader.locator(selector).first
        link.scroll_into_view_if_needed()
        link.tap()
        box = reader.get_by_role("dialog").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 740
        assert reader.evaluate("document.documentElement.scrollWidth") <= width
        reader.locator("h1").evaluate("heading => heading.click()")
        expect(reader.get_by_role("dialog")).to_have_count(0)


def test_a_second_one_closes_the_first_and_the_cross_closes_it(reader, live_site):
    reader.goto(f"{live_site.url}{LESSON}")
    links = reader.locator(".lesson .term-link")
    links.nth(0).click()
    links.nth(1).evaluate("link => link.click()")
    expect(reader.get_by_role("dialog")).to_have_count(1)
    expect(links.nth(0)).to_have_attribute("aria-expanded", "false")
    reader.get_by_role("button", name="Đóng").click()
    expect(reader.get_by_role("dialog")).to_have_count(0)
    expect(links.nth(1)).to_be_focused()


def test_a_term_opens_without_a_line(reader, live_site):
    reader.goto(f"{live_site.url}{LESSON}")
    reader.context.set_offline(True)
    reader.locator(TERM).first.tap()
    expect(reader.get_by_role("dialog")).to_contain_text("Quyền được vào quản trị Trang")


def test_without_a_script_the_link_leads_to_the_list_and_the_list_back(browser, learner, live_site):
    context = browser.new_context(viewport=PHONE, storage_state=learner, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_site.url}{LESSON}")
    page.locator(TERM).first.click()
    assert page.url.endswith("#term-quyen-truy-cap")
    expect(page.locator("#term-quyen-truy-cap")).to_be_in_viewport()
    page.locator("#term-quyen-truy-cap + dd .way-back").click()
    expect(page.locator(TERM).first).to_be_in_viewport()
    expect(page.locator("button[data-print]")).to_be_hidden()
    context.close()


# --- On paper -----------------------------------------------------------------------------------------


def lessons(site: LiveSite) -> list[str]:
    """The address of every lesson of the course, in its order."""
    connection = sqlite3.connect(f"file:{site.var / 'db.sqlite3'}?mode=ro", uri=True, timeout=20)
    try:
        rows = connection.execute(
            "SELECT url FROM courses_activity WHERE kind = 'lesson' AND retired_at IS NULL ORDER BY position"
        ).fetchall()
    finally:
        connection.close()
    return [url for (url,) in rows]


def printed(page: Page, path: Path) -> pypdfium2.PdfDocument:
    """As the button prints it: drawings that were not scrolled to are there."""
    page.evaluate("document.querySelectorAll('main img').forEach(image => { image.loading = 'eager'; })")
    page.evaluate("Promise.all(Array.from(document.images, image => image.decode()))")
    page.pdf(path=path, prefer_css_page_size=True)
    return pypdfium2.PdfDocument(path)


def text_of(document: pypdfium2.PdfDocument) -> str:
    return "\n".join(sheet.get_textpage().get_text_range() for sheet in document)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_lesson_opens_its_drawings_on_a_phone_and_prints_with_all_headings_and_no_controls(
    reader, live_site, tmp_path
):
    """All of the course at 360 px: nothing scrolls sideways, every drawing is there, no English is left; then A4."""
    found = lessons(live_site)
    assert len(found) == 29
    for url in found:
        reader.set_viewport_size(PHONE)
        reader.goto(f"{live_site.url}{url}")
        assert reader.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], url
        drawings = reader.evaluate(
            """async () => {
              const images = [...document.querySelectorAll("article img")];
              for (const image of images) { image.loading = "eager"; await image.decode(); }
              return images.map((image) => [image.naturalWidth > 0, image.getBoundingClientRect().right, image.alt]);
            }"""
        )
        assert len(drawings) >= 3, url
        assert [alt for is_there, right, alt in drawings if not is_there or right > PHONE["width"] or not alt] == []
        assert english_in(reader) == [], url
        # Headings of a folded part are read too; what is in the simulator's form is pressed, not read.
        headings = reader.locator("article h1, article h2, article h3").evaluate_all(
            "all => all.filter(one => !one.closest('.sim-form, .sim-findings')).map(one => one.textContent)"
        )
        controls = reader.locator("button, .btn").all_text_contents()
        assert {"Trả lời", "In bài này"} <= {control.strip() for control in controls}
        document = printed(reader, tmp_path / "bai.pdf")
        assert [round(length / 72 * 25.4) for length in document[0].get_size()] == [210, 297]
        text = text_of(document)
        assert [heading for heading in headings if squeezed(heading) not in squeezed(text)] == [], url
        lines = {line.strip() for line in text.splitlines()}
        assert lines & {"In bài này", "Bài trước", "Bài sau", "Xong bài này", "Trở lại chỗ đang đọc"} == set()
        reader.emulate_media(media="print")
        assert reader.locator("button:visible, .btn:visible, form input:visible").count() == 0, url
        reader.emulate_media(media="null")
        assert "Kỹ năng thành lập, vận hành" in text.splitlines()[0]
        assert "Cập nhật đến ngày" in text


def test_a_self_check_is_printed_open_whatever_was_answered(reader, live_site, tmp_path):
    reader.goto(f"{live_site.url}{LESSON}")
    check = reader.locator(".check-card").first
    check.locator(".opt").first.click()
    check.locator("button").click()
    reason = reader.locator(".check-card .no, .check-card .ok").first
    expect(reason).to_be_visible()
    said = reason.text_content() or ""
    text = squeezed(text_of(printed(reader, tmp_path / "bai.pdf")))
    assert squeezed(said) not in text
    assert squeezed(check.locator("legend").text_content() or "") in text
    assert len(said) > 10


def test_the_button_opens_what_is_folded_and_fetches_drawings_before_it_prints(reader, live_site):
    reader.add_init_script(
        "window.print = () => { window.asked = Array.from(document.querySelectorAll('main img'))"
        ".every(image => image.complete && image.naturalWidth > 0); }"
    )
    reader.goto(f"{live_site.url}{LESSON}")
    reader.get_by_role("button", name="In bài này").click()
    wait_for(lambda: reader.evaluate("window.asked"), what="printing with all drawings")


# --- Job aid and glossary -----------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "ending"), [("Tải PDF", "pdf"), ("Lưu ảnh", "png")])
def test_the_lesson_leads_to_the_job_aid_which_is_saved_under_its_name(reader, live_site, words, ending):
    reader.goto(f"{live_site.url}{LESSON}")
    reader.get_by_role("link", name="Tờ nhớ việc của chuyên đề").click()
    expect(reader.locator("h1")).to_contain_text("Tờ nhớ việc 1")
    with reader.expect_download() as saving:
        reader.get_by_role("link", name=words).click()
    assert saving.value.suggested_filename == f"to-nho-chuyen-de-1.{ending}"
    content = saving.value.path().read_bytes()
    if ending == "pdf":
        assert len(pypdfium2.PdfDocument(content)) == 1
    else:
        assert content.startswith(b"\x89PNG")
        assert len(content) < 400_000


def test_the_glossary_finds_without_diacritics_and_without_a_script(browser, learner, live_site):
    context = browser.new_context(viewport=PHONE, storage_state=learner, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_site.url}/learn/terms/")
    assert page.locator("dt").count() > 100
    page.fill('input[name="tim"]', "xac thuc hai yeu to")
    page.locator('form[role="search"] button').click()
    expect(page.locator("dt").first).to_have_text("Xác thực hai yếu tố")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()

"""The product's main job, as people meet it: five topics, each with its lessons, its test and its piece of work; a test
failed and passed; the unit's own page handed in, returned, sent again, confirmed; the final test → certificate →
province. With a script everything is read; without one, four tests are taken first, by who knows it already.
"""

import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser import answers, people
from tests.plugins.site import LiveSite, wait_for

pytestmark = pytest.mark.browser
LEARNER_NAME = {True: "Đặng Thị Nguyệt Ánh", False: "Vũ Xuân Bình"}


LESSONS = (6, 6, 6, 6, 5)


def read_every_lesson(page: Page, site: LiveSite) -> int:
    """From "my training" to the task of that topic; how many."""
    page.goto(f"{site.url}/learn/")
    with page.expect_navigation():
        page.locator("section.next a.btn.main").click()
    return read_on(page)


def read_on(page: Page) -> int:
    """From a lesson to the task of its topic: this lesson by its self-checks, the others by the button. How many."""
    read = 0
    while page.locator(".foot form .btn.main").count():
        expect(page.locator("h1")).to_be_visible()
        if read == 0:
            answer_self_checks(page)
            page.reload()
        # The page is whole before it is asked what it holds.
        with page.expect_navigation():
            page.locator(".foot .btn.main").click()
        read += 1
        assert read < 20
    return read


def answer_self_checks(page: Page) -> None:
    for number in range(page.locator("form:has(input[name=option])").count()):
        form = page.locator("form:has(input[name=option])").nth(number)
        form.locator("input[name=option]").first.check()
        form.locator("button").first.click()
        expect(page.locator(".check-card .ok, .check-card .no").nth(number)).to_be_visible()


def topics(page: Page, site: LiveSite) -> list[str]:
    """The addresses of the topics, the final test last."""
    page.goto(f"{site.url}/trang-cong-dong/")
    return [site.url + (link.get_attribute("href") or "") for link in page.locator("ol.mods h3 a").all()]


def go_through_topic(page: Page, site: LiveSite, topic: str, *, reads: bool, picture: Path) -> int:
    """Lessons or the test first, then the piece of work, then what is left; how many lessons were read."""
    page.goto(topic)
    read = 0
    if reads:
        with page.expect_navigation():
            page.locator(".steps-list a").first.click()
        read = read_on(page)
    else:
        page.locator(".note a").first.click()
        take_the_quiz(page, site, right=True)
        expect(page.locator(".verdict.passed")).to_be_visible()
        page.goto(topic)
        expect(page.locator(".steps-list")).to_contain_text("Được miễn")
        page.locator(".steps-list a", has_text="Bài thực hành").click()
    hand_in_whatever_is_asked(page, picture)
    expect(page.locator(".standing.submitted")).to_be_visible()
    if reads:
        page.goto(topic)
        page.locator(".steps-list a").last.click()
        take_the_quiz(page, site, right=True)
        expect(page.locator(".verdict.passed")).to_be_visible()
    return read


def hand_in_whatever_is_asked(page: Page, picture: Path) -> None:
    form = page.locator('form[action*="/hand-in/"]')
    if form.locator("input[name=link]").count():
        form.locator("input[name=link]").fill("https://www.facebook.com/mattran.vidu/posts/1")
    if form.locator("input[name=picture]").count():
        form.locator("input[name=picture]").set_input_files(picture)
    form.locator("textarea[name=note]").fill("Đã làm đủ các ý.")
    form.locator("button").last.click()


def take_the_final_test(page: Page, site: LiveSite, topic: str) -> None:
    page.goto(topic)
    page.locator(".steps-list a").last.click()
    take_the_quiz(page, site, right=True)
    expect(page.locator(".verdict.passed")).to_be_visible()


def take_the_quiz(page: Page, site: LiveSite, *, right: bool) -> None:
    """Every question answered one by one, looked over, handed in."""
    page.locator("main form .btn.main").first.click()
    page.wait_for_url(re.compile("/quizzes/attempts/"))
    attempt = re.search(r"attempts/([0-9a-f-]{36})", page.url).group(1)
    for position, kind, content in answers.questions_of(site, attempt):
        expect(page.locator("form#question h1")).to_contain_text(f"{position}/")
        answers.enter(page, kind, content, right=right)
        page.locator("form#question .row .btn.main").click()
    page.locator("form#finish .btn.main").click()
    expect(page.locator(".verdict")).to_be_visible()


def hand_in(page: Page, *, link: str, note: str = "", picture: Path | None = None) -> None:
    """On the page of the practical task."""
    page.fill('form[action*="/hand-in/"] input[name=link]', link)
    page.fill('form[action*="/hand-in/"] textarea[name=note]', note)
    if picture:
        page.set_input_files('form[action*="/hand-in/"] input[name=picture]', picture)
    page.locator('form[action*="/hand-in/"] button').click()


def words_of(pdf: Path) -> str:
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(text.split())


def words_seen_in(pdf: Path, *, near: str) -> str:
    """What a reader of the printed page sees in the line that begins with ``near``: the picture read back by OCR."""
    boxes = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    word = re.search(rf'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">{near}<', boxes)
    scale = 200 / 72
    top, height = (float(word[1]) - 6) * scale, (float(word[2]) - float(word[1]) + 12) * scale
    # The middle of the page, without the frame.
    crop = ["-x", "340", "-W", "1660", "-y", str(round(top)), "-H", str(round(height))]
    picture = pdf.with_suffix("")
    subprocess.run(["pdftoppm", "-r", "200", *crop, "-gray", "-png", "-singlefile", str(pdf), str(picture)], check=True)
    done = subprocess.run(
        ["tesseract", f"{picture}.png", "-", "-l", "vie", "--psm", "7"], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_officer_goes_the_whole_way(live_site: LiveSite, browser: Browser, tmp_path: Path, javascript: bool) -> None:
    name = LEARNER_NAME[javascript]
    suffix = "js" if javascript else "khong"
    officer = people.make(live_site, f"cb.{suffix}", name, province="Tỉnh Quảng Ninh")
    rights = ("view", "mark", "approve")
    manager = people.make(
        live_site, f"ql.{suffix}", "Quản lý Một", province="Tỉnh Quảng Ninh", manages=True, rights=rights
    )
    stranger = people.make(
        live_site, f"la.{suffix}", "Quản lý Hai", province="Tỉnh Thái Nguyên", manages=True, rights=rights
    )

    context = people.context(browser, javascript=javascript)
    page = context.new_page()
    people.sign_in(page, live_site, officer.username)
    page.goto(f"{live_site.url}/learn/")
    # By the task that the demonstration's province has given, else by one's own choice.
    page.locator('form[action$="/begin/"] button, form[action*="/enrol/"] button').first.click()
    assert read_every_lesson(page, live_site) == LESSONS[0]

    # The task takes an hour and locks nothing: the quiz first.
    task = page.url
    expect(page.locator('form[action*="/hand-in/"]')).to_have_attribute("method", "post")
    page.locator(".foot a.btn").last.click()
    take_the_quiz(page, live_site, right=False)
    expect(page.locator(".verdict.failed")).to_be_visible()
    take_the_quiz(page, live_site, right=True)
    expect(page.locator(".verdict.passed")).to_be_visible()
    page.goto(f"{live_site.url}/certificates/")
    expect(page.locator('a[href$=".pdf"]')).to_have_count(0)

    unit_page = f"https://www.facebook.com/mattran.{officer.unit}.{suffix}"
    screenshot = tmp_path / "man-hinh.png"
    Image.effect_noise((1080, 1920), 60).convert("RGB").save(screenshot)
    page.goto(task)
    hand_in(page, link="https://www.facebook.com/groups/123456", note="Hai người: A và B", picture=screenshot)
    expect(page.locator(".field.bad .errorlist")).to_have_count(1)
    expect(page.locator("textarea[name=note]")).to_have_value("Hai người: A và B")
    hand_in(page, link=f"{unit_page}?mibextid=abc", note="Hai người: A và B", picture=screenshot)
    expect(page.locator(".standing.submitted")).to_contain_text(manager.full_name)
    expect(page.locator(".standing.submitted")).to_contain_text(unit_page)

    desk = people.context(browser, javascript=javascript, viewport={"width": 1280, "height": 800}).new_page()
    people.sign_in(desk, live_site, manager.username)
    desk.goto(f"{live_site.url}/learn/marking/")
    desk.locator("tr", has_text=name).get_by_role("link", name=name).click()
    expect(desk.locator("main")).to_contain_text(unit_page)
    picture_address = desk.locator(".shot img").get_attribute("src")
    assert desk.request.get(live_site.url + picture_address).headers["content-type"] == "image/jpeg"
    submission_address = desk.url
    desk.locator(".decide summary").click()
    desk.fill("textarea[name=feedback]", "Trang chưa có ảnh bìa, đồng chí bổ sung rồi gửi lại.")
    desk.locator('form[action$="/return/"] button').click()

    page.goto(task)
    expect(page.locator(".standing.returned")).to_contain_text("Trang chưa có ảnh bìa")
    hand_in(page, link=unit_page, note="Đã có ảnh bìa")
    expect(page.locator(".standing.submitted")).to_be_visible()

    other = people.context(browser, javascript=javascript).new_page()
    people.sign_in(other, live_site, stranger.username)
    assert other.goto(submission_address).status == 404
    assert other.goto(live_site.url + picture_address).status == 404
    assert other.goto(f"{live_site.url}/learn/marking/").status == 200
    expect(other.locator("main")).not_to_contain_text(name)

    desk.goto(f"{live_site.url}/learn/marking/")
    desk.locator("tr", has_text=name).locator('form[action$="/confirm/"] button').click()
    expect(desk.locator("main")).not_to_contain_text(name)
    page.goto(task)
    expect(page.locator(".standing.confirmed")).to_contain_text(manager.full_name)

    _first, *others, final = topics(page, live_site)
    for number, topic in enumerate(others, start=1):
        read = go_through_topic(page, live_site, topic, reads=javascript, picture=screenshot)
        assert read == (LESSONS[number] if javascript else 0)
    take_the_final_test(page, live_site, final)
    page.goto(f"{live_site.url}/certificates/")
    expect(page.locator('a[href$=".pdf"]')).to_have_count(0)
    for _topic in others:
        desk.goto(f"{live_site.url}/learn/marking/")
        desk.locator("tr", has_text=name).locator('form[action$="/confirm/"] button').first.click()

    page.goto(f"{live_site.url}/certificates/")

    def is_ready() -> bool:
        page.reload()
        return page.locator('a[href$=".pdf"]').count() > 0

    wait_for(is_ready, what="the certificate is ready", seconds=60)
    address = page.locator('a[href$=".pdf"]').first.get_attribute("href")
    pdf = tmp_path / "certificate.pdf"
    pdf.write_bytes(context.request.get(live_site.url + address).body())
    printed = words_of(pdf)
    assert "GIẤY CHỨNG NHẬN" in printed
    assert name.upper() in printed
    assert words_seen_in(pdf, near=name.upper().split()[0]) == name.upper()

    code = re.search(r"/verify/([\w-]+)/", printed).group(1)
    public = people.context(browser, javascript=javascript).new_page()
    public.goto(f"{live_site.url}/verify/{code}/")
    shown = " ".join(public.locator("main").inner_text().split())
    assert name.upper() in shown.upper()
    assert officer.unit_name.lower() in shown.lower()

    desk.goto(f"{live_site.url}/reports/units/{officer.unit}/")
    expect(desk.locator("main")).to_contain_text(name)
    expect(desk.locator("main")).to_contain_text("Đã hoàn thành")

    assert other.goto(f"{live_site.url}/reports/units/{officer.unit}/").status == 404
    assert other.goto(live_site.url + address).status == 404

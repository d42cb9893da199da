"""Legal paragraphs carry "not yet legally reviewed" until a named reviewer clears exactly that text."""

import uuid

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import caches
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageLogEntry, WorkflowState

from courses.formats.legal_text import fingerprint, plain
from courses.models import Activity, LegalClearance, LessonPage
from courses.queries import legal as screens
from courses.services import legal
from courses.services.enrolment import enrol
from lms.accounts.models import User
from tests.conftest import NOON
from tests.factories.pages import CHECK, TEXT, Pages, add, publish, small_course

pytestmark = pytest.mark.django_db
BLOCK = "33333333-3333-4333-8333-333333333333"
WORDS = "Nghị định 147/2024/NĐ-CP có hiệu lực từ 25/12/2024."
# As they stand on the page; the Vietnamese catalogue or, before it is merged, the source.
WAITING = ("chưa thẩm định", "not yet legally reviewed")
CLEARED = ("đã thẩm định", "legally reviewed")


@pytest.fixture(autouse=True)
def no_kept_bodies():
    """Numbers of pages come again after a rollback, and with them the ready-made bodies of another test."""
    caches["local"].clear()
    yield
    caches["local"].clear()


def legal_block(words: str = WORDS, heading: str = "Căn cứ", key: str = BLOCK) -> dict:
    return {"type": "legal", "id": key, "value": {"heading": heading, "text": f"<p>{words}</p>"}}


def member(username: str, group: str, full_name: str = "") -> User:
    person = User.objects.create_user(username=username, full_name=full_name or username, password="mat-khau-thu-1")
    person.groups.add(Group.objects.get(name=group))
    return person


@pytest.fixture
def reviewer(db: None) -> User:
    person = member("reviewer", "Người duyệt", "Trần Thị Thẩm Định")
    person.groups.first().permissions.add(Permission.objects.get(codename="clear_legal"))
    return person


@pytest.fixture
def writer(db: None) -> User:
    return member("writer", "Giảng viên", "Lê Văn Soạn")


@pytest.fixture
def pages(db: None, writer: User) -> Pages:
    """Lesson 1 has a legal paragraph, written by ``writer``."""
    pages = small_course()
    pages.lesson_1.body = [TEXT, legal_block(), CHECK]
    pages.lesson_1.save_revision(user=writer).publish()
    pages.lesson_1.refresh_from_db()
    return pages


@pytest.fixture
def learner(officer_p1: User, pages: Pages) -> Client:
    enrol(user=officer_p1, course=pages.record, at=NOON)
    return signed_in(officer_p1)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def entry_of(page: LessonPage) -> screens.Paragraph:
    [entry] = [entry for entry in screens.paragraphs() if entry.page_id == page.pk]
    return entry


def address(entry: screens.Paragraph) -> str:
    return f"/cms/legal/{entry.page_id}/{entry.block_id}/{entry.text_hash}/"


def status_shown(client: Client, page: LessonPage) -> str:
    html = client.get(page.url).content.decode().lower()
    if any(words in html for words in WAITING):
        return "waiting"
    return "cleared" if any(words in html for words in CLEARED) else "nothing"


# --- What is the same text -------------------------------------------------------------------------------


def test_the_marks_that_the_editor_adds_do_not_change_a_text():
    typed = fingerprint("Căn cứ", "<p>Theo <b>Nghị định 147</b>.</p><ul><li>Điều 5</li></ul>")
    saved = fingerprint(
        " Căn  cứ",
        '<p data-block-key="a1">Theo <strong>Nghị định&nbsp;147</strong>.</p>'
        '<ul><li data-block-key="b">Điều 5</li></ul>',
    )
    assert typed == saved
    assert len(typed) == 64


def test_the_two_ways_of_writing_vietnamese_are_one_text():
    import unicodedata

    assert fingerprint("Căn cứ", "<p>Điều lệ</p>") == fingerprint(
        unicodedata.normalize("NFD", "Căn cứ"), unicodedata.normalize("NFD", "<p>Điều lệ</p>")
    )


@pytest.mark.parametrize(
    ("heading", "html"),
    [
        ("Căn cứ", "<p>Nghị định 148.</p>"),
        ("Căn cứ khác", "<p>Nghị định 147.</p>"),
        ("Căn cứ", "<p>Nghị định</p><p>147.</p>"),
        ("Căn cứ", '<p><a href="https://x.vn">Nghị định 147.</a></p>'),
        ("Căn cứ", "<p>nghị định 147.</p>"),
    ],
)
def test_one_letter_a_line_or_a_link_makes_another_text(heading, html):
    assert fingerprint(heading, html) != fingerprint("Căn cứ", "<p>Nghị định 147.</p>")


def test_where_a_link_leads_is_part_of_the_text():
    one, other = ('<p><a href="https://x.vn/1">a</a></p>', '<p><a href="https://x.vn/2">a</a></p>')
    assert fingerprint("A", one) != fingerprint("A", other)
    assert plain(one) == "a"


# --- What readers see ------------------------------------------------------------------------------------


def test_readers_see_that_nobody_has_cleared_it(learner, pages):
    assert status_shown(learner, pages.lesson_1) == "waiting"
    assert status_shown(learner, pages.lesson_2) == "nothing"


def test_a_clearance_shows_at_once_with_name_and_day(learner, pages, reviewer):
    assert status_shown(learner, pages.lesson_1) == "waiting", "the ready-made body is kept now"
    legal.clear(entry=entry_of(pages.lesson_1), by=reviewer, at=NOON)
    assert status_shown(learner, pages.lesson_1) == "cleared"
    assert "Trần Thị Thẩm Định, 23/11/2026" in learner.get(pages.lesson_1.url).content.decode()


def test_the_day_is_that_of_viet_nam(pages, reviewer):
    import datetime as dt

    legal.clear(entry=entry_of(pages.lesson_1), by=reviewer, at=dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC))
    assert list(pages.activity(pages.lesson_1).cleared_legal.values()) == [["Trần Thị Thẩm Định", "2026-11-24"]]


def test_a_changed_text_is_not_cleared_any_more_and_an_unchanged_one_stays(learner, pages, reviewer):
    legal.clear(entry=entry_of(pages.lesson_1), by=reviewer, at=NOON)
    page = pages.lesson_1
    page.body = [{**TEXT, "value": {"heading": "Khác", "text": "<p>Khác.</p>"}}, legal_block(), CHECK]
    publish(page)
    assert status_shown(learner, page) == "cleared"
    page.body = [TEXT, legal_block(WORDS.replace("147", "148")), CHECK]
    publish(page)
    assert status_shown(learner, page) == "waiting"
    page.body = [TEXT, legal_block(), CHECK]
    publish(page)
    assert status_shown(learner, page) == "cleared", "the old text comes back with its clearance"


def test_the_lesson_asks_no_more_with_legal_paragraphs_than_without(learner, pages, reviewer):
    def cost() -> int:
        learner.get(pages.lesson_1.url)
        with CaptureQueriesContext(connection) as queries:
            assert learner.get(pages.lesson_1.url).status_code == 200
        return len(queries)

    waiting = cost()
    legal.clear(entry=entry_of(pages.lesson_1), by=reviewer, at=NOON)
    cleared = cost()
    pages.lesson_1.body = [TEXT, CHECK]
    publish(pages.lesson_1)
    assert waiting == cleared == cost() <= 10


def test_a_text_cleared_in_the_draft_is_cleared_when_it_is_published(pages, reviewer, writer, learner):
    page = pages.lesson_2
    page.body = [TEXT, legal_block("Luật An ninh mạng.")]
    page.save_revision(user=writer)
    page.get_workflow().start(page, writer)
    entry = next(entry for entry in screens.paragraphs() if entry.page_id == page.pk)
    assert entry.is_draft
    legal.clear(entry=entry, by=reviewer, at=NOON)
    WorkflowState.objects.get().current_task_state.approve(user=reviewer)
    page.refresh_from_db()
    assert status_shown(learner, page) == "cleared"


def test_a_lesson_that_was_cleared_before_it_had_a_row_takes_it_along(pages, reviewer):
    page = LessonPage(title="Mới", slug="moi", body=[legal_block("Luật mới.")])
    key = uuid.uuid4()
    page.translation_key = key
    LegalClearance.objects.create(
        page_key=key, block_id=BLOCK, text_hash=fingerprint("Căn cứ", "<p>Luật mới.</p>"), cleared_by=reviewer,
        cleared_by_name="Trần Thị Thẩm Định", cleared_at=NOON,
    )  # fmt: skip
    add(pages.module_1, page)
    assert Activity.objects.get(key=key).cleared_legal == {
        fingerprint("Căn cứ", "<p>Luật mới.</p>"): ["Trần Thị Thẩm Định", "2026-11-23"]
    }


def test_a_copied_lesson_is_cleared_anew(pages, reviewer, learner, officer_p1):
    legal.clear(entry=entry_of(pages.lesson_1), by=reviewer, at=NOON)
    copy = pages.lesson_1.copy(update_attrs={"slug": "ban-sao", "title": "Bản sao"}, keep_live=False)
    publish(copy)
    assert status_shown(learner, LessonPage.objects.get(pk=copy.pk)) == "waiting"


def test_a_preview_says_what_stands(pages, reviewer):
    legal.clear(entry=entry_of(pages.lesson_1), by=reviewer, at=NOON)
    page = pages.lesson_1
    page.body = [legal_block(), legal_block("Luật mới.", key=str(uuid.uuid4()))]
    page.save_revision()
    html = signed_in(reviewer).get(f"/cms/pages/{page.pk}/view_draft/").content.decode()
    assert html.count("Trần Thị Thẩm Định, 23/11/2026") == 1
    assert html.count('class="tag gold"') == 1


# --- Clearing --------------------------------------------------------------------------------------------


def test_a_reviewer_clears_what_was_read_and_it_is_logged(pages, reviewer):
    client = signed_in(reviewer)
    entry = entry_of(pages.lesson_1)
    listed = client.get("/cms/legal/").content.decode()
    assert address(entry) in listed
    shown = client.get(address(entry)).content.decode()
    assert WORDS in shown
    assert "mật khẩu riêng" in shown, "the words before it"
    assert LegalClearance.objects.count() == 0, "reading clears nothing"
    assert client.post(address(entry)).url == "/cms/legal/"
    row = LegalClearance.objects.get()
    assert (row.page_key, row.block_id, row.text_hash) == (pages.lesson_1.translation_key, BLOCK, entry.text_hash)
    assert (row.cleared_by, row.cleared_by_name) == (reviewer, "Trần Thị Thẩm Định")
    log = PageLogEntry.objects.get(action="courses.clear_legal")
    assert (log.user, log.page_id, log.data["text_hash"]) == (reviewer, pages.lesson_1.pk, entry.text_hash)
    assert address(entry) not in client.get("/cms/legal/").content.decode()
    assert address(entry) in client.get("/cms/legal/?show=cleared").content.decode()


def test_a_doubled_click_is_one_clearance(pages, reviewer):
    entry = entry_of(pages.lesson_1)
    for _ in range(2):
        legal.clear(entry=entry, by=reviewer, at=NOON)
    assert LegalClearance.objects.count() == 1
    assert PageLogEntry.objects.filter(action="courses.clear_legal").count() == 1


def test_what_was_changed_while_the_reviewer_read_is_not_cleared(pages, reviewer):
    entry = entry_of(pages.lesson_1)
    pages.lesson_1.body = [legal_block("Câu khác.")]
    publish(pages.lesson_1)
    assert signed_in(reviewer).post(address(entry)).url == "/cms/legal/"
    assert LegalClearance.objects.count() == 0


def test_nobody_clears_a_text_of_their_own(pages, reviewer):
    page = pages.lesson_2
    page.body = [legal_block("Tôi tự viết.")]
    page.save_revision(user=reviewer).publish()
    entry = entry_of(page)
    client = signed_in(reviewer)
    assert '<form method="post">' not in client.get(address(entry)).content.decode()
    assert client.post(address(entry)).url == address(entry)
    assert LegalClearance.objects.count() == 0


def test_who_only_changed_something_else_in_the_lesson_may_clear_the_text_of_another(pages, reviewer, writer):
    pages.lesson_1.body = [{**TEXT, "value": {"heading": "Sửa", "text": "<p>Sửa.</p>"}}, legal_block()]
    pages.lesson_1.save_revision(user=reviewer).publish()
    entry = entry_of(pages.lesson_1)
    assert screens.first_author(entry) == writer
    assert signed_in(reviewer).post(address(entry)).url == "/cms/legal/"
    assert LegalClearance.objects.count() == 1


def test_a_superuser_may_clear_a_text_of_their_own(pages):
    boss = User.objects.create_superuser(username="boss", full_name="Quản Trị", password="mat-khau-thu-1")
    pages.lesson_2.body = [legal_block("Tôi tự viết.")]
    pages.lesson_2.save_revision(user=boss).publish()
    legal.clear(entry=entry_of(pages.lesson_2), by=boss, at=NOON)
    assert LegalClearance.objects.get().cleared_by == boss


def test_a_trainer_neither_sees_the_list_nor_clears(pages, writer):
    client = signed_in(writer)
    entry = entry_of(pages.lesson_1)
    assert client.get("/cms/legal/").status_code == 302
    assert client.post(address(entry)).status_code == 302
    assert LegalClearance.objects.count() == 0
    assert "/cms/legal/" not in client.get("/cms/").content.decode()


def test_the_menu_says_how_many_wait(pages, reviewer):
    client = signed_in(reviewer)
    screens.forget_count()
    assert "(1)" in client.get("/cms/").content.decode()
    legal.clear(entry=entry_of(pages.lesson_1), by=reviewer, at=NOON)
    assert "(1)" not in client.get("/cms/").content.decode()


def test_a_draft_in_review_is_listed_beside_what_is_published_and_a_mere_draft_is_not(pages, reviewer, writer):
    pages.lesson_1.body = [legal_block(), legal_block("Câu mới.", key="44444444-4444-4444-8444-444444444444")]
    pages.lesson_1.save_revision(user=writer)
    assert [entry.words for entry in screens.paragraphs()] == [WORDS]
    pages.lesson_1.get_workflow().start(pages.lesson_1, writer)
    found = screens.paragraphs()
    assert [(entry.words, entry.is_draft) for entry in found] == [(WORDS, False), ("Câu mới.", True)]


def test_a_page_that_is_not_published_is_not_listed(pages):
    pages.lesson_1.unpublish()
    assert screens.paragraphs() == []


def test_the_list_asks_as_often_for_three_lessons_as_for_one(pages, reviewer, writer):
    client = signed_in(reviewer)

    def cost() -> int:
        client.get("/cms/legal/?show=all")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/cms/legal/?show=all").status_code == 200
        return len(queries)

    one = cost()
    for page in (pages.lesson_2, pages.lesson_3):
        page.body = [legal_block(f"Câu của {page.title}.")]
        page.save_revision(user=writer).publish()
        legal.clear(entry=entry_of(page), by=reviewer, at=NOON)
    assert len(client.get("/cms/legal/?show=all").context["rows"]) == 3
    assert cost() == one


@pytest.mark.parametrize("show", ["waiting", "cleared", "all", "x"])
def test_every_part_of_the_list_says_what_to_do_when_it_is_empty(reviewer, show):
    assert 'class="legal-empty"' in signed_in(reviewer).get(f"/cms/legal/?show={show}").content.decode()


def test_a_clearance_can_neither_be_changed_nor_deleted(pages, reviewer):
    row = legal.clear(entry=entry_of(pages.lesson_1), by=reviewer, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        LegalClearance.objects.filter(pk=row.pk).update(cleared_by_name="Ai đó")
    with pytest.raises(DatabaseError), transaction.atomic():
        LegalClearance.objects.filter(pk=row.pk).delete()
    assert LegalClearance.objects.get().cleared_by_name == "Trần Thị Thẩm Định"

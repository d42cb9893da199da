"""The register of documents and the screens of apps: what rests on them is found, and readers are told."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import LegalDocument
from courses.queries import citations
from courses.services.enrolment import enrol
from lms.accounts.models import User
from media.models import LibraryImage, Screen
from quizzes.models import QuestionVersion
from quizzes.services import bank
from tests.conftest import NOON
from tests.factories.pages import CHECK, TEXT, Pages, small_course
from tests.factories.quizzes import make_category

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
CITING = '<ul><li><b><a href="#luat-nd-1">Nghị định 1/2024/NĐ-CP</a></b>: chịu trách nhiệm.</li></ul>'


@pytest.fixture(autouse=True)
def no_kept_bodies():
    caches["local"].clear()
    yield
    caches["local"].clear()


def document(key: str = "nd-1", **values) -> LegalDocument:
    defaults = {"name": "Nghị định", "number": "1/2024/NĐ-CP", "certainty": "A", "checked_on": dt.date(2026, 11, 22)}
    return LegalDocument.objects.create(key=key, **{**defaults, **values})


def question(code: str, *documents: LegalDocument, status: str = QuestionVersion.Status.READY):
    return bank.save_question(
        code=code,
        category=make_category(),
        type_name="true_false",
        stem=f"Câu {code}: đơn vị chịu trách nhiệm về nội dung mình đăng.",
        content={"answer": True},
        reason="Đúng.",
        level="nhan_biet",
        status=status,
        documents=documents,
        at=NOON,
    ).question


@pytest.fixture
def writer(db: None) -> User:
    person = User.objects.create_user(username="writer", full_name="Lê Văn Soạn", password="mat-khau-thu-1")
    person.groups.add(Group.objects.get(name="Giảng viên"))
    return person


@pytest.fixture
def picture(db: None, tmp_path, settings) -> LibraryImage:
    settings.MEDIA_ROOT = tmp_path
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 100" width="320" height="100"/>'
    return LibraryImage.objects.create(title="Quyền", description="Màn hình quyền.", file=ContentFile(svg, "quyen.svg"))


@pytest.fixture
def pages(db: None, writer: User) -> Pages:
    """Lesson 1 rests on nd-1 in one legal paragraph."""
    pages = small_course()
    legal = {
        "type": "legal",
        "id": "33333333-3333-4333-8333-333333333333",
        "value": {"heading": "Căn cứ", "text": CITING},
    }
    pages.lesson_1.body = [TEXT, legal, CHECK]
    pages.lesson_1.save_revision(user=writer).publish()
    pages.lesson_1.refresh_from_db()
    return pages


# --- Whether it is in force -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "day", "answer"),
    [
        (None, None, "2026-11-22", True),
        ("2026-07-01", None, "2026-06-30", False),
        ("2026-07-01", None, "2026-07-01", True),
        ("2019-01-01", "2026-06-30", "2026-06-30", True),
        ("2019-01-01", "2026-06-30", "2026-07-01", False),
    ],
)
def test_a_document_is_in_force_from_its_first_to_its_last_day(first, last, day, answer) -> None:
    row = LegalDocument(
        in_force_from=first and dt.date.fromisoformat(first), in_force_to=last and dt.date.fromisoformat(last)
    )
    assert row.is_in_force(dt.date.fromisoformat(day)) is answer


def test_a_replaced_document_without_a_last_day_is_not_in_force_and_one_with_such_a_day_holds_until_then() -> None:
    new = document("moi")
    assert not document("cu", replaced_by=new).is_in_force(TODAY)
    assert document("sap-het", replaced_by=new, in_force_to=TODAY).is_in_force(TODAY)


def test_documents_do_not_replace_one_another_in_a_circle_nor_themselves() -> None:
    first, second = document("a"), document("b")
    first.replaced_by = second
    first.save()
    second.replaced_by = first
    with pytest.raises(ValidationError):
        second.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalDocument.objects.filter(pk=second.pk).update(replaced_by=second)


def test_a_document_does_not_end_before_it_begins() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        document(in_force_from=TODAY, in_force_to=TODAY - dt.timedelta(days=1))


# --- What rests on it -------------------------------------------------------------------------------------


def test_a_replaced_document_lists_every_lesson_draft_and_question_that_cites_it_and_no_other(
    pages: Pages, writer: User
) -> None:
    old, new = document(), document("nd-2", name="Nghị định mới", number="2/2026/NĐ-CP")
    pages.lesson_2.body = [{**TEXT, "value": {"heading": "Vì sao", "text": '<p><a href="#luat-nd-1">văn bản</a></p>'}}]
    pages.lesson_2.save_revision(user=writer)  # a draft only
    question("q-1", old)
    question("q-2", new)
    question("q-3", old, status=QuestionVersion.Status.DRAFT)
    bank.set_status(questions=[question("q-4", old)], status=QuestionVersion.Status.RETIRED)
    assert citations.due(on=TODAY) == ([], [])

    old.replaced_by = new
    old.save()
    (found,), screens = citations.due(on=TODAY)
    assert (found.title, screens) == ("Nghị định 1/2024/NĐ-CP", [])
    assert [(use.title.split(":")[0], use.part) for use in found.uses] == [
        (pages.lesson_1.title, "Căn cứ"),
        (pages.lesson_2.title, "Vì sao"),
        ("q-1", ""),
        ("q-3", ""),
    ]


def test_as_many_queries_for_three_documents_as_for_one(pages: Pages) -> None:
    rows = [document(), document("nd-2"), document("nd-3")]
    for number, row in enumerate(rows):
        question(f"q-{number}", row)
    with CaptureQueriesContext(connection) as one:
        citations.uses_of_documents(["nd-1"])
    with CaptureQueriesContext(connection) as three:
        citations.uses_of_documents(["nd-1", "nd-2", "nd-3"])
    assert len(one) == len(three)


def test_a_reader_sees_what_the_register_says_and_that_it_was_replaced(pages: Pages, officer_p1: User, client: Client):
    old = document(summary="Tổ chức, cá nhân chịu trách nhiệm về nội dung.", in_force_from=dt.date(2024, 12, 25))
    enrol(user=officer_p1, course=pages.course.course, at=NOON)
    client.force_login(officer_p1)
    page = client.get(pages.lesson_1.url).content.decode()
    entry = page.partition('id="luat-nd-1"')[2].partition("</dd>")[0]
    assert "Tổ chức, cá nhân chịu trách nhiệm" in entry
    for words in ("25/12/2024", "22/11/2026", "tag done"):
        assert words in entry

    old.replaced_by = document("nd-2", name="Nghị định mới", number="2/2026/NĐ-CP")
    old.save()
    caches["local"].clear()
    entry = client.get(pages.lesson_1.url).content.decode().partition('id="luat-nd-1"')[2].partition("</dd>")[0]
    assert "Nghị định mới 2/2026/NĐ-CP" in entry
    assert "tag gold" in entry
    assert "tag done" not in entry


def test_whoever_says_that_a_document_was_replaced_is_led_to_what_rests_on_it(
    pages: Pages, writer: User, client: Client
) -> None:
    old, new = document(), document("nd-2", name="Nghị định mới", number="2/2026/NĐ-CP")
    client.force_login(writer)
    values = {"name": old.name, "number": old.number, "kind": "decree", "key": old.key, "certainty": "A",
              "checked_on": "22/11/2026", "replaced_by": new.pk, "summary": "", "url": "", "full_text": ""}  # fmt: skip
    answer = client.post(f"/cms/snippets/courses/legaldocument/edit/{old.pk}/", values)
    assert answer.status_code == 302, re.findall(r"error-message.*?</p>", answer.content.decode(), re.S)
    shown = client.get(answer.url).content.decode()
    assert pages.lesson_1.title in shown
    assert pages.lesson_1.title in client.get("/cms/review/").content.decode()


def test_who_keeps_no_register_sees_none_of_it(pages: Pages, client: Client) -> None:
    row = document(replaced_by=document("nd-2"))
    person = User.objects.create_user(username="khach", full_name="Khách", password="mat-khau-thu-1")
    person.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(person)
    for address in ("/cms/review/", f"/cms/documents-of-law/{row.pk}/uses/", "/cms/snippets/courses/legaldocument/"):
        answer = client.get(address)
        assert answer.status_code != 200, address
        assert pages.lesson_1.title not in answer.content.decode(), address


# --- Screens ----------------------------------------------------------------------------------------------


def test_a_stale_screen_lists_the_lessons_that_show_it_and_readers_are_told(
    pages: Pages, writer: User, officer_p1: User, client: Client, picture: LibraryImage
) -> None:
    screen = Screen.objects.create(key="fb", app="Facebook", title="Quyền truy cập", seen_on=dt.date(2026, 11, 22))
    other = Screen.objects.create(key="mbs", app="Meta Business Suite", title="Lịch", seen_on=dt.date(2026, 11, 22))
    picture.screen = screen
    picture.save()
    shown = {"type": "picture", "id": "55555555-5555-4555-8555-555555555555",
             "value": {"heading": "Mở phần quyền", "image": picture.pk, "caption": "Hình vẽ."}}  # fmt: skip
    steps = {"type": "steps", "id": "66666666-6666-4666-8666-666666666666", "value": {"heading": "Từng bước", "steps": [
        {"type": "item", "id": "77777777-7777-4777-8777-777777777777",
         "value": {"title": "Một", "text": "<p>a</p>", "image": picture.pk, "caption": ""}}]}}  # fmt: skip
    pages.lesson_1.body = [TEXT, shown, steps, CHECK]
    pages.lesson_1.save_revision(user=writer).publish()
    assert citations.due(on=TODAY) == ([], [])

    client.force_login(writer)
    values = {"app": screen.app, "title": screen.title, "key": screen.key, "seen_on": "22/11/2026",
              "stale_since": "23/11/2026", "note": "Nút nằm ở cuối trang."}  # fmt: skip
    answer = client.post(f"/cms/snippets/media/screen/edit/{screen.pk}/", values)
    assert answer.status_code == 302
    assert client.get(answer.url).content.decode().count(pages.lesson_1.title) == 2
    _, (found,) = citations.due(on=TODAY)
    assert [(use.title, use.part) for use in found.uses] == [
        (pages.lesson_1.title, "Mở phần quyền"),
        (pages.lesson_1.title, "Từng bước"),
    ]
    assert citations.uses_of_screens([other]) == {other.pk: []}

    enrol(user=officer_p1, course=pages.course.course, at=NOON)
    client.force_login(officer_p1)
    page = client.get(pages.lesson_1.url).content.decode()
    assert page.count("Nút nằm ở cuối trang.") == 2


def test_what_is_published_after_the_end_was_known_names_it_knowingly(pages: Pages, writer: User) -> None:
    old = document()
    old.in_force_to = TODAY - dt.timedelta(days=30)
    old.save()
    ((found,), _screens) = citations.due(on=TODAY)
    assert [use.title for use in found.uses] == [pages.lesson_1.title]
    pages.lesson_1.save_revision(user=writer).publish()
    assert citations.due(on=TODAY) == ([], [])
    assert len(citations.uses_of_documents(["nd-1"])["nd-1"]) == 1


def test_an_end_that_is_taken_back_is_forgotten(db: None) -> None:
    row = document(in_force_to=TODAY)
    assert row.ended_noted_at is not None
    row.in_force_to = None
    row.save()
    assert (row.ended_noted_at, row.taken_note_of_after) == (None, None)

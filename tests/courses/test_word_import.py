"""From a Word file or a paste into the draft of a lesson, as a trainer does it in the CMS."""

import datetime as dt
import json

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Revision

from courses.models import LessonPage
from courses.services import word
from lms.accounts.models import User
from lms.core import clock
from lms.core.storage import private_storage
from media.models import LibraryImage
from tests.courses.word_samples import LIBRE_OFFICE, WORD_2016, docx, lesson
from tests.factories.pages import CHECK, TEXT, Pages, small_course

pytestmark = pytest.mark.django_db
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(autouse=True)
def files(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private", "base_url": None},
        },
    }


def member(username: str, group: str) -> User:
    person = User.objects.create_user(username=username, full_name=username, password="mat-khau-thu-1")
    person.groups.add(Group.objects.get(name=group))
    return person


@pytest.fixture
def writer(db: None) -> User:
    return member("trainer", "Giảng viên")


@pytest.fixture
def trainer(writer: User) -> Client:
    client = Client()
    client.force_login(writer)
    return client


@pytest.fixture
def pages(db: None) -> Pages:
    return small_course()


def upload(client: Client, page: Page, content: bytes, name: str = "bai.docx", **more):
    file = SimpleUploadedFile(name, content, DOCX)
    return client.post(f"/cms/word/{page.pk}/", {"file": file, "pasted": ""}, **more)


def paste(client: Client, page: Page, text: str):
    return client.post(f"/cms/word/{page.pk}/", {"pasted": text})


def staged_files() -> list[str]:
    from pathlib import Path

    root = Path(private_storage().location)
    return sorted(path.name for path in root.rglob("*") if path.is_file()) if root.exists() else []


def draft_of(page: LessonPage) -> list[dict]:
    return list(LessonPage.objects.get(pk=page.pk).get_latest_revision_as_object().body.raw_data)


def kinds(page: LessonPage) -> list[str]:
    return [block["type"] for block in draft_of(page)]


# Places of the lesson of the samples: title, opening, table, picture, closing.
ANSWERS = {"mode": "append", "heading_2": "Ai giữ quyền gì", "alternative_3": "Màn hình cấp quyền, ba mức."}


def test_a_file_becomes_blocks_behind_those_of_the_draft_and_nothing_is_published(trainer, writer, pages):
    before = pages.lesson_1.live_revision_id
    answer = upload(trainer, pages.lesson_1, lesson())
    assert answer.status_code == 302
    shown = trainer.get(answer.url).content.decode()
    assert "mật khẩu riêng</b>" in shown
    assert 'value="Ai giữ quyền gì"' in shown
    assert "Màn hình cấp quyền, ba mức.</textarea>" in shown
    assert LibraryImage.objects.count() == 0, "nothing is kept before the trainer confirms"
    done = trainer.post(answer.url, ANSWERS)
    assert (done.status_code, done.url) == (302, f"/cms/pages/{pages.lesson_1.pk}/edit/")
    page = LessonPage.objects.get(pk=pages.lesson_1.pk)
    assert (page.live_revision_id, page.has_unpublished_changes) == (before, True)
    assert [block.block_type for block in page.body] == ["text", "self_check"], "what learners read is untouched"
    blocks = draft_of(page)
    assert blocks[:2] == [TEXT, CHECK]
    assert [block["type"] for block in blocks[2:]] == ["text", "text", "comparison", "picture", "text"]
    assert page.latest_revision.user == writer
    entry = PageLogEntry.objects.get(action="courses.word_import")
    assert (entry.page_id, entry.user, entry.revision) == (page.pk, writer, page.latest_revision)
    assert staged_files() == []


def test_the_blocks_hold_headings_lists_tables_and_pictures(trainer, writer, pages):
    answer = upload(trainer, pages.lesson_2, lesson())
    trainer.post(answer.url, {**ANSWERS, "mode": "replace", "heading_2": "Quyền của ai", "alternative_3": "Ba mức."})
    title, opening, table, picture, closing = (block["value"] for block in draft_of(pages.lesson_2))
    assert title == {"heading": "", "text": "<h3>Phân quyền cho Tổ quản trị</h3>"}
    assert opening == {
        "heading": "Vì sao phải phân quyền",
        "text": "<p>Trang không có <b>mật khẩu riêng</b>, ai quản trị là do <i>được cấp quyền</i>.</p>"
        "<h3>Ba việc đầu tiên</h3><ol><li>Chọn người</li><li>Cấp quyền</li></ol>"
        "<ul><li>Có thể:<ul><li>toàn quyền</li><li>một phần</li></ul></li></ul>",
    }
    cells = [[cell["value"] for cell in row["value"]["cells"]] for row in table["rows"]]
    assert (table["heading"], [cell["value"] for cell in table["header"]]) == ("Quyền của ai", ["Người", "Quyền"])
    assert cells == [["Tổ trưởng", "Toàn quyền"], ["Người dự phòng", "Toàn quyền"]]
    image = LibraryImage.objects.get()
    assert picture == {"heading": "", "image": image.pk, "caption": "Hình 1. Ba mức quyền"}
    assert (image.description, image.uploaded_by_user, image.width) == ("Ba mức.", writer, 120)
    assert ModelLogEntry.objects.filter(action="wagtail.create", object_id=str(image.pk)).count() == 1
    assert closing == {"heading": "", "text": "<p>Hết bài.</p>"}


def test_a_second_confirmation_adds_nothing(trainer, writer, pages):
    answer = upload(trainer, pages.lesson_1, docx("Một câu."))
    key = answer.url.rstrip("/").rpartition("/")[2]
    kept = word.staged(key=key, page=pages.lesson_1, by=writer)
    trainer.post(answer.url, {"mode": "append"})
    word.take_over(staged=kept, page=pages.lesson_1, answers=word.Answers(), by=writer)
    assert kinds(pages.lesson_1) == ["text", "self_check", "text"]
    again = trainer.post(answer.url, {"mode": "append"}, follow=True)
    assert "đã được đưa vào" in again.content.decode() or "already been taken over" in again.content.decode()
    assert kinds(pages.lesson_1) == ["text", "self_check", "text"]


def test_what_another_tab_put_into_the_draft_meanwhile_stays(trainer, pages):
    answer = upload(trainer, pages.lesson_1, docx("Từ Word."))
    other = upload(trainer, pages.lesson_1, docx("Từ tab kia."))
    trainer.post(other.url, {"mode": "append"})
    trainer.post(answer.url, {"mode": "append"})
    texts = [block["value"]["text"] for block in draft_of(pages.lesson_1) if block["type"] == "text"]
    assert texts[1:] == ["<p>Từ tab kia.</p>", "<p>Từ Word.</p>"]


def test_a_draft_that_was_changed_meanwhile_is_not_replaced(trainer, pages):
    answer = upload(trainer, pages.lesson_1, docx("Từ Word."))
    other = upload(trainer, pages.lesson_1, docx("Từ tab kia."))
    trainer.post(other.url, {"mode": "append"})
    before = draft_of(pages.lesson_1)
    refused = trainer.post(answer.url, {"mode": "replace"})
    assert refused.status_code == 200
    assert draft_of(pages.lesson_1) == before
    assert trainer.get(answer.url).status_code == 200, "what was found is still there"


def test_replacing_leaves_the_version_before_in_the_history(trainer, pages):
    answer = upload(trainer, pages.lesson_1, docx("Từ Word."))
    before = pages.lesson_1.latest_revision_id
    trainer.post(answer.url, {"mode": "replace"})
    assert kinds(pages.lesson_1) == ["text"]
    assert list(Revision.objects.get(pk=before).as_object().body.raw_data) == [TEXT, CHECK]


def test_a_picture_without_alternative_text_is_not_taken_over(trainer, pages):
    answer = upload(trainer, pages.lesson_1, lesson())
    refused = trainer.post(answer.url, {**ANSWERS, "alternative_3": " "})
    assert refused.status_code == 200
    assert "alternative_3" in refused.context["form"].errors
    assert (LibraryImage.objects.count(), kinds(pages.lesson_1)) == (0, ["text", "self_check"])
    trainer.post(answer.url, {**ANSWERS, "alternative_3": "", "leave_3": "on"})
    assert LibraryImage.objects.count() == 0
    assert kinds(pages.lesson_1)[2:] == ["text", "text", "comparison", "text", "text"]
    assert draft_of(pages.lesson_1)[5]["value"]["text"] == "<p>Hình 1. Ba mức quyền</p>", "the caption stays"


def test_a_table_needs_a_heading(trainer, pages):
    answer = upload(trainer, pages.lesson_1, lesson())
    refused = trainer.post(answer.url, {**ANSWERS, "heading_2": ""})
    assert "heading_2" in refused.context["form"].errors
    assert kinds(pages.lesson_1) == ["text", "self_check"]


def test_a_topic_gets_a_new_unpublished_lesson(trainer, writer, pages):
    answer = upload(trainer, pages.module_1, lesson())
    assert 'value="Phân quyền cho Tổ quản trị"' in trainer.get(answer.url).content.decode()
    done = trainer.post(answer.url, {"title": "Phân quyền", "heading_1": "Quyền", "alternative_2": "Ba mức."})
    page = LessonPage.objects.get(translation_key__isnull=False, live=False)
    assert done.url == f"/cms/pages/{page.pk}/edit/"
    assert (page.title, page.slug, page.owner, page.live) == ("Phân quyền", "phan-quyen-2", writer, False)
    assert page.get_parent().specific == pages.module_1
    assert [block.block_type for block in page.body] == ["text", "comparison", "picture", "text"], "no title twice"
    assert page.get_latest_revision().user == writer


def test_a_new_lesson_is_made_once(trainer, writer, pages):
    answer = upload(trainer, pages.module_1, docx("Một câu."))
    kept = word.staged(key=answer.url.rstrip("/").rpartition("/")[2], page=pages.module_1, by=writer)
    for _ in range(2):
        word.take_over(staged=kept, page=pages.module_1, answers=word.Answers(title="Bài mới"), by=writer)
    assert LessonPage.objects.filter(title="Bài mới").count() == 1


def test_a_paste_goes_the_same_way_and_tells_what_did_not_come(trainer, pages):
    answer = paste(trainer, pages.lesson_2, WORD_2016)
    shown = trainer.get(answer.url)
    assert {line.count for line in shown.context["said"]} == {1}
    assert len(shown.context["said"]) == 5
    trainer.post(answer.url, {"mode": "append", "heading_2": "Cách làm"})
    assert kinds(pages.lesson_2) == ["text", "text", "text", "comparison", "text"]


def test_a_pasted_picture_goes_into_the_library(trainer, pages):
    import base64

    from tests.courses.word_samples import picture

    text = LIBRE_OFFICE.replace("@@PICTURE@@", base64.b64encode(picture()).decode())
    answer = paste(trainer, pages.lesson_2, text)
    data = trainer.get(f"{answer.url}1.jpg")
    assert (data.status_code, data["Content-Type"], data.content[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    trainer.post(answer.url, {"mode": "append", "alternative_1": "Ảnh bìa của xã", "heading_2": "Hồ sơ"})
    assert LibraryImage.objects.get().description == "Ảnh bìa của xã"


def test_nothing_in_a_paste_runs(trainer, pages):
    text = (
        "<p onclick='x()'>Chữ <script>alert(1)</script><img src=x onerror=alert(1)>"
        "<a href='javascript:alert(1)'>bấm</a> &lt;script&gt;đọc&lt;/script&gt;</p><iframe src='https://x.vn'></iframe>"
    )
    answer = paste(trainer, pages.lesson_2, text)
    trainer.post(answer.url, {"mode": "replace"})
    [block] = draft_of(pages.lesson_2)
    assert block["value"]["text"] == "<p>Chữ bấm &lt;script&gt;đọc&lt;/script&gt;</p>"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "rong.docx"),
        (b"PK\x03\x04 cut off", "hong.docx"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "cu.doc"),
        (b"%PDF-1.7", "bai.pdf"),
        (b"PK" + b"0" * (25 * 1024 * 1024), "to.docx"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence_and_nothing_is_kept(trainer, pages, content, name):
    answer = upload(trainer, pages.lesson_1, content, name)
    assert answer.status_code == 200
    assert len(answer.context["form"].errors["file"]) == 1
    assert (staged_files(), kinds(pages.lesson_1)) == ([], ["text", "self_check"])


def test_an_old_font_is_refused_and_shown(trainer, pages):
    answer = paste(trainer, pages.lesson_1, "MÆt trËn Tæ quèc ViÖt Nam x· V¹n Yªn häp ngµy h«m nay")
    [sentence] = answer.context["form"].errors["pasted"]
    assert "MÆt" in sentence
    assert "MÆt trËn" in answer.content.decode(), "a form keeps what was typed"


def test_neither_file_nor_paste_and_both_at_once_are_refused(trainer, pages):
    assert (
        trainer.post(f"/cms/word/{pages.lesson_1.pk}/", {"pasted": " "}).context["form"].has_error("__all__", "nothing")
    )
    file = SimpleUploadedFile("a.docx", docx("x"), DOCX)
    both = trainer.post(f"/cms/word/{pages.lesson_1.pk}/", {"pasted": "chữ", "file": file})
    assert both.context["form"].has_error("__all__", "both")


def test_a_locked_page_and_one_in_moderation_take_nothing(trainer, writer, pages):
    answer = upload(trainer, pages.lesson_1, docx("Từ Word."))
    other = member("other", "Người duyệt")
    page = LessonPage.objects.get(pk=pages.lesson_1.pk)
    page.locked, page.locked_by, page.locked_at = True, other, clock.now()
    page.save()
    trainer.post(answer.url, {"mode": "append"})
    assert kinds(page) == ["text", "self_check"]
    assert "is_new" not in upload(trainer, page, docx("Nữa.")).context
    waiting = upload(trainer, pages.lesson_2, docx("Từ Word."))
    lesson_2 = LessonPage.objects.get(pk=pages.lesson_2.pk)
    lesson_2.save_revision(user=writer)
    lesson_2.get_workflow().start(lesson_2, writer)
    refused = trainer.post(waiting.url, {"mode": "append"})
    assert refused.context["obstacle"]
    assert kinds(lesson_2) == ["text"]


def test_who_may_not_edit_the_page_puts_nothing_in(pages, officer_p1):
    client = Client()
    client.force_login(officer_p1)
    assert upload(client, pages.lesson_1, docx("x")).status_code in (302, 403)
    assert Revision.objects.filter(user=officer_p1).count() == 0
    assert staged_files() == []


def test_what_one_trainer_staged_no_other_sees(trainer, pages):
    answer = upload(trainer, pages.lesson_1, lesson())
    client = Client()
    client.force_login(member("second", "Giảng viên"))
    assert client.get(f"{answer.url}1.jpg").status_code == 404
    assert client.get(answer.url).url == f"/cms/word/{pages.lesson_1.pk}/"
    client.post(answer.url, ANSWERS)
    assert kinds(pages.lesson_1) == ["text", "self_check"]
    elsewhere = answer.url.replace(f"/{pages.lesson_1.pk}/", f"/{pages.lesson_2.pk}/")
    assert trainer.get(elsewhere).status_code == 302, "and for no other page"


@pytest.mark.parametrize("key", ["x", "20261123-..", "20261123-" + "0" * 32, "20261123-" + "0" * 31 + "/"])
def test_a_made_up_key_finds_nothing(writer, pages, key):
    assert word.staged(key=key, page=pages.lesson_1, by=writer) is None


def test_what_was_never_confirmed_is_swept_after_a_day(trainer, writer, pages):
    noon = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
    with time_machine.travel(noon, tick=False):
        answer = upload(trainer, pages.lesson_1, lesson())
        assert word.sweep() == 0
    with time_machine.travel(noon + dt.timedelta(days=1), tick=False):
        assert word.sweep() == 0
        assert trainer.get(answer.url).status_code == 200
    with time_machine.travel(noon + dt.timedelta(days=2), tick=False):
        assert word.sweep() == 1
        assert word.sweep() == 0
    assert staged_files() == []
    assert word.staged(key=answer.url.rstrip("/").rpartition("/")[2], page=pages.lesson_1, by=writer) is None


def test_pictures_of_a_take_over_that_fails_leave_no_file(trainer, writer, pages, settings, monkeypatch):
    from pathlib import Path

    answer = upload(trainer, pages.lesson_1, lesson())
    kept = word.staged(key=answer.url.rstrip("/").rpartition("/")[2], page=pages.lesson_1, by=writer)

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(LessonPage, "save_revision", fail)
    with pytest.raises(RuntimeError):
        word.take_over(staged=kept, page=pages.lesson_1, answers=word.Answers(alternatives={3: "Ba mức."}), by=writer)
    assert LibraryImage.objects.count() == 0
    assert list(Path(settings.MEDIA_ROOT).rglob("*.jpg")) == []


def test_the_buttons_stand_where_the_text_would_go(trainer, pages):
    edit = trainer.get(f"/cms/pages/{pages.lesson_1.pk}/edit/").content.decode()
    assert f'href="/cms/word/{pages.lesson_1.pk}/"' in edit
    topic = trainer.get(f"/cms/pages/{pages.module_1.pk}/").content.decode()
    assert f'href="/cms/word/{pages.module_1.pk}/"' in topic
    assert f'href="/cms/word/{pages.lesson_1.pk}/"' in topic
    assert f"/cms/word/{pages.course.pk}/" not in trainer.get(f"/cms/pages/{pages.course.pk}/").content.decode()
    assert trainer.get(f"/cms/word/{pages.course.pk}/").status_code == 404


def test_what_was_taken_over_passes_the_editor(trainer, pages):
    """The draft opens, and every block cleans as the editor would clean it."""
    answer = upload(trainer, pages.lesson_2, lesson())
    trainer.post(answer.url, ANSWERS)
    draft = LessonPage.objects.get(pk=pages.lesson_2.pk).get_latest_revision_as_object()
    draft.full_clean()
    assert trainer.get(f"/cms/pages/{pages.lesson_2.pk}/edit/").status_code == 200
    converter = draft.body.stream_block.child_blocks["text"].child_blocks["text"]
    html = draft.body[2].value["text"].source
    from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter

    way = ContentstateConverter(converter.features)
    state = json.loads(way.from_database_format(html))
    words = [block["text"] for block in state["blocks"]]
    assert words == [
        "Trang không có mật khẩu riêng, ai quản trị là do được cấp quyền.",
        "Ba việc đầu tiên", "Chọn người", "Cấp quyền", "Có thể:", "toàn quyền", "một phần",
    ]  # fmt: skip
    assert [block["depth"] for block in state["blocks"]] == [0, 0, 0, 0, 0, 1, 1]

"""Job aids: one A4 page and a picture from the same source, a new version when what is printed has changed."""

import datetime as dt
import io
from pathlib import Path

import pypdfium2
import pytest
from django.core.files.storage import InMemoryStorage
from django.test import Client
from PIL import Image

from courses.formats import job_aid_sheet
from courses.formats.errors import PackageError
from courses.formats.job_aid import read_job_aid
from courses.models import JobAidEdition, JobAidPage, Module
from courses.services import job_aids, package_job_aids, packages
from courses.services.enrolment import enrol
from courses.tasks import make_due_job_aids
from tests.conftest import NOON, make_person
from tests.courses.package_samples import change, write_package
from tests.factories.pages import Pages, add, publish, small_course

pytestmark = pytest.mark.django_db


def items(*values: object) -> list[dict[str, object]]:
    return [
        {"type": "item", "id": f"{index:08}-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "value": value}
        for index, value in enumerate(values)
    ]


def checklist(*lines: str) -> dict[str, object]:
    return {"type": "checklist", "value": {"heading": "Trước khi đăng", "items": items(*lines)}}


WARNING = {
    "type": "callout",
    "value": {"kind": "warning", "heading": "Không bao giờ", "text": "<ul><li>Đưa mật khẩu – Ư Ơ Ễ Ậ</li></ul>"},
}
TABLE = {
    "type": "comparison",
    "value": {
        "heading": "Ai giữ quyền gì",
        "header": items("Người", "Quyền vừa đủ"),
        "rows": items({"cells": items("Tổ trưởng", "Toàn quyền kiểm soát")}),
    },
}
REAL = Path(__file__).resolve().parents[2] / "courses/content/trang-cong-dong"
BODY = [checklist("Đã có người duyệt", "Ảnh có lời mô tả"), TABLE, WARNING]


@pytest.fixture(autouse=True)
def storage(monkeypatch) -> InMemoryStorage:
    """Files of this test, gone with it. A field asks for its storage once, so it is told."""
    storage = InMemoryStorage()
    for name in ("pdf", "picture"):
        monkeypatch.setattr(JobAidEdition._meta.get_field(name), "storage", storage)
    return storage


@pytest.fixture
def quick(monkeypatch) -> None:
    """For tests that look at no page: the sheet's words instead of a printed sheet."""

    def words(sheet: job_aid_sheet.Sheet) -> job_aid_sheet.Files:
        content = job_aid_sheet.markup(sheet, "").encode()
        return job_aid_sheet.Files(content, content + b"png")

    monkeypatch.setattr(job_aid_sheet, "print_sheet", words)


@pytest.fixture
def pages() -> Pages:
    return small_course()


def job_aid(**fields: object) -> JobAidPage:
    values = {"title": "Lập Trang", "slug": "to-nho", "updated_on": dt.date(2026, 11, 22), "body": BODY}
    return JobAidPage(**{**values, **fields})


@pytest.fixture
def aid(pages) -> JobAidPage:
    return add(pages.module_1, job_aid())


@pytest.fixture
def reader(officer_p1) -> Client:
    """Signed in, enrolled in nothing."""
    client = Client()
    client.force_login(officer_p1)
    return client


def numbers() -> list[int]:
    return list(JobAidEdition.objects.order_by("number").values_list("number", flat=True))


def made(aid: JobAidPage) -> JobAidEdition:
    edition = job_aids.make(edition_id=job_aids.current(aid, at=NOON).pk, at=NOON)
    assert edition is not None
    return edition


# --- Versions -----------------------------------------------------------------------------------------


def test_publishing_makes_version_one_and_publishing_the_same_again_no_other(aid):
    publish(aid)
    assert numbers() == [1]


@pytest.mark.usefixtures("quick")
def test_what_has_been_printed_is_followed_by_a_new_version_when_a_word_changes(aid):
    made(aid)
    aid.body = [checklist("Đã có người duyệt", "Ảnh có lời mô tả", "Nguồn đã kiểm chứng")]
    publish(aid)
    assert numbers() == [1, 2]


def test_what_nobody_can_hold_yet_is_changed_and_keeps_its_number(aid):
    aid.summary = "Dán cạnh bàn."
    publish(aid)
    assert numbers() == [1]
    assert JobAidEdition.objects.get().content["summary"] == "Dán cạnh bàn."


@pytest.mark.usefixtures("quick")
def test_new_ids_of_the_same_blocks_are_no_new_version(aid):
    made(aid)
    aid.body = [{**block, "id": "99999999-9999-4999-8999-999999999999"} for block in BODY[:1]] + BODY[1:]
    publish(aid)
    assert numbers() == [1]


@pytest.mark.usefixtures("quick")
def test_the_name_of_the_topic_is_on_the_sheet_so_a_new_name_is_a_new_version(pages, aid):
    made(aid)
    pages.module_1.title = "Lập và công bố Trang"
    publish(pages.module_1)
    assert numbers() == [1, 2]


@pytest.mark.usefixtures("quick")
def test_another_address_is_a_new_version_since_it_is_printed(pages, aid):
    made(aid)
    pages.course.slug = "khoa-moi"
    publish(pages.course)
    assert JobAidEdition.objects.get(number=2).content["address"] == "/khoa-moi/thanh-lap/to-nho/"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 11, 22), dt.date(2027, 5, 22)),
        (dt.date(2026, 8, 31), dt.date(2027, 2, 28)),
        (dt.date(2026, 6, 30), dt.date(2026, 12, 30)),
    ],
)
def test_it_is_to_be_looked_at_again_half_a_year_later(day, expected):
    assert job_aids.look_again_on(day) == expected


@pytest.mark.usefixtures("quick")
def test_a_trainer_may_say_another_day(pages):
    aid = add(pages.module_1, job_aid(look_again_on=dt.date(2026, 12, 31)))
    assert b"31/12/2026" in made(aid).pdf.read()


# --- The sheet ----------------------------------------------------------------------------------------


def test_the_sheet_is_one_a4_page_that_says_its_version_and_the_picture_is_for_a_phone(aid):
    edition = made(aid)
    document = pypdfium2.PdfDocument(edition.pdf.read())
    assert len(document) == 1
    assert [round(length / 72 * 25.4) for length in document[0].get_size()] == [210, 297]
    words = " ".join(document[0].get_textpage().get_text_range().split())
    expected = ["Lập Trang", "Thành lập", "Đã có người duyệt", "Toàn quyền kiểm soát", "Đưa mật khẩu – Ư Ơ Ễ Ậ"]
    expected += ["22/11/2026", "22/05/2027", "/khoa-thu/thanh-lap/to-nho/"]
    assert [words_wanted for words_wanted in expected if words_wanted not in words] == []
    content = edition.picture.read()
    assert len(content) < 400_000
    image = Image.open(io.BytesIO(content)).convert("L")
    assert image.width == 1080
    # It ends below its last line: a margin, and letters just above it.
    assert image.crop((0, image.height - 30, 1080, image.height)).getextrema()[0] > 240
    assert image.crop((0, image.height - 200, 1080, image.height)).getextrema()[0] < 128


def test_a_long_text_is_set_tighter_and_a_longer_one_is_refused(aid):
    line = "Ghi rõ ai viết, ai duyệt, ai đăng, ai trả lời; làm xong thì đánh dấu vào ô này."
    aid.body = [checklist(*[line] * 26)]
    assert job_aids.pages_of(aid, at=NOON) == 1
    aid.body = [checklist(*[line] * 70)]
    assert job_aids.pages_of(aid, at=NOON) > 1
    publish(aid)
    edition = job_aids.current(aid, at=NOON)
    assert job_aids.make(edition_id=edition.pk, at=NOON) is None
    edition.refresh_from_db()
    assert "A4" in edition.error
    assert not edition.is_made


def test_markup_of_an_author_is_only_what_the_editor_offers():
    sheet = job_aid_sheet.Sheet(
        "T",
        "<b>t</b>",
        "",
        ({"type": "text", "value": {"text": '<p onclick="x">a<script>b</script><img src=x></p>'}},),
        ("f",),
    )
    markup = job_aid_sheet.markup(sheet, "")
    assert "<p>a</p>" in markup
    assert "&lt;b&gt;t&lt;/b&gt;" in markup


# --- Making -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_publishing_asks_a_worker_once_the_page_is_written(pages, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        aid = add(pages.module_1, job_aid())
    assert job_aids.current(aid, at=NOON).is_made


@pytest.mark.usefixtures("quick")
def test_making_twice_makes_one_file(aid):
    first = made(aid)
    second = made(aid)
    assert (first.pdf.name, first.picture.name) == (second.pdf.name, second.picture.name)
    assert first.pdf_sha256[:12] in first.pdf.name


@pytest.mark.usefixtures("quick")
def test_files_of_a_text_that_changed_meanwhile_are_not_kept(aid, monkeypatch, storage):
    edition = job_aids.current(aid, at=NOON)
    real = job_aid_sheet.print_sheet

    def slow(sheet: job_aid_sheet.Sheet) -> job_aid_sheet.Files:
        aid.summary = "Sửa trong lúc in."
        publish(aid)
        return real(sheet)

    monkeypatch.setattr(job_aid_sheet, "print_sheet", slow)
    assert job_aids.make(edition_id=edition.pk, at=NOON) is None
    assert storage.listdir("job-aids")[1] == []
    monkeypatch.setattr(job_aid_sheet, "print_sheet", real)
    assert "Sửa trong lúc in.".encode() in made(aid).pdf.read()


@pytest.mark.usefixtures("quick")
def test_the_sweep_finds_what_a_dead_worker_left(aid):
    assert make_due_job_aids() == 1
    assert job_aids.current(aid, at=NOON).is_made
    assert make_due_job_aids() == 0


def test_the_sweep_leaves_alone_what_failed_a_moment_ago(aid):
    JobAidEdition.objects.update(tried_at=NOON)
    assert job_aids.due(at=NOON + dt.timedelta(minutes=59)) == []
    assert job_aids.due(at=NOON + dt.timedelta(minutes=61)) == [JobAidEdition.objects.get().pk]


# --- The page and its files ---------------------------------------------------------------------------


def file_of(aid: JobAidPage, ending: str) -> str:
    return f"/learn/job-aids/{aid.translation_key}.{ending}"


def test_whoever_is_signed_in_reads_it_and_takes_both_files(aid, reader):
    html = reader.get(aid.url).content.decode()
    assert "Đã có người duyệt" in html
    for ending in ("pdf", "png"):
        assert f'href="{file_of(aid, ending)}" download="to-nho-chuyen-de-1.{ending}"' in html
    assert "22/05/2027" in html


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("ending", ["pdf", "png"])
def test_a_file_is_made_on_the_spot_and_not_sent_twice(aid, reader, ending):
    answer = reader.get(file_of(aid, ending))
    assert answer.status_code == 200
    assert answer["Content-Type"] == {"pdf": "application/pdf", "png": "image/png"}[ending]
    assert answer["Content-Disposition"] == f'inline; filename="to-nho-chuyen-de-1.{ending}"'
    assert set(answer["Cache-Control"].split(", ")) == {"private", "no-cache"}
    assert b"".join(answer.streaming_content) == getattr(made(aid), {"pdf": "pdf", "png": "picture"}[ending]).read()
    assert reader.get(file_of(aid, ending), headers={"If-None-Match": answer["ETag"]}).status_code == 304


@pytest.mark.usefixtures("quick")
def test_after_a_change_the_same_address_gives_the_new_version(aid, reader):
    old = reader.get(file_of(aid, "pdf"))["ETag"]
    aid.summary = "Bản mới."
    publish(aid)
    answer = reader.get(file_of(aid, "pdf"), headers={"If-None-Match": old})
    assert answer.status_code == 200
    assert "Bản mới.".encode() in b"".join(answer.streaming_content)


def test_a_stranger_is_asked_to_sign_in(aid, client):
    for address in (aid.url, file_of(aid, "pdf"), file_of(aid, "png")):
        answer = client.get(address)
        assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={address}")


def test_what_is_not_published_has_no_file(aid, reader):
    aid.unpublish()
    assert reader.get(file_of(aid, "pdf")).status_code == 404
    assert reader.get(aid.url).status_code == 404


def test_what_does_not_fit_sends_back_with_a_sentence(aid, reader):
    aid.body = [checklist(*["Một việc phải nhớ, viết ra thành một dòng dài."] * 90)]
    publish(aid)
    answer = reader.get(file_of(aid, "pdf"), follow=True)
    assert answer.redirect_chain == [(aid.url, 302)]
    assert 'class="error"' in answer.content.decode()


def test_the_topic_and_its_lessons_link_to_it_and_ask_no_further_question(
    pages, officer_p1, reader, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    enrol(user=officer_p1, course=pages.record, at=NOON)
    reader.get(pages.lesson_1.url)
    with CaptureQueriesContext(connection) as before:
        assert "to-nho" not in reader.get(pages.lesson_1.url).content.decode()
    aid = add(pages.module_1, job_aid())
    link = f'href="{aid.url}"'
    with CaptureQueriesContext(connection) as after:
        assert link in reader.get(pages.lesson_1.url).content.decode()
    assert len(after) == len(before)
    assert link in reader.get(pages.module_1.url).content.decode()
    assert link not in reader.get(pages.module_2.url).content.decode()


@pytest.mark.parametrize("way", ["unpublish", "delete"])
def test_a_job_aid_that_is_gone_is_linked_no_more(pages, aid, way):
    assert Module.objects.get(title="Thành lập").job_aid_url == aid.url
    getattr(aid, way)()
    assert Module.objects.get(title="Thành lập").job_aid_url == ""


# --- In the CMS ---------------------------------------------------------------------------------------


@pytest.fixture
def author(db) -> Client:
    """May publish: a trainer's text goes to review, with the same form."""
    person = make_person("author", "Người biên soạn", None)
    person.is_superuser = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def posted(lines: int, **more: str) -> dict[str, str]:
    body = {
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "checklist",
        "body-0-id": "",
        "body-0-value-heading": "Trước khi đăng",
        "body-0-value-items-count": str(lines),
    }
    for index in range(lines):
        body[f"body-0-value-items-{index}-deleted"] = ""
        body[f"body-0-value-items-{index}-order"] = str(index)
        body[f"body-0-value-items-{index}-value"] = f"Việc {index} phải nhớ, viết ra thành một dòng dài cho đủ chữ"
    values = {"title": "Lập Trang", "slug": "to-nho", "summary": "", "updated_on": "2026-11-22", "look_again_on": ""}
    return {**values, "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0", **body, **more}


def test_the_editor_refuses_to_publish_two_pages_and_keeps_what_was_typed(pages, author):
    address = f"/cms/pages/add/courses/jobaidpage/{pages.module_1.pk}/"
    answer = author.post(address, posted(90, **{"action-publish": "1"}))
    assert answer.status_code == 200
    assert "A4" in str(answer.context["form"].errors["body"])
    assert answer.context["form"]["body"].value()[0].value["items"][89].startswith("Việc 89")
    assert not JobAidPage.objects.exists()
    assert author.post(address, posted(90)).status_code == 302
    assert not JobAidPage.objects.get().live


def test_the_editor_publishes_what_fits_and_prints_it(pages, author):
    address = f"/cms/pages/add/courses/jobaidpage/{pages.module_1.pk}/"
    assert author.post(address, posted(5, **{"action-publish": "1"})).status_code == 302
    aid = JobAidPage.objects.get()
    assert (aid.live, numbers()) == (True, [1])
    edit = author.post(f"/cms/pages/{aid.pk}/edit/", posted(90, **{"action-publish": "1"}))
    assert "A4" in str(edit.context["form"].errors["body"])
    assert len(JobAidPage.objects.get().body[0].value["items"]) == 5


# --- From a package -----------------------------------------------------------------------------------

SOURCE = (
    '+++\ntitle = "Lập Trang"\nslug = "to-nho"\nsummary = "Dán cạnh bàn."\nupdated_on = 2026-11-22\n+++\n\n'
    '::: checklist truoc "Trước khi bấm Tạo Trang"\n'  # 8
    "- Có chủ trương\n- Có hai người toàn quyền\n:::\n\n"
    '::: table quyen "Ai giữ quyền gì"\n'  # 13
    "| Người | Quyền |\n|---|---|\n| Tổ trưởng | Toàn quyền |\n:::\n\n"
    '::: callout nho warning "Không bao giờ"\n'  # 19
    "Đưa **mật khẩu** cho ai.\n:::\n"
)


def source(folder: Path, text: str = SOURCE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "to-nho.md").write_text(text, encoding="utf-8")
    return folder


def test_a_file_is_read_with_its_day_and_blocks(tmp_path):
    read = read_job_aid(source(tmp_path))
    assert (read.title, read.slug, read.summary, read.updated_on) == (
        "Lập Trang",
        "to-nho",
        "Dán cạnh bàn.",
        dt.date(2026, 11, 22),
    )
    assert [block.kind for block in read.blocks] == ["checklist", "table", "callout"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("updated_on = 2026-11-22\n", "", None, "“updated_on” is missing"),
        ("updated_on", "minutes = 5\nupdated_on", 5, "unknown key “minutes”"),
        ("::: callout nho warning", "::: practice nho", 19, "no block practice"),
        ("**mật khẩu**", "[[quyen|mật khẩu]]", 20, "no terms and no links"),
        ("**mật khẩu**", "[mật khẩu](https://example.org)", 19, "no terms and no links"),
    ],
)
def test_what_does_not_belong_on_paper_is_refused_with_its_line(tmp_path, old, new, line, words):
    assert old in SOURCE
    with pytest.raises(PackageError) as error:
        read_job_aid(source(tmp_path, SOURCE.replace(old, new)))
    assert error.value.line == line
    assert words in error.value.reason


@pytest.fixture
def root(tmp_path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    root = write_package(tmp_path)
    source(root / "chuyen-de-1/to-nho")
    change(root / "chuyen-de-1/module.toml", "requires = []", 'requires = []\njob_aid = "to-nho"')
    return root


def outcomes(root: Path) -> dict[str, str]:
    return {note.path: note.outcome for note in packages.load(packages.read(root), at=NOON)}


@pytest.mark.usefixtures("quick")
def test_a_package_brings_its_job_aid_and_a_second_time_changes_nothing(root):
    assert outcomes(root)["chuyen-de-1/to-nho"] == "created"
    aid = JobAidPage.objects.get()
    assert (aid.live, aid.title, aid.updated_on, aid.url) == (
        True,
        "Lập Trang",
        dt.date(2026, 11, 22),
        "/khoa-goi/thanh-lap/to-nho/",
    )
    assert [block.block_type for block in aid.body] == ["checklist", "comparison", "callout"]
    assert Module.objects.get().job_aid_url == aid.url
    made(aid)
    assert set(outcomes(root).values()) == {"unchanged"}
    assert numbers() == [1]


@pytest.mark.usefixtures("quick")
def test_a_changed_source_is_version_two_and_a_trainers_edit_is_kept(root):
    outcomes(root)
    aid = JobAidPage.objects.get()
    made(aid)
    change(root / "chuyen-de-1/to-nho/to-nho.md", "Có chủ trương", "Có chủ trương bằng văn bản")
    assert outcomes(root)["chuyen-de-1/to-nho"] == "updated"
    assert numbers() == [1, 2]
    aid.refresh_from_db()
    aid.summary = "Lời của giảng viên."
    publish(aid)
    change(root / "chuyen-de-1/to-nho/to-nho.md", "Dán cạnh bàn.", "Lời mới.")
    assert outcomes(root)["chuyen-de-1/to-nho"] == "kept"
    assert JobAidPage.objects.get().summary == "Lời của giảng viên."


def test_the_check_of_a_package_refuses_a_job_aid_of_two_pages(root):
    assert [error for error in packages.problems(root) if "to-nho" in error.file] == []
    lines = "\n".join(f"- Việc {index} phải nhớ, viết ra thành một dòng dài cho đủ chữ" for index in range(90))
    change(root / "chuyen-de-1/to-nho/to-nho.md", "- Có chủ trương", lines)
    assert ["A4" in error.reason for error in packages.problems(root) if "to-nho" in error.file] == [True]


def test_a_slug_of_an_activity_is_refused(root):
    change(root / "chuyen-de-1/to-nho/to-nho.md", 'slug = "to-nho"', 'slug = "phan-quyen"')
    with pytest.raises(PackageError, match="phan-quyen"):
        packages.read(root)


def test_the_sheets_of_the_course_each_fill_one_page():
    package = packages.read(REAL)
    assert list(package_job_aids.problems(package)) == []

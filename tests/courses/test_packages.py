"""Loading a content package: once, twice, over a trainer's edits, and with something broken."""

import dataclasses
import datetime as dt
import io
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client
from wagtail.models import Page, Revision, Site

from courses import kinds
from courses.formats.errors import PackageError
from courses.models import Activity, CoursePage, GlossaryTerm, LessonPage, ModulePage, PackageItem
from courses.queries import citations
from courses.services import package_lessons, packages
from courses.services.enrolment import enrol
from media.models import LibraryDocument, LibraryImage
from quizzes.models import QuestionVersion
from tests.conftest import NOON
from tests.courses.package_samples import LESSON_2, change, write_package

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[2] / "courses/content/trang-cong-dong"
WATCHED: tuple[type[models.Model], ...] = (
    Page, Revision, GlossaryTerm, LibraryImage, LibraryDocument, PackageItem, Activity, QuestionVersion,
)  # fmt: skip
LESSON_FILE = "chuyen-de-1/1-1-quyen/lesson.md"


@pytest.fixture(autouse=True)
def files(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def root(tmp_path) -> Path:
    return write_package(tmp_path)


def load(root: Path, **kwargs) -> Counter[str]:
    """How many paths had which outcome."""
    return Counter(note.outcome for note in packages.load(packages.read(root), at=NOON, **kwargs))


def kept(root: Path) -> list[tuple[str, str]]:
    notes = packages.load(packages.read(root), at=NOON)
    return [(note.path, note.message) for note in notes if note.outcome == "kept"]


def lesson(slug: str = "phan-quyen") -> LessonPage:
    return LessonPage.objects.get(slug=slug)


def rows() -> list[int]:
    return [model._default_manager.count() for model in WATCHED]


def stored(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_package_becomes_published_pages_a_library_and_a_glossary(root):
    assert load(root) == {"created": 7}
    course = CoursePage.objects.get()
    assert course.get_parent().specific == Site.objects.get(is_default_site=True).root_page.specific
    assert [page.title for page in course.get_descendants()] == ["Thành lập", "Phân quyền", "Bảo mật"]
    assert all(page.live and not page.has_unpublished_changes for page in course.get_descendants(inclusive=True))
    assert [activity.title for activity in Activity.objects.all()] == ["Phân quyền", "Bảo mật"]
    image = LibraryImage.objects.get()
    assert (image.description, image.width, image.package_key) == (
        "Ba mức quyền xếp từ cao xuống thấp.",
        320,
        "goi-thu/chuyen-de-1/1-1-quyen/so-do.svg",
    )
    assert LibraryDocument.objects.get().filename.endswith(".docx")
    assert GlossaryTerm.objects.get().key == "quyen"


def test_links_between_lessons_lead_to_pages_and_terms_to_their_meaning(root):
    load(root)
    text = lesson().body[0].value["text"].source
    assert f'<a linktype="page" id="{lesson("bao-mat").pk}">bài sau</a>' in text
    assert '<a href="#term-quyen">quyền truy cập</a>' in text


def test_keys_of_pages_and_blocks_come_from_paths_alone(root):
    load(root)
    before = (lesson().translation_key, [block.id for block in lesson().body])
    change(root / LESSON_FILE, 'slug = "phan-quyen"', 'slug = "ten-khac"')
    change(root / LESSON_FILE, 'title = "Phân quyền"', 'title = "Tên khác"')
    load(root)
    after = LessonPage.objects.get(slug="ten-khac")
    assert (after.translation_key, [block.id for block in after.body]) == before


def test_a_second_time_changes_nothing_and_says_so(root):
    load(root)
    before = rows()
    assert load(root) == {"unchanged": 7}
    assert rows() == before


def test_a_changed_source_is_a_new_published_revision(root):
    load(root)
    first = lesson("bao-mat").latest_revision_id
    change(root / "chuyen-de-1/1-2-bao-mat/lesson.md", "Mất một là mất cả.", "Giữ một là giữ cả.")
    assert load(root) == {"unchanged": 6, "updated": 1}
    page = lesson("bao-mat")
    assert page.latest_revision_id != first
    assert page.live_revision_id == page.latest_revision_id
    assert page.body[0].value["text"].source == "<p>Giữ một là giữ cả.</p>"
    item = PackageItem.objects.get(path="chuyen-de-1/1-2-bao-mat")
    assert item.revision == str(page.latest_revision_id)


def test_a_lesson_that_was_edited_and_published_is_kept_and_named(root):
    load(root)
    page = lesson("bao-mat")
    page.title = "Bảo mật, bản của giảng viên"
    page.save_revision().publish()
    change(root / "chuyen-de-1/1-2-bao-mat/lesson.md", "Mất một là mất cả.", "Nguồn mới.")
    [(path, message)] = kept(root)
    assert path == "chuyen-de-1/1-2-bao-mat"
    assert message.startswith("“Bảo mật, bản của giảng viên” ")
    assert lesson("bao-mat").body[0].value["text"].source == "<p>Mất một là mất cả.</p>"


def test_an_unpublished_draft_counts_as_an_edit(root):
    load(root)
    page = lesson("bao-mat")
    page.title = "Bản nháp"
    draft = page.save_revision()
    change(root / "chuyen-de-1/1-2-bao-mat/lesson.md", "Mất một là mất cả.", "Nguồn mới.")
    assert [path for path, _ in kept(root)] == ["chuyen-de-1/1-2-bao-mat"]
    page = lesson("bao-mat")
    assert (page.title, page.latest_revision_id) == ("Bảo mật", draft.pk)
    assert page.body[0].value["text"].source == "<p>Mất một là mất cả.</p>"


def test_a_lesson_that_was_unpublished_is_not_published_again(root):
    load(root)
    lesson("bao-mat").unpublish()
    change(root / "chuyen-de-1/1-2-bao-mat/lesson.md", "Mất một là mất cả.", "Nguồn mới.")
    assert [path for path, _ in kept(root)] == ["chuyen-de-1/1-2-bao-mat"]
    assert not lesson("bao-mat").live


def test_a_lesson_that_was_deleted_does_not_come_back(root):
    load(root)
    Page.objects.get(pk=lesson("bao-mat").pk).delete()
    change(root / LESSON_FILE, "xem [[quyen", "xem lại [[quyen")
    assert [path for path, _ in kept(root)] == ["chuyen-de-1/1-2-bao-mat"]
    assert list(LessonPage.objects.values_list("slug", flat=True)) == ["phan-quyen"]
    # A link to a page that is gone is words.
    assert "bài sau." in lesson().body[0].value["text"].source
    assert "linktype" not in lesson().body[0].value["text"].source


def test_a_topic_that_was_deleted_takes_its_lessons_along(root):
    load(root)
    Page.objects.get(pk=ModulePage.objects.get().pk).delete()
    assert [path for path, _ in kept(root)] == [
        "chuyen-de-1",
        "chuyen-de-1/1-1-quyen",
        "chuyen-de-1/1-2-bao-mat",
    ]
    assert LessonPage.objects.count() == 0


def test_a_term_a_picture_and_a_document_that_were_edited_are_kept(root, files):
    load(root)
    GlossaryTerm.objects.update(definition="Lời của giảng viên.")
    LibraryImage.objects.update(description="Văn bản của giảng viên.")
    LibraryDocument.objects.update(title="Tên của giảng viên")
    change(root / "thuat-ngu.toml", "Quyền được vào", "Quyền vào")
    change(root / "chuyen-de-1/1-1-quyen/so-do.svg", "<rect/>", "<circle/>")
    change(root / "chuyen-de-1/1-1-quyen/bang-quyen.md", "Đơn vị", "Tên đơn vị")
    before = stored(files)
    assert [path for path, _ in kept(root)] == [
        "thuat-ngu.toml#quyen",
        "chuyen-de-1/1-1-quyen/so-do.svg",
        "chuyen-de-1/1-1-quyen/bang-quyen.md",
    ]
    assert GlossaryTerm.objects.get().definition == "Lời của giảng viên."
    assert LibraryImage.objects.get().description == "Văn bản của giảng viên."
    assert LibraryDocument.objects.get().title == "Tên của giảng viên"
    assert stored(files) == before


def test_a_changed_drawing_is_a_new_file_of_the_same_picture(root, files, django_capture_on_commit_callbacks):
    load(root)
    before = LibraryImage.objects.get()
    change(root / "chuyen-de-1/1-1-quyen/so-do.svg", "<rect/>", "<circle/>")
    with django_capture_on_commit_callbacks(execute=True):
        assert load(root) == {"unchanged": 6, "updated": 1}
    after = LibraryImage.objects.get()
    assert after.pk == before.pk
    assert after.file.name != before.file.name
    assert [name for name in stored(files) if name.endswith(".svg")] == [Path(after.file.name).name]


def test_a_lesson_that_is_added_stands_where_the_package_has_it(root):
    load(root)
    folder = root / "chuyen-de-1/1-1b-moi"
    folder.mkdir()
    (folder / "lesson.md").write_text(LESSON_2.replace("bao-mat", "bai-moi").replace("Bảo mật", "Bài mới"))
    change(root / "chuyen-de-1/module.toml", '"1-2-bao-mat"', '"1-1b-moi", "1-2-bao-mat"')
    assert load(root) == {"unchanged": 7, "created": 1}
    assert [page.title for page in ModulePage.objects.get().get_children()] == ["Phân quyền", "Bài mới", "Bảo mật"]


def test_a_lesson_that_left_the_package_stays_and_is_named(root):
    load(root)
    change(root / "chuyen-de-1/module.toml", ', "1-2-bao-mat"', "")
    change(root / LESSON_FILE, " và [bài sau](lesson:chuyen-de-1/1-2-bao-mat)", "")
    assert [path for path, _ in kept(root)] == ["chuyen-de-1/1-2-bao-mat"]
    assert lesson("bao-mat").live


def test_a_rehearsal_reports_everything_and_leaves_nothing(root, files):
    before = rows()
    assert load(root, is_rehearsal=True) == {"created": 7}
    assert rows() == before
    assert stored(files) == []


def test_an_address_of_the_site_itself_is_refused_and_nothing_is_left(root, files):
    change(root / "course.toml", 'slug = "khoa-goi"', 'slug = "reports"')
    before = rows()
    with pytest.raises(PackageError) as caught:
        load(root)
    assert caught.value.file == str(root / "course.toml")
    assert "/reports/" in caught.value.reason
    assert (rows(), stored(files)) == (before, [])


def test_a_drawing_that_runs_something_is_refused(root):
    (root / "chuyen-de-1/1-1-quyen/so-do.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><script>x()</script></svg>'
    )
    with pytest.raises(PackageError, match=r"lesson\.md:15: the drawing “so-do\.svg” holds more than a drawing"):
        packages.read(root)


def test_what_fails_late_leaves_neither_rows_nor_files(root, files, monkeypatch):
    """The second lesson fails when the first is published and its files are written."""
    written = []

    def build(source, parent_page, page, run):
        if source.slug == "bao-mat":
            written.extend(stored(files))
            raise PackageError(source.file, 10, "breaks late")
        return package_lessons.build(source, parent_page, page, run)

    monkeypatch.setitem(kinds._kinds, "lesson", dataclasses.replace(kinds.get("lesson"), build=build))
    before = rows()
    with pytest.raises(PackageError, match="breaks late"):
        load(root)
    assert len(written) == 2
    assert (rows(), stored(files)) == (before, [])


def test_the_command_says_one_sentence_and_writes_nothing(root, files):
    change(root / LESSON_FILE, "[[quyen|", "[[la|")
    before = rows()
    with pytest.raises(CommandError) as caught:
        call_command("load_course", str(root))
    assert str(caught.value) == f"{root / LESSON_FILE}:11: the glossary has no term “la”."
    assert caught.value.returncode == 1
    assert (rows(), stored(files)) == (before, [])


def test_a_site_without_our_home_page_is_told_in_a_sentence(root):
    site = Site.objects.get(is_default_site=True)
    site.root_page = Page.get_first_root_node()
    site.save()
    with pytest.raises(CommandError, match="the default site has no home page under which a course may stand"):
        call_command("load_course", str(root))


def test_the_command_checks_without_writing_and_counts_what_it_did(root):
    before = rows()
    said = io.StringIO()
    with pytest.raises(CommandError):
        call_command("load_course", str(root), "--check", stdout=said)
    # The sample can be loaded, and is no good lesson: each line says file, line and why.
    assert f"{root}/chuyen-de-1/1-2-bao-mat/lesson.md: lacks a drawing" in said.getvalue().splitlines()
    assert rows() == before
    call_command("load_course", str(root), stdout=io.StringIO())
    said = io.StringIO()
    call_command("load_course", str(root), stdout=said)
    assert said.getvalue().splitlines()[-1].startswith("0 ")


# --- the real package --------------------------------------------------------------------------------


def test_the_real_package_loads_renders_for_a_learner_and_loads_again_without_a_change(officer_p1, client: Client):
    first = load(REAL)
    assert set(first) == {"created"}
    assert load(REAL) == {"unchanged": first["created"]}
    activities = list(Activity.objects.select_related("course").order_by("position"))
    topic = ["lesson"] * 6 + ["practice", "quiz"]
    assert [activity.kind for activity in activities] == [*topic * 4, *topic[1:], "quiz"]
    enrol(user=officer_p1, course=activities[0].course, at=NOON - dt.timedelta(days=1))
    client.force_login(officer_p1)
    # The lessons and questions on repealed laws name them knowingly.
    assert citations.due(on=dt.date(2026, 11, 23)) == ([], [])
    *open_to_all, final = activities
    assert client.get(final.url).status_code == 403
    for activity in open_to_all:
        answer = client.get(activity.url)
        assert answer.status_code == 200, activity.url
        page = answer.content.decode()
        assert "lesson:" not in page
        assert "linktype" not in page
        assert "[[" not in page
        # Every term that the text links to has its meaning on the same page.
        for part in page.split('href="#')[1:]:
            target = part.partition('"')[0]
            assert f'id="{target}"' in page, (activity.url, target)

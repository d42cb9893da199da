"""A practical task in a content package: read, refused with file and line, loaded once and again."""

from pathlib import Path

import pytest

from courses.formats.errors import PackageError
from courses.formats.practice import read_practice
from courses.models import Activity, PracticePage
from courses.services import packages
from tests.conftest import NOON
from tests.courses.package_samples import change, write_package

REAL = Path(__file__).resolve().parents[2] / "courses/content/trang-cong-dong"
PRACTICE = (
    '+++\ntitle = "Lập Trang"\nslug = "thuc-hanh"\nminutes = 45\nsummary = "Làm thật."\n'
    'hand_in = "either"\nnames_page = true\n'
    'criteria = ["Đúng Trang của đơn vị", "Hai người toàn quyền"]\n+++\n\n'
    '::: text lam-gi "Làm gì"\n'  # 11
    "Xem [bài 1](lesson:chuyen-de-1/1-1-quyen) và [[quyen|quyền truy cập]].\n"
    ":::\n"
)
SELF_CHECK = "::: selfcheck lam-gi\nVì sao?\n- [x] A\n  > a\n- [ ] B\n  > b\n:::\n::: text b\n"
FILE = "chuyen-de-1/thuc-hanh/practice.md"


@pytest.fixture
def root(tmp_path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    root = write_package(tmp_path)
    (root / FILE).parent.mkdir()
    (root / FILE).write_text(PRACTICE, encoding="utf-8")
    change(root / "chuyen-de-1/module.toml", '"1-2-bao-mat"]', '"1-2-bao-mat", "thuc-hanh"]')
    return root


def outcomes(root: Path) -> dict[str, str]:
    return {note.path: note.outcome for note in packages.load(packages.read(root), at=NOON)}


@pytest.mark.django_db
def test_a_task_becomes_a_published_page_and_a_second_time_changes_nothing(root):
    assert outcomes(root)["chuyen-de-1/thuc-hanh"] == "created"
    page = PracticePage.objects.get()
    assert (page.title, page.slug, page.minutes, page.is_required) == ("Lập Trang", "thuc-hanh", 45, True)
    assert (page.hand_in, page.names_page) == ("either", True)
    assert page.criteria.splitlines() == ["Đúng Trang của đơn vị", "Hai người toàn quyền"]
    assert "linktype" in page.body[0].value["text"].source
    activity = Activity.objects.get(kind="practice")
    assert (activity.title, activity.is_required, activity.position) == ("Lập Trang", True, 3)
    assert outcomes(root)["chuyen-de-1/thuc-hanh"] == "unchanged"


@pytest.mark.django_db
def test_a_changed_source_is_updated_and_an_edited_page_is_kept(root):
    outcomes(root)
    change(root / FILE, "Làm thật.", "Làm trên Trang của đơn vị.")
    assert outcomes(root)["chuyen-de-1/thuc-hanh"] == "updated"
    page = PracticePage.objects.get()
    page.criteria = "Sửa trong CMS"
    page.save_revision().publish()
    change(root / FILE, "Làm trên Trang của đơn vị.", "Khác.")
    assert outcomes(root)["chuyen-de-1/thuc-hanh"] == "kept"
    assert PracticePage.objects.get().criteria == "Sửa trong CMS"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('hand_in = "either"', 'hand_in = "email"', 6, "“hand_in” is one of link, picture, either, not “email”"),
        ('hand_in = "either"', 'hand_in = "picture"', 7, "“names_page” needs a link: “hand_in” is link or either"),
        ("names_page = true", 'names_page = "co"', 7, "“names_page” must be true or false"),
        ('criteria = ["Đúng Trang của đơn vị", "Hai người toàn quyền"]', "criteria = []", 8,
         "“criteria” says nothing of what is looked at"),
        ('"Hai người toàn quyền"', f'"{"a" * 301}"', 8, "a criterion is longer than 300 characters"),
        ("minutes = 45", "minutes = 500", 4, "“minutes” must be a whole number from 1 to 240"),
        ('summary = "Làm thật."', 'deadline = "mai"', 5, "unknown key “deadline”"),
        ("bài 1](lesson:chuyen-de-1/1-1-quyen)", "bài 1](lesson:khong-co)", 12, "the package has no lesson “khong-co”"),
        ("[[quyen|", "[[la|", 12, "the glossary has no term “la”"),
        ('::: text lam-gi "Làm gì"\n', SELF_CHECK, 11,
         "a practical task holds no self-check: a person confirms it"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_line_and_reason(root, old, new, line, reason):
    change(root / FILE, old, new)
    with pytest.raises(PackageError) as caught:
        packages.read(root)
    assert str(caught.value) == f"{root / FILE}:{line}: {reason}"


def test_the_real_task_stands_between_the_lessons_and_the_quiz_and_asks_for_the_unit_s_page():
    package = packages.read(REAL)
    kinds = [activity.kind for activity in package.modules[0].activities]
    assert kinds == ["lesson"] * 6 + ["practice", "quiz"]
    task = read_practice(REAL / "chuyen-de-1/thuc-hanh")
    assert (task.hand_in, task.names_page, task.is_required) == ("either", True, True)
    assert 40 <= task.minutes <= 60
    assert len(task.criteria) >= 4

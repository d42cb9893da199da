"""The file of an exercise in a content package: what is refused, with file and line, and what is loaded."""

from pathlib import Path

import pytest

from courses.formats.errors import PackageError
from courses.formats.simulation import read_simulation
from courses.models import LessonPage
from courses.services import packages
from courses.simulator import passes, read_state
from tests.conftest import NOON
from tests.courses.package_samples import change, write_package

TASK = """kind = "access"
scene = "Đồng chí Cũ chuyển công tác."
goals = ["Gỡ người cũ"]
model = "Gỡ đồng chí Cũ."

[[person]]
key = "toi"
name = "Đồng chí"
level = "full"

[[person]]
key = "cu"
name = "Đồng chí Cũ"
level = "full"

[[rule]]
check = "person_removed"
subject = "cu"
right = "Đã gỡ."
wrong = "Còn người cũ."

[[rule]]
check = "at_least_with_full"
least = 1
right = "Còn người giữ."
wrong = "Không còn ai."

[solution.people]
cu = { level = "none" }
"""
BLOCK = '::: simulator tap "Tập gỡ người cũ"\nmo-phong.toml\n:::\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mo-phong.toml"
    path.write_text(TASK, encoding="utf-8")
    return path


def reason(file: Path) -> tuple[int | None, str]:
    with pytest.raises(PackageError) as raised:
        read_simulation(file)
    assert raised.value.file == str(file)
    return raised.value.line, raised.value.reason


def test_a_good_file_is_read(file: Path) -> None:
    task = read_simulation(file).task
    assert [person.key for person in task.people] == ["toi", "cu"]
    assert len(task.rules) == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('kind = "access"', 'kind = "game"', 1, "cannot be “game”"),
        ('scene = "Đồng chí Cũ chuyển công tác."', 'scene = ""', 2, "“scene” is missing"),
        ('key = "cu"', 'key = "toi"', 12, "“toi” stands twice in “key”"),
        ('key = "cu"', 'key = "Người cũ"', 12, "the key “Người cũ” may hold"),
        ('name = "Đồng chí Cũ"', 'nam = "Đồng chí Cũ"', 11, "“name” is missing"),
        ('name = "Đồng chí Cũ"', 'name = "Đồng chí Cũ"\nage = 40', 14, "unknown key “age”"),
        ('subject = "cu"', 'subject = "ai"', 18, "nothing with the key “ai”"),
        ('check = "person_removed"', 'check = "source_cited"', 17, "does not belong to this kind of task"),
        ("least = 1", "least = 0", 23, "needs “least” or “most”"),
        ('cu = { level = "none" }', 'cu = { level = "partial" }', 16, "does not satisfy the rule “person_removed”"),
        ('check = "person_removed"\nsubject = "cu"', 'check = "nobody_waiting"', 1, "whoever does nothing"),
        ("kind =", "kind", 1, "is not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(file: Path, old: str, new: str, line: int, words: str) -> None:
    change(file, old, new)
    found = reason(file)
    assert words in found[1]
    assert found[0] == line


def test_a_file_without_a_solution_is_refused(file: Path) -> None:
    change(file, '[solution.people]\ncu = { level = "none" }\n', "")
    assert "[solution]" in reason(file)[1]


def lesson_with(root: Path, block: str) -> Path:
    lesson = root / "chuyen-de-1/1-1-quyen/lesson.md"
    change(lesson, "::: selfcheck loi-moi\n", block + "\n::: selfcheck loi-moi\n")
    return lesson


def test_a_block_names_a_file_beside_the_lesson(tmp_path: Path) -> None:
    lesson = lesson_with(write_package(tmp_path), BLOCK)
    with pytest.raises(PackageError, match="there is no task") as raised:
        packages.read(lesson.parents[2])
    assert (raised.value.file, raised.value.line) == (str(lesson), 23)


def test_an_error_in_the_file_is_told_of_the_file(tmp_path: Path) -> None:
    lesson = lesson_with(write_package(tmp_path), BLOCK)
    task = lesson.parent / "mo-phong.toml"
    task.write_text(TASK.replace('"cu"', '"ai"', 1), encoding="utf-8")
    with pytest.raises(PackageError) as raised:
        packages.read(lesson.parents[2])
    assert (raised.value.file, raised.value.line) == (str(task), 18)


def test_the_exercise_of_a_package_is_judged_as_its_file_says_and_loading_again_changes_nothing(
    db: None, tmp_path: Path
) -> None:
    root = write_package(tmp_path)
    lesson = lesson_with(root, BLOCK)
    (lesson.parent / "mo-phong.toml").write_text(TASK, encoding="utf-8")
    packages.load(packages.read(root), at=NOON)
    page = LessonPage.objects.get(slug="phan-quyen")
    value = next(block.value for block in page.body if block.block_type == "simulator")
    assert (value["heading"], value.task()) == (
        "Tập gỡ người cũ",
        read_simulation(lesson.parent / "mo-phong.toml").task,
    )
    assert passes(value.task(), read_state(value.task(), {"people": {"cu": {"level": "none"}}}))
    revision = page.live_revision_id
    packages.load(packages.read(root), at=NOON)
    page.refresh_from_db()
    assert page.live_revision_id == revision

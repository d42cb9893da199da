"""import_questions and export_questions: one plain sentence on bad input, nothing half-written."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from quizzes.models import Category, ImportBatch, Question
from tests.factories.quizzes import make_question
from tests.quizzes.test_imports import THREE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "de.gift"
    path.write_text(THREE, encoding="utf-8")
    return path


def enter(path: Path, category: Category, *more: str) -> None:
    call_command("import_questions", str(path), "--category", category.key, "--level", "nhan_biet", *more)


def test_a_file_is_entered_as_drafts(file: Path, category: Category) -> None:
    enter(file, category)
    assert set(Question.objects.values_list("code", "latest__status")) == {
        (code, "draft") for code in ("l-01", "l-02", "l-03")
    }
    enter(file, category)
    assert Question.objects.count() == 3


def test_a_dry_run_leaves_nothing(file: Path, category: Category) -> None:
    enter(file, category, "--dry-run")
    assert (Question.objects.count(), ImportBatch.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("content", "name"), [(b"", "rong.gift"), (b"PK\x03\x04 cut", "de.docx"), (b"\x89PNG\r\n", "anh.png")]
)
def test_bad_input_ends_in_one_sentence_and_leaves_nothing(
    tmp_path: Path, category: Category, content: bytes, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError) as raised:
        enter(path, category)
    assert len(str(raised.value).splitlines()) == 1
    assert (Question.objects.count(), ImportBatch.objects.count()) == (0, 0)


def test_a_file_that_is_not_there_and_a_category_that_is_not_there_are_told(tmp_path: Path, file: Path) -> None:
    with pytest.raises(CommandError):
        call_command("import_questions", str(tmp_path / "khong-co.gift"))


@pytest.mark.parametrize("name", ["de.docx", "de.xlsx", "de.gift", "de.xml", "de.txt"])
def test_what_is_written_can_be_read_again(tmp_path: Path, category: Category, name: str) -> None:
    make_question(category, "single", code="l-01")
    path = tmp_path / name
    call_command("export_questions", str(path), "--category", category.key)
    assert path.stat().st_size > 0
    enter(path, category, "--dry-run")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_nothing_to_write_writes_no_file(tmp_path: Path, category: Category) -> None:
    with pytest.raises(CommandError):
        call_command("export_questions", str(tmp_path / "de.gift"))
    assert not list(tmp_path.iterdir())

"""The check of a package: everything that a reader would stumble over is named with its file and line."""

import shutil
from pathlib import Path

import pytest

from courses.formats import prose
from courses.formats.errors import PackageError
from courses.services import packages
from quizzes.formats import pool
from quizzes.formats.package import QuestionSource

REAL = Path(__file__).parents[2] / "courses/content/trang-cong-dong"


@pytest.fixture(scope="module")
def whole() -> list[PackageError]:
    return packages.problems(REAL)


def test_the_package_of_this_repository_is_in_order(whole: list[PackageError]) -> None:
    assert [str(error) for error in whole] == []


# --- One lesson spoilt at a time ------------------------------------------------------------------------


LESSON = "chuyen-de-1/1-4-phan-quyen/lesson.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Chuyên đề 1 alone: fast to check, and in order."""
    copy = tmp_path / "trang-cong-dong"
    shutil.copytree(REAL, copy, ignore=shutil.ignore_patterns("chuyen-de-[2-5]", "kiem-tra-cuoi-khoa"))
    course = copy / "course.toml"
    lines = [line for line in course.read_text(encoding="utf-8").splitlines() if not line.startswith("modules")]
    course.write_text("\n".join([*lines, 'modules = ["chuyen-de-1"]', ""]), encoding="utf-8")
    return copy


def spoilt(root: Path, name: str, old: str, new: str) -> list[tuple[str, int | None, str]]:
    file = root / name
    text = file.read_text(encoding="utf-8")
    assert old in text, (name, old)
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = packages.problems(root)
    return [(Path(error.file).name, error.line, error.reason) for error in found]


def line_of(root: Path, name: str, words: str) -> int:
    lines = (root / name).read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def test_the_copy_is_in_order_before_it_is_spoilt(root: Path) -> None:
    assert [str(error) for error in packages.problems(root)] == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("[[quyen-truy-cap|", "[[quyen-la|", "the glossary has no term “quyen-la”"),
        ("[[luat:nd-147-2024|", "[[luat:nd-999|", "the register has no document “nd-999”"),
        ("[[luat:nd-147-2024|", "[[luat:nd-15-2020|", "“nd-15-2020” is not of certainty A: it may not be cited"),
    ],
    ids=["term", "document", "certainty"],
)
def test_what_leads_nowhere_is_named(root: Path, old: str, new: str, reason: str) -> None:
    line = line_of(root, LESSON, old)
    assert ("lesson.md", line, reason) in spoilt(root, LESSON, old, new)


def test_a_link_to_a_lesson_that_is_not_there_is_named(root: Path) -> None:
    name, old = "chuyen-de-1/1-6-cong-bo-ket-noi/lesson.md", "(lesson:chuyen-de-1/1-4-phan-quyen)"
    line = line_of(root, name, old)
    found = spoilt(root, name, old, "(lesson:chuyen-de-1/1-9)")
    assert ("lesson.md", line, "the package has no lesson “chuyen-de-1/1-9”") in found


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("::: callout", "::: text todo\nTODO: viết tiếp.\n:::\n\n::: callout", "“TODO”: something is not finished"),
        ("::: callout", "::: text en\nBấm vào nút settings.\n:::\n\n::: callout", "“settings” is English"),
        ("::: callout", "::: text phat\nCó thể bị phạt tới 50 triệu đồng.\n:::\n\n::: callout",
         "“phạt tới 50 triệu” is the amount of a fine: it is looked up, not taught"),
        ("minutes = ", "minutes = 1 # ", "says 1 minutes for"),
        ("**[[luat:nd-147-2024|Nghị định 147/2024/NĐ-CP]]**", "**Nghị định 147/2024/NĐ-CP**", "cites no document"),
        ("updated_on = 2026-11-22", "", "a legal basis says up to which day it was checked: “updated_on”"),
        ("objectives = [", "summary_ = [", "unknown key “summary_”"),
    ],
    ids=["todo", "english", "fine", "minutes", "uncited", "undated", "key"],
)  # fmt: skip
def test_what_a_reader_would_stumble_over_is_named(root: Path, old: str, new: str, reason: str) -> None:
    assert any(name == "lesson.md" and reason in said for name, _line, said in spoilt(root, LESSON, old, new))


def test_a_sentence_that_two_lessons_share_is_named_in_the_second(root: Path) -> None:
    shared = "::: text chung\nMột câu dài đến mười chữ đứng nguyên văn ở hai bài.\n:::\n"
    for name in ("1-1-vi-sao-can-trang", "1-2-chuan-bi"):
        file = root / f"chuyen-de-1/{name}/lesson.md"
        file.write_text(file.read_text(encoding="utf-8") + "\n" + shared, encoding="utf-8")
    found = packages.problems(root)
    assert [Path(error.file).parent.name for error in found] == ["1-2-chuan-bi"]
    assert "1-1-vi-sao-can-trang/lesson.md" in found[0].reason


def test_a_lesson_too_short_too_heavy_or_without_one_of_its_parts_is_named(root: Path) -> None:
    (root / "chuyen-de-1/1-4-phan-quyen/them-nguoi.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9" height="9"><!--'
        + "x" * 160_000
        + "--></svg>"
    )
    file = root / "chuyen-de-1/1-1-vi-sao-can-trang/lesson.md"
    head = file.read_text(encoding="utf-8").split("+++")[1]
    file.write_text(f'+++{head}+++\n\n::: text mot "Một"\nHai ba bốn.\n:::\n', encoding="utf-8")
    found = [error.reason for error in packages.problems(root)]
    assert "has 4 words; a lesson has 600 to 1200" in found
    for part in ("a drawing", "a checklist", "a self-check", "the legal basis", "a practical task (practice)"):
        assert f"lacks {part}" in found
    assert any("bytes with its drawings, more than 150000" in reason for reason in found)


def test_several_broken_files_are_all_named_in_one_run(root: Path) -> None:
    for name in ("1-1-vi-sao-can-trang", "1-2-chuan-bi"):
        (root / f"chuyen-de-1/{name}/lesson.md").write_text("kein Kopf", encoding="utf-8")
    named = {Path(error.file).parent.name for error in packages.problems(root)}
    assert {"1-1-vi-sao-can-trang", "1-2-chuan-bi"} <= named


def test_text_that_is_not_nfc_is_named_with_its_line(root: Path) -> None:
    file = root / LESSON
    lines = file.read_text(encoding="utf-8").split("\n")
    lines[20] = "e\u0301"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert ("lesson.md", 21, "is not in Unicode form NFC") in [
        (Path(error.file).name, error.line, error.reason) for error in packages.problems(root)
    ]


# --- Questions ------------------------------------------------------------------------------------------


def question(**own) -> QuestionSource:
    options = [
        {"text": "Hỏi lại tổ trưởng", "correct": True, "reason": "Đúng."},
        {"text": "Đăng ngay cho kịp giờ phát sóng", "reason": "Sai."},
        {"text": "Xóa bài đã có", "reason": "Sai."},
    ]
    values = {"file": Path("1-1.toml"), "line": 3, "code": "q", "type": "single", "level": "van_dung", "lesson": "",
              "stem": "Việc đầu tiên?", "reason": "Vì thế.", "references": ("F1",)}  # fmt: skip
    return QuestionSource(own={"options": own.pop("options", options)}, **{**values, **own})


def said(source: QuestionSource) -> list[str]:
    return [error.reason for error in pool.problems_of(source)]


def test_a_question_in_order_says_nothing() -> None:
    assert said(question()) == []


@pytest.mark.parametrize("catch_all", ["Tất cả các ý trên đều đúng", "Cả A và B đều đúng", "Không có đáp án nào đúng"])
def test_a_choice_that_needs_no_knowledge_is_refused(catch_all: str) -> None:
    options = [{"text": "Một", "correct": True, "reason": "a"}, {"text": catch_all, "reason": "b"}]
    assert said(question(options=options)) == [f"q: “{catch_all}” can be chosen without knowing anything"]


def test_two_equal_choices_a_choice_without_reason_and_a_question_without_ground_are_refused() -> None:
    options = [{"text": "Một", "correct": True, "reason": "a"}, {"text": " một ", "reason": ""}]
    assert said(question(options=options, references=(), reason="")) == [
        "q: “reason” is missing",
        "q: “references” is missing: what the question rests on",
        "q: two choices say the same",
        "q: “ một ” has no reason",
    ]


def test_options_that_differ_by_a_diacritic_are_two_options() -> None:
    options = [{"text": "mattran", "correct": True, "reason": "a"}, {"text": "mặttrận", "reason": "b"}]
    assert said(question(options=options)) == []


def test_a_pool_smaller_than_three_times_what_is_drawn_is_refused(root: Path) -> None:
    found = spoilt(root, "chuyen-de-1/kiem-tra/quiz.toml", "draw = 10", "draw = 14")
    assert any(name == "quiz.toml" and "draws 14 from a pool of" in reason for name, _line, reason in found)


def test_a_pool_whose_right_options_are_the_longest_is_refused(root: Path) -> None:
    long = "Xin ý kiến lãnh đạo đơn vị rồi mới đăng, đồng thời ghi vào sổ tin bài của tổ"
    options = [{"text": long, "correct": True, "reason": "a"}, {"text": "Đăng", "reason": "b"}]
    given = [question(code=f"q{number}", options=options) for number in range(36)]
    fair = [question(code=f"r{number}") for number in range(65)]
    assert [error.reason for error in pool._given_away_by_length(given[:35] + fair)] == []
    assert len(list(pool._given_away_by_length(given + fair[:64]))) == 1


def test_the_words_of_a_lesson_are_those_between_spaces(root: Path) -> None:
    package = packages.read(root)
    counts = {
        activity.path: prose.word_count(activity.source)
        for activity in package.activities()
        if activity.kind == "lesson"
    }
    assert all(prose.LEAST_WORDS <= count <= prose.MOST_WORDS for count in counts.values()), counts

"""Content packages: what is broken is named by file and line; what a trainer edited is kept."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from courses.formats.errors import PackageError
from courses.models import LegalDocument, PackageItem
from courses.services import packages as course_packages
from quizzes.models import Category, Question, QuestionPicture, QuestionVersion, QuizPage
from quizzes.services import packages
from quizzes.services.bank import latest_version, save_question
from tests.conftest import NOON

REAL = Path(__file__).parents[2] / "courses/content/trang-cong-dong"
QUIZ = """title = "Kiểm tra"
slug = "kiem-tra"
draw = 1
pool = ["../cau-hoi/1-1.toml"]
"""
QUESTION = """# câu đầu
[[question]]
code = "q1"
type = "single"
level = "van_dung"
lesson = "1-1"
stem = "Ai được đăng bài?"
reason = "Vì thế."
options = [
  { text = "Người có quyền", correct = true, reason = "Đúng." },
  { text = "Mọi người", reason = "Sai." },
]

[[question]]
code = "q2"
type = "true_false"
level = "nhan_biet"
stem = "Trang có mật khẩu riêng."
answer = false
"""


@dataclass
class Loading:
    package: str
    root: Path
    at: dt.datetime = NOON
    notes: list[tuple[str, str]] = field(default_factory=list)

    def note(self, path: str, outcome: str, message: str = "") -> None:
        self.notes.append((path, outcome))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("kiem-tra", "cau-hoi", "1-1"):
        (tmp_path / "cd" / name).mkdir(parents=True)
    (tmp_path / "cd/kiem-tra/quiz.toml").write_text(QUIZ, encoding="utf-8")
    (tmp_path / "cd/cau-hoi/1-1.toml").write_text(QUESTION, encoding="utf-8")
    (tmp_path / "cd/1-1/lesson.md").write_text('+++\ntitle = "Vì sao cần Trang"\n+++\n', encoding="utf-8")
    return tmp_path


def load(folder: Path) -> list[tuple[str, str]]:
    loading = Loading("goi-thu", folder)
    packages.prepare(packages.read(folder / "cd/kiem-tra"), loading)
    return loading.notes


def test_the_real_package_loads_and_loads_again_without_a_change(db: None) -> None:
    first, second = Loading("trang-cong-dong", REAL), Loading("trang-cong-dong", REAL)
    source = packages.read(REAL / "chuyen-de-1/kiem-tra")
    packages.prepare(source, first)
    packages.prepare(packages.read(REAL / "chuyen-de-1/kiem-tra"), second)
    count = len(source.questions)
    assert count >= 3 * source.draw
    assert [outcome for _, outcome in first.notes] == ["created"] * count
    assert [outcome for _, outcome in second.notes] == ["unchanged"] * count
    assert QuestionVersion.objects.count() == Question.objects.count() == PackageItem.objects.count() == count
    page = packages.build(source, None, None, second)
    assert isinstance(page, QuizPage)
    assert (page.slug, page.pass_percent, page.limit_minutes) == ("kiem-tra-chuyen-de-1", 70, 20)
    assert [(draw.category.key, draw.count) for draw in page.draws.all()] == [
        ("trang-cong-dong/chuyen-de-1/kiem-tra", 10)
    ]


def test_questions_lie_in_drawers_named_after_their_lessons(db: None, folder: Path) -> None:
    load(folder)
    assert list(Category.objects.order_by("path").values_list("key", "name", "depth")) == [
        ("goi-thu/cd/kiem-tra", "Kiểm tra", 1),
        ("goi-thu/cd/kiem-tra/1-1", "Vì sao cần Trang", 2),
    ]
    assert Question.objects.get(code="q1").category.key == "goi-thu/cd/kiem-tra/1-1"


def test_a_changed_source_makes_the_next_version(db: None, folder: Path) -> None:
    load(folder)
    file = folder / "cd/cau-hoi/1-1.toml"
    file.write_text(QUESTION.replace("Ai được đăng bài?", "Ai được xóa bài?"), encoding="utf-8")
    assert load(folder) == [("cd/cau-hoi/1-1.toml#q1", "updated"), ("cd/cau-hoi/1-1.toml#q2", "unchanged")]
    assert list(QuestionVersion.objects.filter(question__code="q1").values_list("number", "stem")) == [
        (1, "Ai được đăng bài?"),
        (2, "Ai được xóa bài?"),
    ]


def test_what_a_trainer_edited_is_kept_even_when_the_source_changes(db: None, folder: Path) -> None:
    load(folder)
    question = Question.objects.get(code="q1")
    version = latest_version(question)
    assert version is not None
    save_question(
        code="q1", category=question.category, type_name="single", stem="Câu của giảng viên?",
        content=version.content, reason="", level=question.level, at=NOON,
    )  # fmt: skip
    file = folder / "cd/cau-hoi/1-1.toml"
    for _ in range(2):
        assert load(folder) == [("cd/cau-hoi/1-1.toml#q1", "kept"), ("cd/cau-hoi/1-1.toml#q2", "unchanged")]
        file.write_text(QUESTION.replace("Ai được đăng bài?", "Ai được xóa bài?"), encoding="utf-8")
    latest = latest_version(question)
    assert latest is not None
    assert (latest.number, latest.stem) == (2, "Câu của giảng viên?")


def test_a_question_of_somebody_else_with_the_same_code_is_left_alone(db: None, folder: Path) -> None:
    drawer = Category.add_root(name="Khác", key="khac")
    save_question(
        code="q2", category=drawer, type_name="true_false", stem="Khác hẳn?", content={"answer": True}, reason="",
        level="nhan_biet", at=NOON,
    )  # fmt: skip
    assert load(folder)[1] == ("cd/cau-hoi/1-1.toml#q2", "kept")
    assert Question.objects.get(code="q2").versions.get().stem == "Khác hẳn?"


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("cau-hoi/1-1.toml", 'code = "q2"', 'code = "q1"', 14),
        ("cau-hoi/1-1.toml", 'type = "single"', 'type = "essay"', 2),
        ("cau-hoi/1-1.toml", "correct = true, ", "", 2),
        ("cau-hoi/1-1.toml", "answer = false", 'answer = "sai"', 14),
        ("cau-hoi/1-1.toml", "answer = false", "ansver = false", 14),
        ("cau-hoi/1-1.toml", 'lesson = "1-1"', 'lesson = "1-9"', 2),
        ("cau-hoi/1-1.toml", 'level = "nhan_biet"', 'level = "de"', 14),
        ("cau-hoi/1-1.toml", 'stem = "Trang có mật khẩu riêng."', "stem = 5", 14),
        ("cau-hoi/1-1.toml", 'type = "single"', 'type = "single', 4),
        ("cau-hoi/1-1.toml", "options = [", "options = 5\nrest = [", 2),
        ("kiem-tra/quiz.toml", "1-1.toml", "1-7.toml", 4),
        ("kiem-tra/quiz.toml", "draw = 1", "draw = 3", 3),
        ("kiem-tra/quiz.toml", "draw = 1", 'draw = "ba"', 3),
        ("kiem-tra/quiz.toml", "draw = 1", "draw = 1\nlimit = 5", 4),
        ("kiem-tra/quiz.toml", "draw = 1", "draw = 1\npass_percent = 0", 4),
        ("kiem-tra/quiz.toml", 'title = "Kiểm tra"\n', "", None),
    ],
)
def test_a_broken_package_is_refused_with_file_and_line(
    folder: Path, file: str, old: str, new: str, line: int | None
) -> None:
    path = folder / "cd" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PackageError) as caught:
        packages.read(folder / "cd/kiem-tra")
    assert (Path(caught.value.file).name, caught.value.line) == (path.name, line)
    assert str(caught.value).count("\n") == 0


def test_a_file_in_another_encoding_is_refused(folder: Path) -> None:
    path = folder / "cd/cau-hoi/1-1.toml"
    path.write_bytes("# d\n# \xe9\n".encode("latin-1"))
    with pytest.raises(PackageError) as caught:
        packages.read(folder / "cd/kiem-tra")
    assert caught.value.line == 2


def test_tags_and_hints_come_with_a_question(db: None, folder: Path) -> None:
    file = folder / "cd/cau-hoi/1-1.toml"
    lines = 'tags = ["tình huống", "mới"]\nhints = ["Xem lại bài 1.1."]\ncode = "q1"'
    file.write_text(QUESTION.replace('code = "q1"', lines), encoding="utf-8")
    load(folder)
    question = Question.objects.get(code="q1")
    assert sorted(question.tags.names()) == ["mới", "tình huống"]
    assert question.latest is not None
    assert question.latest.hints == ["Xem lại bài 1.1."]
    file.write_text(QUESTION.replace('code = "q1"', 'tags = "mới"\ncode = "q1"'), encoding="utf-8")
    with pytest.raises(PackageError, match="list of texts"):
        load(folder)


# --- What a question rests on, its picture, draws from other pools ---------------------------------------

HOTSPOT = """
[[question]]
code = "q3"
type = "hotspot"
level = "van_dung"
lesson = "1-1"
stem = "Chỗ nào chưa đăng được?"
reason = "Thẻ căn cước lộ số."
picture = "anh.png"
alt = "Buổi trao quà, trên bàn có một tấm thẻ."
zones = [{ shape = "rect", at = [50, 50, 30, 30], text = "Tấm thẻ", right = true, reason = "Lộ số." }]
"""


def write_picture(folder: Path) -> None:
    Image.effect_noise((400, 300), 60).convert("RGB").save(folder / "cd/cau-hoi/anh.png")
    with (folder / "cd/cau-hoi/1-1.toml").open("a", encoding="utf-8") as file:
        file.write(HOTSPOT)


def test_a_question_brings_the_picture_beside_its_file_once(db: None, folder: Path) -> None:
    write_picture(folder)
    load(folder)
    content = Question.objects.get(code="q3").latest.content
    assert (content["width"], content["height"]) == (400, 300)
    assert list(QuestionPicture.objects.values_list("sha256", flat=True)) == [content["picture"]]
    assert {outcome for _path, outcome in load(folder)} == {"unchanged"}
    Image.effect_noise((400, 300), 60).convert("RGB").save(folder / "cd/cau-hoi/anh.png")
    assert dict(load(folder))["cd/cau-hoi/1-1.toml#q3"] == "updated"


@pytest.mark.parametrize("name", ["khong-co.png", "../../../bi-mat.png", "anh.txt"])
def test_a_picture_that_is_not_there_or_is_none_is_refused_with_the_line_of_its_question(
    folder: Path, tmp_path: Path, name: str
) -> None:
    write_picture(folder)
    (folder / "cd/cau-hoi/anh.txt").write_text("không phải ảnh", encoding="utf-8")
    file = folder / "cd/cau-hoi/1-1.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("anh.png", name), encoding="utf-8")
    with pytest.raises(PackageError) as caught:
        packages.read(folder / "cd/kiem-tra")
    assert caught.value.line == 21


def test_what_a_question_rests_on_is_documents_of_the_register_and_facts(db: None, folder: Path) -> None:
    law = LegalDocument.objects.create(key="nd-1", name="Nghị định", certainty="A", checked_on=NOON.date())
    file = folder / "cd/cau-hoi/1-1.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('code = "q1"', 'code = "q1"\nreferences = ["F1", "nd-1", "F3"]'), encoding="utf-8")
    load(folder)
    question = Question.objects.get(code="q1")
    assert (list(question.documents.all()), question.facts) == ([law], "F1, F3")
    file.write_text(text.replace('code = "q1"', 'code = "q1"\nreferences = ["F1"]'), encoding="utf-8")
    load(folder)
    question.refresh_from_db()
    assert (list(question.documents.all()), question.facts, question.versions.count()) == ([], "F1", 1)


def final_test(draws: str) -> str:
    return f'title = "Cuối khóa"\nslug = "cuoi-khoa"\npass_percent = 80\n{draws}'


def draw(path: str, count: int) -> str:
    return f'[[from_pool]]\nfrom = "{path}"\ncount = {count}\n'


def test_a_final_test_draws_from_the_pools_of_others(db: None, folder: Path) -> None:
    loading = Loading("goi-thu", folder)
    packages.prepare(packages.read(folder / "cd/kiem-tra"), loading)
    (folder / "cuoi").mkdir()
    (folder / "cuoi/quiz.toml").write_text(final_test(draw("cd/kiem-tra", 2)), encoding="utf-8")
    source = packages.read(folder / "cuoi")
    packages.prepare(source, loading)
    page = packages.build(source, None, None, loading)
    assert [(row.category.key, row.count) for row in page.draws.all()] == [("goi-thu/cd/kiem-tra", 2)]
    assert (page.pass_percent, page.exempts) == (80, False)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (final_test(""), None),
        (final_test('draw = 3\n'), None),
        (final_test("[[from_pool]]\nfrom = 5\ncount = 1\n"), 4),
        (final_test(draw("cd/kiem-tra", 0)), 4),
        (final_test("from_pool = 5\n"), 4),
    ],
    ids=["no pool", "a draw without a pool", "no path", "none drawn", "no rows"],
)  # fmt: skip
def test_a_final_test_that_draws_nothing_is_refused(tmp_path: Path, text: str, line: int | None) -> None:
    (tmp_path / "quiz.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PackageError) as caught:
        packages.read(tmp_path)
    assert caught.value.line == line


def test_of_the_real_course_each_topic_is_drawn_ten_of_three_times_as_many_and_the_end_five_of_each() -> None:
    package = course_packages.read(REAL)
    quizzes = [activity.source for activity in package.activities() if activity.kind == "quiz"]
    *topics, final = quizzes
    assert [(quiz.draw, quiz.pass_percent, quiz.max_attempts, quiz.exempts) for quiz in topics] == [
        (10, 70, 3, True)
    ] * 5
    assert all(len(quiz.questions) >= 30 for quiz in topics)
    assert ([row.count for row in final.draws], final.pass_percent, final.exempts) == ([5] * 5, 80, False)
    used = {question.type for quiz in topics for question in quiz.questions}
    automatic = {"single", "multiple", "true_false", "statements", "matching", "ordering", "short_text", "numeric",
                 "gap_select", "cloze", "label_picture", "hotspot", "case_set", "spot_violation"}  # fmt: skip
    assert used == automatic

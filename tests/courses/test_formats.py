import io
import unicodedata
from pathlib import Path

import pytest
from docx import Document

from courses.formats.errors import PackageError
from courses.formats.handouts import read_handout, to_docx
from courses.formats.lesson import read_lesson
from courses.formats.markdown import rich_text
from courses.formats.package import read_package
from courses.services import packages
from tests.courses.package_samples import change, write_package

LESSON = "chuyen-de-1/1-1-quyen/lesson.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_package(tmp_path)


def html(text: str) -> str:
    return rich_text(text, file=Path("lesson.md"), line=1).html


def refusal(root: Path) -> tuple[str, int | None, str]:
    """File inside the package, line, reason."""
    with pytest.raises(PackageError) as caught:
        packages.read(root)
    assert "\n" not in str(caught.value)
    return Path(caught.value.file).relative_to(root).as_posix(), caught.value.line, caught.value.reason


def test_a_package_in_order_is_read(root):
    package = packages.read(root)
    assert [activity.path for activity in package.activities()] == ["chuyen-de-1/1-1-quyen", "chuyen-de-1/1-2-bao-mat"]
    assert [term.key for term in package.terms] == ["quyen"]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("![Ba mức quyền xếp từ cao xuống thấp.]", "![]", 15, "the picture has no alternative text"),
        ("[[quyen|", "[[la|", 11, "the glossary has no term “la”"),
        ("lesson:chuyen-de-1/1-2-bao-mat", "lesson:chuyen-de-1/mat", 11, "the package has no lesson “chuyen-de-1/mat”"),
        ("(so-do.svg", "(khac.svg", 15, "there is no drawing “khac.svg” beside the lesson"),
        ("bang-quyen.md", "khac.md", 19, "there is no handout “khac.md” beside the lesson"),
        ("(so-do.svg", "(../../course.svg", 15, "there is no drawing “../../course.svg” beside the lesson"),
        ("::: picture so-do", "::: picture vi-sao", 14, "the key “vi-sao” is already used in line 10"),
        ("- [ ] Chưa", "- [x] Chưa", 22, "a self-check has exactly one right option, not 2"),
        ("- [x] Chưa", "- [ ] Chưa", 22, "a self-check has exactly one right option, not 0"),
        ("  > Không liên quan.\n", "", 24, "the option has no reason"),
        (":::\n\n::: picture", "\n::: picture", 13, "the block opened in line 10 is not closed"),
        ("  > Đúng.\n:::\n", "  > Đúng.\n", 22, "the block “loi-moi” is not closed"),
        ("**mật khẩu**", "`mật khẩu`", 11, "`code` has no place in this text"),
        ("**mật khẩu**", "**mật khẩu", 11, "** that opens or closes nothing"),
        ("**mật khẩu**", "[x](javascript:x)", 11, "a link leads to https://… or lesson:…, not to “javascript:x”"),
        ("minutes = 10", "minutes = 0", 4, "“minutes” must be a whole number from 1 to 240"),
        ("minutes = 10", "minutes = ", 4, "is not TOML: Invalid value"),
        ("minutes = 10", "minuten = 10", 4, "unknown key “minuten”"),
        ("Bài thử", unicodedata.normalize("NFD", "Bài thử"), 5, "is not in Unicode form NFC"),
    ],
)
def test_what_is_wrong_in_a_lesson_is_named_by_file_line_and_reason(root, old, new, line, reason):
    change(root / LESSON, old, new)
    assert refusal(root) == (LESSON, line, reason)


def test_an_unknown_kind_of_block_is_named_with_those_that_there_are(root):
    change(root / LESSON, "::: text vi-sao", "::: txt vi-sao")
    file, line, reason = refusal(root)
    assert (file, line) == (LESSON, 10)
    assert reason.startswith("unknown block kind “txt”; known are text, steps, picture")


def test_a_file_that_is_not_utf8_is_named_with_its_line(root):
    (root / LESSON).write_bytes("+++\ntitle = 'Bài".encode() + b"\xff")
    assert refusal(root) == (LESSON, 2, "is not UTF-8")


def test_an_activity_that_is_not_there_is_named_in_the_modules_file(root):
    change(root / "chuyen-de-1/module.toml", '"1-2-bao-mat"', '"1-2-khac"')
    file, line, reason = refusal(root)
    assert (file, line) == ("chuyen-de-1/module.toml", 5)
    assert reason.startswith("there is no activity “1-2-khac”")


def test_two_lessons_with_one_address_are_refused(root):
    change(root / "chuyen-de-1/1-2-bao-mat/lesson.md", 'slug = "bao-mat"', 'slug = "phan-quyen"')
    assert refusal(root) == (
        "chuyen-de-1/1-2-bao-mat/lesson.md",
        3,
        "the slug “phan-quyen” is already used in 1-1-quyen/lesson.md",
    )


def test_two_terms_with_one_key_are_refused(root):
    with (root / "thuat-ngu.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[term]]\nkey = "quyen"\nterm = "Khác"\ndefinition = "Khác."\n')
    assert refusal(root) == ("thuat-ngu.toml", 7, "the term “quyen” is already defined in line 1")


def test_a_topic_that_requires_a_later_one_is_refused(root):
    change(root / "chuyen-de-1/module.toml", "requires = []", 'requires = ["chuyen-de-2"]')
    assert refusal(root) == ("chuyen-de-1/module.toml", 4, "“chuyen-de-2” is not a topic that comes before this one")


def test_a_folder_without_a_course_is_no_package(tmp_path):
    (tmp_path / "trong").mkdir()
    assert refusal(tmp_path / "trong") == ("course.toml", None, "there is no such file")


def test_markdown_becomes_what_rich_text_keeps():
    assert html("Một **hai** *ba*\nbốn.\n\n- năm\n- sáu") == (
        "<p>Một <b>hai</b> <i>ba</i> bốn.</p><ul><li>năm</li><li>sáu</li></ul>"
    )
    assert html("### Đầu\n\n1. a\n\n   b\n2. c") == "<h3>Đầu</h3><ol><li>a<br/>b</li><li>c</li></ol>"
    assert html("[[quyen|quyền]] và [x](https://mattran.org.vn/?a=1&b=2)") == (
        '<p><a href="#term-quyen">quyền</a> và <a href="https://mattran.org.vn/?a=1&amp;b=2">x</a></p>'
    )


def test_html_in_markdown_is_words_not_tags():
    assert html("<script>x</script> 1 < 2 & 3") == "<p>&lt;script&gt;x&lt;/script&gt; 1 &lt; 2 &amp; 3</p>"


def test_steps_take_their_picture_from_anywhere_in_the_step(root):
    folder = root / "chuyen-de-1/1-1-quyen"
    text = "### Một\nTrước.\n\n![Hình.](so-do.svg)\n\nSau.\n### Hai\nHết.\n"
    change(folder / "lesson.md", '::: text vi-sao "Vì sao"\n', f'::: steps buoc "Bước"\n{text}:::\n::: text vi-sao\n')
    steps = read_lesson(folder).blocks[0].content.steps
    assert [(step.title, step.text.html, step.picture and step.picture.file) for step in steps] == [
        ("Một", "<p>Trước.</p><p>Sau.</p>", "so-do.svg"),
        ("Hai", "<p>Hết.</p>", None),
    ]


def test_a_table_with_a_short_row_is_refused_and_a_term_in_a_cell_is_no_border(root):
    folder = root / "chuyen-de-1/1-1-quyen"
    table = '::: table bang-1 "Ai"\n| A | B |\n|---|---|\n| [[quyen|Quyền]] | **b** |\n:::\n\n'
    change(folder / "lesson.md", "::: text vi-sao", f"{table}::: text vi-sao")
    assert read_lesson(folder).blocks[0].content.rows == (("Quyền", "b"),)
    change(folder / "lesson.md", "| **b** |", "|")
    assert refusal(root) == (LESSON, 13, "this row has 1 cells, the header has 2")


def test_a_handout_becomes_a_word_file_on_a_sheet_of_its_width(root):
    file = root / "chuyen-de-1/1-1-quyen/bang-quyen.md"
    document = Document(io.BytesIO(to_docx(read_handout(file))))
    assert [paragraph.text for paragraph in document.paragraphs] == ["Bảng quyền", "Đơn vị: ……", ""]
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["TT", "Họ và tên"]
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert document.sections[0].page_width < document.sections[0].page_height
    change(file, "| TT | Họ và tên |\n|---|---|\n| 1 | |\n", "|1|2|3|4|5|6|\n|-|-|-|-|-|-|\n|a|b|c|d|e|f|\n")
    wide = Document(io.BytesIO(to_docx(read_handout(file))))
    assert wide.sections[0].page_width > wide.sections[0].page_height


def test_a_handout_without_a_title_is_refused(root):
    change(root / "chuyen-de-1/1-1-quyen/bang-quyen.md", "# Bảng quyền", "Bảng quyền")
    assert refusal(root) == (
        "chuyen-de-1/1-1-quyen/bang-quyen.md",
        1,
        "a handout begins with its title, written # Title",
    )


def test_reading_knows_no_kind_that_it_was_not_told(root):
    with pytest.raises(PackageError, match="there is no activity “1-1-quyen”"):
        read_package(root, {})

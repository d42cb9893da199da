"""Word files as teachers write them become questions; ours come back as they were."""

import io
import struct
import zipfile
import zlib
from typing import Any

import docx as python_docx
import pytest
from docx.enum.text import WD_COLOR_INDEX
from docx.shared import RGBColor
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from quizzes import types
from quizzes.formats import docx
from quizzes.formats.item import Item, Reading, Trouble, UnreadableError
from quizzes.types.exchanges import hooks
from tests.quizzes.formats.strategies import items
from tests.quizzes.formats.test_legacy import in_tcvn3, in_vni
from tests.quizzes.formats.test_round_trips import digest, told

HOOKS = hooks("docx")


def document(*lines: Any) -> Any:
    """A paragraph a line; a list is its runs, each a text or (text, "u" | "b" | "h" | "r")."""
    made = python_docx.Document()
    for line in lines:
        paragraph = made.add_paragraph()
        for part in line if isinstance(line, list) else [line]:
            words, look = part if isinstance(part, tuple) else (part, "")
            run = paragraph.add_run(words)
            run.underline = True if "u" in look else None
            run.bold = True if "b" in look else None
            if "h" in look:
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW
            if "r" in look:
                run.font.color.rgb = RGBColor(0xFF, 0, 0)
    return made


def data_of(made: Any) -> bytes:
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def read(*lines: Any) -> Reading:
    return docx.read(data_of(document(*lines)), HOOKS)


def right(item: Item) -> list[str]:
    return [option["text"] for option in item.content["options"] if option["correct"]]


def only(reading: Reading) -> Item:
    assert not reading.problems, reading.problems
    (item,) = reading.items
    assert not types.get(item.type).validate(dict(item.content))
    return item


BLOCK = ("A. Người viết", "B. Người phụ trách", "C. Ai cũng được", "D. Không ai")


@pytest.mark.parametrize("head", ["Câu 1.", "Câu 1:", "Câu hỏi 1:", "CÂU 1.", "Câu 1 .", "1."])
def test_a_question_begins_however_teachers_count(head: str) -> None:
    item = only(read(f"{head} Ai duyệt bài?", *BLOCK, "Đáp án: B"))
    assert (item.type, item.stem, right(item), item.line) == ("single", "Ai duyệt bài?", ["Người phụ trách"], 1)
    assert [option["text"] for option in item.content["options"]] == [line[3:] for line in BLOCK]


@pytest.mark.parametrize("look", ["u", "b", "h", "r"])
@pytest.mark.parametrize("whole", [True, False])
def test_the_key_is_seen_by_its_look(look: str, whole: bool) -> None:
    marked = [("B. Người phụ trách", look)] if whole else ["B. ", ("Người phụ trách", look)]
    item = only(read("Câu 1. Ai duyệt bài?", BLOCK[0], marked, *BLOCK[2:]))
    assert right(item) == ["Người phụ trách"]


def test_an_underlined_letter_marks_its_option_and_bold_letters_all_round_mark_none() -> None:
    rows = [[(line[:2], "b" + ("u" if line.startswith("C") else "")), line[2:]] for line in BLOCK]
    assert right(only(read([("Câu 1.", "b"), " Ai?"], *rows))) == ["Ai cũng được"]


@pytest.mark.parametrize(
    "starred", ["*B. Người phụ trách", "B. Người phụ trách *", "B.* Người phụ trách", "* B. Người phụ trách"]
)
def test_a_star_marks_the_key(starred: str) -> None:
    assert right(only(read("Câu 1. Ai?", BLOCK[0], starred, BLOCK[2]))) == ["Người phụ trách"]


@pytest.mark.parametrize(
    "key", ["Đáp án: B", "ĐA: B", "Đáp án B", "Đáp án đúng: B.", "=> Chọn B", "Chọn đáp án B", "ĐÁP ÁN: b"]
)
def test_the_key_is_told_in_words(key: str) -> None:
    assert right(only(read("Câu 1. Ai?", *BLOCK, key))) == ["Người phụ trách"]


def test_several_letters_are_several_answers() -> None:
    item = only(read("Câu 1. Những ai?", *BLOCK, "ĐA: B, C"))
    assert (item.type, right(item), item.notes) == ("multiple", ["Người phụ trách", "Ai cũng được"], ())


def test_two_underlined_options_are_several_answers_and_it_is_told() -> None:
    item = only(read("Câu 1. Ai?", BLOCK[0], [(BLOCK[1], "u")], [(BLOCK[2], "u")], BLOCK[3]))
    assert item.type == "multiple"
    assert [note.code for note in item.notes] == [Trouble.SEVERAL_MARKED]


@pytest.mark.parametrize("line", ["A. Có\tB. Không\tC. Tùy", "A. Có   B. Không   C. Tùy", "A. Có B. Không C. Tùy"])
def test_options_may_stand_on_one_line(line: str) -> None:
    item = only(read("Câu 1. Có không?", line, "Đáp án: B"))
    assert [option["text"] for option in item.content["options"]] == ["Có", "Không", "Tùy"]
    assert right(item) == ["Không"]


def test_a_letter_inside_an_option_does_not_cut_it() -> None:
    item = only(read("Câu 1. Ai?", "A. Ông Nguyễn Văn B. là người duyệt", "B. Bà C", "Đáp án: A"))
    assert [option["text"] for option in item.content["options"]] == ["Ông Nguyễn Văn B. là người duyệt", "Bà C"]


def test_options_in_a_table_are_read() -> None:
    made = document("Câu 1. Có không?")
    table = made.add_table(rows=2, cols=2)
    for number, line in enumerate(BLOCK):
        table.cell(number // 2, number % 2).text = line
    made.add_paragraph("Đáp án: D")
    assert right(only(docx.read(data_of(made), HOOKS))) == ["Không ai"]


def test_automatic_numbering_of_word_is_read() -> None:
    made = document()
    numbering = made.part.numbering_part.element
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    levels = (("decimal", "Câu %1.", 0), ("upperLetter", "%2.", 1))
    rows = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{words}"/></w:lvl>'
        for kind, words, depth in levels
    )
    numbering.insert(0, parse_xml(f'<w:abstractNum {space} w:abstractNumId="77">{rows}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {space} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for depth, words in ((0, "Ai duyệt?"), (1, "Một"), (1, "Hai"), (0, "Ai đăng?"), (1, "Ba"), (1, "Bốn")):
        paragraph = made.add_paragraph(words)
        paragraph._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {space}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>')
        )
        if words in ("Hai", "Ba"):
            paragraph.runs[0].underline = True
    reading = docx.read(data_of(made), HOOKS)
    assert [(item.stem, right(item)) for item in reading.items] == [("Ai duyệt?", ["Hai"]), ("Ai đăng?", ["Ba"])]


def two(*last: Any) -> Reading:
    return read("Câu 1. Một?", *BLOCK, "Câu 2. Hai?", *BLOCK, *last)


@pytest.mark.parametrize(
    "last", [("ĐÁP ÁN", "1.B 2.C"), ("BẢNG ĐÁP ÁN", "1B, 2C"), ("Bảng đáp án:", "1-B", "2-C"), ("1.B  2.C",)]
)
def test_a_list_of_keys_at_the_end_is_read(last: tuple[str, ...]) -> None:
    reading = two(*last)
    assert not reading.problems
    assert [right(item) for item in reading.items] == [["Người phụ trách"], ["Ai cũng được"]]


@pytest.mark.parametrize(
    "rows", [[["Câu", "1", "2"], ["Đáp án", "B", "C"]], [["1.B", "2.C"]], [["Câu", "Đáp án"], ["1", "B"], ["2", "C"]]]
)
def test_a_table_of_keys_at_the_end_is_read(rows: list[list[str]]) -> None:
    made = document("Câu 1. Một?", *BLOCK, "Câu 2. Hai?", *BLOCK, "BẢNG ĐÁP ÁN")
    table = made.add_table(rows=len(rows), cols=len(rows[0]))
    for row, cells in enumerate(rows):
        for column, words in enumerate(cells):
            table.cell(row, column).text = words
    reading = docx.read(data_of(made), HOOKS)
    assert [right(item) for item in reading.items] == [["Người phụ trách"], ["Ai cũng được"]]


def test_two_keys_that_differ_are_refused_with_the_paragraph() -> None:
    reading = read("Mở đầu", "Câu 1. Một?", BLOCK[0], [(BLOCK[1], "u")], "Đáp án: A")
    assert [(found.code, found.line) for found in reading.problems] == [(Trouble.TWO_KEYS, 2)]
    reading = two("1.B 2.C", "Câu 3. Ba?", *BLOCK, "Đáp án: E")
    assert [(found.code, found.line) for found in reading.problems] == [(Trouble.ANSWER_OF_NO_OPTION, 12)]


def test_a_question_without_a_key_is_a_problem_and_the_others_come_in() -> None:
    reading = read("Câu 1. Một?", *BLOCK, "Câu 2. Hai?", *BLOCK, "Đáp án: A")
    assert [(found.code, found.line) for found in reading.problems] == [(Trouble.NO_KEY, 1)]
    assert "A. Người viết" in reading.problems[0].source
    assert [item.stem for item in reading.items] == ["Hai?"]


def test_all_that_stands_under_a_question_is_read() -> None:
    item = only(
        read(
            "Chủ đề: Luật / An ninh mạng", "Câu 7 (Thông hiểu). Ai duyệt bài?", "Dòng hai của câu hỏi", *BLOCK,
            "Đáp án: B", "Giải thích: Vì quy chế", "nói như vậy.", "Mục tiêu: Nắm quy trình", "Mã: LUAT-07",
            "Thẻ: quy chế, duyệt bài", "Gợi ý: Xem lại bài 2", "Gợi ý 2: Xem điều 5",
        )
    )  # fmt: skip
    assert (item.stem, item.level, item.code, item.category, item.objective, item.tags, item.reason, item.hints) == (
        "Ai duyệt bài?\nDòng hai của câu hỏi", "thong_hieu", "LUAT-07", ("Luật", "An ninh mạng"), "Nắm quy trình",
        ("quy chế", "duyệt bài"), "Vì quy chế\nnói như vậy.", ("Xem lại bài 2", "Xem điều 5"),
    )  # fmt: skip


def test_true_or_false_short_text_and_essay_need_no_options() -> None:
    reading = read(
        "Câu 1. Trang là của cá nhân.", "Đáp án: Sai", "Câu 2. Tên đầy đủ?", "Đáp án: Ủy ban | UB", "Câu 3. Trình bày."
    )
    assert [(item.type, dict(item.content)) for item in reading.items[:2]] == [
        ("true_false", {"answer": False}), ("short_text", {"accepted": ["Ủy ban", "UB"], "exact": False}),
    ]  # fmt: skip
    assert reading.items[2].type == "essay"


def test_level_in_brackets_and_an_unknown_level_are_told_apart() -> None:
    assert only(read("Câu 1 [VD] Ai?", *BLOCK, "Đáp án: A")).level == "van_dung"
    item = only(read("Câu 1. Ai?", *BLOCK, "Đáp án: A", "Mức độ: Siêu khó"))
    assert (item.level, [note.code for note in item.notes]) == ("", [Trouble.UNKNOWN_LEVEL])


def png(width: int = 3, height: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    rows = b"".join(b"\0" + b"\xc8\x10\x2e" * width for _row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_pictures_are_kept_where_they_stand() -> None:
    made = document("Câu 1. Nhìn hình:")
    made.add_picture(io.BytesIO(png()))
    for line in (*BLOCK, "Đáp án: A"):
        made.add_paragraph(line)
    item = only(docx.read(data_of(made), HOOKS))
    (digest_,) = item.pictures
    assert f"(picture:{digest_})" in item.stem
    again = only(docx.read(docx.write([item], HOOKS).data, HOOKS))
    assert (again.stem, set(again.pictures)) == (item.stem, {digest_})


@pytest.mark.parametrize(("table", "typed"), [("tcvn3", in_tcvn3), ("vni", in_vni)])
def test_an_old_font_is_told_and_converted_when_asked(table: str, typed: Any) -> None:
    from lms.core import legacy

    data = data_of(document(*(typed(line) for line in ("Câu 1. Ai được duyệt bài viết của xã?", *BLOCK, "Đáp án: B"))))
    with pytest.raises(UnreadableError) as raised:
        docx.read(data, HOOKS)
    assert (raised.value.problem.code, raised.value.problem.values["key"]) == (Trouble.OLD_FONT, table)
    item = only(docx.read(data, HOOKS, lambda words: legacy.convert(words, table)))
    assert (item.stem, right(item)) == ("Ai được duyệt bài viết của xã?", ["Người phụ trách"])


def test_the_blank_template_reads_without_a_problem() -> None:
    reading = docx.read(docx.template(), HOOKS)
    assert not reading.problems
    assert [item.type for item in reading.items] == ["single", "multiple", "true_false", "short_text", "essay"]
    assert all(item.level for item in reading.items)
    assert len(python_docx.Document(io.BytesIO(docx.template())).paragraphs) > 20


# --- There and back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind.NAME for kind in types.all_types()])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_questions_that_went_out_come_back_the_same(kind: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(items(kind), min_size=1, max_size=2))
    written = docx.write(rows, HOOKS)
    reading = docx.read(written.data, HOOKS)
    assert not written.left_out
    assert not reading.problems
    assert [told(item) for item in reading.items] == [told(item) for item in rows]
    assert [digest(item) for item in reading.items] == [digest(item) for item in rows]


def test_what_was_changed_in_word_wins() -> None:
    item = only(read("Câu 1. Ai?", *BLOCK, "Đáp án: B"))
    item.content["options"][0]["reason"] = "Vì thế."
    made = python_docx.Document(io.BytesIO(docx.write([item], HOOKS).data))
    for paragraph in made.paragraphs:
        if paragraph.text.startswith("Đáp án"):
            paragraph.runs[0].text = "Đáp án: C"
    assert right(only(docx.read(data_of(made), HOOKS))) == ["Ai cũng được"]


# --- Wrong files --------------------------------------------------------------------------------------


def with_part(name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx.template())) as old, zipfile.ZipFile(held, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == name else old.read(entry))
    return held.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&b;'
    b"</w:t></w:r></w:p></w:body></w:document>"
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (docx.template()[:900], Trouble.TRUNCATED),
        (b"\xd0\xcf\x11\xe0 doc", Trouble.OLD_OFFICE),
        (data_of(document("Chỉ là một bài văn.")), Trouble.NOTHING_FOUND),
        (with_part("word/document.xml", LAUGHS), Trouble.DOCTYPE),
        (with_part("word/document.xml", b"<w:document"), None),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(data: bytes, code: Trouble | None) -> None:
    with pytest.raises(UnreadableError) as raised:
        docx.read(data, HOOKS)
    assert code is None or raised.value.problem.code == code

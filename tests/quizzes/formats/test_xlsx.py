"""Excel files of questions: headers in Vietnamese, hostile cells, and nothing lost there and back."""

import hashlib
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from quizzes import types
from quizzes.formats import xlsx
from quizzes.formats.item import Item, Reading, Trouble, UnreadableError
from quizzes.types.exchanges import hooks
from tests.quizzes.formats.strategies import items
from tests.quizzes.formats.test_docx import png, right
from tests.quizzes.formats.test_legacy import in_tcvn3
from tests.quizzes.formats.test_round_trips import digest, told

HOOKS = hooks("xlsx")
HEADS = ["Mã", "Loại", "Câu hỏi", "A", "B", "C", "Đáp án", "Giải thích", "Mức độ", "Chủ đề", "Thẻ"]


def book(*rows: list[Any], heads: list[str] = HEADS) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (heads, *rows):
        sheet.append(row)
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def read(*rows: list[Any], heads: list[str] = HEADS) -> Reading:
    return xlsx.read(book(*rows, heads=heads), HOOKS)


def only(reading: Reading) -> Item:
    assert not reading.problems, reading.problems
    (item,) = reading.items
    assert not types.get(item.type).validate(dict(item.content))
    return item


def test_one_row_is_one_question() -> None:
    item = only(read(["L1", "Một đáp án", "Ai duyệt?", "An", "Bình", "Chi", "B", "Vì thế", "NB", "Luật/Mạng", "a, b"]))
    assert (item.type, item.stem, right(item), item.line) == ("single", "Ai duyệt?", ["Bình"], 2)
    assert (item.code, item.reason, item.level, item.category, item.tags) == (
        "L1", "Vì thế", "nhan_biet", ("Luật", "Mạng"), ("a", "b")
    )  # fmt: skip


@pytest.mark.parametrize(
    "heads",
    [
        ["STT", "Nội dung câu hỏi", "Phương án A", "Phương án B", "Đáp án đúng"],
        ["TT", "CÂU HỎI", "Đáp án A", "Đáp án B", "ĐÁP ÁN"],
        ["", "cau hoi", "a", "b", "dap an"],
    ],
)
def test_the_header_is_known_in_many_spellings(heads: list[str]) -> None:
    item = only(read([1, "Ai duyệt?", "An", "Bình", "A"], heads=heads))
    assert (item.stem, right(item)) == ("Ai duyệt?", ["An"])


def test_a_title_may_stand_above_the_header() -> None:
    made = openpyxl.Workbook()
    for row in (["NGÂN HÀNG CÂU HỎI"], [], HEADS, [None, None, "Ai?", "An", "Bình", None, "B"]):
        made.active.append(row)
    held = io.BytesIO()
    made.save(held)
    assert only(xlsx.read(held.getvalue(), HOOKS)).line == 4


def test_the_type_is_told_by_what_the_row_holds() -> None:
    reading = read(
        [None, None, "Những ai?", "An", "Bình", "Chi", "A, C"],
        [None, None, "Đúng không?", None, None, None, "Sai"],
        [None, None, "Tên?", None, None, None, "Mặt trận | MTTQ"],
        [None, None, "Trình bày."],
        [None, "Ghép đôi", "Nối", "An → 1", "Bình → 2", "→ 3"],
        [None, "Sắp xếp", "Xếp", "Một", "Hai", "Ba"],
    )
    assert not reading.problems
    assert [item.type for item in reading.items] == [
        "multiple", "true_false", "short_text", "essay", "matching", "ordering"
    ]  # fmt: skip


def test_a_wrong_row_is_a_problem_with_its_number_and_the_others_come_in() -> None:
    reading = read(
        [None, None, "Ai?", "An", "Bình", None, "D"],
        [None, None, "Ai?", "An", "Bình", None, None],
        [None, None, "Ai?", "An", "Bình", None, "A"],
    )
    assert [(found.line, found.code) for found in reading.problems] == [
        (2, Trouble.ANSWER_OF_NO_OPTION), (3, Trouble.NO_KEY)
    ]  # fmt: skip
    assert [item.line for item in reading.items] == [4]


def test_numbers_and_truths_typed_as_such_are_words() -> None:
    item = only(read([None, None, "Năm nào?", 1930, 1945.0, 2022, 2]))
    assert [option["text"] for option in item.content["options"]] == ["1930", "1945", "2022"]
    assert right(item) == ["1945"]
    assert only(read([None, None, "Đúng?", None, None, None, True])).content == {"answer": True}


# --- Hostile cells --------------------------------------------------------------------------------------


def test_a_formula_without_a_result_is_told_with_its_cell() -> None:
    reading = read([None, None, "=cmd|' /C calc'!A0", "An", "Bình", None, "A"])
    assert [(found.line, found.code, found.values["cell"]) for found in reading.problems] == [
        (2, Trouble.FORMULA, "C2")
    ]


def test_nothing_that_we_write_is_a_formula() -> None:
    hostile = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "#N/A", '=HYPERLINK("http://x")']
    item = Item(
        "single", hostile[0], {"options": [{"id": f"o{n}", "text": text, "correct": n == 0, "reason": ""}
                                          for n, text in enumerate(hostile[1:])]}, reason="=1+1", code="=A1",
    )  # fmt: skip
    data = xlsx.write([item], HOOKS).data
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(data))["Câu hỏi"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert told(only(xlsx.read(data, HOOKS))) == told(item)


def test_a_cell_of_a_megabyte_and_zero_width_letters_do_no_harm() -> None:
    import zipfile

    held = io.BytesIO()
    small = io.BytesIO(book([None, None, "LARGE", "An", "Bình", None, "A"]))
    with zipfile.ZipFile(small) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"LARGE", b"x" * 1_000_000))
    reading = xlsx.read(held.getvalue(), HOOKS)
    assert [(found.line, found.code) for found in reading.problems] == [(2, Trouble.CELL_TOO_LONG)]
    item = only(read([None, None, "Ai\u200b duyệt?\ufeff", "A\u200bn", "Bình", None, "\u200bB"]))
    assert (item.stem, right(item)) == ("Ai duyệt?", ["Bình"])


def test_a_cell_in_the_last_row_costs_no_minutes() -> None:
    made = openpyxl.Workbook()
    made.active.append(HEADS)
    made.active.append([None, None, "Ai?", "An", "Bình", None, "A"])
    made.active.cell(1_048_576, 3, "xa")
    held = io.BytesIO()
    made.save(held)
    assert len(xlsx.read(held.getvalue(), HOOKS).items) == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (book(["x"], heads=["Một", "Hai"]), Trouble.NO_HEADER),
        (book(), Trouble.NOTHING_FOUND),
        (xlsx.template()[:700], Trouble.TRUNCATED),
        (b"\xd0\xcf\x11\xe0 xls", Trouble.OLD_OFFICE),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(data: bytes, code: Trouble) -> None:
    with pytest.raises(UnreadableError) as raised:
        xlsx.read(data, HOOKS)
    assert raised.value.problem.code == code


def test_an_old_font_is_told_and_converted_when_asked() -> None:
    from lms.core import legacy

    heads = [in_tcvn3(head) for head in HEADS]
    data = book([None, None, in_tcvn3("Ai được duyệt bài?"), "An", in_tcvn3("Bình"), None, "B"], heads=heads)
    with pytest.raises(UnreadableError) as raised:
        xlsx.read(data, HOOKS)
    assert raised.value.problem.values["key"] == "tcvn3"
    item = only(xlsx.read(data, HOOKS, lambda words: legacy.convert(words, "tcvn3")))
    assert (item.stem, right(item)) == ("Ai được duyệt bài?", ["Bình"])


# --- There and back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind.NAME for kind in types.all_types()])
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_questions_that_went_out_come_back_the_same(kind: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(items(kind), min_size=1, max_size=2))
    written = xlsx.write(rows, HOOKS)
    reading = xlsx.read(written.data, HOOKS)
    assert not written.left_out
    assert not reading.problems
    assert [told(item) for item in reading.items] == [told(item) for item in rows]
    assert [digest(item) for item in reading.items] == [digest(item) for item in rows]


def test_pictures_travel_on_their_own_sheet() -> None:
    data = png()
    name = hashlib.sha256(data).hexdigest()
    item = Item("true_false", f"Nhìn: ![hình](picture:{name})", {"answer": True}, pictures={name: data})
    assert only(xlsx.read(xlsx.write([item], HOOKS).data, HOOKS)).pictures == {name: data}


def test_cells_that_were_changed_win_and_it_is_told() -> None:
    options = [{"id": "a", "text": "An", "correct": True, "reason": "Vì."}, {"id": "b", "text": "B", "correct": False}]
    item = Item("single", "Ai?", {"options": options})
    made = openpyxl.load_workbook(io.BytesIO(xlsx.write([item], HOOKS).data))
    sheet = made["Câu hỏi"]
    place = next(cell.column for cell in sheet[1] if cell.value == "Đáp án")
    sheet.cell(2, place).value = "B"
    held = io.BytesIO()
    made.save(held)
    found = only(xlsx.read(held.getvalue(), HOOKS))
    assert right(found) == ["B"]
    assert [note.code for note in found.notes] == [Trouble.CHANGED_OUTSIDE]


def test_the_blank_template_reads_and_offers_its_lists() -> None:
    reading = xlsx.read(xlsx.template(), HOOKS)
    assert not reading.problems
    assert [item.type for item in reading.items] == ["single", "multiple", "true_false"]
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx.template()))["Câu hỏi"]
    assert len(sheet.data_validations.dataValidation) == 2

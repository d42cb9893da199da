"""Texts with gaps: words to choose, and small questions inside."""

from fractions import Fraction

import pytest

from quizzes import types
from quizzes.types import cloze, gap_select
from tests.factories.questions import CONTENT, RIGHT

GAPS, CLOZE, TABLE = types.get("gap_select"), types.get("cloze"), types.get("statements")


def test_what_an_author_writes_comes_back_as_written() -> None:
    text = "Bài do [[Tổ quản trị]] viết,\nBan duyệt trong [[2: hai ngày]]."
    content = gap_select.written_content(text, ["Người dân", "2: một tuần"], False)
    assert GAPS.validate(content) == []
    assert content["text"] == "Bài do [[1]] viết,\nBan duyệt trong [[2]]."
    assert gap_select.written_text(content) == text
    offered = [[choice.text for choice in part.choices] for part in GAPS.parts(content)]
    assert offered == [["Tổ quản trị", "Người dân"], ["hai ngày", "một tuần"]]


@pytest.mark.parametrize(
    ("text", "distractors", "reuse"),
    [
        ("Không có chỗ trống", ["a"], False),
        ("Chỉ một từ [[đúng]]", [], False),
        ("[[trang]] và [[trang]]", ["nhóm"], False),
        (" ".join(f"[[từ {n}]]" for n in range(13)), [], False),
    ],
)
def test_a_text_that_cannot_be_filled_is_refused(text: str, distractors: list[str], reuse: bool) -> None:
    assert GAPS.validate(gap_select.written_content(text, distractors, reuse)) != []


def test_a_word_may_be_right_twice_where_it_may_be_used_twice() -> None:
    assert GAPS.validate(gap_select.written_content("[[trang]] và [[trang]]", ["nhóm"], True)) == []


def test_each_gap_earns_the_same() -> None:
    content, right = CONTENT["gap_select"], RIGHT["gap_select"]
    assert GAPS.mark(content, {"g1": right["g1"]}) == Fraction(1, 2)
    assert GAPS.mark(content, {"g1": right["g2"], "g2": right["g1"]}) == 0


def test_gaps_of_a_text_have_weights_and_partial_answers() -> None:
    content, right = CONTENT["cloze"], RIGHT["cloze"]
    assert CLOZE.mark(content, {"g2": "5"}) == Fraction(2, 5)
    assert CLOZE.mark(content, {"g2": "5,5"}) == Fraction(2, 5)
    assert CLOZE.mark(content, {"g3": "thường trực"}) == Fraction(1, 10)
    assert CLOZE.mark(content, {"g4": right["g4"][:1]}) == Fraction(1, 10)
    assert CLOZE.mark(content, right) == 1


def test_the_written_form_of_a_text_with_questions_comes_back() -> None:
    content = CONTENT["cloze"]
    assert cloze.read(cloze.write(content)) == content


@pytest.mark.parametrize(
    "text", ["Không có gì", "{1:KHONGBIET:=a}", "{1:MULTICHOICE:~a~b}", "{1:NUMERICAL:=ba}", "{1:MC:=a"]
)
def test_a_gap_that_cannot_be_read_is_told(text: str) -> None:
    assert CLOZE.validate(cloze.read(text)) != []


def test_the_scale_of_the_national_examination() -> None:
    content, right = CONTENT["statements"], RIGHT["statements"]
    shares = []
    for hits in range(5):
        answer = {key: value if index < hits else not value for index, (key, value) in enumerate(right.items())}
        shares.append(TABLE.mark(content, answer))
    assert shares == [0, Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), 1]
    assert TABLE.mark({**content, "scheme": "each"}, dict(list(right.items())[:3])) == Fraction(3, 4)
    assert TABLE.validate({**content, "rows": content["rows"][:3]}) != []

"""Cloze: gaps as Moodle writes them, in every spelling of their kinds."""

from fractions import Fraction

import pytest

from quizzes import types
from quizzes.formats import cloze, moodle_xml
from quizzes.formats.item import Reading, RefusedError, Trouble
from quizzes.types.exchanges import hooks

FILE = r"""// [id:CL-1] [level:van_dung]
Hoàn thành câu sau.

Bài do {1:MULTICHOICE_V:~Người dân#Chưa đúng.~=Tổ quản trị} viết trong {2:NM:=5:0.5} ngày,
gửi {:SAC:=Ban Thường trực~%50%Thường trực#Thiếu tên.} {không phải chỗ trống}.
---
Hỏng: {1:LẠ:=a}
---
Hai: {1:SHORTANSWER:=a \} b~c \~ d}
"""


def read(text: str) -> Reading:
    return cloze.read(text.encode(), hooks("cloze"))


def test_a_text_with_gaps_of_several_kinds() -> None:
    found = read(FILE).items[0]

    assert (found.type, found.stem, found.code, found.level, found.line) == (
        "cloze", "Hoàn thành câu sau.", "CL-1", "van_dung", 1,
    )  # fmt: skip
    assert found.content["text"] == ("Bài do [[1]] viết trong [[2]] ngày,\ngửi [[3]] {không phải chỗ trống}.")
    assert [(gap["kind"], gap["weight"], gap["exact"]) for gap in found.content["gaps"]] == [
        ("choice", 1, False),
        ("numeric", 2, False),
        ("short", 1, True),
    ]
    assert [(row["text"], Fraction(row["fraction"]), row["reason"]) for row in found.content["gaps"][2]["answers"]] == [
        ("Ban Thường trực", 1, ""),
        ("Thường trực", Fraction(1, 2), "Thiếu tên."),
    ]
    assert types.get("cloze").validate(found.content) == []


def test_one_bad_gap_spoils_one_question() -> None:
    reading = read(FILE)

    assert [item.line for item in reading.items] == [1, 9]
    assert [row["text"] for row in reading.items[1].content["gaps"][0]["answers"]] == ["a } b", "c ~ d"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("SHORTANSWER", "short"), ("SA", "short"), ("MW", "short"), ("SHORTANSWER_C", "short"), ("MWC", "short"),
     ("NUMERICAL", "numeric"), ("MC", "choice"), ("MCV", "choice"), ("MCH", "choice"), ("MCS", "choice"),
     ("MULTICHOICE_HS", "choice"), ("MR", "several"), ("MRHS", "several"), ("multiresponse_h", "several")],
)  # fmt: skip
def test_every_spelling_of_a_kind(name: str, kind: str) -> None:
    (gap,) = cloze.parse(f"{{1:{name}:=5~%50%6}}").gaps

    assert gap.kind == kind


@pytest.mark.parametrize("text", ["{1:ABC:=a}", "{1:SA:=a", "{1:SA:}", "{1:MC:~a~b}", "{1:SA:%0%a}"])
def test_a_gap_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        cloze.parse(text)

    assert refused.value.code == Trouble.BAD_CLOZE


def test_multianswer_of_moodle_is_the_same_question() -> None:
    text = (
        "&lt;p&gt;Hoàn thành.&lt;/p&gt;&lt;p&gt;Bài do {1:MC:=Tổ &amp;amp; nhóm~Dân} &lt;b&gt;viết&lt;/b&gt;.&lt;/p&gt;"
    )
    data = (
        f"<quiz><question type='cloze'><questiontext format='html'><text>{text}</text></questiontext></question></quiz>"
    )

    (found,) = moodle_xml.read(data.encode(), hooks("moodle-xml")).items

    assert (found.type, found.stem, found.content["text"]) == ("cloze", "Hoàn thành.", "Bài do [[1]] **viết**.")
    assert [row["text"] for row in found.content["gaps"][0]["answers"]] == ["Tổ & nhóm", "Dân"]

"""Aiken: typed by hand, so with every slip of a hand."""

import pytest

from quizzes.formats import aiken
from quizzes.formats.item import Reading, Trouble, UnreadableError
from quizzes.types.exchanges import hooks

FILE = """\
Ai duyệt bài trước khi đăng?
A. Tổ trưởng
B) Người được
phân công bằng văn bản
C. Bất kỳ ai
ANSWER: B

// [id:AK-2] [level:nhan_biet]
Trang do ai lập?
Chọn một ý.

A. Mặt trận xã

B. Một cá nhân
answer: a.
"""


def read(text: str | bytes) -> Reading:
    return aiken.read(text.encode() if isinstance(text, str) else text, hooks("aiken"))


def test_questions_options_and_keys() -> None:
    first, second = read(FILE).items

    assert (first.type, first.stem, first.line) == ("single", "Ai duyệt bài trước khi đăng?", 1)
    assert [(row["text"], row["correct"]) for row in first.content["options"]] == [
        ("Tổ trưởng", False),
        ("Người được phân công bằng văn bản", True),
        ("Bất kỳ ai", False),
    ]
    assert (second.stem, second.code, second.level, second.line) == (
        "Trang do ai lập?\nChọn một ý.", "AK-2", "nhan_biet", 9,
    )  # fmt: skip
    assert [row["correct"] for row in second.content["options"]] == [True, False]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("Không có đáp án?\nA. Một\nB. Hai", Trouble.NO_KEY),
        ("Đáp án lạ?\nA. Một\nB. Hai\nANSWER: D", Trouble.BAD_KEY),
        ("Hai đáp án?\nA. Một\nB. Hai\nANSWER: A, B", Trouble.BAD_KEY),
        ("Một phương án?\nA. Một\nANSWER: A", Trouble.NO_ANSWERS),
        ("ANSWER: A", Trouble.STRAY_TEXT),
    ],
)
def test_one_bad_question_spoils_only_itself(bad: str, code: Trouble) -> None:
    reading = read(f"Trước?\nA. Một\nB. Hai\nANSWER: A\n\n{bad}\n\nSau?\nA. Một\nB. Hai\nANSWER: B\n")

    assert [item.stem for item in reading.items] == ["Trước?", "Sau?"]
    assert [(problem.code, problem.line) for problem in reading.problems] == [(code, 6)]


def test_signs_of_markdown_are_shown_as_they_were_typed() -> None:
    (found,) = read("Tính 2*3*4 với <b>?\nA. 24\nB. 9\nANSWER: A").items

    assert found.stem == r"Tính 2\*3\*4 với \<b\>?"


def test_a_text_without_questions_is_refused() -> None:
    with pytest.raises(UnreadableError) as refused:
        read("Kính gửi Ban Thường trực,\n\nTrân trọng.")

    assert refused.value.problem.code == Trouble.NOTHING_FOUND

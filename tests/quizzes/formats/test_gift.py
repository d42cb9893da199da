"""GIFT: files of our own words in the shapes that Moodle writes and people type."""

from dataclasses import replace

import pytest

from quizzes.formats import gift
from quizzes.formats.item import Item, Reading, Trouble, UnreadableError
from quizzes.types.exchanges import hooks

BANK = """\
// Ngân hàng của Ban Tuyên giáo
$CATEGORY: $course$/top/Chuyên đề 1/Bài 1//2

// question: 12  name: Câu một
// [id:MT-07] [tag:trang] [tag:quyền \\]đặc biệt\\]]
// [level:thong_hieu] [objective:1.2] [status:ready] [hint:Đọc điều 5.\\nLần nữa.]
::Câu một::[markdown]Ai **duyệt** bài\\: tổ trưởng \\{hay\\} phó?\\nChọn một.{
	=Người được phân công#Đúng \\#1
	~%50%Tổ trưởng#Một phần.

	~Bất kỳ ai
	####Xem *điều 5*.
}

$CATEGORY: Chuyên đề 2

[html]<p>Trang <b>không</b> nên có gì?</p>{~%50%Tin giả ~%50%Quảng cáo ~%-100%Ảnh hội nghị}

::ds::Trang là của tổ chức.{TRUE#Xem lại bài 1.#Đúng vậy.}

Nhóm là của tổ chức.{F}

Xã Bình An thuộc tỉnh nào?{=Quảng Ninh =%100%tỉnh Quảng Ninh =%50%Ninh}

Nối.{
 =Trang -> Tổ chức
 =Nhóm -> Thành viên
 = -> Báo chí
}

Ủy ban có {=ba ~bốn ~năm} ban.

Viết một tin ngắn.{}

Phần sau nói về bảo mật.
"""


def read(data: bytes | str) -> Reading:
    return gift.read(data.encode() if isinstance(data, str) else data, hooks("gift"))


def by_stem(start: str) -> Item:
    (found,) = [item for item in read(BANK).items if item.stem.startswith(start)]
    return found


def test_every_kind_of_question_is_found_with_its_line() -> None:
    reading = read(BANK)

    assert [(item.type, item.line) for item in reading.items] == [
        ("single", 7),
        ("multiple", 17),
        ("true_false", 19),
        ("true_false", 21),
        ("short_text", 23),
        ("matching", 25),
        ("single", 31),
        ("essay", 33),
        ("description", 35),
    ]
    assert reading.problems == ()


def test_a_choice_with_weights_reasons_and_all_that_comments_say() -> None:
    found = by_stem("Ai")

    assert found.stem == "Ai **duyệt** bài: tổ trưởng {hay} phó?\nChọn một."
    assert [(row["text"], row["correct"], row["reason"], row.get("fraction")) for row in found.content["options"]] == [
        ("Người được phân công", True, "Đúng #1", None),
        ("Tổ trưởng", False, "Một phần.", "0.5"),
        ("Bất kỳ ai", False, "", None),
    ]
    assert (found.reason, found.code, found.level, found.objective, found.status) == (
        "Xem *điều 5*.", "MT-07", "thong_hieu", "1.2", "ready",
    )  # fmt: skip
    assert found.tags == ("trang", "quyền ]đặc biệt]")
    assert found.hints == ("Đọc điều 5.\nLần nữa.",)
    assert found.category == ("Chuyên đề 1", "Bài 1/2")
    assert found.source.startswith("// question: 12")


def test_equal_shares_and_wrong_ones_that_take_all_away_are_a_scheme_of_ours() -> None:
    found = by_stem("Trang **không**")

    assert found.content["scheme"] == "proportional_correct"
    assert [row["correct"] for row in found.content["options"]] == [True, True, False]
    assert found.category == ("Chuyên đề 2",)


def test_other_shares_stay_as_they_are() -> None:
    (found,) = read("Chọn.{~%75%A dài ~%25%B dài ~%-33.33333%C dài}").items

    assert found.content["scheme"] == "weighted"
    assert [row["fraction"] for row in found.content["options"]] == ["0.75", "0.25", "-0.3333333"]


def test_feedback_of_true_and_false_becomes_the_reason() -> None:
    assert (by_stem("Trang là").content, by_stem("Trang là").reason) == (
        {"answer": True},
        "Đúng vậy.\n\nXem lại bài 1.",
    )
    assert by_stem("Nhóm").content == {"answer": False}


def test_an_answer_that_earns_a_part_keeps_its_share() -> None:
    assert by_stem("Xã").content == {
        "accepted": ["Quảng Ninh", "tỉnh Quảng Ninh"],
        "exact": False,
        "more": [{"text": "Ninh", "match": "folded", "fraction": "0.5", "reason": ""}],
    }


def test_an_asterisk_stands_for_anything_unless_it_is_escaped() -> None:
    (found,) = read("Viết.{=Quảng* =5 \\\\* 3}").items

    assert found.content["accepted"] == ["5 * 3"]
    assert found.content["more"] == [{"text": "Quảng*", "match": "wildcard", "fraction": "1", "reason": ""}]


def test_a_right_side_without_a_left_one_fits_nowhere() -> None:
    content = by_stem("Nối").content
    rights = {row["id"]: row["text"] for row in content["rights"]}

    assert [(row["text"], rights[row["right"]]) for row in content["lefts"]] == [
        ("Trang", "Tổ chức"),
        ("Nhóm", "Thành viên"),
    ]
    assert list(rights.values()) == ["Tổ chức", "Thành viên", "Báo chí"]


def test_a_missing_word_leaves_a_gap_in_the_stem() -> None:
    assert by_stem("Ủy ban").stem == "Ủy ban có _____ ban."


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("Thiếu ngoặc {=a ~b", Trouble.BRACES),
        ("Hai ngoặc {=a ~b} và {=c ~d}", Trouble.BRACES),
        ("Ngoặc lồng {=a {x} ~b}", Trouble.BRACES),
        ("{=a ~b}", Trouble.NO_STEM),
        ("Không đúng {~%50%a =%50%b}", None),
        ("Ghép thiếu {=a -> b =c}", Trouble.NO_ARROW),
        ("Tất cả sai {=%50%a =%20%b}", Trouble.NO_RIGHT_ANSWER),
        ("Trừ hết {~%-50%a ~b}", Trouble.NO_RIGHT_ANSWER),
    ],
)
def test_one_bad_question_is_told_with_its_line_and_spoils_nothing(block: str, code: Trouble | None) -> None:
    reading = read(f"Trước.{{T}}\n\n// ghi chú\n{block}\n\nSau.{{F}}\n")

    assert [item.stem for item in reading.items if item.line in (1, 6)] == ["Trước.", "Sau."]
    assert [(problem.code, problem.line) for problem in reading.problems] == ([(code, 4)] if code else [])
    assert not code or block in reading.problems[0].source


def test_questions_that_begin_with_a_title_need_no_empty_line_between_them() -> None:
    reading = read("::1::Một.{T}\n::2::Hai.{F}\n::3::Ba{\n=x\n~y\n}\n")

    assert [(item.stem, item.line) for item in reading.items] == [("Một.", 1), ("Hai.", 2), ("Ba", 3)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_unicode_of_any_kind_with_any_line_ends(encoding: str, end: str) -> None:
    reading = read(BANK.replace("\n", end).encode(encoding))

    assert [replace(item, source="") for item in reading.items] == [
        replace(item, source="") for item in read(BANK).items
    ]


def test_a_file_of_old_windows_is_read_and_says_so() -> None:
    text = "Mặt trận Tổ quốc xã nào đã lập trang?{=Bình An ~Hòa Bình ~Đông Triều}\n"
    marks = {"ặ": "ă\u0323", "ậ": "â\u0323", "ổ": "ô\u0309", "ố": "ô\u0301", "ã": "a\u0303", "ì": "i\u0300",
             "ò": "o\u0300", "ề": "ê\u0300"}  # fmt: skip
    typed = "".join(marks.get(char, char) for char in text)

    reading = read(typed.encode("cp1258"))

    assert reading.encoding == "cp1258"
    assert reading.items[0].stem == "Mặt trận Tổ quốc xã nào đã lập trang?"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Trouble.EMPTY),
        (b"\xef\xbb\xbf \n", Trouble.EMPTY),
        (b"\x00\x01\x02\x03" * 50, Trouble.NOT_TEXT),
        (("Câu một được không?{T}\n\n" * 3).encode() + "Câu hai à{T}".encode("latin-1"), Trouble.MIXED_ENCODING),
        (b"// chi co ghi chu\n", Trouble.NOTHING_FOUND),
        (b"a" * (21 * 1024 * 1024), Trouble.TOO_LARGE),
    ],
)
def test_a_file_that_is_none_ends_in_one_sentence(data: bytes, code: Trouble) -> None:
    with pytest.raises(UnreadableError) as refused:
        read(data)

    assert refused.value.problem.code == code


def test_an_ordinary_question_is_written_as_a_trainer_would_write_it() -> None:
    written = gift.write([by_stem("Ai")], hooks("gift")).data.decode()

    assert written == (
        "$CATEGORY: $course$/top/Chuyên đề 1/Bài 1//2\n\n"
        "// [id:MT-07] [level:thong_hieu] [objective:1.2] [status:ready] [tag:trang] [tag:quyền \\]đặc biệt\\]]\n"
        "// [hint:Đọc điều 5.\\nLần nữa.]\n"
        "::MT-07::[markdown]Ai **duyệt** bài\\: tổ trưởng \\{hay\\} phó?\\nChọn một.{\n"
        "\t=Người được phân công#Đúng \\#1\n"
        "\t~%50%Tổ trưởng#Một phần.\n"
        "\t~Bất kỳ ai\n"
        "\t####Xem *điều 5*.\n"
        "}\n\n"
    )


def test_what_was_changed_by_hand_counts_and_what_only_we_know_is_told_as_lost() -> None:
    (item,) = read("Chọn.{~%50%Tin giả ~%50%Lừa đảo ~%-100%Ảnh}").items
    ours = replace(item, content={**item.content, "scheme": "proportional"}, code="MT-1")
    written = gift.write([ours], hooks("gift")).data.decode()
    assert "proportional" in written

    (changed,) = read(written.replace("Lừa đảo", "Mạo danh").replace("%50%", "%30%")).items
    (same,) = read(written.replace("Chọn.", "Hãy chọn.")).items

    assert [row["text"] for row in changed.content["options"]] == ["Tin giả", "Mạo danh", "Ảnh"]
    assert changed.content["scheme"] == "weighted"
    assert [note.code for note in changed.notes] == [Trouble.CHANGED_OUTSIDE]
    assert (same.stem, same.content, same.notes) == ("Hãy chọn.", ours.content, ())


@pytest.mark.parametrize(
    "kept", ["{", "[]", '{"body":1}', '{"body":["x","single",[]]}', "[" * 5000, '{"tags":["x",[1]]}']
)
def test_a_keepsake_that_is_spoiled_harms_nothing(kept: str) -> None:
    (found,) = read(f"// [lms:{kept}]\nTrang là của tổ chức.{{T}}\n").items

    assert (found.type, found.content) == ("true_false", {"answer": True})
    assert [note.code for note in found.notes] == [Trouble.CHANGED_OUTSIDE]


def test_a_question_with_a_picture_is_left_out_and_told() -> None:
    item = Item("true_false", f"Xem ![hình](picture:{'a' * 64})", {"answer": True}, code="MT-9")

    written = gift.write([item], hooks("gift"))

    assert (written.data, written.left_out) == (b"", (("MT-9", Trouble.PICTURES_NOT_CARRIED),))


def test_numbers_with_tolerance_range_and_share() -> None:
    whole, several = read("Năm nào?{#1822.5:0.5}\n\nKhoảng nào?{#=1822:5#Gần đúng. =%50%1800..1850}").items

    assert [(row["text"], row["fraction"]) for row in whole.content["answers"]] == [("1822,5 ± 0,5", "1")]
    assert [(row["text"], row["fraction"], row["reason"]) for row in several.content["answers"]] == [
        ("1822 ± 5", "1", "Gần đúng."),
        ("1800..1850", "0.5", ""),
    ]


def test_a_number_that_is_none_is_a_problem() -> None:
    (problem,) = read("Năm nào?{#năm ngoái}").problems

    assert (problem.code, problem.values) == (Trouble.BAD_NUMBER, {"text": "năm ngoái"})

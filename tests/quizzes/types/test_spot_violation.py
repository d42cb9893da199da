"""Spot the violation: the draft as it is written, and marks for precision and recall."""

from fractions import Fraction

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from quizzes import marking, types
from quizzes.types.spot_violation import NONE, read, write
from tests.factories.questions import CONTENT, RIGHT

KIND, DRAFT = types.get("spot_violation"), CONTENT["spot_violation"]
CLEAN = {"pieces": [{**piece, "violates": False} for piece in DRAFT["pieces"]]}

WRITTEN = """Mời bà con dự Ngày hội Đại đoàn kết.
! Danh sách hộ nghèo: bà Nguyễn Thị A, số định danh 022…
> Bảo vệ dữ liệu cá nhân
> Nêu tên và số định danh khi chưa được đồng ý.

Thời gian: 8 giờ ngày 18/11.
> Ngày giờ đã có trong giấy mời công khai.
! Ai không đi sẽ bị cắt hỗ trợ.
> Thông tin sai sự thật
> Không có quy định nào như vậy."""


def post(*values: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query.setlist("a", values)
    return query


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        (None, 0),
        (["b", "d"], 1),
        (["b"], Fraction(2, 3)),  # precision 1, recall 1/2
        (["a", "b", "d"], Fraction(4, 5)),  # precision 2/3, recall 1
        (["a", "b", "c", "d"], Fraction(2, 3)),
        (["a", "b"], Fraction(1, 2)),
        (["a", "c"], 0),
        ([NONE], 0),
    ],
)
def test_finding_too_few_and_marking_too_much_both_cost(answer: list[str] | None, share: Fraction) -> None:
    assert KIND.mark(DRAFT, answer) == share


def test_a_draft_without_a_violation_is_right_if_one_says_so_and_wrong_if_one_marks_anything() -> None:
    assert KIND.validate(CLEAN) == []
    assert KIND.mark(CLEAN, [NONE]) == 1
    assert KIND.mark(CLEAN, ["a"]) == 0
    assert KIND.mark(CLEAN, None) == 0
    assert KIND.right_summary(CLEAN) == KIND.summarise(CLEAN, [NONE]) != ""
    assert [line.is_right for line in KIND.explain(CLEAN, [NONE])] == [True]
    assert [line.is_right for line in KIND.explain(DRAFT, [NONE])] == [False]


SETS = st.sets(st.sampled_from("abcdefgh"))


@given(right=SETS, ticked=SETS)
def test_f1_is_the_harmonic_mean_of_precision_and_recall(right: set[str], ticked: set[str]) -> None:
    share = marking.f1(right, ticked)
    hit = len(right & ticked)
    if not hit:
        assert share == 0
        return
    precision, recall = Fraction(hit, len(ticked)), Fraction(hit, len(right))
    assert share == 2 * precision * recall / (precision + recall)
    assert (share == 1) == (right == ticked)


@given(right=SETS, ticked=SETS, more=st.sampled_from("abcdefgh"))
def test_one_more_that_is_right_never_costs_and_one_more_that_is_wrong_never_pays(
    right: set[str], ticked: set[str], more: str
) -> None:
    before, after = marking.f1(right, ticked - {more}), marking.f1(right, ticked | {more})
    assert after >= before if more in right else after <= before


def test_a_mark_and_nothing_to_find_at_once_is_a_mark() -> None:
    assert KIND.parse(post("b", NONE), "a", DRAFT) == ["b"]
    assert KIND.parse(post(NONE), "a", DRAFT) == [NONE]
    assert KIND.parse(post("d", "b"), "a", DRAFT) == ["b", "d"]
    for forged in (post("zzz"), post("b", "b"), post("")):
        with pytest.raises(types.BadAnswerError):
            KIND.parse(forged, "a", DRAFT)


def test_the_draft_is_written_one_piece_a_line() -> None:
    pieces = read(WRITTEN)
    assert [(piece["text"][:10], piece["violates"], piece["rule"], piece["opens"]) for piece in pieces] == [
        ("Mời bà con", False, "", False),
        ("Danh sách ", True, "Bảo vệ dữ liệu cá nhân", False),
        ("Thời gian:", False, "", True),
        ("Ai không đ", True, "Thông tin sai sự thật", False),
    ]
    assert pieces[2]["reason"] == "Ngày giờ đã có trong giấy mời công khai."
    assert write(pieces) == WRITTEN
    assert KIND.validate(KIND.from_source({"draft": WRITTEN})) == []


LINE = st.text(st.sampled_from("ab !>\n"), max_size=30)


@given(draft=LINE)
def test_whatever_is_written_reads_the_same_after_it_was_shown_again(draft: str) -> None:
    pieces = read(draft)
    if all(piece["text"] and piece["text"][0] not in "!>" for piece in pieces):
        again = read(write(pieces))
        assert [piece["text"] for piece in again] == [piece["text"] for piece in pieces]
        assert again == read(write(again))


def test_pieces_that_were_corrected_keep_their_ids() -> None:
    content = KIND.from_source({"draft": WRITTEN})
    fields = KIND.edit_fields(content)
    before = {piece["text"]: piece["id"] for piece in content["pieces"]}
    corrected = WRITTEN.replace("Ngày hội", "ngày hội").replace("Thời gian", "Một câu mới.\nThời gian")
    again = KIND.from_form({"draft": corrected, "draft_ids": fields["draft_ids"].initial})
    assert [piece["id"] for piece in again["pieces"] if piece["text"] != "Một câu mới."] == list(before.values())
    assert len({piece["id"] for piece in again["pieces"]}) == 5
    assert KIND.incompatible(content, again) != ""
    same = KIND.from_form({"draft": WRITTEN.replace("Ngày hội", "ngày hội"), "draft_ids": fields["draft_ids"].initial})
    assert KIND.incompatible(content, same) == ""


def test_a_violation_says_which_rule_and_why() -> None:
    errors = KIND.validate(KIND.from_source({"draft": "Một câu.\n! Sai."}))
    assert len(errors) == 1
    assert KIND.validate(KIND.from_source({"draft": "Một câu.\n! Sai.\n> Quy tắc"})) == errors
    assert KIND.validate(KIND.from_source({"draft": "Một câu.\n! Sai.\n> Quy tắc\n> Lý do"})) == []


def test_the_page_does_not_tell_what_is_wrong() -> None:
    shown = KIND.present(DRAFT, [], None)
    assert "Bảo vệ" not in repr(shown)
    assert "violates" not in repr(shown)
    assert repr(KIND.present(DRAFT, [], None)) == repr(KIND.present(CLEAN, [], None))


def test_the_table_of_responses_counts_every_piece_that_was_marked() -> None:
    (part,) = KIND.parts(DRAFT)
    assert [(choice.key, choice.is_right) for choice in part.choices] == [
        ("a", False), ("b", True), ("c", False), ("d", True), (NONE, False),
    ]  # fmt: skip
    assert KIND.responses(DRAFT, RIGHT["spot_violation"]) == {part.key: ("b", "d")}

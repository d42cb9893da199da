"""Labels on a picture: what each place earns, and nothing given away."""

import random
from fractions import Fraction
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from quizzes import marking, types
from tests.factories.questions import CONTENT, RIGHT

KIND, PAGE, GIVEN = types.get("label_picture"), CONTENT["label_picture"], RIGHT["label_picture"]


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        (None, 0),
        ({"l1": "p", "l2": "q", "l4": "s"}, 1),
        ({"l1": "p"}, Fraction(1, 3)),
        ({"l1": "q", "l2": "p", "l4": "s"}, Fraction(1, 3)),
        ({"l1": "p", "l3": "p", "l2": "q", "l4": "s"}, Fraction(2, 3)),  # two labels on one place
        ({"l3": "s"}, 0),
    ],
)
def test_each_place_that_holds_its_label_alone_counts_the_same(answer: Any, share: Fraction) -> None:
    assert KIND.mark(PAGE, answer) == share


@given(st.dictionaries(st.sampled_from(["l1", "l2", "l3", "l4"]), st.sampled_from(["p", "q", "s"])))
def test_only_the_right_answer_earns_everything(answer: dict[str, str]) -> None:
    right = {place["id"]: place["right"] for place in PAGE["places"]}
    share = marking.labels(right, answer)
    assert 0 <= share <= 1
    assert (share == 1) == (answer == GIVEN)


def test_a_place_with_two_labels_is_unfinished() -> None:
    assert KIND.is_complete(PAGE, GIVEN)
    assert not KIND.is_complete(PAGE, {**GIVEN, "l3": "p"})
    assert not KIND.is_complete(PAGE, {"l1": "p"})
    assert [line.is_right for line in KIND.explain(PAGE, {**GIVEN, "l3": "p"})] == [False, False, True, True]


def test_places_are_numbered_as_they_are_read_and_labels_shuffled() -> None:
    orders = {tuple(KIND.freeze(PAGE, random.Random(seed), False)) for seed in range(30)}
    assert len(orders) > 5
    shown = KIND.present(PAGE, ["l4", "l1", "l3", "l2"], GIVEN)
    assert [(place.id, place.number) for place in shown.places] == [("p", 1), ("q", 2), ("s", 3)]
    assert [(place.left, place.top) for place in shown.places] == [(400, 80), (400, 240), (720, 240)]
    assert [label.text for label in shown.labels] == ["Nút Cài đặt", "Ảnh bìa", "Tích xanh", "Ảnh đại diện"]
    assert KIND.right_summary(PAGE) == "1. Ảnh bìa; 2. Ảnh đại diện; 3. Nút Cài đặt"


def test_ids_of_places_do_not_come_from_their_labels() -> None:
    def content(first: str) -> dict[str, Any]:
        rows = [{"text": first, "at": [10, 10]}, {"text": "Ảnh bìa", "at": [20, 20]}, {"text": "Thừa"}]
        return KIND.from_source({"picture": "a" * 64, "width": 8, "height": 8, "alt": "Ảnh", "labels": rows})

    one, other = content("Nút"), content("Trang")
    assert KIND.validate(one) == []
    assert [place["id"] for place in one["places"]] == [place["id"] for place in other["places"]]
    assert len(one["labels"]) == 3
    assert KIND.present(one, [], None).places == KIND.present(other, [], None).places


def test_a_place_that_was_moved_keeps_its_id() -> None:
    fields = KIND.edit_fields(PAGE)
    rows = [dict(row) for row in fields["labels"].initial]
    rows[0]["points"], rows[0]["text"] = [100, 100], "Ảnh bìa của Trang"
    again = KIND.from_form({"picture": None, "alt": "", "labels": rows, "label_places": fields["label_places"].initial})
    assert {place["right"]: place["id"] for place in again["places"]} == {"l1": "p", "l2": "q", "l4": "s"}
    assert KIND.incompatible(PAGE, {**PAGE, **again, "picture": PAGE["picture"]}) == ""
    assert KIND.incompatible(PAGE, {**PAGE, "labels": PAGE["labels"][:3]}) != ""


def test_forged_answers_are_refused() -> None:
    for query in ("a-l1=zzz", "a-l1=l2", "a-l1=p&a-l1=q"):
        with pytest.raises(types.BadAnswerError):
            KIND.parse(QueryDict(query), "a", PAGE)


def label(**fields: Any) -> dict[str, Any]:
    return {**PAGE, "labels": [{**PAGE["labels"][0], **fields}, *PAGE["labels"][1:]]}


def place(**fields: Any) -> dict[str, Any]:
    return {**PAGE, "places": [{**PAGE["places"][0], **fields}, *PAGE["places"][1:]]}


@pytest.mark.parametrize(
    "content",
    [
        {**PAGE, "labels": "x"}, {**PAGE, "places": [1]}, {**PAGE, "places": PAGE["places"][:1]}, label(text=""),
        label(text=5), label(text="Tích xanh"), label(id="l2"), label(id=None), place(points=[1]),
        place(points=[5000, 2000]), place(right="gone"), place(right="l1"), place(right=["l1"]), {**PAGE, "alt": ""},
    ],
    ids=range(14),
)  # fmt: skip
def test_broken_contents_are_refused_in_sentences(content: dict[str, Any]) -> None:
    errors = KIND.validate(content)
    assert errors
    assert all(error.endswith(".") for error in errors)


def test_the_table_of_responses_counts_labels_by_place() -> None:
    assert [part.key for part in KIND.parts(PAGE)] == ["p", "q", "s"]
    assert KIND.responses(PAGE, {"l1": "p", "l3": "p", "l2": "q"}) == {"p": ("l1", "l3"), "q": ("l2",)}

"""A case with several questions: each by its own type, together one question of the quiz."""

import random
from fractions import Fraction
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import Form
from django.http import QueryDict
from django.template import Context, Template
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as st

from quizzes import types
from quizzes.models import QuestionPicture
from quizzes.types.case_set.items import item_types
from tests.factories.practice import make_picture
from tests.factories.questions import CONTENT, RIGHT
from tests.factories.questions.case_set import item

KIND, CASE, GIVEN = types.get("case_set"), CONTENT["case_set"], RIGHT["case_set"]
SOME = {"i1": GIVEN["i1"]}


def posted(pairs: list[tuple[str, str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for key, value in pairs:
        query.appendlist(key, value)
    return query


# --- One question of the quiz ------------------------------------------------------------------------


def test_it_counts_as_many_questions_as_it_asks() -> None:
    assert KIND.weight(CASE) == 3


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        (None, 0),
        (GIVEN, 1),
        (SOME, Fraction(1, 4)),
        ({"i2": GIVEN["i2"]}, Fraction(2, 4)),
        ({"i2": {"type": "multiple", "answer": ["a"]}}, Fraction(1, 4)),
        ({"i1": {"type": "single", "answer": "a"}}, 0),
    ],
)
def test_each_item_is_marked_by_its_type_and_weighs_what_the_author_says(answer: Any, share: Fraction) -> None:
    assert KIND.mark(CASE, answer) == share


def test_it_is_complete_when_every_item_is() -> None:
    assert KIND.is_complete(CASE, GIVEN)
    assert not KIND.is_complete(CASE, SOME)


@given(seed=st.integers(0, 10_000))
def test_items_are_shuffled_as_a_block_and_each_within_itself(seed: int) -> None:
    order = KIND.freeze(CASE, random.Random(seed), True)
    assert sorted(order["items"]) == ["i1", "i2", "i3"]
    assert sorted(order["orders"]["i1"]) == ["a", "b", "c"]
    still = KIND.freeze(CASE, random.Random(seed), False)
    assert still["items"] == ["i1", "i2", "i3"]
    shown = KIND.present(CASE, order, GIVEN)
    assert [each.id for each in shown.items] == order["items"]
    assert [each.number for each in shown.items] == [1, 2, 3]


def test_fields_of_items_do_not_meet() -> None:
    pairs = KIND.fields(GIVEN, "a")
    assert {key.split("-")[1] for key, _value in pairs} == {"i1", "i2", "i3"}
    assert KIND.parse(posted(pairs), "a", CASE) == GIVEN
    assert KIND.parse(posted([("a-i1", "b"), ("a", "c")]), "a", CASE) == SOME
    with pytest.raises(types.BadAnswerError):
        KIND.parse(posted([("a-i1", "zzz")]), "a", CASE)


def test_the_review_names_the_item_and_explains_it_once() -> None:
    lines = KIND.explain(CASE, {"i2": GIVEN["i2"]})
    assert [(line.is_right, line.text.startswith("Câu i2")) for line in lines] == [(True, True)] * 2
    assert [line.reason.count("Giải thích i2") for line in lines] == [0, 1]
    assert KIND.summarise(CASE, SOME) == "Câu i1 về bình luận này? → Phương án b"


def test_what_is_right_stays_with_the_items() -> None:
    order = KIND.freeze(CASE, random.Random(1), False)
    assert "Giải thích" not in repr(KIND.present(CASE, order, None))
    assert "correct" not in repr(KIND.present(CASE, order, None))


def test_parts_and_responses_are_those_of_the_items_under_their_names() -> None:
    keys = [part.key for part in KIND.parts(CASE)]
    assert len(set(keys)) == len(keys)
    assert all(key.split("-")[0] in {"i1", "i2", "i3"} for key in keys)
    assert set(KIND.responses(CASE, GIVEN)) <= set(keys)


def test_old_answers_can_be_marked_again_while_items_and_types_stay() -> None:
    def with_first(**fields: Any) -> dict[str, Any]:
        return {**CASE, "items": [{**CASE["items"][0], **fields}, *CASE["items"][1:]]}

    assert KIND.incompatible(CASE, with_first(stem="Câu khác?")) == ""
    assert KIND.incompatible(CASE, with_first(id="i9")) != ""
    assert KIND.incompatible(CASE, with_first(type="true_false", content=CONTENT["true_false"])) != ""
    assert KIND.incompatible(CASE, {**CASE, "items": CASE["items"][:2]}) != ""


def test_pictures_and_texts_of_items_belong_to_the_case() -> None:
    spot = {**CASE, "picture": "c" * 64, "width": 9, "height": 9, "alt": "Bài đăng",
            "items": [*CASE["items"], item("i4", "hotspot", CONTENT["hotspot"])]}  # fmt: skip
    assert KIND.validate(spot) == []
    assert KIND.pictures(spot) == {"a" * 64, "c" * 64}
    assert {CASE["stimulus"], "Bài đăng", "Màn hình Cài đặt Trang"} <= set(KIND.texts(spot))
    assert KIND.map_texts(CASE, str.upper)["items"][0]["type"] == "single"
    assert KIND.map_texts(CASE, str.upper)["items"][0]["id"] == "i1"
    assert KIND.validate(KIND.map_texts(spot, str.upper)) == []


# --- What may be asked -------------------------------------------------------------------------------


def test_only_what_is_marked_by_itself_may_be_asked() -> None:
    names = {kind.NAME for kind in item_types()}
    assert {"single", "hotspot", "spot_violation"} <= names
    assert names.isdisjoint({"case_set", "essay", "upload", "description", "survey"})


def case(*items: Any, **fields: Any) -> dict[str, Any]:
    return {**CASE, "items": list(items), **fields}


ONE, TWO, THREE = CASE["items"]


@pytest.mark.parametrize(
    "content",
    [
        case(ONE, TWO), case(*[item(f"i{n}", "single", CONTENT["single"]) for n in range(6)]), case(ONE, TWO, TWO),
        case(ONE, TWO, {**THREE, "stem": " "}), case(ONE, TWO, {**THREE, "mark": 0}),
        case(ONE, TWO, {**THREE, "mark": "1"}),
        case(ONE, TWO, {**THREE, "content": {}}), case(ONE, TWO, {**THREE, "content": "x"}),
        case(ONE, TWO, {**THREE, "type": "essay", "content": CONTENT["essay"]}),
        case(ONE, TWO, {**THREE, "type": ["x"]}), case(ONE, TWO, {**THREE, "type": "case_set", "content": CASE}),
        case(ONE, TWO, 5), case(ONE, TWO, THREE, stimulus=" "),
        {**CASE, "items": "x"}, {**CASE, "stimulus": 5},
    ],
    ids=range(15),
)  # fmt: skip
def test_broken_cases_are_refused_in_sentences(content: dict[str, Any]) -> None:
    errors = KIND.validate(content)
    assert errors
    assert all(error.endswith(".") for error in errors)


def test_a_package_writes_items_as_tables_of_their_types() -> None:
    rows = [
        {"type": "single", "stem": f"Câu {n}?", "reason": "Vì…", "mark": n,
         "options": [{"text": "Đúng", "correct": True}, {"text": "Sai", "correct": False}]}
        for n in (1, 2, 3)
    ]  # fmt: skip
    content = KIND.from_source({"stimulus": "Bài đăng", "items": rows})
    assert KIND.validate(content) == []
    assert [each["mark"] for each in content["items"]] == [1, 2, 3]
    assert KIND.validate(KIND.from_source({"stimulus": "Bài", "items": [*rows[:2], {"type": "zzz"}]})) != []


# --- The form of the CMS -----------------------------------------------------------------------------


def form(data: Any = None, files: Any = None, content: Any = None) -> Form:
    return type("Asked", (Form,), KIND.edit_fields(content or {}))(data, files)


def typed(*rows: dict[str, str], stimulus: str = "Bài đăng") -> QueryDict:
    query = posted([("stimulus", stimulus)])
    for number, row in enumerate(rows):
        for key, value in row.items():
            query[f"items-{number}-{key}"] = value
    return query


def true_false(stem: str, **fields: str) -> dict[str, str]:
    own = types.get("true_false").edit_fields({})
    answers = {f"true_false-{key}": str(field.initial) for key, field in own.items() if field.initial}
    return {"type": "true_false", "stem": stem, "reason": "", "mark": "1", **answers, **fields}


def from_page(page: Form) -> QueryDict:
    """What a browser would send back of a form as it stands: every named field outside a <template>."""
    from lxml import html

    root = html.fromstring(f"<form>{page.as_p()}</form>")
    for blank in root.iter("template"):
        blank.drop_tree() if blank.getparent() is not None else None
    query = QueryDict(mutable=True)
    for key, value in root.forms[0].form_values() if root.tag != "form" else root.form_values():
        query.appendlist(key, value)
    return query


def test_a_trainer_writes_each_item_in_the_form_of_its_type(db: None) -> None:
    page = form(typed(true_false("Một?"), true_false("Hai?"), true_false("Ba?", mark="3")), MultiValueDict())
    assert page.is_valid(), page.errors
    content = KIND.from_form(page.cleaned_data)
    assert KIND.validate(content) == []
    assert [(each["stem"], each["mark"]) for each in content["items"]] == [("Một?", 1), ("Hai?", 1), ("Ba?", 3)]


def test_a_case_comes_back_from_its_form_unchanged_with_its_ids(db: None) -> None:
    again = form(from_page(form(content=CASE)), MultiValueDict(), CASE)
    assert again.is_valid(), again.errors
    content = KIND.from_form(again.cleaned_data)
    assert content["stimulus"] == CASE["stimulus"]
    assert [each["id"] for each in content["items"]] == ["i1", "i2", "i3"]
    assert KIND.validate(content) == []
    assert KIND.right_summary(content) == KIND.right_summary(CASE)


def test_an_item_is_taken_out_by_its_type(db: None) -> None:
    data = from_page(form(content=CASE))
    data["items-1-type"] = ""
    page = form(data, MultiValueDict(), CASE)
    assert page.is_valid()
    assert [each["id"] for each in KIND.from_form(page.cleaned_data)["items"]] == ["i1", "i3"]


def test_the_form_keeps_what_was_typed_and_shows_the_fields_of_a_type_just_chosen(db: None) -> None:
    page = form(typed(true_false("Một?"), {"type": "short_text", "stem": "Gõ dở"}), MultiValueDict())
    assert not page.is_valid()
    shown = page.as_p().partition("<template")[0]
    assert "Gõ dở" in shown
    assert 'name="items-1-short_text-accepted"' in shown
    assert "Câu" in str(page.errors) or "Question 2" in str(page.errors)


def test_a_picture_inside_an_item_is_drawn_anew_and_kept(db: None) -> None:
    zone = {"text": "Nút", "numbers": "10 10 50 50", "shape": "rect", "right": "1"}
    row = {"type": "hotspot", "stem": "Ở đâu?", "mark": "1", "hotspot-alt": "Màn hình"}
    row |= {f"hotspot-zones-0-{key}": value for key, value in zone.items()}
    files = MultiValueDict({"items-2-hotspot-picture": [SimpleUploadedFile("a.png", make_picture("PNG"))]})
    page = form(typed(true_false("Một?"), true_false("Hai?"), row), files)
    assert page.is_valid(), page.errors
    content = KIND.from_form(page.cleaned_data)
    assert KIND.validate(content) == []
    assert KIND.pictures(content) == set(QuestionPicture.objects.values_list("sha256", flat=True)) != set()
    assert page.as_p().count("<img") == 1


def test_the_form_brings_the_scripts_of_what_stands_in_it() -> None:
    media = str(form().media)
    assert "lms/types/case_set/items" in media
    assert "lms/types/hotspot/zones" in media


# --- The page ----------------------------------------------------------------------------------------


def test_ids_on_the_page_are_unique_and_belong_to_the_question_around(db: None) -> None:
    order = KIND.freeze(CASE, random.Random(1), False)
    question = {"shown": KIND.present(CASE, order, GIVEN), "field": "answer-7", "position": 7}
    text = Template("{% include 'types/case_set/question.html' %}").render(Context({"question": question}))
    for each in ("i1", "i2", "i3"):
        assert f'name="answer-7-{each}' in text
    assert 'id="stem-7-2"' in text
    assert "<strong>Bình luận:</strong>" in text

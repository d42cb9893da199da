"""Every type has the same shape: what holds for one holds for all."""

import random
from fractions import Fraction
from pathlib import Path

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from quizzes import types
from tests.factories.questions import MARKED_BY_A_PERSON
from tests.factories.quizzes import CONTENT, RIGHT

KINDS = [kind.NAME for kind in types.all_types()]


def posted(pairs: list[tuple[str, str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for key, value in pairs:
        query.appendlist(key, value)
    return query


@pytest.mark.parametrize("name", KINDS)
def test_the_right_answer_earns_everything_and_no_answer_nothing(name: str) -> None:
    kind, content = types.get(name), CONTENT[name]
    assert kind.validate(content) == []
    assert kind.mark(content, None) == 0
    if not kind.IS_ASKED:
        assert (kind.weight(content), kind.is_complete(content, None)) == (0, True)
        return
    # What a person marks has no share of its own.
    assert kind.mark(content, RIGHT[name]) == (None if name in MARKED_BY_A_PERSON else 1)
    assert (name in MARKED_BY_A_PERSON) == kind.NEEDS_MARKER
    assert kind.is_complete(content, RIGHT[name])
    assert not kind.is_complete(content, None)


@pytest.mark.parametrize("name", KINDS)
def test_an_answer_survives_the_form(name: str) -> None:
    kind, content = types.get(name), CONTENT[name]
    assert kind.parse(posted(kind.fields(RIGHT[name], "a")), "a", content) == RIGHT[name]
    assert kind.parse(posted([]), "a", content) is None
    assert kind.fields(None, "a") == []


@pytest.mark.parametrize("name", KINDS)
def test_content_survives_its_own_form_in_the_cms(name: str) -> None:
    kind, content = types.get(name), CONTENT[name]
    cleaned = {
        key: field.initial if field.initial is not None else "" for key, field in kind.edit_fields(content).items()
    }
    again = kind.from_form(cleaned)
    assert kind.validate(again) == []
    assert kind.right_summary(again) == kind.right_summary(content)


@pytest.mark.parametrize("name", KINDS)
@given(seed=st.integers(0, 10_000))
def test_the_frozen_order_comes_from_the_seed_alone_and_loses_nothing(name: str, seed: int) -> None:
    kind, content = types.get(name), CONTENT[name]
    order = kind.freeze(content, random.Random(seed), True)
    assert order == kind.freeze(content, random.Random(seed), True)
    assert kind.present(content, order, RIGHT[name]) == kind.present(content, order, RIGHT[name])
    if name == "ordering":
        assert sorted(order) == ["i1", "i2", "i3", "i4"]
        assert order != ["i1", "i2", "i3", "i4"]
    if name == "single":
        assert sorted(order) == ["a", "b", "c"]


HOSTILE = st.one_of(
    st.text(max_size=300), st.sampled_from(["a", "b", "l1", "r1", "i1", "1", "99", "-1", "true", "null"])
)
FIELDS = ["a", "a-l1", "a-l2", "a-i1", "a-i2", "a-i3", "a-i4", "a-s1", "a-g1", "a-g2", "a-g4", "b", "a-"]


@pytest.mark.parametrize("name", KINDS)
@given(pairs=st.lists(st.tuples(st.sampled_from(FIELDS), HOSTILE), max_size=8))
def test_whatever_is_posted_is_refused_or_is_an_answer_that_can_be_marked(
    name: str, pairs: list[tuple[str, str]]
) -> None:
    kind, content = types.get(name), CONTENT[name]
    try:
        answer = kind.parse(posted(pairs), "a", content)
    except types.BadAnswerError:
        return
    share = kind.mark(content, answer)
    assert kind.NEEDS_MARKER if share is None else 0 <= share <= 1
    assert isinstance(kind.summarise(content, answer), str)
    kind.explain(content, answer)
    assert kind.parse(posted(kind.fields(answer, "a")), "a", content) == answer


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("single", [("a", "zzz")]),
        ("single", [("a", "a"), ("a", "b")]),
        ("multiple", [("a", "a"), ("a", "zzz")]),
        ("true_false", [("a", "maybe")]),
        ("matching", [("a-l1", "l2")]),
        ("ordering", [("a-i1", "5")]),
        ("ordering", [("a-i1", "1"), ("a-i1", "2")]),
        ("short_text", [("a", "x" * 201)]),
    ],
)
def test_forged_answers_are_refused(name: str, pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(types.BadAnswerError):
        types.get(name).parse(posted(pairs), "a", CONTENT[name])


def test_ids_say_nothing_about_what_is_right() -> None:
    """Ids are sent to the browser: in the author's order, or with left and right alike, they would be the answer."""
    source = {"items": ["Một", "Hai", "Ba"]}
    ids = [item["id"] for item in types.get("ordering").from_source(source)["items"]]
    again = types.get("ordering").from_source({"items": ["Ba", "Hai", "Một"]})["items"]
    assert [item["id"] for item in again] == ids[::-1]
    pairs = types.get("matching").from_source({"pairs": [{"left": "A", "right": "B"}, {"left": "C", "right": "B"}]})
    assert [left["right"] for left in pairs["lefts"]] == [pairs["rights"][0]["id"]] * 2


def test_an_order_given_with_a_place_twice_is_kept_but_unfinished() -> None:
    kind, content = types.get("ordering"), CONTENT["ordering"]
    answer = kind.parse(posted([("a-i1", "1"), ("a-i2", "2"), ("a-i3", "2")]), "a", content)
    assert answer == {"i1": 1, "i2": 2, "i3": 2}
    assert not kind.is_complete(content, answer)
    assert kind.mark(content, answer) == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("single", {"options": []}),
        ("single", {"options": [{"id": "a", "text": "A", "correct": True}, {"id": "b", "text": "B", "correct": True}]}),
        (
            "multiple",
            {"options": [{"id": "a", "text": "A", "correct": False}, {"id": "b", "text": "B", "correct": False}]},
        ),
        ("true_false", {"answer": "yes"}),
        ("matching", {"lefts": [], "rights": []}),
        ("matching", {"lefts": [{"id": "l", "text": "L", "right": "gone"}], "rights": []}),
        ("ordering", {"items": [{"id": "a", "text": "A"}]}),
        ("short_text", {"accepted": [" "]}),
        *[(name, {}) for name in KINDS if types.get(name).IS_ASKED],
    ],
)
def test_broken_content_is_refused_in_sentences(name: str, content: dict[str, object]) -> None:
    errors = types.get(name).validate(content)
    assert errors
    assert all(isinstance(error, str) and error.endswith(".") for error in errors)


@pytest.mark.parametrize("name", KINDS)
def test_a_type_tells_its_texts_parts_and_responses(name: str) -> None:
    kind, content = types.get(name), CONTENT[name]
    assert all(isinstance(text, str) for text in kind.texts(content))
    parts = {part.key: {choice.key for choice in part.choices} for part in kind.parts(content)}
    for key, chosen in kind.responses(content, RIGHT[name]).items():
        assert key in parts
        # A part with choices is answered by one of them; one without, by what was written.
        assert not parts[key] or set(chosen) <= parts[key]
    assert kind.responses(content, None) == {}
    assert kind.incompatible(content, content) == ""
    guess = kind.guess(content)
    assert guess is None or 0 <= guess <= 1


@pytest.mark.parametrize("name", KINDS)
def test_texts_pass_through_a_conversion_and_nothing_else_changes(name: str) -> None:
    kind, content = types.get(name), CONTENT[name]
    assert kind.map_texts(content, lambda text: text) == content
    changed = kind.map_texts(content, lambda text: text)
    assert kind.mark(changed, RIGHT[name]) == kind.mark(content, RIGHT[name])


@pytest.mark.parametrize(
    ("name", "guess"), [("single", Fraction(1, 3)), ("true_false", Fraction(1, 2)), ("matching", Fraction(1, 3)),
                        ("ordering", Fraction(1, 24)), ("multiple", None), ("statements", Fraction(49, 160))]
)  # fmt: skip
def test_blind_guessing_earns_what_the_requirements_say(name: str, guess: Fraction | None) -> None:
    assert types.get(name).guess(CONTENT[name]) == guess


def test_a_folder_is_enough_for_a_type() -> None:
    """Nothing lists the types: every folder of the package is one, with its page beside it."""
    folders = {path.parent.name for path in Path(types.__file__).parent.glob("*/question.html")}
    assert {kind.NAME for kind in types.all_types()} == folders
    assert folders <= set(CONTENT)

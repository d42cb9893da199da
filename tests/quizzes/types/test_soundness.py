"""Judging content, and reading what a trainer typed, never ends in an exception."""

from fractions import Fraction
from typing import Any

import pytest
from django import forms
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes import marking, types
from quizzes.types import options
from tests.factories.questions import CONTENT

KINDS = [
    "single", "multiple", "true_false", "statements", "matching", "ordering", "short_text", "numeric", "gap_select",
    "cloze", "survey",
]  # fmt: skip
KEYS = sorted({key for name in KINDS for key in CONTENT[name]})
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "text", "right", "answers", "kind", "group", "fraction"]), inner)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", KINDS)
@given(content=st.dictionaries(st.sampled_from(KEYS), JUNK, max_size=4))
@settings(max_examples=60)
def test_whatever_json_a_file_holds_is_judged_in_sentences(name: str, content: dict[str, Any]) -> None:
    assert all(isinstance(error, str) and error for error in types.get(name).validate(content))


@pytest.mark.parametrize("name", KINDS)
def test_rows_that_are_no_rows_are_refused_in_a_sentence(name: str) -> None:
    broken = {key: [7] if isinstance(value, list) else value for key, value in CONTENT[name].items()}
    if broken != CONTENT[name]:
        assert types.get(name).validate(broken) != []


@pytest.mark.parametrize(
    ("typed", "kept"), [("50", "0.5"), ("33,33333", "0.3333333"), ("-50 %", "-0.5"), ("\u221250", "-0.5"), ("", None)]
)
def test_a_share_is_read_as_it_is_written_here(typed: str, kept: str | None) -> None:
    assert options.ShareField(required=False).clean(typed) == kept


@pytest.mark.parametrize("typed", ["nan", "inf", "101", "-101", "một nửa", "1/2"])
def test_what_is_no_share_is_told(typed: str) -> None:
    with pytest.raises(forms.ValidationError):
        options.ShareField(required=False).clean(typed)


def test_a_share_is_shown_as_it_is_read() -> None:
    assert options.percent("0.3333333") == "33,33333"
    assert options.percent("1/3") == "33,33333"
    assert options.percent("-0.5") == "-50"


@pytest.mark.parametrize(("written", "value"), [("0.125", "0.125"), ("6\u00a0200", "6200"), ("12 345,5", "12345.5")])
def test_a_full_stop_after_a_nought_parts_no_thousands(written: str, value: str) -> None:
    assert marking.read_number(written) == Fraction(value)


@pytest.mark.parametrize("written", ["3 5", "1 2 3", "12 34,5", "0.200,5"])
def test_digits_that_do_not_make_one_number_are_not_joined(written: str) -> None:
    assert marking.read_number(written) is None


def test_a_long_wildcard_full_of_signs_still_compares() -> None:
    assert marking.fits("(" * 150 + "x", "(" * 150 + "*", marking.WILDCARD)


def test_an_option_with_half_the_mark_comes_from_the_form_and_is_marked() -> None:
    single = types.get("single")
    cleaned: dict[str, Any] = {
        key: field.initial if field.initial is not None else "" for key, field in single.edit_fields({}).items()
    }
    cleaned |= {"option_0_text": "Đúng", "option_0_correct": True, "option_1_text": "Gần đúng", "option_1_share": "0.5"}
    content = single.from_form(cleaned)
    assert single.validate(content) == []
    right, near = (option["id"] for option in content["options"])
    assert (single.mark(content, right), single.mark(content, near)) == (1, Fraction(1, 2))
    assert single.guess(content) == Fraction(3, 4)


@pytest.mark.parametrize(
    ("scheme", "share"), [("exact", 0), ("proportional", "3/4"), ("proportional_correct", "1/2"), ("weighted", "1/4")]
)
def test_the_four_schemes_of_several_answers(scheme: str, share: object) -> None:
    fractions = {"a": "0.25", "b": "0.75", "c": "-0.5", "d": "-0.5"}
    rows = [{**option, "fraction": fractions[option["id"]]} for option in CONTENT["multiple"]["options"]]
    content = {"options": rows, "scheme": scheme}
    multiple = types.get("multiple")
    assert multiple.validate(content) == []
    assert multiple.mark(content, ["a"]) == Fraction(str(share))
    assert 0 <= (multiple.mark(content, ["c", "d"]) or 0) <= 1
    assert multiple.guess(content) is None


def test_shares_that_are_to_be_added_up_have_to_be_given() -> None:
    """Else each right option would earn everything by itself."""
    multiple = types.get("multiple")
    assert multiple.validate({**CONTENT["multiple"], "scheme": "weighted"}) != []


@pytest.mark.parametrize(("mode", "answer"), [("one", "a"), ("several", ["a", "b"]), ("text", "Rất hay")])
def test_a_survey_is_asked_and_counted_but_weighs_nothing(mode: str, answer: Any) -> None:
    survey = types.get("survey")
    content = {"mode": mode, "options": [] if mode == "text" else CONTENT["survey"]["options"]}
    assert survey.validate(content) == []
    assert (survey.IS_ASKED, survey.weight(content), survey.right_summary(content)) == (True, 0, "")
    assert set(survey.responses(content, answer)[""]) == set(answer if isinstance(answer, list) else [answer])
    assert [line.is_right for line in survey.explain(content, answer)] == [None]


def test_shares_that_earn_nothing_are_refused() -> None:
    rows = [
        {"id": "a", "text": "A", "correct": True, "reason": "", "fraction": "-0.5"},
        {"id": "b", "text": "B", "correct": False, "reason": "", "fraction": "0"},
    ]
    kind = types.get("multiple")
    assert kind.validate({"options": rows, "scheme": "weighted"}) != []
    assert kind.validate({"options": [{**rows[0], "fraction": "1"}, rows[1]], "scheme": "weighted"}) == []

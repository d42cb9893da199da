"""Rules of comparing, and patterns that cannot hang."""

import time
import unicodedata
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import marking, types
from quizzes.rules import patterns

SHORT = types.get("short_text")


@pytest.mark.parametrize(
    ("given_", "accepted", "matcher", "is_fit"),
    [
        ("to quan tri", "Tổ quản trị", "folded", True),
        ("tổ  quản trị ", "Tổ quản trị", "no_case", True),
        ("to quan tri", "Tổ quản trị", "no_case", False),
        ("tổ quản trị", "Tổ quản trị", "as_written", False),
        (unicodedata.normalize("NFD", "Tổ quản trị"), "Tổ quản trị", "as_written", True),
        ("quyền đăng bài mới", "*đăng*bài*", "wildcard", True),
        ("đăng tin", "*đăng*bài*", "wildcard", False),
        ("5 sao *", "5 sao \\*", "wildcard", True),
        ("147/2024/NĐ-CP", "147/20[0-9][0-9](/nđ-cp)?", "pattern", True),
        ("147/2024", "147/20[0-9][0-9](/nđ-cp)?", "pattern", True),
        ("147/24", "147/20[0-9][0-9](/nđ-cp)?", "pattern", False),
        ("", "*", "wildcard", False),
        ("a", "(", "pattern", False),
    ],
)
def test_how_an_answer_is_compared(given_: str, accepted: str, matcher: str, is_fit: bool) -> None:
    assert marking.fits(given_, accepted, matcher) is is_fit


def test_a_further_answer_has_its_own_rule_share_and_word() -> None:
    content = {
        "accepted": ["Ban Thường trực"],
        "exact": False,
        "more": [{"text": "*thường trực*", "match": "wildcard", "fraction": "0.5", "reason": "Viết đủ tên."}],
    }
    assert SHORT.validate(content) == []
    assert SHORT.mark(content, "ban thuong truc") == 1
    assert SHORT.mark(content, "Thường trực Ủy ban") == Fraction(1, 2)
    assert [(row.is_right, row.reason) for row in SHORT.explain(content, "thường trực")] == [(False, "Viết đủ tên.")]
    assert SHORT.validate({**content, "more": [{"text": "(", "match": "pattern", "fraction": "1"}]}) != []


def test_a_pattern_that_hangs_others_is_answered_at_once() -> None:
    hostile = patterns.compiled("(a*)*(a|aa)*(a*a*a*a*a*)*b")
    began = time.process_time()
    assert not hostile.fits("a" * 200)
    # A backtracking engine would need longer than the universe is old.
    assert time.process_time() - began < 30


@pytest.mark.parametrize(
    "source", ["", "(", ")", "[", "[]", "a**", "*a", "[z-a]", "\\", "\\q", "a{2}", "^a$", "a" * 201, "(" * 30]
)
def test_what_is_no_pattern_of_ours_is_refused(source: str) -> None:
    with pytest.raises(patterns.PatternError):
        patterns.compiled(source)


@given(st.text(max_size=30))
def test_a_text_without_stars_is_its_own_wildcard(text: str) -> None:
    source = patterns.wildcard(text.replace("*", "").replace("\\", ""))
    if source:
        assert patterns.compiled(source).fits(text.replace("*", "").replace("\\", ""))

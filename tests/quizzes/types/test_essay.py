"""Essay: words, template, files; marked by a person, never by guessing."""

import random
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from quizzes import types
from quizzes.types.essay import LONGEST, tidy, words
from tests.factories.questions import CONTENT, RIGHT

KIND, ESSAY, GIVEN = types.get("essay"), CONTENT["essay"], RIGHT["essay"]
BARE = {"least_words": 0, "most_words": 0, "template": "", "file_kinds": [], "most_files": 0, "notes": ""}


def post(text: str = "", *files: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query["a"] = text
    query.setlist("a-files", files)
    return query


def answer(text: str) -> dict[str, Any]:
    return {"text": text, "files": []}


def test_a_person_marks_it_and_no_answer_is_worth_nothing() -> None:
    assert KIND.NEEDS_MARKER
    assert KIND.mark(ESSAY, GIVEN) is None
    assert KIND.mark(ESSAY, None) == 0


@pytest.mark.parametrize(("text", "count"), [("", 0), ("Xin chào bà con", 4), ("- **Một** \n\n - hai – 3.", 3)])
def test_words_are_counted_as_word_processors_do(text: str, count: int) -> None:
    assert words(text) == count


@pytest.mark.parametrize(
    ("text", "is_complete"), [("một hai", False), ("một hai ba", True), ("từ " * 50, True), ("từ " * 51, False)]
)
def test_too_short_and_too_long_are_kept_but_unfinished(text: str, is_complete: bool) -> None:
    found = KIND.parse(post(text), "a", ESSAY)
    assert found == answer(text.strip())
    assert KIND.is_complete(ESSAY, found) is is_complete
    assert KIND.mark(ESSAY, found) is None


def test_without_limits_anything_written_or_sent_is_complete() -> None:
    assert KIND.is_complete(BARE, answer("Một"))
    assert KIND.validate(BARE) == []


def test_the_template_stands_in_the_field_and_sent_back_unchanged_is_no_answer() -> None:
    assert KIND.present(ESSAY, [], None).text == ESSAY["template"]
    assert KIND.parse(post(ESSAY["template"].replace("\n", "\r\n") + "\r\n "), "a", ESSAY) is None
    assert KIND.parse(post("  \n "), "a", ESSAY) is None
    assert KIND.parse(post(ESSAY["template"] + " Ngày hội"), "a", ESSAY) is not None


def test_paragraphs_stay_and_what_no_editor_shows_goes() -> None:
    assert tidy("Mô\u0323t\r\n\r\nhai \0\x07\r\n") == "Một\n\nhai"


@given(text=st.text(max_size=200))
def test_tidying_twice_is_tidying_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    found = KIND.parse(post(text), "a", BARE)
    assert found is None or KIND.parse(post(found["text"]), "a", BARE) == found


def test_more_than_the_field_takes_is_refused() -> None:
    KIND.parse(post("x" * LONGEST), "a", BARE)
    with pytest.raises(types.BadAnswerError):
        KIND.parse(post("x" * (LONGEST + 1)), "a", BARE)


FILE = "0f8fad5b-d9cb-469f-a165-70867728950e|image/jpeg|5|a.jpg"


@pytest.mark.parametrize(
    "files",
    [
        ["0f8fad5b"],
        ["0f8fad5b-d9cb-469f-a165-70867728950e|text/html|5|a.jpg"],
        ["0f8fad5b-d9cb-469f-a165-70867728950e|image/jpeg|-5|a.jpg"],
        [f"{number}f8fad5b-d9cb-469f-a165-70867728950e|image/jpeg|5|a.jpg" for number in range(3)],
    ],
)
def test_forged_files_are_refused(files: list[str]) -> None:
    with pytest.raises(types.BadAnswerError):
        KIND.parse(post("Bài", *files), "a", ESSAY)
    with pytest.raises(types.BadAnswerError):
        KIND.parse(post("Bài", FILE), "a", BARE)


def test_a_file_alone_is_an_answer_and_the_same_twice_is_one() -> None:
    found = KIND.parse(post("", FILE, FILE), "a", ESSAY)
    assert found == {"text": "", "files": [{"id": FILE[:36], "type": "image/jpeg", "size": 5, "name": "a.jpg"}]}
    assert KIND.mark(ESSAY, found) is None


def test_neither_page_nor_review_tells_the_notes_for_markers() -> None:
    secret = ESSAY["notes"]
    assert secret not in repr(KIND.present(ESSAY, [], GIVEN))
    assert secret not in repr(KIND.explain(ESSAY, GIVEN))
    assert secret not in KIND.right_summary(ESSAY) + KIND.summarise(ESSAY, GIVEN)


def test_the_summary_is_one_line_with_the_names_of_files() -> None:
    assert KIND.summarise(ESSAY, GIVEN) == "Tiêu đề: Ngày hội Nội dung: **mời** bà con [Ảnh bìa | 1.jpg]"


@pytest.mark.parametrize(
    "change",
    [
        {"least_words": -1},
        {"least_words": "3"},
        {"least_words": 60},
        {"most_files": 6},
        {"most_files": 0},
        {"file_kinds": ["exe"]},
        {"file_kinds": []},
        {"template": 5},
    ],
)
def test_broken_settings_are_refused(change: dict[str, Any]) -> None:
    errors = KIND.validate({**ESSAY, **change})
    assert len(errors) == 1
    assert errors[0].endswith(".")


@pytest.mark.parametrize("name", ["essay", "upload", "hotspot", "label_picture", "spot_violation", "case_set"])
def test_nothing_in_a_question_passes_for_a_question(name: str) -> None:
    """The script of the attempt takes whatever has ``data-position`` for a question to be saved."""
    kind, content = types.get(name), CONTENT[name]
    shown = kind.present(content, kind.freeze(content, random.Random(1), True), RIGHT[name])
    question = {"shown": shown, "field": "answer-7", "position": 7}
    text = render_to_string(kind.TEMPLATE, {"question": question})
    assert 'name="answer-7' in text
    assert "data-position" not in text

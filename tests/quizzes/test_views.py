"""The whole attempt as a browser has it: without a script, with htmx, in two windows, by strangers."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import Enrolment, ProgressEvent
from lms.accounts.models import User
from quizzes import types
from quizzes.models import Attempt, AttemptQuestion, Quiz
from quizzes.services import attempts
from tests.conftest import NOON, Outline
from tests.factories.quizzes import RIGHT

SCRIPT = {"HTTP_X_REQUESTED_WITH": "quiz"}


@pytest.fixture
def officer(client: Client, officer_p1: User, enrolment: Enrolment) -> Client:
    client.force_login(officer_p1)
    return client


@pytest.fixture
def attempt(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> Attempt:
    with time_machine.travel(NOON, tick=False):
        return attempts.start(user=officer_p1, quiz=quiz, at=NOON)


def url(attempt: Attempt, position: int) -> str:
    return f"/quizzes/attempts/{attempt.pk}/?q={position}"


def auto(attempt: Attempt, position: int) -> str:
    return f"/quizzes/attempts/{attempt.pk}/answers/{position}/"


def data(question: AttemptQuestion, answer: Any, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in types.get(question.version.type).fields(answer, f"q{question.position}"):
        fields.setdefault(key, []).append(value)
    sequence = max(question.sequence, question.autosaved_sequence) + 1
    return {f"s{question.position}": sequence, **fields, **more}


def sent(question: AttemptQuestion, sequence: object, value: Any) -> dict[str, Any]:
    """What a browser sends for a question with options, whatever stands in the database."""
    return {f"s{question.position}": sequence, f"q{question.position}": value}


def question_of(attempt: Attempt, type_name: str) -> AttemptQuestion:
    return attempt.questions.select_related("version").get(version__type=type_name)


@time_machine.travel(NOON, tick=False)
def test_a_whole_attempt_without_a_script(officer: Client, quiz: Quiz, outline: Outline) -> None:
    response = officer.post(f"/quizzes/{outline.quiz.pk}/start/")
    attempt = Attempt.objects.get()
    assert response["Location"] == url(attempt, 1)
    for position in range(1, 7):
        page = officer.get(url(attempt, position))
        assert page.status_code == 200
        html = page.content.decode()
        assert 'class="tabs"' not in html
        question = attempt.questions.select_related("version").get(position=position)
        assert f'name="s{position}" value="{question.sequence + 1}"' in html
        go = "next" if position < 6 else "summary"
        response = officer.post(
            url(attempt, position), data(question, RIGHT[question.version.type], go=go, csrfmiddlewaretoken="x")
        )
        target = url(attempt, position + 1) if position < 6 else f"/quizzes/attempts/{attempt.pk}/summary/"
        assert (response.status_code, response["Location"]) == (302, target)
    summary = officer.get(f"/quizzes/attempts/{attempt.pk}/summary/")
    assert summary.context["screen"].unanswered == ()
    response = officer.post(f"/quizzes/attempts/{attempt.pk}/submit/")
    assert response["Location"] == f"/quizzes/attempts/{attempt.pk}/result/"
    result = officer.get(response["Location"])
    assert (result.context["screen"].percent, result.context["screen"].passed) == (100, True)
    assert ProgressEvent.objects.get().source_key == f"attempt:{attempt.pk}"


@time_machine.travel(NOON, tick=False)
def test_unanswered_and_unfinished_questions_are_named_before_handing_in(officer: Client, attempt: Attempt) -> None:
    matching = question_of(attempt, "matching")
    officer.post(url(attempt, matching.position), data(matching, {"l1": "r1"}, go=f"flag-{matching.position}"))
    single = question_of(attempt, "single")
    officer.post(url(attempt, single.position), data(single, "a", go="next"))
    screen = officer.get(f"/quizzes/attempts/{attempt.pk}/summary/").context["screen"]
    expected = [position for position in range(1, 7) if position != single.position]
    assert [cell.position for cell in screen.unanswered] == expected
    assert [cell.position for cell in screen.flagged] == [matching.position]
    assert (screen.tally.answered, screen.tally.left) == (1, 5)


@time_machine.travel(NOON, tick=False)
def test_the_script_saves_beside_the_deliberate_answer_and_is_told_what_stands(
    officer: Client, attempt: Attempt
) -> None:
    question = question_of(attempt, "single")
    officer.post(url(attempt, question.position), data(question, "a", go="stay"))
    question.refresh_from_db()
    response = officer.post(auto(attempt, question.position), data(question, "b"), **SCRIPT)
    assert response.json() == {"outcome": "saved", "sequence": 3, "time": "12:00", "cell": "a c", "left": 1200}
    question.refresh_from_db()
    assert (question.answer, question.autosaved, question.autosaved_sequence) == ("a", "b", 2)
    page = officer.get(url(attempt, question.position))
    [shown] = page.context["screen"].questions
    assert (shown.sequence, shown.is_auto) == (3, True)
    assert re.search(r'name="q\d" value="b" checked', page.content.decode())
    again = officer.post(auto(attempt, question.position), sent(question, 2, "b"), **SCRIPT).json()
    assert (again["outcome"], again["sequence"]) == ("unchanged", 3)


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("address", [url, auto])
def test_saving_one_answer_takes_at_most_four_queries(officer: Client, attempt: Attempt, address: Any) -> None:
    officer.get(url(attempt, 1))  # the session keeps for ten minutes that nothing else is due
    for type_name in ("single", "matching"):
        question = question_of(attempt, type_name)
        with CaptureQueriesContext(connection) as queries:
            officer.post(address(attempt, question.position), data(question, RIGHT[type_name], go="stay"))
        assert len(queries) <= 4, [query["sql"] for query in queries]
        question.refresh_from_db()
        assert RIGHT[type_name] in (question.answer, question.autosaved)


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("is_auto", [False, True])
def test_the_older_window_is_asked_and_overwrites_nothing(officer: Client, attempt: Attempt, is_auto: bool) -> None:
    question = question_of(attempt, "single")
    officer.post(auto(attempt, question.position), data(question, "b"), **SCRIPT)
    if is_auto:
        answer = officer.post(auto(attempt, question.position), sent(question, 1, "a"), **SCRIPT).json()
        assert (answer["outcome"], answer["sequence"]) == ("stale", 2)
        assert answer["saved"] == [[f"q{question.position}", "b"]]
        html = answer["html"]
    else:
        response = officer.post(url(attempt, question.position), {**sent(question, 1, "a"), "go": "next"})
        assert response.status_code == 409
        html = response.content.decode()
    assert "Phương án a" in html
    assert 'class="card merge"' in html
    question.refresh_from_db()
    assert (question.answer, question.autosaved) == (None, "b")
    form = re.search(r'<div class="card merge".*?<form.*?</form>', html, re.S)
    assert form
    chosen = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    officer.post(url(attempt, question.position), {**chosen, "go": "stay"})
    question.refresh_from_db()
    assert (question.answer, question.autosaved) == ("a", None)


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("value", "sequence"),
    [
        ("forged", 2),
        (["a", "b"], 2),
        ("<script>", 2),
        ("a", "-1"),
        ("a", "x" * 500),
        ("a", "٣"),
        ("a", "99999999999999999999"),
    ],
)
@pytest.mark.parametrize("address", [url, auto])
def test_a_forged_save_changes_nothing_and_breaks_nothing(
    officer: Client, attempt: Attempt, value: Any, sequence: object, address: Any
) -> None:
    question = question_of(attempt, "single")
    officer.post(url(attempt, question.position), data(question, "b"))
    response = officer.post(address(attempt, question.position), sent(question, sequence, value), **SCRIPT)
    assert response.status_code == (200 if address is auto else 409)
    question.refresh_from_db()
    assert (question.answer, question.autosaved) == ("b", None)


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("query", ["0", "7", "999999", "-1", "x", "1e3"])
def test_a_question_that_is_not_there_is_404_or_the_first_open_one(
    officer: Client, attempt: Attempt, query: str
) -> None:
    expected = 404 if query in ("7", "999999") else 200
    assert officer.get(f"/quizzes/attempts/{attempt.pk}/?q={query}").status_code == expected


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("person", ["officer_p2", "manager_p1", "centre"])
def test_strangers_get_404_everywhere(
    client: Client, attempt: Attempt, person: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(person))
    base = f"/quizzes/attempts/{attempt.pk}/"
    assert {client.get(base + path).status_code for path in ("", "?q=1", "summary/", "result/", "signed-in/")} == {404}
    assert client.post(base + "?q=1", {"s1": 1, "q1": "a"}).status_code == 404
    assert client.post(base + "?q=1", {"go": "summary"}).status_code == 404
    assert client.post(base + "answers/1/", {"s1": 1, "q1": "a"}).status_code == 404
    assert client.get(base + f"lessons/{attempt.quiz.activity_id}/").status_code == 404
    assert client.post(base + "submit/").status_code == 404
    assert client.get(f"/quizzes/attempts/{uuid.uuid4()}/").status_code == 404
    attempt.refresh_from_db()
    assert attempt.state == "in_progress"


@time_machine.travel(NOON, tick=False)
def test_who_was_signed_out_comes_back_to_the_question(client: Client, attempt: Attempt) -> None:
    question = question_of(attempt, "single")
    back = f"/accounts/login/?next=/quizzes/attempts/{attempt.pk}/%3Fq%3D{question.position}"
    assert client.get(url(attempt, question.position))["Location"] == back
    assert client.post(url(attempt, question.position), data(question, "b"))["Location"] == back
    assert client.post(url(attempt, question.position), data(question, "b"), **SCRIPT).status_code == 401
    assert client.post(auto(attempt, question.position), data(question, "b"), **SCRIPT).status_code == 401


def test_after_the_deadline_the_page_hands_in_what_was_saved(officer: Client, attempt: Attempt) -> None:
    question = question_of(attempt, "single")
    with time_machine.travel(NOON, tick=False):
        officer.post(url(attempt, question.position), data(question, "b"))
    with time_machine.travel(NOON + dt.timedelta(minutes=20, seconds=30), tick=False):
        page = officer.get(url(attempt, 1))
        assert page.context["screen"].head.is_up
        assert 'name="q1' not in page.content.decode()
    late = NOON + dt.timedelta(minutes=30)
    with time_machine.travel(late, tick=False):
        response = officer.post(url(attempt, question.position), sent(question, 2, "a"))
        assert response["Location"] == f"/quizzes/attempts/{attempt.pk}/result/"
        told = officer.post(auto(attempt, question.position), sent(question, 2, "a"), **SCRIPT).json()
        assert (told["outcome"], told["url"]) == ("closed", response["Location"])
        result = officer.get(response["Location"]).context["screen"]
    assert (round(result.percent), result.was_timed_out) == (17, True)
    question.refresh_from_db()
    assert question.answer == "b"


@time_machine.travel(NOON, tick=False)
def test_handing_in_again_shows_the_first_result(officer: Client, attempt: Attempt) -> None:
    targets = [officer.post(f"/quizzes/attempts/{attempt.pk}/submit/")["Location"] for _ in range(3)]
    assert targets == [f"/quizzes/attempts/{attempt.pk}/result/"] * 3
    assert ProgressEvent.objects.count() == 1
    assert officer.get(url(attempt, 1))["Location"] == targets[0]
    assert officer.get(f"/quizzes/attempts/{attempt.pk}/summary/")["Location"] == targets[0]


@time_machine.travel(NOON, tick=False)
def test_reasons_are_shown_at_once_the_key_only_when_nothing_can_be_won_by_it(
    officer: Client, officer_p1: User, quiz: Quiz, outline: Outline
) -> None:
    for number in range(1, 4):
        officer.post(f"/quizzes/{outline.quiz.pk}/start/")
        attempt = Attempt.objects.get(number=number)
        question = question_of(attempt, "single")
        officer.post(url(attempt, question.position), data(question, "a"))
        officer.post(f"/quizzes/attempts/{attempt.pk}/submit/")
        html = officer.get(f"/quizzes/attempts/{attempt.pk}/result/").content.decode()
        assert "Lý do a" in html
        assert "Vì điều lệ quy định như vậy." in html
        assert ("Phương án b" in html) == (number == 3)
    response = officer.post(f"/quizzes/{outline.quiz.pk}/start/")
    assert response["Location"] == outline.quiz.url
    assert Attempt.objects.count() == 3


def test_pages_of_an_attempt_take_few_queries_whatever_its_length(officer: Client, attempt: Attempt) -> None:
    with time_machine.travel(NOON, tick=False):
        counts = []
        officer.get(url(attempt, 1))
        for path in ("?q=1", "summary/"):
            with CaptureQueriesContext(connection) as queries:
                officer.get(f"/quizzes/attempts/{attempt.pk}/{path}")
            counts.append(len(queries))
    assert max(counts) <= 6


@time_machine.travel(NOON, tick=False)
def test_only_post_starts_and_hands_in(officer: Client, attempt: Attempt, outline: Outline) -> None:
    assert officer.get(f"/quizzes/{outline.quiz.pk}/start/").status_code == 405
    assert officer.get(f"/quizzes/attempts/{attempt.pk}/submit/").status_code == 405
    assert officer.post("/quizzes/987654/start/").status_code == 404

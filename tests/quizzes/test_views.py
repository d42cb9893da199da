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

HTMX = {"HTTP_HX_REQUEST": "true"}


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


def data(question: AttemptQuestion, answer: Any, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in types.get(question.version.type).fields(answer, "answer"):
        fields.setdefault(key, []).append(value)
    return {"sequence": question.sequence + 1, **fields, **more}


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
        assert f'name="sequence" value="{question.sequence + 1}"' in html
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
    officer.post(url(attempt, matching.position), data(matching, {"l1": "r1"}, go="flag"))
    single = question_of(attempt, "single")
    officer.post(url(attempt, single.position), data(single, "a", go="next"))
    screen = officer.get(f"/quizzes/attempts/{attempt.pk}/summary/").context["screen"]
    expected = [position for position in range(1, 7) if position != single.position]
    assert [cell.position for cell in screen.unanswered] == expected
    assert [cell.position for cell in screen.flagged] == [matching.position]
    assert (screen.tally.answered, screen.tally.left) == (1, 5)


@time_machine.travel(NOON, tick=False)
def test_htmx_gets_a_fragment_with_the_state_of_saving(officer: Client, attempt: Attempt) -> None:
    question = question_of(attempt, "single")
    response = officer.post(url(attempt, question.position), data(question, "b"), **HTMX)
    html = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in html
    assert "12:00" in html
    assert 'id="sequence" name="sequence" value="2" hx-swap-oob="true"' in html
    assert f'id="cell-{question.position}"' in html
    question.refresh_from_db()
    assert question.answer == "b"


@time_machine.travel(NOON, tick=False)
def test_saving_one_answer_takes_at_most_four_queries(officer: Client, attempt: Attempt) -> None:
    officer.get(url(attempt, 1))  # the session keeps for ten minutes that nothing else is due
    for type_name in ("single", "matching"):
        question = question_of(attempt, type_name)
        with CaptureQueriesContext(connection) as queries:
            officer.post(url(attempt, question.position), data(question, RIGHT[type_name]), **HTMX)
        assert len(queries) <= 4, [query["sql"] for query in queries]
        question.refresh_from_db()
        assert question.answer == RIGHT[type_name]


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_older_window_is_asked_and_overwrites_nothing(
    officer: Client, attempt: Attempt, headers: dict[str, str]
) -> None:
    question = question_of(attempt, "single")
    officer.post(url(attempt, question.position), data(question, "b"), **HTMX)
    response = officer.post(url(attempt, question.position), {"sequence": 1, "answer": "a"}, **headers)
    html = response.content.decode()
    assert response.status_code == (200 if headers else 409)
    assert response.get("HX-Retarget") == ("#work" if headers else None)
    assert "Phương án a" in html
    assert 'class="card merge"' in html
    question.refresh_from_db()
    assert question.answer == "b"
    form = re.search(r'<div class="card merge".*?<form.*?</form>', html, re.S)
    assert form
    chosen = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    officer.post(url(attempt, question.position), {**chosen, "go": "stay"})
    question.refresh_from_db()
    assert question.answer == "a"


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    "sent",
    [
        {"answer": "forged"},
        {"answer": ["a", "b"]},
        {"answer": "<script>"},
        {"answer": "a", "sequence": "-1"},
        {"answer": "a", "sequence": "x" * 500},
        {"answer": "a", "sequence": "٣"},
        {"answer": "a", "sequence": "99999999999999999999"},
    ],
)
def test_a_forged_save_changes_nothing_and_breaks_nothing(
    officer: Client, attempt: Attempt, sent: dict[str, Any]
) -> None:
    question = question_of(attempt, "single")
    officer.post(url(attempt, question.position), data(question, "b"), **HTMX)
    response = officer.post(url(attempt, question.position), {"sequence": 2, **sent}, **HTMX)
    assert response.status_code == 200
    question.refresh_from_db()
    assert question.answer == "b"


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
    assert {client.get(base + path).status_code for path in ("", "?q=1", "summary/", "result/")} == {404}
    assert client.post(base + "?q=1", {"sequence": 1, "answer": "a"}).status_code == 404
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
    assert client.post(url(attempt, question.position), data(question, "b"), **HTMX).status_code == 401


def test_after_the_deadline_the_page_hands_in_what_was_saved(officer: Client, attempt: Attempt) -> None:
    question = question_of(attempt, "single")
    with time_machine.travel(NOON, tick=False):
        officer.post(url(attempt, question.position), data(question, "b"), **HTMX)
    with time_machine.travel(NOON + dt.timedelta(minutes=20, seconds=30), tick=False):
        page = officer.get(url(attempt, 1))
        assert page.context["screen"].head.is_up
        assert 'name="answer' not in page.content.decode()
    late = NOON + dt.timedelta(minutes=30)
    with time_machine.travel(late, tick=False):
        response = officer.post(url(attempt, question.position), {"sequence": 2, "answer": "a"})
        assert response["Location"] == f"/quizzes/attempts/{attempt.pk}/result/"
        assert (
            officer.post(url(attempt, 2), {"sequence": 2, "answer": "a"}, **HTMX)["HX-Redirect"] == response["Location"]
        )
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

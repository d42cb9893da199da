"""A published quiz page becomes rows, and is served through the gate of courses."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from courses.models import Activity
from courses.services.enrolment import enrol
from lms.accounts.models import User
from quizzes.models import Attempt, Category, Quiz, QuizPage, QuizPageDraw
from quizzes.services import attempts, publishing
from tests.conftest import NOON
from tests.factories.pages import Pages, add, publish, small_course
from tests.factories.quizzes import make_category, make_question


@pytest.fixture
def pages(db: None) -> Pages:
    return small_course()


@pytest.fixture
def quiz_page(pages: Pages, category: Category) -> QuizPage:
    for _ in range(6):
        make_question(category)
    page = QuizPage(title="Kiểm tra chuyên đề 1", slug="kiem-tra", limit_minutes=15, pass_percent=80)
    page.draws = [QuizPageDraw(category=category, count=2)]
    return add(pages.module_1, page)


def test_publishing_makes_the_quiz_of_its_activity(quiz_page: QuizPage) -> None:
    quiz = Quiz.objects.get()
    assert (quiz.activity.key, quiz.activity.kind) == (quiz_page.translation_key, "quiz")
    assert (quiz.limit_minutes, quiz.pass_percent, quiz.max_attempts) == (15, 80, 3)
    assert quiz.version == str(quiz_page.live_revision_id)
    assert list(quiz.slots.values_list("position", "category__key", "count")) == [(1, "cd1", 2)]


def test_publishing_again_refreshes_the_same_rows(quiz_page: QuizPage, category: Category) -> None:
    before = Quiz.objects.get()
    other = make_category("cd2")
    quiz_page.pass_percent = 60
    quiz_page.draws = [QuizPageDraw(category=category, count=3), QuizPageDraw(category=other, count=1)]
    publish(quiz_page)
    quiz = Quiz.objects.get()
    assert (quiz.pk, quiz.pass_percent) == (before.pk, 60)
    assert list(quiz.slots.values_list("position", "category__key", "count")) == [(1, "cd1", 3), (2, "cd2", 1)]
    quiz_page.draws = [QuizPageDraw(category=other, count=1)]
    publish(quiz_page)
    assert list(quiz.slots.values_list("position", "category__key", "count")) == [(1, "cd2", 1)]


def test_the_quiz_makes_its_activity_when_it_hears_first(quiz_page: QuizPage) -> None:
    Quiz.objects.all().delete()
    Activity.objects.filter(key=quiz_page.translation_key).delete()
    quiz = publishing.sync_quiz(quiz_page, at=NOON)
    assert quiz is not None
    assert quiz.activity.key == quiz_page.translation_key


def test_a_draft_of_the_page_moves_nothing(quiz_page: QuizPage) -> None:
    quiz_page.pass_percent = 10
    quiz_page.save_revision()
    assert Quiz.objects.get().pass_percent == 80


@time_machine.travel(NOON, tick=False)
def test_the_page_tells_the_rules_and_has_one_button(
    client: Client, quiz_page: QuizPage, pages: Pages, officer_p1: User
) -> None:
    client.force_login(officer_p1)
    enrolment = enrol(user=officer_p1, course=pages.record, at=NOON)
    quiz = Quiz.objects.get()
    start = f'action="/quizzes/{quiz.activity_id}/start/"'

    def html() -> str:
        response = client.get(quiz_page.url)
        assert response.status_code == 200
        return response.content.decode()

    first = html()
    assert first.count("btn main") == 1
    assert start in first
    assert "80" in first
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    running = html()
    assert running.count("btn main") == 1
    assert start in running
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    assert f"/quizzes/attempts/{attempt.pk}/result/" in html()
    quiz.wait_minutes = 30
    quiz.save()
    waiting = html()
    assert start not in waiting
    assert "12:30 23/11/2026" in waiting
    assert Attempt.objects.get().enrolment == enrolment


def test_who_is_not_enrolled_sees_no_quiz(client: Client, quiz_page: QuizPage, officer_p2: User) -> None:
    client.force_login(officer_p2)
    response = client.get(quiz_page.url)
    assert response.status_code == 403
    assert b"/start/" not in response.content


def test_the_page_takes_as_many_queries_with_three_attempts_as_with_one(
    client: Client, quiz_page: QuizPage, pages: Pages, officer_p1: User
) -> None:
    client.force_login(officer_p1)
    enrol(user=officer_p1, course=pages.record, at=NOON)
    quiz = Quiz.objects.get()
    counts = []
    for number in range(1, 4):
        attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON + dt.timedelta(hours=number))
        attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + dt.timedelta(hours=number))
        client.get(quiz_page.url)
        with CaptureQueriesContext(connection) as queries:
            client.get(quiz_page.url)
        counts.append(len(queries))
    assert counts[0] == counts[2]
    assert counts[0] <= 14


def test_a_preview_shows_a_sample_with_its_key_and_records_nothing(quiz_page: QuizPage, officer_p1: User) -> None:
    request = RequestFactory().get("/")
    request.user = officer_p1
    response = quiz_page.make_preview_request(request)
    html = response.render().content.decode() if hasattr(response, "render") else response.content.decode()
    assert "cd1-single-1" in html
    assert "Phương án b" in html
    assert "/start/" not in html
    assert not Attempt.objects.exists()

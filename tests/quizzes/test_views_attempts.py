"""What a learner sees of behaviours, parts, the order of visiting, the review matrix and the page of a quiz."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import Enrolment
from lms.accounts.models import User
from quizzes import types
from quizzes.models import (
    Attempt,
    AttemptEvent,
    AttemptQuestion,
    Category,
    Objective,
    Override,
    Quiz,
    QuizBand,
    QuizGoal,
    QuizSection,
    QuizSlot,
)
from quizzes.queries import attempts as screens
from quizzes.rules import review
from quizzes.services import attempts, grading
from quizzes.templatetags.quiz_tags import mark, plain_markdown, short_markdown
from tests.conftest import NOON, Outline
from tests.factories.quizzes import RIGHT, make_question, make_quiz

MINUTE = dt.timedelta(minutes=1)
Row, Moment = review.Row, review.Moment
EVERYTHING = {row.value: int(review.ALL) for row in Row}
FROZEN = time_machine.travel(NOON, tick=False)


@pytest.fixture
def officer(client: Client, officer_p1: User, enrolment: Enrolment) -> Client:
    client.force_login(officer_p1)
    return client


def begin(person: User, quiz: Quiz, at: dt.datetime = NOON, **settings: Any) -> Attempt:
    for name, value in settings.items():
        setattr(quiz, name, value)
    quiz.save()
    return attempts.start(user=person, quiz=quiz, at=at)


def question_of(attempt: Attempt, type_name: str) -> AttemptQuestion:
    return attempt.questions.select_related("version").get(version__type=type_name)


def url(attempt: Attempt, position: int = 0) -> str:
    return f"/quizzes/attempts/{attempt.pk}/" + (f"?q={position}" if position else "")


def data(*answers: tuple[AttemptQuestion, Any], **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for question, answer in answers:
        question.refresh_from_db()
        fields[f"s{question.position}"] = max(question.sequence, question.autosaved_sequence) + 1
        for key, value in types.get(question.version.type).fields(answer, f"q{question.position}"):
            fields.setdefault(key, []).append(value)
    return {**fields, **more}


def rows_of(attempt: Attempt) -> list[AttemptQuestion]:
    return list(attempt.questions.select_related("version").order_by("position"))


# --- Pages, parts, order --------------------------------------------------------------------------------------------


@FROZEN
def test_a_page_holds_several_questions_and_one_button_saves_them_all(
    officer: Client, officer_p1: User, quiz: Quiz
) -> None:
    attempt = begin(officer_p1, quiz, per_page=4)
    page = officer.get(url(attempt))
    html = page.content.decode()
    assert [question.position for question in page.context["screen"].questions] == [1, 2, 3, 4]
    assert len(set(re.findall(r'name="s(\d)"', html))) == 4
    here = rows_of(attempt)[:4]
    sent = data(*((row, RIGHT[row.version.type]) for row in here), go="next")
    assert officer.post(url(attempt, 1), sent)["Location"] == url(attempt, 5)
    assert [row.answer for row in rows_of(attempt)] == [RIGHT[row.version.type] for row in here] + [None, None]
    assert officer.get(url(attempt, 6)).context["screen"].page == 2


@FROZEN
def test_a_page_takes_as_many_queries_with_one_question_as_with_six(
    officer: Client, officer_p1: User, quiz: Quiz
) -> None:
    counts = []
    for per_page in (1, 3, 6):
        attempt = begin(officer_p1, quiz, per_page=per_page, max_attempts=0)
        officer.get(url(attempt, 1))
        with CaptureQueriesContext(connection) as queries:
            officer.get(url(attempt, 1))
        counts.append(len(queries))
        attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    assert len(set(counts)) == 1
    assert counts[0] <= 6


@pytest.fixture
def in_parts(outline: Outline, category: Category) -> Quiz:
    """Two parts; the first begins with instructions, the second has a number of its own and waits."""
    quiz = make_quiz(outline.quiz, {}, shuffles=False, per_page=2)
    QuizSection.objects.create(quiz=quiz, number=1, title="Kiến thức", introduction="Đọc **kỹ** trước.")
    QuizSection.objects.create(quiz=quiz, number=2, title="Tình huống")
    told = make_question(category, "description", stem="Tình huống chung").question
    slots = [
        {"question": told, "section": 1},
        {"question": make_question(category, "single").question, "section": 1},
        {"question": make_question(category, "true_false").question, "section": 1},
        {"question": make_question(category, "short_text").question, "section": 2, "display_number": "2a"},
        {
            "question": make_question(category, "multiple").question,
            "section": 2,
            "display_number": "2b",
            "requires_previous": True,
        },
    ]
    for position, slot in enumerate(slots, start=1):
        QuizSlot.objects.create(quiz=quiz, position=position, count=1, **slot)
    return quiz


@FROZEN
def test_parts_instructions_and_numbers_of_ones_own(officer: Client, officer_p1: User, in_parts: Quiz) -> None:
    attempt = begin(officer_p1, in_parts)
    page = officer.get(url(attempt, 1))
    screen, html = page.context["screen"], page.content.decode()
    assert (screen.section_title, screen.numbers, screen.pages) == ("Kiến thức", "1", 3)
    assert "<strong>kỹ</strong>" in html
    assert 'name="s1"' not in html
    assert [(title, [cell.label for cell in cells]) for title, cells in screen.sections] == [
        ("Kiến thức", ["1", "2"]),
        ("Tình huống", ["2a", "2b"]),
    ]
    second = officer.get(url(attempt, 3)).context["screen"]
    assert (second.section_title, second.section_introduction) == ("Kiến thức", "")
    assert screen.tally.count == 4


@FROZEN
def test_what_waits_for_the_question_before_it_is_not_on_the_page_until_that_is_answered(
    officer: Client, officer_p1: User, in_parts: Quiz
) -> None:
    attempt = begin(officer_p1, in_parts)
    before, waiting = rows_of(attempt)[3:]
    html = officer.get(url(attempt, 4)).content.decode()
    assert 'name="s4"' in html
    assert 'name="s5"' not in html
    assert waiting.version.content["options"][0]["text"] not in html
    officer.post(url(attempt, 4), data((waiting, RIGHT["multiple"]), go="stay-4"))
    waiting.refresh_from_db()
    assert waiting.answer is None
    response = officer.post(url(attempt, 4), data((before, RIGHT["short_text"]), go="stay-4"))
    assert response["Location"] == url(attempt, 4) + "#q-4"
    assert 'name="s5"' in officer.get(url(attempt, 4)).content.decode()


@FROZEN
def test_one_after_the_other_there_is_no_way_back(officer: Client, officer_p1: User, quiz: Quiz) -> None:
    attempt = begin(officer_p1, quiz, navigation="sequential", per_page=2)
    rows = rows_of(attempt)
    html = officer.get(url(attempt)).content.decode()
    assert 'name="go" value="3"' not in html
    assert officer.get(url(attempt, 3))["Location"] == url(attempt, 1)
    assert officer.post(url(attempt, 1), data((rows[0], RIGHT[rows[0].version.type]), go="next"))["Location"] == url(
        attempt, 3
    )
    # Reloading the post of a page that was left moves nobody further.
    officer.post(url(attempt, 1), {"go": "next"})
    attempt.refresh_from_db()
    assert attempt.page_reached == 2
    assert officer.get(url(attempt, 1))["Location"] == url(attempt, 3)
    kept = rows_of(attempt)[0].answer
    officer.post(url(attempt, 1), {"s1": 9, "q1": "", "go": "stay-1"})
    assert rows_of(attempt)[0].answer == kept
    told = officer.post(f"/quizzes/attempts/{attempt.pk}/answers/1/", {"s1": 9}, HTTP_X_REQUESTED_WITH="quiz").json()
    assert told["outcome"] == "locked"
    summary = officer.get(f"/quizzes/attempts/{attempt.pk}/summary/")
    assert [cell.position for cell in summary.context["screen"].cells if cell.is_open] == [3, 4]
    assert officer.get(url(attempt)).context["screen"].questions[0].position == 3


# --- Behaviours -----------------------------------------------------------------------------------------------------


@FROZEN
def test_a_checked_question_says_at_once_what_was_right_and_stays(
    officer: Client, officer_p1: User, quiz: Quiz
) -> None:
    attempt = begin(officer_p1, quiz, behaviour="immediate", review=EVERYTHING)
    single = question_of(attempt, "single")
    address = url(attempt, single.position)
    assert f'value="check-{single.position}"' in officer.get(address).content.decode()
    asked = officer.post(address, data((single, "a"), go=f"check-{single.position}"))
    assert asked["Location"] == f"{address}#q-{single.position}"
    html = officer.get(address).content.decode()
    assert "Lý do a" in html
    assert "Vì điều lệ quy định như vậy." in html
    assert f'name="s{single.position}"' not in html
    assert f'value="check-{single.position}"' not in html
    assert "<fieldset" in html
    assert "Phương án b</p>" not in html
    officer.post(address, {f"s{single.position}": 9, f"q{single.position}": "b", "go": "stay"})
    single.refresh_from_db()
    assert (single.answer, single.fraction) == ("a", 0)


@FROZEN
def test_checking_without_an_answer_asks_for_one_and_uses_up_no_try(
    officer: Client, officer_p1: User, quiz: Quiz
) -> None:
    attempt = begin(officer_p1, quiz, behaviour="interactive")
    single = question_of(attempt, "single")
    response = officer.post(
        url(attempt, single.position), data((single, None), go=f"check-{single.position}"), follow=True
    )
    assert len(response.context["messages"]) == 1
    single.refresh_from_db()
    assert single.tries == 0


@FROZEN
def test_a_wrong_try_gives_the_next_hint_and_says_how_many_are_left(
    officer: Client, officer_p1: User, outline: Outline, category: Category
) -> None:
    make_question(category, "single", hints=["Xem lại Điều 5.", "Không phải a."])
    quiz = make_quiz(outline.quiz, {category: 1})
    attempt = begin(officer_p1, quiz, behaviour="interactive", tries=3, penalty_percent=25, review=EVERYTHING)
    [single] = rows_of(attempt)
    seen = []
    for answer in ("a", "c", "b"):
        officer.post(url(attempt, 1), data((single, answer), go="check-1"))
        [shown] = officer.get(url(attempt, 1)).context["screen"].questions
        seen.append((shown.tried.hints, shown.tried.left, shown.is_settled, bool(shown.tried.feedback.reason)))
    assert seen == [
        (("Xem lại Điều 5.",), 2, False, False),
        (("Xem lại Điều 5.", "Không phải a."), 1, False, False),
        ((), 0, True, True),
    ]
    single.refresh_from_db()
    assert single.fraction == Decimal("0.5")


@FROZEN
def test_a_verdict_during_the_attempt_shows_only_what_the_matrix_allows(
    officer: Client, officer_p1: User, quiz: Quiz
) -> None:
    hidden = {**EVERYTHING, **{row.value: int(review.AFTER) for row in (Row.CORRECTNESS, Row.SPECIFIC, Row.GENERAL)}}
    attempt = begin(officer_p1, quiz, behaviour="immediate", review=hidden)
    single = question_of(attempt, "single")
    officer.post(url(attempt, single.position), data((single, "a"), go=f"check-{single.position}"))
    page = officer.get(url(attempt, single.position))
    [shown] = page.context["screen"].questions
    assert (shown.tried.feedback.share, shown.tried.feedback.reason) == (None, "")
    assert {line.is_right for line in shown.tried.feedback.chosen} == {None}
    assert "Lý do a" not in page.content.decode()


# --- The review matrix ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", list(Row))
def test_each_cell_of_the_matrix_decides_its_own_row_at_its_own_moment(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz, row: Row
) -> None:
    """Everything is shown but this one cell; the other rows, and the other moments, stay as they are."""
    QuizBand.objects.create(quiz=quiz, from_percent=0, text="Cần đọc lại.")
    quiz.max_attempts = 1
    attempt = begin(officer_p1, quiz, closes_at=NOON + 60 * MINUTE)
    single = question_of(attempt, "single")
    AttemptQuestion.objects.filter(pk=single.pk).update(answer="a", sequence=1)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + MINUTE)
    found = screens.own_attempt(officer_p1, attempt.pk)
    assert found is not None
    times = {
        Moment.IMMEDIATELY: NOON + 3 * MINUTE,
        Moment.LATER: NOON + 3 * MINUTE + dt.timedelta(seconds=1),
        Moment.CLOSED: NOON + 60 * MINUTE,
    }

    def seen(at: dt.datetime) -> dict[Row, bool]:
        screen = screens.result_screen(found, at)
        mine = next((each for each in screen.questions if each.position == single.position), None)
        feedback = mine.feedback if mine else None
        return {
            Row.ATTEMPT: bool(screen.questions),
            Row.CORRECTNESS: bool(feedback and feedback.share is not None and feedback.chosen[0].is_right is not None),
            Row.MAX_MARKS: bool(feedback and feedback.most is not None),
            Row.MARKS: screen.percent is not None,
            Row.SPECIFIC: bool(feedback and feedback.chosen[0].reason),
            Row.GENERAL: bool(feedback and feedback.reason),
            Row.RIGHT_ANSWER: bool(feedback and feedback.right),
            Row.OVERALL: bool(screen.band),
        }

    for moment in times:
        found.rules["review"] = {**EVERYTHING, row.value: int(review.ALL & ~moment)}
        for each, at in times.items():
            gone = ({row} | (_OF_QUESTIONS if row == Row.ATTEMPT else set())) if each == moment else set()
            assert seen(at) == {other: other not in gone for other in Row}, (moment, each)


_OF_QUESTIONS = {Row.CORRECTNESS, Row.MAX_MARKS, Row.SPECIFIC, Row.GENERAL, Row.RIGHT_ANSWER}


@FROZEN
def test_the_key_stays_out_while_the_last_attempt_is_under_way(officer: Client, officer_p1: User, quiz: Quiz) -> None:
    first = begin(officer_p1, quiz, max_attempts=2)
    attempts.submit(user=officer_p1, attempt_id=first.pk, at=NOON)
    begin(officer_p1, quiz)
    html = officer.get(f"/quizzes/attempts/{first.pk}/result/").content.decode()
    assert "Phương án b" not in html


# --- The result -----------------------------------------------------------------------------------------------------


@pytest.fixture
def by_objective(outline: Outline, category: Category) -> tuple[Quiz, Objective, Objective]:
    """Law, with a lesson and a pass mark of its own, and practice."""
    law = Objective.objects.create(key="luat", name="Pháp luật", lesson=outline.lesson_2)
    practice = Objective.objects.create(key="nghiep-vu", name="Nghiệp vụ", lesson=outline.lesson_1)
    make_question(category, "single", objective=law)
    make_question(category, "true_false", objective=practice)
    quiz = make_quiz(outline.quiz, {category: 2}, pass_percent=50, shuffles=False)
    QuizGoal.objects.create(quiz=quiz, objective=law, pass_percent=80)
    QuizBand.objects.create(quiz=quiz, from_percent=0, text="Cần đọc lại cả chuyên đề.")
    QuizBand.objects.create(quiz=quiz, from_percent=50, text="Gần đạt.")
    return quiz, law, practice


@FROZEN
def test_a_bar_for_each_objective_leads_to_the_lesson_and_a_goal_of_its_own_is_named(
    officer: Client, officer_p1: User, by_objective: tuple[Quiz, Objective, Objective], outline: Outline
) -> None:
    quiz, _law, _practice = by_objective
    attempt = begin(officer_p1, quiz, needs_remediation=True)
    true_false = question_of(attempt, "true_false")
    officer.post(url(attempt, true_false.position), data((true_false, RIGHT["true_false"])))
    officer.post(f"/quizzes/attempts/{attempt.pk}/submit/")
    page = officer.get(f"/quizzes/attempts/{attempt.pk}/result/")
    screen = page.context["screen"]
    assert [(bar.name, bar.percent, bar.goal, bar.is_reached) for bar in screen.bars] == [
        ("Pháp luật", 0, 80, False),
        ("Nghiệp vụ", 100, None, True),
    ]
    assert (screen.band, screen.passed, screen.percent) == ("Gần đạt.", False, 50)
    [lesson] = {bar.lesson_url for bar in screen.missed_goals}
    assert lesson in page.content.decode()
    # The next attempt waits until that lesson was opened again.
    panel = screens.quiz_panel(outline.quiz.key, attempt.enrolment, NOON)
    assert panel is not None
    assert panel.remedies == (("Bài 2", lesson),)
    assert officer.get(lesson)["Location"] == outline.lesson_2.url
    assert officer.get(lesson).status_code == 302
    assert attempt.events.filter(kind=AttemptEvent.Kind.REMEDIED).count() == 1
    panel = screens.quiz_panel(outline.quiz.key, attempt.enrolment, NOON)
    assert panel is not None
    assert (panel.refusal, panel.remedies) == (None, ())
    other = f"/quizzes/attempts/{attempt.pk}/lessons/{outline.lesson_3.pk}/"
    assert officer.get(other).status_code == 404


@FROZEN
def test_an_answer_that_a_person_marks_is_waited_for_and_then_told_with_its_comment(
    officer: Client, officer_p1: User, manager_p1: User, outline: Outline, category: Category
) -> None:
    make_question(category, "essay")
    attempt = begin(officer_p1, make_quiz(outline.quiz, {category: 1}))
    [essay] = rows_of(attempt)
    officer.post(url(attempt, 1), data((essay, RIGHT["essay"])))
    officer.post(f"/quizzes/attempts/{attempt.pk}/submit/")
    page = officer.get(f"/quizzes/attempts/{attempt.pk}/result/")
    screen = page.context["screen"]
    assert (screen.state, screen.waiting, screen.percent, screen.bars) == ("submitted", 1, None, ())
    assert "30/11/2026" in page.content.decode()
    from fractions import Fraction

    grading.change_marks(
        attempt=attempt, marks={essay.pk: grading.NewMark(Fraction(3, 4), "Nên nêu rõ căn cứ.")}, kind="marked",
        by=manager_p1, reason="", at=NOON + MINUTE,
    )  # fmt: skip
    page = officer.get(f"/quizzes/attempts/{attempt.pk}/result/")
    assert page.context["screen"].percent == 75
    assert "Nên nêu rõ căn cứ." in page.content.decode()


@FROZEN
def test_abandoned_and_voided_attempts_say_what_they_are(
    officer: Client, officer_p1: User, manager_p1: User, centre: User, quiz: Quiz, outline: Outline
) -> None:
    abandoned = begin(officer_p1, quiz, NOON - 60 * MINUTE, on_time_up="abandon")
    assert officer.get(url(abandoned))["Location"] == f"/quizzes/attempts/{abandoned.pk}/result/"
    page = officer.get(f"/quizzes/attempts/{abandoned.pk}/result/").context["screen"]
    assert (page.state, page.percent, page.passed) == ("abandoned", None, False)
    voided = begin(officer_p1, quiz)
    attempts.submit(user=officer_p1, attempt_id=voided.pk, at=NOON)
    attempts.ask_to_void(attempt=voided, by=manager_p1, reason="Mất điện", decision_number="12/QĐ", at=NOON)
    attempts.confirm_void(attempt=voided, by=centre, at=NOON)
    html = officer.get(f"/quizzes/attempts/{voided.pk}/result/").content.decode()
    assert "12/QĐ" in html
    assert "Mất điện" in html
    panel = screens.quiz_panel(outline.quiz.key, voided.enrolment, NOON)
    assert panel is not None
    assert [(row.state, row.percent, bool(row.says)) for row in panel.history] == [
        ("abandoned", None, True),
        ("voided", None, True),
    ]


@FROZEN
def test_time_that_is_up_with_a_grace_offers_only_the_hand_in(officer: Client, officer_p1: User, quiz: Quiz) -> None:
    attempt = begin(officer_p1, quiz, NOON - 25 * MINUTE, on_time_up="grace", grace_minutes=10)
    page = officer.get(url(attempt))
    assert page.context["screen"].head.hands_in_late
    html = page.content.decode()
    assert 'id="question"' not in html
    assert f'action="/quizzes/attempts/{attempt.pk}/submit/"' in html


@FROZEN
def test_the_history_says_which_attempt_counts(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    for answer in ("b", None):
        attempt = begin(officer_p1, quiz, grading="highest")
        single = question_of(attempt, "single")
        AttemptQuestion.objects.filter(pk=single.pk).update(answer=answer, sequence=1)
        attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    panel = screens.quiz_panel(quiz.activity.key, enrolment, NOON)
    assert panel is not None
    assert [(row.number, row.counts) for row in panel.history] == [(1, True), (2, False)]
    assert panel.standing is not None
    assert round(panel.standing.percent or 0) == 17


def test_the_pages_of_quiz_and_result_take_as_many_queries_with_one_attempt_as_with_three(
    officer: Client, officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    counts = []
    for number in range(3):
        with FROZEN:
            attempt = begin(officer_p1, quiz, max_attempts=0)
            attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
            officer.get(f"/quizzes/attempts/{attempt.pk}/result/")
            if number == 1:
                continue
            with CaptureQueriesContext(connection) as queries:
                officer.get(f"/quizzes/attempts/{attempt.pk}/result/")
            with CaptureQueriesContext(connection) as more:
                screens.quiz_panel(quiz.activity.key, enrolment, NOON)
            counts.append((len(queries), len(more)))
    assert counts[0] == counts[1]


# --- Beginning ------------------------------------------------------------------------------------------------------


@FROZEN
def test_the_password_is_asked_for_and_a_wrong_one_begins_nothing(
    officer: Client, quiz: Quiz, outline: Outline, enrolment: Enrolment
) -> None:
    quiz.password = "Hạ Long"
    quiz.save()
    panel = screens.quiz_panel(outline.quiz.key, enrolment, NOON)
    assert panel is not None
    assert panel.asks_for == ("password",)
    start = f"/quizzes/{outline.quiz.pk}/start/"
    assert officer.post(start, {"password": "Ha Long"})["Location"] == outline.quiz.url
    assert not Attempt.objects.exists()
    officer.post(start, {"password": " hạ long "})
    assert Attempt.objects.get().state == "in_progress"


@FROZEN
def test_exceptions_and_times_stand_on_the_page_of_the_quiz(
    officer_p1: User, manager_p1: User, quiz: Quiz, outline: Outline, enrolment: Enrolment
) -> None:
    quiz.opens_at, quiz.closes_at = NOON - MINUTE, NOON
    quiz.save()
    panel = screens.quiz_panel(outline.quiz.key, enrolment, NOON)
    assert panel is not None
    assert panel.refusal is not None
    assert (panel.refusal.why.value, panel.has_exception) == ("closed", False)
    Override.objects.create(
        quiz=quiz, person=officer_p1, closes_at=NOON + 60 * MINUTE, time_factor=Decimal("1.5"), reason="Ốm",
        made_by=manager_p1, made_at=NOON,
    )  # fmt: skip
    panel = screens.quiz_panel(outline.quiz.key, enrolment, NOON)
    assert panel is not None
    assert (panel.refusal, panel.has_exception, panel.closes_at) == (None, True, NOON + 60 * MINUTE)
    assert panel.limit_minutes == 30


@FROZEN
def test_an_attempt_that_stays_on_its_device_opens_on_no_other(
    officer: Client, officer_p1: User, quiz: Quiz, outline: Outline
) -> None:
    quiz.one_device = True
    quiz.save()
    officer.post(f"/quizzes/{outline.quiz.pk}/start/")
    attempt = Attempt.objects.get()
    single = question_of(attempt, "single")
    assert officer.get(url(attempt, 1)).status_code == 200
    other = Client()
    other.force_login(officer_p1)
    assert other.get(url(attempt, 1))["Location"] == outline.quiz.url
    assert other.post(f"/quizzes/{outline.quiz.pk}/start/")["Location"] == outline.quiz.url
    other.post(url(attempt, single.position), data((single, "b"), go="stay"))
    told = other.post(f"/quizzes/attempts/{attempt.pk}/answers/{single.position}/", data((single, "b"))).json()
    assert told["outcome"] == "elsewhere"
    single.refresh_from_db()
    assert (single.answer, single.autosaved) == (None, None)
    officer.post(url(attempt, single.position), data((single, "b"), go="stay"))
    single.refresh_from_db()
    assert single.answer == "b"


# --- Signing in again, and what a text may hold ---------------------------------------------------------------------


@FROZEN
def test_the_sign_in_beside_the_answers_ends_with_a_new_token_for_the_learner_alone(
    officer: Client, officer_p1: User, officer_p2: User, quiz: Quiz
) -> None:
    attempt = begin(officer_p1, quiz)
    address = f"/quizzes/attempts/{attempt.pk}/signed-in/"
    assert 'id="token"' in officer.get(address).content.decode()
    page = officer.get(url(attempt, 1))
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert f'data-key="{attempt.key}"' in page.content.decode()
    other = Client()
    assert other.get(address)["Location"].startswith("/accounts/login/")
    assert other.get(address, HTTP_X_REQUESTED_WITH="quiz").status_code == 401
    other.force_login(officer_p2)
    stranger = other.get(address)
    assert (stranger.status_code, 'id="token"' in stranger.content.decode()) == (404, False)


def test_short_markdown_shows_pictures_of_the_bank_and_no_others() -> None:
    sha = "ab" * 32
    html = short_markdown(f"Xem ![Trang <của> xã](picture:{sha})")
    assert f'<img src="/quizzes/pictures/{sha}/" alt="Trang &lt;của&gt; xã" loading="lazy">' in html
    for bad in ("![x](https://evil.example/a.png)", "![x](picture:../../a)", "<img src=x>", "![x](javascript:alert)"):
        assert "<img" not in short_markdown(bad)
    assert plain_markdown(f"Xem **kỹ** ![Trang của xã](picture:{sha})") == "Xem kỹ Trang của xã"


@pytest.mark.parametrize(("value", "text"), [("1", "1"), ("0.5000", "0,5"), ("0.3333333", "0,33"), ("2.50", "2,5")])
def test_marks_have_no_more_decimals_than_they_need(value: str, text: str) -> None:
    assert mark(Decimal(value)) == text

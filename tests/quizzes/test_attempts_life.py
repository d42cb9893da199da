"""The life of an attempt beside the plain way: reserved, overdue, abandoned, reopened, voided; who may begin; tries."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from courses.models import ActivityState, Completion, Enrolment, ProgressEvent
from courses.services import progress
from courses.services.progress import rebuild, record_activity
from lms.accounts.models import User
from quizzes.access import Asked
from quizzes.models import (
    Attempt,
    AttemptEvent,
    AttemptQuestion,
    AttemptStep,
    Category,
    ExamSession,
    ExamTicket,
    GradeChange,
    Objective,
    Override,
    Quiz,
    QuizGoal,
    QuizGrade,
    QuizSection,
    QuizSlot,
)
from quizzes.queries.starting import lessons_to_open, shares_by_objective
from quizzes.services import attempts, bank, grading
from quizzes.services.attempts import AttemptRefusedError, DecisionRefusedError, Outcome
from quizzes.services.grading import NewMark, NotMarkableError
from tests.conftest import NOON, Outline, Units
from tests.factories.quizzes import RIGHT, make_category, make_question, make_quiz
from tests.quizzes.test_attempts import answer_all, post_of, question_of, save

MINUTE = dt.timedelta(minutes=1)
SECOND = dt.timedelta(seconds=1)
DAY = dt.timedelta(days=1)


def events(attempt: Attempt) -> list[str]:
    return list(attempt.events.values_list("kind", flat=True))


def set_rules(quiz: Quiz, **values: Any) -> Quiz:
    for field, value in values.items():
        setattr(quiz, field, value)
    quiz.save()
    return quiz


# --- Reserved beforehand --------------------------------------------------------------------------


def test_a_reserved_attempt_has_its_questions_and_no_clock(enrolment: Enrolment, quiz: Quiz) -> None:
    attempt = attempts.reserve(enrolment=enrolment, quiz=quiz, at=NOON)
    assert (attempt.state, attempt.started_at, attempt.deadline_at, attempt.check_at) == ("not_started",) + (None,) * 3
    assert attempt.questions.count() == 6
    assert attempts.reserve(enrolment=enrolment, quiz=quiz, at=NOON + MINUTE) == attempt
    assert attempts.sweep(NOON + DAY) == 0


def test_the_first_opening_starts_the_clock_of_what_was_reserved(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    reserved = attempts.reserve(enrolment=enrolment, quiz=quiz, at=NOON)
    asked = list(reserved.questions.values_list("version", "order"))
    opened = attempts.start(user=officer_p1, quiz=quiz, at=NOON + 60 * MINUTE)
    assert (opened, opened.state, opened.deadline_at) == (reserved, "in_progress", NOON + 80 * MINUTE)
    assert list(opened.questions.values_list("version", "order")) == asked
    assert events(opened) == ["started"]


def test_a_reserved_attempt_uses_up_none_and_takes_no_answers(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    set_rules(quiz, max_attempts=1)
    reserved = attempts.reserve(enrolment=enrolment, quiz=quiz, at=NOON)
    question = question_of(reserved, "single")
    assert save(officer_p1, question, "b", sequence=1).outcome == Outcome.CLOSED
    assert attempts.start(user=officer_p1, quiz=quiz, at=NOON) == reserved


def test_the_seats_of_a_session_are_reserved_once(
    officer_p1: User, officer_p2: User, enrolment: Enrolment, quiz: Quiz, manager_p1: User, units: Units
) -> None:
    session = ExamSession.objects.create(
        quiz=quiz, unit=enrolment.unit, room="Hội trường", planned_at=NOON, made_by=manager_p1, made_at=NOON
    )
    for number, person in enumerate((officer_p1, officer_p2), start=1):
        ExamTicket.objects.create(session=session, person=person, number=number, code_hash="-", made_at=NOON)
    assert attempts.reserve_seats(session=session, at=NOON) == 1
    assert attempts.reserve_seats(session=session, at=NOON) == 0
    assert Attempt.objects.get().enrolment == enrolment


# --- Who may begin --------------------------------------------------------------------------------


def refused(user: User, quiz: Quiz, at: dt.datetime = NOON, **asked: str) -> AttemptRefusedError:
    with pytest.raises(AttemptRefusedError) as error:
        attempts.start(user=user, quiz=quiz, at=at, asked=Asked(**asked))
    assert not Attempt.objects.filter(state__in=("in_progress", "not_started")).exists()
    return error.value


def test_a_password_is_asked_for_once_and_not_when_going_on(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    set_rules(quiz, password="Đại đoàn kết")
    assert refused(officer_p1, quiz).asks_for == "password"
    assert refused(officer_p1, quiz, password="dai doan ket").asks_for == "password"
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON, asked=Asked(password="đại đoàn kết"))
    assert attempts.start(user=officer_p1, quiz=quiz, at=NOON + MINUTE) == attempt


def test_only_from_the_room_and_a_stranger_address_leaves_nothing(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    set_rules(quiz, networks="10.20.0.0/24")
    refused(officer_p1, quiz, address="10.21.0.1")
    assert attempts.start(user=officer_p1, quiz=quiz, at=NOON, asked=Asked(address="10.20.0.9"))


def test_a_quiz_is_open_between_its_dates(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    set_rules(quiz, opens_at=NOON, closes_at=NOON + 30 * MINUTE)
    assert "12:00" in str(refused(officer_p1, quiz, NOON - SECOND)) or "19:00" in str(
        refused(officer_p1, quiz, NOON - SECOND)
    )
    refused(officer_p1, quiz, NOON + 30 * MINUTE)
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON + 20 * MINUTE)
    assert attempt.deadline_at == NOON + 30 * MINUTE


def test_an_exception_of_the_unit_opens_later_and_the_persons_own_gives_more_time(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz, manager_p1: User, units: Units
) -> None:
    set_rules(quiz, closes_at=NOON - DAY)
    refused(officer_p1, quiz)
    common: dict[str, Any] = {"quiz": quiz, "reason": "Bão số 12", "made_by": manager_p1, "made_at": NOON - DAY}
    Override.objects.create(unit=enrolment.unit, closes_at=NOON + DAY, limit_minutes=30, **common)
    Override.objects.create(person=officer_p1, time_factor=Decimal("1.5"), **common)
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    assert attempt.deadline_at == NOON + 45 * MINUTE


def test_an_exception_of_others_withdrawn_or_expired_changes_nothing(
    officer_p1: User, officer_p2: User, enrolment: Enrolment, quiz: Quiz, manager_p1: User, units: Units
) -> None:
    set_rules(quiz, closes_at=NOON - DAY)
    common: dict[str, Any] = {
        "quiz": quiz, "closes_at": NOON + DAY, "reason": "r", "made_by": manager_p1, "made_at": NOON - DAY,
    }  # fmt: skip
    Override.objects.create(person=officer_p2, **common)
    Override.objects.create(person=officer_p1, expires_on=NOON.date() - DAY, **common)
    Override.objects.create(person=officer_p1, withdrawn_at=NOON, withdrawn_by=manager_p1, **common)
    refused(officer_p1, quiz)


def test_an_attempt_stays_on_the_device_where_it_began(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    set_rules(quiz, one_device=True)
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON, asked=Asked(device="máy A"))
    with pytest.raises(AttemptRefusedError):
        attempts.start(user=officer_p1, quiz=quiz, at=NOON, asked=Asked(device="máy B"))
    question = question_of(attempt, "single")
    values: dict[str, Any] = {
        "user": officer_p1, "attempt_id": attempt.pk, "position": question.position,
        "post": post_of(question, "b"), "name": "answer", "sequence": 1, "at": NOON,
    }  # fmt: skip
    elsewhere = attempts.save_answer(**values, device="máy B")
    here = attempts.save_answer(**values, device="máy A")
    assert elsewhere is not None
    assert here is not None
    assert (elsewhere.outcome, here.outcome) == (Outcome.ELSEWHERE, Outcome.SAVED)


# --- Time up --------------------------------------------------------------------------------------


def start_with(user: User, quiz: Quiz, policy: str) -> Attempt:
    return attempts.start(user=user, quiz=set_rules(quiz, on_time_up=policy, grace_minutes=10), at=NOON)


def test_a_policy_that_changes_later_moves_no_running_attempt(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    attempt = start_with(officer_p1, quiz, "abandon")
    set_rules(quiz, on_time_up="autosubmit")
    attempts.sweep(NOON + 30 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.state == "abandoned"


def test_overdue_is_told_once_takes_only_handing_in_and_keeps_the_answers(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    attempt = start_with(officer_p1, quiz, "grace")
    answer_all(officer_p1, attempt)
    assert attempts.sweep(NOON + 21 * MINUTE) == 1
    assert attempts.sweep(NOON + 22 * MINUTE) == 0
    attempt.refresh_from_db()
    assert (attempt.state, attempt.check_at, events(attempt)) == (
        "overdue", NOON + 30 * MINUTE, ["started", "overdue"],
    )  # fmt: skip
    handed_in = attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + 29 * MINUTE)
    assert handed_in is not None
    assert (handed_in.state, handed_in.score, handed_in.submitted_at) == ("graded", 1, NOON + 29 * MINUTE)
    assert events(attempt) == ["started", "overdue", "timed_out", "graded"]


def test_an_overdue_attempt_is_abandoned_when_its_grace_is_over_with_answers_and_without_a_grade(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    attempt = start_with(officer_p1, quiz, "grace")
    answer_all(officer_p1, attempt)
    assert attempts.sweep(NOON + 31 * MINUTE) == 1
    attempt.refresh_from_db()
    assert (attempt.state, attempt.score, attempt.check_at) == ("abandoned", None, None)
    assert attempt.questions.filter(answer__isnull=True).count() == 0
    assert not GradeChange.objects.exists()
    assert not ProgressEvent.objects.filter(kind__in=("done", "failed")).exists()
    late = attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + 32 * MINUTE)
    assert late is not None
    assert late.state == "abandoned"


def test_an_abandoned_attempt_is_used_up(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    set_rules(quiz, max_attempts=1)
    start_with(officer_p1, quiz, "abandon")
    with pytest.raises(AttemptRefusedError):
        attempts.start(user=officer_p1, quiz=quiz, at=NOON + 60 * MINUTE)
    assert Attempt.objects.get().state == "abandoned"


def test_reopened_after_its_deadline_it_is_handed_in_at_its_deadline_at_once(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz, manager_p1: User
) -> None:
    attempt = start_with(officer_p1, quiz, "abandon")
    answer_all(officer_p1, attempt, right=3)
    attempts.sweep(NOON + 30 * MINUTE)
    opened = attempts.reopen(attempt=attempt, by=manager_p1, reason="Mất điện cả xã", at=NOON + DAY)
    assert (opened.state, opened.submitted_at, opened.score) == ("graded", NOON + 20 * MINUTE, Decimal("0.5"))
    assert events(attempt) == ["started", "abandoned", "reopened", "timed_out", "graded"]
    assert AttemptEvent.objects.get(kind="reopened").by == manager_p1


def test_reopened_with_more_time_it_goes_on(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz, manager_p1: User
) -> None:
    attempt = start_with(officer_p1, quiz, "abandon")
    attempts.sweep(NOON + 30 * MINUTE)
    Override.objects.create(
        quiz=quiz, person=officer_p1, limit_minutes=120, reason="Mất điện", made_by=manager_p1, made_at=NOON
    )
    opened = attempts.reopen(attempt=attempt, by=manager_p1, reason="Mất điện", at=NOON + 60 * MINUTE)
    assert (opened.state, opened.deadline_at) == ("in_progress", NOON + 120 * MINUTE)
    assert (
        save(officer_p1, question_of(opened, "single"), "b", sequence=1, at=NOON + 61 * MINUTE).outcome == Outcome.SAVED
    )


@pytest.mark.parametrize("reason", ["", "   "])
def test_nothing_is_reopened_without_a_reason_and_nothing_but_what_was_abandoned(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz, manager_p1: User, reason: str
) -> None:
    attempt = start_with(officer_p1, quiz, "abandon")
    with pytest.raises(DecisionRefusedError):
        attempts.reopen(attempt=attempt, by=manager_p1, reason="Lý do", at=NOON)
    attempts.sweep(NOON + 30 * MINUTE)
    with pytest.raises(DecisionRefusedError):
        attempts.reopen(attempt=attempt, by=manager_p1, reason=reason, at=NOON)


# --- Voided ---------------------------------------------------------------------------------------


@pytest.fixture
def passed(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> Attempt:
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    answer_all(officer_p1, attempt)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + MINUTE)
    attempt.refresh_from_db()
    return attempt


def void(attempt: Attempt, by: User, second: User) -> bool:
    attempts.ask_to_void(attempt=attempt, by=by, reason="Nhờ người làm hộ", decision_number="12/QĐ-MTTQ", at=NOON + DAY)
    return attempts.confirm_void(attempt=attempt, by=second, at=NOON + 2 * DAY)


def test_voiding_takes_two_people(passed: Attempt, manager_p1: User, centre: User) -> None:
    with pytest.raises(DecisionRefusedError):
        void(passed, manager_p1, manager_p1)
    passed.refresh_from_db()
    assert passed.state == "graded"
    passed.voiding.confirmed_by = manager_p1
    with pytest.raises(IntegrityError), transaction.atomic():
        passed.voiding.save()
    assert not attempts.confirm_void(attempt=passed, by=centre, at=NOON + 2 * DAY)
    passed.refresh_from_db()
    assert passed.state == "voided"


def test_a_voided_attempt_stays_in_the_record_and_counts_for_nothing(
    passed: Attempt, officer_p1: User, manager_p1: User, centre: User, quiz: Quiz
) -> None:
    state = ActivityState.objects.get(activity=quiz.activity)
    assert state.done_at is not None
    void(passed, manager_p1, centre)
    passed.refresh_from_db()
    assert passed.score == 1
    assert not Attempt.objects.of_statistics().exists()
    grade = QuizGrade.objects.get()
    assert (grade.score, grade.passed, grade.attempt) == (None, False, None)
    assert list(GradeChange.objects.values_list("kind", flat=True)) == ["graded", "voided"]
    state.refresh_from_db()
    assert state.done_at is None
    assert not rebuild(enrolment=passed.enrolment)
    assert attempts.start(user=officer_p1, quiz=quiz, at=NOON + 3 * DAY).number == 2


def test_a_completed_course_stays_completed_and_that_is_said(
    passed: Attempt, enrolment: Enrolment, outline: Outline, manager_p1: User, centre: User
) -> None:
    for number, lesson in enumerate((outline.lesson_1, outline.lesson_2, outline.lesson_3)):
        record_activity(
            enrolment=enrolment, activity=lesson, kind=progress.EventKind.DONE, source_key=f"l{number}", at=NOON
        )
    assert Completion.objects.count() == 1
    assert void(passed, manager_p1, centre)
    assert ActivityState.objects.get(activity=outline.quiz).done_at is not None
    assert not QuizGrade.objects.get().passed


def test_a_proposal_that_is_refused_leaves_the_attempt_as_it_was(
    passed: Attempt, manager_p1: User, centre: User
) -> None:
    attempts.ask_to_void(attempt=passed, by=manager_p1, reason="r", decision_number="1", at=NOON)
    attempts.refuse_void(attempt=passed, by=centre, reason="Không đủ căn cứ", at=NOON)
    with pytest.raises(DecisionRefusedError):
        attempts.confirm_void(attempt=passed, by=centre, at=NOON)
    passed.refresh_from_db()
    assert passed.state == "graded"
    assert events(passed)[-2:] == ["void_asked", "void_refused"]


@pytest.mark.parametrize("table", ["GradeChange", "AttemptEvent", "AttemptStep"])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_histories_are_added_to_and_never_changed(passed: Attempt, table: str, verb: str) -> None:
    AttemptStep.objects.create(question=passed.questions.first(), kind="marked", at=NOON)
    rows = {"GradeChange": GradeChange, "AttemptEvent": AttemptEvent, "AttemptStep": AttemptStep}[table].objects
    assert rows.exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.all()._raw_delete(rows.db) if verb == "delete" else rows.update(at=NOON)
    assert rows.exists()


# --- Autosave -------------------------------------------------------------------------------------


@pytest.fixture
def attempt(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> Attempt:
    return attempts.start(user=officer_p1, quiz=quiz, at=NOON)


def test_autosaves_replace_each_other_beside_the_deliberate_answer_and_the_latest_becomes_real_at_the_end(
    attempt: Attempt, officer_p1: User
) -> None:
    question = question_of(attempt, "single")
    save(officer_p1, question, "a", sequence=1)
    save(officer_p1, question, "c", sequence=2, is_auto=True)
    save(officer_p1, question, "b", sequence=3, is_auto=True, at=NOON + MINUTE)
    question.refresh_from_db()
    assert (question.answer, question.autosaved, question.autosaved_sequence) == ("a", "b", 3)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + 2 * MINUTE)
    question.refresh_from_db()
    assert (question.answer, question.saved_at, question.autosaved_sequence) == ("b", NOON + MINUTE, 0)
    assert question.fraction == 1


def test_a_deliberate_save_replaces_what_was_sent_by_itself_before(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "single")
    save(officer_p1, question, "b", sequence=1, is_auto=True)
    saved = save(officer_p1, question, "c", sequence=2)
    assert (saved.outcome, saved.question.answer, saved.question.autosaved_sequence) == (Outcome.SAVED, "c", 0)


def test_an_answer_taken_back_by_itself_stays_taken_back(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "multiple")
    save(officer_p1, question, ["a", "b"], sequence=1)
    save(officer_p1, question, None, sequence=2, is_auto=True)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    question.refresh_from_db()
    assert (question.answer, question.fraction) == (None, 0)


def test_an_autosave_from_an_older_window_is_stale_against_an_autosave(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "single")
    save(officer_p1, question, "b", sequence=1, is_auto=True)
    for is_auto in (True, False):
        stale = save(officer_p1, question, "c", sequence=1, is_auto=is_auto)
        assert (stale.outcome, stale.offered) == (Outcome.STALE, "c")
    question.refresh_from_db()
    assert question.autosaved == "b"


def test_what_the_clock_hands_in_has_the_autosaved_answers(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "single")
    save(officer_p1, question, "b", sequence=1, is_auto=True)
    attempts.sweep(NOON + 30 * MINUTE)
    question.refresh_from_db()
    assert (question.answer, question.fraction) == ("b", 1)


# --- Behaviours -----------------------------------------------------------------------------------


def begun(user: User, quiz: Quiz, behaviour: str) -> Attempt:
    return attempts.start(user=user, quiz=set_rules(quiz, behaviour=behaviour, tries=3, penalty_percent=25), at=NOON)


def check(user: User, question: AttemptQuestion, answer: Any, sequence: int) -> attempts.Saved:
    found = attempts.check_answer(
        user=user,
        attempt_id=question.attempt_id,
        position=question.position,
        post=post_of(question, answer),
        name="answer",
        sequence=sequence,
        at=NOON,
    )
    assert found is not None
    return found


def test_a_checked_question_is_settled_and_keeps_its_answer(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    question = question_of(begun(officer_p1, quiz, "immediate"), "single")
    checked = check(officer_p1, question, "c", 1)
    assert checked.verdict is not None
    assert (checked.verdict.fraction, checked.question.is_settled, checked.question.fraction) == (0, True, 0)
    assert save(officer_p1, question, "b", sequence=2).outcome == Outcome.LOCKED
    question.refresh_from_db()
    assert question.answer == "c"


def test_tries_cost_and_a_doubled_click_is_one_try(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    attempt = begun(officer_p1, quiz, "interactive")
    question = question_of(attempt, "single")
    for _ in range(2):
        first = check(officer_p1, question, "c", 1)
        assert first.verdict is not None
        assert (first.verdict.hint, first.question.tries, first.question.is_settled) == (0, 1, False)
    second = check(officer_p1, question, "b", 2)
    assert second.verdict is not None
    assert (second.verdict.fraction, second.question.tries, second.question.is_settled) == (Fraction(3, 4), 2, True)
    assert list(question.steps.values_list("kind", "fraction")) == [("checked", 0), ("checked", Decimal("0.75"))]
    result = attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    assert result is not None
    assert result.score == Decimal("0.125")


def test_an_answer_changed_after_a_wrong_try_and_handed_in_unchecked_pays_for_the_try(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    attempt = begun(officer_p1, quiz, "interactive")
    question = question_of(attempt, "single")
    check(officer_p1, question, "c", 1)
    save(officer_p1, question, "b", sequence=2)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    question.refresh_from_db()
    assert question.fraction == Decimal("0.75")


def test_in_a_deferred_attempt_nothing_is_checked(attempt: Attempt, officer_p1: User) -> None:
    checked = check(officer_p1, question_of(attempt, "single"), "b", 1)
    assert (checked.outcome, checked.verdict) == (Outcome.LOCKED, None)
    assert not AttemptStep.objects.exists()


# --- Parts, pages, order --------------------------------------------------------------------------


def test_parts_come_in_their_order_each_shuffled_for_itself_on_pages_of_their_own(
    officer_p1: User, enrolment: Enrolment, outline: Outline
) -> None:
    first, second = make_category("a"), make_category("b")
    for category in (first, second):
        for _ in range(3):
            make_question(category)
    quiz = make_quiz(outline.quiz, {}, per_page=2)
    QuizSlot.objects.create(quiz=quiz, position=1, category=second, count=3, section=2)
    QuizSlot.objects.create(quiz=quiz, position=2, category=first, count=3, section=1)
    QuizSection.objects.create(quiz=quiz, number=2, title="Phần II", shuffles=False)
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    rows = list(attempt.questions.values_list("section", "page", "version__question__category__key"))
    assert rows == [(1, 1, "a"), (1, 1, "a"), (1, 2, "a"), (2, 3, "b"), (2, 3, "b"), (2, 4, "b")]


def test_a_page_that_was_left_is_closed_in_a_sequential_attempt(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    attempt = attempts.start(user=officer_p1, quiz=set_rules(quiz, navigation="sequential", per_page=2), at=NOON)
    rows = list(attempt.questions.select_related("version"))
    assert save(officer_p1, rows[2], None, sequence=1).outcome == Outcome.LOCKED
    assert not attempts.turn_page(attempt=attempt, page=3)
    assert attempts.turn_page(attempt=attempt, page=2)
    assert save(officer_p1, rows[0], RIGHT[rows[0].version.type], sequence=1).outcome == Outcome.LOCKED
    assert save(officer_p1, rows[2], RIGHT[rows[2].version.type], sequence=1).outcome == Outcome.SAVED
    assert not attempts.turn_page(attempt=attempt, page=1)


def test_what_requires_the_one_before_is_locked_until_that_has_an_answer(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    questions = [make_question(category).question for _ in range(2)]
    quiz = make_quiz(outline.quiz, {})
    for position, question in enumerate(questions, start=1):
        QuizSlot.objects.create(
            quiz=quiz, position=position, question=question, requires_previous=position == 2, display_number="I"
        )
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    first, second = attempt.questions.select_related("version")
    assert [row.version.question for row in (first, second)] == questions
    assert [row.display_number for row in (first, second)] == ["I", "I"]
    assert save(officer_p1, second, "b", sequence=1).outcome == Outcome.LOCKED
    save(officer_p1, first, "a", sequence=1, is_auto=True)
    assert save(officer_p1, second, "b", sequence=1).outcome == Outcome.SAVED


def test_a_fixed_version_is_asked_although_a_newer_one_is_ready(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    old = make_question(category, code="q")
    new = make_question(category, code="q", stem="Câu mới?")
    quiz = make_quiz(outline.quiz, {})
    QuizSlot.objects.create(quiz=quiz, position=1, question=old.question, version=old.version)
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    assert attempt.questions.get().version == old.version != new.version


def test_a_draft_beside_a_ready_version_is_not_asked(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    ready = make_question(category, code="q")
    draft = make_question(category, code="q", stem="Chưa duyệt?", status="draft")
    assert (draft.question.latest, draft.question.ready) == (draft.version, ready.version)
    attempt = attempts.start(user=officer_p1, quiz=make_quiz(outline.quiz, {category: 1}), at=NOON)
    assert attempt.questions.get().version == ready.version


def test_a_draw_keeps_to_level_objective_and_tags(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    law = bank.save_objective(key="luat", name="Pháp luật")
    right = make_question(category, code="dung", objective=law, level="van_dung", tags=["mới", "khó"]).question
    make_question(category, code="muc", objective=law, level="nhan_biet", tags=["mới", "khó"])
    make_question(category, code="bai", level="van_dung", tags=["mới", "khó"])
    make_question(category, code="the", objective=law, level="van_dung", tags=["mới"])
    quiz = make_quiz(outline.quiz, {})
    QuizSlot.objects.create(
        quiz=quiz, position=1, category=category, objective=law, level="van_dung", tags_all=["mới", "khó"],
        tags_any=["khó", "lạ"],
    )  # fmt: skip
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    assert attempt.questions.get().version.question == right


def test_what_was_asked_in_the_last_attempt_is_left_out_where_the_slot_says_so(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    for _ in range(2):
        make_question(category)
    quiz = make_quiz(outline.quiz, {}, max_attempts=0)
    QuizSlot.objects.create(quiz=quiz, position=1, category=category, count=1, not_in_last=1)
    asked = []
    for _ in range(4):
        attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
        asked.append(attempt.questions.get().version_id)
        attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    assert all(one != next_one for one, next_one in pairwise(asked))


# --- Marks by people, goals, remediation ----------------------------------------------------------


@pytest.fixture
def essay_quiz(outline: Outline, category: Category, monkeypatch: pytest.MonkeyPatch) -> Quiz:
    """A question that a machine marks, and one that waits for a person."""
    from quizzes.types.short_text import ShortText

    make_question(category, "single")
    make_question(category, "short_text")
    monkeypatch.setattr(ShortText, "mark", lambda self, content, answer: None if answer else Fraction(0))
    return make_quiz(outline.quiz, {category: 2}, max_attempts=1, marking_days=5)


@pytest.fixture
def waiting(officer_p1: User, enrolment: Enrolment, essay_quiz: Quiz) -> Attempt:
    attempt = attempts.start(user=officer_p1, quiz=essay_quiz, at=NOON)
    answer_all(officer_p1, attempt)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + MINUTE)
    attempt.refresh_from_db()
    return attempt


def mark(attempt: Attempt, share: Fraction, by: User, at: dt.datetime = NOON + DAY) -> grading.GradeOutcome:
    question = question_of(attempt, "short_text")
    return grading.change_marks(
        attempt=attempt, marks={question.pk: NewMark(share, "Đủ ý")}, kind="marked", by=by, reason="", at=at
    )


def test_what_a_person_marks_waits_visibly_with_a_due_date_and_no_grade(waiting: Attempt) -> None:
    assert (waiting.state, waiting.score, waiting.marking_due_at) == ("submitted", None, NOON + MINUTE + 5 * DAY)
    assert question_of(waiting, "short_text").needs_marking
    assert not GradeChange.objects.exists()
    assert not ProgressEvent.objects.filter(kind__in=("done", "failed")).exists()


def test_the_last_mark_grades_it_as_of_the_day_it_was_handed_in(waiting: Attempt, manager_p1: User) -> None:
    outcome = mark(waiting, Fraction(1, 2), manager_p1)
    assert (outcome.state, outcome.score_after, outcome.passed_after) == ("graded", Fraction(3, 4), True)
    event = ProgressEvent.objects.get(kind="done")
    assert (event.at, event.source_key) == (NOON + MINUTE, f"attempt:{waiting.pk}")
    question = question_of(waiting, "short_text")
    assert (question.marked_by, question.comment, question.needs_marking) == (manager_p1, "Đủ ý", False)


def test_marking_never_looks_at_attempts_that_are_left_or_at_dates(
    waiting: Attempt, essay_quiz: Quiz, manager_p1: User, officer_p1: User
) -> None:
    set_rules(essay_quiz, closes_at=NOON, max_attempts=1)
    with pytest.raises(AttemptRefusedError):
        attempts.start(user=officer_p1, quiz=essay_quiz, at=NOON + DAY)
    assert mark(waiting, Fraction(1), manager_p1).passed_after


def test_the_same_mark_told_twice_is_one_step_and_one_change(waiting: Attempt, manager_p1: User) -> None:
    for _ in range(2):
        mark(waiting, Fraction(1, 2), manager_p1)
    assert (AttemptStep.objects.count(), GradeChange.objects.count()) == (1, 1)
    assert ProgressEvent.objects.filter(kind="done").count() == 1


def test_a_mark_changed_downwards_takes_the_pass_back_and_up_again_gives_it_again(
    waiting: Attempt, manager_p1: User, essay_quiz: Quiz
) -> None:
    mark(waiting, Fraction(1, 2), manager_p1)
    assert not mark(waiting, Fraction(0), manager_p1, NOON + 2 * DAY).passed_after
    state = ActivityState.objects.get(activity=essay_quiz.activity)
    assert (state.done_at, state.best_score) == (None, Decimal("0.5"))
    mark(waiting, Fraction(1), manager_p1, NOON + 3 * DAY)
    state.refresh_from_db()
    assert state.done_at == NOON + 3 * DAY
    assert list(GradeChange.objects.values_list("kind", "score")) == [
        ("graded", Decimal("0.75")), ("regraded", Decimal("0.5")), ("regraded", 1),
    ]  # fmt: skip
    assert not rebuild(enrolment=waiting.enrolment)


def test_an_open_attempt_cannot_be_marked(officer_p1: User, enrolment: Enrolment, essay_quiz: Quiz) -> None:
    attempt = attempts.start(user=officer_p1, quiz=essay_quiz, at=NOON)
    with pytest.raises(NotMarkableError):
        mark(attempt, Fraction(1), officer_p1)


def law_and_order(category: Category, outline: Outline) -> tuple[Objective, Objective]:
    law = bank.save_objective(key="luat", name="Pháp luật", lesson=outline.lesson_1)
    craft = bank.save_objective(key="nghe", name="Nghiệp vụ", lesson=outline.lesson_2)
    make_question(category, code="luat", objective=law)
    for number in range(3):
        make_question(category, code=f"nghe-{number}", objective=craft)
    return law, craft


def test_a_goal_of_its_own_is_not_made_up_for_elsewhere_and_names_the_lesson_to_open(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    law, craft = law_and_order(category, outline)
    quiz = make_quiz(outline.quiz, {category: 4}, needs_remediation=True)
    QuizGoal.objects.create(quiz=quiz, objective=law, pass_percent=60)
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    for row in attempt.questions.select_related("version__question"):
        save(officer_p1, row, "c" if row.version.question.code == "luat" else "b", sequence=1)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    attempt.refresh_from_db()
    assert (attempt.score, attempt.passed) == (Decimal("0.75"), False)
    assert shares_by_objective(attempt) == {law.pk: 0, craft.pk: 1}
    assert lessons_to_open(quiz, [attempt]) == (outline.lesson_1.pk,)
    with pytest.raises(AttemptRefusedError) as error:
        attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    assert error.value.lessons == (outline.lesson_1.pk,)
    for _ in range(2):
        attempts.note_remedied(attempt=attempt, lesson=outline.lesson_1, at=NOON)
    assert events(attempt).count("remedied") == 1
    assert attempts.start(user=officer_p1, quiz=quiz, at=NOON).number == 2


@pytest.mark.parametrize(
    ("method", "score", "passed"), [("highest", "1", True), ("average", "0.5", False), ("first", "0", False)]
)
def test_the_grade_follows_the_method_of_the_quiz(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz, method: str, score: str, passed: bool
) -> None:
    set_rules(quiz, grading=method)
    for right in (0, 99):
        attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
        answer_all(officer_p1, attempt, right=right)
        attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    grade = QuizGrade.objects.get()
    assert (grade.score, grade.passed) == (Decimal(score), passed)
    assert ActivityState.objects.filter(activity=quiz.activity, done_at__isnull=False).exists() == passed


def test_a_save_costs_the_same_whatever_the_rules(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    attempt = attempts.start(user=officer_p1, quiz=set_rules(quiz, navigation="sequential", one_device=False), at=NOON)
    question = attempt.questions.select_related("version").first()
    assert question is not None
    with CaptureQueriesContext(
        connection,
    ) as seen:
        save(officer_p1, question, RIGHT[question.version.type], sequence=1)
    assert len(seen) == 2

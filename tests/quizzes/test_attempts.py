"""Start, save, submit, time out: one attempt, one grade, no answer lost, whatever is pressed when."""

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from courses.models import Completion, Enrolment, ProgressEvent
from lms.accounts.models import User
from quizzes import types
from quizzes.models import (
    Attempt,
    AttemptQuestion,
    Category,
    GradeChange,
    Question,
    QuestionVersion,
    Quiz,
    QuizGrade,
)
from quizzes.services import attempts, grading
from quizzes.services.attempts import AttemptRefusedError, Outcome, Saved
from tests.conftest import NOON, Outline
from tests.factories.quizzes import CONTENT, RIGHT, make_category, make_question, make_quiz
from tests.quizzes.conftest import SIX

MINUTE = dt.timedelta(minutes=1)
SECOND = dt.timedelta(seconds=1)


def post_of(question: AttemptQuestion, answer: Any) -> QueryDict:
    query = QueryDict(mutable=True)
    for key, value in types.get(question.version.type).fields(answer, "answer"):
        query.appendlist(key, value)
    return query


def save(
    user: User,
    question: AttemptQuestion,
    answer: Any,
    *,
    sequence: int,
    at: dt.datetime = NOON,
    is_auto: bool = False,
) -> Saved:
    saved = attempts.save_answer(
        user=user,
        attempt_id=question.attempt_id,
        position=question.position,
        post=post_of(question, answer),
        name="answer",
        sequence=sequence,
        at=at,
        is_auto=is_auto,
    )
    assert saved is not None
    return saved


def answer_all(user: User, attempt: Attempt, *, right: int = 99, at: dt.datetime = NOON) -> None:
    """The first ``right`` questions rightly, the others not at all."""
    for question in attempt.questions.select_related("version"):
        if question.position <= right:
            save(user, question, RIGHT[question.version.type], sequence=question.sequence + 1, at=at)


@pytest.fixture
def attempt(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> Attempt:
    return attempts.start(user=officer_p1, quiz=quiz, at=NOON)


def question_of(attempt: Attempt, type_name: str) -> AttemptQuestion:
    return attempt.questions.select_related("version").get(version__type=type_name)


# --- Start ----------------------------------------------------------------------------------------


def test_starting_freezes_versions_order_rules_and_deadline(attempt: Attempt, quiz: Quiz) -> None:
    assert (attempt.number, attempt.state, attempt.pass_percent, attempt.quiz_version) == (1, "in_progress", 70, "1")
    assert attempt.deadline_at == NOON + 20 * MINUTE
    assert attempt.check_at == NOON + 21 * MINUTE
    questions = list(attempt.questions.select_related("version"))
    assert [question.position for question in questions] == [1, 2, 3, 4, 5, 6]
    assert sorted(question.version.type for question in questions) == sorted(SIX)
    assert sorted(question_of(attempt, "single").order) == ["a", "b", "c"]


def test_starting_twice_is_one_attempt(attempt: Attempt, officer_p1: User, quiz: Quiz) -> None:
    again = attempts.start(user=officer_p1, quiz=quiz, at=NOON + MINUTE)
    assert again == attempt
    assert Attempt.objects.count() == 1


def test_the_database_refuses_a_second_open_attempt(attempt: Attempt) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(
            enrolment=attempt.enrolment, quiz=attempt.quiz, number=2, seed=1, pass_percent=70, started_at=NOON
        )


def test_a_later_edit_of_quiz_and_question_moves_no_running_attempt(
    attempt: Attempt, quiz: Quiz, officer_p1: User
) -> None:
    question = question_of(attempt, "single")
    entry = question.version.question
    quiz.pass_percent = 100
    quiz.save()
    swapped = [{**option, "correct": option["id"] == "a"} for option in CONTENT["single"]["options"]]
    make_question(entry.category, code=entry.code, stem=question.version.stem, content={"options": swapped})
    assert entry.versions.count() == 2
    answer_all(officer_p1, attempt, right=6)
    result = attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    assert result is not None
    assert (result.score, result.passed, result.pass_percent) == (1, True, 70)


def test_who_is_not_enrolled_cannot_start(officer_p2: User, quiz: Quiz) -> None:
    with pytest.raises(AttemptRefusedError):
        attempts.start(user=officer_p2, quiz=quiz, at=NOON)
    assert not Attempt.objects.exists()


def test_a_draw_never_repeats_and_prefers_what_was_not_asked_yet(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    for _ in range(6):
        make_question(category)
    quiz = make_quiz(outline.quiz, {category: 3})
    first = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    attempts.submit(user=officer_p1, attempt_id=first.pk, at=NOON)
    second = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    asked = [set(each.questions.values_list("version__question", flat=True)) for each in (first, second)]
    assert [len(each) for each in asked] == [3, 3]
    assert asked[0] | asked[1] == set(Question.objects.values_list("pk", flat=True))


def test_a_draw_takes_what_lies_below_and_leaves_drafts_out(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    below = make_category("cd1/bai-1", parent=category)
    other = make_category("cd2")
    wanted = {make_question(category).question.pk, make_question(below).question.pk}
    make_question(below, status=QuestionVersion.Status.DRAFT)
    make_question(other)
    attempt = attempts.start(user=officer_p1, quiz=make_quiz(outline.quiz, {category: 2}), at=NOON)
    assert set(attempt.questions.values_list("version__question", flat=True)) == wanted


def test_a_pool_too_small_refuses_and_leaves_nothing(
    officer_p1: User, enrolment: Enrolment, outline: Outline, category: Category
) -> None:
    make_question(category)
    with pytest.raises(AttemptRefusedError):
        attempts.start(user=officer_p1, quiz=make_quiz(outline.quiz, {category: 2}), at=NOON)
    assert not Attempt.objects.exists()


def test_starting_costs_the_same_whatever_the_number_of_questions(
    officer_p1: User, enrolment: Enrolment, outline: Outline
) -> None:
    counts = []
    for activity, size in ((outline.quiz, 3), (outline.lesson_3, 30)):
        drawer = make_category(f"ngan-{size}")
        for _ in range(size):
            make_question(drawer)
        quiz = make_quiz(activity, {drawer: size})
        outline.module_2.requires.clear()
        with CaptureQueriesContext(connection) as queries:
            attempts.start(user=officer_p1, quiz=quiz, at=NOON)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Save -----------------------------------------------------------------------------------------


def test_an_answer_is_kept_with_its_number_and_time(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "single")
    saved = save(officer_p1, question, "a", sequence=1)
    question.refresh_from_db()
    assert saved.outcome == Outcome.SAVED
    assert (question.answer, question.sequence, question.saved_at) == ("a", 1, NOON)


def test_an_older_page_does_not_overwrite_and_is_told_what_is_saved(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "single")
    save(officer_p1, question, "b", sequence=1)
    stale = save(officer_p1, question, "a", sequence=1)
    assert (stale.outcome, stale.question.answer, stale.offered) == (Outcome.STALE, "b", "a")
    question.refresh_from_db()
    assert question.answer == "b"


def test_the_same_answer_sent_again_is_no_quarrel(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "multiple")
    assert save(officer_p1, question, ["a", "b"], sequence=1).outcome == Outcome.SAVED
    assert save(officer_p1, question, ["a", "b"], sequence=1).outcome == Outcome.UNCHANGED
    assert save(officer_p1, question, None, sequence=1).outcome == Outcome.UNCHANGED
    question.refresh_from_db()
    assert question.answer == ["a", "b"]


def test_ticks_can_be_taken_back(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "multiple")
    save(officer_p1, question, ["a"], sequence=1)
    save(officer_p1, question, None, sequence=2)
    question.refresh_from_db()
    assert (question.answer, question.sequence) == (None, 2)


def test_forged_options_are_refused_and_change_nothing(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "single")
    save(officer_p1, question, "b", sequence=1)
    assert save(officer_p1, question, "forged", sequence=2).outcome == Outcome.REFUSED
    question.refresh_from_db()
    assert (question.answer, question.sequence) == ("b", 1)


def test_nobody_else_saves_or_submits(attempt: Attempt, officer_p2: User, manager_p1: User, centre: User) -> None:
    question = question_of(attempt, "single")
    for stranger in (officer_p2, manager_p1, centre):
        assert (
            attempts.save_answer(
                user=stranger,
                attempt_id=attempt.pk,
                position=question.position,
                post=post_of(question, "a"),
                name="answer",
                sequence=1,
                at=NOON,
            )
            is None
        )
        assert attempts.submit(user=stranger, attempt_id=attempt.pk, at=NOON) is None
    question.refresh_from_db()
    assert question.answer is None


@pytest.mark.parametrize(
    ("after_deadline", "outcome"),
    [(-3, Outcome.SAVED), (-1, Outcome.SAVED), (60, Outcome.SAVED), (61, Outcome.LATE), (3600, Outcome.LATE)],
)
def test_the_servers_clock_decides(attempt: Attempt, officer_p1: User, after_deadline: int, outcome: Outcome) -> None:
    at = NOON + 20 * MINUTE + after_deadline * SECOND
    question = question_of(attempt, "single")
    assert save(officer_p1, question, "b", sequence=1, at=at).outcome == outcome
    question.refresh_from_db()
    assert question.answer == ("b" if outcome == Outcome.SAVED else None)


def test_nothing_is_saved_once_handed_in(attempt: Attempt, officer_p1: User) -> None:
    question = question_of(attempt, "single")
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    assert save(officer_p1, question, "b", sequence=9).outcome == Outcome.CLOSED
    question.refresh_from_db()
    assert question.answer is None


def test_a_save_that_lost_the_race_against_handing_in_is_told_so(
    attempt: Attempt, officer_p1: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handed in between the reading and the writing of a save."""
    question = question_of(attempt, "single")
    write = attempts._write

    def meanwhile(row: AttemptQuestion, *args: Any, **kwargs: Any) -> Saved:
        attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
        return write(row, *args, **kwargs)

    monkeypatch.setattr(attempts, "_write", meanwhile)
    assert save(officer_p1, question, "b", sequence=1).outcome == Outcome.CLOSED
    question.refresh_from_db()
    assert (question.answer, question.fraction) == (None, 0)


# --- Submit ---------------------------------------------------------------------------------------


def test_handing_in_marks_and_tells_the_course_once(attempt: Attempt, officer_p1: User, outline: Outline) -> None:
    answer_all(officer_p1, attempt, right=5)
    first = attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + MINUTE)
    again = attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + 5 * MINUTE)
    assert first == again
    assert again is not None
    assert (again.score, again.passed, again.submitted_at) == (Decimal("0.8333333"), True, NOON + MINUTE)
    event = ProgressEvent.objects.get()
    assert (event.kind, event.source_key, event.rule, event.score, event.activity) == (
        "done",
        f"attempt:{attempt.pk}",
        "quiz>=70",
        Decimal("0.8333333"),
        outline.quiz,
    )
    assert not Completion.objects.exists()


def test_a_failed_attempt_is_an_event_too(attempt: Attempt, officer_p1: User) -> None:
    answer_all(officer_p1, attempt, right=4)
    result = attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    assert result is not None
    assert (result.passed, ProgressEvent.objects.get().kind) == (False, "failed")


def test_an_attempt_keeps_plain_words_of_what_was_asked_and_answered(attempt: Attempt, officer_p1: User) -> None:
    answer_all(officer_p1, attempt)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    question = question_of(attempt, "matching")
    assert question.right_summary == question.answer_summary == "Trang → Của tổ chức; Nhóm → Của thành viên"
    assert question.question_summary == question.version.stem


def test_handed_in_within_the_grace_counts_at_that_moment_later_at_the_deadline(
    attempt: Attempt, officer_p1: User
) -> None:
    result = attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + 20 * MINUTE + 90 * SECOND)
    assert result is not None
    assert result.submitted_at == NOON + 20 * MINUTE


def test_the_sweep_hands_in_at_the_deadline_with_what_was_saved(attempt: Attempt, officer_p1: User) -> None:
    answer_all(officer_p1, attempt, right=6)
    assert attempts.sweep(NOON + 21 * MINUTE - SECOND) == 0
    assert attempts.sweep(NOON + 21 * MINUTE + SECOND) == 1
    attempt.refresh_from_db()
    assert (attempt.state, attempt.score, attempt.submitted_at, attempt.check_at) == (
        "graded",
        1,
        NOON + 20 * MINUTE,
        None,
    )
    assert attempts.sweep(NOON + 99 * MINUTE) == 0
    assert ProgressEvent.objects.get().at == NOON + 20 * MINUTE


def test_one_attempt_that_cannot_be_marked_does_not_stop_the_sweep(
    attempt: Attempt, officer_p2: User, quiz: Quiz, outline: Outline, monkeypatch: pytest.MonkeyPatch
) -> None:
    Enrolment.objects.create(user=officer_p2, course=outline.course, enrolled_at=NOON)
    other = attempts.start(user=officer_p2, quiz=quiz, at=NOON + SECOND)
    conclude = grading.conclude

    def broken(found: Attempt, **kwargs: Any) -> None:
        if found.pk == attempt.pk:
            raise RuntimeError
        conclude(found, **kwargs)

    monkeypatch.setattr(grading, "conclude", broken)
    assert attempts.sweep(NOON + 60 * MINUTE) == 1
    states = {row.pk: row.state for row in Attempt.objects.all()}
    assert states == {attempt.pk: "in_progress", other.pk: "graded"}


# --- Again ----------------------------------------------------------------------------------------


def test_attempts_run_out(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    for _ in range(3):
        attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
        attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    with pytest.raises(AttemptRefusedError):
        attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    assert Attempt.objects.count() == 3


def test_one_waits_between_attempts(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> None:
    quiz.wait_minutes = 60
    quiz.save()
    first = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    attempts.submit(user=officer_p1, attempt_id=first.pk, at=NOON)
    with pytest.raises(AttemptRefusedError, match="13:00 23/11/2026"):
        attempts.start(user=officer_p1, quiz=quiz, at=NOON + 59 * MINUTE)
    assert attempts.start(user=officer_p1, quiz=quiz, at=NOON + 60 * MINUTE).number == 2


def test_who_has_passed_has_nothing_to_repeat(attempt: Attempt, officer_p1: User, quiz: Quiz) -> None:
    answer_all(officer_p1, attempt)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON)
    with pytest.raises(AttemptRefusedError):
        attempts.start(user=officer_p1, quiz=quiz, at=NOON)


def test_a_forgotten_attempt_is_handed_in_when_the_next_one_starts(
    attempt: Attempt, officer_p1: User, quiz: Quiz
) -> None:
    second = attempts.start(user=officer_p1, quiz=quiz, at=NOON + 60 * MINUTE)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.submitted_at, second.number) == ("graded", NOON + 20 * MINUTE, 2)


# --- What was used stays --------------------------------------------------------------------------


def test_a_used_version_cannot_be_changed(attempt: Attempt) -> None:
    version = question_of(attempt, "single").version
    with pytest.raises(IntegrityError), transaction.atomic():
        QuestionVersion.objects.filter(pk=version.pk).update(stem="Khác hẳn")
    with pytest.raises(Exception, match="protected"), transaction.atomic():
        version.delete()
    version.refresh_from_db()
    assert version.stem != "Khác hẳn"


# --- Anything, in any order -----------------------------------------------------------------------


class Learner(RuleBasedStateMachine):
    """Two windows on one attempt, saves by hand and by the script, retries, time passing, handing in, the sweep, and a
    process killed in the middle of marking."""

    user: User
    quiz: Quiz

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.savepoint()
        self.now = NOON
        self.kept: dict[int, Any] = {}
        self.result: tuple[Any, ...] | None = None

    @initialize()
    def begin(self) -> None:
        self.attempt = attempts.start(user=self.user, quiz=self.quiz, at=self.now)
        self.questions = list(self.attempt.questions.select_related("version"))
        self.windows = [dict.fromkeys(range(6), 1), dict.fromkeys(range(6), 1)]

    @rule(
        window=st.integers(0, 1), number=st.integers(0, 5), right=st.booleans(), twice=st.booleans(), auto=st.booleans()
    )
    def save(self, window: int, number: int, right: bool, twice: bool, auto: bool) -> None:
        question = self.questions[number]
        answer = RIGHT[question.version.type] if right else None
        for _ in range(2 if twice else 1):
            saved = save(self.user, question, answer, sequence=self.windows[window][number], at=self.now, is_auto=auto)
            if saved.outcome == Outcome.SAVED:
                self.kept[number] = answer
        if saved.outcome in (Outcome.SAVED, Outcome.UNCHANGED):
            newest = max(saved.question.sequence, saved.question.autosaved_sequence)
            self.windows[window][number] = newest + 1

    @rule(minutes=st.sampled_from([1, 5, 15]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule()
    def start_again(self) -> None:
        if self.result is None and self.now < NOON + 20 * MINUTE:
            assert attempts.start(user=self.user, quiz=self.quiz, at=self.now) == self.attempt

    @rule()
    def submit(self) -> None:
        attempts.submit(user=self.user, attempt_id=self.attempt.pk, at=self.now)

    @rule()
    def sweep(self) -> None:
        attempts.sweep(self.now)

    @rule(at=st.sampled_from(["_mark_at_end", "_tell"]))
    def killed_while_handing_in(self, at: str) -> None:
        """Whatever was written before is gone with the transaction; nothing of it may be left."""

        def dies(*args: Any, **kwargs: Any) -> None:
            raise KeyboardInterrupt

        whole = getattr(grading, at)
        setattr(grading, at, dies)
        try:
            with contextlib.suppress(KeyboardInterrupt), transaction.atomic():
                attempts.submit(user=self.user, attempt_id=self.attempt.pk, at=self.now)
        finally:
            setattr(grading, at, whole)

    @precondition(lambda self: hasattr(self, "attempt"))
    @invariant()
    def one_attempt_one_grade_no_answer_lost(self) -> None:
        assert Attempt.objects.count() == 1
        stored = {
            row.position - 1: row.autosaved if row.autosaved_sequence > row.sequence else row.answer
            for row in self.attempt.questions.all()
        }
        assert {key: value for key, value in stored.items() if value is not None} == {
            key: value for key, value in self.kept.items() if value is not None
        }
        row = Attempt.objects.get()
        if row.state == "graded":
            events = list(ProgressEvent.objects.values_list("source_key", "score"))
            assert events == [(f"attempt:{row.pk}", row.score)]
            assert list(GradeChange.objects.values_list("source_key", "score")) == [(f"graded:{row.pk}", row.score)]
            grade = QuizGrade.objects.get()
            assert (grade.attempt_id, grade.score, grade.passed) == (row.pk, row.score, row.passed)
            right = sum(value is not None for value in self.kept.values())
            assert row.score == (Decimal(right) / 6).quantize(Decimal("0.0000001"))
            now = (row.score, row.passed, row.submitted_at)
            assert self.result in (None, now)
            self.result = now

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.point)


def test_whatever_the_order_there_is_one_attempt_one_grade_and_no_lost_answer(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz
) -> None:
    machine = type("OneLearner", (Learner,), {"user": officer_p1, "quiz": quiz})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

"""A test passed first exempts from the lessons of its topic: as evidence of its own kind, gone with the pass."""

import datetime as dt
from fractions import Fraction

import pytest

from courses.enums import EventKind, State
from courses.models import ActivityState, Completion, Enrolment, ProgressEvent
from courses.queries.progress import learner_course
from courses.services import progress
from lms.accounts.models import User
from quizzes.models import Attempt, AttemptStep, Quiz
from quizzes.services import attempts, grading
from tests.conftest import NOON, Outline
from tests.quizzes.test_attempts import answer_all

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def first(quiz: Quiz) -> Quiz:
    Quiz.objects.filter(pk=quiz.pk).update(exempts=True)
    quiz.activity.exempts = True
    quiz.activity.save()
    quiz.refresh_from_db()
    return quiz


def take(user: User, quiz: Quiz, *, right: int, at: dt.datetime = NOON) -> Attempt:
    attempt = attempts.start(user=user, quiz=quiz, at=at)
    answer_all(user, attempt, right=right, at=at)
    handed_in = attempts.submit(user=user, attempt_id=attempt.pk, at=at)
    assert handed_in is not None
    return handed_in


def stands(enrolment: Enrolment) -> dict[str, tuple[str, bool]]:
    rows = ActivityState.objects.filter(enrolment=enrolment).values_list("activity__title", "state", "is_exempt")
    return {title: (state, is_exempt) for title, state, is_exempt in rows}


def test_passing_first_exempts_from_the_lessons_of_this_topic_and_of_no_other(
    officer_p1: User, enrolment: Enrolment, first: Quiz
) -> None:
    take(officer_p1, first, right=6)
    assert stands(enrolment) == {"Bài 1": ("done", True), "Bài 2": ("done", True), "Kiểm tra": ("done", False)}
    events = ProgressEvent.objects.filter(enrolment=enrolment, kind=EventKind.EXEMPTED)
    assert [(event.activity.title, event.rule) for event in events.order_by("pk")] == [
        ("Bài 1", "quiz>=70"),
        ("Bài 2", "quiz>=70"),
    ]
    assert not ProgressEvent.objects.filter(activity__kind="lesson", kind=EventKind.DONE).exists()


def test_failing_exempts_from_nothing_and_so_does_a_test_that_is_none_of_these(
    officer_p1: User, enrolment: Enrolment, first: Quiz
) -> None:
    take(officer_p1, first, right=2)
    assert stands(enrolment) == {"Kiểm tra": ("in_progress", False)}
    Quiz.objects.filter(pk=first.pk).update(exempts=False)
    take(officer_p1, Quiz.objects.get(), right=6, at=NOON + MINUTE)
    assert stands(enrolment) == {"Kiểm tra": ("done", False)}


def test_a_lesson_that_was_read_stays_read_and_one_read_afterwards_is_no_exemption_any_more(
    officer_p1: User, enrolment: Enrolment, first: Quiz, outline: Outline
) -> None:
    def read(activity, key: str) -> None:
        progress.record_activity(
            enrolment=enrolment, activity=activity, kind=EventKind.DONE, source_key=key, at=NOON, rule="button"
        )

    read(outline.lesson_1, "read-1")
    take(officer_p1, first, right=6)
    assert stands(enrolment)["Bài 1"] == ("done", False)
    assert stands(enrolment)["Bài 2"] == ("done", True)
    read(outline.lesson_2, "read-2")
    assert stands(enrolment)["Bài 2"] == ("done", False)
    assert progress.rebuild(enrolment=enrolment) is False


def test_the_exemption_finishes_a_course_whose_last_part_it_was(
    officer_p1: User, enrolment: Enrolment, first: Quiz, outline: Outline
) -> None:
    progress.record_activity(
        enrolment=enrolment, activity=outline.lesson_3, kind=EventKind.DONE, source_key="x", at=NOON, rule="button"
    )
    assert not Completion.objects.exists()
    take(officer_p1, first, right=6)
    assert Completion.objects.get().enrolment == enrolment


def test_a_pass_that_is_lost_takes_its_exemptions_along_and_one_that_comes_back_brings_them_again(
    officer_p1: User, enrolment: Enrolment, first: Quiz, outline: Outline
) -> None:
    attempt = take(officer_p1, first, right=6)
    progress.record_activity(
        enrolment=enrolment, activity=outline.lesson_1, kind=EventKind.DONE, source_key="y", at=NOON, rule="button"
    )

    def mark(share: int, reason: str) -> None:
        marks = {pk: grading.NewMark(Fraction(share)) for pk in attempt.questions.values_list("pk", flat=True)}
        grading.change_marks(
            attempt=attempt, marks=marks, kind=AttemptStep.Kind.REGRADED, by=None, reason=reason, at=NOON + MINUTE
        )

    mark(0, "Đáp án sai.")
    assert stands(enrolment) == {
        "Bài 1": ("done", False),
        "Bài 2": ("in_progress", False),
        "Kiểm tra": ("in_progress", False),
    }
    mark(1, "Đáp án đúng.")
    assert stands(enrolment)["Bài 2"] == ("done", True)
    assert progress.rebuild(enrolment=enrolment) is False


def test_the_topic_offers_the_test_first_while_it_saves_something(
    officer_p1: User, enrolment: Enrolment, first: Quiz, outline: Outline
) -> None:
    module = learner_course(enrolment).modules[0]
    assert module.shortcut is not None
    assert module.shortcut.id == outline.quiz.pk
    take(officer_p1, first, right=6)
    module = learner_course(enrolment).modules[0]
    assert module.shortcut is None
    assert [(row.state, row.is_exempt) for row in module.activities] == [
        (State.DONE, True),
        (State.DONE, True),
        (State.DONE, False),
    ]

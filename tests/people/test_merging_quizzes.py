"""Quiz attempts of two accounts of one person: all of them stay, count once each, and one grade is their fold."""

import datetime as dt

import pytest

from courses.enums import State
from courses.models import Enrolment
from quizzes.models import Attempt, QuizGrade
from quizzes.queries.attempts import quiz_panel
from quizzes.services import attempts
from tests.conftest import NOON
from tests.people.test_merging import admin, dump, enrolled, merging, twin, unite  # noqa: F401  fixtures
from tests.quizzes.conftest import category, quiz  # noqa: F401  fixtures
from tests.quizzes.test_exemption import take

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def both(officer_p1, twin, outline):  # noqa: F811
    return enrolled(officer_p1, outline.course), enrolled(twin, outline.course)


def test_the_attempts_of_both_are_one_history_and_one_grade(officer_p1, twin, admin, quiz, both):  # noqa: F811
    failed = take(officer_p1, quiz, right=2, at=NOON)
    passed = take(twin, quiz, right=6, at=NOON + HOUR)
    unite(twin, officer_p1, admin)
    grade = QuizGrade.objects.get(enrolment=both[0], quiz=quiz)
    assert (grade.attempt, grade.passed) == (passed, True)
    panel = quiz_panel(quiz.activity.key, both[0], NOON + 5 * HOUR)
    assert [row.id for row in panel.history] == [failed.pk, passed.pk]
    assert both[0].activity_states.get(activity=quiz.activity).state == State.DONE
    assert set(Attempt.objects.owned_by(officer_p1)) == {failed, passed}


def test_a_second_account_gives_nobody_more_tries(officer_p1, twin, admin, quiz, both):  # noqa: F811
    take(officer_p1, quiz, right=2, at=NOON)
    take(twin, quiz, right=2, at=NOON + HOUR)
    unite(twin, officer_p1, admin)
    one = Enrolment.objects.get(pk=both[0].pk)
    assert quiz_panel(quiz.activity.key, one, NOON + 48 * HOUR).attempts_left == quiz.max_attempts - 2


def test_an_open_attempt_of_the_old_account_goes_on_and_counts(officer_p1, twin, admin, quiz, both):  # noqa: F811
    from tests.quizzes.test_attempts import answer_all

    running = attempts.start(user=twin, quiz=quiz, at=NOON)
    unite(twin, officer_p1, admin)
    assert attempts.start(user=officer_p1, quiz=quiz, at=NOON) == running
    answer_all(officer_p1, running, right=6, at=NOON)
    attempts.submit(user=officer_p1, attempt_id=running.pk, at=NOON)
    assert QuizGrade.objects.get(enrolment=both[0], quiz=quiz).passed
    assert both[0].activity_states.get(activity=quiz.activity).state == State.DONE


def test_taking_back_restores_grades_and_attempts(officer_p1, twin, admin, quiz, both):  # noqa: F811
    take(officer_p1, quiz, right=2, at=NOON)
    take(twin, quiz, right=6, at=NOON + HOUR)
    before = dump()
    alias = unite(twin, officer_p1, admin)
    merging.undo(alias=alias, by=admin, at=NOON + 2 * HOUR, reason="Hai người")
    assert dump() == before

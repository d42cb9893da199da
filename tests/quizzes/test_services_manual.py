import datetime as dt
from collections.abc import Iterator
from fractions import Fraction

import pytest
from django.utils import translation

from courses.models import Enrolment
from lms.accounts.models import User
from quizzes.models import Attempt, AttemptQuestion, AttemptStep, CommentSnippet, Quiz, SecondMark
from quizzes.queries.desk_marking import waiting as waiting_for
from quizzes.queries.desk_marking import waiting_count
from quizzes.services import attempts, manual
from quizzes.services.manual import Outcome
from tests.conftest import NOON, Outline, Units
from tests.factories.desk import answered, enrol, essay_quiz, marker, waiting


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Sentences are compared as they stand in the code."""
    with translation.override("en"):
        yield


LATER = NOON + dt.timedelta(hours=1)


@pytest.fixture
def quiz(outline: Outline) -> Quiz:
    return essay_quiz(outline)


@pytest.fixture
def essay(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> AttemptQuestion:
    return waiting(officer_p1, quiz)


def give(essay: AttemptQuestion, by: User, share: str = "3/4", **words: object) -> manual.Given:
    values = {"comment": "", "seen": manual.token(essay.pk), "at": LATER}
    return manual.give(question_id=essay.pk, share=Fraction(share), by=by, **{**values, **words})  # type: ignore[arg-type]


def refused(essay: AttemptQuestion, by: User, share: str = "3/4", **words: object) -> str:
    with pytest.raises(manual.MarkRefusedError) as error:
        give(essay, by, share, **words)
    return str(error.value)


# --- What is typed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "share"),
    [("1,5", "3/4"), ("1.5", "3/4"), ("2", "1"), ("0", "0"), (" 75 % ", "3/4"), ("75%", "3/4"), ("0,25", "1/8"),
     ("12,5%", "1/8"), ("100%", "1")],
)  # fmt: skip
def test_a_mark_is_points_or_a_share_with_a_comma_or_a_point(typed: str, share: str) -> None:
    assert manual.parse_mark(typed, Fraction(2)) == Fraction(share)


@pytest.mark.parametrize(
    "typed", ["", "2,5", "101%", "-1", "1e3", "một", "1,5 điểm", "²", "٣", "1.000,5", "nan", "1/2"]
)
def test_what_is_no_mark_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(manual.BadMarkError) as error:
        manual.parse_mark(typed, Fraction(2))
    assert str(error.value).endswith(".")


# --- One marker -------------------------------------------------------------------------------------


def test_the_last_mark_makes_the_result(essay: AttemptQuestion, manager_p1: User) -> None:
    assert essay.attempt.state == "submitted"
    given = give(essay, manager_p1, "1/2", comment="Thiếu địa chỉ.")
    assert (given.outcome, given.waits) == (Outcome.MARKED, False)
    essay.refresh_from_db()
    assert (essay.fraction, essay.comment, essay.marked_by, essay.needs_marking) == (
        Fraction("0.5"), "Thiếu địa chỉ.", manager_p1, False,
    )  # fmt: skip
    attempt = Attempt.objects.get()
    assert (attempt.state, round(float(attempt.score or 0), 4)) == ("graded", round(1 / 3, 4))
    assert essay.steps.get().by == manager_p1


def test_a_mark_is_saved_whatever_became_of_attempts_quiz_and_learner(
    essay: AttemptQuestion, quiz: Quiz, manager_p1: User, enrolment: Enrolment, officer_p1: User
) -> None:
    quiz.max_attempts, quiz.pass_percent, quiz.closes_at = 1, 100, NOON
    quiz.save()
    quiz.slots.all().delete()
    quiz.activity.retired_at = NOON
    quiz.activity.save()
    enrolment.withdrawn_at = LATER
    enrolment.save()
    officer_p1.appointments.update(ends_on=NOON.date())
    officer_p1.is_active = False
    officer_p1.save()
    assert give(essay, manager_p1, "1").outcome == Outcome.MARKED
    assert Attempt.objects.get().state == "graded"


def test_a_button_pressed_twice_is_one_mark(essay: AttemptQuestion, manager_p1: User) -> None:
    seen = manual.token(essay.pk)
    assert give(essay, manager_p1, seen=seen).outcome == Outcome.MARKED
    assert give(essay, manager_p1, seen=seen).outcome == Outcome.SAME
    assert AttemptStep.objects.count() == 1


def test_of_two_markers_at_once_one_wins_and_the_other_is_told(
    essay: AttemptQuestion, manager_p1: User, units: Units
) -> None:
    other, seen = marker("other", "Phạm Thị Mai", units), manual.token(essay.pk)
    give(essay, manager_p1, "1/4", seen=seen)
    told = refused(essay, other, "1", seen=seen)
    assert "Hoàng Đức Hạnh" in told
    assert "0,5" in told
    essay.refresh_from_db()
    assert essay.fraction == Fraction("0.25")


def test_a_mark_that_counts_is_changed_only_with_a_reason_and_from_the_page_that_shows_it(
    essay: AttemptQuestion, manager_p1: User
) -> None:
    old = manual.token(essay.pk)
    give(essay, manager_p1, "1/4")
    assert "Nothing was changed" in refused(essay, manager_p1, "1", seen=old, reason="Phúc khảo")
    assert "why" in refused(essay, manager_p1, "1")
    assert give(essay, manager_p1, "1", reason="Phúc khảo").outcome == Outcome.MARKED
    essay.refresh_from_db()
    assert essay.fraction == 1
    assert list(essay.steps.values_list("before", "fraction")) == [(None, Fraction("0.25")), (Fraction("0.25"), 1)]


def test_nobody_marks_oneself_or_people_of_other_units(
    quiz: Quiz, outline: Outline, essay: AttemptQuestion, manager_p1: User, manager_p2: User, units: Units
) -> None:
    enrol(manager_p1, outline, units.p1)
    own = waiting(manager_p1, quiz)
    assert "not there" in refused(own, manager_p1)
    assert "not there" in refused(essay, manager_p2)
    assert not AttemptStep.objects.exists()


def test_what_is_not_handed_in_or_voided_takes_no_mark(
    officer_p1: User, enrolment: Enrolment, quiz: Quiz, manager_p1: User, centre: User
) -> None:
    attempt = answered(officer_p1, quiz)
    essay = attempt.questions.get(version__type="essay")
    assert "not handed in" in refused(essay, manager_p1)
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=LATER)
    attempts.ask_to_void(attempt=attempt, by=manager_p1, reason="Làm hộ", decision_number="12/QĐ", at=LATER)
    attempts.confirm_void(attempt=attempt, by=centre, at=LATER)
    assert "voided" in refused(essay, manager_p1)


# --- Two markers ------------------------------------------------------------------------------------


def test_a_first_mark_counts_for_nothing_until_the_second_marker_has_marked(
    essay: AttemptQuestion, manager_p1: User, units: Units
) -> None:
    other = marker("other", "Phạm Thị Mai", units)
    assert give(essay, manager_p1, "1/2", for_second=True).outcome == Outcome.FIRST
    essay.refresh_from_db()
    assert (essay.fraction, essay.needs_marking) == (None, True)
    assert "second marker" in refused(essay, manager_p1, "1")
    given = give(essay, other, "3/5")
    assert (given.outcome, given.fraction) == (Outcome.AGREED, Fraction(11, 20))
    essay.refresh_from_db()
    assert essay.fraction == Fraction("0.55")


def test_marks_that_differ_by_more_than_a_tenth_are_settled_with_a_reason_by_another_than_the_first(
    essay: AttemptQuestion, manager_p1: User, centre: User, units: Units
) -> None:
    other = marker("other", "Phạm Thị Mai", units)
    give(essay, manager_p1, "1/2", for_second=True)
    assert give(essay, other, "61/100").outcome == Outcome.DIFFER
    assert give(essay, other, "61/100").outcome == Outcome.DIFFER
    essay.refresh_from_db()
    assert essay.fraction is None
    assert "second marker" in refused(essay, manager_p1, "61/100", reason="Tôi cũng nghĩ vậy")
    assert "Say why" in refused(essay, centre, "3/5")
    assert give(essay, centre, "3/5", reason="Đối chiếu hướng dẫn chấm").outcome == Outcome.MARKED
    kept = SecondMark.objects.get()
    assert (kept.by, kept.second_by) == (manager_p1, other)
    essay.refresh_from_db()
    assert (essay.fraction, essay.marked_by) == (Fraction("0.6"), centre)


def test_the_first_marker_takes_the_mark_back_only_before_the_second_has_marked(
    essay: AttemptQuestion, manager_p1: User, units: Units
) -> None:
    other = marker("other", "Phạm Thị Mai", units)
    give(essay, manager_p1, "1/2", for_second=True)
    assert not manual.take_back(question_id=essay.pk, by=other)
    assert manual.take_back(question_id=essay.pk, by=manager_p1)
    give(essay, manager_p1, "1/2", for_second=True)
    give(essay, other, "1")
    assert not manual.take_back(question_id=essay.pk, by=manager_p1)
    assert SecondMark.objects.count() == 1


def test_an_answer_that_waits_anew_is_marked_anew_whatever_two_marks_stood_beside_the_old_one(
    essay: AttemptQuestion, manager_p1: User, units: Units
) -> None:
    other = marker("other", "Phạm Thị Mai", units)
    give(essay, manager_p1, "1/2", for_second=True)
    give(essay, other, "3/5")
    AttemptQuestion.objects.filter(pk=essay.pk).update(fraction=None, needs_marking=True)
    Attempt.objects.update(state="submitted")
    assert waiting_count(manager_p1) == waiting_count(other) == 1
    [quiz] = waiting_for(manager_p1, LATER)
    assert [(row.waiting, row.for_second, row.differ, row.elsewhere) for row in quiz.questions] == [(1, 0, 0, 0)]
    assert give(essay, manager_p1, "1", at=LATER + dt.timedelta(hours=1)).outcome == Outcome.MARKED


# --- Comments ---------------------------------------------------------------------------------------


def test_a_comment_stands_once_in_the_bank_and_only_its_author_takes_it_out(
    essay: AttemptQuestion, manager_p1: User, centre: User
) -> None:
    question = essay.version.question
    first = manual.keep_comment(words="  Thiếu   địa chỉ. ", question=question, by=manager_p1, at=NOON)
    again = manual.keep_comment(words="Thiếu địa chỉ.", question=question, by=centre, at=NOON)
    assert first == again
    assert manual.keep_comment(words="  ", question=question, by=manager_p1, at=NOON) is None
    assert first
    assert not manual.drop_comment(snippet_id=first.pk, by=centre)
    assert manual.drop_comment(snippet_id=first.pk, by=manager_p1)
    assert not CommentSnippet.objects.exists()

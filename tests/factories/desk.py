"""Attempts that wait for a person's mark, made as learners make them."""

import datetime as dt

from django.http import QueryDict

from courses.models import Enrolment
from lms.accounts.models import User
from lms.units.models import Grant, Unit
from quizzes.models import Attempt, AttemptQuestion, Quiz
from quizzes.services import attempts
from tests.conftest import DAY_ONE, NOON, Outline, Units, make_person
from tests.factories.quizzes import make_category, make_question, make_quiz

__all__ = ["answered", "enrol", "essay_quiz", "marker", "waiting"]

DONE = NOON + dt.timedelta(minutes=10)


def essay_quiz(outline: Outline, **settings: object) -> Quiz:
    """One essay of two points and one single choice of one."""
    category = make_category("desk")
    essay = make_question(
        category,
        "essay",
        code="desk-essay",
        stem="Viết bài giới thiệu Trang cộng đồng.",
        content={"least_words": 0, "most_words": 0, "template": "", "notes": "Có địa chỉ: 1 điểm.", "file_kinds": [],
                 "most_files": 0},
    )  # fmt: skip
    single = make_question(category, "single", code="desk-single")
    quiz = make_quiz(outline.quiz, {}, shuffles=False, **settings)
    for position, (saved, mark) in enumerate(((essay, 2), (single, 1)), start=1):
        quiz.slots.create(position=position, question=saved.version.question, count=1, max_mark=mark)
    return quiz


def enrol(person: User, outline: Outline, unit: Unit) -> Enrolment:
    return Enrolment.objects.create(user=person, course=outline.course, unit=unit, enrolled_at=NOON)


def answered(person: User, quiz: Quiz, text: str = "Trang của xã ở đình làng.") -> Attempt:
    """Begun at NOON with the essay written; not handed in."""
    attempt = attempts.start(user=person, quiz=quiz, at=NOON)
    essay = attempt.questions.get(version__type="essay")
    post = QueryDict(mutable=True)
    post["answer"] = text
    attempts.save_answer(
        user=person, attempt_id=attempt.pk, position=essay.position, post=post, name="answer", sequence=1, at=NOON
    )
    return attempt


def waiting(person: User, quiz: Quiz, text: str = "Trang của xã ở đình làng.") -> AttemptQuestion:
    """The essay of an attempt that was handed in ten minutes after NOON."""
    attempt = answered(person, quiz, text)
    attempts.submit(user=person, attempt_id=attempt.pk, at=DONE)
    return AttemptQuestion.objects.get(attempt_id=attempt.pk, version__type="essay")


def marker(username: str, name: str, units: Units) -> User:
    """Somebody who marks in the first province and nothing else."""
    person = make_person(username, name, units.p1)
    Grant.objects.create(person=person, unit=units.p1, right=Grant.Right.MARK, starts_on=DAY_ONE)
    return person

"""The salvage file: only the page of the attempt can have written it, and nobody has changed it since."""

import datetime as dt
import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from courses.models import Enrolment
from lms.accounts.models import User
from quizzes import types
from quizzes.models import Attempt, AttemptEvent, AttemptQuestion, AttemptStep, QuizGrade
from quizzes.services import attempts, salvage
from tests.conftest import NOON
from tests.factories.quizzes import RIGHT

MINUTE = dt.timedelta(minutes=1)
WHY = "Mất mạng cả buổi, trưởng điểm thi xác nhận"


@pytest.fixture
def attempt(officer_p1: User, enrolment: Enrolment, quiz: Any) -> Attempt:
    return attempts.start(user=officer_p1, quiz=quiz, at=NOON)


def question_of(attempt: Attempt, type_name: str) -> AttemptQuestion:
    return attempt.questions.select_related("version").get(version__type=type_name)


def entry(
    question: AttemptQuestion, answer: Any, *, sequence: int = 1, at: dt.datetime = NOON + MINUTE
) -> dict[str, Any]:
    fields = types.get(question.version.type).fields(answer, f"q{question.position}")
    return {"position": question.position, "sequence": sequence, "fields": fields, "at": at.isoformat()}


def file_of(attempt: Attempt, /, *entries: dict[str, Any], key: str = "", **other: Any) -> bytes:
    payload = json.dumps(
        {"attempt": str(attempt.pk), "made_at": (NOON + 2 * MINUTE).isoformat(), "answers": list(entries), **other}
    )
    signature = hmac.new(bytes.fromhex(key or attempt.key), payload.encode(), "sha256").hexdigest()
    return json.dumps({"format": salvage.FORMAT, "payload": payload, "signature": signature}).encode()


def test_while_the_attempt_is_open_its_answers_become_the_saved_ones(attempt: Attempt, manager_p1: User) -> None:
    single, matching = question_of(attempt, "single"), question_of(attempt, "matching")
    data = file_of(
        attempt, entry(single, "a"), entry(matching, RIGHT["matching"]), entry(single, "b", at=NOON + 2 * MINUTE)
    )
    read = salvage.read(data)
    assert [answer.position for answer in read.to_take] == sorted([single.position, matching.position])
    accepted = salvage.accept(salvage=read, by=manager_p1, reason=WHY, at=NOON + 5 * MINUTE)
    assert (accepted.positions, accepted.state) == (tuple(sorted([single.position, matching.position])), "in_progress")
    single.refresh_from_db()
    assert (single.answer, single.saved_at, single.sequence) == ("b", NOON + 5 * MINUTE, 2)
    event = attempt.events.get(kind=AttemptEvent.Kind.SALVAGED)
    assert (event.by, event.reason, event.data["before"]) == (
        manager_p1,
        WHY,
        {str(single.position): None, str(matching.position): None},
    )
    again = salvage.accept(salvage=salvage.read(data), by=manager_p1, reason=WHY, at=NOON + 6 * MINUTE)
    assert again.positions == ()
    assert attempt.events.filter(kind=AttemptEvent.Kind.SALVAGED).count() == 1


def test_what_was_handed_in_is_marked_anew_whatever_attempts_are_left(
    attempt: Attempt, officer_p1: User, manager_p1: User
) -> None:
    attempt.quiz.max_attempts = 1
    attempt.quiz.save()
    rows = {name: question_of(attempt, name) for name in RIGHT if attempt.questions.filter(version__type=name).exists()}
    data = file_of(attempt, *(entry(row, RIGHT[name]) for name, row in rows.items()))
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + 3 * MINUTE)
    assert QuizGrade.objects.get().score == 0
    accepted = salvage.accept(salvage=salvage.read(data), by=manager_p1, reason=WHY, at=NOON + 60 * MINUTE)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.score, attempt.passed) == ("graded", Decimal(1), True)
    assert accepted.grade is not None
    assert (accepted.grade.passed_before, accepted.grade.passed_after) == (False, True)
    assert (QuizGrade.objects.get().score, QuizGrade.objects.get().passed) == (Decimal(1), True)
    steps = AttemptStep.objects.filter(question__attempt=attempt, kind=AttemptStep.Kind.SALVAGED)
    assert steps.count() == len(rows)
    assert {step.by for step in steps} == {manager_p1}
    again = salvage.accept(salvage=salvage.read(data), by=manager_p1, reason=WHY, at=NOON + 61 * MINUTE)
    assert (again.positions, steps.count()) == ((), len(rows))


def test_an_attempt_whose_time_is_over_is_handed_in_first(attempt: Attempt, manager_p1: User) -> None:
    single = question_of(attempt, "single")
    data = file_of(attempt, entry(single, "b", at=NOON + 19 * MINUTE))
    accepted = salvage.accept(salvage=salvage.read(data), by=manager_p1, reason=WHY, at=NOON + 90 * MINUTE)
    attempt.refresh_from_db()
    assert (accepted.state, attempt.submitted_at) == ("graded", attempt.deadline_at)
    single.refresh_from_db()
    assert (single.answer, single.fraction) == ("b", Decimal(1))


def test_what_was_given_after_the_time_was_up_is_not_taken(attempt: Attempt, manager_p1: User) -> None:
    single, true_false = question_of(attempt, "single"), question_of(attempt, "true_false")
    data = file_of(attempt, entry(single, "b", at=NOON + 22 * MINUTE), entry(true_false, True, at=NOON + 20 * MINUTE))
    read = salvage.read(data)
    assert {answer.position: bool(answer.obstacle) for answer in read.answers} == {
        single.position: True,
        true_false.position: False,
    }
    accepted = salvage.accept(salvage=read, by=manager_p1, reason=WHY, at=NOON + 30 * MINUTE)
    assert accepted.positions == (true_false.position,)


def test_a_question_that_was_checked_keeps_its_answer(attempt: Attempt, manager_p1: User) -> None:
    attempt.rules = {**attempt.rules, "behaviour": "immediate"}
    attempt.save()
    single = question_of(attempt, "single")
    AttemptQuestion.objects.filter(pk=single.pk).update(answer="a", sequence=1, tries=1, is_settled=True, fraction=0)
    read = salvage.read(file_of(attempt, entry(single, "b", sequence=2)))
    assert [bool(answer.obstacle) for answer in read.answers] == [True]
    assert salvage.accept(salvage=read, by=manager_p1, reason=WHY, at=NOON + MINUTE).positions == ()
    single.refresh_from_db()
    assert single.answer == "a"


def test_what_stands_and_what_is_offered_are_laid_side_by_side(attempt: Attempt, officer_p1: User) -> None:
    single = question_of(attempt, "single")
    attempts.save_answer(
        user=officer_p1, attempt_id=attempt.pk, position=single.position, post=_post(single, "a"),
        name=f"q{single.position}", sequence=4, at=NOON,
    )  # fmt: skip
    [answer] = salvage.read(file_of(attempt, entry(single, "b", sequence=3))).answers
    assert (answer.stands, answer.offered, answer.was_earlier, answer.is_taken) == (
        "Phương án a",
        "Phương án b",
        True,
        True,
    )
    [same] = salvage.read(file_of(attempt, entry(single, "a", sequence=3))).answers
    assert (same.is_same, same.is_taken) == (True, False)


def _post(question: AttemptQuestion, answer: Any) -> Any:
    from django.http import QueryDict

    post = QueryDict(mutable=True)
    for name, value in types.get(question.version.type).fields(answer, f"q{question.position}"):
        post.appendlist(name, value)
    return post


def changed(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    document = json.loads(data)
    change(document)
    return json.dumps(document).encode()


def test_a_file_that_was_changed_is_refused(attempt: Attempt) -> None:
    single = question_of(attempt, "single")
    data = file_of(attempt, entry(single, "a"))
    assert salvage.read(data).answers
    payload = json.loads(data)["payload"]
    forged = changed(data, lambda document: document.update(payload=payload.replace('"a"', '"b"')))
    for bad in (
        forged,
        changed(data, lambda document: document.update(signature="0" * 64)),
        changed(data, lambda document: document.update(signature="é" * 64)),
        file_of(attempt, entry(single, "a"), key="00" * 32),
        file_of(attempt, entry(single, "a"), attempt="3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
    ):
        with pytest.raises(salvage.SalvageRefusedError):
            salvage.read(bad)
    single.refresh_from_db()
    assert single.answer is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"format": "lms-salvage-1", "payload": 1, "signature": "00"}',
        b'{"format": "lms-salvage-1", "payload": "[]", "signature": "00"}',
        b'{"format": "lms-salvage-1", "payload": "{\\"attempt\\": \\"x\\"}", "signature": "00"}',
        b"[" * 100_000,
        b" " * (salvage.MOST_BYTES + 1),
    ],
    ids=["empty", "binary", "list", "object", "number", "list inside", "no attempt", "deep", "large"],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(db: None, data: bytes) -> None:
    with pytest.raises(salvage.SalvageRefusedError, match=r"\w+ \w+"):
        salvage.read(data)


def test_a_genuine_file_of_another_attempt_is_refused(attempt: Attempt, officer_p1: User) -> None:
    single = question_of(attempt, "single")
    data = file_of(attempt, entry(single, "b"))
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + MINUTE)
    other = attempts.start(user=officer_p1, quiz=attempt.quiz, at=NOON + 5 * MINUTE)
    assert salvage.read(data, attempt=attempt).answers
    with pytest.raises(salvage.SalvageRefusedError):
        salvage.read(data, attempt=other)


def test_only_who_may_mark_the_attempt_enters_a_file_and_says_why(
    attempt: Attempt, officer_p1: User, manager_p1: User, manager_p2: User
) -> None:
    single = question_of(attempt, "single")
    read = salvage.read(file_of(attempt, entry(single, "b")))
    for by, reason in ((manager_p2, WHY), (officer_p1, WHY), (manager_p1, "  ")):
        with pytest.raises(salvage.SalvageRefusedError):
            salvage.accept(salvage=read, by=by, reason=reason, at=NOON + MINUTE)
    single.refresh_from_db()
    assert single.answer is None


@pytest.mark.parametrize("state", ["abandoned", "voided"])
def test_a_closed_attempt_takes_nothing(attempt: Attempt, manager_p1: User, state: str) -> None:
    single = question_of(attempt, "single")
    read = salvage.read(file_of(attempt, entry(single, "b")))
    Attempt.objects.filter(pk=attempt.pk).update(state=state, check_at=None)
    with pytest.raises(salvage.SalvageRefusedError):
        salvage.accept(salvage=read, by=manager_p1, reason=WHY, at=NOON + MINUTE)
    single.refresh_from_db()
    assert single.answer is None

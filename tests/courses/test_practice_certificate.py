"""The certificate names exactly the chuyên đề that were completed, practical tasks among what was required."""

import uuid

import pytest

from certificates.models import Certificate
from courses.models import Activity, Completion, Enrolment, Module
from courses.services import practice
from courses.services.progress import record_activity
from lms.accounts.models import User
from tests.conftest import NOON, Outline
from tests.factories.practice import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(outline: Outline) -> Activity:
    """The second topic ends with a practical task of its own; a third holds only what nobody must do."""
    third = Module.objects.create(key=uuid.uuid4(), course=outline.course, title="Tham khảo", position=3)
    Activity.objects.create(
        key=uuid.uuid4(), course=outline.course, module=third, kind="lesson", title="Thêm", position=6,
        is_required=False,
    )  # fmt: skip
    return Activity.objects.create(
        key=uuid.uuid4(), course=outline.course, module=outline.module_2, kind="practice", title="Thực hành", position=5
    )


def do(enrolment: Enrolment, *activities: Activity) -> None:
    for activity in activities:
        record_activity(
            enrolment=enrolment, activity=activity, kind="done", source_key=f"t:{enrolment.pk}:{activity.pk}", at=NOON
        )


def test_the_certificate_waits_for_the_task_and_then_names_both_topics(
    enrolment: Enrolment, outline: Outline, task: Activity, manager_p1: User
) -> None:
    do(enrolment, outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3)
    submission = send(enrolment, task)
    assert (Completion.objects.count(), Certificate.objects.count()) == (0, 0)
    practice.confirm(submission=submission, by=manager_p1, at=NOON)
    assert Certificate.objects.get().payload["modules"] == ["Thành lập", "Biên tập"]


def test_a_returned_task_gives_no_certificate(
    enrolment: Enrolment, outline: Outline, task: Activity, manager_p1: User
) -> None:
    do(enrolment, outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3)
    practice.return_to_learner(submission=send(enrolment, task), by=manager_p1, feedback="Thiếu.", at=NOON)
    assert (Completion.objects.count(), Certificate.objects.count()) == (0, 0)


def test_a_topic_that_came_after_the_completion_is_not_on_the_certificate(
    enrolment: Enrolment, outline: Outline, manager_p1: User
) -> None:
    do(enrolment, outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3)
    fourth = Module.objects.create(key=uuid.uuid4(), course=outline.course, title="An toàn", position=4)
    later = Activity.objects.create(
        key=uuid.uuid4(), course=outline.course, module=fourth, kind="practice", title="Thực hành 4", position=9
    )
    practice.confirm(submission=send(enrolment, later), by=manager_p1, at=NOON)
    assert Certificate.objects.get().payload["modules"] == ["Thành lập", "Biên tập"]

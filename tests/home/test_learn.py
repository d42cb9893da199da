"""My training: what is due, until when, why and whom to ask, from tasks and nothing else."""

import datetime as dt
import re
import uuid

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import Activity, Course, Module
from courses.services.enrolment import enrol
from lms.plans import services
from tests.conftest import NOON
from tests.factories.certificates import make_completion
from tests.factories.plans import plan_141, task

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def course(title: str, *, is_open: bool = True) -> Course:
    made = Course.objects.create(key=uuid.uuid4(), title=title, url=f"/{uuid.uuid4()}/", is_open=is_open)
    module = Module.objects.create(key=uuid.uuid4(), course=made, title="Chuyên đề", position=1)
    Activity.objects.create(key=uuid.uuid4(), course=made, module=module, kind="lesson", title="Bài", url=made.url)
    return made


@pytest.fixture
def officer(officer_p1) -> Client:
    client = Client()
    client.force_login(officer_p1, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def red_buttons(html: str) -> int:
    return len(re.findall(r'class="btn main', html))


def learn(officer: Client) -> tuple[object, str]:
    answer = officer.get("/learn/")
    return answer.context["training"], answer.content.decode()


def test_without_a_task_the_page_is_as_before(officer, outline):
    training, html = learn(officer)
    assert (training.due, training.further, training.finished) == (None, [], [])
    assert f'action="/learn/courses/{outline.course.pk}/enrol/"' in html
    assert 'class="why' not in html
    assert red_buttons(html) == 1


def test_being_enrolled_or_managed_makes_nothing_due(officer, officer_p1, outline, enrolment, manager_p1):
    training, html = learn(officer)
    assert training.due is None
    assert 'class="why' not in html


def test_a_task_stands_at_the_top_with_deadline_reason_and_contact(officer, outline, units, manager_p1):
    free = course("Tự chọn")
    given = task(
        outline.course, units.p1, manager_p1, duties=["officer"], deadline=TODAY + dt.timedelta(days=5),
        basis=plan_141(), note="Mang theo giấy chứng nhận.",
    )  # fmt: skip
    training, html = learn(officer)
    assert training.due.title == outline.course.title
    assert [offer.title for offer in training.offers] == [free.title]
    assert html.index(f'action="/plans/{given.pk}/begin/"') < html.index(f'action="/learn/courses/{free.pk}/enrol/"')
    for said in ("28/11/2026", "141/KH-MTTQ-BTT", "12/4/2022", "Hoàng Đức Hạnh", 'href="tel:02033835123"'):
        assert said in html
    assert "Mang theo giấy chứng nhận." in html
    assert red_buttons(html) == 1


def test_a_due_course_that_is_begun_goes_on_from_where_one_left_off(officer, outline, units, manager_p1, enrolment):
    task(outline.course, units.p1, manager_p1, deadline=TODAY)
    training, html = learn(officer)
    assert training.current.enrolment_id == enrolment.pk
    assert f'<a class="btn main wide" href="{outline.lesson_1.url}">' in html
    assert "23/11/2026" in html
    assert red_buttons(html) == 1


def test_what_is_due_comes_before_what_was_begun_of_one_s_own_accord(officer, officer_p1, outline, units, manager_p1):
    own = course("Tự chọn đang học")
    enrol(user=officer_p1, course=own, at=NOON)
    task(outline.course, units.p1, manager_p1)
    training, html = learn(officer)
    assert (training.due.course_id, training.current) == (outline.course.pk, None)
    assert [row.title for row in training.others] == ["Tự chọn đang học"]
    assert red_buttons(html) == 1


def test_a_course_that_is_not_open_is_offered_through_its_task_only(officer, units, manager_p1):
    closed = course("Chỉ giao", is_open=False)
    assert "Chỉ giao" not in learn(officer)[1]
    given = task(closed, units.p1, manager_p1)
    assert f'action="/plans/{given.pk}/begin/"' in learn(officer)[1]


def test_overdue_stands_first_and_is_said(officer, outline, units, manager_p1):
    late = course("Trễ")
    task(outline.course, units.p1, manager_p1, deadline=TODAY + dt.timedelta(days=2))
    task(late, units.p1, manager_p1, deadline=dt.date(2026, 11, 20), at=NOON - dt.timedelta(days=30))
    training, html = learn(officer)
    assert (training.due.title, training.due.is_overdue) == ("Trễ", True)
    assert [owed.due.title for owed in training.further] == [outline.course.title]
    assert "tag late" in html
    assert red_buttons(html) == 1


def test_two_tasks_for_one_course_show_both_reasons_and_the_earlier_deadline(
    officer, outline, units, manager_p1, centre
):
    first = task(outline.course, units.centre, centre, deadline=dt.date(2026, 12, 31), contact_name="Trung ương")
    second = task(outline.course, units.p1, manager_p1, deadline=dt.date(2026, 11, 28))
    training, html = learn(officer)
    assert [reason.assignment_id for reason in training.due.reasons] == [second.pk, first.pk]
    assert training.due.said.day == "28/11/2026"
    assert f'id="viec-{first.code}"' in html
    assert f'id="viec-{second.code}"' in html
    assert "31/12/2026" in html


def test_a_done_task_says_so_and_asks_for_nothing(officer, officer_p1, outline, units, manager_p1):
    task(outline.course, units.p1, manager_p1, deadline=TODAY)
    make_completion(officer_p1, outline.course, units.p1_a, at=NOON)
    training, html = learn(officer)
    assert training.due is None
    assert [done.title for done in training.finished] == [outline.course.title]
    assert "tag done" in html
    assert 'href="/certificates/"' in html
    assert "tel:" not in html


def test_a_withdrawn_task_leaves_nothing_behind(officer, outline, units, manager_p1):
    given = task(outline.course, units.p1, manager_p1)
    assert learn(officer)[0].due is not None
    services.withdraw(assignment=given, by=manager_p1, reason="sai", at=NOON)
    assert learn(officer)[0].due is None


def test_the_page_asks_as_often_for_three_tasks_as_for_one(officer, outline, units, manager_p1):
    task(outline.course, units.p1, manager_p1, levels=("commune",))
    officer.get("/learn/")

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            officer.get("/learn/")
        return len(found)

    one = cost()
    for number in range(3):
        task(course(f"Khóa {number}"), units.p1_a, manager_p1, levels=("commune",), basis=plan_141())
    assert cost() == one

"""A practical task that names the unit's page feeds its record."""

import datetime as dt

import pytest

from courses.models import Submission
from courses.signals import practice_confirmed, practice_submitted
from lms.fanpages.models import PageRecord
from lms.units.models import Grant
from tests.conftest import DAY_ONE, NOON, make_person
from tests.fanpages.conftest import says

LATER = NOON + dt.timedelta(hours=1)


@pytest.fixture
def handed_in(enrolment, outline, units):
    """Makes a submission and tells of it, as courses.services.practice does."""

    def make(*, link="https://m.facebook.com/mattran.vanyen?ref=1", names_page=True, unit=units.p1_a, number=1):
        submission = Submission.objects.create(
            enrolment=enrolment, activity=outline.lesson_1, number=number, unit=unit, link=link,
            screenshot="" if link else "practice/2026/x.jpg", names_page=names_page, submitted_at=NOON,
        )  # fmt: skip
        practice_submitted.send(sender=Submission, submission=submission)
        return submission

    return make


def confirmed(submission, by):
    submission.state, submission.marked_by, submission.marked_at = "confirmed", by, LATER
    submission.save()
    practice_confirmed.send(sender=Submission, submission=submission)


def stands(unit):
    return PageRecord.objects.standing().filter(unit=unit).values_list("status", "page_key", "source", "confirmed_by")


def test_a_link_handed_in_is_reported_by_the_learner(handed_in, units, officer_p1):
    handed_in()
    record = PageRecord.objects.get()
    assert (record.unit, record.page_key, record.source, record.reported_by, record.confirmed_by) == (
        units.p1_a,
        "name:mattranvanyen",
        "practice",
        officer_p1,
        None,
    )


@pytest.mark.parametrize("without", [{"names_page": False}, {"link": ""}, {"unit": None}])
def test_a_task_that_does_not_name_the_page_reports_nothing(handed_in, manager_p1, without):
    confirmed(handed_in(**without), manager_p1)
    assert PageRecord.objects.count() == 0


def test_confirming_the_task_confirms_the_page(handed_in, units, manager_p1):
    confirmed(handed_in(), manager_p1)
    assert list(stands(units.p1_a)) == [("yes", "name:mattranvanyen", "practice", manager_p1.pk)]


def test_a_trainer_who_may_only_mark_leaves_the_page_waiting(handed_in, units):
    trainer = make_person("trainer", "Trần Thị Giảng", None)
    Grant.objects.create(person=trainer, unit=units.p1, right=Grant.Right.MARK, starts_on=DAY_ONE)
    confirmed(handed_in(), trainer)
    assert list(stands(units.p1_a)) == [("yes", "name:mattranvanyen", "practice", None)]


def test_the_page_that_stands_already_keeps_its_row_its_name_and_its_day(handed_in, units, officer_p1):
    before = says(units.p1_a, officer_p1, url="facebook.com/MatTranVanYen", name="Mặt trận", since=dt.date(2022, 4, 1))
    handed_in()
    assert list(PageRecord.objects.values_list("pk", "name", "since")) == [(before.pk, "Mặt trận", dt.date(2022, 4, 1))]


def test_another_page_reported_in_the_meantime_is_not_confirmed_by_the_task(handed_in, units, officer_p1, manager_p1):
    submission = handed_in()
    says(units.p1_a, officer_p1, url="facebook.com/trangmoi", when=LATER)
    confirmed(submission, manager_p1)
    assert list(stands(units.p1_a)) == [("yes", "name:trangmoi", "officer", None)]


@pytest.mark.parametrize("link", ["https://www.facebook.com/share/1AbC/", "https://example.org/trang"])
def test_a_link_that_is_no_page_can_be_handed_in_and_confirmed_all_the_same(handed_in, manager_p1, link):
    confirmed(handed_in(link=link), manager_p1)
    assert PageRecord.objects.count() == 0


def test_the_page_of_another_unit_is_neither_taken_nor_confirmed_here(handed_in, units, manager_p1):
    says(units.p1_b, manager_p1, url="facebook.com/mattranvanyen", source="manager")
    confirmed(handed_in(), manager_p1)
    assert list(stands(units.p1_a)) == []
    assert list(stands(units.p1_b)) == [("yes", "name:mattranvanyen", "manager", None)]

"""Erasing somebody who worked here: what was done in office stays with the house, and names nobody."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from wagtail.models import ModelLogEntry, Revision, WorkflowState

from courses.models import LegalClearance, LessonPage
from lms.accounts.models import User
from lms.core import audit
from lms.people.models import AccountAlias
from lms.people.services import approvals, erasure, privacy
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant
from lms.units.services.errors import RefusedError
from quizzes.models import Question
from tests.conftest import DAY_ONE, NOON, Units, make_person
from tests.factories.dumps import dump, left
from tests.factories.pages import small_course
from tests.factories.quizzes import make_category, make_question

NAME = "Giàng Thị Mỷ Soạn"


@pytest.fixture
def author(units: Units) -> User:
    """A trainer who wrote, cleared, reviewed and owned things, and has left: no group, no right, no post."""
    author = make_person("gv-my-soan", NAME, units.p1)
    author.groups.set(Group.objects.all())
    page = LessonPage.objects.get(pk=small_course().lesson_1.pk)
    page.owner = author
    page.title = "Bài của nhà"
    page.save_revision(user=author).publish(user=author)
    page.get_workflow().start(page, author)
    LegalClearance.objects.create(
        page_key=uuid.uuid4(), block_id="a", text_hash="b", cleared_by=author, cleared_by_name=NAME, cleared_at=NOON
    )
    saved = make_question(make_category("so"), "single", actor=author)
    Question.objects.filter(pk=saved.version.question_id).update(owner=author)
    audit.record("quizzes.question_create", saved.version.question, actor=author, reason=f"{NAME} viết")
    Appointment.objects.filter(person=author).update(ends_on=NOON.date())
    return author


def _erase(person: User, first: User, second: User) -> None:
    asked = privacy.ask(kind="erasure", person=person, by=first, at=NOON, words="Đã nghỉ")
    approval = erasure.propose(request=asked, by=first, at=NOON, reason="Đã nghỉ")
    assert approvals.approve(approval=approval, by=second, at=NOON)
    assert erasure.erase(request_id=asked.pk, at=NOON)


def test_what_a_trainer_made_stays_under_a_name_that_is_nobody_s(
    author: User, manager_p1: User, centre: User, time_machine: object
) -> None:
    time_machine.move_to(NOON)  # type: ignore[attr-defined]
    author.groups.clear()
    assert left((NAME,), dump())
    _erase(author, manager_p1, centre)
    assert left((NAME, "gv-my-soan"), dump()) == []
    page = LessonPage.objects.get(title="Bài của nhà")
    gone = User.objects.get(pk=author.pk)
    assert str(gone) == f"Cán bộ đã xóa #{author.pk}"
    assert page.owner == gone
    assert page.live
    assert Revision.objects.filter(user=gone).exists()
    assert WorkflowState.objects.get().requested_by == gone
    assert LegalClearance.objects.get().cleared_by == gone
    assert Question.objects.get().owner == gone
    assert ModelLogEntry.objects.filter(action="quizzes.question_create", user=gone).exists()


def test_who_still_works_in_the_cms_is_not_erased(author: User, manager_p1: User) -> None:
    asked = privacy.ask(kind="erasure", person=author, by=manager_p1, at=NOON, words="Đã nghỉ")
    with pytest.raises(RefusedError):
        erasure.propose(request=asked, by=manager_p1, at=NOON, reason="Đã nghỉ")


def test_the_last_manager_of_a_province_gives_the_rights_back_first(
    manager_p1: User, centre: User, units: Units
) -> None:
    Appointment.objects.filter(person=manager_p1).update(ends_on=DAY_ONE.replace(year=2023))
    asked = privacy.ask(kind="erasure", person=manager_p1, by=centre, at=NOON, words="Đã nghỉ")
    with pytest.raises(RefusedError):
        erasure.propose(request=asked, by=centre, at=NOON, reason="Đã nghỉ")
    Grant.objects.filter(person=manager_p1).update(ends_on=DAY_ONE.replace(year=2023))
    other = make_person("tw_hai", "Lý Văn Hai", units.centre)
    Grant.objects.create(person=other, unit=units.centre, right="approve", starts_on=DAY_ONE)
    _erase(manager_p1, centre, other)
    manager_p1.refresh_from_db()
    assert str(manager_p1) == f"Cán bộ đã xóa #{manager_p1.pk}"


def test_nobody_confirms_the_own_erasure_nor_asks_a_second_person_for_it(manager_p1: User, centre: User) -> None:
    asked = privacy.ask(kind="erasure", person=centre, by=centre, at=NOON, words="Tôi nghỉ")
    with pytest.raises(NotAllowedError):
        erasure.propose(request=asked, by=centre, at=NOON, reason="Tôi nghỉ")


def test_an_old_account_is_erased_with_the_one_that_goes_on(officer_p1: User, manager_p1: User, centre: User) -> None:
    old = make_person("anh-cu", "Đặng Thị Nguyệt Ánh", None)
    older = make_person("anh-cu-nua", "Đặng Thị Nguyệt Ánh", None)
    User.objects.filter(pk=old.pk).update(phone="+84912000111", email="cu@mattran.vn")
    for one, other in ((older, old), (old, officer_p1)):
        AccountAlias.objects.create(old=one, survivor=other, reason="Một người", merged_by=centre, merged_at=NOON)
    Appointment.objects.filter(person=officer_p1).update(ends_on=DAY_ONE.replace(year=2023))
    _erase(officer_p1, manager_p1, centre)
    words = ("Đặng Thị Nguyệt Ánh", "anh-cu", "912000111", "cu@mattran.vn", "officer_p1")
    assert left(words, dump()) == []
    assert not Client().login(username="anh-cu", password="mat-khau-thu-1")

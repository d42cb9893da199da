"""Giving, changing and withdrawing a task; documents; the log."""

import datetime as dt

import pytest
from wagtail.models import ModelLogEntry

from lms.plans import rules, services
from lms.plans.models import Assignment, BasisDocument
from lms.units.models import Grant
from lms.units.services.errors import RefusedError
from tests.conftest import NOON
from tests.factories.plans import plan_141, task

DEADLINE = dt.date(2026, 11, 30)
TODAY = dt.date(2026, 11, 23)


def logged(action: str) -> list[dict]:
    return [entry.data for entry in ModelLogEntry.objects.filter(action=action).order_by("pk")]


def give(units, outline, manager, **fields) -> Assignment:
    return task(outline.course, units.p1, manager, at=NOON, **{"deadline": DEADLINE, **fields})


def test_a_task_is_given_and_the_log_says_what_to_whom_and_until_when(units, outline, manager_p1):
    given = give(units, outline, manager_p1, levels=("commune",), duties=["officer"], basis=plan_141())
    assert (given.assigned_by, given.assigned_at, given.deadline) == (manager_p1, NOON, DEADLINE)
    assert [level.key for level in given.levels.all()] == ["commune"]
    (entry,) = logged("plans.assign")
    assert entry == {
        "course": outline.course.pk, "unit": units.p1.pk, "path": units.p1.path, "positions": [], "levels": ["commune"],
        "duties": ["officer"], "deadline": "2026-11-30", "basis": "141/KH-MTTQ-BTT",
        "contact": "Hoàng Đức Hạnh, 0203 3835 123",
    }  # fmt: skip


def test_the_same_task_again_is_the_task_that_stands(units, outline, manager_p1):
    fields = {"levels": ("commune",), "positions": ["Phó Chủ tịch"], "duties": ["team", "officer"], "basis": plan_141()}
    first = give(units, outline, manager_p1, **fields)
    assert give(units, outline, manager_p1, **{**fields, "duties": ["officer", "team"]}) == first
    assert give(units, outline, manager_p1, **{**fields, "levels": ("commune", "province")}) != first
    assert give(units, outline, manager_p1, **{**fields, "positions": []}) != first
    assert len(logged("plans.assign")) == 3
    services.withdraw(assignment=first, by=manager_p1, reason="sai", at=NOON)
    assert give(units, outline, manager_p1, **fields) != first


def test_only_who_may_assign_over_the_unit_gives_a_task(units, outline, manager_p1, manager_p2, officer_p1):
    for stranger in (manager_p2, officer_p1):
        with pytest.raises(services.NotAllowedError):
            give(units, outline, stranger)
    Grant.objects.filter(person=manager_p1, right=Grant.Right.ASSIGN).update(ends_on=TODAY)
    with pytest.raises(services.NotAllowedError):
        give(units, outline, manager_p1)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"deadline": dt.date(2026, 11, 22)}, {"duties": ["boss"]}, {"contact_name": " "}, {"contact_phone": ""}],
    ids=["deadline over", "no such duty", "nobody to ask", "no phone"],
)
def test_what_cannot_be_asked_is_refused(units, outline, manager_p1, fields):
    with pytest.raises(RefusedError):
        give(units, outline, manager_p1, **fields)
    assert not Assignment.objects.exists()


def test_today_may_be_the_last_day(units, outline, manager_p1):
    assert give(units, outline, manager_p1, deadline=TODAY).deadline == TODAY


def test_a_retired_course_is_not_given(units, outline, manager_p1):
    outline.course.retired_at = NOON
    with pytest.raises(RefusedError):
        give(units, outline, manager_p1)


def test_a_code_that_is_taken_is_drawn_again(units, outline, manager_p1, monkeypatch):
    drawn = iter(["bcdfgh", "bcdfgh", "bcdfgh", "jkmnpq"])
    monkeypatch.setattr(rules, "new_code", lambda: next(drawn))
    first = give(units, outline, manager_p1)
    second = give(units, outline, manager_p1, duties=["team"])
    assert (first.code, second.code) == ("bcdfgh", "jkmnpq")
    assert first.pk != second.pk


def test_a_change_is_logged_with_before_and_after_and_nothing_where_nothing_changed(units, outline, manager_p1):
    given = give(units, outline, manager_p1)
    same = {"contact_name": given.contact_name, "contact_phone": given.contact_phone}
    services.change(assignment=given, deadline=DEADLINE, **same, by=manager_p1, at=NOON)
    assert logged("plans.change") == []
    services.change(
        assignment=given, deadline=dt.date(2026, 12, 15), contact_name="Vũ Thị Hải", contact_phone="0912 345 678",
        by=manager_p1, at=NOON,
    )  # fmt: skip
    given.refresh_from_db()
    assert (given.deadline, given.contact_name) == (dt.date(2026, 12, 15), "Vũ Thị Hải")
    assert logged("plans.change") == [
        {
            "before": {
                "deadline": "2026-11-30", "contact_name": "Hoàng Đức Hạnh", "contact_phone": "0203 3835 123",
            },
            "after": {"deadline": "2026-12-15", "contact_name": "Vũ Thị Hải", "contact_phone": "0912 345 678"},
            "unit": units.p1.pk, "path": units.p1.path,
        }
    ]  # fmt: skip


def test_a_deadline_that_is_over_may_stay_but_no_new_one_is_set_in_the_past(units, outline, manager_p1):
    given = give(units, outline, manager_p1)
    later = NOON + dt.timedelta(days=20)
    contact = {"contact_name": "Người Mới", "contact_phone": "0912 345 678", "by": manager_p1, "at": later}
    services.change(assignment=given, deadline=DEADLINE, **contact)
    with pytest.raises(RefusedError):
        services.change(assignment=given, deadline=dt.date(2026, 12, 1), **contact)


def test_withdrawing_says_who_when_and_why_and_happens_once(units, outline, manager_p1, centre, manager_p2):
    given = give(units, outline, manager_p1)
    with pytest.raises(services.NotAllowedError):
        services.withdraw(assignment=given, by=manager_p2, reason="không được", at=NOON)
    services.withdraw(assignment=given, by=manager_p1, reason="thay kế hoạch", at=NOON)
    services.withdraw(assignment=given, by=centre, reason="lần hai", at=NOON + dt.timedelta(hours=1))
    given.refresh_from_db()
    assert (given.withdrawn_by, given.withdrawn_at, given.withdrawn_reason) == (manager_p1, NOON, "thay kế hoạch")
    assert logged("plans.withdraw") == [{"reason": "thay kế hoạch", "unit": units.p1.pk, "path": units.p1.path}]
    with pytest.raises(RefusedError):
        services.change(
            assignment=given, deadline=None, contact_name="A B", contact_phone="0912345678", by=manager_p1, at=NOON
        )


def test_a_document_is_kept_as_it_is_written(db):
    document = services.enter_document(reference=" 141/KH-MTTQ-BTT ", date_as_written="12/4/2022", kind="Kế hoạch")
    assert (document.reference, document.date_as_written, document.issued_on) == (
        "141/KH-MTTQ-BTT", "12/4/2022", dt.date(2022, 4, 12),
    )  # fmt: skip
    odd = services.enter_document(reference="Kế hoạch của tỉnh", date_as_written="tháng tư")
    assert (odd.reference, odd.issued_on) == ("Kế hoạch của tỉnh", None)


def test_the_same_document_again_is_the_same_row_and_only_gains_what_was_missing(db):
    first = services.enter_document(reference="141/KH-MTTQ-BTT", date_as_written="12/4/2022")
    again = services.enter_document(
        reference="141/KH-MTTQ-BTT", date_as_written="12/4/2022", kind="Kế hoạch", title="Về Trang cộng đồng"
    )
    services.enter_document(reference="141/KH-MTTQ-BTT", date_as_written="12/4/2022", kind="Công văn")
    again.refresh_from_db()
    assert (again.pk, again.kind, again.title) == (first.pk, "Kế hoạch", "Về Trang cộng đồng")
    assert services.enter_document(reference="141/KH-MTTQ-BTT", date_as_written="12/4/2023").pk != first.pk
    assert BasisDocument.objects.count() == 2


def test_a_document_without_a_number_is_refused(db):
    with pytest.raises(RefusedError):
        services.enter_document(reference="  ", date_as_written="12/4/2022")

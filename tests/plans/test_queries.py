"""Whom a task concerns, what a person owes, what a manager counts."""

import datetime as dt
import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.enums import State
from courses.models import Course, Enrolment
from lms.accounts.models import User
from lms.plans import queries, rules, services
from lms.units.models import Appointment, DivisionType, Grant, Level
from lms.units.services import reorganising
from tests.conftest import DAY_ONE, NOON, make_person, make_unit
from tests.factories.certificates import make_completion
from tests.factories.plans import plan_141, task

TODAY = dt.date(2026, 11, 23)
FIVE_DAYS = dt.date(2026, 11, 28)
POSITIONS = [
    "Chủ tịch",
    "Phó Chủ tịch",
    "PHÓ CHỦ TỊCH  Thường trực",
    "Chuyên viên",
    "Ủy viên Thường trực",
    "Đoàn viên",
    "",
]
WANTED = ["chu tich", "=Chủ tịch", "phó chủ tịch", "thường trực", "viên", "doan", "ban"]
DUTIES = ["", "officer", "team"]


def courses_owed(person: User, on: dt.date = TODAY) -> list[str]:
    return [due.title for due in queries.dues_of(person, on)]


def concerned(assignment, on: dt.date = TODAY) -> set[str]:
    return set(queries.audience(assignment, on).values_list("username", flat=True))


def another_course(title: str) -> Course:
    return Course.objects.create(key=uuid.uuid4(), title=title, url=f"/{uuid.uuid4()}/")


# --- The rule and the database say the same -----------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    posts=st.lists(
        st.tuples(
            st.integers(0, 5), st.sampled_from(POSITIONS), st.sampled_from(DUTIES),
            st.integers(-3, 3), st.one_of(st.none(), st.integers(1, 5)),
        ),
        max_size=8,
    ),
    unit=st.integers(0, 5),
    levels=st.sets(st.sampled_from(["centre", "province", "commune"])),
    wanted=st.lists(st.sampled_from(WANTED), max_size=2),
    duties=st.sets(st.sampled_from(DUTIES)),
)  # fmt: skip
def test_the_rule_the_list_and_each_person_s_own_page_agree(
    units, outline, centre, posts, unit, levels, wanted, duties
):
    """``rules.match`` person by person, the database for the manager, ``dues_of`` for the learner: one answer."""
    with transaction.atomic():
        everywhere = [units.centre, units.p1, units.p1_a, units.p1_b, units.p2, units.p2_a]
        made = []
        for number, (where, position, duty, start, length) in enumerate(posts):
            person, _ = User.objects.get_or_create(
                username=f"can-bo-{number % 5}", defaults={"full_name": f"Cán Bộ {number}"}
            )
            starts_on = TODAY + dt.timedelta(days=start)
            made.append(
                Appointment.objects.create(
                    person=person, unit=everywhere[where], position=position, page_duty=duty, is_primary=False,
                    starts_on=starts_on,
                    ends_on=starts_on + dt.timedelta(days=length) if length else None,
                )
            )  # fmt: skip
        assignment = task(
            outline.course, everywhere[unit], centre, levels=tuple(levels), positions=wanted, duties=sorted(duties)
        )
        aim = queries.aim_of(assignment)
        expected = {
            post.person.username
            for post in [*made, *Appointment.objects.filter(person=centre)]
            if post.starts_on <= TODAY and (post.ends_on is None or post.ends_on > TODAY)
            and rules.match(rules.Post(post.unit.path, post.unit.level_id, post.position, post.page_duty), aim)
        }  # fmt: skip
        assert concerned(assignment) == expected
        assert {person.username for person in User.objects.all() if courses_owed(person)} == expected
        assert queries.standing_of(assignment, TODAY).total.people == len(expected)
        assert queries.people_lines(aim, outline.course.pk, TODAY)[0] == len(expected)
        transaction.set_rollback(True)


# --- Whom it concerns, day by day ---------------------------------------------------------------------


def test_who_is_appointed_today_is_concerned_and_whose_appointment_ended_today_is_not(units, outline, manager_p1):
    person = make_person("moi", "Người Mới", None)
    assignment = task(outline.course, units.p1, manager_p1, duties=["officer"])
    post = Appointment.objects.create(
        person=person, unit=units.p1_a, position="Công chức", page_duty="officer", starts_on=TODAY
    )
    assert courses_owed(person, TODAY - dt.timedelta(days=1)) == []
    assert courses_owed(person) == ["Trang cộng đồng"]
    assert concerned(assignment) == {"moi"}
    post.starts_on, post.ends_on = DAY_ONE, TODAY
    post.save()
    assert courses_owed(person) == []
    assert concerned(assignment) == set()


def test_who_moves_to_another_province_leaves_the_task_and_comes_under_the_other_one(
    units, outline, officer_p1, manager_p1, manager_p2
):
    task(outline.course, units.p1, manager_p1, duties=["officer"])
    task(another_course("Khóa của Thái Nguyên"), units.p2, manager_p2, duties=["officer"])
    assert courses_owed(officer_p1) == ["Trang cộng đồng"]
    officer_p1.appointments.update(ends_on=TODAY)
    Appointment.objects.create(
        person=officer_p1, unit=units.p2_a, position="Công chức", page_duty="officer", starts_on=TODAY
    )
    assert courses_owed(officer_p1) == ["Khóa của Thái Nguyên"]


def test_whose_unit_merged_is_still_concerned(units, outline, officer_p1, manager_p1):
    assignment = task(outline.course, units.p1, manager_p1, levels=("commune",), duties=["officer"])
    kind = DivisionType.objects.get(key="xã", level__key="commune")
    reorganising.merge(
        units=[units.p1_a, units.p1_b], full_name="Xã Hợp Nhất", short_name="Hợp Nhất", type=kind, code="09999",
        on=TODAY, actor=None,
    )  # fmt: skip
    assert courses_owed(officer_p1) == ["Trang cộng đồng"]
    assert concerned(assignment) == {"officer_p1"}


def test_nobody_of_another_province_is_concerned(units, outline, officer_p1, officer_p2, manager_p1):
    assignment = task(outline.course, units.p1, manager_p1, duties=["officer"])
    assert courses_owed(officer_p2) == []
    assert concerned(assignment) == {"officer_p1"}


def test_a_withdrawn_task_and_a_retired_course_are_owed_by_nobody(units, outline, officer_p1, manager_p1):
    assignment = task(outline.course, units.p1, manager_p1)
    retired = another_course("Khóa cũ")
    task(retired, units.p1, manager_p1)
    assert courses_owed(officer_p1) == ["Khóa cũ", "Trang cộng đồng"]
    services.withdraw(assignment=assignment, by=manager_p1, reason="thay kế hoạch", at=NOON)
    retired.retired_at = NOON
    retired.save()
    assert courses_owed(officer_p1) == []


def test_who_serves_nowhere_owes_nothing(units, outline, manager_p1):
    task(outline.course, units.p1, manager_p1)
    assert courses_owed(make_person("tu-do", "Không Đơn Vị", None)) == []


# --- What a person reads -------------------------------------------------------------------------------


def test_a_due_says_until_when_why_and_whom_to_ask(units, outline, officer_p1, manager_p1):
    task(
        outline.course, units.p1, manager_p1, levels=("commune",), duties=["officer"], deadline=FIVE_DAYS,
        basis=plan_141(), note="Mang theo giấy chứng nhận.",
    )  # fmt: skip
    (due,) = queries.dues_of(officer_p1, TODAY)
    (reason,) = due.reasons
    assert (due.deadline, due.said.day, due.said.state) == (FIVE_DAYS, "28/11/2026", rules.When.SOON)
    assert "5" in due.said.words
    assert reason.document.startswith("Kế hoạch 141/KH-MTTQ-BTT")
    assert "12/4/2022" in reason.why
    assert "tỉnh Quảng Ninh" in reason.why
    assert (reason.contact_name, reason.phone_link, reason.phone_shown) == (
        "Hoàng Đức Hạnh", "02033835123", "0203 3835 123",
    )  # fmt: skip
    assert reason.note == "Mang theo giấy chứng nhận."


def test_of_several_tasks_for_one_course_the_earliest_deadline_wins_and_every_reason_is_there(
    units, outline, officer_p1, manager_p1, centre
):
    task(outline.course, units.centre, centre, contact_name="Trung ương")
    task(outline.course, units.p1, manager_p1, deadline=dt.date(2026, 12, 31), contact_name="Sau")
    task(outline.course, units.p1_a, manager_p1, deadline=FIVE_DAYS, contact_name="Trước")
    (due,) = queries.dues_of(officer_p1, TODAY)
    assert due.deadline == FIVE_DAYS
    assert [reason.contact_name for reason in due.reasons] == ["Trước", "Sau", "Trung ương"]


def test_overdue_comes_first_then_the_earliest_then_what_has_no_deadline_then_what_is_done(
    units, outline, officer_p1, manager_p1
):
    days = {"quá hạn": -3, "hôm nay": 0, "còn lâu": 40, "còn 5 ngày": 5, "đã xong": -10}
    given_at = NOON - dt.timedelta(days=30)
    made = {title: another_course(title) for title in days}
    for title, course in made.items():
        task(course, units.p1, manager_p1, deadline=TODAY + dt.timedelta(days=days[title]), at=given_at)
    task(outline.course, units.p1, manager_p1)
    make_completion(officer_p1, made["đã xong"], units.p1_a, at=NOON)
    dues = queries.dues_of(officer_p1, TODAY)
    assert [due.title for due in dues] == ["quá hạn", "hôm nay", "còn 5 ngày", "còn lâu", "Trang cộng đồng", "đã xong"]
    assert [due.is_overdue for due in dues] == [True, False, False, False, False, False]
    assert (dues[-1].state, dues[-1].done_on, dues[-1].was_late) == (State.DONE, TODAY, True)


def test_the_state_is_that_of_the_person(units, outline, officer_p1, manager_p1, enrolment):
    task(outline.course, units.p1, manager_p1, deadline=FIVE_DAYS)

    def state() -> State:
        (due,) = queries.dues_of(officer_p1, TODAY)
        return due.state

    assert state() == State.NOT_STARTED
    Enrolment.objects.filter(pk=enrolment.pk).update(started_at=NOON)
    assert state() == State.IN_PROGRESS
    make_completion(officer_p1, outline.course, units.p1_a, at=NOON)
    assert state() == State.DONE


def test_completed_on_the_last_evening_is_not_late(units, outline, officer_p1, manager_p1):
    assignment = task(outline.course, units.p1, manager_p1, deadline=dt.date(2026, 11, 22))
    late_evening = dt.datetime(2026, 11, 22, 16, 59, tzinfo=dt.UTC)  # 23:59 in Việt Nam
    completion = make_completion(officer_p1, outline.course, units.p1_a, at=late_evening)
    assert not queries.dues_of(officer_p1, TODAY)[0].was_late
    assert queries.standing_of(assignment, TODAY).total.late == 0
    type(completion).objects.filter(pk=completion.pk).update(completed_at=late_evening + dt.timedelta(minutes=1))
    assert queries.dues_of(officer_p1, TODAY)[0].was_late
    assert queries.standing_of(assignment, TODAY).total.late == 1


def test_what_is_owed_costs_four_queries_for_one_task_and_for_many(units, outline, officer_p1, manager_p1):
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            queries.dues_of(officer_p1, TODAY)
        return len(found)

    assert cost() <= 4
    task(outline.course, units.p1, manager_p1, levels=("commune",), positions=["phó chủ tịch"], basis=plan_141())
    one = cost()
    for number in range(3):
        task(
            another_course(f"Khóa {number}"), [units.p1, units.p1_a, units.p1][number], manager_p1,
            levels=("commune", "province"), deadline=FIVE_DAYS,
        )  # fmt: skip
    assert len(queries.dues_of(officer_p1, TODAY)) == 4
    assert (one, cost()) == (4, 4)


# --- What a manager counts ------------------------------------------------------------------------------


def test_the_figures_of_a_task_are_whole_and_by_unit(units, outline, officer_p1, manager_p1):
    begun = make_person("dang-hoc", "Lý Văn Đang", units.p1_b, duty="officer")
    make_person("chua-hoc", "Ngô Thị Chưa", units.p1_b, duty="officer")
    make_completion(officer_p1, outline.course, units.p1_a, at=NOON)
    Enrolment.objects.create(user=begun, course=outline.course, enrolled_at=NOON, started_at=NOON)
    empty = make_unit("Xã Trống", parent=units.p1, level="commune", rank=30)
    assignment = task(outline.course, units.p1, manager_p1, levels=("commune",), duties=["officer"])
    standing = queries.standing_of(assignment, TODAY)
    assert standing.total == queries.Figures(people=3, done=1, under_way=1)
    assert {row.name: (row.figures.done, row.figures.people) for row in standing.rows} == {
        "Phường Hạ Long": (0, 2),
        "Xã Vạn Yên": (1, 1),
    }
    assert (standing.units, standing.without) == (3, 1)
    assert empty.pk not in {row.unit_id for row in standing.rows}


def test_who_serves_in_two_units_is_counted_once_in_the_total(units, outline, officer_p1, manager_p1):
    Appointment.objects.create(
        person=officer_p1, unit=units.p1_b, position="Kiêm nhiệm", page_duty="officer", is_primary=False,
        starts_on=DAY_ONE,
    )  # fmt: skip
    standing = queries.standing_of(task(outline.course, units.p1, manager_p1, duties=["officer"]), TODAY)
    assert (standing.total.people, len(standing.rows), standing.overlap) == (1, 2, 1)
    aim = rules.Aim(units.p1.path, duties=frozenset({"officer"}))
    count, lines = queries.people_lines(aim, outline.course.pk, TODAY)
    assert (count, [line.unit for line in lines]) == (1, ["Xã Vạn Yên"])


def test_the_preview_counts_empty_units_apart_from_units_where_nobody_fits(units, outline, officer_p1, manager_p1):
    make_person("khong-phu-trach", "Đỗ Văn Không", units.p1_b)
    make_unit("Xã Trống", parent=units.p1, level="commune", rank=30)
    commune = Level.objects.get(key="commune")
    aim = rules.Aim(units.p1.path, frozenset({commune.pk}), ("phó chủ tịch",), frozenset({"officer"}))
    found = queries.reach(aim, outline.course.pk, TODAY)
    assert (found.people, found.units, found.done, found.empty, found.unfit) == (1, 1, 0, 1, 1)
    assert [line.name for line in found.first] == ["Đặng Thị Nguyệt Ánh"]
    assert found.positions == ("Phó Chủ tịch",)


def test_a_position_that_nobody_holds_concerns_nobody(units, outline, officer_p1, manager_p1):
    assignment = task(outline.course, units.p1, manager_p1, positions=["Trưởng ban Tuyên giáo"])
    assert queries.standing_of(assignment, TODAY).total == queries.Figures()
    assert concerned(assignment) == set()


@pytest.mark.parametrize("call", ["standing", "people", "list", "view"])
def test_a_manager_s_screens_ask_as_often_for_three_as_for_one(call, units, outline, officer_p1, manager_p1):
    first = task(outline.course, units.p1, manager_p1, levels=("commune",), positions=["phó"], basis=plan_141())
    calls = {
        "standing": lambda: queries.standing_of(first, TODAY),
        "people": lambda: queries.people_lines(queries.aim_of(first), outline.course.pk, TODAY),
        "list": lambda: queries.tasks_for(manager_p1, TODAY),
        "view": lambda: queries.view_of(manager_p1, first.pk, TODAY),
    }

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            calls[call]()
        return len(found)

    one = cost()
    for number in range(3):
        commune = make_unit(f"Xã Mới {number}", parent=units.p1, level="commune", rank=30)
        make_person(f"moi-{number}", f"Phạm Thị {number}", commune, duty="officer", position="Phó Chủ tịch")
        task(another_course(f"Khóa {number}"), commune, manager_p1, levels=("commune",), basis=plan_141())
    assert cost() == one


def test_a_manager_sees_the_own_tasks_and_those_from_above_that_concern_the_own_units(
    units, outline, manager_p1, manager_p2, centre
):
    own = task(outline.course, units.p1_a, manager_p1)
    other = task(outline.course, units.p2, manager_p2)
    to_all = task(outline.course, units.centre, centre)
    to_centre_only = task(another_course("Nội bộ"), units.centre, centre, levels=("centre",))
    found = queries.tasks_for(manager_p1, TODAY)
    assert ([row.id for row in found.own], [row.id for row in found.above]) == ([own.pk], [to_all.pk])
    seen = {
        assignment.pk: queries.view_of(manager_p1, assignment.pk, TODAY)
        for assignment in (own, other, to_all, to_centre_only)
    }
    assert [bool(view) for view in seen.values()] == [True, False, True, False]
    assert (seen[own.pk].may_change, seen[to_all.pk].may_change) == (True, False)
    assert (seen[to_all.pk].is_from_above, seen[to_all.pk].unit.pk) == (True, units.p1.pk)


def test_from_below_a_task_shows_the_figures_of_the_own_units_only(
    units, outline, officer_p1, officer_p2, manager_p1, centre
):
    assignment = task(outline.course, units.centre, centre, duties=["officer"])
    assert queries.standing_of(assignment, TODAY).total.people == 2
    assert queries.standing_of(assignment, TODAY, unit=units.p1).total.people == 1


def test_positions_in_use_are_listed_once_whatever_their_spelling(units):
    for number, position in enumerate(["Chuyên viên", "chuyên viên", "Phó Chủ tịch", "Chuyên viên"]):
        make_person(f"p{number}", "Nguyễn Văn An", units.p1_a, position=position)
    assert queries.positions_in_use([units.p1.path], TODAY) == ["Chuyên viên", "Phó Chủ tịch"]
    assert queries.positions_in_use([units.p2.path], TODAY) == []


def test_documents_of_another_province_are_not_offered(units, outline, manager_p1, manager_p2):
    task(outline.course, units.p1, manager_p1, basis=plan_141())
    assert [str(document) for document in queries.documents_known(manager_p1)] == ["141/KH-MTTQ-BTT"]
    assert list(queries.documents_known(manager_p2)) == []


# --- The short link -------------------------------------------------------------------------------------


def test_the_short_link_is_that_of_the_nearest_task(units, outline, manager_p1, centre, settings):
    settings.PUBLIC_URL = "https://lms.example"

    def link() -> str:
        return queries.short_link(units.p1_a, outline.course.pk, TODAY)

    assert link() == "https://lms.example/learn/"
    far = task(outline.course, units.centre, centre, deadline=TODAY)
    assert link() == f"https://lms.example/t/{far.code}/"
    near = task(outline.course, units.p1, manager_p1)
    assert link() == f"https://lms.example/t/{near.code}/"
    services.withdraw(assignment=near, by=manager_p1, reason="sai", at=NOON)
    assert link() == f"https://lms.example/t/{far.code}/"


def test_only_the_right_to_assign_or_to_see_opens_the_tasks(units, manager_p1, officer_p1):
    assert (queries.may_assign(manager_p1), queries.may_see_tasks(manager_p1)) == (True, True)
    Grant.objects.filter(person=manager_p1).exclude(right=Grant.Right.MARK).delete()
    assert (queries.may_assign(manager_p1), queries.may_see_tasks(manager_p1)) == (False, False)
    assert not queries.may_see_tasks(officer_p1)

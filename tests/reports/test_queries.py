import datetime as dt
import random

import pytest

from courses.enums import State
from courses.models import Course
from lms.fanpages.services import confirm
from lms.reports import queries
from lms.reports.queries import Question
from lms.reports.rules import Figures, Kind, Order
from lms.units.models import Appointment, DivisionType, Grant, Succession, Unit
from lms.units.services.appointments import is_open
from lms.units.services.reorganising import merge
from tests.conftest import NOON, make_person, make_unit
from tests.fanpages.conftest import says
from tests.reports.conftest import TODAY, at, begin, certify, complete

DAY = dt.timedelta(days=1)


def table(viewer, unit, course, *, day=TODAY, order=Order.NAME, **filters):
    place = queries.place_in_scope(viewer, unit.pk, day)
    return queries.unit_table(place, Question(day=day, course_id=course.pk, **filters), order)


def listed(viewer, unit, course, *, day=TODAY, status="", own_only=False, **filters):
    place = queries.place_in_scope(viewer, unit.pk, day)
    question = Question(day=day, course_id=course.pk, **filters)
    page = queries.people_page(viewer, place, question, status=status, own_only=own_only)
    streamed = list(queries.each_person(viewer, place, question, status=status, own_only=own_only))
    assert page == streamed
    assert len(page) == queries.count_people(place, question, status=status, own_only=own_only)
    return page


def figures_of(found, name):
    return next(row.figures for row in found.rows if row.name == name)


# --- The table ----------------------------------------------------------------------------------------


def test_a_province_shows_its_communes_its_own_staff_and_the_total(units, manager_p1, officer_p1, outline):
    complete(officer_p1, outline.course, TODAY)
    begin(make_person("b1", "Lê Văn Bình", units.p1_b), outline.course, TODAY)
    found = table(manager_p1, units.p1, outline.course)
    assert [(row.kind, row.name, row.figures) for row in found.rows] == [
        (Kind.OWN, found.rows[0].name, Figures(people=1)),
        (Kind.UNIT, "Phường Hạ Long", Figures(people=1, under_way=1, units=1)),
        (Kind.UNIT, "Xã Vạn Yên", Figures(people=1, done=1, units=1, covered=1)),
    ]
    assert found.total.figures == Figures(people=3, done=1, under_way=1, units=2, covered=1)


def test_a_unit_with_nobody_entered_counts_in_the_denominator(units, manager_p1, officer_p1, outline):
    complete(officer_p1, outline.course, TODAY)
    make_unit("Xã Trống", parent=units.p1, level="commune", rank=30)
    total = table(manager_p1, units.p1, outline.course).total.figures
    assert (total.covered, total.units) == (1, 3)


def test_a_completion_counts_from_its_own_day_and_not_before(units, manager_p1, officer_p1, outline):
    day = dt.date(2026, 3, 10)
    complete(officer_p1, outline.course, day)  # at 23:00 in Việt Nam, which is 16:00 UTC
    assert table(manager_p1, units.p1, outline.course, day=day - DAY).total.figures == Figures(
        people=2, done=0, under_way=1, units=2, covered=0
    )
    assert table(manager_p1, units.p1, outline.course, day=day).total.figures == Figures(
        people=2, done=1, under_way=0, units=2, covered=1
    )


def test_a_beginning_counts_from_its_own_day_and_not_before(units, manager_p1, officer_p1, outline):
    day = dt.date(2026, 3, 10)
    begin(officer_p1, outline.course, day)
    assert table(manager_p1, units.p1, outline.course, day=day - DAY).total.figures.under_way == 0
    assert table(manager_p1, units.p1, outline.course, day=day).total.figures.under_way == 1


def test_whoever_withdrew_has_not_begun_from_that_day(units, manager_p1, officer_p1, outline):
    enrolment = begin(officer_p1, outline.course, dt.date(2026, 3, 1))
    enrolment.withdrawn_at = at(dt.date(2026, 3, 10))
    enrolment.save()
    assert table(manager_p1, units.p1, outline.course, day=dt.date(2026, 3, 9)).total.figures.under_way == 1
    assert table(manager_p1, units.p1, outline.course, day=dt.date(2026, 3, 10)).total.figures.under_way == 0


def test_a_completion_of_another_course_does_not_count(units, manager_p1, officer_p1, outline):
    import uuid

    other = Course.objects.create(key=uuid.uuid4(), title="Khóa khác")
    complete(officer_p1, other, TODAY)
    assert table(manager_p1, units.p1, outline.course).total.figures == Figures(people=2, units=2)
    assert table(manager_p1, units.p1, other).total.figures == Figures(people=2, done=1, units=2, covered=1)


def test_a_trained_officer_without_page_duty_does_not_cover_the_unit(units, manager_p1, outline):
    complete(make_person("no_duty", "Trần Văn Nam", units.p1_a), outline.course, TODAY)
    complete(make_person("team", "Trần Văn Bắc", units.p1_a, duty="team"), outline.course, TODAY)
    total = table(manager_p1, units.p1, outline.course).total.figures
    assert (total.done, total.covered) == (2, 0)


def test_two_appointments_in_one_unit_are_one_person(units, manager_p1, officer_p1, outline):
    Appointment.objects.create(
        person=officer_p1, unit=units.p1_a, position="Ủy viên", is_primary=False, starts_on=dt.date(2024, 1, 1)
    )
    found = table(manager_p1, units.p1, outline.course)
    assert figures_of(found, "Xã Vạn Yên").people == 1
    assert found.total.figures.people == 2
    assert [row.name for row in listed(manager_p1, units.p1_a, outline.course)] == ["Đặng Thị Nguyệt Ánh"]


def test_a_person_serving_in_two_units_counts_in_each_and_once_in_the_total(units, manager_p1, officer_p1, outline):
    Appointment.objects.create(
        person=officer_p1, unit=units.p1_b, position="Kiêm nhiệm", is_primary=False, starts_on=dt.date(2024, 1, 1)
    )
    complete(officer_p1, outline.course, TODAY)
    found = table(manager_p1, units.p1, outline.course)
    assert [figures_of(found, name).done for name in ("Xã Vạn Yên", "Phường Hạ Long")] == [1, 1]
    assert (found.total.figures.people, found.total.figures.done, found.overlap) == (2, 1, 1)
    assert len(listed(manager_p1, units.p1, outline.course)) == 2


def test_an_appointment_that_ended_or_has_not_begun_does_not_count(units, manager_p1, outline):
    retired = make_person("retired", "Phạm Văn Hưu", None)
    coming = make_person("coming", "Phạm Văn Mới", None)
    Appointment.objects.create(
        person=retired, unit=units.p1_a, position="Chủ tịch", starts_on=dt.date(2020, 1, 1), ends_on=TODAY
    )
    Appointment.objects.create(person=coming, unit=units.p1_a, position="Chủ tịch", starts_on=TODAY + DAY)
    complete(retired, outline.course, dt.date(2026, 1, 5))
    assert table(manager_p1, units.p1, outline.course).total.figures == Figures(people=1, units=2)
    assert table(manager_p1, units.p1, outline.course, day=TODAY - DAY).total.figures == Figures(
        people=2, done=1, units=2
    )


def test_whoever_moved_is_counted_where_they_served_on_the_day(units, centre, officer_p1, outline):
    moved_on = dt.date(2026, 6, 1)
    Appointment.objects.filter(person=officer_p1).update(ends_on=moved_on)
    Appointment.objects.create(
        person=officer_p1, unit=units.p2_a, position="Chủ tịch", page_duty="officer", starts_on=moved_on
    )
    complete(officer_p1, outline.course, dt.date(2026, 3, 1), unit=units.p1_a)
    before = table(centre, units.centre, outline.course, day=moved_on - DAY)
    after = table(centre, units.centre, outline.course, day=moved_on)
    assert [figures_of(before, name).covered for name in ("Tỉnh Quảng Ninh", "Tỉnh Thái Nguyên")] == [1, 0]
    assert [figures_of(after, name).covered for name in ("Tỉnh Quảng Ninh", "Tỉnh Thái Nguyên")] == [0, 1]


def test_the_past_shows_districts_and_their_communes_the_present_does_not(units, manager_p1, district_era, outline):
    past = dt.date(2022, 8, 5)
    found = table(manager_p1, units.p1, outline.course, day=past)
    assert [row.name for row in found.rows if row.kind == Kind.UNIT] == ["Huyện Vân Đồn"]
    assert found.total.figures.units == 2
    inside = table(manager_p1, district_era["district"], outline.course, day=past)
    assert [row.name for row in inside.rows] == ["Xã Bình Dân", "Xã Đài Xuyên"]
    now = table(manager_p1, units.p1, outline.course)
    assert [row.name for row in now.rows if row.kind == Kind.UNIT] == ["Phường Hạ Long", "Xã Vạn Yên"]


def test_units_bear_the_name_of_the_day(units, manager_p1, renamed_b, outline):
    def names(day):
        return [row.name for row in table(manager_p1, units.p1, outline.course, day=day).rows if row.kind == Kind.UNIT]

    assert names(dt.date(2025, 12, 31)) == ["Phường Hạ Long", "Xã Vạn Yên"]
    assert names(dt.date(2026, 1, 1)) == ["Phường Bãi Cháy", "Xã Vạn Yên"]


def test_people_left_at_a_closed_unit_stand_in_a_row_of_their_own(units, manager_p1, district_era, outline):
    make_person("left", "Vũ Thị Ở Lại", district_era["old_a"])
    found = table(manager_p1, units.p1, outline.course)
    assert [(row.kind, row.figures.people) for row in found.rows if row.kind == Kind.CLOSED] == [(Kind.CLOSED, 1)]
    assert found.total.figures.people == 2


def test_a_commune_alone_is_one_unit(units, manager_p1, officer_p1, outline):
    found = table(manager_p1, units.p1_a, outline.course)
    assert (found.rows, found.total.is_single, found.total.figures) == ((), True, Figures(people=1, units=1))


def test_the_duty_chooses_people_and_not_units(units, manager_p1, officer_p1, outline):
    make_person("plain", "Lý Văn Thường", units.p1_b)
    found = table(manager_p1, units.p1, outline.course, duty="officer")
    assert (found.total.figures.people, found.total.figures.units) == (1, 2)


@pytest.mark.parametrize(("typed", "people"), [("pho chu tich", 1), ("Phó", 1), ("chuyên viên", 1), ("giám đốc", 0)])
def test_positions_are_found_without_diacritics(units, manager_p1, officer_p1, outline, typed, people):
    positions = queries.positions_like(typed, units.p1, TODAY)
    assert table(manager_p1, units.p1, outline.course, positions=positions).total.figures.people == people
    assert len(listed(manager_p1, units.p1, outline.course, positions=positions)) == people


def test_names_stand_in_vietnamese_order(units, manager_p1, outline):
    for name in ("Xã Đông", "Xã Dân", "Xã Ân"):
        make_unit(name, parent=units.p1, level="commune", rank=30)
    rows = table(manager_p1, units.p1, outline.course).rows
    assert [row.name for row in rows if row.kind == Kind.UNIT] == [
        "Xã Ân",
        "Xã Dân",
        "Xã Đông",
        "Phường Hạ Long",
        "Xã Vạn Yên",
    ]


# --- The units' pages ---------------------------------------------------------------------------------

ENTERED = ("with_page", "page_confirmed", "without_page", "page_unknown")


def pages_of(figures):
    return tuple(getattr(figures, name) for name in ENTERED)


def test_every_open_unit_counts_with_nobody_imported_too_and_what_is_not_known_stands_apart(
    units, manager_p1, centre, outline
):
    """Four communes, nobody serves in any: a confirmed page, a page, none, "not known" said, and one of no record."""
    third, fourth, fifth = (
        make_unit(f"Xã {n}", parent=units.p1, level="commune", rank=30) for n in ("Ba", "Bốn", "Năm")
    )
    confirm(record=says(units.p1_a, manager_p1, source="manager"), by=centre, at=NOON)
    says(units.p1_b, manager_p1, source="manager")
    says(third, manager_p1, "no", source="manager")
    says(fourth, manager_p1, "unknown", source="manager")
    # Neither the province's own page nor the neighbour's is one of its communes'.
    says(units.p1, manager_p1, source="manager")
    says(units.p2_a, centre, source="manager")
    found = table(manager_p1, units.p1, outline.course)
    assert (found.total.figures.units, pages_of(found.total.figures)) == (5, (2, 1, 1, 2))
    assert {row.name: pages_of(row.figures) for row in found.rows if row.kind == Kind.UNIT} == {
        "Xã Vạn Yên": (1, 1, 0, 0),
        "Phường Hạ Long": (1, 0, 0, 0),
        "Xã Ba": (0, 0, 1, 0),
        "Xã Bốn": (0, 0, 0, 1),
        "Xã Năm": (0, 0, 0, 1),
    }
    assert fifth.level == third.level


def test_a_commune_by_itself_counts_its_own_page(units, manager_p1, outline):
    says(units.p1_a, manager_p1, source="manager")
    assert pages_of(table(manager_p1, units.p1_a, outline.course).total.figures) == (1, 0, 0, 0)


def test_pages_are_counted_as_they_stood_at_the_end_of_the_day(units, manager_p1, centre, outline):
    said, confirmed, gone = dt.date(2026, 3, 2), dt.date(2026, 4, 6), dt.date(2026, 5, 11)
    record = says(units.p1_a, manager_p1, source="manager", when=at(said, 23))
    confirm(record=record, by=centre, at=at(confirmed, 23))
    says(units.p1_a, manager_p1, "no", source="manager", when=at(gone, 23))

    def on(day):
        return pages_of(table(manager_p1, units.p1, outline.course, day=day).total.figures)

    assert [on(said - DAY), on(said), on(confirmed - DAY), on(confirmed), on(gone - DAY), on(gone), on(TODAY)] == [
        (0, 0, 0, 2),
        (1, 0, 0, 1),
        (1, 0, 0, 1),
        (1, 1, 0, 1),
        (1, 1, 0, 1),
        (0, 0, 1, 1),
        (0, 0, 1, 1),
    ]


def test_the_page_of_a_closed_unit_counts_on_its_days_only_and_its_successor_begins_as_not_known(
    units, manager_p1, outline
):
    before, merger = dt.date(2026, 5, 31), dt.date(2026, 6, 1)
    says(units.p1_a, manager_p1, source="manager", when=at(dt.date(2026, 3, 2)))
    says(units.p1_b, manager_p1, "no", source="manager", when=at(dt.date(2026, 3, 2)))
    merge(
        units=[Unit.objects.get(pk=unit.pk) for unit in (units.p1_a, units.p1_b)],
        full_name="Xã Mới",
        short_name="Mới",
        type=DivisionType.objects.get(key="xã"),
        code="00001",
        on=merger,
        actor=None,
    )
    was, now = (table(manager_p1, units.p1, outline.course, day=day).total.figures for day in (before, merger))
    assert (was.units, pages_of(was), now.units, pages_of(now)) == (2, (1, 0, 1, 0), 1, (0, 0, 0, 1))


@pytest.mark.parametrize("seed", range(4))
def test_every_total_is_the_sum_of_its_parts_on_every_day(units, manager_p1, centre, outline, district_era, seed):
    """Districts, communes that closed and opened, statements at random times: parts add up at every level."""
    chance = random.Random(seed)
    days = [dt.date(2025, 5, 1) + dt.timedelta(days=7 * week) for week in range(12)]
    communes = [units.p1_a, units.p1_b, units.p2_a, district_era["old_a"], district_era["old_b"]]
    communes += [make_unit(f"Xã {n}", parent=units.p2, level="commune", rank=30) for n in range(4)]
    communes = [Unit.objects.get(pk=unit.pk) for unit in communes]
    for day in days:
        for unit in chance.sample(communes, 3):
            if is_open(unit, day):
                status = chance.choice(["yes", "yes", "no", "unknown"])
                record = says(unit, manager_p1, status, source="roster", when=at(day))
                if record.url and chance.random() < 0.5:
                    confirm(record=record, by=centre, at=at(day, 12))
    for day in [*days, TODAY]:
        for unit in (units.centre, units.p1, units.p2, district_era["district"]):
            found = table(centre, unit, outline.course, day=day)
            whole = found.total.figures
            assert (whole.units, *pages_of(whole)) == tuple(
                map(sum, zip(*[(row.figures.units, *pages_of(row.figures)) for row in found.rows], strict=True))
                if found.rows
                else (0,) * 5
            )
            assert whole.with_page + whole.without_page + whole.page_unknown == whole.units
            assert 0 <= whole.page_confirmed <= whole.with_page


def test_units_sort_by_their_pages_and_of_two_without_one_who_said_so_stands_first(units, manager_p1, outline):
    third = make_unit("Xã An", parent=units.p1, level="commune", rank=30)
    says(units.p1_b, manager_p1, source="manager")
    says(units.p1_a, manager_p1, "no", source="manager")
    rows = {
        order: [
            row.unit_id
            for row in table(manager_p1, units.p1, outline.course, order=order).rows
            if row.kind == Kind.UNIT
        ]
        for order in (Order.PAGE, Order.PAGE_BACK)
    }
    assert rows == {
        Order.PAGE: [units.p1_a.pk, third.pk, units.p1_b.pk],
        Order.PAGE_BACK: [units.p1_b.pk, units.p1_a.pk, third.pk],
    }


# --- Missing ------------------------------------------------------------------------------------------


def test_units_without_a_trained_officer_say_why(units, manager_p1, officer_p1, outline):
    third = make_unit("Xã Ba", parent=units.p1, level="commune", rank=30)
    fourth = make_unit("Xã Bốn", parent=units.p1, level="commune", rank=30)
    complete(make_person("done", "Ngô Xong", third, duty="officer"), outline.course, TODAY)
    begin(make_person("going", "Ngô Đang", fourth, duty="officer"), outline.course, TODAY)
    place = queries.place_in_scope(manager_p1, units.p1.pk, TODAY)
    count, rows = queries.uncovered_units(place, Question(day=TODAY, course_id=outline.course.pk))
    assert count == 3
    assert len({row.why for row in rows}) == 3
    assert [row.name for row in rows] == ["Xã Vạn Yên", "Phường Hạ Long", "Xã Bốn"]


# --- People -------------------------------------------------------------------------------------------


def test_people_stand_by_given_name_with_their_status(units, manager_p1, officer_p1, outline):
    complete(officer_p1, outline.course, dt.date(2026, 5, 2))
    begin(make_person("p2", "Trần Văn An", units.p1_a), outline.course, dt.date(2026, 5, 3))
    make_person("p3", "Bùi Đức Dũng", units.p1_a)
    make_person("p4", "Bùi Đức Đạt", units.p1_a)
    rows = listed(manager_p1, units.p1_a, outline.course)
    assert [(row.name, row.status, row.done_on, row.begun_on) for row in rows] == [
        ("Trần Văn An", State.IN_PROGRESS, None, dt.date(2026, 5, 3)),
        ("Đặng Thị Nguyệt Ánh", State.DONE, dt.date(2026, 5, 2), dt.date(2026, 4, 25)),
        ("Bùi Đức Dũng", State.NOT_STARTED, None, None),
        ("Bùi Đức Đạt", State.NOT_STARTED, None, None),
    ]


def test_the_status_chooses_the_same_people_as_the_figures(units, manager_p1, officer_p1, outline):
    complete(officer_p1, outline.course, TODAY)
    begin(make_person("p2", "Trần Văn An", units.p1_b), outline.course, TODAY)
    total = table(manager_p1, units.p1, outline.course).total.figures
    found = {status: len(listed(manager_p1, units.p1, outline.course, status=status)) for status in State}
    assert found == {State.DONE: total.done, State.IN_PROGRESS: total.under_way, State.NOT_STARTED: total.not_begun}


def test_own_staff_only(units, manager_p1, officer_p1, outline):
    rows = listed(manager_p1, units.p1, outline.course, own_only=True)
    assert [row.person_id for row in rows] == [manager_p1.pk]


def test_the_certificate_of_the_day_is_shown_unless_revoked(units, manager_p1, officer_p1, outline):
    certificate = certify(complete(officer_p1, outline.course, dt.date(2026, 5, 2)))

    def number(day=TODAY):
        return listed(manager_p1, units.p1_a, outline.course, day=day)[0].certificate

    assert number() == certificate.payload["number"]
    assert number(dt.date(2026, 5, 1)) == ""
    certificate.revoked_at = at(dt.date(2026, 6, 1))
    certificate.save()
    assert number() == ""


def test_of_somebody_who_left_the_province_neither_phone_nor_page_is_given(units, manager_p1, officer_p1, outline):
    officer_p1.phone = "+84912345678"
    officer_p1.save()
    assert [(r.phone_shown, r.may_open) for r in listed(manager_p1, units.p1_a, outline.course)] == [
        ("0912 345 678", True)
    ]
    moved_on = dt.date(2026, 6, 1)
    Appointment.objects.filter(person=officer_p1).update(ends_on=moved_on)
    Appointment.objects.create(person=officer_p1, unit=units.p2_a, position="Chủ tịch", starts_on=moved_on)
    past = listed(manager_p1, units.p1_a, outline.course, day=moved_on - DAY)
    assert [(r.name, r.phone, r.may_open) for r in past] == [("Đặng Thị Nguyệt Ánh", "", False)]
    assert queries.person_page(manager_p1, officer_p1.pk) is None


# --- Scope --------------------------------------------------------------------------------------------


def test_a_place_of_another_province_is_nobodys(units, manager_p1, manager_p2, officer_p1):
    assert queries.place_in_scope(manager_p1, units.p1_a.pk, TODAY).name == "Xã Vạn Yên"
    for stranger in (manager_p2, officer_p1):
        assert queries.place_in_scope(stranger, units.p1_a.pk, TODAY) is None
    assert queries.place_in_scope(manager_p1, units.centre.pk, TODAY) is None


def test_crumbs_above_the_granted_unit_are_no_links(units, manager_p1):
    place = queries.place_in_scope(manager_p1, units.p1_a.pk, TODAY)
    assert place.crumbs == ((None, "Trung ương"), (units.p1.pk, "Tỉnh Quảng Ninh"))


def test_the_right_is_that_of_today_whatever_day_is_asked_about(units, manager_p1):
    Grant.objects.filter(person=manager_p1).update(ends_on=TODAY)
    assert queries.place_in_scope(manager_p1, units.p1.pk, dt.date(2025, 1, 1)) is None
    assert queries.granted_places(manager_p1, TODAY) == []


def test_the_manager_of_a_successor_sees_whom_it_came_from_on_a_day_before_it_opened(units, manager_p1):
    merged = dt.date(2025, 7, 1)
    old = make_unit("Tỉnh Cũ", parent=units.centre, level="province", rank=10, closed_on=merged)
    Unit.objects.filter(pk=units.p1.pk).update(opened_on=merged)
    Succession.objects.create(old=old, new=units.p1, share=Succession.Share.WHOLE)
    place = queries.place_in_scope(manager_p1, units.p1.pk, dt.date(2022, 8, 5))
    assert (place.is_open, [other.name for other in place.neighbours]) == (False, ["Tỉnh Cũ"])
    assert queries.place_in_scope(manager_p1, old.pk, dt.date(2022, 8, 5)).is_open


# --- Numbers of queries -------------------------------------------------------------------------------


def test_the_table_takes_as_many_queries_for_one_unit_as_for_three(
    units, centre, outline, django_assert_num_queries, manager_p1
):
    def ask(unit):
        place = queries.place_in_scope(centre, unit.pk, TODAY)
        return len(queries.unit_table(place, Question(day=TODAY, course_id=outline.course.pk)).rows)

    with django_assert_num_queries(8):
        one = ask(units.p2)
    make_unit("Xã Ba", parent=units.p1, level="commune", rank=30)
    with django_assert_num_queries(8):
        four = ask(units.p1)
    assert (one, four) == (1, 4)


def test_a_list_takes_as_many_queries_for_one_person_as_for_three(
    units, manager_p1, officer_p1, outline, django_assert_num_queries
):
    place = queries.place_in_scope(manager_p1, units.p1_a.pk, TODAY)
    question = Question(day=TODAY, course_id=outline.course.pk)
    certify(complete(officer_p1, outline.course, TODAY))
    with django_assert_num_queries(3):
        assert len(queries.people_page(manager_p1, place, question)) == 1
    for index in range(2):
        certify(complete(make_person(f"more{index}", "Lê Văn A", units.p1_a), outline.course, TODAY))
    with django_assert_num_queries(3):
        assert len(queries.people_page(manager_p1, place, question)) == 3

"""Figures of one day by the units of another: nothing is guessed, nothing is lost."""

import csv
import datetime as dt
import io
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.reports import queries
from lms.reports.queries import Question
from lms.reports.rules import Figures, Kind
from lms.units.models import Appointment, Grant, Succession, Unit
from lms.units.queries import Untold
from tests.conftest import DAY_ONE, make_person, make_unit
from tests.reports.conftest import TODAY, begin, complete
from tests.reports.test_views import body, signed_in, words

SWITCH = dt.date(2025, 7, 1)
BEFORE = dt.date(2025, 6, 30)


@pytest.fixture
def merged(units):
    """Two provinces became one on 01/07/2025. ``one`` went whole into ``new_one``; ``cut`` was divided between
    ``new_one`` and ``new_two``; ``kept`` went on alone as ``new_kept``.
    """
    new = make_unit("Tỉnh Mới", parent=units.centre, level="province", rank=10, opened_on=SWITCH)
    found = SimpleNamespace(new=new, a=units.p1, b=units.p2, one=units.p1_a, cut=units.p1_b, kept=units.p2_a)
    Unit.objects.filter(pk__in=[unit.pk for unit in (found.a, found.b, found.one, found.cut, found.kept)]).update(
        closed_on=SWITCH
    )
    for name in ("one", "two", "kept"):
        unit = make_unit(f"Xã {name}", parent=new, level="commune", rank=30, opened_on=SWITCH)
        setattr(found, f"new_{name}", unit)
    for old, heir, share in (
        (found.a, new, "whole"), (found.b, new, "whole"), (found.one, found.new_one, "whole"),
        (found.cut, found.new_one, "part"), (found.cut, found.new_two, "part"), (found.kept, found.new_kept, "whole"),
    ):  # fmt: skip
        Succession.objects.create(old=old, new=heir, share=share)
    return found


@pytest.fixture
def desk(merged):
    person = make_person("quan-ly-moi", "Đỗ Thị Quản", None)
    Grant.objects.create(person=person, unit=merged.new, right=Grant.Right.VIEW, starts_on=DAY_ONE)
    return person


def serving(name: str, unit: Unit, *, starts_on=DAY_ONE, ends_on=None):
    person = make_person(name, f"Nguyễn Văn {name.title()}", None)
    Appointment.objects.create(person=person, unit=unit, position="Chuyên viên", starts_on=starts_on, ends_on=ends_on)
    return person


def told(viewer, unit, course, *, day, frame, **filters):
    place = queries.place_in_scope(viewer, unit.pk, day)
    found = queries.frame_table(place, Question(day=day, course_id=course.pk, **filters), frame)
    for name in ("people", "done", "under_way"):
        parts = [row.figures for row in found.rows] + [found.elsewhere] + [left.figures for left in found.remainder]
        assert sum(getattr(part, name) for part in parts) == getattr(found.total, name)
    return found


def rows_of(found):
    return [(row.name, row.figures) for row in found.rows]


def test_figures_of_the_old_units_are_told_by_the_new_ones_and_the_divided_one_stays_over(merged, desk, outline):
    complete(serving("an", merged.one, ends_on=SWITCH), outline.course, dt.date(2025, 5, 2))
    serving("binh", merged.one, ends_on=SWITCH)
    begin(serving("cuong", merged.cut, ends_on=SWITCH), outline.course, dt.date(2025, 5, 2))
    serving("dung", merged.kept, ends_on=SWITCH)
    serving("em", merged.b, ends_on=SWITCH)
    found = told(desk, merged.new, outline.course, day=BEFORE, frame=TODAY)
    assert rows_of(found) == [
        ("Xã kept", Figures(people=1)),
        ("Xã one", Figures(people=2, done=1)),
        ("Xã two", Figures()),
        (found.rows[-1].name, Figures(people=1)),
    ]
    assert found.rows[-1].kind == Kind.OWN
    (left,) = found.remainder
    assert (left.why, left.figures, left.units, left.more) == (
        Untold.DIVIDED, Figures(people=1, under_way=1), ("Phường Hạ Long",), 0,
    )  # fmt: skip
    assert found.total == Figures(people=5, done=1, under_way=1)


def test_figures_of_today_are_told_by_the_old_provinces_where_that_is_known(merged, desk, outline):
    complete(serving("an", merged.new_kept, starts_on=SWITCH), outline.course, dt.date(2026, 5, 2))
    serving("binh", merged.new_one, starts_on=SWITCH)
    serving("cuong", merged.new, starts_on=SWITCH)
    found = told(desk, merged.new, outline.course, day=TODAY, frame=BEFORE)
    assert rows_of(found) == [
        # Of "Xã one", made of a whole commune and of half of another, both lay in the one province.
        ("Tỉnh Quảng Ninh", Figures(people=1)),
        ("Tỉnh Thái Nguyên", Figures(people=1, done=1)),
    ]
    (left,) = found.remainder
    assert (left.why, left.figures.people, left.units) == (Untold.UNITED, 1, ("Tỉnh Mới",))


def test_the_whole_country_is_told_by_the_provinces_of_either_day(merged, centre, outline):
    serving("an", merged.one, ends_on=SWITCH)
    serving("binh", merged.kept, ends_on=SWITCH)
    unit = merged.new.get_parent()
    now = told(centre, unit, outline.course, day=BEFORE, frame=TODAY)
    assert [(name, figures.people) for name, figures in rows_of(now)][:1] == [("Tỉnh Mới", 2)]
    then = told(centre, unit, outline.course, day=BEFORE, frame=BEFORE)
    assert [(name, figures.people) for name, figures in rows_of(then)][:2] == [
        ("Tỉnh Quảng Ninh", 1), ("Tỉnh Thái Nguyên", 1),
    ]  # fmt: skip


def test_whoever_comes_from_one_of_several_communes_of_one_district_comes_from_that_district(
    centre, units, outline, district_era
):
    for old in (district_era["old_a"], district_era["old_b"]):
        Succession.objects.create(old=old, new=units.p1_a, share="whole")
    serving("an", units.p1_a, starts_on=SWITCH)
    serving("binh", units.p1_b, starts_on=SWITCH)
    found = told(centre, units.p1, outline.course, day=TODAY, frame=BEFORE)
    assert ("Huyện Vân Đồn", Figures(people=1)) in rows_of(found)
    assert [(left.why, left.figures.people, left.units) for left in found.remainder] == [
        (Untold.FOUNDED, 1, ("Phường Hạ Long",))
    ]


def test_a_divided_commune_of_which_one_part_was_dissolved_stays_over(merged, desk, centre, outline):
    Unit.objects.filter(pk=merged.new_two.pk).update(closed_on=dt.date(2026, 1, 1))
    serving("an", merged.cut, ends_on=SWITCH)
    found = told(centre, merged.new.get_parent(), outline.course, day=BEFORE, frame=TODAY)
    assert [(left.why, left.figures.people) for left in found.remainder] == [(Untold.DIVIDED, 1)]
    Unit.objects.filter(pk=merged.new_two.pk).update(closed_on=None)
    found = told(centre, merged.new.get_parent(), outline.course, day=BEFORE, frame=TODAY)
    assert rows_of(found)[0] == ("Tỉnh Mới", Figures(people=1))
    assert found.remainder == ()


def test_who_went_to_another_province_is_told_as_belonging_there(merged, desk, units, outline):
    away = make_unit("Tỉnh Khác", parent=units.centre, level="province", rank=10)
    heir = make_unit("Xã Đi Xa", parent=away, level="commune", rank=30, opened_on=SWITCH)
    gone = make_unit("Xã Ra Đi", parent=merged.a, level="commune", rank=30, closed_on=SWITCH)
    Succession.objects.create(old=gone, new=heir, share="whole")
    serving("an", gone, ends_on=SWITCH)
    found = told(desk, merged.new, outline.course, day=BEFORE, frame=TODAY)
    assert found.elsewhere == found.total == Figures(people=1)
    assert {figures for _name, figures in rows_of(found)} == {Figures()}


def test_only_page_officers_where_that_is_asked(merged, desk, outline):
    serving("an", merged.one, ends_on=SWITCH)
    officer = serving("binh", merged.one, ends_on=SWITCH)
    Appointment.objects.filter(person=officer).update(page_duty="officer")
    assert told(desk, merged.new, outline.course, day=BEFORE, frame=TODAY, duty="officer").total == Figures(people=1)


def test_the_usual_frame_lies_on_the_other_side_of_the_last_reorganisation(merged):
    assert queries.usual_frame(TODAY, today=TODAY) == BEFORE
    assert queries.usual_frame(SWITCH, today=TODAY) == BEFORE
    assert queries.usual_frame(BEFORE, today=TODAY) == TODAY


def test_page_and_file_say_the_same_and_strangers_get_404(merged, desk, manager_p2, officer_p1, outline):
    complete(serving("an", merged.one, ends_on=SWITCH), outline.course, dt.date(2025, 5, 2))
    serving("binh", merged.cut, ends_on=SWITCH)
    asked = {"ngay": "30/06/2025", "dia_gioi": "23/11/2026"}
    page = reverse("reports:frame", args=[merged.new.pk])
    file = reverse("reports:frame-csv", args=[merged.new.pk])
    answer = signed_in(desk).get(page, asked)
    assert [row.figures.people for row in answer.context["table"].rows] == [0, 2, 0, 1]
    assert "Phường Hạ Long" in words(answer)
    rows = list(csv.reader(io.StringIO(body(signed_in(desk).get(file, asked)).removeprefix("\ufeff")), delimiter=";"))
    assert [row[:3] for row in rows[1:]][:3] == [["Xã kept", "0", "0"], ["Xã one", "2", "1"], ["Xã two", "0", "0"]]
    assert rows[-1][1:3] == ["4", "1"]
    for stranger in (manager_p2, officer_p1):
        assert [signed_in(stranger).get(address, asked).status_code for address in (page, file)] == [404, 404]


@pytest.mark.parametrize("typed", ["32/13/2025", "hôm qua", "23/11/2126"])
def test_a_day_that_is_none_is_said_beside_its_field_and_the_page_still_stands(merged, desk, typed):
    answer = signed_in(desk).get(reverse("reports:frame", args=[merged.new.pk]), {"dia_gioi": typed})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["dia_gioi"]
    assert answer.context["frame"] == BEFORE


def test_three_people_in_three_units_cost_as_many_queries_as_one(merged, desk, outline):
    serving("an", merged.one, ends_on=SWITCH)
    with CaptureQueriesContext(connection) as one:
        told(desk, merged.new, outline.course, day=BEFORE, frame=TODAY)
    serving("binh", merged.kept, ends_on=SWITCH)
    serving("cuong", merged.one, ends_on=SWITCH)
    with CaptureQueriesContext(connection) as three:
        told(desk, merged.new, outline.course, day=BEFORE, frame=TODAY)
    assert len(three) == len(one)

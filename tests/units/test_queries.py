"""The tree on a day: the same number of queries for one row and for three."""

import datetime as dt
from typing import Any

import pytest

from lms.units.queries import (
    appointments_on,
    breadcrumbs_on,
    children_on,
    counts_by_level,
    inferred_note,
    names_on,
    roots_on,
    search_units,
)
from tests.factories import units as make

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 22)


@pytest.fixture(params=[1, 3])
def children(request: pytest.FixtureRequest, units) -> list[str]:
    """Names of the communes of the second province, in Vietnamese order."""
    names = ["Xã Ân", "Xã Đạt", "Xã Văn Lăng"][-request.param :]
    for name in names[:-1]:
        make.unit(name, parent=units.p2, level="commune")
    return names


def test_lists_cost_the_same_with_one_row_and_with_three(units, children, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        rows = children_on(units.p2, DAY)
    assert [row.name for row in rows] == children
    with django_assert_num_queries(1):
        assert len(names_on([row.id for row in rows], DAY)) == len(children)
    with django_assert_num_queries(1):
        crumbs = breadcrumbs_on(rows, DAY)
    assert {path: [step.name for step in steps] for path, steps in crumbs.items()} == {
        row.path: ["Trung ương", "Tỉnh Thái Nguyên", row.name] for row in rows
    }
    with django_assert_num_queries(3):
        hits = search_units("X. Văn", DAY, within=units.p2)
    assert [hit.unit.name for hit in hits] == ["Xã Văn Lăng"]


def test_who_serves_in_a_unit_and_below_it(units, officer_p1, manager_p1, officer_p2) -> None:
    assert [row.person for row in appointments_on(units.p1, DAY)] == [manager_p1]
    assert [row.person for row in appointments_on(units.p1, DAY, below=True)] == [officer_p1, manager_p1]
    officer_p1.appointments.update(ends_on=DAY)
    assert [row.person for row in appointments_on(units.p1, DAY, below=True)] == [manager_p1]


def test_a_closed_unit_is_no_child_but_keeps_its_name(units) -> None:
    units.p1_a.closed_on = DAY
    units.p1_a.save()
    assert [row.name for row in children_on(units.p1, DAY)] == ["Phường Hạ Long"]
    assert names_on([units.p1_a], DAY)[units.p1_a.pk].name == "Xã Vạn Yên"
    assert counts_by_level(units.p1, DAY) == {"commune": 1}
    assert counts_by_level(None, DAY) == {"centre": 1, "province": 2, "commune": 2}


def test_roots(units) -> None:
    assert [row.name for row in roots_on(DAY)] == ["Trung ương"]


def test_nothing_is_inferred_where_no_list_was_loaded(units) -> None:
    assert inferred_note(DAY) == ""
    assert names_on([], DAY) == {}

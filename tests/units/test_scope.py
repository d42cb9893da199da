"""Who sees what: subtrees by dated grants, and the units that went whole into them."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from lms.accounts.models import User
from lms.units.models import Appointment, Grant, Succession, Unit, UnitName
from lms.units.scope import NOBODY, below, granted_paths, granted_units, has_any_grant, people_in_scope, scope_q
from tests.factories import units as make

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 22)
MERGER = dt.date(2025, 7, 1)
DAY_BEFORE = dt.date(2025, 6, 30)


def units_seen(person: User, **options: object) -> set[str]:
    """Names of the units whose appointments ``person`` sees: every unit has one, so everything could leak."""
    rows = Appointment.objects.filter(scope_q(person, on=TODAY, **options))
    return set(rows.values_list("unit__names__full_name", flat=True))


@pytest.fixture
def somebody_everywhere(units) -> None:
    for number, unit in enumerate((units.centre, units.p1, units.p1_a, units.p1_b, units.p2, units.p2_a)):
        person = User.objects.create_user(username=f"p{number}", full_name="Y Thông", password="x-y-z-1-2")
        make.AppointmentFactory(person=person, unit=unit)


@pytest.fixture
def nobody(units) -> User:
    """Belongs nowhere, may nothing."""
    return User.objects.create_user(username="nobody", full_name="A Lý", password="x-y-z-1-2")


P1 = {"Tỉnh Quảng Ninh", "Xã Vạn Yên", "Phường Hạ Long"}
P2 = {"Tỉnh Thái Nguyên", "Xã Văn Lăng"}


@pytest.mark.usefixtures("somebody_everywhere")
def test_a_manager_sees_the_own_province_and_nothing_of_another(manager_p1, manager_p2, centre) -> None:
    assert units_seen(manager_p1) == P1
    assert units_seen(manager_p2) == P2
    assert units_seen(centre) == P1 | P2 | {"Trung ương"}


@pytest.mark.usefixtures("somebody_everywhere")
def test_without_a_grant_nothing_is_seen_not_even_the_own_unit(officer_p1, nobody) -> None:
    assert units_seen(officer_p1) == set()
    assert units_seen(nobody) == set()
    assert not has_any_grant(officer_p1)


@pytest.mark.usefixtures("somebody_everywhere")
def test_a_grant_gives_its_right_and_no_other(nobody, units) -> None:
    make.GrantFactory(person=nobody, unit=units.p1, right=Grant.Right.REMIND)
    assert units_seen(nobody) == set()
    assert units_seen(nobody, right=Grant.Right.REMIND) == P1


@pytest.mark.usefixtures("somebody_everywhere")
def test_a_grant_gives_nothing_before_it_starts_and_nothing_from_the_day_it_ends(nobody, units) -> None:
    day = dt.timedelta(days=1)
    make.GrantFactory(person=nobody, unit=units.p1, starts_on=TODAY + day)
    ended = make.GrantFactory(person=nobody, unit=units.p2, ends_on=TODAY)
    assert units_seen(nobody) == set()
    assert [unit.pk for unit in granted_units(nobody, on=TODAY - day)] == [ended.unit_id]


@pytest.mark.usefixtures("somebody_everywhere")
def test_a_superuser_sees_all_and_a_disabled_one_nothing(nobody) -> None:
    nobody.is_superuser = True
    assert units_seen(nobody) == P1 | P2 | {"Trung ương"}
    nobody.is_active = False
    assert units_seen(nobody) == set()
    assert granted_paths(AnonymousUser()) == []  # type: ignore[arg-type]


@pytest.mark.usefixtures("somebody_everywhere")
def test_the_successor_answers_for_what_came_in_whole_with_its_subtree_and_not_for_parts(nobody, units) -> None:
    merged = make.unit("Tỉnh Hợp Nhất", parent=units.centre, level="province", opened_on=MERGER)
    Succession.objects.create(old=units.p1, new=merged, share="whole")
    Succession.objects.create(old=units.p2, new=merged, share="part")
    make.GrantFactory(person=nobody, unit=merged)
    assert units_seen(nobody) == P1
    assert granted_paths(nobody, on=TODAY) == sorted([units.p1.path, merged.path])


def test_predecessors_of_predecessors_belong_to_it_too(nobody, units) -> None:
    Succession.objects.create(old=units.p1_a, new=units.p1_b, share="whole")
    Succession.objects.create(old=units.p1_b, new=units.p2_a, share="whole")
    make.GrantFactory(person=nobody, unit=units.p2_a)
    assert granted_paths(nobody, on=TODAY) == sorted([units.p1_a.path, units.p1_b.path, units.p2_a.path])


@pytest.mark.usefixtures("somebody_everywhere")
def test_a_commune_that_came_over_from_another_province_brings_its_past_and_nothing_else_of_there(
    manager_p1, manager_p2, officer_p2, units
) -> None:
    came = make.unit("Xã Văn Lăng", parent=units.p1, level="commune", opened_on=MERGER)
    Succession.objects.create(old=units.p2_a, new=came, share="whole")
    left = make.unit("Xã Chia Đôi", parent=units.p2, level="commune", closed_on=MERGER)
    make.AppointmentFactory(person=officer_p2, unit=left, is_primary=False, starts_on=DAY_BEFORE, ends_on=MERGER)
    Succession.objects.create(old=left, new=came, share="part")
    assert units_seen(manager_p1) == P1 | {"Xã Văn Lăng"}
    assert granted_paths(manager_p1, on=TODAY) == sorted([units.p1.path, units.p2_a.path])
    # Whoever answered for it before still sees what was made there then, and nothing that is made now.
    make.AppointmentFactory(person=officer_p2, unit=came, is_primary=False)
    assert granted_paths(manager_p2, on=TODAY) == [units.p2.path]


def test_a_divided_province_leaves_each_commune_s_past_to_the_part_that_took_it(nobody, units) -> None:
    part = make.unit("Tỉnh Hạ Long", parent=units.centre, level="province", opened_on=MERGER)
    Succession.objects.create(old=units.p1, new=part, share="part")
    inner = make.unit("Xã Vạn Yên", parent=part, level="commune", opened_on=MERGER)
    Succession.objects.create(old=units.p1_a, new=inner, share="whole")
    make.GrantFactory(person=nobody, unit=part)
    assert granted_paths(nobody, on=TODAY) == sorted([part.path, units.p1_a.path])


def test_whoever_holds_the_whole_tree_is_not_asked_about_its_past(centre, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert len(granted_paths(centre, on=TODAY)) == 1


def test_people_in_scope_are_those_who_serve_there_that_day(officer_p1, officer_p2, manager_p1, units) -> None:
    def seen(on: dt.date) -> set[User]:
        return set(User.objects.filter(people_in_scope(manager_p1, on=on)))

    assert seen(TODAY) == {officer_p1, manager_p1}
    officer_p1.appointments.update(ends_on=TODAY)
    make.AppointmentFactory(person=officer_p1, unit=units.p2_a, starts_on=TODAY)
    make.AppointmentFactory(person=officer_p2, unit=units.p1_b, starts_on=TODAY, is_primary=False)
    assert seen(TODAY) == {officer_p2, manager_p1}
    assert seen(TODAY - dt.timedelta(days=1)) == {officer_p1, manager_p1}


@pytest.mark.usefixtures("somebody_everywhere")
@pytest.mark.parametrize("strange", [0, 3, 1500])
def test_however_many_subtrees_are_asked_for_the_same_rows_are_found(units, strange) -> None:
    # Three lengths, so that a list of each is asked for; SQLite refuses a thousand conditions in a row.
    others = [f"{unit.path}{number:04X}"[: 8 + 4 * (number % 3)] for number in range(strange) for unit in (units.p2,)]
    others = [path for path in others if path not in {units.p2.path, units.p2_a.path}]
    for tops in ([units.p1.path], [units.p1_a.path, units.p2_a.path], [units.centre.path]):
        naive = NOBODY
        for path in tops:
            naive |= Q(unit__path__startswith=path)
        expected = set(Appointment.objects.filter(naive).values_list("pk", flat=True))
        assert expected
        assert set(Appointment.objects.filter(below([*tops, *others])).values_list("pk", flat=True)) == expected
        assert Appointment.objects.exclude(below([*tops, *others])).count() == 6 - len(expected)
    assert not Appointment.objects.filter(below([])).exists()


@pytest.mark.usefixtures("somebody_everywhere")
def test_a_province_may_have_taken_over_more_communes_than_a_database_takes_conditions(nobody, units) -> None:
    make.GrantFactory(person=nobody, unit=units.p1, right=Grant.Right.VIEW)
    communes = Unit.objects.bulk_create(
        Unit(
            path=Unit._get_path(units.p2.path, 3, 100 + number), depth=3, level=units.p2_a.level, closed_on=MERGER,
        )
        for number in range(1500)
    )  # fmt: skip
    Succession.objects.bulk_create(Succession(old=unit, new=units.p1_a, share="whole") for unit in communes)
    late = User.objects.create_user(username="cuoi", full_name="Y Cuối", password="x-y-z-1-2")
    make.AppointmentFactory(person=late, unit=communes[-1])
    UnitName.objects.create(unit=communes[-1], full_name="Xã Cuối", short_name="Cuối")
    assert units_seen(nobody) == P1 | {"Xã Cuối"}
    assert User.objects.filter(people_in_scope(nobody, on=TODAY), pk=late.pk).exists()
    assert len(granted_paths(nobody)) == 1501

"""What is said of a unit's page: who may, what replaces what, whose page it is."""

import datetime as dt

import pytest
from wagtail.models import ModelLogEntry

from lms.fanpages.enums import Problem
from lms.fanpages.models import PageRecord
from lms.fanpages.services import NotAllowedError, RefusedError, confirm, report
from lms.units.models import DivisionType, Grant, Unit
from lms.units.services.reorganising import close, merge
from tests.conftest import DAY_ONE, NOON, make_person

LATER = NOON + dt.timedelta(hours=1)
MERGER = dt.date(2026, 12, 1)
AFTER = dt.datetime(2026, 12, 2, 5, tzinfo=dt.UTC)


def says(unit, by, status="yes", url="facebook.com/mattran.vanyen", *, source="officer", at=NOON, **more):
    return report(unit=unit, status=status, url=url, source=source, by=by, at=at, **more)


def rows(unit):
    return list(
        PageRecord.objects.filter(unit=unit).order_by("reported_at", "pk").values_list("status", "url", "replaced_at")
    )


# --- What stands --------------------------------------------------------------------------------------


def test_a_page_is_kept_under_its_canonical_address(units, officer_p1):
    record = says(
        units.p1_a, officer_p1, url=" https://m.facebook.com/MatTran.VanYen/?mibextid=abc ", name=" Mặt trận  Vạn Yên"
    )
    assert (record.url, record.page_key, record.name, record.reported_by, record.replaced_at) == (
        "https://www.facebook.com/MatTran.VanYen",
        "name:mattranvanyen",
        "Mặt trận Vạn Yên",
        officer_p1,
        None,
    )


@pytest.mark.parametrize("status", ["yes", "no", "unknown"])
def test_saying_the_same_again_makes_no_new_row(units, officer_p1, status):
    first = says(units.p1_a, officer_p1, status)
    again = says(units.p1_a, officer_p1, status, "https://fb.com/MatTranVanYen?ref=1", at=LATER)
    assert (first.pk, PageRecord.objects.count()) == (again.pk, 1)


def test_what_changed_replaces_what_stood_and_is_not_confirmed(units, officer_p1, manager_p1):
    first = confirm(record=says(units.p1_a, officer_p1), by=manager_p1, at=NOON)
    second = says(units.p1_a, officer_p1, name="Mặt trận Vạn Yên", at=LATER)
    first.refresh_from_db()
    assert (first.replaced_at, first.confirmed_by) == (LATER, manager_p1)
    assert (second.replaced_at, second.confirmed_by) == (None, None)


def test_to_take_back_is_to_say_not_known(units, officer_p1):
    says(units.p1_a, officer_p1)
    says(units.p1_a, officer_p1, "unknown", at=LATER)
    assert rows(units.p1_a) == [
        ("yes", "https://www.facebook.com/mattran.vanyen", LATER),
        ("unknown", "", None),
    ]


def test_without_a_page_nothing_else_is_kept(units, officer_p1):
    record = says(units.p1_a, officer_p1, "no", "facebook.com/x1234", name="Mặt trận", since=dt.date(2022, 4, 1))
    assert (record.url, record.page_key, record.name, record.since) == ("", "", "", None)


def test_a_report_dated_before_what_stands_overlaps_nothing(units, officer_p1):
    says(units.p1_a, officer_p1, at=LATER)
    second = says(units.p1_a, officer_p1, "no", at=NOON)
    assert rows(units.p1_a)[0][2] == second.reported_at == LATER


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("facebook.com/share/1AbCdEf/", Problem.SHARE_LINK),
        ("facebook.com/groups/mattran", Problem.GROUP),
        ("zalo.me/123", Problem.NOT_FACEBOOK),
        ("Mặt trận Vạn Yên", Problem.NOT_AN_ADDRESS),
    ],
)
def test_what_is_no_page_is_refused_with_its_reason_and_leaves_nothing(units, officer_p1, url, problem):
    with pytest.raises(RefusedError) as refused:
        says(units.p1_a, officer_p1, url=url)
    assert (refused.value.problem, PageRecord.objects.count()) == (problem, 0)


# --- Sources that say only a part ---------------------------------------------------------------------


@pytest.mark.parametrize("source", ["roster", "practice"])
def test_a_short_source_takes_nothing_away_from_the_same_page(units, officer_p1, manager_p1, source):
    first = says(units.p1_a, officer_p1, name="Mặt trận Vạn Yên", since=dt.date(2022, 4, 12))
    confirm(record=first, by=manager_p1, at=NOON)
    for url in ("", "facebook.com/mattranvanyen"):
        assert says(units.p1_a, manager_p1, url=url, source=source, at=LATER).pk == first.pk
    assert says(units.p1_a, manager_p1, "unknown", source=source, at=LATER).pk == first.pk


def test_a_short_source_with_another_page_takes_neither_its_name_nor_its_day_over(units, officer_p1, manager_p1):
    says(units.p1_a, officer_p1, name="Mặt trận Vạn Yên", since=dt.date(2022, 4, 12))
    second = says(units.p1_a, manager_p1, url="facebook.com/trangkhac", source="roster", at=LATER)
    assert (second.page_key, second.name, second.since) == ("name:trangkhac", "", None)


# --- Who may ------------------------------------------------------------------------------------------


def test_an_officer_reports_the_own_unit_and_no_other(units, officer_p1):
    says(units.p1_a, officer_p1)
    for unit in (units.p1_b, units.p1, units.p2_a):
        with pytest.raises(NotAllowedError):
            says(unit, officer_p1, url="facebook.com/mattrankhac")
    assert PageRecord.objects.count() == 1


def test_a_member_of_the_page_team_reports_and_a_colleague_without_duty_does_not(units):
    says(units.p1_a, make_person("team", "Lê Văn Tổ", units.p1_a, duty="team"))
    with pytest.raises(NotAllowedError):
        says(units.p1_a, make_person("other", "Lê Văn Khác", units.p1_a), "no")


@pytest.mark.parametrize("right", Grant.Right.values)
def test_a_manager_reports_with_the_right_to_bring_in_people_or_to_approve(units, right):
    person = make_person("m", "Lê Thị Quản", None)
    Grant.objects.create(person=person, unit=units.p1, right=right, starts_on=DAY_ONE)
    if right in ("import", "approve"):
        assert says(units.p1_a, person, source="manager").source == "manager"
    else:
        with pytest.raises(NotAllowedError):
            says(units.p1_a, person, source="manager")


def test_nobody_reports_for_another_province(units, manager_p2):
    with pytest.raises(NotAllowedError):
        says(units.p1_a, manager_p2, source="manager")


def test_nothing_is_said_of_a_unit_that_is_closed(units, manager_p1):
    close(unit=units.p1_a, on=NOON.date(), actor=None)
    units.p1_a.refresh_from_db()
    with pytest.raises(RefusedError) as refused:
        says(units.p1_a, manager_p1, source="manager")
    assert refused.value.problem == Problem.UNIT_CLOSED


# --- One page, one unit -------------------------------------------------------------------------------


def test_a_page_of_another_unit_is_refused_and_named_to_whoever_may_see_that_unit(units, officer_p1, manager_p1):
    says(units.p1_b, manager_p1, source="manager")
    with pytest.raises(RefusedError) as to_manager:
        says(units.p1_a, manager_p1, url="https://fb.com/Mattran.VanYen?x=1", source="manager")
    with pytest.raises(RefusedError) as to_officer:
        says(units.p1_a, officer_p1)
    assert (to_manager.value.problem, to_manager.value.words) == (Problem.TAKEN_BY, {"unit": "Phường Hạ Long"})
    assert (to_officer.value.problem, to_officer.value.words) == (Problem.TAKEN, {})
    assert "Hạ Long" in str(to_manager.value)
    assert "Hạ Long" not in str(to_officer.value)


def test_a_page_that_was_taken_back_is_free(units, manager_p1):
    says(units.p1_b, manager_p1, source="manager")
    says(units.p1_b, manager_p1, "no", source="manager", at=LATER)
    assert says(units.p1_a, manager_p1, source="manager", at=LATER).status == "yes"


def test_the_page_of_merged_communes_goes_on_with_the_successor_which_begins_as_not_known(units, manager_p1, centre):
    says(units.p1_a, manager_p1, source="manager")
    new = merge(
        units=[Unit.objects.get(pk=units.p1_a.pk), Unit.objects.get(pk=units.p1_b.pk)],
        full_name="Xã Mới",
        short_name="Mới",
        type=DivisionType.objects.first(),
        code="00001",
        on=MERGER,
        actor=None,
    )
    assert rows(units.p1_a)[0][2] is None
    assert rows(new) == []
    assert says(new, manager_p1, source="manager", at=AFTER).page_key == "name:mattranvanyen"


# --- Confirming ---------------------------------------------------------------------------------------


def test_a_page_is_confirmed_once(units, officer_p1, manager_p1, centre):
    record = says(units.p1_a, officer_p1)
    first = confirm(record=record, by=manager_p1, at=NOON)
    second = confirm(record=record, by=centre, at=LATER)
    assert (second.confirmed_by, second.confirmed_at) == (first.confirmed_by, first.confirmed_at) == (manager_p1, NOON)


def test_nobody_confirms_the_own_report(units, manager_p1, centre):
    record = says(units.p1_a, manager_p1, source="manager")
    with pytest.raises(RefusedError) as refused:
        confirm(record=record, by=manager_p1, at=NOON)
    assert refused.value.problem == Problem.OWN_REPORT
    assert confirm(record=record, by=centre, at=NOON).confirmed_by == centre


def test_what_a_roster_says_is_the_units_word_and_confirmed_by_whoever_brought_it_in(units, manager_p1):
    record = says(units.p1_a, manager_p1, source="roster")
    assert confirm(record=record, by=manager_p1, at=NOON).confirmed_by == manager_p1


def test_only_whoever_approves_there_confirms(units, officer_p1, manager_p1, manager_p2):
    record = says(units.p1_a, officer_p1)
    Grant.objects.filter(person=manager_p1, right="approve").delete()
    for person in (manager_p1, manager_p2, officer_p1):
        with pytest.raises(NotAllowedError):
            confirm(record=record, by=person, at=NOON)
    record.refresh_from_db()
    assert record.confirmed_by is None


@pytest.mark.parametrize(("status", "url"), [("no", ""), ("unknown", ""), ("yes", "")])
def test_what_names_no_page_cannot_be_confirmed(units, officer_p1, manager_p1, status, url):
    with pytest.raises(RefusedError) as refused:
        confirm(record=says(units.p1_a, officer_p1, status, url), by=manager_p1, at=NOON)
    assert refused.value.problem == Problem.NO_ADDRESS


def test_what_was_replaced_in_the_meantime_is_not_confirmed(units, officer_p1, manager_p1):
    seen = says(units.p1_a, officer_p1)
    says(units.p1_a, officer_p1, url="facebook.com/trangmoi", at=LATER)
    with pytest.raises(RefusedError) as refused:
        confirm(record=seen, by=manager_p1, at=LATER)
    assert refused.value.problem == Problem.REPLACED


# --- The log ------------------------------------------------------------------------------------------


def test_every_statement_and_confirmation_is_in_the_log_once(units, officer_p1, manager_p1):
    record = says(units.p1_a, officer_p1)
    says(units.p1_a, officer_p1, at=LATER)
    for _ in range(2):
        confirm(record=record, by=manager_p1, at=LATER)
    found = ModelLogEntry.objects.filter(action__startswith="fanpages.").order_by("pk")
    assert [(entry.action, entry.user) for entry in found] == [
        ("fanpages.report", officer_p1),
        ("fanpages.confirm", manager_p1),
    ]

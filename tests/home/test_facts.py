"""The facts of 2022: on the real lists of units, word for word, and never computed back."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from lms.fanpages.models import ReportedFigure
from lms.home.services import facts
from lms.plans.models import Conference, ConferencePoint, Target
from lms.reports.queries.programme import programme
from lms.units.models import Level, Unit
from tests.conftest import make_unit


@pytest.fixture
def country(units):
    """63 provinces as of 2022, of which the cast brings two; and a district level."""
    Level.objects.get_or_create(key="district", defaults={"name": "Cấp huyện", "rank": 20})
    for number in range(3, 64):
        make_unit(f"Tỉnh Số {number}", parent=units.centre, level="province", rank=10)
    return units


def test_without_units_nothing_is_entered(db):
    with pytest.raises(facts.NoUnitsError):
        facts.enter_facts_of_2022()
    assert ReportedFigure.objects.count() == 0


def test_the_conference_has_sixty_three_points(country):
    facts.enter_facts_of_2022()
    conference = Conference.objects.get()
    assert (conference.held_on, conference.mode) == (dt.date(2022, 8, 5), "trực tuyến")
    assert ConferencePoint.objects.filter(conference=conference).count() == 63


def test_a_second_call_adds_nothing(country):
    assert facts.enter_facts_of_2022() > 0
    assert facts.enter_facts_of_2022() == 0


def test_the_reported_figures_are_shown_as_they_were_written(country):
    facts.enter_facts_of_2022()
    found = [(row.level, row.shown.replace("\u00a0", " ")) for row in programme().figures]
    assert found == [
        ("province", "63/63 (100 %)"),
        ("Cấp huyện", "77,8 %"),
        ("commune", "54,5 %"),
        ("Cấp huyện", "13/13 (100 %)"),
        ("commune", "116/177 (65,5 %)"),
        (found[5][0], "hơn 500"),
        (found[6][0], "trên 240"),
        (found[7][0], "hơn 6.200"),
    ]


def test_a_percentage_reported_alone_has_no_numerator_and_can_get_none(country):
    facts.enter_facts_of_2022()
    alone = ReportedFigure.objects.get(percent=Decimal("77.8"))
    assert (alone.value, alone.denominator) == (None, None)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportedFigure.objects.filter(pk=alone.pk).update(value=549)


def test_the_three_targets_say_what_each_counts_and_that_of_quang_ninh_its_basis(country):
    facts.enter_facts_of_2022()
    rows = [(row.shown.replace("\u00a0", " "), row.deadline, row.basis) for row in programme().targets]
    assert rows == [
        ("100 %", "", ""),
        ("100 %", "", ""),
        ("80 %", "", ""),
        ("100 %", "trong tháng 6/2022", "Kế hoạch 141/KH-MTTQ-BTT ngày 12/4/2022"),
    ]
    first = Target.objects.order_by("pk").first()
    assert first.indicator == Target.Indicator.GUIDE_ISSUED
    assert "ban hành Hướng dẫn" in first.counts


def test_a_target_for_a_level_that_was_abolished_is_closed_from_that_day_and_not_missed(country):
    facts.enter_facts_of_2022()
    district = make_unit("Huyện Vân Đồn", parent=country.p1, level="district", rank=20)

    def ended(day: str) -> set[tuple[str, dt.date | None]]:
        with time_machine.travel(f"{day}T12:00:00+07:00"):
            return {(row.level, row.ended_on) for row in programme().targets}

    assert ended("2026-11-23") == {("province", None), ("Cấp huyện", None), ("commune", None)}
    Unit.objects.filter(pk=district.pk).update(closed_on=dt.date(2025, 7, 1))
    assert ended("2025-06-30") == {("province", None), ("Cấp huyện", None), ("commune", None)}
    assert ended("2025-07-01") == {("province", None), ("Cấp huyện", dt.date(2025, 7, 1)), ("commune", None)}
    district_two = make_unit("Huyện Cô Tô", parent=country.p1, level="district", rank=20)
    assert district_two.closed_on is None
    assert ended("2025-07-01") == {("province", None), ("Cấp huyện", None), ("commune", None)}


def test_the_page_asks_the_same_number_of_questions_whatever_was_entered(
    client, country, officer_p1, django_assert_num_queries
):
    client.force_login(officer_p1)
    address = reverse("reports:programme")
    client.get(address)
    with django_assert_num_queries(7) as empty:
        client.get(address)
    facts.enter_facts_of_2022()
    with django_assert_num_queries(len(empty) + 2):  # names of units; levels that have ended
        page = client.get(address)
    assert "116/177" in page.content.decode()
    assert "hơn 6.200" in page.content.decode()


def test_a_visitor_is_sent_to_sign_in(client, country):
    assert client.get(reverse("reports:programme")).status_code == 302

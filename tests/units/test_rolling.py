"""Figures of one frame told in another: along whole successions, the rest in a remainder that is said."""

import datetime as dt

import pytest

from lms.units.models import Succession, Unit
from lms.units.queries import Left, Untold, roll_up
from tests.factories import units as make

pytestmark = pytest.mark.django_db
BEFORE, DAY, LATER = dt.date(2025, 6, 30), dt.date(2025, 7, 1), dt.date(2026, 1, 1)


def close(*units: Unit, on: dt.date = DAY) -> None:
    Unit.objects.filter(pk__in=[unit.pk for unit in units]).update(closed_on=on)


def link(old: Unit, new: Unit, share: str = "whole") -> None:
    Succession.objects.create(old=old, new=new, share=share)


@pytest.fixture
def merged(units) -> Unit:
    new = make.unit("Xã Gộp", parent=units.p1, level="commune", opened_on=DAY)
    close(units.p1_a, units.p1_b)
    link(units.p1_a, new)
    link(units.p1_b, new)
    return new


def test_merged_units_are_told_by_their_successor_and_the_total_stays(units, merged) -> None:
    counts = {units.p1_a.pk: 3, units.p1_b.pk: 4, units.p2_a.pk: 5}
    assert roll_up(counts, BEFORE).counts == counts
    rolled = roll_up(counts, DAY)
    assert (rolled.counts, rolled.left, rolled.total) == ({merged.pk: 7, units.p2_a.pk: 5}, (), 12)


def test_two_mergers_one_after_the_other(units, merged) -> None:
    last = make.unit("Xã Gộp Nữa", parent=units.p1, level="commune", opened_on=LATER)
    close(merged, on=LATER)
    link(merged, last)
    counts = {units.p1_a.pk: 3, merged.pk: 1}
    assert roll_up(counts, DAY).counts == {merged.pk: 4}
    assert roll_up(counts, LATER).counts == {last.pk: 4}


def test_a_divided_unit_is_never_shared_out(units) -> None:
    heirs = [make.unit(f"Xã {name}", parent=units.p1, level="commune", opened_on=DAY) for name in ("Một", "Hai")]
    close(units.p1_a, units.p1_b)
    for heir in heirs:
        link(units.p1_a, heir, "part")
    rolled = roll_up({units.p1_a.pk: 3, units.p1_b.pk: 2}, DAY)
    assert rolled.counts == {}
    assert rolled.left == (
        Left(units.p1_a.pk, 3, Untold.DIVIDED, tuple(heir.pk for heir in heirs)),
        Left(units.p1_b.pk, 2, Untold.ENDED),
    )
    assert (rolled.remainder, rolled.total) == ({Untold.DIVIDED: 3, Untold.ENDED: 2}, 5)
    assert roll_up({heirs[0].pk: 9}, BEFORE).counts == {units.p1_a.pk: 9}


def test_new_figures_in_the_old_frame(units, merged) -> None:
    founded = make.unit("Xã Mới", parent=units.p1, level="commune", opened_on=DAY)
    rolled = roll_up({merged.pk: 7, founded.pk: 1, units.p2_a.pk: 2}, BEFORE)
    assert rolled.counts == {units.p2_a.pk: 2}
    assert rolled.remainder == {Untold.UNITED: 7, Untold.FOUNDED: 1}


def test_many_units_cost_as_many_queries_as_one(units, merged, django_assert_num_queries) -> None:
    for counts in ({units.p1_a.pk: 1}, {units.p1_a.pk: 1, units.p1_b.pk: 1, units.p2_a.pk: 1}):
        with django_assert_num_queries(3):
            roll_up(counts, DAY)

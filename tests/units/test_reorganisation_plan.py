"""A plan as people draft it, and what the preview says follows."""

import datetime as dt

import pytest

from lms.units.models import ReorganisationStep
from lms.units.queries import preview, problems
from lms.units.services import reorganising
from lms.units.services.errors import RefusedError
from tests.conftest import NOON
from tests.factories import units as make

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 12, 1)


@pytest.fixture
def plan(units, centre):
    make.DivisionTypeFactory(level=units.p1_a.level, key="xa", name="xã")
    return reorganising.draft(
        top=units.p1,
        document_kind="Nghị quyết",
        document_number="1679/NQ-UBTVQH15",
        document_issued_on=dt.date(2026, 11, 1),
        document_issuer="Ủy ban Thường vụ Quốc hội",
        effective_on=DAY,
        by=centre,
        at=NOON,
    )


def merge_both(plan, units, **opening) -> ReorganisationStep:
    said = {"name": "Xã Vạn Long", "type": "xa", "code": "06673", **opening}
    return reorganising.add_step(
        reorganisation=plan, kind="merge", units=[units.p1_a.pk, units.p1_b.pk], params={"opening": said}
    )


def test_a_merger_of_two_communes(plan, units, officer_p1) -> None:
    merge_both(plan, units)
    assert problems(plan) == []
    seen = preview(plan)
    assert [line.name for line in seen.closing] == ["Xã Vạn Yên", "Phường Hạ Long"]
    assert [(line.place.ref, line.place.name, line.parent.id) for line in seen.opening] == [
        ("1/0", "Xã Vạn Long", units.p1.pk)
    ]
    assert [(line.person_id, line.to.ref, line.starts_on) for line in seen.moving] == [(officer_p1.pk, "1/0", DAY)]
    assert seen.doubtful == ()


def test_a_plan_without_a_step_is_not_sound(plan) -> None:
    assert [problem.key for problem in problems(plan)] == ["no_step"]
    assert not preview(plan).is_sound


def test_a_step_that_cannot_be_read_is_refused(plan) -> None:
    for kind, params in (("explode", {}), ("merge", {"parts": [None]}), ("merge", {"opening": 3})):
        with pytest.raises(RefusedError):
            reorganising.add_step(reorganisation=plan, kind=kind, units=[1], params=params)
    assert plan.steps.count() == 0

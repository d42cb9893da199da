"""Whatever the sequence of reorganisations: no total is lost unsaid, and no day before is told otherwise afterwards."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.units.models import Appointment, Reorganisation, Succession, Unit, UnitCode, UnitName
from lms.units.queries import preview, problems, roll_up, tree_on
from lms.units.services import reorganising
from lms.units.services.errors import RefusedError
from tests.conftest import NOON, make_person
from tests.factories import units as make

FIRST = dt.date(2026, 1, 1)
MONTHS = [FIRST + dt.timedelta(days=30 * number) for number in range(4)]


def state(day: dt.date) -> tuple[Any, ...]:
    """All that is told of a day: units with names, codes and places, and who serves where."""
    posts = Appointment.objects.on(day).order_by("person_id", "unit_id", "position")
    fields = ("person_id", "unit_id", "position", "page_duty", "is_primary", "is_acting", "starts_on")
    return tree_on(day), list(posts.values_list(*fields))


def figures(day: dt.date) -> dict[int, int]:
    """People by unit, as a report of that day counts them."""
    return dict(Counter(Appointment.objects.on(day).values_list("unit_id", flat=True)))


def kind(level: str) -> str:
    return {"province": "tỉnh", "district": "huyện", "commune": "xã"}[level]


def one_step(draw: Any, tree: list[Any], number: int) -> tuple[str, list[int], dict[str, Any]]:
    """Something that might be asked about ``tree``; not all of it is sound."""
    units = [unit for unit in tree if unit.rank]
    unit = draw(st.sampled_from(units))
    others = [each.id for each in units if each.level == unit.level and each.id != unit.id]
    other = draw(st.sampled_from(others)) if others else unit.id
    parents = [each for each in tree if each.rank < unit.rank]
    parent = str(draw(st.sampled_from(parents)).id)
    word = kind(unit.level)
    opening = {"name": f"{word.capitalize()} Mới {number}", "type": word, "code": f"9{number}"}
    second = {**opening, "name": f"{opening['name']} b", "code": f"8{number}"}
    below = [each.id for each in tree if each.path[:-4] == unit.path]
    return draw(
        st.sampled_from(
            [
                ("merge", [unit.id, other], {"opening": opening}),
                ("merge", [unit.id, other], {"absorbing": unit.id}),
                ("split", [unit.id], {"openings": [opening, second], "children": {str(each): 0 for each in below}}),
                ("rename", [unit.id], opening),
                ("transfer", [unit.id], {"parent": parent}),
                ("dissolve", [unit.id], {"children_to": parent}),
                ("dissolve", [unit.id], {"children_to": parent, "people_to": parent}),
                ("found", [], {"opening": {**opening, "level": unit.level, "parent": parent}}),
            ]
        )
    )


def small_country() -> list[int]:
    centre = make.unit("Trung ương", parent=None, level="centre")
    names = iter(range(1, 100))

    def below(parent: Unit, level: str, times: int) -> list[Unit]:
        found = []
        for _ in range(times):
            number = next(names)
            name = f"{kind(level).capitalize()} Số {number}"
            made = make.unit(name, parent=Unit.objects.get(pk=parent.pk), level=level, code=f"{number:02d}")
            found.append(made)
        return found

    provinces = below(centre, "province", 2)
    districts = below(provinces[0], "district", 2)
    communes = below(districts[0], "commune", 2) + below(provinces[1], "commune", 2)
    people = []
    for number, unit in enumerate([*provinces, *districts, *communes, *communes]):
        person = make_person(f"p{number}", "Y Bình", unit)
        people.append(person.pk)
        if number % 3 == 0:
            make.AppointmentFactory(person=person, unit=communes[-1], is_primary=False, position="Kiêm nhiệm")
    return people


@pytest.mark.django_db
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_nothing_in_the_past_changes_and_no_total_is_lost(data: st.DataObject) -> None:
    with transaction.atomic():
        _play(data.draw)
        transaction.set_rollback(True)


def _play(draw: Any) -> None:
    people = small_country()
    eve = FIRST - dt.timedelta(days=1)
    told = {eve: state(eve)}
    counted = {eve: figures(eve)}
    paths = dict(Unit.objects.values_list("pk", "path"))
    top = Unit.objects.get(depth=1)
    for number, day in enumerate(MONTHS):
        plan = reorganising.draft(
            top=top, document_kind="Quyết định", document_number=f"{number}", document_issued_on=None,
            document_issuer="", effective_on=day, by=None, at=NOON,
        )  # fmt: skip
        tree = tree_on(day)
        for each in range(draw(st.integers(1, 2))):
            what, units, params = one_step(draw, tree, 10 * number + each)
            reorganising.add_step(reorganisation=plan, kind=what, units=units, params=params)
        seen = preview(plan)
        if not seen.is_sound:
            assert any(not problem.is_warning for problem in problems(plan))
            with pytest.raises(RefusedError):
                reorganising.apply(reorganisation=plan, by=None, at=NOON)
            continue
        reorganising.apply(reorganisation=plan, by=None, at=NOON)
        plan.refresh_from_db()
        assert plan.state == Reorganisation.State.DONE
        assert preview(plan).moving == ()
        before = day - dt.timedelta(days=1)
        for past, was in told.items():
            assert state(past) == was
        for past, was in counted.items():
            assert figures(past) == was
            for then in (*told, day, before):
                rolled = roll_up(was, then)
                assert rolled.total == sum(was.values())
                open_then = set(Unit.objects.open_on(then).values_list("pk", flat=True))
                assert set(rolled.counts) <= open_then
        # Nobody is lost: whoever served the day before serves somewhere, or at a closed unit until somebody decides.
        assert Counter(Appointment.objects.on(day).values_list("person_id", flat=True)) == Counter(
            Appointment.objects.on(before).values_list("person_id", flat=True)
        )
        told[day], counted[day] = state(day), figures(day)
        new = dict(Unit.objects.values_list("pk", "path"))
        assert {pk: new[pk] for pk in paths} == paths
        paths = new
    assert set(Appointment.objects.values_list("person_id", flat=True)) == set(people)
    _is_sound()


def _is_sound() -> None:
    """The tree for treebeard; one name and one code a day; whole goes to one; no open unit below a closed one."""
    assert [sum(1 for _ in found) for found in Unit.find_problems()] == [0, 0, 0, 0, 0]
    for day in (FIRST, *MONTHS):
        open_then = Unit.objects.open_on(day)
        paths = set(open_then.values_list("path", flat=True))
        assert {path[:-4] for path in paths if len(path) > 4} <= paths
        for rows in (UnitName, UnitCode):
            found = Counter(
                pk
                for pk, starts, ends in rows.objects.filter(unit__in=open_then).values_list(
                    "unit_id", "starts_on", "ends_on"
                )
                if (starts is None or starts <= day) and (ends is None or day < ends)
            )
            assert set(found.values()) <= {1}
        assert len({(unit.level, unit.code) for unit in tree_on(day) if unit.code}) == sum(
            bool(unit.code) for unit in tree_on(day)
        )
    wholes = Succession.objects.filter(share="whole").values_list("old_id", flat=True)
    assert len(wholes) == len(set(wholes))

"""Whatever the sequence of reorganisations: no total is lost unsaid, and no day before is told otherwise afterwards."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.models import Completion, Course, Enrolment
from lms.accounts.models import User
from lms.reports import queries as reports
from lms.units.models import Appointment, Reorganisation, ReorganisedUnit, Succession, Unit, UnitCode, UnitName
from lms.units.queries import preview, problems, roll_up, tree_on
from lms.units.scope import scope_q
from lms.units.services import reorganising
from lms.units.services.appointments import is_open
from lms.units.services.errors import RefusedError
from tests.conftest import NOON, make_person
from tests.factories import units as make

FIRST = dt.date(2026, 1, 1)
MONTH = dt.timedelta(days=30)
WRITTEN = (Appointment, Unit, UnitName, UnitCode, Succession, Reorganisation, ReorganisedUnit)


def state(day: dt.date) -> tuple[Any, ...]:
    """All that is told of a day: units with names, codes and places, and who serves where."""
    posts = Appointment.objects.on(day).order_by("person_id", "unit_id", "position")
    fields = ("person_id", "unit_id", "position", "page_duty", "is_primary", "is_acting", "starts_on")
    return tree_on(day), list(posts.values_list(*fields))


def figures(day: dt.date) -> dict[int, int]:
    """People by unit, as a report of that day counts them."""
    return dict(Counter(Appointment.objects.on(day).values_list("unit_id", flat=True)))


KINDS = {"province": "tỉnh", "district": "huyện", "commune": "xã"}


def kind(level: str) -> str:
    return KINDS[level]


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
    level = draw(st.sampled_from([one for one in KINDS if one != unit.level]))
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
                ("relevel", [unit.id], {"opening": {**opening, "level": level, "type": kind(level)}}),
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


@dataclass(frozen=True)
class Told:
    """What was told of a day: the tree, its people, people by unit, the tables of the nation and of each province."""

    state: tuple[Any, ...]
    figures: dict[int, int]
    tables: list[Any]


def told_of(day: dt.date, viewer: User, course: Course) -> Told:
    provinces = Unit.objects.open_on(day).filter(depth=2).order_by("path")
    tables = []
    for unit in (Unit.objects.get(depth=1), *provinces):
        place = reports.place_in_scope(viewer, unit.pk, day)
        assert place is not None
        tables.append(reports.unit_table(place, reports.Question(day, course.pk)))
    return Told(state(day), figures(day), tables)


def seen_naively(tops: set[int]) -> set[int]:
    """The subtrees at ``tops``, and of each unit that went whole into one of theirs; told one by one."""
    paths = dict(Unit.objects.values_list("pk", "path"))
    wholes = list(Succession.objects.filter(share="whole").values_list("old_id", "new_id"))
    seen: set[int] = set()
    new = set(tops)
    while new:
        seen |= {pk for pk, path in paths.items() if any(path.startswith(paths[top]) for top in new)}
        new = {old for old, into in wholes if into in seen and old not in seen}
    return seen


@pytest.mark.django_db
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_nothing_in_the_past_changes_and_no_total_is_lost(data: st.DataObject) -> None:
    """Also of several plans on one day, of plans that are written down late, and of people who come and go between."""
    with transaction.atomic():
        _play(data.draw)
        transaction.set_rollback(True)


def _play(draw: Any) -> None:
    people = small_country()
    viewer = User.objects.create_superuser(username="xem", full_name="Người Xem")
    course = _course_done_by(people[::2])
    top = Unit.objects.get(depth=1)
    days = [FIRST - dt.timedelta(days=1)]
    managers = _managers_of(Unit.objects.filter(depth__gt=1))
    paths = dict(Unit.objects.values_list("pk", "path"))
    for number in range(4):
        # Later, on the same day as the plan before, or between what was done already.
        day = draw(st.sampled_from([max(days) + MONTH, max(days[-1], FIRST), FIRST + dt.timedelta(days=40)]))
        people += _come_and_go(draw, day, number)
        plan = reorganising.draft(
            top=top, document_kind="Quyết định", document_number=f"{number}", document_issued_on=None,
            document_issuer="", effective_on=day, by=None, at=NOON,
        )  # fmt: skip
        tree = tree_on(day)
        for each in range(draw(st.integers(1, 2))):
            what, units, params = one_step(draw, tree, 10 * number + each)
            reorganising.add_step(reorganisation=plan, kind=what, units=units, params=params)
        past = {each: told_of(each, viewer, course) for each in days if each < day}
        ever = set(Unit.objects.values_list("pk", flat=True))
        if not _applied(plan):
            continue
        before = day - dt.timedelta(days=1)
        for each, was in past.items():
            assert told_of(each, viewer, course) == was
            for then in (*days, day, before):
                rolled = roll_up(was.figures, then)
                assert rolled.total == sum(was.figures.values())
                assert set(rolled.counts) <= set(Unit.objects.open_on(then).values_list("pk", flat=True))
                _frame_agrees(viewer, top, course, each, then)
        # Nobody is lost: whoever served the day before serves somewhere, or at a closed unit until somebody decides.
        assert Counter(Appointment.objects.on(day).values_list("person_id", flat=True)) == Counter(
            Appointment.objects.on(before).values_list("person_id", flat=True)
        )
        days.append(day)
        new = dict(Unit.objects.values_list("pk", "path"))
        assert {pk: new[pk] for pk in paths} == paths
        paths = new
        managers |= _managers_of(Unit.objects.exclude(pk__in=ever))
        for unit_id, manager in managers.items():
            seen = set(Unit.objects.filter(scope_q(manager, path="path")).values_list("pk", flat=True))
            assert seen == seen_naively({unit_id})
    assert set(Appointment.objects.values_list("person_id", flat=True)) == set(people)
    _is_sound(days)


def _applied(plan: Reorganisation) -> bool:
    """Whether the plan was sound. Carried out a second time it changes nothing."""
    if not preview(plan).is_sound:
        assert any(not problem.is_warning for problem in problems(plan))
        with pytest.raises(RefusedError):
            reorganising.apply(reorganisation=plan, by=None, at=NOON)
        return False
    reorganising.apply(reorganisation=plan, by=None, at=NOON)
    plan.refresh_from_db()
    assert plan.state == Reorganisation.State.DONE
    assert preview(plan).moving == ()
    rows = [list(model.objects.order_by("pk").values()) for model in WRITTEN]
    assert reorganising.carry_on(reorganisation_id=plan.pk, at=NOON) == 0
    assert [list(model.objects.order_by("pk").values()) for model in WRITTEN] == rows
    return True


def _frame_agrees(viewer: User, top: Unit, course: Course, day: dt.date, frame: dt.date) -> None:
    """People of ``day`` by the units of ``frame``: the lines and the declared remainder are all of them, none twice."""
    place = reports.place_in_scope(viewer, top.pk, day)
    assert place is not None
    table = reports.frame_table(place, reports.Question(day, course.pk), frame)
    told = sum(row.figures.people for row in (*table.rows, *table.remainder)) + table.elsewhere.people
    assert told == table.total.people == Appointment.objects.on(day).filter(is_primary=True).count()


def _course_done_by(people: list[int]) -> Course:
    course = Course.objects.create(key=uuid.uuid4(), title="Trang cộng đồng", url="/trang/")
    for number, person in enumerate(people):
        at = dt.datetime.combine(FIRST + dt.timedelta(days=20 * number), dt.time(3), dt.UTC)
        enrolment = Enrolment.objects.create(user_id=person, course=course, enrolled_at=at)
        Completion.objects.create(enrolment=enrolment, course=course, user_id=person, completed_at=at)
    return course


def _managers_of(units: Iterable[Unit]) -> dict[int, User]:
    found = {}
    for unit in units:
        found[unit.pk] = make_person(f"quanly{unit.pk}", "Quản Lý", None)
        make.GrantFactory(person=found[unit.pk], unit=unit)
    return found


def _come_and_go(draw: Any, day: dt.date, number: int) -> list[int]:
    """One begins a little before or after ``day`` in a unit of that day, another one ends then; who began."""
    unit = Unit.objects.get(pk=draw(st.sampled_from(tree_on(day))).id)
    begins = day + dt.timedelta(days=draw(st.sampled_from([-5, 5])))
    came: list[int] = []
    if is_open(unit, begins):
        person = make_person(f"moi{number}", "Y Mới", None)
        make.AppointmentFactory(person=person, unit=unit, starts_on=begins)
        came.append(person.pk)
    ends = day + dt.timedelta(days=draw(st.sampled_from([-2, 3])))
    standing = Appointment.objects.filter(ends_on=None, starts_on__lt=ends - dt.timedelta(days=9)).order_by("pk")
    if standing:
        Appointment.objects.filter(pk=draw(st.sampled_from(list(standing))).pk).update(ends_on=ends)
    return came


def _is_sound(days: list[dt.date]) -> None:
    """The tree for treebeard; one name and one code a day; whole goes to one; no open unit below a closed one."""
    assert [sum(1 for _ in found) for found in Unit.find_problems()] == [0, 0, 0, 0, 0]
    for day in (FIRST, *days):
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

"""The cast, named by role, in two provinces; everything else a test makes itself."""

import datetime as dt
from dataclasses import dataclass

import pytest

from courses.models import Activity, Course, Enrolment, Module
from lms.accounts.models import User
from lms.units.models import Appointment, DivisionType, Grant, Level, Unit, UnitName

# Prepared databases, real sites (live_site, own_site) and the browser: see lms/docs/how-we-test.md.
pytest_plugins = ["tests.plugins.database", "tests.plugins.site", "tests.plugins.browser"]

DAY_ONE = dt.date(2022, 1, 1)
NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)


def make_unit(name: str, *, parent: Unit | None, level: str, rank: int, **fields: object) -> Unit:
    """A unit open since before records began, with one name without end."""
    level_row, _ = Level.objects.get_or_create(key=level, defaults={"name": level, "rank": rank})
    word, _, short = name.partition(" ")
    unit = parent.add_child(level=level_row, **fields) if parent else Unit.add_root(level=level_row, **fields)
    type_row, _ = DivisionType.objects.get_or_create(key=word.lower(), level=level_row, defaults={"name": word.lower()})
    UnitName.objects.create(unit=unit, type=type_row, full_name=name, short_name=short or name)
    if parent:
        parent.refresh_from_db()
    return unit


def make_person(
    username: str, full_name: str, unit: Unit | None, *, duty: str = "", position: str = "Chuyên viên"
) -> User:
    person = User.objects.create_user(username=username, full_name=full_name, password="mat-khau-thu-1")
    if unit:
        Appointment.objects.create(person=person, unit=unit, position=position, page_duty=duty, starts_on=DAY_ONE)
    return person


@dataclass(frozen=True)
class Units:
    """Two provinces; the first has two communes, the second one."""

    centre: Unit
    p1: Unit
    p1_a: Unit
    p1_b: Unit
    p2: Unit
    p2_a: Unit


@pytest.fixture
def units(db: None) -> Units:
    centre = make_unit("Trung ương", parent=None, level="centre", rank=0)
    p1 = make_unit("Tỉnh Quảng Ninh", parent=centre, level="province", rank=10)
    p1_a = make_unit("Xã Vạn Yên", parent=p1, level="commune", rank=30)
    p1_b = make_unit("Phường Hạ Long", parent=p1, level="commune", rank=30)
    p2 = make_unit("Tỉnh Thái Nguyên", parent=centre, level="province", rank=10)
    p2_a = make_unit("Xã Văn Lăng", parent=p2, level="commune", rank=30)
    return Units(centre, p1, p1_a, p1_b, p2, p2_a)


@pytest.fixture
def officer_p1(units: Units) -> User:
    return make_person("officer_p1", "Đặng Thị Nguyệt Ánh", units.p1_a, duty="officer", position="Phó Chủ tịch")


@pytest.fixture
def officer_p2(units: Units) -> User:
    return make_person("officer_p2", "Nguyễn Văn Ân", units.p2_a, duty="officer")


def _manager(username: str, name: str, unit: Unit) -> User:
    person = make_person(username, name, unit)
    for right in Grant.Right.values:
        Grant.objects.create(person=person, unit=unit, right=right, starts_on=DAY_ONE)
    return person


@pytest.fixture
def manager_p1(units: Units) -> User:
    return _manager("manager_p1", "Hoàng Đức Hạnh", units.p1)


@pytest.fixture
def manager_p2(units: Units) -> User:
    return _manager("manager_p2", "Vũ Hải", units.p2)


@pytest.fixture
def centre(units: Units) -> User:
    return _manager("centre", "Lê Thị Hà", units.centre)


@dataclass(frozen=True)
class Outline:
    """Two modules: the first has two lessons and a quiz and opens the second, which has one lesson."""

    course: Course
    module_1: Module
    module_2: Module
    lesson_1: Activity
    lesson_2: Activity
    quiz: Activity
    lesson_3: Activity


@pytest.fixture
def outline(db: None) -> Outline:
    """Records only, without pages."""
    import uuid

    course = Course.objects.create(key=uuid.uuid4(), title="Trang cộng đồng", url="/trang-cong-dong/")
    module_1 = Module.objects.create(key=uuid.uuid4(), course=course, title="Thành lập", position=1)
    module_2 = Module.objects.create(key=uuid.uuid4(), course=course, title="Biên tập", position=2)
    module_2.requires.add(module_1)

    def activity(module: Module, position: int, title: str, kind: str = "lesson") -> Activity:
        return Activity.objects.create(
            key=uuid.uuid4(), course=course, module=module, kind=kind, title=title, position=position,
            url=f"/trang-cong-dong/{position}/",
        )  # fmt: skip

    return Outline(
        course,
        module_1,
        module_2,
        activity(module_1, 1, "Bài 1"),
        activity(module_1, 2, "Bài 2"),
        activity(module_1, 3, "Kiểm tra", "quiz"),
        activity(module_2, 4, "Bài 3"),
    )


@pytest.fixture
def enrolment(officer_p1: User, outline: Outline, units: Units) -> Enrolment:
    return Enrolment.objects.create(user=officer_p1, course=outline.course, unit=units.p1_a, enrolled_at=NOON)

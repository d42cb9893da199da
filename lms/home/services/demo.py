"""The demonstration: invented people with invented progress on the real tree and the real course.

Everything goes through the ordinary services, at given instants, so that what the demo shows is what the product does.
A second call makes nothing twice.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction

from courses.enums import State
from courses.models import Activity, Course, Enrolment, Submission
from courses.services.enrolment import enrol
from courses.services.practice import hand_in
from courses.services.progress import record_history
from lms.accounts.models import User
from lms.core import clock
from lms.fanpages import services as fanpages
from lms.fanpages.models import PageRecord
from lms.plans import services as plans
from lms.plans.models import Assignment
from lms.units.models import Appointment, Grant, Unit
from lms.units.queries import UnitOnDay, children_on

PASSWORD = "demo-mattran"  # noqa: S105  printed in the README; works only under LMS_DEMO
APPOINTED_ON = dt.date(2025, 7, 1)
# How long the invented officers have been learning.
LASTED = dt.timedelta(days=30)
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương", "Lý", "Chíu", "Tằng")
_MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Thu", "Quang", "Hồng", "Ngọc", "Thanh", "Xuân")
_GIVEN = ("Ánh", "Ân", "Bình", "Dung", "Dũng", "Đạt", "Hà", "Hải", "Hạnh", "Hòa", "Hương", "Lan", "Long", "Mai", "Nga")
_POSITIONS = ("Phó Chủ tịch", "Ủy viên Thường trực", "Công chức", "Chuyên viên")


@dataclass(frozen=True)
class Account:
    username: str
    full_name: str
    position: str
    duty: str = ""
    rights_over_unit: bool = False
    groups: tuple[str, ...] = ()
    is_superuser: bool = False


LEARNER = Account("hocvien", "Nguyễn Thị Hà (học viên)", "Phó Chủ tịch", Appointment.Duty.OFFICER)
TRAINER = Account("giangvien", "Trần Văn Bình (giảng viên)", "Giảng viên", groups=("Giảng viên",))
PROVINCE = Account("tinh", "Vũ Thị Hải (cấp tỉnh)", "Chuyên viên", rights_over_unit=True)
CENTRE = Account("trunguong", "Lê Đức Hòa (Trung ương)", "Chuyên viên", rights_over_unit=True, groups=("Người duyệt",))
ADMINISTRATOR = Account("quantri", "Quản trị hệ thống", "Quản trị viên", is_superuser=True)


@transaction.atomic
def make_account(account: Account, unit: Unit) -> User:
    """A demo account in ``unit``, with its groups and, where it has rights, all rights over the unit's subtree."""
    person = User.objects.filter(username=account.username).first()
    if person is None:
        person = User(username=account.username, is_demo=True, is_superuser=account.is_superuser, full_name="")
        person.full_name = account.full_name
        person.set_password(PASSWORD)
        person.save()
    _appoint(person, unit, account.position, account.duty)
    person.groups.add(*Group.objects.filter(name__in=account.groups))
    if account.rights_over_unit:
        for right in Grant.Right.values:
            Grant.objects.get_or_create(person=person, unit=unit, right=right, starts_on=APPOINTED_ON)
    return person


def let_mark(person: User, unit: Unit) -> None:
    """A trainer confirms practical tasks; being an author alone opens nobody's record."""
    Grant.objects.get_or_create(person=person, unit=unit, right=Grant.Right.MARK, starts_on=APPOINTED_ON)


def _appoint(person: User, unit: Unit, position: str, duty: str) -> None:
    if not person.appointments.exists():
        Appointment.objects.create(person=person, unit=unit, position=position, page_duty=duty, starts_on=APPOINTED_ON)


def officers_of(
    province: Unit, course: Course, *, share: float, seed: int, at: dt.datetime, step: Callable[[], object]
) -> int:
    """Invented officers in about ``share`` of the province's communes, each somewhere in the course; how many are new.

    The same ``seed`` makes the same people. ``step`` is told of every commune.
    """
    chance = random.Random(seed)  # noqa: S311  no secret
    activities = list(
        Activity.objects.filter(course=course, retired_at__isnull=True, is_required=True).order_by(
            "module__position", "position"
        )
    )
    made = 0
    for commune in children_on(province, clock.day_of(at)):
        step()
        # Drawn whether used or not, so that one commune more or less moves nobody else.
        people = list(_invented(commune, chance))
        if chance.random() > share:
            continue
        for username, full_name, position, duty, reached in people:
            if User.objects.filter(username=username).exists():
                continue
            _make_officer(username, full_name, position, duty, commune.id)
            _walk(username, course, activities, reached, at)
            made += 1
    return made


def _invented(commune: UnitOnDay, chance: random.Random) -> Iterator[tuple[str, str, str, str, float]]:
    for number in (1, 2):
        name = f"{chance.choice(_FAMILY)} {chance.choice(_MIDDLE)} {chance.choice(_GIVEN)}"
        position = chance.choice(_POSITIONS)
        reached = chance.choice((0.0, 0.0, 0.2, 0.5, 0.7, 1.0, 1.0, 1.0))
        duty = Appointment.Duty.OFFICER if number == 1 else Appointment.Duty.TEAM
        if number == 1 or chance.random() < 0.5:
            yield f"minhhoa{commune.id}{'ab'[number - 1]}", name, position, duty, reached


def _make_officer(username: str, full_name: str, position: str, duty: str, unit_id: int) -> None:
    person = User(username=username, full_name=full_name, is_demo=True)
    person.set_unusable_password()
    person.save()
    _appoint(person, Unit.objects.get(pk=unit_id), position, duty)


def _walk(username: str, course: Course, activities: list[Activity], reached: float, at: dt.datetime) -> None:
    """Enrol and do the first ``reached`` share of the activities, ending before ``at``."""
    person = User.objects.get(username=username)
    begun_at = at - LASTED
    enrolment = enrol(user=person, course=course, at=begun_at, source=Enrolment.Source.DEMO)
    record_done(enrolment, activities[: round(reached * len(activities))], begun_at, of=len(activities))


def record_done(enrolment: Enrolment, activities: Sequence[Activity], begun_at: dt.datetime, *, of: int) -> None:
    """``activities`` one after the other, so that all ``of`` the course would have taken LASTED and a day less."""
    pace = (LASTED - dt.timedelta(days=1)) / max(of, 1)
    done = [(activity, begun_at + pace * number) for number, activity in enumerate(activities, start=1)]
    record_history(enrolment=enrolment, done=done, rule="demo")


def begin(person: User, course: Course, *, activities: int | None, at: dt.datetime) -> None:
    """Enrolled a month ago, with the first ``activities`` done, at an even pace; all of them for None."""
    begun_at = at - LASTED
    enrolment = enrol(user=person, course=course, at=begun_at, source=Enrolment.Source.DEMO)
    outline = list(
        Activity.objects.filter(course=course, retired_at__isnull=True).order_by("module__position", "position")
    )
    record_done(enrolment, outline[:activities], begun_at, of=len(outline))


def give_task(course: Course, unit: Unit, *, by: User, at: dt.datetime) -> None:
    """An invented task for the page officers of the communes, on an invented document that says so."""
    if Assignment.objects.filter(course=course, unit=unit).exists():
        return
    document = plans.enter_document(reference="00/KH-MTTQ-BTT", date_as_written="(minh họa)", kind="Kế hoạch")
    plans.assign(
        course=course,
        unit=unit,
        duties=[Appointment.Duty.OFFICER],
        deadline=clock.day_of(at) + dt.timedelta(days=30),
        basis=document,
        contact_name=by.full_name,
        contact_phone="0203 000 0000 (minh họa)",
        note="Số liệu minh họa",
        by=by,
        at=at,
    )


def report_pages(province: Unit, *, by: User, at: dt.datetime, seed: int) -> None:
    """Invented statements on the pages of about two thirds of the communes; half of the pages are confirmed by ``by``.

    The addresses lead nowhere. The same ``seed`` says the same.
    """
    chance = random.Random(seed)  # noqa: S311  no secret
    status = PageRecord.Status
    for commune in children_on(province, clock.day_of(at)):
        told = chance.choices((status.YES, status.NO, None), weights=(5, 1, 3))[0]
        is_confirmed = chance.random() < 0.5
        if told is None or PageRecord.objects.filter(unit_id=commune.id).exists():
            continue
        record = fanpages.report(
            unit=Unit.objects.get(pk=commune.id),
            status=told,
            url=f"https://www.facebook.com/minhhoa.khongcothat.{commune.id}" if told == status.YES else "",
            name=f"Mặt trận {commune.short_name} (minh họa)" if told == status.YES else "",
            source=PageRecord.Source.DEMO,
            by=None,
            at=at,
        )
        if told == status.YES and is_confirmed:
            fanpages.confirm(record=record, by=by, at=at)


def hand_in_practice(course: Course, province: Unit, *, people: int, at: dt.datetime) -> None:
    """The practical task of the first ``people`` invented officers who have come as far waits for confirmation."""
    task = Activity.objects.filter(course=course, kind="practice", retired_at__isnull=True).first()
    if task is None or Submission.objects.filter(activity=task).exists():
        return
    waiting = Enrolment.objects.filter(
        course=course, user__username__startswith="minhhoa", unit__path__startswith=province.path,
        completion__isnull=True, activity_states__state=State.DONE,
    ).distinct().order_by("pk")[:people]  # fmt: skip
    for number, enrolment in enumerate(waiting):
        hand_in(
            enrolment=enrolment,
            activity=task,
            names_page=True,
            link=f"https://www.facebook.com/minhhoa.khongcothat.{enrolment.unit_id}",
            note="Số liệu minh họa",
            at=at - dt.timedelta(hours=number + 1),
        )

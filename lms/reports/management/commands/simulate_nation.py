"""Invented officers all over the country, to look at the reports and to measure them."""

import datetime as dt
import random
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from tqdm import tqdm

from courses.models import Completion, Course, Enrolment
from lms.accounts.models import User
from lms.core import clock, text
from lms.units.models import Appointment, Unit

PREFIX = "mo-phong-"
_BATCH = 2000
_FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Lò"]
_MIDDLE = ["Văn", "Thị", "Đức", "Minh", "Thanh", "Ngọc", "Quang", "Thu", "Hữu", "Xuân"]
_GIVEN = [
    "Anh",
    "Ánh",
    "Ân",
    "Bình",
    "Châu",
    "Dung",
    "Đạt",
    "Giang",
    "Hà",
    "Hạnh",
    "Hòa",
    "Hương",
    "Khánh",
    "Lan",
    "Linh",
    "Long",
    "Mai",
    "Nam",
    "Nga",
    "Nguyệt",
    "Oanh",
    "Phúc",
    "Quân",
    "Sơn",
    "Tâm",
    "Thảo",
    "Thủy",
    "Trang",
    "Tú",
    "Vân",
    "Yến",
]
_POSITIONS = [
    "Chủ tịch",
    "Phó Chủ tịch",
    "Ủy viên Thường trực",
    "Chuyên viên",
    "Công chức",
    "Người hoạt động không chuyên trách",
]


class Command(BaseCommand):
    help = (
        "Makes invented officers, their appointments, enrolments and completions in the units open today. "
        "Refuses where real people are entered, unless --yes. Same seed and same day, same nation."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--officers", type=int, required=True, metavar="N")
        parser.add_argument("--courses", type=int, default=1, help="Courses each officer may take (default 1).")
        parser.add_argument("--within", type=int, metavar="UNIT", help="Id of a unit: only its subtree.")
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument("--dry-run", action="store_true", help="Say what would be made and make nothing.")
        parser.add_argument("--yes", action="store_true", help="Go on although real people are entered.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["officers"] < 1 or options["courses"] < 1:
            raise CommandError(_("--officers and --courses must be at least 1."))
        if User.objects.filter(username__startswith=PREFIX).exists():
            raise CommandError(_("A simulated nation is here already; it is made once."))
        if not options["yes"] and User.objects.filter(is_demo=False, is_superuser=False).exists():
            raise CommandError(_("Real people are entered here; --yes mixes invented officers among them."))
        units = _units(options["within"])
        total = options["officers"] * (1 + options["courses"])
        if options["dry_run"]:
            self.stdout.write(
                _("Would make %(officers)s officers in %(units)s units.")
                % {"officers": options["officers"], "units": len(units)}
            )
            return
        chance = random.Random(options["seed"])  # noqa: S311  invented data, to be the same again
        # One transaction: a nation is whole or not there. Not for a site in use: it holds the write lock throughout.
        with tqdm(total=total, unit="row", disable=options["verbosity"] == 0) as bar, transaction.atomic():
            officers = list(_make_officers(options["officers"], units, chance, bar))
            first, *others = _courses(options["courses"])
            _make_results(first, officers, chance, bar)
            for course in others:
                _repeat_results(first, course)
                bar.update(len(officers))
        self.stdout.write(
            _("%(officers)s officers in %(units)s units, %(completions)s completions.")
            % {"officers": len(officers), "units": len(units), "completions": Completion.objects.count()}
        )


def _units(within: int | None) -> list[Unit]:
    """Those open today, in the whole country or in a subtree."""
    units = Unit.objects.open_on(clock.today())
    if within is not None:
        top = Unit.objects.filter(pk=within).first()
        if top is None:
            raise CommandError(_("There is no unit %(id)s.") % {"id": within})
        units = units.within(top)
    found = list(units)
    if not found:
        raise CommandError(_("There are no units yet: run import_units first."))
    return found


def _repeat_results(course: Course, other: Course) -> None:
    """The same results in another course, copied by the database: a million rows in seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO courses_enrolment"
            " (user_id, course_id, cycle, unit_id, source, enrolled_at, withdrawn_at, started_at, last_seen_at)"
            " SELECT user_id, %s, cycle, unit_id, source, enrolled_at, withdrawn_at, started_at, last_seen_at"
            " FROM courses_enrolment WHERE course_id = %s AND source = %s",
            [other.pk, course.pk, Enrolment.Source.DEMO],
        )
        cursor.execute(
            "INSERT INTO courses_completion"
            " (enrolment_id, course_id, user_id, completed_at, unit_id, position, required)"
            " SELECT copy.id, %s, c.user_id, c.completed_at, c.unit_id, c.position, c.required"
            " FROM courses_completion c"
            " JOIN courses_enrolment copy ON copy.user_id = c.user_id AND copy.course_id = %s AND copy.cycle = 1"
            " WHERE c.course_id = %s",
            [other.pk, other.pk, course.pk],
        )


def _courses(number: int) -> list[Course]:
    """What is there, and as many invented ones as are missing."""
    found = list(Course.objects.filter(retired_at__isnull=True).order_by("pk")[:number])
    while len(found) < number:
        found.append(Course.objects.create(key=uuid.uuid4(), title=f"Khóa mô phỏng {len(found) + 1}"))
    return found


def _make_officers(number: int, units: list[Unit], chance: random.Random, bar: Any) -> Iterator[tuple[int, Unit, str]]:
    """(person's id, unit, position). One unit in twelve stays without anybody, as in life."""
    peopled = [unit for unit in units if chance.random() > 1 / 12] or units
    with_officer: set[int] = set()
    for start in range(0, number, _BATCH):
        people = [_person(index, chance) for index in range(start, min(start + _BATCH, number))]
        User.objects.bulk_create(people)
        posts = []
        for person in people:
            unit = chance.choice(peopled)
            first = unit.pk not in with_officer
            with_officer.add(unit.pk)
            duty = Appointment.Duty.OFFICER if first or chance.random() < 0.1 else Appointment.Duty.NONE
            posts.append(
                Appointment(
                    person=person,
                    unit=unit,
                    position=chance.choice(_POSITIONS),
                    page_duty=duty,
                    starts_on=unit.opened_on or dt.date(2021, 11, 10),
                )
            )
        Appointment.objects.bulk_create(posts)
        bar.update(len(people))
        for post in posts:
            yield post.person_id, post.unit, post.position


def _person(index: int, chance: random.Random) -> User:
    name = f"{chance.choice(_FAMILY)} {chance.choice(_MIDDLE)} {chance.choice(_GIVEN)}"
    return User(
        username=f"{PREFIX}{index:06d}",
        full_name=name,
        name_folded=text.fold(name),
        name_sort_key=text.name_sort_key(name),
        password="!",  # noqa: S106  an unusable one: nobody signs in as them
        is_demo=True,
    )


def _make_results(course: Course, officers: list[tuple[int, Unit, str]], chance: random.Random, bar: Any) -> None:
    """Three in five have completed, one in five is under way, the rest has not begun; over the last year."""
    now = clock.now()
    for start in range(0, len(officers), _BATCH):
        some = officers[start : start + _BATCH]
        fates = [chance.random() for _officer in some]
        begun = [now - dt.timedelta(days=chance.uniform(20, 365)) for _officer in some]
        enrolments = [
            Enrolment(
                user_id=person_id,
                course=course,
                unit=unit,
                source=Enrolment.Source.DEMO,
                enrolled_at=at - dt.timedelta(days=1),
                started_at=at if fate < 0.8 else None,
            )
            for (person_id, unit, _position), fate, at in zip(some, fates, begun, strict=True)
        ]
        Enrolment.objects.bulk_create(enrolments)
        Completion.objects.bulk_create(
            Completion(
                enrolment=enrolment,
                course=course,
                user_id=person_id,
                unit=unit,
                position=position,
                completed_at=at + dt.timedelta(days=chance.uniform(1, 19)),
            )
            for (person_id, unit, position), enrolment, fate, at in zip(some, enrolments, fates, begun, strict=True)
            if fate < 0.6
        )
        bar.update(len(some))

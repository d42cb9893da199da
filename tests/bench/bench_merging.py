"""One person twice among 100,000 accounts: finding the pairs, their page, one card's other account, one union.

    make bench, or   DATABASE_URL=… .venv/bin/python -m tests.bench.bench_merging   on an empty migrated database

Names are drawn from 2,520, so that forty people share each: more likeness by chance than in any real register. Every
hundredth person has two accounts. Seconds depend on the machine and on what else it does, so each is also given as a
ratio to a floor of the same run: the accounts counted by name and year of birth, once.
"""

import datetime as dt
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.clients import signed_in

ROOT = Path(__file__).resolve().parent.parent.parent
ACCOUNTS = int(os.environ.get("ACCOUNTS", "100000"))
PROVINCES, COMMUNES = 34, 97
TWICE_EVERY = 100
ROUNDS = 3
# Of the page for a whole nation; a union holds its lock no longer than any other write.
BUDGET_PAGE, BUDGET_UNION = 10.0, 2.0


def bench_one_person_twice() -> None:
    from tests.plugins import prepared

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(prepared.migrated(), Path(folder) / "db.sqlite3")
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_merging"],
            cwd=ROOT, env=prepared.site_environment(Path(folder)), check=False, capture_output=True, text=True,
        )  # fmt: skip
    print(f"\n{done.stdout}{done.stderr[-4000:] if done.returncode else ''}")  # noqa: T201
    assert done.returncode == 0


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def make_units() -> tuple[Any, list[Any], list[Any]]:
    """The root, its provinces and their communes, written at once."""
    from lms.units.models import Level, Succession, Unit, UnitName

    levels = {
        key: Level.objects.get_or_create(key=key, defaults={"name": key, "rank": rank})[0]
        for rank, key in enumerate(("centre", "province", "commune"))
    }
    root = Unit.add_root(level=levels["centre"])
    provinces = Unit.objects.bulk_create(
        Unit(level=levels["province"], depth=2, path=Unit._get_path(root.path, 2, number + 1), numchild=COMMUNES)
        for number in range(PROVINCES)
    )
    communes = Unit.objects.bulk_create(
        (
            Unit(level=levels["commune"], depth=3, path=Unit._get_path(province.path, 3, number + 1))
            for province in provinces
            for number in range(COMMUNES)
        ),
        batch_size=500,
    )
    Unit.objects.filter(pk=root.pk).update(numchild=PROVINCES)
    names = [
        UnitName(unit=unit, full_name=f"Đơn vị {number}", short_name=f"{number}")
        for number, unit in enumerate([root, *provinces, *communes])
    ]
    for name in names:
        name.fill_derived()
    UnitName.objects.bulk_create(names, batch_size=500)
    # Every third commune went into its neighbour, for the likeness over a succession.
    Succession.objects.bulk_create(
        (Succession(old=old, new=new, share="whole") for old, new in zip(communes[::3], communes[1::3], strict=False)),
        batch_size=500,
    )
    return root, provinces, communes


def make_people(communes: list[Any]) -> None:
    from lms.accounts.models import User
    from lms.core import text
    from lms.units.models import Appointment
    from tests.bench.bench_rosters import FAMILY, GIVEN, MIDDLE

    chance = random.Random(5)
    people: list[User] = []
    for number in range(ACCOUNTS):
        if number % TWICE_EVERY == TWICE_EVERY - 1:
            name, born = people[-1].full_name, people[-1].born_on
        else:
            name = f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}"
            born = dt.date(chance.randint(1965, 2000), chance.randint(1, 12), chance.randint(1, 28))
        people.append(
            User(
                username=f"canbo{number}", full_name=name, name_folded=text.fold(name),
                name_sort_key=text.name_sort_key(name), phone=f"+849{number:08}",
                email=f"canbo{number}@example.vn" if number % 3 == 0 else "", born_on=born, password="!",
            )
        )  # fmt: skip
    made = User.objects.bulk_create(people, batch_size=500)
    Appointment.objects.bulk_create(
        (
            Appointment(
                person=person, unit=communes[number * 7 % len(communes)], position="Chuyên viên",
                starts_on=dt.date(2024, 1, 1),
            )
            for number, person in enumerate(made)
        ),
        batch_size=500,
    )  # fmt: skip


def make_course(pair: tuple[Any, Any]) -> None:
    """Thirty lessons, half of them done under each account."""
    import uuid

    from courses.enums import EventKind
    from courses.models import Activity, Course, Module
    from courses.services import enrolment, progress
    from lms.core import clock

    course = Course.objects.create(key=uuid.uuid4(), title="Trang cộng đồng", url="/trang/")
    module = Module.objects.create(key=uuid.uuid4(), course=course, title="Thành lập", position=1)
    rows = [enrolment.enrol(user=person, course=course, at=clock.now()) for person in pair]
    for number in range(30):
        lesson = Activity.objects.create(
            key=uuid.uuid4(), course=course, module=module, kind="lesson", title=f"Bài {number}", position=number,
            url=f"/trang/{number}/",
        )  # fmt: skip
        progress.record_activity(
            enrolment=rows[number % 2], activity=lesson, kind=EventKind.DONE, source_key=f"b:{number}", at=clock.now()
        )


def seconds(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The median, the first round (cold caches) left out."""
    work()
    times = []
    for _round in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> int:
    import django

    django.setup()
    from django.db import connection
    from django.db.models import Count
    from django.test.utils import CaptureQueriesContext

    from lms.accounts.models import User
    from lms.core import clock
    from lms.people import merging_queries as queries
    from lms.people.services import merging
    from lms.units.models import Appointment, Grant

    root, provinces, communes = make_units()
    make_people(communes)
    boss = User.objects.create(username="bench", full_name="Đo Tốc Độ", is_superuser=True, is_demo=True)
    managers = {}
    for name, unit in (("centre", root), ("province", provinces[0])):
        managers[name] = User.objects.create(username=name, full_name="Đo Tốc Độ", is_demo=True)
        Grant.objects.create(person=managers[name], unit=unit, right="import", starts_on=dt.date(2024, 1, 1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(f"{connection.vendor}: {User.objects.count()} accounts, {Appointment.objects.count()} appointments")

    counted = User.objects.filter(is_active=True).order_by().values("name_folded", "born_on").annotate(n=Count("pk"))
    floor = seconds(lambda: list(counted.filter(n__gt=1)))
    say(f"floor, the accounts counted by name and birth: {1000 * floor:.0f} ms")
    slowest = 0.0
    for name, viewer in (("administrator", boss), *managers.items()):
        with CaptureQueriesContext(connection) as asked:
            found = len(queries.candidates(viewer))
        spent = seconds(lambda viewer=viewer: queries.candidates(viewer))  # type: ignore[misc]
        say(f"{name}: {found} pairs in {spent:.2f} s, {spent / floor:.1f} × the floor, {len(asked)} queries")
        slowest = max(slowest, spent)
    first = queries.candidates(managers["province"])[0]
    for name, viewer in (("administrator", boss), *managers.items()):
        client = signed_in(viewer)
        for title, address in (
            ("the list", "/units/people/same/"),
            ("one card's other account", f"/units/people/same/{first.first.pk}/"),
            ("the two side by side", f"/units/people/same/{first.first.pk}/{first.second.pk}/"),
        ):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200, address
            number = len(asked)  # now: the next request empties the log
            spent = seconds(lambda client=client, address=address: client.get(address))  # type: ignore[misc]
            say(f"{name}, {title}: {spent:.2f} s, {spent / floor:.1f} × the floor, {number} queries")
            slowest = max(slowest, spent)
    pair = (first.first, first.second)
    make_course(pair)
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as asked:
        alias = merging.merge(old=pair[1], survivor=pair[0], by=boss, at=clock.now(), reason="Một người")
    united = time.perf_counter() - began
    say(f"one union, thirty lessons: {united:.2f} s, {united / floor:.1f} × the floor, {len(asked)} queries")
    began = time.perf_counter()
    merging.undo(alias=alias, by=boss, at=clock.now(), reason="Hai người")
    parted = time.perf_counter() - began
    say(f"taken back: {parted:.2f} s, {parted / floor:.1f} × the floor")
    swept = seconds(merging.gather)
    say(f"the sweep that gathers: {1000 * swept:.0f} ms")
    say(f"budget {BUDGET_PAGE:.0f} s a page, {BUDGET_UNION:.0f} s a union")
    return 0 if slowest < BUDGET_PAGE and max(united, parted) < BUDGET_UNION else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.embedded")
    sys.exit(main())

"""1 July 2025 on the national tree with 20,000 appointments, while answers are saved.

    make bench, or   DATABASE_URL=… .venv/bin/python -m tests.bench.bench_reorganisation   on an empty migrated database

Printed: seconds of the whole, the longest transaction (each holds the write lock of SQLite), the longest that a second
process waited which wrote one row every 50 ms, and whether the reports of 30/06/2025 are the same to the byte.
"""

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

from tests.bench.clients import signed_in

ROOT = Path(__file__).resolve().parent.parent.parent
OFFICERS = 20_000
BUDGET_SECONDS, BUDGET_LOCK = 300.0, 2.0
EVE, DAY = dt.date(2025, 6, 30), dt.date(2025, 7, 1)
BEFORE = dt.datetime(2025, 6, 20, 3, 0, tzinfo=dt.UTC)
LISTS = ("units-2025-06-30.csv", "units-2025-07-01.csv", "successions-2025-07-01.csv")


def bench_the_1st_of_july_2025() -> None:
    from tests.plugins import prepared

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(prepared.migrated(), Path(folder) / "db.sqlite3")
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_reorganisation"],
            cwd=ROOT, env=prepared.site_environment(Path(folder)), check=False, capture_output=True, text=True,
        )  # fmt: skip
    print(f"\n{done.stdout}{done.stderr[-4000:] if done.returncode else ''}")  # noqa: T201
    assert done.returncode == 0


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


class Transactions:
    """How long each transaction of this process lasted, from its first lock to its commit, and who opened it."""

    def __init__(self) -> None:
        self.lasted: list[tuple[float, str]] = []

    def measured(self) -> Any:
        from django.db import connection, transaction

        enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__
        began: list[tuple[float, str]] = []

        def entered(this: Any) -> Any:
            outer = not connection.in_atomic_block
            found = enter(this)
            if outer:
                began.append((time.perf_counter(), sys._getframe(1).f_code.co_qualname))
            return found

        def left(this: Any, *error: Any) -> Any:
            found = leave(this, *error)
            if not connection.in_atomic_block and began:
                since, where = began.pop()
                self.lasted.append((time.perf_counter() - since, where))
            return found

        return mock.patch.multiple(transaction.Atomic, __enter__=entered, __exit__=left)


def write_answers() -> int:
    """The second process: one short transaction every 50 ms until its input is closed; prints number and longest."""
    import select

    import django

    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from lms.accounts.models import User

    person = User.objects.create(username="answers", full_name="Người Trả Lời", password="!")
    waits = []
    say("ready")
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        began = time.perf_counter()
        with transaction.atomic():
            User.objects.filter(pk=person.pk).update(last_login=timezone.now())
        waits.append(time.perf_counter() - began)
    say(f"{len(waits)} {max(waits)}")
    return 0


def reports(viewer: Any) -> dict[str, bytes]:
    """What a browser gets: the tables and the people of 30/06/2025, of the nation and of every province of that day."""

    from lms.units.models import Unit

    client = signed_in(viewer)
    found = {}
    root = Unit.objects.get(depth=1)
    for unit in [root, *Unit.objects.open_on(EVE).filter(level__key="province")]:
        for name in ("units.csv", "people.csv"):
            answer = client.get(f"/reports/units/{unit.pk}/{name}?ngay=30/06/2025")
            assert answer.status_code == 200, (unit.pk, name, answer.status_code)
            found[f"{unit.pk}/{name}"] = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return found


def tables(viewer: Any) -> list[Any]:
    from lms.reports import queries
    from lms.units.models import Unit

    course = queries.default_course_id(queries.courses_to_choose())
    found = []
    for unit in [Unit.objects.get(depth=1), *Unit.objects.open_on(EVE).filter(level__key="province")]:
        place = queries.place_in_scope(viewer, unit.pk, EVE)
        assert place is not None
        found.append(queries.unit_table(place, queries.Question(EVE, course)))
    return found


def main() -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from lms.accounts.models import User
    from lms.core import clock
    from lms.units.formats import PROJECT_DATA, read_source
    from lms.units.models import Appointment, Unit
    from lms.units.services.lists import compare, draft_list, import_lists, newer_list
    from lms.units.services.reorganising import apply

    folder = Path(tempfile.mkdtemp())
    shutil.copy(PROJECT_DATA / LISTS[0], folder)
    import_lists(source=read_source(folder), at=clock.now())
    with mock.patch.multiple(clock, now=mock.Mock(return_value=BEFORE), today=mock.Mock(return_value=BEFORE.date())):
        call_command("simulate_nation", officers=OFFICERS, courses=1, verbosity=0)
    viewer = User.objects.create(username="bench", full_name="Đo Tốc Độ", is_superuser=True, is_demo=True)
    posts = Appointment.objects.on(EVE).count()
    say(f"{connection.vendor}: {Unit.objects.count()} units, {posts} appointments")
    before, tables_before = reports(viewer), tables(viewer)

    for name in LISTS[1:]:
        shutil.copy(PROJECT_DATA / name, folder)
    answers = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bench_reorganisation", "answers"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert answers.stdout is not None
    assert answers.stdout.readline() == "ready\n"
    transactions = Transactions()
    began = time.perf_counter()
    with transactions.measured():
        source = read_source(folder)
        entry = newer_list(source)
        assert entry is not None
        found = compare(source, entry)
        shown = time.perf_counter() - began
        plan = draft_list(source=source, entry=entry, found=found, at=clock.now(), by=viewer)
        assert plan is not None
        drafted = time.perf_counter() - began
        plan = apply(reorganisation=plan, by=viewer, at=clock.now(), wait=True)
    whole = time.perf_counter() - began
    told, _errors = answers.communicate("\n")
    number, longest = told.split()
    lock, where = max(transactions.lasted)
    same = reports(viewer) == before and tables(viewer) == tables_before
    say(
        f"state {plan.state} {plan.failure}, {plan.people_moved} of {plan.people_total} people went along by themselves"
    )
    say(f"differences shown after {shown:.1f} s, plan drafted after {drafted:.1f} s, all done after {whole:.1f} s")
    say(f"budget {BUDGET_SECONDS:.0f} s; {len(transactions.lasted)} transactions")
    say(f"longest transaction {lock:.2f} s ({where})")
    say(f"{number} answers saved meanwhile, longest wait {float(longest):.2f} s")
    say(f"budget {BUDGET_LOCK:.0f} s; reports of 30/06/2025 ({len(before)} files, {len(tables_before)} tables): ")
    say("identical" if same else "DIFFERENT")
    still = Appointment.objects.on(DAY).filter(unit__closed_on__isnull=False).count()
    say(f"to be decided by a person, still at closed units: {still}")
    is_good = plan.state == "done" and same and whole < BUDGET_SECONDS and max(lock, float(longest)) < BUDGET_LOCK
    return 0 if is_good else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.embedded")
    sys.exit(write_answers() if sys.argv[1:] == ["answers"] else main())

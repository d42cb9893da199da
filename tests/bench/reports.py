"""What the reports cost, on the database that the settings name: run simulate_nation on it first.

    DATABASE_URL=… .venv/bin/python -m tests.bench.reports [--unit ID] [--rounds 7]

Milliseconds depend on the machine and on what else it does, so each is also given as a ratio to a floor of the same
run: a bare count of the same people (appointments of the day joined to the enrolments of the course).
"""

import argparse
import datetime as dt
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django

from tests.bench.clients import signed_in

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.dev")
BUDGET_MS = 200


def measure(work: Callable[[], Any], rounds: int) -> float:
    """Median milliseconds, the first round (cold caches) left out."""
    work()
    times = []
    for _round in range(rounds):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unit", type=int, help="default: the root of the tree")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    django.setup()

    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from courses.models import Completion, Enrolment
    from lms.accounts.models import User
    from lms.core import clock
    from lms.reports import queries
    from lms.units.models import Appointment, Unit

    settings.DEBUG = False
    unit = Unit.objects.get(pk=options.unit) if options.unit else Unit.get_root_nodes().first()
    day, courses = clock.today(), queries.courses_to_choose()
    course = queries.default_course_id(courses)
    posts = Appointment.objects.on(day).filter(unit__path__startswith=unit.path)
    write = sys.stdout.write
    write(f"{connection.vendor}: {posts.count()} appointments, {Enrolment.objects.count()} enrolments, ")
    write(f"{Completion.objects.count()} completions, {Unit.objects.open_on(day).within(unit).count()} units\n")

    floor = measure(lambda: posts.filter(person__enrolments__course=course).count(), options.rounds)
    write(f"{'floor: count of the same people':44} {floor:9.1f} ms\n")

    viewer, _made = User.objects.get_or_create(
        username="mo-phong-bench", defaults={"full_name": "Đo tốc độ", "is_superuser": True, "is_demo": True}
    )
    client = signed_in(viewer)
    base = f"/reports/units/{unit.pk}/"
    failed = False
    for name, address in (
        ("table of units", base),
        ("the same, eighty days ago", f"{base}?ngay={day - dt.timedelta(days=80):%d/%m/%Y}"),
        ("units without a trained officer", f"{base}missing/"),
        ("people, first page", f"{base}people/"),
        ("people not begun, first page", f"{base}people/?trang_thai=not_started"),
    ):
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            status = client.get(address).status_code
        number = len(found)  # now: the next request empties the log
        took = measure(lambda address=address: client.get(address), options.rounds)
        over = name == "table of units" and took > BUDGET_MS and connection.vendor == "postgresql"
        failed |= over or status != 200
        write(f"{name:44} {took:9.1f} ms {took / floor:7.1f} × floor {number:3} queries")
        write(f"  OVER {BUDGET_MS} ms\n" if over else "\n")

    started = time.perf_counter()
    stream = iter(client.get(f"{base}people.csv").streaming_content)
    next(stream)
    header = time.perf_counter() - started
    next(stream)
    first = time.perf_counter() - started
    lines = 1 + sum(1 for _line in stream)
    whole = time.perf_counter() - started
    write(f"{'CSV of people':44} first byte {header:.2f} s, first person {first:.2f} s, ")
    write(f"{lines} people {whole:.2f} s\n")
    return 1 if failed or header > 1 else 0


if __name__ == "__main__":
    sys.exit(main())

"""What only real processes can show: numbers under a race, and a worker killed while it renders."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.plugins import postgres, prepared
from tests.plugins.site import wait_for

pytestmark = [pytest.mark.journey, pytest.mark.services]

SETTING = """
import uuid
from courses.models import Activity, Course, Enrolment, Module
from lms.accounts.models import User
from lms.core import clock
course = Course.objects.create(key=uuid.uuid4(), title="Trang cộng đồng")
module = Module.objects.create(key=uuid.uuid4(), course=course, title="Thành lập", position=1)
lesson = Activity.objects.create(key=uuid.uuid4(), course=course, module=module, kind="lesson", title="Bài 1")
people = [User.objects.create(username=f"hv{n}", full_name=f"Đặng Thị Nguyệt Ánh {n}") for n in range(8)]
enrolments = [Enrolment.objects.create(user=p, course=course, enrolled_at=clock.now()) for p in people]
"""
COMPLETE_ONE = """
from django.db import transaction
from courses.enums import EventKind
from courses.services.progress import record_activity
with transaction.atomic():
    record_activity(enrolment=enrolments[0], activity=lesson, kind=EventKind.DONE, source_key="x", at=clock.now())
"""
# Eight processes, each of which wants a certificate for each of the eight completions, all at once.
RACE = """
import os, random, sys, time
from django.db import connections
from certificates import services
from courses.models import Completion
at = clock.now()
done = [Completion.objects.create(enrolment=e, course=course, user=e.user, completed_at=at) for e in enrolments]
connections.close_all()
begin = time.monotonic() + 1
children = []
for number in range(8):
    pid = os.fork()
    if pid == 0:
        try:
            random.Random(number).shuffle(done)
            time.sleep(max(0, begin - time.monotonic()))
            for completion in done:
                services.issue(completion=completion, at=clock.now())
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    children.append(pid)
assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 8
"""
LOOK = """
import json
from certificates.models import Certificate, Register
from courses.models import Completion
print(json.dumps({
    "completions": Completion.objects.count(),
    "numbers": sorted(Certificate.objects.values_list("number", flat=True)),
    "of": len(set(Certificate.objects.values_list("completion", flat=True))),
    "last": [register.last_number for register in Register.objects.all()],
    "states": list(Certificate.objects.values_list("state", flat=True)),
    "tries": list(Certificate.objects.values_list("tries", flat=True)),
    "files": [[c.file.name, c.sha256] for c in Certificate.objects.all()],
}))
"""
THE_LEASE_IS_OVER = """
from certificates.models import Certificate
from lms.core import clock
Certificate.objects.update(claimed_until=clock.now())
"""


@dataclass
class House:
    """An empty, migrated site without processes."""

    var: Path
    environment: dict[str, str]

    def python(self, code: str) -> str:
        return prepared.manage(self.environment, "shell", "--no-imports", "--command", code).strip()

    def look(self) -> dict[str, Any]:
        return json.loads(self.python(LOOK).splitlines()[-1])

    def sweep(self) -> list[str]:
        return [line for line in prepared.manage(self.environment, "sweep").splitlines() if "certificates" in line]

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.var / "private")) for path in (self.var / "private").rglob("*.pdf"))


@contextmanager
def a_house(folder: Path) -> Iterator[House]:
    """On PostgreSQL with a database of its own."""
    extra: dict[str, str] = {}
    database = ""
    if os.environ.get("DATABASE_URL"):
        database = postgres.copy_of(postgres.migrated())
        extra = {"DATABASE_URL": postgres.url_of(database)}
        if os.environ.get("REDIS_URL"):
            extra["REDIS_URL"] = prepared.redis_of_its_own()
    else:
        shutil.copy(prepared.migrated(), folder / "db.sqlite3")
    try:
        yield House(folder, prepared.site_environment(folder, **extra))
    finally:
        if database:
            postgres.drop(database)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path) as found:
        yield found


def test_eight_processes_that_issue_at_once_leave_neither_gap_nor_double(house: House) -> None:
    house.python(SETTING + RACE)
    found = house.look()
    assert (found["numbers"], found["of"], found["last"]) == ([1, 2, 3, 4, 5, 6, 7, 8], 8, [8])


def test_a_worker_killed_while_it_renders_loses_nothing_and_makes_nothing_twice(house: House) -> None:
    begun = house.var / "begun"
    environment = {
        **house.environment, "DJANGO_SETTINGS_MODULE": "tests.certificates.slow_worker", "LMS_TEST_BEGUN": str(begun),
    }  # fmt: skip
    celery = [str(Path(sys.executable).parent / "celery"), "--app", "lms.celery", "worker", "--concurrency", "1",
              "--without-gossip", "--without-mingle", "--without-heartbeat", "--pidfile="]  # fmt: skip
    with (house.var / "worker.log").open("wb") as log:
        worker = subprocess.Popen(celery, cwd=prepared.ROOT, env=environment, stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        house.python(SETTING + COMPLETE_ONE)
        wait_for(begun.exists, what="the worker has begun the page", seconds=90)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    killed = house.look()
    assert (killed["numbers"], killed["states"], killed["tries"]) == ([1], ["pending"], [1])
    # Whoever sweeps now cannot know that the renderer is dead.
    assert house.sweep() == ["certificates: 0"]
    house.python(THE_LEASE_IS_OVER)
    assert [house.sweep(), house.sweep()] == [["certificates: 1"], ["certificates: 0"]]
    found = house.look()
    assert (found["completions"], found["numbers"], found["last"], found["states"]) == (1, [1], [1], ["ready"])
    name, sha256 = found["files"][0]
    assert house.files() == [name]
    assert subprocess.run(["sha256sum", str(house.var / "private" / name)], capture_output=True, text=True, check=True
                          ).stdout.split()[0] == sha256  # fmt: skip

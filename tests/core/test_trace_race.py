"""What only real processes can show: two sealers at once, while others write; the chain stays one."""

import json

import pytest

from tests.certificates.test_journeys import House, house  # noqa: F401  the fixture

pytestmark = [pytest.mark.journey, pytest.mark.services]

# Two that write, each entry in a transaction, some of them slow; three that seal without a pause. Then one sweep.
SEAL_AND_WRITE = """
import json, os, sys, time
from django.core.management import call_command
from django.db import connections, transaction
from django.db.models import F
from wagtail.models import ModelLogEntry
from lms.accounts.models import User
from lms.core import audit, clock, trace
from lms.core.models import TraceHead, TraceLink

person = User.objects.create(username="a", full_name="Đặng Thị Nguyệt Ánh")
ENTRIES = 60

def write(number):
    for count in range(ENTRIES):
        with transaction.atomic():
            audit.record("people.new_code", person, actor=None, reason=f"{number}/{count}")
            if count % 20 == 0:
                time.sleep(0.05)

def seal():
    until = time.monotonic() + 3
    while time.monotonic() < until:
        trace.seal(at=clock.now(), batches=1)

def erase():
    time.sleep(1)
    audit.erase_values(person, by=None, at=clock.now())

connections.close_all()
children = []
for act in (lambda: write(1), lambda: write(2), seal, seal, seal, erase):
    pid = os.fork()
    if pid == 0:
        try:
            act()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    children.append(pid)
ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
trace.sweep()
walked = trace.Walked()
findings = [finding.key for finding in trace.verify(walked=walked, at=clock.now() + trace.SEALED_WITHIN * 2)]
call_command("verify_trace", stdout=sys.stderr)
print(json.dumps({
    "ended": ended, "findings": findings, "written": ModelLogEntry.objects.count(), "sealed": TraceLink.objects.count(),
    "numbers": list(TraceLink.objects.values_list("seq", flat=True)) == list(range(1, walked.seq + 1)),
    "waiting": walked.waiting, "erased": walked.erased > 0,
}))
"""


def test_sealers_beside_writers_and_an_erasure_leave_one_whole_chain(house: House) -> None:  # noqa: F811
    found = json.loads(house.python(SEAL_AND_WRITE).splitlines()[-1])
    assert found["ended"] == [0] * 6
    assert (found["findings"], found["waiting"], found["erased"]) == ([], 0, True)
    assert found["sealed"] == found["written"]
    assert found["numbers"]

"""What only real processes can show: many who confirm the same task, or send it, at the same moment."""

import json

import pytest

from tests.certificates.test_journeys import House, house  # noqa: F401  the fixture

pytestmark = [pytest.mark.journey, pytest.mark.services]

SETTING = """
import uuid
from courses.models import Activity, Course, Enrolment, Module, Submission
from courses.services import practice
from lms.accounts.models import User
from lms.core import clock
course = Course.objects.create(key=uuid.uuid4(), title="Trang cộng đồng")
module = Module.objects.create(key=uuid.uuid4(), course=course, title="Thành lập", position=1)
task = Activity.objects.create(key=uuid.uuid4(), course=course, module=module, kind="practice", title="Thực hành")
learner = User.objects.create(username="hv", full_name="Đặng Thị Nguyệt Ánh")
markers = [User.objects.create(username=f"ql{n}", full_name=f"Quản lý {n}") for n in range(8)]
enrolment = Enrolment.objects.create(user=learner, course=course, enrolled_at=clock.now())
def send(link="https://www.facebook.com/mattran.vanyen", number=1):
    at = clock.now()
    return practice.hand_in(enrolment=enrolment, activity=task, names_page=True, link=link, at=at, number=number)
"""
# Eight processes that do the same at once; each ends with 0 when it did or was told that somebody was faster.
AT_ONCE = """
import os, sys, time
from django.db import connections
def at_once(act):
    connections.close_all()
    begin = time.monotonic() + 1
    children = []
    for number in range(8):
        pid = os.fork()
        if pid == 0:
            try:
                time.sleep(max(0, begin - time.monotonic()))
                os._exit(act(number))
            except BaseException as error:
                print(repr(error), file=sys.stderr)
                os._exit(9)
        children.append(pid)
    return sorted(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children)
"""
CONFIRM = """
submission = send()
def confirm(number):
    try:
        practice.confirm(submission=submission, by=markers[number], at=clock.now())
    except practice.AlreadyMarkedError:
        return 1
    return 0
said = at_once(confirm)
"""
SEND = """
said = at_once(lambda number: 0 if send() else 5)
"""
SEND_DIFFERENT = """
def different(number):
    try:
        send(link=f"https://www.facebook.com/mattran.xa{number}abc")
    except practice.HandInRefusedError:
        return 1
    return 0
said = at_once(different)
"""
LOOK = """
import json
from certificates.models import Certificate
from courses.models import Completion, ProgressEvent
print(json.dumps({
    "said": said,
    "sent": list(Submission.objects.values_list("number", "state")),
    "events": ProgressEvent.objects.filter(kind="done").count(),
    "completions": Completion.objects.count(),
    "certificates": Certificate.objects.count(),
}))
"""


def told(house: House, act: str) -> dict[str, object]:  # noqa: F811
    return json.loads(house.python(SETTING + AT_ONCE + act + LOOK).splitlines()[-1])


def test_eight_who_confirm_at_once_make_one_event_one_completion_one_certificate(house: House) -> None:  # noqa: F811
    assert told(house, CONFIRM) == {
        "said": [0] + [1] * 7,
        "sent": [[1, "confirmed"]],
        "events": 1,
        "completions": 1,
        "certificates": 1,
    }


def test_eight_doubled_clicks_at_once_send_once(house: House) -> None:  # noqa: F811
    found = told(house, SEND)
    assert (found["said"], found["sent"]) == ([0] * 8, [[1, "submitted"]])


def test_of_eight_tabs_with_different_links_one_is_sent_and_seven_are_told(house: House) -> None:  # noqa: F811
    found = told(house, SEND_DIFFERENT)
    assert (found["said"], found["sent"]) == ([0] + [1] * 7, [[1, "submitted"]])

"""What only real processes can show: accounts that are united, parted, used and looked at in the same moment."""

import json
from typing import Any

import pytest

from tests.certificates.test_journeys import a_house

pytestmark = [pytest.mark.journey, pytest.mark.services]

SETTING = """
import json, os, sys, time, uuid
from django.core.management import call_command
from django.db import connections
from wagtail.models import ModelLogEntry
from certificates.models import Certificate
from courses.enums import EventKind
from courses.models import Activity, Completion, Course, Enrolment, Module, ProgressEvent
from courses.services import enrolment as enrolling, progress
from lms.accounts.models import User
from lms.core import clock
from lms.people import merging_queries as queries
from lms.people.models import AccountAlias, Viewing
from lms.people.services import approvals, merging, merging_requests, rosters, viewing
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant
from lms.units.services.errors import RefusedError
from tests.conftest import make_unit, make_person, DAY_ONE

ROUNDS = 5
centre = make_unit("Trung ương", parent=None, level="centre", rank=0)
province = make_unit("Tỉnh Quảng Ninh", parent=centre, level="province", rank=10)
commune = make_unit("Xã Vạn Yên", parent=province, level="commune", rank=30)
bosses = [
    User.objects.create(username=f"qt{n}", full_name=f"Quản Trị {n}", is_superuser=True) for n in range(4)
]
course = Course.objects.create(key=uuid.uuid4(), title="Trang cộng đồng", url="/trang/")
module = Module.objects.create(key=uuid.uuid4(), course=course, title="Thành lập", position=1)
def activity(position, kind="lesson"):
    return Activity.objects.create(
        key=uuid.uuid4(), course=course, module=module, kind=kind, title=f"Bài {position}", position=position,
        url=f"/trang/{position}/",
    )
lessons = [activity(1), activity(2)]

told, scene = {}, ""
def people(number, full_name="Đặng Thị Nguyệt Ánh"):
    return [make_person(f"{scene}{name}{number}", full_name, commune) for name in "abc"]

def enrolled(person):
    return enrolling.enrol(user=person, course=course, at=clock.now())

def done(enrolment, lesson):
    progress.record_activity(
        enrolment=enrolment, activity=lesson, kind=EventKind.DONE, at=clock.now(),
        source_key=f"t:{enrolment.pk}:{lesson.pk}",
    )

def unite(old, survivor):
    return lambda: merging.merge(old=old, survivor=survivor, by=bosses[0], at=clock.now(), reason="Một người")

# Each act in a process of its own, all at the same moment; answers what each came to: "done", or the error's name.
def at_once(*acts):
    connections.close_all()
    begin = time.monotonic() + 0.25
    children = []
    for act in acts:
        pid = os.fork()
        if pid == 0:
            code = 0
            try:
                time.sleep(max(0, begin - time.monotonic()))
                code = 0 if act() is not False else 3
            except RefusedError:
                code = 1
            except NotAllowedError:
                code = 2
            except BaseException as error:
                print(repr(error), file=sys.stderr)
                code = 9
            os._exit(code)
        children.append(pid)
    said = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    return [["done", "refused", "not allowed", "before"][code] if code < 4 else "broken" for code in said]

"""

CONFIRMED_AT_ONCE = """
found = []
for number in range(ROUNDS):
    a, b, _c = people(number)
    done(enrolled(a), lessons[0]); done(enrolled(b), lessons[1])
    asked = merging_requests.ask(old=a, survivor=b, by=bosses[0], at=clock.now(), reason="x")
    said = at_once(*[lambda by=by: approvals.approve(approval=asked, by=by, at=clock.now()) for by in bosses[1:]])
    found.append([
        sorted(said), AccountAlias.objects.filter(old=a, survivor=b).count(),
        ModelLogEntry.objects.filter(action="people.merge_accounts", object_id__in=[a.pk, b.pk]).count(),
        Certificate.objects.filter(completion__user=b).count(), Completion.objects.filter(user=b).count(),
    ])
"""

BOTH_WAYS = """
found = []
for number in range(ROUNDS):
    a, b, c = people(number)
    for person, lesson in ((a, lessons[0]), (b, lessons[1]), (c, lessons[0])):
        done(enrolled(person), lesson)
    ways = at_once(unite(a, b), unite(b, a))
    d, e, f = people(f"x{number}")
    for person, lesson in ((d, lessons[0]), (e, lessons[1]), (f, lessons[0])):
        done(enrolled(person), lesson)
    chain = at_once(unite(d, e), unite(e, f))
    ends = queries.survivors([d.pk, e.pk, f.pk])
    mine = [d, e, f] if ends.get(d.pk) else [e, f]
    one = Enrolment.objects.standing().get(user=f)
    found.append({
        "ways": sorted(ways), "aliases": AccountAlias.objects.standing().filter(old__in=[a, b]).count(),
        "chain": chain, "ends": [ends.get(person.pk) == f.pk for person in mine[:-1]],
        "evidence": Enrolment.objects.filter(user=f).count() == len(mine),
        "whole": not progress.rebuild(enrolment=one),
    })
"""

WHILE_LEARNING = """
other = Course.objects.create(key=uuid.uuid4(), title="Khoá khác", url="/khac/")
found = []
for number in range(ROUNDS):
    a, b, _c = people(number)
    one = enrolled(a)
    if number % 2:
        enrolled(b)
    said = at_once(
        unite(a, b), lambda: done(one, lessons[0]), lambda: done(one, lessons[1]),
        lambda: done(enrolled(b), lessons[0]), lambda: enrolling.enrol(user=a, course=other, at=clock.now()),
    )
    # The survivor began the same course in the same moment: whoever confirms is told to do it once more.
    again = unite(a, b)() if said[0] == "refused" else None
    merging.gather()
    mine = Enrolment.objects.standing().filter(user=b, course=course)
    # Where the survivor came after the union and the old enrolment stands for both (it was completed first), the lesson
    # was done there already, and one lesson is one event; else it is an event of the survivor's own enrolment.
    told_of = set(ProgressEvent.objects.filter(enrolment__user=b, kind="done").values_list("source_key", flat=True))
    of_one = {f"t:{one.pk}:{lesson.pk}" for lesson in lessons}
    of_own = {
        f"t:{pk}:{lessons[0].pk}"
        for pk in Enrolment.objects.filter(user=b, course=course).exclude(pk=one.pk).values_list("pk", flat=True)
    }
    found.append({
        "broken": "broken" in said, "left": Enrolment.objects.filter(user=a).count(), "standing": mine.count(),
        "other": Enrolment.objects.filter(user=b, course=other).count(),
        "completions": Completion.objects.filter(user=b).count(),
        "of the old": Completion.objects.filter(user=a).count(),
        "papers": Certificate.objects.filter(completion__user=b).count(),
        "events": told_of == of_one | of_own or (told_of == of_one and mine.get() == one),
        "whole": not progress.rebuild(enrolment=mine.get()),
    })
"""

WHILE_ANSWERING = """
from django.http import QueryDict
from quizzes import types
from quizzes.models import Attempt, QuizGrade
from quizzes.services import attempts
from tests.factories.quizzes import RIGHT, make_category, make_question, make_quiz
test = activity(3, "quiz")
category = make_category()
for _number in range(3):
    make_question(category, "single")
quiz = make_quiz(test, {category: 3}, version="1")

def answer_and_hand_in(person, attempt):
    for question in attempt.questions.select_related("version").order_by("position"):
        post = QueryDict(mutable=True)
        for key, value in types.get("single").fields(RIGHT["single"], "answer"):
            post.appendlist(key, value)
        attempts.save_answer(
            user=person, attempt_id=attempt.pk, position=question.position, post=post, name="answer", sequence=1,
            at=clock.now(),
        )
    attempts.submit(user=person, attempt_id=attempt.pk, at=clock.now())

found = []
for number in range(ROUNDS):
    a, b, _c = people(number)
    one, other = enrolled(a), enrolled(b)
    done(one, lessons[0]); done(other, lessons[1])
    running = attempts.start(user=a, quiz=quiz, at=clock.now())
    said = at_once(unite(a, b), lambda: answer_and_hand_in(a, running))
    running.refresh_from_db()
    if running.state == "in_progress":
        # Whose session ended with the account goes on under the other one, and nothing that was saved is lost.
        answer_and_hand_in(b, running)
        running.refresh_from_db()
    root = Enrolment.objects.standing().get(user=b)
    grade = QuizGrade.objects.filter(enrolment=root, quiz=quiz).first()
    found.append({
        "said": said, "state": running.state, "passed": bool(grade and grade.passed),
        "attempt": str(grade.attempt_id) == str(running.pk) if grade else False,
        "completions": Completion.objects.filter(user=b).count(),
        "papers": Certificate.objects.filter(completion__user=b).count(),
        "whole": not progress.rebuild(enrolment=root),
    })
"""

BESIDE_A_ROSTER = """
from tests.people.conftest import as_csv
found = []
for number in range(ROUNDS):
    name = f"Nông Thị Lụa {number}"
    a, b, _c = people(number, name)
    User.objects.filter(pk=a.pk).update(phone=f"+8491234567{number}")
    row = [name, "1985", f"091234567{number}", "", "Phó Chủ tịch", "", "Xã Vạn Yên", ""]
    batch = rosters.stage(
        data=as_csv(row), file_name="ds.csv", unit=province, by=bosses[0], at=clock.now()
    )
    rosters.confirm(batch=batch, by=bosses[0], at=clock.now())
    said = at_once(unite(a, b), lambda: rosters.write(batch_id=batch.pk, at=clock.now()) >= 0)
    merging.gather()
    rosters.write(batch_id=batch.pk, at=clock.now())
    found.append({
        "said": said, "of the old": Appointment.objects.filter(person=a).count(),
        "people": User.objects.filter(is_active=True, full_name=name).count() - 1,
        "primary": Appointment.objects.filter(person=b, is_primary=True, ends_on=None).count(),
        "phone": User.objects.get(phone=f"+8491234567{number}").pk in (a.pk, b.pk),
    })
"""

UNDO_BESIDE_A_UNION = """
found = []
for number in range(ROUNDS):
    a, b, c = people(number)
    for person, lesson in ((a, lessons[0]), (b, lessons[1]), (c, lessons[0])):
        done(enrolled(person), lesson)
    alias = unite(a, b)()
    def undo():
        return merging.undo(alias=alias, by=bosses[1], at=clock.now(), reason="Hai người")
    said = at_once(undo, undo, unite(b, c))
    ends = queries.survivors([a.pk, b.pk])
    holders = Enrolment.objects.standing().filter(user__in=[a, b, c]).order_by("user")
    found.append({
        "said": [sorted(said[:2]), said[2]], "b": ends[b.pk] == c.pk,
        "a": ends.get(a.pk) == (c.pk if said[0] == "refused" else None),
        "whole": [not progress.rebuild(enrolment=row) for row in holders],
        "events": ProgressEvent.objects.filter(enrolment__user__in=[a, b, c], kind="done").count(),
    })
"""

VIEWINGS = """
found = []
for number in range(ROUNDS):
    a, b, _c = people(number)
    by = bosses[number % 4]
    def begin(person):
        return lambda: viewing.begin(viewer=by, person=person, reason="Hỏi qua điện thoại", at=clock.now())
    same = at_once(*[begin(a)] * 4)
    standing = Viewing.objects.get(viewer=by, ended_at=None)
    ended = at_once(*[lambda: viewing.end(viewing=standing, at=clock.now())] * 3)
    different = at_once(begin(a), begin(b), begin(a), begin(b))
    last = Viewing.objects.get(viewer=by, ended_at=None)
    Viewing.objects.filter(pk=last.pk).update(
        began_at=last.began_at - viewing.LASTS, ends_at=clock.now()
    )
    over = at_once(viewing.expire, lambda: viewing.standing(last.pk, viewer=by, at=clock.now()), viewing.expire)
    rows = Viewing.objects.filter(viewer=by, person__in=[a, b])
    log = ModelLogEntry.objects.filter(object_id__in=[a.pk, b.pk])
    found.append({
        "same": same, "ended": sorted(ended), "different": different, "over": over,
        "open": rows.filter(ended_at=None).count(),
        "begun": log.filter(action="people.view_as").count() - rows.count(),
        "closed": log.filter(action="people.end_view_as").count() - rows.count(),
    })
"""


# One process for all: it takes longer to start than to race. The quiz comes last, it makes the course longer.
SCENES = {
    "confirmed": CONFIRMED_AT_ONCE, "both ways": BOTH_WAYS, "learning": WHILE_LEARNING, "roster": BESIDE_A_ROSTER,
    "undo": UNDO_BESIDE_A_UNION, "viewing": VIEWINGS, "answering": WHILE_ANSWERING,
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    script = SETTING
    for number, (key, scene) in enumerate(SCENES.items()):
        script += f"scene = 's{number}'\n{scene}\ntold[{key!r}] = found\n"
    script += "merging.gather()\nassert merging.gather() == 0\nprint(json.dumps(told, default=str))\n"
    with a_house(tmp_path_factory.mktemp("house")) as house:
        return json.loads(house.python(script).splitlines()[-1])


def test_a_union_confirmed_by_three_at_once_is_one(told: dict[str, Any]) -> None:
    assert told["confirmed"] == [[["before", "before", "done"], 1, 2, 1, 1]] * 5


def test_crossed_and_chained_unions_have_one_outcome(told: dict[str, Any]) -> None:
    for found in told["both ways"]:
        assert (found["ways"], found["aliases"]) == (["done", "refused"], 1)
        assert found["chain"] in (["done", "done"], ["refused", "done"])
        assert found["ends"] == [True] * len(found["ends"])
        assert (found["evidence"], found["whole"]) == (True, True)


def test_what_is_learnt_while_accounts_are_united_counts_once(told: dict[str, Any]) -> None:
    assert told["learning"] == [
        {
            "broken": False, "left": 0, "standing": 1, "other": 1, "completions": 1, "of the old": 0, "papers": 1,
            "events": True, "whole": True,
        }
    ] * 5  # fmt: skip


def test_a_quiz_that_is_handed_in_while_accounts_are_united_is_graded_for_the_survivor(told: dict[str, Any]) -> None:
    assert told["answering"] == [
        {
            "said": ["done", "done"], "state": "graded", "passed": True, "attempt": True, "completions": 1, "papers": 1,
            "whole": True,
        }
    ] * 5  # fmt: skip


def test_a_roster_that_names_the_old_account_in_the_same_moment_writes_for_the_survivor(told: dict[str, Any]) -> None:
    assert told["roster"] == [
        {"said": ["done", "done"], "of the old": 0, "people": 1, "primary": 1, "phone": True}
    ] * 5  # fmt: skip


def test_parting_beside_another_union_is_done_before_or_refused(told: dict[str, Any]) -> None:
    for found in told["undo"]:
        assert found["said"] in ([["before", "done"], "done"], [["refused", "refused"], "done"])
        assert (found["a"], found["b"], found["events"]) == (True, True, 3)
        assert set(found["whole"]) == {True}


def test_one_looks_at_one_account_at_a_time_and_each_end_is_logged_once(told: dict[str, Any]) -> None:
    for found in told["viewing"]:
        assert found["same"] == ["done"] * 4
        assert found["ended"] == ["before", "before", "done"]
        assert found["different"] == ["done"] * 4
        assert "broken" not in found["over"]
        assert (found["open"], found["begun"], found["closed"]) == (0, 0, 0)

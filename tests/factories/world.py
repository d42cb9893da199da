"""One of everything that belongs to somebody, in the first province, and one person for each role.

For tests that go over every address: whoever has no business with the first province must find none of it.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.http import QueryDict

from courses.models import Activity, Module
from lms.accounts.models import User
from lms.fanpages import services as fanpages
from lms.fanpages.models import PageRecord
from lms.people.services import joining, merging, privacy, reorganising, resets, rosters
from lms.units.models import Appointment, Grant, Reorganisation, Unit
from quizzes.services import attempts, manual, overrides, regrades, sessions
from quizzes.services.responses import attach
from tests.conftest import DAY_ONE, NOON, Units, make_person
from tests.factories.certificates import make_certificate
from tests.factories.plans import task
from tests.factories.practice import make_picture, make_task, send
from tests.factories.questions import CONTENT
from tests.factories.quizzes import make_category, make_question, make_quiz
from tests.people.conftest import as_csv

# What must not be read by those who have no business with the first province.
NAME, PHONE, DIGITS = "Đàm Thị Khuê Tú", "+84912000321", "0912 000 321"
ROLES = (
    "anonymous", "officer", "colleague", "view", "remind", "import", "approve", "mark", "assign", "manager_p2",
    "centre", "trainer", "superuser",
)  # fmt: skip


@dataclass
class World:
    """``people``: role → account (None for nobody); ``ids``: what the addresses of the first province's things hold."""

    units: Units
    people: dict[str, User | None]
    ids: dict[str, Any] = field(default_factory=dict)


def make_people(units: Units) -> dict[str, User | None]:
    officer = make_person("can_bo", NAME, units.p1_a, duty="officer", position="Phó Chủ tịch")
    officer.phone = PHONE
    officer.save()
    people: dict[str, User | None] = {"anonymous": None, "officer": officer}
    people["colleague"] = make_person("dong_nghiep", "Vi Văn Sơn", units.p2_a)
    for right in Grant.Right.values:
        holder = make_person(f"giu_{right}", f"Lò Thị {right.title()}", units.p1)
        Grant.objects.create(person=holder, unit=units.p1, right=right, starts_on=DAY_ONE)
        people[right] = holder
    for role, unit in (("manager_p2", units.p2), ("centre", units.centre)):
        person = make_person(role, f"Hoàng Văn {role[-1].upper()}", unit)
        for right in Grant.Right.values:
            Grant.objects.create(person=person, unit=unit, right=right, starts_on=DAY_ONE)
        people[role] = person
    trainer = make_person("nguoi_soan", "Giàng A Soạn", units.p2)
    trainer.groups.set(Group.objects.all())
    people["trainer"] = trainer
    people["superuser"] = User.objects.create_superuser("quan_tri", "", "mat-khau-thu-1", full_name="Quản Trị Viên")
    return people


def _joining(units: Units, by: User) -> dict[str, Any]:
    """A link of the officer's unit, and somebody who has asked by it."""
    link = joining.make_link(unit=units.p1_a, by=by, at=NOON, expires_at=NOON + dt.timedelta(days=30))
    said = joining.Said("Nông Thị Nhờ", "+84912000777", "", None, 1988, "Chuyên viên", "")
    asked = joining.ask(link=link, secret="bi-mat", unit=units.p1_a, said=said, at=NOON)
    return {"join_link": link.pk, "join_code": link.code, "join_request": asked.pk}


def _union(units: Units, by: User) -> int:
    """Two more accounts of a person of the same name, united."""
    old, survivor = (make_person(name, NAME, units.p1_a) for name in ("can_bo_cu", "can_bo_moi"))
    return merging.merge(old=old, survivor=survivor, by=by, at=NOON, reason="Một người").pk


def _personal_data(officer: User) -> dict[str, Any]:
    """What the officer has asked about her data, and a package of them that is ready."""
    asked = privacy.ask(kind="objection", person=officer, by=officer, at=NOON, words=f"{NAME} không đồng ý")
    package = privacy.ask_export(person=officer, at=NOON)
    privacy.make_export(export_id=package.pk, at=NOON)
    return {"data_request": asked.pk, "data_package": package.pk}


def _change(units: Units, by: User, closing: Unit) -> Reorganisation:
    """A plan that takes a unit away."""
    words = {"document_kind": "Nghị quyết", "document_number": "1/NQ", "document_issuer": "Quốc hội"}
    document = {**words, "document_issued_on": DAY_ONE}
    day = dt.date(2026, 12, 1)
    change = reorganising.draft(top=units.p1, document=document, effective_on=day, by=by, at=NOON)
    reorganising.add_step(change=change, kind="dissolve", units=[closing.pk], params={}, by=by)
    return change


def make_world(units: Units) -> World:
    people = make_people(units)
    officer, centre, boss = people["officer"], people["centre"], people["superuser"]
    assert officer
    assert centre
    assert boss
    ids: dict[str, Any] = {"person": officer.pk, "unit": units.p1_a.pk, "province": units.p1.pk}
    ids["manager"] = people["view"].pk if people["view"] else 0
    ids["grant"] = Grant.objects.get(person=people["view"]).pk
    ids["appointment"] = Appointment.objects.get(person=officer).pk
    ids["change"] = _change(units, centre, units.p1_a).pk
    second = _change(units, centre, units.p1_b)
    ids["approval"] = reorganising.ask(change=second, by=centre, at=NOON, reason="Theo nghị quyết").pk
    holder = User.objects.get(pk=ids["manager"])
    ids["reset"] = resets.ask(person=holder, by=centre, reason="Mất điện thoại", at=NOON).pk
    ids["twin"] = make_person("can_bo_hai", NAME.replace("Tú", "Tu"), units.p1_a).pk
    ids["union"] = _union(units, boss)
    importer = people["import"]
    assert importer
    ids.update(_joining(units, importer))
    ids.update(_personal_data(officer))
    practical = make_task()
    course = practical.pages.record
    ids.update(course=course.pk, lesson=practical.pages.activity(practical.pages.lesson_1).pk)
    ids.update(practice=practical.activity.pk)
    enrolment = practical.enrol(officer)
    ids["submission"] = send(enrolment, practical.activity, picture=make_picture()).pk
    certificate = make_certificate(officer, course, units.p1_a, position="Phó Chủ tịch")
    ids.update(certificate=certificate.pk, verify=certificate.verify_code)
    ids.update(course_key=course.key, lesson_path=practical.pages.lesson_1.url)
    given = task(course, units.p1, centre)
    ids.update(task=given.pk, task_code=given.code)
    record = fanpages.report(
        unit=units.p1_a, status="yes", url="https://www.facebook.com/mattran.vanyen",
        source=PageRecord.Source.OFFICER, by=officer, at=NOON,
    )  # fmt: skip
    ids["page_record"] = record.pk
    row = ["Nông Thị Lụa", "1985", "0912 000 654", "", "Phó Chủ tịch", "", "Xã Vạn Yên", ""]
    for key, confirmed in (("roster", False), ("roster_done", True)):
        holder = people["import"]
        assert holder
        bad = ["", "1985", "0912", "", "", "", "Xã Vạn Yên", ""]
        batch = rosters.stage(data=as_csv(row, bad), file_name="ds.csv", unit=units.p1, by=holder, at=NOON)
        if confirmed:
            rosters.confirm(batch=batch, by=holder, at=NOON)
            rosters.write(batch_id=batch.pk, at=NOON)
        ids[key] = batch.pk
    ids.update(_quiz(units, people, course, enrolment))
    return World(units, people, ids)


def _quiz(units: Units, people: dict[str, User | None], course: Any, enrolment: Any) -> dict[str, Any]:
    officer, centre, marker = people["officer"], people["centre"], people["mark"]
    assert officer
    assert centre
    assert marker
    module = Module.objects.filter(course=course).order_by("position")[0]
    activity = Activity.objects.create(
        key=uuid.uuid4(), course=course, module=module, kind="quiz", title="Kiểm tra", position=9, url="/kiem-tra/"
    )
    category = make_category("moi-thu")
    upload = make_question(category, "upload", code="anh-bia", content={**CONTENT["upload"], "needs_both": False})
    essay = make_question(category, "essay", code="viet")
    quiz = make_quiz(activity, {}, shuffles=False)
    for position, saved in enumerate((upload, essay), start=1):
        quiz.slots.create(position=position, question=saved.version.question, count=1, max_mark=1)
    handed_in = attempts.start(user=officer, quiz=quiz, at=NOON)
    question = handed_in.questions.get(version__type="upload")
    file = attach(question=question, data=make_picture(), name="anh.jpg", at=NOON)
    written = handed_in.questions.get(version__type="essay")
    attempts.save_answer(
        user=officer, attempt_id=handed_in.pk, position=written.position, post=QueryDict("answer=Trang ở đình làng."),
        name="answer", sequence=1, at=NOON,
    )  # fmt: skip
    attempts.submit(user=officer, attempt_id=handed_in.pk, at=NOON + dt.timedelta(minutes=5))
    going = attempts.start(user=officer, quiz=quiz, at=NOON + dt.timedelta(minutes=6))
    snippet = manual.keep_comment(words="Thiếu địa chỉ.", question=None, by=marker, at=NOON)
    assert snippet
    override = overrides.make(
        quiz=quiz, person=officer, unit=None, values={"max_attempts": 9}, reason="Mất điện", expires_on=None,
        by=centre, at=NOON,
    )  # fmt: skip
    session = sessions.create(
        quiz=quiz, unit=units.p1, room="Phòng 1", planned_at=NOON, networks="", invigilators="", people=[officer],
        by=centre, at=NOON,
    )  # fmt: skip
    opened = sessions.create(
        quiz=quiz, unit=units.p1, room="Phòng 2", planned_at=NOON, networks="", invigilators="", people=[officer],
        by=centre, at=NOON,
    )  # fmt: skip
    sessions.open_session(session=opened, by=centre, at=NOON)
    regrade = regrades.ask(quiz=quiz, by=centre, reason="Đáp án sai", at=NOON)
    return {
        "quiz_activity": activity.pk, "quiz": quiz.pk, "attempt": handed_in.pk, "going": going.pk, "file": file.pk,
        "version": essay.version.pk, "question": written.pk, "snippet": snippet.pk, "override": override.pk,
        "session": session.pk, "session_opened": opened.pk, "regrade": regrade.pk,
    }  # fmt: skip

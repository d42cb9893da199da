"""Erasing walks over everything that a person can leave: every field of the register, every table, every file.

The world below leaves something in each field that lms.people.privacy says is emptied, deleted or cut; a field that is
new in the register and that nothing is left in fails the first test, so that no field is erased on paper only.
"""

import dataclasses
import datetime as dt
import json
import unicodedata
import uuid
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import models, transaction
from django.test import Client
from wagtail.admin.models import EditingSession, FormState
from wagtail.log_actions import log
from wagtail.models import APIToken, Comment, CommentReply, PageSubscription, TaskState, Workflow
from wagtail.users.models import UserProfile

from certificates import services as certificates
from certificates.models import Certificate
from courses.models import Activity, Bookmark, Completion, LegalClearance, LessonPage, Submission
from courses.services import practice
from lms.accounts.models import SignIn, UnlockPin, User
from lms.core import audit, text, trace
from lms.core.storage import private_storage
from lms.people import privacy
from lms.people.enums import Outcome
from lms.people.models import (
    AccountAlias,
    Approval,
    DataExport,
    DataRequest,
    FileToErase,
    JoinLink,
    JoinRequest,
    NoticeAcceptance,
    PrivacyNotice,
    RosterBatch,
    RosterLeaver,
    RosterRow,
    TwoPeople,
    Viewing,
)
from lms.people.services import approvals, erasure
from lms.people.services import privacy as service
from lms.plans.models import Assignment
from lms.reports.queries import questions
from lms.reports.queries.table import unit_table
from lms.units.models import Appointment, Grant, Reorganisation, ReorganisationMove
from quizzes.models import (
    AttemptEvent,
    AttemptStep,
    CommentSnippet,
    ExamIncident,
    ExamSession,
    ExamTicket,
    GradeChange,
    Override,
    Regrade,
    RegradeLine,
    SecondMark,
    Voiding,
)
from quizzes.services import attempts
from quizzes.services.responses import attach
from tests.conftest import DAY_ONE, NOON, Units, make_person
from tests.factories.certificates import make_certificate
from tests.factories.dumps import dump, left
from tests.factories.pages import TEXT
from tests.factories.practice import make_picture, make_task, send
from tests.factories.questions import CONTENT
from tests.factories.quizzes import make_category, make_question, make_quiz

NAME, PHONE, EMAIL, USERNAME = "Lò Thị Bích Vân Khê", "+84977345618", "khe.lo@mattran.vn", "cb-khe-118"
OLD_PHONE, OLD_USERNAME = "+84977345619", "cb-khe-cu-7"
# How she was called and reached before: by a roster, by the own hand, in a row that was refused.
FORMER = ("Lò Thị Bích Vân Khuê", "977345700", "977 345 701", "khue.lo@mattran.vn", "khe.cu@gmail.com", "cb-khue-18")
BORN = dt.date(1985, 8, 5)
LATER = NOON + dt.timedelta(days=1)
TRACES = (
    NAME, text.fold(NAME), unicodedata.normalize("NFD", NAME), text.name_sort_key(NAME), EMAIL, USERNAME, OLD_USERNAME,
    "977345618", "977 345 618", "977.345.618", "977345619", "977 345 619", "1985-08-05", "05/08/1985",
)  # fmt: skip

# Declared as erased, and nothing to be read as words: a relation alone, a digest of nothing, or looked at by itself.
ELSEWHERE = {
    "accounts.User": "the account itself: test_the_account_stays_in_place_and_names_nobody",
    "sessions.Session": "encoded: sessions_of",
    "people.RosterBatch.stored": "gone as soon as the file is read",
}


def text_fields(model: type[models.Model]) -> Iterator[tuple[Any, privacy.Erased]]:
    """Fields of words that the register says are emptied, deleted or cut."""
    for name, (_group, erased) in privacy.PERSONAL.get(model._meta.label, {}).items():
        field = model._meta.get_field(name)
        words = isinstance(field, models.CharField | models.TextField | models.JSONField | models.FileField)
        if words and not field.is_relation and erased not in (privacy.Erased.KEEP, privacy.Erased.PSEUDONYM):
            yield field, erased


class Marks:
    """Leaves a word of its own in each field, and remembers it."""

    def __init__(self) -> None:
        self.left: dict[str, str] = {}

    def words(self, model: type[models.Model], given: dict[str, Any]) -> dict[str, Any]:
        return {
            field.name: self._word(model, field, erased)
            for field, erased in text_fields(model)
            if field.name not in given and not isinstance(field, models.FileField)
        }

    def _word(self, model: type[models.Model], field: Any, erased: privacy.Erased) -> Any:
        most = field.max_length or 1000
        if erased == privacy.Erased.SCRUB:
            told = [f"Hỏi {text.fold(NAME)} (0977.345.618, {EMAIL}) hoặc {NAME.upper()}", NAME, "0977 345 618"]
            word = next(one for one in told if len(one) <= most)
        else:
            word = f"zq{len(self.left):03d}q"[:most]
            self.left[f"{model._meta.label}.{field.name}"] = word
        if isinstance(field, models.JSONField):
            return [word] if field.default is list else {"words": word}
        return word

    def leave(self, model: type[models.Model], **given: Any) -> Any:
        return model._default_manager.create(**self.words(model, given), **given)

    def plant(self, row: models.Model, *names: str) -> None:
        """Into a row that a service has made."""
        words = self.words(type(row), {})
        type(row)._default_manager.filter(pk=row.pk).update(
            **{name: words[name] for name in (names or words) if name in words}
        )


def files() -> dict[str, bytes]:
    """Private ones and public ones, by path."""
    found: dict[str, bytes] = {}
    for root in (Path(settings.PRIVATE_ROOT), Path(settings.MEDIA_ROOT)):
        found |= {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return found


def _ours(earlier: set[str]) -> set[str]:
    return {path for path, content in files().items() if path not in earlier and NAME.encode() in content}


def sessions_of(person: User) -> list[str]:
    return [
        row.session_key for row in Session.objects.all()
        if f"{person.pk}" == row.get_decoded().get("_auth_user_id") or left(TRACES, [str(row.get_decoded())])
    ]  # fmt: skip


# --- The world -----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def earlier() -> set[str]:
    """Files of other tests: taken out of what is looked at."""
    return set(files())


@pytest.fixture
def marks(earlier: set[str]) -> Marks:
    return Marks()


@pytest.fixture
def person(marks: Marks, units: Units, manager_p1: User, centre: User) -> User:
    """Somebody who has left the Front, and everything that anybody could leave here."""
    person = make_person(USERNAME, NAME, units.p1_a, duty="officer", position="Phó Chủ tịch")
    person.phone, person.email, person.born_on = PHONE, EMAIL, BORN
    person.save()
    Client().force_login(person)
    old = make_person(OLD_USERNAME, NAME, None)
    User.objects.filter(pk=old.pk).update(phone=OLD_PHONE, is_active=False)
    _signing_in(marks, person)
    _learning(marks, person, units, manager_p1, centre)
    _brought_in(marks, person, units, manager_p1)
    _asked(marks, person, old, units, manager_p1, centre)
    _written(marks, person, units, manager_p1)
    _before(person, units, manager_p1)
    Appointment.objects.filter(person=person).update(ends_on=dt.date(2026, 11, 1))
    return person


def _signing_in(marks: Marks, person: User) -> None:
    marks.leave(SignIn, person=person, address="10.9.8.7", signed_in_at=NOON, last_seen_at=NOON)
    marks.leave(UnlockPin, person=person, set_at=NOON)
    address = EmailAddress.objects.create(user=person, email=EMAIL)
    marks.leave(EmailConfirmation, email_address=address, sent=NOON)
    for kind in Authenticator.Type.values:
        marks.leave(Authenticator, user=person, type=kind)
    marks.leave(APIToken, user=person)
    avatar = default_storage.save("avatar_images/khe.png", ContentFile(make_picture("PNG")))
    marks.leave(UserProfile, user=person, avatar=avatar)
    kind = ContentType.objects.get_for_model(User)
    EditingSession.objects.create(user=person, content_type=kind, object_id="1", last_seen_at=NOON)
    marks.leave(FormState, user=person, content_type=kind, object_id="1", last_updated_at=NOON)


def _learning(marks: Marks, person: User, units: Units, marker: User, second: User) -> None:
    task = make_task()
    course, enrolment = task.pages.record, task.enrol(person)
    lesson = task.pages.activity(task.pages.lesson_1)
    marks.leave(Bookmark, enrolment=enrolment, activity=lesson, at=NOON)
    returned = send(enrolment, task.activity, picture=make_picture(), note="Trang của tôi")
    practice.return_to_learner(submission=returned, by=marker, feedback="Thiếu ảnh bìa", at=NOON)
    confirmed = send(enrolment, task.activity, picture=make_picture(colour="blue"))
    practice.confirm(submission=confirmed, by=marker, at=NOON)
    for submission in (returned, confirmed):
        marks.plant(submission, "note", "feedback", "sha256", "link")
    _quiz(marks, person, enrolment, task, units, marker, second)
    marks.leave(LegalClearance, page_key=task.page.translation_key, block_id="a", text_hash="b", cleared_by=person,
                cleared_at=NOON)  # fmt: skip
    certificate = make_certificate(person, course, units.p1_a, position="Phó Chủ tịch")
    taken = certificates.claim(certificate_id=certificate.pk, at=NOON)
    assert taken
    certificates.keep(certificate=taken, pdf=f"%PDF {NAME}".encode(), at=NOON)
    marks.plant(certificate, "revoke_reason", "last_error")
    # One that was revoked, and one whose file is still to be made: it carries no file and all the words.
    make_certificate(person, course, units.p1_a, at=NOON)


def _quiz(marks: Marks, person: User, enrolment: Any, task: Any, units: Units, marker: User, second: User) -> None:
    activity = Activity.objects.create(
        key=uuid.uuid4(), course=task.pages.record, module=task.activity.module, kind="quiz", title="Kiểm tra",
        position=9, url="/kiem-tra/",
    )  # fmt: skip
    category = make_category("xoa")
    upload = make_question(category, "upload", content={**CONTENT["upload"], "needs_both": False})
    essay = make_question(category, "essay")
    quiz = make_quiz(activity, {}, shuffles=False)
    for position, saved in enumerate((upload, essay), start=1):
        quiz.slots.create(position=position, question=saved.version.question, count=1, max_mark=1)
    attempt = attempts.start(user=person, quiz=quiz, at=NOON)
    for question in attempt.questions.all():
        marks.plant(question)
    written = attempt.questions.get(version__type="essay")
    file = attach(question=attempt.questions.get(version__type="upload"), data=make_picture(), name="a.jpg", at=NOON)
    marks.plant(file, "name", "media_type", "sha256")
    attempt.questions.update(fraction=1)
    type(attempt).objects.filter(pk=attempt.pk).update(state="graded", submitted_at=NOON, score=1, passed=True)
    marks.plant(attempt)
    marks.leave(AttemptStep, question=written, kind="marked", by=marker, at=NOON)
    marks.leave(AttemptEvent, attempt=attempt, kind="reopened", by=marker, at=NOON)
    marks.leave(Voiding, attempt=attempt, asked_by=marker, asked_at=NOON, decision_number="12/QĐ")
    marks.leave(GradeChange, enrolment=enrolment, quiz=quiz, attempt=attempt, kind="graded", source_key="a:1", at=NOON)
    marks.leave(SecondMark, question=written, fraction=1, by=marker, at=NOON, second_by=second, second_at=NOON)
    marks.leave(Override, quiz=quiz, person=person, made_by=marker, made_at=NOON)
    session = marks.leave(ExamSession, quiz=quiz, unit=units.p1, room="P1", planned_at=NOON, made_by=marker,
                          made_at=NOON)  # fmt: skip
    ticket = marks.leave(ExamTicket, session=session, person=person, number=1, made_at=NOON)
    marks.leave(ExamIncident, session=session, ticket=ticket, at=NOON, by=marker)
    ExamIncident.objects.create(session=session, at=NOON, by=marker, text=f"Đ/c {text.fold(NAME)} đến muộn.")
    regrade = marks.leave(Regrade, quiz=quiz, asked_by=marker, asked_at=NOON)
    RegradeLine.objects.create(regrade=regrade, question=written, version=essay.version)
    marks.leave(CommentSnippet, made_by=marker, made_at=NOON)


def _brought_in(marks: Marks, person: User, units: Units, by: User) -> None:
    batch = marks.leave(
        RosterBatch, unit=units.p1, uploaded_by=by, uploaded_at=NOON, state="done", confirmed_at=NOON, done_at=NOON,
        stored="", file_hash="x",
    )  # fmt: skip
    said = {"full_name": NAME, "phone": PHONE, "email": EMAIL, "born_on": BORN}
    row = marks.leave(RosterRow, batch=batch, number=1, outcome=Outcome.NEW, person=person, **said)
    # The one refused named her by the phone alone, the other by nothing but a word in the words of a refusal.
    RosterRow.objects.create(batch=batch, number=2, outcome="refused", refusal="bad_phone", phone=PHONE)
    RosterRow.objects.create(
        batch=batch, number=3, outcome="refused", refusal="other_name", refusal_words={"name": NAME},
        original={"Điện thoại": 977345618},
    )  # fmt: skip
    assert row.original
    post = Appointment.objects.get(person=person)
    marks.leave(RosterLeaver, batch=batch, appointment=post)
    link = marks.leave(JoinLink, unit=units.p1_a, code="abc", expires_at=LATER, made_by=by, made_at=NOON)
    marks.leave(
        JoinRequest, link=link, unit=units.p1_a, person=person, applicant=person, state="approved", sent_at=NOON,
        decided_at=NOON, **said,
    )  # fmt: skip
    audit.record("people.confirm_roster", batch, actor=by, unit=units.p1.pk, path=units.p1.path)
    change = Reorganisation.objects.create(
        top=units.p1, effective_on=dt.date(2026, 12, 1), document_kind="Nghị quyết", document_number="1",
        document_issuer="Quốc hội", document_issued_on=DAY_ONE, made_by=by, made_at=NOON,
    )  # fmt: skip
    ReorganisationMove.objects.create(
        reorganisation=change, appointment=post, to_unit=units.p1_b, decided_by=by, decided_at=NOON
    )


def _asked(marks: Marks, person: User, old: User, units: Units, by: User, second: User) -> None:
    marks.leave(AccountAlias, old=old, survivor=person, merged_by=by, merged_at=NOON)
    other = make_person("nguoi_khac", "Vàng A Páo", None)
    first, last = sorted((person, other), key=lambda one: one.pk)
    TwoPeople.objects.create(first=first, second=last, said_by=by, said_at=NOON)
    Approval.objects.create(
        action="people.merge", unit=units.p1, subject=person, payload={"name": NAME}, payload_key="k", state="refused",
        asked_by=by, asked_at=NOON, decided_by=second, decided_at=NOON, **marks.words(Approval, {}),
    )  # fmt: skip
    for viewer, seen in ((by, person), (person, other)):
        marks.leave(Viewing, viewer=viewer, person=seen, began_at=NOON, ends_at=LATER, ended_at=NOON)
    notice = PrivacyNotice.objects.create(version=1, text="x", digest="x", published_at=NOON)
    NoticeAcceptance.objects.create(person=person, notice=notice, accepted_at=NOON)
    for state, answer in (("refused", "zqno1q"), ("done", "")):
        marks.leave(
            DataRequest, kind="correction", person=person, unit=units.p1_a, asked_by=person, asked_at=NOON,
            due_on=DAY_ONE, state=state, decided_by=by, decided_at=NOON, **({"answer": answer} if answer else {}),
        )  # fmt: skip
    stored = private_storage().save("data-exports/cb-khe-118.zip", ContentFile(NAME.encode()))
    marks.leave(DataExport, person=person, asked_at=NOON, state="ready", stored=stored, expires_at=LATER)
    left_over = private_storage().save("responses/cb-khe-118.jpg", ContentFile(NAME.encode()))
    FileToErase.objects.create(storage="private", name=left_over, asked_at=NOON)
    Grant.objects.create(person=person, unit=units.p1_a, right="view", starts_on=DAY_ONE, ends_on=dt.date(2026, 11, 1),
                         granted_by=by)  # fmt: skip
    Grant.objects.create(person=other, unit=units.p1_a, right="view", starts_on=DAY_ONE, granted_by=person)
    Appointment.objects.filter(person=person).update(decision=marks.words(Appointment, {})["decision"])


def _written(marks: Marks, person: User, units: Units, by: User) -> None:
    """What quotes a person on pages of the CMS, in tasks and in the log about other things."""
    course = Completion.objects.filter(user=person)[0].course
    given = marks.leave(Assignment, course=course, unit=units.p1, code="ma", assigned_by=person, assigned_at=NOON)
    audit.record("plans.change", given, actor=by, unit=units.p1.pk, path=units.p1.path,
                 before={"contact": f"{NAME}, 0977 345 618"}, after={"contact": "x"})  # fmt: skip
    page = LessonPage.objects.all()[0]
    comment = marks.leave(Comment, page=page, user=person, contentpath="body", position="")
    marks.leave(CommentReply, comment=comment, user=person)
    PageSubscription.objects.create(page=page, user=person, comment_notifications=True)
    page = LessonPage.objects.get(pk=page.pk)
    page.owner = person
    page.save_revision(user=person)
    assert left((text.fold(NAME),), [json.dumps(page.latest_revision.content, default=str, ensure_ascii=False)])
    workflow = Workflow.objects.filter(active=True)[0]
    state = workflow.start(page, person)
    TaskState.objects.filter(workflow_state=state).update(comment=f"{NAME} xem lại")
    log(instance=page, action="wagtail.comments.create", user=person, data={"comment": {"text": f"{NAME} hỏi"}})
    log(instance=page, action="wagtail.rename", user=by, title=f"Chân dung {NAME}")
    audit.record("units.end_appointment", person, actor=by, before={"full_name": NAME, "phone": PHONE})
    audit.record("people.new_code", person, actor=by, reason=marks.words(type(audit.entries_of(person)[0]), {})["data"])


def _before(person: User, units: Units, by: User) -> None:
    """Phone, e-mail, user name and name have changed twice; texts of those days quote what they were."""
    name, first, second, mail, other, username = FORMER
    batch = RosterBatch.objects.get()
    RosterRow.objects.create(
        batch=batch, number=7, outcome="changed", person=person, full_name=name, phone=f"+84{first}", email=mail
    )
    RosterRow.objects.create(batch=batch, number=8, outcome="refused", refusal="bad_name", phone=f"+84{first}")
    audit.record("people.corrected", person, actor=by, before={"phone": f"0{second}", "email": other.title()},
                 after={"phone": "0977 345 618", "email": EMAIL})  # fmt: skip
    audit.record("people.roster_changed", person, actor=by, before={"username": username}, after={"username": USERNAME})
    dotted = f"0{first[:3]}.{first[3:6]}.{first[6:]}"
    quoted = f"{NAME}, trước là {text.fold(name)} ({dotted}, {mail}) hoặc 0{second}, {other}, {username}"
    JoinLink.objects.update(note=quoted[:200])
    CommentSnippet.objects.update(text=quoted)
    audit.record("people.confirm_roster", batch, actor=by, unit=units.p1.pk, path=units.p1.path, said=quoted)


def carry_out(person: User, first: User, second: User) -> DataRequest:
    asked = service.ask(kind="erasure", person=person, by=first, at=NOON, words=f"{NAME} đã nghỉ")
    approval = erasure.propose(request=asked, by=first, at=NOON, reason=f"{NAME}, 0977 345 618")
    assert approvals.approve(approval=approval, by=second, at=NOON, note=f"Đồng ý xóa {NAME}")
    assert erasure.erase(request_id=asked.pk, at=NOON)
    return asked


# --- What is to hold ----------------------------------------------------------------------------------------------


def test_the_world_leaves_something_in_every_field_that_the_register_says_is_erased(person: User, marks: Marks) -> None:
    every = (*TRACES, *marks.left.values())
    empty = []
    for model in apps.get_models(include_auto_created=True):
        for field, _erased in text_fields(model):
            name = f"{model._meta.label}.{field.name}"
            if model._meta.label in ELSEWHERE or name in ELSEWHERE or isinstance(field, models.FileField):
                continue
            values = [str(value) for value in model._default_manager.values_list(field.name, flat=True)]
            if not left(every, values):
                empty.append(name)
    assert empty == [], "nothing of the person stands there, so nothing shows that it is erased"


def test_nothing_in_the_whole_database_and_in_no_file_names_the_person_any_more(
    earlier: set[str], person: User, marks: Marks, manager_p1: User, centre: User
) -> None:
    every = (*TRACES, *marks.left.values())
    ours = _ours(earlier)
    pictures = {*Submission.objects.exclude(screenshot="").values_list("screenshot", flat=True)}
    assert len(left(every, dump())) > 100
    assert (len(ours), len(pictures)) == (3, 2)
    assert sessions_of(person)
    carry_out(person, manager_p1, centre)
    assert left(every, dump()) == []
    assert sessions_of(person) == []
    assert _ours(earlier) == set()
    assert not any(private_storage().exists(name) for name in pictures)
    assert not FileToErase.objects.exists()


def test_nothing_says_how_the_person_was_called_or_reached_before(person: User, manager_p1: User, centre: User) -> None:
    assert {one for one in FORMER if left((one,), dump())} == set(FORMER)
    carry_out(person, manager_p1, centre)
    assert left(FORMER, dump()) == []
    assert RosterBatch.objects.exists()
    assert not RosterRow.objects.filter(number__in=[7, 8]).exists()


def test_a_phone_that_is_somebody_else_s_today_stays_where_that_one_is_named(
    person: User, units: Units, manager_p1: User, centre: User
) -> None:
    heir = make_person("ke-nhiem", FORMER[0], units.p1_a)
    User.objects.filter(pk=heir.pk).update(phone=f"+84{FORMER[1]}", email=FORMER[3])
    CommentSnippet.objects.update(text=f"{FORMER[0]}, 0{FORMER[1]}, {FORMER[3]}, {FORMER[4]}")
    carry_out(person, manager_p1, centre)
    assert CommentSnippet.objects.get().text == f"{FORMER[0]}, 0{FORMER[1]}, {FORMER[3]}, […]"
    heir.refresh_from_db()
    assert heir.phone == f"+84{FORMER[1]}"


@pytest.mark.parametrize(
    "where", ["_cut_out_of_revisions", "_empty_log", "_certificates", "_requests", "_erase_log", "_pseudonymise"]
)
def test_a_worker_that_dies_anywhere_leaves_enough_to_go_on(
    person: User, manager_p1: User, centre: User, marks: Marks, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    class KilledError(Exception):
        pass

    def killed(*args: Any, **kwargs: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(erasure, where, killed)
        steps = [
            dataclasses.replace(step, write=killed) if getattr(step.write, "__name__", "") == where else step
            for step in erasure.STEPS
        ]
        patch.setattr(erasure, "STEPS", tuple(steps))
        with pytest.raises(KilledError):
            carry_out(person, manager_p1, centre)
    assert erasure.take_up() > 0
    assert left((*TRACES, *FORMER, *marks.left.values()), dump()) == []


@pytest.fixture
def ledger(settings: Any, tmp_path: Path) -> Path:
    settings.LMS_ERASED_LEDGER = tmp_path / "var" / "erased.jsonl"
    return Path(settings.LMS_ERASED_LEDGER)


def test_whom_a_restored_backup_brings_back_is_erased_again(
    ledger: Path, person: User, marks: Marks, manager_p1: User, centre: User
) -> None:
    """The backup is of a day on which nothing was asked yet: a savepoint, since a test cannot restore a real one."""
    post = Appointment.objects.get(person=person)
    backup = transaction.savepoint()
    carry_out(person, manager_p1, centre)
    assert ledger.read_text(encoding="utf-8").count("\n") == 2
    assert left(TRACES, [ledger.read_text(encoding="utf-8")]) == []
    transaction.savepoint_rollback(backup)
    Appointment.objects.filter(pk=post.pk).update(ends_on=None)
    later = Appointment.objects.create(person=person, unit=post.unit, starts_on=LATER.date(), is_primary=False)
    Grant.objects.filter(person=person).update(ends_on=None)
    every = (*TRACES, *FORMER, *marks.left.values())
    assert left(every, dump())
    with time_machine.travel(LATER, tick=False):
        assert erasure.take_up() > 0
    assert left(every, dump()) == []
    post.refresh_from_db()
    later.refresh_from_db()
    assert (post.ends_on, later.ends_on) == (NOON.date(), LATER.date() + dt.timedelta(days=1))
    assert not Grant.objects.on(LATER.date()).filter(person=person).exists()
    assert DataRequest.objects.get(person=person, kind="erasure").state == "done"
    before = sorted(dump())
    assert erasure.take_up() == 0
    assert sorted(dump()) == before
    assert ledger.read_text(encoding="utf-8").count("\n") == 2


def test_nobody_else_who_bears_the_number_in_another_database_is_erased(
    ledger: Path, person: User, manager_p1: User, centre: User
) -> None:
    backup = transaction.savepoint()
    carry_out(person, manager_p1, centre)
    transaction.savepoint_rollback(backup)
    User.objects.filter(pk=person.pk).update(date_joined=NOON - dt.timedelta(seconds=1))
    User.objects.filter(username=OLD_USERNAME).update(date_joined=NOON - dt.timedelta(seconds=1))
    erasure.take_up()
    person.refresh_from_db()
    assert person.full_name == NAME


def test_a_number_that_was_given_anew_stands_in_the_ledger_twice(
    ledger: Path, person: User, manager_p1: User, centre: User
) -> None:
    """After a restore to a day before the account, another one bears its number: that one is erased for good too."""
    ledger.parent.mkdir()
    line = {"account": person.pk, "made": "2020-01-01T00:00:00+00:00", "erased_on": "2026-01-01"}
    ledger.write_text(json.dumps(line) + "\n", encoding="utf-8")
    backup = transaction.savepoint()
    carry_out(person, manager_p1, centre)
    assert ledger.read_text(encoding="utf-8").count(f'"account": {person.pk},') == 2
    transaction.savepoint_rollback(backup)
    erasure.take_up()
    person.refresh_from_db()
    assert person.username == f"da-xoa-{person.pk}"


def test_one_account_that_cannot_be_erased_again_keeps_no_other_one(
    ledger: Path, person: User, manager_p1: User, centre: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = transaction.savepoint()
    carry_out(person, manager_p1, centre)
    transaction.savepoint_rollback(backup)
    AccountAlias.objects.all().delete()
    whole, broken = erasure.erase_again, User.objects.get(username=OLD_USERNAME)

    def erase_again(one: User, **when: Any) -> None:
        if one.pk == broken.pk:
            raise RuntimeError
        whole(one, **when)

    monkeypatch.setattr(erasure, "erase_again", erase_again)
    erasure.take_up()
    person.refresh_from_db()
    broken.refresh_from_db()
    assert (person.username[:6], broken.username) == ("da-xoa", OLD_USERNAME)


def test_a_ledger_that_cannot_be_written_or_read_stops_nobody(
    ledger: Path, person: User, manager_p1: User, centre: User, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.parent.write_text("no folder", encoding="utf-8")
    carry_out(person, manager_p1, centre)
    assert "cannot be written" in caplog.text
    ledger.parent.unlink()
    erasure.take_up()
    assert ledger.stat().st_mode & 0o077 == 0
    kept = ledger.read_text(encoding="utf-8")
    ledger.write_text("nonsense\n{}\n[]\n" + kept[:20] + "\n" + kept, encoding="utf-8")
    assert erasure.take_up() == 0
    assert ledger.read_text(encoding="utf-8").endswith(kept)


def test_the_account_stays_in_place_and_names_nobody(person: User, manager_p1: User, centre: User) -> None:
    carry_out(person, manager_p1, centre)
    for gone in User.objects.filter(username__startswith="da-xoa-"):
        assert (gone.full_name, gone.phone, gone.email, gone.born_on, gone.is_active) == (
            f"Cán bộ đã xóa #{gone.pk}", None, "", None, False,
        )  # fmt: skip
        assert not gone.has_usable_password()
    assert User.objects.filter(username__startswith="da-xoa-").count() == 2


def test_the_words_around_a_name_stay(person: User, manager_p1: User, centre: User) -> None:
    carry_out(person, manager_p1, centre)
    given = Assignment.objects.get()
    assert (given.contact_name, given.contact_phone) == ("Hỏi […] ([…], […]) hoặc […]", "[…]")
    assert RosterRow.objects.get(refusal="other_name").refusal_words == {"name": "[…]"}
    assert RosterRow.objects.get(refusal="other_name").original == {"Điện thoại": "[…]"}


def test_the_paper_in_somebody_s_hand_is_still_good(person: User, manager_p1: User, centre: User) -> None:
    paper = Certificate.objects.exclude(file="").get()
    number, course = paper.payload["number"], paper.completion.course.title
    carry_out(person, manager_p1, centre)
    page = Client().get(f"/verify/{paper.verify_code}/").content.decode()
    assert all(word in page for word in (number, "L.T.B.V.K.", course, "23/11/2026"))
    assert left(TRACES, [page]) == []
    assert certificates.bears_name(Certificate.objects.get(pk=paper.pk), NAME)


def test_a_certificate_that_is_still_to_be_made_is_not_made_any_more(
    person: User, manager_p1: User, centre: User
) -> None:
    waiting = Certificate.objects.get(file="")
    carry_out(person, manager_p1, centre)
    assert certificates.claim(certificate_id=waiting.pk, at=LATER) is None
    assert Certificate.objects.get(pk=waiting.pk).state == "erased"


def test_totals_of_reports_are_as_they_were(person: User, manager_p1: User, centre: User, units: Units) -> None:
    course = Completion.objects.filter(user=person)[0].course

    def totals() -> list[Any]:
        found = []
        for unit in (units.centre, units.p1, units.p1_a):
            for day in (dt.date(2026, 10, 31), dt.date(2026, 11, 23)):
                place = questions.place_in_scope(centre, unit.pk, day)
                assert place
                table = unit_table(place, questions.Question(course_id=course.pk, day=day))
                found.append((unit.pk, day, table.total.figures, [(row.name, row.figures) for row in table.rows]))
        return found

    before = totals()
    assert any(figures.people for _unit, _day, figures, _rows in before)
    carry_out(person, manager_p1, centre)
    assert totals() == before


def test_the_chain_of_the_log_still_holds(person: User, manager_p1: User, centre: User) -> None:
    trace.seal(at=NOON, everything=True)
    carry_out(person, manager_p1, centre)
    trace.seal(at=NOON, everything=True)
    walked = trace.Walked()
    assert list(trace.verify(walked=walked, at=NOON)) == []
    assert walked.erased > 3
    call_command("verify_trace", stdout=StringIO())


def test_pages_that_name_the_person_are_listed_for_their_editors_and_left_as_they_are(
    person: User, manager_p1: User, centre: User
) -> None:
    first, second = LessonPage.objects.order_by("pk")[:2]
    said = {"heading": "", "text": f"<p>Đồng chí {NAME.upper()} chia sẻ kinh nghiệm.</p>"}
    first.body = LessonPage._meta.get_field("body").to_python(json.dumps([{**TEXT, "value": said}]))
    for page in (first, second):
        page.save_revision().publish()
    assert erasure.preview(person).pages == (first.title,)
    carry_out(person, manager_p1, centre)
    first.refresh_from_db()
    assert NAME.upper() in str(first.body)


def test_a_second_worker_finds_nothing_to_do_and_changes_nothing(person: User, manager_p1: User, centre: User) -> None:
    asked = carry_out(person, manager_p1, centre)
    before = sorted(dump())
    assert not erasure.erase(request_id=asked.pk, at=LATER)
    assert erasure.take_up() == 0
    assert sorted(dump()) == before

"""Old data is cleaned by rules; a dry run only counts; every run is told in the log."""

import datetime as dt
import os
import uuid
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from wagtail.admin.models import EditingSession, FormState
from wagtail.models import ModelLogEntry

from lms.accounts.models import SignIn, User
from lms.core import audit, trace
from lms.core.storage import private_storage
from lms.people import trace_queries
from lms.people.models import DataExport, JoinLink, JoinRequest, RetentionRun, RosterBatch, RosterRow, Viewing
from lms.people.services import retention
from quizzes.models import Attempt, ResponseFile
from quizzes.services import attempts
from quizzes.services.responses import attach
from tests.conftest import NOON, Outline, Units
from tests.factories.desk import enrol
from tests.factories.practice import make_picture
from tests.factories.questions import CONTENT
from tests.factories.quizzes import make_category, make_question, make_quiz

DAY = dt.timedelta(days=1)


def test_a_run_cleans_what_a_dry_run_counts_and_nothing_younger(officer_p1: User) -> None:
    for days in (181, 200, 179):
        at = NOON - dt.timedelta(days=days)
        SignIn.objects.create(person=officer_p1, device="d", signed_in_at=at, last_seen_at=at)
    assert retention.dry_run(NOON)["sign_ins"] == 2
    assert SignIn.objects.count() == 3
    run = retention.run(at=NOON, by=None)
    assert (run.counts["sign_ins"], run.failed, SignIn.objects.count()) == (2, [], 1)
    assert retention.run(at=NOON, by=None).counts["sign_ins"] == 0


# --- One thing too old and one a day younger, for every rule -------------------------------------------------------


def _stray(name: str, days: float) -> str:
    stored = private_storage().save(name, ContentFile(b"x"))
    when = (NOON - days * DAY).timestamp()
    os.utime(private_storage().path(stored), (when, when))
    return str(stored)


def _roster(units: Units, by: User, days: float, **fields: Any) -> RosterBatch:
    batch = RosterBatch.objects.create(
        unit=units.p1, uploaded_by=by, uploaded_at=NOON - days * DAY, file_hash="x", file_name="ds.xlsx", **fields
    )
    return batch


def _row(batch: RosterBatch, outcome: str) -> None:
    RosterRow.objects.create(batch=batch, number=1, outcome=outcome, refusal="no_name" if outcome == "refused" else "")


def _link(units: Units, by: User, days: float, **fields: Any) -> JoinLink:
    code = uuid.uuid4().hex[:8]
    at = NOON - days * DAY
    return JoinLink.objects.create(unit=units.p1_a, code=code, made_by=by, made_at=at - DAY, expires_at=at, **fields)


def _asked(link: JoinLink, days: float) -> None:
    JoinRequest.objects.create(
        link=link, unit=link.unit, key=uuid.uuid4().hex, digest=uuid.uuid4().hex, full_name="Nông Thị Nhờ",
        sent_at=NOON - days * DAY,
    )  # fmt: skip


@pytest.fixture
def upload(officer_p1: User, outline: Outline, units: Units) -> ResponseFile:
    """A file of an attempt that is over, which its answer names; and beside it one that was taken out again."""
    saved = make_question(make_category("tep"), "upload", content={**CONTENT["upload"], "needs_both": False})
    quiz = make_quiz(outline.quiz, {}, shuffles=False)
    quiz.slots.create(position=1, question=saved.version.question, count=1, max_mark=1)
    enrol(officer_p1, outline, units.p1_a)
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    question = attempt.questions.get()
    kept = attach(question=question, data=make_picture(), name="a.jpg", at=NOON)
    attach(question=question, data=make_picture(colour="blue"), name="b.jpg", at=NOON)
    question.answer = {"files": [{"id": str(kept.pk), "type": "image/jpeg", "size": 1, "name": "a.jpg"}]}
    question.save()
    Attempt.objects.filter(pk=attempt.pk).update(state="submitted", submitted_at=NOON)
    return kept


def _leave(units: Units, officer: User, manager: User, days: dict[str, float]) -> None:
    """Of each rule one thing, so many days old."""

    def at(rule: str) -> dt.datetime:
        return NOON - days[rule] * DAY

    kind = ContentType.objects.get_for_model(User)
    Session.objects.create(session_key=uuid.uuid4().hex, session_data="", expire_date=at("sessions"))
    SignIn.objects.create(person=officer, device="d", signed_in_at=at("sign_ins"), last_seen_at=at("sign_ins"))
    EditingSession.objects.create(user=manager, content_type=kind, object_id="1", last_seen_at=at("editors"))
    FormState.objects.create(
        user=manager, content_type=kind, object_id=uuid.uuid4().hex, data="x", last_updated_at=at("forms")
    )
    _row(_roster(units, manager, days["refused_rows"], state="done", confirmed_at=NOON, done_at=NOON), "refused")
    _row(_roster(units, manager, days["written_rows"], state="done", confirmed_at=NOON, done_at=NOON), "new")
    _roster(units, manager, days["staged"], stored=f"rosters/{uuid.uuid4().hex}")
    _asked(_link(units, manager, -1), days["joining"])
    _link(units, manager, days["links"])
    seen = at("viewings")
    Viewing.objects.create(viewer=manager, person=officer, reason="r", began_at=seen, ends_at=seen + DAY, ended_at=seen)
    ResponseFile.objects.filter(name="b.jpg").update(uploaded_at=at("answer_files"))
    _stray("practice/2026/khong-ai.jpg", days["stray_files"])
    DataExport.objects.create(
        person=officer, asked_at=NOON, state="ready", stored=uuid.uuid4().hex, expires_at=at("exports")
    )
    DataExport.objects.create(person=officer, asked_at=at("export_rows"), state="deleted")
    audit.record("people.new_code", officer, actor=manager, unit=units.p1.pk, path=units.p1.path)
    # Entries are not changed, so one is written as if long ago.
    newest = ModelLogEntry.objects.latest("pk")
    ModelLogEntry.objects.create(
        action=newest.action, label="Đặng Thị Nguyệt Ánh", data={"x": 1}, user=manager, content_type=kind,
        object_id=str(officer.pk), timestamp=at("log_values"),
    )  # fmt: skip


OLDEST = {
    "sessions": 0.1, "sign_ins": 181, "editors": 2, "forms": 31, "refused_rows": 181, "written_rows": 366,
    "staged": 31, "joining": 31, "links": 181, "viewings": 366, "answer_files": 31, "stray_files": 31,
    "exports": 0.1, "export_rows": 366, "log_values": 1826,
}  # fmt: skip
# Two days younger than what goes.
YOUNG = {rule: days - 2 for rule, days in OLDEST.items()}


@pytest.fixture
def clean_storage(db: None) -> None:
    """Files that other tests have left lie there too: only what is ours is counted."""
    for name in retention._stray_files(NOON + 400 * DAY):
        private_storage().delete(name)


def test_every_rule_cleans_what_is_too_old_and_a_second_run_finds_nothing(
    clean_storage: None, units: Units, officer_p1: User, manager_p1: User, upload: ResponseFile
) -> None:
    _leave(units, officer_p1, manager_p1, OLDEST)
    due = retention.dry_run(NOON)
    assert due == {**dict.fromkeys(OLDEST, 1), "files": 0}
    assert {rule.key for rule in retention.RULES} == {*OLDEST, "files"}
    assert retention.dry_run(NOON) == due
    run = retention.run(at=NOON, by=None)
    # A package, a roster's file, a taken-out answer, a stray upload: forgotten by their rules, gone in the same night.
    assert run.counts == {**dict.fromkeys(OLDEST, 1), "files": 4}
    assert run.failed == []
    assert set(retention.dry_run(NOON).values()) == {0}
    assert set(retention.run(at=NOON, by=None).counts.values()) == {0}
    assert list(ResponseFile.objects.all()) == [upload]


def test_what_is_younger_stays(
    clean_storage: None, units: Units, officer_p1: User, manager_p1: User, upload: ResponseFile
) -> None:
    _leave(units, officer_p1, manager_p1, YOUNG)
    assert set(retention.dry_run(NOON).values()) == {0}
    assert set(retention.run(at=NOON, by=None).counts.values()) == {0}
    assert ResponseFile.objects.count() == 2


def test_a_file_that_an_answer_names_is_never_stray(clean_storage: None, upload: ResponseFile) -> None:
    when = (NOON - 400 * DAY).timestamp()
    os.utime(private_storage().path(upload.file.name), (when, when))
    ResponseFile.objects.update(uploaded_at=NOON - 400 * DAY)
    retention.run(at=NOON, by=None)
    assert private_storage().exists(upload.file.name)
    assert list(ResponseFile.objects.all()) == [upload]


def test_a_link_by_which_somebody_joined_stays_without_its_note(units: Units, manager_p1: User) -> None:
    link = _link(units, manager_p1, 181, note="do chị Ánh giữ")
    _asked(link, 1)
    assert retention.run(at=NOON, by=None).counts["links"] == 1
    link.refresh_from_db()
    assert link.note == ""
    assert retention.dry_run(NOON)["links"] == 0


# --- The log -------------------------------------------------------------------------------------------------------


def test_old_values_of_the_log_go_but_not_who_and_when_and_the_chain_holds(officer_p1: User, manager_p1: User) -> None:
    kind = ContentType.objects.get_for_model(User)
    old = {"content_type": kind, "object_id": "1", "user": manager_p1, "timestamp": NOON - 1826 * DAY}
    about = ModelLogEntry.objects.create(action="people.new_code", label="Ánh", data={"reason": "quên"}, **old)
    for action in ("units.merge", "people.publish_notice", "wagtail.publish"):
        ModelLogEntry.objects.create(action=action, label="Còn", data={"x": 1}, **old)
    trace.seal(at=NOON, everything=True)
    assert retention.run(at=NOON, by=None).counts["log_values"] == 1
    about.refresh_from_db()
    assert (about.label, about.data, about.user, about.action) == ("", {}, manager_p1, "people.new_code")
    assert ModelLogEntry.objects.filter(label="Còn", data={"x": 1}).count() == 3
    trace.seal(at=NOON, everything=True)
    assert list(trace.verify(walked=trace.Walked(), at=NOON)) == []


def test_each_run_is_one_entry_of_the_log_that_says_what_went(officer_p1: User) -> None:
    SignIn.objects.create(person=officer_p1, device="d", signed_in_at=NOON - 181 * DAY, last_seen_at=NOON - 181 * DAY)
    for _time in range(2):
        retention.run(at=NOON, by=None)
    first, second = ModelLogEntry.objects.filter(action="people.retention").order_by("pk")
    assert first.data["counts"]["sign_ins"] == 1
    assert set(first.data["counts"]) == {rule.key for rule in retention.RULES}
    told, nothing = (line.sentence for line in trace_queries.lines([first, second]))
    title = next(rule.title for rule in retention.RULES if rule.key == "sign_ins")
    assert f"{title}: 1" in told
    assert ";" not in told
    assert f"{title}" not in nothing


def test_one_rule_that_fails_does_not_stop_the_others(officer_p1: User, monkeypatch: pytest.MonkeyPatch) -> None:
    SignIn.objects.create(person=officer_p1, device="d", signed_in_at=NOON - 181 * DAY, last_seen_at=NOON - 181 * DAY)

    def breaks(at: dt.datetime) -> int:
        raise OSError

    broken = retention.Rule("sessions", "", breaks, breaks)
    monkeypatch.setattr(retention, "RULES", (broken, *retention.RULES[1:]))
    run = retention.run(at=NOON, by=None)
    assert (run.failed, run.counts["sign_ins"]) == (["sessions"], 1)


# --- How it is started ---------------------------------------------------------------------------------------------


def test_the_command_says_every_rule_and_writes_nothing_when_dry(db: None) -> None:
    out = StringIO()
    call_command("retention", "--dry-run", stdout=out)
    told = [line.partition(":")[0] for line in out.getvalue().splitlines()][:-1]
    assert told == [str(rule.title) for rule in retention.RULES]
    assert not RetentionRun.objects.exists()
    assert not ModelLogEntry.objects.exists()


def test_the_command_fails_with_a_sentence_when_a_rule_did(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    real = retention.run

    def fails(**how: Any) -> RetentionRun:
        run = real(**how)
        run.failed = ["sessions"]
        return run

    monkeypatch.setattr(retention, "run", fails)
    with pytest.raises(CommandError):
        call_command("retention", stdout=StringIO())


def test_the_clock_of_every_site_starts_it_each_night() -> None:
    """The embedded site and the scaled one take their schedule from the same settings."""
    from lms.celery import app

    app.loader.import_default_modules()
    planned: Any = settings.CELERY_BEAT_SCHEDULE["retention"]
    assert planned["task"] in app.tasks
    assert planned["schedule"].is_due(NOON - DAY)[0]

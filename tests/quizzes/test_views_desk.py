"""The desk as a browser meets it: who sees what, and that nobody sees what is not theirs."""

import datetime as dt
import hmac
import json

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from courses.models import Enrolment
from lms.accounts.models import User
from lms.units.models import Grant
from quizzes.access import Asked
from quizzes.models import (
    Attempt,
    AttemptQuestion,
    CommentSnippet,
    ExamSession,
    ExamTicket,
    Override,
    Quiz,
    Voiding,
)
from quizzes.queries.desk_marking import ids_of
from quizzes.services import attempts, manual, overrides, sessions
from tests.conftest import DAY_ONE, NOON, Outline, Units, make_person
from tests.factories.desk import answered, enrol, essay_quiz, marker, waiting

LATER = NOON + dt.timedelta(hours=1)
DESK = "/quizzes/desk/"


@pytest.fixture
def quiz(outline: Outline) -> Quiz:
    return essay_quiz(outline)


@pytest.fixture
def essay(officer_p1: User, enrolment: Enrolment, quiz: Quiz) -> AttemptQuestion:
    return waiting(officer_p1, quiz)


@pytest.fixture
def session(quiz: Quiz, units: Units, officer_p1: User, enrolment: Enrolment, manager_p1: User) -> ExamSession:
    return sessions.create(
        quiz=quiz, unit=units.p1, room="Phòng họp số 7", planned_at=NOON, networks="", invigilators="Ông A, Bà B",
        people=[officer_p1], by=manager_p1, at=NOON,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _now() -> object:
    with time_machine.travel(LATER, tick=False):
        yield


def page(client: Client, person: User, address: str, **asked: str) -> str:
    client.force_login(person)
    response = client.get(DESK + address, asked)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


# --- Strangers --------------------------------------------------------------------------------------


def test_strangers_find_nothing_at_any_address(
    client: Client, essay: AttemptQuestion, quiz: Quiz, session: ExamSession, officer_p1: User, manager_p2: User,
    manager_p1: User,
) -> None:  # fmt: skip
    override = overrides.make(
        quiz=quiz, person=officer_p1, unit=None, values={"max_attempts": 9}, reason="Ốm", expires_on=None,
        by=manager_p1, at=NOON,
    )  # fmt: skip
    of_all = ["", "marking/", f"{quiz.pk}/attempts/", f"{quiz.pk}/overrides/", "sessions/", "sessions/new/"]
    of_one = [
        f"marking/{essay.version_id}/",
        f"marking/{essay.version_id}/{essay.pk}/",
        f"attempts/{essay.attempt_id}/",
        f"sessions/{session.pk}/",
        f"sessions/{session.pk}/change/",
        f"sessions/{session.pk}/seats/",
    ]
    posts = [
        f"marking/{essay.version_id}/{essay.pk}/",
        f"attempts/{essay.attempt_id}/reopen/",
        f"attempts/{essay.attempt_id}/void/",
        f"attempts/{essay.attempt_id}/void/confirm/",
        f"attempts/{essay.attempt_id}/void/refuse/",
        f"attempts/{essay.attempt_id}/salvage/",
        f"{quiz.pk}/overrides/{override.pk}/withdraw/",
        f"sessions/{session.pk}/tickets/",
        f"sessions/{session.pk}/move/",
        f"sessions/{session.pk}/incidents/",
    ]
    for address in of_all + of_one:
        assert client.get(DESK + address).status_code == 302, address
    # The learner, and who only sees: nothing. Who marks in another province: the lists, without a row of this one.
    client.force_login(officer_p1)
    assert {client.get(DESK + address).status_code for address in of_all + of_one} == {404}
    client.force_login(manager_p2)
    words = {"reason": "x", "decision_number": "1", "mark": "2", "seen": "0", "go": "open", "text": "x"}
    assert {client.get(DESK + address).status_code for address in of_one} == {404}
    assert {client.post(DESK + address, words).status_code for address in posts} == {404}
    for address in of_all:
        shown = client.get(DESK + address).content.decode()
        found = [word for word in ("Nguyệt Ánh", "Phòng họp số 7", "Vạn Yên", "desk-essay", "Ốm") if word in shown]
        assert found == [], address
    override.refresh_from_db()
    essay.refresh_from_db()
    assert (override.withdrawn_at, essay.fraction) == (None, None)


def test_only_who_marks_from_the_top_is_shown_the_door_to_marking_again(
    client: Client, quiz: Quiz, units: Units, manager_p1: User
) -> None:
    door = 'href="/quizzes/desk/regrades/"'
    person = make_person("top", "Đỗ Thị Chín", units.centre)
    Grant.objects.create(person=person, unit=units.centre, right=Grant.Right.MARK, starts_on=DAY_ONE)
    assert door in page(client, person, "")
    assert door not in page(client, manager_p1, "")


def test_who_gives_tasks_supervises_and_marks_nothing(
    client: Client, essay: AttemptQuestion, quiz: Quiz, session: ExamSession, units: Units
) -> None:
    person = make_person("assigns", "Bùi Văn Tám", units.p1)
    Grant.objects.create(person=person, unit=units.p1, right=Grant.Right.ASSIGN, starts_on=DAY_ONE)
    assert "Phòng họp số 7" in page(client, person, "sessions/")
    page(client, person, f"{quiz.pk}/overrides/")
    page(client, person, "")
    refused = ["marking/", f"{quiz.pk}/attempts/", f"attempts/{essay.attempt_id}/", f"marking/{essay.version_id}/"]
    assert {client.get(DESK + address).status_code for address in refused} == {404}


# --- Marking ----------------------------------------------------------------------------------------


def test_the_queue_tells_how_many_wait_for_each_question_and_by_when(
    client: Client, essay: AttemptQuestion, manager_p1: User
) -> None:
    shown = page(client, manager_p1, "marking/")
    assert "desk-essay" in shown
    assert "23/11/2026" in shown
    assert "30/11/2026" in shown
    assert "desk-single" not in shown
    give = {"mark": "1,5", "seen": str(manual.token(essay.pk)), "go": "save"}
    response = client.post(f"{DESK}marking/{essay.version_id}/{essay.pk}/", give)
    assert response.status_code == 302
    assert "desk-essay" not in page(client, manager_p1, "marking/")


def test_an_answer_is_shown_without_name_and_unit_and_with_the_notes_for_markers(
    client: Client, essay: AttemptQuestion, manager_p1: User
) -> None:
    AttemptQuestion.objects.filter(pk=essay.pk).update(
        answer={"text": "Trang của xã\n\nở đình làng.", "files": [{"id": "1", "name": "NguyetAnh.pdf", "size": 3}]}
    )
    shown = page(client, manager_p1, f"marking/{essay.version_id}/{essay.pk}/")
    assert "Trang của xã" in shown
    assert "Có địa chỉ: 1 điểm." in shown
    assert not any(word in shown for word in ("Nguyệt", "officer_p1", "Vạn Yên", "NguyetAnh"))
    assert not any(word in page(client, manager_p1, "marking/") for word in ("Nguyệt", "Vạn Yên"))


def test_the_order_is_another_for_each_marker_and_stays(
    client: Client, quiz: Quiz, outline: Outline, units: Units, manager_p1: User
) -> None:
    for number in range(6):
        person = make_person(f"p{number}", f"Trần Văn {number}", units.p1_a)
        enrol(person, outline, units.p1_a)
        version = waiting(person, quiz).version_id
    other = marker("other", "Phạm Thị Mai", units)
    mine, same = (ids_of(manager_p1, version, everything=False) for _ in range(2))
    theirs = ids_of(other, version, everything=False)
    assert mine == same
    assert sorted(mine) == sorted(theirs)
    assert len({tuple(mine), tuple(theirs), tuple(sorted(mine))}) > 1


def test_saving_goes_on_to_the_next_and_what_is_wrong_keeps_what_was_typed(
    client: Client, essay: AttemptQuestion, quiz: Quiz, outline: Outline, units: Units, manager_p1: User
) -> None:
    colleague = make_person("colleague", "Trần Thị Bích", units.p1_a)
    enrol(colleague, outline, units.p1_a)
    second = waiting(colleague, quiz, "Chưa có Trang.")
    client.force_login(manager_p1)
    address = f"{DESK}marking/{essay.version_id}/{essay.pk}/"
    response = client.post(address, {"mark": "3", "comment": "Nên bổ sung địa chỉ", "seen": "0", "go": "save"})
    assert response.status_code == 422
    assert "Nên bổ sung địa chỉ" in response.content.decode()
    response = client.post(address, {"mark": "2", "seen": "0", "go": "save"})
    assert response.headers["Location"].endswith(f"/{second.pk}/")
    response = client.post(response.headers["Location"], {"seen": "0", "go": "mark:0,5"})
    assert response.headers["Location"] == f"{DESK}marking/{essay.version_id}/"
    second.refresh_from_db()
    assert float(second.fraction or 0) == 0.25
    assert "desk-essay" in client.get(response.headers["Location"]).content.decode()


def test_an_older_page_overwrites_nothing_and_says_who_was_quicker(
    client: Client, essay: AttemptQuestion, manager_p1: User, units: Units
) -> None:
    other = marker("other", "Phạm Thị Mai", units)
    manual.give(question_id=essay.pk, share=manual.Fraction(1, 4), comment="", by=other, at=LATER, seen=0)
    client.force_login(manager_p1)
    response = client.post(
        f"{DESK}marking/{essay.version_id}/{essay.pk}/", {"mark": "2", "comment": "Tốt", "seen": "0", "go": "save"}
    )
    assert response.status_code == 409
    assert "Phạm Thị Mai" in response.content.decode()
    essay.refresh_from_db()
    assert float(essay.fraction or 0) == 0.25


def test_the_second_marker_does_not_see_the_first_mark_until_both_differ(
    client: Client, essay: AttemptQuestion, manager_p1: User, units: Units
) -> None:
    other = marker("other", "Phạm Thị Mai", units)
    address = f"marking/{essay.version_id}/{essay.pk}/"
    client.force_login(manager_p1)
    client.post(DESK + address, {"mark": "0,34", "comment": "Ý kiến riêng", "seen": "0", "go": "second"})
    shown = page(client, other, address)
    assert not any(word in shown for word in ("0,34", "Ý kiến riêng", "Hoàng Đức Hạnh"))
    assert not any(word in page(client, other, f"attempts/{essay.attempt_id}/") for word in ("0,34", "Ý kiến riêng"))
    response = client.post(DESK + address, {"mark": "2", "seen": "0", "go": "save"}, follow=True)
    assert all(word in response.content.decode() for word in ("Hoàng Đức Hạnh", "0,34", "Ý kiến riêng"))
    shown = page(client, manager_p1, address)
    assert all(word in shown for word in ("Phạm Thị Mai", "0,34"))


def test_a_comment_of_the_bank_is_put_in_by_a_button_and_kept_by_another(
    client: Client, essay: AttemptQuestion, manager_p1: User
) -> None:
    client.force_login(manager_p1)
    address = f"{DESK}marking/{essay.version_id}/{essay.pk}/"
    words = {"mark": "1", "comment": "Thiếu địa chỉ.", "seen": "0"}
    assert client.post(address, {**words, "go": "keep"}).status_code == 200
    snippet = CommentSnippet.objects.get()
    response = client.post(address, {"mark": "1", "comment": "Khá.", "seen": "0", "go": f"snippet:{snippet.pk}"})
    assert "Khá.\nThiếu địa chỉ." in response.content.decode()
    snippet.refresh_from_db()
    assert snippet.uses == 1
    essay.refresh_from_db()
    assert essay.fraction is None


# --- Attempts ---------------------------------------------------------------------------------------


def test_the_list_of_attempts_is_found_by_name_and_unit_without_diacritics(
    client: Client, essay: AttemptQuestion, quiz: Quiz, outline: Outline, units: Units, centre: User, officer_p2: User
) -> None:
    enrol(officer_p2, outline, units.p2_a)
    answered(officer_p2, quiz)
    address = f"{quiz.pk}/attempts/"
    everybody = page(client, centre, address)
    assert "Nguyệt Ánh" in everybody
    assert "Nguyễn Văn Ân" in everybody
    for asked in ({"ten": "nguyet anh"}, {"don_vi": "quang ninh"}, {"don_vi": "van yen"}, {"trang_thai": "submitted"}):
        shown = page(client, centre, address, **asked)
        assert "Nguyệt Ánh" in shown, asked
        assert "Nguyễn Văn Ân" not in shown, asked
    assert "Nguyệt Ánh" not in page(client, centre, address, ten="khong co ai")
    page(client, centre, address, trang="99", trang_thai="'--", ten="\0", don_vi="%")


def test_lists_cost_the_same_with_one_row_and_with_three(
    client: Client, essay: AttemptQuestion, quiz: Quiz, session: ExamSession, outline: Outline, units: Units,
    manager_p1: User, officer_p1: User,
) -> None:  # fmt: skip
    addresses = ["", "marking/", f"{quiz.pk}/attempts/", f"{quiz.pk}/overrides/", "sessions/",
                 f"sessions/{session.pk}/", f"marking/{essay.version_id}/{essay.pk}/"]  # fmt: skip

    def exception(person: User) -> None:
        overrides.make(
            quiz=quiz, person=person, unit=None, values={"max_attempts": 9}, reason="Ốm", expires_on=None,
            by=manager_p1, at=NOON,
        )  # fmt: skip
        overrides.make(
            quiz=quiz, person=None, unit=units.p1_a, values={"max_attempts": 9}, reason=f"Bão {person}",
            expires_on=None, by=manager_p1, at=NOON,
        )  # fmt: skip

    def costs() -> dict[str, int]:
        found = {}
        client.force_login(manager_p1)
        for address in addresses:
            client.get(DESK + address)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert client.get(DESK + address).status_code == 200
            found[address] = len(captured)
        return found

    exception(officer_p1)
    sessions.log_incident(session=session, words="Mất điện", seat=1, by=manager_p1, at=NOON)
    one = costs()
    for number in range(2):
        person = make_person(f"p{number}", f"Trần Văn {number}", units.p1_a)
        enrol(person, outline, units.p1_a)
        waiting(person, quiz)
        exception(person)
        sessions.add_people(session=session, people=[person], by=manager_p1, at=NOON)
        sessions.log_incident(session=session, words=f"Việc {number}", seat=number + 2, by=manager_p1, at=NOON)
        sessions.create(
            quiz=quiz, unit=units.p1_a, room=f"Phòng {number}", planned_at=NOON, networks="", invigilators="",
            people=[person], by=manager_p1, at=NOON,
        )  # fmt: skip
    assert costs() == one


def test_one_attempt_tells_what_happened_and_what_was_answered(
    client: Client, essay: AttemptQuestion, manager_p1: User
) -> None:
    manual.give(
        question_id=essay.pk, share=manual.Fraction(1, 2), comment="Thiếu địa chỉ.", by=manager_p1, at=LATER, seen=0
    )
    shown = page(client, manager_p1, f"attempts/{essay.attempt_id}/")
    assert all(word in shown for word in ("Nguyệt Ánh", "Xã Vạn Yên", "đình làng", "Thiếu địa chỉ.", "1/2"))


def test_voiding_takes_two_people(
    client: Client, essay: AttemptQuestion, manager_p1: User, units: Units, officer_p1: User
) -> None:
    other = marker("other", "Phạm Thị Mai", units)
    address = f"{DESK}attempts/{essay.attempt_id}/"
    client.force_login(manager_p1)
    assert client.post(f"{address}void/", {"reason": "Làm hộ", "decision_number": ""}).status_code == 422
    assert not Voiding.objects.exists()
    for _twice in range(2):
        client.post(f"{address}void/", {"reason": "Làm hộ", "decision_number": "12/QĐ-MTTQ"})
    client.post(f"{address}void/confirm/")
    assert Attempt.objects.get().state == "submitted"
    assert "void/confirm" not in client.get(address).content.decode()
    client.force_login(other)
    shown = client.get(address).content.decode()
    assert "12/QĐ-MTTQ" in shown
    assert "void/confirm" in shown
    client.post(f"{address}void/confirm/")
    client.post(f"{address}void/confirm/")
    assert Attempt.objects.get().state == "voided"
    assert "desk-essay" not in page(client, other, "marking/")


def test_a_proposal_to_void_is_refused_with_a_reason(
    client: Client, essay: AttemptQuestion, manager_p1: User, units: Units
) -> None:
    address = f"{DESK}attempts/{essay.attempt_id}/"
    client.force_login(manager_p1)
    client.post(f"{address}void/", {"reason": "Làm hộ", "decision_number": "12/QĐ-MTTQ"})
    assert client.post(f"{address}void/refuse/", {"refuse-reason": " "}).status_code == 422
    assert Voiding.objects.exists()
    client.post(f"{address}void/refuse/", {"refuse-reason": "Không đủ căn cứ"})
    assert not Voiding.objects.exists()
    assert "Không đủ căn cứ" in client.get(address).content.decode()


def test_nobody_decides_about_own_attempts(
    client: Client, quiz: Quiz, outline: Outline, units: Units, manager_p1: User
) -> None:
    enrol(manager_p1, outline, units.p1)
    own = waiting(manager_p1, quiz)
    client.force_login(manager_p1)
    address = f"{DESK}attempts/{own.attempt_id}/"
    assert client.get(address).status_code == 404
    assert client.post(f"{address}void/", {"reason": "x", "decision_number": "1"}).status_code == 404
    assert client.get(f"{DESK}marking/{own.version_id}/{own.pk}/").status_code == 404
    assert "desk-essay" not in page(client, manager_p1, "marking/")
    assert manager_p1.full_name not in client.get(f"{DESK}{quiz.pk}/attempts/").content.decode().split("<main")[1]


def test_an_abandoned_attempt_is_opened_again_with_a_reason(
    client: Client, quiz: Quiz, officer_p1: User, enrolment: Enrolment, manager_p1: User
) -> None:
    quiz.on_time_up, quiz.limit_minutes = "abandon", 30
    quiz.save()
    attempt = answered(officer_p1, quiz)
    attempts.settle(attempt=attempt, at=LATER)
    assert Attempt.objects.get().state == "abandoned"
    client.force_login(manager_p1)
    address = f"{DESK}attempts/{attempt.pk}/"
    assert client.post(f"{address}reopen/", {"reopen-reason": ""}).status_code == 422
    assert Attempt.objects.get().state == "abandoned"
    client.post(f"{address}reopen/", {"reopen-reason": "Mất điện cả xã"})
    assert Attempt.objects.get().state == "submitted", "its time was over: handed in as it stood"
    assert "Mất điện cả xã" in client.get(address).content.decode()


def test_a_file_that_proves_nothing_changes_nothing(client: Client, essay: AttemptQuestion, manager_p1: User) -> None:
    client.force_login(manager_p1)
    address = f"{DESK}attempts/{essay.attempt_id}/salvage/"
    for data in (b"", b"{}", b"\xff\xfe", b"[" * 5000):
        words = {"salvage-file": SimpleUploadedFile("a.json", data), "salvage-reason": "Mất mạng"}
        assert client.post(address, words).status_code == 422
    assert client.post(address, {"salvage-reason": "Mất mạng"}).status_code == 422


def test_a_salvage_file_shows_what_it_changes_before_it_is_taken(
    client: Client, essay: AttemptQuestion, manager_p1: User
) -> None:
    attempt = Attempt.objects.get()
    answers = [{"position": essay.position, "sequence": 9, "at": NOON.isoformat(),
                "fields": [[f"q{essay.position}", "Bài viết lúc mất mạng."]]}]  # fmt: skip
    payload = json.dumps({"attempt": str(attempt.pk), "made_at": NOON.isoformat(), "answers": answers})
    signature = hmac.new(bytes.fromhex(attempt.key), payload.encode(), "sha256").hexdigest()
    data = json.dumps({"format": "lms-salvage-1", "payload": payload, "signature": signature})
    client.force_login(manager_p1)
    address = f"{DESK}attempts/{attempt.pk}/salvage/"
    sent = {"salvage-file": SimpleUploadedFile("a.json", data.encode()), "salvage-reason": "Mất mạng"}
    shown = client.post(address, sent).content.decode()
    assert "Bài viết lúc mất mạng." in shown
    assert "đình làng" in shown
    essay.refresh_from_db()
    assert essay.answer["text"] == "Trang của xã ở đình làng."
    taken = {"salvage-text_sent": data, "salvage-reason": "Mất mạng", "accept": "1"}
    forged = data.replace(": 9", ": 8")
    assert forged != data
    assert client.post(address, {**taken, "salvage-text_sent": forged}).status_code == 422
    assert client.post(address, {**taken, "salvage-reason": ""}).status_code == 422
    for _twice in range(2):
        assert client.post(address, taken).status_code == 302
    essay.refresh_from_db()
    assert essay.answer["text"] == "Bài viết lúc mất mạng."
    assert "Mất mạng" in page(client, manager_p1, f"attempts/{attempt.pk}/")


# --- Exceptions -------------------------------------------------------------------------------------


def _exception(**fields: str) -> dict[str, str]:
    return {"whom": "person", "reason": "Nghỉ ốm, có giấy", "max_attempts": "5", "make": "1", **fields}


def test_an_exception_is_made_for_a_person_found_by_name_and_is_there_for_all_to_see(
    client: Client, quiz: Quiz, officer_p1: User, enrolment: Enrolment, manager_p1: User
) -> None:
    client.force_login(manager_p1)
    address = f"{DESK}{quiz.pk}/overrides/"
    found = client.post(address, _exception(person_search="nguyet", find="person", expires_on="30/11/2026"))
    assert found.status_code == 200
    assert "Đặng Thị Nguyệt Ánh" in found.content.decode()
    assert "Nghỉ ốm, có giấy" in found.content.decode()
    assert not Override.objects.exists()
    sent = _exception(
        person=str(officer_p1.pk), time_factor="1,5", expires_on="30/11/2026", closes_at="08:00 25/12/2026"
    )
    for _twice in range(2):
        assert client.post(address, sent).status_code == 302
    made = Override.objects.get()
    assert (made.person, made.max_attempts, float(made.time_factor or 0), made.made_by) == (
        officer_p1,
        5,
        1.5,
        manager_p1,
    )
    assert made.closes_at == dt.datetime(2026, 12, 25, 1, 0, tzinfo=dt.UTC)
    shown = page(client, manager_p1, f"{quiz.pk}/overrides/")
    assert all(word in shown for word in ("Nguyệt Ánh", "30/11/2026", "1,5", "Hoàng Đức Hạnh"))
    client.post(f"{address}{made.pk}/withdraw/")
    client.post(f"{address}{made.pk}/withdraw/")
    made.refresh_from_db()
    assert made.withdrawn_by == manager_p1


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"max_attempts": ""},
        {"time_factor": "0,5"},
        {"time_factor": "9"},
        {"expires_on": "01/01/2020"},
        {"opens_at": "08:00 25/12/2026", "closes_at": "07:00 25/12/2026"},
        {"closes_at": "mai"},
        {"password": "x", "no_password": "on"},
        {"person": "99999999"},
        {"person": "x"},
        {"whom": "unit", "unit": ""},
    ],
)
def test_an_exception_that_makes_no_sense_is_refused_and_keeps_what_was_typed(
    client: Client, quiz: Quiz, officer_p1: User, enrolment: Enrolment, manager_p1: User, wrong: dict[str, str]
) -> None:
    client.force_login(manager_p1)
    response = client.post(
        f"{DESK}{quiz.pk}/overrides/", _exception(**{"person": str(officer_p1.pk), "limit_minutes": "45", **wrong})
        | ({"limit_minutes": ""} if wrong.get("max_attempts") == "" else {})
    )  # fmt: skip
    assert response.status_code == 422
    assert not Override.objects.exists()


def test_exceptions_reach_nobody_outside_ones_units_and_not_oneself(
    client: Client, quiz: Quiz, officer_p1: User, officer_p2: User, enrolment: Enrolment, manager_p1: User,
    manager_p2: User, units: Units, outline: Outline,
) -> None:  # fmt: skip
    enrol(officer_p2, outline, units.p2_a)
    enrol(manager_p1, outline, units.p1)
    client.force_login(manager_p1)
    address = f"{DESK}{quiz.pk}/overrides/"
    assert "Văn Ân" not in client.post(address, _exception(person_search="an", find="person")).content.decode()
    for sent in (
        _exception(person=str(officer_p2.pk)),
        _exception(person=str(manager_p1.pk)),
        _exception(whom="unit", unit=str(units.p2_a.pk)),
        _exception(whom="unit", unit=str(units.centre.pk)),
    ):
        assert client.post(address, sent).status_code == 422
    assert not Override.objects.exists()
    assert client.post(address, _exception(whom="unit", unit=str(units.p1_a.pk))).status_code == 302
    assert Override.objects.get().unit == units.p1_a


def test_an_exception_from_above_is_shown_and_not_withdrawn_below(
    client: Client, quiz: Quiz, enrolment: Enrolment, manager_p1: User, centre: User, units: Units
) -> None:
    made = overrides.make(
        quiz=quiz, person=None, unit=units.centre, values={"limit_minutes": 45}, reason="Bão số 12", expires_on=None,
        by=centre, at=NOON,
    )  # fmt: skip
    shown = page(client, manager_p1, f"{quiz.pk}/overrides/")
    assert "Bão số 12" in shown
    assert "withdraw/" not in shown
    assert client.post(f"{DESK}{quiz.pk}/overrides/{made.pk}/withdraw/").status_code == 404


def test_the_password_of_an_exception_stands_neither_in_the_list_nor_in_the_log(
    client: Client, quiz: Quiz, officer_p1: User, enrolment: Enrolment, manager_p1: User
) -> None:
    client.force_login(manager_p1)
    client.post(f"{DESK}{quiz.pk}/overrides/", _exception(person=str(officer_p1.pk), password="bi-mat-7"))
    assert Override.objects.get().password == "bi-mat-7"
    assert "bi-mat-7" not in page(client, manager_p1, f"{quiz.pk}/overrides/")
    entry = ModelLogEntry.objects.get(action="quizzes.override")
    assert "bi-mat-7" not in str(entry.data)
    assert entry.data["fields"] == ["max_attempts", "password"]


# --- Sessions ---------------------------------------------------------------------------------------


def _session(quiz: Quiz, unit_id: int, **fields: object) -> dict[str, object]:
    return {
        "quiz": quiz.pk, "unit": unit_id, "room": "Phòng họp 2", "planned_at": "08:00 25/11/2026",
        "invigilators": "Ông A", "networks": "10.1.0.0/16", **fields,
    }  # fmt: skip


def test_a_session_is_entered_with_people_of_the_unit_and_nobody_else(
    client: Client, quiz: Quiz, officer_p1: User, officer_p2: User, enrolment: Enrolment, manager_p1: User, units: Units
) -> None:
    client.force_login(manager_p1)
    address = f"{DESK}sessions/new/"
    chosen = client.post(address, _session(quiz, units.p1.pk))
    assert "Nguyệt Ánh" in chosen.content.decode()
    assert "Văn Ân" not in chosen.content.decode()
    assert client.post(address, _session(quiz, units.p1.pk, people="1")).status_code == 422
    response = client.post(
        address, _session(quiz, units.p1.pk, people="1", person=[officer_p1.pk, officer_p2.pk, manager_p1.pk, "x"])
    )
    assert response.status_code == 302
    made = ExamSession.objects.get()
    assert [ticket.person for ticket in made.tickets.all()] == [officer_p1]
    for wrong in ({"networks": "phòng 2"}, {"planned_at": "mai"}, {"room": ""}, {"unit": units.p2_a.pk}):
        assert client.post(address, _session(quiz, units.p1.pk, **wrong)).status_code == 422
    assert ExamSession.objects.count() == 1


def test_tickets_are_printed_ten_to_a_sheet_and_only_used_ones_survive_a_reprint(
    client: Client, session: ExamSession, units: Units, manager_p1: User, quiz: Quiz
) -> None:
    people = [make_person(f"p{number}", f"Trần Văn {number}", units.p1_a) for number in range(10)]
    sessions.add_people(session=session, people=people, by=manager_p1, at=NOON)
    client.force_login(manager_p1)
    response = client.post(f"{DESK}sessions/{session.pk}/tickets/", {"only": "new"})
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.content.count(b"/Type /Page\n") + response.content.count(b"/Type /Page ") in (0, 2)
    first = dict(session.tickets.values_list("number", "code_hash"))
    assert len(set(first.values())) == 11
    again = client.post(f"{DESK}sessions/{session.pk}/tickets/", {"only": "new"})
    assert again.status_code == 302, "all of them have a ticket"
    client.post(f"{DESK}sessions/{session.pk}/tickets/", {"seat": "3"})
    second = dict(session.tickets.values_list("number", "code_hash"))
    assert {number for number in first if first[number] != second[number]} == {3}


def test_the_invigilator_sees_who_is_in_and_who_has_handed_in(
    client: Client, session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User
) -> None:
    client.force_login(manager_p1)
    client.post(f"{DESK}sessions/{session.pk}/move/", {"go": "open"})
    attempt = answered(officer_p1, quiz)
    sessions.bind(ticket=ExamTicket.objects.get(), attempt=attempt, at=NOON)
    part = client.get(f"{DESK}sessions/{session.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "1/2" in part
    attempts.submit(user=officer_p1, attempt_id=attempt.pk, at=NOON + dt.timedelta(minutes=10))
    assert "12:10" in client.get(f"{DESK}sessions/{session.pk}/").content.decode()


def test_what_happened_in_the_room_stands_in_the_log_as_it_was_written(
    client: Client, session: ExamSession, manager_p1: User
) -> None:
    client.force_login(manager_p1)
    address = f"{DESK}sessions/{session.pk}/incidents/"
    assert client.post(address, {"text": " "}).status_code == 422
    assert client.post(address, {"text": "Mất điện", "seat": "77"}).status_code == 422
    client.post(address, {"text": "<b>Mất điện</b> 5 phút", "seat": "1"})
    shown = client.get(f"{DESK}sessions/{session.pk}/").content.decode()
    assert "&lt;b&gt;Mất điện&lt;/b&gt; 5 phút" in shown


def test_closing_before_opening_and_twice_changes_nothing(
    client: Client, session: ExamSession, manager_p1: User
) -> None:
    client.force_login(manager_p1)
    address = f"{DESK}sessions/{session.pk}/move/"
    client.post(address, {"go": "close"})
    session.refresh_from_db()
    assert session.closed_at is None
    for go in ("open", "open", "close", "close", "open"):
        client.post(address, {"go": go})
    session.refresh_from_db()
    assert session.closed_at == LATER
    assert client.post(address, {"go": "again", "again-reason": ""}).status_code == 422
    client.post(address, {"go": "again", "again-reason": "Bấm nhầm"})
    session.refresh_from_db()
    assert session.closed_at is None
    assert client.post(f"{DESK}sessions/{session.pk}/tickets/", {}).status_code == 200


def test_a_quiz_with_tickets_is_begun_with_the_ticket_that_was_printed_and_only_once(
    client: Client, session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User, outline: Outline, units: Units
) -> None:
    quiz.needs_ticket = True
    quiz.save()
    colleague = make_person("colleague", "Trần Thị Bích", units.p1_a)
    enrol(colleague, outline, units.p1_a)
    [drawn] = sessions.draw_codes(session=session)
    sessions.keep_codes(session=session, drawn=[drawn], by=manager_p1, at=NOON)
    asked = Asked(ticket=drawn.code.upper())
    with pytest.raises(attempts.AttemptRefusedError):
        attempts.start(user=officer_p1, quiz=quiz, at=LATER, asked=asked)
    sessions.open_session(session=session, by=manager_p1, at=NOON)
    with pytest.raises(attempts.AttemptRefusedError):
        attempts.start(user=colleague, quiz=quiz, at=LATER, asked=asked)
    begun = attempts.start(user=officer_p1, quiz=quiz, at=LATER, asked=asked)
    assert ExamTicket.objects.get().attempt == begun
    attempts.submit(user=officer_p1, attempt_id=begun.pk, at=LATER)
    with pytest.raises(attempts.AttemptRefusedError) as refusal:
        attempts.start(user=officer_p1, quiz=quiz, at=LATER, asked=asked)
    assert refusal.value.asks_for == "ticket"
    assert Attempt.objects.count() == 1


def test_the_door_leads_everybody_to_what_they_may_do(
    client: Client, session: ExamSession, officer_p1: User, manager_p1: User, units: Units
) -> None:
    assigns = make_person("assigns", "Bùi Văn Tám", units.p1)
    Grant.objects.create(person=assigns, unit=units.p1, right=Grant.Right.ASSIGN, starts_on=DAY_ONE)
    for person in (manager_p1, assigns, marker("marks", "Phạm Thị Mai", units)):
        assert f'href="{DESK}"' in page(client, person, "sessions/")
    client.force_login(officer_p1)
    assert f'href="{DESK}"' not in client.get("/learn/").content.decode()

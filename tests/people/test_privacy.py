"""The register of personal data is complete; the notice, one's own data, and what people ask about them."""

import datetime as dt
import io
import json
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.accounts.models import SignIn, User
from lms.core import audit, clock
from lms.people import privacy
from lms.people import privacy_queries as queries
from lms.people.models import DataRequest, NoticeAcceptance, PrivacyNotice
from lms.people.services import erasure
from lms.people.services import privacy as service
from lms.units.models import Appointment
from lms.units.services.errors import RefusedError
from quizzes.models import AttemptQuestion
from quizzes.rules import review
from tests.conftest import NOON, Outline, Units
from tests.factories.certificates import make_completion
from tests.factories.desk import enrol, essay_quiz, waiting

_WORDS = (models.CharField, models.TextField, models.JSONField, models.FileField, models.GenericIPAddressField)


def _to_be_declared(model: type[models.Model]) -> list[str]:
    """Fields of the model's own table that can hold something about a person: words, files, accounts."""
    found = []
    for field in model._meta.local_fields:
        says_who = field.is_relation and field.related_model is get_user_model()
        is_choice = bool(getattr(field, "choices", None))
        holds_words = isinstance(field, _WORDS) and not field.is_relation and not is_choice
        if says_who or holds_words:
            found.append(field.name)
    return found


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]


def test_every_field_that_can_say_something_about_a_person_is_declared() -> None:
    undeclared = {}
    for model in _models():
        label = model._meta.label
        harmless = privacy.HARMLESS.get(label, ())
        declared = {*privacy.PERSONAL.get(label, {}), *harmless}
        missing = [name for name in _to_be_declared(model) if name not in declared]
        if "*" in harmless:
            missing = [name for name in missing if model._meta.get_field(name).is_relation]
        if missing:
            undeclared[label] = missing
    assert undeclared == {}, "declare them in lms/people/privacy.py"


def test_the_register_names_no_field_that_is_gone_and_none_twice() -> None:
    known: dict[str, set[str]] = {
        model._meta.label: {field.name for field in model._meta.local_fields} for model in _models()
    }
    wrong: dict[str, Any] = {}
    for label in {*privacy.PERSONAL, *privacy.HARMLESS}:
        personal, harmless = set(privacy.PERSONAL.get(label, {})), set(privacy.HARMLESS.get(label, ()))
        if gone := (personal | harmless) - {"*"} - known.get(label, set()):
            wrong[label] = gone
        if both := personal & harmless:
            wrong[label] = both
    assert wrong == {}


def test_every_declared_field_belongs_to_a_group_that_people_are_told_about() -> None:
    groups = {group for fields in privacy.PERSONAL.values() for group, _ in fields.values()}
    assert groups == set(privacy.GROUPS)


# --- The notice --------------------------------------------------------------------------------------------------


@pytest.fixture
def notice(db: None, settings: Any) -> PrivacyNotice:
    settings.LMS_PRIVACY_NOTICE = True
    made = service.publish_first(NOON)
    assert made
    return made


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_who_has_not_taken_note_is_led_to_the_notice_and_back(notice: PrivacyNotice, officer_p1: User) -> None:
    client = client_of(officer_p1)
    sent = client.get("/certificates/")
    assert sent["Location"] == "/accounts/privacy/notice/?next=%2Fcertificates%2F"
    done = client.post("/accounts/privacy/notice/", {"version": 1, "next": "/certificates/"})
    assert done["Location"] == "/certificates/"
    assert client.get("/certificates/").status_code == 200
    proof = NoticeAcceptance.objects.get()
    assert (proof.person, proof.notice) == (officer_p1, notice)


def test_htmx_and_machines_are_told_in_their_own_way(notice: PrivacyNotice, officer_p1: User) -> None:
    client = client_of(officer_p1)
    assert client.get("/learn/", headers={"HX-Request": "true"})["HX-Redirect"] == "/accounts/privacy/notice/"
    assert client.get("/learn/", headers={"Accept": "application/json"}).status_code == 403
    assert Client().get("/verify/").status_code == 200


def test_a_new_version_is_asked_again_and_an_old_page_does_not_accept_it(
    notice: PrivacyNotice, officer_p1: User, centre: User
) -> None:
    service.take_note(person=officer_p1, notice=notice, at=NOON)
    centre.is_superuser = True
    second = service.publish(words="# Mới\nNội dung mới", note="Đổi hạn giữ", by=centre, at=NOON)
    assert second.version == 2
    client = client_of(officer_p1)
    client.post("/accounts/privacy/notice/", {"version": 1})
    assert NoticeAcceptance.objects.count() == 1
    client.post("/accounts/privacy/notice/", {"version": 2})
    assert NoticeAcceptance.objects.filter(notice=second).count() == 1


def test_once_noted_the_notice_costs_no_query(notice: PrivacyNotice, officer_p1: User, settings: Any) -> None:
    service.take_note(person=officer_p1, notice=notice, at=NOON)
    client = client_of(officer_p1)
    client.get("/certificates/")
    with CaptureQueriesContext(connection) as with_notice:
        client.get("/certificates/")
    settings.LMS_PRIVACY_NOTICE = False
    with CaptureQueriesContext(connection) as without:
        client.get("/certificates/")
    assert len(with_notice) == len(without)


def test_a_published_notice_is_never_changed(notice: PrivacyNotice) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        PrivacyNotice.objects.update(text="khác")


# --- One's own data, corrections, packages -----------------------------------------------------------------------


def test_the_own_page_and_the_package_hold_the_same_and_only_the_person_gets_it(
    officer_p1: User, officer_p2: User
) -> None:
    page = client_of(officer_p1).get("/accounts/privacy/")
    assert page.status_code == 200
    made = service.ask_export(person=officer_p1, at=NOON)
    assert service.ask_export(person=officer_p1, at=NOON) == made
    assert service.make_export(export_id=made.pk, at=clock.now())
    made.refresh_from_db()
    address = f"/accounts/privacy/export/{made.pk}.zip"
    assert client_of(officer_p2).get(address).status_code == 404
    answer = client_of(officer_p1).get(address)
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        assert set(archive.namelist()) == {"du-lieu.json", "du-lieu.html"}
        told = json.loads(archive.read("du-lieu.json"))
        assert "Đặng Thị Nguyệt Ánh" in archive.read("du-lieu.html").decode()
    assert [one["key"] for one in told["sections"]] == [one.key for one in page.context["sections"]]
    service.delete_exports(made.expires_at)
    erasure.delete_files()
    made.refresh_from_db()
    assert (made.state, made.stored) == ("deleted", "")
    assert client_of(officer_p1).get(address).status_code == 404


def test_a_correction_is_written_when_the_unit_accepts_it(officer_p1: User, manager_p1: User, manager_p2: User) -> None:
    client_of(officer_p1).post("/accounts/privacy/correction/", {"full_name": "Đặng Thị Nguyệt Anh", "born": "1985"})
    asked = DataRequest.objects.get()
    assert asked.wanted == {"full_name": ["Đặng Thị Nguyệt Ánh", "Đặng Thị Nguyệt Anh"], "born": ["", "1985"]}
    address = f"/units/privacy/{asked.pk}/"
    assert client_of(manager_p2).post(address, {"decision": "accept"}).status_code == 404
    assert client_of(officer_p1).post(address, {"decision": "accept"}).status_code == 404
    client_of(manager_p1).post(address, {"decision": "accept"})
    officer_p1.refresh_from_db()
    assert (officer_p1.full_name, officer_p1.birth_year) == ("Đặng Thị Nguyệt Anh", 1985)
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("done", manager_p1)


def test_the_sign_in_of_somebody_with_rights_is_corrected_by_an_administrator_alone(
    manager_p1: User, centre: User
) -> None:
    """Else whoever brings in people could have the password of a manager sent to an address of his own."""
    asked = service.ask(kind="correction", person=manager_p1, by=centre, at=NOON, wanted={"email": ["", "x@y.vn"]})
    with pytest.raises(RefusedError):
        service.accept_correction(request=asked, by=centre, at=NOON)
    manager_p1.refresh_from_db()
    assert manager_p1.email == ""
    boss = User.objects.create_superuser("sep", "", "mat-khau-thu-1", full_name="Quản Trị Viên")
    assert service.accept_correction(request=asked, by=boss, at=NOON)
    manager_p1.refresh_from_db()
    assert manager_p1.email == "x@y.vn"


def test_a_refusal_needs_a_reason_and_a_doubled_click_is_one_request(officer_p1: User, manager_p1: User) -> None:
    first = service.ask(kind="objection", person=officer_p1, by=officer_p1, at=NOON, words="Không muốn")
    assert service.ask(kind="objection", person=officer_p1, by=officer_p1, at=NOON) == first
    with pytest.raises(RefusedError):
        service.refuse(request=first, by=manager_p1, at=NOON, answer=" ")
    assert service.refuse(request=first, by=manager_p1, at=NOON, answer="Theo nhiệm vụ")
    assert not service.refuse(request=first, by=manager_p1, at=NOON, answer="Lần nữa")


@pytest.mark.parametrize("path", ["register/", "notices/", "cleaning/"])
def test_administrators_read_register_notices_and_cleaning(path: str, officer_p1: User, manager_p1: User) -> None:
    User.objects.filter(pk=officer_p1.pk).update(is_superuser=True)
    assert client_of(officer_p1).get(f"/units/privacy/{path}").status_code == 200
    assert client_of(manager_p1).get(f"/units/privacy/{path}").status_code == 404


def test_the_pages_of_requests_open_for_the_unit_alone(officer_p1: User, manager_p1: User, manager_p2: User) -> None:
    asked = service.ask(kind="erasure", person=officer_p1, by=officer_p1, at=NOON, words="Đã nghỉ")
    assert client_of(manager_p1).get("/units/privacy/").context["open"].count() == 1
    assert client_of(manager_p2).get("/units/privacy/").context["open"].count() == 0
    page = client_of(manager_p1).get(f"/units/privacy/{asked.pk}/")
    assert len(page.context["preview"].obstacles) == 1
    assert client_of(manager_p1).get(f"/units/privacy/person/{officer_p1.pk}/").status_code == 200


# --- What the pages hold -------------------------------------------------------------------------------------------


def _rows_of(person: User, key: str) -> list[dict[str, str]]:
    (section,) = [one for one in queries.sections(person) if one.key == key]
    return list(section.rows)


def test_own_answers_are_there_and_of_the_test_only_what_the_result_shows(
    officer_p1: User, outline: Outline, units: Units
) -> None:
    """Else the page of one's own data would hand out the questions and marks of a test that others still take."""
    quiz = essay_quiz(outline)
    enrol(officer_p1, outline, units.p1_a)
    row = waiting(officer_p1, quiz, "Trang của tôi ở đình làng.")
    AttemptQuestion.objects.filter(pk=row.pk).update(fraction=1, needs_marking=False, comment="Tốt")
    attempt = row.attempt
    attempt.rules = {**attempt.rules, "review": {}}
    attempt.state, attempt.score, attempt.passed = "graded", 1, True
    attempt.save()
    words = "\n".join(value for one in _rows_of(officer_p1, "answers") for value in one.values())
    assert "Trang của tôi ở đình làng." in words
    assert not any(kept in words for kept in ("Viết bài giới thiệu", "Tốt", "100"))
    attempt.rules = {**attempt.rules, "review": review.as_json(review.DEFAULT)}
    attempt.save()
    words = "\n".join(value for one in _rows_of(officer_p1, "answers") for value in one.values())
    assert all(shown in words for shown in ("Viết bài giới thiệu", "Tốt", "100"))


@pytest.mark.parametrize("key", [one for one in privacy.GROUPS if one != "work"])
def test_every_group_that_people_are_told_about_is_a_section_with_its_purpose(key: str, officer_p1: User) -> None:
    (section,) = [one for one in queries.sections(officer_p1) if one.key == key]
    assert section.told == privacy.GROUPS[key]


def test_the_number_of_queries_does_not_grow_with_what_is_held(
    officer_p1: User, officer_p2: User, manager_p1: User, units: Units, outline: Outline
) -> None:
    def held(person: User, number: int) -> int:
        for count in range(number):
            Appointment.objects.create(
                person=person, unit=units.p1_b, position=f"Ủy viên {count}", starts_on=dt.date(2026, 1, 1 + count),
                is_primary=False,
            )  # fmt: skip
            SignIn.objects.create(person=person, device="d", signed_in_at=NOON, last_seen_at=NOON)
            audit.record("people.new_code", person, actor=manager_p1, unit=units.p1.pk, path=units.p1.path)
            make_completion(person, outline.course, units.p1_a)
            service.ask(kind="objection", person=person, by=person, at=NOON)
        with CaptureQueriesContext(connection) as made:
            assert list(queries.sections(person))
        return len(made)

    assert held(officer_p1, 1) == held(officer_p2, 3)


def test_earlier_versions_of_the_notice_can_be_read_with_the_day_on_which_they_were_noted(
    notice: PrivacyNotice, officer_p1: User, centre: User
) -> None:
    service.take_note(person=officer_p1, notice=notice, at=NOON)
    centre.is_superuser = True
    latest = service.publish(words="# Mới\nNội dung mới", note="", by=centre, at=NOON)
    page = client_of(officer_p1).get("/accounts/privacy/notice/")
    assert [(one, noted) for one, _blocks, noted in page.context["earlier"]] == [(notice, NOON)]
    assert notice.text.splitlines()[1] in page.content.decode()
    User.objects.filter(pk=centre.pk).update(is_superuser=True)
    service.take_note(person=centre, notice=latest, at=NOON)
    listed = client_of(centre).get("/units/privacy/notices/").context["versions"]
    assert [(one.version, taken) for one, taken, _blocks in listed] == [(2, 1), (1, 1)]


def test_the_person_is_told_on_the_first_page_of_the_account_what_became_of_a_request(
    officer_p1: User, officer_p2: User, manager_p1: User, time_machine: Any
) -> None:
    time_machine.move_to(NOON, tick=False)
    asked = service.ask(
        kind="correction", person=officer_p1, by=officer_p1, at=NOON, wanted={"phone": ["", "0912 345 678"]}
    )
    assert "Đã gọi lại" not in client_of(officer_p1).get("/accounts/me/").content.decode()
    assert service.accept_correction(request=asked, by=manager_p1, at=NOON, answer="Đã gọi lại để xác nhận")
    assert "Đã gọi lại để xác nhận" in client_of(officer_p1).get("/accounts/me/").content.decode()
    assert "Đã gọi lại" not in client_of(officer_p2).get("/accounts/me/").content.decode()
    time_machine.move_to(NOON + dt.timedelta(days=31), tick=False)
    assert queries.answered_lately(officer_p1) == []


def test_a_request_that_was_taken_back_can_no_longer_be_decided(officer_p1: User, manager_p1: User) -> None:
    asked = service.ask(
        kind="correction", person=officer_p1, by=officer_p1, at=NOON, wanted={"full_name": ["x", "Y Z"]}
    )
    client_of(officer_p1).post(f"/accounts/privacy/{asked.pk}/withdraw/")
    client_of(manager_p1).post(f"/units/privacy/{asked.pk}/", {"decision": "accept"})
    asked.refresh_from_db()
    officer_p1.refresh_from_db()
    assert (asked.state, officer_p1.full_name) == ("withdrawn", "Đặng Thị Nguyệt Ánh")
    again = service.ask(kind="correction", person=officer_p1, by=officer_p1, at=NOON)
    assert again.pk != asked.pk


def test_what_is_at_work_is_not_taken_back(officer_p1: User) -> None:
    asked = service.ask(kind="erasure", person=officer_p1, by=officer_p1, at=NOON)
    DataRequest.objects.update(state="at_work")
    asked.refresh_from_db()
    assert not service.withdraw(request=asked, by=officer_p1, at=NOON)


def test_what_the_unit_typed_stays_when_the_answer_is_refused(
    officer_p1: User, manager_p1: User, officer_p2: User
) -> None:
    User.objects.filter(pk=officer_p2.pk).update(phone="+84912345678")
    asked = service.ask(
        kind="correction", person=officer_p1, by=officer_p1, at=NOON, wanted={"phone": ["", "0912 345 678"]}
    )
    page = client_of(manager_p1).post(f"/units/privacy/{asked.pk}/", {"decision": "accept", "answer": "Ghi theo hồ sơ"})
    assert page.status_code == 200
    assert "Ghi theo hồ sơ" in page.content.decode()
    assert page.context["form"].non_field_errors()
    asked.refresh_from_db()
    assert asked.state == "waiting"

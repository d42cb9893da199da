import datetime as dt
import hashlib
import unicodedata
from decimal import Decimal

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError

from certificates import receivers, rendering, services
from certificates.models import Certificate, Register
from certificates.tasks import render
from courses.enums import EventKind
from courses.models import Completion, Enrolment
from courses.services.progress import record_activity
from courses.signals import course_completed
from lms.accounts.models import User
from lms.core import sweeping
from lms.units.models import UnitName
from tests.conftest import NOON, Outline, Units
from tests.factories.certificates import COMPLETED_AT, make_certificate

State = Certificate.State
MINUTE = dt.timedelta(minutes=1)


def claim(certificate: Certificate, at: dt.datetime = NOON) -> Certificate | None:
    return services.claim(certificate_id=certificate.pk, at=at)


# --- Issuing ---------------------------------------------------------------------------------------------


def test_every_printed_word_is_frozen_with_the_number(officer_p1: User, outline: Outline, units: Units) -> None:
    officer_p1.born_on = dt.date(1985, 2, 1)
    officer_p1.save()
    outline.course.hours = Decimal("8.5")
    outline.course.save()
    certificate = make_certificate(officer_p1, outline.course, units.p1_a, position="Phó Chủ tịch")
    code = certificate.verify_code
    assert certificate.payload == {
        "form": "gcn-1",
        "number": "0001/2026/GCN-MTTW-BTT",
        "register_number": "0001/2026",
        "code": code,
        "url": f"http://localhost:8000/verify/{code}/",
        "issuer_parent": "ỦY BAN TRUNG ƯƠNG MTTQ VIỆT NAM",
        "issuer_name": "BAN THƯỜNG TRỰC",
        "issuer": "BAN THƯỜNG TRỰC ỦY BAN TRUNG ƯƠNG MTTQ VIỆT NAM",
        "signed_for": "TM. BAN THƯỜNG TRỰC",
        "place_and_date": "Hà Nội, ngày 23 tháng 11 năm 2026",
        "salutation": "Đồng chí",
        "name": "ĐẶNG THỊ NGUYỆT ÁNH",
        "born": "01/02/1985",
        "birth_year": "",
        "position": "Phó Chủ tịch",
        "unit": "Xã Vạn Yên, tỉnh Quảng Ninh",
        "course": "Trang cộng đồng",
        "modules": ["Thành lập", "Biên tập"],
        "hours": "8,5",
        "begun_on": "05/11/2026",
        "completed_on": "23/11/2026",
    }
    assert certificate.state == State.PENDING


def test_where_only_the_year_of_birth_is_known_only_it_is_printed(
    officer_p1: User, outline: Outline, units: Units
) -> None:
    officer_p1.birth_year = 1985
    officer_p1.save()
    payload = make_certificate(officer_p1, outline.course, units.p1_a).payload
    assert (payload["born"], payload["birth_year"], payload["hours"], payload["position"]) == ("", "1985", "", "")


def test_words_typed_in_decomposed_unicode_are_composed(officer_p1: User, outline: Outline, units: Units) -> None:
    outline.course.title = unicodedata.normalize("NFD", "Kỹ năng quản trị")
    outline.course.save()
    assert make_certificate(officer_p1, outline.course, units.p1_a).payload["course"] == "Kỹ năng quản trị"


def test_the_unit_is_called_as_on_the_day_of_completion(completion: Completion, units: Units) -> None:
    later = dt.date(2026, 12, 1)
    units.p1.names.update(ends_on=later)
    UnitName.objects.create(
        unit=units.p1, full_name="Thành phố Quảng Ninh", short_name="Quảng Ninh", starts_on=later,
        type=units.p1.names.get().type,
    )  # fmt: skip
    at = dt.datetime(2027, 1, 5, tzinfo=dt.UTC)
    certificate = services.issue(completion=completion, at=at)
    assert certificate.payload["unit"] == "Xã Vạn Yên, tỉnh Quảng Ninh"
    assert certificate.payload["number"] == "0001/2027/GCN-MTTW-BTT"
    assert certificate.payload["place_and_date"] == "Hà Nội, ngày 05 tháng 01 năm 2027"


def test_who_serves_at_the_centre_has_the_centre_as_unit(officer_p1: User, outline: Outline, units: Units) -> None:
    assert make_certificate(officer_p1, outline.course, units.centre).payload["unit"] == "Trung ương"


def test_who_serves_nowhere_has_no_unit(officer_p1: User, outline: Outline) -> None:
    assert make_certificate(officer_p1, outline.course, None).payload["unit"] == ""


def test_issuing_twice_is_one_certificate_and_one_number(completion: Completion) -> None:
    first = services.issue(completion=completion, at=NOON)
    assert services.issue(completion=completion, at=NOON + MINUTE) == first
    assert Register.objects.get().last_number == 1


def test_numbers_follow_each_other_and_begin_anew_each_year(officer_p1: User, outline: Outline, units: Units) -> None:
    days = [NOON, NOON + MINUTE, dt.datetime(2026, 12, 31, 16, 59, tzinfo=dt.UTC),
            dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC)]  # fmt: skip
    made = [make_certificate(officer_p1, outline.course, units.p1_a, at=day) for day in days]
    assert [(one.register.year, one.number) for one in made] == [(2026, 1), (2026, 2), (2026, 3), (2027, 1)]


def test_a_rolled_back_completion_leaves_no_gap(officer_p1: User, outline: Outline, units: Units) -> None:
    with transaction.atomic():
        make_certificate(officer_p1, outline.course, units.p1_a)
        transaction.set_rollback(True)
    assert make_certificate(officer_p1, outline.course, units.p1_a).number == 1


def test_a_certificate_is_frozen_by_the_database(certificate: Certificate) -> None:
    for change in (
        {"number": 7}, {"payload": {"name": "X"}}, {"issued_at": NOON + MINUTE}, {"verify_code": "K7QX-2M4T-9RHC"},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Certificate.objects.filter(pk=certificate.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        certificate.delete()


# --- The signal ------------------------------------------------------------------------------------------


def complete(enrolment: Enrolment, outline: Outline) -> Completion:
    for activity in (outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3):
        completion = record_activity(
            enrolment=enrolment, activity=activity, kind=EventKind.DONE, source_key=f"t:{activity.pk}", at=COMPLETED_AT
        )
    assert completion
    return completion


@time_machine.travel(NOON, tick=False)
def test_completing_the_course_enters_one_certificate_and_asks_for_its_file(
    enrolment: Enrolment, outline: Outline, django_capture_on_commit_callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(render, "apply_async", lambda **kwargs: asked.append(kwargs))
    with django_capture_on_commit_callbacks(execute=True):
        completion = complete(enrolment, outline)
        assert asked == []
    certificate = Certificate.objects.get()
    assert (certificate.completion, certificate.issued_at) == (completion, NOON)
    assert asked == [{"args": (str(certificate.pk),), "retry": False}]


def test_the_signal_told_twice_is_one_certificate(enrolment: Enrolment, outline: Outline) -> None:
    completion = complete(enrolment, outline)
    course_completed.send(sender=Completion, completion=completion)
    assert Certificate.objects.count() == 1
    assert Register.objects.get().last_number == 1


def test_a_broker_that_is_down_does_not_break_the_request(
    enrolment: Enrolment, outline: Outline, django_capture_on_commit_callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**kwargs: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(receivers.render, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        complete(enrolment, outline)
    assert services.due(at=NOON) == [Certificate.objects.get().pk]


# --- Revoking and replacing ------------------------------------------------------------------------------


def test_the_first_revocation_stands_and_the_row_stays(certificate: Certificate, centre: User) -> None:
    services.revoke(certificate=certificate, at=NOON, actor=centre, reason=" Cấp  nhầm ")
    services.revoke(certificate=certificate, at=NOON + MINUTE, actor=centre, reason="Khác")
    certificate.refresh_from_db()
    assert (certificate.revoked_at, certificate.revoke_reason) == (NOON, "Cấp nhầm")


def test_a_revocation_has_a_reason(certificate: Certificate, centre: User) -> None:
    with pytest.raises(ValueError, match="reason"):
        services.revoke(certificate=certificate, at=NOON, actor=centre, reason=" ")


def test_a_corrected_certificate_has_a_new_number_and_the_old_one_stays(certificate: Certificate, centre: User) -> None:
    person = certificate.completion.user
    person.full_name = "Đặng Thị Nguyệt Ảnh"
    person.save()
    made = [
        services.supersede(certificate=certificate, at=NOON, actor=centre, reason="Sai dấu trong tên") for _ in range(2)
    ]
    assert made[0] == made[1]
    certificate.refresh_from_db()
    assert (certificate.payload["name"], certificate.number) == ("ĐẶNG THỊ NGUYỆT ÁNH", 1)
    assert (made[0].payload["name"], made[0].number) == ("ĐẶNG THỊ NGUYỆT ẢNH", 2)
    assert certificate.superseded_by == made[0]
    assert services.issue(completion=certificate.completion, at=NOON) == certificate


def test_a_revoked_certificate_is_not_replaced(certificate: Certificate, centre: User) -> None:
    services.revoke(certificate=certificate, at=NOON, actor=centre, reason="Cấp nhầm")
    with pytest.raises(ValueError, match="revoked"):
        services.supersede(certificate=certificate, at=NOON, actor=centre, reason="Sai tên")


# --- One renderer at a time ------------------------------------------------------------------------------


def test_only_one_renderer_gets_the_claim(certificate: Certificate) -> None:
    assert claim(certificate) == certificate
    assert claim(certificate) is None
    assert services.due(at=NOON) == []


def test_the_claim_of_a_killed_renderer_ends_by_itself(certificate: Certificate) -> None:
    claim(certificate)
    assert claim(certificate, NOON + services.LEASE - MINUTE) is None
    again = claim(certificate, NOON + services.LEASE)
    assert again
    assert again.tries == 2


def test_of_two_renderers_at_once_the_first_file_is_kept(certificate: Certificate, private: InMemoryStorage) -> None:
    slow = claim(certificate)
    quick = claim(certificate, NOON + services.LEASE)
    assert slow
    assert quick
    assert services.keep(certificate=quick, pdf=b"quick", at=NOON)
    assert not services.keep(certificate=slow, pdf=b"slow", at=NOON)
    certificate.refresh_from_db()
    assert certificate.file.read() == b"quick"
    assert certificate.sha256 == hashlib.sha256(b"quick").hexdigest()
    assert (certificate.state, certificate.claimed_until) == (State.READY, None)
    assert private.listdir("certificates/2026") == ([], [f"{certificate.pk}.2.pdf"])


def test_what_a_renderer_wrote_before_it_was_killed_is_cleared_away(
    certificate: Certificate, private: InMemoryStorage
) -> None:
    killed = claim(certificate)
    assert killed
    private.save(f"certificates/2026/{certificate.pk}.1.pdf", ContentFile(b"half"))
    again = claim(certificate, NOON + services.LEASE)
    assert again
    assert services.keep(certificate=again, pdf=b"pdf", at=NOON)
    assert private.listdir("certificates/2026") == ([], [f"{certificate.pk}.2.pdf"])


def test_a_failed_try_waits_longer_each_time_and_the_last_one_says_why(certificate: Certificate) -> None:
    at, waits = NOON, []
    for _ in range(services.TRIES):
        taken = claim(certificate, at)
        assert taken
        services.give_back(certificate=taken, at=at, error="The font Noto Serif is missing.")
        certificate.refresh_from_db()
        if certificate.claimed_until:
            waits.append((certificate.claimed_until - at).total_seconds())
            at = certificate.claimed_until
    assert waits == [30, 60, 120, 240]
    assert (certificate.state, certificate.last_error) == (State.FAILED, "The font Noto Serif is missing.")
    assert services.due(at=at + services.LEASE) == []


def test_a_renderer_that_dies_at_every_try_is_given_up_with_a_sentence(certificate: Certificate) -> None:
    at = NOON
    for _ in range(services.TRIES):
        assert claim(certificate, at)
        at += services.LEASE
    assert claim(certificate, at) is None
    certificate.refresh_from_db()
    assert certificate.state == State.FAILED
    assert certificate.last_error == "The renderer died 5 times without a word; look for out-of-memory kills."


def test_what_could_not_be_made_can_be_tried_again(certificate: Certificate) -> None:
    Certificate.objects.filter(pk=certificate.pk).update(state=State.FAILED, tries=services.TRIES)
    services.try_again(certificate=certificate)
    assert claim(certificate)


def test_a_page_that_cannot_be_drawn_is_written_down_and_breaks_nothing(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(payload: dict[str, object]) -> bytes:
        raise rendering.CannotRenderError("The words do not fit.")

    monkeypatch.setattr(rendering, "to_pdf", fail)
    assert not rendering.make(certificate_id=certificate.pk, at=NOON)
    certificate.refresh_from_db()
    assert (certificate.state, certificate.last_error) == (State.PENDING, "The words do not fit.")


def test_the_sweep_makes_what_was_left_behind_and_nothing_twice(
    officer_p1: User, outline: Outline, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "to_pdf", lambda payload: payload["number"].encode())
    made = [make_certificate(officer_p1, outline.course, units.p1_a) for _ in range(3)]
    assert sweeping.run()["certificates"] == 3
    assert sweeping.run()["certificates"] == 0
    assert [Certificate.objects.get(pk=one.pk).file.read() for one in made] == [
        b"0001/2026/GCN-MTTW-BTT", b"0002/2026/GCN-MTTW-BTT", b"0003/2026/GCN-MTTW-BTT",
    ]  # fmt: skip

"""After an erasure nothing in the database or the storage names the person; figures, units and the register stay."""

import datetime as dt
import json
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from certificates import services as certificates
from certificates.models import Certificate
from courses.models import Completion
from lms.accounts.models import SignIn, User
from lms.core import audit
from lms.core.storage import private_storage
from lms.people.enums import Outcome
from lms.people.models import DataRequest, JoinLink, JoinRequest, RosterBatch, RosterRow
from lms.people.services import approvals, erasure, privacy
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment
from lms.units.services.errors import RefusedError
from tests.conftest import DAY_ONE, NOON, Outline, Units
from tests.factories.certificates import make_certificate

NAME, PHONE, EMAIL = "Đặng Thị Nguyệt Ánh", "+84912345678", "anh.dang@mattran.vn"
BORN = dt.date(1985, 8, 5)
TRACES = (NAME, NAME.upper(), PHONE, "0912345678", "0912 345 678", EMAIL, "1985-08-05", "05/08/1985", "officer_p1")


def everything() -> str:
    """All rows of all tables as text, JSON unescaped."""
    lines = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed:
            continue
        for row in model._default_manager.values():
            lines.append(f"{model._meta.label} {json.dumps(row, default=str, ensure_ascii=False)}")
    return "\n".join(lines)


def left(text: str) -> list[str]:
    return [line for line in text.splitlines() if any(trace in line for trace in TRACES)]


@pytest.fixture
def person(officer_p1: User, manager_p1: User, units: Units, outline: Outline) -> User:
    """Somebody who has left, with everything that could name her."""
    officer_p1.phone, officer_p1.email, officer_p1.born_on = PHONE, EMAIL, BORN
    officer_p1.save()
    Appointment.objects.filter(person=officer_p1).update(ends_on=dt.date(2026, 11, 1), decision=f"QĐ {NAME}")
    Client().force_login(officer_p1)
    SignIn.objects.create(person=officer_p1, device="d", agent="Chrome", signed_in_at=NOON, last_seen_at=NOON)
    batch = RosterBatch.objects.create(
        unit=units.p1, uploaded_by=manager_p1, uploaded_at=NOON, file_name=f"{NAME}.xlsx", file_hash="x", state="done",
        confirmed_at=NOON,
    )  # fmt: skip
    words = {"full_name": NAME, "phone": PHONE, "email": EMAIL, "born_on": BORN}
    RosterRow.objects.create(batch=batch, number=1, outcome=Outcome.NEW, person=officer_p1, **words)
    RosterRow.objects.create(
        batch=batch,
        number=2,
        outcome=Outcome.REFUSED,
        refusal="other_name",
        refusal_words={"name": NAME},
        phone="+8499",
    )
    link = JoinLink.objects.create(
        code="abc", unit=units.p1, note=f"do {NAME} giữ", expires_at=NOON + dt.timedelta(days=1), made_by=manager_p1,
        made_at=NOON,
    )  # fmt: skip
    JoinRequest.objects.create(
        link=link, unit=units.p1_a, key="k", digest="d", person=officer_p1, state="approved", sent_at=NOON,
        decided_at=NOON, **words,
    )  # fmt: skip
    audit.record("units.end_appointment", officer_p1, actor=manager_p1, before={"full_name": NAME, "phone": PHONE})
    certificate = make_certificate(officer_p1, outline.course, units.p1_a)
    taken = certificates.claim(certificate_id=certificate.pk, at=NOON)
    assert taken
    certificates.keep(certificate=taken, pdf=f"%PDF {NAME}".encode(), at=NOON)
    return officer_p1


def ask(person: User, by: User) -> DataRequest:
    return privacy.ask(kind="erasure", person=person, by=by, at=NOON, words=f"{NAME} đã nghỉ")


def carry_out(person: User, first: User, second: User) -> DataRequest:
    request = ask(person, first)
    asked = erasure.propose(request=request, by=first, at=NOON, reason=f"{NAME} đã nghỉ")
    assert approvals.approve(approval=asked, by=second, at=NOON)
    assert erasure.erase(request_id=request.pk, at=NOON)
    request.refresh_from_db()
    return request


def test_nothing_names_the_person_any_more(person: User, manager_p1: User, centre: User) -> None:
    assert len(left(everything())) > 8
    stored = Certificate.objects.get().file.name
    assert private_storage().exists(stored)
    request = carry_out(person, manager_p1, centre)
    assert left(everything()) == []
    assert not private_storage().exists(stored)
    assert request.state == "done"


def test_figures_units_and_the_register_stay(person: User, manager_p1: User, centre: User, units: Units) -> None:
    carry_out(person, manager_p1, centre)
    person.refresh_from_db()
    assert (person.full_name, person.username, person.phone, person.is_active) == (
        f"Cán bộ đã xóa #{person.pk}", f"da-xoa-{person.pk}", None, False,
    )  # fmt: skip
    post = Appointment.objects.get(person=person)
    assert (post.unit, post.starts_on, post.position, post.decision) == (units.p1_a, DAY_ONE, "Phó Chủ tịch", "")
    assert Completion.objects.get(user=person).unit == units.p1_a
    kept = Certificate.objects.get()
    assert (kept.number, kept.initials, kept.state) == (1, "Đ.T.N.Á.", "erased")
    assert certificates.bears_name(kept, NAME)


def test_erasing_again_does_nothing(person: User, manager_p1: User, centre: User) -> None:
    request = carry_out(person, manager_p1, centre)
    assert erasure.erase(request_id=request.pk, at=NOON) is False


def test_a_namesake_keeps_the_name_in_shared_texts(person: User, manager_p1: User, centre: User) -> None:
    User.objects.create_user(username="khac", full_name=NAME)
    assert erasure.preview(person).has_namesake
    carry_out(person, manager_p1, centre)
    assert NAME in JoinLink.objects.get().note


def test_nothing_is_erased_before_a_second_person_confirms(person: User, manager_p1: User) -> None:
    request = ask(person, manager_p1)
    asked = erasure.propose(request=request, by=manager_p1, at=NOON, reason="Đã nghỉ")
    with pytest.raises(NotAllowedError):
        approvals.approve(approval=asked, by=manager_p1, at=NOON)
    assert erasure.erase(request_id=request.pk, at=NOON) is False
    person.refresh_from_db()
    assert person.full_name == NAME


def test_a_refused_erasure_goes_back_to_the_list(person: User, manager_p1: User, centre: User) -> None:
    request = ask(person, manager_p1)
    asked = erasure.propose(request=request, by=manager_p1, at=NOON, reason="Đã nghỉ")
    approvals.refuse(approval=asked, by=centre, at=NOON, note="Chưa đủ căn cứ")
    erasure.take_up()
    request.refresh_from_db()
    assert (request.state, request.approval) == ("waiting", None)
    client = Client()
    client.force_login(manager_p1)
    assert "Chưa đủ căn cứ" in client.get(f"/units/privacy/{request.pk}/").content.decode()


@pytest.mark.parametrize("who", ["officer_p2", "manager_p2"])
def test_strangers_cannot_ask_for_an_erasure(person: User, who: str, request: Any) -> None:
    with pytest.raises(NotAllowedError):
        ask(person, request.getfixturevalue(who))


def test_who_serves_or_holds_rights_is_not_erased(manager_p1: User, centre: User) -> None:
    assert len(erasure.obstacles(manager_p1)) == 2
    request = privacy.ask(kind="erasure", person=manager_p1, by=manager_p1, at=NOON)
    with pytest.raises(RefusedError):
        erasure.propose(request=request, by=centre, at=NOON, reason="r")


def test_the_preview_counts_what_goes_and_writes_nothing(person: User) -> None:
    before = everything()
    found = {str(line.title): line.rows for line in erasure.preview(person).going}
    assert len(found) >= 5
    assert everything() == before

import datetime as dt
import io

import pytest
from django.test import Client
from docx import Document

from courses.models import Enrolment
from lms.accounts.models import User
from quizzes.models import ExamSession, ExamTicket, Quiz
from quizzes.services import sessions
from tests.conftest import NOON, Outline, Units, make_person
from tests.factories.desk import answered, essay_quiz


@pytest.fixture
def quiz(outline: Outline) -> Quiz:
    return essay_quiz(outline)


@pytest.fixture
def session(quiz: Quiz, units: Units, officer_p1: User, enrolment: Enrolment, manager_p1: User) -> ExamSession:
    absent = make_person("absent", "Trần Thị Bích", units.p1_b)
    made = sessions.create(
        quiz=quiz, unit=units.p1, room="Hội trường A", planned_at=NOON, networks="", invigilators="Ông A, Bà B",
        people=[officer_p1, absent], by=manager_p1, at=NOON,
    )  # fmt: skip
    sessions.open_session(session=made, by=manager_p1, at=NOON)
    sessions.bind(ticket=ExamTicket.objects.get(person=officer_p1), attempt=answered(officer_p1, quiz), at=NOON)
    sessions.log_incident(session=made, words="Mất điện 5 phút", by=manager_p1, at=NOON + dt.timedelta(minutes=7))
    sessions.close_session(session=made, by=manager_p1, at=NOON + dt.timedelta(hours=1))
    return made


def _docx(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_the_minutes_say_who_sat_where_when_and_what_happened(
    client: Client, session: ExamSession, manager_p1: User
) -> None:
    client.force_login(manager_p1)
    response = client.get(f"/reports/sessions/{session.pk}/minutes.docx")
    said = _docx(response.content)
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "BIÊN BẢN",
        "/BB-MTTQ-BTT",
        "NGƯỜI COI THI",
        "Mở buổi thi: 12 giờ 00 phút ngày 23/11/2026",
        "Đóng buổi thi: 13 giờ 00 phút ngày 23/11/2026",
        "Ông A; Bà B.",
        "2 người được lập phiếu dự thi; 1 người làm bài; 1 người vắng mặt (Trần Thị Bích, phiếu số 2).",
        "12 giờ 07 phút: Mất điện 5 phút.",
        "Đặng Thị Nguyệt Ánh",
        "Vắng mặt",
    ):
        assert words in said, words


def test_the_minutes_are_a_pdf_too(client: Client, session: ExamSession, manager_p1: User) -> None:
    client.force_login(manager_p1)
    response = client.get(f"/reports/sessions/{session.pk}/minutes.pdf")
    assert response.content[:5] == b"%PDF-"


def test_strangers_find_no_minutes_and_nobody_those_of_a_session_that_was_never_opened(
    client: Client, session: ExamSession, manager_p1: User, manager_p2: User, officer_p1: User
) -> None:
    address = f"/reports/sessions/{session.pk}/minutes.docx"
    assert client.get(address).status_code == 302
    for stranger in (manager_p2, officer_p1):
        client.force_login(stranger)
        assert client.get(address).status_code == 404
    ExamSession.objects.update(opened_at=None, closed_at=None)
    client.force_login(manager_p1)
    assert client.get(address).status_code == 404


def test_a_long_list_of_people_goes_into_an_annex(
    client: Client, session: ExamSession, units: Units, manager_p1: User
) -> None:
    ExamSession.objects.update(closed_at=None)
    people = [make_person(f"p{number}", f"Lê Văn {number}", units.p1_a) for number in range(30)]
    sessions.add_people(session=session, people=people, by=manager_p1, at=NOON)
    client.force_login(manager_p1)
    said = _docx(client.get(f"/reports/sessions/{session.pk}/minutes.docx").content)
    assert "Phụ lục I" in said
    assert "buổi thi chưa đóng" in said

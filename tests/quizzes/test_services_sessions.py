import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from django.utils import translation

from courses.models import Enrolment
from lms.accounts.models import User
from quizzes.models import Attempt, ExamSession, ExamTicket, Quiz
from quizzes.services import sessions
from tests.conftest import NOON, Units, make_person


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Sentences are compared as they stand in the code."""
    with translation.override("en"):
        yield


LATER = NOON + dt.timedelta(minutes=5)


@pytest.fixture
def session(quiz: Quiz, units: Units, officer_p1: User, manager_p1: User) -> ExamSession:
    return _session(quiz, units, [officer_p1], manager_p1)


def _session(quiz: Quiz, units: Units, people: list[User], by: User, **fields: object) -> ExamSession:
    values = {"room": "Phòng 1", "planned_at": NOON, "networks": "", "invigilators": "Ông A"}
    return sessions.create(quiz=quiz, unit=units.p1, people=people, by=by, at=NOON, **{**values, **fields})  # type: ignore[arg-type]


def _codes(session: ExamSession, by: User) -> dict[int, str]:
    drawn = sessions.draw_codes(session=session)
    sessions.keep_codes(session=session, drawn=drawn, by=by, at=NOON)
    return {each.ticket.person_id: each.code for each in drawn}


def _opened(session: ExamSession, by: User) -> ExamSession:
    return sessions.open_session(session=session, by=by, at=NOON)


def _attempt(person: User, quiz: Quiz, **fields: object) -> Attempt:
    enrolment = Enrolment.objects.filter(user=person, course=quiz.activity.course).first()
    assert enrolment
    values = {"number": 1, "seed": 1, "pass_percent": 70, "started_at": NOON}
    return Attempt.objects.create(enrolment=enrolment, quiz=quiz, **{**values, **fields})


def _refused(**words: object) -> str:
    with pytest.raises(sessions.TicketRefusedError) as refusal:
        sessions.redeem(**words)  # type: ignore[arg-type]
    return str(refusal.value)


def test_a_ticket_opens_the_quiz_for_its_person_while_the_session_is_open(
    session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User
) -> None:
    code = _codes(session, manager_p1)[officer_p1.pk]
    words = {"code": code, "user": officer_p1, "quiz": quiz, "at": LATER}
    assert "not open yet" in _refused(**words)

    _opened(session, manager_p1)
    assert sessions.redeem(**words).session_id == session.pk

    sessions.close_session(session=session, by=manager_p1, at=LATER)
    assert "closed" in _refused(**words)


def test_a_code_is_read_as_people_type_it_and_nothing_is_no_code(
    session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User
) -> None:
    code = _codes(session, manager_p1)[officer_p1.pk]
    _opened(session, manager_p1)
    for typed in (code.upper(), code.replace("-", " "), f"  {code.replace('-', '')} "):
        assert sessions.redeem(code=typed, user=officer_p1, quiz=quiz, at=LATER).person_id == officer_p1.pk
    for typed in ("", "-", "   ", "\0", code[:-1], "k" * 5000):
        assert "not the code" in _refused(code=typed, user=officer_p1, quiz=quiz, at=LATER)


def test_nobody_uses_another_s_ticket_not_even_who_has_a_ticket(
    quiz: Quiz, units: Units, officer_p1: User, manager_p1: User
) -> None:
    colleague = make_person("colleague", "Trần Thị Bích", units.p1_a)
    session = _session(quiz, units, [officer_p1, colleague], manager_p1)
    codes = _codes(session, manager_p1)
    _opened(session, manager_p1)
    assert "not the code" in _refused(code=codes[officer_p1.pk], user=colleague, quiz=quiz, at=LATER)
    assert "not the code" in _refused(code=codes[officer_p1.pk], user=manager_p1, quiz=quiz, at=LATER)


def test_a_ticket_of_one_quiz_is_none_for_another(
    session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User, outline: object
) -> None:
    code = _codes(session, manager_p1)[officer_p1.pk]
    _opened(session, manager_p1)
    activity = quiz.activity
    activity.pk, activity.key, activity.position = None, uuid.uuid4(), 9
    activity.save()
    other = Quiz.objects.create(activity=activity)
    assert "not the code" in _refused(code=code, user=officer_p1, quiz=other, at=LATER)


def test_a_ticket_works_only_in_its_room(quiz: Quiz, units: Units, officer_p1: User, manager_p1: User) -> None:
    session = _session(quiz, units, [officer_p1], manager_p1, networks="10.1.0.0/16")
    code = _codes(session, manager_p1)[officer_p1.pk]
    _opened(session, manager_p1)
    words = {"code": code, "user": officer_p1, "quiz": quiz, "at": LATER}
    assert sessions.redeem(**words, address="10.1.4.4")
    assert "Phòng 1" in _refused(**words, address="10.2.4.4")
    assert "Phòng 1" in _refused(**words)


def test_a_ticket_opens_its_own_attempt_again_and_no_second_one(
    session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User, enrolment: Enrolment
) -> None:
    code = _codes(session, manager_p1)[officer_p1.pk]
    _opened(session, manager_p1)
    words = {"code": code, "user": officer_p1, "quiz": quiz, "at": LATER}
    ticket = sessions.redeem(**words)
    attempt = _attempt(officer_p1, quiz)
    sessions.bind(ticket=ticket, attempt=attempt, at=LATER)
    sessions.bind(ticket=ticket, attempt=attempt, at=LATER)
    assert sessions.redeem(**words).attempt_id == attempt.pk

    sessions.close_session(session=session, by=manager_p1, at=LATER)
    assert sessions.redeem(**words).attempt_id == attempt.pk, "who was writing goes on"

    Attempt.objects.filter(pk=attempt.pk).update(state="graded", submitted_at=LATER, score=1)
    assert "that attempt is over" in _refused(**words)
    second = _attempt(officer_p1, quiz, number=2)
    with pytest.raises(sessions.TicketRefusedError):
        sessions.bind(ticket=ExamTicket.objects.get(), attempt=second, at=LATER)


def test_a_seat_without_a_printed_ticket_opens_nothing(
    session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User
) -> None:
    _opened(session, manager_p1)
    for typed in ("-", "", "–"):
        assert "not the code" in _refused(code=typed, user=officer_p1, quiz=quiz, at=LATER)
    assert not sessions.is_printed(session.tickets.get())


def test_a_code_stands_nowhere_in_clear_and_opens_nothing_before_it_is_kept(
    session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User
) -> None:
    _opened(session, manager_p1)
    [drawn] = sessions.draw_codes(session=session)
    assert "not the code" in _refused(code=drawn.code, user=officer_p1, quiz=quiz, at=LATER)
    sessions.keep_codes(session=session, drawn=[drawn], by=manager_p1, at=NOON)
    ticket = session.tickets.get()
    assert drawn.code not in ticket.code_hash
    assert len(ticket.code_hash) == 64
    assert not set(drawn.code) & set("01ilo")


def test_printing_again_makes_new_codes_and_leaves_used_tickets_alone(
    quiz: Quiz, units: Units, officer_p1: User, manager_p1: User, enrolment: Enrolment
) -> None:
    colleague = make_person("colleague", "Trần Thị Bích", units.p1_a)
    session = _session(quiz, units, [officer_p1, colleague], manager_p1)
    first = _codes(session, manager_p1)
    _opened(session, manager_p1)
    used = sessions.redeem(code=first[officer_p1.pk], user=officer_p1, quiz=quiz, at=LATER)
    drawn = sessions.draw_codes(session=session)
    # Begun while the printer was working: the old ticket stays good.
    sessions.bind(ticket=used, attempt=_attempt(officer_p1, quiz), at=LATER)
    assert sessions.keep_codes(session=session, drawn=drawn, by=manager_p1, at=LATER) == 1
    assert sessions.redeem(code=first[officer_p1.pk], user=officer_p1, quiz=quiz, at=LATER)
    assert "not the code" in _refused(code=first[colleague.pk], user=colleague, quiz=quiz, at=LATER)
    new = {each.ticket.person_id: each.code for each in drawn}
    assert sessions.redeem(code=new[colleague.pk], user=colleague, quiz=quiz, at=LATER)
    assert [each.ticket.person for each in sessions.draw_codes(session=session)] == [colleague]


def test_seats_are_numbered_by_name_and_nobody_gets_two(
    quiz: Quiz, units: Units, officer_p1: User, manager_p1: User
) -> None:
    binh = make_person("binh", "Trần Văn Bình", units.p1_a)
    session = _session(quiz, units, [binh, officer_p1, binh], manager_p1)
    assert list(session.tickets.values_list("number", "person__username")) == [(1, "officer_p1"), (2, "binh")]
    an = make_person("an", "Lý An", units.p1_a)
    assert sessions.add_people(session=session, people=[an, binh], by=manager_p1, at=NOON) == 1
    assert session.tickets.get(person=an).number == 3
    sessions.remove_seat(session=session, number=2, by=manager_p1)
    sessions.remove_seat(session=session, number=2, by=manager_p1)
    assert list(session.tickets.values_list("number", flat=True)) == [1, 3]


def test_a_seat_that_was_used_or_that_an_incident_names_stays(
    session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User, enrolment: Enrolment
) -> None:
    sessions.log_incident(session=session, words="Mất điện", seat=1, by=manager_p1, at=NOON)
    with pytest.raises(sessions.SessionRefusedError):
        sessions.remove_seat(session=session, number=1, by=manager_p1)
    assert session.tickets.count() == 1


def test_a_closed_session_changes_no_more_unless_it_is_opened_again_with_a_reason(
    session: ExamSession, quiz: Quiz, officer_p1: User, manager_p1: User
) -> None:
    with pytest.raises(sessions.SessionRefusedError):
        sessions.close_session(session=session, by=manager_p1, at=NOON)
    _opened(session, manager_p1)
    sessions.open_session(session=session, by=manager_p1, at=LATER)
    session.refresh_from_db()
    assert session.opened_at == NOON
    sessions.close_session(session=session, by=manager_p1, at=LATER)
    for call in (
        lambda: sessions.add_people(session=session, people=[manager_p1], by=manager_p1, at=LATER),
        lambda: sessions.remove_seat(session=session, number=1, by=manager_p1),
        lambda: sessions.open_session(session=session, by=manager_p1, at=LATER),
    ):
        with pytest.raises(sessions.SessionRefusedError):
            call()
    sessions.open_again(session=session, reason="bấm nhầm", by=manager_p1, at=LATER)
    session.refresh_from_db()
    assert session.closed_at is None
    assert "bấm nhầm" in session.incidents.get().text


def test_an_incident_sent_twice_is_one_and_a_later_one_is_another(session: ExamSession, manager_p1: User) -> None:
    for at in (NOON, NOON + dt.timedelta(seconds=2), NOON + dt.timedelta(minutes=10)):
        sessions.log_incident(session=session, words="Mất điện 5 phút", by=manager_p1, at=at)
    assert session.incidents.count() == 2
    with pytest.raises(sessions.SessionRefusedError):
        sessions.log_incident(session=session, words="?", seat=99, by=manager_p1, at=NOON)

"""Supervised sessions as the invigilator sees them, as the sheet of tickets prints them, as the minutes tell them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from lms.accounts.models import User
from lms.core import clock
from lms.core.numbers import percent
from lms.units.models import Unit
from lms.units.queries import UnitOnDay, appointments_on, names_on
from lms.units.scope import below
from quizzes.models import Attempt, ExamSession, ExamTicket, Quiz
from quizzes.queries.desk import Candidate, candidates, supervised_paths

State = Attempt.State


@dataclass(frozen=True)
class SessionRow:
    """``standing``: "planned", "open" or "closed"."""

    id: int
    quiz_id: int
    quiz_title: str
    course: str
    unit: str
    room: str
    planned_at: dt.datetime
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None
    networks: str
    invigilators: str
    standing: str
    seats: int
    begun: int


def _standing(row: ExamSession) -> str:
    if row.closed_at is not None:
        return "closed"
    return "open" if row.opened_at is not None else "planned"


def _sessions(person: User) -> Any:
    return ExamSession.objects.filter(below(supervised_paths(person), "unit__path"))


def session_list(person: User) -> list[SessionRow]:
    """Those of the units where ``person`` supervises: open ones, then what is to come, then the last 100 closed."""
    found = (
        _sessions(person)
        .select_related("quiz__activity__course", "unit")
        .annotate(seats=Count("tickets"), begun=Count("tickets", filter=Q(tickets__attempt__isnull=False)))
        .order_by("-planned_at", "-pk")
    )
    rows = [*found.filter(closed_at__isnull=True), *found.filter(closed_at__isnull=False)[:100]]
    names = names_on([row.unit_id for row in rows], clock.today())
    order = {"open": 0, "planned": 1, "closed": 2}
    return sorted((_row(row, names) for row in rows), key=lambda row: order[row.standing])


def _row(row: Any, names: dict[int, UnitOnDay]) -> SessionRow:
    return SessionRow(
        id=row.pk,
        quiz_id=row.quiz_id,
        quiz_title=row.quiz.activity.title,
        course=row.quiz.activity.course.title,
        unit=names[row.unit_id].name if row.unit_id in names else "",
        room=row.room,
        planned_at=row.planned_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        networks=row.networks,
        invigilators=row.invigilators,
        standing=_standing(row),
        seats=row.seats,
        begun=row.begun,
    )


def held(person: User, session_id: int) -> ExamSession | None:
    """The session, if ``person`` supervises its unit; with quiz, activity, course, unit."""
    found: ExamSession | None = (
        _sessions(person)
        .select_related("quiz__activity__course", "unit")
        .annotate(seats=Count("tickets"), begun=Count("tickets", filter=Q(tickets__attempt__isnull=False)))
        .filter(pk=session_id)
        .first()
    )
    return found


# --- One session, live ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seat:
    """``standing``: "none" (no ticket printed), "printed", "writing", "done" (handed in), "over" (abandoned), "voided".

    ``answered`` of ``questions`` while writing. ``has_log``: an incident names this seat, so it stays.
    """

    number: int
    name: str
    unit: str
    position: str
    is_enrolled: bool
    standing: str
    begun_at: dt.datetime | None
    ended_at: dt.datetime | None
    deadline_at: dt.datetime | None
    answered: int
    questions: int
    percent: str
    passed: bool | None
    has_log: bool
    attempt_id: uuid.UUID | None


@dataclass(frozen=True)
class Incident:
    at: dt.datetime
    seat: int | None
    name: str
    text: str
    by: str


@dataclass(frozen=True)
class SessionPage:
    """``present``: who has begun; ``writing``, ``done``: of them."""

    row: SessionRow
    quiz_url: str
    needs_ticket: bool
    seats: tuple[Seat, ...]
    incidents: tuple[Incident, ...]
    made_by: str

    @property
    def writing(self) -> int:
        return sum(seat.standing == "writing" for seat in self.seats)

    @property
    def done(self) -> int:
        return sum(seat.standing in ("done", "over", "voided") for seat in self.seats)

    @property
    def present(self) -> int:
        return self.writing + self.done

    @property
    def absent(self) -> int:
        return len(self.seats) - self.present

    @property
    def unprinted(self) -> int:
        return sum(seat.standing == "none" for seat in self.seats)

    @property
    def removable(self) -> tuple[Seat, ...]:
        return tuple(seat for seat in self.seats if seat.standing in ("none", "printed") and not seat.has_log)


def session_page(session: ExamSession, at: dt.datetime) -> SessionPage:
    """Of a session that ``held`` gave. Eight queries whatever the number of seats."""
    tickets = list(
        session.tickets.select_related("person", "attempt")
        .annotate(
            questions=Count("attempt__questions", distinct=True),
            answered=Count(
                "attempt__questions",
                filter=Q(attempt__questions__answer__isnull=False) | Q(attempt__questions__autosaved__isnull=False),
                distinct=True,
            ),
        )
        .order_by("number")
    )
    people = {each.id: each for each in candidates(session.quiz, [ticket.person for ticket in tickets])}
    incidents = list(session.incidents.select_related("by", "ticket__person").order_by("at", "pk"))
    logged = {incident.ticket_id for incident in incidents}
    names = names_on([session.unit_id], clock.today())
    return SessionPage(
        row=_row(session, names),
        quiz_url=session.quiz.activity.url,
        needs_ticket=session.quiz.needs_ticket,
        seats=tuple(_seat(ticket, people[ticket.person_id], ticket.pk in logged) for ticket in tickets),
        incidents=tuple(
            Incident(
                at=incident.at,
                seat=incident.ticket.number if incident.ticket else None,
                name=incident.ticket.person.get_full_name() if incident.ticket else "",
                text=incident.text,
                by=incident.by.get_full_name(),
            )
            for incident in incidents
        ),
        made_by=session.made_by.get_full_name(),
    )


def _seat(ticket: Any, person: Candidate, has_log: bool) -> Seat:
    attempt: Attempt | None = ticket.attempt
    if attempt is None:
        standing = "printed" if ticket.code_hash != "-" else "none"
    elif attempt.state in Attempt.OPEN:
        standing = "writing"
    elif attempt.state == State.VOIDED:
        standing = "voided"
    else:
        standing = "over" if attempt.state == State.ABANDONED else "done"
    return Seat(
        number=ticket.number,
        name=person.name,
        unit=person.unit,
        position=person.position,
        is_enrolled=person.is_enrolled,
        standing=standing,
        begun_at=attempt.started_at if attempt else None,
        ended_at=attempt.submitted_at if attempt else None,
        deadline_at=attempt.deadline_at if attempt else None,
        answered=ticket.answered,
        questions=ticket.questions,
        percent=percent(attempt.score * 100) if attempt and attempt.score is not None else "",
        passed=attempt.passed if attempt else None,
        has_log=has_log,
        attempt_id=attempt.pk if attempt else None,
    )


# --- Who may be seated ----------------------------------------------------------------------------------------------


def officers(person: User, quiz: Quiz, unit: Unit) -> list[Candidate]:
    """Who serves in ``unit`` or below it today, by unit and name, without ``person``; those who take the course first.

    Four queries.
    """
    serving = appointments_on(unit, clock.today(), below=True)
    people = list({row.person_id: row.person for row in serving if row.person_id != person.pk}.values())
    found = candidates(quiz, [each for each in people if each.is_active])
    return sorted(found, key=lambda each: not each.is_enrolled)


def chosen_people(person: User, unit: Unit, ids: Sequence[int]) -> list[User]:
    """Those of ``ids`` who serve in ``unit`` or below it today, never ``person``: what a form sent, checked."""
    serving = {row.person_id: row.person for row in appointments_on(unit, clock.today(), below=True)}
    return [serving[pk] for pk in dict.fromkeys(ids) if pk in serving and pk != person.pk]


# --- On paper -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PrintedTicket:
    """One ticket of the sheet; ``url``: the page of the quiz, for the QR."""

    number: int
    name: str
    unit: str
    code: str
    quiz: str
    room: str
    time: dt.datetime
    url: str


def printed(session: ExamSession, codes: Sequence[tuple[ExamTicket, str]], *, base_url: str) -> list[PrintedTicket]:
    """``codes``: tickets with what they will bear. Three queries."""
    people = {each.id: each for each in candidates(session.quiz, [ticket.person for ticket, _code in codes])}
    return [
        PrintedTicket(
            number=ticket.number,
            name=people[ticket.person_id].name,
            unit=people[ticket.person_id].unit,
            code=code,
            quiz=session.quiz.activity.title,
            room=session.room,
            time=session.planned_at,
            url=f"{base_url.rstrip('/')}{session.quiz.activity.url or '/'}",
        )
        for ticket, code in codes
    ]

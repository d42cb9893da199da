"""Supervised sessions: who sits where, the tickets, opening and closing, what happened in the room (requirements Q8).

A ticket's code exists in clear only in the answer that is printed; the row keeps a keyed digest, so that neither a copy
of the database nor the log opens a quiz.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from lms.accounts.models import User
from lms.accounts.services import new_one_time_code
from lms.core import audit, text
from lms.units.models import Unit
from quizzes.access.network import is_within
from quizzes.models import Attempt, ExamIncident, ExamSession, ExamTicket, Quiz

_NEVER = "-"
# "k7xm-p3qa": eight letters (40 bits) are enough for a code that works for one person, one quiz and one hour.
_CODE_LENGTH = 9


class TicketRefusedError(Exception):
    """The sentence that tells the learner why the ticket does not work, and whom to ask."""


class SessionRefusedError(Exception):
    """The sentence that tells the invigilator why not."""


# --- The code of a ticket -----------------------------------------------------------------------------


def _plain(code: str) -> str:
    """As typed: spaces, dashes and capitals do not matter."""
    return "".join(letter for letter in text.fold(code) if letter.isalnum())


def digest(code: str, *, session_id: int, person_id: int) -> str:
    """64 hexadecimal digits, bound to the seat: the same code on another ticket has another digest."""
    return salted_hmac("quizzes.ticket", f"{session_id}:{person_id}:{_plain(code)}", algorithm="sha256").hexdigest()


def redeem(*, code: str, user: User, quiz: Quiz, at: dt.datetime, address: str = "") -> ExamTicket:
    """The ticket of ``user`` for ``quiz`` that bears ``code``; TicketRefusedError says why it may not be used.

    Inside the transaction that starts the attempt: the ticket's row is locked until then, and ``bind`` ties it to the
    attempt. A ticket that is tied to an attempt opens that attempt again while it is not handed in, never another one.
    """
    rows = ExamTicket.objects.select_for_update(of=("self",)).select_related("session", "attempt")
    held = list(rows.filter(session__quiz=quiz, person=user).order_by("-session__planned_at", "-pk"))
    found = [row for row in held if _bears(row, code)]
    if not found:
        raise TicketRefusedError(
            _("This is not the code of your ticket for this quiz. Look at the letters again, or ask the invigilator.")
        )
    ticket = found[0]
    session = ticket.session
    if not is_within(address, session.networks):
        raise TicketRefusedError(
            _("This ticket only works in the room of the session: %(room)s.") % {"room": session.room}
        )
    if ticket.attempt is not None:
        if ticket.attempt.state in Attempt.OPEN:
            return ticket
        raise TicketRefusedError(
            _("This ticket was used at %(time)s and that attempt is over. Ask the invigilator.")
            % {"time": _time(ticket.used_at)}
        )
    if session.closed_at is not None:
        raise TicketRefusedError(
            _("The session was closed at %(time)s. Ask the invigilator.") % {"time": _time(session.closed_at)}
        )
    if session.opened_at is None or session.opened_at > at:
        raise TicketRefusedError(_("The session is not open yet. Wait until the invigilator opens it, then try again."))
    return ticket


def bind(*, ticket: ExamTicket, attempt: Attempt, at: dt.datetime) -> None:
    """From now on ``ticket`` is good for ``attempt`` alone. A second call with the same attempt changes nothing."""
    if ticket.attempt_id == attempt.pk:
        return
    if ticket.attempt_id is not None:
        raise TicketRefusedError(_("This ticket has already been used."))
    ticket.attempt, ticket.used_at = attempt, at
    ticket.save(update_fields=["attempt", "used_at"])


def _bears(ticket: ExamTicket, code: str) -> bool:
    if not _plain(code):
        return False
    return constant_time_compare(
        ticket.code_hash, digest(code, session_id=ticket.session_id, person_id=ticket.person_id)
    )


def _time(instant: dt.datetime | None) -> str:
    return date_format(localtime(instant), "H:i d/m/Y") if instant else ""


# --- Printing -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A ticket and the code that it will bear once ``keep_codes`` was called."""

    ticket: ExamTicket
    code: str


def draw_codes(*, session: ExamSession, tickets: Sequence[int] | None = None) -> list[Drawn]:
    """New codes for the tickets of ``session`` that were not used, or for some of them (by number). Nothing is written.

    So that a sheet can be printed first: a code opens nothing before ``keep_codes``.
    """
    rows = session.tickets.filter(attempt__isnull=True).select_related("person").order_by("number")
    if tickets is not None:
        rows = rows.filter(number__in=list(tickets))
    return [Drawn(row, new_one_time_code()[:_CODE_LENGTH]) for row in rows]


@transaction.atomic
def keep_codes(*, session: ExamSession, drawn: Iterable[Drawn], by: User, at: dt.datetime) -> int:
    """Make drawn codes valid; the older ones stop working. How many: who has begun meanwhile keeps the old ticket."""
    held = _locked(session)
    codes = {each.ticket.pk: each.code for each in drawn}
    rows = list(held.tickets.select_for_update().filter(pk__in=codes, attempt__isnull=True))
    for row in rows:
        row.code_hash = digest(codes[row.pk], session_id=held.pk, person_id=row.person_id)
        row.made_at = at
    ExamTicket.objects.bulk_update(rows, ["code_hash", "made_at"])
    _note("quizzes.session_tickets", held, by, tickets=[row.number for row in rows])
    return len(rows)


def is_printed(ticket: ExamTicket) -> bool:
    """False: no code was ever given to it, so nothing opens the quiz with it."""
    return bool(ticket.code_hash != _NEVER)


# --- The session --------------------------------------------------------------------------------------


@transaction.atomic
def create(
    *,
    quiz: Quiz,
    unit: Unit,
    room: str,
    planned_at: dt.datetime,
    networks: str,
    invigilators: str,
    people: Iterable[User],
    by: User,
    at: dt.datetime,
) -> ExamSession:
    """A session with a seat for each of ``people``, numbered in the order of their names. No code is given yet."""
    session: ExamSession = ExamSession.objects.create(
        quiz=quiz,
        unit=unit,
        room=text.clean(room),
        planned_at=planned_at,
        networks=networks.strip(),
        invigilators=text.clean(invigilators),
        made_by=by,
        made_at=at,
    )
    seats = _seat(session, people, at)
    _note("quizzes.session_create", session, by, room=session.room, seats=seats)
    return session


@transaction.atomic
def change(
    *,
    session: ExamSession,
    room: str,
    planned_at: dt.datetime,
    networks: str,
    invigilators: str,
    by: User,
) -> ExamSession:
    """Other words for the room, the time and who watches; until it is closed."""
    held = _locked(session)
    _not_closed(held)
    held.room, held.planned_at = text.clean(room), planned_at
    held.networks, held.invigilators = networks.strip(), text.clean(invigilators)
    held.save(update_fields=["room", "planned_at", "networks", "invigilators"])
    _note("quizzes.session_change", held, by, room=held.room)
    return held


@transaction.atomic
def add_people(*, session: ExamSession, people: Iterable[User], by: User, at: dt.datetime) -> int:
    """Seats for those of ``people`` who have none yet; how many were new. Also while the session is open."""
    held = _locked(session)
    _not_closed(held)
    seats = _seat(held, people, at)
    if seats:
        _note("quizzes.session_seats", held, by, added=seats)
    return seats


@transaction.atomic
def remove_seat(*, session: ExamSession, number: int, by: User) -> None:
    """A seat that was not used and that no incident names; SessionRefusedError otherwise."""
    held = _locked(session)
    _not_closed(held)
    ticket = held.tickets.select_for_update().filter(number=number).first()
    if ticket is None:
        return
    if ticket.attempt_id is not None or ticket.incidents.exists():
        raise SessionRefusedError(_("Seat %(number)s was used: it stays in the list.") % {"number": number})
    ticket.delete()
    _note("quizzes.session_seats", held, by, removed=number)


def _seat(session: ExamSession, people: Iterable[User], at: dt.datetime) -> int:
    taken = set(session.tickets.values_list("person_id", flat=True))
    last = session.tickets.aggregate(last=Max("number"))["last"] or 0
    new = sorted(
        {person.pk: person for person in people if person.pk not in taken}.values(),
        key=lambda person: (person.name_sort_key, person.pk),
    )
    ExamTicket.objects.bulk_create(
        ExamTicket(session=session, person=person, number=number, code_hash=_NEVER, made_at=at)
        for number, person in enumerate(new, start=last + 1)
    )
    return len(new)


@transaction.atomic
def open_session(*, session: ExamSession, by: User, at: dt.datetime) -> ExamSession:
    """Tickets work from now on. A second call changes nothing; a closed one is opened by ``open_again``."""
    held = _locked(session)
    _not_closed(held)
    if held.opened_at is None:
        held.opened_at = at
        held.save(update_fields=["opened_at"])
        _note("quizzes.session_open", held, by)
    return held


@transaction.atomic
def close_session(*, session: ExamSession, by: User, at: dt.datetime) -> ExamSession:
    """No ticket begins an attempt any more; who is writing goes on until handing in or until the time is up."""
    held = _locked(session)
    if held.opened_at is None:
        raise SessionRefusedError(_("This session was not opened."))
    if held.closed_at is None:
        held.closed_at = at
        held.save(update_fields=["closed_at"])
        _note("quizzes.session_close", held, by)
    return held


@transaction.atomic
def open_again(*, session: ExamSession, reason: str, by: User, at: dt.datetime) -> ExamSession:
    """Closed too early. The reason goes into the log of the room, and so into the minutes."""
    held = _locked(session)
    if held.closed_at is None:
        return held
    words = {"time": _time(held.closed_at), "reason": text.clean(reason)}
    held.closed_at = None
    held.save(update_fields=["closed_at"])
    ExamIncident.objects.create(
        session=held, at=at, by=by, text=_("The session, closed at %(time)s, was opened again: %(reason)s") % words
    )
    _note("quizzes.session_open", held, by, reason=words["reason"])
    return held


@transaction.atomic
def log_incident(
    *, session: ExamSession, words: str, by: User, at: dt.datetime, seat: int | None = None
) -> ExamIncident:
    """What happened, at a seat or in the room; also after closing, since minutes are written at the end.

    The very same sentence about the same seat within a minute is a button pressed twice, and is one entry.
    """
    held = _locked(session)
    ticket = held.tickets.filter(number=seat).first() if seat is not None else None
    if seat is not None and ticket is None:
        raise SessionRefusedError(_("There is no seat %(number)s in this session.") % {"number": seat})
    said = text.clean(words)
    before: ExamIncident | None = held.incidents.filter(
        text=said, ticket=ticket, by=by, at__gt=at - dt.timedelta(minutes=1)
    ).first()
    if before is not None:
        return before
    made: ExamIncident = ExamIncident.objects.create(session=held, at=at, text=said, ticket=ticket, by=by)
    return made


def _locked(session: ExamSession) -> ExamSession:
    held: ExamSession = ExamSession.objects.select_for_update(of=("self",)).select_related("unit").get(pk=session.pk)
    return held


def _not_closed(session: ExamSession) -> None:
    if session.closed_at is not None:
        raise SessionRefusedError(
            _("This session was closed at %(time)s. Nothing was changed.") % {"time": _time(session.closed_at)}
        )


def _note(action: str, session: ExamSession, by: User, **data: Any) -> None:
    audit.record(action, session, actor=by, unit=session.unit_id, path=session.unit.path, quiz=session.quiz_id, **data)

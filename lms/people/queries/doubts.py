"""A doubtful row beside those whom it may mean, doubtful names of units with what they may mean, who leaves."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Min, Q

from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock
from lms.people.enums import Outcome, Refusal
from lms.people.models import RosterBatch, RosterLeaver, RosterRow
from lms.units import queries as units
from lms.units.models import Appointment, Grant
from lms.units.scope import people_in_scope


@dataclass(frozen=True)
class Candidate:
    """An account in the viewer's units, as far as a row is compared with it. ``differs``: keys of what is otherwise."""

    pk: int
    full_name: str
    born: str
    phone: str
    email: str
    places: tuple[str, ...]
    has_signed_in: bool
    differs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Doubt:
    row: RosterRow
    candidates: tuple[Candidate, ...]


def doubts_of(rows: Sequence[RosterRow], viewer: User, *, on: dt.date | None = None) -> list[Doubt]:
    """Only candidates who serve in the viewer's units today: of anybody else nothing is shown. Five queries."""
    day = on or clock.today()
    wanted = {pk for row in rows if row.unit_id for pk in row.candidates}
    people = list(User.objects.filter(people_in_scope(viewer, Grant.Right.IMPORT, on=day), pk__in=wanted))
    held = Appointment.objects.on(day).filter(person__in=people).order_by("-is_primary", "pk")
    posts = list(held)
    names = units.names_on({post.unit_id for post in posts}, day)
    places: dict[int, list[str]] = defaultdict(list)
    for post in posts:
        places[post.person_id].append(f"{post.position}, {names[post.unit_id].name}" if post.unit_id in names else "")
    found = {person.pk: person for person in people}
    return [
        Doubt(row, tuple(_candidate(row, found[pk], places[pk]) for pk in row.candidates if pk in found))
        for row in rows
    ]


def _candidate(row: RosterRow, person: User, places: Iterable[str]) -> Candidate:
    born = f"{person.born_on:%d/%m/%Y}" if person.born_on else str(person.birth_year or "")
    pairs = {
        "full_name": (row.full_name, person.full_name),
        "phone": (row.phone, person.phone or ""),
        "email": (row.email, person.email.lower()),
        "born": (f"{row.born_on:%d/%m/%Y}" if row.born_on else str(row.birth_year or ""), born),
    }
    differs = frozenset(key for key, (said, known) in pairs.items() if said and said != known)
    return Candidate(
        person.pk, person.full_name, born, phones.display(person.phone or ""), person.email, tuple(places),
        person.last_login is not None, differs,
    )  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """Rows that are doubtful for one reason: ``refusal`` is its key, ``sentence`` what it says, without names."""

    refusal: str
    sentence: str
    rows: int


def kinds_of(batch: RosterBatch) -> list[Kind]:
    """Of the rows that are still to be decided, units aside; the largest first. One query."""
    open_rows = RosterRow.objects.filter(batch=batch, outcome=Outcome.CONFLICT, unit__isnull=False)
    counted = open_rows.order_by().values_list("refusal").annotate(rows=Count("pk")).order_by("-rows", "refusal")
    return [Kind(refusal, _of_kind(refusal), rows) for refusal, rows in counted]


def _of_kind(refusal: str) -> str:
    """OTHER_NAME names the person it found: here it is about many."""
    return str(Refusal(refusal).label) % {"name": "…"}


@dataclass(frozen=True)
class UnitOption:
    """``basis``: the document by which the unit took the old one over, "" where it is not known."""

    id: int
    name: str
    basis: str
    day: str


@dataclass(frozen=True)
class UnitQuestion:
    """A doubtful name of a unit in a batch: asked once, however many rows bear it."""

    key: str
    written: str
    rows: int
    first_row: int
    is_divided: bool
    options: tuple[UnitOption, ...] = field(default=())


def unit_questions(batch: RosterBatch) -> list[UnitQuestion]:
    """What is still to be asked, the name with the most rows first. Two queries."""
    open_rows = RosterRow.objects.filter(batch=batch, outcome=Outcome.CONFLICT, unit__isnull=True).exclude(unit_key="")
    asked = list(
        open_rows.order_by().values("unit_key").annotate(rows=Count("pk"), first=Min("pk")).order_by("-rows", "first")
    )
    firsts = RosterRow.objects.in_bulk([each["first"] for each in asked])
    return [_question(each["unit_key"], each["rows"], firsts[each["first"]]) for each in asked]


def _question(key: str, number: int, row: RosterRow) -> UnitQuestion:
    words = row.refusal_words
    options = tuple(UnitOption(*option) for option in words.get("options", ()))
    return UnitQuestion(
        key, words.get("value") or row.unit_text, number, row.number, row.refusal == "unit_divided", options
    )


@dataclass(frozen=True)
class UnitAnswer:
    """What was said of a name that rows of the batch bear; ``unit`` is "" where they are left out."""

    key: str
    written: str
    unit: str
    rows: int


def unit_answers_given(batch: RosterBatch, said: dict[str, int | None]) -> list[UnitAnswer]:
    """Two queries. ``said``: as queries.unit_answers gives it."""
    rows = (
        RosterRow.objects.filter(batch=batch, unit_key__in=said)
        .exclude(unit_key="")
        .exclude(outcome=Outcome.CONFLICT, unit__isnull=True)
    )
    given = rows.order_by().values("unit_key").annotate(rows=Count("pk"), text=Min("unit_text")).order_by("text")
    found = list(given)
    names = units.names_on([pk for each in found if (pk := said[each["unit_key"]])], clock.today())
    return [
        UnitAnswer(
            each["unit_key"], each["text"], names[pk].name if (pk := said[each["unit_key"]]) in names else "",
            each["rows"],
        )
        for each in found
    ]  # fmt: skip


@dataclass(frozen=True)
class Leaver:
    """Somebody who leaves, or is listed and stays."""

    row: RosterLeaver
    full_name: str
    unit: str
    position: str
    since: dt.date


def leavers_of(rows: Sequence[RosterLeaver], *, on: dt.date | None = None) -> list[Leaver]:
    """``rows`` with appointment and person selected. One query."""
    names = units.names_on({row.appointment.unit_id for row in rows}, on or clock.today())
    return [
        Leaver(
            row,
            row.appointment.person.full_name,
            names[row.appointment.unit_id].name if row.appointment.unit_id in names else "",
            row.appointment.position,
            row.appointment.starts_on,
        )
        for row in rows
    ]


def doubtful_rows(batch: RosterBatch) -> Q:
    """Rows of people who are to be told apart, and those of which somebody has said it."""
    return Q(outcome=Outcome.CONFLICT, unit__isnull=False) | ~Q(answer="")

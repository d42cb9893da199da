"""The desk of those who mark and supervise: what they may see at all, quizzes with what waits, exceptions."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from courses.models import Enrolment
from lms.accounts.models import User
from lms.core import clock, text
from lms.core.numbers import number
from lms.units.models import Appointment, Grant, Unit
from lms.units.queries import names_on
from lms.units.scope import NOBODY, below, granted_paths, granted_units, people_in_scope, rights_held
from quizzes.models import Attempt, Override, Quiz

MARKS = frozenset({Grant.Right.MARK.value})
SUPERVISES = frozenset({Grant.Right.MARK.value, Grant.Right.ASSIGN.value})
PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """Which part of a list: ``number`` of ``last``, both from 1."""

    number: int
    last: int
    total: int

    @property
    def rows(self) -> slice:
        return slice((self.number - 1) * PAGE_SIZE, self.number * PAGE_SIZE)


def page_of(total: int, asked: int) -> Page:
    """The page that was asked for, or the nearest there is."""
    last = max(1, -(-total // PAGE_SIZE))
    return Page(min(max(asked, 1), last), last, total)


def points(value: Fraction | Decimal | float) -> str:
    """1.5 → "1,5", 2 → "2": two places at most."""
    shown = number(float(value), 2)
    return shown.rstrip("0").rstrip(",") if "," in shown else shown


# --- Who ------------------------------------------------------------------------------------------------------------


def may_mark(person: User) -> bool:
    """Anybody at all. One query, kept for the request."""
    return bool(rights_held(person) & MARKS)


def may_supervise(person: User) -> bool:
    return bool(rights_held(person) & SUPERVISES)


def supervised_paths(person: User) -> list[str]:
    """Paths of the subtrees in which ``person`` may make exceptions and hold sessions: rights MARK and ASSIGN."""
    found = {path for right in sorted(SUPERVISES) for path in granted_paths(person, right)}
    return sorted(path for path in found if not any(path != other and path.startswith(other) for other in found))


def supervised_units(person: User) -> list[Unit]:
    """The tops of those subtrees, open today."""
    today = clock.today()
    found = {unit.pk: unit for right in sorted(SUPERVISES) for unit in granted_units(person, right)}
    return [unit for unit in found.values() if not unit.closed_on or unit.closed_on > today]


def supervised_unit(person: User, unit_id: int) -> Unit | None:
    """The unit, if ``person`` supervises there. Two queries or more."""
    return Unit.objects.filter(below(supervised_paths(person), "path"), pk=unit_id).select_related("level").first()


def people_supervised(person: User) -> Q:
    """Accounts serving today where ``person`` supervises; never oneself. A filter for User."""
    query = NOBODY
    for right in sorted(SUPERVISES):
        query |= people_in_scope(person, right)
    return query & ~Q(pk=person.pk)


# --- Quizzes --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuizLine:
    """A quiz with what there is of it where somebody marks or supervises."""

    id: int
    title: str
    course: str
    is_retired: bool
    attempts: int
    waiting: int
    to_confirm: int
    latest_at: dt.datetime | None


def quiz_lines(person: User) -> list[QuizLine]:
    """Every quiz, by course and place; those that were taken off only while they have attempts here. Three queries."""
    counts: dict[int, dict[str, Any]] = {}
    if may_mark(person):
        rows = (
            Attempt.objects.markable_by(person)
            .values("quiz")
            .annotate(
                number=Count("pk", filter=~Q(state=Attempt.State.NOT_STARTED)),
                waiting=Count("pk", filter=Q(state=Attempt.State.SUBMITTED)),
                to_confirm=Count("pk", filter=Q(voiding__isnull=False, voiding__confirmed_at__isnull=True)),
                latest=Max("started_at"),
            )
            .order_by()
        )
        counts = {row["quiz"]: dict(row) for row in rows}
    found = Quiz.objects.select_related("activity__course").order_by("activity__course__title", "activity__position")
    lines = []
    for quiz in found:
        row = counts.get(quiz.pk)
        is_retired = quiz.activity.retired_at is not None
        if is_retired and not row:
            continue
        lines.append(
            QuizLine(
                id=quiz.pk,
                title=quiz.activity.title,
                course=quiz.activity.course.title,
                is_retired=is_retired,
                attempts=row["number"] if row else 0,
                waiting=row["waiting"] if row else 0,
                to_confirm=row["to_confirm"] if row else 0,
                latest_at=row["latest"] if row else None,
            )
        )
    return lines


def one_quiz(quiz_id: int) -> Quiz | None:
    """With its activity and course. One query."""
    return Quiz.objects.select_related("activity__course").filter(pk=quiz_id).first()


# --- Exceptions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExceptionRow:
    """One exception. ``says``: what it changes, in words. ``standing``: "now", "over" (past its last day) or
    "withdrawn". ``is_mine``: whoever looks may withdraw it."""

    id: int
    is_personal: bool
    who: str
    where: str
    says: tuple[tuple[str, str], ...]
    reason: str
    expires_on: dt.date | None
    made_by: str
    made_at: dt.datetime
    standing: str
    withdrawn_by: str
    withdrawn_at: dt.datetime | None
    is_mine: bool
    reaches: int


@dataclass(frozen=True)
class ExceptionList:
    in_force: tuple[ExceptionRow, ...]
    over: tuple[ExceptionRow, ...]


def exceptions(person: User, quiz: Quiz, at: dt.datetime) -> ExceptionList:
    """What concerns the people that ``person`` supervises: exceptions for them, for units below and for units above.

    Those from above are shown and cannot be withdrawn. The number of queries does not grow with the rows.
    """
    paths = supervised_paths(person)
    chains = {path[:end] for path in paths for end in range(Unit.steplen, len(path) + 1, Unit.steplen)}
    people = User.objects.filter(people_supervised(person) | enrolled_supervised(quiz, paths)).exclude(pk=person.pk)
    found = list(
        Override.objects.filter(quiz=quiz)
        .filter(Q(person__in=people) | below(paths, "unit__path") | Q(unit__path__in=chains))
        .select_related("person", "unit", "made_by", "withdrawn_by")
        .order_by("-made_at")
    )
    today = clock.day_of(at)
    names = names_on([row.unit_id for row in found if row.unit_id], today)
    enrolled = list(
        Enrolment.objects.standing()
        .filter(course=quiz.activity.course_id, withdrawn_at__isnull=True)
        .filter(below([row.unit.path for row in found if row.unit], "unit__path"))
        .values_list("unit__path")
        .annotate(people=Count("user", distinct=True))
        .order_by()
    )
    homes = _homes(quiz, [row.person_id for row in found if row.person_id], today)
    rows = [_exception(row, names, homes, enrolled, paths, today) for row in found]
    return ExceptionList(
        tuple(row for row in rows if row.standing == "now"), tuple(row for row in rows if row.standing != "now")
    )


def enrolled_supervised(quiz: Quiz, paths: Sequence[str]) -> Q:
    """Accounts that take the course from a unit in ``paths``: a filter for User."""
    rows = Enrolment.objects.filter(course=quiz.activity.course_id, withdrawn_at__isnull=True)
    return Q(pk__in=rows.filter(below(paths, "unit__path")).values("user"))


def _homes(quiz: Quiz, people: Iterable[int], today: dt.date) -> dict[int, str]:
    """Person → the unit from which the course is taken, as it is called today. Two queries."""
    rows = Enrolment.objects.standing().filter(course=quiz.activity.course_id, user__in=list(people)).order_by("cycle")
    units = dict(rows.values_list("user", "unit"))
    names = names_on([unit for unit in units.values() if unit], today)
    return {person: names[unit].name for person, unit in units.items() if unit in names}


def _exception(
    row: Override,
    names: dict[int, Any],
    homes: dict[int, str],
    enrolled: list[tuple[str, int]],
    paths: Sequence[str],
    today: dt.date,
) -> ExceptionRow:
    if row.withdrawn_at is not None:
        standing = "withdrawn"
    elif row.expires_on is not None and row.expires_on < today:
        standing = "over"
    else:
        standing = "now"
    unit_path = row.unit.path if row.unit else ""
    return ExceptionRow(
        id=row.pk,
        is_personal=row.person_id is not None,
        who=row.person.get_full_name() if row.person else names[row.unit_id].name if row.unit_id in names else "",
        where=homes.get(row.person_id, "") if row.person_id else "",
        says=tuple(said(row)),
        reason=row.reason,
        expires_on=row.expires_on,
        made_by=row.made_by.get_full_name(),
        made_at=row.made_at,
        standing=standing,
        withdrawn_by=row.withdrawn_by.get_full_name() if row.withdrawn_by else "",
        withdrawn_at=row.withdrawn_at,
        is_mine=row.person_id is not None or any(unit_path.startswith(path) for path in paths),
        reaches=1 if row.person_id else sum(count for path, count in enrolled if (path or "").startswith(unit_path)),
    )


def said(row: Override) -> list[tuple[str, str]]:
    """What an exception changes: (name, value) for each field that is set."""
    found: list[tuple[str, str]] = []
    if row.opens_at is not None:
        found.append((_("Opens at"), date_format(localtime(row.opens_at), "H:i d/m/Y")))
    if row.closes_at is not None:
        found.append((_("Closes at"), date_format(localtime(row.closes_at), "H:i d/m/Y")))
    if row.limit_minutes is not None:
        found.append(
            (_("Time limit"), _("%(n)s minutes") % {"n": number(row.limit_minutes)} if row.limit_minutes else _("none"))
        )
    if row.time_factor is not None:
        found.append((_("Time multiplied by"), points(row.time_factor)))
    if row.max_attempts is not None:
        found.append((_("Attempts"), number(row.max_attempts) if row.max_attempts else _("without limit")))
    if row.password is not None:
        found.append((_("Password"), _("a password of its own") if row.password else _("none needed")))
    return found


def one_exception(person: User, quiz: Quiz, override_id: int) -> Override | None:
    """An exception that ``person`` may withdraw."""
    paths = supervised_paths(person)
    people = User.objects.filter(people_supervised(person) | enrolled_supervised(quiz, paths)).exclude(pk=person.pk)
    return (
        Override.objects.filter(quiz=quiz, pk=override_id)
        .filter(Q(person__in=people) | below(paths, "unit__path"))
        .first()
    )


@dataclass(frozen=True)
class Candidate:
    """Somebody to choose. ``is_enrolled``: takes the course, so that the quiz can be begun at all."""

    id: int
    name: str
    unit: str
    position: str
    is_enrolled: bool


def find_people(person: User, quiz: Quiz, typed: str, *, limit: int = 20) -> list[Candidate]:
    """People whom ``person`` supervises by a part of their name or their username, diacritics ignored; with diacritics
    typed, exact ones first. Five queries."""
    words = text.fold(typed).split()
    if not words:
        return []
    paths = supervised_paths(person)
    found = User.objects.filter(people_supervised(person) | enrolled_supervised(quiz, paths)).exclude(pk=person.pk)
    named = Q()
    for word in words:
        named &= Q(name_folded__contains=word)
    rows = list(found.filter(named | Q(username=words[0]), is_active=True).order_by("name_sort_key", "pk")[:200])
    exact = text.clean(typed).casefold()
    rows.sort(key=lambda row: exact not in row.full_name.casefold())
    return candidates(quiz, rows[:limit])


def person_supervised(person: User, quiz: Quiz, chosen: int) -> list[Candidate]:
    """The one whose number was sent, if ``person`` supervises there; [] otherwise."""
    paths = supervised_paths(person)
    found = User.objects.filter(people_supervised(person) | enrolled_supervised(quiz, paths)).exclude(pk=person.pk)
    return candidates(quiz, list(found.filter(pk=chosen, is_active=True)))


def candidates(quiz: Quiz, people: Sequence[User]) -> list[Candidate]:
    """``people`` with the unit and position of today. Three queries."""
    today = clock.today()
    ids = [each.pk for each in people]
    serving: dict[int, Any] = {}
    for row in Appointment.objects.on(today).filter(person__in=ids).order_by("is_primary", "-starts_on", "-pk"):
        serving[row.person_id] = row
    names = names_on({row.unit_id for row in serving.values()}, today)
    enrolled = set(
        Enrolment.objects.filter(course=quiz.activity.course_id, user__in=ids, withdrawn_at__isnull=True).values_list(
            "user", flat=True
        )
    )
    return [
        Candidate(
            id=each.pk,
            name=each.get_full_name(),
            unit=names[serving[each.pk].unit_id].name
            if each.pk in serving and serving[each.pk].unit_id in names
            else "",
            position=serving[each.pk].position if each.pk in serving else "",
            is_enrolled=each.pk in enrolled,
        )
        for each in people
    ]

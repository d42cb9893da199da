"""What the papers of a unit are made from: the table of the screen, the tasks it rests on, the people to be called."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from courses.enums import State
from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock
from lms.plans.models import Assignment, BasisDocument
from lms.plans.queries import given_at, stands_on
from lms.reports.formats.issuers import Issuer, issuer_of, with_settings, within
from lms.reports.formats.layout import Layout
from lms.reports.formats.report import Document, Facts, Task
from lms.reports.queries.people import each_person
from lms.reports.queries.questions import OFFICER, Place, Question, beginnings
from lms.reports.queries.table import UnitTable, uncovered_units
from lms.units import queries as tree
from lms.units.models import Appointment, Unit
from lms.units.scope import scope_q

# A longer list is not read, and prints for minutes: whoever needs it asks unit by unit.
MOST_ROWS = 4000


def layout() -> Layout:
    """The sizes and margins of this site. BadLayoutError where the settings cannot be read."""
    return Layout().changed(settings.REPORT_PAPERS.get("layout", {}))


def issuer_on(unit: Unit, day: dt.date) -> Issuer:
    """Who signs for ``unit``, by its name of that day and the settings of its level and its own. One query."""
    named = tree.names_on([unit], day).get(unit.pk)
    issuer = issuer_of(unit.level.key, named.name if named else "", named.short_name if named else "")
    known = settings.REPORT_PAPERS.get("issuers", {})
    for key in (unit.level.key, str(unit.pk)):
        issuer = with_settings(issuer, known.get(key, {}))
    return issuer


def standing_tasks(place: Place, question: Question) -> QuerySet[Assignment]:
    """For the course asked about, given to the unit, to a unit above it or to one below it (or to one that went whole
    into one of these), standing at the end of the day: from above first.
    """
    path, step = place.unit.path, Unit.steplen
    chain = [path[:end] for end in range(step, len(path) + 1, step)]
    still = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=question.end)
    return (
        Assignment.objects.filter(
            still, given_at(exactly=chain, below=[path]), course=question.course_id or 0, assigned_at__lt=question.end
        )
        .select_related("basis", "unit")
        .order_by("unit__path", F("deadline").asc(nulls_last=True), "pk")
    )


@dataclass(frozen=True)
class Given:
    """The tasks of a unit: ``documents`` of all, each once; ``tasks`` only those that the whole unit is under.

    ``deadline``, ``document`` and the contact are those of the task to which the short link leads.
    """

    documents: tuple[Document, ...]
    tasks: tuple[Task, ...]
    deadline: dt.date | None = None
    document: Document | None = None
    contact_name: str = ""
    contact_phone: str = ""


def given(place: Place, question: Question) -> Given:
    """Two queries, one where no task stands; more where one came from a unit that has closed."""
    tasks_found = list(standing_tasks(place, question))
    stands = stands_on({task.unit_id: task.unit for task in tasks_found}.values(), question.day)
    at = {task.pk: stands[task.unit_id].unit for task in tasks_found}
    path = place.unit.path
    found = [task for task in tasks_found if path.startswith(at[task.pk].path) or at[task.pk].path.startswith(path)]
    whole = [task for task in found if path.startswith(at[task.pk].path)]
    names = tree.names_on([at[task.pk] for task in whole], question.day)
    documents = {task.basis_id: _document(task.basis) for task in found if task.basis}
    tasks = tuple(
        Task(
            within(names[at[task.pk].pk].name) if at[task.pk].pk in names else "",
            task.deadline,
            _document(task.basis) if task.basis else None,
        )
        for task in whole
    )
    if not whole:
        return Given(tuple(documents.values()), tasks)
    first = min(whole, key=lambda task: (-len(at[task.pk].path), task.deadline or dt.date.max, task.pk))
    return Given(
        tuple(documents.values()),
        tasks,
        first.deadline,
        _document(first.basis) if first.basis else None,
        first.contact_name,
        phones.display(first.contact_phone),
    )


def _document(basis: BasisDocument) -> Document:
    return Document(basis.kind, basis.reference, basis.date_as_written, basis.issuer, basis.title)


def report_facts(
    place: Place,
    question: Question,
    table: UnitTable,
    *,
    course: str,
    only: str,
    note: str,
    label: str,
    at: dt.datetime,
) -> Facts:
    """What a report says of ``table``, which was read by the same question at ``at``. Three queries at most."""
    tasks = given(place, question)
    return Facts(
        issuer=issuer_on(place.unit, question.day),
        unit_id=place.unit.pk,
        unit=place.name,
        day=question.day,
        read_at=timezone.localtime(at),
        course_id=question.course_id or 0,
        course=course,
        rows=table.rows,
        total=table.total.figures,
        is_single=table.total.is_single,
        counted=table.counted.lower(),
        overlap=table.overlap if table.rows else 0,
        only=only,
        note=note,
        label=label,
        documents=tasks.documents,
        tasks=tasks.tasks,
        site=f"hệ thống “{settings.WAGTAIL_SITE_NAME}”",
    )


# --- Whom to call ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Missing:
    """pii. A unit without a trained page officer and whom to call there, or an officer who has not completed.

    ``name`` is "" where nobody is known; ``in_charge``: whether the person answers for the page. ``phone``: "" where
    there is none or where it is not the viewer's to see.
    """

    unit_id: int
    unit: str
    above: str
    name: str
    position: str
    phone: str
    status: State
    in_charge: bool
    begun_on: dt.date | None = None

    @property
    def phone_shown(self) -> str:
        return phones.display(self.phone)


@dataclass(frozen=True)
class MissingList:
    """``count``: units (or people, where ``by_people``) that are missing; of them at most MOST_ROWS have ``rows``."""

    rows: tuple[Missing, ...]
    count: int
    by_people: bool

    @property
    def cut(self) -> int:
        """How many are not shown."""
        return self.count - min(self.count, MOST_ROWS)


def missing_people(viewer: User, place: Place, question: Question) -> MissingList:
    """Everybody whom the question counts and who has not completed, by unit in the tree's order, then by name. A
    constant number of queries.
    """
    rows = []
    count = 0
    for person in each_person(viewer, place, question):
        if person.status == State.DONE:
            continue
        count += 1
        if count <= MOST_ROWS:
            rows.append(
                Missing(
                    person.unit_id,
                    person.unit,
                    person.above,
                    person.name,
                    person.position,
                    person.phone,
                    person.status,
                    bool(person.duty),
                    person.begun_on,
                )
            )
    return MissingList(tuple(rows), count, True)


def missing_units(viewer: User, place: Place, question: Question) -> MissingList:
    """The units of the lowest level without a trained page officer, in the tree's order: each with its page officers,
    or, where nobody is in charge, with the one person there who is likeliest to know. A constant number of queries.
    """
    count, units = uncovered_units(place, question, limit=MOST_ROWS)
    posts = _posts_at([unit.unit_id for unit in units], viewer, question)
    rows: list[Missing] = []
    for unit in units:
        held = posts.get(unit.unit_id, [])
        officers = [post for post in held if post.page_duty == OFFICER]
        for post in officers or held[:1]:
            rows.append(_missing(unit.unit_id, unit.name, unit.above, post))
        if not held:
            rows.append(Missing(unit.unit_id, unit.name, unit.above, "", "", "", State.NOT_STARTED, False))
    return MissingList(tuple(rows), count, False)


def _posts_at(units: Iterable[int], viewer: User, question: Question) -> dict[int, list[Appointment]]:
    """Unit → its appointments of the day: page officers, then the team, then those with a phone. One or two queries."""
    begun = beginnings(question).filter(user=OuterRef("person_id"))
    found = Appointment.objects.on(question.day).filter(unit__in=list(units)).select_related("person")
    found = found.annotate(has_begun=Exists(begun))
    if question.day != clock.today():
        # Of somebody who serves elsewhere today, the phone is not the viewer's to see.
        here = Appointment.objects.on(clock.today()).filter(scope_q(viewer), person=OuterRef("person_id"))
        found = found.annotate(here_today=Exists(here))
    by_unit: dict[int, list[Appointment]] = {}
    seen = set()
    for post in sorted(found, key=_likeliest):
        if (post.unit_id, post.person_id) not in seen:
            seen.add((post.unit_id, post.person_id))
            by_unit.setdefault(post.unit_id, []).append(post)
    return by_unit


def _likeliest(post: Appointment) -> tuple[object, ...]:
    duties = {OFFICER.value: 0, Appointment.Duty.TEAM.value: 1}
    person = post.person
    return duties.get(post.page_duty, 2), not person.phone, not post.is_primary, person.name_sort_key, post.person_id


def _missing(unit_id: int, unit: str, above: str, post: Appointment) -> Missing:
    has_begun, may_see = getattr(post, "has_begun", False), getattr(post, "here_today", True)
    return Missing(
        unit_id,
        unit,
        above,
        post.person.get_full_name(),
        post.position,
        (post.person.phone or "") if may_see else "",
        State.IN_PROGRESS if has_begun else State.NOT_STARTED,
        post.page_duty == OFFICER,
    )

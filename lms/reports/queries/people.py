"""People: lists of a unit or of a subtree on a day, and one person's page."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Collate, RowNumber

from certificates.models import Certificate
from certificates.queries import course_of, number_of
from courses.enums import State
from courses.models import Enrolment
from courses.queries.progress import CourseRow, learner_courses
from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock
from lms.reports.queries.questions import Place, Question, beginnings, completed_enrolments, posts
from lms.units import queries as tree
from lms.units.models import Appointment, in_force
from lms.units.scope import granted_paths, people_in_scope, scope_q

_CHUNK = 2000


@dataclass(frozen=True)
class PersonRow:
    """pii. ``may_open``: serves in the viewer's scope today; of somebody who has left, neither phone nor page is shown.

    ``unit``: name on the day; ``above``: the units between it and the unit asked about, nearest first.
    """

    person_id: int
    name: str
    position: str
    duty: str
    unit_id: int
    unit: str
    above: str
    phone: str
    status: State
    done_on: dt.date | None
    begun_on: dt.date | None
    certificate: str
    may_open: bool

    @property
    def phone_shown(self) -> str:
        return phones.display(self.phone)


def count_people(place: Place, question: Question, *, status: str = "", own_only: bool = False) -> int:
    """People, each once. One query."""
    found = _with_status(posts(place.unit, question, own_only=own_only), question, status)
    return found.order_by().values("person_id").distinct().count()


def people_page(
    viewer: User,
    place: Place,
    question: Question,
    *,
    status: str = "",
    own_only: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> list[PersonRow]:
    """One page of the list, by unit in the tree's order, then by given name. A constant number of queries."""
    ids = list(
        _one_post_each(place, question, status, own_only)
        .order_by(*_ordering())
        .values_list("pk", flat=True)[offset : offset + limit]
    )
    found = _with_evidence(Appointment.objects.filter(pk__in=ids), viewer, question).order_by(*_ordering())
    return list(_rows(found, place, question))


def each_person(
    viewer: User, place: Place, question: Question, *, status: str = "", own_only: bool = False
) -> Iterator[PersonRow]:
    """The whole list, read in chunks while it is consumed; nothing is held for it. A constant number of queries."""
    found = _with_evidence(_one_post_each(place, question, status, own_only), viewer, question)
    return _rows(found.order_by(*_ordering()).iterator(chunk_size=_CHUNK), place, question)


def _ordering() -> tuple[Any, ...]:
    """Sort keys compare by code point, which a PostgreSQL database with a language does not do by itself."""
    name: Any = F("person__name_sort_key")
    return "unit__path", Collate(name, "C") if connection.vendor == "postgresql" else name, "person_id"


def _with_status(found: QuerySet[Appointment], question: Question, status: str) -> QuerySet[Appointment]:
    done = Exists(completed_enrolments(question).filter(user=OuterRef("person_id")))
    begun = Exists(beginnings(question).filter(user=OuterRef("person_id")))
    if status == State.DONE:
        return found.filter(done)
    if status == State.IN_PROGRESS:
        return found.filter(begun).exclude(done)
    if status == State.NOT_STARTED:
        return found.exclude(done).exclude(begun)
    return found


def _one_post_each(place: Place, question: Question, status: str, own_only: bool) -> QuerySet[Appointment]:
    """Of a person's appointments in the subtree the one that says most about the page, then the primary, the first."""
    duty = Case(
        When(page_duty=Appointment.Duty.OFFICER, then=Value(0)),
        When(page_duty=Appointment.Duty.TEAM, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    place_among = Window(
        RowNumber(),
        partition_by=[F("person_id")],
        order_by=[duty.asc(), F("is_primary").desc(), F("starts_on").asc(), F("pk").asc()],
    )
    found = _with_status(posts(place.unit, question, own_only=own_only), question, status)
    return found.annotate(place_among=place_among).filter(place_among=1)


def _with_evidence(found: QuerySet[Appointment], viewer: User, question: Question) -> QuerySet[Appointment]:
    person = OuterRef("person_id")
    today = clock.today()
    certificate = Certificate.objects.filter(
        completion__enrolment__user=person,
        completion__enrolment__course_id=question.course_id or 0,
        issued_at__lt=question.end,
        revoked_at__isnull=True,
        superseded_by__isnull=True,
    )
    # Who is listed for today serves today in a unit that the viewer was allowed to open.
    here_today: Any = Value(True)
    if question.day != today:
        here_today = Exists(Appointment.objects.filter(in_force(today), scope_q(viewer), person=person))
    return found.select_related("person", "unit").annotate(
        done_at=Subquery(
            completed_enrolments(question)
            .filter(user=person)
            .order_by("completion__completed_at")
            .values("completion__completed_at")[:1]
        ),
        begun_at=Subquery(beginnings(question).filter(user=person).order_by("started_at").values("started_at")[:1]),
        certificate=Subquery(
            certificate.order_by("-issued_at").values(number_text=KeyTextTransform("number", "payload"))[:1]
        ),
        may_open=here_today,
    )


def _rows(found: Iterable[Any], place: Place, question: Question) -> Iterator[PersonRow]:
    """``found``: appointments with evidence. Names of units come in one query before the first row."""
    names: dict[str, str] | None = None
    for post in found:
        if names is None:
            names = {unit.path: unit.name for unit in tree.tree_on(question.day, within=place.unit)}
        yield _row(post, place, names)


def _row(post: Any, place: Place, names: dict[str, str]) -> PersonRow:
    path, step = post.unit.path, post.unit.steplen
    above = [path[:end] for end in range(len(path) - step, len(place.unit.path), -step)]
    status = State.DONE if post.done_at else State.IN_PROGRESS if post.begun_at else State.NOT_STARTED
    return PersonRow(
        person_id=post.person_id,
        name=post.person.get_full_name(),
        position=post.position,
        duty=post.get_page_duty_display() if post.page_duty else "",
        unit_id=post.unit_id,
        unit=names.get(path, ""),
        above=", ".join(names[step] for step in above if step in names),
        phone=(post.person.phone or "") if post.may_open else "",
        status=status,
        done_on=clock.day_of(post.done_at) if post.done_at else None,
        begun_on=clock.day_of(post.begun_at) if post.begun_at else None,
        certificate=post.certificate or "",
        may_open=post.may_open,
    )


# --- One person ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PostRow:
    unit_id: int
    unit: str
    position: str
    duty: str
    starts_on: dt.date
    ends_on: dt.date | None


@dataclass(frozen=True)
class CertificateRow:
    number: str
    course: str
    issued_on: dt.date
    code: str
    is_valid: bool


@dataclass(frozen=True)
class PersonPage:
    """pii. Posts only within the viewer's scope; ``crumbs`` from the top of it down to the first current post."""

    id: int
    name: str
    phone: str
    posts: tuple[PostRow, ...]
    courses: tuple[CourseRow, ...]
    certificates: tuple[CertificateRow, ...]
    crumbs: tuple[tuple[int, str], ...]

    @property
    def phone_shown(self) -> str:
        return phones.display(self.phone)


def person_page(viewer: User, person_id: int) -> PersonPage | None:
    """Somebody who serves in the viewer's scope today; None for anybody else. A constant number of queries."""
    person = User.objects.filter(people_in_scope(viewer), pk=person_id).first()
    if person is None:
        return None
    today = clock.today()
    held = list(
        Appointment.objects.filter(scope_q(viewer), person=person)
        .select_related("unit")
        .order_by(F("ends_on").desc(nulls_first=True), "-is_primary", "-starts_on")
    )
    chains = tree.breadcrumbs_on([post.unit for post in held], today)
    allowed = tuple(granted_paths(viewer))
    enrolments = (
        Enrolment.objects.visible_to(viewer)
        .standing()
        .filter(user=person, withdrawn_at__isnull=True)
        .select_related("course", "completion", "bookmark")
        .order_by("-enrolled_at")
    )
    return PersonPage(
        id=person.pk,
        name=person.get_full_name(),
        phone=person.phone or "",
        posts=tuple(_post_row(post, chains) for post in held),
        courses=tuple(learner_courses(list(enrolments))),
        certificates=tuple(_certificates(viewer, person)),
        crumbs=tuple(
            (step.id, step.name) for step in chains.get(held[0].unit.path, []) if step.path.startswith(allowed)
        ),
    )


def _post_row(post: Appointment, chains: dict[str, list[tree.UnitOnDay]]) -> PostRow:
    chain = chains.get(post.unit.path, [])
    return PostRow(
        post.unit_id,
        ", ".join(step.name for step in reversed(chain) if step.rank),
        post.position,
        post.get_page_duty_display() if post.page_duty else "",
        post.starts_on,
        post.ends_on,
    )


def _certificates(viewer: User, person: User) -> Iterator[CertificateRow]:
    found = Certificate.objects.visible_to(viewer).filter(completion__user=person)
    found = found.select_related("superseded_by", "register", "completion__course")
    for certificate in found.order_by("-issued_at"):
        is_valid = certificate.revoked_at is None and not hasattr(certificate, "superseded_by")
        yield CertificateRow(
            number_of(certificate),
            course_of(certificate),
            clock.day_of(certificate.issued_at),
            certificate.verify_code,
            is_valid,
        )

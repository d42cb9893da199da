"""Reads about people in a manager's units: the list, one person's card, who may appoint where."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, StrIndex, Substr

from courses.models import Enrolment
from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock, text
from lms.people import positions, rules
from lms.people.queries import pages_of
from lms.people.queries.places import UnitIndex
from lms.plans.queries.dues import Due, dues_of
from lms.units import queries as units
from lms.units.models import Appointment, Grant, Unit, in_force
from lms.units.queries import UnitHit
from lms.units.scope import below, granted_paths, granted_units, people_in_scope, rights_held, scope_q

PER_PAGE = 50
UNITS_FOUND = 20
# Any of these opens the list; each shows the units over which it is held.
LOOKS = (Grant.Right.VIEW, Grant.Right.IMPORT)
ORDERS = ("ten", "ho", "don-vi")
# Who leaves within this time leaves soon.
SOON = dt.timedelta(days=60)
# What a sort key says of nobody's họ and đệm: a name of one word is its own family name.
_NO_FAMILY = text.sort_key("")


def may_look(viewer: User) -> bool:
    return bool(rights_held(viewer) & set(LOOKS))


def within(viewer: User) -> Q:
    """Accounts that ``viewer`` may look at: who serves today in a subtree in which a right of ``LOOKS`` is held."""
    query = Q(pk__in=[])
    for right in LOOKS:
        if right in rights_held(viewer):
            query |= people_in_scope(viewer, right)
    return query


def person_in_sight(viewer: User, person_id: int) -> User | None:
    """Somebody whom ``viewer`` may look at, whoever served there before too: their past belongs to the unit."""
    found = User.objects.filter(within(viewer), pk=person_id).first()
    if found:
        return found
    paths = {path for right in LOOKS for path in granted_paths(viewer, right)}
    served = Appointment.objects.filter(below(paths), person_id=person_id)
    serves = Appointment.objects.on(clock.today()).filter(person_id=person_id)
    if served.exists() and not serves.exists():
        return User.objects.filter(pk=person_id).first()
    return None


# --- The list -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """``duty``: a value of Appointment.Duty, "any" for some duty; ``claim``: "never" signed in; ``post``: "acting",
    "several", "leaving" (ends within ``SOON``) or "former" (served there, and serves nowhere today). Everything "" or
    None asks for nothing.
    """

    typed: str = ""
    unit: Unit | None = None
    position: str = ""
    duty: str = ""
    claim: str = ""
    post: str = ""
    order: str = "ten"


@dataclass(frozen=True)
class Post:
    pk: int
    unit_id: int
    unit: str
    where: str
    position: str
    duty: str
    is_primary: bool
    is_acting: bool
    starts_on: dt.date
    last_day: dt.date | None
    decision: str
    state: str


@dataclass(frozen=True)
class Row:
    person: User
    posts: tuple[Post, ...]

    @property
    def phone(self) -> str:
        return phones.display(self.person.phone) if self.person.phone else ""


def people(viewer: User, asked: Asked) -> QuerySet[User]:
    """Who is asked for among those in sight, in the order asked for."""
    today = clock.today()
    posts = Appointment.objects.filter(in_force(today), person=OuterRef("pk"))
    seen = Q(pk__in=[])
    for right in LOOKS:
        if right in rights_held(viewer):
            seen |= scope_q(viewer, right=right)
    if asked.post == "former":
        mine = Appointment.objects.filter(seen, person=OuterRef("pk"), ends_on__lte=today)
    else:
        mine = posts.filter(seen)
    if asked.unit is not None:
        mine = mine.filter(unit__path__startswith=asked.unit.path)
    if asked.position:
        mine = mine.filter(position__icontains=asked.position)
    if asked.duty:
        mine = mine.exclude(page_duty="") if asked.duty == "any" else mine.filter(page_duty=asked.duty)
    if asked.post == "acting":
        mine = mine.filter(is_acting=True)
    if asked.post == "leaving":
        mine = mine.filter(ends_on__lte=today + SOON)
    found = User.objects.filter(Exists(mine))
    if asked.post == "former":
        found = found.exclude(Exists(posts))
    if asked.post == "several":
        found = found.filter(Exists(posts.filter(is_primary=False)))
    if asked.claim == "never":
        found = found.filter(last_login__isnull=True)
    found, first = _named(found, text.clean(asked.typed))
    if asked.order == "ho":
        # The key says given name, a space, họ and đệm: here the second part comes first.
        found = found.annotate(before=Substr("name_sort_key", StrIndex("name_sort_key", Value(" ")) + 1))
        family = Case(When(before=_NO_FAMILY, then=F("name_sort_key")), default=F("before"))
        return found.annotate(family=family).order_by(*first, "family", "name_sort_key", "pk")
    if asked.order == "don-vi":
        post = mine.order_by("-is_primary", "unit__path")
        found = found.annotate(
            place=Subquery(post.values("unit__path")[:1]), post=Subquery(post.values("position")[:1])
        )
        return found.order_by(*first, "place", "post", "name_sort_key", "pk")
    return found.order_by(*first, "name_sort_key", "pk")


def _named(found: QuerySet[User], typed: str) -> tuple[QuerySet[User], list[str]]:
    """Those whom ``typed`` may mean, without diacritics; typed with them, exact matches are ordered first."""
    words = text.fold(typed).split()
    if not words:
        return found, []
    named = Q()
    for word in words:
        named &= Q(name_folded__contains=word)
    wanted = named | Q(username=typed.lower()) | Q(email__iexact=typed)
    if phones.looks_like_phone(typed):
        wanted |= Q(phone=phones.parse(typed))
    found = found.filter(wanted)
    if typed.casefold() == text.fold(typed):
        return found, []
    # SQLite knows no case beyond ASCII.
    exact = Q(full_name__contains=typed) | Q(full_name__contains=typed.title())
    return found.annotate(unlikely=Case(When(exact, then=Value(0)), default=Value(1))), ["unlikely"]


def page_of(found: QuerySet[User], number: str | None) -> tuple[Page[User], list[Row]]:
    """A page and its rows: the queries of ``posts_of`` and two for the page."""
    page = Paginator(found, PER_PAGE).get_page(number)
    return page, rows(page.object_list)


def rows(listed: Iterable[User]) -> list[Row]:
    people_listed = list(listed)
    posts = posts_of([person.pk for person in people_listed], on=clock.today())
    return [
        Row(person, tuple(post for post in posts.get(person.pk, []) if post.state == "now")) for person in people_listed
    ]


def posts_of(ids: list[int], *, on: dt.date) -> dict[int, list[Post]]:
    """Account → all appointments, those of today first, then those to come, then the past. Four queries."""
    held = list(
        Appointment.objects.filter(person__in=ids).select_related("unit").order_by("-is_primary", "-starts_on", "pk")
    )
    names = units.names_on({row.unit_id for row in held}, on)
    chains = units.breadcrumbs_on(names.values(), on)
    gathered: dict[int, list[Post]] = {}
    for row in held:
        named = names.get(row.unit_id)
        above = chains.get(row.unit.path, [])[1:-1]
        state = "past" if row.ends_on and row.ends_on <= on else "ahead" if row.starts_on > on else "now"
        gathered.setdefault(row.person_id, []).append(
            Post(
                row.pk, row.unit_id, named.name if named else str(row.unit), ", ".join(s.name for s in reversed(above)),
                row.position, str(row.get_page_duty_display()) if row.page_duty else "", row.is_primary, row.is_acting,
                row.starts_on, row.ends_on - dt.timedelta(days=1) if row.ends_on else None, row.decision, state,
            )
        )  # fmt: skip
    order = {"now": 0, "ahead": 1, "past": 2}
    for posts in gathered.values():
        posts.sort(key=lambda post: order[post.state])
    return gathered


def units_to_look_in(viewer: User, typed: str) -> list[UnitHit]:
    """Units in sight that ``typed`` may mean. A search for each subtree and right."""
    if viewer.is_superuser:
        return units.search_units(typed, limit=UNITS_FOUND)
    tops = {top.pk: top for right in LOOKS for top in granted_units(viewer, right)}
    hits = {
        hit.unit.id: hit for top in tops.values() for hit in units.search_units(typed, within=top, limit=UNITS_FOUND)
    }
    return list(hits.values())[:UNITS_FOUND]


def unit_asked(viewer: User, unit_id: str) -> Unit | None:
    """The unit of a filter, if it lies in sight."""
    if not (unit_id.isascii() and unit_id.isdecimal() and len(unit_id) < 10):
        return None
    unit = Unit.objects.filter(pk=int(unit_id)).first()
    paths = [path for right in LOOKS for path in granted_paths(viewer, right)]
    return unit if unit and any(unit.path.startswith(path) for path in paths) else None


# --- The roster of a subtree, to send round and bring in again ----------------------------------------


@dataclass(frozen=True)
class RosterLine:
    """One post of today in the columns of the template; ``page`` is the address, or "Có", "Chưa", ""."""

    full_name: str
    born_on: dt.date | None
    birth_year: int | None
    phone: str
    email: str
    position: str
    page_duty: str
    unit: str
    starts_on: dt.date
    page: str
    is_primary: bool = True
    is_acting: bool = False
    last_day: dt.date | None = None
    decision: str = ""


def roster_lines(viewer: User, unit: Unit) -> Iterator[RosterLine]:
    """By unit and position of the main post, the further posts of a person right below it. Four queries, and one for
    each 400 units; people are read as they are needed.
    """
    today = clock.today()
    index = UnitIndex(unit, today)
    open_units = {known.id: index.spelled(known) for known in index.all()}
    pages = pages_of(open_units, [], on=today).stands
    held = Appointment.objects.filter(in_force(today), unit__in=Unit.objects.within(unit).open_on(today))
    held = held.filter(scope_q(viewer, right=Grant.Right.IMPORT), person__is_active=True)
    main = held.filter(person=OuterRef("person"), is_primary=True).order_by("pk")
    placed = held.annotate(
        place=Coalesce(Subquery(main.values("unit__path")[:1]), F("unit__path")),
        rank=Coalesce(Subquery(main.values("position")[:1]), F("position")),
    )
    order = ("place", "rank", "person__name_sort_key", "person", "-is_primary", "unit__path", "position", "pk")
    for post in placed.select_related("person").order_by(*order).iterator(2000):
        person, told = post.person, pages.get(post.unit_id)
        yield RosterLine(
            person.full_name, person.born_on, person.birth_year, person.phone or "", person.email, post.position,
            post.page_duty, open_units.get(post.unit_id, ""), post.starts_on, rules.page_words(told) if told else "",
            post.is_primary, post.is_acting, post.ends_on - dt.timedelta(days=1) if post.ends_on else None,
            post.decision,
        )  # fmt: skip


# --- The card -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeldHere:
    right: str
    unit: str
    last_day: dt.date | None


def rights_of(person: User) -> list[HeldHere]:
    """Rights that hold today. Two queries."""
    held = list(Grant.objects.on(clock.today()).filter(person=person).order_by("unit__path", "right"))
    names = units.names_on({row.unit_id for row in held}, clock.today())
    return [
        HeldHere(
            str(row.get_right_display()),
            names[row.unit_id].name if row.unit_id in names else "",
            row.ends_on - dt.timedelta(days=1) if row.ends_on else None,
        )
        for row in held
    ]


@dataclass(frozen=True)
class Training:
    """Courses that were completed or begun, and what the tasks of today's appointments still ask for."""

    completed: int
    begun: int
    owed: tuple[Due, ...]

    @property
    def overdue(self) -> int:
        return sum(due.is_overdue for due in self.owed)


def training_of(viewer: User, person: User) -> Training | None:
    """None where ``viewer`` may not see what the person learns. Ten queries at most."""
    if not User.objects.filter(people_in_scope(viewer), pk=person.pk).exists():
        return None
    mine = Enrolment.objects.visible_to(viewer).standing().filter(user=person, withdrawn_at__isnull=True)
    done = set(mine.filter(completion__isnull=False).values_list("course_id", flat=True))
    begun = set(mine.filter(completion__isnull=True, started_at__isnull=False).values_list("course_id", flat=True))
    owed = tuple(due for due in dues_of(person, clock.today()) if not due.is_done)
    return Training(len(done), len(begun - done), owed)


# --- Appointing ---------------------------------------------------------------------------------------


def units_to_appoint_in(by: User, typed: str) -> list[UnitHit]:
    """Units that ``typed`` may mean, among those in which ``by`` may bring in people."""
    tops = granted_units(by, Grant.Right.IMPORT)
    if by.is_superuser:
        return units.search_units(typed, limit=UNITS_FOUND)
    hits = {hit.unit.id: hit for top in tops for hit in units.search_units(typed, within=top, limit=UNITS_FOUND)}
    return list(hits.values())[:UNITS_FOUND]


def positions_for(unit: Unit) -> list[str]:
    """The pick-list of a unit: what is in use there first. One query."""
    in_use = Appointment.objects.filter(in_force(clock.today()), unit=unit).order_by("position")
    return positions.suggested(unit.level.key, list(in_use.values_list("position", flat=True).distinct()[:20]))


def positions_below(unit: Unit) -> list[str]:
    """The pick-list of a whole subtree: what is held there most, then what its levels know. Two queries."""
    today = clock.today()
    held = Appointment.objects.filter(in_force(today), unit__path__startswith=unit.path)
    in_use = held.values_list("position").annotate(number=Count("pk")).order_by("-number", "position")
    levels = Unit.objects.within(unit).open_on(today).order_by("level__rank").values_list("level__key", flat=True)
    known = [word for level in levels.distinct() for word in positions.suggested(level, [])]
    return list(dict.fromkeys([*(position for position, _ in in_use[:30]), *known]))


def may_appoint_somewhere(by: User) -> bool:
    return Grant.Right.IMPORT in rights_held(by)

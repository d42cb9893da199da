"""Reads about accounts: what stands on a slip, whom words may mean, who was given a code, who has which right."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry

from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock, text
from lms.people import presets
from lms.units import queries as units
from lms.units.models import Appointment, Grant, Unit
from lms.units.queries import UnitOnDay
from lms.units.scope import below, granted_paths, granted_units, people_in_scope, scope_q

_CHUNK = 400

# --- Where people serve -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """The post of a person: the primary one, today or later (a start may lie ahead). ``unit`` is None without one."""

    unit: UnitOnDay | None = None
    above: tuple[UnitOnDay, ...] = ()
    position: str = ""

    @property
    def where(self) -> str:
        """ "Xã Vạn Yên, Tỉnh Quảng Ninh": the nearest first, without the root; "" for nobody's unit."""
        if self.unit is None:
            return ""
        return ", ".join(unit.name for unit in (self.unit, *reversed(self.above[1:])))

    @property
    def sort_key(self) -> tuple[int, str, str]:
        """Units by level and in Vietnamese order; who has none comes last."""
        return (self.unit.rank, self.unit.sort_key, self.unit.path) if self.unit else (10**6, "", "")


def places_of(people: Iterable[User], *, on: dt.date) -> dict[int, Place]:
    """Account id → where that person serves. Two queries, and one more for each 400 people."""
    ids = [person.pk for person in people]
    posts: dict[int, tuple[int, str]] = {}
    for start in range(0, len(ids), _CHUNK):
        ahead = Appointment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
        held = ahead.filter(person__in=ids[start : start + _CHUNK]).order_by("is_primary", "-starts_on", "pk")
        posts.update(
            {person: (unit, words) for person, unit, words in held.values_list("person_id", "unit_id", "position")}
        )
    names = units.names_on({unit for unit, _ in posts.values()}, on)
    chains = units.breadcrumbs_on(names.values(), on)
    return {
        person: Place(names[unit], tuple(chains.get(names[unit].path, [])[:-1]), words)
        for person, (unit, words) in posts.items()
        if unit in names
    }


# --- Slips ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slip:
    """pii, with the code in clear: made for one answer and kept nowhere."""

    name: str
    unit: str
    username: str
    phone: str
    code: str


def slips(issued: Iterable[tuple[User, str]], *, on: dt.date) -> list[Slip]:
    """One for each, by unit (level, then Vietnamese order) and then by given name. Queries of ``places_of``."""
    rows = list(issued)
    places = places_of([person for person, _ in rows], on=on)
    nowhere = Place()
    rows.sort(key=lambda row: (places.get(row[0].pk, nowhere).sort_key, row[0].name_sort_key, row[0].pk))
    return [
        Slip(
            person.full_name,
            places.get(person.pk, nowhere).where,
            person.username,
            phones.display(person.phone) if person.phone else "",
            code,
        )
        for person, code in rows
    ]


# --- Finding people ---------------------------------------------------------------------------------

FOUND_AT_MOST = 30


@dataclass(frozen=True)
class Found:
    """Somebody whom the words may mean. ``is_staff``: a superuser, or one with rights over others or in the CMS."""

    person: User
    place: Place
    is_staff: bool

    @property
    def phone(self) -> str:
        return phones.display(self.person.phone) if self.person.phone else ""

    @property
    def may_get_code(self) -> bool:
        """What ``services.codes.new_code`` will say, but for the units."""
        return not self.is_staff and not self.person.is_demo


def find_people(typed: str, *, within: Q) -> list[Found]:
    """Active people whom ``typed`` may mean: a phone number, a username, an e-mail, or words of a name without
    diacritics (typed with them, exact matches come first). At most ``FOUND_AT_MOST``; seven queries whatever is found.
    """
    cleaned = text.clean(typed)
    words = text.fold(cleaned).split()
    if not words:
        return []
    named = Q()
    for word in words:
        named &= Q(name_folded__contains=word)
    wanted = named | Q(username=cleaned.lower()) | Q(email__iexact=cleaned)
    if phones.looks_like_phone(cleaned):
        wanted |= Q(phone=phones.parse(cleaned))
    people = User.objects.filter(within, wanted, is_active=True).order_by("name_sort_key", "pk")
    found = described(people[:FOUND_AT_MOST])
    return sorted(found, key=lambda hit: _unlikelihood(hit.person, cleaned, words))


def _unlikelihood(person: User, cleaned: str, words: list[str]) -> tuple[bool, bool]:
    """What was typed with its diacritics, then whole words ("anh" is Ánh rather than Thanh); then as it was sorted."""
    of_name = person.name_folded.split()
    is_marked = cleaned.casefold() != text.fold(cleaned)
    is_other = is_marked and cleaned.casefold() not in person.full_name.casefold()
    return (is_other, not all(word in of_name for word in words))


def described(people: Iterable[User]) -> list[Found]:
    """Each with the post of today and whether it is staff. Six queries."""
    listed = list(people)
    places = places_of(listed, on=clock.today())
    staff = _staff_among(listed)
    return [Found(person, places.get(person.pk, Place()), person.pk in staff) for person in listed]


def _staff_among(people: list[User]) -> set[int]:
    """Of a list at once what ``accounts.rules.counts_as_staff`` says of one. Two queries."""
    ids = [person.pk for person in people]
    holders = set(Grant.objects.on(clock.today()).filter(person__in=ids).values_list("person_id", flat=True))
    door = Permission.objects.filter(content_type__app_label="wagtailadmin", codename="access_admin")
    authors = User.objects.filter(Q(groups__permissions__in=door) | Q(user_permissions__in=door), pk__in=ids)
    return holders | set(authors.values_list("pk", flat=True)) | {person.pk for person in people if person.is_superuser}


def account_with_id(written: str, *, within: Q) -> User | None:
    """The active account whose id stands in an address or a form, if it is one of ``within``; None for any nonsense."""
    if not written.isascii() or not written.isdecimal() or len(written) > 15:
        return None
    return User.objects.filter(within, pk=int(written), is_active=True).first()


def within_import(by: User) -> Q:
    """Accounts to whom ``by`` may give a new code, rights over others aside: a filter for ``User``."""
    return people_in_scope(by, Grant.Right.IMPORT)


# --- The log of codes -------------------------------------------------------------------------------

RESETS = ("people.new_code", "people.reset_staff", "people.reset_manager")
LOGGED = (*RESETS, "people.issue_codes", "people.make_account", "people.unclaimed_code")


@dataclass(frozen=True)
class LogRow:
    """One line of the log. ``whom``: a person, or the file of a roster with ``number`` codes."""

    at: dt.datetime
    by: str
    what: str
    whom: str
    unit: str
    reason: str
    number: int | None


def code_log(by: User) -> QuerySet[ModelLogEntry]:
    """Codes given in the units in which ``by`` may bring in people, the latest first."""
    entries = ModelLogEntry.objects.filter(action__in=LOGGED).select_related("user").order_by("-timestamp", "-pk")
    if by.is_superuser:
        return entries
    paths = granted_paths(by, Grant.Right.IMPORT)
    return entries.filter(below(paths, "data__path", text=KT("data__path")))


def log_rows(entries: Iterable[ModelLogEntry]) -> list[LogRow]:
    """One query for the names of the units."""
    listed = list(entries)
    names = units.names_on({entry.data["unit"] for entry in listed if entry.data.get("unit")}, clock.today())
    return [_log_row(entry, names) for entry in listed]


def _log_row(entry: ModelLogEntry, names: dict[int, UnitOnDay]) -> LogRow:
    unit = names.get(entry.data.get("unit", 0))
    formatter = registry.get_formatter(entry)
    return LogRow(
        at=entry.timestamp,
        by=str(entry.user) if entry.user else "",
        what=str(formatter.label) if formatter else entry.action,
        whom=entry.label,
        unit=unit.name if unit else "",
        reason=entry.data.get("reason", ""),
        number=entry.data.get("number"),
    )


@dataclass(frozen=True)
class Reset:
    """When a password was replaced and by whom; ``by_unit``: a manager of the unit, else an administrator.
    ``confirmed_by``: the second person, where one was needed.
    """

    on: dt.date
    by: str
    by_unit: bool
    at: dt.datetime
    confirmed_by: str = ""


def last_reset(person: User) -> Reset | None:
    """The latest time somebody else replaced the password of ``person``. Two queries at most."""
    return next(iter(resets(person, at_most=1)), None)


def resets(person: User, *, at_most: int = 5) -> list[Reset]:
    """When somebody else replaced the password of ``person``, the latest first. Two queries at most."""
    entries = _entries_of(person).filter(action__in=RESETS).select_related("user").order_by("-timestamp", "-pk")
    return [
        Reset(
            clock.day_of(entry.timestamp),
            str(entry.user or ""),
            entry.action != "people.reset_staff",
            entry.timestamp,
            entry.data.get("confirmed_by", ""),
        )
        for entry in entries[:at_most]
    ]


def made_by(person: User, by: User) -> bool:
    return _entries_of(person).filter(action="people.make_account", user=by).exists()


def _entries_of(person: User) -> Any:
    kind = ContentType.objects.get_for_model(User)
    return ModelLogEntry.objects.filter(content_type=kind, object_id=str(person.pk))


# --- Who has which right ----------------------------------------------------------------------------


# A right whose end is so near is shown to who gave it and to who holds it.
SOON = dt.timedelta(days=30)


@dataclass(frozen=True)
class HeldRight:
    """``last_day``: the last on which it holds, None for no end. ``days_left``: counting it, where the end is near."""

    grant_id: int
    right: str
    starts_on: dt.date
    last_day: dt.date | None
    given_by: str
    may_end: bool
    days_left: int | None = None


@dataclass(frozen=True)
class Holder:
    """A person's rights over one unit's subtree. ``may_renew``: the viewer may give some of them anew, and one of them
    ends soon.
    """

    person: User
    place: Place
    unit: UnitOnDay | None
    where: str
    rights: tuple[HeldRight, ...]

    @property
    def role(self) -> presets.Role:
        return presets.role_of(held.right for held in self.rights)

    @property
    def may_renew(self) -> bool:
        return self.person.is_active and any(held.days_left and held.may_end for held in self.rights)


def ending_soon(grants: QuerySet[Grant]) -> QuerySet[Grant]:
    """Those of ``grants`` that end within ``SOON``, and are not given for longer by another row."""
    today = clock.today()
    longer = Grant.objects.on(today + SOON).filter(
        person=OuterRef("person"), unit=OuterRef("unit"), right=OuterRef("right")
    )
    return grants.filter(ends_on__lte=today + SOON).exclude(Exists(longer))


def grants_seen_by(viewer: User, *, unit: Unit | None = None, typed: str = "") -> QuerySet[Grant]:
    """Grants of today in the subtrees that ``viewer`` governs, top units first. ``unit``: those that reach it or lie
    below it; ``typed``: of people with these words in the name.
    """
    found = Grant.objects.on(clock.today()).filter(scope_q(viewer, right=Grant.Right.APPROVE))
    if unit is not None:
        above = [unit.path[:end] for end in range(Unit.steplen, len(unit.path), Unit.steplen)]
        found = found.filter(Q(unit__path__startswith=unit.path) | Q(unit__path__in=above))
    for word in text.fold(typed).split():
        found = found.filter(person__name_folded__contains=word)
    return found.select_related("person", "unit__level", "granted_by").order_by(
        "unit__path", "person__name_sort_key", "person_id", "right"
    )


def holders(viewer: User, grants: Iterable[Grant]) -> list[Holder]:
    """``grants`` gathered by unit and person. The same number of queries however many."""
    listed = list(grants)
    today = clock.today()
    names = units.names_on({held.unit_id for held in listed}, today)
    chains = units.breadcrumbs_on(names.values(), today)
    places = places_of({held.person.pk: held.person for held in listed}.values(), on=today)
    tops = _tops(viewer)
    gathered: dict[tuple[int, int], list[Grant]] = {}
    for held in listed:
        gathered.setdefault((held.unit_id, held.person_id), []).append(held)
    return [
        Holder(
            rows[0].person,
            places.get(person, Place()),
            names.get(unit),
            ", ".join(step.name for step in reversed(chains.get(rows[0].unit.path, [])[1:-1])),
            tuple(_held(row, viewer, tops) for row in sorted(rows, key=lambda row: _ORDER.index(row.right))),
        )
        for (unit, person), rows in gathered.items()
    ]


_ORDER = list(Grant.Right.values)


def _tops(viewer: User) -> dict[str, list[str]]:
    return {right: [unit.path for unit in granted_units(viewer, right)] for right in _ORDER}


def _held(held: Grant, viewer: User, tops: dict[str, list[str]]) -> HeldRight:
    """``may_end`` says beforehand what ``services.rights.may_end`` will say."""

    def holds(right: str) -> bool:
        return any(held.unit.path.startswith(top) for top in tops[right])

    return HeldRight(
        held.pk,
        held.right,
        held.starts_on,
        held.ends_on - dt.timedelta(days=1) if held.ends_on else None,
        str(held.granted_by) if held.granted_by else "",
        held.person_id != viewer.pk and holds(Grant.Right.APPROVE) and holds(held.right),
        _days_left(held),
    )


def _days_left(held: Grant) -> int | None:
    left = (held.ends_on - clock.today()).days if held.ends_on else None
    return left if left is not None and left <= SOON.days else None


def own_rights(person: User) -> list[Holder]:
    """What ``person`` holds today, as the account page tells it: by unit, nearest ends included. Queries of
    ``holders``.
    """
    held = Grant.objects.on(clock.today()).filter(person=person).select_related("person", "unit__level", "granted_by")
    listed = list(held.order_by("unit__path", "right"))
    return holders(person, listed) if listed else []

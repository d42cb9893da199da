"""Reads about joining: links of a manager, requests with the accounts they may mean, accounts nobody has claimed."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Permission
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock, text
from lms.people.account_queries import Found, Place, described, places_of, within_import
from lms.people.enums import JoinState
from lms.people.models import JoinLink, JoinRequest
from lms.units import queries as units
from lms.units.models import Appointment, Grant, Succession, Unit, in_force
from lms.units.queries import UnitOnDay

# A list that a telephone still shows as one drop-down.
UNITS_AT_MOST = 400


def join_link(code: str) -> str:
    """The full address, as it goes into a message or a QR."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('people:join', args=[code])}"


# --- Links ------------------------------------------------------------------------------------------


def place_of(unit: Unit, on: dt.date) -> Unit:
    """Where a link or a request of ``unit`` leads on that day: the unit, or the one into which it went whole since; the
    unit itself where it was divided or dissolved. No query for an open unit, else one for each step.
    """
    return leads_to([unit], on)[unit.pk]


def leads_to(listed: Iterable[Unit], on: dt.date) -> dict[int, Unit]:
    """Unit id → ``place_of`` it. A query for each step of the longest chain, however many units."""
    ends = {unit.pk: unit for unit in listed}
    going = {pk: unit for pk, unit in ends.items() if _is_closed(unit, on)}
    while going:
        whole = Succession.objects.filter(
            old__in={unit.pk for unit in going.values()}, share=Succession.Share.WHOLE
        ).select_related("new__level")
        went = {row.old_id: row.new for row in whole.order_by("-pk")}
        steps = {pk: went[unit.pk] for pk, unit in going.items() if unit.pk in went}
        ends |= {pk: unit for pk, unit in steps.items() if not _is_closed(unit, on)}
        going = {pk: unit for pk, unit in steps.items() if _is_closed(unit, on)}
    return ends


def _is_closed(unit: Unit, on: dt.date) -> bool:
    return unit.closed_on is not None and unit.closed_on <= on


@dataclass(frozen=True)
class LinkRow:
    """A link of a manager. ``taken``: requests that wait or were approved; ``is_open``: it takes more."""

    link: JoinLink
    unit: str
    address: str
    taken: int
    waiting: int
    last_day: dt.date
    is_open: bool


def links_seen_by(person: User) -> QuerySet[JoinLink]:
    """Open ones first, then the latest. Queries of ``granted_paths``, when it is built."""
    return JoinLink.objects.visible_to(person).select_related("unit", "made_by").order_by("-expires_at", "-pk")


def link_rows(links: Iterable[JoinLink], at: dt.datetime) -> list[LinkRow]:
    """Two queries, beside that of ``links`` itself, and one for each step from closed units to those of today."""
    listed = list(links)
    places = leads_to((link.unit for link in listed), clock.day_of(at))
    names = units.names_on([place.pk for place in places.values()], clock.day_of(at))
    counts: dict[tuple[int, str], int] = {}
    counted = JoinRequest.objects.filter(link__in=[link.pk for link in listed]).values_list("link_id", "state")
    for link_id, state, number in counted.annotate(number=Count("pk")).order_by():
        counts[link_id, state] = number
    rows = []
    for link in listed:
        waiting = counts.get((link.pk, JoinState.WAITING), 0)
        taken = waiting + counts.get((link.pk, JoinState.APPROVED), 0)
        free = link.at_most is None or taken < link.at_most
        place = places[link.unit_id]
        closed = _is_closed(place, clock.day_of(at))
        rows.append(
            LinkRow(
                link=link,
                unit=names[place.pk].name if place.pk in names else "",
                address=join_link(link.code),
                taken=taken,
                waiting=waiting,
                last_day=clock.day_of(link.expires_at - dt.timedelta(seconds=1)),
                is_open=link.ended_at is None and link.expires_at > at and free and not closed,
            )
        )
    return rows


def units_of_link(link: JoinLink, on: dt.date) -> list[tuple[UnitOnDay, str]]:
    """What an applicant may choose, with where it lies below the link's unit; [] where there is no choice. Two
    queries.
    """
    if not link.with_below:
        return []
    place = place_of(link.unit, on)
    listed = sorted(units.tree_on(on, within=place), key=lambda unit: (unit.rank, unit.sort_key, unit.path))
    chains = units.breadcrumbs_on(listed, on)
    top = len(place.path) // Unit.steplen
    return [
        (unit, ", ".join(step.name for step in reversed(chains.get(unit.path, [])[top:-1]))) for unit in listed
    ]  # fmt: skip


def is_too_large(unit: Unit, on: dt.date) -> bool:
    """Too many units below for one drop-down. One query."""
    return Unit.objects.open_on(on).within(unit).count() > UNITS_AT_MOST


# --- Requests ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Likely:
    """An account that a request may mean. ``same``: what agrees, any of phone, email, name; ``is_own``: whoever was
    signed in when asking.
    """

    found: Found
    same: frozenset[str]
    is_own: bool


@dataclass(frozen=True)
class RequestRow:
    """``is_taken_elsewhere``: phone or e-mail belong to an account outside the viewer's units."""

    request: JoinRequest
    unit: str
    where: str
    likely: tuple[Likely, ...]
    is_taken_elsewhere: bool

    @property
    def phone(self) -> str:
        return phones.display(self.request.phone) if self.request.phone else ""

    @property
    def born(self) -> str:
        asked = self.request
        return f"{asked.born_on:%d/%m/%Y}" if asked.born_on else str(asked.birth_year or "")

    @property
    def may_be_new(self) -> bool:
        return not self.request.applicant_id and not self.is_taken_elsewhere

    @property
    def is_plain(self) -> bool:
        """Nobody it could mean: it may be approved with others at one stroke."""
        return self.may_be_new and not self.likely


def requests_seen_by(person: User, state: str) -> QuerySet[JoinRequest]:
    seen = JoinRequest.objects.visible_to(person).filter(state=state).select_related("unit", "link", "applicant")
    order = ("sent_at", "pk") if state == JoinState.WAITING else ("-decided_at", "-pk")
    return seen.select_related("decided_by", "person").order_by(*order)


def request_rows(requests: Iterable[JoinRequest], viewer: User) -> list[RequestRow]:
    """The same number of queries whatever the number of ``requests``, and one for each step from closed units."""
    listed = list(requests)
    today = clock.today()
    # What waits for a unit that was merged meanwhile waits for its successor.
    places = leads_to((row.unit for row in listed), today)
    names = units.names_on([place.pk for place in places.values()], today)
    chains = units.breadcrumbs_on(names.values(), today)
    likely, elsewhere = _likely([row for row in listed if row.state == JoinState.WAITING], viewer)
    rows = []
    for row in listed:
        unit = names.get(places[row.unit_id].pk)
        above = chains.get(unit.path, [])[1:-1] if unit else []
        rows.append(
            RequestRow(
                request=row,
                unit=unit.name if unit else "",
                where=", ".join(step.name for step in reversed(above)),
                likely=tuple(likely.get(row.pk, ())),
                is_taken_elsewhere=row.pk in elsewhere,
            )
        )
    return rows


def _likely(requests: list[JoinRequest], viewer: User) -> tuple[dict[int, list[Likely]], set[int]]:
    """Request id → accounts in the viewer's units that it may mean; ids of those whose contact others have."""
    phones_asked = {row.phone for row in requests if row.phone}
    emails = {row.email.lower() for row in requests if row.email}
    folded = {text.fold(row.full_name) for row in requests if row.full_name}
    own = {row.applicant_id for row in requests if row.applicant_id}
    within = Q() if viewer.is_superuser else within_import(viewer)
    contact = Q(phone__in=phones_asked)
    for email in emails:
        contact |= Q(email__iexact=email)
    reach = User.objects.filter(Q(pk__in=own) | (within & (contact | Q(name_folded__in=folded))), is_active=True)
    accounts = {found.person.pk: found for found in described(reach.distinct())}
    taken = list(User.objects.filter(contact).values_list("pk", "phone", "email"))
    likely: dict[int, list[Likely]] = {}
    elsewhere = set()
    for row in requests:
        hits = [_agreement(row, found) for found in accounts.values()]
        likely[row.pk] = sorted(
            (hit for hit in hits if hit.same or hit.is_own), key=lambda hit: (not hit.is_own, -len(hit.same))
        )
        for pk, phone, email in taken:
            has_it = (row.phone and phone == row.phone) or (row.email and email.lower() == row.email.lower())
            if has_it and pk not in accounts:
                elsewhere.add(row.pk)
    return likely, elsewhere


def _agreement(row: JoinRequest, found: Found) -> Likely:
    person, same = found.person, set()
    if row.phone and person.phone == row.phone:
        same.add("phone")
    if row.email and person.email.lower() == row.email.lower():
        same.add("email")
    if row.full_name and person.name_folded == text.fold(row.full_name) and _birth_agrees(row, person):
        same.add("name")
    return Likely(found, frozenset(same), person.pk == row.applicant_id)


def _birth_agrees(row: JoinRequest, person: User) -> bool:
    """As far as both are known: an account without a birth may be anybody of this name."""
    if row.born_on and person.born_on:
        return row.born_on == person.born_on
    asked = row.born_on.year if row.born_on else row.birth_year
    known = person.born_on.year if person.born_on else person.birth_year
    return asked is None or known is None or asked == known


# --- Accounts that nobody has claimed ----------------------------------------------------------------


def unclaimed(viewer: User) -> QuerySet[User]:
    """Accounts in the units of ``viewer`` that were never signed in to, by unit and then by given name; those with
    rights over others aside, whose codes other people give. ``has_code``: one was issued, and opens the account.
    """
    today = clock.today()
    within = Q() if viewer.is_superuser else within_import(viewer)
    never = User.objects.filter(
        within, is_active=True, is_demo=False, is_superuser=False, last_login__isnull=True, must_change_password=True
    )
    holders = Grant.objects.on(today).values("person_id")
    door = Permission.objects.filter(content_type__app_label="wagtailadmin", codename="access_admin")
    authors = User.objects.filter(Q(groups__permissions__in=door) | Q(user_permissions__in=door)).values("pk")
    posts = Appointment.objects.filter(in_force(today), person=OuterRef("pk")).order_by("-is_primary", "pk")
    is_usable = ~Q(**{"password__startswith": UNUSABLE_PASSWORD_PREFIX})
    return (
        never.exclude(pk__in=holders)
        .exclude(pk__in=authors)
        .annotate(place=Subquery(posts.values("unit__path")[:1]), has_code=is_usable)
        .order_by("place", "name_sort_key", "pk")
    )


@dataclass(frozen=True)
class Unclaimed:
    """``days``: since the account was made."""

    person: User
    place: Place
    days: int
    has_code: bool


def unclaimed_rows(people: Iterable[User]) -> list[Unclaimed]:
    """Queries of ``places_of``, beside that of ``people`` itself."""
    listed = list(people)
    today = clock.today()
    places = places_of(listed, on=today)
    return [
        Unclaimed(
            person,
            places.get(person.pk, Place()),
            (today - clock.day_of(person.date_joined)).days,
            bool(person.has_code),  # type: ignore[attr-defined]
        )
        for person in listed
    ]


def joined(people: QuerySet[User]) -> QuerySet[User]:
    """Those of ``people`` whose accounts were made by approving a request to join."""
    made = JoinRequest.objects.filter(state=JoinState.APPROVED, is_new_account=True)
    return people.filter(pk__in=made.values("person_id"))


def number_waiting(person: User) -> int:
    """Requests that wait in the units of ``person``. Queries of ``granted_paths`` and one more."""
    return JoinRequest.objects.visible_to(person).filter(state=JoinState.WAITING).count()

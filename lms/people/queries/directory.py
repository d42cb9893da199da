"""Whom a row may mean: accounts by phone, e-mail, and by name where somebody serves."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from lms.accounts.models import User
from lms.core import text
from lms.people.enums import Outcome
from lms.people.merging_queries import survivors
from lms.people.models import RosterBatch, RosterRow
from lms.people.rules import Entry, Known, Post
from lms.units import queries as units
from lms.units.models import Appointment, Grant, in_force
from lms.units.scope import below, granted_paths

CHUNK = 400


@dataclass(frozen=True)
class Asked:
    """One row as the directory needs it: what it says, the unit it names (None: none is known), whom a person has
    said that it means.
    """

    entry: Entry
    unit_id: int | None = None
    person_id: int | None = None


@dataclass
class Found:
    """What the directory knows of some rows. ``known`` holds every account that is named elsewhere, by its id."""

    known: dict[int, Known] = field(default_factory=dict)
    by_phone: dict[str, int] = field(default_factory=dict)
    by_email: dict[str, int] = field(default_factory=dict)
    by_place: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    elsewhere: dict[tuple[str, dt.date], list[int]] = field(default_factory=dict)
    posts: dict[int, list[tuple[Appointment, Post]]] = field(default_factory=dict)
    living: dict[int, int] = field(default_factory=dict)

    def of(self, pk: int | None, day: dt.date) -> Known | None:
        """The account with the appointments that hold on ``day``."""
        known = self.known.get(self.living.get(pk or 0, pk or 0))
        if known is None:
            return None
        held = [(row, post) for row, post in self.posts.get(known.pk, []) if _holds(row, day)]
        ahead = [row.starts_on for row, _ in self.posts.get(known.pk, []) if row.is_primary and row.starts_on > day]
        return replace(
            known,
            post=next((post for row, post in held if row.is_primary), None),
            further=tuple(post for row, post in held if not row.is_primary),
            next_main=min(ahead, default=None),
        )


class Directory:
    """Asked for some hundred rows at a time. The people who serve in a unit are read once, when a row first names it.

    ``batch``: people whom this batch has made are no candidates for its other rows.
    """

    def __init__(self, importer: User, today: dt.date, batch: RosterBatch | None = None) -> None:
        self._today, self._batch = today, batch
        self._paths = granted_paths(importer, Grant.Right.IMPORT, on=today)
        self._by_place: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._places: set[int] = set()
        self._names: dict[int, str] = {}

    def look_up(self, rows: Sequence[Asked]) -> Found:
        """Some ten queries for each four hundred rows, however many people there are."""
        found = Found()
        for start in range(0, len(rows), CHUNK):
            self._look_up(rows[start : start + CHUNK], found)
        return found

    def _look_up(self, rows: Sequence[Asked], found: Found) -> None:
        entries = [row.entry for row in rows]
        self._contacts(entries, found)
        self._read_places({row.unit_id for row in rows if row.unit_id})
        searched: list[Entry] = []
        for row in rows:
            key = (row.unit_id or 0, text.fold(row.entry.full_name))
            if key in self._by_place:
                found.by_place[key] = self._by_place[key]
            elif row.entry.born_on and not self._has_contact(row.entry, found):
                searched.append(row.entry)
        self._search(searched, found)
        wanted = {*found.by_phone.values(), *found.by_email.values()}
        wanted.update(pk for pks in (*found.by_place.values(), *found.elsewhere.values()) for pk in pks)
        wanted.update(row.person_id for row in rows if row.person_id)
        living = survivors(wanted)
        self._read_people(wanted | set(living.values()), found)
        found.living.update(living)
        for old, survivor in living.items():
            _unite(found, old, survivor)

    @staticmethod
    def _has_contact(entry: Entry, found: Found) -> bool:
        return entry.phone in found.by_phone or entry.email in found.by_email

    def _contacts(self, entries: Sequence[Entry], found: Found) -> None:
        phones = [entry.phone for entry in entries if entry.phone]
        emails = [entry.email for entry in entries if entry.email]
        if phones:
            found.by_phone.update(User.objects.filter(phone__in=phones).values_list("phone", "pk"))  # type: ignore[arg-type]
        if emails:
            # The index holds no empty address: a query that might mean one would read every account.
            lowered = User.objects.annotate(lowered=Lower("email")).filter(lowered__in=emails).exclude(email="")
            found.by_email.update(lowered.values_list("lowered", "pk"))

    def _read_places(self, unit_ids: set[int]) -> None:
        fresh = sorted(unit_ids - self._places)
        self._places.update(fresh)
        for start in range(0, len(fresh), CHUNK):
            held = Appointment.objects.on(self._today).filter(unit__in=fresh[start : start + CHUNK])
            held = held.exclude(person__in=self._made())
            for unit_id, folded, pk in held.values_list("unit_id", "person__name_folded", "person_id"):
                there = self._by_place[unit_id, folded]
                if pk not in there:
                    there.append(pk)

    def _made(self) -> Iterable[int]:
        """The accounts that this batch has made so far."""
        if self._batch is None:
            return []
        made = RosterRow.objects.filter(batch=self._batch, outcome=Outcome.NEW, written_at__isnull=False)
        return made.values("person_id")  # type: ignore[return-value]

    def _search(self, entries: Sequence[Entry], found: Found) -> None:
        """People in scope of the same name and full date of birth, wherever they serve."""
        if not entries:
            return
        within = below(self._paths)
        # Asked person by person: a list of all who serve would be made anew for every few hundred rows.
        serving = Appointment.objects.filter(in_force(self._today)).filter(within, person=OuterRef("pk"))
        people = User.objects.filter(
            Exists(serving),
            name_folded__in={text.fold(entry.full_name) for entry in entries},
            born_on__in={entry.born_on for entry in entries},
            is_active=True,
        ).exclude(pk__in=self._made())
        for pk, folded, born_on in people.values_list("pk", "name_folded", "born_on"):
            if born_on:
                found.elsewhere.setdefault((folded, born_on), []).append(pk)

    def _read_people(self, pks: set[int], found: Found) -> None:
        ordered = sorted(pks - found.known.keys())
        for start in range(0, len(ordered), CHUNK):
            chunk = ordered[start : start + CHUNK]
            posts: dict[int, list[Appointment]] = defaultdict(list)
            for post in Appointment.objects.filter(person__in=chunk).select_related("unit").order_by("pk"):
                posts[post.person_id].append(post)
            self._read_names({post.unit_id for held in posts.values() for post in held})
            for person in User.objects.filter(pk__in=chunk).only(
                "full_name", "phone", "email", "born_on", "birth_year", "is_active"
            ):
                found.known[person.pk] = self._known(person, posts[person.pk])
                found.posts[person.pk] = [(post, self._post(post)) for post in posts[person.pk]]

    def _read_names(self, unit_ids: set[int]) -> None:
        fresh = unit_ids - self._names.keys()
        if fresh:
            self._names.update({pk: unit.name for pk, unit in units.names_on(fresh, self._today).items()})

    def _known(self, person: User, held: list[Appointment]) -> Known:
        current = [post for post in held if _holds(post, self._today)]
        return Known(
            pk=person.pk,
            full_name=person.full_name,
            phone=person.phone or "",
            email=person.email,
            born_on=person.born_on,
            birth_year=person.birth_year,
            is_active=person.is_active,
            in_scope=any(post.unit.path.startswith(path) for post in current for path in self._paths),
            placed=bool(current),
            post=None,
        )

    def _post(self, held: Appointment) -> Post:
        name = self._names.get(held.unit_id, "")
        last_day = held.ends_on - dt.timedelta(days=1) if held.ends_on else None
        return Post(held.pk, held.unit_id, name, held.position, held.page_duty, held.starts_on, held.is_acting,
                    last_day, held.decision)  # fmt: skip


def _unite(found: Found, old: int, survivor: int) -> None:
    """Whoever is found by an account that was united with another one is that other one."""
    gone, known = found.known.pop(old, None), found.known.get(survivor)
    if gone and known:
        contacts = {gone.phone, gone.email.lower()} - {""}
        found.known[survivor] = replace(known, aliases=known.aliases | contacts)
    for by in (found.by_phone, found.by_email):
        by.update({contact: survivor for contact, pk in by.items() if pk == old})
    for named in (found.by_place, found.elsewhere):
        for key, pks in named.items():  # type: ignore[attr-defined]
            if old in pks:
                named[key] = list(dict.fromkeys(survivor if pk == old else pk for pk in pks))  # type: ignore[index]


def _holds(post: Appointment, day: dt.date) -> bool:
    return post.starts_on <= day and (post.ends_on is None or day < post.ends_on)

"""What would become of each row: its unit, whom it means, what it would change. Nothing is written here."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from lms.accounts.models import User
from lms.accounts.rules import counts_as_staff
from lms.core import text
from lms.fanpages.rules import Statement, key_of
from lms.people import queries, rules
from lms.people.enums import Answer, Outcome, Refusal, Remark
from lms.people.models import RosterBatch, RosterRow
from lms.people.queries.directory import Asked, Directory, Found
from lms.people.queries.places import UnitIndex
from lms.people.rules import Decision, DoubtError, Entry, Known, Problem, RowRefusedError
from lms.units.models import Unit
from lms.units.queries import UnitOnDay, names_on
from lms.units.services.appointments import is_open


@dataclass(frozen=True)
class Read:
    """A row to be decided. ``unit_id``: of a row that was staged, the unit it was placed in. ``answer`` and
    ``person_id``: what a person has said of a doubtful row. ``is_made``: the person was made by this very roster and
    may serve nowhere before a day to come.
    """

    entry: Entry
    problem: Problem | None = None
    unit_id: int | None = None
    answer: str = ""
    person_id: int | None = None
    is_made: bool = False


@dataclass(frozen=True)
class Plan:
    entry: Entry
    unit_id: int | None
    decision: Decision


@dataclass(frozen=True)
class _Placed:
    read: Read
    entry: Entry
    unit: UnitOnDay | None = None
    doubt: DoubtError | None = None
    problem: Problem | None = None


class Desk:
    """Decides rows, some hundred at a time; remembers what the rows before have said.

    ``index`` finds the units of rows fresh from a file; rows that were staged bring theirs along.
    """

    def __init__(
        self,
        *,
        batch: RosterBatch,
        importer: User,
        today: dt.date,
        index: UnitIndex | None = None,
        with_further: bool = True,
    ) -> None:
        """``with_further``: rows may tell further posts, so the main ones are remembered."""
        self._top, self._today, self._index = batch.unit, today, index
        self._directory = Directory(importer, today, batch if batch.pk else None)
        self._pages = queries.Pages()
        self._pages_known: set[int] = set()
        self._seen: dict[object, tuple[str, int]] = {}
        self._told: dict[int, tuple[Entry, Statement]] = {}
        self._mains, self._with_further = Mains(), with_further
        self._units: dict[int, Unit] = {}

    def decide(self, rows: Sequence[Read]) -> list[Plan]:
        """Every row with its unit and what would become of it."""
        placed = self._place(rows)
        found = self._directory.look_up(
            [
                Asked(row.entry, row.unit.id if row.unit else None, row.read.person_id or self._mains.person(row.entry))
                for row in placed
            ]
        )
        self._read_pages(placed)
        self._read_units(placed)
        return [Plan(*self._decided(row, found)) for row in placed]

    def remember(self, rows: Iterable[RosterRow]) -> None:
        """Rows of the batch that were decided before: what they say, no other row may say again."""
        for row in rows:
            entry = entry_of(row)
            if entry.is_further:
                continue
            named = [*_contacts(entry), *([("person", row.person_id)] if row.person_id else [])]
            self._seen.update(dict.fromkeys(named, (row.sheet, row.number)))
            self._mains.add(entry, row.person_id)

    # Units

    def _place(self, rows: Sequence[Read]) -> list[_Placed]:
        if self._index:
            self._index.prepare({row.entry.unit for row in rows if row.entry.unit and row.unit_id is None})
        staged = self._staged({row.unit_id for row in rows if row.unit_id})
        return [self._placed(row, staged) for row in rows]

    def _staged(self, unit_ids: set[int]) -> dict[int, UnitOnDay]:
        """Those of the units that are still open and in the subtree."""
        if not unit_ids:
            return {}
        still = Unit.objects.open_on(self._today).within(self._top).filter(pk__in=unit_ids)
        return names_on(list(still.values_list("pk", flat=True)), self._today)

    def _placed(self, row: Read, staged: dict[int, UnitOnDay]) -> _Placed:
        """The unit of a row, if it can be told, and what is wrong with the row, its own faults first."""
        if row.unit_id is not None:
            unit = staged.get(row.unit_id)
            return _Placed(row, row.entry, unit, None, row.problem if unit else Problem(Refusal.CHANGED_MEANWHILE))
        assert self._index is not None  # noqa: S101  only staged rows come without
        try:
            place = self._index.place(row.entry)
        except DoubtError as doubt:
            return _Placed(row, row.entry, None, doubt, row.problem)
        except RowRefusedError as error:
            return _Placed(row, row.entry, None, None, row.problem or error.problem)
        entry = replace(row.entry, remarks=(*place.remarks, *row.entry.remarks))
        return _Placed(row, entry, place.unit, None, row.problem)

    # Pages

    def _read_pages(self, placed: Sequence[_Placed]) -> None:
        told = [row for row in placed if row.unit and row.entry.page_status]
        fresh = {row.unit.id for row in told if row.unit} - self._pages_known
        keys = {key_of(row.entry.page_url) for row in told} - self._pages.taken.keys()
        read = queries.pages_of(fresh, keys, on=self._today)
        self._pages_known |= fresh
        self._pages.stands.update(read.stands)
        self._pages.taken.update(read.taken)

    # Units on other days than today

    def _read_units(self, placed: Sequence[_Placed]) -> None:
        """Those of rows that give a first day, each once: an export gives one in every row."""
        named = {row.unit.id for row in placed if row.unit and row.entry.starts_on not in (None, self._today)}
        self._units.update(Unit.objects.in_bulk(named - self._units.keys()))

    def _refuse_closed(self, unit: UnitOnDay, entry: Entry) -> None:
        """Only a start in another time than today needs asking: the unit is open today."""
        day = entry.starts_on
        if day and day != self._today and not is_open(self._units[unit.id], day):
            raise RowRefusedError(Refusal.UNIT_NOT_OPEN, value=unit.name, day=f"{day:%d/%m/%Y}")

    # One row

    def _decided(self, row: _Placed, found: Found) -> tuple[Entry, int | None, Decision]:
        entry, unit = row.entry, row.unit
        try:
            if row.read.answer == Answer.OUT:
                raise RowRefusedError(Refusal.LEFT_OUT)
            if row.problem:
                raise RowRefusedError(row.problem.key, **row.problem.words)
            if row.doubt:
                raise row.doubt
            if unit is None:
                raise RowRefusedError(Refusal.NO_UNIT)
            self._refuse_closed(unit, entry)
            if entry.is_further:
                return self._further(row, unit, found)
            if not row.read.answer:
                self._refuse_second(entry, _contacts(entry))
            entry, known = self._meant(row, unit, found)
            decision = self._decision(entry, unit, known)
        except DoubtError as doubt:
            decision = rules.doubtful(doubt)
        except RowRefusedError as error:
            decision = rules.refused(error.problem)
        if self._with_further and not entry.is_further:
            is_in = decision.outcome not in (Outcome.REFUSED, Outcome.CONFLICT)
            self._mains.add(entry, decision.person, is_in=is_in)
        return entry, unit.id if unit else None, decision

    def _meant(self, row: _Placed, unit: UnitOnDay, found: Found) -> tuple[Entry, Known | None]:
        """Whom the row means, and the row without what belongs to others where a person has said whom it means."""
        entry = row.entry
        day = max(entry.starts_on or self._today, self._today)
        by_phone = found.of(found.by_phone.get(entry.phone), day)
        by_email = found.of(found.by_email.get(entry.email), day)
        if not row.read.answer:
            place = unit.id, rules.folded(entry)
            alike = [found.of(pk, day) for pk in found.by_place.get(place, ())]
            others = found.elsewhere.get((place[1], entry.born_on), ()) if entry.born_on else ()
            elsewhere = [found.of(pk, day) for pk in others]
            known = rules.match(
                entry, by_phone, by_email, [each for each in alike if each], [each for each in elsewhere if each]
            )
            return entry, known
        chosen = found.of(row.read.person_id, day) if row.read.answer == Answer.PERSON else None
        if row.read.answer == Answer.PERSON and (chosen is None or not (chosen.in_scope or row.read.is_made)):
            raise RowRefusedError(Refusal.CHANGED_MEANWHILE)
        meant = chosen.pk if chosen else None
        reached = ((entry.phone, by_phone), (entry.email, by_email))
        taken = [value for value, known in reached if known and known.pk != meant]
        entry = rules.without_contacts(entry, taken)
        if chosen is None and not (entry.phone or entry.email or entry.born_on or entry.birth_year):
            raise RowRefusedError(Refusal.NOTHING_TO_TELL_APART)
        return entry, rules.checked(chosen) if chosen else None

    def _decision(self, entry: Entry, unit: UnitOnDay, known: Known | None) -> Decision:
        names = _names(entry, known, rules.identity(entry, unit.id))
        self._refuse_second(entry, names)
        page, stands = self._page(entry, unit)
        decision = rules.decide(entry, unit.id, unit.name, known, self._today, page)
        if known and decision.touches_sign_in and counts_as_staff(User.objects.get(pk=known.pk)):
            # Whoever can change an e-mail can have the password sent there.
            raise RowRefusedError(Refusal.STAFF, name=known.full_name)
        self._seen.update(dict.fromkeys(names, (entry.sheet, entry.number)))
        if decision.outcome != Outcome.REFUSED:
            self._remember_page(entry, unit, stands)
        return decision

    def _further(self, row: _Placed, unit: UnitOnDay, found: Found) -> tuple[Entry, int | None, Decision]:
        """A row of a further post: of whom the main row above it speaks, else of somebody known. Raises like
        ``rules.match``.
        """
        entry = row.entry
        main = None if row.read.answer else self._mains.of(entry)
        if main and main.person is None:
            known = None
            words = {"row": main.number, "sheet": main.sheet}
            key = Remark.OF_ROW_ON_SHEET if main.sheet else Remark.OF_ROW
            entry = replace(entry, remarks=((key, words), *entry.remarks))
        elif main:
            day = max(entry.starts_on or self._today, self._today)
            known = found.of(main.person, day)
            if known is None:
                raise RowRefusedError(Refusal.CHANGED_MEANWHILE)
        else:
            entry, known = self._meant(row, unit, found)
        if known is None and main is None:
            raise RowRefusedError(Refusal.ALONE)
        post = rules.further_post(entry, unit.id, known) if known else None
        whose: object = known.pk if known else (main.sheet, main.number) if main else None
        names: list[object] = [("post", post.pk if post else (whose, unit.id, entry.position))]
        self._refuse_second(entry, names)
        page, stands = self._page(entry, unit)
        decision = rules.decide_further(entry, unit.id, unit.name, known, page)
        if decision.outcome != Outcome.REFUSED:
            self._seen.update(dict.fromkeys(names, (entry.sheet, entry.number)))
            self._remember_page(entry, unit, stands)
        return entry, unit.id, decision

    def _remember_page(self, entry: Entry, unit: UnitOnDay, stands: Statement) -> None:
        if entry.page_status:
            self._pages.stands[unit.id] = stands
            self._told[unit.id] = (entry, stands)
            if stands.key:
                self._pages.taken[stands.key] = unit.id

    def _refuse_second(self, entry: Entry, names: list[object]) -> None:
        """One person, one phone and one e-mail stand in one row of a file."""
        earlier = next((self._seen[name] for name in names if name in self._seen), None)
        if earlier and earlier[0] != entry.sheet:
            raise RowRefusedError(Refusal.TWICE_ON_SHEET, sheet=earlier[0], row=earlier[1])
        if earlier:
            raise RowRefusedError(Refusal.TWICE_IN_FILE, row=earlier[1])

    def _page(self, entry: Entry, unit: UnitOnDay) -> tuple[list[str] | None, Statement]:
        """What the row changes of the unit's page. A unit has one page, and a page one unit."""
        page, stands = rules.page_change(entry, self._pages.of(unit.id))
        earlier = self._told.get(unit.id)
        if page and earlier and (earlier[1].status != stands.status or earlier[1].key not in ("", stands.key)):
            raise RowRefusedError(Refusal.PAGE_SAID_OTHERWISE, row=earlier[0].number, unit=unit.name)
        if page and stands.key and self._pages.taken.get(stands.key, unit.id) != unit.id:
            raise RowRefusedError(Refusal.PAGE_TAKEN, value=stands.url)
        return page, stands


def _names(entry: Entry, known: Known | None, key: rules.Identity | None) -> list[object]:
    names: list[object] = [("person", known.pk)] if known else [("identity", key)] if key and not entry.phone else []
    return names + _contacts(entry)


def _contacts(entry: Entry) -> list[object]:
    told: list[object] = [("phone", entry.phone)] if entry.phone else []
    return [*told, ("email", entry.email)] if entry.email else told


class _Main(NamedTuple):
    """A row of a main post. ``person`` None: of somebody whom it makes; ``is_in``: it goes in, as far as is known."""

    sheet: str
    number: int
    full_name: str
    person: int | None
    is_in: bool


class Mains:
    """The rows of main posts so far, to find whose further post a later row tells. Small: there may be 100,000."""

    def __init__(self) -> None:
        self._by: dict[object, tuple[_Main, ...]] = {}

    def add(self, entry: Entry, person: int | None, *, is_in: bool = True) -> None:
        main = _Main(entry.sheet, entry.number, entry.full_name, person, is_in)
        for name in (*_contacts(entry), _named(entry)):
            self._by[name] = (*self._by.get(name, ()), main)

    def of(self, entry: Entry) -> _Main | None:
        """By phone or e-mail, else by exactly the same name and birth. Raises RowRefusedError where the contact is that
        of somebody of another name, where several rows have the name and birth, and where the row stays out itself.
        """
        for name in _contacts(entry):
            for main in self._by.get(name, ()):
                if main.is_in and text.fold(main.full_name) != rules.folded(entry):
                    raise RowRefusedError(Refusal.OTHER_NAME, name=main.full_name)
        names = [*_contacts(entry), *([_named(entry)] if entry.born_on or entry.birth_year else [])]
        found = next((mains for name in names if (mains := self._by.get(name, ()))), ())
        accepted = [main for main in found if main.is_in]
        if len(accepted) > 1:
            raise RowRefusedError(Refusal.SEVERAL_ABOVE)
        if found and not accepted:
            raise RowRefusedError(Refusal.MAIN_OUT, row=found[0].number, sheet=found[0].sheet)
        return next(iter(accepted), None)

    def person(self, entry: Entry) -> int | None:
        """The account of whom ``of`` finds, to be looked up with the others."""
        if not entry.is_further:
            return None
        try:
            main = self.of(entry)
        except RowRefusedError:
            return None
        return main.person if main else None


def _named(entry: Entry) -> object:
    return "name", entry.full_name, entry.born_on, entry.birth_year


def entry_of(row: RosterRow) -> Entry:
    """A staged row as it was understood."""
    return Entry(
        number=row.number,
        full_name=row.full_name,
        phone=row.phone,
        email=row.email,
        born_on=row.born_on,
        birth_year=row.birth_year,
        position=row.position,
        page_duty=None if row.page_duty == "-" else row.page_duty,
        unit=row.unit_text,
        starts_on=row.starts_on,
        page_status=row.page_status,
        page_url=row.page_url,
        sheet=row.sheet,
        **rules.said_of_post(row.original),
    )


def read_of(row: RosterRow) -> Read:
    return Read(entry_of(row), None, row.unit_id, row.answer, row.answer_person_id)


def read_of_further(row: RosterRow) -> Read:
    """A staged row of a further post: it means the person for whom it was accepted, or whom the row above it that it
    hangs on has made. One query for the latter.
    """
    person_id = row.person_id
    told = next((words for key, words in row.remarks if key in (Remark.OF_ROW, Remark.OF_ROW_ON_SHEET)), None)
    if person_id is None and told:
        above = RosterRow.objects.filter(batch=row.batch_id, sheet=told["sheet"], number=told["row"])
        person_id = above.values_list("person_id", flat=True).first()
    answer = Answer.PERSON if person_id else row.answer
    return Read(entry_of(row), None, row.unit_id, answer, person_id, is_made=row.person_id is None)


def put_decision(row: RosterRow, plan: Plan) -> None:
    """What was decided, into the fields of a row; nothing is saved."""
    decision = plan.decision
    row.unit_id = plan.unit_id
    row.outcome = decision.outcome
    row.refusal = decision.problem.key.value if decision.problem else ""
    row.refusal_words = decision.problem.words if decision.problem else {}
    row.changes = decision.changes
    row.person_id = decision.person
    row.candidates = list(decision.candidates)
    row.unit_key = decision.unit_key


DECIDED = ("unit", "outcome", "refusal", "refusal_words", "changes", "person", "candidates", "unit_key", "remarks")

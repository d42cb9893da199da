"""Reads: who serves where on a day, the tree on a day, finding a unit by what people type."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, FilteredRelation, IntegerField, Manager, Max, Min, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from lms.accounts.models import User
from lms.core import clock, text
from lms.units.models import Appointment, DivisionType, Unit, UnitCode, UnitList, UnitName, in_force

# --- Who serves where --------------------------------------------------------------------------------


def primary_appointment(person: User, *, on: dt.date) -> Appointment | None:
    """Where ``person`` belongs on that day: the primary appointment, else the earliest one; None if there is none."""
    return (
        Appointment.objects.on(on)
        .filter(person=person)
        .select_related("unit__level")
        .order_by("-is_primary", "starts_on", "pk")
        .first()
    )


def appointments_on(unit: Unit, day: dt.date, *, below: bool = False) -> list[Appointment]:
    """Who serves in ``unit`` on ``day`` (``below``: or anywhere in its subtree), by given name. One query."""
    where = Q(unit__path__startswith=unit.path) if below else Q(unit=unit)
    return list(
        Appointment.objects.on(day)
        .filter(where)
        .select_related("person", "unit__level")
        .order_by("person__name_sort_key", "person_id", "starts_on")
    )


# --- The tree on a day -------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitOnDay:
    """A unit as it was called on one day. ``code`` and ``type`` are "" where there is none."""

    id: int
    path: str
    level: str
    rank: int
    name: str
    short_name: str
    type: str
    code: str
    sort_key: str


_PLAIN = ("pk", "path", "level__key", "level__rank", "name__full_name", "name__short_name", "name__type__name",
              "code__code", "name__sort_key")  # fmt: skip


def _named(units: QuerySet[Unit], day: dt.date) -> QuerySet[Unit]:
    """``units`` with their ``name`` and ``code`` of ``day`` to filter and order by."""
    return units.alias(
        name=FilteredRelation("names", condition=in_force(day, prefix="names__")),
        code=FilteredRelation("codes", condition=in_force(day, prefix="codes__")),
    )


def _rows(units: QuerySet[Unit]) -> list[UnitOnDay]:
    rows: Iterable[tuple[Any, ...]] = units.values_list(*_PLAIN)
    return [_unit_on_day(*("" if value is None else value for value in row)) for row in rows]


def _unit_on_day(*values: Any) -> UnitOnDay:
    return UnitOnDay(*values)


def _on_day(units: QuerySet[Unit], day: dt.date) -> list[UnitOnDay]:
    """``units`` as on ``day``; one query; a unit without a name that day is left out."""
    return _rows(_named(units, day).filter(name__isnull=False))


def _sorted(units: Iterable[UnitOnDay]) -> list[UnitOnDay]:
    return sorted(units, key=lambda unit: (unit.rank, unit.sort_key, unit.path))


def roots_on(day: dt.date) -> list[UnitOnDay]:
    """The tops of the tree on ``day``. One query."""
    return _sorted(_on_day(Unit.objects.open_on(day).filter(depth=1), day))


def children_on(unit: Unit, day: dt.date) -> list[UnitOnDay]:
    """The units right below ``unit`` that are open on ``day``, by level and then in Vietnamese order. One query."""
    children = Unit.objects.open_on(day).filter(depth=unit.depth + 1, path__startswith=unit.path)
    return _sorted(_on_day(children, day))


def tree_on(day: dt.date, *, within: Unit | None = None) -> list[UnitOnDay]:
    """Every unit open on ``day`` (in the subtree of ``within``), parents before children. One query."""
    units = Unit.objects.open_on(day)
    if within:
        units = units.within(within)
    return _on_day(units, day)


def counts_by_level(unit: Unit | None, day: dt.date) -> dict[str, int]:
    """How many units of each level are open on ``day`` strictly below ``unit`` (None: in all trees, roots included).

    Keys are keys of levels, in order of rank; a level without a unit is absent. One query.
    """
    units = Unit.objects.open_on(day)
    if unit:
        units = units.within(unit).exclude(pk=unit.pk)
    rows = units.order_by("level__rank").values_list("level__key").annotate(number=Count("pk"))
    return dict(rows)


def names_on(units: Iterable[Unit | int], day: dt.date) -> dict[int, UnitOnDay]:
    """Unit id → how it was called on ``day``, in one query.

    A unit that was not open that day is called by the name nearest to it, so that a report of today still names a
    district: the first and the last name of a unit have no bound on the outer side.
    """
    wanted = {unit if isinstance(unit, int) else unit.pk for unit in units}
    if not wanted:
        return {}
    return {unit.id: unit for unit in _on_day(Unit.objects.filter(pk__in=wanted), day)}


def name_on(unit: Unit, day: dt.date) -> str:
    """The full name on ``day``, "" if it had none. One query."""
    found = names_on([unit], day)
    return found[unit.pk].name if found else ""


def breadcrumbs_on(units: Iterable[UnitOnDay | Unit], day: dt.date) -> dict[str, list[UnitOnDay]]:
    """Path of each unit → its ancestors from the root down, itself last. One query for all of them."""
    paths = {unit.path for unit in units}
    if not paths:
        return {}
    chains = {path: [path[:end] for end in range(Unit.steplen, len(path) + 1, Unit.steplen)] for path in paths}
    wanted = {step for chain in chains.values() for step in chain}
    found = {unit.path: unit for unit in _on_day(Unit.objects.filter(path__in=wanted), day)}
    return {path: [found[step] for step in chain if step in found] for path, chain in chains.items()}


def breadcrumb(unit: Unit | UnitOnDay, day: dt.date) -> list[UnitOnDay]:
    """The root first, ``unit`` last, as they were called on ``day``. One query."""
    return breadcrumbs_on([unit], day).get(unit.path, [])


# --- What is known of a day --------------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """``after``: the last day on which the old state is known (None: none is); ``on``: the first day of the new one."""

    after: dt.date | None
    on: dt.date


def is_day_inferred(day: dt.date) -> Interval | None:
    """The interval without dates in which ``day`` lies, or before the first list; None if the day's state is known.

    Inside an interval the tree answers with the old state. Four queries at most.
    """
    first = UnitList.objects.aggregate(first=Min("as_of"))["first"]
    if first and day < first:
        return Interval(None, first)
    spans = [
        _span(Unit.objects, "closed", day),
        _span(Unit.objects, "opened", day),
        _span(UnitName.objects, "ends", day),
    ]
    found = [span for span in spans if span["on"]]
    return Interval(max(span["after"] for span in found), min(span["on"] for span in found)) if found else None


def _span(rows: Manager[Any], side: str, day: dt.date) -> dict[str, Any]:
    around = rows.filter(**{f"{side}_after__lt": day, f"{side}_on__gt": day})
    return around.aggregate(after=Max(f"{side}_after"), on=Min(f"{side}_on"))


def inferred_note(day: dt.date) -> str:
    """The sentence that a report of ``day`` must carry, "" if the day's state is known."""
    interval = is_day_inferred(day)
    if interval is None:
        return ""
    on = f"{interval.on:%d/%m/%Y}"
    if interval.after is None:
        return _("The units before %(on)s are not known; those of that day are shown.") % {"on": on}
    return _(
        "Units changed between %(after)s and %(on)s on days that are not known; the state of %(after)s is shown."
    ) % {"after": f"{interval.after:%d/%m/%Y}", "on": on}


# --- Finding a unit by what people type --------------------------------------------------------------

_SEPARATORS = " .,()'’–-"
_GAP = f"[{re.escape(_SEPARATORS)}]+"
_TOKEN = re.compile(f"([^{re.escape(_SEPARATORS)}]+)(\\.?)")
# "Ủy ban MTTQ Việt Nam tỉnh …", "MTTQ xã …", "Mặt trận …": the Front's own words in front of a unit's name.
_FRONT = re.compile(r"^(uy ban )?(mttq|mat tran( to quoc)?)( viet nam)? (?=\S)")
_CANDIDATES = 300


@dataclass(frozen=True)
class UnitHit:
    """A unit found, with its ancestors from the root down (the unit itself not among them)."""

    unit: UnitOnDay
    above: tuple[UnitOnDay, ...] = field(default=())

    @property
    def where(self) -> str:
        """ "Huyện Võ Nhai, Tỉnh Thái Nguyên": the nearest first, without the root."""
        return ", ".join(unit.name for unit in reversed(self.above[1:]))


@dataclass(frozen=True)
class _Token:
    word: str
    cut: bool  # an abbreviation: the syllable goes on ("Q." for "Quảng")


@dataclass(frozen=True)
class _Reading:
    """One way to read what was typed: a name, or the word for a type and then a name."""

    tokens: tuple[_Token, ...]
    type: str = ""  # the word, "thị trấn"


def _tokens(typed: str) -> tuple[_Token, ...]:
    return tuple(_Token(word, bool(dot) or (len(word) == 1 and word.isalpha())) for word, dot in _TOKEN.findall(typed))


def _readings(typed: str, type_words: Iterable[str]) -> list[_Reading]:
    """Every way to read the folded ``typed``: "q. ninh" is a province cut short, or the district Ninh."""
    tokens = _tokens(typed)
    found = [_Reading(tokens)]
    for word in type_words:
        syllables = text.fold(word).split()
        for spelling in (syllables, ["".join(syllable[0] for syllable in syllables)]):
            head, tail = tokens[: len(spelling)], tokens[len(spelling) :]
            if tail and [token.word for token in head] == spelling:
                found.append(_Reading(tail, word))
    initials = [
        _Reading(tuple(_Token(letter, True) for letter in reading.tokens[0].word), reading.type)
        for reading in found
        if len(reading.tokens) == 1 and re.fullmatch("[b-df-hj-np-tv-xz]{2,6}", reading.tokens[0].word)
    ]
    return found + initials


def _pattern(tokens: tuple[_Token, ...]) -> str:
    """A regular expression (of Python and of PostgreSQL) for names that hold ``tokens`` one after the other; the last
    may still be growing.
    """
    rest = f"[^{re.escape(_SEPARATORS)}]*"
    words = [re.escape(token.word) + (rest if token.cut else "") for token in tokens]
    return f"(^|[{re.escape(_SEPARATORS)}])" + _GAP.join(words)


def _matches(reading: _Reading) -> Q:
    # LIKE first: it leaves the regular expression, a Python function on SQLite, a few dozen rows.
    longest = max((token.word for token in reading.tokens), key=len)
    query = Q(name__short_folded__contains=longest) & Q(name__short_folded__regex=_pattern(reading.tokens))
    return query & Q(name__type__name=reading.type) if reading.type else query


def search_units(typed: str, on: dt.date | None = None, within: Unit | None = None, limit: int = 20) -> list[UnitHit]:
    """Units open on that day (default today) that people may mean by ``typed``, the likeliest first.

    Without diacritics and case, with or without the type's word or its initials ("P.", "TX", "TP."), syllables cut
    short with a dot or to one letter ("Q. Ninh"), the Front's words in front ignored; digits are a code. Where
    diacritics are typed, names that bear them come first. Three queries whatever is found.
    """
    day = on or clock.today()
    folded = _FRONT.sub("", text.fold(typed))
    if not _tokens(folded):
        return []
    type_words = DivisionType.objects.order_by("name").values_list("name", flat=True).distinct()
    readings = _readings(folded, type_words)
    wanted = Q()
    for reading in readings:
        wanted |= _matches(reading)
    if folded.isdecimal():
        wanted |= Q(pk__in=UnitCode.objects.filter(in_force(day), code=folded).values("unit_id"))
    hits = sorted(_candidates(wanted, readings, day, within), key=lambda unit: _likelihood(unit, typed, readings))[
        :limit
    ]
    above = breadcrumbs_on(hits, day)
    return [UnitHit(unit, tuple(above[unit.path][:-1])) for unit in hits]


def _candidates(wanted: Q, readings: list[_Reading], day: dt.date, within: Unit | None) -> list[UnitOnDay]:
    """At most ``_CANDIDATES``, whole names before beginnings before the rest, so that a cut loses the unlikely."""
    names = {" ".join(token.word for token in reading.tokens) for reading in readings}
    beginnings = Q()
    for name in names:
        beginnings |= Q(name__short_folded__startswith=name)
    units = Unit.objects.open_on(day)
    if within:
        units = units.within(within)
    order = Case(
        When(name__short_folded__in=names, then=Value(0)),
        When(beginnings, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = _named(units, day).filter(wanted)
    return _rows(found.order_by(order, "level__rank", "name__sort_key", "path")[:_CANDIDATES])


def _likelihood(unit: UnitOnDay, typed: str, readings: list[_Reading]) -> tuple[object, ...]:
    """Sort key. With diacritics typed: the very name, then names that hold what was typed as it was typed."""
    cleaned = text.clean(typed).casefold()
    name, full = unit.short_name.casefold(), unit.name.casefold()
    marked = cleaned != text.fold(cleaned)
    as_typed = tuple(token.word for token in _tokens(cleaned))
    of_name = tuple(token.word for token in _tokens(name))
    same = marked and (as_typed[-len(of_name) :] == of_name)
    holds = marked and bool(re.search(_pattern(_tokens(cleaned)), full))
    folded = tuple(token.word for token in _tokens(text.fold(name)))
    whole = any(folded == tuple(token.word for token in reading.tokens) for reading in readings)
    begins = any(re.match(_pattern(reading.tokens), text.fold(name)) for reading in readings)
    return (not same, not holds, not whole, not begins, unit.rank, unit.sort_key, unit.path)

"""What a roster's text means as a unit: names of today, names of before, headings over the row."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from lms.core import text
from lms.people.enums import Refusal, Remark
from lms.people.formats.tables import Group
from lms.people.formats.unitnames import has_type, own_level, readings, spelled
from lms.people.rules import DoubtError, Entry, Problem, RowRefusedError
from lms.units import queries as units
from lms.units.models import Succession, Unit, UnitName

CHUNK = 400
# So many units are offered where a name is doubtful.
OFFERED = 30


def key_of(written: str, above: Sequence[str] = ()) -> str:
    """A doubtful name as UnitChoice keeps it: the text with the headings over it, however spelled."""
    return " | ".join(spelled(part) for part in (written, *above))[:300]


@dataclass(frozen=True)
class Place:
    """The unit of today that a text means, and what has to be said about it."""

    unit: units.UnitOnDay
    remarks: tuple[tuple[Remark, dict[str, Any]], ...] = ()


class UnitIndex:
    """Units of one subtree as they are on one day, found by exact name or code (case and spelling of tones aside,
    diacritics never), and by the names they had before, through successions.

    Two queries for the whole subtree, three more for the names of before once one is needed, and one for each four
    hundred names that are not found.
    """

    def __init__(self, top: Unit, day: dt.date, answers: Mapping[str, int | None] | None = None) -> None:
        """``answers``: what people have said that doubtful names mean, as queries.unit_answers gives it."""
        self._day = day
        self._answers = answers or {}
        self._units = units.tree_on(day, within=top)
        chain = units.breadcrumb(top, day)[:-1]
        self._by_path = {unit.path: unit for unit in [*chain, *self._units]}
        self._by_id = {unit.id: unit for unit in self._units}
        self._top_path = top.path
        self._top = self._by_path.get(top.path)
        self._resolved: dict[tuple[str, tuple[str, ...]], Place | RowRefusedError] = {}
        self._found: dict[str, list[units.UnitOnDay]] = defaultdict(list)
        for unit in self._units:
            for key in {spelled(unit.name), spelled(unit.short_name), unit.code.casefold()} - {""}:
                self._found[key].append(unit)
        self._missing: dict[str, Refusal] = {}
        self._past: _Past | None = None

    def all(self) -> list[units.UnitOnDay]:
        return self._units

    def by_id(self, pk: int) -> units.UnitOnDay | None:
        return self._by_id.get(pk)

    def spelled(self, unit: units.UnitOnDay) -> str:
        """The name with the unit above: what the template's list offers."""
        above = self._by_path.get(unit.path[: -Unit.steplen])
        return f"{unit.name}, {above.name}" if above and len(above.path) > Unit.steplen else unit.name

    def prepare(self, texts: Iterable[str]) -> None:
        """Look up at once, for all ``texts``, what is not found by ``resolve``."""
        names = {parts[0] for written in texts for parts in readings(written)}
        unknown = sorted(name for name in names if name not in self._found and name not in self._missing)
        for start in range(0, len(unknown), CHUNK):
            chunk = unknown[start : start + CHUNK]
            folded = [text.fold(name) for name in chunk]
            rows = UnitName.objects.filter(Q(full_folded__in=folded) | Q(short_folded__in=folded))
            pairs = rows.values_list("full_name", "short_name")
            elsewhere = {spelled(name) for pair in pairs for name in pair}
            for name in chunk:
                self._missing[name] = Refusal.UNIT_OUTSIDE if name in elsewhere else Refusal.UNKNOWN_UNIT

    def resolve(self, written: str, above: Sequence[str] = ()) -> Place:
        """ "Xã Vạn Yên", "MTTQ xã Vạn Yên", "Xã Vạn Yên, Tỉnh Quảng Ninh", "06967"; "Xã Hạ Long, huyện Vân Đồn" for
        what is Đặc khu Vân Đồn now. ``above``: headings over the row. Raises RowRefusedError, and DoubtError where the
        name means several units and nobody has said which.
        """
        key = written, tuple(above)
        if key not in self._resolved:
            try:
                self._resolved[key] = self._resolve(written, above)
            except DoubtError as doubt:
                self._resolved[key] = self._said(written, above, doubt)
            except RowRefusedError as error:
                self._resolved[key] = error
        answer = self._resolved[key]
        if isinstance(answer, DoubtError):
            raise DoubtError(answer.problem, answer.candidates, answer.unit_key)
        if isinstance(answer, RowRefusedError):
            raise RowRefusedError(answer.problem.key, **answer.problem.words)
        return answer

    def _said(self, written: str, above: Sequence[str], doubt: DoubtError) -> Place | RowRefusedError:
        """What people have said of a doubtful name, else the doubt itself, with the key to ask by."""
        key = key_of(written, above)
        if key not in self._answers:
            return DoubtError(doubt.problem, doubt.candidates, key)
        unit = self._by_id.get(self._answers[key] or 0)
        if self._answers[key] is None:
            return RowRefusedError(Refusal.UNIT_LEFT_OUT, value=written)
        if unit is None:  # closed since, or no unit of this subtree
            return DoubtError(doubt.problem, doubt.candidates, key)
        return Place(unit, ((Remark.CHOSEN, {"value": written, "unit": unit.name}),))

    def _resolve(self, written: str, above: Sequence[str]) -> Place:
        if self._top and own_level(written) and spelled(self._top.name).startswith(own_level(written)):
            return Place(self._top, ((Remark.OF_TOP, {"unit": self._top.name}),))
        context = [spelled(name) for name in above]
        every = [[*parts, *context] for parts in readings(written)]
        for parts in every:
            place = self._today(written, parts)
            if place:
                return place
        for parts in every:
            place = self._before(written, parts)
            if place:
                return place
        names = [parts[0] for parts in every if parts[0] not in self._found]
        if any(name not in self._missing for name in names):
            self.prepare([written])
        outside = any(self._missing[name] == Refusal.UNIT_OUTSIDE for name in names)
        key = Refusal.UNIT_OUTSIDE if outside else Refusal.UNKNOWN_UNIT
        raise RowRefusedError(key, value=written, day=f"{self._day:%d/%m/%Y}")

    def place(self, entry: Entry) -> Place:
        """The unit of a row: its own cell, else the nearest heading over it that is a unit, else the top where nothing
        lies below it. Raises RowRefusedError.
        """
        outer = [group.name for group in reversed(entry.groups) if has_type(group.name)]
        if entry.unit:
            return self._own(entry.unit, outer)
        for position in range(len(entry.groups) - 1, -1, -1):
            group = entry.groups[position]
            place = self._of_group(group, [name for name in outer if name != group.name])
            if place:
                told = Remark.OF_GROUP if group.number else Remark.OF_SHEET
                words = {"value": group.name, "row": group.number, "unit": place.unit.name}
                return Place(place.unit, ((told, words), *place.remarks))
        if self._top and len(self._units) == 1:
            return Place(self._top, ((Remark.OF_TOP, {"unit": self._top.name}),))
        raise RowRefusedError(Refusal.NO_UNIT)

    def _own(self, written: str, outer: list[str]) -> Place:
        """The headings help to tell two units of one name apart; they are no hindrance where they say otherwise."""
        if outer:
            try:
                return self.resolve(written, outer)
            except RowRefusedError as error:
                if error.problem.key not in (Refusal.UNKNOWN_UNIT, Refusal.UNIT_OUTSIDE):
                    raise
        return self.resolve(written)

    def _of_group(self, group: Group, outer: list[str]) -> Place | None:
        """None for a heading that is no unit ("Cấp xã"). One that is, and is not known, refuses the row."""
        try:
            return self._own(group.name, outer)
        except RowRefusedError as error:
            if error.problem.key == Refusal.UNKNOWN_UNIT:
                if not has_type(group.name) or not group.number:
                    return None
                raise RowRefusedError(
                    Refusal.UNKNOWN_GROUP, value=group.name, row=group.number, day=f"{self._day:%d/%m/%Y}"
                ) from error
            if error.problem.key == Refusal.UNIT_OUTSIDE and not has_type(group.name):
                return None
            raise

    # Names of today

    def _today(self, written: str, parts: list[str]) -> Place | None:
        hits = self._found.get(parts[0], [])
        for above in parts[1:]:
            hits = [unit for unit in hits if self._lies_in(unit, above)]
        if len(hits) == 1:
            return Place(hits[0])
        # "Xã X" of a commune and "X" of another: what was written with its type's word means the full name.
        whole = [unit for unit in hits if spelled(unit.name) == parts[0]]
        if len(whole) == 1:
            return Place(whole[0])
        if hits:
            candidates = "; ".join(self.spelled(unit) for unit in hits[:5])
            options = [[unit.id, self.spelled(unit), "", ""] for unit in hits[:OFFERED]]
            words = {"value": written, "candidates": candidates, "options": options}
            raise DoubtError(Problem(Refusal.AMBIGUOUS_UNIT, words), [unit.id for unit in hits[:OFFERED]])
        return None

    def _lies_in(self, unit: units.UnitOnDay, name: str) -> bool:
        ancestors = [unit.path[:end] for end in range(Unit.steplen, len(unit.path), Unit.steplen)]
        above = [self._by_path[path] for path in ancestors if path in self._by_path]
        return any(name in (spelled(other.name), spelled(other.short_name)) for other in above)

    # Names of before

    def _before(self, written: str, parts: list[str]) -> Place | None:
        """By the names that units had, and on to what they have become."""
        if self._past is None:
            self._past = _Past(self._day, self._top_path)
        former = self._past.former_name(parts, self._by_id)
        if former:
            return Place(former, ((Remark.RENAMED, {"value": written, "unit": former.name}),))
        ends = self._past.ends_of(parts)
        if not ends:
            return None
        went_to = {end.unit for end in ends}
        if len(went_to) == 1 and None not in went_to and not any(end.is_divided for end in ends):
            return self._succeeded(written, ends[0])
        return self._doubtful(written, ends)

    def _succeeded(self, written: str, end: "_End") -> Place:
        unit = self._by_id.get(end.unit or 0)
        if unit is None:
            raise RowRefusedError(Refusal.UNIT_OUTSIDE, value=written)
        words = {"value": written, "unit": unit.name, "day": f"{end.day:%d/%m/%Y}" if end.day else ""}
        if end.basis:
            return Place(unit, ((Remark.SUCCEEDED_BY, {**words, "basis": end.basis}),))
        return Place(unit, ((Remark.SUCCEEDED, words),))

    def _doubtful(self, written: str, ends: "list[_End]") -> Place:
        ids = [end.unit for end in ends if end.unit]
        if not ids:
            raise RowRefusedError(Refusal.UNIT_ENDED, value=written)
        known = [self._by_id[pk] for pk in dict.fromkeys(ids) if pk in self._by_id]
        outside = sorted(set(ids) - self._by_id.keys())
        # Outside the subtree a name costs a query: few rows mean a unit that was divided across provinces.
        names = [self.spelled(unit) for unit in known] + [
            unit.name for unit in (units.names_on(outside, self._day).values() if outside else ())
        ]
        shown = "; ".join(names[:8]) + ("; …" if len(names) > 8 else "")
        if not known:
            raise RowRefusedError(Refusal.UNIT_DIVIDED, value=written, candidates=shown)
        told = {end.unit: end for end in reversed(ends)}
        options = [
            [unit.id, self.spelled(unit), told[unit.id].basis, f"{day:%d/%m/%Y}" if (day := told[unit.id].day) else ""]
            for unit in known[:OFFERED]
        ]
        words = {"value": written, "candidates": shown, "options": options}
        raise DoubtError(Problem(Refusal.UNIT_DIVIDED, words), [unit.id for unit in known[:OFFERED]])


@dataclass(frozen=True)
class _End:
    """Where one unit of before has gone: ``unit`` None where nothing is recorded."""

    unit: int | None
    is_divided: bool = False
    basis: str = ""
    day: dt.date | None = None


@dataclass(frozen=True)
class _Old:
    pk: int
    path: str
    closed_on: dt.date | None
    names: frozenset[str]


class _Past:
    """The units that are gone and what they have become; former names of units that are still there. Three queries."""

    def __init__(self, day: dt.date, top: str) -> None:
        self._top = top
        self._next: dict[int, list[tuple[int, bool, str]]] = defaultdict(list)
        for before, new, share, basis in Succession.objects.values_list("old_id", "new_id", "share", "basis"):
            self._next[before].append((new, share == Succession.Share.PART, basis))
        rows = UnitName.objects.filter(unit__closed_on__lte=day)
        named: dict[tuple[int, str, dt.date | None], set[str]] = defaultdict(set)
        for pk, path, closed_on, full, short in rows.values_list(
            "unit_id", "unit__path", "unit__closed_on", "full_name", "short_name"
        ):
            named[pk, path, closed_on] |= {full, short}
        self._closed = {pk: (path, closed_on) for pk, path, closed_on in named}
        self._reach = self._reaching({pk for pk, path, _ in named if path.startswith(top)})
        self._old: dict[str, list[_Old]] = defaultdict(list)
        self._named_path: dict[str, frozenset[str]] = {}
        above = {path[:end] for pk, path, _ in named if pk in self._reach for end in range(4, len(path), Unit.steplen)}
        for (pk, path, closed_on), names in named.items():
            # A district is found although only its communes have successors.
            if pk in self._reach or path in above:
                old = _Old(pk, path, closed_on, frozenset(spelled(name) for name in names))
                self._named_path[path] = old.names
                for name in old.names:
                    self._old[name].append(old)
        self._former: dict[str, set[int]] = defaultdict(set)
        former = UnitName.objects.filter(ends_on__lte=day).exclude(unit__closed_on__lte=day)
        for pk, path, full, short in former.values_list("unit_id", "unit__path", "full_name", "short_name"):
            if path.startswith(top):
                for name in {spelled(full), spelled(short)}:
                    self._former[name].add(pk)
        self._standing = self._names_above(above)

    def _names_above(self, above: set[str]) -> dict[str, frozenset[str]]:
        """Names of ancestors that are still there: the province of a district that is gone."""
        open_ones = above - set(self._named_path)
        names: dict[str, set[str]] = defaultdict(set)
        rows = UnitName.objects.filter(unit__depth__lte=2) if open_ones else UnitName.objects.none()
        for path, full, short in rows.values_list("unit__path", "full_name", "short_name"):
            if path in open_ones:
                names[path] |= {spelled(full), spelled(short)}
        return {path: frozenset(found) for path, found in names.items()}

    def _reaching(self, own: set[int]) -> set[int]:
        """Units that are gone and lay in the subtree, or went on, by whatever steps, in it or in a unit of it."""
        inside = set(Unit.objects.filter(path__startswith=self._top).values_list("pk", flat=True))
        before: dict[int, set[int]] = defaultdict(set)
        for old, steps in self._next.items():
            for new, _, _ in steps:
                before[new].add(old)
        found, edge = set(own), inside | own
        while edge:
            edge = {old for new in edge for old in before.get(new, ())} - found
            found |= edge
        return found

    def former_name(self, parts: list[str], present: dict[int, units.UnitOnDay]) -> units.UnitOnDay | None:
        """A unit of today under a name it had, where one unit only had it and no unit that is gone did."""
        if len(parts) > 1 or parts[0] in self._old:
            return None
        found = [present[pk] for pk in self._former.get(parts[0], ()) if pk in present]
        return found[0] if len(found) == 1 else None

    def ends_of(self, parts: list[str]) -> list[_End]:
        """Where the units that bore this name have gone; [] if none did."""
        hits = [old for old in self._old.get(parts[0], []) if all(self._lies_in(old, name) for name in parts[1:])]
        found = [(old, end) for old in hits for end in self._ends(old.pk, set())]
        # A unit that ended unrecorded before another of its name did is not the one of the last day.
        last = max((old.closed_on or dt.date.min for old, end in found if end.unit), default=None)
        return [end for old, end in found if end.unit or last is None or (old.closed_on or dt.date.min) >= last]

    def _lies_in(self, old: _Old, name: str) -> bool:
        steps = [old.path[:end] for end in range(Unit.steplen, len(old.path), Unit.steplen)]
        return any(name in self._named_path.get(step, self._standing.get(step, frozenset())) for step in steps)

    def _ends(self, pk: int, seen: set[int]) -> list[_End]:
        steps = self._next.get(pk, [])
        if pk in seen:
            return []
        if not steps:
            return self._ends_of_parts(pk, seen | {pk})
        closed_on = self._closed[pk][1] if pk in self._closed else None
        ends: list[_End] = []
        for new, is_part, basis in steps:
            if new not in self._closed:
                ends.append(_End(new, is_part, basis, closed_on))
                continue
            later = self._ends(new, seen | {pk})
            ends += [_End(end.unit, is_part or end.is_divided, basis or end.basis, end.day) for end in later]
        return ends

    def _ends_of_parts(self, pk: int, seen: set[int]) -> list[_End]:
        """A level that ended has no successors of its own: a district went where its communes went."""
        path, closed_on = self._closed.get(pk, ("", None))
        if not path:
            return [_End(pk)]
        below = [
            other
            for other, (below_path, _) in self._closed.items()
            if below_path.startswith(path) and below_path != path and self._next.get(other)
        ]
        ends = [end for other in below for end in self._ends(other, seen)]
        units_of = {end.unit for end in ends}
        if not ends:
            return [_End(None, day=closed_on)]
        return [_End(unit, len(units_of) > 1, "", closed_on) for unit in sorted(units_of, key=lambda pk: pk or 0)]

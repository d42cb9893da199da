"""What a plan would change, and what of it is done: the same lines before and after."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import FilteredRelation, Max, Q, QuerySet

from lms.core import clock
from lms.units.models import (
    Appointment,
    DivisionType,
    Grant,
    Level,
    Reorganisation,
    ReorganisationMove,
    ReorganisedUnit,
    Succession,
    Unit,
    UnitCode,
    UnitList,
    in_force,
)
from lms.units.queries.tree import UnitOnDay, breadcrumbs_on, names_on
from lms.units.rules.changes import Frame, Plan, Problem, Ref, Standing, Step, read_step, work_out

Role = ReorganisedUnit.Role


@dataclass(frozen=True)
class Place:
    """A unit as the plan calls it; ``id`` is None until it is there."""

    ref: Ref
    name: str
    id: int | None = None


@dataclass(frozen=True)
class Heir:
    place: Place
    share: str  # "whole" | "part"


@dataclass(frozen=True)
class ClosingLine:
    """``where``: the units above, nearest first, without the root. ``heirs``: () for a unit that is dissolved."""

    unit_id: int
    name: str
    where: str
    level: str
    code: str
    heirs: tuple[Heir, ...] = ()

    @property
    def is_whole(self) -> bool:
        return any(heir.share == "whole" for heir in self.heirs)


@dataclass(frozen=True)
class OpeningLine:
    """``came``: names of the units that it comes from. ``level`` and ``type`` are keys."""

    place: Place
    parent: Place
    level: str
    type: str
    code: str
    came: tuple[str, ...] = ()


@dataclass(frozen=True)
class RenamingLine:
    """(name, type, code) before and after; ``type`` is a key."""

    unit_id: int
    before: tuple[str, str, str]
    after: tuple[str, str, str]


@dataclass(frozen=True)
class SuccessionLine:
    old_id: int
    old_name: str
    new: Place
    share: str


@dataclass(frozen=True)
class PersonLine:
    """An appointment in a closing unit. ``starts_on``: when the one in ``to`` begins: the day, or later where the old
    one begins later (then the row itself is corrected, it was made for a unit that is no more).
    """

    appointment_id: int
    person_id: int
    person: str
    position: str
    page_duty: str
    is_primary: bool
    is_acting: bool
    unit_id: int
    unit: str
    to: Place | None
    starts_on: dt.date


@dataclass(frozen=True)
class DoubtfulLine:
    """``line.to``: where somebody decided that the person goes on; with ``is_decided`` and no ``to``: nowhere."""

    line: PersonLine
    candidates: tuple[Place, ...]
    is_decided: bool = False


@dataclass(frozen=True)
class GrantLine:
    """A right over a closing unit, or over one below it. It is not carried over by itself: ``candidates`` are the units
    over which it could be given anew (``services.reorganising.renew_grants``), () for a dissolved unit.
    """

    grant_id: int
    person_id: int
    person: str
    right: str
    unit_id: int
    unit: str
    candidates: tuple[Place, ...]


@dataclass(frozen=True)
class Late:
    """The plan takes effect on a day that is past. ``since``: reports of days from then on change; ``units``: those
    whose reports do, besides the closing ones: what stands above; ``appointments``: made since, for closing units.
    """

    since: dt.date
    units: tuple[str, ...]
    appointments: int


@dataclass(frozen=True)
class Preview:
    """All that follows from a plan, or what followed. ``moving`` may be cut (``preview(people=…)``), ``moving_total``
    is not. After the tree's switch ``moving`` are those who have not moved yet.
    """

    effective_on: dt.date
    closing: tuple[ClosingLine, ...]
    opening: tuple[OpeningLine, ...]
    renaming: tuple[RenamingLine, ...]
    successions: tuple[SuccessionLine, ...]
    moving: tuple[PersonLine, ...]
    moving_total: int
    doubtful: tuple[DoubtfulLine, ...]
    ending_grants: tuple[GrantLine, ...]
    late: Late | None
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        return all(problem.is_warning for problem in self.problems)


# --- The plan ----------------------------------------------------------------------------------------


def steps_of(reorganisation: Reorganisation) -> list[Step]:
    """One query."""
    return [read_step(row.order, row.kind, row.units, row.params) for row in reorganisation.steps.order_by("order")]


def frame_of(top: Unit, day: dt.date) -> Frame:
    """The tree below ``top`` as it stands on ``day``. Six queries."""
    later = _later_below(top, day)
    rows = (
        Unit.objects.open_on(day)
        .within(top)
        .alias(
            name=FilteredRelation("names", condition=in_force(day, prefix="names__")),
            code=FilteredRelation("codes", condition=in_force(day, prefix="codes__")),
        )
        .values_list(
            "pk", "path", "level__key", "opened_on", "closed_on", "name__full_name", "name__short_name",
            "name__type__key", "name__starts_on", "name__ends_on", "code__code", "code__starts_on", "code__ends_on",
        )
        .order_by("path")
    )  # fmt: skip
    units: dict[int, Standing] = {}
    ids: dict[str, int] = {}
    for pk, path, level, opened, closed, name, short, kind, begins, ends, code, code_begins, code_ends in rows:
        known = [
            ("opens", opened if opened == day else None),
            ("closes", closed),
            ("renamed", begins if begins == day else ends),
            ("recoded", code_begins if code_begins == day else code_ends),
            ("below", later.get(path)),
        ]
        ids[path] = pk
        units[pk] = Standing(
            pk, path, ids.get(path[: -Unit.steplen]), level, name or f"#{pk}", short or f"#{pk}", kind or "",
            code or "",
            tuple((key, on) for key, on in known if on),
        )  # fmt: skip
    return Frame(
        day,
        units,
        dict(Level.objects.values_list("key", "rank")),
        {(level, key): name for level, key, name in DivisionType.objects.values_list("level__key", "key", "name")},
        _codes_from(day),
        UnitList.objects.aggregate(last=Max("as_of"))["last"],
    )


def _later_below(top: Unit, day: dt.date) -> dict[str, dt.date]:
    """Path of each unit below which others open on ``day`` or later → the first such day."""
    found: dict[str, dt.date] = {}
    for path, opened in Unit.objects.within(top).filter(opened_on__gte=day).values_list("path", "opened_on"):
        for end in range(Unit.steplen, len(path), Unit.steplen):
            found[path[:end]] = min(opened, found.get(path[:end], opened))
    return found


def _codes_from(day: dt.date) -> dict[tuple[str, str], frozenset[int]]:
    open_then = Q(ends_on__isnull=True) | Q(ends_on__gt=day)
    unit_then = Q(unit__closed_on__isnull=True) | Q(unit__closed_on__gt=day)
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for level, code, unit in UnitCode.objects.filter(open_then, unit_then).values_list(
        "unit__level__key", "code", "unit_id"
    ):
        found[level, code].add(unit)
    return {key: frozenset(units) for key, units in found.items()}


def plan_of(reorganisation: Reorganisation, frame: Frame | None = None) -> Plan:
    """What the steps make of the tree, as it stands now; nothing is written. Seven queries."""
    frame = frame or frame_of(reorganisation.top, reorganisation.effective_on)
    return work_out(frame, steps_of(reorganisation))


def problems(reorganisation: Reorganisation) -> list[Problem]:
    """What is wrong with the whole plan, warnings included, in the order of the steps; nothing is written.

    Sentences: ``_(problem.reason) % problem.params``. [] where the tree is switched already.
    """
    if reorganisation.switched_at:
        return []
    found = list(plan_of(reorganisation).problems)
    if not reorganisation.steps.exists():
        return [Problem("no_step", "The plan has no step")]
    return sorted(found, key=lambda problem: (problem.order or 0, problem.is_warning))


# --- What follows ------------------------------------------------------------------------------------


def preview(reorganisation: Reorganisation, *, people: int | None = None, today: dt.date | None = None) -> Preview:
    """All that follows from the plan, or, once the tree is switched, what it did and what is still to be done.

    ``people``: at most so many lines of ``moving``. About fifteen queries whatever the plan's size; nothing is written.
    """
    if reorganisation.switched_at:
        return _done(reorganisation, people)
    frame = frame_of(reorganisation.top, reorganisation.effective_on)
    plan = plan_of(reorganisation, frame)
    return _planned(reorganisation, frame, plan, people, today or clock.today())


def _planned(reorganisation: Reorganisation, frame: Frame, plan: Plan, people: int | None, today: dt.date) -> Preview:
    named = {opening.ref: Place(opening.ref, opening.name) for opening in plan.openings}
    named |= {str(unit.id): Place(str(unit.id), unit.name, unit.id) for unit in frame.units.values()}
    new_names = {row.unit: row.name for row in plan.renamings}

    def place(ref: Ref) -> Place:
        found = named.get(ref) or Place(ref, ref)
        return Place(ref, new_names[found.id], found.id) if found.id in new_names else found

    chain = breadcrumbs_on([reorganisation.top], plan.day).get(reorganisation.top.path, [])
    outside = [unit.name for unit in reversed(chain[1:-1])]
    heirs: dict[int, list[Heir]] = defaultdict(list)
    for link in plan.links:
        heirs[link.old].append(Heir(place(link.new), link.share))
    names = {unit.id: unit.name for unit in frame.units.values()}
    problems_found = plan.problems or (() if reorganisation.steps.exists() else (_NO_STEP,))
    people_to = {unit: place(ref) for unit, ref in plan.people_to.items()}
    candidates = {unit: tuple(place(ref) for ref in refs) for unit, refs in plan.candidates.items()}
    posts = _posts(list(plan.closings), plan.day, names)
    decided = _decisions(reorganisation, place)
    moving, doubtful = _divide(posts, people_to, candidates, decided)
    return Preview(
        effective_on=plan.day,
        closing=tuple(
            ClosingLine(
                pk,
                names[pk],
                ", ".join([*_above_in(frame, pk), *outside]),
                frame.units[pk].level,
                frame.units[pk].code,
                tuple(heirs[pk]),
            )
            for pk in plan.closings
        ),
        opening=tuple(
            OpeningLine(
                place(row.ref), place(row.parent), row.level, row.type, row.code, tuple(names[pk] for pk in row.came)
            )
            for row in plan.openings
        ),
        renaming=tuple(
            RenamingLine(
                row.unit,
                (frame.units[row.unit].name, frame.units[row.unit].type, frame.units[row.unit].code),
                (row.name, row.type, row.code),
            )
            for row in plan.renamings
        ),
        successions=tuple(
            SuccessionLine(link.old, names[link.old], place(link.new), link.share) for link in plan.links
        ),
        moving=tuple(moving[:people]),
        moving_total=len(moving),
        doubtful=tuple(doubtful),
        ending_grants=_grants(
            list(plan.closings), plan.day, names,
            {pk: tuple(heir.place for heir in heirs[pk]) or _given(people_to.get(pk)) for pk in plan.closings},
        ),
        late=_late(chain[:-1], frame, plan, posts, today),
        problems=tuple(sorted(problems_found, key=lambda problem: (problem.order or 0, problem.is_warning))),
    )  # fmt: skip


_NO_STEP = Problem("no_step", "The plan has no step")


def _given(place: Place | None) -> tuple[Place, ...]:
    return (place,) if place else ()


def _above_in(frame: Frame, pk: int) -> list[str]:
    """Names of the units above, nearest first, as far as the frame goes, without the root of the tree."""
    above = []
    parent = frame.units[pk].parent
    while parent is not None:
        above.append(frame.units[parent])
        parent = frame.units[parent].parent
    return [unit.name for unit in above if len(unit.path) > Unit.steplen]


def staying(units: Iterable[int], day: dt.date) -> QuerySet[Appointment]:
    """Appointments in ``units`` that would still hold on ``day`` or begin later, in the order of their keys."""
    then = Q(ends_on__isnull=True) | Q(ends_on__gt=day)
    return Appointment.objects.filter(then, unit__in=list(units)).order_by("pk")


_CHUNK = 5000


def _posts(units: list[int], day: dt.date, names: Mapping[int, str]) -> list[PersonLine]:
    """The appointments of the closing ``units`` that hold on ``day`` or later, by unit and given name."""
    found = []
    for start in range(0, len(units), _CHUNK):
        rows = staying(units[start : start + _CHUNK], day).order_by("unit__path", "person__name_sort_key", "pk")
        found += [
            PersonLine(
                pk, person, name, position, duty, primary, acting, unit, names.get(unit, f"#{unit}"), None,
                max(starts, day),
            )
            for pk, person, name, position, duty, primary, acting, unit, starts in rows.values_list(
                "pk", "person_id", "person__full_name", "position", "page_duty", "is_primary", "is_acting", "unit_id",
                "starts_on",
            )
        ]  # fmt: skip
    return found


def _decisions(reorganisation: Reorganisation, place: object) -> dict[int, Place | None]:
    """Appointment → where somebody decided that it goes on, None: nowhere. Only those that are not carried out."""
    found: dict[int, Place | None] = {}
    for move in ReorganisationMove.objects.filter(reorganisation=reorganisation, moved_at__isnull=True):
        ref = str(move.to_unit_id) if move.to_unit_id else move.to_ref
        found[move.appointment_id] = place(ref) if ref else None  # type: ignore[operator]
    return found


def _divide(
    posts: list[PersonLine],
    people_to: Mapping[int, Place],
    candidates: Mapping[int, tuple[Place, ...]],
    decided: Mapping[int, Place | None],
) -> tuple[list[PersonLine], list[DoubtfulLine]]:
    """Those who follow their unit, and those for whom a person decides."""
    moving, doubtful = [], []
    for line in posts:
        if line.unit_id in people_to:
            moving.append(_to(line, people_to[line.unit_id]))
        else:
            known = line.appointment_id in decided
            told = _to(line, decided.get(line.appointment_id))
            doubtful.append(DoubtfulLine(told, candidates.get(line.unit_id, ()), known))
    return moving, doubtful


def _to(line: PersonLine, place: Place | None) -> PersonLine:
    return PersonLine(
        line.appointment_id, line.person_id, line.person, line.position, line.page_duty, line.is_primary,
        line.is_acting, line.unit_id, line.unit, place, line.starts_on,
    )  # fmt: skip


def _grants(
    units: list[int], day: dt.date, names: Mapping[int, str], candidates: Mapping[int, tuple[Place, ...]]
) -> tuple[GrantLine, ...]:
    then = Q(ends_on__isnull=True) | Q(ends_on__gt=day)
    found = []
    for start in range(0, len(units), _CHUNK):
        rows = Grant.objects.filter(then, unit__in=units[start : start + _CHUNK])
        found += [
            GrantLine(pk, person, name, right, unit, names.get(unit, f"#{unit}"), candidates.get(unit, ()))
            for pk, person, name, right, unit in rows.order_by(
                "unit__path", "person__name_sort_key", "right", "pk"
            ).values_list("pk", "person_id", "person__full_name", "right", "unit_id")
        ]
    return tuple(found)


def _late(outside: list[UnitOnDay], frame: Frame, plan: Plan, posts: list[PersonLine], today: dt.date) -> Late | None:
    if plan.day > today:
        return None
    ids = {unit.path: unit.id for unit in frame.units.values()}
    touched = [*plan.closings, *(row.unit for row in plan.renamings)]
    touched += [int(row.parent) for row in plan.openings if row.parent.isdecimal()]
    above: dict[int, str] = {}
    for unit in touched:
        path = frame.units[unit].path
        for end in range(Unit.steplen, len(path) + 1, Unit.steplen):
            pk = ids.get(path[:end])
            if pk and pk not in plan.closings:
                above[pk] = frame.units[pk].name
    order = sorted(above, key=lambda pk: frame.units[pk].path)
    made_since = sum(line.starts_on > plan.day for line in posts)
    return Late(plan.day, (*(unit.name for unit in outside), *(above[pk] for pk in order)), made_since)


# --- What is done ------------------------------------------------------------------------------------


def _done(reorganisation: Reorganisation, people: int | None) -> Preview:
    day = reorganisation.effective_on
    eve = day - dt.timedelta(days=1)
    rows = list(
        reorganisation.reorganised.order_by("unit__path").values_list(
            "role", "unit_id", "ref", "unit__path", "people_to_id"
        )
    )
    closed = {unit: people_to for role, unit, _ref, _path, people_to in rows if role == Role.CLOSED}
    opened = {unit: ref for role, unit, ref, _path, _to in rows if role == Role.OPENED}
    renamed = [unit for role, unit, *_rest in rows if role == Role.RENAMED]
    paths = {path: unit for _role, unit, _ref, path, _to in rows}
    links = [link for link in _links_of(set(closed)) if link.new_id in opened]
    above = {path[: -Unit.steplen] for path in paths} - set(paths)
    parents = dict(Unit.objects.filter(path__in=above).values_list("path", "pk"))
    path_of = {unit: path for path, unit in {**paths, **parents}.items()}
    targets = {to for to in closed.values() if to}
    before = names_on([*closed, *renamed], eve)
    after = names_on([*opened, *renamed, *parents.values(), *targets], day)
    keys = {(level, name): key for level, name, key in DivisionType.objects.values_list("level__key", "name", "key")}

    def place(pk: int) -> Place:
        return Place(opened.get(pk) or str(pk), after[pk].name if pk in after else f"#{pk}", pk)

    heirs: dict[int, list[Heir]] = defaultdict(list)
    came: dict[int, list[str]] = defaultdict(list)
    for link in links:
        heirs[link.old_id].append(Heir(place(link.new_id), link.share))
        came[link.new_id].append(before[link.old_id].name)
    chains = breadcrumbs_on([before[unit] for unit in closed], eve)
    names = {unit: before[unit].name for unit in closed}
    posts = _posts(list(closed), day, names)
    people_to = {unit: place(to) for unit, to in closed.items() if to}
    candidates = {
        unit: tuple(heir.place for heir in heirs[unit]) or _above(path_of[unit], paths, parents, closed, place)
        for unit in closed
    }
    moving, doubtful = _divide(posts, people_to, candidates, _decisions(reorganisation, lambda ref: place(int(ref))))

    def told(unit: UnitOnDay) -> tuple[str, str, str]:
        return (unit.name, keys.get((unit.level, unit.type), ""), unit.code)

    return Preview(
        effective_on=day,
        closing=tuple(
            ClosingLine(
                unit, names[unit],
                ", ".join(step.name for step in reversed(chains[before[unit].path][1:-1])),
                before[unit].level, before[unit].code, tuple(heirs[unit]),
            )
            for unit in closed
        ),
        opening=tuple(
            OpeningLine(
                place(unit), place({**paths, **parents}[path_of[unit][: -Unit.steplen]]), after[unit].level,
                keys.get((after[unit].level, after[unit].type), ""), after[unit].code, tuple(came[unit]),
            )
            for unit in opened
        ),
        renaming=tuple(RenamingLine(unit, told(before[unit]), told(after[unit])) for unit in renamed),
        successions=tuple(
            SuccessionLine(link.old_id, names[link.old_id], place(link.new_id), link.share) for link in links
        ),
        moving=tuple(moving[:people]),
        moving_total=len(moving),
        doubtful=tuple(doubtful),
        ending_grants=_grants(
            list(closed), day, names,
            {unit: candidates[unit] if heirs[unit] else _given(people_to.get(unit)) for unit in closed},
        ),
        late=None,
        problems=(),
    )  # fmt: skip


def _above(path: str, paths: Mapping[str, int], parents: Mapping[str, int], closed: Mapping[int, int | None],
           place: object) -> tuple[Place, ...]:  # fmt: skip
    """What stands for the unit above a dissolved one: itself, or what it went into whole."""
    parent = paths.get(path[: -Unit.steplen]) or parents.get(path[: -Unit.steplen])
    if parent is None:
        return ()
    to = closed.get(parent, parent)
    return (place(to),) if to else ()  # type: ignore[operator]


def _links_of(units: set[int]) -> list[Succession]:
    ids = sorted(units)
    return [
        link
        for start in range(0, len(ids), _CHUNK)
        for link in Succession.objects.filter(old__in=ids[start : start + _CHUNK]).order_by("old__path", "new__path")
    ]

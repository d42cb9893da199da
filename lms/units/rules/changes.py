"""What a plan of changes on one day makes of a tree, and what is wrong with it. Plain Python, the whole plan at once.

Within a plan a unit is called by its ``Ref``: "123" the unit with that id, "3/0" the first unit that step 3 opens,
"~45" the row under which unit 45 goes on because what stands above it closes.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from lms.core import text
from lms.units.formats import gettext_noop

Ref = str


class Kind(StrEnum):
    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"
    TRANSFER = "transfer"
    RELEVEL = "relevel"
    DISSOLVE = "dissolve"
    FOUND = "found"


@dataclass(frozen=True)
class Wanted:
    """What a step says of a unit; None: as the unit from which it comes. ``name`` bears its type ("Xã Vạn Long"),
    ``type`` and ``level`` are keys, ``parent`` a ``Ref``.
    """

    name: str | None = None
    type: str | None = None
    code: str | None = None
    parent: Ref | None = None
    level: str | None = None


@dataclass(frozen=True)
class Step:
    """``children``: id of a unit below a divided one → which of the openings it goes to."""

    order: int
    kind: Kind
    units: tuple[int, ...] = ()
    parts: tuple[int, ...] = ()
    absorbing: int | None = None
    wanted: tuple[Wanted, ...] = ()
    children: Mapping[int, int] = field(default_factory=dict)
    children_to: Ref | None = None
    people_to: Ref | None = None


def read_step(order: int, kind: str, units: Sequence[int], params: Mapping[str, Any]) -> Step:
    """A step out of its row. Raises ``ValueError`` for what cannot be read. ``units`` and ``params`` by kind, where an
    *opening* is ``{"name", "type", "code", "parent", "level"}``, all optional where there is a unit to take it from:

    ========  =============================  ====================================================================
    merge     all that go in whole           ``opening``; ``parts``: [ids] of which only a part goes in;
                                             ``children``: [ids] below the parts that come along;
                                             ``absorbing``: id, one of ``units``, whose name, type, code go on
    split     the one                        ``openings``: [opening, …]; ``children``: {"id": place in openings}
    rename    the one                        ``name``, ``type``, ``code``
    transfer  all that go to the new parent  ``parent``; for one unit also ``opening``
    relevel   the one                        ``opening`` with ``level``
    dissolve  all                            ``people_to``, ``children_to``: a Ref or nothing
    found     []                             ``opening`` with ``name``, ``type``, ``level``, ``parent``
    ========  =============================  ====================================================================
    """
    try:
        told = Kind(kind)
        openings = params.get("openings") or [params.get("opening") or {}]
        if told is Kind.RENAME:
            openings = [params]
        if told is Kind.TRANSFER and "parent" in params:
            openings = [{**openings[0], "parent": params["parent"]}]
        children = params.get("children") or {}
        return Step(
            order=order,
            kind=told,
            units=tuple(dict.fromkeys(int(unit) for unit in units)),
            parts=tuple(dict.fromkeys(int(unit) for unit in params.get("parts") or ())),
            absorbing=int(params["absorbing"]) if params.get("absorbing") else None,
            wanted=tuple(_wanted(opening) for opening in openings),
            children=(
                {int(child): int(place) for child, place in children.items()}
                if isinstance(children, Mapping)
                else {int(child): 0 for child in children}
            ),
            children_to=_ref(params.get("children_to")),
            people_to=_ref(params.get("people_to")),
        )
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error


def _wanted(opening: Mapping[str, Any]) -> Wanted:
    def word(key: str) -> str | None:
        value = opening.get(key)
        return text.clean(str(value)) or None if value is not None else None

    # A code may be taken away, a type too: "" says so, None says nothing.
    code, kind = opening.get("code"), opening.get("type")
    return Wanted(
        name=word("name"),
        type=None if kind is None else str(kind),
        code=None if code is None else text.clean(str(code)),
        parent=_ref(opening.get("parent")),
        level=word("level"),
    )


def _ref(value: Any) -> Ref | None:
    return str(value) if value not in (None, "") else None


@dataclass(frozen=True)
class Standing:
    """A unit as it stands on the day, before the plan. ``parent`` is None at the top of the frame.

    ``later``: what is known to happen to it on that day or after: (key of ``LATER``, day).
    """

    id: int
    path: str
    parent: int | None
    level: str
    name: str
    short_name: str
    type: str
    code: str
    later: tuple[tuple[str, dt.date], ...] = ()


LATER = {
    "opens": gettext_noop("%(unit)s opens only on %(day)s"),
    "closes": gettext_noop("%(unit)s closes on %(day)s already"),
    "renamed": gettext_noop("%(unit)s takes another name on %(day)s"),
    "recoded": gettext_noop("%(unit)s takes another code on %(day)s"),
    "below": gettext_noop("a unit below %(unit)s opens on %(day)s"),
}


@dataclass(frozen=True)
class Frame:
    """The tree that a plan meets. ``units``: open on ``day``, those of the plan's top and below, parents first.

    ``ranks``: level → rank. ``types``: (level, type) → its word. ``codes``: (level, code) → units anywhere that bear it
    on that day or later. ``known_until``: the day of the newest list.
    """

    day: dt.date
    units: Mapping[int, Standing]
    ranks: Mapping[str, int]
    types: Mapping[tuple[str, str], str]
    codes: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict)
    known_until: dt.date | None = None


@dataclass(frozen=True)
class Problem:
    """``reason`` is an English msgid for ``params``. ``order``: of the step, None: of the plan. A warning hinders
    nothing.
    """

    key: str
    reason: str
    params: Mapping[str, str] = field(default_factory=dict)
    order: int | None = None
    unit: int | None = None
    is_warning: bool = False


@dataclass(frozen=True)
class Opening:
    """``came``: the units from which it comes, whole ones first. ``parent``: a staying unit or another opening."""

    ref: Ref
    parent: Ref
    level: str
    name: str
    short_name: str
    type: str
    code: str
    order: int
    came: tuple[int, ...] = ()


@dataclass(frozen=True)
class Renaming:
    unit: int
    name: str
    short_name: str
    type: str
    code: str
    order: int


@dataclass(frozen=True)
class Link:
    old: int
    new: Ref
    share: str  # "whole" | "part"


@dataclass(frozen=True)
class Plan:
    """``openings``: parents first. ``closings``: id → step, parents first. ``people_to``: closing unit → where its
    people go on by themselves; ``candidates``: closing unit without that → where they might.
    """

    day: dt.date
    openings: tuple[Opening, ...]
    closings: Mapping[int, int]
    renamings: tuple[Renaming, ...]
    links: tuple[Link, ...]
    people_to: Mapping[int, Ref]
    candidates: Mapping[int, tuple[Ref, ...]]
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        return all(problem.is_warning for problem in self.problems)


def work_out(frame: Frame, steps: Iterable[Step]) -> Plan:
    """What ``steps`` make of ``frame``. What is wrong is in ``problems``, all of it; then the rest is incomplete."""
    work = _Work(frame)
    for step in sorted(steps, key=lambda step: step.order):
        work.take(step)
    work.take_along()
    return work.plan()


class _Work:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.below: dict[int, list[int]] = defaultdict(list)
        for unit in frame.units.values():
            if unit.parent is not None:
                self.below[unit.parent].append(unit.id)
        self.problems: list[Problem] = []
        self.closing: dict[int, int] = {}
        self.drafts: dict[Ref, Opening] = {}
        self.whole: dict[int, Ref] = {}
        self.parts: dict[int, list[Ref]] = defaultdict(list)
        self.children_to: dict[int, Ref] = {}
        self.child_to: dict[int, tuple[Ref, int]] = {}
        self.people_to: dict[int, tuple[Ref, int]] = {}
        self.renamings: dict[int, Renaming] = {}

    def problem(
        self, key: str, reason: str, order: int | None, unit: int | None = None, *, warning: bool = False, **params: str
    ) -> None:
        if unit is not None:
            standing = self.frame.units.get(unit)
            params = {"unit": standing.name if standing else f"#{unit}", **params}
        self.problems.append(Problem(key, reason, params, order, unit, warning))

    # --- The steps ---------------------------------------------------------------------------------

    def take(self, step: Step) -> None:
        day = f"{self.frame.day:%d/%m/%Y}"
        for unit in (*step.units, *step.parts):
            if unit not in self.frame.units:
                self.problem(
                    "not_open", gettext_noop("%(unit)s is not open on %(day)s, or lies outside this plan"), step.order,
                    unit, day=day,
                )  # fmt: skip
        units = tuple(unit for unit in step.units if unit in self.frame.units)
        if not units and step.kind is not Kind.FOUND and not (step.kind is Kind.MERGE and step.parts):
            self.problem("no_unit", gettext_noop("The step names no unit"), step.order)
            return
        getattr(self, f"_{step.kind.value}")(step, units)

    def _merge(self, step: Step, units: tuple[int, ...]) -> None:
        parts = tuple(unit for unit in step.parts if unit in self.frame.units)
        if len(units) + len(parts) < 2:
            self.problem("one_merges", gettext_noop("Only one unit is named to be merged"), step.order, warning=True)
        if len({self.frame.units[unit].level for unit in (*units, *parts)}) > 1:
            self.problem("two_levels", gettext_noop("Only units of one level merge"), step.order)
        base = step.absorbing if step.absorbing in units else None
        if step.absorbing and base is None:
            self.problem(
                "absorbing",
                gettext_noop("The unit that takes the others in is not one of those that merge"),
                step.order,
            )
        ref = f"{step.order}/0"
        self._open(ref, step, step.wanted[0], like=base, beside=base or (*units, *parts)[0], came=(*units, *parts))
        for unit in units:
            if self._close(unit, step.order):
                self.whole[unit] = self.children_to[unit] = ref
        for unit in parts:
            self._divide(unit, ref, step.order)
        for child in step.children:
            self.child_to[child] = (ref, step.order)

    def _split(self, step: Step, units: tuple[int, ...]) -> None:
        (unit, *more) = units
        if more or len(step.wanted) < 2:
            self.problem("split", gettext_noop("One unit is divided into two or more"), step.order, unit)
        for place, wanted in enumerate(step.wanted):
            ref = f"{step.order}/{place}"
            self._open(ref, step, wanted, like=None, beside=unit, came=(unit,))
            self._divide(unit, ref, step.order)
        for child, place in step.children.items():
            self.child_to[child] = (f"{step.order}/{place}", step.order)

    def _rename(self, step: Step, units: tuple[int, ...]) -> None:
        for unit in units:
            old, wanted = self.frame.units[unit], step.wanted[0]
            level, name = old.level, wanted.name or old.name
            kind = old.type if wanted.type is None else wanted.type
            code = old.code if wanted.code is None else wanted.code
            if unit in self.renamings or unit in self.closing:
                self._twice(unit, step.order)
            elif (name, kind, code) == (old.name, old.type, old.code):
                self.problem("same_name", gettext_noop("%(unit)s is called so already"), step.order, unit)
            else:
                short = self._short(name, level, kind, step.order)
                self.renamings[unit] = Renaming(unit, name, short, kind, code, step.order)

    def _transfer(self, step: Step, units: tuple[int, ...]) -> None:
        for place, unit in enumerate(units):
            wanted = step.wanted[0] if len(units) == 1 else Wanted(parent=step.wanted[0].parent)
            if wanted.parent is None:
                self.problem("no_parent", gettext_noop("It is not said under which unit it comes"), step.order, unit)
                continue
            if wanted.parent == str(self.frame.units[unit].parent):
                self.problem("same_parent", gettext_noop("%(unit)s stands under that unit already"), step.order, unit)
            self._go_on(unit, f"{step.order}/{place}", step, wanted)

    def _relevel(self, step: Step, units: tuple[int, ...]) -> None:
        wanted = step.wanted[0]
        for place, unit in enumerate(units):
            if wanted.level in (None, self.frame.units[unit].level):
                self.problem("same_level", gettext_noop("%(unit)s has that level already"), step.order, unit)
            self._go_on(unit, f"{step.order}/{place}", step, wanted)

    def _go_on(self, unit: int, ref: Ref, step: Step, wanted: Wanted) -> None:
        self._open(ref, step, wanted, like=unit, beside=unit, came=(unit,))
        if self._close(unit, step.order):
            self.whole[unit] = self.children_to[unit] = ref

    def _dissolve(self, step: Step, units: tuple[int, ...]) -> None:
        for unit in units:
            if not self._close(unit, step.order):
                continue
            if step.children_to:
                self.children_to[unit] = step.children_to
            if step.people_to:
                self.people_to[unit] = (step.people_to, step.order)

    def _found(self, step: Step, units: tuple[int, ...]) -> None:
        wanted = step.wanted[0]
        if wanted.parent is None or wanted.level is None:
            self.problem("no_parent", gettext_noop("It is not said under which unit it comes"), step.order)
        else:
            self._open(f"{step.order}/0", step, wanted, like=None, beside=None, came=())

    def _twice(self, unit: int, order: int) -> None:
        self.problem("used_twice", gettext_noop("%(unit)s stands in more than one step"), order, unit)

    def _close(self, unit: int, order: int) -> bool:
        if self.frame.units[unit].parent is None:
            self.problem("top", gettext_noop("%(unit)s is the top of this plan and cannot close in it"), order, unit)
        elif unit in self.closing or unit in self.renamings:
            self._twice(unit, order)
        else:
            self.closing[unit] = order
            return True
        return False

    def _divide(self, unit: int, ref: Ref, order: int) -> None:
        if self.parts.get(unit) or self._close(unit, order):
            self.parts[unit].append(ref)

    def _open(
        self, ref: Ref, step: Step, wanted: Wanted, *, like: int | None, beside: int | None, came: tuple[int, ...]
    ) -> None:
        """``like``: the unit whose name, type and code go on; ``beside``: the one whose level and parent do."""
        model = self.frame.units[like] if like is not None else None
        place = self.frame.units[beside] if beside is not None else None
        level = wanted.level or (place.level if place else "")
        name = wanted.name or (model.name if model else "")
        kind = wanted.type if wanted.type is not None else (model.type if model else "")
        code = wanted.code if wanted.code is not None else (model.code if model else "")
        parent = wanted.parent or (str(place.parent) if place else "")
        if not name:
            self.problem("no_name", gettext_noop("The new unit has no name"), step.order)
        if level not in self.frame.ranks:
            self.problem("level", gettext_noop("There is no level “%(level)s”"), step.order, level=level)
        short = self._short(name, level, kind, step.order) if name else ""
        self.drafts[ref] = Opening(ref, parent, level, name, short, kind, code, step.order, came)

    def _short(self, name: str, level: str, kind: str, order: int) -> str:
        """``name`` without the word of its type."""
        if not kind:
            return name
        word = self.frame.types.get((level, kind))
        if word is None:
            self.problem("type", gettext_noop("There is no type “%(type)s” on that level"), order, type=kind)
            return name
        if not name.casefold().startswith(word.casefold() + " "):
            self.problem(
                "name_type", gettext_noop("The name “%(name)s” does not begin with its type “%(type)s”"), order,
                name=name, type=word,
            )  # fmt: skip
            return name
        return name[len(word) :].strip()

    # --- What stands below -------------------------------------------------------------------------

    def take_along(self) -> None:
        """Below a unit that closes everything closes: by a step of its own, or it goes on as it was, under whatever
        took the unit over.
        """
        waiting = sorted(self.closing, key=lambda unit: self.frame.units[unit].path, reverse=True)
        while waiting:
            unit = waiting.pop()
            for child in self.below[unit]:
                if child in self.closing:
                    continue
                order = self.closing[unit]
                to = self.child_to.pop(child, (self.children_to.get(unit), order))[0]
                if to is None:
                    reason = gettext_noop("It is not said where %(unit)s goes, below a unit that closes")
                    self.problem("child_without_place", reason, order, child)
                    continue
                self._copy(child, to, order)
                waiting.append(child)
        for child, (_ref, order) in self.child_to.items():
            if child not in self.closing:
                self.problem(
                    "not_a_child", gettext_noop("%(unit)s does not stand below a unit that is divided"), order, child
                )

    def _copy(self, unit: int, parent: Ref, order: int) -> None:
        old = self.frame.units[unit]
        ref = f"~{unit}"
        renamed = self.renamings.pop(unit, None)
        said = renamed or old
        self.drafts[ref] = Opening(
            ref, parent, old.level, said.name, said.short_name, said.type, said.code,
            renamed.order if renamed else order, (unit,),
        )  # fmt: skip
        self.closing[unit] = order
        self.whole[unit] = self.children_to[unit] = ref

    # --- Where everything stands -------------------------------------------------------------------

    def plan(self) -> Plan:
        openings = self._placed()
        self._check_later()
        self._check_codes(openings)
        self._check_names(openings)
        self._check_parts()
        people = dict(self.whole)
        for unit, (ref, order) in self.people_to.items():
            to = self._resolve(ref)
            if to is None:
                self.problem("people_to", gettext_noop("The people of %(unit)s cannot go on there"), order, unit)
            else:
                people[unit] = to
        wholes = [Link(old, new, "whole") for old, new in self.whole.items()]
        parts = [Link(old, new, "part") for old, found in self.parts.items() for new in dict.fromkeys(found)]
        paths = {unit: self.frame.units[unit].path for unit in self.closing}
        closings = {unit: self.closing[unit] for unit in sorted(self.closing, key=lambda unit: paths[unit])}
        return Plan(
            day=self.frame.day,
            openings=tuple(openings),
            closings=closings,
            renamings=tuple(self.renamings.values()),
            links=tuple(sorted(wholes + parts, key=lambda link: (paths[link.old], link.new))),
            people_to=people,
            candidates={unit: self._candidates(unit) for unit in closings if unit not in people},
            problems=tuple(self.problems),
        )

    def _candidates(self, unit: int) -> tuple[Ref, ...]:
        """The parts of a divided unit; of a dissolved one what now stands for the unit above it."""
        if self.parts.get(unit):
            return tuple(dict.fromkeys(self.parts[unit]))
        parent = self.frame.units[unit].parent
        above = self._resolve(str(parent)) if parent is not None else None
        return (above,) if above else ()

    def _resolve(self, ref: Ref) -> Ref | None:
        """A unit that is there after the plan: an opening, a staying unit, or what a closing one went into whole."""
        if ref in self.drafts:
            return ref
        unit = int(ref) if ref.isascii() and ref.isdecimal() else None
        if unit is None or unit not in self.frame.units:
            return None
        return self.whole.get(unit) if unit in self.closing else ref

    def _placed(self) -> list[Opening]:
        """The openings with parents that are there, parents first."""
        placed: dict[Ref, Opening] = {}
        for ref, draft in self.drafts.items():
            parent = self._resolve(draft.parent)
            if parent is None:
                self.problem(
                    "parent", gettext_noop("The unit above “%(name)s” is not there on that day: say which one is"),
                    draft.order, name=draft.name,
                )  # fmt: skip
            else:
                placed[ref] = replace(draft, parent=parent)
        depths: dict[Ref, int] = {}
        for ref, draft in placed.items():
            chain = [ref]
            while placed.get(chain[-1]) and placed[chain[-1]].parent in placed and len(chain) <= len(placed):
                chain.append(placed[chain[-1]].parent)
            if len(chain) > len(placed):
                self.problem(
                    "circle", gettext_noop("“%(name)s” would stand below itself"), draft.order, name=draft.name
                )
                return []
            depths[ref] = len(chain)
            above = placed[draft.parent].level if draft.parent in placed else self._level_of(draft.parent)
            ranks = self.frame.ranks
            if above in ranks and draft.level in ranks and ranks[above] >= ranks[draft.level]:
                reason = gettext_noop("“%(name)s” would stand under a unit of the same or a lower level")
                self.problem("rank", reason, draft.order, name=draft.name)
        return sorted(placed.values(), key=lambda opening: depths[opening.ref])

    def _level_of(self, ref: Ref) -> str:
        return self.frame.units[int(ref)].level if ref.isdecimal() and int(ref) in self.frame.units else ""

    # --- What is wrong -----------------------------------------------------------------------------

    def _check_later(self) -> None:
        touched = {**self.closing, **{unit: said.order for unit, said in self.renamings.items()}}
        for unit, order in touched.items():
            for key, day in self.frame.units[unit].later:
                # What opens below a unit that is only renamed does not matter.
                if key != "below" or unit in self.closing:
                    self.problem(f"later_{key}", LATER[key], order, unit, day=f"{day:%d/%m/%Y}")
        for draft in self.drafts.values():
            parent = int(draft.parent) if draft.parent.isdecimal() else 0
            if parent in self.frame.units and parent not in self.closing:
                for key, day in self.frame.units[parent].later:
                    if key == "closes":
                        self.problem(f"later_{key}", LATER[key], draft.order, parent, day=f"{day:%d/%m/%Y}")
        until = self.frame.known_until
        if until and self.frame.day <= until and (touched or self.drafts):
            reason = gettext_noop("The list of units of %(day)s says otherwise: changes before it come by lists")
            self.problem("list", reason, None, day=f"{until:%d/%m/%Y}")

    def _check_codes(self, openings: list[Opening]) -> None:
        said = [(opening.level, opening.code, opening.order) for opening in openings]
        renamed = [
            (self.frame.units[unit].level, row.code, row.order)
            for unit, row in self.renamings.items()
            if row.code != self.frame.units[unit].code
        ]
        given = Counter((level, code) for level, code, _order in (*said, *renamed) if code)
        free = set(self.closing)
        free |= {unit for unit, row in self.renamings.items() if row.code != self.frame.units[unit].code}
        for level, code, order in (*said, *renamed):
            if not code:
                reason = gettext_noop("A new unit has no code: the next list will not recognise it")
                self.problem("no_code", reason, order, warning=True)
            elif given[level, code] > 1 or self.frame.codes.get((level, code), frozenset()) - free:
                reason = gettext_noop("Another unit bears the code %(code)s on that day")
                self.problem("code_taken", reason, order, code=code)

    def _check_names(self, openings: list[Opening]) -> None:
        said = [(opening.parent, opening.name, opening.order) for opening in openings]
        said += [(str(self.frame.units[unit].parent), row.name, row.order) for unit, row in self.renamings.items()]
        names: Counter[tuple[Ref, str]] = Counter((parent, name.casefold()) for parent, name, _order in said)
        for parent in {parent for parent, _name, _order in said if parent.isdecimal()}:
            for child in self.below.get(int(parent), ()):
                if child not in self.closing and child not in self.renamings:
                    names[parent, self.frame.units[child].name.casefold()] += 1
        for parent, name, order in said:
            if names[parent, name.casefold()] > 1:
                reason = gettext_noop("Two units under one would be called “%(name)s”")
                self.problem("same_sibling", reason, order, name=name, warning=True)

    def _check_parts(self) -> None:
        for unit, refs in self.parts.items():
            if len(set(refs)) == 1:
                reason = gettext_noop(
                    "Only one successor is named for a part of %(unit)s: where the rest goes is not said"
                )
                self.problem("rest_untold", reason, self.closing[unit], unit, warning=True)

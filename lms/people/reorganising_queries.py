"""What follows above the tree when units close: their pages, training tasks and targets, rosters on the way in,
joining links, practical tasks that wait to be looked at. The tree's own preview, people and rights included, is made in
lms.units.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.models import Submission
from lms.accounts.models import User
from lms.core import clock, text
from lms.fanpages.models import PageRecord
from lms.people.enums import ApprovalState, BatchState, JoinState
from lms.people.models import Approval, JoinLink, JoinRequest, RosterBatch
from lms.people.models.approvals import APPROVAL_HOLDS
from lms.plans.models import Assignment, Target
from lms.plans.queries import DeadlineSaid, deadline_said, document_said
from lms.units import queries as tree
from lms.units.models import (
    Appointment,
    Grant,
    Reorganisation,
    ReorganisationStep,
    ReorganisedUnit,
    Succession,
    Unit,
    UnitName,
)
from lms.units.rules.changes import Problem
from lms.units.scope import granted_paths, scope_q


@dataclass(frozen=True)
class Fate:
    """What becomes of a unit that closes. ``heirs``: the names of those it goes into, () for one that is dissolved;
    ``is_whole``: all of it goes into one. ``heir_ids``: of those that are there already.
    """

    unit_id: int
    name: str
    heirs: tuple[str, ...] = ()
    is_whole: bool = False
    heir_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class PageLine:
    """A community page of a closing unit. The record stays with it; its successor begins as "not known".

    ``is_settled``: a successor has reported a page of its own.
    """

    fate: Fate
    name: str
    url: str
    is_confirmed: bool
    is_settled: bool


@dataclass(frozen=True)
class TaskLine:
    """A standing task. It goes on by itself where its unit goes on whole, else somebody gives it anew."""

    fate: Fate
    task_id: int
    course: str
    document: str
    deadline: DeadlineSaid


@dataclass(frozen=True)
class TargetLine:
    fate: Fate
    what: str
    percent: Any
    deadline: str


@dataclass(frozen=True)
class RosterLine:
    """A roster of a closing unit that was not written yet."""

    fate: Fate
    batch_id: int
    file_name: str
    state: str


@dataclass(frozen=True)
class JoiningLine:
    """The open joining links of a closing unit, and how many people wait for an answer there."""

    fate: Fate
    links: int
    waiting: int


@dataclass(frozen=True)
class PracticeLine:
    """How many practical tasks from a closing unit wait to be confirmed."""

    fate: Fate
    waiting: int


@dataclass(frozen=True)
class ApprovalLine:
    """A request that waits for a second person over a closing unit. ``lapses_on``: the day on which it is closed by
    itself where nobody decides; ``is_before``: the unit is still there on that day.
    """

    fate: Fate
    approval_id: int
    title: str
    asked_by: str
    lapses_on: dt.date
    is_before: bool


@dataclass(frozen=True)
class Consequences:
    pages: tuple[PageLine, ...] = ()
    tasks: tuple[TaskLine, ...] = ()
    targets: tuple[TargetLine, ...] = ()
    rosters: tuple[RosterLine, ...] = ()
    joining: tuple[JoiningLine, ...] = ()
    practice: tuple[PracticeLine, ...] = ()
    approvals: tuple[ApprovalLine, ...] = ()

    @property
    def waiting(self) -> int:
        return sum(line.waiting for line in self.practice)


def consequences(
    top: Unit, fates: Mapping[int, Fate], *, today: dt.date, day: dt.date, title_of: Callable[[Approval], str]
) -> Consequences:
    """For the units that close on ``day`` (unit id → fate), all of them below ``top``, as things stand today, in the
    tree's order. ``title_of``: the words of a request. Eight queries however many units close.
    """
    if not fates:
        return Consequences()

    def below(rows: QuerySet[Any]) -> QuerySet[Any]:
        # The subtree, not ten thousand ids: what does not close is left out here.
        return rows.filter(unit__path__startswith=top.path).order_by("unit__path", "pk")

    pages = below(PageRecord.objects.standing().filter(status=PageRecord.Status.YES))
    tasks = below(Assignment.objects.filter(withdrawn_at__isnull=True, course__retired_at__isnull=True))
    rosters = below(RosterBatch.objects.filter(state__in=[BatchState.STAGED, BatchState.APPLYING]))
    with_page = {row.unit_id: row for row in pages}
    waiting = (
        Submission.objects.filter(unit__path__startswith=top.path, state=Submission.State.SUBMITTED)
        .order_by("unit__path")
        .values_list("unit_id")
        .annotate(number=Count("pk"))
    )
    links = Counter(below(JoinLink.objects.open_at(clock.now())).values_list("unit_id", flat=True))
    asking = Counter(below(JoinRequest.objects.filter(state=JoinState.WAITING)).values_list("unit_id", flat=True))
    return Consequences(
        tuple(
            PageLine(
                fates[unit],
                row.name,
                row.url,
                row.confirmed_at is not None,
                any(heir in with_page for heir in fates[unit].heir_ids),
            )
            for unit, row in with_page.items()
            if unit in fates
        ),
        tuple(
            TaskLine(
                fates[row.unit_id], row.pk, row.course.title, document_said(row.basis),
                deadline_said(row.deadline, today),
            )
            for row in tasks.select_related("course", "basis")
            if row.unit_id in fates
        ),
        tuple(
            TargetLine(fates[row.unit_id], str(row.get_indicator_display()), row.percent, row.deadline_as_written)
            for row in below(Target.objects.all())
            if row.unit_id in fates
        ),
        tuple(
            RosterLine(fates[row.unit_id], row.pk, row.file_name, str(row.get_state_display()))
            for row in rosters
            if row.unit_id in fates
        ),
        tuple(
            JoiningLine(fate, links[unit], asking[unit])
            for unit, fate in fates.items()
            if links[unit] or asking[unit]
        ),
        tuple(PracticeLine(fates[unit], number) for unit, number in waiting if unit in fates),
        tuple(
            _approval_line(fates[row.unit_id], row, title_of(row), day)
            for row in below(Approval.objects.filter(state=ApprovalState.WAITING)).select_related("asked_by")
            if row.unit_id in fates
        ),
    )  # fmt: skip


def _approval_line(fate: Fate, row: Approval, title: str, day: dt.date) -> ApprovalLine:
    lapses_on = clock.day_of(row.asked_at + APPROVAL_HOLDS)
    return ApprovalLine(fate, row.pk, title, row.asked_by.full_name, lapses_on, lapses_on < day)


# --- A plan in words ----------------------------------------------------------------------------------


def fates_of(follows: tree.Preview) -> dict[int, Fate]:
    """Unit id → what becomes of it. No query."""
    return {
        line.unit_id: Fate(
            line.unit_id,
            line.name,
            tuple(heir.place.name for heir in line.heirs),
            line.is_whole,
            tuple(heir.place.id for heir in line.heirs if heir.place.id),
        )
        for line in follows.closing
    }


@dataclass(frozen=True)
class MovedLine:
    """An appointment that began in a new unit because an old one ended."""

    person_id: int
    person: str
    position: str
    unit: str


def moved_of(change: Reorganisation) -> tuple[MovedLine, ...]:
    """Who went along, by unit and given name; () before the tree's switch. Two queries at most."""
    if change.switched_at is None:
        return ()
    into = change.reorganised.filter(role=ReorganisedUnit.Role.CLOSED, people_to__isnull=False).values("people_to")
    opened = change.reorganised.filter(role=ReorganisedUnit.Role.OPENED).values("unit")
    decided = change.moves.filter(to_unit__isnull=False).values("to_unit")
    rows = list(
        Appointment.objects.filter(
            Q(unit__in=into) | Q(unit__in=opened) | Q(unit__in=decided),
            starts_on=change.effective_on,
            decision=change.document[:100],
        )
        .order_by("unit__path", "person__name_sort_key", "pk")
        .values_list("person_id", "person__full_name", "position", "unit_id")
    )
    names = tree.names_on({unit for *_words, unit in rows}, change.effective_on)
    return tuple(MovedLine(pk, name, position, names[unit].name) for pk, name, position, unit in rows)


def people_in(follows: tree.Preview) -> tuple[int, int]:
    """How many people follow their unit (all lines of ``moving`` must be there), and for how many somebody still has to
    decide; whoever does both is counted in both.
    """
    undecided = {line.line.person_id for line in follows.doubtful if not line.is_decided}
    return len({line.person_id for line in follows.moving}), len(undecided)


@dataclass(frozen=True)
class Figure:
    """``key``: the part of the preview in which its lines stand."""

    key: str
    label: str
    count: int


def figures_of(follows: tree.Preview, above: Consequences, moved: Sequence[MovedLine] = ()) -> tuple[Figure, ...]:
    people, undecided = people_in(follows)
    return (
        Figure("moved", gettext("Officers who have followed their unit"), len({line.person_id for line in moved})),
        Figure("closing", gettext("Units that end"), len(follows.closing)),
        Figure("opening", gettext("New units"), len(follows.opening)),
        Figure("renaming", gettext("Units that go on under another name, type or code"), len(follows.renaming)),
        Figure("moving", gettext("Officers who follow their unit"), people),
        Figure("doubtful", gettext("Officers for whom somebody decides"), undecided),
        Figure("rights", gettext("Rights that end"), len(follows.ending_grants)),
        Figure("pages", gettext("Community pages of units that end"), len(above.pages)),
        Figure("tasks", gettext("Training tasks of units that end"), len(above.tasks)),
        Figure("targets", gettext("Targets of units that end"), len(above.targets)),
        Figure("rosters", gettext("Rosters on their way in"), len(above.rosters)),
        Figure("joining", gettext("Units that end with joining links or requests to join"), len(above.joining)),
        Figure("practice", gettext("Practical tasks that wait to be confirmed"), above.waiting),
        Figure("approvals", gettext("Requests that wait for a second person"), len(above.approvals)),
    )


@dataclass(frozen=True)
class RightLine:
    """An ending right. ``to``: the one unit that took its own over, None where there is none or several;
    ``may_renew``: it may be given anew there by the viewer (nobody gives rights to himself, nor any he does not hold).
    """

    grant: tree.GrantLine
    to: tree.Place | None
    may_renew: bool


def rights_of(follows: tree.Preview, viewer: User, given: Collection[str]) -> tuple[RightLine, ...]:
    """``given``: the rights that the viewer may give over the top of the plan. No query."""
    whole = {line.unit_id for line in follows.closing if line.is_whole or not line.heirs}
    found = []
    for line in follows.ending_grants:
        to = line.candidates[0] if len(line.candidates) == 1 and line.unit_id in whole else None
        may = to is not None and line.right in given and line.person_id != viewer.pk
        found.append(RightLine(line, to, may))
    return tuple(found)


@dataclass(frozen=True)
class Part:
    """One part of what follows, with all of its lines: of the engine's preview, or of ``Consequences``."""

    key: str
    title: str
    hint: str
    lines: tuple[Any, ...]


def parts_of(
    follows: tree.Preview,
    above: Consequences,
    rights: Sequence[RightLine] = (),
    moved: Sequence[MovedLine] = (),
) -> tuple[Part, ...]:
    """In the order in which somebody checks them. ``rights``: the ending ones, as the viewer may give them anew."""
    return (
        Part("doubtful", gettext("Officers for whom somebody decides"),
             gettext("Their unit is divided or dissolved, so nobody goes anywhere by himself. Whoever is not decided "
                  "about stays in the list, also after the change was carried out."), follows.doubtful),
        Part("closing", gettext("Units that end"), "", follows.closing),
        Part("opening", gettext("New units"), "", follows.opening),
        Part("renaming", gettext("Units that go on under another name, type or code"), "", follows.renaming),
        Part("moving", gettext("Officers who follow their unit"),
             gettext("Position and duty stay as they are; the old appointment ends the day before, the new one "
                  "names the document."), follows.moving),
        Part("moved", gettext("Officers who have followed their unit"), "", tuple(moved)),
        Part("rights", gettext("Rights that end"),
             gettext("A right over a unit that ends is not carried over by itself: what goes on is marked and given "
                  "anew."),
             tuple(rights) or follows.ending_grants),
        Part("pages", gettext("Community pages of units that end"),
             gettext("The page stays with the unit that ends. Its successor has none in the system until its officer "
                  "reports one: agree which page goes on, and under which name."), above.pages),
        Part("tasks", gettext("Training tasks of units that end"),
             gettext("A task goes on in the unit that takes its own over whole, with the same deadline and the same "
                  "short link. A task of a divided or dissolved unit is to be given anew."), above.tasks),
        Part("targets", gettext("Targets of units that end"),
             gettext("They stay with the unit as it was: a report of a past day shows them unchanged."), above.targets),
        Part("rosters", gettext("Rosters on their way in"),
             gettext("They were checked against units that end: write them before the day, or drop them and send them "
                  "again for the new unit."), above.rosters),
        Part("joining", gettext("Units that end with joining links or requests to join"),
             gettext("Links and requests go on in the unit that takes the old one over whole; the printed address "
                  "stays the same. Of a divided or dissolved unit the links take nobody any more: answer its requests "
                  "before the day."),
             above.joining),
        Part("practice", gettext("Practical tasks that wait to be confirmed"),
             gettext("They stay in the queue of whoever confirms for the successor; better look at them before the "
                  "day."),
             above.practice),
        Part("approvals", gettext("Requests that wait for a second person"),
             gettext("Whoever approves over the unit that takes the old one over whole decides them; of a divided or "
                  "dissolved unit, only whoever approves over the unit above. Better decide them before the day: what "
                  "they ask for was written about the unit as it is now."),
             above.approvals),
    )  # fmt: skip


@dataclass(frozen=True)
class Bulk:
    """A unit with people to decide about, and where they might go."""

    unit_id: int
    unit: str
    undecided: int
    candidates: tuple[tree.Place, ...]


def bulks_of(follows: tree.Preview) -> tuple[Bulk, ...]:
    counted = Counter(line.line.unit_id for line in follows.doubtful if not line.is_decided)
    firsts = {line.line.unit_id: line for line in reversed(follows.doubtful)}
    return tuple(
        Bulk(unit, line.line.unit, counted[unit], line.candidates)
        for unit, line in reversed(firsts.items())
        if counted[unit]
    )


def rows_of(follows: tree.Preview, above: Consequences, moved: Sequence[MovedLine] = ()) -> Iterator[tuple[str, ...]]:
    """For a spreadsheet: part, unit, what happens or to whom, where it goes, note."""
    for part in parts_of(follows, above, moved=moved):
        for line in part.lines:
            yield (part.title, *_row_of(part.key, line))


def _row_of(key: str, line: Any) -> tuple[str, str, str, str]:
    match key:
        case "closing":
            heirs = "; ".join(heir.place.name for heir in line.heirs)
            return line.name, line.where, heirs, "" if line.is_whole else gettext("in part") if heirs else ""
        case "opening":
            return line.place.name, line.parent.name, "", line.code
        case "renaming":
            return line.before[0], "", line.after[0], line.after[2]
        case "moving":
            return line.unit, f"{line.person}, {line.position}", line.to.name if line.to else "", ""
        case "moved":
            return line.unit, f"{line.person}, {line.position}", "", ""
        case "doubtful":
            one = line.line
            to = one.to.name if one.to else gettext("goes nowhere: the appointment ends") if line.is_decided else ""
            return one.unit, f"{one.person}, {one.position}", to, "" if line.is_decided else gettext("not decided yet")
        case "rights":
            to = "; ".join(place.name for place in line.candidates)
            return line.unit, f"{line.person}: {right_name(line.right)}", to, ""
        case "pages":
            return line.fate.name, line.name, "; ".join(line.fate.heirs), line.url
        case "tasks":
            to = "; ".join(line.fate.heirs) if line.fate.is_whole else ""
            return line.fate.name, line.course, to, "" if to else gettext("to be given anew")
        case "targets":
            return line.fate.name, line.what, "", line.deadline
        case "rosters":
            return line.fate.name, line.file_name, "; ".join(line.fate.heirs), line.state
        case "joining":
            said = gettext("links: %(links)s, requests: %(requests)s") % {"links": line.links, "requests": line.waiting}
            return line.fate.name, said, "; ".join(line.fate.heirs) if line.fate.is_whole else "", ""
        case "approvals":
            to = "; ".join(line.fate.heirs) if line.fate.is_whole else ""
            return line.fate.name, f"{line.title}, {line.asked_by}", to, f"{line.lapses_on:%d/%m/%Y}"
    return line.fate.name, str(line.waiting), "; ".join(line.fate.heirs), ""


def right_name(right: str) -> str:
    return str(Grant.Right(right).label)


def opened_by(change: Reorganisation, *, but: int | None = None) -> dict[str, str]:
    """What other steps of the plan open (all but those of step ``but``): ref → name."""
    follows = tree.preview(change, people=0)
    refs = {line.place.ref: line.place.name for line in follows.opening if "/" in line.place.ref}
    return {ref: name for ref, name in refs.items() if ref.partition("/")[0] != str(but)}


@dataclass(frozen=True)
class StepLine:
    """A step in words. ``before``: the units it names; ``parts``: those of which only a part goes; ``after``: what it
    makes of them; ``under``: the unit above, where the step says one.
    """

    step: ReorganisationStep
    before: tuple[str, ...]
    parts: tuple[str, ...]
    after: tuple[str, ...]
    under: str
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def is_wrong(self) -> bool:
        return any(not problem.is_warning for problem in self.problems)

    @property
    def said(self) -> str:
        """ "Sáp nhập: Xã A, Xã B, một phần Xã C → Phường D (06652)"."""
        parts = [gettext("a part of %(unit)s") % {"unit": name} for name in self.parts]
        said = ", ".join([*self.before, *parts])
        after = ", ".join(self.after)
        said = f"{said} → {after}" if said and after else said or after
        if self.under:
            said += ", " + gettext("under %(unit)s") % {"unit": self.under}
        kind = str(self.step.get_kind_display())
        return "; ".join([f"{kind[:1].upper()}{kind[1:]}: {said}", *self.notes])


def step_lines(change: Reorganisation, steps: Iterable[ReorganisationStep], follows: tree.Preview) -> list[StepLine]:
    """One query, whatever the number of steps."""
    listed = list(steps)
    ids = {pk for step in listed for pk in (*step.units, *_ids_in(step.params))}
    names = {str(pk): unit.name for pk, unit in tree.names_on(ids, change.effective_on).items()}
    names |= {line.place.ref: line.place.name for line in follows.opening}
    return [_step_line(step, names, follows) for step in listed]


def _ids_in(params: dict[str, Any]) -> list[int]:
    refs = [params.get(key) for key in ("parent", "people_to", "children_to", "absorbing")]
    refs += [opening.get("parent") for opening in _openings(params)]
    refs += list(params.get("parts") or ())
    return [int(str(ref)) for ref in refs if str(ref or "").isdecimal()]


def _openings(params: dict[str, Any]) -> list[dict[str, Any]]:
    return list(params.get("openings") or ([params["opening"]] if params.get("opening") else []))


def _step_line(step: ReorganisationStep, names: Mapping[str, str], follows: tree.Preview) -> StepLine:
    params = step.params

    def called(ref: Any) -> str:
        return names.get(str(ref), f"#{ref}")

    openings = _openings(params)
    parent = params.get("parent") or next((row["parent"] for row in openings if row.get("parent")), None)
    after = [_with_code(row) for row in openings if row.get("name") or row.get("code")]
    notes = []
    if step.kind == ReorganisationStep.Kind.RENAME:
        after = [_with_code(params)]
    if params.get("absorbing"):
        notes.append(gettext("keeps name, type and code of %(unit)s") % {"unit": called(params["absorbing"])})
    if params.get("people_to"):
        notes.append(gettext("all their people go on in %(unit)s") % {"unit": called(params["people_to"])})
    if params.get("children_to"):
        notes.append(gettext("units below come under %(unit)s") % {"unit": called(params["children_to"])})
    return StepLine(
        step,
        tuple(called(pk) for pk in step.units),
        tuple(called(pk) for pk in params.get("parts") or ()),
        tuple(words for words in after if words),
        called(parent) if parent else "",
        tuple(notes),
        tuple(problem for problem in follows.problems if problem.order == step.order),
    )


def _with_code(row: Mapping[str, Any]) -> str:
    name, code = str(row.get("name") or ""), str(row.get("code") or "")
    if not code:
        return name
    return f"{name} ({code})" if name else gettext("code %(code)s") % {"code": code}


# --- The list of changes ------------------------------------------------------------------------------

ACTION = "people.reorganise"


class Standing(models.TextChoices):
    """How a change stands, as people say it: a draft that waits for the second person is a state of its own."""

    DRAFT = "draft", _("being drafted")
    WAITING = "waiting", _("waiting for a second person")
    APPLYING = "applying", _("being carried out")
    DONE = "done", _("carried out")
    CANCELLED = "cancelled", _("cancelled")


@dataclass(frozen=True)
class ChangeRow:
    """``approval``: the request that waits, None for any other standing."""

    change: Reorganisation
    top: str
    standing: Standing
    steps: int
    approval: Approval | None


def changes_seen_by(viewer: User) -> QuerySet[Reorganisation]:
    """The reorganisations below the units in which ``viewer`` approves; a superuser sees all of them."""
    return Reorganisation.objects.filter(scope_q(viewer, path="top__path", right=Grant.Right.APPROVE))


def years_of(viewer: User) -> list[int]:
    return sorted({day.year for day in changes_seen_by(viewer).dates("effective_on", "year")}, reverse=True)


def changes_like(viewer: User, *, typed: str = "", year: int | None = None, standing: str = "") -> QuerySet[Any]:
    """The latest day first. ``typed``: part of a unit's name, without diacritics too, or of the document's number."""
    found = changes_seen_by(viewer).select_related("top", "made_by", "applied_by")
    if year:
        found = found.filter(effective_on__year=year)
    if standing == Standing.WAITING:
        found = found.filter(pk__in=_waiting_ids(), state=Reorganisation.State.DRAFT)
    elif standing == Standing.DRAFT:
        found = found.filter(state=Reorganisation.State.DRAFT).exclude(pk__in=_waiting_ids())
    elif standing in Standing.values:
        found = found.filter(state=standing)
    folded = text.fold(typed)
    if folded:
        units = UnitName.objects.filter(full_folded__contains=folded).values("unit_id")
        named = set(found.filter(Q(top__in=units) | Q(reorganised__unit__in=units)).values_list("pk", flat=True))
        # No database folds Vietnamese, and documents are few.
        told = found.values_list("pk", "document_kind", "document_number", "document_title")
        called = {pk for pk, *words in told if folded in text.fold(" ".join(words))}
        found = found.filter(pk__in=named | called | set(_drafts_with(folded)))
    return found.annotate(number_of_steps=Count("steps", distinct=True)).order_by("-effective_on", "-pk")


def _drafts_with(folded: str) -> list[int]:
    """Drafts from the screen whose steps name such a unit: a few dozen steps, read here."""
    steps = ReorganisationStep.objects.filter(
        reorganisation__state=Reorganisation.State.DRAFT, reorganisation__source=Reorganisation.Source.SCREEN
    )
    called = list(steps.values_list("reorganisation_id", "units", "params"))
    ids = {pk for _change, units, _params in called for pk in units if isinstance(pk, int)}
    names = UnitName.objects.filter(unit__in=ids, full_folded__contains=folded)
    like = set(names.values_list("unit_id", flat=True))
    return [
        change
        for change, units, params in called
        if like & {pk for pk in units if isinstance(pk, int)}
        or folded in text.fold(json.dumps(params, ensure_ascii=False))
    ]


def _waiting() -> QuerySet[Approval]:
    return Approval.objects.filter(action=ACTION, state=ApprovalState.WAITING)


def _waiting_ids() -> list[int]:
    return [payload["reorganisation"] for payload in _waiting().values_list("payload", flat=True)]


def waiting_approval(change: Reorganisation) -> Approval | None:
    """The request that waits for a second person. One query."""
    return _waiting().filter(payload__reorganisation=change.pk).select_related("asked_by", "unit").first()


def last_decision(change: Reorganisation) -> Approval | None:
    """How the latest request ended, where none waits: refused with a note, taken back, too old."""
    ended = Approval.objects.filter(action=ACTION, payload__reorganisation=change.pk).exclude(
        state__in=[ApprovalState.WAITING, ApprovalState.APPROVED]
    )
    return ended.select_related("decided_by").order_by("-decided_at", "-pk").first()


def change_rows(changes: Iterable[Any]) -> list[ChangeRow]:
    """Rows of ``changes_like``. Two queries however many."""
    listed = list(changes)
    names = tree.names_on({change.top_id for change in listed}, clock.today())
    waiting = {row.payload["reorganisation"]: row for row in _waiting()}
    return [
        ChangeRow(
            change,
            names[change.top_id].name if change.top_id in names else "",
            standing_of(change, waiting.get(change.pk)),
            change.number_of_steps,
            waiting.get(change.pk),
        )
        for change in listed
    ]


def standing_of(change: Reorganisation, approval: Approval | None) -> Standing:
    if change.state == Reorganisation.State.DRAFT and approval:
        return Standing.WAITING
    return Standing(change.state)


# --- A unit over time ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class NamePeriod:
    """What a unit was called. ``first``: null where it was called so since before records began; ``last``: the last
    day, null where it still is. ``first_after``: the change came between that day and ``first``.
    """

    name: str
    first: dt.date | None
    last: dt.date | None
    first_after: dt.date | None


@dataclass(frozen=True)
class Kin:
    """A unit before or after another one. ``depth``: generations away, from 1; ``on``: the day on which one followed
    the other (``after``: between that day and it); ``may_open``: lies under the viewer's eyes.
    """

    unit_id: int
    name: str
    where: str
    depth: int
    on: dt.date | None
    after: dt.date | None
    is_whole: bool
    basis: str
    may_open: bool


@dataclass(frozen=True)
class History:
    """``names`` and ``codes``: the oldest first. ``before`` and ``after``: each line right below the one from which it
    is a generation away.
    """

    unit: Unit
    name: str
    where: str
    names: tuple[NamePeriod, ...]
    codes: tuple[NamePeriod, ...]
    before: tuple[Kin, ...]
    after: tuple[Kin, ...]


# A province of today came from hundreds of communes only through units below it; nobody came from more than this.
_KIN = 200


def history_of(viewer: User, unit: Unit, day: dt.date) -> History:
    """Names, codes, predecessors and successors of ``unit`` over all time, named as they were called last or first.

    A constant number of queries, and one for each generation each way.
    """
    seen = tuple({path for right in (Grant.Right.VIEW, Grant.Right.APPROVE) for path in granted_paths(viewer, right)})
    links = {side: _links(unit, side) for side in ("old", "new")}
    ids = {pk for rows in links.values() for row in rows for pk in (row.old_id, row.new_id)} | {unit.pk}
    units = {row.pk: row for row in Unit.objects.filter(pk__in=ids)}
    names = tree.names_on(ids, day)
    chains = tree.breadcrumbs_on(units.values(), day)
    where = {pk: ", ".join(step.name for step in reversed(chains.get(row.path, [])[1:-1])) for pk, row in units.items()}

    def kin(side: str) -> tuple[Kin, ...]:
        """``side`` "old": who came before; "new": who came after."""
        found: list[Kin] = []
        placed = {unit.pk}

        def lay(of: int, depth: int) -> None:
            other = "new" if side == "old" else "old"
            steps = [row for row in links[side] if getattr(row, f"{other}_id") == of]
            for row in sorted(steps, key=lambda row: names[getattr(row, f"{side}_id")].sort_key):
                pk = getattr(row, f"{side}_id")
                if pk in placed or len(found) >= _KIN:
                    continue
                placed.add(pk)
                new = units[row.new_id]
                found.append(
                    Kin(
                        pk, names[pk].name, where[pk], depth, new.opened_on, new.opened_after,
                        row.share == Succession.Share.WHOLE, row.basis, units[pk].path.startswith(seen),
                    )
                )  # fmt: skip
                lay(pk, depth + 1)

        lay(unit.pk, 1)
        return tuple(found)

    return History(
        unit,
        names[unit.pk].name if unit.pk in names else str(unit),
        where[unit.pk],
        _periods(unit, ((row.full_name, row) for row in unit.names.all())),
        _periods(unit, ((row.code, row) for row in unit.codes.all())),
        kin("old"),
        kin("new"),
    )


@dataclass(frozen=True)
class Decision:
    """A reorganisation that was carried out and touched a unit."""

    id: int
    document: str
    effective_on: dt.date
    may_open: bool


def documents_of(viewer: User, unit: Unit) -> tuple[Decision, ...]:
    """The oldest first. Two queries."""
    touched = Reorganisation.objects.filter(reorganised__unit=unit).distinct().order_by("effective_on", "pk")
    seen = set(changes_seen_by(viewer).filter(reorganised__unit=unit).values_list("pk", flat=True))
    return tuple(Decision(row.pk, row.document, row.effective_on, row.pk in seen) for row in touched)


def _links(unit: Unit, side: str) -> list[Succession]:
    """All successions that lead to ``unit`` (``side`` "old") or from it ("new"), generation by generation."""
    found: dict[int, Succession] = {}
    generation = {unit.pk}
    other = "new" if side == "old" else "old"
    while generation and len(found) < _KIN:
        rows = Succession.objects.filter(**{f"{other}__in": generation}).exclude(pk__in=list(found))
        step = list(rows)
        found.update({row.pk: row for row in step})
        generation = {getattr(row, f"{side}_id") for row in step}
    return list(found.values())


def _periods(unit: Unit, rows: Iterable[tuple[str, Any]]) -> tuple[NamePeriod, ...]:
    """The first and the last have no bound of their own: they hold as long as the unit."""
    found = []
    for words, row in rows:
        first, after = (row.starts_on, row.starts_after) if row.starts_on else (unit.opened_on, unit.opened_after)
        end = row.ends_on or unit.closed_on
        found.append(NamePeriod(words, first, end - dt.timedelta(days=1) if end else None, after))
    return tuple(sorted(found, key=lambda period: period.first or dt.date.min))

"""Marking again: asked for, worked out without changing anything, and only then carried out (requirements Q22, Q22b).

Content of a used version never changes; what changes is the version by which an answer is marked (``mapping``), or the
code that marks. Every step is driven by the row's state: a killed worker goes on where it stopped, and a second run
changes nothing.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from courses.models import Activity, ActivityState, Completion, Enrolment
from lms.accounts.models import User
from lms.core import audit, text
from quizzes import behaviours, impact, marking, types
from quizzes.models import (
    Attempt,
    AttemptQuestion,
    AttemptStep,
    GradeChange,
    QuestionVersion,
    Quiz,
    QuizGrade,
    Regrade,
    RegradeLine,
)
from quizzes.queries.regrades import may_regrade
from quizzes.rules import grades
from quizzes.services import grading

State, Policy = Regrade.State, Regrade.Policy

# What differs by less is the same mark.
LEAST = Decimal("0.0000001")
_BATCH = 200


class RegradeRefusedError(Exception):
    """The sentence that says why not."""


# --- Asking ---------------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    *,
    quiz: Quiz,
    by: User,
    reason: str,
    at: dt.datetime,
    policy: str = Policy.KEEP,
    attempts: Iterable[uuid.UUID] = (),
    questions: Iterable[int] = (),
    mapping: Mapping[int, int] | None = None,
) -> Regrade:
    """Ask for a dry run. ``attempts`` and ``questions`` (entries of the bank) empty: all.

    ``mapping``: by which version answers to which version are marked, both of one question. Whoever starts the worker
    does so after the commit; the sweep finds it otherwise. RegradeRefusedError says what is missing.
    """
    if not may_regrade(by):
        raise RegradeRefusedError(_("Only who may mark for the whole country may have a quiz marked again."))
    said = text.clean(reason)
    if not said:
        raise RegradeRefusedError(_("Say why the quiz is marked again: everybody concerned will read it."))
    wanted = dict(mapping or {})
    owners = dict(QuestionVersion.objects.filter(pk__in={*wanted, *wanted.values()}).values_list("pk", "question_id"))
    for old, new in wanted.items():
        if old not in owners or owners.get(old) != owners.get(new):
            raise RegradeRefusedError(_("An answer can only be marked by another version of the same question."))
    chosen = list(attempts)
    known = Attempt.objects.filter(quiz=quiz, pk__in=chosen, is_preview=False).count()
    if known != len(set(chosen)):
        raise RegradeRefusedError(_("An attempt of the list is not one of this quiz."))
    regrade = Regrade.objects.create(
        quiz=quiz,
        policy=policy,
        reason=said,
        attempts=[str(pk) for pk in dict.fromkeys(chosen)],
        questions=sorted(set(questions)),
        mapping={str(old): new for old, new in wanted.items() if old != new},
        asked_by=by,
        asked_at=at,
    )
    audit.record("quizzes.regrade_ask", regrade, actor=by, quiz=quiz.pk, policy=policy, reason=said)
    return regrade


def drop(*, regrade: Regrade, by: User, at: dt.datetime) -> bool:
    """Not carried out, ever; False once it is being carried out."""
    open_states = (State.WAITING, State.DRY)
    moved = Regrade.objects.filter(pk=regrade.pk, state__in=open_states).update(state=State.DROPPED)
    if moved:
        audit.record("quizzes.regrade_drop", regrade, actor=by, quiz=regrade.quiz_id)
    return bool(moved)


# --- The dry run ----------------------------------------------------------------------------------------


def _attempts(regrade: Regrade) -> "QuerySet[Attempt]":
    """Handed in, marked or waiting for a mark: what is open is marked by the rules of its end, what is voided never."""
    found = Attempt.objects.filter(
        quiz=regrade.quiz_id, is_preview=False, state__in=(Attempt.State.SUBMITTED, Attempt.State.GRADED)
    )
    return found.filter(pk__in=regrade.attempts) if regrade.attempts else found


@dataclass
class _Run:
    """What a dry run has met so far. ``results``: (score, passed) of the attempts that would change."""

    regrade: Regrade
    versions: dict[int, QuestionVersion] = field(default_factory=dict)
    objectives: dict[int, int | None] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    results: dict[Any, tuple[Fraction, bool]] = field(default_factory=dict)
    enrolments: set[int] = field(default_factory=set)
    attempts: int = 0
    answers: int = 0
    up: int = 0
    down: int = 0
    obstacles: int = 0
    moved: int = 0
    changed_attempts: int = 0

    def load(self, version_ids: Iterable[int]) -> None:
        wanted = set(version_ids) - set(self.versions)
        if wanted:
            found = QuestionVersion.objects.select_related("question").in_bulk(list(wanted))
            self.versions |= found
            self.objectives |= {pk: version.question.objective_id for pk, version in found.items()}


def work_out(*, regrade_id: int) -> bool:
    """The dry run: lines for every answer whose mark, or version, would change, and what that does to whom.

    False if it is not waiting for that. Run again, or beside itself, it comes to the same lines. Five queries for each
    200 attempts, six where questions were tried several times.
    """
    regrade = Regrade.objects.select_related("quiz__activity").filter(pk=regrade_id, state=State.WAITING).first()
    if regrade is None:
        return False
    ids = list(_attempts(regrade).order_by("submitted_at", "pk").values_list("pk", flat=True))
    Regrade.objects.filter(pk=regrade.pk).update(total=len(ids), done=0)
    run = _Run(regrade, attempts=len(ids))
    run.load(map(int, regrade.mapping.values()))
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        lines = _look_at(run, batch)
        RegradeLine.objects.bulk_create(
            lines, update_conflicts=True, unique_fields=["regrade", "question"],
            update_fields=["version", "before", "after", "obstacle"],
        )  # fmt: skip
        run.seen |= {line.question_id for line in lines}
        moved = Regrade.objects.filter(pk=regrade.pk, state=State.WAITING).update(done=start + len(batch))
        if not moved:
            return False
    found = _impact(run)
    with transaction.atomic():
        if not Regrade.objects.filter(pk=regrade.pk, state=State.WAITING).update(state=State.DRY, impact=found):
            return False
        # What an earlier run left that was killed, and is no longer true.
        left = [pk for pk, question in regrade.lines.values_list("pk", "question_id") if question not in run.seen]
        for start in range(0, len(left), _BATCH):
            RegradeLine.objects.filter(pk__in=left[start : start + _BATCH]).delete()
    return True


def _look_at(run: _Run, ids: Sequence[Any]) -> list[RegradeLine]:
    attempts = {attempt.pk: attempt for attempt in _attempts(run.regrade).filter(pk__in=ids)}
    rows = list(AttemptQuestion.objects.filter(attempt__in=list(attempts)).order_by("attempt", "position"))
    run.load(row.version_id for row in rows)
    tried = [row.pk for row in rows if row.tries]
    tries: dict[int, list[AttemptStep]] = {}
    if tried:
        steps = AttemptStep.objects.filter(question__in=tried, kind=AttemptStep.Kind.CHECKED).order_by("pk")
        for step in steps:
            tries.setdefault(step.question_id, []).append(step)
    lines: list[RegradeLine] = []
    sheets: dict[Any, list[tuple[AttemptQuestion, Decimal | None, int]]] = {}
    changed: set[Any] = set()
    for row in rows:
        attempt = attempts[row.attempt_id]
        line = _line(run, attempt, row, tries.get(row.pk, []))
        worth, version = row.fraction, row.version_id
        if line is not None:
            lines.append(line)
            run.obstacles += bool(line.obstacle)
            if not line.obstacle and line.after == line.before:
                run.moved += 1
                version = line.version_id
            elif not line.obstacle:
                falls = _falls(line)
                run.down += falls
                run.up += not falls
                if not (falls and run.regrade.policy == Policy.KEEP):
                    worth, version = line.after, line.version_id
                    changed.add(attempt.pk)
        sheets.setdefault(attempt.pk, []).append((row, worth, version))
    run.changed_attempts += len(changed)
    for pk in changed:
        if attempts[pk].state == Attempt.State.GRADED:
            run.results[pk] = _result(run, attempts[pk], sheets[pk])
            run.enrolments.add(attempts[pk].enrolment_id)
    return lines


def _falls(line: RegradeLine) -> bool:
    return line.before is not None and line.after is not None and line.after < line.before


def _line(run: _Run, attempt: Attempt, row: AttemptQuestion, steps: Sequence[AttemptStep]) -> RegradeLine | None:
    """None where nothing would change, or the question was not asked for."""
    old = run.versions[row.version_id]
    new = run.versions[int(run.regrade.mapping.get(str(old.pk), old.pk))]
    if run.regrade.questions and old.question_id not in run.regrade.questions:
        return None
    run.answers += 1
    line = RegradeLine(regrade=run.regrade, question=row, version=new, before=row.fraction)
    line.obstacle = _incompatible(old, new)
    if line.obstacle:
        return line
    after = None if row.needs_marking and new.pk == old.pk else worth(attempt.rules, row, new, steps)
    if after is None:
        if new.pk != old.pk:
            line.obstacle = _("A person marks this question: it cannot be marked again by itself.")
            return line
        return None
    line.after = after
    if row.fraction is not None and abs(after - row.fraction) <= LEAST:
        if new.pk == old.pk or row.marked_by_id is not None:
            return None
        # Nothing changes for the learner, but the answer belongs to the version that it is now marked by.
        line.after = row.fraction
        return line
    if row.marked_by_id is not None:
        line.obstacle = _("A person gave this mark: it stays.")
        line.after = None
    return line


def _incompatible(old: QuestionVersion, new: QuestionVersion) -> str:
    if old.pk == new.pk:
        return ""
    if old.type != new.type:
        return _("The type of the question is not the same.")
    return types.get(old.type).incompatible(old.content, new.content)


def worth(
    rules: Mapping[str, Any], row: AttemptQuestion, version: QuestionVersion, steps: Sequence[AttemptStep] = ()
) -> Decimal | None:
    """What the answer of ``row`` earns by ``version``, tried as it was tried; None where a person has to mark it.

    ``steps``: the tries in their order. A try that is right by the new version settles the question there, whatever the
    learner was told and did afterwards.
    """
    kind = types.get(version.type)
    behaviour = behaviours.get(rules.get("behaviour", "deferred"))
    penalty = Fraction(int(rules.get("penalty_percent", 0)), 100)
    allowed = int(rules.get("tries", 1))
    last: tuple[Any, Fraction] | None = None
    for number, step in enumerate(steps, start=1):
        share = kind.mark(version.content, step.answer)
        if share is None:
            return None
        verdict = behaviour.after_try(share, tries=number, allowed=allowed, penalty=penalty)
        last = (step.answer, verdict.fraction)
        if verdict.is_settled:
            return marking.stored(verdict.fraction)
    if last is not None and last[0] == row.answer:
        return marking.stored(last[1])
    share = kind.mark(version.content, row.answer)
    if share is None:
        return None
    return marking.stored(behaviour.at_end(share, tries=len(steps), penalty=penalty))


def _result(
    run: _Run, attempt: Attempt, sheet: Sequence[tuple[AttemptQuestion, Decimal | None, int]]
) -> tuple[Fraction, bool]:
    """Score and pass of an attempt with the new marks, as services.grading would have them."""
    exact = [(row, Fraction(worth or 0).limit_denominator(10_000), version) for row, worth, version in sheet]
    score = marking.total((share, row.max_mark) for row, share, _version in exact)
    goals = {int(key): int(percent) for key, percent in attempt.rules.get("goals", {}).items()}
    shares = grades.by_objective(
        [(run.objectives.get(version), share, Fraction(row.max_mark)) for row, share, version in exact]
    )
    reaches = all(shares[key] >= Fraction(percent, 100) for key, percent in goals.items() if key in shares)
    return score, marking.passes(score, attempt.pass_percent) and reaches


# --- What it does to whom -------------------------------------------------------------------------------


def _impact(run: _Run) -> dict[str, Any]:
    """As Regrade.impact keeps it. ``people``: who crosses the pass line; ``lines``: what other apps say hangs on it."""
    quiz = run.regrade.quiz
    changes = _crossings(run, quiz)
    places = {
        pk: (unit, str(score_before), str(score_after))
        for pk, unit, score_before, score_after in _places(run, quiz, changes)
    }
    people = [
        {**asdict(change), "unit": places[change.enrolment_id][0], "score_before": places[change.enrolment_id][1],
         "score_after": places[change.enrolment_id][2]}
        for change, _score in changes
    ]  # fmt: skip
    units: dict[int | None, dict[str, Any]] = {}
    for row in people:
        line = units.setdefault(row["unit"], {"unit": row["unit"], "gained": 0, "lost": 0, "completes": 0, "stays": 0})
        line["gained"] += row["passed_after"]
        line["lost"] += not row["passed_after"]
        line["completes"] += row["completes"]
        line["stays"] += not row["passed_after"] and row["is_completed"]
    return {
        "attempts": run.attempts,
        "answers": run.answers,
        "up": run.up,
        "down": run.down,
        "moved": run.moved,
        "obstacles": run.obstacles,
        "changed_attempts": run.changed_attempts,
        "gained": sum(row["passed_after"] for row in people),
        "lost": sum(not row["passed_after"] for row in people),
        "completes": sum(row["completes"] for row in people),
        "stays": sum(line["stays"] for line in units.values()),
        "people": people,
        "units": list(units.values()),
        "lines": [asdict(line) for line in impact.impacts([change for change, _score in changes])],
    }


def _crossings(run: _Run, quiz: Quiz) -> list[tuple[impact.ResultChange, Fraction]]:
    """The enrolments whose grade would cross the pass line, with the new score. Four queries for each 200."""
    found = []
    # Where two accounts were united, the grade that counts is that of the enrolment which stands for both.
    stands = Enrolment.objects.filter(pk__in=run.enrolments).values_list(Coalesce("united_with_id", "pk"), flat=True)
    ids = sorted(set(stands))
    required = set(
        Activity.objects.filter(course=quiz.activity.course_id, is_required=True, retired_at__isnull=True).values_list(
            "pk", flat=True
        )
    )
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        passed = dict(QuizGrade.objects.filter(quiz=quiz, enrolment__in=batch).values_list("enrolment_id", "passed"))
        results = _results(run, quiz, batch)
        completed = set(Completion.objects.filter(enrolment__in=batch).values_list("enrolment_id", flat=True))
        done: dict[int, set[int]] = {}
        states = ActivityState.objects.filter(enrolment__in=batch, state="done", activity__in=required)
        for enrolment, activity in states.values_list("enrolment_id", "activity_id"):
            done.setdefault(enrolment, set()).add(activity)
        for enrolment in batch:
            after = grades.fold(results.get(enrolment, []), grades.Grading(quiz.grading), quiz.pass_percent)
            was, now = bool(passed.get(enrolment)), bool(after and after.passed)
            if was == now or after is None:
                continue
            has_all = bool(required) and required <= done.get(enrolment, set()) | {quiz.activity_id}
            change = impact.ResultChange(
                enrolment, was, now, is_completed=enrolment in completed,
                completes=now and has_all and enrolment not in completed,
            )  # fmt: skip
            found.append((change, after.score))
    return found


def _results(run: _Run, quiz: Quiz, enrolments: Sequence[int]) -> dict[int, list[grades.Result]]:
    """The counted attempts of each enrolment in their order, the regraded ones as they would be. One query."""
    newest: dict[tuple[int, dt.datetime, int, Any], tuple[Decimal | None, bool]] = {}
    counting = Q(enrolment__in=enrolments) | Q(enrolment__united_with__in=enrolments)
    rows = GradeChange.objects.filter(counting, quiz=quiz).order_by("pk")
    for enrolment, began_at, number, attempt, score, passed in rows.values_list(
        Coalesce("enrolment__united_with_id", "enrolment_id"), Coalesce("attempt__started_at", "at"),
        "attempt__number", "attempt_id", "score", "passed",
    ):  # fmt: skip
        newest[enrolment, began_at, number, attempt] = (score, bool(passed))
    found: dict[int, list[grades.Result]] = {}
    for (enrolment, _began_at, _number, attempt), (score, passed) in sorted(newest.items()):
        if score is None:
            continue
        again = run.results.get(attempt, (Fraction(score), passed))
        found.setdefault(enrolment, []).append(grades.Result(attempt, again[0], again[1]))
    return found


def _places(
    run: _Run, quiz: Quiz, changes: Sequence[tuple[impact.ResultChange, Fraction]]
) -> list[tuple[int, int | None, Decimal | None, Decimal]]:
    """Unit, score before and after of those who cross. Two queries for each 200."""
    found = []
    for start in range(0, len(changes), _BATCH):
        batch = changes[start : start + _BATCH]
        ids = [change.enrolment_id for change, _score in batch]
        units = dict(Enrolment.objects.filter(pk__in=ids).values_list("pk", "unit_id"))
        before = dict(QuizGrade.objects.filter(quiz=quiz, enrolment__in=ids).values_list("enrolment_id", "score"))
        found += [
            (change.enrolment_id, units.get(change.enrolment_id), before.get(change.enrolment_id),
             marking.stored(score))
            for change, score in batch
        ]  # fmt: skip
    return found


# --- Carrying it out ------------------------------------------------------------------------------------


@transaction.atomic
def confirm(*, regrade: Regrade, by: User, at: dt.datetime) -> bool:
    """Let it be carried out. False if that was done before, or it was dropped.

    Where somebody may lose by it, another than who asked has to say so. RegradeRefusedError.
    """
    if not may_regrade(by):
        raise RegradeRefusedError(_("Only who may mark for the whole country may have a quiz marked again."))
    held = Regrade.objects.select_for_update(of=("self",)).get(pk=regrade.pk)
    if held.state != State.DRY:
        return False
    if held.policy == Policy.TAKE_AWAY and held.asked_by_id == by.pk:
        raise RegradeRefusedError(_("Results may become worse by it: another person has to carry it out."))
    held.state, held.carried_out_by, held.done = State.RUNNING, by, 0
    held.total = to_apply(held).values("question__attempt").distinct().count()
    held.save(update_fields=["state", "carried_out_by", "done", "total"])
    audit.record("quizzes.regrade", held, actor=by, quiz=held.quiz_id, policy=held.policy, reason=held.reason)
    return True


def to_apply(regrade: Regrade) -> "QuerySet[RegradeLine]":
    """The lines that count: without an obstacle and, where nobody is to lose anything, those that do not fall."""
    lines = regrade.lines.filter(obstacle="", is_applied=False, after__isnull=False)
    if regrade.policy == Policy.KEEP:
        lines = lines.filter(Q(before__isnull=True) | Q(after__gte=F("before")))
    return lines


def carry_out(*, regrade_id: int, at: dt.datetime) -> int:
    """Change the marks, an attempt a transaction; how many attempts. Killed in the middle it goes on; done, it is 0.

    An answer that was marked anew since the dry run keeps that mark, and its line says so.
    """
    regrade = Regrade.objects.select_related("carried_out_by").filter(pk=regrade_id, state=State.RUNNING).first()
    if regrade is None:
        return 0
    changed = 0
    attempts = to_apply(regrade).order_by("question__attempt").values_list("question__attempt", flat=True).distinct()
    for attempt_id in list(attempts):
        with transaction.atomic():
            changed += _apply(regrade, attempt_id, at)
    Regrade.objects.filter(pk=regrade.pk, state=State.RUNNING).update(state=State.DONE, carried_out_at=at)
    return changed


def _apply(regrade: Regrade, attempt_id: uuid.UUID, at: dt.datetime) -> bool:
    # The attempt first, as everybody who marks does: two that wait for each other cannot be.
    attempt = Attempt.objects.select_for_update(of=("self",)).get(pk=attempt_id)
    lines = list(
        to_apply(regrade)
        .filter(question__attempt=attempt_id)
        .select_for_update(of=("self",))
        .select_related("question", "version")
    )
    if not lines:
        return False
    is_open = attempt.state not in (Attempt.State.SUBMITTED, Attempt.State.GRADED)
    marks = {}
    for line in lines:
        if is_open:
            line.obstacle = _("The attempt was voided or opened again since.")
        elif line.question.fraction != line.before:
            line.obstacle = _("This answer was given another mark since.")
        elif line.after is not None:
            line.is_applied = True
            marks[line.question_id] = grading.NewMark(Fraction(line.after), version=line.version)
    if marks:
        grading.change_marks(
            attempt=attempt,
            marks=marks,
            kind=AttemptStep.Kind.REGRADED,
            by=regrade.carried_out_by,
            reason=regrade.reason,
            at=at,
        )
    RegradeLine.objects.bulk_update(lines, ["is_applied", "obstacle"])
    Regrade.objects.filter(pk=regrade.pk).update(done=F("done") + 1)
    return bool(marks)


def unfinished() -> list[tuple[int, str]]:
    """(id, state) of what a worker has to do. For the sweep; one query."""
    found = Regrade.objects.filter(state__in=(State.WAITING, State.RUNNING)).order_by("pk")
    return list(found.values_list("pk", "state"))

"""The only writer of progress. Events are added, states follow from them, a completion is made once.

An enrolment that was united with another one (``Enrolment.united_with``) keeps its own events and states; what they
show counts for the other: its states are the union of both, and the completion is made there.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from courses import rules
from courses.enums import EventKind, State
from courses.models import Activity, ActivityState, Bookmark, Completion, Enrolment, ProgressEvent
from courses.signals import course_completed
from lms.core import clock
from lms.units.queries import primary_appointment

COUNTS_AS_DONE = {EventKind.DONE, EventKind.EXEMPTED}


def locked(enrolment_id: int) -> tuple[Enrolment, Enrolment]:
    """The row itself and the one for which it counts, both locked: the same one unless it was united with another.

    ``has_united`` on the second says whether others count for it: asked once the lock is held, because the wait for it
    may have been for two accounts that are united. Two queries, three for a united one.
    """
    rows = Enrolment.objects.select_for_update(of=("self",))
    own = rows.get(pk=enrolment_id)
    standing = rows.get(pk=own.united_with_id) if own.united_with_id else own
    standing.has_united = standing.united.exists()  # type: ignore[attr-defined]
    return own, standing


@transaction.atomic
def record_activity(
    *,
    enrolment: Enrolment,
    activity: Activity,
    kind: EventKind,
    source_key: str,
    at: dt.datetime,
    rule: str = "",
    version: str = "",
    score: Decimal | None = None,
) -> Completion | None:
    """Add one event; bring the states up to date; complete the course if nothing is left.

    ``score`` is a share in [0, 1]. The same ``source_key`` twice is one event. Answers the completion that this call
    made, None otherwise. Listeners of ``course_completed`` run inside the same transaction.
    """
    # Two last activities finished at once must not both think that they were not the last.
    own, standing = locked(enrolment.pk)
    event, created = ProgressEvent.objects.get_or_create(
        source_key=source_key,
        defaults={
            "enrolment": own,
            "activity": activity,
            "kind": kind,
            "at": at,
            "rule": rule,
            "version": version,
            "score": score,
        },
    )
    if not created:
        return None
    _apply(own, standing, [event])
    return _complete_if_nothing_is_left(standing, at) if kind in COUNTS_AS_DONE else None


@transaction.atomic
def record_history(
    *, enrolment: Enrolment, done: Sequence[tuple[Activity, dt.datetime]], rule: str
) -> Completion | None:
    """Many activities done in the past, told at once: a handful of queries whatever their number.

    Answers the completion that they made, with the day of the last of them. What was told before under the same
    ``rule`` is not told again; a second call changes nothing.
    """
    enrolment, standing = locked(enrolment.pk)
    told = set(enrolment.events.filter(rule=rule).values_list("activity_id", flat=True))
    events = [
        ProgressEvent(
            enrolment=enrolment,
            activity=activity,
            kind=EventKind.DONE,
            at=at,
            rule=rule,
            source_key=f"{rule}:{enrolment.pk}:{activity.pk}",
        )
        for activity, at in done
        if activity.pk not in told
    ]
    if not events:
        return None
    known = set(enrolment.activity_states.values_list("activity_id", flat=True))
    ProgressEvent.objects.bulk_create(events)
    instants = [event.at for event in events]
    if enrolment.united_with_id or standing.has_united:
        _apply(enrolment, standing, events)
        return _complete_if_nothing_is_left(standing, max(instants))
    fresh = [event for event in events if event.activity_id not in known]
    ActivityState.objects.bulk_create(
        ActivityState(
            enrolment=enrolment,
            activity_id=event.activity_id,
            state=State.DONE,
            started_at=event.at,
            done_at=event.at,
        )
        for event in fresh
    )
    _apply(enrolment, standing, [event for event in events if event.activity_id in known])
    enrolment.started_at = min([*instants, *filter(None, [enrolment.started_at])])
    enrolment.last_seen_at = max([*instants, *filter(None, [enrolment.last_seen_at])])
    enrolment.save(update_fields=["started_at", "last_seen_at"])
    return _complete_if_nothing_is_left(enrolment, max(instants))


@transaction.atomic
def withdraw_activity(
    *,
    enrolment: Enrolment,
    activity: Activity,
    source_key: str,
    at: dt.datetime,
    rule: str = "",
    score: Decimal | None = None,
) -> bool:
    """An activity that was done is not done any more; ``score`` is what is left. The earlier evidence stays in the log.

    False, and nothing is written, once the course was completed: a completion and its certificate stand until they are
    revoked by a decision of their own. The same ``source_key`` twice is one event.
    """
    own, standing = locked(enrolment.pk)
    if Completion.objects.filter(enrolment=standing).exists():
        return False
    event, created = ProgressEvent.objects.get_or_create(
        source_key=source_key,
        defaults={
            "enrolment": own,
            "activity": activity,
            "kind": EventKind.WITHDRAWN,
            "at": at,
            "rule": rule,
            "score": score,
        },
    )
    if not created:
        return True
    _apply(own, standing, [event])
    _withdraw_exemptions(own, standing, activity, at, rule)
    for other in _group(own, standing):
        # What the other account showed of this activity was the same result.
        if other.pk != own.pk and _is_done_by_itself(other, activity):
            told = ProgressEvent.objects.create(
                enrolment=other, activity=activity, kind=EventKind.WITHDRAWN, at=at, rule=rule, score=score,
                source_key=f"{source_key}:{other.pk}",
            )  # fmt: skip
            _apply(other, standing, [told])
            _withdraw_exemptions(other, standing, activity, at, rule)
    return True


def _group(own: Enrolment, standing: Enrolment) -> list[Enrolment]:
    """All that count for ``standing``, itself first. No query where nothing was united."""
    if not (own.united_with_id or standing.has_united):
        return [standing]
    return [standing, *standing.united.order_by("pk")]


def _is_done_by_itself(enrolment: Enrolment, activity: Activity) -> bool:
    folded = _fold(enrolment.events.filter(activity=activity).order_by("pk"))
    return any(part.done_at for part in folded.values())


@transaction.atomic
def exempt_lessons(*, enrolment: Enrolment, activity: Activity, at: dt.datetime, rule: str) -> int:
    """Exempt from the lessons of the topic of ``activity`` (a test passed first) that were not done; how many.

    The evidence says "exempted" and by what ``rule``; it is never a lesson that was read. Practical tasks and other
    tests stay to be done. Called before the test itself is told, so that a completion counts them. A second call after
    the same test exempts only from what is not done by then.
    """
    enrolment, standing = locked(enrolment.pk)
    done = ActivityState.objects.filter(enrolment=standing, state=State.DONE).values("activity")
    lessons = (
        Activity.objects.filter(module_id=activity.module_id, kind="lesson", retired_at__isnull=True)
        .exclude(pk__in=done)
        .order_by("position", "pk")
    )
    events = [
        ProgressEvent(
            enrolment=enrolment,
            activity=lesson,
            kind=EventKind.EXEMPTED,
            at=at,
            rule=rule,
            source_key=_key_of_exemption(enrolment, activity, lesson.pk),
        )
        for lesson in lessons
    ]
    ProgressEvent.objects.bulk_create(events)
    _apply(enrolment, standing, events)
    return len(events)


def _key_of_exemption(enrolment: Enrolment, activity: Activity, lesson: int) -> str:
    """A pass may be withdrawn and come again: each time is an event of its own."""
    key = f"exempt:{enrolment.pk}:{activity.pk}:{lesson}"
    count = ProgressEvent.objects.filter(source_key__startswith=f"{key}:").count()
    return f"{key}:{count + 1}"


def _withdraw_exemptions(
    enrolment: Enrolment, standing: Enrolment, activity: Activity, at: dt.datetime, rule: str
) -> None:
    """What ``activity`` had exempted from, and nothing else has shown since, is to be done again."""
    rows = ActivityState.objects.filter(
        enrolment=enrolment, is_exempt=True, activity__module=activity.module_id
    ).select_related("activity")
    events = []
    for row in rows:
        key = f"exempt:{enrolment.pk}:{activity.pk}:{row.activity_id}:"
        count = ProgressEvent.objects.filter(source_key__startswith=key).count()
        if count:
            events.append(
                ProgressEvent(
                    enrolment=enrolment,
                    activity=row.activity,
                    kind=EventKind.WITHDRAWN,
                    at=at,
                    rule=rule,
                    source_key=f"withdrawn:{key}{count}",
                )
            )
    ProgressEvent.objects.bulk_create(events)
    _apply(enrolment, standing, events)


@dataclass
class _Folded:
    """What the events of one activity come to. ``is_exempt``: nothing but an exemption has finished it."""

    started_at: dt.datetime
    done_at: dt.datetime | None = None
    is_exempt: bool = False
    best_score: Decimal | None = None

    def take(self, event: ProgressEvent) -> None:
        self.started_at = min(self.started_at, event.at)
        if event.kind == EventKind.WITHDRAWN:
            self.done_at, self.best_score, self.is_exempt = None, event.score, False
            return
        if event.kind in COUNTS_AS_DONE:
            is_first = self.done_at is None
            self.is_exempt = event.kind == EventKind.EXEMPTED and (is_first or self.is_exempt)
            self.done_at = min(self.done_at, event.at) if self.done_at else event.at
        if event.score is not None:
            self.best_score = max(self.best_score, event.score) if self.best_score is not None else event.score

    @property
    def state(self) -> State:
        return State.DONE if self.done_at else State.IN_PROGRESS


def _fold(events: Iterable[ProgressEvent]) -> dict[int, _Folded]:
    """Activity → what ``events`` of one enrolment come to, in the order in which they were recorded."""
    folded: dict[int, _Folded] = {}
    for event in events:
        folded.setdefault(event.activity_id, _Folded(event.at)).take(event)
    return folded


def _union(parts: Sequence[_Folded]) -> _Folded:
    """One activity as several enrolments show it: done if one of them says so, exempt if nothing else finished it.

    Each is folded by itself before: what was withdrawn under one account takes nothing from the other.
    """
    done = [part for part in parts if part.done_at]
    scores = [part.best_score for part in parts if part.best_score is not None]
    return _Folded(
        min(part.started_at for part in parts),
        min((part.done_at for part in done if part.done_at), default=None),
        bool(done) and all(part.is_exempt for part in done),
        max(scores, default=None),
    )


def _union_of(enrolments: Sequence[Enrolment], *, only: set[int] | None = None) -> dict[int, _Folded]:
    """Activity → what the events of all ``enrolments`` come to. One query."""
    events = ProgressEvent.objects.filter(enrolment__in=[one.pk for one in enrolments])
    if only is not None:
        events = events.filter(activity__in=only)
    by_enrolment: dict[int, list[ProgressEvent]] = {}
    for event in events.order_by("pk"):
        by_enrolment.setdefault(event.enrolment_id, []).append(event)
    parts: dict[int, list[_Folded]] = {}
    for told in by_enrolment.values():
        for activity_id, part in _fold(told).items():
            parts.setdefault(activity_id, []).append(part)
    return {activity_id: _union(found) for activity_id, found in parts.items()}


def _apply(own: Enrolment, standing: Enrolment, events: Iterable[ProgressEvent]) -> None:
    """Bring the states up to date with ``events`` of ``own``: its own, and those of the one for which it counts.

    The order does not matter, but for what withdraws others.
    """
    told = list(events)
    if own.united_with_id or not standing.has_united:
        for event in told:
            row = ActivityState.objects.filter(enrolment=own, activity_id=event.activity_id).first()
            folded = _Folded(row.started_at, row.done_at, row.is_exempt, row.best_score) if row else _Folded(event.at)
            folded.take(event)
            _save_state(own, event.activity_id, folded)
        _note_seen(own, told)
    if own.united_with_id or standing.has_united:
        touched = {event.activity_id for event in told}
        for activity_id, folded in _union_of(_group(own, standing), only=touched).items():
            _save_state(standing, activity_id, folded)
        _note_seen(standing, told)


def _note_seen(enrolment: Enrolment, events: Sequence[ProgressEvent]) -> None:
    for event in events:
        enrolment.started_at = min(enrolment.started_at, event.at) if enrolment.started_at else event.at
        enrolment.last_seen_at = max(enrolment.last_seen_at, event.at) if enrolment.last_seen_at else event.at
    enrolment.save(update_fields=["started_at", "last_seen_at"])


def _save_state(enrolment: Enrolment, activity_id: int, folded: _Folded) -> None:
    ActivityState.objects.update_or_create(
        enrolment=enrolment,
        activity_id=activity_id,
        defaults={
            "state": folded.state,
            "started_at": folded.started_at,
            "done_at": folded.done_at,
            "is_exempt": folded.is_exempt,
            "best_score": folded.best_score,
        },
    )


def _complete_if_nothing_is_left(enrolment: Enrolment, at: dt.datetime) -> Completion | None:
    required = dict(
        Activity.objects.filter(course_id=enrolment.course_id, is_required=True, retired_at__isnull=True)
        .order_by("position", "pk")
        .values_list("pk", "key")
    )
    done = set(
        ActivityState.objects.filter(enrolment=enrolment, state=State.DONE).values_list("activity_id", flat=True)
    )
    if not rules.is_complete(required=set(required), done=done):
        return None
    appointment = primary_appointment(enrolment.user, on=clock.day_of(at))
    completion, created = Completion.objects.get_or_create(
        enrolment=enrolment,
        defaults={
            "course_id": enrolment.course_id,
            "user_id": enrolment.user_id,
            "completed_at": at,
            "unit": appointment.unit if appointment else enrolment.unit,
            "position": appointment.position if appointment else "",
            "required": [str(key) for key in required.values()],
        },
    )
    if not created:
        return None
    course_completed.send(sender=Completion, completion=completion)
    return completion


def note_opened(
    *, enrolment: Enrolment, activity: Activity, is_new: bool, at: dt.datetime, moves_bookmark: bool = True
) -> None:
    """The learner opened ``activity``: an event the first time (``is_new``), the bookmark every time it moves."""
    if is_new:
        record_activity(
            enrolment=enrolment,
            activity=activity,
            kind=EventKind.OPENED,
            source_key=f"opened:{enrolment.pk}:{activity.pk}",
            at=at,
        )
    if moves_bookmark and not Bookmark.objects.filter(enrolment=enrolment).update(activity=activity, at=at):
        Bookmark.objects.update_or_create(enrolment=enrolment, defaults={"activity": activity, "at": at})


@transaction.atomic
def note_self_check(
    *, enrolment: Enrolment, activity: Activity, block: str, option: int, at: dt.datetime
) -> dict[str, int]:
    """Keep which option of a self-check was chosen, to show it again; answers all that are kept for this lesson.

    Not evidence: that is the event recorded when all of them are answered.
    """
    Bookmark.objects.get_or_create(enrolment=enrolment, defaults={"activity": activity, "at": at})
    bookmark = Bookmark.objects.select_for_update().get(enrolment=enrolment)
    answered: dict[str, int] = bookmark.checks.setdefault(str(activity.pk), {})
    answered[block] = option
    bookmark.save(update_fields=["checks"])
    return answered


@transaction.atomic
def rebuild(*, enrolment: Enrolment) -> bool:
    """Make the derived states again from the log; True when they were not what the log says. Completions stand."""
    own, standing = locked(enrolment.pk)
    group = [own] if own.united_with_id else _group(own, standing)
    folded = _union_of(group)
    before = {
        row.activity_id: (row.state, row.started_at, row.done_at, row.is_exempt, row.best_score)
        for row in own.activity_states.all()
    }
    after = {
        activity_id: (part.state, part.started_at, part.done_at, part.is_exempt, part.best_score)
        for activity_id, part in folded.items()
    }
    events = ProgressEvent.objects.filter(enrolment__in=[one.pk for one in group])
    instants = list(events.values_list("at", flat=True))
    bounds = (min(instants), max(instants)) if instants else (None, None)
    if before == after and (own.started_at, own.last_seen_at) == bounds:
        return False
    own.activity_states.exclude(activity_id__in=folded).delete()
    for activity_id, part in folded.items():
        _save_state(own, activity_id, part)
    own.started_at, own.last_seen_at = bounds
    own.save(update_fields=["started_at", "last_seen_at"])
    return True


@transaction.atomic
def complete_from_evidence(*, enrolment: Enrolment) -> Completion | None:
    """Complete the course where nothing is left to be done, with the day on which the last of it was done.

    For evidence that came together otherwise than by an event: two accounts of one person. Answers the completion that
    this call made, None otherwise.
    """
    _own, standing = locked(enrolment.pk)
    last = (
        ActivityState.objects.filter(
            enrolment=standing, state=State.DONE, activity__is_required=True, activity__retired_at__isnull=True
        )
        .order_by("-done_at")
        .values_list("done_at", flat=True)
        .first()
    )
    return _complete_if_nothing_is_left(standing, last) if last else None

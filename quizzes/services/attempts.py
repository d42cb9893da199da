"""Reserve, start, save, check, submit, time out, reopen, void. The server's clock decides; functions take it as ``at``.

What may follow what is in quizzes.rules.states; what an attempt is worth in services.grading.
"""

import datetime as dt
import logging
import random
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from courses.models import Activity, Enrolment
from courses.queries.access import may_read
from lms.accounts.models import User
from lms.core import clock
from quizzes import access, behaviours, marking, types
from quizzes.models import (
    Attempt,
    AttemptEvent,
    AttemptQuestion,
    AttemptStep,
    ExamSession,
    QuestionVersion,
    Quiz,
    QuizSlot,
    Voiding,
)
from quizzes.queries.bank import candidates, places
from quizzes.queries.overrides import effective
from quizzes.queries.starting import refusal_of
from quizzes.rules import drawing, layout, overrides, states, timing
from quizzes.services import grading, sessions

logger = logging.getLogger(__name__)

State = Attempt.State
Kind = AttemptEvent.Kind
# Under way: the clock runs.
OPEN = (State.IN_PROGRESS, State.OVERDUE)

# What an attempt is held to from its first second; a later edit of the quiz moves nothing.
FROZEN = (
    "behaviour", "tries", "penalty_percent", "navigation", "per_page", "on_time_up", "grace_minutes", "marking_days",
    "one_device", "review",
)  # fmt: skip


class AttemptRefusedError(Exception):
    """The sentence that tells the learner why there is no attempt now, and what to do.

    ``asks_for``: the field of ``access.Asked`` that is missing or wrong, "" where typing does not help; ``lessons``:
    activities to open first.
    """

    def __init__(self, sentence: str, *, asks_for: str = "", lessons: tuple[int, ...] = ()) -> None:
        super().__init__(sentence)
        self.asks_for = asks_for
        self.lessons = lessons


class Outcome(Enum):
    """SAVED, UNCHANGED: the database holds the answer. STALE: another window saved a different one later.

    LATE: after deadline and grace. CLOSED: the attempt was handed in. REFUSED: not an answer of our form. LOCKED: the
    page was left, the question is settled or its turn has not come. ELSEWHERE: the attempt stays on another device.
    """

    SAVED = "saved"
    UNCHANGED = "unchanged"
    STALE = "stale"
    LATE = "late"
    CLOSED = "closed"
    REFUSED = "refused"
    LOCKED = "locked"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Saved:
    """``question`` as the database holds it now; ``offered`` what was posted and not taken (STALE only).

    ``verdict``: what a check came to (check_answer only).
    """

    outcome: Outcome
    question: AttemptQuestion
    standing: timing.Standing
    offered: Any = None
    verdict: behaviours.Verdict | None = None


def clock_of(attempt: Attempt) -> states.Clock:
    return states.Clock(
        deadline=attempt.deadline_at,
        policy=states.OnTimeUp(attempt.rules.get("on_time_up", states.OnTimeUp.AUTOSUBMIT)),
        grace=dt.timedelta(minutes=int(attempt.rules.get("grace_minutes", 0))),
    )


def standing_of(attempt: Attempt, at: dt.datetime) -> timing.Standing:
    return states.takes_answers(states.State(attempt.state), clock_of(attempt), at)


# --- Reserve and start ----------------------------------------------------------------------------------------------


def start(*, user: User, quiz: Quiz, at: dt.datetime, asked: access.Asked | None = None) -> Attempt:
    """The open attempt of ``user``, or a new one; AttemptRefusedError if there may be none now.

    Pressed twice, or in two windows at once, it is one attempt. The number of queries does not depend on the number
    of questions. ``asked``: what the page asked for; going on with an open attempt asks for nothing again, but stays
    on its device.
    """
    asked = asked or access.Asked()
    allowed = may_read(user, quiz.activity)
    if not allowed.allowed:
        raise AttemptRefusedError(allowed.reason)
    if allowed.enrolment is None:
        raise AttemptRefusedError(
            _("You are not enrolled in this course: look at the quiz in the preview of its page.")
        )
    # For itself: what the clock asked for stays done although the learner may be refused a further attempt.
    for running in quiz.attempts.of_enrolment(allowed.enrolment).filter(is_preview=False, state__in=OPEN):
        settle(attempt=running, at=at)
    with transaction.atomic():
        enrolment = (
            Enrolment.objects.select_for_update(of=("self",)).select_related("unit").get(pk=allowed.enrolment.pk)
        )
        earlier = list(
            quiz.attempts.of_enrolment(enrolment)
            .filter(is_preview=False)
            .select_for_update(of=("self",))
            .order_by("started_at", "number")
        )
        reserved = None
        for attempt in earlier:
            if attempt.state == State.NOT_STARTED:
                reserved = attempt
            elif attempt.state in OPEN:
                _stay_on_device(attempt, asked)
                return attempt
        held = effective(quiz, enrolment, at)
        refusal = refusal_of(quiz, held, earlier, at)
        if refusal:
            raise AttemptRefusedError(sentence(refusal), lessons=refusal.lessons)
        against = access.refuse(held, asked)
        if against:
            raise AttemptRefusedError(against, asks_for=next(iter(access.asked_for(held)), ""))
        ticket = _redeem(held, asked, user, quiz, at)
        attempt = reserved or _reserve(quiz, enrolment, number=_next_number(earlier), at=at)
        _open(attempt, held, device=asked.device if quiz.one_device else "", at=at)
        if ticket is not None:
            sessions.bind(ticket=ticket, attempt=attempt, at=at)
        return attempt


def _next_number(earlier: Sequence[Attempt]) -> int:
    return max((attempt.number for attempt in earlier), default=0) + 1


def _stay_on_device(attempt: Attempt, asked: access.Asked) -> None:
    if attempt.rules.get("one_device") and attempt.device and asked.device != attempt.device:
        raise AttemptRefusedError(
            _("This attempt was begun on another device and stays there. Go on there, or ask the organisers.")
        )


def _redeem(held: overrides.Effective, asked: access.Asked, user: User, quiz: Quiz, at: dt.datetime) -> Any:
    if not held.needs_ticket:
        return None
    try:
        return sessions.redeem(code=asked.ticket, user=user, quiz=quiz, at=at, address=asked.address)
    except sessions.TicketRefusedError as refused:
        raise AttemptRefusedError(str(refused), asks_for="ticket") from None


def sentence(refusal: timing.Refusal) -> str:
    until = localtime(refusal.until) if refusal.until else None
    when = date_format(until, "H:i d/m/Y") if until else ""
    if refusal.why == timing.Hindrance.PASSED:
        return _("You have already passed this quiz.")
    if refusal.why == timing.Hindrance.NONE_LEFT:
        return _("You have used all your attempts. Ask the person in charge of training at your unit what to do next.")
    if refusal.why == timing.Hindrance.NOT_OPEN:
        return _("This quiz opens at %(when)s.") % {"when": when}
    if refusal.why == timing.Hindrance.CLOSED:
        return _("This quiz is closed. Ask the person in charge of training at your unit if you have missed it.")
    if refusal.why == timing.Hindrance.REMEDIATION:
        return _("Before the next attempt, open again the lessons of what went wrong.")
    return _("The next attempt opens at %(when)s.") % {"when": when}


@transaction.atomic
def reserve(*, enrolment: Enrolment, quiz: Quiz, at: dt.datetime) -> Attempt:
    """Questions, order and marks frozen before the start, so that a hall that begins at once only opens its attempts.

    The attempt that is reserved or open comes back as it is. AttemptRefusedError when the pool is too small. Whether
    the learner may begin is asked when they do.
    """
    Enrolment.objects.select_for_update().get(pk=enrolment.pk)
    earlier = list(quiz.attempts.of_enrolment(enrolment).filter(is_preview=False).order_by("started_at", "number"))
    running = next((attempt for attempt in earlier if attempt.state in Attempt.OPEN), None)
    return running or _reserve(quiz, enrolment, number=_next_number(earlier), at=at)


def reserve_seats(*, session: ExamSession, at: dt.datetime) -> int:
    """Reserve an attempt for every seat of ``session``, so that a hall that begins at once writes little; how many.

    Each in its own transaction. Seats whose person is not enrolled, or has an attempt, are left alone; so a second
    call makes none.
    """
    made = 0
    course = session.quiz.activity.course_id
    seated = session.tickets.filter(attempt__isnull=True).values("person")
    enrolments = (
        Enrolment.objects.standing()
        .filter(user__in=seated, course=course)
        .exclude(attempts__in=session.quiz.attempts.filter(state__in=Attempt.OPEN, is_preview=False))
    )
    for enrolment in enrolments:
        try:
            reserve(enrolment=enrolment, quiz=session.quiz, at=at)
        except AttemptRefusedError:
            return made
        made += 1
    return made


def _reserve(quiz: Quiz, enrolment: Enrolment, *, number: int, at: dt.datetime) -> Attempt:
    seed = secrets.randbits(62)
    rng = random.Random(seed)  # noqa: S311  shuffles, not secrets
    slots = list(quiz.slots.select_related("category"))
    pool = candidates(slots, enrolment)
    try:
        drawn = drawing.draw(places(slots, pool, number), {row.question_id: row.uses for row in pool}, rng)
    except drawing.PoolTooSmallError as error:
        logger.error("quiz %s asks for more questions than its pool holds: %s", quiz.pk, error)
        raise AttemptRefusedError(_("This quiz is being prepared. Please come back later.")) from None
    version_of = {row.question_id: row.version_id for row in pool}
    for slot in slots:
        if slot.question_id and slot.version_id:
            version_of[slot.question_id] = slot.version_id
    versions = QuestionVersion.objects.in_bulk([version_of[question] for _place, question in drawn])
    chosen = [(slots[place.position - 1], versions[version_of[question]]) for place, question in drawn]
    attempt = Attempt.objects.create(
        enrolment=enrolment,
        quiz=quiz,
        number=number,
        state=State.NOT_STARTED,
        seed=seed,
        quiz_version=quiz.version,
        pass_percent=quiz.pass_percent,
        reserved_at=at,
        rules=_frozen_rules(quiz),
    )
    AttemptQuestion.objects.bulk_create(_frozen_questions(attempt, quiz, chosen, rng))
    return attempt


def _frozen_rules(quiz: Quiz) -> dict[str, Any]:
    rules: dict[str, Any] = {name: getattr(quiz, name) for name in FROZEN}
    goals = {str(goal.objective_id): goal.pass_percent for goal in quiz.goals.all()}
    return {**rules, "goals": goals} if goals else rules


def _frozen_questions(
    attempt: Attempt, quiz: Quiz, chosen: Iterable[tuple[QuizSlot, QuestionVersion]], rng: random.Random
) -> list[AttemptQuestion]:
    """Parts in their order, each shuffled for itself; numbers for what is asked; pages."""
    stays = {section.number for section in quiz.sections.all() if not section.shuffles}
    by_section: dict[int, list[tuple[QuizSlot, QuestionVersion]]] = {}
    for slot, version in chosen:
        by_section.setdefault(slot.section, []).append((slot, version))
    ordered: list[tuple[QuizSlot, QuestionVersion]] = []
    for number in sorted(by_section):
        rows = by_section[number]
        if quiz.shuffles and number not in stays:
            rows = layout.shuffled(_glued(rows), rng)
        ordered += rows
    pages = layout.pages([slot.section for slot, _version in ordered], quiz.per_page)
    rows_made, count = [], 0
    for position, ((slot, version), page) in enumerate(zip(ordered, pages, strict=True), start=1):
        kind = types.get(version.type)
        count += kind.IS_ASKED
        rows_made.append(
            AttemptQuestion(
                attempt=attempt,
                position=position,
                section=slot.section,
                page=page,
                display_number=slot.display_number or (str(count) if kind.IS_ASKED else ""),
                requires_previous=slot.requires_previous,
                version=version,
                order=kind.freeze(version.content, rng, quiz.shuffles),
                max_mark=slot.max_mark * kind.weight(version.content),
                question_summary=version.stem,
                right_summary=kind.right_summary(version.content),
            )
        )
    return rows_made


def _glued(rows: Sequence[tuple[QuizSlot, QuestionVersion]]) -> list[tuple[tuple[QuizSlot, QuestionVersion], bool]]:
    """What waits for the question before it, and what an introduction introduces, stays behind it."""
    found = []
    after_introduction = False
    for slot, version in rows:
        found.append(((slot, version), slot.requires_previous or after_introduction))
        after_introduction = not types.get(version.type).IS_ASKED
    return found


def _open(attempt: Attempt, held: overrides.Effective, *, device: str, at: dt.datetime) -> None:
    """First opening: from here on the clock runs."""
    attempt.state = states.move(states.State(attempt.state), states.State.IN_PROGRESS).value
    attempt.started_at = at
    attempt.deadline_at = timing.deadline(at, limit=held.limit, factor=held.time_factor, closes_at=held.closes_at)
    attempt.check_at = states.check_at(states.State.IN_PROGRESS, clock_of(attempt))
    attempt.device = device
    attempt.save(update_fields=["state", "started_at", "deadline_at", "check_at", "device"])
    AttemptEvent.objects.create(attempt=attempt, kind=Kind.STARTED, at=at)


# --- Save -----------------------------------------------------------------------------------------------------------


def save_answer(
    *,
    user: User,
    attempt_id: uuid.UUID,
    position: int,
    post: types.Post,
    name: str,
    sequence: int,
    at: dt.datetime,
    flag: bool | None = None,
    is_auto: bool = False,
    device: str = "",
) -> Saved | None:
    """Keep one answer; None if the attempt is not the user's. Two queries, a third where questions wait for others.

    ``sequence`` must be higher than any stored: a lower one was sent from a page that did not know the later answer,
    and is refused unless it says the same (a retry) or nothing. ``flag`` marks the question, or takes it off.
    ``is_auto``: sent by the script; kept beside the deliberate answer, replaced by the next one, real at the end.
    """
    row = _row(user, attempt_id, position)
    if row is None:
        return None
    standing = standing_of(row.attempt, at)
    against = _against(row, standing, device)
    if against:
        return Saved(against, row, standing)
    try:
        answer = types.get(row.version.type).parse(post, name, row.version.content)
    except types.BadAnswerError:
        return Saved(Outcome.REFUSED, row, standing)
    newest, known = _newest(row)
    is_stale = sequence <= newest
    if is_stale and answer is not None and answer != known:
        return Saved(Outcome.STALE, row, standing, offered=answer)
    if is_stale and answer != known:
        # An older page that says nothing: what is there stays as it is, only the flag is taken.
        return _flag(row, flag, standing)
    return _write(row, answer, sequence, standing, at, flag, is_auto=is_auto)


def _flag(row: AttemptQuestion, flag: bool | None, standing: timing.Standing) -> Saved:
    if flag is None or flag == row.is_flagged:
        return Saved(Outcome.UNCHANGED, row, standing)
    AttemptQuestion.objects.filter(pk=row.pk).update(is_flagged=flag)
    row.is_flagged = flag
    return Saved(Outcome.SAVED, row, standing)


def _row(user: User, attempt_id: uuid.UUID, position: int) -> AttemptQuestion | None:
    return (
        AttemptQuestion.objects.filter(attempt_id=attempt_id, attempt__enrolment__user=user, position=position)
        .select_related("attempt", "version")
        .first()
    )


def _newest(row: AttemptQuestion) -> tuple[int, Any]:
    """The highest number that was taken, and the answer that goes with it."""
    if row.autosaved_sequence > row.sequence:
        return row.autosaved_sequence, row.autosaved
    return row.sequence, row.answer


def _against(row: AttemptQuestion, standing: timing.Standing, device: str) -> Outcome | None:
    attempt = row.attempt
    if attempt.state not in OPEN:
        return Outcome.CLOSED
    if standing == timing.Standing.OVER:
        return Outcome.LATE
    if attempt.rules.get("one_device") and attempt.device and device != attempt.device:
        return Outcome.ELSEWHERE
    is_sequential = attempt.rules.get("navigation") == layout.SEQUENTIAL
    if row.is_settled or (is_sequential and row.page != attempt.page_reached):
        return Outcome.LOCKED
    if row.requires_previous and row.position not in open_positions(attempt):
        return Outcome.LOCKED
    return None


def open_positions(attempt: Attempt) -> frozenset[int]:
    """The questions that may be seen and answered now. One query."""
    rows = attempt.questions.select_related("version").order_by("position")
    return open_among(attempt, rows)


def open_among(attempt: Attempt, rows: Iterable[AttemptQuestion]) -> frozenset[int]:
    """As ``open_positions``, of rows that are at hand. No query."""
    checks = behaviours.get(attempt.rules.get("behaviour", "deferred")).CHECKS
    return layout.open_positions(
        [
            layout.Placed(
                row.position,
                row.page,
                not types.get(row.version.type).IS_ASKED or (row.is_settled if checks else _newest(row)[1] is not None),
                row.requires_previous,
            )
            for row in rows
        ],
        navigation=attempt.rules.get("navigation", layout.FREE),
        page_reached=attempt.page_reached,
    )


def _write(
    row: AttemptQuestion,
    answer: Any,
    sequence: int,
    standing: timing.Standing,
    at: dt.datetime,
    flag: bool | None,
    *,
    is_auto: bool,
) -> Saved:
    changes: dict[str, Any] = {}
    newest, known = _newest(row)
    if is_auto:
        if answer != known:
            changes = {"autosaved": answer, "autosaved_sequence": sequence, "autosaved_at": at}
    elif answer != row.answer or newest > row.sequence:
        # A deliberate save stands for what was sent by itself before it, also where it says the same.
        number = max(sequence, newest)
        changes = {"answer": answer, "sequence": number, "saved_at": at}
        if row.autosaved_sequence:
            changes |= {"autosaved": None, "autosaved_sequence": 0, "autosaved_at": None}
    if flag is not None and flag != row.is_flagged:
        changes["is_flagged"] = flag
    if not changes:
        return Saved(Outcome.UNCHANGED, row, standing)
    # Only columns of this very row: PostgreSQL looks at them again after it has waited for somebody else's lock.
    # Settled means that it was checked, or that the attempt was handed in meanwhile.
    taken = AttemptQuestion.objects.filter(
        pk=row.pk, sequence=row.sequence, autosaved_sequence=row.autosaved_sequence, is_settled=False
    ).update(**changes)
    if not taken:
        row.refresh_from_db()
        if row.is_settled:
            return Saved(Outcome.CLOSED, row, standing, offered=answer)
        newest, known = _newest(row)
        if sequence <= newest and answer != known:
            return Saved(Outcome.STALE, row, standing, offered=answer)
        # An earlier choice of the same page came in at the same moment; this one is later and stands.
        return _write(row, answer, sequence, standing, at, flag, is_auto=is_auto)
    for field, value in changes.items():
        setattr(row, field, value)
    return Saved(Outcome.SAVED, row, standing)


def check_answer(
    *,
    user: User,
    attempt_id: uuid.UUID,
    position: int,
    post: types.Post,
    name: str,
    sequence: int,
    at: dt.datetime,
    device: str = "",
) -> Saved | None:
    """Save the answer and mark it now, where the behaviour allows it; None if the attempt is not the user's.

    A second call with the same answer is the same try, not another one. What a person has to mark is not checked.
    """
    saved = save_answer(
        user=user, attempt_id=attempt_id, position=position, post=post, name=name, sequence=sequence, at=at,
        device=device,
    )  # fmt: skip
    if saved is None or saved.outcome not in (Outcome.SAVED, Outcome.UNCHANGED):
        return saved
    with transaction.atomic():
        row = (
            AttemptQuestion.objects.select_for_update(of=("self",))
            .select_related("attempt", "version")
            .get(pk=saved.question.pk)
        )
        return _try(row, saved, at)


def _try(row: AttemptQuestion, saved: Saved, at: dt.datetime) -> Saved:
    rules = row.attempt.rules
    behaviour = behaviours.get(rules.get("behaviour", "deferred"))
    if not behaviour.CHECKS or row.is_settled:
        return Saved(Outcome.LOCKED, row, saved.standing)
    share = types.get(row.version.type).mark(row.version.content, row.answer)
    if row.answer is None or share is None:
        return Saved(Outcome.REFUSED if row.answer is None else saved.outcome, row, saved.standing)
    last = row.steps.filter(kind=AttemptStep.Kind.CHECKED).order_by("-pk").first()
    is_again = last is not None and last.answer == row.answer
    tries = row.tries if is_again else row.tries + 1
    verdict = behaviour.after_try(
        share,
        tries=tries,
        allowed=int(rules.get("tries", 1)),
        penalty=Fraction(int(rules.get("penalty_percent", 0)), 100),
    )
    if not is_again:
        row.tries = tries
        row.is_settled = verdict.is_settled
        row.fraction = marking.stored(verdict.fraction) if verdict.is_settled else None
        row.save(update_fields=["tries", "is_settled", "fraction"])
        AttemptStep.objects.create(
            question=row,
            kind=AttemptStep.Kind.CHECKED,
            answer=row.answer,
            fraction=marking.stored(verdict.fraction),
            at=at,
        )
    return Saved(saved.outcome, row, saved.standing, verdict=verdict)


def turn_page(*, attempt: Attempt, page: int) -> bool:
    """Open ``page``; in a sequential attempt this leaves the one before for good. False if it may not be opened."""
    last = attempt.questions.order_by("-page").values_list("page", flat=True).first() or 1
    navigation = attempt.rules.get("navigation", layout.FREE)
    if not layout.may_turn_to(page, last=last, navigation=navigation, page_reached=attempt.page_reached):
        return False
    if navigation == layout.SEQUENTIAL and page > attempt.page_reached:
        Attempt.objects.filter(pk=attempt.pk, page_reached=attempt.page_reached).update(page_reached=page)
        attempt.page_reached = page
    return True


def note_remedied(*, attempt: Attempt, lesson: Activity, at: dt.datetime) -> None:
    """The learner opened a lesson again that this attempt sent them to; a second time is no second event."""
    if not attempt.events.filter(kind=Kind.REMEDIED, data__activity=lesson.pk).exists():
        AttemptEvent.objects.create(attempt=attempt, kind=Kind.REMEDIED, at=at, data={"activity": lesson.pk})


# --- Submit and time out --------------------------------------------------------------------------------------------


@transaction.atomic
def submit(*, user: User, attempt_id: uuid.UUID, at: dt.datetime) -> Attempt | None:
    """Hand in and mark; None if the attempt is not the user's. Pressed again it answers the first result.

    Later than the grace allows it is what the sweep would have done.
    """
    attempt = _locked(Attempt.objects.owned_by(user).filter(pk=attempt_id))
    if attempt is None:
        return None
    _settle_locked(attempt, at)
    if attempt.state in OPEN:
        was_late = attempt.deadline_at is not None and at >= attempt.deadline_at
        grading.conclude(attempt, ended_at=at, at=at, by=user, was_timed_out=was_late)
    return attempt


def _locked(attempts: Any) -> Attempt | None:
    found: Attempt | None = (
        attempts.select_for_update(of=("self",)).select_related("quiz__activity", "enrolment").first()
    )
    return found


def settle(*, attempt: Attempt, at: dt.datetime) -> Attempt:
    """What the clock asks for is done: overdue, handed in, abandoned; any other attempt comes back as it is."""
    if states.due(states.State(attempt.state), clock_of(attempt), at) is None:
        return attempt
    with transaction.atomic():
        locked = _locked(Attempt.objects.filter(pk=attempt.pk))
        if locked is None:
            return attempt
        _settle_locked(locked, at)
        return locked


def _settle_locked(attempt: Attempt, at: dt.datetime) -> None:
    """As ``settle``, of an attempt whose row is held. Overdue may go on to abandoned in one call."""
    for _step in range(2):
        due = states.due(states.State(attempt.state), clock_of(attempt), at)
        if due is None:
            return
        if due.state == states.State.OVERDUE:
            attempt.state = State.OVERDUE
            attempt.check_at = states.check_at(states.State.OVERDUE, clock_of(attempt))
            attempt.save(update_fields=["state", "check_at"])
            # Once, whoever comes first: the learner who looks, or the sweep.
            AttemptEvent.objects.create(attempt=attempt, kind=Kind.OVERDUE, at=due.ended_at)
        elif due.state == states.State.ABANDONED:
            _abandon(attempt, at=due.ended_at)
        else:
            grading.conclude(attempt, ended_at=due.ended_at, at=at, by=None, was_timed_out=True)


def _abandon(attempt: Attempt, *, at: dt.datetime) -> None:
    """Answers are kept, nothing is marked."""
    attempt.state = states.move(states.State(attempt.state), states.State.ABANDONED).value
    attempt.check_at = None
    attempt.save(update_fields=["state", "check_at"])
    AttemptEvent.objects.create(attempt=attempt, kind=Kind.ABANDONED, at=at)


def sweep(at: dt.datetime | None = None) -> int:
    """Do what the clock asks for of attempts that nobody looks at; how many moved.

    Each in its own transaction, so that one that fails is logged and stops nobody else.
    """
    now = at or clock.now()
    moved = 0
    due = Attempt.objects.filter(check_at__lte=now, state__in=OPEN).order_by("check_at")
    for attempt in due.iterator(chunk_size=200):
        try:
            with transaction.atomic():
                settled = settle(attempt=attempt, at=now)
        except Exception:
            logger.exception("attempt %s could not be settled", attempt.pk)
        else:
            moved += settled is not attempt
    return moved


# --- What people decide ---------------------------------------------------------------------------------------------


class DecisionRefusedError(Exception):
    """The sentence that says why this cannot be decided so."""


def _decided(attempt: Attempt) -> Attempt:
    found = _locked(Attempt.objects.filter(pk=attempt.pk))
    if found is None:
        raise DecisionRefusedError(_("This attempt is not there any more."))
    return found


@transaction.atomic
def reopen(*, attempt: Attempt, by: User, reason: str, at: dt.datetime) -> Attempt:
    """An abandoned attempt goes on, under the exceptions in force now; if its time is past it is handed in at once, at
    its deadline. DecisionRefusedError for any other state, and without a reason."""
    locked = _decided(attempt)
    if not reason.strip():
        raise DecisionRefusedError(_("Say why the attempt is opened again."))
    if locked.state != State.ABANDONED:
        raise DecisionRefusedError(_("Only an abandoned attempt can be opened again."))
    if locked.started_at is None:
        raise DecisionRefusedError(_("Only an abandoned attempt can be opened again."))
    others = locked.quiz.attempts.of_enrolment(locked.enrolment).filter(is_preview=False, state__in=Attempt.OPEN)
    if others.exists():
        raise DecisionRefusedError(_("The learner has another attempt under way. It has to be finished first."))
    held = effective(locked.quiz, locked.enrolment, at)
    locked.deadline_at = timing.deadline(
        locked.started_at, limit=held.limit, factor=held.time_factor, closes_at=held.closes_at
    )
    locked.state = State.IN_PROGRESS
    locked.check_at = states.check_at(states.State.IN_PROGRESS, clock_of(locked))
    locked.save(update_fields=["state", "deadline_at", "check_at"])
    AttemptEvent.objects.create(attempt=locked, kind=Kind.REOPENED, at=at, by=by, reason=reason)
    if locked.deadline_at is not None and at > locked.deadline_at - timing.LEAST_LEFT:
        grading.conclude(locked, ended_at=locked.deadline_at, at=at, by=by, was_timed_out=True)
    return locked


@transaction.atomic
def ask_to_void(*, attempt: Attempt, by: User, reason: str, decision_number: str, at: dt.datetime) -> Voiding:
    """Propose to void; another person confirms. Proposed again it is the same proposal."""
    locked = _decided(attempt)
    if not reason.strip() or not decision_number.strip():
        raise DecisionRefusedError(_("Give the reason and the number of the decision."))
    if locked.state == State.VOIDED:
        raise DecisionRefusedError(_("This attempt is already voided."))
    voiding, created = Voiding.objects.get_or_create(
        attempt=locked,
        defaults={
            "reason": reason.strip(), "decision_number": decision_number.strip(), "asked_by": by, "asked_at": at,
        },
    )  # fmt: skip
    if created:
        AttemptEvent.objects.create(
            attempt=locked, kind=Kind.VOID_ASKED, at=at, by=by, reason=reason, data={"decision": decision_number}
        )
    return voiding


@transaction.atomic
def confirm_void(*, attempt: Attempt, by: User, at: dt.datetime) -> bool:
    """The second person confirms: the attempt stays in the record and counts no more, for a grade or for statistics.

    True if the course had been completed with it and stays so: that needs a decision of its own.
    """
    locked = _decided(attempt)
    voiding = Voiding.objects.filter(attempt=locked).first()
    if voiding is None or locked.state == State.VOIDED:
        raise DecisionRefusedError(_("Nobody has proposed to void this attempt."))
    if voiding.asked_by_id == by.pk:
        raise DecisionRefusedError(_("Whoever proposed it cannot confirm it: a second person decides."))
    locked.state = states.move(states.State(locked.state), states.State.VOIDED).value
    locked.check_at = locked.marking_due_at = None
    locked.save(update_fields=["state", "check_at", "marking_due_at"])
    locked.questions.filter(needs_marking=True).update(needs_marking=False)
    voiding.confirmed_by, voiding.confirmed_at = by, at
    voiding.save(update_fields=["confirmed_by", "confirmed_at"])
    AttemptEvent.objects.create(
        attempt=locked, kind=Kind.VOIDED, at=at, by=by, reason=voiding.reason,
        data={"decision": voiding.decision_number},
    )  # fmt: skip
    return grading.take_out(attempt=locked, by=by, reason=voiding.reason, at=at)


@transaction.atomic
def refuse_void(*, attempt: Attempt, by: User, reason: str, at: dt.datetime) -> None:
    """The proposal is dropped; whoever made it may drop it too. A later one is a new proposal."""
    locked = _decided(attempt)
    deleted, _rows = Voiding.objects.filter(attempt=locked, confirmed_at__isnull=True).delete()
    if not deleted:
        raise DecisionRefusedError(_("Nobody has proposed to void this attempt."))
    AttemptEvent.objects.create(attempt=locked, kind=Kind.VOID_REFUSED, at=at, by=by, reason=reason)

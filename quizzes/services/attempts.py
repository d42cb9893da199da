"""Start, save, submit, time out. The server's clock decides; every function takes the time as ``at``."""

import datetime as dt
import logging
import random
import secrets
import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from courses.enums import EventKind
from courses.models import Enrolment
from courses.queries.access import may_read
from courses.services.progress import record_activity
from lms.accounts.models import User
from lms.core import clock
from quizzes import marking, types
from quizzes.models import Attempt, AttemptQuestion, QuestionVersion, Quiz
from quizzes.queries.attempts import refusal_of
from quizzes.queries.bank import candidates, places
from quizzes.rules import drawing
from quizzes.rules import timing as rules

logger = logging.getLogger(__name__)


class AttemptRefusedError(Exception):
    """The sentence that tells the learner why there is no attempt now, and what to do."""


class Outcome(Enum):
    """SAVED, UNCHANGED: the database holds the answer. STALE: another window saved a different one later.

    LATE: after deadline and grace. CLOSED: the attempt was handed in. REFUSED: not an answer of our form.
    """

    SAVED = "saved"
    UNCHANGED = "unchanged"
    STALE = "stale"
    LATE = "late"
    CLOSED = "closed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Saved:
    """``question`` as the database holds it now; ``offered`` what was posted and not taken (STALE only)."""

    outcome: Outcome
    question: AttemptQuestion
    standing: rules.Standing
    offered: Any = None


# --- Start ----------------------------------------------------------------------------------------


def start(*, user: User, quiz: Quiz, at: dt.datetime) -> Attempt:
    """The open attempt of ``user``, or a new one; AttemptRefusedError if there may be none now.

    Pressed twice, or in two windows at once, it is one attempt. The number of queries does not depend on the number
    of questions.
    """
    access = may_read(user, quiz.activity)
    if not access.allowed:
        raise AttemptRefusedError(access.reason)
    if access.enrolment is None:
        raise AttemptRefusedError(
            _("You are not enrolled in this course: look at the quiz in the preview of its page.")
        )
    with transaction.atomic():
        enrolment = Enrolment.objects.select_for_update().get(pk=access.enrolment.pk)
        earlier = list(quiz.attempts.filter(enrolment=enrolment).select_for_update().order_by("number"))
        for attempt in earlier:
            if attempt.state != Attempt.State.IN_PROGRESS:
                continue
            if rules.standing(attempt.deadline_at, at) != rules.Standing.OVER:
                return attempt
            _finish(attempt, ended_at=attempt.deadline_at or at)
        refusal = refusal_of(quiz, earlier, at)
        if refusal:
            raise AttemptRefusedError(sentence(refusal))
        return _begin(quiz, enrolment, number=len(earlier) + 1, at=at)


def sentence(refusal: rules.Refusal) -> str:
    if refusal.why == rules.Hindrance.PASSED:
        return _("You have already passed this quiz.")
    if refusal.why == rules.Hindrance.NONE_LEFT:
        return _("You have used all your attempts. Ask the person in charge of training at your unit what to do next.")
    until = localtime(refusal.until) if refusal.until else None
    when = date_format(until, "H:i d/m/Y") if until else ""
    return _("The next attempt opens at %(when)s.") % {"when": when}


def _begin(quiz: Quiz, enrolment: Enrolment, *, number: int, at: dt.datetime) -> Attempt:
    seed = secrets.randbits(62)
    rng = random.Random(seed)  # noqa: S311  shuffles, not secrets
    rows = list(quiz.slots.select_related("category"))
    pool = candidates(rows, enrolment)
    try:
        drawn = drawing.draw(places(rows, pool, number), {row.question_id: row.uses for row in pool}, rng)
    except drawing.PoolTooSmallError:
        logger.error("quiz %s asks for more questions than its pool holds", quiz.pk)
        raise AttemptRefusedError(_("This quiz is being prepared. Please come back later.")) from None
    if quiz.shuffles:
        rng.shuffle(drawn)
    deadline = at + dt.timedelta(minutes=quiz.limit_minutes) if quiz.limit_minutes else None
    attempt = Attempt.objects.create(
        enrolment=enrolment,
        quiz=quiz,
        number=number,
        seed=seed,
        quiz_version=quiz.version,
        pass_percent=quiz.pass_percent,
        started_at=at,
        deadline_at=deadline,
        check_at=deadline + rules.GRACE if deadline else None,
    )
    version_of = {row.question_id: row.version_id for row in pool}
    versions = QuestionVersion.objects.in_bulk([version_of[question] for _slot, question in drawn])
    marks = {position: row.max_mark for position, row in enumerate(rows, start=1)}
    AttemptQuestion.objects.bulk_create(
        _frozen(attempt, position, versions[version_of[question]], marks[slot.position], rng, quiz.shuffles)
        for position, (slot, question) in enumerate(drawn, start=1)
    )
    return attempt


def _frozen(
    attempt: Attempt, position: int, version: QuestionVersion, most: Any, rng: random.Random, shuffles: bool
) -> AttemptQuestion:
    kind = types.get(version.type)
    return AttemptQuestion(
        attempt=attempt,
        position=position,
        version=version,
        order=kind.freeze(version.content, rng, shuffles),
        max_mark=most,
        question_summary=version.stem,
        right_summary=kind.right_summary(version.content),
    )


# --- Save -----------------------------------------------------------------------------------------


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
) -> Saved | None:
    """Keep one answer; None if the attempt is not the user's. Two queries.

    ``sequence`` must be higher than the one stored: a lower one was sent from a page that did not know the later
    answer, and is refused unless it says the same (a retry) or nothing. ``flag`` marks the question, or takes it off.
    """
    row = (
        AttemptQuestion.objects.filter(attempt_id=attempt_id, attempt__enrolment__user=user, position=position)
        .select_related("attempt", "version")
        .first()
    )
    if row is None:
        return None
    standing = rules.standing(row.attempt.deadline_at, at)
    if row.attempt.state != Attempt.State.IN_PROGRESS:
        return Saved(Outcome.CLOSED, row, standing)
    if standing == rules.Standing.OVER:
        return Saved(Outcome.LATE, row, standing)
    try:
        answer = types.get(row.version.type).parse(post, name, row.version.content)
    except types.BadAnswerError:
        return Saved(Outcome.REFUSED, row, standing)
    is_stale = sequence <= row.sequence
    if is_stale and answer is not None and answer != row.answer:
        return Saved(Outcome.STALE, row, standing, offered=answer)
    return _write(row, row.answer if is_stale else answer, sequence, standing, at, flag)


def _write(
    row: AttemptQuestion, answer: Any, sequence: int, standing: rules.Standing, at: dt.datetime, flag: bool | None
) -> Saved:
    changes: dict[str, Any] = {}
    if answer != row.answer:
        changes = {"answer": answer, "sequence": sequence, "saved_at": at}
    if flag is not None and flag != row.is_flagged:
        changes["is_flagged"] = flag
    if not changes:
        return Saved(Outcome.UNCHANGED, row, standing)
    # Only columns of this very row: PostgreSQL looks at them again after it has waited for somebody else's lock.
    # A fraction means that the attempt was handed in meanwhile.
    taken = AttemptQuestion.objects.filter(pk=row.pk, sequence=row.sequence, fraction__isnull=True).update(**changes)
    if not taken:
        row.refresh_from_db()
        if row.fraction is not None:
            return Saved(Outcome.CLOSED, row, standing, offered=answer)
        if sequence <= row.sequence and answer != row.answer:
            return Saved(Outcome.STALE, row, standing, offered=answer)
        # An earlier choice of the same page came in at the same moment; this one is later and stands.
        return _write(row, answer, sequence, standing, at, flag)
    for field, value in changes.items():
        setattr(row, field, value)
    return Saved(Outcome.SAVED, row, standing)


# --- Submit ---------------------------------------------------------------------------------------


@transaction.atomic
def submit(*, user: User, attempt_id: uuid.UUID, at: dt.datetime) -> Attempt | None:
    """Hand in and mark; None if the attempt is not the user's. Pressed again it answers the first result.

    Later than the grace allows it is what the sweep would have done: handed in at the deadline, with what was saved.
    """
    attempt = Attempt.objects.select_for_update(of=("self",)).owned_by(user).filter(pk=attempt_id).first()
    if attempt is None:
        return None
    is_over = rules.standing(attempt.deadline_at, at) == rules.Standing.OVER
    return _finish(attempt, ended_at=attempt.deadline_at if is_over and attempt.deadline_at else at)


def settle(*, attempt: Attempt, at: dt.datetime) -> Attempt:
    """An attempt whose time and grace have run out is handed in at its deadline; any other comes back as it is."""
    is_over = rules.standing(attempt.deadline_at, at) == rules.Standing.OVER
    if attempt.state != Attempt.State.IN_PROGRESS or not is_over or attempt.deadline_at is None:
        return attempt
    with transaction.atomic():
        locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
        return _finish(locked, ended_at=attempt.deadline_at)


def _finish(attempt: Attempt, *, ended_at: dt.datetime) -> Attempt:
    """Mark every question, then the attempt, then tell courses. Inside a transaction that holds the attempt's row."""
    if attempt.state != Attempt.State.IN_PROGRESS:
        return attempt
    questions = list(attempt.questions.select_for_update(of=("self",)).select_related("version"))
    shares = []
    for question in questions:
        kind = types.get(question.version.type)
        share = kind.mark(question.version.content, question.answer) or marking.NOTHING
        question.fraction = marking.stored(share)
        question.answer_summary = kind.summarise(question.version.content, question.answer)
        shares.append((share, question.max_mark))
    AttemptQuestion.objects.bulk_update(questions, ["fraction", "answer_summary"])
    score = marking.total(shares)
    attempt.state = Attempt.State.GRADED
    attempt.submitted_at = ended_at
    attempt.check_at = None
    attempt.score = marking.stored(score)
    attempt.passed = marking.passes(score, attempt.pass_percent)
    attempt.save(update_fields=["state", "submitted_at", "check_at", "score", "passed"])
    if not attempt.is_preview:
        record_activity(
            enrolment=attempt.enrolment,
            activity=attempt.quiz.activity,
            kind=EventKind.DONE if attempt.passed else EventKind.FAILED,
            source_key=f"attempt:{attempt.pk}",
            at=ended_at,
            rule=f"quiz>={attempt.pass_percent}",
            version=attempt.quiz_version,
            score=attempt.score,
        )
    return attempt


def sweep(at: dt.datetime | None = None) -> int:
    """Hand in, at their deadline, the attempts whose time and grace have run out; how many there were.

    Each in its own transaction, so that one that fails is logged and stops nobody else.
    """
    now = at or clock.now()
    moved = 0
    due = Attempt.objects.filter(check_at__lte=now, state=Attempt.State.IN_PROGRESS).order_by("check_at")
    for attempt in due.iterator(chunk_size=200):
        try:
            with transaction.atomic():
                settled = settle(attempt=attempt, at=now)
        except Exception:
            logger.exception("attempt %s could not be handed in", attempt.pk)
        else:
            moved += settled.state != Attempt.State.IN_PROGRESS
    return moved

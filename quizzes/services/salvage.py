"""The salvage file: answers that never reached the server, handed over by the learner, entered by a trainer.

The learner's page writes it (js/quiz.js): ``{"format": "lms-salvage-1", "note", "payload", "signature"}``. ``payload``
is JSON as text, ``{"attempt", "made_at", "answers": [{"position", "sequence", "fields": [[name, value]], "at"}]}``;
``signature`` is its HMAC-SHA256 with the key of the attempt, in hexadecimal. So only the page of that attempt can have
written it, and nobody has changed it since; its times are those of the page, told by the server and counted on.
"""

import datetime as dt
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from lms.accounts.models import User
from quizzes import behaviours, types
from quizzes.models import Attempt, AttemptEvent, AttemptQuestion, AttemptStep
from quizzes.rules import timing
from quizzes.services import attempts, grading

FORMAT = "lms-salvage-1"
MOST_BYTES = 2_000_000
# As quizzes.queries.attempts.field_of names them.
_FIELD = "q{}"

State = Attempt.State


class SalvageRefusedError(ValueError):
    """The sentence that tells the trainer why nothing of this file is taken."""


@dataclass(frozen=True)
class SalvagedAnswer:
    """The latest answer of the file to one question, beside what stands. ``obstacle``: why it is not taken.

    ``is_same``: it says what stands already. ``was_earlier``: what stands was saved later, from another window.
    """

    position: int
    label: str
    stem: str
    sequence: int
    given_at: dt.datetime
    offered: str
    stands: str
    answer: Any
    is_same: bool = False
    was_earlier: bool = False
    obstacle: str = ""

    @property
    def is_taken(self) -> bool:
        return not self.is_same and not self.obstacle


@dataclass(frozen=True)
class Salvage:
    """A file that was found to be genuine. ``answers`` in the order of the questions; nothing is written yet."""

    attempt: Attempt
    made_at: dt.datetime
    answers: tuple[SalvagedAnswer, ...]

    @property
    def to_take(self) -> tuple[SalvagedAnswer, ...]:
        return tuple(answer for answer in self.answers if answer.is_taken)


@dataclass(frozen=True)
class Accepted:
    """What became of it. ``positions``: the questions whose answer changed; ``grade``: None while it is not marked."""

    positions: tuple[int, ...]
    state: str
    grade: grading.GradeOutcome | None = field(default=None)


def read(data: bytes, *, attempt: Attempt | None = None) -> Salvage:
    """Check ``data`` and lay it beside what stands; SalvageRefusedError says what is wrong. Writes nothing.

    ``attempt``: the one that the trainer has before their eyes; a genuine file of another one is refused too. Whether
    the trainer may touch it is asked by ``accept``, and by the screen before it shows anything.
    """
    payload = _payload(data)
    try:
        attempt_id = uuid.UUID(str(payload["attempt"]))
        made_at = _moment(payload["made_at"])
        rows = [_entry(row) for row in payload["answers"]]
    except (KeyError, TypeError, ValueError):
        raise _unreadable() from None
    if attempt is not None and attempt.pk != attempt_id:
        raise SalvageRefusedError(_("This file belongs to another attempt."))
    found = attempt or Attempt.objects.select_related("quiz__activity", "enrolment__user").filter(pk=attempt_id).first()
    signature, text = _signed(data)
    # An unknown attempt and a wrong signature are told alike: the file proves nothing.
    key = found.key if found is not None else "00"
    right = hmac.new(bytes.fromhex(key), text.encode(), "sha256").hexdigest()
    if not hmac.compare_digest(right, signature) or found is None:
        raise SalvageRefusedError(
            _("This file was changed, or does not belong to an attempt of this site. Nothing was taken from it.")
        )
    latest: dict[int, _Entry] = {}
    for row in rows:
        latest[row.position] = row
    questions = {row.position: row for row in found.questions.select_related("version")}
    answers = [
        _laid_beside(found, questions[position], latest[position])
        for position in sorted(latest)
        if position in questions
    ]
    return Salvage(found, made_at, tuple(answers))


@dataclass(frozen=True)
class _Entry:
    position: int
    sequence: int
    fields: tuple[tuple[str, str], ...]
    at: dt.datetime


def _unreadable() -> SalvageRefusedError:
    return SalvageRefusedError(_("This is not a file of answers that a quiz has saved."))


def _document(data: bytes) -> Mapping[str, Any]:
    if len(data) > MOST_BYTES:
        raise SalvageRefusedError(_("This file is too large to be one of answers."))
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _unreadable()
    return found


def _signed(data: bytes) -> tuple[str, str]:
    found = _document(data)
    signature, text = found.get("signature"), found.get("payload")
    if not isinstance(signature, str) or not isinstance(text, str) or not signature.isascii():
        raise _unreadable()
    return signature.lower(), text


def _payload(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(_signed(data)[1])
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(found, dict):
        raise _unreadable()
    return found


def _moment(text: Any) -> dt.datetime:
    found = dt.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _entry(row: Mapping[str, Any]) -> _Entry:
    fields = tuple((str(name), str(value)) for name, value in row["fields"])
    return _Entry(int(row["position"]), int(row["sequence"]), fields, _moment(row["at"]))


def _laid_beside(attempt: Attempt, row: AttemptQuestion, entry: _Entry) -> SalvagedAnswer:
    kind, content = types.get(row.version.type), row.version.content
    number, stands = _standing(row)
    post = QueryDict(mutable=True)
    for name, value in entry.fields:
        post.appendlist(name, value)
    obstacle, answer = "", None
    try:
        answer = kind.parse(post, _FIELD.format(row.position), content)
    except types.BadAnswerError:
        obstacle = _("It is not an answer to this question.")
    obstacle = obstacle or _obstacle(attempt, row, entry)
    return SalvagedAnswer(
        position=row.position,
        label=row.display_number or str(row.position),
        stem=row.question_summary,
        sequence=entry.sequence,
        given_at=entry.at,
        offered=kind.summarise(content, answer) if answer is not None else "",
        stands=kind.summarise(content, stands) if stands is not None else "",
        answer=answer,
        is_same=answer == stands,
        was_earlier=entry.sequence <= number,
        obstacle=obstacle,
    )


def _standing(row: AttemptQuestion) -> tuple[int, Any]:
    if row.autosaved_sequence > row.sequence:
        return row.autosaved_sequence, row.autosaved
    return row.sequence, row.answer


def _obstacle(attempt: Attempt, row: AttemptQuestion, entry: _Entry) -> str:
    if attempt.deadline_at and entry.at > attempt.deadline_at + timing.GRACE:
        return _("It was given after the time was up.")
    checks = behaviours.get(attempt.rules.get("behaviour", "deferred")).CHECKS
    if checks and row.tries:
        return _("The question had been checked: what was right had been seen.")
    return ""


@transaction.atomic
def accept(*, salvage: Salvage, by: User, reason: str, at: dt.datetime) -> Accepted:
    """Enter the answers of ``salvage`` that can be taken; SalvageRefusedError. A second call changes nothing more.

    While the attempt is open they become its saved answers, and the clock goes on as before. In one that was handed in
    they replace what stood, and are marked anew through services.grading, whatever attempts are left. Only for who may
    mark the attempt.
    """
    if not reason.strip():
        raise SalvageRefusedError(_("Say why the answers of the file are taken."))
    allowed = Attempt.objects.markable_by(by).filter(pk=salvage.attempt.pk)
    attempt = allowed.select_for_update(of=("self",)).select_related("quiz__activity", "enrolment").first()
    if attempt is None:
        raise SalvageRefusedError(_("This attempt is not one that you may mark."))
    attempt = attempts.settle(attempt=attempt, at=at)
    if attempt.state not in (*attempts.OPEN, State.SUBMITTED, State.GRADED):
        raise SalvageRefusedError(
            _("This attempt is closed: an abandoned one has to be opened again first, a voided one takes nothing more.")
        )
    rows = {row.position: row for row in attempt.questions.select_for_update(of=("self",)).select_related("version")}
    taken = [answer for answer in salvage.to_take if _standing(rows[answer.position])[1] != answer.answer]
    if not taken:
        return Accepted((), attempt.state)
    before = {str(answer.position): _standing(rows[answer.position])[1] for answer in taken}
    for answer in taken:
        _enter(rows[answer.position], answer, at)
    AttemptEvent.objects.create(
        attempt=attempt,
        kind=AttemptEvent.Kind.SALVAGED,
        by=by,
        at=at,
        reason=reason.strip(),
        data={"made_at": salvage.made_at.isoformat(), "before": before},
    )
    positions = tuple(answer.position for answer in taken)
    if attempt.state in attempts.OPEN:
        return Accepted(positions, attempt.state)
    return _marked(attempt, [rows[position] for position in positions], positions, by, reason.strip(), at)


def _enter(row: AttemptQuestion, answer: SalvagedAnswer, at: dt.datetime) -> None:
    """Deliberate, and later than anything that is known; an open page meets it as that of another window."""
    row.sequence = max(row.sequence, row.autosaved_sequence, answer.sequence) + 1
    row.answer, row.saved_at = answer.answer, at
    row.autosaved, row.autosaved_sequence, row.autosaved_at = None, 0, None
    row.answer_summary = types.get(row.version.type).summarise(row.version.content, row.answer)
    row.save(
        update_fields=["sequence", "answer", "saved_at", "autosaved", "autosaved_sequence", "autosaved_at",
                       "answer_summary"],
    )  # fmt: skip


def _marked(
    attempt: Attempt,
    rows: list[AttemptQuestion],
    positions: tuple[int, ...],
    by: User,
    reason: str,
    at: dt.datetime,
) -> Accepted:
    """Marked anew where a rule marks; what a person marks waits (again) for one."""
    marks: dict[int, grading.NewMark] = {}
    waiting: list[AttemptQuestion] = []
    for row in rows:
        share = types.get(row.version.type).mark(row.version.content, row.answer)
        if share is None:
            waiting.append(row)
        else:
            marks[row.pk] = grading.NewMark(Fraction(share))
    for row in waiting:
        row.fraction, row.needs_marking = None, True
        row.save(update_fields=["fraction", "needs_marking"])
    if waiting and attempt.state == State.GRADED:
        # The mark that stood counts until the new one is given.
        attempt.state = State.SUBMITTED.value
        attempt.marking_due_at = at + dt.timedelta(days=int(attempt.rules.get("marking_days", 7)))
        attempt.save(update_fields=["state", "marking_due_at"])
    outcome = None
    if marks:
        outcome = grading.change_marks(
            attempt=attempt, marks=marks, kind=AttemptStep.Kind.SALVAGED, by=by, reason=reason, at=at
        )
    attempt.refresh_from_db(fields=["state"])
    return Accepted(positions, attempt.state, outcome)

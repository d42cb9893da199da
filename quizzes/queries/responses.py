"""Files of answers: whom they concern."""

import datetime as dt
import uuid
from collections.abc import Collection

from django.db.models import Q

from lms.accounts.models import User
from quizzes.models import Attempt, AttemptQuestion, ResponseFile
from quizzes.rules import timing


def readable_file(person: User, file_id: uuid.UUID) -> ResponseFile | None:
    """For who answered, and for who may mark the attempt; None for everybody else. One query, and one for grants."""
    mine = Attempt.objects.owned_by(person).values("pk")
    to_mark = Attempt.objects.markable_by(person).values("pk")
    return (
        ResponseFile.objects.filter(pk=file_id)
        .filter(Q(question__attempt__in=mine) | Q(question__attempt__in=to_mark))
        .first()
    )


def open_question(person: User, attempt_id: uuid.UUID, position: int, at: dt.datetime) -> AttemptQuestion | None:
    """The question while its learner, ``person``, may still answer it; None otherwise. One query."""
    row = (
        AttemptQuestion.objects.select_related("attempt", "version")
        .filter(attempt_id=attempt_id, attempt__enrolment__user=person, position=position)
        .first()
    )
    if row is None or row.attempt.state not in (Attempt.State.IN_PROGRESS, Attempt.State.OVERDUE):
        return None
    return None if timing.standing(row.attempt.deadline_at, at) == timing.Standing.OVER else row


def own_files(question: AttemptQuestion, ids: Collection[uuid.UUID]) -> list[ResponseFile]:
    """Those of ``ids`` that were given in answer to ``question``, in the order of ``ids``. One query."""
    found = {row.pk: row for row in question.files.filter(pk__in=ids)}
    return [found[file_id] for file_id in ids if file_id in found]

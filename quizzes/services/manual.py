"""Marks that people give (requirements Q18b). Nothing here looks at attempts left, dates, or what became of the quiz.

Whoever handed in is marked. What nobody may do: mark what another has marked meanwhile without being told, mark one's
own answers, see the first mark as the second marker.
"""

import datetime as dt
import re
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from django.db import transaction
from django.db.models import F, Max
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from lms.accounts.models import User
from lms.core import text
from lms.core.numbers import percent
from quizzes import marking
from quizzes.models import (
    Attempt,
    AttemptQuestion,
    AttemptStep,
    CommentSnippet,
    Question,
    SecondMark,
)
from quizzes.queries.desk import points
from quizzes.queries.desk_marking import is_spent
from quizzes.services import grading

# Two markers who differ by no more than a tenth of the whole agree: the mean counts.
AGREE_WITHIN = Fraction(1, 10)
_MARK = re.compile(r"(\d{1,5})(?:[.,](\d{1,4}))?\s*(%?)", re.ASCII)
_MOST_COMMENT = 5000


class BadMarkError(ValueError):
    """The sentence that says what is wrong with what was typed."""


class MarkRefusedError(Exception):
    """The sentence that says why nothing was written: marked by somebody else meanwhile, voided, not yours to mark."""


class Outcome(Enum):
    """MARKED: it counts. SAME: it stood so already. FIRST: kept, a second marker is waited for. AGREED: both are near,
    the mean counts. DIFFER: they are too far apart, somebody has to settle it."""

    MARKED = "marked"
    SAME = "same"
    FIRST = "first"
    AGREED = "agreed"
    DIFFER = "differ"


@dataclass(frozen=True)
class Given:
    """``fraction``: what counts from now on; None while nothing counts yet. ``waits``: other answers of the attempt."""

    outcome: Outcome
    fraction: Fraction | None
    waits: bool = False


def parse_mark(typed: str, most: Fraction) -> Fraction:
    """ "1,5" (points of ``most``) or "75 %" → a share of the whole; BadMarkError with the sentence to show."""
    found = _MARK.fullmatch(text.clean(typed))
    if found is None:
        raise BadMarkError(
            _("Write points, for example 1,5 – or a share, for example 75%%. At most %(most)s.")
            % {"most": points(most)}
        )
    whole, decimals, sign = found.groups()
    value = Fraction(f"{whole}.{decimals or 0}")
    share = value / 100 if sign else (value / most if most else Fraction(0))
    if share > 1 or (not sign and value > most):
        raise BadMarkError(
            _("At most 100%.") if sign else _("At most %(most)s points can be given here.") % {"most": points(most)}
        )
    return share


def token(question_id: int) -> int:
    """What the form carries: it changes with every mark, so that an older page overwrites nothing. One query."""
    return AttemptStep.objects.filter(question=question_id).aggregate(last=Max("pk"))["last"] or 0


@transaction.atomic
def give(
    *,
    question_id: int,
    share: Fraction,
    comment: str,
    by: User,
    at: dt.datetime,
    seen: int,
    reason: str = "",
    for_second: bool = False,
) -> Given:
    """Mark one answer. ``seen``: the ``token`` of the page that was looked at; MarkRefusedError if it is older.

    The same mark and comment by the same person again is a button pressed twice: SAME, and nothing is written.
    ``for_second``: kept as the first mark, a second marker is waited for. ``reason``: wanted where a mark that counts
    is changed.
    """
    question = _held(question_id, by)
    said = comment.strip()[:_MOST_COMMENT]
    stored = marking.stored(marking.clamp(share))
    if not question.needs_marking:
        if question.fraction == stored and question.marked_by_id == by.pk and question.comment == said:
            return Given(Outcome.SAME, share)
        if token(question_id) != seen:
            raise MarkRefusedError(_stands(question))
        if not reason.strip():
            raise MarkRefusedError(_("Say why a mark that counts is changed."))
        return _count(question, share, said, by=by, at=at, reason=reason.strip())
    if token(question_id) != seen:
        raise MarkRefusedError(_("This answer was changed meanwhile. Look at it again."))
    first = SecondMark.objects.select_for_update(of=("self",)).filter(question=question).first()
    if first is None or is_spent(question, first):
        if for_second:
            values = {"fraction": stored, "comment": said, "by": by, "at": at}
            none = {"second_fraction": None, "second_comment": "", "second_by": None, "second_at": None}
            SecondMark.objects.update_or_create(question=question, defaults={**values, **none})
            return Given(Outcome.FIRST, None)
        return _count(question, share, said, by=by, at=at, reason="")
    if first.by_id == by.pk:
        if first.fraction == stored and first.comment == said:
            return Given(Outcome.SAME, None)
        raise MarkRefusedError(_("You have given the first mark here. A second marker decides."))
    if first.second_by_id is None:
        return _second(question, first, share, said, by=by, at=at)
    if first.second_by_id == by.pk and first.second_fraction == stored and not reason.strip():
        return Given(Outcome.DIFFER, None)
    return _settle(question, first, share, said, by=by, at=at, reason=reason)


def _second(
    question: AttemptQuestion, first: SecondMark, share: Fraction, said: str, *, by: User, at: dt.datetime
) -> Given:
    first.second_fraction, first.second_comment = marking.stored(marking.clamp(share)), said
    first.second_by, first.second_at = by, at
    first.save(update_fields=["second_fraction", "second_comment", "second_by", "second_at"])
    before = Fraction(first.fraction)
    if abs(before - share) > AGREE_WITHIN:
        return Given(Outcome.DIFFER, None)
    mean = (before.limit_denominator(10_000) + share) / 2
    words = said or first.comment
    given = _count(question, mean, words, by=by, at=at, reason=_both(first))
    return Given(Outcome.AGREED, given.fraction, given.waits)


def _settle(
    question: AttemptQuestion,
    first: SecondMark,
    share: Fraction,
    said: str,
    *,
    by: User,
    at: dt.datetime,
    reason: str,
) -> Given:
    """The second marker, or a third, says what counts; both marks stay beside it."""
    if not reason.strip():
        raise MarkRefusedError(_("The two marks differ by more than 10%. Say why this one counts."))
    return _count(question, share, said, by=by, at=at, reason=f"{_both(first)} {reason.strip()}")


def _both(first: SecondMark) -> str:
    return _("First mark %(first)s, second mark %(second)s.") % {
        "first": percent(first.fraction * 100),
        "second": percent((first.second_fraction or 0) * 100),
    }


@transaction.atomic
def take_back(*, question_id: int, by: User) -> bool:
    """The first marker wants no second one after all; False where there is nothing of theirs to take back."""
    question = _held(question_id, by)
    gone, _rows = SecondMark.objects.filter(question=question, by=by, second_by__isnull=True).delete()
    return bool(gone)


def _held(question_id: int, by: User) -> AttemptQuestion:
    """The row, locked; MarkRefusedError for what ``by`` may not mark, is not handed in or was voided."""
    question: AttemptQuestion | None = (
        AttemptQuestion.objects.select_for_update(of=("self",))
        .filter(pk=question_id, attempt__in=Attempt.objects.markable_by(by))
        .select_related("attempt", "marked_by")
        .first()
    )
    if question is None:
        raise MarkRefusedError(_("This answer is not there for you to mark."))
    if question.attempt.state == Attempt.State.VOIDED:
        raise MarkRefusedError(_("This attempt was voided: it is not marked any more."))
    if question.attempt.state not in (Attempt.State.SUBMITTED, Attempt.State.GRADED):
        raise MarkRefusedError(_("This attempt is not handed in: there is nothing to mark yet."))
    return question


def _count(question: AttemptQuestion, share: Fraction, said: str, *, by: User, at: dt.datetime, reason: str) -> Given:
    try:
        outcome = grading.change_marks(
            attempt=question.attempt,
            marks={question.pk: grading.NewMark(share, comment=said)},
            kind=AttemptStep.Kind.MARKED,
            by=by,
            reason=reason,
            at=at,
        )
    except grading.NotMarkableError:
        raise MarkRefusedError(_("This attempt is not handed in: there is nothing to mark yet.")) from None
    return Given(Outcome.MARKED, share, waits=outcome.state == Attempt.State.SUBMITTED)


def _stands(question: AttemptQuestion) -> str:
    words = {
        "mark": points(question.fraction * question.max_mark) if question.fraction is not None else "",
        "most": points(question.max_mark),
        "name": question.marked_by.get_full_name() if question.marked_by else "",
        "time": date_format(localtime(question.marked_at), "H:i d/m/Y") if question.marked_at else "",
    }
    if not words["name"]:
        return _("This answer has been marked meanwhile: %(mark)s of %(most)s. Nothing was changed.") % words
    return _("%(name)s has already marked this answer at %(time)s: %(mark)s of %(most)s. Nothing was changed.") % words


# --- Comments that are said again and again -------------------------------------------------------------------------


def keep_comment(*, words: str, question: Question | None, by: User, at: dt.datetime) -> CommentSnippet | None:
    """``words`` in the bank of ``question`` (None: of all questions); what stands there already comes back as it is.

    None for an empty one.
    """
    said = text.clean(words)[:500]
    if not said:
        return None
    found: CommentSnippet | None = CommentSnippet.objects.filter(question=question, text=said).first()
    if found is not None:
        return found
    made: CommentSnippet = CommentSnippet.objects.create(text=said, question=question, made_by=by, made_at=at)
    return made


def count_use(snippet_id: int) -> None:
    CommentSnippet.objects.filter(pk=snippet_id).update(uses=F("uses") + 1)


def drop_comment(*, snippet_id: int, by: User) -> bool:
    """Only one's own; marks that were given with its words keep them."""
    gone, _rows = CommentSnippet.objects.filter(pk=snippet_id, made_by=by).delete()
    return bool(gone)

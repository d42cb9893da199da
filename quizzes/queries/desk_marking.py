"""What waits for a mark, by question and without names: nothing here tells whose answer it is, or of which unit."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils.translation import gettext as _

from lms.accounts.models import User
from lms.core.numbers import percent
from quizzes import types
from quizzes.models import Attempt, AttemptQuestion, AttemptStep, CommentSnippet, QuestionVersion, ResponseFile
from quizzes.queries.desk import points

State = Attempt.State


@dataclass(frozen=True)
class WaitingQuestion:
    """One version of a question with what waits. ``for_second``: those that have a first mark of somebody else;
    ``differ``: two marks too far apart; ``elsewhere``: first marked by whoever looks, another marker has to come."""

    version_id: int
    code: str
    stem: str
    waiting: int
    for_second: int
    differ: int
    elsewhere: int
    oldest_at: dt.datetime | None
    due_at: dt.datetime | None
    is_late: bool

    @property
    def to_do(self) -> int:
        return self.waiting + self.for_second + self.differ


@dataclass(frozen=True)
class WaitingQuiz:
    id: int
    title: str
    course: str
    questions: tuple[WaitingQuestion, ...]

    @property
    def to_do(self) -> int:
        return sum(question.to_do for question in self.questions)


def _markable(person: User) -> QuerySet[Any]:
    return AttemptQuestion.objects.filter(
        attempt__in=Attempt.objects.markable_by(person).filter(state__in=(State.SUBMITTED, State.GRADED))
    )


def _waiting(person: User) -> QuerySet[Any]:
    return _markable(person).filter(needs_marking=True)


# Two marks that were settled once stay beside the answer; when it waits anew (a salvage file changed it), they speak of
# another answer. As ``is_spent`` says of one.
_FRESH = Q(first_mark__isnull=True) | Q(first_mark__second_at__lte=F("marked_at"))
_ONE = Q(first_mark__isnull=False, first_mark__second_at__isnull=True)
_TWO = Q(first_mark__second_at__isnull=False) & (
    Q(marked_at__isnull=True) | Q(marked_at__lt=F("first_mark__second_at"))
)


def _counts(person: User) -> dict[str, Count]:
    mine = Q(first_mark__by=person)
    return {
        "fresh": Count("pk", filter=_FRESH),
        "for_second": Count("pk", filter=_ONE & ~mine),
        "differ": Count("pk", filter=_TWO & ~mine),
        "elsewhere": Count("pk", filter=(_ONE | _TWO) & mine),
    }


def _for(person: User) -> Q:
    """Those that ``person`` can do something about."""
    return _FRESH | ((_ONE | _TWO) & ~Q(first_mark__by=person))


def waiting(person: User, at: dt.datetime) -> list[WaitingQuiz]:
    """What waits for ``person``, the quiz with the nearest due date first. Two queries beside the grants."""
    rows = list(
        _waiting(person)
        .values("attempt__quiz", "version")
        .annotate(
            **_counts(person), oldest=Min("attempt__submitted_at"), due=Min("attempt__marking_due_at")
        )
        .values(
            "attempt__quiz", "attempt__quiz__activity__title", "attempt__quiz__activity__course__title", "version",
            "version__question__code", "version__stem", "fresh", "for_second", "differ", "elsewhere", "oldest", "due",
        )
        .order_by("due", "oldest", "version")
    )  # fmt: skip
    quizzes: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        quizzes.setdefault(row["attempt__quiz"], []).append(row)
    return [
        WaitingQuiz(
            id=quiz_id,
            title=found[0]["attempt__quiz__activity__title"],
            course=found[0]["attempt__quiz__activity__course__title"],
            questions=tuple(
                WaitingQuestion(
                    version_id=row["version"],
                    code=row["version__question__code"],
                    stem=row["version__stem"],
                    waiting=row["fresh"],
                    for_second=row["for_second"],
                    differ=row["differ"],
                    elsewhere=row["elsewhere"],
                    oldest_at=row["oldest"],
                    due_at=row["due"],
                    is_late=row["due"] is not None and row["due"] < at,
                )
                for row in found
            ),
        )
        for quiz_id, found in quizzes.items()
    ]


def waiting_count(person: User) -> int:
    """How many answers ``person`` can do something about."""
    return _waiting(person).filter(_for(person)).count()


# --- One answer after the other -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """As the template of a type wants it; ``field`` and ``position`` are unique on the page. ``styles``: its files."""

    template: str
    shown: object
    field: str
    position: int
    styles: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerFile:
    """A file of the answer, without its name, which often is that of its author."""

    url_id: Any
    number: int
    kind: str
    size: int


@dataclass(frozen=True)
class Mark:
    """A mark beside the answer: who, how much, what was said."""

    by: str
    shown: str
    comment: str
    at: dt.datetime | None


@dataclass(frozen=True)
class Snippet:
    id: int
    number: int
    text: str
    is_mine: bool
    is_general: bool


@dataclass(frozen=True)
class Sheet:
    """One answer to mark. ``role``: "first" (nobody has marked), "second" (somebody has, it is not shown), "differ"
    (two marks too far apart, both in ``marks``), "waits" (first marked by whoever looks), "marked" (it counts).

    ``place`` of ``count``: where it stands in this marker's own order. ``token``: what the form carries.
    """

    id: int
    version_id: int
    quiz_title: str
    code: str
    stem: str
    hint: str
    right: str
    question: Shown
    text: str
    words: int
    files: tuple[AnswerFile, ...]
    notes: tuple[tuple[str, str], ...]
    most: str
    max_mark: Fraction
    steps: tuple[str, ...]
    role: str
    marks: tuple[Mark, ...]
    value: str
    comment: str
    token: int
    place: int
    count: int
    previous: int | None
    following: int | None
    snippets: tuple[Snippet, ...]


def order_for(marker: User, ids: Iterable[int]) -> list[int]:
    """``ids`` shuffled, the same way each time for this marker, so that nobody is always the last to be read."""

    def key(pk: int) -> bytes:
        return hashlib.blake2b(f"{marker.pk}:{pk}".encode(), digest_size=8).digest()

    return sorted(ids, key=lambda pk: (key(pk), pk))


def ids_of(person: User, version_id: int, *, everything: bool) -> list[int]:
    """The answers to one version in the order of this marker: those that wait for ``person``, or all that a person
    marks. One query beside the grants."""
    found = _markable(person).filter(version=version_id)
    if everything:
        found = found.filter(Q(needs_marking=True) | Q(marked_by__isnull=False))
    else:
        found = found.filter(_for(person), needs_marking=True)
    return order_for(person, found.values_list("pk", flat=True))


def one_version(person: User, version_id: int) -> QuestionVersion | None:
    """A version of which ``person`` may mark, or has marked, at least one answer."""
    found = _markable(person).filter(version=version_id)
    if not found.filter(Q(needs_marking=True) | Q(marked_by__isnull=False)).exists():
        return None
    return QuestionVersion.objects.select_related("question").get(pk=version_id)


def sheet(person: User, question_id: int, ids: Sequence[int], *, version_id: int) -> Sheet | None:
    """One answer with all that a marker needs; None where it is not theirs to mark. Five queries beside the grants.

    ``ids``: the order to walk in; an answer that is not in it (marked meanwhile) stands at its end.
    """
    row = (
        _markable(person)
        .filter(Q(needs_marking=True) | Q(marked_by__isnull=False), pk=question_id, version=version_id)
        .select_related("version__question", "attempt__quiz__activity", "marked_by", "first_mark__by",
                        "first_mark__second_by")
        .first()
    )  # fmt: skip
    if row is None:
        return None
    version, kind = row.version, types.get(row.version.type)
    answer = without_names(row.answer)
    words = _words(kind, version.content, answer)
    role, marks = _standing(row, person)
    at = ids.index(row.pk) if row.pk in ids else len(ids)
    after = [pk for pk in (*ids[at + 1 :], *ids[:at]) if pk != row.pk]
    most = Fraction(row.max_mark)
    return Sheet(
        id=row.pk,
        version_id=version.pk,
        quiz_title=row.attempt.quiz.activity.title,
        code=version.question.code,
        stem=version.stem,
        hint=version.reason,
        right=kind.right_summary(version.content),
        question=Shown(
            kind.TEMPLATE,
            kind.present(version.content, row.order, answer),
            f"marked-{row.pk}",
            1,
            tuple(f"lms/types/{kind.NAME}/{file}" for file in kind.STYLES),
        ),
        text=words,
        words=sum(any(char.isalnum() for char in piece) for piece in words.split()),
        files=tuple(_files(row)),
        notes=tuple(_notes(version.content)),
        most=points(most),
        max_mark=most,
        steps=tuple(dict.fromkeys(points(most * share / 4) for share in range(5))),
        role=role,
        marks=marks,
        value=points(row.fraction * row.max_mark) if row.fraction is not None else "",
        comment=row.comment,
        token=AttemptStep.objects.filter(question=row).aggregate(last=Max("pk"))["last"] or 0,
        place=min(at + 1, max(len(ids), 1)),
        count=len(ids),
        previous=ids[at - 1] if 0 < at <= len(ids) and ids else None,
        following=after[0] if after else None,
        snippets=tuple(snippets(person, version.question_id)),
    )


def _standing(row: AttemptQuestion, person: User) -> tuple[str, tuple[Mark, ...]]:
    """The role, and the marks that this marker may see: the first one is hidden from the second."""
    first = getattr(row, "first_mark", None)
    if not row.needs_marking:
        marks = [_mark(row, row.marked_by, row.fraction, row.comment, row.marked_at)] if row.marked_by else []
        if first is not None and first.second_by is not None:
            marks = [*_pair(row, first), *marks]
        return "marked", tuple(marks)
    if first is None or is_spent(row, first):
        return "first", ()
    if first.second_by is not None:
        return ("waits" if first.by_id == person.pk else "differ"), tuple(_pair(row, first))
    if first.by_id == person.pk:
        return "waits", (_mark(row, first.by, first.fraction, first.comment, first.at),)
    return "second", ()


def is_spent(row: AttemptQuestion, first: Any) -> bool:
    """The pair was settled before, and the answer waits anew."""
    return bool(row.marked_at and first.second_at and first.second_at <= row.marked_at)


def _pair(row: AttemptQuestion, first: Any) -> list[Mark]:
    return [
        _mark(row, first.by, first.fraction, first.comment, first.at),
        _mark(row, first.second_by, first.second_fraction, first.second_comment, first.second_at),
    ]


def _mark(row: AttemptQuestion, by: Any, fraction: Decimal | None, comment: str, at: dt.datetime | None) -> Mark:
    share = fraction or Decimal(0)
    shown = _("%(points)s of %(most)s points (%(percent)s)") % {
        "points": points(share * row.max_mark), "most": points(row.max_mark), "percent": percent(share * 100),
    }  # fmt: skip
    return Mark(by.get_full_name() if by else "", shown, comment, at)


def _words(kind: types.QuestionType, content: types.Content, answer: Any) -> str:
    """What was written, with its paragraphs, of types that keep a text; else the summary."""
    if isinstance(answer, dict) and isinstance(answer.get("text"), str):
        return answer["text"]
    return kind.summarise(content, answer)


def without_names(answer: Any) -> Any:
    """``answer`` without its files: they are named by whoever sent them, and stand apart as "File 1"."""
    if isinstance(answer, dict):
        return {key: [] if key == "files" else without_names(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [without_names(value) for value in answer]
    return answer


def _files(row: AttemptQuestion) -> list[AnswerFile]:
    """Those that the answer names; files that were taken off it again are not looked at. One query."""
    named = set(_strings(row.answer))
    found = ResponseFile.objects.filter(question=row).order_by("uploaded_at")
    return [
        AnswerFile(file.pk, number, file.media_type.rpartition("/")[2].upper(), file.size)
        for number, file in enumerate((file for file in found if str(file.pk) in named), start=1)
    ]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return []


def _notes(content: types.Content) -> list[tuple[str, str]]:
    """What the author wrote for markers, where the type keeps such a thing."""
    return [(key, str(content[key])) for key in ("notes", "grader_notes", "rubric") if content.get(key)]


def snippets(person: User, question_id: int) -> list[Snippet]:
    """Comments of this question, then those of all questions, the most used first. One query."""
    found = CommentSnippet.objects.filter(Q(question=question_id) | Q(question__isnull=True)).order_by(
        F("question").desc(nulls_last=True), "-uses", "pk"
    )[:30]
    return [
        Snippet(row.pk, number, row.text, row.made_by_id == person.pk, row.question_id is None)
        for number, row in enumerate(found, start=1)
    ]

"""What the CMS shows of the bank: the list, where a question is used, two versions side by side. No learner's name."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from lms.core import text
from quizzes import types
from quizzes.models import AttemptQuestion, Objective, Question, QuestionVersion, QuizSlot
from quizzes.queries import bank

_ASKED = (
    AttemptQuestion.objects.filter(version__question=OuterRef("pk"), attempt__is_preview=False)
    .order_by()
    .values("version__question")
    .annotate(times=Count("pk"))
    .values("times")
)


def listed() -> "QuerySet[Question]":
    """Questions with their newest version, its figures and those of the ready one, and ``uses``: how often asked."""
    return (
        Question.objects.select_related(
            "category", "objective", "owner", "latest__analysis", "ready__analysis", "latest", "ready"
        )
        .annotate(uses=Coalesce(Subquery(_ASKED), 0))
        .order_by("code")
    )


def objectives() -> "QuerySet[Objective]":
    """With their lesson, and ``ready``: how many questions."""
    ready = Count("questions", filter=Q(questions__ready__isnull=False))
    return Objective.objects.select_related("lesson").annotate(ready=ready).order_by("key")


def was_asked() -> Exists:
    return Exists(AttemptQuestion.objects.filter(version__question=OuterRef("pk"), attempt__is_preview=False))


def needs_checking() -> Q:
    return Q(ready__analysis__needs_checking=True) | Q(latest__analysis__needs_checking=True)


def search(questions: "QuerySet[Question]", words: str) -> "QuerySet[Question]":
    """Every word, with or without its diacritics, in the newest wording or the code.

    With diacritics typed, wordings that hold the words just so come first.
    """
    found = questions
    for word in text.fold(words).split():
        found = found.filter(Q(latest__search_text__contains=word) | Q(code__icontains=word))
    typed = text.clean(words)
    if not typed or text.fold(typed) == typed.casefold():
        return found
    whole, each = _as_typed(typed), Q()
    for word in typed.split():
        each &= _as_typed(word)
    rank = Case(When(whole, then=Value(0)), When(each, then=Value(1)), default=Value(2), output_field=IntegerField())
    return found.annotate(rank=rank).order_by("rank", *(found.query.order_by or ("code",)))


def _as_typed(words: str) -> Q:
    """SQLite knows no capitals beyond ASCII: the spellings that a sentence can have are named."""
    spellings = {words, words.lower(), words[:1].upper() + words[1:].lower()}
    found = Q()
    for spelling in sorted(spellings):
        found |= Q(latest__stem__contains=spelling)
    return found


# --- Where it is used ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    """A published quiz that asks the question or may draw it. ``asked``: attempts that got it there."""

    title: str
    address: str
    page_key: str
    is_fixed: bool
    fixed_version: int | None
    asked: int


def uses_of(question: Question) -> tuple[Use, ...]:
    """By title. Three queries whatever the number of quizzes, a fourth where tags are asked for."""
    slots = list(
        QuizSlot.objects.filter(quiz__activity__retired_at__isnull=True)
        .filter(Q(question=question) | Q(question__isnull=True))
        .select_related("quiz__activity", "category", "version")
        .order_by("quiz__activity__title", "position")
    )
    row = _candidate(question)
    asked = dict(
        AttemptQuestion.objects.filter(version__question=question, attempt__is_preview=False)
        .order_by()
        .values_list("attempt__quiz")
        .annotate(times=Count("pk"))
    )
    found: dict[int, Use] = {}
    for slot in slots:
        is_fixed = slot.question_id == question.pk
        if not is_fixed and not (question.ready_id and row and bank.fits(slot, row)):
            continue
        if slot.quiz_id in found and not is_fixed:
            continue
        found[slot.quiz_id] = Use(
            title=slot.quiz.activity.title,
            address=slot.quiz.activity.url,
            page_key=str(slot.quiz.activity.key),
            is_fixed=is_fixed,
            fixed_version=slot.version.number if slot.version else None,
            asked=asked.get(slot.quiz_id, 0),
        )
    return tuple(found.values())


def _candidate(question: Question) -> bank.Candidate | None:
    version = question.ready_id or question.latest_id
    if version is None:
        return None
    tags = frozenset(tag.name for tag in question.tags.all())
    path = question.category.path
    return bank.Candidate(question.pk, version, path, question.objective_id, question.level, tags, 0, 0)


@dataclass(frozen=True)
class VersionRow:
    version: QuestionVersion
    asked: int
    is_drawn: bool


def versions_of(question: Question) -> tuple[VersionRow, ...]:
    """Newest first. One query."""
    rows = (
        question.versions.annotate(asked=Count("uses", filter=Q(uses__attempt__is_preview=False)))
        .select_related("created_by")
        .order_by("-number")
    )
    return tuple(VersionRow(row, row.asked, row.pk == question.ready_id) for row in rows)


# --- Two versions side by side ------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """``kind``: same, gone (only before), new (only after)."""

    text: str
    kind: str


@dataclass(frozen=True)
class Line:
    """One part of the question, before and after."""

    label: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]

    @property
    def differs(self) -> bool:
        return any(piece.kind != "same" for piece in (*self.before, *self.after))


_WORDS = re.compile(r"\s+|[^\s]+")


def words_apart(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The two texts in pieces, word by word; what only one of them has is marked."""
    left, right = _WORDS.findall(before), _WORDS.findall(after)
    old: list[Piece] = []
    new: list[Piece] = []
    for verb, start, end, other, stop in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if verb == "equal":
            old.append(Piece("".join(left[start:end]), "same"))
            new.append(Piece("".join(right[other:stop]), "same"))
            continue
        if end > start:
            old.append(Piece("".join(left[start:end]), "gone"))
        if stop > other:
            new.append(Piece("".join(right[other:stop]), "new"))
    return tuple(old), tuple(new)


def compare(before: QuestionVersion, after: QuestionVersion) -> tuple[Line, ...]:
    """Everything that a learner sees or is marked by, part by part. Parts that stayed stand beside each other."""
    found = [
        _line(_("Kind"), _kind(before), _kind(after)),
        _line(_("Question"), before.stem, after.stem),
    ]
    left, right = _described(before), _described(after)
    for key in [*left, *(key for key in right if key not in left)]:
        old, new = left.get(key), right.get(key)
        label = (new or old or ("", ""))[0]
        found.append(_line(label, old[1] if old else "", new[1] if new else ""))
    found.append(_line(_("Right answer"), _right(before), _right(after)))
    found.append(_line(_("Explanation"), before.reason, after.reason))
    found.append(_line(_("Hints"), "\n".join(before.hints), "\n".join(after.hints)))
    return tuple(line for line in found if line.before or line.after)


def _line(label: str, before: str, after: str) -> Line:
    return Line(label, *words_apart(before, after))


def _kind(version: QuestionVersion) -> str:
    return str(types.get(version.type).LABEL) if types.is_known(version.type) else version.type


def _right(version: QuestionVersion) -> str:
    return types.get(version.type).right_summary(version.content) if types.is_known(version.type) else ""


# Keys of a content that say how it is built, not what is read.
_INNER = frozenset({"id", "ids", "width", "height"})


def _described(version: QuestionVersion) -> dict[str, tuple[str, str]]:
    """By place in the content: label and text. Parts of a list are known by their ids, so that order moves nothing."""
    found: dict[str, tuple[str, str]] = {}
    for name, value in version.content.items():
        if isinstance(value, list) and all(isinstance(part, dict) for part in value):
            for number, part in enumerate(value, start=1):
                key = f"{name}:{part.get('id', number)}"
                found[key] = (_("Part %(number)s") % {"number": number}, _flat(part))
        else:
            found[name] = (_LABELS.get(name, _("Setting")), _flat(value))
    return {key: (str(label), said) for key, (label, said) in found.items() if said}


def _flat(value: object) -> str:
    if isinstance(value, dict):
        lines = [_flat(part) if name == "text" else _named(name, part) for name, part in value.items()
                 if name not in _INNER]  # fmt: skip
        return "\n".join(line for line in lines if line)
    if isinstance(value, list):
        return "\n".join(line for line in map(_flat, value) if line)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return "" if value is None else str(value)


def _named(name: str, value: object) -> str:
    if value in ("", None, [], {}):
        return ""
    if name == "correct":
        return str(_("right answer")) if value else str(_("wrong answer"))
    return _flat(value)


_LABELS: dict[str, str] = {}


# --- Bulk changes ---------------------------------------------------------------------------------------


def chosen(ids: Iterable[str], everything: "QuerySet[Question] | None" = None) -> "QuerySet[Question]":
    """The questions with these ids (anything else is left out), or all of ``everything``."""
    if everything is not None:
        return Question.objects.filter(pk__in=everything.order_by().values("pk")).select_related("latest", "category")
    numbers = [int(value) for value in ids if value.isascii() and value.isdigit() and len(value) < 10]
    return Question.objects.filter(pk__in=numbers).select_related("latest", "category").order_by("code")


def statuses(questions: Sequence[Question]) -> dict[str, int]:
    """How many have their newest version in each state."""
    found: dict[str, int] = {}
    for question in questions:
        status = question.latest.status if question.latest else ""
        found[status] = found.get(status, 0) + 1
    return found


def has_newer_draft() -> Q:
    """There is a ready version and a draft that is newer."""
    return Q(ready__isnull=False, latest__status=QuestionVersion.Status.DRAFT) & ~Q(ready=F("latest"))

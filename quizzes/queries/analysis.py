"""Item analysis: the population and its marks, in a constant number of queries; and what was worked out, for a screen.

No screen reads an attempt: it reads QuizAnalysis and VersionAnalysis, which services.analysis keeps. No name of a
learner is in them, and nothing of fewer than ``statistics.FEWEST`` people.
"""

import datetime as dt
import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Max, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lms.core.numbers import percent
from quizzes import statistics, types
from quizzes.models import Attempt, AttemptQuestion, Question, QuestionVersion, Quiz, QuizAnalysis, VersionAnalysis
from quizzes.statistics import Borderline, Figure, Item, Mark, Response, Says, Verdict, Whole

# Fractions are kept to seven places and marks to two: with these units every product is a whole number.
_SHARE, _MOST = 10**7, 10**2
UNIT = _SHARE * _MOST
# Written answers of their own in the table of responses; the rest is one line.
_MOST_WRITTEN = 12

Choice = QuizAnalysis.Choice


# --- The population -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """One attempt of the population. ``change``: number of its last event, so that a new mark makes another."""

    attempt: object
    person: int
    score: Any
    change: int


def population(quiz_id: int, choice: str) -> list[Member]:
    """Finished, fully marked, no previews, nothing voided; one a person unless all are asked for. One query.

    Of two equally good attempts the earlier is the best one.
    """
    rows = (
        Attempt.objects.of_statistics()
        .filter(quiz_id=quiz_id)
        .order_by("started_at", "number", "pk")
        .annotate(change=Max("events__pk"))
        .values_list("pk", "enrolment__user_id", "score", "change")
    )
    members = [Member(pk, person, score, change or 0) for pk, person, score, change in rows]
    if choice == Choice.ALL:
        return members
    kept: dict[int, Member] = {}
    for member in members:
        known = kept.get(member.person)
        if known is None or choice == Choice.LAST or (choice == Choice.HIGHEST and member.score > known.score):
            kept[member.person] = member
    return list(kept.values())


def hash_of(members: Iterable[Member], *also: object) -> str:
    """Equal for equal populations with equal marks, in whatever order they are found."""
    lines = sorted(f"{member.attempt}:{member.score}:{member.change}" for member in members)
    return hashlib.sha256("\n".join([*lines, *map(str, also)]).encode()).hexdigest()


@dataclass
class Matrix:
    """What the population earned and answered. ``sheets``: {version id: mark} of each attempt, in the order of the
    members; ``answers``: by version, (index of the attempt, answer)."""

    members: Sequence[Member]
    sheets: list[dict[int, Mark]]
    answers: dict[int, list[tuple[int, Any]]]
    versions: Mapping[int, QuestionVersion] = field(default_factory=dict)


def matrix(quiz_id: int, members: Sequence[Member]) -> Matrix:
    """Two queries, however many attempts and questions. What asks nothing (a description) is no item."""
    index = {member.attempt: number for number, member in enumerate(members)}
    found = Matrix(members, [{} for _member in members], {})
    rows = (
        AttemptQuestion.objects.filter(attempt__quiz_id=quiz_id, attempt__state=Attempt.State.GRADED)
        .filter(attempt__is_preview=False, fraction__isnull=False)
        .order_by()
        .values_list("attempt_id", "version_id", "fraction", "max_mark", "answer")
    )
    for attempt, version, fraction, most, answer in rows.iterator(chunk_size=5000):
        number = index.get(attempt)
        if number is not None:
            found.sheets[number][version] = _mark(fraction, most)
            found.answers.setdefault(version, []).append((number, answer))
    found.versions = QuestionVersion.objects.select_related("question").in_bulk(list(found.answers))
    silent = [pk for pk, version in found.versions.items() if not _is_asked(version)]
    for pk in silent:
        del found.answers[pk]
        for sheet in found.sheets:
            sheet.pop(pk, None)
    return found


def _is_asked(version: QuestionVersion) -> bool:
    return not types.is_known(version.type) or types.get(version.type).IS_ASKED


def _mark(fraction: Any, most: Any) -> Mark:
    units = int(most * _MOST)
    return Mark(int(fraction * _SHARE) * units, units * _SHARE)


def guess_of(version: QuestionVersion) -> Any:
    return types.get(version.type).guess(version.content) if types.is_known(version.type) else None


# --- Responses ------------------------------------------------------------------------------------------


def responses(version: QuestionVersion, matrix: Matrix) -> list[dict[str, Any]]:
    """The table of responses of one question, part by part, as it is kept: no query.

    Each choice: how many took it, what it earns, and its share of the best and of the weakest third by the rest of
    the test. Written answers stand by themselves only where at least FEWEST people wrote the same.
    """
    if not types.is_known(version.type):
        return []
    kind = types.get(version.type)
    parts = kind.parts(version.content)
    if not parts:
        return []
    rows = matrix.answers.get(version.pk, [])
    rests = [sum(m.mark for m in matrix.sheets[number].values()) - matrix.sheets[number][version.pk].mark
             for number, _answer in rows]  # fmt: skip
    best, weakest = statistics.thirds(rests)
    given: dict[str, list[tuple[int, tuple[str, ...]]]] = {part.key: [] for part in parts}
    for place, (_number, answer) in enumerate(rows):
        for key, chosen in kind.responses(version.content, answer).items():
            if key in given:
                given[key].append((place, chosen))
    people = [matrix.members[number].person for number, _answer in rows]
    return [_part(part, given[part.key], people, best, weakest) for part in parts]


def _part(
    part: types.Part,
    given: Sequence[tuple[int, tuple[str, ...]]],
    people: Sequence[int],
    best: set[int],
    weakest: set[int],
) -> dict[str, Any]:
    size = len(people)
    takers: dict[str, list[int]] = {}
    answered = 0
    for place, chosen in given:
        answered += bool(chosen)
        for key in dict.fromkeys(chosen):
            takers.setdefault(key if part.choices else _written(key), []).append(place)
    names = {choice.key: choice for choice in part.choices}
    if part.choices:
        keys = list(names)
    else:
        common = Counter({key: len({people[place] for place in places}) for key, places in takers.items()})
        keys = [key for key, count in common.most_common(_MOST_WRITTEN) if count >= statistics.FEWEST]
    lines = []
    for key in keys:
        places, choice = takers.get(key, []), names.get(key)
        lines.append(
            {
                "key": key,
                "text": choice.text if choice else key,
                "count": len(places),
                "share": _of(len(places), size) or 0.0,
                "top": _of(sum(place in best for place in places), len(best)),
                "bottom": _of(sum(place in weakest for place in places), len(weakest)),
                "is_right": bool(choice and choice.is_right),
                "credit": float(100 * choice.credit) if choice and choice.credit is not None else None,
            }
        )
    return {
        "key": part.key,
        "text": part.text,
        "has_choices": bool(part.choices),
        "lines": lines,
        "others": sum(len(places) for key, places in takers.items() if key not in keys),
        "silent": size - answered,
    }


def _written(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())[:120]


def _of(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


# --- One version over all quizzes -----------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """What one version earned, once a person (the first time it was asked), and what the same attempts earned
    elsewhere."""

    marks: list[Mark]
    rests: list[Mark]
    population: str


def columns(version_ids: Sequence[int]) -> dict[int, Column]:
    """Over all quizzes. Two queries, however many versions and attempts."""
    uses = AttemptQuestion.objects.filter(
        version__in=version_ids, attempt__state=Attempt.State.GRADED, attempt__is_preview=False, fraction__isnull=False
    ).order_by()
    worth = (
        AttemptQuestion.objects.filter(attempt__in=uses.values("attempt"))
        .order_by()
        .values_list("attempt_id")
        .annotate(earned=Sum(F("fraction") * F("max_mark")), most=Sum("max_mark"))
    )
    totals = {pk: (round(earned * UNIT), round(most * UNIT)) for pk, earned, most in worth.iterator(chunk_size=5000)}
    asked: dict[int, dict[int, tuple[Any, Any, Mark]]] = {}
    rows = uses.values_list(
        "version_id", "attempt__enrolment__user_id", "attempt__started_at", "attempt_id", "fraction", "max_mark"
    )
    for version, person, started_at, attempt, fraction, most in rows.iterator(chunk_size=5000):
        known = asked.setdefault(version, {}).get(person)
        if known is None or (started_at, attempt) < known[:2]:
            asked[version][person] = (started_at, attempt, _mark(fraction, most))
    found = {}
    for version, people in asked.items():
        marks = [mark for _started, _attempt, mark in people.values()]
        rests = [Mark(totals[attempt][0] - mark.mark, totals[attempt][1] - mark.most)
                 for _started, attempt, mark in people.values()]  # fmt: skip
        lines = sorted(f"{person}:{row[1]}:{row[2].mark}:{totals[row[1]][0]}" for person, row in people.items())
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        found[version] = Column(marks, rests, digest)
    return found


# --- As kept in JSON ------------------------------------------------------------------------------------


def item_from(data: Mapping[str, Any]) -> Item:
    return Item(**{**data, "facility": Figure(**data["facility"]), "discrimination": Figure(**data["discrimination"])})


# --- Screens --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuizRow:
    """A line of the overview. ``mean``: per cent of the whole; None where nothing is worked out or shown."""

    quiz_id: int
    title: str
    course: str
    sample: int
    mean: float | None
    computed_at: dt.datetime | None
    is_stale: bool
    to_check: int

    @property
    def is_firm(self) -> bool:
        return self.sample >= statistics.ENOUGH


def overview() -> list[QuizRow]:
    """Every quiz, with what is known of the first attempts. Two queries."""
    found = {row.quiz_id: row for row in QuizAnalysis.objects.filter(choice=Choice.FIRST)}
    rows = []
    for quiz in Quiz.objects.select_related("activity__course").order_by(
        "activity__course__title", "activity__position", "pk"
    ):
        kept = found.get(quiz.pk)
        figures = kept.figures if kept else {}
        whole = figures.get("whole") or {}
        mean, most = whole.get("mean"), whole.get("most")
        rows.append(
            QuizRow(
                quiz_id=quiz.pk,
                title=quiz.activity.title,
                course=quiz.activity.course.title,
                sample=kept.sample if kept else 0,
                mean=100 * mean / most if mean is not None and most else None,
                computed_at=kept.computed_at if kept else None,
                is_stale=bool(kept and kept.stale_since),
                to_check=sum(1 for item in figures.get("items", ()) if item.get("needs_checking")),
            )
        )
    return rows


@dataclass(frozen=True)
class PartTable:
    """Responses to one part. ``others``: written answers that too few people gave to be shown."""

    key: str
    text: str
    has_choices: bool
    lines: tuple["ResponseLine", ...]
    others: int
    silent: int


@dataclass(frozen=True)
class ResponseLine:
    label: str
    text: str
    figures: Response


@dataclass(frozen=True)
class Sentence:
    """A verdict in words. ``tone``: grave, look, note or good."""

    says: str
    tone: str
    short: str
    text: str
    advice: str


@dataclass(frozen=True)
class ItemRow:
    """One question of the analysed quiz. ``number``: its place in the table and the scatter."""

    number: int
    version_id: int
    version_number: int
    question_id: int
    code: str
    stem: str
    status: str
    is_newest: bool
    figures: Item
    guess: float | None
    needs_checking: bool
    sentences: tuple[Sentence, ...]
    parts: tuple[PartTable, ...] = ()

    @property
    def is_grave(self) -> bool:
        return any(sentence.tone == "grave" for sentence in self.sentences)

    @property
    def rank(self) -> tuple[int, int]:
        """The gravest first."""
        return list(Says).index(Says(self.sentences[0].says)), self.number

    @property
    def stands_out(self) -> bool:
        return self.needs_checking or any(sentence.tone in ("grave", "look") for sentence in self.sentences)

    @property
    def facility_percent(self) -> float:
        return 100 * (self.figures.facility.value or 0)

    @property
    def facility_low(self) -> float:
        return 100 * (self.figures.facility.low or 0)

    @property
    def facility_high(self) -> float:
        return 100 * (self.figures.facility.high or 0)

    @property
    def index_tone(self) -> str:
        """By the thresholds of the peers: below 30 "very likely", below 50 "likely"; "" for a sound or a loose one."""
        value = self.figures.discrimination.value
        if value is None or not self.figures.discrimination.is_firm or value >= statistics.CHECK_LIKELY:
            return ""
        return "very-likely" if value < statistics.CHECK_VERY_LIKELY else "likely"


@dataclass(frozen=True)
class QuizFigures:
    """One quiz as analysed. ``whole`` is None where too few people took it, or nothing is worked out yet."""

    quiz_id: int
    title: str
    course: str
    pass_percent: int
    choice: str
    sample: int
    people: int
    computed_at: dt.datetime | None
    is_stale: bool
    whole: Whole | None = None
    borderline: Borderline = field(default_factory=Borderline)
    totals: tuple[statistics.Bin, ...] = ()
    items: tuple[ItemRow, ...] = ()

    @property
    def is_too_small(self) -> bool:
        return self.computed_at is not None and self.whole is None


def quiz_figures(quiz_id: int, choice: str = Choice.FIRST) -> QuizFigures | None:
    """None for a quiz that is not there. Three queries, whatever the number of questions and attempts."""
    quiz = Quiz.objects.select_related("activity__course").filter(pk=quiz_id).first()
    if quiz is None:
        return None
    kept = QuizAnalysis.objects.filter(quiz=quiz, choice=choice).first()
    base: dict[str, Any] = {
        "quiz_id": quiz.pk,
        "title": quiz.activity.title,
        "course": quiz.activity.course.title,
        "pass_percent": quiz.pass_percent,
        "choice": choice,
        "sample": kept.sample if kept else 0,
        "people": (kept.figures.get("people", 0) if kept else 0),
        "computed_at": kept.computed_at if kept else None,
        "is_stale": bool(kept and kept.stale_since),
    }
    if kept is None or not kept.figures.get("whole"):
        return QuizFigures(**base)
    figures = kept.figures
    versions = QuestionVersion.objects.select_related("question").in_bulk([row["version"] for row in figures["items"]])
    items = [_item_row(row, versions[row["version"]]) for row in figures["items"] if row["version"] in versions]
    items.sort(key=lambda row: (row.code, row.version_number))
    return QuizFigures(
        **{**base, "pass_percent": figures["pass_percent"]},
        whole=Whole(**figures["whole"]),
        borderline=Borderline(**figures["borderline"]),
        totals=tuple(statistics.Bin(**row) for row in figures["totals"]),
        items=tuple(_numbered(items)),
    )


def _numbered(items: Sequence[ItemRow]) -> Iterable[ItemRow]:
    return (ItemRow(**{**row.__dict__, "number": number}) for number, row in enumerate(items, start=1))


def _item_row(row: Mapping[str, Any], version: QuestionVersion) -> ItemRow:
    figures = item_from(row["figures"])
    parts = tuple(_part_table(part) for part in row["responses"])
    guess = guess_of(version)
    found = statistics.verdicts(
        figures,
        {part.key: [line.figures for line in part.lines] for part in parts if part.has_choices},
        guess,
    )
    return ItemRow(
        number=0,
        version_id=version.pk,
        version_number=version.number,
        question_id=version.question_id,
        code=version.question.code,
        stem=version.stem,
        status=version.status,
        is_newest=version.question.latest_id == version.pk,
        figures=figures,
        guess=None if guess is None else float(100 * guess),
        needs_checking=row["needs_checking"],
        sentences=tuple(sentence_of(verdict, parts) for verdict in found),
        parts=parts,
    )


def _part_table(data: Mapping[str, Any]) -> PartTable:
    lines = []
    for place, line in enumerate(data["lines"]):
        label = chr(ord("A") + place) if data["has_choices"] and place < 26 else ""
        values = {key: value for key, value in line.items() if key != "text"}
        lines.append(ResponseLine(label, line["text"], Response(**values)))
    return PartTable(data["key"], data["text"], data["has_choices"], tuple(lines), data["others"], data["silent"])


def question_figures(question: Question) -> list[VersionAnalysis]:
    """Over all quizzes, the newest version first. One query."""
    found = VersionAnalysis.objects.filter(version__question=question).select_related("version")
    return list(found.order_by("-version__number"))


# --- In words -------------------------------------------------------------------------------------------

_TONES = {Says.GOOD: "good", Says.TOO_FEW: "note", Says.TOO_EASY: "note", Says.UNUSED_CHOICES: "note"}


def sentence_of(verdict: Verdict, parts: Sequence[PartTable]) -> Sentence:
    """A verdict for a trainer: what was seen, in numbers, and what to do about it."""
    tone = "grave" if verdict.is_grave else _TONES.get(verdict.says, "look")
    names = _names(verdict, parts)
    values = {
        "share": percent(verdict.share) if verdict.share is not None else "",
        "top": percent(verdict.top) if verdict.top is not None else "",
        "choice": names[-1] if names else "",
        "right": names[0] if names else "",
        "choices": ", ".join(names),
    }
    part = next((row for row in parts if row.key == verdict.part and row.text and len(parts) > 1), None)
    short, text, advice = _words(verdict.says)
    said = text % values
    return Sentence(verdict.says.value, tone, short, f"{part.text}: {said}" if part else said, advice)


def _names(verdict: Verdict, parts: Sequence[PartTable]) -> list[str]:
    lines = {line.figures.key: line for part in parts if part.key == verdict.part for line in part.lines}
    return [f"{lines[key].label}. “{_short(lines[key].text)}”" for key in verdict.keys if key in lines]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57].rstrip()}…"


def _words(says: Says) -> tuple[str, str, str]:
    words: dict[Says, tuple[str, str, str]] = {
        Says.TOO_FEW: (
            pgettext("verdict", "too few attempts"),
            _("Too few attempts yet to say anything."),
            _("Come back when more people have answered it."),
        ),
        Says.KEY_MAY_BE_WRONG: (
            pgettext("verdict", "key may be wrong"),
            _("%(share)s chose %(choice)s, and so did %(top)s of the strongest: the key may be wrong."),
            _("Check the key. If it is wrong: suspend the question, make a new version, and mark again."),
        ),
        Says.STRONGER_DO_WORSE: (
            pgettext("verdict", "the strong do worse"),
            _("Who does well elsewhere does worse here."),
            _("Look for a wrong key, a trap in the wording, or an answer that has become outdated."),
        ),
        Says.AMBIGUOUS: (
            pgettext("verdict", "ambiguous"),
            _("The strongest are divided between %(choices)s: more than one answer may be right."),
            _("Make the wording unambiguous in a new version."),
        ),
        Says.GUESSED: (
            pgettext("verdict", "guessed"),
            _("%(share)s earned: no more than by guessing."),
            _("Either it is not taught, or it is not understood: look at the lesson and at the wording."),
        ),
        Says.DOES_NOT_SEPARATE: (
            pgettext("verdict", "tells nothing"),
            _("Strong and weak answer it alike: it tells nothing about what somebody knows."),
            _("Sharpen it, or replace it."),
        ),
        Says.SEPARATES_LITTLE: (
            pgettext("verdict", "tells little"),
            _("Who does well elsewhere does hardly better here."),
            _("Look at the wrong answers and at the wording: one of them may mislead those who know."),
        ),
        Says.TOO_HARD: (
            pgettext("verdict", "very hard"),
            _("Only %(share)s earned: very hard."),
            _("Look whether the lesson teaches this, and whether the question asks what was meant."),
        ),
        Says.TOO_EASY: (
            pgettext("verdict", "very easy"),
            _("%(share)s earned: nearly everybody knows it."),
            _("Good for a first question; it separates nobody."),
        ),
        Says.UNUSED_CHOICES: (
            pgettext("verdict", "unused answers"),
            _("Hardly anybody chooses %(choices)s."),
            _("Write wrong answers that somebody who has not learnt it would believe."),
        ),
        Says.GOOD: (pgettext("verdict", "sound"), _("Works well."), _("Nothing to do.")),
    }
    return words[says]


# --- What is due ----------------------------------------------------------------------------------------


def changes_of(quiz_ids: Iterable[int]) -> dict[int, int]:
    """How often a grade of each quiz was made or changed. One query."""
    found = Quiz.objects.filter(pk__in=list(quiz_ids)).values_list("pk").annotate(count=Count("grade_changes"))
    return dict(found)


def to_check() -> Q:
    """For questions: those of which a version that may still be drawn needs to be looked at."""
    return Q(ready__analysis__needs_checking=True)

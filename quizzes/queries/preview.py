"""Questions as a learner sees them, played by an author: marked on the spot, never recorded."""

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from quizzes import behaviours, marking, types
from quizzes.models import QuestionVersion, QuizPage, QuizSlot
from quizzes.models.quiz import QuizSettings
from quizzes.queries import bank, quiz_editor
from quizzes.rules import drawing, grades, layout, timing
from quizzes.types.base import Answer

# Draws are made anew from this number, so that the questions answered are those that were shown.
MOST_SEED = 999_999


@dataclass(frozen=True)
class Played:
    """One question on the page. ``share`` None: a person marks it, or it was not asked; see ``was_marked``.

    ``number``: what a learner reads before it, "" where nothing is asked.
    """

    position: int
    number: str
    field: str
    code: str
    version: int
    stem: str
    template: str
    shown: object
    marks: Decimal
    asks: bool
    was_marked: bool = False
    share: Fraction | None = None
    answer: str = ""
    explained: tuple[types.Explained, ...] = ()
    right: str = ""
    reason: str = ""

    @property
    def percent(self) -> Fraction | None:
        return None if self.share is None else self.share * 100


@dataclass(frozen=True)
class Try:
    """What the behaviour makes of this try. ``number``: from 1; ``hint``: what a learner would read now."""

    number: int
    allowed: int
    worth: Fraction
    is_settled: bool
    hint: str


def play(
    version: QuestionVersion,
    *,
    position: int,
    seed: int,
    shuffles: bool,
    marks: Decimal = Decimal(1),
    number: str = "",
    post: types.Post | None = None,
) -> Played:
    """``version`` at ``position``; with ``post`` also marked. What cannot have come from the form is no answer."""
    kind, content, field = types.get(version.type), version.content, f"q{position}"
    order = kind.freeze(content, random.Random(f"{seed}:{version.pk}"), shuffles)  # noqa: S311  no secret
    answer = None
    if post is not None:
        try:
            answer = kind.parse(post, field, content)
        except types.BadAnswerError:
            answer = None
    shown = kind.present(content, order, answer)
    plain = Played(
        position, number, field, version.question.code, version.number, version.stem, kind.TEMPLATE, shown,
        marks * kind.weight(content), kind.IS_ASKED,
    )  # fmt: skip
    if post is None or not kind.IS_ASKED:
        return plain
    return _marked(plain, version, answer)


def _marked(plain: Played, version: QuestionVersion, answer: Answer | None) -> Played:
    kind, content = types.get(version.type), version.content
    values = {
        **plain.__dict__,
        "was_marked": True,
        "share": kind.mark(content, answer),
        "answer": kind.summarise(content, answer),
        "explained": tuple(kind.explain(content, answer)),
        "right": kind.right_summary(content),
        "reason": version.reason,
    }
    return Played(**values)


def after_try(played: Played, version: QuestionVersion, *, behaviour: str, tries: int, allowed: int) -> Try | None:
    """What a learner would get for this try; None where a person marks, or nothing is asked."""
    if played.share is None:
        return None
    penalty = Fraction(33, 100)
    rule = behaviours.get(behaviour)
    if not rule.CHECKS:
        return Try(tries, 1, rule.at_end(played.share, tries=0, penalty=penalty), True, "")
    verdict = rule.after_try(played.share, tries=tries, allowed=allowed, penalty=penalty)
    hint = version.hints[verdict.hint] if verdict.hint is not None and verdict.hint < len(version.hints) else ""
    return Try(tries, allowed, verdict.fraction, verdict.is_settled, hint)


# --- A whole quiz -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    title: str
    introduction: str
    questions: tuple[Played, ...]


@dataclass(frozen=True)
class Outcome:
    """``waiting``: how many questions a person would mark; they count nothing yet. ``goals``: name, share, needed,
    reached."""

    share: Fraction
    passed: bool
    waiting: int
    band: str
    goals: tuple[tuple[str, Fraction, int, bool], ...]


@dataclass(frozen=True)
class Sitting:
    parts: tuple[Part, ...]
    outcome: Outcome | None
    kinds: frozenset[str]

    @property
    def count(self) -> int:
        return sum(question.asks for part in self.parts for question in part.questions)


def sit(page: QuizPage, *, seed: int, post: types.Post | None = None) -> Sitting:
    """The quiz that ``page`` (a draft too) would ask somebody new; the same ``seed`` draws the same.

    drawing.PoolTooSmallError where it cannot be drawn. Four queries whatever the number of questions.
    """
    slots = quiz_editor.slots_of(page)
    rows = bank.candidates(slots, None)
    rng = random.Random(seed)  # noqa: S311  no secret
    drawn = drawing.draw(bank.places(slots, rows), {}, rng)
    by_question = {row.question_id: row.version_id for row in rows}
    chosen: list[tuple[QuizSlot, int]] = []
    for place, question in drawn:
        slot = slots[place.position - 1]
        chosen.append((slot, slot.version_id or by_question[question]))
    versions = QuestionVersion.objects.select_related("question__objective").in_bulk([pk for _slot, pk in chosen])
    parts, numbered, played_rows = [], 0, []
    position = 0
    sections = sorted(page.sections.all(), key=lambda section: section.sort_order or 0)
    for index, members in _by_section(chosen, len(sections)):
        section = sections[index - 1] if sections else None
        if page.shuffles and (section is None or section.shuffles):
            members = layout.shuffled([(row, row[0].requires_previous) for row in members], rng)
        questions = []
        for slot, pk in members:
            position += 1
            version = versions[pk]
            asks = types.get(version.type).IS_ASKED
            numbered += asks
            number = (slot.display_number or str(numbered)) if asks else ""
            played = play(version, position=position, seed=seed, shuffles=page.shuffles, marks=slot.max_mark,
                          number=number, post=post)  # fmt: skip
            questions.append(played)
            played_rows.append((played, version))
        parts.append(Part(section.title if section else "", section.introduction if section else "", tuple(questions)))
    outcome = _outcome(page, played_rows) if post is not None else None
    return Sitting(tuple(parts), outcome, frozenset(version.type for version in versions.values()))


def _by_section(
    chosen: Sequence[tuple[QuizSlot, int]], sections: int
) -> Iterable[tuple[int, list[tuple[QuizSlot, int]]]]:
    """A slot that names a part that is not there belongs to the last one."""
    found: dict[int, list[tuple[QuizSlot, int]]] = {}
    for slot, pk in chosen:
        found.setdefault(min(slot.section, sections) if sections else 1, []).append((slot, pk))
    return sorted(found.items())


def _outcome(page: QuizPage, rows: Sequence[tuple[Played, QuestionVersion]]) -> Outcome:
    asked = [(played, version) for played, version in rows if played.asks]
    share = marking.total((played.share or Fraction(0), played.marks) for played, _version in asked)
    by_objective = grades.by_objective(
        [
            (version.question.objective_id, played.share or Fraction(0), Fraction(played.marks))
            for played, version in asked
        ]
    )
    goals = tuple(
        (
            goal.objective.name,
            by_objective.get(goal.objective_id, Fraction(0)),
            goal.pass_percent,
            goal.objective_id not in by_objective or by_objective[goal.objective_id] * 100 >= goal.pass_percent,
        )
        for goal in page.goals.all()
    )
    return Outcome(
        share=share,
        passed=marking.passes(share, page.pass_percent) and all(reached for *_rest, reached in goals),
        waiting=sum(played.share is None for played, _version in asked),
        band=grades.band(share, [(band.from_percent, band.text) for band in page.bands.all()]),
        goals=goals,
    )


def on_day(quiz: QuizSettings, at: dt.datetime) -> tuple[timing.Refusal | None, dt.datetime | None]:
    """Why somebody new could not begin at ``at``, and until when an attempt begun then would run. No query."""
    refusal = timing.may_start(
        used=0, most=quiz.max_attempts, has_passed=False, last_ended_at=None, wait=dt.timedelta(),
        opens_at=quiz.opens_at, closes_at=quiz.closes_at, at=at,
    )  # fmt: skip
    limit = dt.timedelta(minutes=quiz.limit_minutes) if quiz.limit_minutes else None
    return refusal, timing.deadline(at, limit=limit, factor=Fraction(1), closes_at=quiz.closes_at)

"""What makes the questions of a package a bad test, though each could be asked. No Django.

Rules of issue 6: a pool three times what is drawn; no question that is answered by the length of its options or by "all
of them"; a reason for every choice; something that it rests on; a third of the pool from daily work.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from courses.formats.errors import PackageError
from courses.formats.prose import unwelcome
from lms.core import text
from quizzes.formats.package import QuestionSource, QuizSource

LEAST_SHARE = 3
# Over the whole package, of the items with one right option.
MOST_LONGEST_PERCENT = 35
SCENARIO = "tình huống"
LEAST_SCENARIO_PERCENT = 33
# These are scenarios by what they are.
SCENARIO_TYPES = frozenset({"case_set", "spot_violation"})
_CATCH_ALL = re.compile(
    r"(tất cả|cả (hai|ba|bốn|a|b)\b|mọi phương án|không (có )?(phương án|đáp án) nào|đều (đúng|sai)\b)"
    r".{0,40}(đúng|sai|trên)",
    re.IGNORECASE,
)


def problems(sources: Iterable[QuizSource], pools: Mapping[str, int]) -> Iterator[PackageError]:
    """``pools``: path of a quiz → how many questions it has."""
    sources = list(sources)
    for source in sources:
        yield from _too_small(source, pools)
        yield from _too_few_scenarios(source)
        for question in source.questions:
            yield from problems_of(question)
    yield from _given_away_by_length([question for source in sources for question in source.questions])


def _too_small(source: QuizSource, pools: Mapping[str, int]) -> Iterator[PackageError]:
    if source.draw * LEAST_SHARE > len(source.questions):
        reason = f"draws {source.draw} from a pool of {len(source.questions)}: it takes {LEAST_SHARE} times as many"
        yield PackageError(source.file, None, reason)
    for draw in source.draws:
        if draw.count * LEAST_SHARE > pools.get(draw.path, 0):
            reason = f"draws {draw.count} from the {pools.get(draw.path, 0)} questions of “{draw.path}”: it takes "
            yield PackageError(source.file, draw.line, f"{reason}{LEAST_SHARE} times as many")


def _too_few_scenarios(source: QuizSource) -> Iterator[PackageError]:
    count = sum(is_scenario(question) for question in source.questions)
    if 100 * count < LEAST_SCENARIO_PERCENT * len(source.questions):
        reason = f"has {count} questions from daily work (tag “{SCENARIO}”) among {len(source.questions)}: too few"
        yield PackageError(source.file, None, reason)


def is_scenario(question: QuestionSource) -> bool:
    return question.type in SCENARIO_TYPES or SCENARIO in question.tags


def problems_of(question: QuestionSource) -> Iterator[PackageError]:
    def wrong(reason: str) -> PackageError:
        return PackageError(question.file, question.line, f"{question.code}: {reason}")

    if not question.reason.strip():
        yield wrong("“reason” is missing")
    if not question.references:
        yield wrong("“references” is missing: what the question rests on")
    options = _options(question)
    texts = [text.clean(str(option.get("text", ""))).casefold() for option in options]
    if len(set(texts)) < len(texts):
        yield wrong("two choices say the same")
    for option in options:
        if not str(option.get("reason", "")).strip():
            yield wrong(f"“{str(option.get('text', ''))[:40]}” has no reason")
        if _CATCH_ALL.search(str(option.get("text", ""))):
            yield wrong(f"“{option['text']}” can be chosen without knowing anything")
    for found in _texts(question):
        for error in unwelcome(found, file=question.file, line=question.line):
            yield wrong(error.reason)


def _options(question: QuestionSource) -> list[Mapping[str, Any]]:
    options = question.own.get("options", [])
    return [option for option in options if isinstance(option, Mapping)] if isinstance(options, list) else []


def _texts(question: QuestionSource) -> Iterator[str]:
    yield question.stem
    yield question.reason
    yield from _strings(question.own)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def right_is_longest(question: QuestionSource) -> bool | None:
    """Whether no other option is longer than the right one; None for a question without one right option."""
    options = _options(question)
    right = [option for option in options if option.get("correct")]
    if question.type != "single" or len(right) != 1:
        return None
    return len(str(right[0]["text"])) == max(len(str(option["text"])) for option in options)


def _given_away_by_length(questions: list[QuestionSource]) -> Iterator[PackageError]:
    judged = [(question, longest) for question in questions if (longest := right_is_longest(question)) is not None]
    found = [question for question, longest in judged if longest]
    if 100 * len(found) > MOST_LONGEST_PERCENT * len(judged):
        first = found[0]
        reason = f"in {len(found)} of {len(judged)} questions the right option is the longest, this is the first"
        yield PackageError(first.file, first.line, f"{reason}; {MOST_LONGEST_PERCENT} % may be")

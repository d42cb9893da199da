"""Matching in files of other programs. A right side without a left one is an answer that fits nowhere."""

from collections.abc import Iterable, Iterator

from quizzes.formats import gift
from quizzes.formats.item import Parsed
from quizzes.formats.moodle_xml import Source, Target, text_of
from quizzes.types.base import Content
from quizzes.types.matching import TYPE

NAME = "matching"


def gift_read(block: gift.Block) -> Parsed | None:
    if block.kind != gift.MATCHING:
        return None
    return _parsed((answer.text, answer.right) for answer in block.answers)


def gift_write(content: Content) -> gift.Block:
    return gift.Block(gift.MATCHING, tuple(gift.Answer(left, right=right) for left, right in _pairs(content)))


def moodle_read(source: Source) -> Parsed | None:
    if source.kind not in ("matching", "match"):
        return None
    rows = source.element.findall("subquestion")
    return _parsed((source.words(row), text_of(row.find("answer")).strip()) for row in rows)


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "matching"
    target.add("shuffleanswers", "true")
    for left, right in _pairs(content):
        row = target.add_words("subquestion", left)
        target.add_text("answer", right, row)
    return True


def _pairs(content: Content) -> Iterator[tuple[str, str]]:
    rights = {right["id"]: right["text"] for right in content["rights"]}
    for left in content["lefts"]:
        yield left["text"], rights[left["right"]]
    used = {left["right"] for left in content["lefts"]}
    yield from (("", right["text"]) for right in content["rights"] if right["id"] not in used)


def _parsed(pairs: Iterable[tuple[str, str]]) -> Parsed:
    found = list(pairs)
    rows = [{"left": left, "right": right} for left, right in found if left]
    distractors = [right for left, right in found if not left and right]
    return Parsed(TYPE.from_source({"pairs": rows, "distractors": distractors}))

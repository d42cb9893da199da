"""Matching in files of other programs. A right side without a left one is an answer that fits nowhere."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
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


def qti_read(body: qti.Body) -> Parsed | None:
    if len(body.interactions) != 1 or body.interactions[0].kind != qti.MATCH:
        return None
    found = body.interactions[0]
    if {choice.id.lower() for choice in found.targets} == {qti.TRUE, qti.FALSE}:
        # A table of statements.
        return None
    told = [pair.split() for pair in (found.right or found.shares or ())]
    if not told or any(len(pair) != 2 for pair in told):
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    pairs = [(pair[0], pair[1]) for pair in told]
    lefts = {choice.id: choice.text for choice in found.choices}
    rights = {choice.id: choice.text for choice in found.targets}
    fits = dict(pairs)
    if set(fits) - set(lefts) and not set(fits) - set(rights):
        # The other way round: the first set is what is given away.
        lefts, rights, fits = rights, lefts, {left: right for right, left in pairs}
    rows = [(lefts.get(left, ""), rights.get(right, "")) for left, right in fits.items()]
    order = list(lefts.values())
    rows.sort(key=lambda row: order.index(row[0]) if row[0] in order else 0)
    used = set(fits.values())
    return _parsed([*rows, *(("", text) for key, text in rights.items() if key not in used)])


def qti_write(content: Content) -> qti.Body:
    lefts = {left["id"]: f"l{number}" for number, left in enumerate(content["lefts"], start=1)}
    # By their texts: the number of a right side must not tell beside which left one it stood.
    by_text = sorted(content["rights"], key=lambda right: right["text"])
    rights = {right["id"]: f"r{number}" for number, right in enumerate(by_text, start=1)}
    pairs = tuple(f"{lefts[left['id']]} {rights[left['right']]}" for left in content["lefts"])
    return qti.Body(
        (
            qti.Interaction(
                qti.MATCH,
                choices=tuple(qti.Choice(lefts[left["id"]], left["text"]) for left in content["lefts"]),
                targets=tuple(qti.Choice(rights[right["id"]], right["text"]) for right in content["rights"]),
                right=pairs,
                shares=dict.fromkeys(pairs, Fraction(1, len(pairs))),
            ),
        )
    )

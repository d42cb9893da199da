"""Short answers in files of other programs."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target
from quizzes.types.base import Content

NAME = "short_text"


def gift_read(block: gift.Block) -> Parsed | None:
    if block.kind != gift.SHORT:
        return None
    return _parsed((answer.text, answer.fraction, answer.feedback) for answer in block.answers)


def gift_write(content: Content) -> gift.Block:
    return gift.Block(gift.SHORT, tuple(gift.Answer(text, Fraction(1)) for text in content["accepted"]))


def moodle_read(source: Source) -> Parsed | None:
    if source.kind != "shortanswer":
        return None
    found = _parsed((answer.html.strip(), answer.fraction, answer.feedback) for answer in source.answers())
    return Parsed({**found.content, "exact": source.flag("usecase")}, reason=found.reason, notes=found.notes)


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "shortanswer"
    target.add("usecase", "1" if content.get("exact") else "0")
    for text in content["accepted"]:
        target.answer(text, Fraction(1), is_plain=True)
    return True


def _parsed(rows: Iterable[tuple[str, Fraction, str]]) -> Parsed:
    found = list(rows)
    accepted = [text for text, share, _ in found if share == 1 and text]
    if not accepted:
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    notes: list[tuple[Trouble, dict[str, Any]]] = []
    if any(0 < share < 1 for _, share, _ in found):
        notes.append((Trouble.WEIGHTS_DROPPED, {}))
    feedback = list(dict.fromkeys(text for _, _, text in found if text))
    if len(feedback) > 1:
        notes.append((Trouble.FEEDBACK_DROPPED, {}))
    return Parsed({"accepted": accepted, "exact": False}, reason=feedback[0] if feedback else "", notes=tuple(notes))


def qti_read(body: qti.Body) -> Parsed | None:
    """One field to write into; several fields are a text with gaps."""
    if len(body.interactions) != 1 or body.interactions[0].kind != qti.TEXT_ENTRY or body.interactions[0].is_number:
        return None
    found = body.interactions[0]
    shares = {**dict.fromkeys(found.right, Fraction(1)), **(found.shares or {})}
    parsed = _parsed((text.strip(), share, "") for text, share in shares.items())
    return Parsed({**parsed.content, "exact": found.is_exact}, notes=parsed.notes)


def qti_write(content: Content) -> qti.Body:
    accepted = tuple(content["accepted"])
    shares = dict.fromkeys(accepted, Fraction(1))
    is_exact = bool(content.get("exact"))
    return qti.Body((qti.Interaction(qti.TEXT_ENTRY, right=accepted, shares=shares, is_exact=is_exact),))

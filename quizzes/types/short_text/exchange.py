"""Short answers in files of other programs."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from quizzes import marking
from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target
from quizzes.formats.weights import decimal
from quizzes.types.base import Content
from quizzes.types.short_text import MOST_MORE

NAME = "short_text"
_WILD = re.compile(r"(?<!\\)\*")


def gift_read(block: gift.Block) -> Parsed | None:
    if block.kind != gift.SHORT:
        return None
    return _parsed((answer.text, answer.fraction, answer.feedback) for answer in block.answers)


def gift_write(content: Content) -> gift.Block:
    return gift.Block(gift.SHORT, tuple(gift.Answer(*row) for row in _rows(content)))


def moodle_read(source: Source) -> Parsed | None:
    if source.kind != "shortanswer":
        return None
    rows = [(answer.html.strip(), answer.fraction, answer.feedback) for answer in source.answers()]
    return _parsed(rows, is_exact=source.flag("usecase"))


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "shortanswer"
    target.add("usecase", "1" if content.get("exact") else "0")
    for text, share, reason in _rows(content):
        target.answer(text, share, reason, is_plain=True)
    return True


def _rows(content: Content) -> list[tuple[str, Fraction, str]]:
    """As other programs write them: "*" stands for anything, an asterisk that is meant has a backslash. A pattern has
    no like there."""
    found = [(_literal(text), Fraction(1), "") for text in content["accepted"]]
    for row in content.get("more") or []:
        if row["match"] != marking.PATTERN:
            text = row["text"] if row["match"] == marking.WILDCARD else _literal(row["text"])
            found.append((text, Fraction(str(row["fraction"])), row.get("reason", "")))
    return found


def _literal(text: str) -> str:
    return text.replace("*", "\\*")


def _parsed(rows: Iterable[tuple[str, Fraction, str]], *, is_exact: bool = False) -> Parsed:
    """Answers worth everything are ``accepted``; those with a part of the mark or an asterisk are ``more``."""
    accepted: list[str] = []
    more: list[dict[str, Any]] = []
    feedback: list[str] = []
    notes: list[tuple[Trouble, dict[str, Any]]] = []
    for text, share, reason in rows:
        is_wild = _WILD.search(text) is not None
        if share <= 0 or not text.strip():
            if reason:
                notes.append((Trouble.FEEDBACK_DROPPED, {}))
        elif share == 1 and not is_wild:
            accepted.append(text.replace("\\*", "*"))
            feedback += [reason] if reason else []
        else:
            match = marking.WILDCARD if is_wild else marking.AS_WRITTEN if is_exact else marking.FOLDED
            words = text if is_wild else text.replace("\\*", "*")
            more.append({"text": words, "match": match, "fraction": decimal(share), "reason": reason})
    if not accepted:
        wild = next((row["text"] for row in more if row["fraction"] == "1"), "")
        accepted = [" ".join(wild.replace("*", " ").split())] if wild.strip("* ") else []
    if not accepted:
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    feedback = list(dict.fromkeys(feedback))
    if len(feedback) > 1:
        notes.append((Trouble.FEEDBACK_DROPPED, {}))
    if len(more) > MOST_MORE:
        notes.append((Trouble.WEIGHTS_DROPPED, {}))
    content: dict[str, Any] = {"accepted": accepted, "exact": is_exact}
    if more:
        content["more"] = more[:MOST_MORE]
    return Parsed(content, reason=feedback[0] if feedback else "", notes=tuple(notes))


def qti_read(body: qti.Body) -> Parsed | None:
    """One field to write into; several fields are a text with gaps."""
    if len(body.interactions) != 1 or body.interactions[0].kind != qti.TEXT_ENTRY or body.interactions[0].is_number:
        return None
    found = body.interactions[0]
    shares = {**dict.fromkeys(found.right, Fraction(1)), **(found.shares or {})}
    return _parsed([(_literal(text.strip()), share, "") for text, share in shares.items()], is_exact=found.is_exact)


def qti_write(content: Content) -> qti.Body:
    accepted = tuple(content["accepted"])
    shares = dict.fromkeys(accepted, Fraction(1))
    is_exact = bool(content.get("exact"))
    return qti.Body((qti.Interaction(qti.TEXT_ENTRY, right=accepted, shares=shares, is_exact=is_exact),))

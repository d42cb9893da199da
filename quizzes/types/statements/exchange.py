"""A table of statements in QTI: each is matched with true or false. Moodle itself has no such question."""

from fractions import Fraction

from quizzes.formats import qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.types.base import Content
from quizzes.types.statements import TYPE

NAME = "statements"


def qti_read(body: qti.Body) -> Parsed | None:
    if len(body.interactions) != 1 or body.interactions[0].kind != qti.MATCH:
        return None
    found = body.interactions[0]
    if {choice.id.lower() for choice in found.targets} != {qti.TRUE, qti.FALSE}:
        return None
    right = dict(pair.split(" ", 1) for pair in found.right if " " in pair)
    if set(right) != {choice.id for choice in found.choices}:
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    rows = [
        {"text": choice.text, "answer": right[choice.id].lower() == qti.TRUE, "reason": choice.reason}
        for choice in found.choices
    ]
    return Parsed(TYPE.from_source({"statements": rows}))


def qti_write(content: Content) -> qti.Body:
    keys = [f"s{number}" for number in range(1, len(content["rows"]) + 1)]
    rows = list(zip(keys, content["rows"], strict=True))
    pairs = tuple(f"{key} {qti.TRUE if row['answer'] else qti.FALSE}" for key, row in rows)
    return qti.Body(
        (
            qti.Interaction(
                qti.MATCH,
                choices=tuple(qti.Choice(key, row["text"], row.get("reason", "")) for key, row in rows),
                targets=(qti.Choice(qti.TRUE, "Đúng"), qti.Choice(qti.FALSE, "Sai")),
                right=pairs,
                shares=dict.fromkeys(pairs, Fraction(1, len(pairs))),
            ),
        )
    )

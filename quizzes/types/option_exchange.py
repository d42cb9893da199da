"""Questions with options in files of other programs: what ``single`` and ``multiple`` share."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from quizzes.formats import gift, qti
from quizzes.formats.item import RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target
from quizzes.formats.weights import decimal
from quizzes.types import options
from quizzes.types.base import Content

# Text, share, reason.
Row = tuple[str, Fraction, str]


def gift_rows(block: gift.Block) -> list[Row]:
    return [(answer.text, answer.fraction, answer.feedback) for answer in block.answers]


def moodle_rows(source: Source) -> list[Row]:
    return [(answer.text, answer.fraction, answer.feedback) for answer in source.answers()]


def made(rows: Iterable[Row], right: Iterable[bool]) -> list[dict[str, Any]]:
    """Options with the ids that the same texts get when typed in the CMS."""
    sources = [
        {"text": text, "correct": bool(is_right), "reason": reason}
        for (text, _, reason), is_right in zip(rows, right, strict=True)
    ]
    return options.from_source({"options": sources})


def weighted(found: list[dict[str, Any]], rows: Iterable[Row]) -> list[dict[str, Any]]:
    """``found`` with the share of each row as its own."""
    return [{**option, "fraction": decimal(share)} for option, (_, share, _) in zip(found, rows, strict=True)]


def single(rows: list[Row]) -> tuple[list[dict[str, Any]], list[Trouble]]:
    """One is right: the first with the whole mark. Others may earn a part; what takes away earns nothing."""
    best = next((index for index, row in enumerate(rows) if row[1] == 1), None)
    if best is None:
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    found = made(rows, (index == best for index in range(len(rows))))
    notes: list[Trouble] = []
    for index, (option, (_, share, _)) in enumerate(zip(found, rows, strict=True)):
        if share < 0:
            notes.append(Trouble.WEIGHTS_DROPPED)
        elif share > 0 and index != best:
            option["fraction"] = decimal(share)
            if share == 1:
                notes.append(Trouble.SEVERAL_RIGHT)
    return found, list(dict.fromkeys(notes))


def multiple(rows: list[Row]) -> Content:
    """Several are right. Equal shares that make up the whole, and wrong ones that take all of it away, are the scheme
    "proportional_correct"; any others are weights of their own."""
    right = [row[1] for row in rows if row[1] > 0]
    if not right:
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    found = made(rows, (row[1] > 0 for row in rows))
    is_even = len(set(right)) == 1 and sum(right) == 1
    if is_even and all(row[1] <= -1 for row in rows if row[1] <= 0):
        return {"options": found, "scheme": "proportional_correct"}
    return {"options": weighted(found, rows), "scheme": "weighted"}


def single_rows(content: Content) -> list[Row]:
    shares = options.weights(content)
    return [(option["text"], shares[option["id"]], option.get("reason", "")) for option in content["options"]]


def multiple_rows(content: Content) -> list[Row]:
    """Schemes that no other program has are told by the nearest shares; the exact scheme travels beside."""
    right = sum(bool(option.get("correct")) for option in content["options"]) or 1
    shares = options.weights(content)
    is_weighted = content.get("scheme") == "weighted"

    def share(option: dict[str, Any]) -> Fraction:
        if is_weighted:
            return shares[option["id"]]
        return Fraction(1, right) if option.get("correct") else Fraction(-1)

    return [(option["text"], share(option), option.get("reason", "")) for option in content["options"]]


def gift_block(rows: Iterable[Row], *, is_single: bool) -> gift.Block:
    answers = tuple(gift.Answer(text, share, reason) for text, share, reason in rows)
    return gift.Block(gift.CHOICE, answers, is_single=is_single)


def to_moodle(rows: Iterable[Row], target: Target, *, is_single: bool) -> None:
    target.kind = "multichoice"
    target.add("single", "true" if is_single else "false")
    target.add("shuffleanswers", "true")
    target.add("answernumbering", "ABCD")
    for text, share, reason in rows:
        target.answer(text, share, reason)


def qti_rows(found: qti.Interaction) -> list[Row]:
    return [(choice.text, found.share(choice.id), choice.reason) for choice in found.choices]


def is_choice(body: qti.Body, *, is_single: bool) -> bool:
    """One question with choices, of which one, or any number, may be chosen."""
    if len(body.interactions) != 1:
        return False
    found = body.interactions[0]
    return found.kind == qti.CHOICE and not found.is_true_false and (found.most == 1) == is_single


def qti_body(rows: list[Row], *, is_single: bool, maps: bool) -> qti.Body:
    """``maps``: the shares count, else only the whole right answer."""
    keys = [f"c{number}" for number in range(1, len(rows) + 1)]
    return qti.Body(
        (
            qti.Interaction(
                qti.CHOICE,
                choices=tuple(qti.Choice(key, row[0], row[2]) for key, row in zip(keys, rows, strict=True)),
                right=tuple(
                    key for key, row in zip(keys, rows, strict=True) if (row[1] == 1 if is_single else row[1] > 0)
                ),
                shares={key: row[1] for key, row in zip(keys, rows, strict=True) if row[1]} if maps else None,
                most=1 if is_single else 0,
            ),
        )
    )

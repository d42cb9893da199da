"""Numbers in files of other programs, where a point is the decimal sign and a tolerance is always absolute."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from quizzes import marking
from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target
from quizzes.formats.weights import decimal, from_decimal, snapped
from quizzes.types.base import Content
from quizzes.types.numeric import TYPE

NAME = "numeric"
PLACES = 12

# What is accepted (as written here), its share, its reason.
Row = tuple[str, Fraction, str]


def gift_read(block: gift.Block) -> Parsed | None:
    if block.kind != gift.NUMERIC:
        return None
    return _parsed((spec(answer.text), answer.fraction, answer.feedback) for answer in block.answers)


def gift_write(content: Content) -> gift.Block:
    answers = []
    for row in content["answers"]:
        least, most = _range(row)
        if ".." in row["text"] or "…" in row["text"]:
            text = f"{decimal(least, PLACES)}..{decimal(most, PLACES)}"
        else:
            text = decimal((least + most) / 2, PLACES) + (
                f":{decimal((most - least) / 2, PLACES)}" if most > least else ""
            )
        answers.append(gift.Answer(text, Fraction(row["fraction"]), row.get("reason", "")))
    return gift.Block(gift.NUMERIC, tuple(answers))


def moodle_read(source: Source) -> Parsed | None:
    if source.kind != "numerical":
        return None
    rows = []
    for answer in source.answers():
        tolerance = answer.element.findtext("tolerance") or "0"
        text = answer.html.strip()
        rows.append((spec(text if text == "*" else f"{text}:{tolerance}"), answer.fraction, answer.feedback))
    units = {}
    for unit in source.element.iterfind("units/unit"):
        many = from_decimal(unit.findtext("multiplier") or "") or Fraction(1)
        name = (unit.findtext("unit_name") or "").strip()
        if name and many > 0:
            # Moodle says how many of the unit are one of the first.
            units[name] = decimal(snapped(1 / many), PLACES).replace(".", ",")
    found = _parsed(rows)
    is_asked = bool(units) and source.value("showunits", "3") != "3"
    rule = (
        "none" if not units else "required" if is_asked and source.value("unitgradingtype", "0") != "0" else "optional"
    )
    return Parsed(
        TYPE.from_source({**_source(found), "units": units, "unit_rule": rule}), found.stem, found.reason, found.notes
    )


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "numerical"
    for row in content["answers"]:
        least, most = _range(row)
        value, tolerance = (least + most) / 2, (most - least) / 2
        answer = target.answer(decimal(value, PLACES), Fraction(row["fraction"]), row.get("reason", ""), is_plain=True)
        target.add("tolerance", decimal(tolerance, PLACES), answer)
    if content["units"]:
        holder = target.add("units")
        for unit in content["units"]:
            row = target.add("unit", "", holder)
            factor = marking.read_number(unit["factor"]) or Fraction(1)
            target.add("multiplier", decimal(1 / factor, PLACES), row)
            target.add("unit_name", unit["text"], row)
    target.add("unitgradingtype", "1" if content["unit_rule"] == "required" else "0")
    target.add("unitpenalty", "1.0000000" if content["unit_rule"] == "required" else "0.0000000")
    target.add("showunits", "3" if content["unit_rule"] == "none" else "0")
    target.add("unitsleft", "0")
    return True


def qti_read(body: qti.Body) -> Parsed | None:
    if len(body.interactions) != 1 or body.interactions[0].kind != qti.TEXT_ENTRY or not body.interactions[0].is_number:
        return None
    found = body.interactions[0]
    shares = {**dict.fromkeys(found.right, Fraction(1)), **(found.shares or {})}
    return _parsed((spec(text), share, "") for text, share in shares.items())


def qti_write(content: Content) -> qti.Body:
    """QTI's templates compare a number with one number: the tolerance travels beside."""
    rights = [row for row in content["answers"] if Fraction(row["fraction"]) == 1]
    least, most = _range(rights[0])
    value = decimal((least + most) / 2, PLACES)
    return qti.Body((qti.Interaction(qti.TEXT_ENTRY, right=(value,), is_number=True),))


def spec(text: str) -> str:
    """ "1822:5", "1.5" and "1..5" of other programs → "1822 ± 5", "1,5", "1..5"; "*" stays. RefusedError."""
    text = text.strip()
    if text == "*":
        return text
    parts = text.split("..") if ".." in text else text.split(":")
    numbers = [from_decimal(part) for part in parts]
    if len(parts) > 2 or any(number is None for number in numbers):
        raise RefusedError(Trouble.BAD_NUMBER, text=text[:80])
    told = [decimal(number, PLACES).replace(".", ",") for number in numbers if number is not None]
    if ".." in text:
        return "..".join(told)
    return told[0] if len(told) == 1 or told[1] == "0" else f"{told[0]} ± {told[1]}"


def _range(row: dict[str, Any]) -> tuple[Fraction, Fraction]:
    found = marking.number_range(row["text"])
    if found is None:
        raise RefusedError(Trouble.BAD_NUMBER, text=str(row["text"])[:80])
    return found


def _parsed(rows: Iterable[Row]) -> Parsed:
    found = list(rows)
    notes: list[tuple[Trouble, dict[str, Any]]] = []
    if any(share < 0 for _, share, _ in found):
        notes.append((Trouble.WEIGHTS_DROPPED, {}))
    if any(reason for text, share, reason in found if text == "*" or share <= 0):
        notes.append((Trouble.FEEDBACK_DROPPED, {}))
    answers = [
        {"text": text, "fraction": decimal(share), "reason": reason}
        for text, share, reason in found
        if text != "*" and share > 0
    ]
    if not answers:
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    return Parsed(TYPE.from_source({"answers": answers}), notes=tuple(notes))


def _source(found: Parsed) -> dict[str, Any]:
    return {"answers": found.content["answers"]}

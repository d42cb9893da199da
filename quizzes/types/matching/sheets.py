"""Matching in Word and Excel: each option is "left → right"; "→ right" is an answer that fits nowhere."""

from quizzes.formats import sheetdraft
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.sheetdraft import Draft
from quizzes.types.base import Content
from quizzes.types.matching import TYPE

NAME = "matching"


def read(draft: Draft) -> Parsed | None:
    found = [sheetdraft.pair(option) for option in draft.options]
    pairs = [pair for pair in found if pair is not None]
    if not draft.kind and (len(pairs) < 2 or len(pairs) != len(found) or draft.key or draft.marked):
        return None
    if not pairs or len(pairs) != len(found):
        raise RefusedError(Trouble.NO_ARROW)
    rows = [{"left": left, "right": right} for left, right in pairs if left]
    return Parsed(TYPE.from_source({"pairs": rows, "distractors": [right for left, right in pairs if not left]}))


def write(content: Content) -> Draft | None:
    rights = {right["id"]: right["text"] for right in content["rights"]}
    used = {left["right"] for left in content["lefts"]}
    rows = [f"{left['text']} → {rights[left['right']]}" for left in content["lefts"]]
    return Draft(NAME, (*rows, *(f"→ {text}" for key, text in rights.items() if key not in used)))


docx_read = xlsx_read = read
docx_write = xlsx_write = write

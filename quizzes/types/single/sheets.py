"""Single choice in Word and Excel: options and the letter of the right one."""

from quizzes.formats import sheetdraft
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.sheetdraft import Draft
from quizzes.types.base import Content
from quizzes.types.single import TYPE

NAME = "single"


def read(draft: Draft) -> Parsed | None:
    if len(draft.options) < 2 or draft.truths:
        return None
    right = sheetdraft.right_places(draft)
    if len(right) > 1:
        if not draft.kind:
            return None
        raise RefusedError(Trouble.TWO_KEYS, first=sheetdraft.LETTERS[right[0]], second=sheetdraft.LETTERS[right[1]])
    rows = [{"text": option, "correct": place in right} for place, option in enumerate(draft.options)]
    return Parsed(TYPE.from_source({"options": rows}))


def write(content: Content) -> Draft | None:
    options = content["options"]
    right = [place for place, option in enumerate(options) if option["correct"]]
    return Draft(NAME, tuple(option["text"] for option in options), sheetdraft.written_letters(right))


docx_read = xlsx_read = read
docx_write = xlsx_write = write

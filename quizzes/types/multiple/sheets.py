"""Several answers in Word and Excel: options and the letters of the right ones."""

from quizzes.formats import sheetdraft
from quizzes.formats.item import Parsed, Trouble
from quizzes.formats.sheetdraft import Draft
from quizzes.types.base import Content
from quizzes.types.multiple import TYPE

NAME = "multiple"


def read(draft: Draft) -> Parsed | None:
    if len(draft.options) < 2 or draft.truths:
        return None
    right = sheetdraft.right_places(draft)
    if len(right) < 2 and not draft.kind:
        return None
    rows = [{"text": option, "correct": place in right} for place, option in enumerate(draft.options)]
    # Marked with the pen only: it may be a slip, so it is told.
    notes: tuple[tuple[Trouble, dict[str, object]], ...] = (
        () if draft.kind or draft.key else ((Trouble.SEVERAL_MARKED, {}),)
    )
    return Parsed(TYPE.from_source({"options": rows}), notes=notes)


def write(content: Content) -> Draft | None:
    options = content["options"]
    right = [place for place, option in enumerate(options) if option["correct"]]
    return Draft(NAME, tuple(option["text"] for option in options), sheetdraft.written_letters(right))


docx_read = xlsx_read = read
docx_write = xlsx_write = write

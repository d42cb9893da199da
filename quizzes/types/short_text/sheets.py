"""Short answers in Word and Excel: "Đáp án: …" without options; several right ones stand between bars."""

from quizzes.formats import sheetdraft
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.sheetdraft import Draft
from quizzes.types.base import Content

NAME = "short_text"


def read(draft: Draft) -> Parsed | None:
    accepted = sheetdraft.alternatives(draft.key)
    if draft.kind:
        accepted = accepted or list(draft.options)
        if not accepted:
            raise RefusedError(Trouble.NO_KEY)
    elif draft.options or not accepted or sheetdraft.truth(draft.key) is not None:
        return None
    return Parsed({"accepted": accepted, "exact": False})


def write(content: Content) -> Draft | None:
    return Draft(NAME, key=sheetdraft.written_alternatives(content["accepted"]))


docx_read = xlsx_read = read
docx_write = xlsx_write = write

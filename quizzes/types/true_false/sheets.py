"""True or false in Word and Excel: "Đáp án: Đúng", without options or with just these two."""

from quizzes.formats import sheetdraft
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.sheetdraft import Draft
from quizzes.types.base import Content

NAME = "true_false"


def read(draft: Draft) -> Parsed | None:
    offered = [sheetdraft.truth(option) for option in draft.options]
    if draft.options and (len(offered) != 2 or set(offered) != {True, False}):
        return None
    answer: bool | None = None
    if draft.options:
        told = sheetdraft.truth(draft.key) if len(draft.key) > 1 else None
        answer = told if told is not None else offered[sheetdraft.right_places(draft)[0]]
    elif draft.key:
        answer = sheetdraft.truth(draft.key)
    if answer is None:
        if draft.kind:
            raise RefusedError(Trouble.NO_KEY)
        return None
    return Parsed({"answer": answer})


def write(content: Content) -> Draft | None:
    return Draft(NAME, key="Đúng" if content["answer"] is True else "Sai")


docx_read = xlsx_read = read
docx_write = xlsx_write = write

"""Essays in Word and Excel: no options, no key."""

from quizzes.formats.item import Parsed
from quizzes.formats.sheetdraft import Draft
from quizzes.types.base import Content
from quizzes.types.essay import TYPE

NAME = "essay"


def read(draft: Draft) -> Parsed | None:
    if draft.kind != NAME and (draft.options or draft.key):
        return None
    # A key in words is what the marker should look for.
    return Parsed(TYPE.from_source({"notes": draft.key}))


def write(content: Content) -> Draft | None:
    return Draft(NAME, key=content.get("notes", ""))


docx_read = xlsx_read = read
docx_write = xlsx_write = write

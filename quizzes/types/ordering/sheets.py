"""Ordering in Word and Excel: the options in their right order. Only where the file says that it is one."""

from quizzes.formats.item import Parsed
from quizzes.formats.sheetdraft import Draft
from quizzes.types.base import Content
from quizzes.types.ordering import TYPE

NAME = "ordering"


def read(draft: Draft) -> Parsed | None:
    return Parsed(TYPE.from_source({"items": list(draft.options)})) if draft.kind == NAME else None


def write(content: Content) -> Draft | None:
    return Draft(NAME, tuple(item["text"] for item in content["items"]))


docx_read = xlsx_read = read
docx_write = xlsx_write = write

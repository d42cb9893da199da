"""Instructions in Word and Excel: the text alone, called by their name."""

from quizzes.formats.item import Parsed
from quizzes.formats.sheetdraft import Draft
from quizzes.types.base import Content

NAME = "description"


def read(draft: Draft) -> Parsed | None:
    return Parsed({}) if draft.kind == NAME else None


def write(content: Content) -> Draft | None:
    return Draft(NAME)


docx_read = xlsx_read = read
docx_write = xlsx_write = write

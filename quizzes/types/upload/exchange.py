"""Answers that are files in files of other programs: an essay without a text there."""

from quizzes.formats.item import Parsed
from quizzes.formats.moodle_xml import Source, Target
from quizzes.types.base import Content
from quizzes.types.essay.exchange import files, write_files
from quizzes.types.upload import TYPE

NAME = "upload"


def moodle_read(source: Source) -> Parsed | None:
    if source.kind != "essay" or source.value("responseformat") != "noinline":
        return None
    return Parsed(TYPE.from_source({**files(source), "notes": source.markdown(source.element.find("graderinfo"))}))


def moodle_write(content: Content, target: Target) -> bool:
    """A question that takes an address and no file has no like in Moodle."""
    if not content.get("most_files"):
        return False
    target.kind = "essay"
    target.add("responseformat", "noinline")
    target.add("responserequired", "0")
    write_files(content, target)
    target.add_markdown("graderinfo", content.get("notes", ""))
    return True

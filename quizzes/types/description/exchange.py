"""Instructions in files of other programs."""

from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed
from quizzes.formats.moodle_xml import Source, Target
from quizzes.types.base import Content

NAME = "description"


def gift_read(block: gift.Block) -> Parsed | None:
    return Parsed({}) if block.kind == gift.DESCRIPTION else None


def gift_write(content: Content) -> gift.Block:
    return gift.Block(gift.DESCRIPTION)


def moodle_read(source: Source) -> Parsed | None:
    return Parsed({}) if source.kind == "description" else None


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "description"
    return True


def qti_read(body: qti.Body) -> Parsed | None:
    return None if body.interactions else Parsed({})


def qti_write(content: Content) -> qti.Body:
    return qti.Body()

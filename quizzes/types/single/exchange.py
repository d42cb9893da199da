"""Single choice in files of other programs."""

from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed
from quizzes.formats.moodle_xml import Source, Target
from quizzes.types import option_exchange as shared
from quizzes.types.base import Content

NAME = "single"


def _parsed(rows: list[shared.Row]) -> Parsed:
    found, notes = shared.single(rows)
    return Parsed({"options": found}, notes=tuple((code, {}) for code in notes))


def gift_read(block: gift.Block) -> Parsed | None:
    return _parsed(shared.gift_rows(block)) if block.kind == gift.CHOICE and block.is_single else None


def gift_write(content: Content) -> gift.Block:
    return shared.gift_block(shared.single_rows(content), is_single=True)


def moodle_read(source: Source) -> Parsed | None:
    is_ours = source.kind == "multichoice" and (source.flag("single") or not source.value("single"))
    return _parsed(shared.moodle_rows(source)) if is_ours else None


def moodle_write(content: Content, target: Target) -> bool:
    shared.to_moodle(shared.single_rows(content), target, is_single=True)
    return True


aiken_read = gift_read


def qti_read(body: qti.Body) -> Parsed | None:
    return _parsed(shared.qti_rows(body.interactions[0])) if shared.is_choice(body, is_single=True) else None


def qti_write(content: Content) -> qti.Body:
    rows = shared.single_rows(content)
    return shared.qti_body(rows, is_single=True, maps=any(0 < row[1] < 1 for row in rows))

"""Several answers in files of other programs."""

from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed
from quizzes.formats.moodle_xml import Source, Target
from quizzes.types import option_exchange as shared
from quizzes.types.base import Content

NAME = "multiple"


def gift_read(block: gift.Block) -> Parsed | None:
    if block.kind != gift.CHOICE or block.is_single:
        return None
    return Parsed(shared.multiple(shared.gift_rows(block)))


def gift_write(content: Content) -> gift.Block:
    return shared.gift_block(shared.multiple_rows(content), is_single=False)


def moodle_read(source: Source) -> Parsed | None:
    if source.kind == "multichoiceset":
        # All or nothing: a widespread addition to Moodle.
        rows = [(text, share, reason) for text, share, reason in shared.moodle_rows(source)]
        return Parsed({"options": shared.made(rows, (row[1] > 0 for row in rows)), "scheme": "exact"})
    if source.kind != "multichoice" or source.flag("single") or not source.value("single"):
        return None
    return Parsed(shared.multiple(shared.moodle_rows(source)))


def moodle_write(content: Content, target: Target) -> bool:
    shared.to_moodle(shared.multiple_rows(content), target, is_single=False)
    return True


def qti_read(body: qti.Body) -> Parsed | None:
    if not shared.is_choice(body, is_single=False):
        return None
    found = body.interactions[0]
    rows = shared.qti_rows(found)
    if found.shares is None:
        return Parsed({"options": shared.made(rows, (row[1] > 0 for row in rows)), "scheme": "exact"})
    return Parsed(shared.multiple(rows))


def qti_write(content: Content) -> qti.Body:
    maps = content.get("scheme") != "exact"
    return shared.qti_body(shared.multiple_rows(content), is_single=False, maps=maps)

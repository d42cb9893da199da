"""The review matrix: what a learner sees of an attempt, and when (requirements Q17). Plain Python.

Rows are things that can be shown, columns are moments. A cell is bit ``Moment`` of row ``Row``, the values of Moodle's
display options, so that settings that come from there mean the same here.
"""

import datetime as dt
from collections.abc import Mapping
from enum import IntFlag, StrEnum
from typing import Any

# Until so long after handing in it is "immediately after".
IMMEDIATELY = dt.timedelta(seconds=120)


class Moment(IntFlag):
    DURING = 0x10000
    IMMEDIATELY = 0x01000
    LATER = 0x00100
    CLOSED = 0x00010


class Row(StrEnum):
    ATTEMPT = "attempt"
    CORRECTNESS = "correctness"
    MAX_MARKS = "max_marks"
    MARKS = "marks"
    SPECIFIC = "specific"
    GENERAL = "general"
    RIGHT_ANSWER = "right_answer"
    OVERALL = "overall"


ALL = Moment.DURING | Moment.IMMEDIATELY | Moment.LATER | Moment.CLOSED
AFTER = Moment.IMMEDIATELY | Moment.LATER | Moment.CLOSED

Matrix = Mapping[Row, Moment]

# The key stays out until nothing can be won by knowing it: see decision 0005 and queries.attempts. "During" concerns
# only what was checked while it was answered: a deferred attempt checks nothing, an immediate one must say something.
DEFAULT: Matrix = {
    Row.ATTEMPT: ALL,
    Row.CORRECTNESS: ALL,
    Row.MAX_MARKS: ALL,
    Row.MARKS: ALL,
    Row.SPECIFIC: ALL,
    Row.GENERAL: ALL,
    Row.RIGHT_ANSWER: AFTER,
    Row.OVERALL: AFTER,
}

# What makes no sense without its own attempt before one's eyes, or without knowing what was right.
_NEEDS = {
    Row.CORRECTNESS: Row.ATTEMPT,
    Row.SPECIFIC: Row.ATTEMPT,
    Row.GENERAL: Row.ATTEMPT,
    Row.RIGHT_ANSWER: Row.ATTEMPT,
    Row.MARKS: Row.MAX_MARKS,
}
_EACH = (Moment.DURING, Moment.IMMEDIATELY, Moment.LATER, Moment.CLOSED)


def as_json(matrix: Matrix) -> dict[str, int]:
    return {row.value: int(matrix.get(row, Moment(0))) for row in Row}


def from_json(kept: Mapping[str, Any]) -> dict[Row, Moment]:
    """Rows that are missing show nothing; bits that are no moment are dropped."""
    return {row: Moment(int(kept.get(row.value, 0)) & int(ALL)) for row in Row}


def contradictions(matrix: Matrix) -> list[tuple[Row, Moment, Row]]:
    """(row, moment, what is missing): cells that show something without what it stands on."""
    return [
        (row, moment, needed)
        for row, needed in _NEEDS.items()
        for moment in _EACH
        if matrix.get(row, Moment(0)) & moment and not matrix.get(needed, Moment(0)) & moment
    ]


def moment_of(*, submitted_at: dt.datetime | None, closes_at: dt.datetime | None, at: dt.datetime) -> Moment:
    """DURING: not handed in. CLOSED: once the quiz is closed, however recently it was handed in."""
    if submitted_at is None:
        return Moment.DURING
    if closes_at is not None and at >= closes_at:
        return Moment.CLOSED
    return Moment.IMMEDIATELY if at - submitted_at <= IMMEDIATELY else Moment.LATER


def shown(matrix: Matrix, moment: Moment) -> frozenset[Row]:
    return frozenset(row for row in Row if matrix.get(row, Moment(0)) & moment)

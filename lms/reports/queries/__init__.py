"""What the pages and the exports of a province read; one function a screen, frozen rows."""

from lms.reports.queries.frames import FrameTable, frame_table, usual_frame
from lms.reports.queries.people import (
    PersonPage,
    PersonRow,
    count_people,
    each_person,
    people_page,
    person_page,
)
from lms.reports.queries.questions import (
    Place,
    Question,
    courses_to_choose,
    default_course_id,
    granted_places,
    holds_invented_people,
    place_in_scope,
    positions_like,
)
from lms.reports.queries.table import UncoveredRow, UnitTable, uncovered_units, unit_table

__all__ = [
    "FrameTable",
    "PersonPage",
    "PersonRow",
    "Place",
    "Question",
    "UncoveredRow",
    "UnitTable",
    "count_people",
    "courses_to_choose",
    "default_course_id",
    "each_person",
    "frame_table",
    "granted_places",
    "holds_invented_people",
    "people_page",
    "person_page",
    "place_in_scope",
    "positions_like",
    "uncovered_units",
    "unit_table",
    "usual_frame",
]

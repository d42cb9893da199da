"""Reads: who serves where on a day, the tree on a day, finding a unit by what people type (``tree``); what a plan would
change (``reorganisation``).
"""

from lms.units.queries.tree import (
    Interval,
    UnitHit,
    UnitOnDay,
    appointments_on,
    breadcrumb,
    breadcrumbs_on,
    children_on,
    counts_by_level,
    inferred_note,
    is_day_inferred,
    name_on,
    names_on,
    primary_appointment,
    roots_on,
    search_units,
    tree_on,
)

__all__ = [
    "Interval",
    "UnitHit",
    "UnitOnDay",
    "appointments_on",
    "breadcrumb",
    "breadcrumbs_on",
    "children_on",
    "counts_by_level",
    "inferred_note",
    "is_day_inferred",
    "name_on",
    "names_on",
    "primary_appointment",
    "roots_on",
    "search_units",
    "tree_on",
]

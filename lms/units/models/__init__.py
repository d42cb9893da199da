from lms.units.models.organisation import (
    DivisionType,
    Level,
    Succession,
    Unit,
    UnitCode,
    UnitList,
    UnitManager,
    UnitName,
    UnitQuerySet,
    in_force,
)
from lms.units.models.reorganisation import Reorganisation, ReorganisationMove, ReorganisationStep, ReorganisedUnit
from lms.units.models.serving import Appointment, DatedQuerySet, Grant

__all__ = [
    "Appointment",
    "DatedQuerySet",
    "DivisionType",
    "Grant",
    "Level",
    "Reorganisation",
    "ReorganisationMove",
    "ReorganisationStep",
    "ReorganisedUnit",
    "Succession",
    "Unit",
    "UnitCode",
    "UnitList",
    "UnitManager",
    "UnitName",
    "UnitQuerySet",
    "in_force",
]

from lms.people.models.approvals import Approval, ApprovalQuerySet
from lms.people.models.rosters import (
    HeadingChoice,
    RosterBatch,
    RosterBatchQuerySet,
    RosterLeaver,
    RosterRow,
    UnitChoice,
    sentence,
)

__all__ = [
    "Approval",
    "ApprovalQuerySet",
    "HeadingChoice",
    "RosterBatch",
    "RosterBatchQuerySet",
    "RosterLeaver",
    "RosterRow",
    "UnitChoice",
    "sentence",
]

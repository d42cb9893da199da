from lms.people.models.approvals import Approval, ApprovalQuerySet
from lms.people.models.joining import DrawnReset, JoinLink, JoinLinkQuerySet, JoinRequest, JoinRequestQuerySet
from lms.people.models.rosters import (
    HeadingChoice,
    RosterBatch,
    RosterBatchQuerySet,
    RosterLeaver,
    RosterRow,
    UnitChoice,
    in_words,
    left_alone,
    sentence,
)

__all__ = [
    "Approval",
    "ApprovalQuerySet",
    "DrawnReset",
    "HeadingChoice",
    "JoinLink",
    "JoinLinkQuerySet",
    "JoinRequest",
    "JoinRequestQuerySet",
    "RosterBatch",
    "RosterBatchQuerySet",
    "RosterLeaver",
    "RosterRow",
    "UnitChoice",
    "in_words",
    "left_alone",
    "sentence",
]

from lms.people.models.approvals import Approval, ApprovalQuerySet
from lms.people.models.joining import DrawnReset, JoinLink, JoinLinkQuerySet, JoinRequest, JoinRequestQuerySet
from lms.people.models.merging import AccountAlias, AliasQuerySet, TwoPeople
from lms.people.models.privacy import (
    DataExport,
    DataRequest,
    DataRequestQuerySet,
    FileToErase,
    NoticeAcceptance,
    PrivacyNotice,
    RetentionRun,
)
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
from lms.people.models.viewing import Viewing, ViewingQuerySet

__all__ = [
    "AccountAlias",
    "AliasQuerySet",
    "Approval",
    "ApprovalQuerySet",
    "DataExport",
    "DataRequest",
    "DataRequestQuerySet",
    "DrawnReset",
    "FileToErase",
    "HeadingChoice",
    "JoinLink",
    "JoinLinkQuerySet",
    "JoinRequest",
    "JoinRequestQuerySet",
    "NoticeAcceptance",
    "PrivacyNotice",
    "RetentionRun",
    "RosterBatch",
    "RosterBatchQuerySet",
    "RosterLeaver",
    "RosterRow",
    "TwoPeople",
    "UnitChoice",
    "Viewing",
    "ViewingQuerySet",
    "in_words",
    "left_alone",
    "sentence",
]

"""The register of personal data: every field of every model is declared here, personal or harmless, and a test looks.

A field that somebody adds must be put in ``PERSONAL`` (of which group, and what erasing its person does to it) or in
``HARMLESS``. The page about one's own data, the page for administrators and the preview of an erasure show this.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Erased(StrEnum):
    """What erasing the person does to a field."""

    BLANK = "blank"  # emptied, the row stays
    WORDS = "words"  # emptied where it is in the person's own words; which options were chosen stays as a figure
    DELETE = "delete"  # the whole row goes
    PSEUDONYM = "pseudonym"  # stays, and points to an account that names nobody any more
    KEEP = "keep"  # stays as it is: the least that must remain
    SCRUB = "scrub"  # a text that may name several people: name, phone and e-mail are cut out


ERASED_WORDS = {
    Erased.BLANK: _("emptied"),
    Erased.WORDS: _("own words are emptied; which options were chosen stays as a figure without a name"),
    Erased.DELETE: _("deleted"),
    Erased.PSEUDONYM: _("kept under “Erased officer”"),
    Erased.KEEP: _("kept: the least that must remain"),
    Erased.SCRUB: _("name, phone and e-mail are cut out"),
}


@dataclass(frozen=True)
class Group:
    """What people are told about fields that belong together, in plain words."""

    title: str | Promise
    what: str | Promise
    purpose: str | Promise
    kept: str | Promise
    seen_by: str | Promise
    is_exported: bool = True


# The basis is the same for all: the officers' own training, which their unit gives them as a duty.
BASIS = _(
    "The training of officers as a duty given by the Front; Law on Personal Data Protection 91/2025/QH15, in force "
    "since 01/01/2026."
)
_WHILE_THERE = _("As long as the account is there; emptied when it is erased.")
_MANAGERS = _("Yourself; the managers of your unit and of the units above it; administrators.")

GROUPS = {
    "account": Group(
        _("Account"),
        _("Full name, username, mobile phone, e-mail, date or year of birth, language."),
        _("To know who learns, to let you sign in, and to print the certificate."),
        _WHILE_THERE,
        _MANAGERS,
    ),
    "sign_in": Group(
        _("Signing in"),
        _("Password and second factor (as digests that nobody can read), sign-ins with device and network address."),
        _("To keep strangers out of your account, and to show you who used it."),
        _("Sessions: 14 days. Sign-ins: 180 days. Password and second factor: as long as the account is there."),
        _("Yourself; of managers and administrators nobody sees a password."),
    ),
    "serving": Group(
        _("Unit and position"),
        _("Units, positions, duty for the page, from when until when, number of the decision; rights over others."),
        _("To know which training you owe, and to count which units have trained officers."),
        _("For good, since past totals rest on it; under “Erased officer” once the account is erased."),
        _MANAGERS,
    ),
    "learning": Group(
        _("What was learned"),
        _("Enrolments, what was read and done and when, where you left off, results and completions."),
        _("To show you what is next, and your unit who is trained."),
        _("For good, as figures without a name once the account is erased."),
        _MANAGERS,
    ),
    "answers": Group(
        _("Answers in tests"),
        _("Attempts, answers, files handed in, marks and what the marker wrote, exceptions and supervised sessions."),
        _("To mark the test, to answer complaints, and to improve the questions."),
        _(
            "Texts and files until the account is erased, files that you took out of an answer again 30 days; marks "
            "stay as figures."
        ),
        _("Yourself; who marks in your unit or above; authors see answers without names."),
    ),
    "practice": Group(
        _("Practical tasks"),
        _("Links, screenshots and notes that you handed in, and what was said to them."),
        _("To confirm that the task was done."),
        _("Until the account is erased; that a task was confirmed stays as a figure."),
        _("Yourself; who marks in your unit or above."),
    ),
    "certificates": Group(
        _("Certificates"),
        _("Number, the printed words (name, birth, position, unit), the file, the verification code."),
        _("To prove the training, and to let anybody check a paper."),
        _("For good. Once erased, only number, course, date, initials, verification code and digests remain."),
        _("Yourself; managers; who holds the paper or its code sees name, unit and course, never the birth."),
    ),
    "page": Group(
        _("The unit's page"),
        _("That you reported or confirmed something about your unit's page."),
        _("To know where a statement about a page comes from."),
        _("For good; under “Erased officer” once the account is erased."),
        _MANAGERS,
    ),
    "bringing_in": Group(
        _("Rosters and requests to join"),
        _("The row of a roster, or the request, by which the account was made or changed."),
        _("To make the account, and to take a wrong roster back."),
        _(
            "The file until it is read; refused rows 180 days, rows that were written one year; requests to join 30 "
            "days."
        ),
        _("Who may bring people into your unit."),
    ),
    "asked": Group(
        _("Requests and confirmations"),
        _("What you asked about your data, what two people confirmed about you, that you took note of this notice."),
        _("To answer, and to prove that it was done rightly."),
        _("For good, without the words once the account is erased."),
        _MANAGERS,
    ),
    "log": Group(
        _("Log of actions"),
        _("Who changed what about you and when, and what you changed for others."),
        _("To find out who did what, and to undo mistakes."),
        _(
            "Names and values five years, or until the account is erased; then only that something was done, by whom "
            "and when. Who saw the site as you: one year."
        ),
        _("Managers, for their units; administrators."),
    ),
    "work": Group(
        _("What staff do"),
        _("Who wrote, approved, marked, imported or decided something: a trainer's and a manager's own acts."),
        _("To answer for what was done in office."),
        _(
            "For good; under “Erased officer” once the account is erased. What a published page says of you is changed "
            "by its editors: the erasure names the pages."
        ),
        _("Those who work with the matter."),
        is_exported=False,
    ),
}

B, D, P, K, S = Erased.BLANK, Erased.DELETE, Erased.PSEUDONYM, Erased.KEEP, Erased.SCRUB

# "app.Model" → field → (group, what erasing the person does).
PERSONAL: dict[str, dict[str, tuple[str, Erased]]] = {
    "accounts.User": {
        **dict.fromkeys(
            ("username", "full_name", "name_folded", "name_sort_key", "phone", "email", "born_on", "birth_year"),
            ("account", B),
        ),
        "password": ("sign_in", B),
    },
    "accounts.User_groups": {"user": ("work", D)},
    "accounts.User_user_permissions": {"user": ("work", D)},
    "accounts.SignIn": dict.fromkeys(("person", "session_key", "device", "agent", "address"), ("sign_in", D)),
    "accounts.UnlockPin": dict.fromkeys(("person", "hash"), ("sign_in", D)),
    "account.EmailAddress": dict.fromkeys(("user", "email"), ("account", D)),
    "account.EmailConfirmation": {"key": ("sign_in", D)},
    "mfa.Authenticator": dict.fromkeys(("user", "data"), ("sign_in", D)),
    "sessions.Session": dict.fromkeys(("session_key", "session_data"), ("sign_in", D)),
    "wagtailusers.UserProfile": dict.fromkeys(
        ("user", "preferred_language", "current_time_zone", "avatar", "dismissibles"), ("account", D)
    ),
    "wagtailadmin.EditingSession": {"user": ("work", D)},
    "wagtailadmin.FormState": dict.fromkeys(("user", "data"), ("work", D)),
    "wagtailcore.APIToken": dict.fromkeys(("user", "name", "key_hash", "prefix"), ("sign_in", D)),
    "units.Appointment": {"person": ("serving", P), "position": ("serving", K), "decision": ("serving", B)},
    "units.Grant": {"person": ("serving", P), "granted_by": ("work", P)},
    "courses.Enrolment": {"user": ("learning", P)},
    "courses.ProgressEvent": {"source_key": ("learning", P)},
    "courses.Bookmark": {"checks": ("learning", D)},
    "courses.Completion": {"user": ("learning", P), "position": ("learning", K)},
    "courses.Submission": {
        **dict.fromkeys(("link", "screenshot", "sha256", "note", "feedback"), ("practice", B)),
        "marked_by": ("work", P),
    },
    "courses.LegalClearance": {"cleared_by": ("work", P), "cleared_by_name": ("work", B)},
    "quizzes.Attempt": dict.fromkeys(("key", "device"), ("answers", B)),
    "quizzes.AttemptQuestion": {
        **dict.fromkeys(("answer", "autosaved", "answer_summary"), ("answers", Erased.WORDS)),
        "comment": ("answers", B),
        "marked_by": ("work", P),
    },
    "quizzes.AttemptStep": {"answer": ("answers", Erased.WORDS), "comment": ("answers", B), "by": ("work", P)},
    "quizzes.AttemptEvent": {**dict.fromkeys(("reason", "data"), ("answers", B)), "by": ("work", P)},
    "quizzes.ResponseFile": dict.fromkeys(("file", "name", "media_type", "sha256"), ("answers", D)),
    "quizzes.Voiding": {
        "reason": ("answers", B), "decision_number": ("answers", K), "asked_by": ("work", P),
        "confirmed_by": ("work", P),
    },
    "quizzes.GradeChange": {"source_key": ("answers", P), "reason": ("answers", B), "by": ("work", P)},
    "quizzes.SecondMark": {
        **dict.fromkeys(("comment", "second_comment"), ("answers", B)),
        **dict.fromkeys(("by", "second_by"), ("work", P)),
    },
    "quizzes.Override": {
        "person": ("answers", P), "reason": ("answers", B), "password": ("answers", B), "made_by": ("work", P),
        "withdrawn_by": ("work", P),
    },
    "quizzes.ExamSession": {"invigilators": ("work", S), "made_by": ("work", P)},
    "quizzes.ExamTicket": {"person": ("answers", P), "code_hash": ("answers", B)},
    "quizzes.ExamIncident": {"text": ("answers", B), "by": ("work", P)},
    "quizzes.Regrade": {
        "reason": ("work", S), "attempts": ("answers", P), "impact": ("answers", P), "asked_by": ("work", P),
        "carried_out_by": ("work", P),
    },
    "quizzes.RegradeLine": {"obstacle": ("answers", P)},
    "quizzes.Question": {"owner": ("work", P)},
    "quizzes.QuestionVersion": {"created_by": ("work", P)},
    "quizzes.QuestionPicture": {"created_by": ("work", P)},
    "quizzes.ImportBatch": {"made_by": ("work", P), "undone_by": ("work", P)},
    "quizzes.CommentSnippet": {"made_by": ("work", P), "text": ("work", S)},
    "certificates.Certificate": {
        **dict.fromkeys(("payload", "file", "revoke_reason", "last_error"), ("certificates", B)),
        **dict.fromkeys(("verify_code", "sha256", "initials", "words_hash"), ("certificates", K)),
    },
    "fanpages.PageRecord": {"reported_by": ("page", P), "confirmed_by": ("page", P)},
    "plans.Assignment": {
        **dict.fromkeys(("contact_name", "contact_phone", "note", "withdrawn_reason"), ("work", S)),
        "assigned_by": ("work", P), "withdrawn_by": ("work", P),
    },
    "people.RosterBatch": {
        **dict.fromkeys(("uploaded_by", "confirmed_by", "leaving_allowed_by", "undo_by"), ("work", P)),
        **dict.fromkeys(("file_name", "undo_reason", "layout", "fault_words"), ("bringing_in", S)),
        "stored": ("bringing_in", K),
    },
    "people.RosterRow": {
        **dict.fromkeys(
            (
                "full_name", "phone", "email", "born_on", "birth_year", "position", "page_duty", "unit_text",
                "page_status", "page_url", "original", "remarks", "refusal_words", "changes", "person", "candidates",
                "unit_key", "answer_person", "undo", "undo_left",
            ),
            ("bringing_in", D),
        ),
    },
    "people.RosterLeaver": dict.fromkeys(("undo", "undo_left"), ("bringing_in", D)),
    "people.HeadingChoice": {"chosen_by": ("work", P)},
    "people.UnitChoice": {"chosen_by": ("work", P)},
    "people.JoinLink": {"note": ("work", S), "made_by": ("work", P), "ended_by": ("work", P)},
    "people.JoinRequest": {
        **dict.fromkeys(
            (
                "key", "digest", "full_name", "born_on", "birth_year", "phone", "email", "position", "reason",
                "applicant", "person",
            ),
            ("bringing_in", D),
        ),
        "decided_by": ("work", P),
    },
    "people.Approval": {
        "subject": ("asked", P), **dict.fromkeys(("payload", "payload_key"), ("asked", P)),
        **dict.fromkeys(("reason", "note"), ("asked", B)), "asked_by": ("work", P), "decided_by": ("work", P),
    },
    "people.AccountAlias": {
        "old": ("account", P), "survivor": ("account", P), **dict.fromkeys(("reason", "undo_reason"), ("account", B)),
        "changes": ("account", B), **dict.fromkeys(("asked_by", "merged_by", "undone_by"), ("work", P)),
    },
    "people.TwoPeople": {"first": ("account", P), "second": ("account", P), "said_by": ("work", P)},
    "people.Viewing": {"viewer": ("work", P), "person": ("log", P), "reason": ("log", B)},
    "people.PrivacyNotice": {"published_by": ("work", P)},
    "people.NoticeAcceptance": {"person": ("asked", P)},
    "people.DataRequest": {
        "person": ("asked", P), "asked_by": ("asked", P), **dict.fromkeys(("words", "wanted", "answer"), ("asked", B)),
        "decided_by": ("work", P),
    },
    "people.DataExport": dict.fromkeys(("person", "stored"), ("asked", D)),
    "people.FileToErase": {"name": ("asked", D)},
    "people.RetentionRun": {"by": ("work", P)},
    "units.Reorganisation": {"made_by": ("work", P), "applied_by": ("work", P)},
    "units.ReorganisationMove": {"decided_by": ("work", P)},
    "media.LibraryImage": {"uploaded_by_user": ("work", P)},
    "media.LibraryDocument": {"uploaded_by_user": ("work", P)},
    "wagtailimages.Image": {"uploaded_by_user": ("work", P)},
    "wagtaildocs.Document": {"uploaded_by_user": ("work", P)},
    "wagtailcore.Page": {"owner": ("work", P), "locked_by": ("work", P)},
    # Of a version of a page the comments in it; what the page itself says is the site's (erasure.Preview.pages).
    "wagtailcore.Revision": {"user": ("work", P), "object_str": ("work", K), "content": ("work", S)},
    "wagtailcore.UploadedFile": {"uploaded_by_user": ("work", P), "file": ("work", K)},
    "wagtailcore.WorkflowState": {"requested_by": ("work", P)},
    "wagtailcore.TaskState": {"finished_by": ("work", P), "comment": ("work", S)},
    "wagtailcore.Comment": {"user": ("work", P), "resolved_by": ("work", P), "text": ("work", S)},
    "wagtailcore.CommentReply": {"user": ("work", P), "text": ("work", S)},
    "wagtailcore.PageSubscription": {"user": ("work", D)},
    "wagtailcore.ModelLogEntry": {"user": ("log", P), "label": ("log", B), "data": ("log", B)},
    # Sealed: one that names the person is emptied as a whole.
    "wagtailcore.PageLogEntry": {"user": ("log", P), "label": ("log", B), "data": ("log", B)},
}  # fmt: skip

# What says nothing about a person: content, the tree of units, plans, keys. "*" for all fields of a model.
HARMLESS: dict[str, tuple[str, ...]] = {
    # Salted digests: without the salt, which goes with the values, they say nothing.
    "core.TraceAnchor": ("*",),
    "core.TraceHead": ("*",),
    "core.TraceLink": ("*",),
    "core.TraceSalt": ("*",),
    "home.HomePage": ("*",),
    "home.TextPage": ("*",),
    "people.RosterBatch": ("file_hash", "fault"),
    "people.RosterRow": ("sheet", "refusal"),
    "people.RosterLeaver": ("problem",),
    "people.HeadingChoice": ("head", "column"),
    "people.UnitChoice": ("written",),
    "people.Approval": ("action",),
    "people.JoinLink": ("code",),
    "people.DrawnReset": ("*",),
    "people.PrivacyNotice": ("text", "digest", "note"),
    "people.FileToErase": ("storage",),
    "people.RetentionRun": ("counts", "failed"),
    "plans.BasisDocument": ("*",),
    "plans.Assignment_levels": ("*",),
    "plans.Assignment": ("positions", "duties", "code"),
    "plans.Target": ("*",),
    # The conference of 2022 and its chair, as the press printed them.
    "plans.Conference": ("*",),
    "plans.ConferencePoint": ("*",),
    "fanpages.PageRecord": ("name", "url", "page_key"),
    "fanpages.ReportedFigure": ("*",),
    "certificates.Register": ("*",),
    "quizzes.Category": ("*",),
    "quizzes.Objective": ("*",),
    "quizzes.Question_documents": ("*",),
    "quizzes.Question": ("code", "facts"),
    "quizzes.QuestionVersion": (
        "type", "stem", "stem_folded", "search_text", "duplicate_key", "content", "reason", "hints", "content_hash",
    ),
    "quizzes.QuestionPicture": ("sha256", "file", "media_type"),
    "quizzes.ImportBatch": ("format", "file_name", "file", "sha256", "convert_from", "report"),
    "quizzes.ImportItem": ("*",),
    "quizzes.Quiz": ("*",),
    "quizzes.QuizSection": ("*",),
    "quizzes.QuizSlot": ("*",),
    "quizzes.QuizBand": ("*",),
    "quizzes.QuizGoal": ("*",),
    "quizzes.QuizAnalysis": ("*",),
    "quizzes.VersionAnalysis": ("*",),
    "quizzes.Attempt": ("quiz_version", "rules"),
    "quizzes.AttemptQuestion": ("display_number", "order", "question_summary", "right_summary"),
    "quizzes.ExamSession": ("room", "networks"),
    "quizzes.Regrade": ("questions", "mapping"),
    "quizzes.QuizPage": ("*",),
    "quizzes.QuizPageSection": ("*",),
    "quizzes.QuizPageDraw": ("*",),
    "quizzes.QuizPageBand": ("*",),
    "quizzes.QuizPageGoal": ("*",),
    "courses.Course": ("*",),
    "courses.Module": ("*",),
    "courses.Activity": ("*",),
    "courses.GlossaryTerm": ("*",),
    "courses.JobAidEdition": ("*",),
    "courses.LegalDocument": ("*",),
    "courses.LegalClearance": ("block_id", "text_hash"),
    "courses.PackageItem": ("*",),
    "courses.CoursePage": ("*",),
    "courses.ModulePage": ("*",),
    "courses.LessonPage": ("*",),
    "courses.PracticePage": ("*",),
    "courses.JobAidPage": ("*",),
    "courses.Submission": ("version",),
    "courses.ProgressEvent": ("rule", "version"),
    "courses.Completion": ("required",),
    "media.Screen": ("*",),
    "media.LibraryImage": ("title", "file", "file_hash", "description", "credit", "package_key"),
    "media.LibraryRendition": ("*",),
    "media.LibraryDocument": ("title", "file", "file_hash", "package_key"),
    "media.Video": ("*",),
    "units.Level": ("*",),
    "units.DivisionType": ("*",),
    "units.Unit": ("*",),
    "units.UnitName": ("*",),
    "units.UnitCode": ("*",),
    "units.UnitList": ("*",),
    "units.Succession": ("*",),
    "units.Reorganisation": (
        "document_kind", "document_number", "document_issuer", "document_title", "list_hash", "failure",
    ),
    "units.ReorganisationStep": ("*",),
    "units.ReorganisedUnit": ("*",),
    "units.ReorganisationMove": ("to_ref",),
    "auth.Group": ("*",),
    "auth.Permission": ("*",),
    "contenttypes.ContentType": ("*",),
    "taggit.Tag": ("*",),
    "wagtailembeds.Embed": ("*",),
    "wagtaildocs.Document": ("title", "file", "file_hash"),
    "wagtailimages.Image": ("title", "file", "description", "file_hash"),
    "wagtailimages.Rendition": ("*",),
    "wagtailsearch.IndexEntry": ("*",),
    "wagtailsearch.SQLiteFTSIndexEntry": ("*",),
    "wagtailadmin.EditingSession": ("object_id",),
    "wagtailadmin.FormState": ("object_id", "parent_object_id"),
    "wagtailcore.Locale": ("*",),
    "wagtailcore.Site": ("*",),
    "wagtailcore.ModelLogEntry": ("action", "object_id"),
    "wagtailcore.PageLogEntry": ("action",),
    "wagtailcore.Revision": ("object_id",),
    "wagtailcore.CollectionViewRestriction": ("*",),
    "wagtailcore.Collection": ("*",),
    "wagtailcore.WorkflowState": ("object_id",),
    "wagtailcore.Workflow": ("*",),
    "wagtailcore.Task": ("*",),
    "wagtailcore.GroupApprovalTask": ("*",),
    "wagtailcore.Page": ("path", "title", "draft_title", "slug", "url_path", "seo_title", "search_description"),
    "wagtailcore.PageViewRestriction": ("*",),
    "wagtailcore.Comment": ("contentpath", "position"),
    "wagtailcore.ReferenceIndex": ("*",),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One declared field, as the register for administrators lists it."""

    model: str
    field: str
    group: str
    erased: Erased

    @property
    def erased_words(self) -> str | Promise:
        return ERASED_WORDS[self.erased]


def lines(group: str) -> list[Line]:
    """The fields of one group, in the order of the register."""
    return [
        Line(model, field, group, erased)
        for model, fields in PERSONAL.items()
        for field, (of, erased) in fields.items()
        if of == group
    ]

"""What happens, when two accounts turn out to be one person, to everything in the project that names an account.

Every foreign key, many-to-many table and generic reference to the account has its line here; a test fails on one that
has none. What is not named MOVES or UNITED stays where it is: it says which account did it, and that is history.
"""

from enum import StrEnum


class Policy(StrEnum):
    MOVES = "moves"
    """Goes to the survivor; where the survivor has the same already, the row stays with the old account."""
    UNITED = "united"
    """Goes to the survivor and is put together with what the survivor has."""
    STAYS = "stays"
    """Says which account acted, or serves only the sign-in of that account, which ends."""


_PAGES = (
    "home.HomePage", "home.TextPage", "quizzes.QuizPage", "courses.CoursePage", "courses.ModulePage",
    "courses.LessonPage", "courses.PracticePage", "courses.JobAidPage", "wagtailcore.Page",
)  # fmt: skip

# Ordered: what moves, moves in this order.
POLICY: dict[str, Policy] = {
    "courses.Enrolment.user": Policy.UNITED,
    # Completions follow their enrolments; certificates hang on them and are not touched.
    "courses.Completion.user": Policy.MOVES,
    "units.Appointment.person": Policy.UNITED,
    # Only a superuser unites accounts that hold rights; nobody comes by rights through a merger that others ask for.
    "units.Grant.person": Policy.MOVES,
    "quizzes.Override.person": Policy.MOVES,
    "quizzes.ExamTicket.person": Policy.MOVES,
    "people.DataRequest.person": Policy.MOVES,
    # --- who acted ---
    **dict.fromkeys(
        (
            "people.Approval.subject",
            "people.Approval.asked_by",
            "people.Approval.decided_by",
            "people.JoinLink.made_by",
            "people.JoinLink.ended_by",
            "people.JoinRequest.applicant",
            "people.JoinRequest.person",
            "people.JoinRequest.decided_by",
            "people.Viewing.viewer",
            "people.Viewing.person",
            "people.PrivacyNotice.published_by",
            "people.NoticeAcceptance.person",
            "people.DataRequest.asked_by",
            "people.DataRequest.decided_by",
            "people.DataExport.person",
            "people.RetentionRun.by",
            "people.RosterBatch.uploaded_by",
            "people.RosterBatch.confirmed_by",
            "people.RosterBatch.leaving_allowed_by",
            "people.RosterBatch.undo_by",
            "people.RosterRow.person",
            "people.RosterRow.answer_person",
            "people.HeadingChoice.chosen_by",
            "people.UnitChoice.chosen_by",
            "people.AccountAlias.old",
            "people.AccountAlias.survivor",
            "people.AccountAlias.asked_by",
            "people.AccountAlias.merged_by",
            "people.AccountAlias.undone_by",
            "people.TwoPeople.first",
            "people.TwoPeople.second",
            "people.TwoPeople.said_by",
            "plans.Assignment.assigned_by",
            "plans.Assignment.withdrawn_by",
            "fanpages.PageRecord.reported_by",
            "fanpages.PageRecord.confirmed_by",
            "quizzes.Question.owner",
            "quizzes.QuestionVersion.created_by",
            "quizzes.QuestionPicture.created_by",
            "quizzes.ImportBatch.made_by",
            "quizzes.ImportBatch.undone_by",
            "quizzes.AttemptQuestion.marked_by",
            "quizzes.AttemptStep.by",
            "quizzes.AttemptEvent.by",
            "quizzes.Voiding.asked_by",
            "quizzes.Voiding.confirmed_by",
            "quizzes.GradeChange.by",
            "quizzes.Override.made_by",
            "quizzes.Override.withdrawn_by",
            "quizzes.CommentSnippet.made_by",
            "quizzes.SecondMark.by",
            "quizzes.SecondMark.second_by",
            "quizzes.ExamSession.made_by",
            "quizzes.ExamIncident.by",
            "quizzes.Regrade.asked_by",
            "quizzes.Regrade.carried_out_by",
            "courses.LegalClearance.cleared_by",
            "courses.Submission.marked_by",
            "media.LibraryImage.uploaded_by_user",
            "media.LibraryDocument.uploaded_by_user",
            "units.Grant.granted_by",
            "units.Reorganisation.made_by",
            "units.Reorganisation.applied_by",
            "units.ReorganisationMove.decided_by",
            "wagtaildocs.Document.uploaded_by_user",
            "wagtailimages.Image.uploaded_by_user",
            "wagtailcore.ModelLogEntry.user",
            "wagtailcore.PageLogEntry.user",
            "wagtailcore.Revision.user",
            "wagtailcore.UploadedFile.uploaded_by_user",
            "wagtailcore.WorkflowState.requested_by",
            "wagtailcore.TaskState.finished_by",
            "wagtailcore.Comment.user",
            "wagtailcore.Comment.resolved_by",
            "wagtailcore.CommentReply.user",
            *(f"{page}.{field}" for page in _PAGES for field in ("owner", "locked_by")),
        ),
        Policy.STAYS,
    ),
    # --- the sign-in of that account, and what it had open in the CMS: ends with it ---
    **dict.fromkeys(
        (
            # Nobody comes by a group, a permission or a second factor through a merger.
            "accounts.User_groups.user",
            "accounts.User_user_permissions.user",
            "mfa.Authenticator.user",
            "accounts.SignIn.person",
            "accounts.UnlockPin.person",
            "account.EmailAddress.user",
            "wagtailusers.UserProfile.user",
            "wagtailadmin.EditingSession.user",
            "wagtailadmin.FormState.user",
            "wagtailcore.APIToken.user",
            "wagtailcore.PageSubscription.user",
        ),
        Policy.STAYS,
    ),
    # --- generic references that may name an account: all of them tell what happened, or hold no account at all ---
    **dict.fromkeys(
        (
            "wagtailcore.ModelLogEntry.content_type",
            "wagtailcore.Revision.content_object",
            "wagtailcore.WorkflowState.content_object",
            "wagtailadmin.EditingSession.content_object",
            "wagtailadmin.FormState.content_object",
            "wagtailsearch.IndexEntry.content_object",
            "taggit.TaggedItem.content_object",
        ),
        Policy.STAYS,
    ),
}

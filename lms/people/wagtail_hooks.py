from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry


@hooks.register("register_log_actions")
def roster_actions(actions: LogActionRegistry) -> None:
    actions.register_action("people.confirm_roster", _("Roster confirmed"), _("Confirmed a roster of officers"))
    actions.register_action("people.undo_roster", _("Roster taken back"), _("Took a roster of officers back"))
    actions.register_action("people.roster_new", _("Account made"), _("Made an account by a roster"))
    actions.register_action("people.roster_changed", _("Account changed"), _("Changed an account by a roster"))
    actions.register_action(
        "people.roster_corrected", _("Appointment corrected"), _("Corrected an appointment by a roster")
    )
    actions.register_action("people.roster_answer", _("Doubtful row decided"), _("Decided a doubtful row of a roster"))
    actions.register_action(
        "people.roster_answers", _("Doubtful rows decided"), _("Decided doubtful rows of one kind of a roster")
    )
    actions.register_action("people.roster_unit", _("Name of a unit told"), _("Told what a name of a unit means"))
    actions.register_action(
        "people.roster_leaver", _("Leaver decided"), _("Decided whether somebody leaves by a roster")
    )
    actions.register_action("people.roster_closed", _("Account closed"), _("Closed an account by taking a roster back"))
    actions.register_action("people.roster_undone", _("Change taken back"), _("Took back what a roster had changed"))
    actions.register_action(
        "people.roster_unappointed", _("Appointment removed"), _("Removed an appointment by taking a roster back")
    )
    actions.register_action(
        "people.roster_reappointed", _("Appointment restored"), _("Restored an appointment by taking a roster back")
    )
    actions.register_action("people.roster_page", _("Page taken back"), _("Took back what a roster said of a page"))
    actions.register_action("people.issue_codes", _("Codes issued"), _("Issued one-time codes for new accounts"))
    actions.register_action("people.new_code", _("New code issued"), _("Issued a new one-time code"))
    actions.register_action(
        "people.reset_staff", _("Sign-in reset"), _("Gave a new code and removed the second factor")
    )
    actions.register_action("people.make_account", _("Account made"), _("Made an account for a manager"))
    actions.register_action(
        "people.unclaimed_code", _("Code issued"), _("Issued a one-time code for an account never used")
    )
    actions.register_action("people.make_join_link", _("Joining link made"), _("Made a link for joining a unit"))
    actions.register_action("people.end_join_link", _("Joining link ended"), _("Ended a link for joining a unit"))
    actions.register_action("people.join_account", _("Account made"), _("Made an account by a request to join"))
    actions.register_action("people.approve_joining", _("Joining approved"), _("Approved a request to join"))
    actions.register_action("people.refuse_joining", _("Joining refused"), _("Refused a request to join"))
    actions.register_action("people.reset_manager", _("Sign-in reset"), _("Reset a manager's sign-in, by two people"))
    actions.register_action("people.view_as", _("Site seen as somebody"), _("Saw the site as somebody else"))
    actions.register_action("people.end_view_as", _("Own view again"), _("Ended seeing the site as somebody else"))
    actions.register_action("people.export_trace", _("Log exported"), _("Exported entries of the log"))
    actions.register_action("people.end_sessions", _("Sessions ended"), _("Signed somebody out everywhere"))
    actions.register_action("people.ask_approval", _("Second person asked"), _("Asked a second person to confirm"))
    actions.register_action("people.decide_approval", _("Request decided"), _("Decided what a second person was asked"))
    actions.register_action("people.merge_accounts", _("Accounts united"), _("United two accounts of one person"))
    actions.register_action("people.part_accounts", _("Accounts parted"), _("Took the uniting of two accounts back"))
    actions.register_action("people.two_people", _("Two people"), _("Said that two accounts are two people"))
    actions.register_action("people.close_account", _("Account closed"), _("Closed the account of who has left"))
    actions.register_action("people.reopen_account", _("Account opened again"), _("Opened a closed account again"))
    actions.register_action("people.export_roster", _("Roster exported"), _("Took out the roster of a unit"))


@hooks.register("register_log_actions")
def privacy_actions(actions: LogActionRegistry) -> None:
    actions.register_action("people.publish_notice", _("Notice published"), _("Published a privacy notice"))
    actions.register_action("people.data_request", _("Data request"), _("Entered a request about personal data"))
    actions.register_action(
        "people.answer_data_request", _("Data request answered"), _("Answered a request about personal data")
    )
    actions.register_action("people.corrected", _("Data corrected"), _("Corrected personal data as was asked for"))
    actions.register_action("people.data_export", _("Data package"), _("Asked for a package of the own data"))
    actions.register_action("people.erase", _("Erasure confirmed"), _("Confirmed that personal data is erased"))
    actions.register_action("people.erased", _("Erased"), _("Erased the personal data of an officer"))
    actions.register_action(
        "people.erased_again", _("Erased again"), _("Erased somebody again whom a restored backup had brought back")
    )
    actions.register_action("people.retention", _("Old data cleaned"), _("Cleaned old data by the rules"))

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry


@hooks.register("register_log_actions")
def roster_actions(actions: LogActionRegistry) -> None:
    actions.register_action("people.confirm_roster", _("Roster confirmed"), _("Confirmed a roster of officers"))
    actions.register_action("people.issue_codes", _("Codes issued"), _("Issued one-time codes for new accounts"))
    actions.register_action("people.new_code", _("New code issued"), _("Issued a new one-time code"))
    actions.register_action(
        "people.reset_staff", _("Sign-in reset"), _("Gave a new code and removed the second factor")
    )
    actions.register_action("people.make_account", _("Account made"), _("Made an account for a manager"))
    actions.register_action("people.ask_approval", _("Second person asked"), _("Asked a second person to confirm"))
    actions.register_action("people.decide_approval", _("Request decided"), _("Decided what a second person was asked"))

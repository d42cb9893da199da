from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry


@hooks.register("register_log_actions")
def paper_actions(actions: LogActionRegistry) -> None:
    actions.register_action("reports.report", _("Report written"), _("Had the report of a unit written"))
    actions.register_action("reports.missing", _("List of the missing"), _("Took the list of who has not completed"))
    actions.register_action("reports.call_list", _("Call list"), _("Took the list of whom to call"))
    actions.register_action(
        "reports.regrade_notice", _("Notice of marking again"), _("Had the notice of marking again written")
    )
    actions.register_action(
        "reports.minutes", _("Minutes of a sitting"), _("Had the minutes of a supervised session written")
    )

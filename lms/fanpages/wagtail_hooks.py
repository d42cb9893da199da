from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry


@hooks.register("register_log_actions")
def page_actions(actions: LogActionRegistry) -> None:
    actions.register_action("fanpages.report", _("Page reported"), _("Reported what is known of a unit's page"))
    actions.register_action("fanpages.confirm", _("Page confirmed"), _("Confirmed the page of a unit"))

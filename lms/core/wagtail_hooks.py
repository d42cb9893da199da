from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry


@hooks.register("register_log_actions")
def trace_actions(actions: LogActionRegistry) -> None:
    actions.register_action("core.erase_values", _("Entries erased"), _("Erased what entries of the log said"))
    actions.register_action("core.trace_broken", _("Chain of the log broken"), _("Found links of the log's chain gone"))

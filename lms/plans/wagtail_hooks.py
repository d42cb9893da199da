from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry


@hooks.register("register_log_actions")
def task_actions(actions: LogActionRegistry) -> None:
    actions.register_action("plans.assign", _("Training task given"), _("Gave a training task"))
    actions.register_action("plans.change", _("Training task changed"), _("Changed a training task"))
    actions.register_action("plans.withdraw", _("Training task withdrawn"), _("Withdrew a training task"))
    actions.register_action(
        "plans.carry_over",
        _("Training task goes on in a successor"),
        _("A training task goes on in the unit's successor"),
    )

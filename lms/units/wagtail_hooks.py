from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry


@hooks.register("register_log_actions")  # type: ignore[untyped-decorator]
def register_unit_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action("units.import", _("Lists of units loaded"), _("Lists of units loaded"))
    actions.register_action("units.rename", _("Unit renamed"), _("Unit renamed"))
    actions.register_action("units.close", _("Unit closed"), _("Unit closed"))
    actions.register_action("units.merge", _("Units merged"), _("Units merged"))
    actions.register_action(
        "units.draft_reorganisation", _("Reorganisation drafted"), _("Reorganisation of units drafted")
    )
    actions.register_action(
        "units.cancel_reorganisation", _("Reorganisation cancelled"), _("Reorganisation of units cancelled")
    )
    actions.register_action("units.reorganise", _("Units reorganised"), _("Units reorganised"))
    actions.register_action("units.follow", _("Went along with the unit"), _("Went along with the unit"))
    actions.register_action("units.decide_move", _("Where to go on decided"), _("Where a person goes on decided"))
    actions.register_action("units.appoint", _("Appointed"), _("Appointed"))
    actions.register_action("units.end_appointment", _("Appointment ended"), _("Appointment ended"))
    actions.register_action(
        "units.correct_appointment", _("Appointment corrected"), _("Put a mistake in an appointment right")
    )
    actions.register_action(
        "units.withdraw_appointment", _("Appointment taken out"), _("Took out an appointment that had not begun")
    )
    actions.register_action("units.make_primary", _("Made primary"), _("Made another appointment the primary one"))
    actions.register_action("units.grant", _("Right granted"), _("Right granted"))
    actions.register_action("units.revoke_grant", _("Right revoked"), _("Right revoked"))

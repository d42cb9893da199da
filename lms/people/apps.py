from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "lms.people"
    label = "people"
    verbose_name = _("People")

    def ready(self) -> None:
        from lms.core import sweeping  # app ready
        from lms.people.services import approvals, roster_leavers, rosters  # app ready

        sweeping.register("rosters", rosters.take_up)
        sweeping.register("approvals", approvals.expire)
        approvals.register(
            approvals.Action(
                roster_leavers.ACTION,
                _("Many people leave by a roster"),
                roster_leavers.describe,
                roster_leavers.allow,
                lambda approval: reverse("people:roster", args=[approval.payload["batch"]]),
            )
        )

from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "lms.people"
    label = "people"
    verbose_name = _("People")

    def ready(self) -> None:
        from lms.core import navigation, sweeping, triggers  # app ready
        from lms.people import approval_queries, receivers  # noqa: F401  app ready
        from lms.people.invariants import TRIGGERS  # app ready
        from lms.people.services import approvals, joining, reorganising, roster_leavers, rosters  # app ready

        triggers.register(*TRIGGERS)
        sweeping.register("rosters", rosters.take_up)
        sweeping.register("approvals", approvals.expire)
        sweeping.register("joining", joining.sweep)
        for door in ("reports:mine", "people:approvals"):
            navigation.register_waiting(door, approval_queries.waiting_words)
        approvals.register(reorganising.action())
        approvals.register(
            approvals.Action(
                roster_leavers.ACTION,
                _("Many people leave by a roster"),
                roster_leavers.describe,
                roster_leavers.allow,
                lambda approval: reverse("people:roster", args=[approval.payload["batch"]]),
            )
        )

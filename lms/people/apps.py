from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "lms.people"
    label = "people"
    verbose_name = _("People")

    def ready(self) -> None:
        from lms.accounts.rules import register_survivors  # app ready
        from lms.core import navigation, sweeping, triggers  # app ready
        from lms.people import approval_queries, merging_queries, receivers  # noqa: F401  app ready
        from lms.people.invariants import TRIGGERS  # app ready
        from lms.people.services import (  # app ready  # app ready
            approvals,
            erasure,
            joining,
            merging,
            merging_requests,
            privacy,
            reorganising,
            resets,
            roster_leavers,
            rosters,
            viewing,
        )

        triggers.register(*TRIGGERS)
        sweeping.register("rosters", rosters.take_up)
        sweeping.register("viewing", viewing.expire)
        sweeping.register("approvals", approvals.expire)
        sweeping.register("erasures", erasure.take_up)
        sweeping.register("data exports", privacy.take_up_exports)
        approvals.register(
            approvals.Action(
                erasure.ACTION,
                _("Personal data of an officer is erased"),
                erasure.describe,
                erasure.perform,
                lambda approval: reverse("people:privacy_request", args=[approval.payload["request"]]),
            )
        )
        sweeping.register("joining", joining.sweep)
        for door in ("reports:mine", "people:approvals"):
            navigation.register_waiting(door, approval_queries.waiting_words)
        approvals.register(reorganising.action())
        approvals.register(merging_requests.action())
        approvals.register(merging_requests.undo_action())
        sweeping.register("united accounts", merging.gather)
        register_survivors(merging_queries.survivor_of)
        approvals.register(
            approvals.Action(
                resets.ACTION,
                _("A manager's sign-in is reset"),
                resets.describe,
                resets.allow,
                lambda approval: reverse("people:draw_reset", args=[approval.pk]),
            )
        )
        approvals.register(
            approvals.Action(
                roster_leavers.ACTION,
                _("Many people leave by a roster"),
                roster_leavers.describe,
                roster_leavers.allow,
                lambda approval: reverse("people:roster", args=[approval.payload["batch"]]),
            )
        )

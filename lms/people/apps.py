from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "lms.people"
    label = "people"
    verbose_name = _("People")

    def ready(self) -> None:
        from lms.core import sweeping  # app ready
        from lms.people.services import approvals, rosters  # app ready

        sweeping.register("rosters", rosters.take_up)
        sweeping.register("approvals", approvals.expire)

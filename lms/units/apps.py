from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UnitsConfig(AppConfig):
    name = "lms.units"
    label = "units"
    verbose_name = _("Units")

    def ready(self) -> None:
        from lms.accounts import rules  # app ready
        from lms.core import sweeping, triggers  # app ready
        from lms.units import receivers  # noqa: F401  app ready
        from lms.units.invariants import TRIGGERS  # app ready
        from lms.units.scope import holds_a_grant  # app ready
        from lms.units.services import reorganising  # app ready

        triggers.register(*TRIGGERS)
        rules.register_staff_test("grants", holds_a_grant)
        sweeping.register("reorganisations", reorganising.take_up)

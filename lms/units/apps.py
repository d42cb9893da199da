from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UnitsConfig(AppConfig):
    name = "lms.units"
    label = "units"
    verbose_name = _("Units")

    def ready(self) -> None:
        from lms.core import triggers  # app ready
        from lms.units.invariants import TRIGGERS  # app ready

        triggers.register(*TRIGGERS)

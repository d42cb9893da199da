from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlansConfig(AppConfig):
    name = "lms.plans"
    label = "plans"
    verbose_name = _("Plans")

    def ready(self) -> None:
        from lms.plans import receivers  # noqa: F401  app ready

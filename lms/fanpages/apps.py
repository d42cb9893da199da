from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FanpagesConfig(AppConfig):
    name = "lms.fanpages"
    label = "fanpages"
    verbose_name = _("Community pages")

    def ready(self) -> None:
        from lms.fanpages import receivers  # noqa: F401  app ready

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig


class AccountsConfig(AppConfig):
    name = "lms.accounts"
    label = "accounts"
    verbose_name = _("Accounts")
    default = True

    def ready(self) -> None:
        from lms.accounts import receivers, services  # noqa: F401  app ready
        from lms.core import sweeping

        sweeping.register("new devices", services.tell_of_new_devices)


class CmsUsersConfig(WagtailUsersAppConfig):
    """Wagtail's screens for accounts, with our forms."""

    user_viewset = "lms.accounts.viewsets.AccountViewSet"
    default = False

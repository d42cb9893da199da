from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class HomeConfig(AppConfig):
    name = "lms.home"
    label = "home"
    verbose_name = _("Home")

    def ready(self) -> None:
        """The main navigation of the product, in one place: four doors, the third for managers only."""
        from lms.core import navigation  # app ready
        from lms.units.scope import has_any_grant  # app ready

        for item in (
            navigation.Item(
                10,
                _("My training"),
                pgettext_lazy("bottom tab", "Learn"),
                "home:learn",
                "M4 5h7a3 3 0 0 1 3 3v12a2 2 0 0 0-2-2H4zM20 5h-3M20 5v13h-6",
                ("/learn/", "/trang-cong-dong/"),
            ),
            navigation.Item(
                20,
                _("Certificates"),
                pgettext_lazy("bottom tab", "Certificates"),
                "certificates:mine",
                "M18 9a6 6 0 1 1-12 0 6 6 0 0 1 12 0zM8 14l-1 8 5-3 5 3-1-8",
                ("/certificates/",),
            ),
            navigation.Item(
                30,
                pgettext_lazy("main navigation", "Units"),
                pgettext_lazy("bottom tab", "Units"),
                "reports:mine",
                "M4 20V9l8-5 8 5v11M9 20v-6h6v6",
                ("/reports/", "/units/"),
                has_any_grant,
            ),
            navigation.Item(
                90,
                _("My account"),
                pgettext_lazy("bottom tab", "Me"),
                "account_overview",
                "M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM4 21c1-5 4-7 8-7s7 2 8 7",
                ("/accounts/",),
            ),
        ):
            navigation.register(item)

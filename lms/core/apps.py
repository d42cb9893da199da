from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "lms.core"
    label = "core"
    verbose_name = _("Foundation")

    def ready(self) -> None:
        from lms.core import checks, invariants, receivers, sweeping, trace, triggers  # noqa: F401  app ready  # app ready

        triggers.register(*invariants.TRIGGERS)
        sweeping.register("trace", trace.sweep)
        # Sent once for every app, so one is chosen; all migrations are through by then, or none is.
        pre_migrate.connect(triggers.drop_all, sender=apps.get_app_config("auth"))
        post_migrate.connect(triggers.create_all, sender=apps.get_app_config("auth"))

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CertificatesConfig(AppConfig):
    name = "certificates"
    verbose_name = _("Certificates")

    def ready(self) -> None:
        from certificates import (
            queries,  # app ready
            receivers,  # noqa: F401  app ready
            rendering,  # app ready
        )
        from certificates.invariants import TRIGGERS  # app ready
        from lms.core import sweeping, triggers  # app ready
        from quizzes import impact  # app ready

        triggers.register(*TRIGGERS)
        sweeping.register("certificates", rendering.make_due)
        impact.register("certificates", queries.hang_on)

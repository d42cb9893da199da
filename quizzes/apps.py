from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuizzesConfig(AppConfig):
    name = "quizzes"
    verbose_name = _("Quizzes")

    def ready(self) -> None:
        from lms.core import sweeping, triggers  # app ready
        from quizzes import receivers  # noqa: F401  app ready
        from quizzes.invariants import TRIGGERS  # app ready
        from quizzes.services import attempts  # app ready

        triggers.register(*TRIGGERS)
        sweeping.register("quiz attempts", attempts.sweep)

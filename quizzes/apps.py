from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuizzesConfig(AppConfig):
    name = "quizzes"
    verbose_name = _("Quizzes")

    def ready(self) -> None:
        from lms.core import triggers  # app ready
        from quizzes.invariants import TRIGGERS  # app ready

        triggers.register(*TRIGGERS)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("Courses")

    def ready(self) -> None:
        from courses import receivers  # noqa: F401  app ready
        from courses.invariants import TRIGGERS  # app ready
        from lms.core import triggers  # app ready

        triggers.register(*TRIGGERS)

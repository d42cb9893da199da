from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuizzesConfig(AppConfig):
    name = "quizzes"
    verbose_name = _("Quizzes")

    def ready(self) -> None:
        from courses import kinds  # app ready
        from lms.core import sweeping, triggers  # app ready
        from quizzes import receivers  # noqa: F401  app ready
        from quizzes.forms import QuizPageForm  # app ready
        from quizzes.invariants import TRIGGERS  # app ready
        from quizzes.models import QuizPage  # app ready
        from quizzes.services import attempts, packages, pictures  # app ready
        from quizzes.types.pictures import keep_with  # app ready

        # Models know no forms: the one that guards the pool is given to the page here.
        QuizPage.base_form_class = QuizPageForm

        # Types know no database: a picture that a form of the CMS took is kept here.
        keep_with(pictures.keep_from_form)

        triggers.register(*TRIGGERS)
        sweeping.register("quiz attempts", attempts.sweep)
        kinds.register(
            kinds.Kind(
                name="quiz",
                source_name="quiz.toml",
                page_model="quizzes.QuizPage",
                read=packages.read,
                prepare=packages.prepare,
                build=packages.build,
            )
        )

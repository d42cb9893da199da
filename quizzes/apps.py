from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuizzesConfig(AppConfig):
    name = "quizzes"
    verbose_name = _("Quizzes")

    def ready(self) -> None:
        from courses import citing, kinds  # app ready
        from lms.core import sweeping, triggers  # app ready
        from quizzes import (
            receivers,  # noqa: F401  app ready
            tasks,  # app ready
        )
        from quizzes.forms import quiz_page  # app ready
        from quizzes.invariants import TRIGGERS  # app ready
        from quizzes.queries import citations  # app ready
        from quizzes.services import attempts, imports, packages, pictures  # app ready
        from quizzes.types.pictures import keep_with  # app ready

        # Models know no forms: the editor of a quiz, with the guard of its pool, is given to the page here.
        quiz_page.equip()

        # Types know no database: a picture that a form of the CMS took is kept here.
        keep_with(pictures.keep_from_form)

        triggers.register(*TRIGGERS)
        citing.register("questions", citations.of_documents)
        sweeping.register("quiz attempts", attempts.sweep)
        sweeping.register("item analyses", tasks.analyse_due)
        sweeping.register("regrades", tasks.regrade_unfinished)
        sweeping.register("imports of questions", imports.take_up)
        kinds.register(
            kinds.Kind(
                name="quiz",
                source_name="quiz.toml",
                page_model="quizzes.QuizPage",
                read=packages.read,
                check=packages.check,
                check_all=packages.check_all,
                prepare=packages.prepare,
                build=packages.build,
            )
        )

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("Courses")

    def ready(self) -> None:
        from courses import forms, kinds, receivers, tasks  # app ready  # noqa: F401
        from courses.formats.lesson import FILE_NAME, read_lesson  # app ready
        from courses.formats.practice import FILE_NAME as PRACTICE_FILE  # app ready
        from courses.formats.practice import read_practice  # app ready
        from courses.invariants import TRIGGERS  # app ready
        from courses.services import (  # app ready
            package_lessons,
            package_practice,
            word,  # app ready
        )
        from lms.core import sweeping, triggers  # app ready

        triggers.register(*TRIGGERS)
        forms.equip()
        sweeping.register("courses.word", word.sweep)
        sweeping.register("courses.job_aids", tasks.make_due_job_aids)
        kinds.register(
            kinds.Kind(
                name="lesson",
                source_name=FILE_NAME,
                page_model="courses.LessonPage",
                read=read_lesson,
                check=package_lessons.check,
                prepare=package_lessons.prepare,
                build=package_lessons.build,
            )
        )
        kinds.register(
            kinds.Kind(
                name="practice",
                source_name=PRACTICE_FILE,
                page_model="courses.PracticePage",
                read=read_practice,
                check=package_lessons.check,
                prepare=package_lessons.prepare,
                build=package_practice.build,
            )
        )

"""A practical task of a content package → PracticePage. Registered in courses.kinds as the kind "practice".

References, drawings and handouts are looked after as those of lessons (package_lessons.check and prepare).
"""

from typing import Any

from courses.formats.practice import PracticeSource
from courses.models import PracticePage
from courses.services.package_lessons import body_of
from courses.services.package_run import Run


def build(source: PracticeSource, parent_page: Any, page: PracticePage | None, run: Run) -> PracticePage:
    """The page, filled and unsaved."""
    page = page or PracticePage()
    page.title, page.slug, page.summary = source.title, source.slug, source.summary
    page.minutes, page.is_required = source.minutes, source.is_required
    page.hand_in, page.names_page = source.hand_in, source.names_page
    page.criteria = "\n".join(source.criteria)
    page.body = body_of(source, run)
    return page

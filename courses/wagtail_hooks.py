"""The gate before every kind of activity, and what the CMS shows of courses."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail import hooks
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from courses.enums import State
from courses.models import Activity, LessonPage
from courses.models.pages import ActivityPage
from courses.queries import access
from courses.services import progress
from courses.viewsets import GlossaryTermViewSet
from lms.core import clock


@hooks.register("before_serve_page")
def require_access(page: Page, request: HttpRequest, serve_args: Any, serve_kwargs: Any) -> HttpResponse | None:
    """Only who takes the course reads its lessons and quizzes, whatever app the page type is from.

    Leaves ``request.activity`` and ``request.access`` for the template tags. A preview in the CMS does not come here.
    """
    if not isinstance(page, ActivityPage):
        return None
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    activity = getattr(request, "activity", None)
    if activity is None:
        activity = Activity.objects.filter(key=page.translation_key).select_related("course", "module").first()
    if activity is None:
        # Nothing that could be asked who may read it: then nobody does.
        raise Http404
    answer = access.may_read(request.user, activity)
    request.activity, request.access = activity, answer  # type: ignore[attr-defined]
    if not answer.allowed:
        return render(
            request, "courses/locked.html", {"page": page, "access": answer, "activity": activity}, status=403
        )
    if answer.enrolment and answer.place and request.method == "GET":
        is_new = answer.place.row.state == State.NOT_STARTED
        progress.note_opened(
            enrolment=answer.enrolment,
            activity=activity,
            is_new=is_new,
            # Looking at a quiz is not where somebody left off: an attempt is found again by its own page.
            moves_bookmark=isinstance(page, LessonPage),
            at=clock.now(),
        )
    return None


register_snippet(GlossaryTermViewSet)

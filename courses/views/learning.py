"""What a learner does: enrol, read, mark done, check oneself."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.views import serve as wagtail_serve

from courses.enums import EventKind, State
from courses.forms import SelfCheckForm, SimulatorForm
from courses.models import Activity, Course, LessonPage, PracticePage
from courses.queries import access, lessons
from courses.services import enrolment as enrolment_service
from courses.services import progress
from courses.simulator import passes, read_state
from lms.core import clock
from lms.core.http import AuthenticatedRequest


def serve_activity(request: HttpRequest, path: str) -> HttpResponse:
    """A page of an activity by its known address: two queries however deep the tree is. Else Wagtail finds the page.

    The hooks are the same as Wagtail's own view calls, so the gate is the same.
    """
    activity = (
        Activity.objects.filter(url=f"/{path}", retired_at__isnull=True).select_related("course", "module").first()
    )
    page = lessons.live_page(activity) if activity else None
    if activity is None or page is None:
        return wagtail_serve(request, path)
    request.activity = activity  # type: ignore[attr-defined]
    for hook in hooks.get_hooks("before_serve_page"):
        answer = hook(page, request, [], {})
        if isinstance(answer, HttpResponse):
            return answer
    return page.serve(request)


def open_activity(request: AuthenticatedRequest, activity_id: int) -> tuple[Activity, access.Access]:
    """What a learner may write to; Http404 for anybody else, authors among them."""
    activity = get_object_or_404(Activity.objects.select_related("course"), pk=activity_id, retired_at__isnull=True)
    answer = access.may_read(request.user, activity)  # type: ignore[arg-type]
    if not answer.allowed or answer.enrolment is None:
        raise Http404
    return activity, answer


@require_POST
@login_required
def enrol(request: AuthenticatedRequest, course_id: int) -> HttpResponse:
    course = get_object_or_404(Course, pk=course_id, is_open=True, retired_at__isnull=True)
    enrolment = enrolment_service.enrol(user=request.user, course=course, at=clock.now())  # type: ignore[arg-type]
    messages.success(request, _("You are enrolled. Read at your own pace; your place is kept."))
    first = access.first_activity(enrolment)
    return redirect(first.url if first else course.url)


@require_POST
@login_required
def mark_done(request: AuthenticatedRequest, activity_id: int) -> HttpResponse:
    """The button at the end of a lesson. Only lessons: a quiz is done by passing it."""
    activity, answer = open_activity(request, activity_id)
    page = lessons.live_page(activity)
    if not isinstance(page, LessonPage) or answer.enrolment is None or answer.place is None:
        raise Http404
    completion = progress.record_activity(
        enrolment=answer.enrolment,
        activity=activity,
        kind=EventKind.DONE,
        source_key=f"lesson:{answer.enrolment.pk}:{activity.pk}:button",
        at=clock.now(),
        rule="button",
        version=str(page.live_revision_id or ""),
    )
    if completion:
        messages.success(request, _("You have finished the whole course. The certificate is being made."))
        return redirect("certificates:mine")
    following = access.next_open(answer.enrolment, after=activity.pk)
    if following is None:
        return redirect("home:learn")
    messages.success(request, _("“%(title)s” is done.") % {"title": activity.title})
    return redirect(following.url)


@require_POST
@login_required
def self_check(request: AuthenticatedRequest, activity_id: int, block_id: str) -> HttpResponse:
    """Answer one self-check. When every one of a lesson has been answered, it is done; a practical task never so."""
    activity, answer = open_activity(request, activity_id)
    page = lessons.live_page(activity)
    if not isinstance(page, LessonPage | PracticePage) or answer.enrolment is None or answer.place is None:
        raise Http404
    checks = lessons.self_checks(page)
    if block_id not in checks:
        raise Http404
    form = SelfCheckForm(request.POST, options=len(checks[block_id]["options"]))
    chosen: int | None = None
    if form.is_valid():
        chosen = form.cleaned_data["option"]
        now = clock.now()
        answered = progress.note_self_check(
            enrolment=answer.enrolment, activity=activity, block=block_id, option=chosen, at=now
        )
        is_lesson = isinstance(page, LessonPage)
        if is_lesson and set(checks) <= set(answered) and answer.place.row.state != State.DONE:
            progress.record_activity(
                enrolment=answer.enrolment,
                activity=activity,
                kind=EventKind.DONE,
                source_key=f"lesson:{answer.enrolment.pk}:{activity.pk}:self_check",
                at=now,
                rule="self_check",
                version=str(page.live_revision_id or ""),
            )
    if not request.htmx:
        return redirect(f"{page.url}#{block_id}")
    return render(
        request,
        "courses/blocks/self_check.html",
        {
            "value": checks[block_id],
            "block_id": block_id,
            "activity_id": activity.pk,
            "chosen": chosen,
            "error": "" if form.is_valid() else _("Choose one of the answers first."),
        },
    )


@require_POST
@login_required
def simulator(request: AuthenticatedRequest, activity_id: int, block_id: str) -> HttpResponse:
    """A task that the browser found solved is judged again by the rules of today, and noted. Finishes nothing."""
    activity, answer = open_activity(request, activity_id)
    page = lessons.live_page(activity)
    if not isinstance(page, LessonPage | PracticePage) or answer.enrolment is None or answer.place is None:
        raise Http404
    task = lessons.simulated_task(page, block_id)
    if task is None:
        raise Http404
    form = SimulatorForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"solved": False}, status=400)
    solved = passes(task, read_state(task, form.cleaned_data["state"]))
    if solved:
        progress.note_self_check(
            enrolment=answer.enrolment, activity=activity, block=block_id, option=1, at=clock.now()
        )
    return JsonResponse({"solved": solved})

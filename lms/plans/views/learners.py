"""What an officer does with a task: begin its course, follow its short link."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from courses.models import Enrolment
from courses.queries import access
from courses.services.enrolment import enrol
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.plans import queries, rules
from lms.plans.models import Assignment


@require_POST
@login_required
def begin(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Enrol in the course of a task that concerns the person today, whether or not it is open to everybody."""
    mine = {task.pk: task for task in queries.concerning(request.user, clock.today())}  # type: ignore[arg-type]
    if pk not in mine:
        raise Http404
    enrolment = enrol(
        user=request.user,  # type: ignore[arg-type]
        course=mine[pk].course,
        at=clock.now(),
        source=Enrolment.Source.ASSIGNED,
    )
    first = access.first_activity(enrolment)
    return redirect((first.url if first else mine[pk].course.url) or reverse("home:learn"))


@never_cache
@require_safe
def short(request: HttpRequest, code: str) -> HttpResponse:
    """From a message in Zalo or a QR code to the task in "my training", through sign-in where that is needed. Tells a
    stranger nothing but that a code is not one of ours.
    """
    task = Assignment.objects.filter(code=rules.typed_code(code)).select_related("course").first()
    if task is None:
        return render(request, "plans/short.html", {"what": "unknown"}, status=404)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if task.withdrawn_at:
        return render(request, "plans/short.html", {"what": "withdrawn", "course": task.course})
    today = clock.today()
    if any(mine.pk == task.pk for mine in queries.concerning(request.user, today)):  # type: ignore[arg-type]
        return redirect(f"{reverse('home:learn')}#viec-{task.code}")
    view = queries.view_of(request.user, task.pk, today)  # type: ignore[arg-type]
    return render(request, "plans/short.html", {"what": "not-mine", "course": task.course, "view": view})

"""A practical task handed in, and the picture that was handed in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from courses.forms import PracticeForm
from courses.models import PracticePage, Submission
from courses.queries import lessons
from courses.services import practice
from courses.views.learning import open_activity
from lms.core import clock
from lms.core.http import AuthenticatedRequest


@require_POST
@login_required
def hand_in(request: AuthenticatedRequest, activity_id: int) -> HttpResponse:
    """What was sent, or the page again with what is wrong and all that was typed; a picture has to be chosen again."""
    activity, answer = open_activity(request, activity_id)
    page = lessons.live_page(activity)
    if not isinstance(page, PracticePage) or answer.enrolment is None or answer.place is None:
        raise Http404
    form = PracticeForm(request.POST, request.FILES, page=page)
    if form.is_valid():
        try:
            practice.hand_in(
                enrolment=answer.enrolment,
                activity=activity,
                names_page=page.names_page,
                link=form.cleaned_data.get("link", ""),
                picture=form.picture_bytes(),
                note=form.cleaned_data["note"],
                version=str(page.live_revision_id or ""),
                at=clock.now(),
                number=form.cleaned_data["number"],
            )
        except practice.HandInRefusedError as refusal:
            for field, sentence in refusal.errors.items():
                form.add_error(field if field in form.fields else None, sentence)
        else:
            messages.success(request, _("“%(title)s” has been sent. You can go on; nothing waits for the answer.")
                             % {"title": activity.title})  # fmt: skip
            return redirect(page.url)
    request.activity, request.access = activity, answer  # type: ignore[attr-defined]
    return render(request, page.template, {"page": page, "self": page, "form": form})


@login_required
@require_safe
def picture(request: HttpRequest, submission_id: int) -> HttpResponseBase:
    """The screenshot, for who handed it in and who may mark it; asked about each time, kept by their browser only."""
    submission = get_object_or_404(Submission.objects.visible_to(request.user), pk=submission_id)  # type: ignore[arg-type]
    if not submission.screenshot:
        raise Http404
    etag = f'"{submission.sha256}"'
    response = get_conditional_response(request, etag=etag) or FileResponse(
        submission.screenshot.open("rb"), content_type="image/jpeg", filename=f"bai-thuc-hanh-{submission.pk}.jpg"
    )
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    patch_cache_control(response, private=True, no_cache=True)
    return response

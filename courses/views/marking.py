"""Practical tasks that wait for somebody's confirmation. Who may mark nobody finds nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from courses.forms import ReturnForm
from courses.models import PracticePage, Submission
from courses.queries import lessons
from courses.queries import practice as screens
from courses.services import practice
from lms.core import clock
from lms.core.http import AuthenticatedRequest

FILTERS = {
    "cho": Submission.State.SUBMITTED,
    "xac-nhan": Submission.State.CONFIRMED,
    "tra-lai": Submission.State.RETURNED,
}


def _for_markers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def wrapped(request: AuthenticatedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not screens.may_mark(request.user):  # type: ignore[arg-type]
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(login_required(wrapped))  # type: ignore[arg-type]


@_for_markers
@require_safe
def queue(request: AuthenticatedRequest) -> HttpResponse:
    chosen = request.GET.get("trang_thai", "")
    chosen = chosen if chosen in FILTERS else "cho"
    asked = request.GET.get("trang", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    found = screens.queue(request.user, state=FILTERS[chosen], number=number, at=clock.now())  # type: ignore[arg-type]
    context = {
        "queue": found,
        "chosen": chosen,
        "filters": [(key, state, found.counts[state]) for key, state in FILTERS.items()],
        "pages": _pages(chosen, found),
    }
    return render(request, "courses/marking.html", context)


def _pages(chosen: str, found: screens.Queue) -> dict[str, Any]:
    def address(number: int) -> str:
        return f"?{urlencode({'trang_thai': chosen, 'trang': number})}" if 1 <= number <= found.last else ""

    return {"number": found.number, "last": found.last, "previous": address(found.number - 1),
            "next": address(found.number + 1)}  # fmt: skip


@_for_markers
@require_safe
def submission(request: AuthenticatedRequest, submission_id: int) -> HttpResponse:
    return _page(request, submission_id, ReturnForm())


def _page(request: AuthenticatedRequest, submission_id: int, form: ReturnForm) -> HttpResponse:
    found = screens.one(request.user, submission_id, at=clock.now())  # type: ignore[arg-type]
    if found is None:
        raise Http404
    row, others = found
    page = lessons.live_page_of(row.activity_id)
    task = page if isinstance(page, PracticePage) else None
    context = {
        "row": row,
        "others": others,
        "form": form,
        "criteria": [line.strip() for line in task.criteria.splitlines() if line.strip()] if task else [],
        "segments": lessons.segments(task) if task else [],
    }
    return render(request, "courses/submission.html", context)


def _markable(request: AuthenticatedRequest, submission_id: int) -> Submission:
    found = Submission.objects.markable_by(request.user).select_related("enrolment__user", "activity")  # type: ignore[arg-type]
    submission: Submission = get_object_or_404(found, pk=submission_id)
    return submission


@_for_markers
@require_POST
def confirm(request: AuthenticatedRequest, submission_id: int) -> HttpResponse:
    """One click, from the list or from the page; back to the list, where the next one stands."""
    wanted = _markable(request, submission_id)
    try:
        practice.confirm(submission=wanted, by=request.user, at=clock.now())  # type: ignore[arg-type]
    except practice.AlreadyMarkedError as earlier:
        return _was_earlier(request, earlier.submission)
    messages.success(request, _("Confirmed: “%(title)s” of %(name)s.") % _names(wanted))
    return redirect("courses:marking")


@_for_markers
@require_POST
def return_to_learner(request: AuthenticatedRequest, submission_id: int) -> HttpResponse:
    """With a sentence; without one the page again, with what was typed."""
    wanted = _markable(request, submission_id)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _page(request, submission_id, form)
    try:
        practice.return_to_learner(
            submission=wanted, by=request.user, feedback=form.cleaned_data["feedback"], at=clock.now()  # type: ignore[arg-type]
        )  # fmt: skip
    except practice.AlreadyMarkedError as earlier:
        return _was_earlier(request, earlier.submission)
    messages.success(request, _("Returned with your sentence: “%(title)s” of %(name)s.") % _names(wanted))
    return redirect("courses:marking")


def _names(submission: Submission) -> dict[str, str]:
    return {"title": submission.activity.title, "name": submission.enrolment.user.get_full_name()}


def _was_earlier(request: AuthenticatedRequest, submission: Submission) -> HttpResponse:
    """Somebody else has decided meanwhile: what stands, and nothing is changed."""
    words = {
        "name": submission.marked_by.get_full_name() if submission.marked_by else "",
        "time": date_format(timezone.localtime(submission.marked_at), "H:i d/m/Y") if submission.marked_at else "",
    }
    if practice.was_replaced(submission):
        sentence = _("The learner has sent a newer one at %(time)s; look at that one.") % words
    elif submission.state == Submission.State.CONFIRMED:
        sentence = _("%(name)s has already confirmed this at %(time)s. Nothing was changed.") % words
    else:
        sentence = _("%(name)s has already returned this at %(time)s. Nothing was changed.") % words
    messages.warning(request, sentence)
    return redirect("courses:submission", submission_id=submission.pk)

"""Seeing the site as an officer of one's units, to help; strangers get 404."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import middleware
from lms.people.services import viewing as viewing_service
from lms.people.services.rosters import NotAllowedError
from lms.people.viewing_forms import ViewingForm


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def view_as(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    """Why, then the person's first page."""
    viewer = cast(User, request.user)
    person = get_object_or_404(User, pk=person_id)
    if not viewing_service.may_view_as(viewer, person):
        raise Http404
    form = ViewingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            viewing = viewing_service.begin(
                viewer=viewer, person=person, reason=form.cleaned_data["reason"], at=clock.now()
            )
        except NotAllowedError as error:
            raise Http404 from error
        middleware.enter(request, viewing)
        return redirect("home:learn")
    minutes = int(viewing_service.LASTS.total_seconds() // 60)
    return render(request, "people/viewing_begin.html", {"person": person, "form": form, "minutes": minutes})


@never_cache
@login_required
@require_POST
def view_as_end(request: AuthenticatedRequest) -> HttpResponse:
    """Back to oneself; a second click, or one after the time was up, says the same."""
    viewing = getattr(request, "viewing", None)
    if viewing is not None:
        viewing_service.end(viewing=viewing, at=clock.now())
    middleware.forget(request)
    messages.success(request, _("You see the site as yourself again."))
    return redirect("people:person", person_id=viewing.person_id) if viewing else redirect("home:learn")

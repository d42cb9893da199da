from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.home import queries
from lms.home.rules import guide_cookie


@login_required
def learn(request: AuthenticatedRequest) -> HttpResponse:
    """What is next, how long, where I left, one button."""
    return render(
        request,
        "home/learn.html",
        {"training": queries.training_of(request.user), "today": clock.today()},  # type: ignore[arg-type]
    )


_GUIDES = {"officer": "home:learn", "manager": "reports:mine"}


@require_POST
@login_required
def hide_guide(request: AuthenticatedRequest, who: str) -> HttpResponse:
    """Put a guide away on this device, for a year; it stays at the foot of the home page."""
    if who not in _GUIDES:
        raise Http404
    response = redirect(_GUIDES[who])
    response.set_cookie(
        guide_cookie(who), "1", max_age=31_536_000, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response

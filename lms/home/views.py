from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.home import queries


@login_required
def learn(request: AuthenticatedRequest) -> HttpResponse:
    """What is next, how long, where I left, one button."""
    return render(
        request,
        "home/learn.html",
        {"training": queries.training_of(request.user), "today": clock.today()},  # type: ignore[arg-type]
    )

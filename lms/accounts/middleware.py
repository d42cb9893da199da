"""What a person must do before anything else: replace an issued password, set up the second factor."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from lms.accounts import queries
from lms.accounts.models import User
from lms.accounts.receivers import CHECKED_AT
from lms.core import clock

# How long the answer "nothing to do", noted in the session, holds. Asking costs queries.
CHECK_HOLDS = 600

_ALWAYS = frozenset({"account_logout", "healthz", "readyz", "set_language", "javascript-catalog"})
_FOR_PASSWORD = _ALWAYS | {"account_change_password"}
_FOR_SECOND_FACTOR = _FOR_PASSWORD | {"account_reauthenticate"}


class RequiredStepsMiddleware:
    """Stands before every view, whatever the method, under /cms/ too. Static files are served before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        if name in _ALWAYS or getattr(view, "__module__", "") == "django.contrib.staticfiles.views":
            return None
        user = request.user
        if not user.is_authenticated:
            return None
        if queries.must_change_password(user):
            return None if name in _FOR_PASSWORD else _send(request, "account_change_password")
        if name in _FOR_SECOND_FACTOR or name.startswith("mfa_") or not _owes_second_factor(request, user):
            return None
        return _send(request, "mfa_index")


def _owes_second_factor(request: HttpRequest, person: User) -> bool:
    now = int(clock.now().timestamp())
    if now - request.session.get(CHECKED_AT, 0) < CHECK_HOLDS:
        return False
    if queries.needs_second_factor(person) and not queries.has_second_factor(person):
        return True
    request.session[CHECKED_AT] = now
    return False


def _send(request: HttpRequest, name: str) -> HttpResponse:
    target = reverse(name)
    htmx = getattr(request, "htmx", None)
    if request.method == "GET" and not htmx:
        target = f"{target}?{urlencode({'next': request.get_full_path()})}"
    # htmx would swap the answer to a redirect into the middle of its page.
    return HttpResponseClientRedirect(target) if htmx else HttpResponseRedirect(target)

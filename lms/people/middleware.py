"""Behind the steps that sign-in requires: the privacy notice in force is taken note of before anything else; and while
somebody sees the site as another person, whose page it is, and that nothing is written.

Viewing stands last, so that the duties of the real person (password, second factor, lock of the device, notice) come
before it and those of the other person never. Who is signed in stays who it was: only ``request.user`` is another for
the length of one view.
"""

import re
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from lms.accounts.queries import is_exempt_demo, must_change_password
from lms.core import clock, origin
from lms.people.models import Viewing
from lms.people.privacy_queries import owed_notice
from lms.people.services import viewing as viewing_service

# What the session remembers of it.
SESSION_KEY = "viewing"

# Addresses at which one stays who one is.
_ONESELF = frozenset(
    {
        "account_logout", "account_lock", "account_unlock", "set_language", "javascript-catalog", "healthz", "readyz",
        "people:view_as_end",
    }
)  # fmt: skip
# The account and the data of the person, the CMS, what somebody is answering just now.
_CLOSED = ("/accounts/", "/cms/", "/_util/", "/quizzes/attempts/", "/units/privacy/", "/join/")
# Files leave only where they are content of a lesson.
_CONTENT = frozenset({"media", "wagtaildocs"})
_FILES = (".csv", ".xlsx", ".docx", ".pdf", ".zip", ".json", ".txt")
# Papers and messages to be handed on: whoever opens them is written down, as with a file.
_PAPERS = frozenset({"reports:call-list", "reports:missing-zalo"})
_SHOWN = ("text/html", "text/javascript", "text/vtt", "image/")
_WRITES = re.compile(r"\s*(?:insert|update|delete|replace|merge|truncate|create|alter|drop)\b", re.IGNORECASE)


class WritingRefusedError(Exception):
    """A view that only reads tried to write while the site is seen as somebody else."""


def _refuse_writes(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if _WRITES.match(sql) and not any(f'"{table}"' in sql for table in _housekeeping()):
        raise WritingRefusedError
    return execute(sql, params, many, context)


def _housekeeping() -> tuple[str, ...]:
    """Tables that say nothing of a person's doings: the cache and the sessions."""
    return ("django_session", str(settings.CACHES["default"]["LOCATION"]))


class ViewingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.viewing = None  # type: ignore[attr-defined]
        response = self.get_response(request)
        if hasattr(request, "viewer"):
            request.user = request.viewer
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        begun = request.session.get(SESSION_KEY)
        if begun is None or not request.user.is_authenticated:
            return None
        viewing = viewing_service.standing(begun, viewer=request.user, at=clock.now())
        if viewing is None:
            return _leave(request)
        request.viewing = viewing  # type: ignore[attr-defined]
        match = request.resolver_match
        name = match.view_name if match else ""
        if name in _ONESELF:
            if name == "account_logout" and request.method == "POST":
                viewing_service.end(viewing=viewing, at=clock.now())
            return None
        request.viewer = request.user  # type: ignore[attr-defined]
        request.user = viewing.person
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            return _refuse(request, _("Nothing is sent or changed while you see the site as somebody else."))
        if request.path.startswith(_CLOSED):
            return _refuse(request, _("This page stays closed while you see the site as somebody else."))
        if name in _PAPERS or (request.path.endswith(_FILES) and not _is_content(request)):
            return _no_file(request)
        return _served(request, viewing, view, args, kwargs)


def _served(
    request: HttpRequest, viewing: Viewing, view: Callable[..., Any], args: Any, kwargs: Any
) -> HttpResponseBase:
    """The view and its template inside a connection that refuses to write."""
    try:
        with origin.seen_by(viewing.viewer_id), connection.execute_wrapper(_refuse_writes):
            response = cast(HttpResponseBase, view(request, *args, **kwargs))
            if callable(renders := getattr(response, "render", None)):
                response = renders()
    except WritingRefusedError:
        if connection.in_atomic_block:
            # What was refused was never sent: a transaction around the request is whole.
            connection.set_rollback(False)
        return _refuse(request, _("Opening this page would leave a mark in the name of the person: it stays closed."))
    is_file = not response.get("Content-Type", "text/html").startswith(_SHOWN)
    if is_file and response.status_code == 200 and not _is_content(request):
        # Its files, and not the request: that would end in the middle, and with it the connection to the database.
        for close in response._resource_closers:  # type: ignore[attr-defined]
            close()
        return _no_file(request)
    return response


def _is_content(request: HttpRequest) -> bool:
    """An address of "media" or one like "wagtaildocs_serve"."""
    match = request.resolver_match
    return match is not None and bool(_CONTENT & {*match.namespaces, (match.view_name or "").split("_")[0]})


def _no_file(request: HttpRequest) -> HttpResponse:
    return _refuse(request, _("Files are not handed out while you see the site as somebody else."))


def _refuse(request: HttpRequest, sentence: str) -> HttpResponse:
    if getattr(request, "htmx", None):
        # htmx shows no answer of an error: the page is loaded again and says it.
        messages.error(request, sentence)
        answer = HttpResponseClientRedirect(_here(request))
        answer.status_code = 403
        return answer
    return render(request, "people/viewing_refused.html", {"sentence": sentence}, status=403)


def _here(request: HttpRequest) -> str:
    page = request.headers.get("HX-Current-URL", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return page
    return reverse("home:learn")


def enter(request: HttpRequest, viewing: Viewing) -> None:
    """From the next request on. A form of a page opened before is refused: it was another person's."""
    request.session[SESSION_KEY] = viewing.pk
    rotate_token(request)


def forget(request: HttpRequest) -> None:
    """The session is one's own again, and no form of a page seen as the other person counts any more."""
    request.session.pop(SESSION_KEY, None)
    rotate_token(request)


def _leave(request: HttpRequest) -> HttpResponse:
    """Time or right is gone: whatever was asked for is not done in anybody's name."""
    forget(request)
    messages.info(request, _("You see the site as yourself again: the time was up, or the right is gone."))
    target = reverse("home:learn")
    return HttpResponseClientRedirect(target) if getattr(request, "htmx", None) else HttpResponseRedirect(target)


# How long "nothing to take note of", noted in the session, holds before a newer version is looked for.
NOTICE_CHECK_HOLDS = 600
NOTED_AT = "privacy_noted_at"
_BEFORE_NOTICE = frozenset(
    {
        "account_logout", "account_change_password", "account_reauthenticate", "account_lock", "account_unlock",
        "healthz", "readyz", "alive", "ready", "set_language", "javascript-catalog", "people:notice",
        "certificates:verify", "certificates:verified",
    }
)  # fmt: skip


class PrivacyNoticeMiddleware:
    """Stands behind the required steps of sign-in. No query once the session has noted the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not settings.LMS_PRIVACY_NOTICE:
            return None
        match = request.resolver_match
        name = match.view_name if match else ""
        is_static = getattr(view, "__module__", "") == "django.contrib.staticfiles.views"
        if name in _BEFORE_NOTICE or name.startswith("mfa_") or is_static:
            return None
        person = request.user
        if not person.is_authenticated or is_exempt_demo(person) or must_change_password(person) or _is_noted(request):
            return None
        if owed_notice(person) is None:
            request.session[NOTED_AT] = int(clock.now().timestamp())
            return None
        return _to_the_notice(request)


def _is_noted(request: HttpRequest) -> bool:
    return int(clock.now().timestamp()) - request.session.get(NOTED_AT, 0) < NOTICE_CHECK_HOLDS


def _to_the_notice(request: HttpRequest) -> HttpResponse:
    target, htmx = reverse("people:notice"), getattr(request, "htmx", None)
    if not htmx and "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": _("Take note of the privacy notice first."), "address": target}, status=403)
    if request.method == "GET" and not htmx:
        target = f"{target}?{urlencode({'next': request.get_full_path()})}"
    # htmx would swap the answer to a redirect into the middle of its page.
    return HttpResponseClientRedirect(target) if htmx else HttpResponseRedirect(target)

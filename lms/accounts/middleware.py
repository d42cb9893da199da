"""The lock of a shared device, and what a person must do before anything else: replace an issued password, set up the
second factor.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect

from lms.accounts import queries, services
from lms.accounts.models import User
from lms.accounts.receivers import CHECKED_AT, DEVICE_COOKIE, OWNER_COOKIE, OWNER_SALT, SIGN_IN
from lms.core import clock

# How long the answer "nothing to do", noted in the session, holds. Asking costs queries.
CHECK_HOLDS = 600

# A shared device locks after so many seconds without use; how often a session is written at most.
IDLE = 600
SHARED_EVERY = 60
EVERY = 300
LOCKED, HELD, NEWS = "locked", "held_form", "sign_in_news"
# What was being typed on which page when it was locked: a page's own part goes back into it once.
DRAFTS, DRAFT_PAGES = "drafts", 5
# A long page in the editor's hand has some thousand fields.
HELD_FIELDS, HELD_LETTERS = 3000, 256 * 1024
CSRF = "csrfmiddlewaretoken"
DEVICE_HOLDS = 365 * 24 * 3600
OWNER_HOLDS = 14 * 24 * 3600

_ALWAYS = frozenset(
    {
        "account_lock", "account_unlock", "account_logout", "healthz", "readyz", "set_language", "javascript-catalog",
    }
)  # fmt: skip
_FOR_PASSWORD = _ALWAYS | {"account_change_password"}
_FOR_SECOND_FACTOR = _FOR_PASSWORD | {"account_reauthenticate"}


class DeviceMiddleware:
    """Follows a session on its device: the lock of a shared one, when it was last used, what nobody else may read.

    Costs no query; a shared session is written once a minute at most, others every five minutes, and only then is the
    person's list of sessions brought up to date and looked at for news.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_shared = bool(request.session.get(SIGN_IN, {}).get("shared"))
        response = self.get_response(request)
        token = getattr(request, "new_device", None)
        if token:
            response.set_cookie(
                DEVICE_COOKIE, token, max_age=DEVICE_HOLDS, httponly=True, samesite="Lax", secure=request.is_secure()
            )
        _keep_owner(request, response)
        _hold_of_ended_session(request, response)
        _forget_draft(request, response)
        # The session says whether somebody is signed in: asking for the account would cost a query where no view did.
        if SESSION_KEY in request.session:
            _follow_key(request)
            if response.get("Content-Type", "").startswith("text/html"):
                _keep_to_oneself(response)
            _write_no_lock_open(request)
        elif was_shared and request.is_secure():
            # Signed out: the pages of the one before are not to be found by going back.
            response["Clear-Site-Data"] = '"cache"'
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        noted = request.session.get(SIGN_IN)
        if not noted or name in _ALWAYS or getattr(view, "__module__", "") == "django.contrib.staticfiles.views":
            return None
        if not request.user.is_authenticated:
            return None
        if _has_held(request, name):
            return _send(request, "account_held")
        now = int(clock.now().timestamp())
        if noted["shared"] and (request.session.get(LOCKED) or now - noted["seen"] > IDLE):
            return _send_to_lock(request)
        _note_use(request, noted, now)
        return None


@contextmanager
def _alone(request: HttpRequest) -> Iterator[bool]:
    """The session as it stands now, held against every other request until the block is left and it is written; False
    where it was ended meanwhile.
    """
    with transaction.atomic():
        Session.objects.select_for_update().filter(pk=request.session.session_key).first()
        stands = type(request.session)(request.session.session_key)
        if SESSION_KEY not in stands:
            yield False
            return
        request.session = stands
        yield True
        stands.save()
        stands.modified = False


def lock(request: HttpRequest, address: str = "", written: str = "") -> None:
    """The key stays: two tabs lock in the same moment, and a new key for the first would sign the second out, and with
    it the person. ``address``, ``written``: see ``keep_draft``; each tab's is kept.
    """
    with _alone(request) as is_there:
        if is_there:
            request.session[LOCKED] = True
            keep_draft(request, address, written)


def _write_no_lock_open(request: HttpRequest) -> None:
    """What was under way while another tab locked must not write the session as it was before."""
    session = request.session
    is_shared = session.get(SIGN_IN, {}).get("shared")
    has_same_key = session.session_key == request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not session.modified or not is_shared or not has_same_key or session.get(LOCKED):
        return
    changed = dict(session.items())
    with _alone(request) as is_there:
        if not is_there:
            return
        kept = {
            key: request.session[key]
            for key in (LOCKED, DRAFTS)
            if LOCKED in request.session and key in request.session
        }
        request.session.clear()
        request.session.update({**changed, **kept})


def unlock(request: HttpRequest) -> None:
    request.session.pop(LOCKED, None)
    request.session[SIGN_IN] = {**request.session[SIGN_IN], "seen": int(clock.now().timestamp())}
    request.session.cycle_key()


def keep_draft(request: HttpRequest, address: str, written: str) -> None:
    """``written``: what the script of a shared device read off the forms of ``address``. It only ever goes back into
    the page of the same session; anything odd is dropped.
    """
    if not address or not written or len(written) > HELD_LETTERS:
        return
    try:
        forms = [
            {
                "place": int(each["place"]),
                "names": [str(name) for name in each["names"]],
                "values": [[str(name), str(value)] for name, value in each["values"]],
            }
            for each in json.loads(written)
        ]
    except (ValueError, TypeError, KeyError):
        return
    others = [pair for pair in request.session.get(DRAFTS, {}).items() if pair[0] != address]
    request.session[DRAFTS] = dict([*others[1 - DRAFT_PAGES :], (address, forms)])


def draft_of(request: HttpRequest) -> list[dict[str, Any]]:
    """What was typed on this very page before it was locked; nothing while it is."""
    if request.method != "GET" or request.session.get(LOCKED):
        return []
    found: list[dict[str, Any]] = request.session.get(DRAFTS, {}).get(request.get_full_path(), [])
    return found


def _forget_draft(request: HttpRequest, response: HttpResponse) -> None:
    if response.status_code != 200 or not response.get("Content-Type", "").startswith("text/html"):
        return
    if draft_of(request):
        drafts = request.session[DRAFTS]
        request.session[DRAFTS] = {path: kept for path, kept in drafts.items() if path != request.get_full_path()}


def _send_to_lock(request: HttpRequest) -> HttpResponse:
    """What a form was sending is kept until it is unlocked; a script is told 401 and keeps its own."""
    if not request.session.get(LOCKED):
        lock(request)
    if request.headers.get("X-Requested-With"):
        return HttpResponse(status=401)
    if request.method == "POST" and _may_be_kept(request):
        _hold(request)
    return _send(request, "account_lock")


def _hold(request: HttpRequest, **more: Any) -> None:
    fields = [(key, value) for key, values in request.POST.lists() for value in values if key != CSRF]
    if len(fields) <= HELD_FIELDS and sum(len(key) + len(value) for key, value in fields) <= HELD_LETTERS:
        held = {"path": request.get_full_path(), "fields": fields, "files": bool(request.FILES)}
        request.session[HELD] = {**held, **more}


def _keep_owner(request: HttpRequest, response: HttpResponse) -> None:
    """For as long as the session at most, and gone when somebody signs out."""
    owner = getattr(request, "new_owner", None)
    if owner:
        age = None if request.session.get_expire_at_browser_close() else request.session.get_expiry_age()
        response.set_cookie(
            OWNER_COOKIE, owner, max_age=age, httponly=True, samesite="Lax", secure=request.is_secure()
        )  # fmt: skip
    elif owner == "":
        response.delete_cookie(OWNER_COOKIE)


def _hold_of_ended_session(request: HttpRequest, response: HttpResponse) -> None:
    """A form that arrives after its session was ended elsewhere is not lost: it waits, on the server, until the same
    person has signed in again on this device. Of anybody else it is dropped.
    """
    signed_out = request.method == "POST" and SESSION_KEY not in request.session and OWNER_COOKIE in request.COOKIES
    doors = (reverse("account_login"), reverse("wagtailadmin_login"))
    is_refused = response.status_code == 302 and response["Location"].startswith(doors)
    is_script = getattr(request, "htmx", None) or request.headers.get("X-Requested-With")
    if not signed_out or not is_refused or is_script or not _may_be_kept(request):
        return
    try:
        owner = signing.loads(request.COOKIES[OWNER_COOKIE], salt=OWNER_SALT, max_age=OWNER_HOLDS)
    except signing.BadSignature:
        return
    _hold(request, owner=owner)


def _has_held(request: HttpRequest, name: str) -> bool:
    """Whether something that this person had sent waits for the next page that he opens."""
    owner = request.session.get(HELD, {}).get("owner")
    if owner is None or request.method != "GET" or name.startswith(("account_", "mfa_")):
        return False
    if owner != request.user.pk:
        del request.session[HELD]
        return False
    return not getattr(request, "htmx", None) and "text/html" in request.headers.get("Accept", "text/html")


def _may_be_kept(request: HttpRequest) -> bool:
    """No passwords and no codes: what is sent at sign-in and in the account is not held, but for what one writes about
    one's own data.
    """
    if any("password" in key for key in request.POST):
        return False
    return not request.path.startswith("/accounts/") or request.path.startswith("/accounts/privacy/")


def _note_use(request: HttpRequest, noted: dict[str, Any], now: int) -> None:
    every = SHARED_EVERY if noted["shared"] else EVERY
    if now - noted["seen"] < every:
        return
    noted = {**noted, "seen": now}
    if now - noted["told"] >= EVERY:
        noted["told"] = now
        services.seen(sign_in=noted["id"], at=clock.now())
        news = queries.sign_in_news(request.user, but=noted["id"])  # type: ignore[arg-type]
        request.session[NEWS] = [(row.agent, int(row.signed_in_at.timestamp())) for row in news]
    request.session[SIGN_IN] = noted


def _follow_key(request: HttpRequest) -> None:
    """Django gives a session a new key now and then (a new password, a lock): it stays the same sign-in."""
    noted, key = request.session.get(SIGN_IN), request.session.session_key
    if noted and key and noted["key"] != key:
        services.moved(sign_in=noted["id"], session_key=key)
        request.session[SIGN_IN] = {**noted, "key": key}


def _keep_to_oneself(response: HttpResponse) -> None:
    """No copy of a signed-in person's page stays on the device, so that "back" after signing out shows nothing."""
    if "no-store" not in response.get("Cache-Control", ""):
        patch_cache_control(response, private=True, no_store=True)


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

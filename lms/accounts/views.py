"""A person's own page, and the doors that all lead to the one sign-in page."""

from typing import cast
from urllib.parse import urlencode

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.views import account as cms_account

from lms.accounts import phones, queries, services
from lms.accounts.forms import NameForm, PinForm, UnlockForm
from lms.accounts.middleware import DRAFTS, HELD, LOCKED, NEWS
from lms.accounts.middleware import lock as lock_session
from lms.accounts.middleware import unlock as unlock_session
from lms.accounts.models import SignIn, User
from lms.accounts.receivers import SIGN_IN
from lms.core import clock
from lms.core.http import AuthenticatedRequest


@never_cache
@login_required
def overview(request: AuthenticatedRequest) -> HttpResponse:
    person = cast(User, request.user)
    return render(
        request,
        "account/overview.html",
        {
            "person": person,
            "phone": phones.display(person.phone) if person.phone else "",
            "has_second_factor": queries.has_second_factor(person),
            "needs_second_factor": queries.needs_second_factor(person),
            "has_pin": queries.has_pin(person),
            "news": [_news(row) for row in queries.sign_in_news(person, but=_own_sign_in(request))],
        },
    )


def _own_sign_in(request: HttpRequest) -> int | None:
    noted = request.session.get(SIGN_IN)
    return noted["id"] if noted else None


@csrf_exempt
@never_cache
def to_sign_in(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """Stands in front of Wagtail's own sign-in pages. Reads no credentials; keeps ``next`` if it is ours.

    Wagtail also sends those here who are signed in but may not open the CMS: sending them on to the sign-in page would
    send them back in a circle.
    """
    if request.user.is_authenticated:
        return redirect(resolve_url("account_overview"))
    target = reverse("account_login")
    following = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure()):
        target = f"{target}?{urlencode({'next': following})}"
    return HttpResponseRedirect(target)


@csrf_exempt
@never_cache
def to_password_reset(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return redirect("account_reset_password")


def to_overview(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """In place of allauth's pages for several e-mail addresses: an account here has one, kept by its unit."""
    return redirect("account_overview")


# --- Sessions, and the lock of a shared device ---------------------------------------------------------


@never_cache
@login_required
@require_safe
def sessions(request: AuthenticatedRequest) -> HttpResponse:
    """Where I am signed in."""
    person = cast(User, request.user)
    context = {
        "sessions": queries.open_sessions(person, current=request.session.session_key or ""),
        "past": queries.past_sign_ins(person),
        "news": [_news(row) for row in queries.sign_in_news(person, but=_own_sign_in(request))],
    }
    return render(request, "account/sessions.html", context)


def _news(row: SignIn) -> dict[str, object]:
    return {
        "pk": row.pk,
        "device": queries.device_words(row.agent),
        "address": row.address or "",
        "at": row.signed_in_at,
        "is_open": row.ended_at is None,
    }


@never_cache
@login_required
@require_POST
def end_session(request: AuthenticatedRequest) -> HttpResponse:
    """One of mine (``session``), or all but this one."""
    person, now = cast(User, request.user), clock.now()
    only = request.POST.get("session", "")
    if only and not (only.isascii() and only.isdecimal() and len(only) < 16):
        raise Http404
    current = request.session.session_key or ""
    ended = services.end_sessions(person=person, at=now, but=current, only=int(only) if only else None)
    if only and not ended and not SignIn.objects.filter(pk=int(only), person=person).exists():
        raise Http404
    messages.success(request, _("Signed out there. Whoever sits at it must sign in again."))
    return redirect("account_sessions")


@never_cache
@login_required
@require_POST
def answer_news(request: AuthenticatedRequest) -> HttpResponse:
    """ "That was me", or not: then everything else is signed out and a new password is due."""
    person, now = cast(User, request.user), clock.now()
    services.answer_notices(person=person, at=now)
    request.session.pop(NEWS, None)
    if request.POST.get("answer") != "no":
        messages.success(request, _("Good. The device is known from now on."))
        return redirect("account_sessions")
    services.end_sessions(person=person, at=now, but=request.session.session_key or "")
    messages.error(request, _("All other devices are signed out. Now choose a new password, and tell your unit."))
    return redirect("account_change_password")


@never_cache
@login_required
def pin(request: AuthenticatedRequest) -> HttpResponse:
    """Set, replace or remove the PIN that unlocks a shared device."""
    person = cast(User, request.user)
    if request.method == "POST" and request.POST.get("remove"):
        services.remove_pin(person=person)
        messages.success(request, _("The PIN is removed: the password alone unlocks."))
        return redirect("account_overview")
    if request.method == "POST" and not ratelimit.consume(request, action="pin", user=person):
        messages.error(request, _("Too many attempts: wait five minutes."))
        return redirect("account_pin")
    form = PinForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        services.set_pin(person=person, pin=form.cleaned_data["pin"], at=clock.now())
        messages.success(request, _("The PIN is set. It unlocks a shared device on which you are signed in already."))
        return redirect("account_overview")
    return render(request, "account/pin.html", {"form": form, "has_pin": queries.has_pin(person)})


@never_cache
@login_required
def lock(request: AuthenticatedRequest) -> HttpResponse:
    """A POST locks a shared device; the page asks for PIN or password."""
    noted = request.session.get(SIGN_IN)
    if not noted or not noted["shared"]:
        return redirect("account_overview")
    if request.method == "POST":
        following = _ours(request, request.POST.get("next", ""))
        lock_session(request, following, request.POST.get("drafts", ""))
        return redirect(f"{reverse('account_lock')}?{urlencode({'next': following})}")
    if not request.session.get(LOCKED):
        return redirect(_ours(request, request.GET.get("next", "")) or resolve_url("account_overview"))
    return _lock_page(request, UnlockForm())


def _lock_page(request: AuthenticatedRequest, form: UnlockForm) -> HttpResponse:
    person = cast(User, request.user)
    following = request.POST.get("next", "") or request.GET.get("next", "")
    context = {
        "form": form,
        "person": person,
        "has_pin": queries.has_pin(person),
        "next": _ours(request, following),
        "holds": HELD in request.session,
        "keeps": bool(request.session.get(DRAFTS)),
    }
    return render(request, "account/lock.html", context)


@never_cache
@login_required
@require_POST
def unlock(request: AuthenticatedRequest) -> HttpResponse:
    """By PIN or password; after five wrong ones the session ends. A PIN opens nothing that was not open before."""
    noted = request.session.get(SIGN_IN)
    if not noted or not request.session.get(LOCKED):  # another tab was first
        return redirect(_ours(request, request.POST.get("next", "")) or resolve_url("account_overview"))
    form = UnlockForm(request.POST)
    if not form.is_valid():
        return _lock_page(request, form)
    person = cast(User, request.user)
    opened = services.try_unlock(sign_in=noted["id"], person=person, words=form.cleaned_data["words"])
    if opened is None:
        logout(request)
        messages.error(request, _("Five wrong attempts: this device is signed out. Sign in with your password."))
        return redirect("account_login")
    if not opened:
        form.add_error("words", _("This is neither your PIN nor your password."))
        return _lock_page(request, form)
    unlock_session(request)
    if held := request.session.pop(HELD, None):
        return render(request, "account/held.html", {"held": held})
    return redirect(_ours(request, request.POST.get("next", "")) or resolve_url("home:learn"))


@never_cache
@login_required
@require_safe
def held(request: AuthenticatedRequest) -> HttpResponse:
    """What somebody had sent when the session was over: once, to that very person, who sends it or leaves it."""
    found = request.session.pop(HELD, None)
    if not found or found.get("owner") != request.user.pk:
        return redirect("home:learn")
    return render(request, "account/held.html", {"held": found, "has_ended": True})


def _ours(request: HttpRequest, address: str) -> str:
    """``address`` if it is one of this site, else ""."""
    fits = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if fits else ""


class NamePanel(cms_account.NameEmailSettingsPanel):  # type: ignore[misc]
    form_class = NameForm


class CmsAccountView(cms_account.AccountView):  # type: ignore[misc]
    """Wagtail's account page asks for first and last name, which our accounts do not have."""

    def get_panels(self) -> list[cms_account.BaseSettingsPanel]:
        panels = super().get_panels()
        return [
            NamePanel(panel.request, panel.user, panel.profile)
            if type(panel) is cms_account.NameEmailSettingsPanel
            else panel
            for panel in panels
        ]

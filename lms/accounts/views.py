"""A person's own page, and the doors that all lead to the one sign-in page."""

from typing import cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from wagtail.admin.views import account as cms_account

from lms.accounts import phones, queries
from lms.accounts.forms import NameForm
from lms.accounts.models import User
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
        },
    )


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

"""Requests whose user is known: views behind a sign-in annotate with this and mypy knows whose page it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class AuthenticatedRequest(HttpRequest):
    user: AbstractBaseUser  # type: ignore[assignment]
    htmx: HtmxDetails

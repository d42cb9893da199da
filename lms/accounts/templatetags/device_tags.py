import datetime as dt
from typing import Any

from django import template

from lms.accounts.middleware import draft_of
from lms.accounts.models import CODE_HOLDS
from lms.core import clock

register = template.Library()


@register.simple_tag(takes_context=True)
def typed_before(context: dict[str, Any]) -> list[dict[str, Any]]:
    """What was being typed on this page when the screen was locked. No query; the session is read already."""
    return draft_of(context["request"])


@register.simple_tag
def one_time_codes_until() -> dt.date:
    """The last day of a code that is issued today."""
    return clock.today() + CODE_HOLDS - dt.timedelta(days=1)

from typing import Any

from django import template

from lms.accounts.middleware import draft_of

register = template.Library()


@register.simple_tag(takes_context=True)
def typed_before(context: dict[str, Any]) -> list[dict[str, Any]]:
    """What was being typed on this page when the screen was locked. No query; the session is read already."""
    return draft_of(context["request"])

from typing import Any

from django import template

from lms.core import navigation

register = template.Library()


@register.simple_tag(takes_context=True)
def main_navigation(context: dict[str, Any]) -> list[navigation.Link]:
    request = context.get("request")
    return navigation.links(request) if request is not None else []


@register.simple_tag(takes_context=True)
def area_navigation(context: dict[str, Any]) -> list[navigation.Link]:
    request = context.get("request")
    return navigation.area_links(request) if request is not None else []

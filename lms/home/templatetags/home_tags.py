from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from courses.models import CoursePage
from lms.core import clock
from lms.fanpages.queries import Named, own_units
from lms.home.models import TextPage
from lms.home.rules import guide_cookie

register = template.Library()


@register.simple_tag
def open_courses() -> list[CoursePage]:
    return list(CoursePage.objects.live().order_by("path"))


@register.inclusion_tag("home/_guide.html", takes_context=True)
def first_visit_guide(context: dict[str, Any], who: str) -> dict[str, Any]:
    """The guide for people of this kind, until they have put it away on this device. One query until then."""
    request = context["request"]
    hidden = request.COOKIES.get(guide_cookie(who)) == "1"
    page = None if hidden else TextPage.objects.live().filter(guide_for=who).first()
    return {"guide": page, "who": who, "request": request, "csrf_token": context.get("csrf_token")}


@register.simple_tag
def guides() -> list[TextPage]:
    """All guides, for the foot of the home page."""
    return list(TextPage.objects.live().exclude(guide_for="").order_by("path"))


@register.filter
def with_vietnamese_search(html: SafeString) -> SafeString:
    """The first page of the CMS, its search button labelled in the reader's language."""
    label = escape(_("Search"))
    return mark_safe(html.replace('value="Search"', f'value="{label}"'))  # noqa: S308  Wagtail's own rendered block


@register.simple_tag(takes_context=True)
def own_pages(context: dict[str, Any]) -> list[Named]:
    """The units whose page is among the duties of whoever reads this. Two queries, one without such a duty."""
    return own_units(context["request"].user, clock.today())

"""Vietnamese numbers: 6.200 and 77,8 %; n/m (%) for every share; 45 phút, 2,5 giờ."""

from django import template
from django.utils.translation import gettext as _

from lms.core import numbers

register = template.Library()
register.filter("number", numbers.number)
register.filter("percent", numbers.percent)
register.simple_tag(numbers.share, name="share")


@register.filter
def duration(minutes: int) -> str:
    """Minutes as one says them; from an hour and a half on in hours, to the nearest half."""
    if minutes < 90:
        return _("%(count)s minutes") % {"count": numbers.number(minutes)}
    halves = (minutes + 15) // 30
    return _("%(count)s hours") % {"count": numbers.number(halves / 2, places=halves % 2)}

"""Vietnamese numbers: 6.200 and 77,8 %; n/m (%) for every share."""

from django import template

from lms.core import numbers

register = template.Library()
register.filter("number", numbers.number)
register.filter("percent", numbers.percent)
register.simple_tag(numbers.share, name="share")

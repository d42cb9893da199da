from django import template

from lms.accounts.models import User
from lms.people.services import viewing

register = template.Library()


@register.simple_tag
def may_view_as(viewer: User, person: User) -> bool:
    """What ``services.viewing.begin`` will say; two queries for an ordinary officer."""
    return viewing.may_view_as(viewer, person)

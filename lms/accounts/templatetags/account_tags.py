from django import template

from lms.accounts import queries
from lms.accounts.models import User

register = template.Library()


@register.simple_tag
def must_change_password(person: User) -> bool:
    return person.is_authenticated and queries.must_change_password(person)


@register.simple_tag
def owes_second_factor(person: User) -> bool:
    """A few queries: for the pages of the second factor only."""
    return person.is_authenticated and queries.needs_second_factor(person) and not queries.has_second_factor(person)

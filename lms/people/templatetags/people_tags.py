from django import template

from lms.accounts.models import User
from lms.people import queries

register = template.Library()


@register.simple_tag
def appointments_of(person: User) -> list[queries.Service]:
    return queries.services_of(person)

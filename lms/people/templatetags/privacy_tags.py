from django import template

from lms.accounts.models import User
from lms.people import privacy_queries
from lms.people.models import DataRequest

register = template.Library()


@register.simple_tag
def data_answers_of(person: User) -> list[DataRequest]:
    return privacy_queries.answered_lately(person)

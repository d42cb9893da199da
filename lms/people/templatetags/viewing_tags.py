from django import template

from lms.accounts.models import User
from lms.people.services import viewing
from lms.units.models import Grant
from lms.units.scope import people_in_scope

register = template.Library()


@register.simple_tag
def may_view_as(viewer: User, person: User) -> bool:
    """What ``services.viewing.begin`` will say; two queries for an ordinary officer."""
    return viewing.may_view_as(viewer, person)


@register.simple_tag
def may_explain(viewer: User, person: User) -> bool:
    """Whether the page that tells who sees the data of ``person`` opens for ``viewer``. Two queries at most."""
    if viewer.is_superuser or viewer.pk == person.pk:
        return True
    return User.objects.filter(people_in_scope(viewer, Grant.Right.APPROVE), pk=person.pk).exists()

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from lms.accounts.models import User
from lms.people.models import Approval
from lms.people.services import approvals
from lms.units.rules.changes import Problem

register = template.Library()


@register.filter
def sentence(problem: Problem) -> str:
    """In the reader's language."""
    return _(problem.reason) % problem.params


@register.simple_tag
def approval_link(approval: Approval, person: User) -> str:
    """Where ``person`` decides; "" for whoever may not. Three queries at most."""
    if not approvals.may_decide(person, approval):
        return ""
    try:
        return reverse("people:approval", args=[approval.pk])
    except NoReverseMatch:
        return reverse("people:approvals")

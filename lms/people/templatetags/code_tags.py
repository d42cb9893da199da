from dataclasses import dataclass

from django import template
from django.db.models import Q

from lms.accounts.models import User
from lms.accounts.rules import counts_as_staff
from lms.people import account_queries
from lms.people.account_forms import NAMES
from lms.people.services import codes, resets
from lms.units.models import Grant
from lms.units.scope import granted_units

register = template.Library()


@register.simple_tag
def last_reset(person: User) -> account_queries.Reset | None:
    """When the unit replaced this person's password: to be told at the forced change. Two queries at most."""
    return account_queries.last_reset(person) if person.is_authenticated else None


@register.simple_tag
def resets_of(person: User) -> list[account_queries.Reset]:
    return account_queries.resets(person)


@register.simple_tag
def rights_of(person: User) -> list[account_queries.Holder]:
    return account_queries.own_rights(person)


@register.simple_tag
def found_for_code(viewer: User, person_id: int) -> account_queries.Found | None:
    """The person, if ``viewer`` may bring in people where that person serves; None else. Eight queries at most."""
    if not granted_units(viewer, Grant.Right.IMPORT):
        return None
    within = Q() if viewer.is_superuser else account_queries.within_import(viewer)
    person = account_queries.account_with_id(str(person_id), within=within & ~Q(pk=viewer.pk))
    return account_queries.described([person])[0] if person else None


@dataclass(frozen=True)
class Doors:
    """What ``viewer`` may do about the sign-in of a person."""

    new_code: bool
    ask_reset: bool
    reset_staff: bool
    sessions: bool


@register.simple_tag
def sign_in_doors(viewer: User, person: User) -> Doors | None:
    """None where there is nothing to do. A dozen queries: for the card of one person only."""
    doors = Doors(
        new_code=found_for_code(viewer, person.pk) is not None and not counts_as_staff(person) and not person.is_demo,
        ask_reset=resets.may_ask(viewer, person),
        reset_staff=codes.may_reset_staff(viewer, person) and counts_as_staff(person),
        sessions=codes.may_end_sessions(viewer, person),
    )
    return doors if doors != Doors(False, False, False, False) else None


@register.simple_tag
def may_ask_reset(viewer: User, person: User) -> bool:
    return resets.may_ask(viewer, person)


@register.filter
def right_name(right: str) -> str:
    return str(NAMES[right])

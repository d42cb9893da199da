from dataclasses import dataclass

from django import template

from lms.accounts import phones
from lms.accounts.models import User
from lms.people import merging_queries as queries
from lms.people.models import AccountAlias

register = template.Library()


@dataclass(frozen=True)
class Door:
    """``survivor_id``: where an old account leads; ``united``: numbers of what was united with this one."""

    may: bool
    survivor_id: int | None = None
    united: tuple[int, ...] = ()

    @property
    def alias(self) -> bool:
        return self.survivor_id is not None


@register.filter
def phone_shown(stored: str) -> str:
    """ "+84912345678" → "0912 345 678"."""
    return phones.display(stored)


@register.simple_tag
def merge_door(viewer: User, person: User) -> Door:
    """What the card of ``person`` offers: the account that goes on, uniting with another one, or nothing."""
    if not person.is_active:
        return Door(False, queries.survivors([person.pk]).get(person.pk))
    if not queries.people_in_hand(viewer).filter(pk=person.pk).exists():
        return Door(False)
    united = AccountAlias.objects.standing().filter(survivor=person)
    return Door(True, united=tuple(united.values_list("pk", flat=True)))

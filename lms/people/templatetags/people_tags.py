from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lms.accounts import phones
from lms.accounts.models import User
from lms.people import queries, rules
from lms.people.enums import FIELDS
from lms.people.formats import headings
from lms.people.models import RosterRow

register = template.Library()


@register.simple_tag
def appointments_of(person: User) -> list[queries.Service]:
    return queries.services_of(person)


@register.filter
def changes(row: RosterRow) -> list[tuple[str, str, str]]:
    """What a row would change: the field's name, the old and the new; "removed" where nothing is to stand there."""
    removed = pgettext("difference", "removed")
    return [(str(FIELDS[key]), old or "–", new or removed) for key, (old, new) in row.changes.items()]


@register.filter
def phone(stored: str) -> str:
    return phones.display(stored)


@register.filter
def born(row: RosterRow) -> str:
    return f"{row.born_on:%d/%m/%Y}" if row.born_on else str(row.birth_year or "")


@register.filter
def duty(row: RosterRow) -> str:
    return rules.DUTIES.get(row.page_duty, "") if row.page_duty not in ("", "-") else ""


@register.filter
def of_post(row: RosterRow) -> list[str]:
    """What the row says of its post beyond position and duty, in words: further, acting, last day, decision."""
    said = rules.said_of_post(row.original)
    words = [_("further post")] if said.get("kind") == rules.FURTHER else []
    words += [_("acting or in charge")] if said.get("is_acting") else []
    if said.get("last_day"):
        words.append(_("until %(day)s") % {"day": f"{said['last_day']:%d/%m/%Y}"})
    return [*words, *([said["decision"]] if said.get("decision") else [])]


@register.filter
def understood(head: str) -> str:
    """What a heading as written is read as, in words; "" for one that is not known or not read."""
    return field_words(headings.meaning(head, {}))


@register.filter
def field_words(column: str) -> str:
    """What a column is read as, in words; "" for one that is not read."""
    return str(FIELDS.get(column, ""))

"""Clearing a legal paragraph: a reviewer puts a name to exactly this text. A clearance is never taken back: a text that
should not stand is changed, and a changed text is not cleared.
"""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from wagtail.models import Page

from courses.models import Activity, LegalClearance
from courses.queries import legal
from courses.queries.legal import Paragraph
from lms.accounts.models import User
from lms.core import audit


class OwnTextError(Exception):
    """Four eyes: whoever wrote the text does not clear it."""


def may_clear(entry: Paragraph, by: User) -> bool:
    """``by`` has the permission; is it another's text? A superuser may clear everything."""
    return by.is_superuser or legal.first_author(entry) != by


def clear(*, entry: Paragraph, by: User, at: dt.datetime) -> LegalClearance:
    """Readers see the name at once. A second call finds the first clearance. Raises OwnTextError."""
    if not may_clear(entry, by):
        raise OwnTextError
    with transaction.atomic():
        row, is_new = LegalClearance.objects.get_or_create(
            page_key=entry.page_key,
            block_id=entry.block_id,
            text_hash=entry.text_hash,
            defaults={"cleared_by": by, "cleared_by_name": by.full_name or by.username, "cleared_at": at},
        )
        if is_new:
            mirror([entry.page_key])
            page = Page.objects.get(pk=entry.page_id)
            audit.record("courses.clear_legal", page, actor=by, heading=entry.heading, text_hash=entry.text_hash)
    legal.forget_count()
    return row


def mirror(keys: Iterable[UUID]) -> None:
    """Bring ``Activity.cleared_legal`` in step with the clearances. One query, and one for each page that differs."""
    keys = list(keys)
    cleared = legal.cleared_of(keys)
    for activity in Activity.objects.filter(key__in=keys):
        if activity.cleared_legal != cleared[activity.key]:
            Activity.objects.filter(pk=activity.pk).update(cleared_legal=cleared[activity.key])

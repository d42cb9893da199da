"""Seeing the site as somebody else, to help: who may, for how long, and what the log says of it.

Reading only; that nothing is written meanwhile is the middleware's matter (lms.people.middleware).
"""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

from lms.accounts.models import User
from lms.core import audit, clock
from lms.people.account_queries import places_of
from lms.people.models import Viewing
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Grant
from lms.units.scope import granted_paths, people_in_scope

LASTS = dt.timedelta(minutes=15)
_TRIES = 5


def may_view_as(viewer: User, person: User) -> bool:
    """Whoever holds "approve" where ``person`` serves today; a superuser anybody. Never a superuser, never oneself, and
    nobody who may more than the viewer: neither a right over units nor a permission in the CMS.

    Two queries for an ordinary officer, a few more for one with rights.
    """
    if not (viewer.is_active and person.is_active) or viewer.pk == person.pk or person.is_superuser:
        return False
    if viewer.is_superuser:
        return True
    if not User.objects.filter(people_in_scope(viewer, Grant.Right.APPROVE), pk=person.pk).exists():
        return False
    for held in Grant.objects.on(clock.today()).filter(person=person).select_related("unit"):
        if not any(held.unit.path.startswith(path) for path in granted_paths(viewer, held.right)):
            return False
    return person.get_all_permissions() <= viewer.get_all_permissions()


def begin(*, viewer: User, person: User, reason: str, at: dt.datetime) -> Viewing:
    """From now for a quarter of an hour. What the viewer had begun elsewhere ends. Raises NotAllowedError."""
    if not may_view_as(viewer, person) or not reason.strip():
        raise NotAllowedError
    for _try in range(_TRIES):
        begun = _begin(viewer, person, reason.strip(), at)
        # A doubled click, or another window: what that began is just as good where it is about the same person.
        begun = begun or Viewing.objects.filter(viewer=viewer, person=person, ended_at__isnull=True).first()
        if begun is not None:
            return begun
    raise NotAllowedError


def _begin(viewer: User, person: User, reason: str, at: dt.datetime) -> Viewing | None:
    """None where somebody else began one for the same viewer in this moment."""
    with transaction.atomic():
        for standing in Viewing.objects.filter(viewer=viewer, ended_at__isnull=True).select_related("viewer", "person"):
            end(viewing=standing, at=at)
        try:
            with transaction.atomic():
                viewing = Viewing.objects.create(
                    viewer=viewer, person=person, reason=reason, began_at=at, ends_at=at + LASTS
                )
        except IntegrityError:
            return None
        audit.record("people.view_as", person, actor=viewer, reason=viewing.reason, **_where(person))
    return viewing


def end(*, viewing: Viewing, at: dt.datetime) -> bool:
    """False when it had ended before. One that nobody ended in time ended when its time was up."""
    ended_at = max(min(at, viewing.ends_at), viewing.began_at)
    with transaction.atomic():
        won = Viewing.objects.filter(pk=viewing.pk, ended_at__isnull=True).update(ended_at=ended_at)
        if won:
            minutes = round((ended_at - viewing.began_at).total_seconds() / 60)
            audit.record(
                "people.end_view_as", viewing.person, actor=viewing.viewer, minutes=minutes, **_where(viewing.person)
            )
    return bool(won)


def standing(pk: int, *, viewer: User, at: dt.datetime) -> Viewing | None:
    """The viewing, if it holds at ``at`` and the viewer may still; one whose time or right is gone is ended here."""
    viewing = Viewing.objects.filter(pk=pk, viewer=viewer, ended_at__isnull=True).select_related("person").first()
    if viewing is None:
        return None
    if viewing.began_at <= at < viewing.ends_at and may_view_as(viewer, viewing.person):
        return viewing
    end(viewing=viewing, at=at)
    return None


def expire() -> int:
    """For the sweep: what nobody ended is ended; returns how many."""
    over = Viewing.objects.filter(ended_at__isnull=True, ends_at__lte=clock.now()).select_related("viewer", "person")
    return sum(end(viewing=viewing, at=viewing.ends_at) for viewing in over)


def _where(person: User) -> dict[str, Any]:
    place = places_of([person], on=clock.today()).get(person.pk)
    return {"unit": place.unit.id, "path": place.unit.path} if place and place.unit else {}

"""Writes: what a row of a roster does to appointments; answers what it changed, for services.roster_undo."""

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from lms.accounts.models import User
from lms.core import audit, clock
from lms.people.rules import Entry
from lms.units.models import Appointment, Unit
from lms.units.services.appointments import appoint
from lms.units.services.errors import RefusedError

# What a row changes in the very appointment that it names.
_IN_PLACE = ("position", "page_duty", "is_acting", "ends_on", "decision")
# What makes another appointment, once it changes on a later day.
_ANOTHER = ("position", "page_duty", "is_acting")


def serve(person: User, unit: Unit, entry: Entry, *, is_new: bool, importer: User) -> dict[str, Any]:
    """The appointment of the row, inside the caller's transaction; answers ``made`` (with ``until``, its end),
    ``ended`` [id, end before, end now], ``corrected`` {id, each field of the appointment before and now}. Raises
    RefusedError.
    """
    if entry.is_further:
        return _further(person, unit, entry, importer)
    today = clock.today()
    starts_on = entry.starts_on or today
    held = {} if is_new else {post.pk: post for post in Appointment.objects.filter(person=person)}
    ahead = Appointment.objects.on(max(starts_on, today)).filter(person=person, is_primary=True)
    post = None if is_new else ahead.first()
    if post and post.unit_id == unit.pk and (starts_on <= post.starts_on or _is_told_more_of(post, entry)):
        return {"corrected": _correct(post, entry, importer)}
    position = entry.position or (post.position if post else "")
    duty = entry.page_duty if entry.page_duty is not None else (post.page_duty if post else "")
    made = _appoint(person, unit, entry, position, duty, starts_on, importer, is_primary=True)
    now = {} if is_new else dict(Appointment.objects.filter(pk__in=held).values_list("pk", "ends_on"))
    ended = [
        [pk, _plain(before.ends_on), _plain(now[pk])] for pk, before in held.items() if before.ends_on != now.get(pk)
    ]
    return _told(made, held, ended)


def _is_told_more_of(post: Appointment, entry: Entry) -> bool:
    """The row only adds to the appointment of today (a number, a last day) or takes that away, and gives no later day
    for it.
    """
    said = _values(post, entry)
    same = all(said[field] == getattr(post, field) for field in _ANOTHER)
    return same and (entry.starts_on is None or not entry.decision or "decision" not in _changed(post, said))


def _further(person: User, unit: Unit, entry: Entry, importer: User) -> dict[str, Any]:
    """As ``rules.further_post`` finds it: the same position in the unit, or what began on the very day."""
    today = clock.today()
    starts_on = entry.starts_on or today
    held = {post.pk: post for post in Appointment.objects.filter(person=person)}
    day = max(starts_on, today)
    there = [
        post
        for post in sorted(held.values(), key=lambda post: post.pk)
        if not post.is_primary
        and post.unit_id == unit.pk
        and post.starts_on <= day
        and (post.ends_on is None or day < post.ends_on)
    ]
    same = [post for post in there if post.position == entry.position]
    began = [post for post in same or there if post.starts_on == entry.starts_on]
    post = next(iter(began or same), None)
    if post:
        return {"corrected": _correct(post, entry, importer)}
    made = _appoint(
        person, unit, entry, entry.position, entry.page_duty or "", starts_on, importer, is_primary=False
    )  # fmt: skip
    return _told(made, held, [])


def _appoint(
    person: User,
    unit: Unit,
    entry: Entry,
    position: str,
    page_duty: str,
    starts_on: dt.date,
    importer: User,
    *,
    is_primary: bool,
) -> Appointment:
    return appoint(
        person=person,
        unit=unit,
        position=position,
        page_duty=page_duty,
        starts_on=starts_on,
        actor=importer,
        is_primary=is_primary,
        is_acting=bool(entry.is_acting),
        ends_on=_ends_on(entry),
        decision=entry.decision,
        transfer=is_primary,
    )


def _told(made: Appointment, held: dict[int, Appointment], ended: list[list[Any]]) -> dict[str, Any]:
    is_made = made.pk not in held
    return {"made": made.pk if is_made else None, "until": _plain(made.ends_on) if is_made else None, "ended": ended}


def _correct(post: Appointment, entry: Entry, importer: User) -> dict[str, Any]:
    """The very appointment of the row, spelled better or told more of."""
    said = _values(post, entry)
    changed = _changed(post, said)
    if "ends_on" in changed and post.is_primary:
        _demand_alone(post, said["ends_on"])
    kept: dict[str, Any] = {"id": post.pk}
    # Position and duty are told in any case: the log and the page about taking back say both.
    fields = [field for field in _IN_PLACE if field in changed or field in ("position", "page_duty")]
    before = {field: _plain(getattr(post, field)) for field in fields}
    for field in fields:
        kept[field] = [before[field], _plain(said[field])]
        setattr(post, field, said[field])
    post.save(update_fields=fields)
    audit.record(
        "people.roster_corrected", post.person, actor=importer, before=before,
        after={field: kept[field][1] for field in fields}, unit=post.unit_id, path=post.unit.path,
    )  # fmt: skip
    return kept


def _values(post: Appointment, entry: Entry) -> dict[str, Any]:
    """What the appointment would say; what the row does not say stays."""
    return {
        "position": entry.position or post.position,
        "page_duty": post.page_duty if entry.page_duty is None else entry.page_duty,
        "is_acting": post.is_acting if entry.is_acting is None else entry.is_acting,
        "ends_on": None if "last_day" in entry.clears else _ends_on(entry) or post.ends_on,
        "decision": "" if "decision" in entry.clears else entry.decision or post.decision,
    }


def _changed(post: Appointment, said: dict[str, Any]) -> set[str]:
    return {field for field, value in said.items() if value != getattr(post, field)}


def _demand_alone(post: Appointment, ends_on: dt.date | None) -> None:
    """Nobody has two main posts on one day. Raises RefusedError."""
    later = Q(starts_on__gte=post.starts_on)
    if ends_on:
        later &= Q(starts_on__lt=ends_on)
    other = Appointment.objects.filter(later, person=post.person_id, is_primary=True).exclude(pk=post.pk).first()
    if other:
        raise RefusedError(
            gettext_noop("the person has a primary appointment from %(day)s on"), day=f"{other.starts_on:%d/%m/%Y}"
        )


def _ends_on(entry: Entry) -> dt.date | None:
    """The first day on which it no longer holds."""
    return entry.last_day + dt.timedelta(days=1) if entry.last_day else None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value

"""Writes: who gives which right to whom, and accounts for managers who are not in the system yet.

Beside superusers only those may give who hold "approve" over the unit, only rights that they hold there themselves, and
never to themselves. Every step is logged by the services of lms.units.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_noop

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.accounts.queries import account_with_email
from lms.core import audit, clock, text
from lms.people.account_queries import made_by
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import granted_units, people_in_scope
from lms.units.services.appointments import appoint, grant, is_open, revoke_grant
from lms.units.services.errors import RefusedError

# The same words again within this time are a second click, not a second person.
SECOND_CLICK = dt.timedelta(minutes=10)


class LastApproverError(Exception):
    """Nobody in the province could approve any more: to be said twice."""


class TakenError(Exception):
    """Another account has this ``field`` (phone, email), or somebody of this name serves in the unit ("namesake")."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def governed_units(person: User) -> list[Unit]:
    """The tops of the subtrees in which ``person`` may give rights today. One query."""
    return granted_units(person, Grant.Right.APPROVE)


def rights_to_give(by: User, unit: Unit) -> list[str]:
    """What ``by`` may give over ``unit``, in the order of ``Grant.Right``; nothing outside the governed subtrees.

    A query for each right.
    """
    if by.is_superuser:
        return list(Grant.Right.values) if by.is_active else []

    def holds(right: str) -> bool:
        return any(unit.path.startswith(top.path) for top in granted_units(by, right))

    return [right for right in Grant.Right.values if holds(right)] if holds(Grant.Right.APPROVE) else []


def may_choose(by: User, person: User) -> bool:
    """Superusers choose anybody who is active; others among the people of their own units, and nobody himself."""
    if not person.is_active or person.pk == by.pk:
        return False
    return by.is_superuser or User.objects.filter(people_in_scope(by, Grant.Right.APPROVE), pk=person.pk).exists()


def give(
    *, person: User, unit: Unit, rights: Iterable[str], by: User, at: dt.datetime, ends_on: dt.date | None = None
) -> list[Grant]:
    """Each right over the subtree of ``unit`` from today on; ``ends_on`` is the first day without it.

    What holds already with the same end is left as it is, so that a second click changes nothing; with another end it
    ends today and is given anew (a renewal). Raises NotAllowedError for what ``by`` may not give, and to whom;
    RefusedError for a closed unit, an end that has passed, or one after the day on which ``by`` loses the right.
    """
    if not may_choose(by, person):
        raise NotAllowedError
    return _give(person=person, unit=unit, rights=rights, by=by, at=at, ends_on=ends_on)


@transaction.atomic
def _give(
    *, person: User, unit: Unit, rights: Iterable[str], by: User, at: dt.datetime, ends_on: dt.date | None
) -> list[Grant]:
    today = clock.day_of(at)
    wanted = [right for right in Grant.Right.values if right in set(rights)]
    if not wanted or not set(rights) <= set(rights_to_give(by, unit)):
        raise NotAllowedError
    _demand_days(unit, today, ends_on)
    _demand_no_longer_than_oneself(by, unit, wanted, today, ends_on)
    # Two clicks at once: the second waits here and finds what the first has given.
    User.objects.select_for_update().get(pk=person.pk)
    given = []
    for right in wanted:
        held = Grant.objects.on(today).filter(person=person, unit=unit, right=right).first()
        if held and held.ends_on != ends_on:
            revoke_grant(grant=held, ends_on=today, actor=by)
        given.append(grant(person=person, unit=unit, right=right, starts_on=today, ends_on=ends_on, actor=by))
    return given


def _demand_days(unit: Unit, today: dt.date, ends_on: dt.date | None) -> None:
    if not is_open(unit, today):
        raise RefusedError(gettext_noop("the unit is not open on %(day)s"), day=f"{today:%d/%m/%Y}")
    if ends_on is not None and ends_on <= today:
        raise RefusedError(gettext_noop("the last day must not lie in the past"))


def held_until(by: User, unit: Unit, rights: Iterable[str], on: dt.date) -> dt.date | None:
    """The first day on which ``by`` holds not all of ``rights`` over ``unit`` any more; None where no day is set. A
    query.
    """
    if by.is_superuser:
        return None
    wanted = set(rights)
    above = [unit.path[:size] for size in range(Unit.steplen, len(unit.path) + 1, Unit.steplen)]
    rows = Grant.objects.on(on).filter(person=by, right__in=wanted, unit__path__in=above)
    ends: dict[str, list[dt.date | None]] = {}
    for right, ends_on in rows.values_list("right", "ends_on"):
        ends.setdefault(right, []).append(ends_on)
    known = [max(filter(None, days)) for days in ends.values() if None not in days]
    return min(known, default=None)


def _demand_no_longer_than_oneself(
    by: User, unit: Unit, rights: list[str], today: dt.date, ends_on: dt.date | None
) -> None:
    """Nobody gives more than he holds, in time neither."""
    own = held_until(by, unit, rights, today)
    if own is not None and (ends_on is None or ends_on > own):
        last = own - dt.timedelta(days=1)
        raise RefusedError(
            gettext_noop("you hold these rights yourself until %(day)s only: give them until then at most"),
            day=f"{last:%d/%m/%Y}",
        )


def is_last_approver(held: Grant) -> bool:
    """Whether the province of ``held`` would be left without anybody of its own who approves. Two queries at most."""
    if held.right != Grant.Right.APPROVE or held.unit.level.key != "province":
        return False
    others = Grant.objects.on(clock.today()).filter(unit=held.unit, right=Grant.Right.APPROVE, person__is_active=True)
    return not others.exclude(person=held.person_id).exists()


def may_end(by: User, held: Grant) -> bool:
    """Whoever may give it may end it; nobody ends his own (the level above does)."""
    return held.person_id != by.pk and held.right in rights_to_give(by, held.unit)


def end(*, held: Grant, by: User, at: dt.datetime, though_last: bool = False) -> None:
    """The right is gone at once. A second call does nothing. NotAllowedError for what ``by`` may not end;
    LastApproverError, unless ``though_last``, where nobody of the province could approve any more.
    """
    if not may_end(by, held):
        raise NotAllowedError
    if not though_last and is_last_approver(held):
        raise LastApproverError
    revoke_grant(grant=held, ends_on=clock.day_of(at), actor=by)


def make_manager(
    *,
    full_name: str,
    phone: str | None,
    email: str,
    unit: Unit,
    position: str,
    rights: Iterable[str],
    by: User,
    at: dt.datetime,
    ends_on: dt.date | None = None,
    is_namesake: bool = False,
) -> tuple[User, str]:
    """An account, the post in ``unit`` from today on, the rights over its subtree, and a one-time code for it.

    A second click (the same words by the same person within ten minutes, nobody signed in) gives the same account a
    new code. Raises NotAllowedError, RefusedError, and TakenError for what the form can put right; then nothing is
    written. ``is_namesake``: somebody of this name serves in the unit, and this is another.
    """
    rights = set(rights)
    if not {*rights, Grant.Right.IMPORT.value} <= set(rights_to_give(by, unit)):
        raise NotAllowedError
    with transaction.atomic():
        Unit.objects.select_for_update().get(pk=unit.pk)  # two clicks at once: the second waits here
        name, post = text.clean(full_name), text.clean(position)
        person = _just_made(name, phone, email, unit, post, by, at)
        if person is None:
            _demand_free(name, phone, email, unit, clock.day_of(at), is_namesake)
            person = accounts.create_account(full_name=name, phone=phone, email=email)
            appoint(person=person, unit=unit, position=post, starts_on=clock.day_of(at), actor=by)
            audit.record("people.make_account", person, actor=by, unit=unit.pk, path=unit.path)
        if rights:
            _give(person=person, unit=unit, rights=rights, by=by, at=at, ends_on=ends_on)
        code = accounts.issue_one_time_codes([person])[person.pk]
    return person, code


def _just_made(
    name: str, phone: str | None, email: str, unit: Unit, position: str, by: User, at: dt.datetime
) -> User | None:
    """What the same click has made a moment ago."""
    posts = Appointment.objects.filter(unit=unit, position=position, starts_on=clock.day_of(at))
    made = User.objects.filter(
        full_name=name, phone=phone or None, email=email, pk__in=posts.values("person_id"), last_login__isnull=True,
        must_change_password=True, is_active=True, is_superuser=False, date_joined__gt=at - SECOND_CLICK,
    )  # fmt: skip
    ours = (person for person in made.order_by("-pk") if made_by(person, by))
    return next(ours, None)


def _demand_free(name: str, phone: str | None, email: str, unit: Unit, today: dt.date, is_namesake: bool) -> None:
    if phone and User.objects.filter(phone=phone).exists():
        raise TakenError("phone")
    if account_with_email(email):
        raise TakenError("email")
    serving = Appointment.objects.on(today).filter(unit=unit, person__full_name=name)
    if not is_namesake and serving.exists():
        raise TakenError("namesake")

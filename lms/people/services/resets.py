"""Writes: a manager who has lost the sign-in gets a code from two people, who both answer for every unit in question.

One who holds "approve" asks, another one confirms (services.approvals), and then who asked draws the code, once.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.core import audit, clock
from lms.people.account_queries import described
from lms.people.enums import ApprovalState
from lms.people.models import Approval, DrawnReset
from lms.people.services import approvals
from lms.people.services.roster_rights import NotAllowedError
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import granted_paths
from lms.units.services.errors import RefusedError

ACTION = "people.reset_manager"
# A code that was allowed and not drawn for so long has to be asked for again.
DRAWN_WITHIN = dt.timedelta(days=3)
# From so many superusers on, one alone no longer resets another.
SUPERUSERS_FOR_TWO = 3


def common_unit(person: User, on: dt.date) -> Unit | None:
    """The unit over all in which ``person`` serves or holds rights: whoever resets the account must answer for all of
    them. None for somebody without any. Three queries at most; the root for a superuser.
    """
    if person.is_superuser:
        return Unit.get_root_nodes().first()
    served = Appointment.objects.on(on).filter(person=person).values_list("unit__path", flat=True)
    paths = [*served, *Grant.objects.on(on).filter(person=person).values_list("unit__path", flat=True)]
    if not paths:
        return None
    common = paths[0]
    while not all(path.startswith(common) for path in paths):
        common = common[: -Unit.steplen]
    return Unit.objects.filter(path=common).first() if common else None


def needs_two(person: User) -> bool:
    """Whether this account is reset by two people: managers, and superusers where there are enough of them."""
    if person.is_superuser:
        return User.objects.filter(is_superuser=True, is_active=True).count() >= SUPERUSERS_FOR_TWO
    return Grant.objects.on(clock.today()).filter(person=person).exists()


def may_ask(by: User, person: User) -> bool:
    """Superusers ask about superusers; otherwise who holds "approve" over all that the person has to do with. Authors
    in the CMS work for the whole country: their accounts are left to administrators (``codes.reset_staff``).
    """
    if person.pk == by.pk or not person.is_active or person.is_demo or not needs_two(person):
        return False
    if person.is_superuser:
        return by.is_superuser
    if person.has_perm("wagtailadmin.access_admin"):
        return False
    unit = common_unit(person, clock.today())
    paths = granted_paths(by, Grant.Right.APPROVE)
    return unit is not None and any(unit.path.startswith(path) for path in paths)


def ask(*, person: User, by: User, reason: str, at: dt.datetime) -> Approval:
    """Let a second person decide. A second call, while the first waits, is the first. Raises NotAllowedError."""
    unit = common_unit(person, clock.day_of(at))
    if unit is None or not may_ask(by, person):
        raise NotAllowedError
    return approvals.ask(action=ACTION, unit=unit, by=by, at=at, reason=reason, subject=person)


def describe(approval: Approval) -> list[str]:
    person = approval.subject
    if person is None:
        return []
    found = described([person])[0]
    where = found.place.where or _("serves in no unit at present")
    return [
        _(
            "%(name)s (%(username)s, %(where)s) loses the password and every second factor, and is signed out "
            "everywhere."
        )
        % {"name": person.get_full_name(), "username": person.username, "where": where},
        _("%(asker)s then draws a one-time code, once, within %(days)d days, and hands it over.")
        % {"asker": approval.asked_by.get_full_name(), "days": DRAWN_WITHIN.days},
        _("Make sure that it is this very person who asks for it: call the number that you know yourself."),
    ]


def allow(approval: Approval, by: User, at: dt.datetime) -> None:
    """What the confirmation performs: nothing yet happens to the account."""
    _demand(approval, by)


def _demand(approval: Approval, by: User) -> None:
    person = approval.subject
    if person is None or not may_ask(approval.asked_by, person):
        raise RefusedError(gettext_noop("whoever asked may no longer do so, or the account has changed since"))
    if person.is_superuser and not by.is_superuser:
        raise RefusedError(gettext_noop("only a second administrator of the site decides this"))
    unit = common_unit(person, clock.today())
    if unit is None or not unit.path.startswith(approval.unit.path):
        raise RefusedError(gettext_noop("the person has rights over other units since: ask again"))


def is_drawable(approval: Approval, at: dt.datetime) -> bool:
    """Allowed, not too long ago, and not drawn. One query at most."""
    if approval.action != ACTION or approval.state != ApprovalState.APPROVED or approval.decided_at is None:
        return False
    return at - approval.decided_at <= DRAWN_WITHIN and not DrawnReset.objects.filter(approval=approval).exists()


def draw(*, approval: Approval, by: User, at: dt.datetime) -> str:
    """The one-time code, in clear only here; password, second factor, PIN and sessions of the person are gone.

    Raises NotAllowedError for anybody but who asked, RefusedError where it was drawn already or is no longer allowed.
    """
    if by.pk != approval.asked_by_id:
        raise NotAllowedError
    if not is_drawable(approval, at) or approval.decided_by is None or approval.subject is None:
        raise RefusedError(gettext_noop("this code was drawn already, or too much time has passed: ask again"))
    _demand(approval, approval.decided_by)
    try:
        with transaction.atomic():
            DrawnReset.objects.create(approval=approval, drawn_at=at)
            code = accounts.reset_sign_in(approval.subject)
            audit.record(
                ACTION, approval.subject, actor=by, reason=approval.reason, unit=approval.unit_id,
                path=approval.unit.path, confirmed_by=approval.decided_by.get_full_name(),
            )  # fmt: skip
    except IntegrityError as error:
        raise RefusedError(
            gettext_noop("this code was drawn already, or too much time has passed: ask again")
        ) from error
    return code

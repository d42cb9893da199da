"""Writes: a unit's links for joining, what people without an account ask for by them, and the answers.

The public side never learns whether an account exists; a manager decides whose account a request becomes.
"""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_noop

from lms.accounts import services as accounts
from lms.accounts.models import User
from lms.accounts.queries import account_with_email
from lms.core import audit, clock, text
from lms.people.enums import JoinState
from lms.people.joining_queries import place_of
from lms.people.models import JoinLink, JoinRequest
from lms.people.services.roster_rights import NotAllowedError, may_import
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import people_in_scope
from lms.units.services.appointments import appoint, is_open
from lms.units.services.errors import RefusedError

# Small letters and digits that nobody mixes up when a poster is read aloud.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_LENGTH = 8
_TRIES = 5
LINK_HOLDS = dt.timedelta(days=30)
# How long a request may wait, and how long what it said is kept once it is decided.
WAITS = dt.timedelta(days=30)
KEPT = dt.timedelta(days=30)


class LinkClosedError(Exception):
    """The link takes no more requests: ended, too old, full, or its unit closed and went into no other whole. The
    public page says one sentence for all of them.
    """


@dataclass(frozen=True)
class Said:
    """What somebody says about himself. ``phone`` as "+84…" or ""; one of ``born_on`` and ``birth_year``."""

    full_name: str
    phone: str
    email: str
    born_on: dt.date | None
    birth_year: int | None
    position: str
    page_duty: str


# --- Links ------------------------------------------------------------------------------------------


def make_link(
    *,
    unit: Unit,
    by: User,
    at: dt.datetime,
    expires_at: dt.datetime,
    at_most: int | None = None,
    note: str = "",
    with_below: bool = False,
) -> JoinLink:
    """A new link; several may be open for one unit. Raises NotAllowedError, and RefusedError for a closed unit."""
    if not may_import(by, unit):
        raise NotAllowedError
    if not is_open(unit, clock.day_of(at)):
        raise RefusedError(gettext_noop("the unit is not open on %(day)s"), day=f"{clock.day_of(at):%d/%m/%Y}")
    fields = {"unit": unit, "with_below": with_below, "at_most": at_most, "note": text.clean(note),
              "expires_at": expires_at, "made_by": by, "made_at": at}  # fmt: skip
    for _try in range(_TRIES):
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
        try:
            with transaction.atomic():
                link: JoinLink = JoinLink.objects.create(code=code, **fields)
                audit.record(
                    "people.make_join_link", link, actor=by, unit=unit.pk, path=unit.path,
                    until=f"{clock.day_of(expires_at)}", at_most=at_most, below=with_below,
                )  # fmt: skip
        except IntegrityError:
            if not JoinLink.objects.filter(code=code).exists():
                raise
        else:
            return link
    raise RuntimeError("No free code for a joining link.")


def end_link(*, link: JoinLink, by: User, at: dt.datetime) -> bool:
    """Nobody joins by it any more; requests that wait stay. False when it was ended before. Raises NotAllowedError."""
    if not may_import(by, link.unit):
        raise NotAllowedError
    with transaction.atomic():
        won = JoinLink.objects.filter(pk=link.pk, ended_at__isnull=True).update(ended_at=at, ended_by=by)
        if won:
            audit.record("people.end_join_link", link, actor=by, unit=link.unit_id, path=link.unit.path)
    return bool(won)


def is_taking(link: JoinLink, at: dt.datetime) -> bool:
    """Whether the link takes a request now. One query where it has a limit, and those of ``place_of``."""
    today = clock.day_of(at)
    if link.ended_at or link.expires_at <= at or not is_open(place_of(link.unit, today), today):
        return False
    return link.at_most is None or _taken(link) < link.at_most


def _taken(link: JoinLink) -> int:
    counted = Q(state=JoinState.WAITING) | Q(state=JoinState.APPROVED)
    return JoinRequest.objects.filter(counted, link=link).count()


# --- Asking -----------------------------------------------------------------------------------------


def key_of(secret: str) -> str:
    """What is kept of an applicant's secret address."""
    return hashlib.sha256(secret.encode()).hexdigest()


def ask(
    *, link: JoinLink, secret: str, unit: Unit, said: Said, at: dt.datetime, applicant: User | None = None
) -> JoinRequest:
    """The request waits for a manager. A second sending of the same page (``secret``) is the first; the same words from
    another page, while they wait, are the same request too, and the newer secret address holds for it.

    ``unit``: the link's, or one below it where the link allows that; of a unit that was merged, the successor. Raises
    LinkClosedError.
    """
    key, unit = key_of(secret), place_of(unit, clock.day_of(at))
    found = JoinRequest.objects.filter(key=key).first()
    if found:
        return found
    digest = _digest(unit, said, applicant)
    try:
        with transaction.atomic():
            # Two at once for the last place: the second waits here.
            held = JoinLink.objects.select_for_update().select_related("unit").get(pk=link.pk)
            same = JoinRequest.objects.filter(link=link, digest=digest, state=JoinState.WAITING).first()
            if same:
                JoinRequest.objects.filter(pk=same.pk).update(key=key)
                same.key = key
                return same
            if not is_taking(held, at) or not is_open(unit, clock.day_of(at)) or not _is_of(held, unit, at):
                raise LinkClosedError
            made: JoinRequest = JoinRequest.objects.create(
                link=held, unit=unit, key=key, digest=digest, full_name=said.full_name, born_on=said.born_on,
                birth_year=said.birth_year, phone=said.phone, email=said.email, position=said.position,
                page_duty=said.page_duty, applicant=applicant, sent_at=at,
            )  # fmt: skip
    except IntegrityError:
        again = JoinRequest.objects.filter(Q(key=key) | Q(link=link, digest=digest, state=JoinState.WAITING)).first()
        if again is None:
            raise
        return again
    return made


def _is_of(link: JoinLink, unit: Unit, at: dt.datetime) -> bool:
    place = place_of(link.unit, clock.day_of(at))
    return unit.pk == place.pk or (link.with_below and unit.path.startswith(place.path))


def _digest(unit: Unit, said: Said, applicant: User | None) -> str:
    born = f"{said.born_on or said.birth_year or ''}"
    who = (
        [f"account {applicant.pk}"] if applicant else [text.fold(said.full_name), said.phone, said.email.lower(), born]
    )
    return hashlib.sha256("\n".join([str(unit.pk), *who]).encode()).hexdigest()


# --- Answering --------------------------------------------------------------------------------------


def approve_new(
    *,
    asked: JoinRequest,
    by: User,
    at: dt.datetime,
    unit: Unit | None = None,
    position: str = "",
    page_duty: str | None = None,
) -> User | None:
    """A new account with the post from today on; its one-time code is drawn later (services.codes). None when it was
    decided before. ``unit``, ``position``, ``page_duty``: as the manager corrects them.

    Raises NotAllowedError, and RefusedError where phone or e-mail belong to an account, or the unit is closed.
    """  # fmt: skip
    with transaction.atomic():
        held = _held(asked, by)
        if held is None:
            return None
        if held.applicant_id:
            raise RefusedError(gettext_noop("the request is of somebody with an account: approve it onto that account"))
        _demand_free(held)
        person = accounts.create_account(
            full_name=held.full_name, phone=held.phone or None, email=held.email, born_on=held.born_on,
            birth_year=held.birth_year,
        )  # fmt: skip
        audit.record("people.join_account", person, actor=by, unit=held.unit_id, path=held.unit.path)
        _join(held, person, by, at, unit, position, page_duty, is_new=True)
    return person


def _demand_free(held: JoinRequest) -> None:
    if held.phone and User.objects.filter(phone=held.phone).exists():
        raise RefusedError(
            gettext_noop("another account has this phone number: approve the request onto it, or ask the applicant")
        )
    if account_with_email(held.email):
        raise RefusedError(
            gettext_noop("another account has this e-mail: approve the request onto it, or ask the applicant")
        )


def approve_onto(
    *,
    asked: JoinRequest,
    person: User,
    by: User,
    at: dt.datetime,
    unit: Unit | None = None,
    position: str = "",
    page_duty: str | None = None,
) -> User | None:
    """The post goes to an account that exists; nothing else of the account changes. None when it was decided before.

    ``person``: of the units of ``by``, or who has asked himself when signed in. Raises NotAllowedError for anybody
    else, RefusedError for a closed unit. Where the person serves in the unit already, nothing is added.
    """
    with transaction.atomic():
        held = _held(asked, by)
        if held is None:
            return None
        own = held.applicant_id == person.pk
        reach = User.objects.filter(people_in_scope(by, Grant.Right.IMPORT), pk=person.pk, is_active=True)
        if not person.is_active or (held.applicant_id and not own) or not (own or by.is_superuser or reach.exists()):
            raise NotAllowedError
        _join(held, person, by, at, unit, position, page_duty, is_new=False)
    return person


def _held(asked: JoinRequest, by: User) -> JoinRequest | None:
    """The request, locked; None when it is decided. Raises NotAllowedError for a unit of others."""
    rows = JoinRequest.objects.select_for_update(of=("self",)).select_related("unit", "link__unit")
    held: JoinRequest = rows.get(pk=asked.pk)
    if not may_import(by, held.unit):
        raise NotAllowedError
    return held if held.state == JoinState.WAITING else None


def _join(
    held: JoinRequest,
    person: User,
    by: User,
    at: dt.datetime,
    unit: Unit | None,
    position: str,
    page_duty: str | None,
    *,
    is_new: bool,
) -> None:
    today = clock.day_of(at)
    place = place_of(unit or held.unit, today)
    if not may_import(by, place):
        raise NotAllowedError
    served = Appointment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today), person=person)
    if not served.filter(unit=place).exists():
        appoint(
            person=person, unit=place, position=text.clean(position) or held.position, starts_on=today, actor=by,
            page_duty=held.page_duty if page_duty is None else page_duty,
            is_primary=not served.filter(is_primary=True).exists(),
        )  # fmt: skip
    held.unit, held.state, held.person, held.is_new_account = place, JoinState.APPROVED, person, is_new
    held.decided_by, held.decided_at = by, at
    held.save(update_fields=["unit", "state", "person", "is_new_account", "decided_by", "decided_at"])
    audit.record(
        "people.approve_joining", person, actor=by, unit=place.pk, path=place.path, request=held.pk, new=is_new
    )


def refuse(*, asked: JoinRequest, by: User, at: dt.datetime, reason: str) -> bool:
    """The applicant reads ``reason``. False when it was decided before. Raises NotAllowedError."""
    with transaction.atomic():
        held = _held(asked, by)
        if held is None:
            return False
        held.state, held.reason, held.decided_by, held.decided_at = JoinState.REFUSED, reason, by, at
        held.save(update_fields=["state", "reason", "decided_by", "decided_at"])
        # No name in the log: who was refused is forgotten after a while.
        audit.record("people.refuse_joining", held.link, actor=by, unit=held.unit_id, path=held.unit.path)
    return True


# --- Forgetting -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Purged:
    """``expired``: closed without an answer; ``deleted``: refused or expired ones; ``emptied``: approved ones, whose
    words now stand in the account alone.
    """

    expired: int
    deleted: int
    emptied: int


def purge(at: dt.datetime, dry_run: bool = False) -> Purged:
    """Close what nobody answered, delete what was refused or closed long ago, empty what was approved long ago."""
    old = JoinRequest.objects.filter(state=JoinState.WAITING, sent_at__lt=at - WAITS)
    decided = JoinRequest.objects.filter(decided_at__lt=at - KEPT)
    gone = decided.filter(state__in=[JoinState.REFUSED, JoinState.EXPIRED])
    joined = decided.filter(state=JoinState.APPROVED).exclude(full_name="")
    if dry_run:
        return Purged(old.count(), gone.count(), joined.count())
    with transaction.atomic():
        emptied = joined.update(
            full_name="",
            phone="",
            email="",
            born_on=None,
            birth_year=None,
            digest="",
            key=Cast("pk", CharField(max_length=64)),
        )
        deleted, _ = gone.delete()
        expired = old.update(state=JoinState.EXPIRED, decided_at=at)
    return Purged(expired, deleted, emptied)


def sweep() -> int:
    """For the sweep: a count, so that a quiet minute costs three small queries."""
    now = clock.now()
    due = purge(now, dry_run=True)
    if not (due.expired or due.deleted or due.emptied):
        return 0
    done = purge(now)
    return done.expired + done.deleted + done.emptied

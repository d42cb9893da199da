"""Writes: the notice and who took note of it, requests about one's data and their answers, packages of the data."""

import datetime as dt
import hashlib
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from lms.accounts import phones
from lms.accounts.models import User
from lms.accounts.queries import account_with_email
from lms.accounts.rules import counts_as_staff
from lms.core import audit, clock, text
from lms.core.storage import private_storage
from lms.people import privacy_queries as queries
from lms.people.enums import ExportState, RequestKind, RequestState
from lms.people.models import DataExport, DataRequest, FileToErase, NoticeAcceptance, PrivacyNotice
from lms.people.services.data_packages import write_package
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Unit
from lms.units.services.errors import RefusedError

SHIPPED = Path(__file__).parent.parent / "notices" / "1.txt"
EXPORT_KEPT = dt.timedelta(days=7)
LEASE = dt.timedelta(minutes=5)
TRIES = 3

# --- The notice ---------------------------------------------------------------------------------------------------


def publish_first(at: dt.datetime) -> PrivacyNotice | None:
    """The notice that comes with the software, where none was ever published; None otherwise."""
    if PrivacyNotice.objects.exists():
        return None
    issuer = settings.CERTIFICATE_ISSUER
    words = SHIPPED.read_text(encoding="utf-8").replace("{holder}", f"{issuer['name']} {issuer['parent']}")
    return publish(words=words, note="", by=None, at=at)


def publish(*, words: str, note: str, by: User | None, at: dt.datetime) -> PrivacyNotice:
    """Put the next version in force: everybody is asked to take note of it. The same words again are the same version.

    Raises NotAllowedError for anybody but an administrator, RefusedError for an empty text.
    """
    if by is not None and not by.is_superuser:
        raise NotAllowedError
    words = "\n".join(line.rstrip() for line in words.strip().splitlines())
    if not words:
        raise RefusedError(gettext_noop("the notice is empty"))
    digest = hashlib.sha256(words.encode()).hexdigest()
    latest = PrivacyNotice.objects.first()
    if latest and latest.digest == digest:
        return latest
    with transaction.atomic():
        made = PrivacyNotice.objects.create(
            version=latest.version + 1 if latest else 1, text=words, digest=digest, note=text.clean(note),
            published_at=at, published_by=by,
        )  # fmt: skip
        if by:
            audit.record("people.publish_notice", made, actor=by, version=made.version, digest=digest)
    return made


def take_note(*, person: User, notice: PrivacyNotice, at: dt.datetime) -> NoticeAcceptance:
    """The first time stands."""
    try:
        with transaction.atomic():
            return NoticeAcceptance.objects.create(person=person, notice=notice, accepted_at=at)
    except IntegrityError:
        return NoticeAcceptance.objects.get(person=person, notice=notice)


# --- Requests -----------------------------------------------------------------------------------------------------


def ask(
    *, kind: str, person: User, by: User, at: dt.datetime, words: str = "", wanted: dict[str, Any] | None = None
) -> DataRequest:
    """Enter a request; the same kind again, while it is open, is the same row.

    By somebody else only for people of units into which ``by`` may bring people: NotAllowedError.
    """
    unit = queries.unit_of(person)
    if by.pk != person.pk and not queries.may_answer_for(by, unit):
        raise NotAllowedError
    open_ones = DataRequest.objects.open().filter(person=person, kind=kind)
    try:
        with transaction.atomic():
            asked = DataRequest.objects.create(
                kind=kind, person=person, unit=unit, asked_by=by, asked_at=at, words=text.clean(words),
                wanted=wanted or {}, due_on=clock.day_of(at) + dt.timedelta(days=settings.LMS_PRIVACY_ANSWER_DAYS),
            )  # fmt: skip
            audit.record("people.data_request", asked, actor=by, person=person.pk, unit=unit.pk, path=unit.path,
                         what=kind)  # fmt: skip
    except IntegrityError:
        return open_ones.get()
    return asked


def wanted_changes(person: User, values: dict[str, Any]) -> dict[str, list[str]]:
    """Field → [as it is, as it should be], of what differs only."""
    now = queries.correctable(person)
    return {
        field: [now[field], value] for field, value in values.items() if field in now and value and value != now[field]
    }


def accept_correction(*, request: DataRequest, by: User, at: dt.datetime, answer: str = "") -> bool:
    """Write what was asked for; ``answer`` is what the person reads beside it. False when it was answered before. The
    unit is not written: it is an appointment.

    Raises NotAllowedError; RefusedError where phone or e-mail belongs to somebody else, and for somebody with rights
    over others, whose sign-in only an administrator touches.
    """
    _demand(request, by)
    if counts_as_staff(request.person) and not by.is_superuser:
        raise RefusedError(gettext_noop("this account has rights over others: only an administrator may correct it"))
    with transaction.atomic():
        if not _answer(request, RequestState.DONE, by, at, answer):
            return False
        person = User.objects.select_for_update().get(pk=request.person_id)
        before = queries.correctable(person)
        for field, (_, value) in request.wanted.items():
            _write(person, field, value)
        person.save()
        after = queries.correctable(person)
        changed = [field for field in after if before[field] != after[field]]
        audit.record(
            "people.corrected", person, actor=by, unit=request.unit_id, path=request.unit.path,
            before={field: before[field] for field in changed}, after={field: after[field] for field in changed},
        )  # fmt: skip
    return True


def _write(person: User, field: str, value: str) -> None:
    if field == "full_name":
        person.full_name = value
    elif field == "phone":
        person.phone, person.phone_verified = phones.parse(value), False
        if User.objects.filter(phone=person.phone).exclude(pk=person.pk).exists():
            raise RefusedError(gettext_noop("another account has this phone number"))
    elif field == "email":
        other = account_with_email(value)
        if other and other.pk != person.pk:
            raise RefusedError(gettext_noop("another account has this e-mail"))
        person.email = value
    elif field == "born":
        day, year = queries.read_birth(value)
        person.born_on, person.birth_year = day, year


def finish(*, request: DataRequest, by: User, at: dt.datetime, answer: str) -> bool:
    """An objection, a copy on behalf or a change of unit was dealt with. False when it was answered before."""
    _demand(request, by)
    if request.kind == RequestKind.ERASURE:
        raise NotAllowedError
    with transaction.atomic():
        return _answer(request, RequestState.DONE, by, at, answer)


def refuse(*, request: DataRequest, by: User, at: dt.datetime, answer: str) -> bool:
    """With a reason that the person reads. False when it was answered before. Raises RefusedError without a reason."""
    _demand(request, by)
    if not text.clean(answer):
        raise RefusedError(gettext_noop("say why it is refused"))
    with transaction.atomic():
        return _answer(request, RequestState.REFUSED, by, at, answer)


def withdraw(*, request: DataRequest, by: User, at: dt.datetime) -> bool:
    """Who asked takes it back, as long as nobody is at work on it."""
    if by.pk not in (request.asked_by_id, request.person_id):
        raise NotAllowedError
    with transaction.atomic():
        return request.state == RequestState.WAITING and _answer(request, RequestState.WITHDRAWN, by, at, "")


def _demand(request: DataRequest, by: User) -> None:
    if not DataRequest.objects.decidable_by(by).filter(pk=request.pk).exists():
        raise NotAllowedError


def _answer(request: DataRequest, state: RequestState, by: User, at: dt.datetime, answer: str) -> bool:
    won = DataRequest.objects.filter(pk=request.pk, state=RequestState.WAITING).update(
        state=state, decided_by=by, decided_at=at, answer=text.clean(answer)
    )
    if won:
        request.refresh_from_db()
        unit: Unit = request.unit
        audit.record(
            "people.answer_data_request", request, actor=by, person=request.person_id, unit=unit.pk, path=unit.path,
            what=request.kind, decision=state.value,
        )  # fmt: skip
    return bool(won)


# --- The package of one's own data --------------------------------------------------------------------------------


def ask_export(*, person: User, at: dt.datetime) -> DataExport:
    """Enter that the package is to be made (the caller nudges a worker); one that is waiting, being made, or less
    than an hour old is answered again.
    """
    busy = DataExport.objects.filter(person=person, state__in=(ExportState.WAITING, ExportState.MAKING)).first()
    fresh = DataExport.objects.filter(person=person, state=ExportState.READY, made_at__gt=at - dt.timedelta(hours=1))
    found = busy or fresh.first()
    if found:
        return found
    try:
        with transaction.atomic():
            made = DataExport.objects.create(person=person, asked_at=at)
            audit.record("people.data_export", person, actor=person)
    except IntegrityError:
        return DataExport.objects.filter(person=person).latest("asked_at")
    return made


def make_export(*, export_id: uuid.UUID, at: dt.datetime) -> bool:
    """Make one package if nobody else is at it; True when this call made it."""
    free = DataExport.objects.filter(pk=export_id, state__in=(ExportState.WAITING, ExportState.MAKING))
    free = free.exclude(taken_until__gt=at)
    export = free.select_related("person").first()
    if export is None or not free.update(
        state=ExportState.MAKING, taken_until=at + LEASE, tries=export.tries + 1, done=0
    ):
        return False
    if export.tries >= TRIES:
        DataExport.objects.filter(pk=export_id).update(state=ExportState.FAILED, taken_until=None)
        return False

    def told(done: int, total: int) -> None:
        DataExport.objects.filter(pk=export_id).update(done=done, total=total)

    with write_package(export.person, at=at, told=told) as packed:
        size = packed.seek(0, 2)
        packed.seek(0)
        name = private_storage().save(f"data-exports/{export_id}.zip", File(packed))
    kept = DataExport.objects.filter(pk=export_id, state=ExportState.MAKING).update(
        state=ExportState.READY, stored=name, size=size, made_at=at, expires_at=at + EXPORT_KEPT, taken_until=None
    )
    if not kept:
        private_storage().delete(name)
    return bool(kept)


def take_up_exports() -> int:
    """For the sweep: packages that a dead worker left, and those whose seven days are over."""
    now = clock.now()
    waiting = DataExport.objects.filter(state__in=(ExportState.WAITING, ExportState.MAKING))
    moved = sum(
        make_export(export_id=pk, at=now)
        for pk in list(waiting.exclude(taken_until__gt=now).values_list("pk", flat=True))
    )
    return moved + delete_exports(now)


def delete_exports(at: dt.datetime) -> int:
    """Forget packages that are too old; their files go with ``erasure.delete_files``."""
    old = DataExport.objects.filter(state=ExportState.READY, expires_at__lte=at)
    names = list(old.values_list("stored", flat=True))
    if not names:
        return 0
    with transaction.atomic():
        FileToErase.objects.bulk_create(
            [FileToErase(storage="private", name=name, asked_at=at) for name in names], ignore_conflicts=True
        )
        return DataExport.objects.filter(stored__in=names).update(state=ExportState.DELETED, stored="")

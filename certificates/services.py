"""Entering, revoking and replacing certificates, and handing the making of their files to one renderer at a time."""

import datetime as dt
import hashlib
import logging
import unicodedata
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q

from certificates import numbering
from certificates.models import Certificate, Register
from certificates.queries import modules_of, unit_on
from courses.models import Completion
from lms.accounts.models import User
from lms.core import audit, clock, numbers, text
from lms.core.storage import private_storage

logger = logging.getLogger(__name__)

# The form (certificates/templates/certificates/forms/) that new certificates are printed on. A form that was used is
# never edited: another look is another form.
FORM = "gcn-1"
# Longer than the slowest page on the slowest machine, so that only a dead renderer loses its claim.
LEASE = dt.timedelta(minutes=3)
TRIES = 5
BACK_OFF = dt.timedelta(seconds=30)


@transaction.atomic
def issue(*, completion: Completion, at: dt.datetime) -> Certificate:
    """Enter ``completion`` in the register of the year of ``at``; a second call answers the first certificate.

    Call it inside the transaction that completes the course: if that is rolled back, so is the number.
    """
    found = _first_certificate(completion)
    if found:
        return found
    register = _locked_register(at)
    # Whoever waited for the lock may find that the other one has issued.
    return _first_certificate(completion) or _enter(completion=completion, register=register, at=at)


def _first_certificate(completion: Completion) -> Certificate | None:
    return Certificate.objects.filter(completion=completion, supersedes=None).first()


def _locked_register(at: dt.datetime) -> Register:
    """The book of the year, locked until the transaction ends: numbers are given one after the other, without gaps.

    On SQLite the lock is the transaction itself (``transaction_mode=IMMEDIATE``).
    """
    symbol, year = settings.CERTIFICATE_ISSUER["symbol"], clock.day_of(at).year
    Register.objects.get_or_create(symbol=symbol, year=year)
    return Register.objects.select_for_update().get(symbol=symbol, year=year)


def _enter(
    *, completion: Completion, register: Register, at: dt.datetime, supersedes: Certificate | None = None
) -> Certificate:
    register.last_number += 1
    register.save(update_fields=["last_number"])
    code = numbering.new_code()
    return Certificate.objects.create(
        completion=completion,
        register=register,
        number=register.last_number,
        verify_code=code,
        payload=compose(completion=completion, register=register, code=code, at=at),
        issued_at=at,
        supersedes=supersedes,
    )


def compose(*, completion: Completion, register: Register, code: str, at: dt.datetime) -> dict[str, Any]:
    """Every word that differs from paper to paper, as it will be printed for ever, in NFC. ``modules`` is a list.

    Names of units are those of the day of completion; the person's name and birth are those of today.
    """
    person, issuer = completion.user, settings.CERTIFICATE_ISSUER
    completed_on, begun_on = clock.day_of(completion.completed_at), _begun_on(completion)
    payload: dict[str, str | list[str]] = {
        "form": FORM,
        "number": numbering.full_number(register.last_number, register.year, register.symbol),
        "register_number": numbering.short_number(register.last_number, register.year),
        "code": code,
        "url": f"{settings.PUBLIC_URL.rstrip('/')}/verify/{code}/",
        "issuer_parent": issuer["parent"],
        "issuer_name": issuer["name"],
        "issuer": f"{issuer['name']} {issuer['parent']}",
        "signed_for": f"TM. {issuer['name']}",
        "place_and_date": f"{issuer['place']}, {numbering.in_words(clock.day_of(at))}",
        "salutation": settings.CERTIFICATE_SALUTATION,
        "name": text.upper(text.clean(person.full_name)),
        "born": f"{person.born_on:%d/%m/%Y}" if person.born_on else "",
        "birth_year": str(person.birth_year) if person.birth_year and not person.born_on else "",
        "position": completion.position,
        "unit": unit_on(completion.unit, completed_on),
        "course": completion.course.title,
        "modules": modules_of(completion),
        "hours": _hours(completion),
        "begun_on": f"{begun_on:%d/%m/%Y}",
        "completed_on": f"{completed_on:%d/%m/%Y}",
    }
    return {key: _printed(value) for key, value in payload.items()}


def _printed(value: str | list[str]) -> str | list[str]:
    # WeasyPrint draws the marks of decomposed text beside their letters in some fonts.
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else [text.clean(part) for part in value]


def _begun_on(completion: Completion) -> dt.date:
    enrolment = completion.enrolment
    return clock.day_of(enrolment.started_at or enrolment.enrolled_at)


def _hours(completion: Completion) -> str:
    hours = completion.course.hours
    return numbers.number(hours, 1).removesuffix(",0") if hours else ""


def _where(certificate: Certificate) -> dict[str, Any]:
    """Whom the entry of the log is about, and under whose managers' eyes it comes: those of the day of completion."""
    completion = certificate.completion
    where = {"unit": completion.unit.pk, "path": completion.unit.path} if completion.unit else {}
    return {"person": completion.enrolment.user_id, **where}


@transaction.atomic
def revoke(*, certificate: Certificate, at: dt.datetime, actor: User | None, reason: str) -> Certificate:
    """Strike the certificate out; it stays in the register and says so to whoever asks. The first revocation stands."""
    if not reason.strip():
        raise ValueError("a revocation has a reason")
    certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
    if certificate.revoked_at is None:
        certificate.revoked_at, certificate.revoke_reason = at, text.clean(reason)
        certificate.save(update_fields=["revoked_at", "revoke_reason"])
        audit.record(
            "certificates.revoke", certificate, actor=actor, reason=certificate.revoke_reason, **_where(certificate)
        )
    return certificate


@transaction.atomic
def supersede(*, certificate: Certificate, at: dt.datetime, actor: User | None, reason: str) -> Certificate:
    """Issue a corrected certificate, under a new number, from what the records say now; the old one points to it.

    A second call answers the same successor. ValueError for a revoked one.
    """
    register = _locked_register(at)
    certificate = Certificate.objects.select_for_update().select_related("completion").get(pk=certificate.pk)
    successor = Certificate.objects.filter(supersedes=certificate).first()
    if successor:
        return successor
    if certificate.revoked_at:
        raise ValueError("a revoked certificate has no successor")
    if certificate.erased_at:
        raise ValueError("an erased certificate has no successor: nothing is known that could be printed")
    successor = _enter(completion=certificate.completion, register=register, at=at, supersedes=certificate)
    audit.record(
        "certificates.supersede", certificate, actor=actor, reason=text.clean(reason), successor=str(successor.pk),
        **_where(certificate),
    )  # fmt: skip
    return successor


# --- What remains when the person is erased --------------------------------------------------------------------------


@dataclass(frozen=True)
class Remains:
    """What an erasure leaves to be deleted outside the database."""

    files: tuple[str, ...]


@transaction.atomic
def erase(*, certificate: Certificate, at: dt.datetime) -> Remains:
    """Empty the words and forget the file; number, code, digest, initials and a slow hash of the name stay.

    Answers the names of the files in ``private_storage``, also those of tries that died: the caller deletes them once
    the transaction holds. A second call changes nothing and answers none.
    """
    certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
    if certificate.erased_at:
        return Remains(())
    name = str(certificate.payload.get("name", ""))
    files = {str(certificate.file)} if certificate.file else set()
    files |= {_file_name(certificate, attempt) for attempt in range(1, certificate.tries + 1)}
    certificate.initials = numbering.initials(name)
    certificate.words_hash = make_password(_printed_name(name)) if name else ""
    certificate.payload, certificate.file, certificate.erased_at = {}, "", at
    certificate.state, certificate.claimed_until = Certificate.State.ERASED, None
    certificate.revoke_reason = certificate.last_error = ""
    certificate.save(
        update_fields=[
            "initials", "words_hash", "payload", "file", "erased_at", "state", "claimed_until", "revoke_reason",
            "last_error",
        ]
    )  # fmt: skip
    return Remains(tuple(sorted(files)))


def bears_name(certificate: Certificate, typed: str) -> bool:
    """Whether ``typed`` is the name that was printed on an erased certificate; case and spaces do not matter.

    Slow on purpose (the hash is that of a password): the caller limits how often somebody asks.
    """
    return bool(certificate.words_hash) and check_password(_printed_name(typed), certificate.words_hash)


def _printed_name(name: str) -> str:
    return text.upper(text.clean(name))


# --- The file: claimed by one renderer, kept once -------------------------------------------------------------------


def due(*, at: dt.datetime) -> list[uuid.UUID]:
    """Certificates whose file nobody is making at ``at``, the oldest first; those whose tries are used up as well."""
    waiting = Certificate.objects.filter(_unclaimed(at))
    return list(waiting.order_by("issued_at", "number").values_list("pk", flat=True))


def _unclaimed(at: dt.datetime) -> Q:
    return Q(state=Certificate.State.PENDING) & (Q(claimed_until=None) | Q(claimed_until__lte=at))


def claim(*, certificate_id: uuid.UUID, at: dt.datetime) -> Certificate | None:
    """The certificate, if the caller is now the one to make its file; None if it is made, or somebody is at it.

    The claim ends by itself after ``LEASE``, so that a killed renderer holds nothing up. One that was killed at every
    try is given up here.
    """
    free = Certificate.objects.filter(_unclaimed(at), pk=certificate_id)
    if free.filter(tries__lt=TRIES).update(claimed_until=at + LEASE, tries=F("tries") + 1):
        return Certificate.objects.get(pk=certificate_id)
    free.update(
        state=Certificate.State.FAILED,
        last_error=f"The renderer died {TRIES} times without a word; look for out-of-memory kills.",
    )
    return None


def keep(*, certificate: Certificate, pdf: bytes, at: dt.datetime) -> bool:
    """Store the file and mark the certificate ready; False when another renderer was first, whose file stands.

    ``certificate`` as ``claim`` gave it: each try writes under its own name, so that none overwrites another's.
    """
    storage = private_storage()
    name = storage.save(_file_name(certificate, certificate.tries), ContentFile(pdf))
    kept = Certificate.objects.filter(pk=certificate.pk, state=Certificate.State.PENDING).update(
        state=Certificate.State.READY,
        file=name,
        sha256=hashlib.sha256(pdf).hexdigest(),
        rendered_at=at,
        claimed_until=None,
        last_error="",
    )
    if not kept:
        storage.delete(name)
        return False
    # What a renderer wrote and was killed before it could say so.
    for earlier in range(1, certificate.tries):
        storage.delete(_file_name(certificate, earlier))
    return True


def _file_name(certificate: Certificate, attempt: int) -> str:
    return f"certificates/{certificate.issued_at:%Y}/{certificate.pk}.{attempt}.pdf"


def give_back(*, certificate: Certificate, at: dt.datetime, error: str) -> None:
    """The try failed with ``error``: wait, longer each time, and after the last one say that it could not be made."""
    mine = Certificate.objects.filter(pk=certificate.pk, state=Certificate.State.PENDING, tries=certificate.tries)
    if certificate.tries >= TRIES:
        mine.update(state=Certificate.State.FAILED, last_error=error, claimed_until=None)
    else:
        mine.update(last_error=error, claimed_until=at + BACK_OFF * 2 ** (certificate.tries - 1))


def try_again(*, certificate: Certificate) -> None:
    """Put a certificate that could not be made back in the queue, with all its tries; nothing for any other."""
    Certificate.objects.filter(pk=certificate.pk, state=Certificate.State.FAILED).update(
        state=Certificate.State.PENDING, tries=0, claimed_until=None
    )

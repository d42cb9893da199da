"""Reads: the name of a unit on a day, my certificates, and what anybody may learn from a code."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates import numbering
from certificates.models import Certificate
from courses.models import Completion, Module
from lms.accounts.models import User
from lms.core import clock
from lms.units.models import Unit
from lms.units.queries import UnitOnDay, breadcrumb
from quizzes.impact import ImpactLine, ResultChange

CENTRE = "centre"


class Status(models.TextChoices):
    VALID = "valid", _("valid")
    REVOKED = "revoked", _("revoked")
    SUPERSEDED = "superseded", _("replaced by a newer one")


@dataclass(frozen=True)
class CertificateRow:
    """One certificate as its holder sees it. ``status`` is that of the paper, ``state`` that of the file."""

    id: uuid.UUID
    number: str
    code: str
    course: str
    issued_on: dt.date
    state: str
    status: Status
    revoke_reason: str

    @property
    def is_being_made(self) -> bool:
        return self.state == Certificate.State.PENDING

    @property
    def is_ready(self) -> bool:
        return self.state == Certificate.State.READY


@dataclass(frozen=True)
class PublicCertificate:
    """What anybody with the code may know: no date of birth, no position. Of an erased one (``erased_on``) name, unit
    and issuer are empty, and ``initials`` and ``sha256`` say what is left.
    """

    id: uuid.UUID
    number: str
    code: str
    name: str
    course: str
    unit: str
    issuer: str
    issued_on: dt.date
    status: Status
    revoked_on: dt.date | None
    successor_code: str
    erased_on: dt.date | None = None
    initials: str = ""
    sha256: str = ""


def number_of(certificate: Certificate) -> str:
    """As printed; of an erased one from the register, which must have been selected."""
    if certificate.erased_at is None:
        return str(certificate.payload.get("number", ""))
    book = certificate.register
    return numbering.full_number(certificate.number, book.year, book.symbol)


def course_of(certificate: Certificate) -> str:
    """As printed; of an erased one the course's title of today, which must have been selected."""
    if certificate.erased_at is None:
        return str(certificate.payload.get("course", ""))
    return certificate.completion.course.title


def _status(certificate: Certificate) -> Status:
    """One query unless ``superseded_by`` was selected."""
    if certificate.revoked_at:
        return Status.REVOKED
    return Status.SUPERSEDED if _successor(certificate) else Status.VALID


def _successor(certificate: Certificate) -> Certificate | None:
    return getattr(certificate, "superseded_by", None)


def _row(certificate: Certificate) -> CertificateRow:
    return CertificateRow(
        id=certificate.pk,
        number=number_of(certificate),
        code=certificate.verify_code,
        course=course_of(certificate),
        issued_on=clock.day_of(certificate.issued_at),
        state=certificate.state,
        status=_status(certificate),
        revoke_reason=certificate.revoke_reason,
    )


_REMAINS = ("superseded_by", "register", "completion__course")


def my_certificates(person: User) -> list[CertificateRow]:
    """The person's own, the newest first. One query."""
    own = Certificate.objects.filter(completion__user=person).select_related(*_REMAINS)
    return [_row(certificate) for certificate in own.order_by("-issued_at", "-number")]


def my_certificate(person: User, certificate_id: uuid.UUID) -> CertificateRow | None:
    """One of the person's own, None for anybody else's."""
    own = Certificate.objects.filter(completion__user=person, pk=certificate_id).select_related(*_REMAINS)
    certificate = own.first()
    return _row(certificate) if certificate else None


def public_certificate(typed: str) -> PublicCertificate | None:
    """What the code says, however it was typed; None when there is no such code. One query, none for a mistyped one."""
    code = numbering.read_code(typed)
    if code is None:
        return None
    certificate = Certificate.objects.select_related(*_REMAINS).filter(verify_code=code).first()
    if certificate is None:
        return None
    payload, successor = certificate.payload, _successor(certificate)
    return PublicCertificate(
        id=certificate.pk,
        number=number_of(certificate),
        code=certificate.verify_code,
        name=payload.get("name", ""),
        course=course_of(certificate),
        unit=payload.get("unit", ""),
        issuer=payload.get("issuer", ""),
        issued_on=clock.day_of(certificate.issued_at),
        status=_status(certificate),
        revoked_on=clock.day_of(certificate.revoked_at) if certificate.revoked_at else None,
        successor_code=successor.verify_code if successor else "",
        erased_on=clock.day_of(certificate.erased_at) if certificate.erased_at else None,
        initials=certificate.initials,
        sha256=certificate.sha256,
    )


def unit_on(unit: Unit | None, day: dt.date) -> str:
    """ "Xã Vạn Yên, tỉnh Quảng Ninh": the names of that day, up to the province; "" without a unit. One query.

    The centre is named only for those who serve there.
    """
    if unit is None:
        return ""
    upwards = list(reversed(breadcrumb(unit, day)))
    named = [step for step in upwards if step.level != CENTRE] or upwards
    return ", ".join([step.name for step in named[:1]] + [_behind_a_comma(step) for step in named[1:]])


def _behind_a_comma(unit: UnitOnDay) -> str:
    """ "Tỉnh Quảng Ninh" → "tỉnh Quảng Ninh"; a name without a type keeps its capital."""
    if not unit.type or not unit.name.casefold().startswith(unit.type.casefold()):
        return unit.name
    return unit.type.lower() + unit.name[len(unit.type) :]


def modules_of(completion: Completion) -> list[str]:
    """Titles of the chuyên đề whose required activities were done, in order. One query."""
    done = Module.objects.filter(activities__key__in=completion.required)
    return list(done.order_by("position", "pk").distinct().values_list("title", flat=True))


_MOST_AT_ONCE = 500


def hang_on(changes: Sequence[ResultChange]) -> list[ImpactLine]:
    """What changed results do to certificates: who would get one, and which valid ones stay although the pass is gone.

    Nothing is revoked by a mark: that is a decision of its own. One query for each 500 people who lose theirs.
    """
    lines = [ImpactLine("certificate_due", change.enrolment_id) for change in changes if change.completes]
    lost = [change.enrolment_id for change in changes if change.is_lost and change.is_completed]
    for start in range(0, len(lost), _MOST_AT_ONCE):
        found = Certificate.objects.filter(
            completion__enrolment__in=lost[start : start + _MOST_AT_ONCE], revoked_at=None, superseded_by=None
        )
        for enrolment, payload in found.order_by("pk").values_list("completion__enrolment_id", "payload"):
            lines.append(ImpactLine("certificate_stands", enrolment, payload.get("number", "")))
    return lines

"""The register: one certificate per completion, frozen when entered; the PDF is made once, later."""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.models import Completion
from lms.accounts.models import User
from lms.core.storage import private_storage
from lms.units.scope import people_in_scope, scope_q


class Register(models.Model):
    """A book of one issuer and one year, numbered without gaps; its row is the lock under which numbers are given."""

    symbol = models.CharField(_("symbol"), max_length=50)
    year = models.PositiveSmallIntegerField(_("year"))
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("register")
        verbose_name_plural = _("registers")
        constraints = [models.UniqueConstraint(fields=["symbol", "year"], name="one_register_a_year")]

    def __str__(self) -> str:
        return f"{self.symbol} {self.year}"


class CertificateQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: User) -> Self:
        return self.filter(
            Q(completion__user=person)
            | scope_q(person, path="completion__unit__path")
            | Q(completion__user__in=User.objects.filter(people_in_scope(person)))
        )


class Certificate(models.Model):
    """pii: ``payload`` holds every printed word (see services.issue); renaming or merging alters nothing in it.

    Of an erased person number, code, ``sha256``, ``initials`` and ``words_hash`` are left (services.erase): a slow hash
    of the printed name, so that the paper in somebody's hand can still be checked.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be made")
        ERASED = "erased", _("erased")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    completion = models.ForeignKey(Completion, on_delete=models.PROTECT, related_name="certificates")
    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="certificates")
    number = models.PositiveIntegerField(_("number"))
    verify_code = models.CharField(_("verification code"), max_length=20, unique=True)
    payload = models.JSONField()
    issued_at = models.DateTimeField(_("issued at"))
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    claimed_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    file = models.FileField(storage=private_storage, upload_to="certificates/%Y", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    rendered_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoke_reason = models.CharField(max_length=300, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    initials = models.CharField(max_length=20, blank=True)
    words_hash = models.CharField(max_length=128, blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.UniqueConstraint(fields=["register", "number"], name="register_number_is_given_once"),
            models.UniqueConstraint(
                fields=["completion"], condition=Q(supersedes__isnull=True), name="one_certificate_per_completion"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(sha256="") & ~Q(file="")), name="a_ready_certificate_has_its_file"
            ),
            models.CheckConstraint(
                condition=Q(state="erased", erased_at__isnull=False, file="")
                | (~Q(state="erased") & Q(erased_at__isnull=True)),
                name="an_erased_certificate_says_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "claimed_until"], name="certificate_to_render")]

    def __str__(self) -> str:
        return self.verify_code

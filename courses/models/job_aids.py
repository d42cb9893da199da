from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.core.storage import private_storage


class JobAidEdition(models.Model):
    """One version of a job aid, as it is printed: what stood on its page when it was published.

    ``key``: translation key of its page. ``content`` is the whole of what the sheet says but its number (keys: topic,
    title, summary, blocks, updated_on, look_again_on, address), ``content_hash`` its fingerprint: publishing the same
    again makes no new edition. ``position``: of its topic in the course. Both files are made later, by whoever comes
    first (services.job_aids.make); ``tried_at`` and ``error`` tell of the last time that failed.
    """

    key = models.UUIDField()
    number = models.PositiveIntegerField(_("version"))
    position = models.PositiveSmallIntegerField(default=1)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    pdf = models.FileField(storage=private_storage, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    picture = models.FileField(storage=private_storage, blank=True)
    picture_sha256 = models.CharField(max_length=64, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name = _("version of a job aid")
        verbose_name_plural = _("versions of job aids")
        ordering = ["key", "number"]
        constraints = [
            models.UniqueConstraint(fields=["key", "number"], name="job_aid_edition_has_its_number"),
            models.CheckConstraint(
                condition=models.Q(pdf="", picture="") | ~models.Q(pdf_sha256="") & ~models.Q(picture_sha256=""),
                name="job_aid_files_are_known_by_their_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.content.get('title', '')} ({self.number})"

    @property
    def is_made(self) -> bool:
        return bool(self.pdf_sha256)

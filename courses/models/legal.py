"""Legal paragraphs that somebody with a name has looked through; everything else is shown as "chưa thẩm định"."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class LegalClearance(models.Model):
    """One legal paragraph, as it read on that day (``text_hash``), cleared by a named reviewer. Only ever added.

    ``page_key`` is the translation key of the page. A paragraph that is changed by one letter is not cleared any more.
    """

    page_key = models.UUIDField()
    block_id = models.CharField(max_length=40)
    text_hash = models.CharField(max_length=64)
    cleared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    cleared_by_name = models.CharField(max_length=150)
    cleared_at = models.DateTimeField()

    class Meta:
        verbose_name = _("clearance of a legal paragraph")
        verbose_name_plural = _("clearances of legal paragraphs")
        permissions = [("clear_legal", _("Can clear legal paragraphs"))]
        constraints = [
            models.UniqueConstraint(fields=["page_key", "block_id", "text_hash"], name="a_paragraph_is_cleared_once")
        ]

    def __str__(self) -> str:
        return f"{self.page_key}#{self.block_id}"

from django.db import models
from django.utils.translation import gettext_lazy as _


class PackageItem(models.Model):
    """What ``load_course`` made from one path of a content package, so that a trainer's edit is told from the source.

    ``loaded_hash`` is the hash of the content as loaded (as it stands in the page or question), ``source_hash`` that of
    the source; ``revision`` the page revision, or question version, that was made. A page whose latest revision (a
    draft too) is another one was edited since, and is left alone.
    """

    package = models.SlugField(max_length=100)
    path = models.CharField(max_length=255)
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=64)
    source_hash = models.CharField(max_length=64)
    loaded_hash = models.CharField(max_length=64, blank=True)
    revision = models.CharField(max_length=64, blank=True)
    loaded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("item of a content package")
        verbose_name_plural = _("items of content packages")
        constraints = [models.UniqueConstraint(fields=["package", "path", "kind"], name="package_item_has_one_path")]

    def __str__(self) -> str:
        return f"{self.package}/{self.path}"

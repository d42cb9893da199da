"""The library: pictures that say what they show, documents, videos with captions."""

from django.core.validators import FileExtensionValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.models import CollectionMember
from wagtail.search import index


class LibraryImage(AbstractImage):
    """``description`` is the alternative text: required, since the lesson must be complete without the picture."""

    description = models.CharField(
        _("alternative text"),
        max_length=500,
        help_text=_("Say in one or two sentences what the picture teaches; it is read to those who cannot see it."),
    )
    credit = models.CharField(_("credit"), max_length=150, blank=True)
    # Kept apart from the title: the key under which a content package finds its picture again.
    package_key = models.CharField(max_length=255, blank=True, editable=False, db_index=True)

    admin_form_fields = (
        "title",
        "file",
        "description",
        "credit",
        "collection",
        "tags",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )

    class Meta(AbstractImage.Meta):
        verbose_name = _("image")
        verbose_name_plural = _("images")
        permissions = [("choose_image", "Can choose image")]


class LibraryRendition(AbstractRendition):
    image = models.ForeignKey(LibraryImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="library_rendition_is_made_once"
            )
        ]


class LibraryDocument(AbstractDocument):
    package_key = models.CharField(max_length=255, blank=True, editable=False, db_index=True)
    admin_form_fields = ("title", "file", "collection", "tags")

    class Meta(AbstractDocument.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        permissions = [("choose_document", "Can choose document")]


class Video(CollectionMember, index.Indexed, models.Model):
    """A video with captions (required) and, for those who cannot watch it, the words spoken."""

    title = models.CharField(_("title"), max_length=255)
    file = models.FileField(
        _("video file (MP4)"), upload_to="videos", validators=[FileExtensionValidator(["mp4", "webm"])]
    )
    captions = models.FileField(
        _("captions (WebVTT)"), upload_to="captions", validators=[FileExtensionValidator(["vtt"])]
    )
    poster = models.ForeignKey(
        LibraryImage, verbose_name=_("still picture"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    transcript = models.TextField(_("words spoken"), blank=True)
    seconds = models.PositiveIntegerField(_("length in seconds"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    search_fields = [index.SearchField("title"), index.AutocompleteField("title"), index.FilterField("collection")]

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")

    def __str__(self) -> str:
        return self.title

"""The library: pictures that say what they show, documents, videos with captions."""

from django.core.validators import FileExtensionValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.models import CollectionMember
from wagtail.search import index


class Screen(index.Indexed, models.Model):
    """A screen of an app as it looked on ``seen_on``; its drawings and photographs name it.

    ``stale_since``: from that day on the app looks otherwise: whoever uses one of the pictures is listed, and the
    reader is told. Cleared again when the pictures are new and ``seen_on`` is later.
    """

    key = models.SlugField(_("key"), max_length=80, unique=True)
    app = models.CharField(_("app"), max_length=60)
    title = models.CharField(_("screen"), max_length=150)
    seen_on = models.DateField(_("looked like this on"))
    stale_since = models.DateField(
        _("looks otherwise since"), null=True, blank=True, help_text=_("Empty: the app still looks like this.")
    )
    note = models.TextField(_("what has changed"), blank=True, help_text=_("One sentence that readers see as well."))

    search_fields = [index.SearchField("title"), index.SearchField("app"), index.AutocompleteField("title")]

    class Meta:
        verbose_name = _("screen of an app")
        verbose_name_plural = _("screens of apps")
        ordering = ["app", "title"]

    def __str__(self) -> str:
        return f"{self.app}: {self.title}"


class LibraryImage(AbstractImage):
    """``description`` is the alternative text: required, since the lesson must be complete without the picture."""

    description = models.CharField(
        _("alternative text"),
        max_length=500,
        help_text=_("Say in one or two sentences what the picture teaches; it is read to those who cannot see it."),
    )
    credit = models.CharField(_("credit"), max_length=150, blank=True)
    screen = models.ForeignKey(
        Screen,
        verbose_name=_("screen that it shows"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="pictures",
    )
    # Kept apart from the title: the key under which a content package finds its picture again.
    package_key = models.CharField(max_length=255, blank=True, editable=False, db_index=True)

    admin_form_fields = (
        "title",
        "file",
        "description",
        "credit",
        "screen",
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

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from lms.core.addresses import refuse_reserved


class HomePage(Page):
    introduction = models.TextField(_("introduction"), blank=True)

    content_panels: ClassVar[list[object]] = [*Page.content_panels, FieldPanel("introduction")]
    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    subpage_types: ClassVar[list[str]] = ["courses.CoursePage", "home.TextPage"]
    template = "home/home_page.html"

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")


class TextPage(Page):
    """Help, privacy notice: a page of text. ``guide_for``: shown to people of that kind at their first visit."""

    class Guide(models.TextChoices):
        NONE = "", _("no guide")
        OFFICER = "officer", _("officers")
        TRAINER = "trainer", _("trainers")
        MANAGER = "manager", _("managers")

    body = RichTextField(_("text"), features=["h2", "h3", "bold", "italic", "ol", "ul", "link", "image"])
    guide_for = models.CharField(_("guide for the first visit of"), max_length=10, choices=Guide.choices, blank=True)

    content_panels: ClassVar[list[object]] = [*Page.content_panels, FieldPanel("body"), FieldPanel("guide_for")]
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "home/text_page.html"

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")

    def clean(self) -> None:
        super().clean()
        refuse_reserved(self.slug)

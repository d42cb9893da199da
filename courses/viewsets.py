from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import EditView, SnippetViewSet

from courses.models import GlossaryTerm, LegalDocument
from lms.core import clock
from media.models import Screen


class GlossaryTermViewSet(SnippetViewSet):  # type: ignore[misc]
    """The glossary. ``key`` is what lessons link to (#term-key): changing it leaves those links without a target."""

    model = GlossaryTerm
    icon = "openquote"
    menu_label = _("Glossary")
    menu_order = 320
    add_to_admin_menu = True
    list_display: ClassVar[list[str]] = ["term", "definition", "key"]
    search_fields: ClassVar[list[str]] = ["term", "definition"]
    panels: ClassVar[list[object]] = [
        FieldPanel("term"),
        FieldPanel("definition"),
        FieldPanel("english"),
        FieldPanel("key"),
    ]


class UsesColumn(Column):  # type: ignore[misc]
    """A way to who rests on the row; counted there, not here."""

    cell_template_name = "courses/cms/uses_cell.html"

    def __init__(self, url_name: str) -> None:
        super().__init__("uses", label=_("Used in"))
        self.url_name = url_name

    def get_value(self, instance: Any) -> str:
        return reverse(self.url_name, args=[instance.pk])


class DocumentEditView(EditView):  # type: ignore[misc]
    """Whoever says that a document is not in force any more is shown at once what rests on it."""

    def get_success_url(self) -> str:
        if not self.object.is_in_force(clock.today()):
            return reverse("courses_document_uses", args=[self.object.pk])
        return str(super().get_success_url())


class LegalDocumentViewSet(SnippetViewSet):  # type: ignore[misc]
    """The register of documents. Lessons link to #luat-key, questions name the row."""

    model = LegalDocument
    icon = "doc-full-inverse"
    menu_label = _("Legal documents")
    menu_order = 325
    add_to_admin_menu = True
    edit_view_class = DocumentEditView
    list_display: ClassVar[list[Any]] = [
        "name", "number", "in_force_to", "replaced_by", Column("certainty", label=_("certainty"), accessor="certainty"),
        UsesColumn("courses_document_uses"),
    ]  # fmt: skip
    list_filter: ClassVar[list[str]] = ["kind", "certainty"]
    search_fields: ClassVar[list[str]] = ["name", "number", "key"]
    panels: ClassVar[list[object]] = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("number"), FieldPanel("kind"), FieldPanel("key")]),
        MultiFieldPanel(
            [
                FieldPanel("issued_on"),
                FieldRowPanel([FieldPanel("in_force_from"), FieldPanel("in_force_to")]),
                FieldPanel("replaced_by"),
            ],
            heading=_("In force"),
        ),
        FieldPanel("summary"),
        FieldRowPanel([FieldPanel("certainty"), FieldPanel("checked_on")]),
        FieldPanel("full_text"),
        FieldPanel("url"),
    ]

    def get_queryset(self, request: Any) -> QuerySet[LegalDocument]:
        return LegalDocument.objects.select_related("replaced_by")


class ScreenEditView(EditView):  # type: ignore[misc]
    """Whoever marks a screen stale is shown at once which lessons show it."""

    def get_success_url(self) -> str:
        if self.object.stale_since:
            return reverse("courses_screen_uses", args=[self.object.pk])
        return str(super().get_success_url())


class ScreenViewSet(SnippetViewSet):  # type: ignore[misc]
    """Screens of Facebook and other apps. A picture says in the library which one it shows."""

    model = Screen
    icon = "mobile-alt"
    menu_label = _("Screens of apps")
    menu_order = 312
    add_to_admin_menu = True
    edit_view_class = ScreenEditView
    list_display: ClassVar[list[Any]] = ["title", "app", "seen_on", "stale_since", UsesColumn("courses_screen_uses")]
    list_filter: ClassVar[list[str]] = ["app"]
    search_fields: ClassVar[list[str]] = ["title", "app", "key"]
    panels: ClassVar[list[object]] = [
        FieldRowPanel([FieldPanel("app"), FieldPanel("title"), FieldPanel("key")]),
        FieldRowPanel([FieldPanel("seen_on"), FieldPanel("stale_since")]),
        FieldPanel("note"),
    ]

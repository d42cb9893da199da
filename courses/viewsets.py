from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.snippets.views.snippets import SnippetViewSet

from courses.models import GlossaryTerm


class GlossaryTermViewSet(SnippetViewSet):  # type: ignore[misc]
    """The glossary. ``key`` is what lessons link to (#term-key): changing it leaves those links without a target."""

    model = GlossaryTerm
    icon = "openquote"
    menu_label = _("Glossary")
    menu_order = 320
    add_to_admin_menu = True
    list_display: ClassVar[list[str]] = ["term", "definition", "key"]
    search_fields: ClassVar[list[str]] = ["term", "definition"]
    panels: ClassVar[list[object]] = [FieldPanel("term"), FieldPanel("definition"), FieldPanel("key")]

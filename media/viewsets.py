from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.snippets.views.snippets import SnippetViewSet

from media.forms import VideoForm
from media.models import Video


class VideoViewSet(SnippetViewSet):  # type: ignore[misc]
    model = Video
    icon = "media"
    menu_label = _("Videos")
    menu_order = 310
    add_to_admin_menu = True
    list_display: ClassVar[list[str]] = ["title", "seconds", "created_at"]
    search_fields: ClassVar[list[str]] = ["title"]
    edit_handler = ObjectList(
        [
            FieldPanel("title"),
            FieldPanel("file"),
            FieldPanel("captions"),
            FieldPanel("poster"),
            FieldPanel("transcript"),
            FieldPanel("seconds"),
        ],
        base_form_class=VideoForm,
    )

"""What the CMS shows on its first page: the guide for a first visit."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from wagtail import hooks
from wagtail.admin.ui.components import Component

from lms.home.models import TextPage


class GuidePanel(Component):
    order = 50

    def __init__(self, page: TextPage) -> None:
        self.page = page

    def render_html(self, parent_context: Any = None) -> SafeString:
        return render_to_string("home/cms_guide.html", {"guide": self.page})


@hooks.register("construct_homepage_panels")
def show_guide(request: HttpRequest, panels: list[Any]) -> None:
    page = TextPage.objects.live().filter(guide_for=TextPage.Guide.TRAINER).first()
    if page:
        panels.append(GuidePanel(page))

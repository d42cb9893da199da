"""What rests on a document or shows a screen, and what has to be looked at because one of them changed."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.models import LegalDocument
from courses.queries import citations
from lms.core import clock
from media.models import Screen


def document(request: HttpRequest, document_id: int) -> HttpResponse:
    _authors_only(request, "courses.view_legaldocument", "courses.change_legaldocument")
    row = get_object_or_404(LegalDocument.objects.select_related("replaced_by"), pk=document_id)
    return _page(
        request,
        header_title=str(row),
        header_icon="doc-full-inverse",
        parent=_("Legal documents"),
        parent_url=reverse("wagtailsnippets_courses_legaldocument:list"),
        uses=citations.uses_of_documents([row.key])[row.key],
        document=row,
        is_in_force=row.is_in_force(clock.today()),
    )


def screen(request: HttpRequest, screen_id: int) -> HttpResponse:
    _authors_only(request, "media.view_screen", "media.change_screen")
    row = get_object_or_404(Screen, pk=screen_id)
    return _page(
        request,
        header_title=str(row),
        header_icon="mobile-alt",
        parent=_("Screens of apps"),
        parent_url=reverse("wagtailsnippets_media_screen:list"),
        uses=citations.uses_of_screens([row])[row.pk],
        screen=row,
    )


def review(request: HttpRequest) -> HttpResponse:
    """Everything that rests on a document which is not in force, or shows a screen that looks otherwise by now."""
    _authors_only(request, "courses.change_legaldocument", "media.change_screen")
    documents, screens = citations.due(on=clock.today())
    return TemplateResponse(
        request,
        "courses/cms/review.html",
        {
            "header_title": _("To be looked at again"),
            "header_icon": "warning",
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": _("Home")},
                {"url": "", "label": _("To be looked at again")},
            ],
            "documents": documents,
            "screens": screens,
        },
    )


def _authors_only(request: HttpRequest, *permissions: str) -> None:
    if not any(request.user.has_perm(permission) for permission in permissions):
        raise PermissionDenied


def _page(request: HttpRequest, *, parent: str, parent_url: str, **context: Any) -> HttpResponse:
    return TemplateResponse(
        request,
        "courses/cms/uses.html",
        {
            **context,
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": _("Home")},
                {"url": parent_url, "label": parent},
                {"url": "", "label": context["header_title"]},
            ],
        },
    )

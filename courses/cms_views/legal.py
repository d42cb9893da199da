"""Legal paragraphs of the lessons: which are not cleared, and clearing one."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.queries import legal as screens
from courses.services import legal
from lms.core import clock

PERMISSION = "courses.clear_legal"
SHOWN = ("waiting", "cleared", "all")


def _reviewers_only(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def paragraphs(request: HttpRequest) -> HttpResponse:
    """``?show=`` waiting (the default), cleared or all."""
    _reviewers_only(request)
    shown = request.GET.get("show", SHOWN[0])
    shown = shown if shown in SHOWN else SHOWN[0]
    found = screens.paragraphs()
    parts = {
        "waiting": [entry for entry in found if not entry.cleared_by],
        "cleared": [entry for entry in found if entry.cleared_by],
        "all": found,
    }
    return TemplateResponse(
        request,
        "courses/cms/legal.html",
        {
            "header_title": _("Legal paragraphs to be reviewed"),
            "header_icon": "clipboard-list",
            "breadcrumbs_items": _breadcrumbs(),
            "rows": parts[shown],
            "shown": shown,
            "waiting": len(parts["waiting"]),
            "cleared": len(parts["cleared"]),
            "total": len(found),
        },
    )


def paragraph(request: HttpRequest, page_id: int, block_id: str, text_hash: str) -> HttpResponse:
    """Read it; POST clears exactly the text that was shown."""
    _reviewers_only(request)
    entry = screens.paragraph(page_id=page_id, block_id=block_id, text_hash=text_hash)
    if entry is None:
        messages.warning(request, _("This paragraph has been changed or removed meanwhile. Read it as it stands now."))
        return redirect("courses_legal")
    if request.method == "POST":
        try:
            legal.clear(entry=entry, by=request.user, at=clock.now())  # type: ignore[arg-type]
        except legal.OwnTextError:
            messages.error(request, _("You wrote this text yourself: another reviewer has to clear it."))
            return redirect(request.path)
        messages.success(request, _("The paragraph is cleared. Readers see your name and the day beside it."))
        return redirect("courses_legal")
    return TemplateResponse(
        request,
        "courses/cms/legal_paragraph.html",
        {
            "header_title": entry.heading,
            "header_icon": "clipboard-list",
            "breadcrumbs_items": [*_breadcrumbs(), {"url": "", "label": entry.page_title}],
            "entry": entry,
            "author": screens.first_author(entry),
            "may_clear": legal.may_clear(entry, request.user),  # type: ignore[arg-type]
        },
    )


def _breadcrumbs() -> list[dict[str, str]]:
    return [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse("courses_legal"), "label": _("Legal paragraphs to be reviewed")},
    ]

"""The gate before every kind of activity, and what the CMS shows of courses."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.menus.pages import PageMenuItem
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from courses.cms_views import citations as citation_views
from courses.cms_views import legal as legal_views
from courses.cms_views import word as word_views
from courses.enums import State
from courses.models import Activity, JobAidPage, LessonPage, ModulePage
from courses.models.pages import ActivityPage
from courses.queries import access, legal
from courses.services import progress
from courses.viewsets import GlossaryTermViewSet, LegalDocumentViewSet, ScreenViewSet
from lms.core import clock, origin


@hooks.register("before_serve_page")
def require_access(page: Page, request: HttpRequest, serve_args: Any, serve_kwargs: Any) -> HttpResponse | None:
    """Only who takes the course reads its lessons and quizzes, whatever app the page type is from. A job aid is for
    everyone who is signed in.

    Leaves ``request.activity`` and ``request.access`` for the template tags. A preview in the CMS does not come here.
    """
    if isinstance(page, JobAidPage) and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not isinstance(page, ActivityPage):
        return None
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    activity = getattr(request, "activity", None)
    if activity is None:
        activity = Activity.objects.filter(key=page.translation_key).select_related("course", "module").first()
    if activity is None:
        # Nothing that could be asked who may read it: then nobody does.
        raise Http404
    answer = access.may_read(request.user, activity)
    request.activity, request.access = activity, answer  # type: ignore[attr-defined]
    if not answer.allowed:
        return render(
            request, "courses/locked.html", {"page": page, "access": answer, "activity": activity}, status=403
        )
    if answer.enrolment and answer.place and request.method == "GET" and not origin.is_read_only():
        is_new = answer.place.row.state == State.NOT_STARTED
        progress.note_opened(
            enrolment=answer.enrolment,
            activity=activity,
            is_new=is_new,
            # Looking at a quiz is not where somebody left off: an attempt is found again by its own page.
            moves_bookmark=isinstance(page, LessonPage),
            at=clock.now(),
        )
    return None


@hooks.register("register_log_actions")
def name_practice_actions(actions: LogActionRegistry) -> None:
    actions.register_action("courses.confirm_practice", _("Confirm a practical task"), _("Practical task confirmed"))
    actions.register_action("courses.return_practice", _("Return a practical task"), _("Practical task returned"))


# --- From Word into a lesson --------------------------------------------------------------------------


@hooks.register("register_admin_urls")
def word_addresses() -> list[URLPattern]:
    return [
        path("word/<int:page_id>/", word_views.begin, name="courses_word"),
        path("word/<int:page_id>/<str:key>/", word_views.preview, name="courses_word_preview"),
        path("word/<int:page_id>/<str:key>/<int:number>.jpg", word_views.picture, name="courses_word_picture"),
    ]


class WordButton(PageMenuItem):  # type: ignore[misc]
    """On a lesson that the person may edit, and on a topic under which they may make one."""

    icon_name = "doc-full"
    url_name = "courses_word"
    # The return address of other buttons means nothing here.
    next_url = None

    def is_shown(self, user: Any) -> bool:
        rights = self.page.permissions_for_user(user)
        return bool(rights.can_edit() if isinstance(self.page, LessonPage) else rights.can_add_subpage())


@hooks.register("register_page_header_buttons")
def word_in_header(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[WordButton]:
    yield from word_in_listing(page, user)


@hooks.register("register_page_listing_more_buttons")
def word_in_listing(page: Page, user: Any, next_url: str | None = None) -> Iterator[WordButton]:
    if isinstance(page, LessonPage):
        yield WordButton(_("Put in from Word"), page=page, priority=12)
    elif isinstance(page, ModulePage):
        yield WordButton(_("New lesson from Word"), page=page, priority=12)


@hooks.register("register_log_actions")
def name_word_actions(actions: LogActionRegistry) -> None:
    actions.register_action("courses.word_import", _("Put in from Word"), _("Text from Word put into the draft"))


# --- Legal paragraphs ---------------------------------------------------------------------------------


@hooks.register("register_admin_urls")
def legal_addresses() -> list[URLPattern]:
    return [
        path("legal/", legal_views.paragraphs, name="courses_legal"),
        path(
            "legal/<int:page_id>/<str:block_id>/<str:text_hash>/",
            legal_views.paragraph,
            name="courses_legal_paragraph",
        ),
    ]


class LegalMenuItem(MenuItem):  # type: ignore[misc]
    """For those who may clear; says how many wait."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(legal_views.PERMISSION))

    def render_component(self, request: HttpRequest) -> Any:
        component = super().render_component(request)
        if count := legal.waiting_count():
            component.label = f"{self.label} ({count})"
        return component


@hooks.register("register_admin_menu_item")
def legal_in_menu() -> LegalMenuItem:
    return LegalMenuItem(
        _("Legal paragraphs"), reverse_lazy("courses_legal"), name="legal", icon_name="clipboard-list", order=330
    )


@hooks.register("register_log_actions")
def name_legal_actions(actions: LogActionRegistry) -> None:
    actions.register_action("courses.clear_legal", _("Clear a legal paragraph"), _("Legal paragraph cleared"))


# --- What rests on a document, what shows a screen --------------------------------------------------------


@hooks.register("register_admin_urls")
def citation_addresses() -> list[URLPattern]:
    return [
        path("review/", citation_views.review, name="courses_review"),
        path("documents-of-law/<int:document_id>/uses/", citation_views.document, name="courses_document_uses"),
        path("screens/<int:screen_id>/uses/", citation_views.screen, name="courses_screen_uses"),
    ]


class ReviewMenuItem(MenuItem):  # type: ignore[misc]
    """For those who keep the registers."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(
            request.user.has_perm("courses.change_legaldocument") or request.user.has_perm("media.change_screen")
        )


@hooks.register("register_admin_menu_item")
def review_in_menu() -> ReviewMenuItem:
    return ReviewMenuItem(
        _("To be looked at again"), reverse_lazy("courses_review"), name="review", icon_name="warning", order=335
    )


register_snippet(GlossaryTermViewSet)
register_snippet(LegalDocumentViewSet)
register_snippet(ScreenViewSet)

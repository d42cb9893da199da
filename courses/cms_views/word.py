"""From Word into a lesson: choose a file or paste, look at what was found, take it over into the draft."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.views.pages.utils import get_breadcrumbs_items_for_page
from wagtail.models import Page

from courses.cms_views.forms import TakeOverForm, WordForm
from courses.formats.drafts import Draft, PictureDraft, TableDraft, TextDraft
from courses.formats.pieces import FileFault, Loss, LossKind, WordRefusedError
from courses.formats.word_package import MAX_BYTES
from courses.models import LessonPage, ModulePage
from courses.services import word
from courses.services.word import NotTakenOverError, Obstacle, Staged
from lms.core import clock

FAULTS = {
    FileFault.TOO_BIG: gettext_lazy("The file is too large: at most 25 MB. Make its pictures smaller, or split it."),
    FileFault.TOO_LONG: gettext_lazy(
        "The text is too long for one lesson. Split it into several and take them one by one."
    ),
    FileFault.OLD_WORD: gettext_lazy("This is an old .doc file. Open it in Word, save it as .docx and upload that."),
    FileFault.ENCRYPTED: gettext_lazy("The file is protected by a password. Save it without one and upload it again."),
    FileFault.MACROS: gettext_lazy("The file contains macros. Save it as .docx (without macros) and upload that."),
    FileFault.OTHER_FORMAT: gettext_lazy("This is not a Word file. Save the text as .docx and upload that."),
    FileFault.BROKEN: gettext_lazy("The file cannot be read: it is damaged or cut off. Save it anew in Word."),
    FileFault.OLD_FONT: gettext_lazy(
        "The text is typed in an old font (TCVN3 or VNI), for example “%(sample)s”. Convert it to Unicode first."
    ),
    FileFault.EMPTY: gettext_lazy("There is no text in it that could go into a lesson."),
}
LOSSES = {
    LossKind.TEXT_BOX: gettext_lazy("Text boxes are not taken over. Copy their words by hand if they are needed:"),
    LossKind.FOOTNOTE: gettext_lazy("Footnotes are not taken over. Put what matters into the text:"),
    LossKind.HEADER: gettext_lazy("Headers and footers are not taken over:"),
    LossKind.COMMENT: gettext_lazy("Comments are not taken over:"),
    LossKind.TRACKED: gettext_lazy(
        "The document has tracked changes: insertions were accepted, deleted words left out. Read it through."
    ),
    LossKind.HIDDEN: gettext_lazy("Hidden text is not taken over:"),
    LossKind.SMART_ART: gettext_lazy("SmartArt is not taken over. Save it as a picture (PNG) and add it by hand."),
    LossKind.CHART: gettext_lazy("Charts are not taken over. Save them as pictures (PNG) and add them by hand."),
    LossKind.SHAPE: gettext_lazy("Drawn shapes are not taken over. Save them as pictures (PNG) and add them by hand."),
    LossKind.EQUATION: gettext_lazy("Equations are not taken over:"),
    LossKind.CONTENTS: gettext_lazy("The table of contents is not taken over; a lesson needs none."),
    LossKind.EMBEDDED: gettext_lazy("Embedded objects (a sheet, another document) are not taken over."),
    LossKind.SYMBOL: gettext_lazy("Signs of special fonts (Wingdings, Symbol) could not be read. Look for gaps."),
    LossKind.PICTURE_OUTSIDE: gettext_lazy(
        "Pictures did not come with the text. Upload the .docx file instead, or add them by hand:"
    ),
    LossKind.PICTURE_VECTOR: gettext_lazy(
        "Pictures in EMF, WMF, GIF or BMP cannot be shown. Save them as PNG and add them by hand:"
    ),
    LossKind.PICTURE_BROKEN: gettext_lazy("Pictures could not be read, or are too large:"),
    LossKind.PICTURE_IN_TABLE: gettext_lazy("Pictures inside a table stand behind it now:"),
    LossKind.TABLE_WIDE: gettext_lazy(
        "Tables with more than 6 columns cannot be read on a phone; their rows became paragraphs:"
    ),
    LossKind.TABLE_LONG: gettext_lazy("Tables with very long cells became paragraphs, row by row:"),
    LossKind.TABLE_NESTED: gettext_lazy("A table inside a table became text of its cell:"),
    LossKind.TABLE_MERGED: gettext_lazy("Merged cells are repeated in each row and column they covered:"),
    LossKind.LONG_HEADING: gettext_lazy("Headings longer than 150 characters stay subheadings of the text:"),
    LossKind.NUMBERED_HEADING: gettext_lazy("Numbers that Word puts before headings are not taken over:"),
    LossKind.LIST_RESTARTS: gettext_lazy("A numbered list that was interrupted begins at 1 again. Check it at:"),
}
OBSTACLES = {
    Obstacle.LOCKED: gettext_lazy("The page is locked. Ask whoever locked it, then take the text over."),
    Obstacle.IN_MODERATION: gettext_lazy(
        "The page waits for review. Have the review finished or cancelled first, then take the text over."
    ),
    Obstacle.ALIAS: gettext_lazy("This page mirrors another one. Take the text over there."),
    Obstacle.CHANGED: gettext_lazy(
        "The draft was changed while you were looking. Look at it again before you replace it, or put the blocks "
        "after it."
    ),
    Obstacle.NO_LIBRARY: gettext_lazy(
        "A picture was not accepted by the library, or you may not add pictures there. Leave the pictures out, or ask "
        "an administrator."
    ),
}


@dataclass(frozen=True)
class Said:
    """One line of what was left out or changed."""

    sentence: str
    count: int
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """One block found, with the fields that the trainer fills in for it."""

    place: int
    kind: str
    draft: Draft
    html: str
    picture: int | None
    fields: list[forms.BoundField]


def _page(request: HttpRequest, page_id: int) -> LessonPage | ModulePage:
    """A lesson that the person may edit, or a topic under which they may make one."""
    page = get_object_or_404(Page, pk=page_id).specific
    rights = page.permissions_for_user(request.user)
    if isinstance(page, LessonPage):
        if not rights.can_edit():
            raise PermissionDenied
        return page
    if isinstance(page, ModulePage):
        if not rights.can_add_subpage():
            raise PermissionDenied
        return page
    raise Http404


def _render(request: HttpRequest, template: str, page: Page, **context: Any) -> TemplateResponse:
    title = _("New lesson from Word") if isinstance(page, ModulePage) else _("Put in from Word")
    breadcrumbs = [*get_breadcrumbs_items_for_page(page, request.user), {"url": "", "label": title}]
    return TemplateResponse(
        request,
        template,
        {"page": page, "header_title": title, "header_icon": "doc-full", "breadcrumbs_items": breadcrumbs, **context},
    )


def _obstacle(request: HttpRequest, page: Page) -> Any:
    """The sentence why not now; None if nothing stands in the way."""
    found = word.obstacle(page, request.user) if isinstance(page, LessonPage) else None  # type: ignore[arg-type]
    return OBSTACLES[found] if found else None


def begin(request: HttpRequest, page_id: int) -> HttpResponse:
    page = _page(request, page_id)
    form = WordForm(request.POST or None, request.FILES or None)
    obstacle = _obstacle(request, page)
    if request.method == "POST" and not obstacle and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file and file.size > MAX_BYTES:
                raise WordRefusedError(FileFault.TOO_BIG)
            staged = word.stage(
                source=file.read() if file else form.cleaned_data["pasted"],
                name=file.name if file else "",
                page=page,
                by=request.user,  # type: ignore[arg-type]
                at=clock.now(),
            )
            return redirect("courses_word_preview", page.pk, staged.key)
        except WordRefusedError as refused:
            sentence = str(FAULTS[refused.fault])
            form.add_error(
                "file" if file else "pasted", sentence % {"sample": refused.sample} if refused.sample else sentence
            )
    return _render(request, "courses/cms/word.html", page, form=form, obstacle=obstacle)


def preview(request: HttpRequest, page_id: int, key: str) -> HttpResponse:
    page = _page(request, page_id)
    staged = word.staged(key=key, page=page, by=request.user)  # type: ignore[arg-type]
    if staged is None:
        messages.warning(request, _("This text has already been taken over, or it has lain for more than a day."))
        return redirect("courses_word", page.pk)
    is_new = isinstance(page, ModulePage)
    form = TakeOverForm(request.POST or None, staged=staged, is_new=is_new)
    obstacle = _obstacle(request, page)
    if request.method == "POST" and not obstacle and form.is_valid():
        try:
            lesson = word.take_over(
                staged=staged,
                page=page,
                answers=form.answers(),
                by=request.user,  # type: ignore[arg-type]
            )
        except NotTakenOverError as refused:
            form.add_error(None, str(OBSTACLES[refused.obstacle]))
        else:
            messages.success(request, _("The text is in the draft. Read it through, then submit it for review."))
            return redirect("wagtailadmin_pages:edit", lesson.pk)
    said = [_said(loss) for loss in staged.losses]
    return _render(
        request,
        "courses/cms/word_preview.html",
        page,
        form=form,
        staged=staged,
        is_new=is_new,
        obstacle=obstacle,
        said=said,
        blocks=[_shown(staged, place, draft, form) for place, draft in enumerate(staged.drafts)],
        pictures=len([draft for draft in staged.drafts if isinstance(draft, PictureDraft)]),
        tables=len([draft for draft in staged.drafts if isinstance(draft, TableDraft)]),
        has_errors=bool(form.errors),
    )


def _said(loss: Loss) -> Said:
    sentence = str(LOSSES[loss.kind])
    if not loss.samples and sentence.endswith(":"):
        sentence = f"{sentence[:-1]}."
    return Said(sentence, loss.count, loss.samples)


def _shown(staged: Staged, place: int, draft: Draft, form: TakeOverForm) -> Shown:
    kind = {TextDraft: "text", TableDraft: "table", PictureDraft: "picture"}[type(draft)]
    names = [name for name in form.fields if name.partition("_")[2] == str(place)]
    # Written by our own formats from escaped words, and washed.
    html = mark_safe(word.clean_html(draft.html)) if isinstance(draft, TextDraft) else ""  # noqa: S308
    number = staged.pictures.get(draft.key) if isinstance(draft, PictureDraft) else None
    return Shown(place, kind, draft, html, number, [form[name] for name in names])


def picture(request: HttpRequest, page_id: int, key: str, number: int) -> HttpResponse:
    page = _page(request, page_id)
    staged = word.staged(key=key, page=page, by=request.user)  # type: ignore[arg-type]
    content = word.picture(staged, number) if staged else None
    if content is None:
        raise Http404
    return HttpResponse(content, "image/jpeg", headers={"Cache-Control": "private, max-age=600"})

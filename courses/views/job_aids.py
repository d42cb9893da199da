"""The files of a job aid: for everyone who is signed in."""

import datetime as dt
from uuid import UUID

from csp.decorators import csp_exempt
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courses.models import JobAidEdition, JobAidPage
from courses.queries import job_aids as queries
from courses.services import job_aids
from lms.core import clock


# The strict policy would keep Chrome's own reader from showing the file; a PDF of ours runs nothing.
@csp_exempt()  # type: ignore[arg-type]  # it knows only views without an argument
@login_required
@require_safe
def pdf(request: HttpRequest, key: UUID) -> HttpResponseBase:
    return _answer(request, key, "pdf")


@login_required
@require_safe
def picture(request: HttpRequest, key: UUID) -> HttpResponseBase:
    return _answer(request, key, "png")


def _answer(request: HttpRequest, key: UUID, ending: str) -> HttpResponseBase:
    """The file of the newest version, made on the spot when no worker has come to it yet."""
    page = queries.live_page(key)
    if page is None:
        raise Http404
    edition = _made(page, at=clock.now())
    if edition is None:
        messages.error(request, _("This file could not be made. Please print the page itself; the site has noted it."))
        return redirect(page.url)
    is_pdf = ending == "pdf"
    etag = f'"{edition.pdf_sha256 if is_pdf else edition.picture_sha256}"'
    response = get_conditional_response(request, etag=etag) or _file(edition, is_pdf=is_pdf)
    response["ETag"] = etag
    # Kept by the reader's own browser and asked about each time: the newest is under the same address.
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _made(page: JobAidPage, *, at: dt.datetime) -> JobAidEdition | None:
    edition = job_aids.current(page, at=at)
    return edition if edition.is_made else job_aids.make(edition_id=edition.pk, at=at)


def _file(edition: JobAidEdition, *, is_pdf: bool) -> FileResponse:
    file, kind, ending = (edition.pdf, "application/pdf", "pdf") if is_pdf else (edition.picture, "image/png", "png")
    response = FileResponse(file.open("rb"), content_type=kind)
    # Shown, not saved: Zalo's browser opens a file and saves none. The links of the page ask for saving.
    name = f"{queries.file_name(edition.position)}.{ending}"
    response["Content-Disposition"] = content_disposition_header(False, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response

"""Pictures of questions, for whoever is signed in; files of answers, for who answered and who may mark."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.core import clock
from quizzes.models import QuestionPicture
from quizzes.queries import responses as queries
from quizzes.services import responses
from quizzes.types.answer_files import FILE_BYTES

# Whatever stands in the file, the browser runs nothing of it.
_HARMLESS = "default-src 'none'; sandbox"


@login_required
@require_safe
def picture(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """Named by its content, so it never changes and is asked for once."""
    row = get_object_or_404(QuestionPicture, sha256=sha256)
    response = _answer(request, row.sha256, row.file, row.media_type)
    patch_cache_control(response, private=True, max_age=31536000, immutable=True)
    return response


@login_required
@require_safe
def response_file(request: HttpRequest, file_id: uuid.UUID) -> HttpResponseBase:
    """Shown where it is a picture, saved where it is anything else; 404 for everybody whom it does not concern."""
    row = queries.readable_file(request.user, file_id)  # type: ignore[arg-type]
    if row is None:
        raise Http404
    is_shown = row.media_type.startswith("image/")
    response = _answer(request, row.sha256, row.file, row.media_type, name=row.name, is_attachment=not is_shown)
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_POST
def response_upload(request: HttpRequest, attempt_id: uuid.UUID, position: int) -> HttpResponseBase:
    """A script sends one ``file``; the answer names it once the form is saved with ``token`` (services.responses).

    200 with ``id``, ``token``, ``name``, ``url``, ``size``; 422 with a ``problem`` in words; 401: not signed in.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"problem": _("You were signed out. Sign in again to send the file.")}, status=401)
    at = clock.now()
    question = queries.open_question(request.user, attempt_id, position, at)  # type: ignore[arg-type]
    upload = request.FILES.get("file")
    if question is None:
        raise Http404
    try:
        if upload is None:
            raise responses.FileRefusedError(_("The file is empty."))
        if (upload.size or 0) > FILE_BYTES:
            raise responses.FileRefusedError(_("The file is larger than 10 MB. Send a smaller copy."))
        row = responses.attach(question=question, data=upload.read(), name=upload.name or "", at=at)
    except responses.FileRefusedError as refusal:
        return JsonResponse({"problem": str(refusal)}, status=422)
    address = reverse("quizzes:response-file", args=[row.pk])
    found = {"id": str(row.pk), "token": responses.token_of(row), "name": row.name, "size": row.size, "url": address}
    return JsonResponse(found)


def _answer(
    request: HttpRequest, sha256: str, file: object, media_type: str, *, name: str = "", is_attachment: bool = False
) -> HttpResponseBase:
    etag = f'"{sha256}"'
    found: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if found is None:
        try:
            opened = file.open("rb")  # type: ignore[attr-defined]
        except FileNotFoundError:
            raise Http404 from None
        found = FileResponse(opened, content_type=media_type, filename=name, as_attachment=is_attachment)
    found["ETag"] = etag
    found["X-Content-Type-Options"] = "nosniff"
    found["Content-Security-Policy"] = _HARMLESS
    return found

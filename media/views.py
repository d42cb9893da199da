"""Uploaded pictures and videos where no web server stands in front: in ranges, never as a page of ours."""

import mimetypes
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils._os import safe_join
from django.views.decorators.http import require_safe

# Documents are not among them: they go through /documents/, which asks the hooks first.
SERVED_FOLDERS = {"original_images", "images", "videos", "captions"}
CHUNK = 64 * 1024
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


@require_safe
def serve_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """``Range`` is answered (Android plays no video without it). The file may run nothing: an SVG is a picture only."""
    root = Path(settings.MEDIA_ROOT)
    try:
        file = Path(safe_join(root, path))
    except (ValueError, SuspiciousFileOperation) as error:
        raise Http404 from error
    # Asked of the path as it comes out: "videos/../documents/" begins well and ends elsewhere.
    parts = file.relative_to(root.absolute()).parts
    if not parts or parts[0] not in SERVED_FOLDERS or not file.is_file():
        raise Http404
    response = _respond(request, file)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    # Names are never used again for another content.
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Accept-Ranges"] = "bytes"
    return response


def _respond(request: HttpRequest, file: Path) -> HttpResponseBase:
    size = file.stat().st_size
    content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    asked = _RANGE.match(request.headers.get("Range", ""))
    if not asked or not any(asked.groups()):
        return FileResponse(file.open("rb"), content_type=content_type)
    first, last = asked.groups()
    if first:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    else:
        start, end = max(size - int(last), 0), size - 1
    if start > end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    handle = file.open("rb")
    handle.seek(start)
    response = StreamingHttpResponse(_read(handle, end - start + 1), status=206, content_type=content_type)
    response["Content-Range"] = f"bytes {start}-{end}/{size}"
    response["Content-Length"] = str(end - start + 1)
    return response


def _read(handle: BinaryIO, left: int) -> Iterator[bytes]:
    with handle:
        while left > 0 and (chunk := handle.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk

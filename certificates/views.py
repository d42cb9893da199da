"""Mine, one as a file, and the public check of a code."""

import hashlib
import uuid
from typing import Any

from allauth.account.adapter import get_adapter
from csp.decorators import csp_exempt
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from certificates import numbering, queries, services
from certificates.models import Certificate
from lms.core import text
from lms.core.http import AuthenticatedRequest

# Generous: a hall that checks its papers behind one address; hopeless for guessing 53 bits.
CHECKS_PER_MINUTE = 120
LARGEST_PAPER = 5 * 1024 * 1024


@login_required
@require_safe
def mine(request: AuthenticatedRequest) -> HttpResponse:
    rows = queries.my_certificates(request.user)  # type: ignore[arg-type]
    return render(request, "certificates/mine.html", {"certificates": rows, "public_url": _public_url()})


@require_GET
def row(request: AuthenticatedRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """One card of the list, asked for again and again while the file is being made.

    Without a script the list itself; to a browser that has been signed out meanwhile, the way to sign in.
    """
    if not request.htmx:
        return redirect("certificates:mine")
    if not request.user.is_authenticated:
        return HttpResponseClientRedirect(reverse("certificates:mine"))
    certificate = queries.my_certificate(request.user, certificate_id)  # type: ignore[arg-type]
    if certificate is None:
        raise Http404
    return render(request, "certificates/_card.html", {"certificate": certificate, "public_url": _public_url()})


def _public_url() -> str:
    return settings.PUBLIC_URL.rstrip("/")


# The strict policy would keep Chrome's own reader from showing the file; a PDF of ours runs nothing.
@csp_exempt()  # type: ignore[arg-type]  # it knows only views without an argument
@login_required
@require_safe
def pdf(request: HttpRequest, certificate_id: uuid.UUID) -> HttpResponseBase:
    """The file, for its holder and for those who answer for the unit."""
    certificate = get_object_or_404(Certificate.objects.visible_to(request.user), pk=certificate_id)  # type: ignore[arg-type]
    if certificate.erased_at:
        messages.info(request, _("The file was deleted when the personal data was erased."))
        return redirect("certificates:mine")
    if certificate.state != Certificate.State.READY:
        messages.info(request, _("The certificate is still being made."))
        return redirect("certificates:mine")
    etag = f'"{certificate.sha256}"'
    response = get_conditional_response(request, etag=etag) or _file(certificate)
    response["ETag"] = etag
    # Kept by the reader's own browser only, and asked about each time: who may read can change.
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _file(certificate: Certificate) -> FileResponse:
    response = FileResponse(certificate.file.open("rb"), content_type="application/pdf")
    response["Content-Disposition"] = _disposition(certificate.payload)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _disposition(payload: dict[str, Any]) -> str:
    """Named by number and person, twice: in ASCII for old browsers (Zalo's), in Vietnamese for the others."""
    number = payload["number"].replace("/", "-")
    ascii_name = f"Giay-chung-nhan-{number}-{text.fold(payload['name'])}"
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in ascii_name)
    full = content_disposition_header(False, f"Giấy chứng nhận {number} {payload['name']}.pdf") or ""
    return full.replace("inline; ", f'inline; filename="{plain}.pdf"; ', 1)


def _may_check(request: HttpRequest) -> bool:
    """False for an address that has asked too often this minute. The cache is shared by all processes."""
    key = f"certificates:verify:{get_adapter().get_client_ip(request)}"
    if cache.add(key, 1, timeout=60):
        return True
    try:
        return cache.incr(key) <= CHECKS_PER_MINUTE
    except ValueError:  # it ran out between the two
        return True


def _public(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _form(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    return _public(render(request, "certificates/verify.html", context, status=status))


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """The form; a typed code that can be one is led to its page, a mistyped one comes back with a word of help."""
    typed = request.GET.get("code", "")[:60].strip()
    code = numbering.read_code(typed)
    if code:
        return _public(redirect("certificates:verified", code=code))
    return _form(request, typed=typed, is_mistyped=bool(typed))


@require_http_methods(["GET", "HEAD", "POST"])
def verified(request: HttpRequest, code: str) -> HttpResponse:
    """What anybody may know of one certificate: no date of birth, no position.

    Of an erased one: whether the name or the file that is posted is that of the paper.
    """
    if not _may_check(request):
        response = _form(request, status=429, typed=code, is_too_often=True)
        response["Retry-After"] = "60"
        return response
    readable = numbering.read_code(code)
    if readable and readable != code:
        return _public(redirect("certificates:verified", code=readable))
    certificate = queries.public_certificate(code)
    if certificate is None:
        return _form(request, status=404, typed=code[:60], is_mistyped=not readable, is_unknown=bool(readable))
    address = _public_url() + reverse("certificates:verified", args=[certificate.code])
    context: dict[str, Any] = {"certificate": certificate, "address": address}
    if certificate.erased_on:
        return _erased(request, context)
    if request.method == "POST":
        return _public(redirect("certificates:verified", code=certificate.code))
    return _public(render(request, "certificates/verified.html", context))


def _erased(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Little is left to compare: the name against a slow hash, the file against its digest."""
    if request.method == "POST":
        typed, file = text.clean(request.POST.get("name", "")[:200]), request.FILES.get("file")
        context["typed"] = typed
        if typed:
            kept = Certificate.objects.get(pk=context["certificate"].id)
            context["name_agrees"] = services.bears_name(kept, typed)
        if file is not None:
            context["file_agrees"] = _digest(file) == context["certificate"].sha256 != ""
        context["is_asked"] = bool(typed or file)
    return _public(render(request, "certificates/erased.html", context))


def _digest(file: UploadedFile) -> str:
    """Of an uploaded file; "" for one that no certificate of ours is as large as."""
    if (file.size or 0) > LARGEST_PAPER:
        return ""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()

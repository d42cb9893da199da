import logging

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.core import readiness

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; says nothing about what it depends on, so a failing database restarts nobody."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 or 503; anybody may ask, so the reason goes to the log and not to the one who asks."""
    for check in readiness.CHECKS:
        try:
            check()
        except Exception:
            logger.exception("not ready: %s", check.__name__)
            return HttpResponse("not ready\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


def failed(request: HttpRequest) -> HttpResponse:
    """The page of an error: a plain one that asks nothing of the database, with the name of the request to read out."""
    page = loader.get_template("500.html").render({"request_id": getattr(request, "request_id", "")})
    return HttpResponse(page, status=500)

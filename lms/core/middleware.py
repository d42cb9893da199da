from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from lms.core import origin


class NameRequest:
    """Every request has a name: the log keeps it with what the request wrote, the answer carries it, and the page of
    an error shows it, so that somebody who rings up can read it out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # PostgreSQL takes no NUL in a text: nobody types one, and a search for it would be an error of the server.
        asked = request.META.get("QUERY_STRING", "")
        if "\x00" in asked or "%00" in asked:
            request.META["QUERY_STRING"] = asked.replace("\x00", "").replace("%00", "")
        name = origin.new_request_id()
        request.request_id = name  # type: ignore[attr-defined]
        with origin.coming_from(origin.Origin(request=name, http=request)):
            response = self.get_response(request)
        response["X-Request-Id"] = name
        return response


class SplitContentSecurityPolicy(CSPMiddleware):
    """The strict policy everywhere but under /cms/, whose editor writes styles and scripts into its own pages."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith("/cms/"):
            parts.config = settings.CMS_CONTENT_SECURITY_POLICY
        return parts


class CompressPages(GZipMiddleware):
    """Pages cross the line compressed (Django pads them against BREACH). Files do not: a range of a video is bytes."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)  # type: ignore[arg-type]
        return response

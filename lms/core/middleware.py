from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class SplitContentSecurityPolicy(CSPMiddleware):
    """The strict policy everywhere but under /cms/, whose editor writes styles and scripts into its own pages."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith("/cms/"):
            parts.config = settings.CMS_CONTENT_SECURITY_POLICY
        return parts

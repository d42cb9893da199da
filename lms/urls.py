"""Includes only; Wagtail's catch-all last."""

from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from courses.urls import activity_pages

handler500 = "lms.core.views.failed"

urlpatterns = [
    path("", include("lms.core.urls")),
    path("", include("lms.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("lms.home.urls")),
    path("", include("certificates.urls")),
    path("", include("lms.people.urls")),
    path("", include("lms.plans.urls")),
    path("", include("lms.fanpages.urls")),
    path("", include("lms.reports.urls")),
    path("", include("quizzes.urls")),
    path("", include("courses.urls")),
    path("", include("media.urls")),
    path("cms/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    *activity_pages,
    path("", include(wagtail_urls)),
]

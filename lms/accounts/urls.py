"""Stands before allauth's and Wagtail's addresses."""

from django.urls import path, re_path
from wagtail.admin.auth import require_admin_access

from lms.accounts import views

urlpatterns = [
    path("accounts/", views.to_overview),
    path("accounts/me/", views.overview, name="account_overview"),
    path("accounts/sessions/", views.sessions, name="account_sessions"),
    path("accounts/sessions/end/", views.end_session, name="account_end_session"),
    path("accounts/sessions/answer/", views.answer_news, name="account_answer_news"),
    path("accounts/pin/", views.pin, name="account_pin"),
    path("accounts/lock/", views.lock, name="account_lock"),
    path("accounts/unlock/", views.unlock, name="account_unlock"),
    path("accounts/held/", views.held, name="account_held"),
    path("accounts/email/", views.to_overview),
    re_path(r"^accounts/confirm-email/", views.to_overview),
    # One way in: Wagtail's own sign-in and password pages are never reached.
    path("cms/login/", views.to_sign_in),
    re_path(r"^cms/password_reset/", views.to_password_reset),
    path("_util/login/", views.to_sign_in),
    path("cms/account/", require_admin_access(views.CmsAccountView.as_view())),
]

"""A test client on a real site's settings: the benches run outside pytest, without `lms.settings.test`."""

from typing import Any


def signed_in(viewer: Any) -> Any:
    """A client signed in as ``viewer``, who owes neither the second factor nor the reading of the privacy notice."""
    from django.conf import settings
    from django.contrib.staticfiles import storage
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    # Files as they stand in the source: no bench collects them.
    storage.staticfiles_storage._wrapped = storage.StaticFilesStorage()
    settings.LMS_PRIVACY_NOTICE = settings.LMS_REQUIRE_MFA_FOR_STAFF = False
    client = Client()
    client.force_login(viewer, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client

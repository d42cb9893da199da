"""Tests: quick hasher, tasks in the same process, files in a folder of their own."""

import os
import tempfile

os.environ.setdefault("LMS_VAR", os.path.join(tempfile.gettempdir(), f"lms-test-{os.getuid()}"))

from lms.settings.base import *

SECRET_KEY = "test-only-" + "x" * 50
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # one-time codes
]
# The tests of sign-in switch it on; everybody else's staff would only ever see the page that asks for it.
LMS_REQUIRE_MFA_FOR_STAFF = False
LMS_PRIVACY_NOTICE = False
# The same numbers come again in every test: the tests of the ledger give it a file of their own.
LMS_ERASED_LEDGER = None
# Each process of a parallel run has its own: tests look at every file that is there.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
MEDIA_ROOT = VAR_DIR / "files" / _WORKER
PRIVATE_ROOT = VAR_DIR / "private" / _WORKER
STORAGES["private"] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shared"}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if str(DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / f"test-{_WORKER}.sqlite3"}

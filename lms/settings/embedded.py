"""One machine, no server to install: what `make run` starts. Secrets are made once and kept in the data folder."""

import secrets

from lms.settings.base import *

_secret_file = VAR_DIR / "secret_key"
try:
    # Exclusive creation: web, worker and beat may start at the same moment on an empty data folder.
    with _secret_file.open("x", encoding="ascii") as _handle:
        _secret_file.chmod(0o600)
        _handle.write(secrets.token_urlsafe(64))
except FileExistsError:
    pass
SECRET_KEY = _secret_file.read_text(encoding="ascii")
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"

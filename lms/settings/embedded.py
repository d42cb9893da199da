"""One machine, no server to install: what `make run` starts. Secrets are made once and kept in the data folder."""

import contextlib
import os
import secrets

from lms.settings.base import *
from lms.settings.env import env_int


def _kept_secret() -> str:
    """Web, worker and beat may start at one moment on an empty folder: a hard link appears whole or not at all."""
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        draft = VAR_DIR / f".secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64), encoding="ascii")
        with contextlib.suppress(FileExistsError):
            os.link(draft, kept)
        draft.unlink()
    return kept.read_text(encoding="ascii")


SECRET_KEY = _kept_secret()
# A browser keeps one jar of cookies for all ports of a host: two sites side by side would sign each other out.
SESSION_COOKIE_NAME = f"lms_session_{env_int('PORT', 8000)}"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"

"""A server on the Internet: no default for anything that is secret or names this place."""

from lms.settings.base import *
from lms.settings.env import env_bool, env_list, env_str

SECRET_KEY = env_str("LMS_SECRET_KEY")
ALLOWED_HOSTS = env_list("LMS_HOSTS")
PUBLIC_URL = WAGTAILADMIN_BASE_URL = env_str("LMS_PUBLIC_URL")
CSRF_TRUSTED_ORIGINS = env_list("LMS_ORIGINS", PUBLIC_URL)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env_bool("LMS_SSL_REDIRECT", True)
# Whoever watches over the processes asks them directly, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
EMAIL_HOST = env_str("LMS_EMAIL_HOST", "localhost")
DEFAULT_FROM_EMAIL = env_str("LMS_EMAIL_FROM", "lms@localhost")

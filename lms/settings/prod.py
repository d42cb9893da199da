"""A server on the Internet: no default for anything that is secret or names this place."""

from lms.settings.base import *
from lms.settings.env import env_bool, env_int, env_list, env_str

SECRET_KEY = env_str("LMS_SECRET_KEY")
ALLOWED_HOSTS = env_list("LMS_HOSTS")
PUBLIC_URL = WAGTAILADMIN_BASE_URL = env_str("LMS_PUBLIC_URL")
CSRF_TRUSTED_ORIGINS = env_list("LMS_ORIGINS", PUBLIC_URL)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env_bool("LMS_SSL_REDIRECT", True)
# Whoever watches over the processes asks them directly, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# 0 with a certificate that the server made itself: a browser that was told once lets nobody in past its warning.
SECURE_HSTS_SECONDS = env_int("LMS_HSTS_SECONDS", 31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
EMAIL_HOST = env_str("LMS_EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("LMS_EMAIL_PORT", 25)
EMAIL_HOST_USER = env_str("LMS_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env_str("LMS_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env_bool("LMS_EMAIL_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_str("LMS_EMAIL_FROM", "lms@localhost")

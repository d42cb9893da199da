"""Everything that the installations share, read from the environment (see env.py).

The embedded default needs no server: SQLite, a filesystem broker, a database cache, files under LMS_VAR.
DATABASE_URL and REDIS_URL switch to PostgreSQL and Redis.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from lms.settings.env import env_bool, env_int, env_list, env_str

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env_str("LMS_VAR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = False
LMS_DEMO = env_bool("LMS_DEMO", False)
ALLOWED_HOSTS = env_list("LMS_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("LMS_ORIGINS")
PUBLIC_URL = env_str("LMS_PUBLIC_URL", "http://localhost:8000")

INSTALLED_APPS = [
    "lms.home",
    "lms.reports",
    "lms.people",
    "lms.plans",
    "lms.fanpages",
    "certificates",
    "quizzes",
    "courses",
    "media",
    "lms.units",
    "lms.accounts",
    "lms.core",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "wagtail.embeds",
    "wagtail.sites",
    "lms.accounts.apps.CmsUsersConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "treebeard",
    "django_filters",
    "django_htmx",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lms.core.middleware.NameRequest",
    "lms.core.middleware.CompressPages",
    "lms.core.middleware.SplitContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lms.accounts.middleware.DeviceMiddleware",
    "lms.accounts.middleware.RequiredStepsMiddleware",
    "lms.people.middleware.PrivacyNoticeMiddleware",
    "lms.people.middleware.ViewingMiddleware",
]

ROOT_URLCONF = "lms.urls"
WSGI_APPLICATION = "lms.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # A type of question keeps its page in its own folder: types/<name>/question.html.
        "DIRS": [BASE_DIR / "lms" / "templates", BASE_DIR / "quizzes"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lms.core.context_processors.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# --- Database -------------------------------------------------------------------------------------


def _database() -> dict[str, object]:
    url = urlsplit(env_str("DATABASE_URL", ""))
    if not url.scheme:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "db.sqlite3",
            "OPTIONS": {
                # A deferred transaction that turns into a writer fails at once instead of waiting for its turn.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": env_int("LMS_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database()}

REDIS_URL = env_str("REDIS_URL", "")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        # Shared by every process: sign-in limits live here, so a per-process cache would not do.
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "lms_cache"}
    ),
    # What any process may make again by itself, keyed by revision: ready-made lesson bodies.
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "local"},
}

# --- Celery: only ever a nudge (decision 6); the rows and the sweep hold the truth ------------------

_BROKER_DIR = VAR_DIR / "broker"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 300}
else:
    for _folder in ("queue", "processed", "control"):
        (_BROKER_DIR / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_BROKER_DIR / "queue"),
        "data_folder_out": str(_BROKER_DIR / "queue"),
        "processed_folder": str(_BROKER_DIR / "processed"),
        "control_folder": str(_BROKER_DIR / "control"),
        "store_processed": False,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 240
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Asia/Ho_Chi_Minh"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "lms.core.sweep", "schedule": timedelta(minutes=1)},
    "publish-scheduled": {"task": "lms.core.publish_scheduled", "schedule": timedelta(minutes=1)},
    "retention": {"task": "lms.people.retention", "schedule": crontab(hour=2, minute=40)},
}
# Wagtail's own background work (search index, image feature detection) runs inside the request: it is small here.
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

# --- People and sign-in ---------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/learn/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "lms.accounts.adapters.AccountAdapter"
# Our form turns phone and e-mail into the username first, so that allauth counts one name per account.
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "lms.accounts.forms.SignInForm",
    "change_password": "lms.accounts.forms.NewPasswordForm",
    "reset_password": "lms.accounts.forms.ResetByEmailForm",
}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105  a path
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# Strict per account, generous per address: a hall of three hundred signs in from behind one.
ACCOUNT_RATE_LIMITS = {
    "login": "1200/m/ip",
    "login_failed": "600/5m/ip,5/5m/key",
    "reset_password": "60/m/ip,3/5m/key",
    "reset_password_from_key": "60/m/ip",
    "change_password": "10/m/user",
    "reauthenticate": "10/m/user",
    # The form for joining a unit: a hall again, and a limit for each link beside its own.
    "join": "300/10m/ip,600/h/key",
    "pin": "5/5m/user",
}
# How many of our own proxies stand before the server: with none, X-Forwarded-For is not believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("LMS_PROXIES", 0)
LMS_REQUIRE_MFA_FOR_STAFF = env_bool("LMS_REQUIRE_MFA_FOR_STAFF", True)
# Whoever signs in takes note of the notice in force before anything else; days in which a unit answers a request about
# personal data, by its own rule.
LMS_PRIVACY_NOTICE = env_bool("LMS_PRIVACY_NOTICE", True)
LMS_PRIVACY_ANSWER_DAYS = env_int("LMS_PRIVACY_ANSWER_DAYS", 15)
MFA_ADAPTER = "lms.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "lms.accounts.forms.PasskeyForm",
    "edit_webauthn": "lms.accounts.forms.PasskeyNameForm",
}
MFA_RATE_LIMITS = {"webauthn_login": "600/m/ip"}
MFA_TOTP_ISSUER = "Tập huấn Trang cộng đồng"
MFA_TOTP_TOLERANCE = 1  # phones' clocks go wrong
# Addresses come from rosters and nobody verifies them.
MFA_ALLOW_UNVERIFIED_EMAIL = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- Language and time ----------------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
WAGTAIL_CONTENT_LANGUAGES = [("vi", "Tiếng Việt")]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
FORMAT_MODULE_PATH = ["lms.core.formats"]
# Ours first; the others complete the packages that ship little or no Vietnamese.
LOCALE_PATHS = [
    BASE_DIR / "lms" / "locale" / name for name in ("ours", "allauth", "wagtail_admin", "wagtail_parts", "django_parts")
]

# --- Files ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
# An installation has one for each release, so that the way back finds its own.
STATIC_ROOT = Path(env_str("LMS_STATIC", str(VAR_DIR / "static")))
STATICFILES_DIRS = [
    BASE_DIR / "lms" / "static",
    # A type of question brings its own scripts and styles.
    *((f"lms/types/{folder.parent.name}", folder) for folder in sorted(BASE_DIR.glob("quizzes/types/*/static"))),
]
MEDIA_URL = "/files/"
MEDIA_ROOT = VAR_DIR / "files"
PRIVATE_ROOT = VAR_DIR / "private"
# Which accounts were erased: stays when a backup is put in the place of database and files.
LMS_ERASED_LEDGER: Path | None = VAR_DIR / "erased.jsonl"
BACKUPS_DIR = Path(env_str("LMS_BACKUPS", str(VAR_DIR / "backups"))).resolve()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Certificates: never under MEDIA_ROOT, always through a view that asks who is reading.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000

# --- Wagtail --------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Tập huấn Trang cộng đồng"
WAGTAILADMIN_BASE_URL = PUBLIC_URL
# Our redirect in front of Wagtail's page; straight to account_login, a signed-in non-editor would go round in circles.
WAGTAILADMIN_LOGIN_URL = "/cms/login/"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
WAGTAILIMAGES_IMAGE_MODEL = "media.LibraryImage"
WAGTAILDOCS_DOCUMENT_MODEL = "media.LibraryDocument"
WAGTAILIMAGES_IMAGE_FORM_BASE = "media.forms.LibraryImageForm"
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp", "svg"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 8 * 1024 * 1024
WAGTAILDOCS_EXTENSIONS = ["docx", "xlsx", "pptx", "pdf", "odt", "ods", "txt", "csv", "zip"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILADMIN_UNSAFE_PAGE_DELETION_LIMIT = 1

# --- Security -------------------------------------------------------------------------------------

X_FRAME_OPTIONS = "SAMEORIGIN"
# The CMS shows the preview of a page in a frame of its own.
SILENCED_SYSTEM_CHECKS = ["security.W019"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# Everywhere but under /cms/: nothing inline, nothing from anybody else.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # allauth shows the key of an authenticator app as a data: image.
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
# Wagtail's editor writes styles and small scripts into its pages.
CMS_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, "'unsafe-inline'"],
    "style-src": [SELF, "'unsafe-inline'"],
    "img-src": [SELF, "data:", "blob:"],
    "media-src": [SELF, "blob:"],
    "frame-src": [SELF],
}

# Organisation that issues the certificates of this site, as printed and as in the register number.
CERTIFICATE_ISSUER = {
    "parent": "ỦY BAN TRUNG ƯƠNG MTTQ VIỆT NAM",
    "name": "BAN THƯỜNG TRỰC",
    "symbol": "GCN-MTTW-BTT",
    "place": "Hà Nội",
}
CERTIFICATE_SALUTATION = "Đồng chí"
# Sizes, margins and heads of official papers where an office writes them otherwise than lms/reports/formats/layout.py
# and issuers.py do: {"layout": {"body_size": 13}, "issuers": {"province": {"signs_as": "PHÓ CHỦ TỊCH"}, "17": {…}}}.
_PAPERS = VAR_DIR / "papers.json"
REPORT_PAPERS: dict[str, dict[str, Any]] = json.loads(_PAPERS.read_text("utf-8")) if _PAPERS.is_file() else {}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_str("LMS_LOG_LEVEL", "INFO")},
    # A line for every row indexed and every page saved; who did what is in the CMS's own log.
    "loggers": {"django_tasks": {"level": "WARNING"}, "wagtail": {"level": "WARNING"}},
}

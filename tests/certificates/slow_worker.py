"""Settings of a worker that takes its time over a page, so that a test can kill it in the middle."""

from lms.settings.embedded import *  # noqa: F403  settings build on settings

CELERY_IMPORTS = ["tests.certificates.slow_press"]

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def demo_accounts_stay_off_a_real_site(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.LMS_DEMO:
        return [Error("LMS_DEMO opens accounts whose password is printed in the README.", id="lms.E001")]
    return []


@register(Tags.caches, deploy=True)
def sign_in_limits_need_a_shared_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.CACHES["default"]["BACKEND"].endswith(("LocMemCache", "DummyCache")):
        return [Error("Sign-in limits live in the cache; this one is not shared by all processes.", id="lms.E002")]
    return []

"""What a page costs the server: CPU milliseconds per request, all threads of the web process, on the demonstration.

Wall time depends on what else the machine does; CPU time much less, so that is what the budgets of the design are in.
"""

import os
import time
import urllib.request
from pathlib import Path

import pytest

from tests.plugins.site import LiveSite

ROUNDS = 40
TICKS = os.sysconf("SC_CLK_TCK")
SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
person = get_user_model().objects.get(username="hocvien")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.create()
from courses.models import Activity
lesson = Activity.objects.filter(kind="lesson").order_by("module__position", "position").first()
print(f"{settings.SESSION_COOKIE_NAME}={session.session_key} {lesson.url}")
"""


def cpu_seconds(master: int) -> float:
    """User and system time of the workers that ``master`` has started."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == master:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def fetch(site: LiveSite, path: str, cookie: str) -> int:
    request = urllib.request.Request(site.url + path, headers={"Cookie": cookie} if cookie else {})  # noqa: S310  our own address
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        return len(response.read()) if response.url == site.url + path else -1


@pytest.mark.journey
def bench_pages(live_site: LiveSite) -> None:
    cookie, lesson = live_site.python(SIGN_IN).split()[-2:]
    print(f"\n{'page':40} {'CPU ms':>8} {'wall ms':>8} {'KB':>6}")  # noqa: T201
    for path, who in (
        ("/healthz", ""), ("/readyz", ""), ("/", ""), ("/accounts/login/", ""), ("/verify/", ""),
        ("/learn/", cookie), (lesson, cookie), ("/certificates/", cookie),
    ):  # fmt: skip
        size = [fetch(live_site, path, who) for _warm in range(5)][-1]
        assert size >= 0, f"{path} leads elsewhere"
        began, cpu = time.perf_counter(), cpu_seconds(live_site.processes["web"].pid)
        for _round in range(ROUNDS):
            fetch(live_site, path, who)
        spent = (cpu_seconds(live_site.processes["web"].pid) - cpu) * 1000 / ROUNDS
        wall = (time.perf_counter() - began) * 1000 / ROUNDS
        print(f"{path[:40]:40} {spent:8.1f} {wall:8.1f} {size / 1024:6.1f}")  # noqa: T201

"""The system's Chromium for pytest-playwright; pages at the two widths that every screen is made for."""

import os
import subprocess
from typing import Any

import pytest

from tests.plugins.prepared import ROOT

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = subprocess.run(["lms/ops/chromium.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stderr)
    # On a closed network the browser's own background requests would fail by the dozen and slow every page.
    arguments = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    if os.getuid() == 0:
        arguments.append("--no-sandbox")
    return {**browser_type_launch_args, "executable_path": found.stdout.strip(), "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A phone, in Vietnamese, in Viet Nam; ``browser.new_context(viewport=DESK)`` for the other width."""
    return {**browser_context_args, "viewport": PHONE, "locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh"}

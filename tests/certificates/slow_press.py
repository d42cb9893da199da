"""Imported by the worker of ``slow_worker`` alone: says that the page is begun, then never ends it."""

import os
import time
from pathlib import Path
from typing import Any

from certificates import rendering


def to_pdf(payload: dict[str, Any]) -> bytes:
    Path(os.environ["LMS_TEST_BEGUN"]).write_text(payload["number"], encoding="utf-8")
    time.sleep(600)
    return b""


rendering.to_pdf = to_pdf

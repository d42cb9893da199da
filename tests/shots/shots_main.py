"""A picture of every main screen, as the person it is for, at both widths, under var/shots/ (make shots)."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import screens
from tests.plugins.browser import DESK, PHONE
from tests.plugins.prepared import ROOT
from tests.plugins.site import LiveSite

FOLDER = ROOT / "var" / "shots"
README = ROOT / "lms" / "docs" / "img"
# What the README shows, at the width at which it is used.
SHOWN = {"viec-hoc": PHONE, "bai-hoc": PHONE, "lam-bai": PHONE, "xac-thuc": PHONE, "bao-cao-tinh": DESK}


@pytest.mark.parametrize("width", ["360", "1280"])
def test_shots_of_every_screen(live_site: LiveSite, browser: Browser, width: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    known = screens.addresses(live_site)
    every = screens.SCREENS + screens.CMS_SCREENS
    for who in sorted({screen.who for screen in every}):
        with screens.signed_in(live_site, browser, who, PHONE if width == "360" else DESK) as page:
            for screen in every:
                if screen.who == who:
                    screens.open_screen(page, live_site, screen, known)
                    page.screenshot(path=Path(FOLDER, f"{screen.name}-{width}.png"), full_page=True)


def test_pictures_of_the_readme(live_site: LiveSite, browser: Browser) -> None:
    known = screens.addresses(live_site)
    README.mkdir(parents=True, exist_ok=True)
    for screen in screens.SCREENS:
        if screen.name in SHOWN:
            with screens.signed_in(live_site, browser, screen.who, SHOWN[screen.name]) as page:
                screens.open_screen(page, live_site, screen, known)
                page.screenshot(path=README / f"{screen.name}.png")

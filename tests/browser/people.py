"""People made for one test on a running site, through the ordinary models."""

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.plugins.browser import PHONE
from tests.plugins.site import LiveSite

PASSWORD = "mat-khau-cua-bai-thu-7"

_MAKE = """
import json
from lms.accounts.models import User
from lms.core import clock
from lms.units.models import Appointment, Grant, Unit
from lms.units.queries import children_on
from lms.home.management.commands.demo import _province

asked = json.loads({asked!r})
province = _province(asked["province"])
unit = province
if asked["in_commune"]:
    taken = set(Appointment.objects.filter(unit__path__startswith=province.path).values_list("unit_id", flat=True))
    free = [row for row in children_on(province, clock.today()) if row.id not in taken]
    unit = Unit.objects.get(pk=free[0].id)
person = User(username=asked["username"], full_name=asked["full_name"], is_demo=asked["manages"])
person.set_password(asked["password"])
person.save()
Appointment.objects.create(
    person=person, unit=unit, position="Phó Chủ tịch", page_duty="" if asked["manages"] else "officer",
    starts_on="2025-07-01",
)
for right in asked["rights"]:
    Grant.objects.create(person=person, unit=unit, right=right, starts_on="2025-07-01")
print(json.dumps({{"id": person.pk, "unit": unit.pk, "name": str(unit)}}))
"""


@dataclass(frozen=True)
class Made:
    """Somebody on the site. ``unit`` is the id of where they serve, ``unit_name`` its name."""

    username: str
    full_name: str
    unit: int
    unit_name: str


def make(
    site: LiveSite,
    username: str,
    full_name: str,
    *,
    province: str,
    manages: bool = False,
    rights: tuple[str, ...] = ("view",),
) -> Made:
    """An officer in charge of the page in a commune without anybody, or the manager of a province with ``rights``."""
    asked = {
        "username": username,
        "full_name": full_name,
        "province": province,
        "manages": manages,
        "rights": list(rights) if manages else [],
        "in_commune": not manages,
        "password": PASSWORD,
    }
    answer: dict[str, Any] = json.loads(site.python(_MAKE.format(asked=json.dumps(asked))).splitlines()[-1])
    return Made(username, full_name, answer["unit"], answer["name"])


def sign_in(page: Page, site: LiveSite, username: str, password: str = PASSWORD) -> None:
    page.goto(f"{site.url}/accounts/login/")
    page.fill('input[name="login"]', username)
    page.fill('input[name="password"]', password)
    page.locator('main form:has(input[name="password"]) button[type="submit"]').first.click()
    expect(page).not_to_have_url(f"{site.url}/accounts/login/")


def context(browser: Browser, *, javascript: bool = True, viewport: Any = PHONE) -> BrowserContext:
    return browser.new_context(
        viewport=viewport, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", java_script_enabled=javascript
    )

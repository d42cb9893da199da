"""A merger of more people than go along within the request: the second person watches the bar, and the power fails."""

import re
import sqlite3
import time

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import people
from tests.plugins.site import LiveSite, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.journey]
# More than the 500 that go along at once, in batches of 200.
PEOPLE = 2400

_PREPARE = """
import datetime as dt
from lms.accounts.models import User
from lms.core import clock, text
from lms.home.management.commands.demo import _province
from lms.people.services import reorganising
from lms.units.models import Appointment, DivisionType, Unit
from lms.units.queries import children_on

province = _province("Tỉnh Thái Nguyên")
first, second = [Unit.objects.get(pk=row.id) for row in children_on(province, clock.today())[:2]]
kind = DivisionType.objects.get(level=first.level, name="phường").key
name = "Lò Văn Đi Cùng"
made = User.objects.bulk_create(
    User(username=f"di.cung.{{number}}", full_name=name, name_folded=text.fold(name),
         name_sort_key=text.name_sort_key(name), password="!")
    for number in range({people})
)
Appointment.objects.bulk_create(
    Appointment(person=person, unit=(first, second)[number % 2], position="Chuyên viên", starts_on=dt.date(2025, 7, 1))
    for number, person in enumerate(made)
)
asker = User.objects.get(username="nguoi.de.nghi")
document = dict(document_kind="Nghị quyết", document_number="77/NQ-HĐND", document_issued_on=clock.today(),
                document_issuer="Hội đồng nhân dân tỉnh", document_title="")
change = reorganising.draft(top=province, document=document, effective_on=clock.today(), by=asker, at=clock.now())
reorganising.add_step(change=change, kind="merge", units=[first.pk, second.pk], by=asker,
                      params={{"opening": {{"name": "Phường Mới Mẻ", "type": kind, "code": "99001"}}}})
asked = reorganising.ask(change=change, by=asker, at=clock.now(), reason="Đã đối chiếu với nghị quyết")
print(change.pk, asked.pk)
"""


def test_the_bar_stands_while_the_worker_is_dead_and_ends_when_it_is_back(own_site: LiveSite, browser: Browser) -> None:
    for username in ("nguoi.de.nghi", "nguoi.duyet"):
        people.make(
            own_site, username, f"Người {username[6:].title()}", province="Tỉnh Thái Nguyên", manages=True,
            rights=("view", "approve"),
        )  # fmt: skip
    change, approval = own_site.python(_PREPARE.format(people=PEOPLE)).splitlines()[-1].split()
    page = people.context(browser).new_page()
    people.sign_in(page, own_site, "nguoi.duyet")
    page.goto(f"{own_site.url}/units/approvals/{approval}/")
    page.locator('button[value="approve"]').click()
    # The tree itself is switched at once or by the worker; a batch after that the power fails.
    wait_for(lambda: _moved(own_site, change) > 0, what="the first batch", seconds=90)
    own_site.kill_worker()
    stood = _moved(own_site, change)
    assert 0 < stood < PEOPLE
    page.goto(f"{own_site.url}/units/changes/{change}/")
    bar = page.locator("progress")
    expect(bar).to_have_attribute("value", str(stood))
    time.sleep(5)
    assert _moved(own_site, change) == stood
    expect(bar).to_have_attribute("value", str(stood))

    own_site.start_worker()
    own_site.python("from lms.core.tasks import sweep; sweep.delay()")
    expect(bar).to_have_count(0, timeout=90_000)
    assert _moved(own_site, change) >= PEOPLE
    expect(page.locator("main")).to_contain_text(re.compile("Phường Mới Mẻ"))
    counted = own_site.python(
        "from lms.units.models import Appointment\n"
        "from lms.core import clock\n"
        "rows = Appointment.objects.on(clock.today()).filter(person__username__startswith='di.cung.')\n"
        "print(rows.count(), rows.values('person').distinct().count(), rows.values('unit').distinct().count())"
    )
    assert counted.splitlines()[-1] == f"{PEOPLE} {PEOPLE} 1"


def _moved(site: LiveSite, change: str) -> int:
    """Read beside the site: a command of manage.py would take longer than the whole journey."""
    with sqlite3.connect(f"file:{site.var / 'db.sqlite3'}?mode=ro", uri=True) as database:
        found = database.execute("SELECT people_moved FROM units_reorganisation WHERE id = ?", (change,)).fetchone()
    return int(found[0])

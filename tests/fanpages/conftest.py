"""What tests of pages need beside the cast: today stands still, statements are short to make."""

import datetime as dt

import pytest
import time_machine

from lms.accounts.models import User
from lms.core import clock
from lms.fanpages.models import PageRecord
from lms.fanpages.services import report
from lms.units.models import Unit
from tests.conftest import NOON


@pytest.fixture(autouse=True)
def _today():
    """Sessions and "today" stand still."""
    with time_machine.travel(NOON, tick=False):
        yield


def at(day: dt.date, hour: int = 10) -> dt.datetime:
    """An hour of a day in Việt Nam."""
    return clock.end_of_day(day) - dt.timedelta(hours=24 - hour)


def says(
    unit: Unit,
    by: User | None,
    status: str = "yes",
    url: str | None = None,
    *,
    source: str = "",
    when: dt.datetime = NOON,
    **more: object,
) -> PageRecord:
    """``by`` reports; with a page, by default one of that unit's own. Without ``by`` it was published."""
    page = f"facebook.com/mattran.{unit.pk}x" if url is None else url
    source = source or ("officer" if by else "published")
    return report(unit=unit, status=status, url=page if status == "yes" else "", source=source, by=by, at=when, **more)

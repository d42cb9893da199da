"""What makes two statements the same, what a short source leaves unsaid, names and dates as people write them."""

import datetime as dt
import re
from dataclasses import dataclass, replace

from lms.core import text
from lms.core.facebook import NotAPageAddressError, page_address

YES, NO, UNKNOWN = "yes", "no", "unknown"
# Sources that say only a part: what they leave empty is left as it stands.
SHORT_SOURCES = frozenset({"roster", "practice"})
_FULL_DATE = re.compile(r"(?P<d>\d{1,2})[/.\-](?P<m>\d{1,2})[/.\-](?P<y>\d{4})", re.A)
_MONTH = re.compile(r"(?:tháng\s*)?(?P<m>\d{1,2})[/.\-](?P<y>\d{4})", re.A | re.I)
_YEAR = re.compile(r"(?:năm\s*)?(?P<y>\d{4})", re.A | re.I)
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", re.A)


class NotADayError(ValueError):
    pass


@dataclass(frozen=True)
class Statement:
    """What was said of a unit's page. Only "yes" has an address, a name and a date."""

    status: str
    url: str = ""
    key: str = ""
    name: str = ""
    since: dt.date | None = None


def statement(status: str, url: str = "", name: str = "", since: dt.date | None = None) -> Statement:
    """Raises NotAPageAddressError where ``url`` is given and is not the address of a page."""
    if status != YES:
        return Statement(status)
    found = page_address(url) if url.strip() else None
    return Statement(YES, found.url if found else "", found.key if found else "", text.clean(name)[:150], since)


def is_same(told: Statement, standing: Statement) -> bool:
    """Another spelling of one address is no other statement."""
    return (told.status, told.key, told.name, told.since) == (
        standing.status, standing.key, standing.name, standing.since,
    )  # fmt: skip


def completed(told: Statement, standing: Statement) -> Statement:
    """``told`` by a short source: its empty cells take nothing away, and "not known" does not undo what is known."""
    if told.status == UNKNOWN:
        return standing
    if told.status != YES or standing.status != YES or (told.key and told.key != standing.key):
        return told
    return replace(
        told,
        url=standing.url,
        key=standing.key,
        name=told.name or standing.name,
        since=told.since or standing.since,
    )


def name_fits(name: str, unit_short_name: str) -> bool:
    """Whether ``name`` follows "Mặt trận + tên địa phương" ("Mặt trận Quảng Ninh"), in any case, with or without
    "Tổ quốc", "xã" and the like between. A hint, never a refusal: joint pages exist.
    """
    folded = f" {text.fold(name)} "
    return folded.startswith((" mat tran ", " mttq ", " uy ban mttq ", " uy ban mat tran ")) and (
        f" {text.fold(unit_short_name)} " in folded
    )


def read_since(typed: str) -> dt.date | None:
    """ "12/04/2022", "4/2022", "tháng 4/2022", "2022" → its first day; None for nothing. Raises NotADayError."""
    cleaned = text.clean(typed)
    if not cleaned:
        return None
    for form in (_ISO, _FULL_DATE, _MONTH, _YEAR):
        if found := form.fullmatch(cleaned):
            parts = {"d": 1, "m": 1, **{name: int(value) for name, value in found.groupdict().items()}}
            try:
                return dt.date(parts["y"], parts["m"], parts["d"])
            except ValueError:
                break
    raise NotADayError(typed)


def key_of(url: str) -> str:
    """The key of the page, "" for what is no page's address."""
    try:
        return page_address(url).key
    except NotAPageAddressError:
        return ""


def since_shown(since: dt.date) -> str:
    """The first of a month or of a year is what somebody who knew no day had typed: "4/2022", "2022"."""
    if since.day > 1:
        return f"{since:%d/%m/%Y}"
    return f"{since.month}/{since.year}" if since.month > 1 else f"{since.year}"

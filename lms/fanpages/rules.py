"""What makes two statements the same, what a short source leaves unsaid, names and dates as people write them."""

import datetime as dt
import re
from dataclasses import dataclass, replace

from lms.core import text
from lms.core.facebook import NotAPageAddressError, page_address

YES, NO, UNKNOWN = "yes", "no", "unknown"
# Sources that say only a part: what they leave empty is left as it stands.
SHORT_SOURCES = frozenset({"roster", "practice"})
_FULL_DATE = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_MONTH = re.compile(r"(?:tháng\s*)?(\d{1,2})[/.\-](\d{4})", re.I)
_YEAR = re.compile(r"(?:năm\s*)?(\d{4})", re.I)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


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
    """ "12/04/2022", "4/2022", "tháng 4/2022", "2022" → its first day; None for nothing. Raises ValueError."""
    cleaned = text.clean(typed)
    if not cleaned:
        return None
    if found := _ISO.fullmatch(cleaned):
        return dt.date(int(found[1]), int(found[2]), int(found[3]))
    if found := _FULL_DATE.fullmatch(cleaned):
        return dt.date(int(found[3]), int(found[2]), int(found[1]))
    if found := _MONTH.fullmatch(cleaned):
        return dt.date(int(found[2]), int(found[1]), 1)
    if found := _YEAR.fullmatch(cleaned):
        return dt.date(int(found[1]), 1, 1)
    raise ValueError(typed)


def key_of(url: str) -> str:
    """The key of the page, "" for what is no page's address."""
    try:
        return page_address(url).key
    except NotAPageAddressError:
        return ""

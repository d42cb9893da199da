"""Who issues a paper: the head's left column, the symbol behind the number, the place, the line above the signature.

Derived from the unit's name of that day; an office that writes it otherwise says so in settings.REPORT_PAPERS
["issuers"], under the unit's number or under the key of its level.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lms.core import text
from lms.reports.formats.layout import BadLayoutError


@dataclass(frozen=True)
class Issuer:
    """``governing`` and ``issuing``: lines in capitals. ``full``: as in a sentence. ``symbol``: without the kind of
    document ("MTTQ-BTT"). ``signs_for``, ``signs_as``: above the signature.
    """

    governing: tuple[str, ...]
    issuing: tuple[str, ...]
    full: str
    symbol: str
    place: str
    signs_for: str = "TM. BAN THƯỜNG TRỰC"
    signs_as: str = "CHỦ TỊCH"


_CENTRE = Issuer(
    ("ỦY BAN TRUNG ƯƠNG", "MẶT TRẬN TỔ QUỐC VIỆT NAM"),
    ("BAN THƯỜNG TRỰC",),
    "Ban Thường trực Ủy ban Trung ương Mặt trận Tổ quốc Việt Nam",
    "MTTW-BTT",
    "Hà Nội",
)
# Names of persons, numbers: the place is then written with the word for its kind (NĐ 30/2020, Phụ lục I, II.4).
_WITH_ITS_KIND = {"hồ chí minh"}


def within(name: str) -> str:
    """A unit's name in a sentence: "tỉnh Thái Nguyên"."""
    first, _, rest = name.partition(" ")
    words = ("Tỉnh", "Thành", "Huyện", "Quận", "Thị", "Xã", "Phường", "Đặc")
    return f"{first.lower()} {rest}" if rest and first in words else name


def issuer_of(level: str, name: str, short_name: str) -> Issuer:
    """``level``: key of the unit's level; ``name``: "Tỉnh Thái Nguyên"; ``short_name``: "Thái Nguyên"."""
    if level == "centre":
        return _CENTRE
    short = short_name or name
    place = name if short.isdigit() or short.casefold() in _WITH_ITS_KIND else short
    return Issuer(
        ("ỦY BAN MTTQ VIỆT NAM", text.upper(name)),
        ("BAN THƯỜNG TRỰC",),
        f"Ban Thường trực Ủy ban MTTQ Việt Nam {within(name)}",
        "MTTQ-BTT",
        place,
    )


def with_settings(issuer: Issuer, values: Mapping[str, Any]) -> Issuer:
    """As an office writes it. Lines may be one text or a list of them; BadLayoutError for a name that is not there."""
    names = {field.name for field in fields(Issuer)}
    for name, value in values.items():
        if name not in names:
            raise BadLayoutError(f"An issuer has no {name!r}.")
        if name in ("governing", "issuing"):
            value = (value,) if isinstance(value, str) else tuple(value)
        issuer = replace(issuer, **{name: value})
    return issuer

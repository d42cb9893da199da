"""What a roster calls a unit → a spelling in which one name is one string. Tones and letters are never folded."""

import re
from functools import lru_cache

from lms.core import text

# The Front's own words in front of a unit's name.
_FRONT = re.compile(
    r"^(cơ quan |thường trực |ban thường trực |btt )?"
    r"(ủy ban |uỷ ban |ub ?)?(mttq|mặt trận tổ quốc|mặt trận)( ?việt nam| ?vn)?(?= \S|$)"
)
_SHORT = {
    "tp": "thành phố", "tx": "thị xã", "tt": "thị trấn", "x": "xã", "p": "phường", "h": "huyện", "q": "quận",
    "t": "tỉnh", "đk": "đặc khu",
}  # fmt: skip
_SHORT_TYPE = re.compile(r"^(?:(tp|tx|tt|x|p|h|q|t|đk)\s*\.\s*|(tp|tx|tt|đk)\s+)(?=\S)")
_ZEROS = re.compile(r"^(phường|quận|xã) 0+(?=\d)")
_FORMER = re.compile(r"\s*\(?\b(cũ|trước đây)\b\)?$")
# "Hoà" and "Hòa" are one word in two spellings: the mark belongs to the syllable.
_TONES = {"oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa", "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe",
          "oẹ": "ọe", "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy"}  # fmt: skip
_TONE = re.compile(f"({'|'.join(_TONES)})(?!\\w)")
_COMMA = re.compile(r"\s*[,;]\s*")
_DASH = re.compile(r"\s*[,;]\s*|\s+[-–]\s+")
_BEFORE_TYPE = re.compile(
    r"\s*[,;]\s*|\s+[-–]\s+|\s+(?=(?:huyện|quận|thị xã|thành phố|tỉnh|(?:tp|tx|h|q|t)\s*\.)\s*\S)"
)
_TYPES = r"xã|phường|thị trấn|đặc khu|huyện|quận|thị xã|thành phố|tỉnh"
_TYPE = re.compile(rf"({_TYPES})\s+\S")
_OWN_LEVEL = re.compile(
    r"(?:(?:cấp|khối|cơ quan|khối cơ quan|văn phòng|bộ phận)\s+)*(tỉnh|thành phố|xã|phường|đặc khu|trung ương)"
)
_IN_POSITION = re.compile(
    rf"^(?P<position>.*?)[\s,;–-]*\b(?P<unit>(?:(?:ủy ban|uỷ ban|ub)\s*)?(?:mttq|mặt trận tổ quốc)?"
    rf"(?:\s*(?:việt nam|vn))?"
    rf"\s*(?:{_TYPES}|tp\.?|tx\.?|[xphqt]\.)\s*\S.*)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=32768)  # a roster is written fifty rows at a time, and each time all units are spelled
def spelled(name: str) -> str:
    """ "UBMTTQ P.Hoà Bình (cũ)" → "phường hòa bình"; "UBMTTQ tỉnh" → "tỉnh"."""
    bare = text.clean(name).casefold().strip(" .,:;-–*")
    bare = _FORMER.sub("", bare)
    bare = _FRONT.sub("", bare).strip() or bare
    bare = _SHORT_TYPE.sub(lambda found: f"{_SHORT[found[1] or found[2]]} ", bare)
    return _TONE.sub(lambda found: _TONES[found[1]], _ZEROS.sub(r"\1 ", bare))


def readings(written: str) -> list[list[str]]:
    """The ways to part "xã A, huyện B - tỉnh C" into the unit and those above it, each part ``spelled``."""
    lowered = text.clean(written).casefold()
    found: list[list[str]] = []
    for separator in (_COMMA, _DASH, _BEFORE_TYPE):
        parts = [spelled(part) for part in separator.split(lowered) if part.strip(" .,:;-–*")]
        if parts and parts not in found:
            found.append(parts)
    return found


def has_type(name: str) -> bool:
    """Whether the name is the word for a kind of unit and goes on: "Xã A", not "Cấp xã" and not "Văn phòng"."""
    return bool(_TYPE.match(spelled(name)))


def own_level(name: str) -> str:
    """ "Cấp tỉnh", "UBMTTQ tỉnh", "Khối cơ quan tỉnh" → "tỉnh": the unit itself, none below; "" for anything else."""
    found = _OWN_LEVEL.fullmatch(spelled(name))
    return found[1] if found else ""


def parted(written: str) -> tuple[str, str]:
    """ "Phó Chủ tịch UBMTTQ xã Vạn Yên" → ("Phó Chủ tịch", "UBMTTQ xã Vạn Yên"); no unit: ("…", "")."""
    cleaned = text.clean(written)
    found = _IN_POSITION.match(cleaned)
    if not found:
        return cleaned, ""
    return found["position"].strip(" ,;–-"), found["unit"].strip()

"""Vietnamese mobile numbers as people type them → one form for storing, one for showing. No Django."""

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s.\-()/\u2010-\u2015]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202c\u202d\u202e"))
_MOBILE = re.compile(r"[35789]\d{8}")

# The eleven-digit numbers of before September 2018, without their first 0: old prefix → new prefix.
_OLD_PREFIXES = {
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip


class NotAPhoneError(ValueError):
    """What was typed is no Vietnamese mobile number."""


def parse(text: str) -> str:
    """``text`` as "+84912345678". Raises NotAPhoneError.

    Reads 0912 345 678, 0912.345.678, +84 912345678, 84912345678, +84 (0)912…, the nine digits that Excel leaves when it
    eats the first 0, and the eleven-digit numbers of before September 2018, which it converts.
    """
    digits = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).translate(_INVISIBLE))
    international = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise NotAPhoneError(text)
    # Nine digits that begin with 84 are a number without its 0 (084 is an operator's prefix), not a country code.
    if digits.startswith("84") and (international or len(digits) >= 11):
        digits = digits[2:]
    elif digits.startswith("0084"):
        digits = digits[4:]
    elif international:
        raise NotAPhoneError(text)
    digits = digits.removeprefix("0")
    if len(digits) == 10 and digits[:3] in _OLD_PREFIXES:
        digits = _OLD_PREFIXES[digits[:3]] + digits[3:]
    if not _MOBILE.fullmatch(digits):
        raise NotAPhoneError(text)
    return f"+84{digits}"


def looks_like_phone(text: str) -> bool:
    try:
        parse(text)
    except NotAPhoneError:
        return False
    return True


def display(stored: str) -> str:
    """ "+84912345678" → "0912 345 678"; anything else comes back as it is."""
    digits = stored.removeprefix("+84")
    if digits == stored or not _MOBILE.fullmatch(digits):
        return stored
    return f"0{digits[:3]} {digits[3:6]} {digits[6:]}"

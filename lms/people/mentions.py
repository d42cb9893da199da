"""Finding a person in a text that is about others too, and cutting the person out. No Django.

Names are found in any case, with or without diacritics, composed or not; phones in every spelling in use, with or
without the first 0; e-mails and user names as whole words. A single word is no name to look for: "Hương" is a word.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lms.core import text

GONE = "[…]"
_MARKS = re.compile("[\u0300-\u036f]")
# Between the digits of a phone, as people write it.
_BETWEEN = r"[\s.\-()/\u2010-\u2015]{0,3}"


@dataclass(frozen=True)
class Traces:
    """What betrays people: full names, phones as "+84912345678", and words (e-mails, user names)."""

    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    _folded: re.Pattern[str] | None = field(init=False, repr=False, compare=False)
    _plain: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [_as_words(name) for name in _longest_first(text.fold(name) for name in self.names) if " " in name]
        plain = [_as_phone(phone) for phone in self.phones if phone.startswith("+84")]
        plain += [rf"(?<![\w.@+-]){re.escape(word)}(?![\w@+-])" for word in _longest_first(self.words) if len(word) > 3]
        object.__setattr__(self, "_folded", re.compile("|".join(names)) if names else None)
        object.__setattr__(self, "_plain", re.compile("|".join(plain), re.IGNORECASE) if plain else None)

    def hints(self) -> frozenset[str]:
        """Short pieces of which at least one stands in every text that names the person: what a database looks for.

        It knows no folding, so given names come in the spellings in use.
        """
        found = {
            f"{phone[-3:cut]}{between}{phone[cut:]}" if between else phone[-3:]
            for phone in self.phones for cut in (-2, -1) for between in ("", " ", ".", "-")
        }  # fmt: skip
        found |= {spelled for word in self.words if len(word) > 3 for spelled in (word, word.upper())}
        for name in self.names:
            given = text.clean(name).rpartition(" ")[2]
            for spelled in (given, text.fold(given), given.casefold()):
                forms = {spelled, spelled.upper(), spelled.capitalize()}
                found |= forms | {unicodedata.normalize("NFD", form) for form in forms}
        return frozenset(found)

    def __add__(self, other: "Traces") -> "Traces":
        return Traces(self.names + other.names, self.phones + other.phones, self.words + other.words)


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted({word for word in words if word}, key=len, reverse=True)


def _as_words(folded: str) -> str:
    return r"(?<!\w)" + r"\s+".join(re.escape(word) for word in folded.split()) + r"(?!\w)"


def _as_phone(stored: str) -> str:
    """Also "(0912) 345 678"; a bracket around the whole number is left standing."""
    digits = stored.removeprefix("+84")
    joined, rest = _BETWEEN.join(digits), _BETWEEN.join(digits[3:])
    bracketed = rf"\(0?{digits[:3]}\){_BETWEEN}{rest}"
    return rf"(?<!\d)(?:\+?(?:00)?84{_BETWEEN})?(?:{bracketed}|0?{_BETWEEN}{joined})(?!\d)"


def without(value: Any, traces: Traces) -> Any:
    """``value`` with "[…]" for whatever betrays the person; lists and mappings part by part, keys included."""
    if isinstance(value, str):
        return _cut(value, traces)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):  # what Excel makes of a phone
        return GONE if _cut(str(value), traces) != str(value) else value
    if isinstance(value, dict):
        return {without(key, traces): without(part, traces) for key, part in value.items()}
    return [without(part, traces) for part in value] if isinstance(value, list) else value


def names(value: Any, traces: Traces) -> bool:
    """Whether ``value`` betrays the person anywhere."""
    return bool(without(value, traces) != value)


def _cut(words: str, traces: Traces) -> str:
    if traces._plain:
        words = traces._plain.sub(GONE, words)
    if traces._folded is None or not traces._folded.search(_MARKS.sub("", _folded(words))):
        return words
    folded, places = _folded_with_places(words)
    for found in reversed(list(traces._folded.finditer(folded))):
        start, end = places[found.start()], places[found.end() - 1] + 1
        while end < len(words) and unicodedata.combining(words[end]):
            end += 1
        words = words[:start] + GONE + words[end:]
    return words


def _folded(words: str) -> str:
    return unicodedata.normalize("NFD", words.casefold().replace("đ", "d"))


def _folded_with_places(words: str) -> tuple[str, list[int]]:
    """``words`` without diacritics and in small letters; for each of its letters its place in ``words``."""
    letters, places = [], []
    for place, letter in enumerate(words):
        for part in _folded(letter):
            if not unicodedata.combining(part):
                letters.append(part)
                places.append(place)
    return "".join(letters), places
